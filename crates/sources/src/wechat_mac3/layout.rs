//! Where the databases are, however deep the user pointed into an account folder and whatever they are called.

use hutong_crypto::{Family, KeyRing};

use super::tables;
use crate::Input;
use crate::wechat::database::OpenDatabase;
use crate::wechat::folder::{self, Kind};

/// Folders that lie inside an account folder.
const INNER_FOLDERS: &[&str] = &[
    "contact",
    "favorites",
    "group",
    "message",
    "messagetemp",
    "session",
];

/// How many folders up an account folder is looked for.
const MAX_CLIMB: usize = 4;

/// The smallest page of any database, in bytes.
const PAGE_BYTES: u64 = 1024;

/// A database that was found.
pub(crate) type Found = folder::Found<Role>;

/// What a database is for. The order is that in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Chats.
    Messages,
    /// People, rooms, sessions.
    Contacts,
    /// Places of files.
    Links,
    /// An encrypted file whose name says nothing.
    Unknown,
}

/// What a database is for and its number, by the client's name for it.
pub(crate) fn role_of_name(name: &str) -> Option<(Role, u64)> {
    let lower = name.to_ascii_lowercase();
    let stem = lower.strip_suffix(".db")?;
    if let Some(digits) = stem.strip_prefix("msg_") {
        let is_number =
            !digits.is_empty() && digits.bytes().all(|character| character.is_ascii_digit());
        return is_number.then(|| (Role::Messages, digits.parse().unwrap_or(u64::MAX)));
    }
    match stem {
        "wccontact_new2" | "wccontact_new" | "group_new" | "session_new" => {
            Some((Role::Contacts, 0))
        }
        "hldata" => Some((Role::Links, 0)),
        _ => None,
    }
}

/// An account folder, or what another tool left of one.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The account folder; paths of attachments begin here.
    pub(crate) root: Input,
    /// Databases below it, messages first, numbers in their order.
    pub(crate) databases: Vec<Found>,
    /// Whether this is a folder that the client itself made, so that its name is the digest of the account.
    pub(crate) is_original: bool,
}

impl Layout {
    /// Finds the account folder at or above the input, or the only one in it, or databases that lie loose in it.
    pub(crate) fn find(input: &Input) -> Option<Self> {
        if let Some(file) = input.only_file()
            && role_of_name(file).is_none_or(|(role, _)| role != Role::Messages)
        {
            return Self::single(input, file);
        }
        let mut place = input.subfolder("")?;
        for _ in 0..=MAX_CLIMB {
            if let Some(found) = Self::original(&place) {
                return Some(found);
            }
            let is_inner = |place: &Input| {
                let name = place.folder_name();
                INNER_FOLDERS
                    .iter()
                    .any(|inner| name.eq_ignore_ascii_case(inner))
            };
            if !is_inner(&place) && !place.parent().is_some_and(|parent| is_inner(&parent)) {
                break;
            }
            place = place.parent()?;
        }
        if let [only] = Self::accounts_in(input).as_slice() {
            return Self::original(&input.subfolder(only)?);
        }
        let databases = databases_in(input, &[""]);
        Self::with(input, databases, false)
    }

    /// The account folders directly inside a folder such as `2.0b4.0.9`.
    pub(crate) fn accounts_in(input: &Input) -> Vec<String> {
        let is_account = |name: &String| {
            input
                .subfolder(name)
                .is_some_and(|folder| Self::original(&folder).is_some())
        };
        input
            .folder_names("")
            .into_iter()
            .filter(is_account)
            .collect()
    }

    /// A folder with `Message` in it.
    fn original(place: &Input) -> Option<Self> {
        let databases = databases_in(place, &["Message", "Contact", "Group", "Session"]);
        let name = place.folder_name();
        let is_digest = name.len() == 32 && name.bytes().all(|digit| digit.is_ascii_hexdigit());
        Self::with(place, databases, is_digest)
    }

    fn with(place: &Input, databases: Vec<Found>, is_original: bool) -> Option<Self> {
        let has_messages = databases
            .iter()
            .any(|database| database.role == Role::Messages);
        has_messages.then_some(Self {
            root: place.subfolder("")?,
            databases,
            is_original,
        })
    }

    /// A file whose name says nothing: plain with our tables, or perhaps encrypted.
    fn single(input: &Input, file: &str) -> Option<Self> {
        let path = input.real_path(file)?;
        let role = match Kind::of(input, &path, PAGE_BYTES) {
            Kind::Plain => role_of_plain(input, &path).filter(|role| *role == Role::Messages)?,
            Kind::Encrypted => Role::Unknown,
            Kind::Other => return None,
        };
        Some(Self {
            root: input.subfolder("")?,
            databases: vec![Found {
                role,
                number: 0,
                path,
            }],
            is_original: false,
        })
    }

    /// A path below the account folder as one inside the input that the user named, when it lies there.
    pub(crate) fn inside(&self, input: &Input, path: &str) -> Option<String> {
        folder::inside(&self.root, input, path)
    }

    /// Whether a database is certainly one of ours, not only a name.
    pub(crate) fn is_certain(&self) -> bool {
        self.databases.iter().any(|found| {
            let log = format!("{}-wal", found.path);
            found.role == Role::Messages
                && (self.root.size_bytes(&log).unwrap_or(0) > 0
                    || Kind::of(&self.root, &found.path, PAGE_BYTES) != Kind::Other)
        })
    }
}

/// What a plain database holds, by its tables.
fn role_of_plain(place: &Input, path: &str) -> Option<Role> {
    let keys = KeyRing::new();
    let database = OpenDatabase::open(place, path, path, &keys, Family::WeChatMac3).ok()?;
    tables::role_of_schema(&database)
}

/// The databases in some folders: plain ones by their tables, others by their names.
fn databases_in(place: &Input, folders: &[&str]) -> Vec<Found> {
    Found::in_folders(place, folders, |name, path| {
        let named = role_of_name(name);
        let role = match Kind::of(place, path, PAGE_BYTES) {
            // A database whose tables cannot be listed is what its name says.
            Kind::Plain => role_of_plain(place, path).or(named.map(|(role, _)| role)),
            _ => named.map(|(role, _)| role),
        };
        let number = named.map_or(u64::MAX, |(_, number)| number);
        (role, number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_roles_and_numbers() {
        assert_eq!(role_of_name("msg_10.db"), Some((Role::Messages, 10)));
        assert_eq!(role_of_name("WCContact_new2.db"), Some((Role::Contacts, 0)));
        for other in ["msg_.db", "ftsmessage.db", "message_0.db", "msg_1"] {
            assert_eq!(role_of_name(other), None, "{other}");
        }
    }
}
