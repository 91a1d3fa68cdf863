//! Where an account's files are: in a phone backup, in a tree that somebody took out of one, or side by side.

use hutong_crypto::{Family, KeyRing};
use hutong_sqlite::{Database, PlainPages, Table};

use crate::wechat::database::OpenDatabase;
use crate::{Input, ReadError};

/// Folders in which the program keeps its documents, from the input on down.
const DOCUMENTS: &[&str] = &[
    "AppDomain-com.tencent.xin/Documents",
    "AppDomain/com.tencent.xin/Documents",
    "com.tencent.xin/Documents",
    "Container/Documents",
    "Documents",
    "",
];
/// Folders shared with the program's extensions, seen from the documents.
const SHARED: &str = "AppDomainGroup-group.com.tencent.xin";
/// The folder of nobody, which the program makes before anybody has logged in.
const NOBODY: &str = "00000000000000000000000000000000";
/// How far above the named folder its account may begin.
const MAX_CLIMB: usize = 3;

/// Columns that tell message tables of the phone from those of other programs.
const MESSAGE_COLUMNS: [&str; 4] = ["CreateTime", "Message", "Type", "Des"];

/// Where everything of one account is.
#[derive(Debug)]
pub(super) struct Layout {
    /// The account's folder, or the folder in which everything lies side by side.
    pub(super) root: Input,
    /// What stands before the names of databases: `DB/` or nothing.
    storage: &'static str,
    /// Message databases, as paths below the root, in the order of their numbers.
    pub(super) message_databases: Vec<String>,
    /// The folder that holds the accounts' folders.
    pub(super) documents: Option<Input>,
    /// The account's folder in the shared container.
    pub(super) shared: Option<Input>,
}

/// What stands at an input.
pub(super) enum Found {
    Nothing,
    One(Box<Layout>),
    /// Several accounts: paths of their folders inside the input.
    Several(Vec<String>),
}

/// The MD5 of a username, as it names folders and tables.
pub(super) fn is_hash(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The hash in a message table's name.
pub(super) fn hash_of_table(name: &str) -> Option<String> {
    let (prefix, hash) = name.split_at_checked(5)?;
    (prefix.eq_ignore_ascii_case("Chat_") && is_hash(hash)).then(|| hash.to_ascii_lowercase())
}

/// Whether a table holds messages of the phone.
pub(super) fn is_message_table(table: &Table) -> bool {
    hash_of_table(&table.name).is_some()
        && MESSAGE_COLUMNS
            .iter()
            .all(|column| table.has_column(column))
}

/// The number in `message_<number>.sqlite`; `MM.sqlite` comes before all.
fn database_number(name: &str) -> Option<u64> {
    let lower = name.to_ascii_lowercase();
    if lower == "mm.sqlite" {
        return Some(0);
    }
    let number = lower.strip_prefix("message_")?.strip_suffix(".sqlite")?;
    (number.len() <= 6).then_some(())?;
    number.parse::<u64>().ok().map(|number| number + 1)
}

fn message_databases(folder: &Input, below: &str) -> Vec<String> {
    let mut found: Vec<(u64, String)> = folder
        .file_names(below)
        .into_iter()
        .filter_map(|name| Some((database_number(&name)?, name)))
        .collect();
    found.sort();
    let prefix = if below.is_empty() { "" } else { "DB/" };
    found
        .into_iter()
        .map(|(_, name)| format!("{prefix}{name}"))
        .collect()
}

/// Whether a file is a plain database with message tables of the phone.
fn holds_messages(input: &Input, path: &str) -> bool {
    let is_plain = input
        .first_bytes(path, 16)
        .is_ok_and(|first| first == b"SQLite format 3\0");
    is_plain
        && input
            .open_file(path)
            .ok()
            .and_then(|file| PlainPages::open(file, None).ok())
            .and_then(|pages| Database::open(pages).ok())
            .is_some_and(|database| database.tables().iter().any(is_message_table))
}

impl Layout {
    /// Looks at, below and above an input.
    pub(super) fn find(input: &Input) -> Found {
        if let Some(file) = input.only_file() {
            return if holds_messages(input, file) {
                Self::of_file(input, file)
                    .map_or(Found::Nothing, |layout| Found::One(Box::new(layout)))
            } else {
                Found::Nothing
            };
        }
        for path in DOCUMENTS {
            let Some(documents) = input.subfolder(path) else {
                continue;
            };
            match Self::accounts_in(&documents).as_slice() {
                [] => {}
                [only] => {
                    if let Some(layout) = documents.subfolder(only).and_then(|root| Self::at(&root))
                    {
                        return Found::One(Box::new(layout));
                    }
                }
                several => {
                    let slash = if path.is_empty() { "" } else { "/" };
                    return Found::Several(
                        several
                            .iter()
                            .map(|name| format!("{path}{slash}{name}"))
                            .collect(),
                    );
                }
            }
        }
        if let Some(layout) = Self::at(input) {
            return Found::One(Box::new(layout));
        }
        // A folder inside an account's folder: DB, Img, Audio, …
        let mut place = input.parent();
        for _ in 0..MAX_CLIMB {
            let Some(folder) = place else { break };
            if is_hash(&folder.folder_name())
                && let Some(layout) = Self::at(&folder)
            {
                return Found::One(Box::new(layout));
            }
            place = folder.parent();
        }
        Found::Nothing
    }

    /// Folders of accounts that have messages.
    fn accounts_in(documents: &Input) -> Vec<String> {
        documents
            .folder_names("")
            .into_iter()
            .filter(|name| is_hash(name) && name != NOBODY)
            .filter(|name| !message_databases(documents, &format!("{name}/DB")).is_empty())
            .collect()
    }

    /// The layout whose account folder this is, or in which the databases lie side by side.
    fn at(folder: &Input) -> Option<Self> {
        let root = folder.subfolder("")?;
        let mut storage = "DB/";
        let mut databases = message_databases(&root, "DB");
        if databases.is_empty() {
            // The folder of databases itself belongs to the account's folder.
            if root.folder_name().eq_ignore_ascii_case("DB")
                && let Some(above) = root.parent()
                && !message_databases(&above, "DB").is_empty()
            {
                return Self::at(&above);
            }
            storage = "";
            databases = message_databases(&root, "");
            databases.retain(|path| holds_messages(&root, path));
        }
        (!databases.is_empty()).then(|| Self::new(root, storage, databases))
    }

    /// One database by itself, with what stands beside it.
    fn of_file(input: &Input, file: &str) -> Option<Self> {
        if input.folder_name().eq_ignore_ascii_case("DB")
            && let Some(above) = input.parent()
        {
            return Some(Self::new(above, "DB/", vec![format!("DB/{file}")]));
        }
        Some(Self::new(input.subfolder("")?, "", vec![file.to_owned()]))
    }

    fn new(root: Input, storage: &'static str, message_databases: Vec<String>) -> Self {
        let name = root.folder_name();
        let documents = root.parent().filter(|_| is_hash(&name));
        let mut shared = None;
        let mut place = documents.as_ref().and_then(Input::parent);
        for _ in 0..2 {
            let Some(folder) = place else { break };
            shared = [format!("{SHARED}/share/{name}"), format!("share/{name}")]
                .iter()
                .find_map(|path| folder.subfolder(path));
            if shared.is_some() {
                break;
            }
            place = folder.parent();
        }
        Self {
            root,
            storage,
            message_databases,
            documents,
            shared,
        }
    }

    /// MD5 of the owner's username, when the account's folder still has its name.
    pub(super) fn owner_hash(&self) -> Option<String> {
        let name = self.root.folder_name().to_ascii_lowercase();
        (is_hash(&name) && name != NOBODY).then_some(name)
    }

    /// A database beside the message databases.
    pub(super) fn database(&self, name: &str) -> Option<String> {
        let path = format!("{}{name}", self.storage);
        self.root.has_file(&path).then_some(path)
    }

    /// Databases of sessions: the list of chats and the folded ones.
    pub(super) fn sessions(&self) -> Vec<String> {
        let mut paths = vec!["session/session.db".to_owned(), "session.db".to_owned()];
        paths.extend(
            self.root
                .folder_names("UniversalSession")
                .iter()
                .map(|name| format!("UniversalSession/{name}/session.db")),
        );
        paths.retain(|path| self.root.has_file(path));
        paths
    }

    /// Every database that decides what is read.
    pub(super) fn databases(&self) -> Vec<String> {
        let mut all = self.message_databases.clone();
        for name in ["WCDB_Contact.sqlite", "MM.sqlite"] {
            if let Some(path) = self.database(name)
                && !all.contains(&path)
            {
                all.push(path);
            }
        }
        all.extend(self.sessions());
        all
    }

    /// Opens a database of the account.
    pub(super) fn open(&self, path: &str, keys: &KeyRing) -> Result<OpenDatabase, ReadError> {
        OpenDatabase::open(&self.root, path, path, keys, Family::Any)
    }

    /// A path below `folder` as one inside the input that the user named, when it lies there.
    pub(super) fn inside(folder: &Input, input: &Input, path: &str) -> Option<String> {
        let slashed = |path: &std::path::Path| path.to_string_lossy().replace('\\', "/");
        let full = folder.root().join(path);
        full.strip_prefix(input.root()).ok().map(slashed)
    }
}
