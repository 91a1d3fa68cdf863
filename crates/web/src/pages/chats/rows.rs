//! Rows of the list: a face, a title, the last words. Also the narrow list beside an open chat.

use hutong::Reader;
use hutong::model::{ConversationId, ConversationKind, Direction};
use hutong::sinks::paint::{Painter, Served};
use hutong::sinks::words;
use maud::{Markup, html};

use super::choice::{self, Chat};
use crate::Failure;
use crate::pages::pieces::{Moments, badge, chat_face};
use crate::site::OpenArchive;
use crate::visitor::Visitor;

/// A chat with its last words.
pub(super) struct Row<'a> {
    chat: Chat<'a>,
    face: Markup,
    when: Markup,
    /// `张三: 好的`; empty when there is nothing to say.
    preview: String,
}

/// Reads the last message of each of these chats.
pub(super) fn read<'a>(
    open: &OpenArchive,
    reader: &mut Reader,
    visitor: &Visitor,
    now_ms: i64,
    chats: &[Chat<'a>],
) -> Result<Vec<Row<'a>>, Failure> {
    let nowhere = |_: &_, _| Ok(None);
    let mut painter = Painter::new(
        &*open.names,
        visitor.language,
        &visitor.zone,
        Served::new(&nowhere),
    );
    let mut moments = Moments::new(visitor, now_ms);
    let mut rows = Vec::with_capacity(chats.len());
    for chat in chats {
        let mut preview = String::new();
        if let Some(message) = reader.last_message(chat.id)? {
            painter.enter(chat.id, chat.kind);
            painter.preview(&message, &mut preview);
            // In a direct chat the other side's name stands above already.
            if chat.kind == ConversationKind::Direct && message.direction == Direction::In {
                let sender = painter.sender_name(&message);
                let words = preview
                    .strip_prefix(sender)
                    .map(|rest| rest.trim_start_matches(": "));
                preview = words.unwrap_or(&preview).to_owned();
            }
        }
        rows.push(Row {
            chat: *chat,
            face: chat_face(&open.names, chat.id),
            when: moments.short(chat.stats.last_ms),
            preview,
        });
    }
    Ok(rows)
}

/// Rows with everything that is known of each chat.
pub(super) fn full(visitor: &Visitor, rows: &[Row<'_>]) -> Markup {
    html! {
        @for row in rows {
            li {
                (row.face)
                div.what {
                    p.top {
                        a href={ "/c/" (row.chat.id.to_hex()) } { bdi { (row.chat.title) } }
                        (badge(visitor, row.chat.platform))
                        @if row.chat.kind != ConversationKind::Direct {
                            span.tag { (words::conversation(visitor.language, row.chat.kind)) }
                        }
                    }
                    p.last { bdi { (row.preview) } }
                }
                p.side {
                    (row.when)
                    span { (words::messages(visitor.language, row.chat.stats.messages)) }
                }
            }
        }
    }
}

/// A narrow list of the latest chats for the page of one chat: on wide screens it stands beside it. Nothing is read for it.
///
/// The chat at hand is marked, and stands first where it is not among the latest.
pub(crate) fn side_list(
    open: &OpenArchive,
    visitor: &Visitor,
    now_ms: i64,
    current: ConversationId,
    count: usize,
) -> Markup {
    let mut chats = choice::all(open);
    choice::latest_first(&mut chats);
    let place = chats.iter().position(|chat| chat.id == current);
    if let Some(place) = place.filter(|place| *place >= count) {
        let chat = chats.remove(place);
        chats.insert(0, chat);
    }
    chats.truncate(count);
    let mut moments = Moments::new(visitor, now_ms);
    html! {
        nav.beside aria-label=(visitor.pick("会话", "Chats")) {
            ul.chats {
                @for chat in &chats {
                    li {
                        (chat_face(&open.names, chat.id))
                        div.what {
                            p.top {
                                a href={ "/c/" (chat.id.to_hex()) } aria-current=[(chat.id == current).then_some("page")] {
                                    bdi { (chat.title) }
                                }
                                (moments.short(chat.stats.last_ms))
                            }
                        }
                    }
                }
            }
            p { a href="/" { (visitor.pick("全部会话", "All chats")) } }
        }
    }
}
