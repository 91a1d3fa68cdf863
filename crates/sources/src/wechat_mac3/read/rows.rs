//! One message row.

use std::borrow::Cow;

use hutong_model::{At, Direction, Precision, Stop, Timestamp};
use hutong_sqlite::{Table, Value};

use super::Reader;
use super::tables::{MessageTable, column, number};
use crate::wechat::database::raw_row;
use crate::wechat::decode::{Blocks, PackedInfo, list_of_mentions, text};
use crate::wechat::desk::{Here, RowContent, RowFacts, RowIds, RowSender};
use crate::wechat::map::kind;

/// Bits of [`hutong_model::Message::order`] that tell rows of one second apart.
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
        let kind = whole(column::TYPE);
        let half = |bits: i64| u32::try_from(bits & 0xFFFF_FFFF).unwrap_or(0);
        let mut time = whole(column::TIME).max(0);
        if time > MOST_SECONDS {
            time /= 1000;
        }
        Self {
            local_id: number(&row, column::LOCAL_ID).unwrap_or_else(|| row.rowid()),
            server_id: whole(column::SERVER_ID),
            base: half(kind),
            sub: half(kind >> 32),
            sequence: whole(column::SEQUENCE),
            time,
            row,
        }
    }

    fn content<'c>(&self, blocks: &'c mut Blocks) -> Result<Cow<'c, str>, &'a [u8]>
    where
        'a: 'c,
    {
        match self.row.value(column::CONTENT) {
            Value::Integer(number) => return Ok(Cow::Owned(number.to_string())),
            Value::Text(bytes) | Value::Blob(bytes) if !bytes.is_empty() => {
                return Ok(text(bytes));
            }
            _ => {}
        }
        match self.row.bytes(column::COMPRESSED) {
            Some(block) if !block.is_empty() => blocks.decode(block).ok_or(block),
            _ => Ok(Cow::Borrowed("")),
        }
    }
}

impl Reader<'_> {
    /// Pushes what one row says.
    pub(super) fn row(
        &mut self,
        here: &Here,
        schema: &Table,
        table: &MessageTable,
        row: &Row<'_>,
    ) -> Result<(), Stop> {
        let mut blocks = std::mem::take(&mut self.blocks);
        let result = self.compose(here, schema, table, row, &mut blocks);
        self.blocks = blocks;
        result
    }

    fn compose(
        &mut self,
        here: &Here,
        schema: &Table,
        table: &MessageTable,
        row: &Row<'_>,
        blocks: &mut Blocks,
    ) -> Result<(), Stop> {
        let decoded = row.content(blocks);
        let content = match &decoded {
            Ok(content) => RowContent::Text(content),
            Err(raw) => RowContent::Undecodable(raw, "the compressed message is damaged"),
        };
        let sender = match number(&row.row, column::RECEIVED) {
            Some(0) => RowSender::Owner,
            Some(_) => RowSender::Other,
            None => RowSender::Unknown,
        };
        let mentions = match &content {
            RowContent::Text(content)
                if row.base == kind::TEXT
                    || (row.base == kind::APP && content.contains("<refermsg")) =>
            {
                let source = row.row.bytes(column::SOURCE);
                source.map(list_of_mentions).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let transcript = row
            .row
            .text(column::TRANSCRIPT)
            .filter(|words| row.base == kind::VOICE && !words.trim().is_empty());
        let packed = PackedInfo {
            transcript: transcript.map(Cow::into_owned),
            ..PackedInfo::default()
        };
        let facts = RowFacts {
            place: &table.place,
            at: At::Row(row.row.rowid()),
            ids: RowIds {
                server: row.server_id,
                local: Some(row.local_id),
                sequence: row.sequence,
            },
            base: row.base,
            sub: if row.base == kind::APP { row.sub } else { 0 },
            content,
            sender,
            sent_at: Timestamp::from_seconds(row.time),
            precision: Precision::Second,
            // What the sequence counts is not known for sure, but rows are numbered as they come.
            order: row
                .time
                .saturating_mul(1000 << ROW_BITS)
                .saturating_add(row.local_id & ((1 << ROW_BITS) - 1)),
            mentions: &mentions,
            packed: &packed,
        };
        let mut composed = self.desk.compose(here, &facts)?;
        let message = &mut composed.message;
        let is_system = kind::is_system(row.base);
        if is_system {
            let is_plain = matches!(&decoded, Ok(content) if !content.contains("<sysmsg"));
            if is_plain {
                self.desk.settle_plain_recall(here, message);
            }
        } else if message.sender.is_none()
            && message.direction == Direction::None
            && sender == RowSender::Other
        {
            // Who wrote it is not known, but that it was received.
            message.direction = Direction::In;
        }
        if let Some(locator) = &self.locator {
            locator.locate(&composed.digests, &mut composed.message.parts);
        }
        if self.keep_raw {
            composed.message.raw = Some(raw_row(schema, &row.row, column::COUNT));
        }
        self.desk.push_row(composed)
    }
}
