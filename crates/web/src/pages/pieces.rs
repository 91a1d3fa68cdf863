//! Pieces that several pages are made of: faces, badges, times, counts, the way to further pages.

use hutong::model::{Account, Attachment, NameTable, Names, Platform, Precision, Timestamp};
use hutong::sinks::clock::Clock;
use hutong::sinks::paint::{self, Form, Small, address as addresses};
use hutong::sinks::{Language, words};
use maud::{Markup, html};

use crate::frame::painted;
use crate::listing::{Stretch, address};
use crate::visitor::Visitor;

/// The picture of an account where the archive has it, else a circle with the first letter of the name.
pub(crate) fn face(id: &[u8], name: &str, picture: Option<&Attachment>) -> Markup {
    if let Some(picture) = picture.filter(|picture| picture.is_present())
        && let Some(digest) = picture.sha256
    {
        let source = addresses::small(digest, Form::of(picture, false), Small::Tile);
        return html! {
            img.a src=(source) alt="" width="40" height="40" loading="lazy" decoding="async";
        };
    }
    let mut out = Vec::with_capacity(64);
    paint::avatar(id, name, &mut out);
    html! { (painted(out)) }
}

/// The face of an account.
pub(crate) fn account_face(account: &Account) -> Markup {
    face(
        &account.id.0,
        account.display_name(),
        account.avatar.as_ref(),
    )
}

/// The face of a conversation: that of the other side, or its own letter.
pub(crate) fn chat_face(names: &NameTable, id: hutong::model::ConversationId) -> Markup {
    let peer = names
        .conversation(id)
        .and_then(|conversation| names.account(conversation.peer?));
    match peer {
        Some(peer) => account_face(peer),
        None => face(
            &id.0,
            names.conversation_title(id).unwrap_or_default(),
            None,
        ),
    }
}

/// The messenger as a small label.
pub(crate) fn badge(visitor: &Visitor, platform: Option<&Platform>) -> Markup {
    let class = match platform {
        Some(Platform::WeChat) => "wechat",
        Some(Platform::Qq) => "qq",
        _ => "other",
    };
    html! {
        @if let Some(platform) = platform {
            span class={ "badge " (class) } { (words::platform(visitor.language, platform)) }
        }
    }
}

/// Instants as lists show them: the hour today, the day this year, else the date.
pub(crate) struct Moments {
    clock: Clock,
    language: Language,
    today: i64,
    year: i64,
}

impl Moments {
    /// Moments as they look at this instant.
    pub(crate) fn new(visitor: &Visitor, now_ms: i64) -> Self {
        let mut clock = Clock::new(&visitor.zone);
        let now = clock.local(Timestamp(now_ms));
        Self {
            language: visitor.language,
            today: now.day,
            year: now.date().0,
            clock,
        }
    }

    /// The instant in few words, with all of it behind.
    pub(crate) fn short(&mut self, instant_ms: i64) -> Markup {
        let local = self.clock.local(Timestamp(instant_ms));
        let (year, month, day) = local.date();
        let shown = if local.day == self.today {
            text(|out| local.write_minute(Precision::Minute, out))
        } else if local.day == self.today - 1 {
            self.language.pick("昨天", "Yesterday").to_owned()
        } else if year == self.year {
            match self.language {
                Language::Zh => format!("{month}月{day}日"),
                Language::En => format!("{day} {}", month_name(month)),
            }
        } else {
            local.to_date()
        };
        self.marked(instant_ms, &shown)
    }

    /// Date and minute.
    pub(crate) fn long(&mut self, instant_ms: i64) -> Markup {
        let local = self.clock.local(Timestamp(instant_ms));
        let shown = text(|out| local.write(Precision::Minute, out));
        self.marked(instant_ms, &shown)
    }

    /// The day alone.
    pub(crate) fn day(&mut self, instant_ms: i64) -> Markup {
        let shown = self.clock.local(Timestamp(instant_ms)).to_date();
        self.marked(instant_ms, &shown)
    }

    /// Local year and month of an instant.
    pub(crate) fn month_of(&mut self, instant_ms: i64) -> (i64, u32) {
        let (year, month, _) = self.clock.local(Timestamp(instant_ms)).date();
        (year, month)
    }

    fn marked(&mut self, instant_ms: i64, shown: &str) -> Markup {
        let local = self.clock.local(Timestamp(instant_ms));
        let machine = text(|out| local.write_machine(Precision::Second, out));
        let full = text(|out| local.write(Precision::Second, out));
        html! { time datetime=(machine) title=(full) { (shown) } }
    }
}

/// A month in words: `2024年5月`, `May 2024`.
pub(crate) fn month_words(language: Language, year: i64, month: u32) -> String {
    match language {
        Language::Zh => format!("{year}年{month}月"),
        Language::En => format!("{} {year}", month_name(month)),
    }
}

fn month_name(month: u32) -> &'static str {
    const NAMES: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    usize::try_from(month)
        .ok()
        .and_then(|month| NAMES.get(month.checked_sub(1)?))
        .unwrap_or(&"")
}

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::with_capacity(32);
    write(&mut out);
    out.into_iter().map(char::from).collect()
}

/// A number and what it counts: `1,234 个会话`, `1 chat`.
pub(crate) fn counted(visitor: &Visitor, count: u64, zh: &str, one: &str, many: &str) -> String {
    let number = words::grouped(count);
    match visitor.language {
        Language::Zh => format!("{number} {zh}"),
        Language::En if count == 1 => format!("1 {one}"),
        Language::En => format!("{number} {many}"),
    }
}

/// The way to the page before and the page after.
pub(crate) fn pager(
    visitor: &Visitor,
    path: &str,
    pairs: &[(&str, &str)],
    stretch: Stretch,
) -> Markup {
    let to = |page: usize| {
        let page = page.to_string();
        let mut pairs = pairs.to_vec();
        pairs.push(("page", if page == "1" { "" } else { &page }));
        address(path, &pairs)
    };
    html! {
        @if stretch.pages > 1 {
            nav.pager aria-label=(visitor.pick("翻页", "Pages")) {
                @if stretch.page > 1 {
                    a.button.quiet rel="prev" href=(to(stretch.page - 1)) { (visitor.pick("上一页", "Previous")) }
                }
                span.soft {
                    (match visitor.language {
                        Language::Zh => format!("第 {} 页，共 {} 页", stretch.page, stretch.pages),
                        Language::En => format!("Page {} of {}", stretch.page, stretch.pages),
                    })
                }
                @if stretch.page < stretch.pages {
                    a.button.quiet rel="next" href=(to(stretch.page + 1)) { (visitor.pick("下一页", "Next")) }
                }
            }
        }
    }
}

/// A choice among a few, as a labelled list to pick from.
pub(crate) fn choice(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        label {
            span.unseen { (label) }
            select name=(name) aria-label=(label) {
                @for (value, words) in options {
                    option value=(value) selected[*value == chosen] { (words) }
                }
            }
        }
    }
}
