//! Who wrote a row, and under which name.

use super::super::directory::PersonIndex;
use super::super::tables::{MessageRow, TableKind};
use super::Mapper;

/// Rows of this send type are the messenger's own.
const SYSTEM: i64 = 3;
/// Larger send types are a midnight instead: the row was brought over from an older client.
const LARGEST_SEND_TYPE: i64 = 100;

/// The author of a row.
#[derive(Debug)]
pub(super) struct Author {
    pub(super) person: Option<PersonIndex>,
    /// The name that the row states.
    pub(super) name: Option<String>,
}

impl Mapper<'_> {
    pub(super) fn author(&mut self, row: &MessageRow<'_>, table: TableKind) -> Author {
        let mut uin = u64::try_from(row.sender_uin).unwrap_or(0);
        let mut uid = row.sender_uid;
        let card = self.text(row.card);
        let mut name = card.as_ref();
        if let Some((stripped, id)) = suffix(&card) {
            let is_migrated = uid.is_empty() || row.send_type > LARGEST_SEND_TYPE;
            match id {
                Suffix::Number(number) if number == uin || (is_migrated && uin == 0) => {
                    (name, uin) = (stripped, number);
                }
                Suffix::Mail(mail) if is_migrated => {
                    name = stripped;
                    if uid.is_empty() && uin == 0 {
                        uid = mail.as_bytes();
                    }
                }
                _ => {}
            }
        }
        let nick = self.text(row.nick);
        let stated = if name.trim().is_empty() {
            nick.as_ref()
        } else {
            name
        };
        let stated_name = (!stated.trim().is_empty()).then(|| stated.to_owned());
        if row.send_type == SYSTEM {
            return Author {
                person: None,
                name: stated_name,
            };
        }
        // The number beside a device's own id is the owner's.
        if table == TableKind::Device && !uid.is_empty() {
            uin = 0;
        }
        let person = self.directory.person(uid, uin);
        if let Some(person) = person {
            let nick = if nick.trim().is_empty() { name } else { &nick };
            self.directory.learn_name(person, nick);
        }
        Author {
            person,
            name: stated_name,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Suffix<'a> {
    Number(u64),
    Mail(&'a str),
}

/// `name(12345)` and `name<somebody@example.com>`, as old clients wrote them.
fn suffix(card: &str) -> Option<(&str, Suffix<'_>)> {
    match card.as_bytes().last()? {
        b')' => {
            let (name, rest) = card.rsplit_once('(')?;
            let digits = rest.strip_suffix(')')?;
            let is_number = (5..=11).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number
                .then(|| digits.parse().ok())
                .flatten()
                .map(|number| (name, Suffix::Number(number)))
        }
        b'>' => {
            let (name, rest) = card.rsplit_once('<')?;
            let mail = rest.strip_suffix('>')?;
            mail.contains('@').then_some((name, Suffix::Mail(mail)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_or_address_behind_the_name_is_told_from_the_name() {
        assert_eq!(suffix("(A(123123)"), Some(("(A", Suffix::Number(123_123))));
        assert_eq!(
            suffix("(B)(456456)"),
            Some(("(B)", Suffix::Number(456_456)))
        );
        assert_eq!(suffix("小明<a@b.c>"), Some(("小明", Suffix::Mail("a@b.c"))));
        assert_eq!(suffix("(*^_^*)"), None);
        assert_eq!(suffix("值班(1)"), None);
        assert_eq!(suffix("a<b>"), None);
    }
}
