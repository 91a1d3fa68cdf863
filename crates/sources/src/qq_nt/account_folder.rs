//! Where an account's databases and media lie inside an input.

use hutong_crypto::{KeyRing, Wrapper, path_hash};
use hutong_sqlite::MAGIC;

use crate::Input;
use crate::qq::mobile_files;

/// File name of the message database as QQ writes it.
pub(super) const MESSAGES: &str = "nt_msg.db";
/// Holds login tickets. It is never opened, whoever asks.
const LOGIN: &str = "login.db";
/// Bytes looked at to tell a renamed message database from any other SQLite file.
const PEEK_BYTES: u64 = 64 * 1024;
/// Folders, on the various systems, in which account folders `nt_qq_<hash>` stand.
const HASHED_HOMES: &[&str] = &[
    "",
    "nt_db",
    "databases/nt_db",
    "DB/nt_db",
    "QQNT/DB/nt_db",
    "Documents/QQNT/DB/nt_db",
    "com.tencent.mobileqq/db/nt_db",
    "com.tencent.mobileqq/databases/nt_db",
    "com.tencent.tim/databases/nt_db",
];
/// Folders with empty files that are named after the accounts of a phone.
const NAMED_FOLDERS: &[&str] = &["files/uid", "f/uid"];

/// Stands at byte 32 of every wrapped database.
const WRAPPER_MARK: &[u8] = b"QQ_NT DB";

/// One account's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccountFolder {
    /// Folder of the databases inside the input; empty for the input itself.
    folder: String,
    /// Name of the message database.
    messages: String,
    /// QQ number, where the folder layout tells it.
    pub(super) uin: Option<u64>,
    /// QQ number, if a folder that looks like one is not just a date.
    pub(super) perhaps_uin: Option<u64>,
    /// The owner's uid, where a file name tells it.
    pub(super) uid: Option<String>,
    /// The 32 digits of `nt_qq_<hash>`, which follow from the owner's uid.
    pub(super) hash: Option<String>,
}

/// What was found in an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// No message database.
    Nothing,
    /// One account.
    One(AccountFolder),
    /// The folders of several accounts, of which the user has to choose one.
    Several(Vec<String>),
}

/// Looks for the message database by name, and by its first bytes when the user named a file.
pub(super) fn find(input: &Input) -> Found {
    if let Some(file) = input.only_file() {
        return if is_message_file(input, file) {
            Found::One(AccountFolder::new(input, "", file))
        } else {
            Found::Nothing
        };
    }
    for folder in ["", "nt_db", "nt_qq/nt_db"] {
        if let Some(file) = message_file(input, folder) {
            return Found::One(AccountFolder::new(input, folder, &file));
        }
    }
    let mut found: Vec<(String, String)> = account_folders(input)
        .into_iter()
        .filter_map(|folder| message_file(input, &folder).map(|file| (folder, file)))
        .collect();
    match found.len() {
        0 => Found::Nothing,
        1 => found.pop().map_or(Found::Nothing, |(folder, file)| {
            Found::One(AccountFolder::new(input, &folder, &file))
        }),
        _ => Found::Several(found.into_iter().map(|(folder, _)| folder).collect()),
    }
}

fn account_folders(input: &Input) -> Vec<String> {
    let mut folders = Vec::new();
    for home in HASHED_HOMES {
        for name in input.folder_names(home) {
            if name
                .get(..6)
                .is_some_and(|start| start.eq_ignore_ascii_case("nt_qq_"))
            {
                folders.push(join(home, &name));
                folders.push(join(&join(home, &name), "nt_db"));
            }
        }
    }
    for name in input
        .folder_names("")
        .into_iter()
        .filter(|name| number(name).is_some())
    {
        folders.push(join(&name, "nt_qq/nt_db"));
    }
    folders
}

fn message_file(input: &Input, folder: &str) -> Option<String> {
    let names = input.file_names(folder);
    let exact = names
        .iter()
        .find(|name| name.eq_ignore_ascii_case(MESSAGES));
    exact
        .or_else(|| names.iter().find(|name| is_copy_name(name)))
        .cloned()
}

/// Names that people give to copies: `nt_msg.decrypted.db`, `nt_msg_plain.sqlite`.
fn is_copy_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let has_ending = [".db", ".sqlite", ".sqlite3", ".db3"]
        .iter()
        .any(|ending| lower.ends_with(ending));
    lower.starts_with("nt_msg") && has_ending && !lower.contains("fts")
}

fn is_message_file(input: &Input, file: &str) -> bool {
    if file.eq_ignore_ascii_case(LOGIN) {
        return false;
    }
    if file.eq_ignore_ascii_case(MESSAGES) || is_copy_name(file) {
        return true;
    }
    // A renamed plain copy shows its schema in its first pages.
    let Ok(first) = input.first_bytes(file, PEEK_BYTES) else {
        return false;
    };
    // So does an encrypted one, in its wrapper, which says that it is QQ's but not which database it is: the names of those
    // that hold no messages are known.
    if first.get(32..40) == Some(WRAPPER_MARK) && !is_other_database(file) {
        return true;
    }
    let needle = b"c2c_msg_table";
    first.starts_with(MAGIC) && first.windows(needle.len()).any(|window| window == needle)
}

/// Whether this is the name of a database of QQ NT that holds no messages.
fn is_other_database(file: &str) -> bool {
    const OTHERS: &[&str] = &[
        "collection",
        "emoji",
        "file_assistant",
        "files_in_chat",
        "gpro_",
        "group_info",
        "guild_msg",
        "misc",
        "profile_info",
        "rdelivery",
        "recent_contact",
        "rich_media",
        "settings",
        "yffm",
    ];
    let lower = file.to_ascii_lowercase();
    OTHERS.iter().any(|name| lower.starts_with(name))
        || lower.contains("_fts")
        || lower.ends_with(".material")
}

/// A QQ number as a folder name.
fn number(name: &str) -> Option<u64> {
    let is_number =
        (5..=11).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| name.parse().ok()).flatten()
}

/// Joins folder and name; either may be empty.
pub(super) fn join(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}

impl AccountFolder {
    fn new(input: &Input, folder: &str, messages: &str) -> Self {
        let mut found = Self {
            folder: folder.to_owned(),
            messages: messages.to_owned(),
            uin: None,
            perhaps_uin: None,
            uid: None,
            hash: None,
        };
        found.read_path(input);
        found.uid = found.uid_in_names(input);
        found
    }

    /// Reads what the names of the enclosing folders tell.
    fn read_path(&mut self, input: &Input) {
        let path = input.root().join(&self.folder);
        let mut below = String::new();
        for folder in path.ancestors().take(4) {
            let Some(name) = folder.file_name().and_then(|name| name.to_str()) else {
                break;
            };
            if let Some(hash) = name.strip_prefix("nt_qq_").filter(|hash| hash.len() == 32) {
                self.hash = Some(hash.to_ascii_lowercase());
            }
            if let Some(uin) = number(name) {
                if ["nt_qq", "nt_db"]
                    .iter()
                    .any(|known| below.eq_ignore_ascii_case(known))
                {
                    self.uin = Some(uin);
                } else {
                    self.perhaps_uin = Some(uin);
                }
                break;
            }
            below.clear();
            below.push_str(name);
        }
    }

    /// Android keeps empty files named `<uin>###<uid>`, and channel databases named after the uid.
    fn uid_in_names(&mut self, input: &Input) -> Option<String> {
        let lower = self.folder.to_ascii_lowercase();
        let base = lower
            .find("databases/")
            .or_else(|| lower.find("db/nt_db"))
            .and_then(|end| self.folder.get(..end))
            .unwrap_or_default()
            .to_owned();
        for level in mobile_files::levels(input) {
            let folders = NAMED_FOLDERS
                .iter()
                .flat_map(|folder| [(*folder).to_owned(), format!("{base}{folder}")]);
            for name in folders.flat_map(|folder| level.file_names(&folder)) {
                if let Some((uin, uid)) = name.split_once("###")
                    && self.is_uid(uid)
                {
                    self.uin = self.uin.or(number(uin));
                    return Some(uid.to_owned());
                }
            }
        }
        input.file_names(&self.folder).iter().find_map(|name| {
            let stem = name.strip_prefix("gpro_v1-6_")?.strip_suffix(".db")?;
            (stem.starts_with("u_") && self.is_uid(stem)).then(|| stem.to_owned())
        })
    }

    /// Whether a uid can be the one that the folder is named after.
    fn is_uid(&self, uid: &str) -> bool {
        self.hash
            .as_deref()
            .is_none_or(|hash| path_hash(uid) == hash)
    }

    /// The given keys, with the uid that file names tell: a phone's passphrases follow from it.
    pub(super) fn keys(&self, given: &KeyRing) -> KeyRing {
        let mut keys = given.clone();
        if keys.uid().is_none()
            && let Some(uid) = &self.uid
        {
            // Setting a uid cannot fail: any text is one.
            let _ = keys.set("uid", uid);
        }
        keys
    }

    /// Path of the message database inside the input.
    pub(super) fn messages(&self) -> String {
        join(&self.folder, &self.messages)
    }

    /// Name of the message database.
    pub(super) fn messages_name(&self) -> &str {
        &self.messages
    }

    /// Path of a companion database, if it is there.
    pub(super) fn companion(&self, input: &Input, stem: &str) -> Option<String> {
        let alike = self
            .messages
            .to_ascii_lowercase()
            .replacen("nt_msg", stem, 1);
        let usual = format!("{stem}.db");
        [alike, usual]
            .into_iter()
            .filter(|name| !name.eq_ignore_ascii_case(&self.messages))
            .find_map(|name| input.real_path(&join(&self.folder, &name)))
    }

    /// The media folder: inside the input, or beside it when the user pointed at the databases themselves.
    pub(super) fn media<'a>(&self, input: &'a Input) -> Option<(MediaInput<'a>, String)> {
        let above = self.folder.rsplit_once('/').map_or("", |(above, _)| above);
        for base in [join(&self.folder, "nt_data"), join(above, "nt_data")] {
            if !input.folder_names(&base).is_empty() {
                return Some((MediaInput::Same(input), base));
            }
        }
        if !self.folder.is_empty() {
            return None;
        }
        let parent = input.parent()?;
        let has_media = !parent.folder_names("nt_data").is_empty();
        has_media.then(|| (MediaInput::Above(Box::new(parent)), "nt_data".to_owned()))
    }

    /// What the account is called before anything was opened.
    pub(super) fn account_name(&self) -> Option<String> {
        self.uin
            .map(|uin| uin.to_string())
            .or_else(|| self.uid.clone())
    }
}

/// The input that holds the media.
#[derive(Debug)]
pub(super) enum MediaInput<'a> {
    /// The one that was given.
    Same(&'a Input),
    /// The folder above it.
    Above(Box<Input>),
}

impl std::ops::Deref for MediaInput<'_> {
    type Target = Input;

    fn deref(&self) -> &Input {
        match self {
            Self::Same(input) => input,
            Self::Above(input) => input,
        }
    }
}

/// What the first bytes of a message database say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstBytes {
    /// QQ's wrapper.
    Wrapped,
    /// Plain SQLite.
    Plain,
    /// Neither; perhaps an encrypted body whose wrapper was cut off.
    Other,
    /// Nothing that can be read.
    Unreadable,
}

/// Looks at the first bytes of a file.
pub(super) fn first_bytes(input: &Input, path: &str) -> FirstBytes {
    match input.first_bytes(path, 64) {
        Ok(first) if first.starts_with(MAGIC) => FirstBytes::Plain,
        Ok(first) if Wrapper::is_present(&first) => FirstBytes::Wrapped,
        Ok(first) if !first.is_empty() => FirstBytes::Other,
        _ => FirstBytes::Unreadable,
    }
}
