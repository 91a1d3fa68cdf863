//! Which conversation a row belongs to, and which way it went.

use hutong_model::{AccountKind, ConversationKind, Direction};

use super::super::directory::{ChatIndex, PersonIndex};
use super::super::tables::{MessageRow, TableKind};
use super::Mapper;

impl Mapper<'_> {
    /// The conversation of a row.
    pub(super) fn chat(
        &mut self,
        row: &MessageRow<'_>,
        table: TableKind,
        sender: Option<PersonIndex>,
    ) -> Result<ChatIndex, &'static str> {
        let kind = match table {
            TableKind::Group => {
                let code = group_code(row).ok_or("the row names no group")?;
                return Ok(self.directory.group(code));
            }
            TableKind::Discuss => {
                let id = group_code(row).ok_or("the row names no discussion group")?;
                let name = self.words(row.chat_name);
                return Ok(self.directory.discussion(id, name));
            }
            TableKind::Device => ConversationKind::Device,
            TableKind::Service => ConversationKind::Official,
            TableKind::Direct => chat_kind(row.chat_type),
        };
        let uin = u64::try_from(row.peer_uin).unwrap_or(0);
        // A device has an id of its own, but the number beside it is the owner's.
        let uin = if kind == ConversationKind::Device && !row.peer_uid.is_empty() {
            0
        } else {
            uin
        };
        let peer = self
            .directory
            .person(row.peer_uid, uin)
            .or_else(|| self.directory.by_sort(row.partition))
            .or_else(|| sender.filter(|sender| self.directory.owner() != Some(*sender)))
            .ok_or("the row names nobody whom it was exchanged with")?;
        if row.chat_type == BOT_CHAT {
            self.directory.set_kind(peer, AccountKind::Bot);
        }
        Ok(self.directory.chat_with(peer, kind))
    }

    /// The conversation of a row that was mapped before.
    pub(in crate::qq_nt) fn known_chat(
        &mut self,
        row: &MessageRow<'_>,
        table: TableKind,
    ) -> Option<ChatIndex> {
        let sender = self.author(row, table).person;
        self.chat(row, table, sender).ok()
    }

    /// Mine is what the owner sent; where the owner is unknown, what the row itself calls sent.
    pub(super) fn direction(
        &self,
        row: &MessageRow<'_>,
        table: TableKind,
        sender: Option<PersonIndex>,
    ) -> Direction {
        let Some(sender) = sender else {
            return Direction::None;
        };
        let owner = self.directory.owner();
        if owner == Some(sender) {
            return Direction::Out;
        }
        let is_complete = owner.is_some_and(|owner| self.directory.uid(owner).is_some());
        let is_between_two =
            table == TableKind::Direct && !row.sender_uid.is_empty() && !row.peer_uid.is_empty();
        let is_sent = match (is_complete, is_between_two) {
            (true, _) => false,
            (false, true) => row.sender_uid != row.peer_uid,
            (false, false) => owner.is_none() && matches!(row.send_type, 1 | 2 | 4 | 5),
        };
        if is_sent {
            Direction::Out
        } else {
            Direction::In
        }
    }
}

const BOT_CHAT: i64 = 42;

/// Kind of a chat between two, from the chat type (40010).
const fn chat_kind(chat_type: i64) -> ConversationKind {
    match chat_type {
        8 | 134 => ConversationKind::Device,
        BOT_CHAT | 103 | 118 | 201 => ConversationKind::Official,
        5..=7 | 30 | 40 | 41 | 101 | 132 | 133 => ConversationKind::System,
        _ => ConversationKind::Direct,
    }
}

fn group_code(row: &MessageRow<'_>) -> Option<i64> {
    let from_text = || {
        std::str::from_utf8(row.peer_uid)
            .ok()
            .and_then(|text| text.trim().parse().ok())
    };
    [row.peer_uin, row.partition]
        .into_iter()
        .find(|code| *code != 0)
        .or_else(from_text)
        .filter(|code| *code != 0)
}
