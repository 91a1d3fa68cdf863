//! Accounts, conversations and memberships.

use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use crate::part::words;
use crate::{AccountId, Attachment, ConversationId, Platform, Timestamp};

words! {
    /// What stands behind an account.
    AccountKind {
        /// A human being, as far as the platform says.
        #[default]
        Person = "person",
        /// 公众号, service account, enterprise account.
        Official = "official",
        /// A bot.
        Bot = "bot",
        /// One of the messenger's own accounts (filehelper, weixin, system notices).
        System = "system",
    }
    /// What kind of place a conversation is.
    ConversationKind {
        /// 私聊: two accounts.
        #[default]
        Direct = "direct",
        /// 群聊.
        Group = "group",
        /// 频道.
        Channel = "channel",
        /// 公众号 and service accounts.
        Official = "official",
        /// The owner's own devices and notes (文件传输助手, 我的手机).
        Device = "device",
        /// Notices of the messenger itself.
        System = "system",
    }
    /// A member's standing.
    Role {
        /// Ordinary member.
        #[default]
        Member = "member",
        /// Administrator.
        Admin = "admin",
        /// Owner of the group.
        Owner = "owner",
    }
    /// How a digest that stands in the place of a platform's own id was made of that id.
    IdHash {
        /// Lower-case hexadecimal MD5.
        #[default]
        Md5 = "md5",
    }
}

/// An identity on one platform, with every name that the input gives it kept apart.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// Digest of platform and native id.
    pub id: AccountId,
    /// The platform.
    pub platform: Option<Platform>,
    /// The immutable id: wxid, QQ number (or uid where no number is known).
    pub native_id: String,
    /// A second immutable id where the platform has one (QQ: uid).
    pub second_id: Option<String>,
    /// What stands behind it.
    pub kind: AccountKind,
    /// The account's own name (昵称).
    pub nickname: Option<String>,
    /// The owner's private name for it (备注).
    pub remark: Option<String>,
    /// The user-editable display id (微信号, QID).
    pub alias: Option<String>,
    /// Signature or description.
    pub description: Option<String>,
    /// Picture.
    pub avatar: Option<Attachment>,
    /// Whether the copy that was read belongs to this account (本人).
    pub is_owner: bool,
    /// Whether it stands in the owner's contact list.
    pub is_contact: bool,
    /// Newest instant that the input speaks of: the younger statement wins when two inputs differ.
    pub as_of: Option<Timestamp>,
    /// Labels that the owner gave it (标签, 分组).
    pub labels: Vec<String>,
    /// Members of its HCX line that this version does not know, see [`crate::hcx`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Box<str>>,
}

impl Account {
    /// The name to show: remark, nickname, alias, native id.
    #[must_use]
    pub fn display_name(&self) -> &str {
        [&self.remark, &self.nickname, &self.alias]
            .into_iter()
            .flatten()
            .find(|name| !name.trim().is_empty())
            .map_or(&self.native_id, |name| name)
    }
}

/// Where messages go (会话).
#[derive(Clone, Debug, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Conversation {
    /// Stable id.
    pub id: ConversationId,
    /// The platform.
    pub platform: Option<Platform>,
    /// Kind of place.
    pub kind: ConversationKind,
    /// The platform's own id: room id, group number, or the other account's id.
    pub native_id: String,
    /// Title (group name; for a direct chat the other side's name is used when this is absent).
    pub name: Option<String>,
    /// The owner's private name for a group.
    pub remark: Option<String>,
    /// Whose copy this was.
    pub owner: Option<AccountId>,
    /// The other side of a direct chat.
    pub peer: Option<AccountId>,
    /// The group's owner (群主).
    pub group_owner: Option<AccountId>,
    /// Current announcement (群公告).
    pub announcement: Option<String>,
    /// Native id of the group through which a temporary chat was opened.
    pub context: Option<String>,
    /// Newest instant that the input speaks of: the younger statement wins when two inputs differ.
    pub as_of: Option<Timestamp>,
    /// Set where the input holds only a digest of the platform's own id: [`Self::native_id`] is that digest, and whoever
    /// knows the id can prove that this is the same conversation.
    pub native_id_hash: Option<IdHash>,
    /// Members of its HCX line that this version does not know.
    pub extra: Option<Box<str>>,
}

/// By hand, because what is absent at the end is left out, and only there: packed records are arrays.
impl Serialize for Conversation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let further = match (&self.native_id_hash, &self.extra) {
            (_, Some(_)) => 2,
            (Some(_), None) => 1,
            (None, None) => 0,
        };
        let mut fields = serializer.serialize_struct("Conversation", 12 + further)?;
        fields.serialize_field("id", &self.id)?;
        fields.serialize_field("platform", &self.platform)?;
        fields.serialize_field("kind", &self.kind)?;
        fields.serialize_field("native_id", &self.native_id)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("remark", &self.remark)?;
        fields.serialize_field("owner", &self.owner)?;
        fields.serialize_field("peer", &self.peer)?;
        fields.serialize_field("group_owner", &self.group_owner)?;
        fields.serialize_field("announcement", &self.announcement)?;
        fields.serialize_field("context", &self.context)?;
        fields.serialize_field("as_of", &self.as_of)?;
        if further > 0 {
            fields.serialize_field("native_id_hash", &self.native_id_hash)?;
        }
        if further > 1 {
            fields.serialize_field("extra", &self.extra)?;
        }
        fields.end()
    }
}

impl IdHash {
    /// The digest of this native id.
    #[must_use]
    pub fn of(self, native_id: &str) -> String {
        match self {
            Self::Md5 => {
                let mut text = String::with_capacity(32);
                for byte in Md5::digest(native_id.as_bytes()) {
                    text.extend(
                        [byte >> 4, byte & 15].map(|digit| {
                            char::from_digit(u32::from(digit), 16).unwrap_or_default()
                        }),
                    );
                }
                text
            }
        }
    }
}

/// An account's place in a conversation (成员).
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Membership {
    /// The conversation.
    pub conversation: ConversationId,
    /// The account.
    pub account: AccountId,
    /// Name in this conversation (群昵称, 群名片).
    pub name: Option<String>,
    /// Standing.
    pub role: Role,
    /// Special title (头衔).
    pub title: Option<String>,
    /// When it joined.
    pub joined_at: Option<Timestamp>,
    /// Whether it has left.
    pub has_left: bool,
    /// Who invited it.
    pub inviter: Option<AccountId>,
    /// Newest instant that the input speaks of.
    pub as_of: Option<Timestamp>,
    /// Members of its HCX line that this version does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Box<str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_native_id_is_proven_by_its_digest() {
        assert_eq!(
            IdHash::Md5.of("filehelper"),
            "9e20f478899dc29eb19741386f9343c8"
        );
        assert_ne!(IdHash::Md5.of("Filehelper"), IdHash::Md5.of("filehelper"));
    }

    #[test]
    fn a_conversation_that_bears_its_own_id_is_written_as_before() {
        let plain = Conversation {
            native_id: "1@chatroom".to_owned(),
            ..Conversation::default()
        };
        let hashed = Conversation {
            native_id_hash: Some(IdHash::Md5),
            ..plain.clone()
        };
        let pack = |conversation: &Conversation| rmp_serde::to_vec(conversation).unwrap();
        // An array whose length stands in its first byte: the digests of stored records stay what they were.
        assert_eq!(pack(&plain)[0] + 1, pack(&hashed)[0]);
        let further = Conversation {
            extra: Some("{}".into()),
            ..plain.clone()
        };
        for conversation in [plain, hashed, further] {
            let read: Conversation = rmp_serde::from_slice(&pack(&conversation)).unwrap();
            assert_eq!(read, conversation);
        }
    }
}
