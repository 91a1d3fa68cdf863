//! The invented account: its owner, contacts, rooms and official accounts.

use md5::{Digest, Md5};

use crate::people::{card, nickname, remark, wxid};
use crate::rng::Rng;
use crate::sentences::Topic;

/// What an entry of the cast is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Owner,
    Friend,
    /// Known from rooms only.
    Member,
    Room,
    Official,
    /// 企业微信.
    WeCom,
    /// 文件传输助手.
    Helper,
    /// Was a friend once.
    Deleted,
    /// Stands in `stranger` only.
    Stranger,
    /// Stands nowhere: only the name of its message table remains.
    Orphan,
}

/// Somebody or something with a username.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    pub(crate) role: Role,
    pub(crate) username: String,
    pub(crate) nick: String,
    pub(crate) remark: String,
    pub(crate) alias: String,
    pub(crate) topic: Topic,
    /// MD5 of the username: names message tables and folders.
    pub(crate) hash: String,
    /// Members of a room who are still in it.
    pub(crate) members: Vec<u32>,
    /// Members who left; their messages remain.
    pub(crate) left: Vec<u32>,
}

impl Party {
    /// The kind of conversation, in the words of the truth list.
    pub(crate) const fn conversation_kind(&self) -> &'static str {
        match self.role {
            Role::Room => "group",
            Role::Official => "official",
            Role::Helper => "device",
            _ => "direct",
        }
    }

    /// What the truth list calls the conversation; of an orphan only the hash is known.
    pub(crate) fn native_id(&self) -> &str {
        if self.role == Role::Orphan {
            &self.hash
        } else {
            &self.username
        }
    }

    /// The name that other programs would show.
    pub(crate) fn shown(&self) -> &str {
        if self.remark.is_empty() {
            &self.nick
        } else {
            &self.remark
        }
    }
}

/// Entries of the cast that scenes need by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stars {
    pub(crate) project: u32,
    pub(crate) family: u32,
    pub(crate) property: u32,
    pub(crate) school: u32,
    pub(crate) friend: u32,
    pub(crate) mate: u32,
    pub(crate) helper: u32,
    pub(crate) deleted: u32,
    pub(crate) stranger: u32,
    pub(crate) wecom: u32,
    pub(crate) official: u32,
    pub(crate) orphan: u32,
    /// Becomes a friend with the very last message.
    pub(crate) late: u32,
}

/// The whole cast; the owner is number 0.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    pub(crate) parties: Vec<Party>,
    /// Conversations in order of popularity.
    pub(crate) conversations: Vec<u32>,
    pub(crate) stars: Stars,
    pub(crate) uin: u64,
}

/// Lower-case hexadecimal MD5.
pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

struct Builder {
    rng: Rng,
    parties: Vec<Party>,
}

impl Builder {
    fn add(&mut self, role: Role, username: String, topic: Topic) -> u32 {
        let nick = nickname(&mut self.rng);
        let hash = md5_hex(username.as_bytes());
        let remark = if role == Role::Friend && self.rng.chance(300) {
            remark(&mut self.rng)
        } else {
            String::new()
        };
        let alias = if self.rng.chance(300) {
            format!(
                "{}_{}",
                self.rng.word(b"aeioubcdklmnst", 6),
                self.rng.range(100, 999)
            )
        } else {
            String::new()
        };
        let number = u32::try_from(self.parties.len())
            .expect("a cast has thousands of entries, not billions");
        self.parties.push(Party {
            role,
            username,
            nick,
            remark,
            alias,
            topic,
            hash,
            members: Vec::new(),
            left: Vec::new(),
        });
        number
    }

    fn person(&mut self, role: Role) -> u32 {
        let username = wxid(&mut self.rng);
        let topic = *self.rng.pick(Topic::ALL);
        self.add(role, username, topic)
    }

    fn party(&mut self, number: u32) -> &mut Party {
        self.parties
            .get_mut(number as usize)
            .expect("numbers come from `add`")
    }

    fn room(&mut self, topic: Topic, size: usize, pool: &[u32], friends: &[u32]) -> u32 {
        let username = format!(
            "{}@chatroom",
            self.rng.range(17_000_000_000, 58_000_000_000)
        );
        let number = self.add(Role::Room, username, topic);
        let mut members = vec![0];
        // The pool is walked from a random place, so that rooms overlap.
        let start = self.rng.below(pool.len());
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
    pub(crate) fn new(seed: u64, messages: u64) -> Self {
        let scale = |divisor: u64, low: usize, high: usize| {
            usize::try_from(messages / divisor)
                .unwrap_or(high)
                .clamp(low, high)
        };
        let mut cast = Builder {
            rng: Rng::new(seed, 0xCA57),
            parties: Vec::new(),
        };
        let owner_name = format!(
            "wxid_{}22",
            cast.rng.word(b"abcdefghijkmnpqrstuvwxyz23456789", 12)
        );
        cast.add(Role::Owner, owner_name, Topic::Friends);
        let helper = cast.add(Role::Helper, "filehelper".to_owned(), Topic::Project);
        cast.party(helper).nick = "文件传输助手".to_owned();
        let friends: Vec<u32> = (0..scale(4_000, 34, 420))
            .map(|_| cast.person(Role::Friend))
            .collect();
        let pool: Vec<u32> = (0..scale(1_000, 110, 6_000))
            .map(|_| cast.person(Role::Member))
            .collect();
        // One group card holds a comma and a control character.
        cast.party(*pool.first().expect("the pool is not empty"))
            .nick = "逗号,与\u{1}控制符".to_owned();

        let big = scale(100, 60, 500);
        let topics = [
            Topic::Project,
            Topic::Family,
            Topic::Property,
            Topic::School,
            Topic::Friends,
            Topic::Courier,
            Topic::Hobby,
            Topic::Market,
            Topic::Colleague,
        ];
        let rooms: Vec<u32> = (0..scale(10_000, 12, 150))
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
                cast.room(topic, size, &pool, &friends)
            })
            .collect();
        let wecom_name = format!(
            "2598498{}@openim",
            cast.rng.range(10_000_000_000, 99_999_999_999)
        );
        let wecom = cast.add(Role::WeCom, wecom_name, Topic::Colleague);
        let deleted = cast.person(Role::Deleted);
        let stranger = cast.person(Role::Stranger);
        let orphan = cast.person(Role::Orphan);
        let officials: Vec<u32> = (0..scale(60_000, 3, 24))
            .map(|_| {
                let username = format!("gh_{:012x}", cast.rng.draw() & 0xFFFF_FFFF_FFFF);
                let number = cast.add(Role::Official, username, Topic::Market);
                let nick = format!("{}日报", cast.party(number).nick);
                cast.party(number).nick = nick;
                number
            })
            .collect();
        let late = cast.person(Role::Friend);
        // The WeCom contact speaks in the project room too.
        let project = *rooms.first().expect("there are rooms");
        cast.party(project).members.push(wecom);

        let star = |list: &[u32], number: usize| {
            *list.get(number).expect("the smallest cast has this many")
        };
        let stars = Stars {
            project,
            family: star(&rooms, 1),
            property: star(&rooms, 2),
            school: star(&rooms, 3),
            friend: star(&friends, 0),
            mate: star(&friends, 1),
            helper,
            deleted,
            stranger,
            wecom,
            official: star(&officials, 0),
            orphan,
            late,
        };
        // Big rooms first, then friends and rooms in turn, then the rest.
        let mut conversations = vec![project, stars.family, stars.property, stars.friend];
        let mut rest_of_rooms = rooms.iter().skip(3);
        for (number, friend) in friends.iter().skip(1).enumerate() {
            conversations.push(*friend);
            if number % 2 == 0 {
                conversations.extend(rest_of_rooms.next());
            }
        }
        conversations.extend(rest_of_rooms);
        conversations.extend(&officials);
        conversations.extend([helper, wecom, deleted, stranger, orphan]);
        let uin = 4_200_000_000 + cast.rng.below(90_000_000) as u64;
        Self {
            parties: cast.parties,
            conversations,
            stars,
            uin,
        }
    }

    /// Lets those be known of whom other generations know only a hash.
    pub(super) fn name_orphans(&mut self) {
        for party in &mut self.parties {
            if party.role == Role::Orphan {
                party.role = Role::Stranger;
            }
        }
    }

    /// Party by number.
    pub(crate) fn party(&self, number: u32) -> &Party {
        self.parties
            .get(number as usize)
            .expect("numbers come from this cast")
    }

    /// The owner.
    pub(crate) fn owner(&self) -> &Party {
        self.party(0)
    }

    /// Numbers of all parties with this role.
    pub(crate) fn with_role(&self, role: Role) -> impl Iterator<Item = (u32, &Party)> {
        (0_u32..)
            .zip(&self.parties)
            .filter(move |(_, party)| party.role == role)
    }

    /// Card of a member in a room: absent for two in three.
    pub(crate) fn card(&self, room: u32, member: u32) -> Option<String> {
        let mut rng = Rng::new(u64::from(room), u64::from(member) ^ self.uin);
        rng.chance(330).then(|| card(&mut rng, member as usize))
    }

    /// The first 16 characters of the image key rule, and the XOR byte.
    pub(crate) fn image_key(&self) -> (String, u8) {
        let digest = md5_hex(format!("{}{}", self.uin, self.owner().username).as_bytes());
        let key = digest.get(..16).expect("an MD5 has 32 digits").to_owned();
        (key, (self.uin & 0xFF) as u8)
    }
}
