//! Everything that a `--key` or `--key-file` can hold, and which of it to try on which file.
//!
//! Source: published descriptions of the containers, see `wechat_pc4/FORMAT.md` and `qq_nt/FORMAT.md`

use std::sync::Arc;

use serde_json::Value;
use zeroize::Zeroizing;

use crate::key::{Key, KeyError};
use crate::key_cache::KeyCache;
use crate::qq::md5_hex;

/// The serial number that Android WeChat uses on devices that do not tell theirs.
const PLACEHOLDER_IMEI: &str = "1234567890ABCDEF";

/// The longest key file that is read, in bytes.
pub const MAX_KEY_FILE_BYTES: usize = 4 * 1024 * 1024;

/// Keys and the values that keys are computed from. Wiped from memory when dropped, never printed.
#[derive(Clone, Default)]
pub struct KeyRing {
    keys: Vec<Key>,
    /// Path as lower-case parts → key of that file.
    by_path: Vec<(Vec<String>, Key)>,
    image_key: Option<Secret>,
    image_xor: Option<u8>,
    imei: Option<Secret>,
    uin: Option<Secret>,
    uid: Option<Secret>,
    rand: Option<Secret>,
    kc: Option<Secret>,
    backup_password: Option<Secret>,
    ignored: Vec<String>,
    cache: Arc<KeyCache>,
}

type Secret = Zeroizing<String>;

/// A key worth trying, and why.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The key.
    pub key: Key,
    /// Why it is tried.
    pub origin: KeyOrigin,
}

/// Where a candidate comes from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyOrigin {
    /// It carries the salt of this very file.
    Salt,
    /// The key file lists it under this path.
    Path,
    /// It was given without saying for which file.
    Given,
    /// It was computed from ids that were given.
    Computed,
    /// It opened another file of the same folder.
    Proven,
    /// The key file lists it under another path.
    OtherPath,
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// Nothing in it.
    #[error("the key file holds no key")]
    Empty,
    /// Longer than [`MAX_KEY_FILE_BYTES`].
    #[error("the key file is too large ({0} bytes)")]
    Large(usize),
    /// It looks like JSON and is not.
    #[error("the key file is not valid JSON (line {line})")]
    Json {
        /// Where reading stopped, counted from 1.
        line: usize,
    },
    /// A field holds something that is no key.
    #[error("field {field} holds no usable key")]
    Field {
        /// Name of the field.
        field: String,
        /// Why it is none.
        source: KeyError,
    },
    /// A field holds a value of the wrong kind.
    #[error("field {field} must be {expected}")]
    Kind {
        /// Name of the field.
        field: String,
        /// What it must be.
        expected: &'static str,
    },
    /// The text as a whole is no key.
    #[error("this is no usable key")]
    Key(#[from] KeyError),
}

impl KeyRing {
    /// A ring without keys; it opens plain databases.
    pub fn new() -> Self {
        Self::default()
    }

    /// The ring for one key given on the command line.
    ///
    /// # Errors
    /// [`KeyRingError::Key`].
    pub fn from_key(text: &str) -> Result<Self, KeyRingError> {
        let mut ring = Self::new();
        ring.keys.push(Key::parse(text)?);
        Ok(ring)
    }

    /// Reads a key file: one key as plain text (or one a line, `#` starts a comment), JSON, or TOML.
    ///
    /// Fields: `key`, `keys` (path → key, or path → `{ enc_key = … }`), `image_key`, `image_xor`, `imei`, `uin`, `uid`,
    /// `rand`, `kc`, `backup_password`. A file that is nothing but such a map of paths, as some tools write
    /// (`all_keys.json`), works too. Other fields are kept in [`KeyRing::ignored`].
    ///
    /// # Errors
    /// See [`KeyRingError`].
    pub fn from_text(text: &str) -> Result<Self, KeyRingError> {
        if text.len() > MAX_KEY_FILE_BYTES {
            return Err(KeyRingError::Large(text.len()));
        }
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Err(KeyRingError::Empty);
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => return Self::from_fields(fields),
            Ok(Value::String(key)) => return Self::from_key(&Secret::new(key)),
            Ok(_) => {}
            // A passphrase can begin with a brace, but only JSON has several lines or a quoted name after it.
            Err(error) if looks_like_json(text) => {
                return Err(KeyRingError::Json { line: error.line() });
            }
            Err(_) => {}
        }
        if let Ok(Value::Object(fields)) = toml::from_str::<Value>(text)
            && fields.keys().any(|name| is_known(name) || is_path(name))
        {
            return Self::from_fields(fields);
        }
        Self::from_lines(text)
    }

    fn from_lines(text: &str) -> Result<Self, KeyRingError> {
        let is_single = text.trim_end().lines().count() == 1;
        let mut ring = Self::new();
        for line in text.lines() {
            if line.trim().is_empty() || (!is_single && line.trim_start().starts_with('#')) {
                continue;
            }
            ring.keys.push(Key::parse(line)?);
        }
        Ok(ring)
    }

    fn from_fields(fields: serde_json::Map<String, Value>) -> Result<Self, KeyRingError> {
        let mut ring = Self::new();
        for (name, value) in fields {
            ring.read_field(&name, value)?;
        }
        if ring.is_empty() {
            return Err(KeyRingError::Empty);
        }
        Ok(ring)
    }

    fn read_field(&mut self, name: &str, value: Value) -> Result<(), KeyRingError> {
        let lower = name.to_ascii_lowercase();
        match (lower.as_str(), value) {
            ("keys", Value::Object(entries)) => {
                for (path, value) in entries {
                    self.read_path(&path, value)?;
                }
                Ok(())
            }
            ("keys", Value::Array(entries)) => {
                for value in entries {
                    let key = key_of("keys", value)?;
                    self.keys.extend(key);
                }
                Ok(())
            }
            ("key", value) => {
                let key = key_of("key", value)?;
                self.keys.extend(key);
                Ok(())
            }
            (known, value) if is_known(known) => self.set(known, &text_of(known, value)?),
            (_, value) if is_path(name) => self.read_path(name, value),
            (_, Value::Object(entry)) if entry.contains_key("enc_key") => {
                self.read_path(name, Value::Object(entry))
            }
            (_, Value::String(text)) if matches!(text.trim().len(), 64 | 96) => {
                self.read_path(name, Value::String(text))
            }
            _ => {
                self.ignored.push(name.to_owned());
                Ok(())
            }
        }
    }

    fn read_path(&mut self, path: &str, value: Value) -> Result<(), KeyRingError> {
        if let Some(key) = key_of(path, value)? {
            self.by_path.push((path_parts(path), key));
        }
        Ok(())
    }

    /// Sets one of the fields of [`KeyRing::from_text`] other than `keys`, for values given one by one.
    ///
    /// # Errors
    /// `Kind` when the value does not suit the field or there is no such field; `Field` for a bad `key`.
    pub fn set(&mut self, field: &str, value: &str) -> Result<(), KeyRingError> {
        let secret = Some(Secret::new(value.trim().to_owned()));
        let wrong = |expected| KeyRingError::Kind {
            field: field.to_owned(),
            expected,
        };
        match field {
            "key" => {
                let key = Key::parse(value).map_err(|source| KeyRingError::Field {
                    field: field.to_owned(),
                    source,
                })?;
                self.keys.push(key);
            }
            "image_key" if image_key_bytes(value.trim()).is_none() => {
                return Err(wrong("16 characters or 32 hex digits"));
            }
            "image_key" => self.image_key = secret,
            "image_xor" => {
                let parsed = parse_byte(value.trim());
                self.image_xor = Some(parsed.ok_or(wrong("a byte such as 0x37 or 55"))?);
            }
            "imei" => self.imei = secret,
            "uin" => self.uin = secret,
            "uid" => self.uid = secret,
            "rand" => self.rand = secret,
            "kc" => self.kc = secret,
            "backup_password" => self.backup_password = secret,
            _ => return Err(wrong("one of the known names")),
        }
        Ok(())
    }

    /// Takes over everything from another ring; single values of the other ring win.
    #[must_use]
    pub fn merged(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self.by_path.extend(other.by_path);
        self.image_key = other.image_key.or(self.image_key);
        self.image_xor = other.image_xor.or(self.image_xor);
        self.imei = other.imei.or(self.imei);
        self.uin = other.uin.or(self.uin);
        self.uid = other.uid.or(self.uid);
        self.rand = other.rand.or(self.rand);
        self.kc = other.kc.or(self.kc);
        self.backup_password = other.backup_password.or(self.backup_password);
        self.ignored.extend(other.ignored);
        self
    }

    /// As [`Self::merged`], for what is typed again: keys of databases in the other ring take the place of this one's.
    #[must_use]
    pub fn renewed(mut self, other: Self) -> Self {
        if !other.keys.is_empty() || !other.by_path.is_empty() {
            self.keys.clear();
            self.by_path.clear();
        }
        self.merged(other)
    }

    /// Whether nothing was given at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
            && self.by_path.is_empty()
            && self.image_xor.is_none()
            && [
                &self.image_key,
                &self.imei,
                &self.uin,
                &self.uid,
                &self.rand,
                &self.kc,
                &self.backup_password,
            ]
            .iter()
            .all(|field| field.is_none())
    }

    /// Whether it lists keys by path.
    pub fn has_paths(&self) -> bool {
        !self.by_path.is_empty()
    }

    /// Names of fields in the key file that mean nothing to us.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The AES key of WeChat 4 pictures, from its 16 characters or 32 hex digits.
    pub fn image_key(&self) -> Option<[u8; 16]> {
        image_key_bytes(self.image_key.as_ref()?)
    }

    /// The byte that the tail of WeChat 4 pictures is combined with.
    pub fn image_xor(&self) -> Option<u8> {
        self.image_xor
    }

    /// The serial number of the Android device, 15 digits.
    pub fn imei(&self) -> Option<&str> {
        self.imei.as_deref().map(String::as_str)
    }

    /// The account number: QQ number, or WeChat's signed one.
    pub fn uin(&self) -> Option<&str> {
        self.uin.as_deref().map(String::as_str)
    }

    /// The QQ NT id of the owner, `u_…`.
    pub fn uid(&self) -> Option<&str> {
        self.uid.as_deref().map(String::as_str)
    }

    /// The random characters of a mobile QQ database whose wrapper was cut off.
    pub fn rand(&self) -> Option<&str> {
        self.rand.as_deref().map(String::as_str)
    }

    /// The field key of old Android QQ (`files/kc`).
    pub fn kc(&self) -> Option<&str> {
        self.kc.as_deref().map(String::as_str)
    }

    /// The password of an encrypted phone backup.
    pub fn backup_password(&self) -> Option<&str> {
        self.backup_password.as_deref().map(String::as_str)
    }

    /// The keys as they were written, for what takes any text as a password.
    pub fn texts(&self) -> Vec<&str> {
        self.all_keys().map(Key::expose).collect()
    }

    /// The keys to try on a file, best first; those that carry the salt of another file are left out.
    pub fn candidates_for(&self, relative_path: &str, salt: &[u8; 16]) -> Vec<Candidate> {
        let parts = path_parts(relative_path);
        let best = self
            .by_path
            .iter()
            .map(|(path, _)| common_suffix(path, &parts))
            .max()
            .unwrap_or(0);
        let listed = self.by_path.iter().map(|(path, key)| {
            let is_match = best > 0 && common_suffix(path, &parts) == best;
            (
                key,
                if is_match {
                    KeyOrigin::Path
                } else {
                    KeyOrigin::OtherPath
                },
            )
        });
        let mut found: Vec<Candidate> = self
            .keys
            .iter()
            .map(|key| (key, KeyOrigin::Given))
            .chain(listed)
            .filter(|(key, _)| key.salt().is_none_or(|named| named == salt))
            .map(|(key, origin)| Candidate {
                origin: key.salt().map_or(origin, |_| KeyOrigin::Salt),
                key: key.clone(),
            })
            .collect();
        found.extend(self.android_keys().map(|key| Candidate {
            key,
            origin: KeyOrigin::Computed,
        }));
        found.extend(self.cache.proven().into_iter().map(|key| Candidate {
            key,
            origin: KeyOrigin::Proven,
        }));
        // Stable, so equal origins keep the order in which they were given.
        found.sort_by_key(|candidate| candidate.origin);
        let mut seen: Vec<Key> = Vec::new();
        found.retain(|candidate| {
            let is_new = !seen.contains(&candidate.key);
            if is_new {
                seen.push(candidate.key.clone());
            }
            is_new
        });
        found
    }

    /// Whether a key was given that names the salt of another file.
    pub(crate) fn has_foreign_salt(&self, salt: &[u8; 16]) -> bool {
        self.all_keys()
            .any(|key| key.salt().is_some_and(|named| named != salt))
    }

    pub(crate) fn all_keys(&self) -> impl Iterator<Item = &Key> {
        let listed = self.by_path.iter().map(|(_, key)| key);
        self.keys.iter().chain(listed)
    }

    pub(crate) fn has_path_for(&self, relative_path: &str) -> bool {
        let parts = path_parts(relative_path);
        self.by_path
            .iter()
            .any(|(path, _)| common_suffix(path, &parts) > 0)
    }

    /// Android WeChat: the first 7 hex digits of md5(serial number ‖ uin).
    fn android_keys(&self) -> impl Iterator<Item = Key> + '_ {
        let uin = self.uin();
        [self.imei(), Some(PLACEHOLDER_IMEI)]
            .into_iter()
            .flatten()
            .filter_map(move |imei| {
                let digest = md5_hex(&[imei.as_bytes(), uin?.as_bytes()]);
                Key::parse(digest.get(..7)?).ok()
            })
    }

    pub(crate) fn cache(&self) -> &KeyCache {
        &self.cache
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("KeyRing")
            .field("keys", &self.keys.len())
            .field("paths", &self.by_path.len())
            .finish_non_exhaustive()
    }
}

const KNOWN: &[&str] = &[
    "key",
    "keys",
    "image_key",
    "image_xor",
    "imei",
    "uin",
    "uid",
    "rand",
    "kc",
    "backup_password",
];

fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_path(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.contains(['/', '\\']) || lower.ends_with(".db") || lower.ends_with(".sqlite")
}

fn looks_like_json(text: &str) -> bool {
    let text = text.trim();
    text.strip_prefix('{')
        .is_some_and(|rest| rest.trim_start().starts_with('"') || text.contains('\n'))
}

/// A key written as a string, or as an object with `enc_key`; `null` is none.
fn key_of(field: &str, value: Value) -> Result<Option<Key>, KeyRingError> {
    let value = match value {
        Value::Object(mut entry) => entry
            .remove("enc_key")
            .or_else(|| entry.remove("key"))
            .unwrap_or(Value::Null),
        value => value,
    };
    if value.is_null() {
        return Ok(None);
    }
    let text = text_of(field, value)?;
    let key = Key::parse(&text).map_err(|source| KeyRingError::Field {
        field: field.to_owned(),
        source,
    })?;
    Ok(Some(key))
}

fn text_of(field: &str, value: Value) -> Result<Secret, KeyRingError> {
    match value {
        Value::String(text) => Ok(Secret::new(text)),
        Value::Number(number) => Ok(Secret::new(number.to_string())),
        _ => Err(KeyRingError::Kind {
            field: field.to_owned(),
            expected: "text",
        }),
    }
}

fn path_parts(path: &str) -> Vec<String> {
    path.split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "."))
        .map(str::to_lowercase)
        .collect()
}

fn common_suffix(one: &[String], other: &[String]) -> usize {
    let pairs = one.iter().rev().zip(other.iter().rev());
    pairs.take_while(|(one, other)| one == other).count()
}

fn image_key_bytes(text: &str) -> Option<[u8; 16]> {
    match text.len() {
        16 => text.as_bytes().try_into().ok(),
        32 => hex::decode(text).ok()?.try_into().ok(),
        _ => None,
    }
}

fn parse_byte(text: &str) -> Option<u8> {
    match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => u8::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
