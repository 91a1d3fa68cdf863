//! What was said earlier, for answers whose file does not hold what they answer.

use std::collections::VecDeque;

use hutong_model::{AccountId, Message, MessageId, Timestamp};
use rustc_hash::FxHashMap;

/// So many messages are remembered at most …
const MAX_MESSAGES: usize = 50_000;

/// … with so many bytes of text …
const MAX_BYTES: usize = 24 * 1024 * 1024;

/// … of which each has this at most.
const MAX_BODY_BYTES: usize = 4096;

/// The last messages of a conversation, as far as there is room; older ones are told by the quote in the answer.
#[derive(Default)]
pub(super) struct Parents {
    known: FxHashMap<MessageId, Parent>,
    order: VecDeque<MessageId>,
    bytes: usize,
}

/// A message as an answer shows it.
pub(super) struct Parent {
    pub(super) sender: Option<AccountId>,
    pub(super) sender_name: Option<String>,
    pub(super) sent_at: Timestamp,
    pub(super) body: String,
}

impl Parents {
    pub(super) fn get(&self, id: MessageId) -> Option<&Parent> {
        self.known.get(&id)
    }

    pub(super) fn remember(&mut self, message: &Message, mut body: String) {
        let mut cut = MAX_BODY_BYTES.min(body.len());
        while !body.is_char_boundary(cut) {
            cut -= 1;
        }
        if cut < body.len() {
            body.truncate(cut);
            body.push('…');
        }
        body.shrink_to_fit();
        self.bytes += body.len();
        let parent = Parent {
            sender: message.sender,
            sender_name: message.sender_name.clone(),
            sent_at: message.sent_at,
            body,
        };
        if let Some(replaced) = self.known.insert(message.id, parent) {
            self.bytes -= replaced.body.len();
        } else {
            self.order.push_back(message.id);
        }
        while self.order.len() > MAX_MESSAGES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            if let Some(gone) = self.known.remove(&oldest) {
                self.bytes -= gone.body.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong_model::Part;
    use hutong_testkit::{cast, message};

    #[test]
    fn memory_is_bounded() {
        let cast = cast();
        let mut parents = Parents::default();
        let mut first = None;
        for number in 0..60_000 {
            let one = message(&cast.group, cast.people[0], number, vec![Part::text("x")]);
            first.get_or_insert(one.id);
            parents.remember(
                &one,
                "字".repeat(if number % 1000 == 0 { 1_000_000 } else { 1 }),
            );
        }
        assert_eq!(parents.known.len(), MAX_MESSAGES);
        assert_eq!(parents.order.len(), MAX_MESSAGES);
        assert!(parents.bytes <= MAX_BYTES);
        assert!(first.is_some_and(|first| parents.get(first).is_none()));
        let held: usize = parents.known.values().map(|parent| parent.body.len()).sum();
        assert_eq!(held, parents.bytes);
    }
}
