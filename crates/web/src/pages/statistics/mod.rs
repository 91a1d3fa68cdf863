//! Statistics of everything, a chat, a person, a year.

mod figures;
mod sections;
mod waiting;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hutong::model::{Account, AccountId, ConversationId, Names};
use hutong::stats::{Calendar, chart};
use maud::{Markup, html};
use serde::Deserialize;

use crate::asked::Asked;
use crate::counts::{Answer, Question, Standing, Whose, ask, opened};
use crate::frame::{Frame, Page, Section};
use crate::pages::conversation::elsewhere;
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

pub(crate) use figures::{figure, stats_language};
pub(crate) use waiting::waiting;

/// Years offered; chats that claim to be older are damaged.
const YEARS: i32 = 60;

/// What the address asks for.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    chat: Option<String>,
    person: Option<String>,
    year: Option<i32>,
}

impl Wanted {
    fn whose(&self) -> Result<Whose, Failure> {
        match (&self.chat, &self.person) {
            (Some(chat), _) => ConversationId::from_hex(chat)
                .map(Whose::Chat)
                .ok_or(Failure::NotFound),
            (None, Some(person)) => AccountId::from_hex(person)
                .map(Whose::Person)
                .ok_or(Failure::NotFound),
            (None, None) => Ok(Whose::Everything),
        }
    }
}

/// The page.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    let whose = wanted.whose()?;
    let open = opened(&site).await?;
    let name = name_of(&open, whose).ok_or_else(|| match whose {
        Whose::Chat(chat) => elsewhere(&open, chat),
        _ => Failure::NotFound,
    })?;
    let title = match whose {
        Whose::Everything => visitor.pick("统计", "Statistics").to_owned(),
        _ => format!("{} · {name}", visitor.pick("统计", "Statistics")),
    };
    let question = Question::Statistics(whose, wanted.year);
    let (open, standing) = ask(&site, question, &visitor.zone).await?;
    let report = match standing {
        Standing::Answered(Answer::Statistics(report)) => report,
        Standing::Answered(Answer::Year(_)) => {
            return Err(Failure::Broken("the answer to another question".to_owned()));
        }
        other => return Ok(waiting(&other, &title, &visitor, &site)),
    };
    let years = years(&open, whose, &visitor);
    let content = html! {
        h1 { (visitor.pick("统计", "Statistics")) @if whose != Whose::Everything { " · " bdi { (chart::clean(&name, 80)) } } }
        (links(whose, wanted.year, &years, &visitor))
        (sections::all(&report, &open, whose, wanted.year, &visitor))
    };
    Ok(Page::new(
        Frame::new(Section::Statistics, title)
            .style("charts.css")
            .style("statistics.css"),
        content,
    )
    .show(&visitor, &site))
}

/// Stops what is being counted.
pub(crate) async fn stop(State(site): State<Site>) -> Result<Response, Failure> {
    opened(&site).await?.counts.stop();
    Ok(Redirect::to("/").into_response())
}

/// What the chosen chat or person is called; nothing when the archive does not have it.
fn name_of(open: &OpenArchive, whose: Whose) -> Option<String> {
    match whose {
        Whose::Everything => Some(String::new()),
        Whose::Chat(chat) => {
            open.stats.get(&chat)?;
            Some(
                open.names
                    .conversation_title(chat)
                    .unwrap_or("?")
                    .to_owned(),
            )
        }
        Whose::Person(account) => open
            .names
            .account(account)
            .map(|account| account.display_name().to_owned()),
    }
}

/// Years in which the chosen chats have messages, the newest first.
pub(crate) fn years(open: &OpenArchive, whose: Whose, visitor: &Visitor) -> Vec<i32> {
    let mut calendar = Calendar::new(visitor.zone.clone());
    let spans = open.stats.iter().filter(|(id, _)| match whose {
        Whose::Chat(chat) => **id == chat,
        _ => true,
    });
    let span = spans.fold(None, |span: Option<(i64, i64)>, (_, stats)| {
        Some(
            span.map_or((stats.first_ms, stats.last_ms), |(first, last)| {
                (first.min(stats.first_ms), last.max(stats.last_ms))
            }),
        )
    });
    let Some((first, last)) = span else {
        return Vec::new();
    };
    let last = calendar.local(last).year;
    let first = calendar.local(first).year.max(last.saturating_sub(YEARS));
    (first..=last).rev().collect()
}

/// The part of an address that names whose statistics they are, with `?` or `&` before it.
fn query(whose: Whose, before: char) -> String {
    match whose {
        Whose::Everything => String::new(),
        Whose::Chat(chat) => format!("{before}chat={}", chat.to_hex()),
        Whose::Person(account) => format!("{before}person={}", account.to_hex()),
    }
}

/// Links to the years, to the year in review and to the chat.
fn links(whose: Whose, year: Option<i32>, years: &[i32], visitor: &Visitor) -> Markup {
    html! {
        nav.years aria-label=(visitor.pick("年份", "Years")) {
            ul {
                li {
                    a href={ "/stats" (query(whose, '?')) } aria-current=[year.is_none().then_some("page")] {
                        (visitor.pick("全部", "All time"))
                    }
                }
                @for one in years {
                    li {
                        a href={ "/stats?year=" (one) (query(whose, '&')) } aria-current=[(year == Some(*one)).then_some("page")] {
                            (one)
                        }
                    }
                }
            }
        }
        p.ways {
            @if !matches!(whose, Whose::Person(_)) && let Some(review) = year.or_else(|| years.first().copied()) {
                a.button href={ "/year/" (review) (query(whose, '?')) } {
                    (match visitor.language {
                        hutong::sinks::Language::Zh => format!("{review} 年度报告"),
                        hutong::sinks::Language::En => format!("{review} in review"),
                    })
                }
            }
            @if let Whose::Chat(chat) = whose {
                " " a.button.quiet href={ "/c/" (chat.to_hex()) } { (visitor.pick("打开会话", "Open the chat")) }
            }
            @if whose != Whose::Everything {
                " " a.button.quiet href="/stats" { (visitor.pick("全部会话的统计", "Statistics of all chats")) }
            }
        }
    }
}

/// The name of an account, for lists.
pub(crate) fn account_name(open: &OpenArchive, id: AccountId) -> String {
    open.names
        .account(id)
        .map_or("?", Account::display_name)
        .to_owned()
}
