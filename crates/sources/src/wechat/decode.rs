//! Bytes of WeChat 4 cells become values; nothing here does input or output.

mod block;
mod cell;
mod mentions;
mod packed;
mod prefix;
mod protobuf;
mod room;
mod words;
mod xml;

pub(crate) use block::Blocks;
pub(crate) use cell::{CellError, Cells, text};
pub(crate) use mentions::{list_of_mentions, mention_tokens};
pub(crate) use packed::{PackedInfo, basename_of_resource};
pub(crate) use prefix::{is_id_like, split_prefix};
pub(crate) use protobuf::{Fields, Value, bytes_of, text_of};
pub(crate) use room::{RoomMember, label_numbers, room_members};
pub(crate) use words::{amount_and_currency, percent_decoded, sticker_meaning, visible_text};
pub(crate) use xml::{Document, Element, nested, unescaped};
