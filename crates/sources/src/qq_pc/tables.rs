//! The message tables and their rows.

use hutong_sqlite::{Row, Table};

use crate::qq::database;

/// What the name of a table says about its conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chat {
    /// `buddy_<number>`.
    Direct(String),
    /// `group_<number>`.
    Group(String),
    /// `discuss_<number>`.
    Discussion(String),
    /// Any other table of the same shape, by its name.
    Other(String),
}

/// Whether a table holds messages: it has their columns and is not one of the companions with a dollar sign.
pub(super) fn is_message_table(table: &Table) -> bool {
    !table.name.contains('$')
        && ["Time", "SenderUin", "MsgContent"]
            .iter()
            .all(|column| table.has_column(column))
}

/// The conversation of a table.
pub(super) fn chat(table: &Table) -> Chat {
    let name = table.name.to_string();
    let Some((kind, id)) = name.rsplit_once('_') else {
        return Chat::Other(name);
    };
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Chat::Other(name);
    }
    let id = id.to_owned();
    match kind.to_ascii_lowercase().as_str() {
        "buddy" => Chat::Direct(id),
        "group" => Chat::Group(id),
        "discuss" | "disc" => Chat::Discussion(id),
        _ => Chat::Other(name),
    }
}

/// What is read of every row, in the order of [`MessageRow::new`].
pub(super) const COLUMNS: &[&str] = &["Time", "Rand", "SenderUin", "MsgContent"];

/// One message row.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageRow<'a> {
    /// Seconds.
    pub(super) time: i64,
    /// Random companion of the time.
    pub(super) random: i64,
    /// Author.
    pub(super) sender: u64,
    /// The body.
    pub(super) content: &'a [u8],
}

impl<'a> MessageRow<'a> {
    pub(super) fn new(row: &Row<'a>) -> Self {
        Self {
            time: database::number(row, 0),
            // Stored with or without a sign.
            random: database::number(row, 1) & 0xFFFF_FFFF,
            sender: sender(database::number(row, 2)),
            content: row.bytes(3).unwrap_or_default(),
        }
    }
}

/// Numbers beyond 31 bits may have been stored with a sign.
pub(super) fn sender(stored: i64) -> u64 {
    match u64::try_from(stored) {
        Ok(number) => number,
        Err(_) => u64::from(i32::try_from(stored).unwrap_or(0).cast_unsigned()),
    }
}

#[cfg(test)]
mod tests {
    use super::sender;

    #[test]
    fn numbers_may_have_lost_their_highest_bit_to_a_sign() {
        assert_eq!(sender(4_200_000_001), 4_200_000_001);
        assert_eq!(sender(4_200_000_001 - (1 << 32)), 4_200_000_001);
        assert_eq!(sender(i64::MIN), 0);
    }
}
