//! Where the databases are, however deep the user pointed into an account folder and whatever they are called.

use hutong_crypto::{Family, KeyRing};

use super::tables::{self, Role};
use crate::Input;
use crate::wechat::database::OpenDatabase;

/// Folders that lie inside an account folder.
const INNER_FOLDERS: &[&str] = &["filestorage", "msg", "multi"];

/// How many folders up an account folder is looked for.
const MAX_CLIMB: usize = 5;

/// The most files of one folder that are looked into.
const MAX_FILES: usize = 1_000;

/// Pages of WeChat 3 databases on Windows, in bytes.
const PAGE_BYTES: u64 = 4096;

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

/// A database that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// What it seems to hold.
    pub(crate) role: Role,
    /// The number in its name.
    number: u64,
    /// Path below the account folder.
    pub(crate) path: String,
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
        let role = match kind_of(input, &path) {
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
        let slashed = |path: &std::path::Path| path.to_string_lossy().replace('\\', "/");
        if let Ok(below) = self.root.root().strip_prefix(input.root()) {
            let below = slashed(below);
            return Some(if below.is_empty() {
                path.to_owned()
            } else {
                format!("{below}/{path}")
            });
        }
        let below = slashed(input.root().strip_prefix(self.root.root()).ok()?);
        path.strip_prefix(&below)?
            .strip_prefix('/')
            .map(str::to_owned)
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
                log > 0 || size >= PAGE_BYTES || kind_of(&self.root, &found.path) == Kind::Plain
            }
        })
    }
}

/// What a file is by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Encrypted,
    Other,
}

fn kind_of(place: &Input, path: &str) -> Kind {
    let first = place.first_bytes(path, 512).unwrap_or_default();
    if first.starts_with(b"SQLite format 3\0") {
        return Kind::Plain;
    }
    let size = place.size_bytes(path).unwrap_or(0);
    let mut seen = [false; 256];
    for byte in &first {
        if let Some(slot) = seen.get_mut(usize::from(*byte)) {
            *slot = true;
        }
    }
    // Ciphertext uses most of all bytes; 512 random ones miss about one in seven.
    let different = seen.iter().filter(|seen| **seen).count();
    if size >= PAGE_BYTES && size.is_multiple_of(PAGE_BYTES) && different > 180 {
        Kind::Encrypted
    } else {
        Kind::Other
    }
}

/// What a plain database holds, by its tables.
fn role_of_plain(place: &Input, path: &str) -> Option<Role> {
    let database = OpenDatabase::open(place, path, path, &KeyRing::new(), Family::WeChat3).ok()?;
    tables::role_of_schema(&database)
}

/// The databases in some folders: plain ones by their tables, others by their names.
fn databases_in(place: &Input, folders: &[&str]) -> Vec<Found> {
    let mut found = Vec::new();
    for folder in folders {
        for name in place.file_names(folder).into_iter().take(MAX_FILES) {
            let lower = name.to_ascii_lowercase();
            if ["-wal", "-shm", "-journal"]
                .iter()
                .any(|end| lower.ends_with(end))
            {
                continue;
            }
            let path = if folder.is_empty() {
                name.clone()
            } else {
                format!("{folder}/{name}")
            };
            let named = tables::role_of_name(&name);
            let role = match (kind_of(place, &path), named) {
                // A database whose tables cannot be listed is what its name says.
                (Kind::Plain, named) => role_of_plain(place, &path).or(named.map(|(role, _)| role)),
                (_, named) => named.map(|(role, _)| role),
            };
            let number = named.map_or_else(|| tables::number_in(&name), |(_, number)| number);
            found.extend(role.map(|role| Found { role, number, path }));
        }
    }
    found.sort();
    found
}
