//! What a first look through a file tells about it as a whole: whose copy it is, and who writes.

use hutong_model::ConversationKind;
use rustc_hash::FxHashMap;

use super::compose::{ChatIndex, Composer, ME};
use crate::json_stream::is_rounded;
use crate::wechat::map::is_room;
use hutong_model::Stop;

/// Bytes of a file that are looked through before it is read.
pub(super) const LOOK_BYTES: u64 = 64 << 20;
/// Ids that are looked at to see whether a spreadsheet rounded them.
const MOST_IDS: u32 = 2_000;
/// Different people that are told apart; more than one makes a group.
const MOST_OTHERS: usize = 2;

/// What is known of a file before it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// The owner's username.
    pub(super) owner: Option<String>,
    /// What the owner is called where no username says it.
    pub(super) owner_name: Option<String>,
    /// Username of the room or of the other side.
    pub(super) talker: Option<String>,
    /// Title of the conversation where it is stated.
    pub(super) title: Option<String>,
    /// Whether the export says that it is a group.
    pub(super) is_group: Option<bool>,
    /// People other than the owner, at most two.
    pub(super) others: Vec<String>,
    /// Titles of the conversations in a file of many, and whether each is a group.
    pub(super) titles: FxHashMap<Box<str>, bool>,
    /// Whether conversations go by their titles.
    pub(super) has_titles: bool,
    pub(super) ids: u32,
    pub(super) rounded_ids: u32,
}

impl Facts {
    /// Notes somebody other than the owner.
    pub(super) fn meet(&mut self, name: &str) {
        if !name.is_empty()
            && self.others.len() < MOST_OTHERS
            && !self.others.iter().any(|known| known == name)
        {
            self.others.push(name.to_owned());
        }
    }

    /// Notes the owner, when this is a username.
    pub(super) fn meet_owner(&mut self, name: &str) {
        if self.owner.is_none() && is_username(name) {
            self.owner = Some(name.to_owned());
        }
    }

    /// Notes an id as it is written.
    pub(super) fn meet_id(&mut self, text: &str) {
        if self.ids < MOST_IDS
            && let Ok(number) = text.trim().parse::<i64>()
            && number.unsigned_abs() > 1 << 53
        {
            self.ids += 1;
            self.rounded_ids += u32::from(may_be_rounded(number) && is_rounded(number));
        }
    }

    /// Whether a program or spreadsheet rounded the ids of this file.
    fn are_ids_rounded(&self) -> bool {
        self.ids >= 4 && self.rounded_ids * 2 > self.ids
    }

    /// A server id that can be believed; 0 otherwise.
    pub(super) fn server_id(&self, text: &str) -> i64 {
        let text = text.trim().trim_matches(['\'', '"', '=']);
        let Ok(number) = text
            .parse::<i64>()
            .or_else(|_| text.parse::<u64>().map(u64::cast_signed))
        else {
            return 0;
        };
        let is_large = number.unsigned_abs() > 1 << 53;
        if is_large && (self.are_ids_rounded() || (may_be_rounded(number) && is_rounded(number))) {
            return 0;
        }
        number
    }

    /// The conversation of a file that holds only one.
    pub(super) fn only_chat(
        &self,
        composer: &mut Composer<'_>,
        file_title: &str,
    ) -> Result<ChatIndex, Stop> {
        let title = self
            .title
            .as_deref()
            .filter(|title| !title.trim().is_empty());
        if let Some(talker) = &self.talker {
            return composer.chat(talker, title);
        }
        let is_group = self.is_group.unwrap_or(self.others.len() > 1);
        let fallback = title.unwrap_or(file_title);
        if is_group {
            return composer.named_chat(ConversationKind::Group, fallback);
        }
        match self.others.first() {
            Some(other) if is_username(other) => composer.chat(other, title),
            Some(other) => composer.named_chat(ConversationKind::Direct, title.unwrap_or(other)),
            None => composer.named_chat(ConversationKind::Direct, fallback),
        }
    }
}

/// Whether an id is worth the closer look: a floating-point number has at most 17 digits that say something.
const fn may_be_rounded(number: i64) -> bool {
    match number.unsigned_abs() {
        1_000_000_000_000_000_000.. => number % 100 == 0,
        100_000_000_000_000_000.. => number % 10 == 0,
        _ => true,
    }
}

/// Whether what stands in a column of usernames is one: any id without spaces, as some people's are numbers only.
pub(super) fn is_stated_username(name: &str) -> bool {
    is_username(name)
        || (3..=128).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a name can be a username: `wxid_…`, an id of the old kind, a room or a service. Names in Chinese are not.
pub(super) fn is_username(name: &str) -> bool {
    if name == ME || name.is_empty() || name.len() > 128 {
        return false;
    }
    if name.starts_with("wxid_") || name.starts_with("gh_") || is_room(name) {
        return name.bytes().all(|byte| byte.is_ascii_graphic());
    }
    if let Some((before, after)) = name.split_once('@') {
        return matches!(after, "openim" | "stranger" | "im.chatroom") && !before.is_empty();
    }
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && (3..=32).contains(&name.len())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_ids_are_no_ids() {
        let facts = Facts::default();
        assert_eq!(
            facts.server_id("7291234567890123457"),
            7_291_234_567_890_123_457
        );
        for damaged in [
            "1.23E+18",
            "7.29123E+18",
            "7291234567890120000",
            "7291234567890123000",
            "",
            "0",
            "x",
        ] {
            assert_eq!(facts.server_id(damaged), 0, "{damaged}");
        }
        assert_eq!(facts.server_id("123456000"), 123_456_000);
    }

    #[test]
    fn a_file_of_rounded_ids_has_none() {
        let mut facts = Facts::default();
        for number in 0..20_i64 {
            facts.meet_id(&(7_291_234_567_890_120_000 + number * 10_000).to_string());
        }
        assert_eq!(facts.server_id("7291234567890123457"), 0);
    }

    #[test]
    fn usernames_are_told_from_names() {
        for username in [
            "wxid_abc",
            "gh_12ab",
            "1@chatroom",
            "25984@openim",
            "zhang_san88",
            "filehelper",
        ] {
            assert!(is_username(username), "{username}");
        }
        for name in ["张三", "我", "", "Li Lei", "a@b.example", "未知"] {
            assert!(!is_username(name), "{name}");
        }
    }
}
