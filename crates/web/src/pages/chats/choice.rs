//! Which chats are listed, and in which order.

use std::cmp::Reverse;

use hutong::model::{ConversationId, ConversationKind, Names, Platform};
use hutong::sinks::words;
use hutong::{ConversationStats, name_order};

use super::Wanted;
use crate::site::OpenArchive;
use crate::visitor::Visitor;

/// Words beyond these are not looked at.
const MAX_WORDS: usize = 8;

/// Kinds in the order in which they are offered.
pub(super) const KINDS: [ConversationKind; 6] = [
    ConversationKind::Direct,
    ConversationKind::Group,
    ConversationKind::Channel,
    ConversationKind::Official,
    ConversationKind::Device,
    ConversationKind::System,
];

/// A chat with messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chat<'a> {
    pub(crate) id: ConversationId,
    pub(crate) title: &'a str,
    pub(crate) platform: Option<&'a Platform>,
    pub(crate) kind: ConversationKind,
    pub(crate) stats: ConversationStats,
}

/// Every chat with messages.
pub(super) fn all(open: &OpenArchive) -> Vec<Chat<'_>> {
    open.stats
        .iter()
        .map(|(id, stats)| {
            let conversation = open.names.conversation(*id);
            Chat {
                id: *id,
                title: open.names.conversation_title(*id).unwrap_or_default(),
                platform: conversation.and_then(|known| known.platform.as_ref()),
                kind: conversation.map_or_else(ConversationKind::default, |known| known.kind),
                stats: *stats,
            }
        })
        .collect()
}

/// The chats that fit, in the wanted order.
pub(super) fn chosen<'a>(open: &'a OpenArchive, wanted: &Wanted) -> Vec<Chat<'a>> {
    let mut found = all(open);
    found.retain(|chat| {
        (wanted.platform.is_empty()
            || chat
                .platform
                .is_some_and(|platform| platform.as_str() == wanted.platform))
            && (wanted.kind.is_empty() || chat.kind.as_str() == wanted.kind)
    });
    for word in wanted.q.split_whitespace().take(MAX_WORDS) {
        let named = open.find_chats(word);
        found.retain(|chat| named.contains(&chat.id));
    }
    match wanted.sort.as_str() {
        "most" => found.sort_by_key(|chat| (Reverse(chat.stats.messages), chat.id)),
        "name" => found.sort_by_cached_key(|chat| (name_order(chat.title), chat.id)),
        _ => latest_first(&mut found),
    }
    found
}

/// Sorts the chat with the newest message to the front.
pub(super) fn latest_first(chats: &mut [Chat<'_>]) {
    chats.sort_by_key(|chat| (Reverse(chat.stats.last_ms), chat.id));
}

/// Platforms that have chats: id and name.
pub(super) fn platforms(open: &OpenArchive, visitor: &Visitor) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = all(open)
        .iter()
        .filter_map(|chat| chat.platform)
        .collect::<std::collections::HashSet<_>>()
        .into_iter()
        .map(|platform| {
            (
                platform.as_str().to_owned(),
                words::platform(visitor.language, platform).to_owned(),
            )
        })
        .collect();
    found.sort_unstable();
    found
}

/// Kinds that have chats.
pub(super) fn kinds(open: &OpenArchive) -> Vec<ConversationKind> {
    let mut found: Vec<_> = all(open).iter().map(|chat| chat.kind).collect();
    found.sort_unstable();
    found.dedup();
    found
}
