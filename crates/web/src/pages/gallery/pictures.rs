//! Pictures and videos by month.

use axum::extract::State;
use axum::response::Response;
use hutong::media::{Family, MediaType};
use hutong::model::{
    Attachment, AttachmentState, ConversationId, Digest, Message, Names, Part, Precision,
};
use hutong::sinks::clock::Clock;
use hutong::sinks::paint::{Facts, Form, MediaFacts, Small, address as addresses};
use hutong::sinks::words;
use hutong::{Facets, Query, Reader, SearchCursor, SearchOrder, Selection};
use maud::{Markup, html};
use serde::Deserialize;

use super::Scope;
use crate::asked::{Asked, Id};
use crate::frame::{Frame, Page, Section};
use crate::listing::address;
use crate::pages::hits;
use crate::pages::pieces::{Moments, counted, month_words};
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// Pictures and videos that one page shows, and messages that are looked at for it: many hold what is not in the archive.
const SHOWN: usize = 90;
const LOOKED_AT: usize = 1_000;
/// Time that counting by month may take.
const COUNTING_MS: u128 = 40;

/// What is wanted of the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    after: String,
    /// `2024-05`: begin with the last of that month.
    month: String,
}

/// Of all chats.
pub(crate) async fn pictures(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    page(site, visitor, Scope(None), wanted).await
}

/// Of one chat.
pub(crate) async fn pictures_of_chat(
    State(site): State<Site>,
    visitor: Visitor,
    Id(chat): Id<ConversationId>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    page(site, visitor, Scope(Some(chat)), wanted).await
}

async fn page(
    site: Site,
    visitor: Visitor,
    scope: Scope,
    wanted: Wanted,
) -> Result<Response, Failure> {
    site.touch();
    let after = hits::place(&wanted.after)?;
    let until = month_end(&wanted.month, &visitor)?;
    let now_ms = site.now_ms();
    let asker = visitor.clone();
    let content = site
        .read(move |open, reader| {
            let mut selection = scope.select(open, &["image", "video"], Query::default())?;
            let begun = std::time::Instant::now();
            let counts = reader.facets(&selection, &asker.zone, &mut |_| {
                begun.elapsed().as_millis() < COUNTING_MS
            })?;
            selection.restrict_time(None, until);
            let found = Found::read(reader, &selection, after)?;
            let pairs = [("month", wanted.month.as_str())];
            Ok(html! {
                (scope.head(&asker, open, "gallery"))
                (months(&asker, scope, &counts, &wanted.month))
                @if found.hits.is_empty() {
                    p.nothing { (asker.pick("这里没有图片或视频。", "There are no pictures or videos here.")) }
                }
                (grid(&asker, open, now_ms, &found.hits))
                (scope.pager(&asker, "gallery", &pairs, after.is_some(), found.next.as_deref()))
            })
        })
        .await?;
    let frame = Frame::new(
        Section::Gallery,
        visitor.pick("图片和视频", "Pictures and videos"),
    )
    .style("lists.css")
    .style("gallery.css")
    .script("gallery.js");
    Ok(Page::new(frame, content).show(&visitor, &site))
}

/// A page of messages with pictures.
struct Found {
    hits: Vec<Message>,
    next: Option<String>,
}

impl Found {
    fn read(
        reader: &mut Reader,
        selection: &Selection,
        after: Option<SearchCursor>,
    ) -> Result<Self, Failure> {
        let mut hits: Vec<Message> = Vec::new();
        let mut last = None;
        let mut shown = 0;
        let mut has_more = false;
        reader.hits::<Failure>(selection, SearchOrder::NewestFirst, after, &mut |hit| {
            if shown >= SHOWN || hits.len() == LOOKED_AT {
                has_more = true;
                return Ok(false);
            }
            last = Some(hit.cursor);
            shown += hit
                .message
                .parts
                .iter()
                .filter(|part| is_here(part))
                .count();
            hits.push(hit.message);
            Ok(true)
        })?;
        Ok(Self {
            hits,
            next: last.filter(|_| has_more).map(|cursor| cursor.to_string()),
        })
    }
}

/// Whether there is something to show of a picture or video.
fn is_here(part: &Part) -> bool {
    match part {
        Part::Image(image) => {
            stored(&image.attachment).is_some()
                || image.thumbnail.as_ref().and_then(stored).is_some()
        }
        Part::Video(video) => {
            stored(&video.attachment).is_some()
                || video.thumbnail.as_ref().and_then(stored).is_some()
        }
        _ => false,
    }
}

/// Whether this is a picture or video of which nothing is in the archive.
fn is_missing(part: &Part) -> bool {
    matches!(part, Part::Image(_) | Part::Video(_)) && !is_here(part)
}

/// The end of a month that an address names.
fn month_end(month: &str, visitor: &Visitor) -> Result<Option<i64>, Failure> {
    if month.is_empty() {
        return Ok(None);
    }
    let is_month = month
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    Query::parse(&format!("during:{month}"), &visitor.zone)
        .ok()
        .filter(|_| is_month)
        .and_then(|query| query.before_ms)
        .map(Some)
        .ok_or_else(|| Failure::bad("月份请写成 2024-05 这样。", "Write a month like 2024-05."))
}

/// Links to each month that has something.
fn months(visitor: &Visitor, scope: Scope, counts: &Facets, chosen: &str) -> Markup {
    html! {
        @if counts.months.len() > 1 {
            details.months open[!chosen.is_empty()] {
                summary {
                    (visitor.pick("跳到月份", "Jump to a month")) " "
                    span.soft {
                        @if !counts.is_complete { (visitor.pick("多于 ", "more than ")) }
                        (words::grouped(counts.messages))
                    }
                }
                ul {
                    @for ((year, month), count) in counts.months.iter().rev() {
                        @let name = format!("{year:04}-{month:02}");
                        li {
                            a href=(address(&scope.path("gallery"), &[("month", &name)])) aria-current=[(name == chosen).then_some("true")] {
                                (month_words(visitor.language, i64::from(*year), u32::try_from(*month).unwrap_or(0)))
                            }
                            " " span.soft { (words::grouped(*count)) }
                        }
                    }
                }
            }
        }
    }
}

/// Tiles under the names of their months.
fn grid(visitor: &Visitor, open: &OpenArchive, now_ms: i64, hits: &[Message]) -> Markup {
    let mut moments = Moments::new(visitor, now_ms);
    let mut clock = Clock::new(&visitor.zone);
    let mut groups: Vec<((i64, u32), Vec<&Message>)> = Vec::new();
    for message in hits {
        let month = moments.month_of(message.sent_at.0);
        match groups.last_mut() {
            Some((last, group)) if *last == month => group.push(message),
            _ => groups.push((month, vec![message])),
        }
    }
    html! {
        @for ((year, month), group) in groups {
            section.month {
                h2 { (month_words(visitor.language, year, month)) }
                @let missing: usize = group.iter().map(|message| message.parts.iter().filter(|part| is_missing(part)).count()).sum();
                @let is_any = group.iter().any(|message| message.parts.iter().any(is_here));
                @if is_any {
                    ul.tiles {
                        @for message in &group {
                            @for part in message.parts.iter().filter(|part| is_here(part)) {
                                (tile(visitor, open, &mut clock, message, part))
                            }
                        }
                    }
                }
                @if missing > 0 {
                    details.missing {
                        summary {
                            (counted(
                                visitor,
                                missing as u64,
                                "个不在存档里",
                                "is not in the archive",
                                "are not in the archive",
                            ))
                        }
                        ul.tiles.small {
                            @for message in &group {
                                @for part in message.parts.iter().filter(|part| is_missing(part)) {
                                    (tile(visitor, open, &mut clock, message, part))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn tile(
    visitor: &Visitor,
    open: &OpenArchive,
    clock: &mut Clock,
    message: &Message,
    part: &Part,
) -> Markup {
    let (attachment, small, kind, length) = match part {
        Part::Image(image) => (&image.attachment, image.thumbnail.as_ref(), "image", None),
        Part::Video(video) => (
            &video.attachment,
            video.thumbnail.as_ref(),
            "video",
            video.duration_ms.map(words::duration),
        ),
        _ => return html! {},
    };
    let full = Content::of(open, attachment);
    let still = small.and_then(|small| Content::of(open, small));
    let family = if kind == "image" {
        Family::Image
    } else {
        Family::Video
    };
    // Opened over the page only where the browser can show it; otherwise the tile leads to the message, which says more.
    let playable = full.as_ref().filter(|full| full.plays_as(family));
    let shown = playable
        .filter(|_| family == Family::Image)
        .or_else(|| still.as_ref().filter(|still| still.plays_as(Family::Image)))
        .map(Content::tile);
    let sender = message
        .sender
        .and_then(|sender| open.names.display_name(message.conversation, sender))
        .or(message.sender_name.as_deref())
        .unwrap_or_default();
    let mut when = Vec::with_capacity(20);
    clock
        .local(message.sent_at)
        .write(Precision::Minute, &mut when);
    let what = words::part(visitor.language, part.kind());
    let label = format!("{what}, {sender}, {}", String::from_utf8_lossy(&when));
    html! {
        li {
            a href=(addresses::message(message.id)) data-full=[playable.map(Content::whole)] data-kind=(kind) data-label=(label) title=(label) {
                @if let Some(shown) = &shown {
                    img src=(shown) alt=(label) loading="lazy" decoding="async" width="160" height="160";
                } @else if playable.is_some() {
                    span.unseen { (label) }
                    span.play aria-hidden="true" { "▶" }
                } @else if let Some(other) = full.as_ref().or(still.as_ref()) {
                    span.unseen { (label) ", " }
                    span.gone {
                        (other.facts.media_type.map_or("", MediaType::extension)) " "
                        (visitor.pick("不能显示", "cannot be shown"))
                    }
                } @else {
                    span.unseen { (label) ", " }
                    span.gone { (visitor.pick("缺失", "missing")) }
                }
                @if let Some(length) = length { span.length { (length) } }
            }
        }
    }
}

/// An attachment that the archive holds.
struct Content {
    digest: Digest,
    form: Form,
    facts: Facts,
}

impl Content {
    fn of(open: &OpenArchive, attachment: &Attachment) -> Option<Self> {
        let digest = stored(attachment)?;
        let form = Form::of(attachment, false);
        let facts = open.media.facts(&digest, form).ok()??;
        Some(Self {
            digest,
            form,
            facts,
        })
    }

    fn plays_as(&self, family: Family) -> bool {
        self.facts
            .media_type
            .is_some_and(|found| found.family() == family && found.plays_in_browsers())
    }

    fn whole(&self) -> String {
        addresses::media(self.digest, self.form)
    }

    fn tile(&self) -> String {
        addresses::small(self.digest, self.form, Small::Tile)
    }
}

/// The digest of an attachment that the archive says it holds.
fn stored(attachment: &Attachment) -> Option<Digest> {
    attachment
        .sha256
        .filter(|_| attachment.state == AttachmentState::Stored)
}
