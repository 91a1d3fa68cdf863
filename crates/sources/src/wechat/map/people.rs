//! Usernames: what stands behind them and what they are called.

use hutong_model::{AccountKind, ConversationKind};
use rustc_hash::FxHashMap;

/// Built-in pseudo accounts; they are kept, but are nobody.
pub(crate) const PSEUDO: &[&str] = &[
    "@placeholder_foldgroup",
    "@publicuser",
    "brandservicesessionholder",
    "brandsessionholder",
    "exmail_tool",
    "facebookapp",
    "feedsapp",
    "filehelper",
    "floatbottle",
    "fmessage",
    "helper_entry",
    "lbsapp",
    "masssendapp",
    "medianote",
    "meishiapp",
    "mphelper",
    "newsapp",
    "notification_messages",
    "notifymessage",
    "officialaccounts",
    "qmessage",
    "qqfriend",
    "qqmail",
    "qqsync",
    "readerapp",
    "shakeapp",
    "tmessage",
    "topstory",
    "voipapp",
    "weibo",
    "weixin",
    "weixinreminder",
];

fn is_pseudo(username: &str) -> bool {
    PSEUDO
        .binary_search(&username.to_ascii_lowercase().as_str())
        .is_ok()
}

/// Whether a username is a room's.
pub(crate) fn is_room(username: &str) -> bool {
    username.ends_with("@chatroom") || username.ends_with("@im.chatroom")
}

/// What stands behind an account; `verify_flag` is the contact table's.
pub(crate) fn account_kind(username: &str, verify_flag: i64) -> AccountKind {
    if is_pseudo(username) {
        AccountKind::System
    } else if verify_flag != 0 || username.starts_with("gh_") {
        AccountKind::Official
    } else {
        AccountKind::Person
    }
}

/// What kind of conversation a username has.
pub(crate) fn conversation_kind(username: &str, account: AccountKind) -> ConversationKind {
    if is_room(username) {
        return ConversationKind::Group;
    }
    if username == "filehelper" {
        return ConversationKind::Device;
    }
    match account {
        AccountKind::System => ConversationKind::System,
        AccountKind::Official => ConversationKind::Official,
        _ => ConversationKind::Direct,
    }
}

/// The names of one account, as far as texts need them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) nickname: Option<Box<str>>,
    pub(crate) remark: Option<Box<str>>,
    pub(crate) alias: Option<Box<str>>,
    pub(crate) is_official: bool,
}

/// Everybody's names, and those in the room that is being read.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) by_username: FxHashMap<Box<str>, Person>,
    pub(crate) in_room: FxHashMap<Box<str>, Box<str>>,
}

impl People {
    /// Every name that may be shown for somebody, the room's own name first.
    pub(crate) fn names(&self, username: &str) -> impl Iterator<Item = &str> {
        let person = self.by_username.get(username);
        let own = person.map(|person| [&person.remark, &person.nickname, &person.alias]);
        let room = self.in_room.get(username).map(AsRef::as_ref);
        room.into_iter()
            .chain(own.into_iter().flatten().flatten().map(AsRef::as_ref))
            .filter(|name| !name.trim().is_empty())
    }

    /// The name to put into a sentence: remark, nickname, alias, room name, or the username itself.
    pub(crate) fn shown<'a>(&'a self, username: &'a str) -> &'a str {
        let mut names = self.names(username);
        let first = names.next();
        // The room's name comes first in the list, but the owner's own words for somebody come first in texts.
        match (self.in_room.get(username), names.next()) {
            (Some(_), Some(own)) => own,
            _ => first.unwrap_or(username),
        }
    }

    pub(crate) fn alias(&self, username: &str) -> Option<&str> {
        self.by_username.get(username)?.alias.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudo_accounts_are_sorted_so_that_they_are_found() {
        assert!(PSEUDO.is_sorted());
        assert!(is_pseudo("weixin") && is_pseudo("@publicUser"));
    }

    #[test]
    fn usernames_tell_the_kind_of_conversation() {
        let kind = |username: &str, flag| conversation_kind(username, account_kind(username, flag));
        assert_eq!(kind("1@chatroom", 0), ConversationKind::Group);
        assert_eq!(kind("1@im.chatroom", 0), ConversationKind::Group);
        assert_eq!(kind("gh_1", 0), ConversationKind::Official);
        assert_eq!(kind("wxid_shop", 24), ConversationKind::Official);
        assert_eq!(kind("filehelper", 0), ConversationKind::Device);
        assert_eq!(kind("weixin", 56), ConversationKind::System);
        assert_eq!(kind("1@openim", 0), ConversationKind::Direct);
    }

    #[test]
    fn the_owners_word_for_somebody_is_shown_first() {
        let mut people = People::default();
        assert_eq!(people.shown("a"), "a");
        people.in_room.insert("a".into(), "房东".into());
        assert_eq!(people.shown("a"), "房东");
        let person = Person {
            nickname: Some("阿明".into()),
            remark: Some("小明".into()),
            ..Person::default()
        };
        people.by_username.insert("a".into(), person);
        assert_eq!(people.shown("a"), "小明");
        assert_eq!(
            people.names("a").collect::<Vec<_>>(),
            ["房东", "小明", "阿明"]
        );
    }
}
