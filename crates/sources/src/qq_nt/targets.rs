//! Ties rows to earlier rows of the same table: withdrawn messages to their tips, bare replies to their targets.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::directory::ChatIndex;

/// How many rows are remembered; years of one busy account, hours of none.
const REMEMBERED: usize = 1 << 17;
/// How far back the answered message of a bare reply is looked for.
const REPLY_REACH: usize = 1 << 14;

/// What is remembered of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) chat: ChatIndex,
    pub(super) id: i64,
    pub(super) sequence: i64,
    pub(super) client_sequence: i64,
    pub(super) time: i64,
    pub(super) is_tip: bool,
}

/// The newest rows of a table, and tips that wait for the message they speak of.
#[derive(Debug)]
pub(super) struct Targets<T> {
    seen: VecDeque<Seen>,
    waiting: FxHashMap<(ChatIndex, i64), T>,
    has_forgotten: bool,
}

impl<T> Default for Targets<T> {
    fn default() -> Self {
        Self {
            seen: VecDeque::new(),
            waiting: FxHashMap::default(),
            has_forgotten: false,
        }
    }
}

impl<T> Targets<T> {
    /// Remembers a row; answers with what waited for it.
    #[inline]
    pub(super) fn see(&mut self, row: Seen) -> Option<T> {
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
            self.has_forgotten = true;
        }
        self.seen.push_back(row);
        if self.waiting.is_empty() || row.is_tip || row.sequence == 0 {
            return None;
        }
        self.waiting.remove(&(row.chat, row.sequence))
    }

    /// The message whose sequence a tip shares.
    pub(super) fn host(&self, tip: Seen) -> Option<i64> {
        if tip.sequence == 0 {
            return None;
        }
        let is_host = |row: &&Seen| {
            row.chat == tip.chat && row.sequence == tip.sequence && !row.is_tip && row.id != tip.id
        };
        self.seen.iter().rev().find(is_host).map(|row| row.id)
    }

    /// Lets a tip wait for the message whose sequence it shares.
    pub(super) fn wait(&mut self, tip: Seen, value: T) {
        if tip.sequence != 0 {
            self.waiting
                .entry((tip.chat, tip.sequence))
                .or_insert(value);
        }
    }

    /// The nearest earlier message with this client sequence; the sequence starts anew after 65535.
    pub(super) fn answered(&self, reply: Seen, client_sequence: i64) -> Option<i64> {
        let is_target = |row: &&Seen| {
            row.chat == reply.chat
                && row.client_sequence == client_sequence
                && row.time <= reply.time
                && row.id != reply.id
                && !row.is_tip
        };
        let near = self.seen.iter().rev().take(REPLY_REACH).filter(is_target);
        near.max_by_key(|row| (row.time, row.id)).map(|row| row.id)
    }

    /// Tips whose message may stand among rows that are no longer remembered.
    pub(super) fn unresolved(&mut self) -> FxHashMap<(ChatIndex, i64), T> {
        let waiting = std::mem::take(&mut self.waiting);
        if self.has_forgotten {
            waiting
        } else {
            FxHashMap::default()
        }
    }
}
