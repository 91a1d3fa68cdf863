//! Tells which key fits: the owner's number must come out as digits, and long texts as text.

use hutong_crypto::OpenError;
use hutong_sqlite::Value;

use super::cipher::FieldKey;
use super::locate::{self, AccountFiles};
use super::tables::is_message_table;
use crate::qq::book::is_number;
use crate::qq::database::Db;
use crate::{Input, ReadOptions};

/// What Android gives to programs that may not know the device.
const NO_DEVICE: &str = "02:00:00:00:00:00";
/// Rows of a table that are looked at.
const ROWS: usize = 40;
/// Tables that are looked at.
const TABLES: usize = 60;
/// Texts of each length that are kept for the check.
const TEXTS: usize = 60;
/// Message types whose bytes are text.
const TEXT_KINDS: &[i64] = &[-1000, -1051, -1049];

/// Stored values by which a key is judged.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// `selfuin` as stored.
    owners: Vec<Vec<u8>>,
    /// `frienduin` as stored, for rows that do not name the owner.
    friends: Vec<Vec<u8>>,
    /// Bytes of text messages, longest first.
    texts: Vec<Vec<u8>>,
}

impl Sample {
    /// Takes values from the message tables.
    pub(super) fn take(databases: &[(String, Db)]) -> Self {
        let mut sample = Self::default();
        for (_, db) in databases {
            let tables = db.tables().iter().filter(|table| is_message_table(table));
            for table in tables.take(TABLES) {
                let Ok(mut cursor) =
                    db.scan(table, &["selfuin", "msgtype", "msgData", "frienduin"])
                else {
                    continue;
                };
                for _ in 0..ROWS {
                    let Some(row) = cursor.next() else { break };
                    let Ok(row) = row else { continue };
                    sample.owners.extend(stored(row.value(0)));
                    sample.friends.extend(stored(row.value(3)));
                    if row
                        .integer(1)
                        .is_some_and(|kind| TEXT_KINDS.contains(&kind))
                    {
                        sample.texts.extend(row.bytes(2).map(<[u8]>::to_vec));
                    }
                }
            }
        }
        sample
            .texts
            .sort_by_key(|text| std::cmp::Reverse(text.len()));
        sample.texts.truncate(TEXTS);
        sample
    }

    /// The owner's number, if this key fits.
    fn owner(&self, key: &FieldKey, number: Option<&str>) -> Option<String> {
        let mut best: Vec<(String, usize)> = Vec::new();
        for stored in &self.owners {
            let owner = key.text(stored);
            match best.iter_mut().find(|(known, _)| *known == owner) {
                Some((_, count)) => *count += 1,
                None => best.push((owner, 1)),
            }
        }
        let total = self.owners.len();
        let (owner, count) = best
            .into_iter()
            .filter(|(owner, _)| is_number(owner))
            .max_by_key(|(_, count)| *count)?;
        // A few damaged rows do not speak against a key.
        let is_owner = count * 10 >= total * 9 && number.is_none_or(|number| number == owner);
        (is_owner && self.reads_texts(key)).then_some(owner)
    }

    /// Whether this key makes numbers of the conversations, where no row names the owner.
    fn reads_friends(&self, key: &FieldKey) -> bool {
        let fitting = self
            .friends
            .iter()
            .filter(|stored| key.text(stored).bytes().all(|byte| byte.is_ascii_digit()))
            .count();
        fitting * 10 >= self.friends.len() * 9 && self.reads_texts(key)
    }

    /// Whether a key fits, and the owner's number if the rows or the file name tell it.
    fn fits(&self, key: &FieldKey, number: Option<&str>) -> Option<Option<String>> {
        if self.owners.is_empty() {
            return self.reads_friends(key).then(|| number.map(str::to_owned));
        }
        self.owner(key, number).map(Some)
    }

    /// A key of the wrong length gives the right first letters of everything and nonsense behind them.
    ///
    /// Only texts with other letters than those of ASCII prove anything: a wrong digit turns an ASCII letter into another.
    fn reads_texts(&self, key: &FieldKey) -> bool {
        let long: Vec<&Vec<u8>> = self
            .texts
            .iter()
            .filter(|text| text.len() > key.len() && !text.is_ascii())
            .collect();
        let readable = long
            .iter()
            .filter(|text| is_readable(&key.bytes(text)))
            .count();
        readable * 10 >= long.len() * 6
    }
}

/// UTF-8 without control characters other than line breaks and the mark before a face.
fn is_readable(bytes: &[u8]) -> bool {
    let mut after_mark = false;
    std::str::from_utf8(bytes).is_ok_and(|text| {
        text.chars().all(|letter| {
            let is_face = std::mem::replace(&mut after_mark, letter == '\u{14}');
            is_face
                || !letter.is_control()
                || matches!(letter, '\n' | '\r' | '\t' | '\u{14}' | '\u{16}' | '\u{0}')
        })
    })
}

/// The key that fits, and the owner's number that it shows.
#[derive(Debug)]
pub(super) struct Fitting {
    pub(super) key: FieldKey,
    pub(super) owner: Option<String>,
}

/// A value as it is stored; a number stands in clear.
fn stored(value: Value<'_>) -> Option<Vec<u8>> {
    match value {
        Value::Integer(number) => Some(number.to_string().into_bytes()),
        other => other
            .bytes()
            .filter(|text| !text.is_empty())
            .map(<[u8]>::to_vec),
    }
}

/// Tries what the user gave, what lies in the input, and values in clear.
pub(super) fn choose(
    sample: &Sample,
    input: &Input,
    account: &AccountFiles,
    options: &ReadOptions,
) -> Result<Fitting, OpenError> {
    let number = account.number.as_deref();
    let plain = FieldKey::new("");
    if let Some(owner) = sample.fits(&plain, number) {
        return Ok(Fitting { key: plain, owner });
    }
    let path = account
        .databases
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    let mut texts: Vec<String> = Vec::new();
    texts.extend(options.keys.kc().map(trimmed));
    texts.extend(options.keys.imei().map(trimmed));
    texts.extend(
        options
            .keys
            .candidates_for(path, &[0; 16])
            .iter()
            .map(|candidate| trimmed(candidate.key.expose())),
    );
    let given = texts.len();
    texts.extend(locate::key_texts(input, account));
    let told = texts.len();
    texts.push(NO_DEVICE.to_owned());
    for text in texts.iter().filter(|text| !text.is_empty()) {
        let key = FieldKey::new(text);
        if let Some(owner) = sample.fits(&key, number) {
            return Ok(Fitting { key, owner });
        }
    }
    Err(match (given, told) {
        (_, 0) => OpenError::NoKey,
        (_, tried) => OpenError::WrongKey { tried },
    })
}

fn trimmed(text: &str) -> String {
    text.trim().to_owned()
}
