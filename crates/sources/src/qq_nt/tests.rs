//! Tests against the fact sheet and the forge.

mod built;
mod damage;
mod elements;
mod encode;
mod folders;
mod golden;
mod replies;
mod rows;
mod tips;

use std::collections::HashMap;
use std::path::Path;

use hutong_crypto::KeyRing;
use hutong_model::{Account, AccountId, Collected, Conversation, ConversationId, Message, Record};

use super::QqNt;
use crate::{Input, ReadOptions, Source, Summary};

/// Options with the keys of a key file.
fn with_keys(key_file: &Path) -> ReadOptions {
    let keys = KeyRing::from_text(&std::fs::read_to_string(key_file).unwrap()).unwrap();
    ReadOptions {
        keys,
        locate_attachments: true,
        ..ReadOptions::default()
    }
}

/// Everything that a reading gave.
#[derive(Default)]
struct Given {
    collected: Collected,
    summary: Summary,
    accounts: HashMap<AccountId, Account>,
    conversations: HashMap<ConversationId, Conversation>,
}

impl Given {
    fn read(path: &Path, options: &ReadOptions) -> Self {
        let input = Input::open(path).unwrap();
        let mut collected = Collected::default();
        let summary = QqNt.read(&input, options, &mut collected).unwrap();
        let mut given = Self {
            summary,
            ..Self::default()
        };
        for record in &collected.records {
            match record {
                Record::Account(account) => {
                    given.accounts.insert(account.id, account.clone());
                }
                Record::Conversation(conversation) => {
                    given
                        .conversations
                        .insert(conversation.id, conversation.clone());
                }
                _ => {}
            }
        }
        given.collected = collected;
        given
    }

    fn messages(&self) -> impl Iterator<Item = &Message> {
        self.collected
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Message(message) => Some(&**message),
                _ => None,
            })
    }

    /// Accounts and conversations come before whatever names them.
    fn assert_order(&self) {
        let mut accounts = std::collections::HashSet::new();
        let mut conversations = std::collections::HashSet::new();
        for record in &self.collected.records {
            match record {
                Record::Account(account) => {
                    accounts.insert(account.id);
                }
                Record::Conversation(conversation) => {
                    for named in [
                        conversation.owner,
                        conversation.peer,
                        conversation.group_owner,
                    ] {
                        assert!(
                            named.is_none_or(|named| accounts.contains(&named)),
                            "{conversation:?}"
                        );
                    }
                    conversations.insert(conversation.id);
                }
                Record::Membership(membership) => {
                    assert!(accounts.contains(&membership.account), "{membership:?}");
                    assert!(
                        conversations.contains(&membership.conversation),
                        "{membership:?}"
                    );
                }
                Record::Message(message) => {
                    assert!(conversations.contains(&message.conversation), "{message:?}");
                    assert!(
                        message
                            .sender
                            .is_none_or(|sender| accounts.contains(&sender)),
                        "{message:?}"
                    );
                    assert!(!message.parts.is_empty(), "{message:?}");
                }
                Record::Change(_) | Record::Decision(_) | Record::ReadBy(_) => {}
            }
        }
    }
}
