//! What is remembered about a conversation while it goes on.

use crate::text::excerpt;
use crate::truth::Kind;

use super::draft::Draft;

/// A message that a later one may quote.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    pub(super) server_id: i64,
    pub(super) beat: u64,
    pub(super) sender: u32,
    pub(super) local_type: i64,
    pub(super) content: String,
    pub(super) time: i64,
}

const REMEMBERED: usize = 6;

/// What the stage knows about one conversation.
#[derive(Clone, Debug, Default)]
pub(super) struct Thread {
    pub(super) last_time: i64,
    pub(super) tick: i64,
    /// Last `local_id` in each shard.
    local_ids: [i64; 2],
    recent: [Recent; REMEMBERED],
    remembered: usize,
    pub(super) rows: u64,
    pub(super) summary: String,
    pub(super) last_type: i64,
    pub(super) last_local_id: i64,
    pub(super) last_sender: u32,
}

impl Thread {
    /// How many earlier messages are remembered.
    pub(super) fn filled(&self) -> usize {
        self.remembered.min(REMEMBERED)
    }

    /// One of them.
    pub(super) fn recent(&self, choice: usize) -> Option<Recent> {
        self.recent
            .get(choice)
            .filter(|_| choice < self.filled())
            .cloned()
    }

    /// Remembers a message that can be quoted.
    pub(super) fn remember(&mut self, draft: &Draft, server_id: i64, beat: u64, time: i64) {
        let Some(sender) = draft.sender.filter(|_| server_id != 0 && draft.is_told) else {
            return;
        };
        if let Some(place) = self.recent.get_mut(self.remembered % REMEMBERED) {
            place.content.clear();
            let limit = if draft.kind == Kind::Text { 80 } else { 4_000 };
            place.content.push_str(excerpt(&draft.body, limit));
            place.server_id = server_id;
            place.beat = beat;
            place.sender = sender;
            place.local_type = draft.local_type;
            place.time = time + draft.skew;
            self.remembered += 1;
        }
    }

    /// The next `local_id` in a shard.
    pub(super) fn take_id(&mut self, shard: usize) -> i64 {
        self.local_ids.get_mut(shard).map_or(0, |last| {
            *last += 1;
            *last
        })
    }

    /// Notes what the list of sessions shows.
    pub(super) fn note(&mut self, draft: &Draft, local_id: i64) {
        self.summary.clear();
        self.summary.push_str(match draft.kind {
            Kind::Text => excerpt(&draft.body, 40),
            Kind::Image => "[图片]",
            Kind::Voice => "[语音]",
            _ => "[消息]",
        });
        self.last_type = draft.local_type;
        self.last_local_id = local_id;
        self.last_sender = draft.sender.unwrap_or(0);
    }
}
