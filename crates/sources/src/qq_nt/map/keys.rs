//! Ids of a message, its place in the reading order, and the keys by which messages point to each other.
//!
//! A message is named by its row id (40001). Weaker keys let replies find it: in a group its sequence, between two people
//! the sender's own sequence or the sender, each with the time.

use hutong_model::{ConversationId, MessageId, NativeId, NativeIdName};

use super::super::directory::PersonIndex;
use super::super::tables::MessageRow;
use super::Mapper;

/// What a reply says about the message that it answers; 0 where it does not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ReplyTarget {
    /// 47416, 47401.
    pub(super) ids: [u64; 2],
    /// 47402.
    pub(super) sequence: u64,
    /// 47403.
    pub(super) sender_uin: u64,
    /// 47404.
    pub(super) time: u64,
}

impl Mapper<'_> {
    /// Keys by which replies find this message.
    pub(super) fn lookup_keys(
        &self,
        row: &MessageRow<'_>,
        conversation: ConversationId,
        is_group: bool,
        sender: Option<PersonIndex>,
    ) -> Vec<MessageId> {
        if is_group && row.sequence != 0 {
            return vec![MessageId::new(
                conversation,
                "sequence",
                &[&row.sequence.to_le_bytes()],
            )];
        }
        let time = row.time.to_le_bytes();
        let mut keys = Vec::with_capacity(2);
        if row.client_sequence != 0 && !is_group {
            let fields: [&[u8]; 2] = [&row.client_sequence.to_le_bytes(), &time];
            keys.push(MessageId::new(conversation, "client_sequence_at", &fields));
        }
        let uin = sender.map_or(0, |sender| self.directory.uin(sender));
        if uin != 0 {
            keys.push(MessageId::new(
                conversation,
                "sender_at",
                &[&uin.to_le_bytes(), &time],
            ));
        }
        keys
    }
}

/// One number that sorts rows of the same second by (40003, 40001).
///
/// Rows without a sequence come first and are sorted by their full id. Rows with one are sorted by it, and a tip that
/// shares the sequence of its host by the lower half of the id; the upper half is the time once more.
pub(super) fn order(row: &MessageRow<'_>) -> i64 {
    if row.sequence <= 0 {
        return row.id.max(0) - i64::MAX;
    }
    row.sequence.min(i64::from(i32::MAX)) << 32 | (row.id & 0xFFFF_FFFF)
}

pub(super) fn native_ids(row: &MessageRow<'_>) -> Vec<NativeId> {
    let mut ids = Vec::with_capacity(4);
    ids.push(NativeId::integer(NativeIdName::MessageId, row.id));
    for (name, value) in [
        (NativeIdName::Sequence, row.sequence),
        (NativeIdName::Random, row.random),
        (NativeIdName::ClientSequence, row.client_sequence),
    ] {
        if value != 0 {
            ids.push(NativeId::integer(name, value));
        }
    }
    ids
}

/// Keys of the answered message, strongest first; see "Replies" in `FORMAT.md`.
pub(super) fn reply_keys(
    row: &MessageRow<'_>,
    conversation: ConversationId,
    is_group: bool,
    target: &ReplyTarget,
) -> Vec<MessageId> {
    let mut keys: Vec<MessageId> = Vec::with_capacity(2);
    let mut add = |kind: &str, fields: &[&[u8]]| {
        let key = MessageId::new(conversation, kind, fields);
        if !keys.contains(&key) {
            keys.push(key);
        }
    };
    let column = u64::try_from(row.reply_sequence).unwrap_or(0);
    if is_group
        && let Some(sequence) = [target.sequence, column]
            .into_iter()
            .find(|sequence| *sequence != 0)
    {
        add("sequence", &[&sequence.to_le_bytes()]);
    }
    for id in target.ids.into_iter().filter(|id| *id != 0) {
        add("message", &[&id.to_le_bytes()]);
    }
    if !is_group && column != 0 {
        let column_time = u64::try_from(row.reply_time).unwrap_or(0);
        for time in [target.time, column_time]
            .into_iter()
            .filter(|time| *time != 0)
        {
            add(
                "client_sequence_at",
                &[&column.to_le_bytes(), &time.to_le_bytes()],
            );
        }
    }
    // In a group this finds rows that an old client left without a sequence.
    if target.sender_uin != 0 && target.time != 0 {
        add(
            "sender_at",
            &[&target.sender_uin.to_le_bytes(), &target.time.to_le_bytes()],
        );
    }
    keys
}
