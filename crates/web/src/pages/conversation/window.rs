//! The stretch of messages that a page shows.

use hutong::model::{Conversation, ConversationId, MessageId};
use hutong::sinks::paint::{Live, Painter, Served};
use hutong::{Cursor, Place, Reader};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::Wanted;
use crate::Failure;
use crate::site::OpenArchive;
use crate::visitor::Visitor;

/// Messages on one page, and in one piece that scripts fetch.
const MESSAGES: usize = 60;

/// Where a page begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// Anywhere but at an instant.
    At(Place),
    /// From an instant on, or, if nothing comes after it, up to the end.
    Date(i64),
}

impl Edge {
    /// What an address asks for.
    pub(super) fn of(wanted: &Wanted, zone: &TimeZone) -> Result<Self, Failure> {
        let cursor = |text: &str| {
            text.parse::<Cursor>().map_err(|_| {
                Failure::bad(
                    "这个地址里的位置无法识别。请从会话重新进入。",
                    "The place in this address makes no sense. Please enter the chat again.",
                )
            })
        };
        Ok(Self::At(
            match (&wanted.at, &wanted.before, &wanted.after) {
                (Some(id), _, _) => {
                    Place::Around(MessageId::from_hex(id).ok_or(Failure::NotFound)?)
                }
                (_, Some(before), _) => Place::Before(cursor(before)?),
                (_, _, Some(after)) => Place::After(cursor(after)?),
                _ => match (&wanted.date, wanted.edge.as_deref()) {
                    // An empty field of the form is no wish.
                    (Some(text), _) if !text.trim().is_empty() => {
                        return Ok(Self::Date(start_of(text.trim(), zone)?));
                    }
                    (_, Some("start")) => Place::Start,
                    _ => Place::End,
                },
            },
        ))
    }
}

/// The first instant of a day, a month or a year, milliseconds since 1970.
fn start_of(text: &str, zone: &TimeZone) -> Result<i64, Failure> {
    parse_date(text)
        .and_then(|day| day.to_zoned(zone.clone()).ok())
        .map(|start| start.timestamp().as_millisecond())
        .ok_or_else(|| {
            Failure::bad(
                "日期无法识别。请写成 2024-05-01、2024-05 或 2024。",
                "This is no date. Write 2024-05-01, 2024-05 or 2024.",
            )
        })
}

fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year: i16 = parts.next()?.parse().ok()?;
    let mut part = || match parts.next() {
        None => Some(1),
        Some(text) => text.parse::<i8>().ok(),
    };
    let (month, day) = (part()?, part()?);
    if parts.next().is_some() || year < 0 {
        return None;
    }
    Date::new(year, month, day).ok()
}

/// A stretch of messages, painted.
#[derive(Debug)]
pub(super) struct Window {
    html: Vec<u8>,
    first: Option<Cursor>,
    last: Option<Cursor>,
    pub(super) has_earlier: bool,
    pub(super) has_later: bool,
    is_empty: bool,
}

impl Window {
    /// Reads and paints.
    pub(super) fn read(
        open: &OpenArchive,
        reader: &mut Reader,
        conversation: &Conversation,
        edge: Edge,
        visitor: &Visitor,
    ) -> Result<Self, Failure> {
        let id = conversation.id;
        let page = match edge {
            Edge::At(Place::Around(message)) => {
                let page = reader.page(id, Place::Around(message), MESSAGES / 2)?;
                if page.messages.is_empty() {
                    return Err(Failure::NotFound);
                }
                page
            }
            Edge::At(place) => reader.page(id, place, MESSAGES)?,
            Edge::Date(instant) => {
                let page = reader.page(id, Place::From(instant), MESSAGES)?;
                if page.messages.is_empty() {
                    reader.page(id, Place::End, MESSAGES)?
                } else {
                    page
                }
            }
        };
        let wanted = match edge {
            Edge::At(Place::Around(message)) => Some(message),
            _ => None,
        };
        let mut painter = Painter::new(
            &*open.names,
            visitor.language,
            &visitor.zone,
            Served::new(&open.media),
        )
        .live(Live::default());
        painter.enter(id, conversation.kind);
        // Service rows are shown to those who came for one.
        let shown = page
            .messages
            .iter()
            .filter(|message| !message.is_hidden || Some(message.id) == wanted);
        painter.expect(shown.clone().map(|message| message.id));
        let mut html = Vec::with_capacity(64 * 1024);
        for message in shown {
            painter.message(message, &mut html).map_err(paint_failure)?;
        }
        Ok(Self {
            is_empty: html.is_empty(),
            html,
            first: page.first,
            last: page.last,
            has_earlier: page.has_earlier,
            has_later: page.has_later,
        })
    }

    /// The messages in an element that says where it stands, which is all that scripts need to go on.
    pub(super) fn chunk(&self, visitor: &Visitor) -> Vec<u8> {
        let cursor = |cursor: Option<Cursor>| cursor.map(|cursor| cursor.to_string());
        let (first, last) = (cursor(self.first), cursor(self.last));
        let open = html! {
            div.chunk data-first=[first] data-last=[last] data-earlier[self.has_earlier] data-later[self.has_later] {
                @if self.is_empty {
                    p.s { (visitor.pick("这一段没有可显示的消息。", "There is nothing to show in this stretch.")) }
                }
                "\u{0}"
            }
        }
        .into_string();
        // The painter's bytes go where the mark is; nothing else in there holds one.
        let (before, after) = open.split_once('\0').unwrap_or((&open, ""));
        let mut out = Vec::with_capacity(self.html.len() + open.len());
        out.extend_from_slice(before.as_bytes());
        out.extend_from_slice(&self.html);
        out.extend_from_slice(after.as_bytes());
        out
    }
}

/// Painting writes no files, so that it fails only when something of ours is broken.
pub(crate) fn paint_failure(error: hutong::sinks::WriteError) -> Failure {
    Failure::Broken(error.to_string())
}

/// The way to earlier or later messages, for those without scripts and for keyboards.
pub(super) fn link(
    visitor: &Visitor,
    id: ConversationId,
    window: &Window,
    is_earlier: bool,
) -> Markup {
    let (name, text, cursor) = if is_earlier {
        let cursor = window.first.filter(|_| window.has_earlier);
        (
            "before",
            visitor.pick("↑ 更早的消息", "↑ Earlier messages"),
            cursor,
        )
    } else {
        let cursor = window.last.filter(|_| window.has_later);
        (
            "after",
            visitor.pick("↓ 更晚的消息", "↓ Later messages"),
            cursor,
        )
    };
    html! {
        p.on data-side=(if is_earlier { "earlier" } else { "later" }) hidden[cursor.is_none()] {
            a href={ "/c/" (id.to_hex()) "?" (name) "=" (cursor.map(|cursor| cursor.to_string()).unwrap_or_default()) }
                rel=(if is_earlier { "prev" } else { "next" }) { (text) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_months_or_years() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        for (text, expected) in [
            ("2024-05-01", Some(1_714_492_800_000)),
            ("2024-05", Some(1_714_492_800_000)),
            ("2024", Some(1_704_038_400_000)),
            ("2024-02-30", None),
            ("2024-13", None),
            ("-2024", None),
            ("99999", None),
            ("2024-05-01-01", None),
            ("2024-05-", None),
            ("today", None),
        ] {
            assert_eq!(start_of(text, &zone).ok(), expected, "{text}");
        }
    }
}
