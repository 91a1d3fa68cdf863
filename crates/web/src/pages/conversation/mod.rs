//! One chat: a stretch of its messages, further stretches for scripts, and the way to any of them.

mod choose;
mod dates;
mod head;
pub(crate) mod window;

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use hutong::model::{Conversation, ConversationId, Names};
use hutong::sinks::clock::Clock;
use maud::html;
use serde::Deserialize;

use crate::asked::Asked;
use crate::frame::{Frame, Page, Section, painted};
use crate::pages::chats::side_list;
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

pub(crate) use choose::chosen;
pub(crate) use dates::MonthsOfChats;
pub(crate) use window::paint_failure;
use window::{Edge, Window};

/// So many of the latest chats are listed beside the one that is open.
const CHATS_BESIDE: usize = 24;

/// Where in a chat somebody wants to be; the first that is given counts.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    /// A message, by its id.
    at: Option<String>,
    /// What comes before this cursor.
    before: Option<String>,
    /// What comes after this cursor.
    after: Option<String>,
    /// A day (`2024-05-01`), a month (`2024-05`) or a year.
    date: Option<String>,
    /// `start`, or `end`.
    edge: Option<String>,
}

/// The id in an address.
pub(crate) fn conversation_id(text: &str) -> Result<ConversationId, Failure> {
    ConversationId::from_hex(text).ok_or(Failure::NotFound)
}

/// The chat, where the archive knows one.
fn known(open: &OpenArchive, id: ConversationId) -> Result<&Conversation, Failure> {
    open.names
        .conversation(id)
        .filter(|_| open.stats.contains_key(&id))
        .ok_or_else(|| elsewhere(open, id))
}

/// Where a chat without messages of its own is shown, if it was linked with another one.
pub(crate) fn elsewhere(open: &OpenArchive, id: ConversationId) -> Failure {
    let to = open.archive.shown_in(id);
    if to != id && open.stats.contains_key(&to) {
        Failure::Moved { from: id, to }
    } else {
        Failure::NotFound
    }
}

/// The page of a chat.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(chat): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    site.touch();
    let id = conversation_id(&chat)?;
    let edge = Edge::of(&wanted, &visitor.zone)?;
    let looking = visitor.clone();
    let now_ms = site.now_ms();
    let (head, window, months, beside) = site
        .read(move |open, reader| {
            let conversation = known(open, id)?;
            let head = head::Head::new(open, conversation, &looking);
            let months = open.months.of(open, reader, id, &looking.zone)?;
            let window = Window::read(open, reader, conversation, edge, &looking)?;
            let beside = side_list(open, &looking, now_ms, id, CHATS_BESIDE);
            Ok((head, window, months, beside))
        })
        .await?;
    let is_at_end = !window.has_later;
    let content = html! {
        (head.show(&visitor, &months))
        div.chat {
            div.stream {
                (window::link(&visitor, id, &window, true))
                div #log data-chat=(id.to_hex()) data-open=[(is_at_end && wanted.at.is_none()).then_some("end")]
                    data-at=[wanted.at.as_deref()] {
                    (painted(window.chunk(&visitor)))
                }
                (window::link(&visitor, id, &window, false))
            }
            (months.rail(&visitor, id))
            (beside)
        }
        (head::help(&visitor))
        (head::lightbox(&visitor))
        (choose::bar(&visitor, id))
    };
    let frame = Frame::new(Section::Chats, head.title())
        .style("message.css")
        .style("conversation.css")
        .script("conversation.js");
    Ok(Page::new(frame, content).show(&visitor, &site))
}

/// A further stretch of a chat, without a frame, for scripts.
pub(crate) async fn messages(
    State(site): State<Site>,
    visitor: Visitor,
    Path(chat): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    site.touch();
    let id = conversation_id(&chat)?;
    let edge = Edge::of(&wanted, &visitor.zone)?;
    let chunk = site
        .read(move |open, reader| {
            let conversation = known(open, id)?;
            let window = Window::read(open, reader, conversation, edge, &visitor)?;
            Ok(window.chunk(&visitor))
        })
        .await?;
    Ok(Html(chunk).into_response())
}

/// `2024-05-01 16:00`, on the visitor's clock.
pub(crate) fn date_and_time(clock: &mut Clock, instant_ms: i64) -> String {
    let mut out = Vec::with_capacity(16);
    clock
        .local(hutong::model::Timestamp(instant_ms))
        .write(hutong::model::Precision::Second, &mut out);
    out.into_iter().map(char::from).collect()
}
