//! Where the databases are, however deep the user pointed into an account folder and whatever they are called.

use hutong_crypto::{Family, KeyRing};

use super::tables::{self, Role};
use crate::Input;
use crate::wechat::database::OpenDatabase;
use crate::wechat::folder::{self, Kind};

/// Folders that lie inside an account folder.
const INNER_FOLDERS: &[&str] = &["filestorage", "msg", "multi"];

/// How many folders up an account folder is looked for.
const MAX_CLIMB: usize = 5;

/// Pages of WeChat 3 databases on Windows, in bytes.
const PAGE_BYTES: u64 = 4096;

/// A database that was found.
pub(crate) type Found = folder::Found<Role>;

/// An account folder, or what another tool left of one.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The account folder; paths of attachments begin here.
    pub(crate) root: Input,
    /// Databases below it, messages first, numbers in their order.
    pub(crate) databases: Vec<Found>,
    /// Whether this is a folder that the client itself made, so that its name is the account's.
    pub(crate) is_original: bool,
}

impl Layout {
    /// Finds the account folder at or above the input, or the only one in it, or databases that lie loose in it.
    pub(crate) fn find(input: &Input) -> Option<Self> {
        if let Some(file) = input.only_file()
            && tables::role_of_name(file).is_none_or(|(role, _)| role != Role::Messages)
        {
            return Self::single(input, file);
        }
        let mut place = input.subfolder("")?;
        for _ in 0..=MAX_CLIMB {
            if let Some(found) = Self::original(&place) {
                return Some(found);
            }
            // Folders of one conversation lie below `FileStorage`, some levels deep.
            let name = place.folder_name();
            let is_inside = INNER_FOLDERS
                .iter()
                .any(|inner| name.eq_ignore_ascii_case(inner))
                || place.parent().is_some_and(|parent| {
                    INNER_FOLDERS
                        .iter()
                        .any(|inner| parent.folder_name().eq_ignore_ascii_case(inner))
                });
            if !is_inside {
                break;
            }
            place = place.parent()?;
        }
        if let [only] = Self::accounts_in(input).as_slice() {
            return Self::original(&input.subfolder(only)?);
        }
        Self::loose(input)
    }

    /// The account folders directly inside a folder such as `WeChat Files`.
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

    /// A folder with `Msg` in it.
    fn original(place: &Input) -> Option<Self> {
        let databases = databases_in(place, &["Msg", "Msg/Multi"]);
        Self::with(place, databases, true)
    }

    /// A folder whose databases lie side by side, or in `Multi` as the client keeps them.
    fn loose(place: &Input) -> Option<Self> {
        let databases = databases_in(place, &["", "Multi"]);
        Self::with(place, databases, false)
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

    /// Whether a database is certainly one of ours, not only a name or random bytes.
    pub(crate) fn is_certain(&self) -> bool {
        self.databases.iter().any(|found| {
            found.role == Role::Messages && {
                let log = self
                    .root
                    .size_bytes(&format!("{}-wal", found.path))
                    .unwrap_or(0);
                let size = self.root.size_bytes(&found.path).unwrap_or(0);
                log > 0
                    || size >= PAGE_BYTES
                    || Kind::of(&self.root, &found.path, PAGE_BYTES) == Kind::Plain
            }
        })
    }
}

/// What a plain database holds, by its tables.
fn role_of_plain(place: &Input, path: &str) -> Option<Role> {
    let database = OpenDatabase::open(place, path, path, &KeyRing::new(), Family::WeChat3).ok()?;
    tables::role_of_schema(&database)
}

/// The databases in some folders: plain ones by their tables, others by their names.
fn databases_in(place: &Input, folders: &[&str]) -> Vec<Found> {
    Found::in_folders(place, folders, |name, path| {
        let named = tables::role_of_name(name);
        let role = match Kind::of(place, path, PAGE_BYTES) {
            // A database whose tables cannot be listed is what its name says.
            Kind::Plain => role_of_plain(place, path).or(named.map(|(role, _)| role)),
            _ => named.map(|(role, _)| role),
        };
        let number = named.map_or_else(|| tables::number_in(name), |(_, number)| number);
        (role, number)
    })
}
