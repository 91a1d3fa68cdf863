//! Counts of the hits by chat, sender, kind and month, each a link that narrows the search to it.

use hutong::Facets;
use hutong::model::{AccountId, ConversationId, Names, PartKind};
use hutong::sinks::words;
use maud::{Markup, html};

use super::Wanted;
use crate::pages::pieces::month_words;
use crate::site::OpenArchive;
use crate::visitor::Visitor;

/// Entries of one group.
const SHOWN: usize = 8;
/// Months of which the newest are shown.
const MONTHS_SHOWN: usize = 12;

/// One entry: what it is called, the words that narrow to it, and how many hits it has.
struct Entry {
    label: String,
    words: String,
    count: u64,
}

/// All groups that say something.
pub(super) fn groups(
    open: &OpenArchive,
    visitor: &Visitor,
    wanted: &Wanted,
    counts: &Facets,
) -> Markup {
    let chats = counts
        .conversations
        .iter()
        .take(SHOWN)
        .map(|(chat, count)| Entry {
            label: open
                .names
                .conversation_title(*chat)
                .unwrap_or_default()
                .to_owned(),
            words: format!("in:{}", word_for_chat(open, *chat)),
            count: *count,
        });
    let senders = counts
        .senders
        .iter()
        .take(SHOWN)
        .map(|(sender, count)| Entry {
            label: open.names.account(*sender).map_or_else(
                || sender.to_hex(),
                |account| account.display_name().to_owned(),
            ),
            words: format!("from:{}", word_for_account(open, *sender)),
            count: *count,
        });
    let kinds = counts.kinds.iter().take(SHOWN).map(|(kind, count)| Entry {
        label: words::part(visitor.language, *kind).to_owned(),
        words: format!("kind:{}", PartKind::as_str(*kind)),
        count: *count,
    });
    let months = counts
        .months
        .iter()
        .rev()
        .take(MONTHS_SHOWN)
        .map(|((year, month), count)| Entry {
            label: month_words(
                visitor.language,
                i64::from(*year),
                u32::try_from(*month).unwrap_or(0),
            ),
            words: format!("during:{year:04}-{month:02}"),
            count: *count,
        });
    html! {
        (group(visitor.pick("会话", "Chat"), wanted, chats.collect(), counts.conversations.len()))
        (group(visitor.pick("发送者", "Sender"), wanted, senders.collect(), counts.senders.len()))
        (group(visitor.pick("类型", "Kind"), wanted, kinds.collect(), counts.kinds.len()))
        (group(visitor.pick("月份", "Month"), wanted, months.collect(), counts.months.len()))
    }
}

/// One group; of a single entry there is nothing to choose.
fn group(title: &str, wanted: &Wanted, entries: Vec<Entry>, all: usize) -> Markup {
    let rest = all.saturating_sub(entries.len());
    html! {
        @if all > 1 {
            section.facet {
                h2 { (title) }
                ul {
                    @for entry in entries {
                        li {
                            a rel="nofollow" href=(wanted.with_query(&format!("{} {}", wanted.q.trim(), entry.words))) {
                                bdi { (entry.label) }
                            }
                            span { (words::grouped(entry.count)) }
                        }
                    }
                    @if rest > 0 { li.soft { "+ " (words::grouped(rest as u64)) } }
                }
            }
        }
    }
}

/// Whether a word can stand in a query as it is and is long enough to name only itself.
fn is_plain(word: &str) -> bool {
    word.len() >= 5
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'@' | b'.'))
}

/// The shortest word that names this chat alone.
pub(super) fn word_for_chat(open: &OpenArchive, chat: ConversationId) -> String {
    let native_id = open
        .names
        .conversation(chat)
        .map(|known| known.native_id.as_str())
        .filter(|native_id| is_plain(native_id));
    match native_id {
        Some(native_id)
            if open
                .names
                .conversations
                .values()
                .filter(|known| known.native_id == native_id)
                .take(2)
                .count()
                == 1 =>
        {
            native_id.to_owned()
        }
        _ => chat.to_hex(),
    }
}

/// The shortest word that names this account alone.
pub(super) fn word_for_account(open: &OpenArchive, account: AccountId) -> String {
    open.names
        .account(account)
        .map(|known| known.native_id.as_str())
        .filter(|native_id| is_plain(native_id))
        .map_or_else(|| account.to_hex(), str::to_owned)
}
