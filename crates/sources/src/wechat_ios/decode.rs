//! Bytes of the phone's files become values; nothing here does input or output.

use crate::keyed_archive::KeyedArchive;
use crate::wechat::decode::{Document, Fields, RoomMember, Value, bytes_of, text_of};

/// More members than any room has.
const MAX_MEMBERS: usize = 100_000;
/// More entries than any settings file has.
const MAX_ENTRIES: usize = 100_000;

/// Somebody who has logged in on the phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) username: String,
    pub(super) alias: Option<String>,
    pub(super) nickname: Option<String>,
}

/// The accounts in `LoginInfo2.dat`.
pub(super) fn logins(bytes: &[u8]) -> Vec<Login> {
    Fields(bytes)
        .filter_map(|(number, value)| match (number, value) {
            (1, Value::Bytes(login)) => Some(Login {
                username: text_of(login, 1)?,
                alias: text_of(login, 2),
                nickname: text_of(login, 3),
            }),
            _ => None,
        })
        .take(1000)
        .collect()
}

/// The entries of an MMKV file, the newest of each key last.
///
/// Four bytes say how much of the file is used, a number follows that means nothing, then keys and values, each with its
/// length.
pub(super) fn mmkv(bytes: &[u8]) -> Vec<(String, &[u8])> {
    let Some((used, rest)) = bytes.split_first_chunk::<4>() else {
        return Vec::new();
    };
    let used = usize::try_from(u32::from_le_bytes(*used)).unwrap_or(usize::MAX);
    let mut rest = rest.get(..used.min(rest.len())).unwrap_or_default();
    if varint(&mut rest).is_none() {
        return Vec::new();
    }
    let mut entries = Vec::new();
    while let (Some(key), Some(value)) = (sized(&mut rest), sized(&mut rest)) {
        entries.push((String::from_utf8_lossy(key).into_owned(), value));
        if entries.len() > MAX_ENTRIES {
            break;
        }
    }
    entries
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in 0..10 {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7F).checked_shl(7 * shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn sized<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(rest)?).ok()?;
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

/// The newest text under a key; texts have a length of their own inside the value.
pub(super) fn mmkv_text(entries: &[(String, &[u8])], key: &str) -> Option<String> {
    let (_, value) = entries.iter().rev().find(|(known, _)| known == key)?;
    let mut rest = *value;
    let inner = sized(&mut rest).filter(|_| rest.is_empty());
    let text = String::from_utf8_lossy(inner.unwrap_or(value)).into_owned();
    (!text.is_empty()).then_some(text)
}

/// The names in `dbContactRemark`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) nickname: Option<String>,
    pub(super) alias: Option<String>,
    pub(super) remark: Option<String>,
    /// Numbers of labels, `18,42`.
    pub(super) labels: Option<String>,
}

pub(super) fn names(bytes: &[u8]) -> Names {
    let field = |number| text_of(bytes, number).filter(|text| !text.trim().is_empty());
    Names {
        nickname: field(1),
        alias: field(2),
        remark: field(3),
        labels: field(8),
    }
}

/// The best address of the picture in `dbContactHeadImage`.
pub(super) fn head_url(bytes: &[u8]) -> Option<String> {
    text_of(bytes, 3).or_else(|| text_of(bytes, 2))
}

/// `dbContactChatRoom`: who owns a room and who is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RoomBlob {
    pub(super) owner: Option<String>,
    pub(super) members: Vec<RoomMember>,
}

pub(super) fn room(bytes: &[u8]) -> RoomBlob {
    let xml = bytes_of(bytes, 6)
        .map(|xml| String::from_utf8_lossy(xml).into_owned())
        .unwrap_or_default();
    let mut members = room_data(&xml);
    for username in text_of(bytes, 1).iter().flat_map(|list| member_list(list)) {
        if members.len() >= MAX_MEMBERS {
            break;
        }
        if !members.iter().any(|member| member.username == username) {
            members.push(RoomMember {
                username,
                name: None,
                inviter: None,
            });
        }
    }
    let owner = text_of(bytes, 2);
    RoomBlob {
        // The field is not known for sure: it is believed when it names a member.
        owner: owner.filter(|owner| members.iter().any(|member| member.username == *owner)),
        members,
    }
}

/// Usernames with semicolons between them.
pub(super) fn member_list(list: &str) -> Vec<String> {
    list.split([';', '、'])
        .map(str::trim)
        .filter(|name| !name.is_empty() && name.len() <= 256)
        .take(MAX_MEMBERS)
        .map(str::to_owned)
        .collect()
}

/// `<RoomData><Member UserName="…"><DisplayName>…</DisplayName></Member>…</RoomData>`.
fn room_data(xml: &str) -> Vec<RoomMember> {
    if xml.is_empty() {
        return Vec::new();
    }
    let document = Document::parse(xml);
    let Some(data) = document.root().find("RoomData") else {
        return Vec::new();
    };
    data.children()
        .filter(|child| child.is("Member"))
        .filter_map(|member| {
            let username = member.attribute("UserName")?.trim().to_owned();
            (!username.is_empty()).then(|| RoomMember {
                username,
                name: member
                    .text_of("DisplayName")
                    .filter(|name| !name.trim().is_empty()),
                inviter: member.text_of("InviterUserName"),
            })
        })
        .take(MAX_MEMBERS)
        .collect()
}

/// The labels in `contactlabel.list`: number and name.
pub(super) fn labels(bytes: &[u8]) -> Vec<(i64, String)> {
    let Some(archive) = KeyedArchive::parse(bytes) else {
        return Vec::new();
    };
    archive
        .pairs(archive.root())
        .into_iter()
        .filter_map(|(key, value)| {
            let number = match key {
                plist::Value::Integer(number) => number.as_signed()?,
                other => archive.text(other)?.trim().parse().ok()?,
            };
            let name = archive.text(value).map(str::to_owned).or_else(|| {
                // Newer programs keep an object with the name in one of its fields.
                let object = value.as_dictionary()?;
                ["labelName", "m_nsLabelName", "name"]
                    .iter()
                    .find_map(|field| archive.text(object.get(field)?).map(str::to_owned))
            })?;
            Some((number, name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
        out.extend(content);
        out
    }

    #[test]
    fn logins_have_three_names() {
        let login = [
            field(1, b"wxid_owner12345"),
            field(2, b"my_id"),
            field(3, "小明".as_bytes()),
        ]
        .concat();
        let both = [field(1, &login), field(1, &field(1, b"older"))].concat();
        let found = logins(&both);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].username, "wxid_owner12345");
        assert_eq!(found[0].alias.as_deref(), Some("my_id"));
        assert_eq!(found[0].nickname.as_deref(), Some("小明"));
        assert_eq!(found[1].nickname, None);
    }

    #[test]
    fn the_newest_value_of_a_setting_counts() {
        let entry = |key: &[u8], text: &[u8]| {
            let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
            let value = [&[length(text)], text].concat();
            [&[length(key)], key, &[length(&value)], &value].concat()
        };
        let body = [
            vec![0xff, 0xff, 0xff, 0x07],
            entry(b"88", b"old"),
            entry(b"86", b"wxid_a"),
            entry(b"88", b"new"),
        ]
        .concat();
        let mut file = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
        file.extend(&body);
        file.resize(4096, 0);
        let entries = mmkv(&file);
        assert_eq!(entries.len(), 3);
        assert_eq!(mmkv_text(&entries, "88").as_deref(), Some("new"));
        assert_eq!(mmkv_text(&entries, "86").as_deref(), Some("wxid_a"));
        assert_eq!(mmkv_text(&entries, "87"), None);
        for end in 0..file.len().min(60) {
            let _ = mmkv(&file[..end]);
        }
    }

    #[test]
    fn a_room_lists_its_members_twice() {
        let xml = r#"<RoomData><Member UserName="a"><DisplayName>甲, 一</DisplayName></Member><Member UserName="b"/></RoomData>"#;
        let blob = [field(1, b"a;b;c"), field(2, b"b"), field(6, xml.as_bytes())].concat();
        let found = room(&blob);
        let names: Vec<_> = found
            .members
            .iter()
            .map(|member| (member.username.as_str(), member.name.as_deref()))
            .collect();
        assert_eq!(names, [("a", Some("甲, 一")), ("b", None), ("c", None)]);
        assert_eq!(found.owner.as_deref(), Some("b"));
        assert_eq!(room(&field(2, b"nobody")).owner, None);
    }

    #[test]
    fn names_and_labels_of_a_contact() {
        let blob = [
            field(1, "昵称".as_bytes()),
            field(2, b"alias"),
            field(3, "备注".as_bytes()),
            field(8, b"18,42"),
        ]
        .concat();
        let found = names(&blob);
        assert_eq!(found.nickname.as_deref(), Some("昵称"));
        assert_eq!(found.remark.as_deref(), Some("备注"));
        assert_eq!(found.alias.as_deref(), Some("alias"));
        assert_eq!(found.labels.as_deref(), Some("18,42"));
        assert_eq!(
            head_url(&field(2, b"https://a")).as_deref(),
            Some("https://a")
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            let _ = logins(&bytes);
            let _ = mmkv_text(&mmkv(&bytes), "86");
            let _ = names(&bytes);
            let _ = room(&bytes);
            let _ = labels(&bytes);
        }
    }
}
