//! The invented account: its owner, friends, groups and devices.

use crate::people::{card, nickname, remark, uid, uin};
use crate::rng::Rng;
use crate::sentences::Topic;

/// What an entry of the cast is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Owner,
    Friend,
    /// Known from groups only.
    Member,
    Group,
    /// 讨论组.
    Discussion,
    /// 我的手机.
    Device,
    /// Reached through a group, without being a friend.
    Temporary,
    /// A bot that speaks in markdown.
    Bot,
}

/// Somebody or something that can be written to or write.
#[derive(Clone, Debug)]
pub(super) struct Party {
    pub(super) role: Role,
    /// The uid; of groups and discussions their number as text.
    pub(super) uid: String,
    /// The QQ number, or the group's; 0 where it is not known.
    pub(super) uin: u64,
    /// The number as text.
    pub(super) digits: String,
    pub(super) nick: String,
    pub(super) remark: String,
    pub(super) topic: Topic,
    pub(super) members: Vec<u32>,
    pub(super) left: Vec<u32>,
}

impl Party {
    /// What the truth list calls a conversation with this party.
    pub(super) fn conversation_id(&self) -> String {
        match self.role {
            Role::Discussion => format!("discuss:{}", self.digits),
            _ => self.uid.clone(),
        }
    }

    /// The kind of conversation, in the words of the truth list.
    pub(super) const fn conversation_kind(&self) -> &'static str {
        match self.role {
            Role::Group | Role::Discussion => "group",
            Role::Device => "device",
            _ => "direct",
        }
    }

    /// What the truth list calls the sender: the number, else the uid.
    pub(super) fn sender_id(&self) -> &str {
        if self.uin == 0 {
            &self.uid
        } else {
            &self.digits
        }
    }

    /// Whether several people can write.
    pub(super) const fn is_group(&self) -> bool {
        matches!(self.role, Role::Group | Role::Discussion)
    }
}

/// Entries of the cast that scenes need by name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stars {
    pub(super) project: u32,
    pub(super) family: u32,
    pub(super) property: u32,
    pub(super) school: u32,
    pub(super) friend: u32,
    pub(super) mate: u32,
    /// A friend whose number the mapping table does not know.
    pub(super) nameless: u32,
    pub(super) discussion: u32,
    pub(super) phone: u32,
    pub(super) temporary: u32,
    pub(super) bot: u32,
    /// Becomes a friend with the very last message.
    pub(super) late: u32,
}

/// The whole cast; the owner is number 0.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    pub(super) parties: Vec<Party>,
    /// Conversations in order of popularity.
    pub(super) conversations: Vec<u32>,
    pub(super) stars: Stars,
}

struct Builder {
    rng: Rng,
    parties: Vec<Party>,
}

impl Builder {
    fn add(&mut self, role: Role, uid: String, uin: u64, topic: Topic) -> u32 {
        let nick = nickname(&mut self.rng);
        let remark = if role == Role::Friend && self.rng.chance(300) {
            remark(&mut self.rng)
        } else {
            String::new()
        };
        let number = u32::try_from(self.parties.len())
            .expect("a cast has thousands of entries, not billions");
        self.parties.push(Party {
            role,
            uid,
            uin,
            digits: uin.to_string(),
            nick,
            remark,
            topic,
            members: Vec::new(),
            left: Vec::new(),
        });
        number
    }

    fn person(&mut self, role: Role) -> u32 {
        let (uid, uin) = (uid(&mut self.rng), uin(&mut self.rng));
        let topic = *self.rng.pick(Topic::ALL);
        self.add(role, uid, uin, topic)
    }

    fn party(&mut self, number: u32) -> &mut Party {
        self.parties
            .get_mut(number as usize)
            .expect("numbers come from `add`")
    }

    fn group(
        &mut self,
        role: Role,
        topic: Topic,
        size: usize,
        pool: &[u32],
        friends: &[u32],
    ) -> u32 {
        let code = 2_100_000_000 + self.rng.below(40_000_000) as u64;
        let number = self.add(role, code.to_string(), code, topic);
        let start = self.rng.below(pool.len());
        let mut members = vec![0];
        for _ in 0..size / 4 {
            members.push(*self.rng.pick(friends));
        }
        members.extend(
            pool.iter()
                .cycle()
                .skip(start)
                .take((size - size / 4).min(pool.len())),
        );
        members.sort_unstable();
        members.dedup();
        let left = if members.len() > 5 {
            members.split_off(members.len() - 2)
        } else {
            Vec::new()
        };
        let title = (*self.rng.pick(topic.titles())).to_owned();
        let party = self.party(number);
        party.nick = title;
        party.members = members;
        party.left = left;
        number
    }
}

impl Cast {
    /// A cast that suits a history of so many messages.
    pub(super) fn new(seed: u64, messages: u64) -> Self {
        let scale = |divisor: u64, low: usize, high: usize| {
            usize::try_from(messages / divisor)
                .unwrap_or(high)
                .clamp(low, high)
        };
        let mut cast = Builder {
            rng: Rng::new(seed, 0x9901),
            parties: Vec::new(),
        };
        cast.person(Role::Owner);
        let friends: Vec<u32> = (0..scale(4_000, 34, 420))
            .map(|_| cast.person(Role::Friend))
            .collect();
        let pool: Vec<u32> = (0..scale(1_000, 110, 8_000))
            .map(|_| cast.person(Role::Member))
            .collect();
        let big = scale(100, 60, 900);
        let topics = [
            Topic::Project,
            Topic::Family,
            Topic::Property,
            Topic::School,
            Topic::Hobby,
            Topic::Friends,
            Topic::Market,
            Topic::Courier,
            Topic::Colleague,
        ];
        let groups: Vec<u32> = (0..scale(10_000, 12, 150))
            .map(|number| {
                let topic = *topics
                    .get(number % topics.len())
                    .expect("the remainder is in range");
                let size = match number {
                    0 => big,
                    1 => 9,
                    2 => big / 2,
                    _ => 5 + big / (number + 2),
                };
                cast.group(Role::Group, topic, size, &pool, &friends)
            })
            .collect();
        let discussion = cast.group(Role::Discussion, Topic::Friends, 6, &pool, &friends);
        let phone = cast.add(
            Role::Device,
            format!("u_phone{}", cast_digits(seed)),
            0,
            Topic::Colleague,
        );
        cast.party(phone).nick = "我的手机".to_owned();
        let temporary = cast.person(Role::Temporary);
        let bot = cast.person(Role::Bot);
        let nameless_uid = uid(&mut cast.rng);
        let nameless = cast.add(Role::Friend, nameless_uid, 0, Topic::Friends);
        let late = cast.person(Role::Friend);

        let star = |list: &[u32], number: usize| {
            *list.get(number).expect("the smallest cast has this many")
        };
        let stars = Stars {
            project: star(&groups, 0),
            family: star(&groups, 1),
            property: star(&groups, 2),
            school: star(&groups, 3),
            friend: star(&friends, 0),
            mate: star(&friends, 1),
            nameless,
            discussion,
            phone,
            temporary,
            bot,
            late,
        };
        let mut conversations = vec![stars.project, stars.family, stars.property, stars.friend];
        let mut rest_of_groups = groups.iter().skip(3);
        for (number, friend) in friends.iter().skip(1).enumerate() {
            conversations.push(*friend);
            if number % 2 == 0 {
                conversations.extend(rest_of_groups.next());
            }
        }
        conversations.extend(rest_of_groups);
        conversations.extend([discussion, phone, nameless]);
        Self {
            parties: cast.parties,
            conversations,
            stars,
        }
    }

    /// Party by number.
    pub(super) fn party(&self, number: u32) -> &Party {
        self.parties
            .get(number as usize)
            .expect("numbers come from this cast")
    }

    /// The owner.
    pub(super) fn owner(&self) -> &Party {
        self.party(0)
    }

    /// Numbers of all parties with this role.
    pub(super) fn with_role(&self, role: Role) -> impl Iterator<Item = (u32, &Party)> {
        (0_u32..)
            .zip(&self.parties)
            .filter(move |(_, party)| party.role == role)
    }

    /// Card of a member in a group: absent for two in three.
    pub(super) fn card(&self, group: u32, member: u32) -> Option<String> {
        let mut rng = Rng::new(u64::from(group), u64::from(member) ^ 0xCA4D);
        rng.chance(330).then(|| card(&mut rng, member as usize))
    }

    /// The number under which a peer is sorted (48901, and 40027 of private rows).
    pub(super) const fn sort_number(number: u32) -> i64 {
        number as i64 + 1
    }
}

fn cast_digits(seed: u64) -> String {
    format!("{:017}", seed % 100_000_000_000_000_000)
}
