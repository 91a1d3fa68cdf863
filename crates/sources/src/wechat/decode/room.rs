//! `RoomData`: who is in a room and under which name.

use super::protobuf::{Fields, Value, text_of};

/// The most members that are read from one room; the largest real rooms have 500.
const MAX_MEMBERS: usize = 100_000;

/// One member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoomMember {
    pub(crate) username: String,
    /// 群昵称.
    pub(crate) name: Option<String>,
    /// Username of whoever invited the member.
    pub(crate) inviter: Option<String>,
}

/// The members that a room's `ext_buffer` lists.
pub(crate) fn room_members(bytes: &[u8]) -> Vec<RoomMember> {
    Fields(bytes)
        .filter_map(|(number, value)| match (number, value) {
            (1, Value::Bytes(member)) => Some(member),
            _ => None,
        })
        .filter_map(|member| {
            Some(RoomMember {
                username: text_of(member, 1)?,
                name: text_of(member, 2).filter(|name| !name.trim().is_empty()),
                inviter: text_of(member, 4),
            })
        })
        .take(MAX_MEMBERS)
        .collect()
}

/// The labels of a contact: field 30 of `extra_buffer` lists their numbers.
///
/// Nobody has described that field, so the list is only believed when every number in it is a label's.
pub(crate) fn label_numbers(extra: &[u8], labels: &[(i64, String)]) -> Vec<String> {
    let Some(list) = text_of(extra, 30) else {
        return Vec::new();
    };
    let numbers = list
        .split([',', ';'])
        .map(str::trim)
        .filter(|number| !number.is_empty());
    let names: Option<Vec<String>> = numbers
        .map(|number| {
            let number: i64 = number.parse().ok()?;
            labels
                .iter()
                .find(|(id, _)| *id == number)
                .map(|(_, name)| name.clone())
        })
        .collect();
    names.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_names_and_inviters() {
        let bytes = b"\x0a\x0d\x0a\x04wx_a\x12\x01,\x18\x01\x22\x00\x0a\x0c\x0a\x04wx_b\x22\x04wx_a\x28\xf4\x03";
        let members = room_members(bytes);
        assert_eq!(members.len(), 2);
        assert_eq!(members[0].name.as_deref(), Some(","));
        assert_eq!(members[1].inviter.as_deref(), Some("wx_a"));
        assert_eq!(members[1].name, None);
    }

    #[test]
    fn labels_are_believed_when_all_of_them_are_known() {
        let labels = [(1, "家人".to_owned()), (2, "同事".to_owned())];
        let extra = |list: &str| {
            [
                &[0xF2, 0x01, u8::try_from(list.len()).unwrap()],
                list.as_bytes(),
            ]
            .concat()
        };
        assert_eq!(label_numbers(&extra("2,1"), &labels), ["同事", "家人"]);
        assert!(label_numbers(&extra("2,9"), &labels).is_empty());
        assert!(label_numbers(b"", &labels).is_empty());
    }
}
