//! One message row.

use std::borrow::Cow;
use std::sync::Arc;

use hutong_model::{
    At, ConversationId, Message, OriginPlace, Part, Platform, Precision, Problem, ProblemKind,
    Stop, Timestamp,
};
use hutong_sqlite::{Row, Table, Value};

use super::Reader;
use crate::wechat::cells::{number, text as cell_text};
use crate::wechat::database::raw_row;
use crate::wechat::decode::{PackedInfo, list_of_mentions, split_prefix, text};
use crate::wechat::desk::{Here, RowContent, RowFacts, RowIds, RowSender};
use crate::wechat::map::{self, is_room, kind};
use crate::wechat::phone::{base_of, sender_of_received, set_film_length};
use crate::wechat_android::decode::source_in;
use crate::wechat_android::media::Wanted;
use crate::wechat_android::tables::column;

/// Numbers below this are seconds: as milliseconds they would lie before 1973.
const LEAST_MILLISECONDS: i64 = 100_000_000_000;

/// When a row was sent, and how precisely that is known.
fn time_of(row: &Row<'_>) -> (Timestamp, Precision) {
    match number(row, column::TIME).unwrap_or(0) {
        seconds @ 1..LEAST_MILLISECONDS => (Timestamp::from_seconds(seconds), Precision::Second),
        milliseconds => (Timestamp(milliseconds.max(0)), Precision::Millisecond),
    }
}

/// Who wrote a row: the owner, whoever a room's row begins with, or the other side.
fn sender_of<'a>(row: &Row<'_>, here: &Here, base: u32, content: &'a str) -> RowSender<'a> {
    if number(row, column::IS_SEND) == Some(1) {
        RowSender::Owner
    } else {
        sender_of_received(here, base, content)
    }
}

impl Reader<'_> {
    /// Pushes what one row says.
    pub(super) fn row(
        &mut self,
        row: &Row<'_>,
        schema: &Table,
        place: &Arc<OriginPlace>,
        is_main: bool,
    ) -> Result<(), Stop> {
        let at = At::Row(row.rowid());
        let talker = cell_text(row, column::TALKER).map(|talker| talker.trim().to_owned());
        let talker = talker.or_else(|| {
            let number = number(row, column::TALKER_ID)?;
            self.by_row.get(&number).map(ToString::to_string)
        });
        let Some(talker) = talker else {
            return self.desk.out.problem(Problem {
                origin: hutong_model::Origin {
                    place: Arc::clone(place),
                    at,
                },
                kind: ProblemKind::RejectedRow,
                reason: "a message names no conversation".to_owned(),
            });
        };
        let here = self.chats.enter(&mut self.desk, self.file, &talker)?;
        let id = number(row, column::ID).unwrap_or_else(|| row.rowid());
        let base = base_of(number(row, column::KIND).unwrap_or(0));
        let mut content = match row.value(column::CONTENT) {
            Value::Integer(digits) => Cow::Owned(digits.to_string()),
            value => text(value.bytes().unwrap_or_default()),
        };
        if let (Cow::Owned(_), Some(_)) = (&content, row.bytes(column::CONTENT)) {
            self.desk
                .note(place, at, "a text holds bytes that are no characters")?;
        }
        if base == kind::APP
            && is_main
            && !content.contains('<')
            && let Some(xml) = self.companions.card(self.file, id)
        {
            content = with_prefix_of(&content, xml);
        }
        let (sent_at, precision) = time_of(row);
        let server_id = number(row, column::SERVER_ID).unwrap_or(0);
        let mentions = row
            .bytes(column::BUFFER)
            .and_then(source_in)
            .map(list_of_mentions)
            .unwrap_or_default();
        let facts = RowFacts {
            place,
            at,
            ids: RowIds {
                server: server_id,
                local: Some(id),
                sequence: number(row, column::SEQUENCE).unwrap_or(0),
            },
            base,
            sub: 0,
            content: RowContent::Text(&content),
            sender: sender_of(row, &here, base, &content),
            sent_at,
            precision,
            order: id,
            mentions: &mentions,
            packed: &PackedInfo::default(),
        };
        let mut composed = self.desk.compose(&here, &facts)?;
        let message = &mut composed.message;
        if server_id == 0 {
            message.id = self
                .occurrences
                .next(here.id, sent_at, base, content.as_bytes());
        }
        if self.keep_raw {
            message.raw = Some(raw_row(schema, row, column::COUNT));
        }
        self.complete(message, &content, id, is_main);
        let path = row.text(column::PATH).unwrap_or_default();
        let wanted = Wanted {
            id,
            is_main,
            server_id,
            talker: &talker,
            path: path.trim(),
        };
        self.media.locate(&wanted, &mut message.parts);
        self.desk.push_row(composed)
    }

    /// Fills in what the content does not say but other tables do, and the length of a film.
    fn complete(&self, message: &mut Message, content: &str, id: i64, is_main: bool) {
        set_film_length(&mut message.parts, content);
        let is_answer = matches!(message.parts.first(), Some(Part::Quote(_)));
        if is_main
            && is_answer
            && message.reply_to.is_empty()
            && let Some((server_id, talker)) = self.companions.quoted(self.file, id)
        {
            let conversation = match talker {
                Some(talker) if is_room(&talker) => {
                    ConversationId::group(&Platform::WeChat, &talker)
                }
                Some(talker) if self.desk.has_owner() => ConversationId::direct(
                    &Platform::WeChat,
                    self.desk.owner_id,
                    map::account(&talker),
                ),
                _ => message.conversation,
            };
            message
                .reply_to
                .push(map::message_id(conversation, server_id));
        }
    }
}

/// XML from another table in place of content that has none; a sender's line in front of it stays.
fn with_prefix_of<'a>(content: &str, xml: String) -> Cow<'a, str> {
    match split_prefix(content) {
        Some(prefixed) if split_prefix(&xml).is_none() => {
            Cow::Owned(format!("{}:\n{xml}", prefixed.username))
        }
        _ => Cow::Owned(xml),
    }
}
