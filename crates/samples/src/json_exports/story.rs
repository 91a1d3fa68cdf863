//! What happens in one conversation, before any format writes it down.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::people::{card, nickname, uid, uin};
use crate::rng::{Rng, mix};
use crate::sentences::Topic;
use crate::text::Composer;
use crate::truth::{Kind, Line, OnDisk, Quoted, State, Truth};
use crate::{ForgeError, Forged, Plan};

/// Somebody in the story; the owner of the copy is number 0.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) uin: String,
    pub(super) uid: String,
    pub(super) nick: String,
    pub(super) card: String,
}

/// Kinds of message, in the order in which they appear again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Text,
    Mention,
    Reply,
    Image,
    Voice,
    Video,
    File,
    Sticker,
    Face,
    Link,
    Place,
    Contact,
    MiniApp,
    Forward,
    RedPacket,
    Transfer,
    Call,
    Poke,
    Joined,
    Recall,
    Unknown,
}

impl What {
    /// Every kind that is not plain text.
    pub(super) const SPECIAL: &[Self] = &[
        Self::Mention,
        Self::Reply,
        Self::Image,
        Self::Voice,
        Self::Video,
        Self::File,
        Self::Sticker,
        Self::Face,
        Self::Link,
        Self::Place,
        Self::Contact,
        Self::MiniApp,
        Self::Forward,
        Self::RedPacket,
        Self::Transfer,
        Self::Call,
        Self::Poke,
        Self::Joined,
        Self::Recall,
        Self::Unknown,
    ];

    /// Whether it is said by the messenger itself.
    pub(super) const fn is_system(self) -> bool {
        matches!(self, Self::Joined | Self::Recall)
    }
}

/// One moment of the story.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// Unix seconds.
    pub(super) time: i64,
    pub(super) sender: usize,
    pub(super) what: What,
    pub(super) words: String,
    /// An earlier plain text: the one that is answered.
    pub(super) earlier: Option<Box<Self>>,
    pub(super) msg_id: i64,
    pub(super) random: u32,
    pub(super) sequence: i64,
    /// Whether the piece of the history that is forged holds it.
    pub(super) is_held: bool,
}

/// A conversation and what happens in it.
pub(super) struct Story {
    rng: Rng,
    composer: Composer,
    seed: u64,
    next: u64,
    total: u64,
    held: std::ops::Range<u64>,
    time: i64,
    last: Option<Said>,
    pub(super) people: Vec<Person>,
    pub(super) is_group: bool,
    pub(super) title: String,
    pub(super) code: String,
    topic: Topic,
    pub(super) needle: String,
}

impl Story {
    /// The story of `messages` moments that `stream` of the plan's seed draws.
    pub(super) fn new(plan: &Plan, stream: u64, messages: u64, is_group: bool) -> Self {
        let plan = Plan {
            messages,
            ..plan.clone()
        };
        let (total, held) = plan.stretch(What::SPECIAL.len());
        // The owner is the same in every story.
        let mut own = Rng::new(plan.seed, 0x150);
        let mut rng = Rng::new(plan.seed, 0x1500 + stream);
        let person = |rng: &mut Rng, number: usize| Person {
            uin: uin(rng).to_string(),
            uid: uid(rng),
            nick: nickname(rng),
            card: if number % 2 == 1 && is_group {
                card(rng, number)
            } else {
                String::new()
            },
        };
        let mut people = vec![person(&mut own, 0)];
        people.extend((1..if is_group { 12 } else { 2 }).map(|number| person(&mut rng, number)));
        let topic = *rng.pick(Topic::ALL);
        let title = match people.get(1) {
            Some(other) if !is_group => other.nick.clone(),
            _ => (*rng.pick(topic.titles())).to_owned(),
        };
        Self {
            composer: Composer::new(),
            seed: plan.seed ^ mix(stream),
            next: 0,
            total,
            held,
            time: 1_640_966_400 + 3600 * 9,
            last: None,
            people,
            is_group,
            title,
            code: (2_100_000_000 + rng.below(40_000_000)).to_string(),
            topic,
            needle: format!("琥珀灯塔{}", rng.below(100_000)),
            rng,
        }
    }

    pub(super) fn person(&self, number: usize) -> &Person {
        self.people
            .get(number)
            .or_else(|| self.people.first())
            .expect("a story has an owner")
    }
}

impl Iterator for Story {
    type Item = Said;

    fn next(&mut self) -> Option<Said> {
        if self.next >= self.total {
            return None;
        }
        let number = self.next;
        self.next += 1;
        // Now and then two messages share a second.
        self.time += self.rng.range(0, 400);
        let kinds = What::SPECIAL.len() as u64;
        let step = self.total / kinds;
        let special = number
            .is_multiple_of(step)
            .then(|| What::SPECIAL.get(usize::try_from(number / step % kinds).unwrap_or(0)))
            .flatten()
            .copied();
        let mut what = special.unwrap_or(What::Text);
        if self.last.is_none() && matches!(what, What::Mention | What::Reply) {
            what = What::Text;
        }
        let mut words = String::new();
        self.composer.say(&mut self.rng, self.topic, &mut words);
        if number + 1 == self.total {
            words.clone_from(&self.needle);
            what = What::Text;
        }
        let low = mix(self.seed ^ number) & 0x7FFF_FFFF | 1;
        let said = Said {
            time: self.time,
            sender: self.rng.below(self.people.len()),
            what,
            words,
            earlier: self.last.clone().map(Box::new),
            msg_id: self.time << 32 | low as i64,
            random: u32::try_from(low >> 3).unwrap_or(0) | 1,
            sequence: 4_000 + number as i64,
            is_held: self.held.contains(&number),
        };
        if what == What::Text {
            self.last = Some(Said {
                earlier: None,
                ..said.clone()
            });
        }
        Some(said)
    }
}

/// The ids of the truth list for one moment.
#[derive(Clone, Copy, Default)]
pub(super) struct Ids {
    pub(super) server_id: Option<i64>,
    pub(super) msg_id: Option<i64>,
    pub(super) reply_to: Option<i64>,
}

/// Writes truth lines of one conversation.
pub(super) struct Teller<'a> {
    pub(super) truth: &'a mut Truth,
    pub(super) platform: &'static str,
    pub(super) conversation: String,
    pub(super) is_group: bool,
}

impl Teller<'_> {
    pub(super) fn tell(
        &mut self,
        said: &Said,
        sender: Option<&str>,
        kind: Kind,
        text: Option<&str>,
        ids: Ids,
    ) -> Result<(), ForgeError> {
        let file: Option<&OnDisk> = None;
        self.truth.write(&Line {
            platform: self.platform,
            conversation: &self.conversation,
            conversation_kind: if self.is_group { "group" } else { "direct" },
            sender: sender.filter(|_| !said.what.is_system()),
            sent_at_ms: said.time * 1000,
            kind,
            text,
            server_id: ids.server_id.map(Quoted),
            msg_id: ids.msg_id.map(Quoted),
            sort_seq: None,
            reply_to: ids.reply_to.map(Quoted),
            state: if said.what == What::Recall {
                State::Recalled
            } else {
                State::Normal
            },
            file,
        })
    }
}

/// A file that is written piece by piece.
pub(super) struct Out {
    path: PathBuf,
    file: std::io::BufWriter<std::fs::File>,
    pub(super) written: u64,
}

impl Out {
    pub(super) fn create(path: &Path) -> Result<Self, ForgeError> {
        if let Some(folder) = path.parent() {
            crate::store::make_folder(folder)?;
        }
        let file = std::fs::File::create(path).map_err(|source| ForgeError::File {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            file: std::io::BufWriter::with_capacity(1 << 18, file),
            written: 0,
        })
    }

    pub(super) fn put(&mut self, text: &str) -> Result<(), ForgeError> {
        self.written += text.len() as u64;
        self.file
            .write_all(text.as_bytes())
            .map_err(|source| ForgeError::File {
                path: self.path.clone(),
                source,
            })
    }

    pub(super) fn finish(mut self) -> Result<(), ForgeError> {
        self.file.flush().map_err(|source| ForgeError::File {
            path: self.path,
            source,
        })
    }
}

/// The description of a finished set.
pub(super) fn forged(
    root: PathBuf,
    main: PathBuf,
    dir: &Path,
    truth: Truth,
    rows: u64,
    owner: String,
    needle: String,
) -> Result<Forged, ForgeError> {
    let key_file = dir.join("keys.json");
    crate::store::write_file(&key_file, b"{}")?;
    let path = dir.join("truth.jsonl");
    Ok(Forged {
        root,
        main_db: main,
        key_file,
        truth: path,
        messages: truth.finish()?,
        rows,
        wal_rows: 0,
        files: 0,
        owner,
        needle,
    })
}
