//! One message row.

use std::borrow::Cow;
use std::sync::Arc;

use hutong_model::{
    At, Change, MessageChange, Origin, Precision, Problem, ProblemKind, Record, State, Stop,
    Timestamp,
};
use hutong_sqlite::{Table, Value};
use rustc_hash::FxHashMap;

use super::tables::{MessageTable, column, number};
use super::{Opened, Reader};
use crate::wechat::database::raw_row;
use crate::wechat::decode::{Blocks, PackedInfo, is_id_like, list_of_mentions, text};
use crate::wechat::desk::{Here, RowContent, RowFacts, RowIds, RowSender};
use crate::wechat::map::{self, kind};
use crate::wechat_pc3::decode::Extra;
use crate::wechat_pc3::locate::Wanted;
use crate::wechat_pc3::map::{complete_call, complete_nudge, direction};

/// Bits of [`hutong_model::Message::order`] that tell rows with the same sequence apart.
const ROW_BITS: u32 = 21;

/// Numbers above this are milliseconds: as seconds they would lie in the year 5138.
const MOST_SECONDS: i64 = 100_000_000_000;

/// The numbers of a row.
pub(super) struct Row<'a> {
    row: hutong_sqlite::Row<'a>,
    local_id: i64,
    server_id: i64,
    base: u32,
    sub: u32,
    sequence: i64,
    /// Unix seconds.
    time: i64,
}

impl<'a> Row<'a> {
    pub(super) fn new(row: hutong_sqlite::Row<'a>) -> Self {
        let whole = |index| number(&row, index).unwrap_or(0);
        let sequence = whole(column::SEQUENCE);
        let mut time = whole(column::CREATE_TIME);
        if time <= 0 {
            time = sequence.max(0) / 1000;
        } else if time > MOST_SECONDS {
            time /= 1000;
        }
        Self {
            local_id: number(&row, column::LOCAL_ID).unwrap_or_else(|| row.rowid()),
            server_id: whole(column::SERVER_ID),
            base: u32::try_from(whole(column::TYPE) & 0xFFFF_FFFF).unwrap_or(0),
            sub: u32::try_from(whole(column::SUB_TYPE)).unwrap_or(0),
            sequence,
            time,
            row,
        }
    }

    /// Rows of one second sort by their sequence, then by their number.
    fn order(&self) -> i64 {
        let sequence = if self.sequence == 0 {
            self.time.saturating_mul(1000)
        } else {
            self.sequence
        };
        sequence
            .saturating_mul(1 << ROW_BITS)
            .saturating_add(self.local_id & ((1 << ROW_BITS) - 1))
    }

    fn talker(&self, names: Option<&FxHashMap<i64, String>>) -> Option<Cow<'a, str>> {
        let stated = self.row.bytes(column::TALKER).map(text);
        let stated = stated.filter(|name| !name.trim().is_empty());
        stated.or_else(|| {
            let name = names?.get(&number(&self.row, column::TALKER_ID)?)?;
            Some(Cow::Owned(name.clone()))
        })
    }

    fn words(&self, index: usize) -> Cow<'a, str> {
        match self.row.value(index) {
            Value::Text(bytes) | Value::Blob(bytes) => text(bytes),
            // A database without declared types can hold a text of digits as a number.
            Value::Integer(number) => Cow::Owned(number.to_string()),
            _ => Cow::Borrowed(""),
        }
    }

    /// `CompressContent` where it has any, else `StrContent`.
    fn content<'c>(&self, blocks: &'c mut Blocks) -> Result<Cow<'c, str>, &'a [u8]>
    where
        'a: 'c,
    {
        let block = self
            .row
            .bytes(column::COMPRESSED)
            .filter(|bytes| !bytes.is_empty());
        let plain = self.words(column::CONTENT);
        let Some(block) = block else { return Ok(plain) };
        match blocks.decode(block) {
            Some(content) if !content.trim().is_empty() => Ok(content),
            None if plain.is_empty() => Err(block),
            _ => Ok(plain),
        }
    }
}

impl Reader<'_> {
    /// Pushes what one row says.
    pub(super) fn row(
        &mut self,
        opened: &Opened,
        schema: &Table,
        table: &MessageTable,
        names: Option<&FxHashMap<i64, String>>,
        row: &Row<'_>,
    ) -> Result<(), Stop> {
        let at = At::Row(row.row.rowid());
        let Some(talker) = row.talker(names) else {
            return self.desk.out.problem(Problem {
                origin: Origin {
                    place: Arc::clone(&table.place),
                    at,
                },
                kind: ProblemKind::RejectedRow,
                reason: "the row names no conversation".to_owned(),
            });
        };
        let here = self.go_to(opened, talker.trim())?;
        let extra = row
            .row
            .bytes(column::EXTRA)
            .map(Extra::parse)
            .unwrap_or_default();
        let mut blocks = std::mem::take(&mut self.blocks);
        let result = self.compose(schema, table, row, &here, &extra, at, &mut blocks);
        self.blocks = blocks;
        result
    }

    #[expect(clippy::too_many_arguments, reason = "a row and where it stands")]
    fn compose(
        &mut self,
        schema: &Table,
        table: &MessageTable,
        row: &Row<'_>,
        here: &Here,
        extra: &Extra<'_>,
        at: At,
        blocks: &mut Blocks,
    ) -> Result<(), Stop> {
        let decoded = row.content(blocks);
        let content = match &decoded {
            Ok(content) => RowContent::Text(content),
            Err(raw) => RowContent::Undecodable(raw, "the compressed message is damaged"),
        };
        let sender = match number(&row.row, column::IS_SENDER) {
            Some(1) => RowSender::Owner,
            _ => match &extra.sender {
                // Between two, a row that is not the owner's is the other side's, whatever else stands there.
                Some(name) if here.is_room() => RowSender::Named(name),
                _ => RowSender::Other,
            },
        };
        let mentions = match &content {
            RowContent::Text(content)
                if row.base == kind::TEXT
                    || (row.base == kind::APP && content.contains("<refermsg")) =>
            {
                extra.source.map(list_of_mentions).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let packed = PackedInfo::default();
        let sent_at = Timestamp::from_seconds(row.time);
        let facts = RowFacts {
            place: &table.place,
            at,
            ids: RowIds {
                server: row.server_id,
                local: Some(row.local_id),
                sequence: row.sequence,
            },
            base: row.base,
            // The sub type of a system row is not that of a card.
            sub: if row.base == kind::APP { row.sub } else { 0 },
            content,
            sender,
            sent_at,
            precision: Precision::Second,
            order: row.order(),
            mentions: &mentions,
            packed: &packed,
        };
        let mut composed = self.desk.compose(here, &facts)?;
        let owner = self.desk.has_owner().then_some(self.desk.owner_id);
        if matches!(row.base, kind::SYSTEM | kind::SYSTEM_XML) {
            let message = &mut composed.message;
            if !row.words(column::CONTENT).contains("<sysmsg") {
                self.desk.settle_plain_recall(here, message);
            }
            let people = &self.desk.people;
            let people = complete_nudge(message, row.sub, &row.words(column::DISPLAY), |name| {
                is_id_like(name) || people.by_username.contains_key(name)
            });
            message.direction = direction(message.sender, owner);
            for username in people {
                self.desk.ensure_account(&username, None)?;
            }
        } else if row.base == kind::CALL {
            let display = row.words(column::DISPLAY);
            complete_call(
                &mut composed.message.parts,
                &row.words(column::CONTENT),
                &display,
                extra,
            );
        }
        let has_media = matches!(
            row.base,
            kind::IMAGE | kind::VOICE | kind::VIDEO | kind::SHORT_VIDEO | kind::APP | kind::STICKER
        );
        if has_media && let Some(locator) = &mut self.locator {
            let wanted = Wanted {
                username: &here.native_id,
                server_id: row.server_id,
                time: row.time,
                extra,
                digests: &composed.digests,
            };
            locator.locate(&wanted, &mut composed.message.parts);
        }
        if self.keep_raw {
            composed.message.raw = Some(raw_row(schema, &row.row, column::COUNT));
        }
        let change = self.withdrawal(row, here, &composed.message.state, &composed.message.origin);
        self.desk.push_row(composed)?;
        change.map_or(Ok(()), |change| self.push(change))
    }

    /// A message that is still there although it was withdrawn, as clients with a plug-in keep them.
    fn withdrawal(
        &self,
        row: &Row<'_>,
        here: &Here,
        state: &State,
        origin: &Origin,
    ) -> Option<Record> {
        let is_kept = row.server_id != 0
            && *state == State::Normal
            && !kind::is_system(row.base)
            && self.withdrawn.contains(&row.server_id);
        is_kept.then(|| {
            Record::Change(MessageChange {
                message: map::message_id(here.id, row.server_id),
                conversation: here.id,
                change: Change::Recall { by: None, at: None },
                origin: origin.clone(),
            })
        })
    }
}
