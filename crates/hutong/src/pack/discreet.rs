//! Minimum necessity: what leaves in a pack says no more about people than the chat itself does.

use hutong_model::{AccountId, ConversationId, Message, NameTable, Origin, Part};
use rustc_hash::FxHashSet;

/// Replaces account ids and private names, alike within one pack and unlike in every other.
#[derive(Debug)]
pub(super) struct Discretion {
    key: [u8; 32],
}

impl Discretion {
    /// `key` is made afresh for each pack.
    pub(super) const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn pseudonym(&self, id: AccountId) -> String {
        let digest = blake3::keyed_hash(&self.key, &id.0);
        let short: String = digest.to_hex().chars().take(8).collect();
        format!("user-{short}")
    }

    /// The names that the pack knows: those who speak in it, by the names that they gave themselves.
    pub(super) fn names(
        &self,
        names: &NameTable,
        speakers: &FxHashSet<(ConversationId, AccountId)>,
        conversations: &FxHashSet<ConversationId>,
    ) -> NameTable {
        let mut kept = NameTable::default();
        for id in conversations {
            if let Some(conversation) = names.conversations.get(id) {
                let mut conversation = conversation.clone();
                conversation.remark = None;
                if conversation.peer.is_some() {
                    conversation.name = None;
                    conversation.native_id = conversation
                        .peer
                        .map(|peer| self.pseudonym(peer))
                        .unwrap_or_default();
                }
                let sides = [conversation.owner, conversation.peer];
                for side in sides.into_iter().flatten() {
                    self.keep(names, side, &mut kept);
                }
                kept.conversations.insert(*id, conversation);
            }
        }
        for (conversation, account) in speakers {
            self.keep(names, *account, &mut kept);
            let key = (*conversation, *account);
            let member = names.members.get(&key).map(|member| {
                let mut member = member.clone();
                member.inviter = None;
                member.joined_at = None;
                member
            });
            kept.members.insert(
                key,
                member.unwrap_or_else(|| hutong_model::Membership {
                    conversation: *conversation,
                    account: *account,
                    ..hutong_model::Membership::default()
                }),
            );
        }
        kept
    }

    fn keep(&self, names: &NameTable, id: AccountId, kept: &mut NameTable) {
        if let Some(account) = names.accounts.get(&id) {
            let mut account = account.clone();
            account.native_id = self.pseudonym(id);
            account.second_id = None;
            account.alias = None;
            account.remark = None;
            account.description = None;
            account.avatar = None;
            account.labels = Vec::new();
            kept.accounts.insert(id, account);
        }
    }
}

/// Every account id and display id that the archive knows.
pub(super) fn ids_of(names: &NameTable) -> FxHashSet<String> {
    names
        .accounts
        .values()
        .flat_map(|account| {
            [
                Some(&account.native_id),
                account.second_id.as_ref(),
                account.alias.as_ref(),
            ]
        })
        .flatten()
        .filter(|id| !id.is_empty())
        .cloned()
        .collect()
}

/// Takes out what the conversation itself did not show: ids, origin, the original row.
pub(super) fn scrub(message: &mut Message, ids: &FxHashSet<String>) {
    message.native_ids.clear();
    message.lookup_keys.clear();
    message.raw = None;
    message.origin = Origin::new("", "", hutong_model::At::Whole);
    scrub_parts(&mut message.parts, ids, 0);
    for revision in &mut message.revisions {
        scrub_parts(&mut revision.parts, ids, 0);
    }
}

/// Deeper than this nothing is nested (the sources see to that); what is, goes.
const MAX_DEPTH: usize = 64;

fn scrub_parts(parts: &mut Vec<Part>, ids: &FxHashSet<String>, depth: usize) {
    if depth > MAX_DEPTH {
        parts.clear();
        return;
    }
    for part in parts {
        match part {
            Part::Text(text) => {
                for mention in &mut text.mentions {
                    mention.native_id = None;
                }
            }
            Part::Quote(quote) => {
                quote.author_native_id = None;
                quote.native_id = None;
                scrub_parts(&mut quote.parts, ids, depth + 1);
            }
            Part::Forward(forward) => {
                forward.native_id = None;
                forward.raw = None;
                for message in &mut forward.messages {
                    message.sender_native_id = None;
                    message.native_id = None;
                    scrub_parts(&mut message.parts, ids, depth + 1);
                }
            }
            Part::Contact(contact) => {
                contact.native_id = None;
                contact.alias = None;
            }
            Part::ChannelPost(post) => post.author_id = None,
            Part::Payment(payment) => payment.native_id = None,
            Part::Card(card) => {
                card.raw = None;
                card.fields.retain(|(_, value)| !ids.contains(value));
            }
            Part::Unknown(unknown) => unknown.raw.clear(),
            Part::Image(_)
            | Part::Voice(_)
            | Part::Video(_)
            | Part::File(_)
            | Part::Sticker(_)
            | Part::Place(_)
            | Part::Link(_)
            | Part::MiniApp(_)
            | Part::Call(_)
            | Part::Nudge(_)
            | Part::Announcement(_)
            | Part::Poll(_)
            | Part::System(_) => {}
        }
    }
}
