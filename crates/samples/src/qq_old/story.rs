//! The history that all three clients keep: who writes what to whom.

use crate::Plan;
use crate::people::{card, nickname, remark, uin};
use crate::rng::Rng;
use crate::sentences::Topic;
use crate::text::Composer;
use crate::timeline::{Beat, Timeline};
use crate::words::{FILES, LINKS};

/// What a message is.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Text(String),
    /// A text that is several pages long.
    Long(String),
    /// Words, the number of a face, and words.
    Face(String, u8, String),
    /// An answer to the message before it in the conversation.
    Reply(Box<Entry>, String),
    Picture,
    /// Words, a picture, words.
    Mixed(String, String),
    Voice(u64),
    Film,
    /// A file that was saved.
    SavedFile(String),
    /// A file that was not.
    MissingFile(String),
    GroupFile(String),
    Sticker(&'static str),
    BigFace(&'static str),
    /// Words, and whether it was a video call.
    Call(&'static str, bool),
    /// Whether it begins.
    GroupCall(bool),
    Share(String, String),
    Forward(Vec<Entry>),
    Place(&'static str),
    Poke,
    /// A message was withdrawn.
    Recall(String),
    /// A gray tip in plain text.
    Tip(&'static str),
    /// Somebody joined.
    Joined(String),
    RedPacket(&'static str),
    Card(&'static str),
    Unknown,
}

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Position in the whole history.
    pub(super) index: u64,
    pub(super) conversation: usize,
    /// Number of the author.
    pub(super) sender: u64,
    pub(super) time: i64,
    pub(super) content: Content,
}

/// What a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Friend,
    Group,
    Discussion,
}

/// A conversation.
#[derive(Clone, Debug)]
pub(super) struct Chat {
    pub(super) role: Role,
    /// Number of the friend or the group.
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) remark: String,
    topic: Topic,
    pub(super) members: Vec<u64>,
}

impl Chat {
    /// What the truth list calls it.
    pub(super) fn native_id(&self) -> String {
        match self.role {
            Role::Discussion => format!("discuss:{}", self.number),
            _ => self.number.to_string(),
        }
    }

    /// Its kind in the truth list.
    pub(super) const fn kind(&self) -> &'static str {
        match self.role {
            Role::Friend => "direct",
            _ => "group",
        }
    }
}

/// Somebody.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) number: u64,
    pub(super) nick: String,
    pub(super) card: String,
}

/// The whole cast.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    pub(super) owner: u64,
    pub(super) chats: Vec<Chat>,
    pub(super) people: Vec<Person>,
}

const FRIENDS: usize = 9;
const GROUPS: usize = 4;
const MEMBERS: usize = 18;

impl Cast {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed, 0x01D0);
        let owner = uin(&mut rng);
        let mut people = Vec::new();
        for number in 0..FRIENDS + MEMBERS {
            people.push(Person {
                number: uin(&mut rng),
                nick: nickname(&mut rng),
                card: if rng.chance(400) {
                    card(&mut rng, number)
                } else {
                    String::new()
                },
            });
        }
        let mut chats = Vec::new();
        for friend in people.iter().take(FRIENDS) {
            chats.push(Chat {
                role: Role::Friend,
                number: friend.number,
                name: friend.nick.clone(),
                remark: if rng.chance(300) {
                    remark(&mut rng)
                } else {
                    String::new()
                },
                topic: *rng.pick(Topic::ALL),
                members: vec![owner, friend.number],
            });
        }
        for group in 0..=GROUPS {
            let topic = *rng.pick(Topic::ALL);
            let mut members = vec![owner];
            let start = rng.below(people.len());
            let chosen = people.iter().cycle().skip(start).take(5 + group * 3);
            members.extend(chosen.map(|person| person.number));
            let is_discussion = group == GROUPS;
            chats.push(Chat {
                role: if is_discussion {
                    Role::Discussion
                } else {
                    Role::Group
                },
                number: 310_000_000 + rng.draw() % 500_000_000,
                name: if is_discussion {
                    String::new()
                } else {
                    (*rng.pick(topic.titles())).to_owned()
                },
                remark: String::new(),
                topic,
                members,
            });
        }
        Self {
            owner,
            chats,
            people,
        }
    }

    /// Nickname of somebody.
    pub(super) fn nick(&self, number: u64) -> &str {
        self.people
            .iter()
            .find(|person| person.number == number)
            .map_or("我", |person| &person.nick)
    }
}

/// How many special messages take turns.
const SPECIALS: u64 = 30;
/// A history has four times as many messages at least.
pub(super) const LEAST: usize = 60;
const STRIDE: u64 = 7;

/// Hands every message of the piece that the plan asks for to `each`, in order of time.
///
/// Content depends on seed and position alone, so that two pieces tell the same story where they overlap.
pub(super) fn tell<E>(
    plan: &Plan,
    cast: &Cast,
    mut each: impl FnMut(Entry) -> Result<(), E>,
) -> Result<(), E> {
    let composer = Composer::new();
    let (total, held) = plan.stretch(LEAST);
    let count = u32::try_from(cast.chats.len()).expect("a dozen conversations");
    let mut last: Vec<Option<Entry>> = vec![None; cast.chats.len()];
    for beat in Timeline::new(plan.seed ^ 0x01D, total, count, Vec::new()) {
        let entry = compose(plan.seed, cast, &composer, beat, &mut last);
        if held.contains(&beat.index) {
            each(entry)?;
        }
    }
    Ok(())
}

fn compose(
    seed: u64,
    cast: &Cast,
    composer: &Composer,
    beat: Beat,
    last: &mut [Option<Entry>],
) -> Entry {
    let mut rng = Rng::new(seed, beat.index ^ 0x01D_0000_0000);
    let conversation = beat.conversation as usize;
    let chat = cast
        .chats
        .get(conversation)
        .expect("beats name conversations of this cast");
    let mut say = |rng: &mut Rng| {
        let mut words = String::new();
        composer.say(rng, chat.topic, &mut words);
        words
    };
    let sender = *rng.pick(&chat.members);
    let special = (beat.index % STRIDE == 3).then_some(beat.index / STRIDE % SPECIALS);
    let previous = last.get(conversation).cloned().flatten();
    let content = match special {
        None => Content::Text(say(&mut rng)),
        Some(number) => special_content(number, &mut rng, chat, beat, previous, &mut say, cast),
    };
    let entry = Entry {
        index: beat.index,
        conversation,
        sender,
        time: beat.time,
        content,
    };
    if matches!(entry.content, Content::Text(_))
        && let Some(place) = last.get_mut(conversation)
    {
        *place = Some(entry.clone());
    }
    entry
}

fn special_content(
    number: u64,
    rng: &mut Rng,
    chat: &Chat,
    beat: Beat,
    previous: Option<Entry>,
    say: &mut dyn FnMut(&mut Rng) -> String,
    cast: &Cast,
) -> Content {
    let (stem, extension) = *rng.pick(FILES);
    let file = format!("{stem}-{}.{extension}", beat.index);
    let (title, summary) = *rng.pick(LINKS);
    match number {
        0 => Content::Long((0..40).map(|_| say(rng) + "。\n").collect()),
        1 => Content::Face(
            say(rng),
            1 + rng.draw().to_le_bytes()[0] % 100,
            "哈".to_owned(),
        ),
        2 | 15 => match previous {
            Some(previous) => Content::Reply(Box::new(previous), say(rng)),
            None => Content::Text(say(rng)),
        },
        3 | 16 | 17 => Content::Picture,
        4 => Content::Mixed(say(rng), say(rng)),
        5 | 18 => Content::Voice(1 + rng.draw() % 59),
        6 => Content::Film,
        7 => Content::SavedFile(file),
        8 => Content::MissingFile(file),
        9 => Content::GroupFile(file),
        10 => Content::Sticker("贴贴"),
        11 => Content::BigFace("打call"),
        12 => Content::Call("通话时长 01:23", false),
        13 => Content::Call("对方已拒绝", true),
        14 => Content::GroupCall(beat.index.is_multiple_of(2)),
        19 => Content::Share(title.to_owned(), summary.to_owned()),
        20 | 29 => Content::Forward(
            (0..3)
                .map(|inner| Entry {
                    index: beat.index,
                    conversation: beat.conversation as usize,
                    sender: *rng.pick(&chat.members),
                    time: beat.time - 600 + inner * 60,
                    content: if inner == 1 {
                        Content::Picture
                    } else {
                        Content::Text(say(rng))
                    },
                })
                .collect(),
        ),
        21 => Content::Place("江边的灯塔"),
        22 => Content::Poke,
        23 => Content::Recall(cast.nick(*rng.pick(&chat.members)).to_owned()),
        24 => Content::Tip("你们已经聊了很久"),
        25 => Content::Joined(cast.nick(*rng.pick(&chat.members)).to_owned()),
        26 => Content::RedPacket("恭喜发财"),
        27 => Content::Card("周末聚会投票"),
        _ => Content::Unknown,
    }
}
