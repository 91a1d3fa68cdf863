//! Chats that are told in each tool's shape.

#![expect(
    clippy::indexing_slicing,
    reason = "positions are taken from the list itself"
)]

use super::server_id;
use crate::Plan;
use crate::people;
use crate::rng::Rng;
use crate::sentences::Topic;
use crate::text::Composer;
use crate::timeline::Timeline;
use crate::truth::Kind;

/// Chats of a set: as many as are told.
const CHATS: u64 = 18;

/// Kinds besides text, in turn.
const KINDS: &[Kind] = &[
    Kind::Image,
    Kind::Voice,
    Kind::Quote,
    Kind::Video,
    Kind::Sticker,
    Kind::System,
    Kind::Place,
    Kind::File,
    Kind::Link,
    Kind::Forward,
    Kind::Payment,
    Kind::Nudge,
    Kind::Call,
    Kind::Contact,
    Kind::MiniApp,
    Kind::Unknown,
];

/// Somebody in a chat.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) username: String,
    pub(super) nickname: String,
    pub(super) remark: String,
}

impl Person {
    fn new(rng: &mut Rng) -> Self {
        Self {
            username: people::wxid(rng),
            nickname: people::nickname(rng),
            remark: if rng.chance(300) {
                people::remark(rng)
            } else {
                String::new()
            },
        }
    }

    /// The name that tools show.
    pub(super) fn shown(&self) -> &str {
        if self.remark.is_empty() {
            &self.nickname
        } else {
            &self.remark
        }
    }
}

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Position in the chat.
    pub(super) number: usize,
    /// Unix seconds.
    pub(super) time: i64,
    /// Who in the chat, 0 the owner; nobody for events.
    pub(super) sender: Option<usize>,
    pub(super) kind: Kind,
    pub(super) words: String,
    pub(super) server_id: i64,
    /// The entry that this one answers.
    pub(super) answers: Option<usize>,
}

/// One chat.
#[derive(Clone, Debug)]
pub(super) struct Chat {
    pub(super) username: String,
    pub(super) title: String,
    pub(super) is_room: bool,
    pub(super) people: Vec<Person>,
    pub(super) entries: Vec<Entry>,
}

impl Chat {
    pub(super) fn owner(&self) -> &Person {
        self.people.first().expect("a chat has its owner")
    }
}

/// The account whose chats these are.
pub(super) struct Story {
    plan: Plan,
    rng: Rng,
    composer: Composer,
    pub(super) owner: Person,
    pub(super) needle: String,
    chats: u64,
}

impl Story {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut rng = Rng::new(plan.seed, 0xE4);
        Self {
            plan: plan.clone(),
            composer: Composer::new(),
            owner: Person {
                remark: String::new(),
                ..Person::new(&mut rng)
            },
            needle: format!("抽屉里的钥匙{}", plan.seed % 10_000),
            rng,
            chats: 0,
        }
    }

    /// The next chat.
    pub(super) fn chat(&mut self, is_room: bool) -> Chat {
        self.chats += 1;
        let number = self.chats;
        let people: Vec<Person> = std::iter::once(self.owner.clone())
            .chain((0..if is_room { 5 } else { 1 }).map(|_| Person::new(&mut self.rng)))
            .collect();
        let (username, title) = if is_room {
            (
                format!(
                    "{}@chatroom",
                    20_000_000_000 + self.rng.range(0, 9_999_999_999)
                ),
                format!(
                    "{}小组{number}",
                    self.rng.pick_word(&["读书", "球友", "楼道", "采购"])
                ),
            )
        } else {
            let peer = people.last().expect("a chat has another side");
            (peer.username.clone(), peer.shown().to_owned())
        };
        let plan = Plan {
            messages: (self.plan.messages / CHATS).max(40),
            ..self.plan.clone()
        };
        let (total, held) = plan.stretch(0);
        let timeline = Timeline::new(self.plan.seed ^ number, total, 1, Vec::new());
        let mut entries = Vec::new();
        for beat in timeline {
            // Drawn for every beat, so that pieces of a history agree.
            let entry = self.entry(&people, beat.index, beat.time, number);
            if held.contains(&beat.index) {
                entries.push(Entry {
                    number: entries.len(),
                    answers: (entry.kind == Kind::Quote).then(|| entries.len().saturating_sub(2)),
                    ..entry
                });
            }
        }
        Chat {
            username,
            title,
            is_room,
            people,
            entries,
        }
    }

    fn entry(&mut self, people: &[Person], index: u64, time: i64, chat: u64) -> Entry {
        let kind = match usize::try_from(index / 2 + chat) {
            Ok(turn) if index % 2 == 1 && index > 4 => KINDS[turn % KINDS.len()],
            _ => Kind::Text,
        };
        let mut words = String::new();
        self.composer
            .sentence(&mut self.rng, Topic::ALL[0], &mut words);
        if index % 11 == 3 {
            words.push_str("，\"就这样\"\n第二行");
        }
        if chat == 1 && index == 6 {
            words.push_str(&self.needle);
        }
        let sender = (kind != Kind::System).then(|| self.rng.below(people.len()));
        Entry {
            number: 0,
            time,
            // Both sides speak at the beginning.
            sender: if index < 2 {
                Some(usize::try_from(index).unwrap_or(0))
            } else {
                sender
            },
            kind,
            words,
            server_id: server_id(&mut self.rng),
            answers: None,
        }
    }
}
