//! Search over everything, or inside one chat: hits newest first, counts to narrow them, and help with the language.

pub(crate) mod counting;
mod facets;
mod help;
mod saved;
mod suggest;

pub(crate) use saved::{forget, keep};
pub(crate) use suggest::suggest;

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use hutong::model::{ConversationId, Names};
use hutong::sinks::Language;
use hutong::{Facets, Query, QueryError, Reader, SelectError, Selection};
use maud::{Markup, html};
use serde::Deserialize;

use self::counting::Effort;
use crate::asked::Asked;
use crate::frame::{Frame, Page, Section};
use crate::listing::address;
use crate::pages::hits::{self, HitList};
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// Hits on one page.
const SHOWN: usize = 30;
/// Queries longer than this are not looked at.
const MAX_QUERY_BYTES: usize = 4096;
/// A query stands in the title up to here.
const TITLE_CHARACTERS: usize = 100;

/// What is wanted of the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// The query.
    q: String,
    /// Id of the one chat to look in.
    chat: String,
    /// Where the hits go on.
    after: String,
    /// `more`: count for a while; `all`: count everything, however long it takes.
    count: String,
}

impl Wanted {
    /// The address of this search with another query, from the beginning.
    fn with_query(&self, query: &str) -> String {
        address("/search", &[("q", query), ("chat", &self.chat)])
    }
}

/// The page; with `count=more` only what its script puts in the place of counts.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    site.touch();
    let after = hits::place(&wanted.after)?;
    let now_ms = site.now_ms();
    let asker = visitor.clone();
    let effort = Effort::asked_for(&wanted.count, Effort::OnTheWay);
    let title = match wanted.q.trim() {
        "" => visitor.pick("搜索", "Search").to_owned(),
        query => query.chars().take(TITLE_CHARACTERS).collect(),
    };
    let counting_site = site.clone();
    let look = move |open: &OpenArchive, reader: &mut Reader| {
        let chat = chat_of(open, &wanted)?;
        let saved = open.searches.saved(&open.archive)?;
        let content = if wanted.q.trim().is_empty() {
            html! {
                (saved::list(&asker, &saved))
                (help::table(&asker, true))
            }
        } else {
            match selection(open, &asker, &wanted, chat) {
                Err(mistake) => html! {
                    p.warn.card role="alert" { (mistake) }
                    (help::table(&asker, true))
                },
                Ok(selection) => {
                    let search = counting::Search {
                        site: &counting_site,
                        open,
                        selection: &selection,
                        zone: &asker.zone,
                        query: wanted.q.trim(),
                        chat: &wanted.chat,
                    };
                    if effort == Effort::More {
                        let counts = search.count(reader, effort)?;
                        return Ok(counted(open, &asker, &wanted, &counts, 0));
                    }
                    let (found, counts) = search.page(reader, after, SHOWN, effort)?;
                    results(
                        open, &asker, now_ms, &wanted, &selection, &found, &counts, &saved,
                    )
                }
            }
        };
        Ok(html! {
            h1 { (asker.pick("搜索", "Search")) }
            (form(&asker, open, &wanted, chat))
            (content)
        })
    };
    if !effort.is_long() {
        let content = site.read(look).await?;
        return Ok(framed(title, content).show(&visitor, &site));
    }
    let content = site.read_in_turn(look).await?;
    Ok(if effort == Effort::More {
        Html(content.into_string()).into_response()
    } else {
        framed(title, content).show(&visitor, &site)
    })
}

fn framed(title: String, content: Markup) -> Page {
    let frame = Frame::new(Section::Search, title)
        .style("lists.css")
        .style("search.css")
        .script("search.js")
        .script("counts.js");
    Page::new(frame, content)
}

/// The one chat to look in, if any.
fn chat_of(open: &OpenArchive, wanted: &Wanted) -> Result<Option<ConversationId>, Failure> {
    if wanted.chat.is_empty() {
        return Ok(None);
    }
    ConversationId::from_hex(&wanted.chat)
        .filter(|chat| open.names.conversation(*chat).is_some())
        .map(Some)
        .ok_or(Failure::NotFound)
}

/// The query, resolved; or what is wrong with it, in words.
fn selection(
    open: &OpenArchive,
    visitor: &Visitor,
    wanted: &Wanted,
    chat: Option<ConversationId>,
) -> Result<Selection, String> {
    if wanted.q.len() > MAX_QUERY_BYTES {
        return Err(visitor
            .pick(
                "搜索词太长了，请写短一些（最多约一千字）。",
                "The query is too long; make it shorter (some 1,000 to 4,000 characters at most).",
            )
            .to_owned());
    }
    let query = Query::parse(&wanted.q, &visitor.zone)
        .map_err(|error| parse_mistake(visitor.language, &error))?;
    let mut selection = open
        .select(query)
        .map_err(|error| select_mistake(visitor.language, &error))?;
    if let Some(chat) = chat {
        open.archive
            .restrict_to_conversations(&mut selection, &[chat]);
    }
    Ok(selection)
}

/// What is wrong with the words of a query.
fn parse_mistake(language: Language, error: &QueryError) -> String {
    match (language, error) {
        (Language::Zh, QueryError::OpenQuote) => "引号没有闭合，请补上后一个引号。".to_owned(),
        (Language::Zh, QueryError::NoValue(name)) => {
            format!("“{name}:”后面还没有写内容，例如 from:张三、kind:图片、on:微信。")
        }
        (Language::Zh, QueryError::BadDate(text)) => {
            format!("“{text}”不是日期，请写成 2024、2024-06 或 2024-06-15。")
        }
        (Language::Zh, QueryError::NegatedDate(name)) => {
            format!("“-{name}:”没有意义，请用 before: 或 after:。")
        }
        (Language::En, QueryError::OpenQuote) => {
            "A quotation mark is not closed; add the second one.".to_owned()
        }
        (Language::En, QueryError::NoValue(name)) => format!(
            "Nothing stands behind “{name}:” yet; write it like from:Anna, kind:image or on:wechat."
        ),
        (Language::En, error) => format!("{error}."),
    }
}

/// What a query names that does not exist.
fn select_mistake(language: Language, error: &SelectError) -> String {
    let choices = error.hint.trim_start_matches("one of: ");
    match language {
        Language::Zh => format!(
            "没有 {}:{} 这种写法，可以写：{choices}",
            error.operator, error.value
        ),
        Language::En => format!(
            "There is no {}:{}; write one of: {choices}",
            error.operator, error.value
        ),
    }
}

/// The field, with a list of suggestions that a script fills.
fn form(
    visitor: &Visitor,
    open: &OpenArchive,
    wanted: &Wanted,
    chat: Option<ConversationId>,
) -> Markup {
    html! {
        form.ask action="/search" role="search" aria-label=(visitor.pick("搜索词", "Query")) data-ask {
            div.field {
                label.unseen for="query" { (visitor.pick("搜索词", "Query")) }
                input #query type="search" name="q" value=(wanted.q) maxlength="1000" autocomplete="off" spellcheck="false"
                    placeholder=(visitor.pick("例如：合同 from:张三 kind:file", "For example: contract from:Anna kind:file"));
                ul #suggestions role="listbox" hidden aria-label=(visitor.pick("建议", "Suggestions")) {}
            }
            @if let Some(chat) = chat {
                input type="hidden" name="chat" value=(chat.to_hex());
            }
            button type="submit" { (visitor.pick("搜索", "Search")) }
            @if let Some(chat) = chat {
                p.within {
                    (visitor.pick("只在 ", "Only in "))
                    a href={ "/c/" (chat.to_hex()) } { bdi { (open.names.conversation_title(chat).unwrap_or_default()) } }
                    (visitor.pick(" 里。", ". "))
                    a href=(address("/search", &[("q", &wanted.q)])) { (visitor.pick("搜索全部会话", "Search all chats")) }
                }
            }
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one page, each part of it once")]
fn results(
    open: &OpenArchive,
    visitor: &Visitor,
    now_ms: i64,
    wanted: &Wanted,
    selection: &Selection,
    found: &HitList,
    counts: &Facets,
    saved: &[hutong::SavedSearch],
) -> Markup {
    let words = selection.query().wanted_words();
    let first = wanted.with_query(&wanted.q);
    html! {
        div.head {
            (status(visitor, counts, found.hits.len()))
            @if !counts.is_complete && wanted.count != "all" {
                a.soft data-count-all href=(address(
                    "/search",
                    &[("q", &wanted.q), ("chat", &wanted.chat), ("after", &wanted.after), ("count", "all")],
                )) { (visitor.pick("数清全部", "Count all")) }
            }
        }
        div.results {
            div {
                @if found.hits.is_empty() {
                    p.nothing {
                        (visitor.pick(
                            "没有找到。可以少写几个词，或去掉一个条件；名字可以用拼音和首字母。",
                            "Nothing was found. Try fewer words or one condition less; names answer to pinyin and initials.",
                        ))
                    }
                } @else {
                    (hits::list(open, visitor, now_ms, &found.hits, &words, true))
                }
                nav.pager aria-label=(visitor.pick("翻页", "Pages")) {
                    @if !wanted.after.is_empty() {
                        a.button.quiet href=(first) { (visitor.pick("回到最新", "Back to the newest")) }
                    }
                    @if let Some(next) = &found.next {
                        a.button.quiet rel="next" href=(address(
                            "/search",
                            &[("q", &wanted.q), ("chat", &wanted.chat), ("after", next)],
                        )) { (visitor.pick("更早的", "Earlier")) }
                    }
                }
            }
            aside.facets aria-label=(visitor.pick("缩小范围", "Narrow down")) {
                (narrowing(open, visitor, wanted, counts))
                (saved::keep_form(visitor, &wanted.q))
                (saved::list(visitor, saved))
                (help::table(visitor, false))
            }
        }
    }
}

/// What a script puts in the place of counts when more was counted.
fn counted(
    open: &OpenArchive,
    visitor: &Visitor,
    wanted: &Wanted,
    counts: &Facets,
    shown: usize,
) -> Markup {
    html! {
        (status(visitor, counts, shown))
        (narrowing(open, visitor, wanted, counts))
    }
}

/// How many hits there are, as far as they were counted.
fn status(visitor: &Visitor, counts: &Facets, shown: usize) -> Markup {
    html! {
        p.soft role="status" data-count data-complete[counts.is_complete] {
            (count_words(visitor, counts, shown as u64))
        }
    }
}

/// The counts that narrow the search.
fn narrowing(open: &OpenArchive, visitor: &Visitor, wanted: &Wanted, counts: &Facets) -> Markup {
    html! { div data-facets { (facets::groups(open, visitor, wanted, counts)) } }
}

fn count_words(visitor: &Visitor, counts: &Facets, shown: u64) -> String {
    let number = hutong::sinks::words::grouped(counts.messages.max(shown));
    match (visitor.language, counts.is_complete, counts.messages) {
        (Language::Zh, true, _) => format!("{number} 条消息"),
        (Language::Zh, false, _) => format!("多于 {number} 条消息"),
        (Language::En, true, 1) => "1 message".to_owned(),
        (Language::En, true, _) => format!("{number} messages"),
        (Language::En, false, _) => format!("more than {number} messages"),
    }
}
