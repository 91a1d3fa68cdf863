//! Where the database and the media of an account are, told by content where it is readable.

use crate::Input;
use crate::wechat::cells::{has_columns, looks_encrypted, plain_schema_is};
use crate::wechat::database::Db;

use super::decode::{MEDIA_FOLDERS, is_account_folder};

/// The usual name of the database; an encrypted one cannot be told otherwise.
const USUAL_NAME: &str = "enmicromsg";

/// Columns that the table of messages has in every version.
pub(super) const MESSAGE_COLUMNS: &[&str] = &["msgId", "type", "createTime", "talker", "content"];

/// Folders between what people copy from a phone and the folder of an account.
const WAY_DOWN: &[&str] = &[
    "0",
    "android",
    "apps",
    "com.tencent.mm",
    "data",
    "data_mirror",
    "emulated",
    "files",
    "media",
    "micromsg",
    "r",
    "sdcard",
    "storage",
    "tencent",
    "user",
];

/// How many levels down an account is looked for.
const MAX_DEPTH: usize = 7;

/// The most folders that are looked into.
const MAX_FOLDERS: usize = 400;

/// The most files of one folder whose first bytes are looked at.
const MAX_FILES: usize = 64;

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Path of the database inside the input.
    pub(super) database: String,
    /// Whether the schema was seen, rather than the name alone.
    pub(super) is_certain: bool,
    /// Folders that hold media, beside the database first; empty text is the input itself.
    pub(super) media_roots: Vec<String>,
}

/// What an input holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// One account.
    One(Layout),
    /// Several: their folders.
    Several(Vec<String>),
    /// Something encrypted that could be the database.
    Perhaps(Layout),
    /// None.
    Nothing,
}

/// Whether a schema is that of the database.
pub(super) fn is_ours(db: &Db) -> bool {
    db.table("message")
        .is_some_and(|table| has_columns(table, MESSAGE_COLUMNS))
        && (db.table("rcontact").is_some() || db.table("userinfo").is_some())
}

/// Finds the account that an input is, or holds.
pub(super) fn find(input: &Input) -> Found {
    if let Some(file) = input.only_file() {
        return match kind_of(input, file) {
            Kind::Ours => Found::One(with_media(input, file.to_owned(), true)),
            Kind::Named => Found::One(with_media(input, file.to_owned(), false)),
            Kind::Encrypted => Found::Perhaps(with_media(input, file.to_owned(), false)),
            Kind::Other => Found::Nothing,
        };
    }
    let mut found: Vec<(String, bool)> = Vec::new();
    let mut queue = std::collections::VecDeque::from([(String::new(), 0)]);
    let mut budget = MAX_FOLDERS;
    while let Some((folder, depth)) = queue.pop_front() {
        budget -= 1;
        found.extend(database_in(input, &folder));
        if depth == MAX_DEPTH || budget == 0 {
            break;
        }
        for name in input.folder_names(&folder) {
            let is_on_the_way =
                WAY_DOWN.contains(&name.to_ascii_lowercase().as_str()) || is_account_folder(&name);
            if is_on_the_way && queue.len() < budget {
                queue.push_back((joined(&folder, &name), depth + 1));
            }
        }
    }
    match found.as_slice() {
        [] => perhaps(input),
        [(path, is_certain)] => Found::One(with_media(input, path.clone(), *is_certain)),
        several => Found::Several(
            several
                .iter()
                .map(|(path, _)| {
                    path.rsplit_once('/')
                        .map_or("", |(folder, _)| folder)
                        .to_owned()
                })
                .collect(),
        ),
    }
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Ours,
    Named,
    Encrypted,
    Other,
}

fn kind_of(input: &Input, path: &str) -> Kind {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if name.ends_with("-wal") || name.ends_with("-shm") || name.ends_with("-journal") {
        return Kind::Other;
    }
    if plain_schema_is(input, path, is_ours) {
        return Kind::Ours;
    }
    let is_plain = input
        .first_bytes(path, 15)
        .is_ok_and(|first| first == b"SQLite format 3");
    let is_named = name.starts_with(USUAL_NAME);
    match (is_plain, is_named) {
        // A damaged copy keeps its name, and a log can hold all that there is.
        (true, true) => Kind::Named,
        (true, false) => Kind::Other,
        (false, true) if input.size_bytes(path).is_some_and(|size| size >= 512) => Kind::Named,
        _ if looks_encrypted(input, path) && is_of_whole_pages(input, path) => Kind::Encrypted,
        _ => Kind::Other,
    }
}

/// Pages have 1,024 bytes. A database whose length is a multiple of 4,096 is more likely somebody else's.
fn is_of_whole_pages(input: &Input, path: &str) -> bool {
    input
        .size_bytes(path)
        .is_some_and(|size| size % 1024 == 0 && size % 4096 != 0)
}

/// The database that lies in a folder itself; a readable one comes first.
fn database_in(input: &Input, folder: &str) -> Option<(String, bool)> {
    let names = input.file_names(folder);
    let usual = names
        .iter()
        .filter(|name| name.to_ascii_lowercase().starts_with(USUAL_NAME));
    let others = names
        .iter()
        .filter(|name| !name.to_ascii_lowercase().starts_with(USUAL_NAME));
    let found = usual.chain(others.take(MAX_FILES)).map(|name| {
        let path = joined(folder, name);
        (kind_of(input, &path), path)
    });
    // The first of the best: the order of the kinds is the order of certainty.
    found
        .filter(|(kind, _)| matches!(kind, Kind::Ours | Kind::Named))
        .min_by_key(|(kind, _)| *kind)
        .map(|(kind, path)| (path, kind == Kind::Ours))
}

fn perhaps(input: &Input) -> Found {
    let names = input.file_names("");
    let encrypted = names
        .into_iter()
        .take(MAX_FILES)
        .find(|name| kind_of(input, name) == Kind::Encrypted);
    match encrypted {
        Some(name) => Found::Perhaps(with_media(input, name, false)),
        None => Found::Nothing,
    }
}

/// Puts a name below a folder.
pub(super) fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

fn with_media(input: &Input, database: String, is_certain: bool) -> Layout {
    let folder = database
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder)
        .to_owned();
    let account = if folder.is_empty() {
        input.folder_name()
    } else {
        folder.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let mut roots = Vec::new();
    let mut queue = std::collections::VecDeque::from([(folder.clone(), 0), (String::new(), 0)]);
    let mut budget = MAX_FOLDERS;
    while let Some((place, depth)) = queue.pop_front() {
        if budget == 0 || depth > MAX_DEPTH {
            break;
        }
        budget -= 1;
        if roots.contains(&place) {
            continue;
        }
        let folders = input.folder_names(&place);
        let has_media = folders.iter().any(|name| is_media_folder(name));
        if has_media {
            roots.push(place.clone());
        }
        for name in &folders {
            // Media of another account are none of ours.
            let is_foreign = is_account_folder(name)
                && is_account_folder(&account)
                && !name.eq_ignore_ascii_case(&account);
            let is_on_the_way =
                WAY_DOWN.contains(&name.to_ascii_lowercase().as_str()) || is_account_folder(name);
            if is_on_the_way && !is_foreign {
                queue.push_back((joined(&place, name), depth + 1));
            }
        }
    }
    if roots.is_empty() {
        roots.push(folder);
    }
    Layout {
        database,
        is_certain,
        media_roots: roots,
    }
}

fn is_media_folder(name: &str) -> bool {
    MEDIA_FOLDERS
        .iter()
        .any(|folder| folder.eq_ignore_ascii_case(name))
}

impl Layout {
    /// The folder of the account, by its name.
    pub(super) fn account_folder(&self, input: &Input) -> Option<String> {
        let folder = match self.database.rsplit_once('/') {
            Some((folder, _)) => folder.rsplit('/').next().unwrap_or_default().to_owned(),
            None => input.folder_name(),
        };
        is_account_folder(&folder).then(|| folder.to_ascii_lowercase())
    }

    /// A file beside the database, without regard to case.
    pub(super) fn beside(&self, input: &Input, name: &str) -> Option<String> {
        let folder = self
            .database
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        input.real_path(&joined(folder, name))
    }
}
