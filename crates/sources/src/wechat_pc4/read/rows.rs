//! One message row.

use std::borrow::Cow;
use std::sync::Arc;

use hutong_model::{At, OriginPlace, Precision, Stop, Timestamp};
use hutong_sqlite::{Table, Value};

use super::conversations::Decoders;
use super::{Reader, Usernames};
use crate::wechat::database::raw_row;
use crate::wechat::decode::{CellError, Cells, PackedInfo, list_of_mentions, text};
use crate::wechat::desk::{Here, RowContent, RowFacts, RowIds, RowSender};
use crate::wechat::map::kind;
use crate::wechat_pc4::locate::Wanted;
use crate::wechat_pc4::tables::{Shard, column};

/// Bits of [`hutong_model::Message::order`] that tell rows with the same sequence apart.
const ROW_BITS: u32 = 21;

/// Numbers above this are milliseconds: as seconds they would lie in the year 5138.
const MOST_SECONDS: i64 = 100_000_000_000;

/// What the rows of one table share.
pub(super) struct TableContext<'a> {
    here: &'a Here,
    shard: &'a Shard,
    usernames: &'a Usernames,
    schema: &'a Table,
    place: Arc<OriginPlace>,
}

impl<'a> TableContext<'a> {
    pub(super) fn new(
        here: &'a Here,
        shard: &'a Shard,
        usernames: &'a Usernames,
        place: Arc<OriginPlace>,
        schema: &'a Table,
    ) -> Self {
        Self {
            here,
            shard,
            usernames,
            schema,
            place,
        }
    }
}

/// The numbers of a row.
pub(super) struct Row<'a> {
    row: hutong_sqlite::Row<'a>,
    local_id: i64,
    server_id: i64,
    base: u32,
    sub: u32,
    sort_seq: i64,
    sender: i64,
    create_time: i64,
}

impl<'a> Row<'a> {
    pub(super) fn new(row: hutong_sqlite::Row<'a>) -> Self {
        let number = |index| row.integer(index).unwrap_or(0);
        let local_type = number(column::LOCAL_TYPE);
        let half = |bits: i64| u32::try_from(bits & 0xFFFF_FFFF).unwrap_or(0);
        let sort_seq = number(column::SORT_SEQ);
        let mut create_time = number(column::CREATE_TIME);
        if create_time <= 0 {
            create_time = sort_seq.max(0) / 1000;
        } else if create_time > MOST_SECONDS {
            create_time /= 1000;
        }
        Self {
            local_id: row.integer(column::LOCAL_ID).unwrap_or_else(|| row.rowid()),
            server_id: number(column::SERVER_ID),
            base: half(local_type),
            sub: half(local_type >> 32),
            sort_seq,
            sender: number(column::SENDER),
            create_time,
            row,
        }
    }

    /// Rows of one second sort by their sequence, then by their number.
    fn order(&self) -> i64 {
        let row = self.local_id & ((1 << ROW_BITS) - 1);
        self.sort_seq
            .saturating_mul(1 << ROW_BITS)
            .saturating_add(row)
    }
}

/// The stored content: `compress_content` where it has any, else `message_content`.
fn content_of<'a>(
    row: &hutong_sqlite::Row<'a>,
    cells: &'a mut Cells,
) -> Result<Cow<'a, str>, (CellError, &'a [u8])> {
    let compressed = row
        .bytes(column::COMPRESSED)
        .filter(|bytes| !bytes.is_empty());
    let plain = row.bytes(column::CONTENT);
    let raw = match (compressed, plain) {
        (None, Some(plain)) => plain,
        (None, None) => {
            // A database without declared types can hold a text of digits as a number.
            return Ok(match row.value(column::CONTENT) {
                Value::Integer(number) => number.to_string().into(),
                _ => "".into(),
            });
        }
        (Some(compressed), plain) => match (cells.decode(compressed).is_ok(), plain) {
            (true, _) => compressed,
            (false, Some(plain)) if !plain.is_empty() => plain,
            (false, _) => compressed,
        },
    };
    cells.decode(raw).map(text).map_err(|error| (error, raw))
}

impl Reader<'_> {
    /// Pushes what one row says.
    pub(super) fn row(
        &mut self,
        row: &Row<'_>,
        context: &TableContext<'_>,
        decoders: &mut Decoders,
    ) -> Result<(), Stop> {
        let here = context.here;
        let Decoders {
            content: cells,
            source,
        } = decoders;
        let named = context
            .shard
            .names
            .get(&row.sender)
            .and_then(|number| context.usernames.get(*number));
        let sender = named.map_or(RowSender::Unknown, |(name, id)| RowSender::Known(name, id));
        let decoded = content_of(&row.row, cells);
        let failure;
        let content = match &decoded {
            Ok(content) => RowContent::Text(content),
            Err((error, raw)) => {
                failure = error.to_string();
                RowContent::Undecodable(raw, &failure)
            }
        };
        let has_media = matches!(
            row.base,
            kind::IMAGE | kind::VOICE | kind::VIDEO | kind::SHORT_VIDEO | kind::APP
        );
        let packed = row
            .row
            .bytes(column::PACKED)
            .filter(|bytes| has_media && !bytes.is_empty());
        let packed = packed.map(PackedInfo::parse).unwrap_or_default();
        let mentions = match &content {
            RowContent::Text(content)
                if row.base == kind::TEXT
                    || (row.base == kind::APP && content.contains("<refermsg")) =>
            {
                mention_list(row, here, content, source)
            }
            _ => Vec::new(),
        };
        let facts = RowFacts {
            place: &context.place,
            at: At::Row(row.local_id),
            ids: RowIds {
                server: row.server_id,
                local: Some(row.local_id),
                sequence: row.sort_seq,
            },
            base: row.base,
            sub: row.sub,
            content,
            sender,
            sent_at: Timestamp::from_seconds(row.create_time),
            precision: Precision::Second,
            order: row.order(),
            mentions: &mentions,
            packed: &packed,
        };
        let mut composed = self.desk.compose(here, &facts)?;
        if has_media && let Some(locator) = &mut self.locator {
            let wanted = Wanted {
                username: &here.native_id,
                server_id: row.server_id,
                local_id: row.local_id,
                time: row.create_time,
                base: row.base,
                packed: &packed,
                digests: &composed.digests,
            };
            locator.locate(&wanted, &mut composed.message.parts);
        }
        if self.keep_raw {
            composed.message.raw = Some(raw_row(context.schema, &row.row, column::COUNT));
        }
        self.desk.push_row(composed)
    }
}

/// Usernames that the row's source lists as mentioned.
fn mention_list(row: &Row<'_>, here: &Here, content: &str, cells: &mut Cells) -> Vec<String> {
    let Some(raw) = row.row.bytes(column::SOURCE).filter(|raw| !raw.is_empty()) else {
        return Vec::new();
    };
    // Every row has a source, most are compressed, and nobody is mentioned in a text without an at sign.
    if Cells::is_compressed(raw) && !(here.is_room() && content.contains(['@', '＠'])) {
        return Vec::new();
    }
    cells.decode(raw).map(list_of_mentions).unwrap_or_default()
}
