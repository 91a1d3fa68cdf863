//! What other tools export of WeChat: one folder with a chat in the shape of each tool.

#![expect(
    clippy::indexing_slicing,
    reason = "people are numbered by the story itself"
)]

mod lists;
mod story;
mod tables;
mod texts;

use std::path::Path;

use serde_json::json;

use self::story::{Chat, Entry, Story};
use crate::rng::Rng;
use crate::store::{make_folder, write_file};
use crate::truth::{Kind, Line, Quoted, State, Truth};
use crate::{ForgeError, Forged, Plan};

/// What a tool's file tells of an entry.
struct Shown<'a> {
    entry: &'a Entry,
    kind: Kind,
    /// Who wrote it, as the file tells.
    sender: Option<&'a str>,
    /// Whether the file holds the server's id.
    has_id: bool,
}

/// The files of one chat in one tool's shape.
struct Written<'a> {
    /// Username or title.
    conversation: &'a str,
    conversation_kind: &'static str,
    shown: Vec<Shown<'a>>,
}

/// What is being made.
struct Set<'p> {
    plan: &'p Plan,
    folder: std::path::PathBuf,
    truth: Truth,
    rows: u64,
    files: u64,
}

impl Set<'_> {
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), ForgeError> {
        write_file(&self.folder.join(name), bytes)
    }

    fn tell(&mut self, written: &Written<'_>) -> Result<(), ForgeError> {
        for shown in &written.shown {
            self.rows += 1;
            let has_words = matches!(shown.kind, Kind::Text | Kind::Quote);
            self.truth.write(&Line {
                platform: "wechat",
                conversation: written.conversation,
                conversation_kind: written.conversation_kind,
                sender: shown.sender,
                sent_at_ms: shown.entry.time * 1000,
                kind: shown.kind,
                text: has_words.then_some(shown.entry.words.as_str()),
                server_id: shown.has_id.then_some(Quoted(shown.entry.server_id)),
                msg_id: None,
                sort_seq: None,
                reply_to: None,
                state: State::Normal,
                file: None,
            })?;
        }
        Ok(())
    }
}

/// How a tool names the author of an entry.
#[derive(Clone, Copy)]
enum Naming {
    /// By username.
    Usernames,
    /// By the name that is shown; the owner is 我.
    Names,
}

/// What a file shows of each entry of a chat.
fn shown<'a>(
    chat: &'a Chat,
    naming: Naming,
    has_id: bool,
    kind: impl Fn(&Entry) -> Kind,
) -> Vec<Shown<'a>> {
    let owner = chat.owner().username.as_str();
    chat.entries
        .iter()
        .map(|entry| Shown {
            entry,
            kind: kind(entry),
            sender: match (entry.sender, naming) {
                (None, _) => None,
                (Some(0), _) => Some(owner),
                (Some(number), Naming::Usernames) => Some(&chat.people[number].username),
                (Some(number), Naming::Names) => Some(chat.people[number].shown()),
            },
            has_id,
        })
        .collect()
}

/// Forges a folder of exports of one account below `dir`, one chat in each tool's shape.
///
/// # Errors
/// When a file cannot be written.
pub fn tool_exports(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let folder = dir.join("exports");
    make_folder(&folder)?;
    let mut story = Story::new(plan);
    let owner = story.owner.username.clone();
    let mut set = Set {
        plan,
        folder: folder.clone(),
        truth: Truth::create(&dir.join("truth.jsonl"), plan.truth)?,
        rows: 0,
        files: 0,
    };
    tables::write(&mut set, &mut story)?;
    progress(set.rows);
    lists::write(&mut set, &mut story)?;
    progress(set.rows);
    texts::write(&mut set, &mut story)?;
    progress(set.rows);
    // Turns for training have no times and are no history.
    let training = json!([{"conversations": [
        {"role": "system", "content": "你是一个人"},
        {"role": "user", "content": "在吗"},
        {"role": "assistant", "content": "在"},
    ]}]);
    set.write("某人_train.json", training.to_string().as_bytes())?;
    let (rows, files) = (set.rows, set.files);
    let messages = set.truth.finish()?;
    Ok(Forged {
        main_db: folder.join("dump.csv"),
        root: folder,
        key_file: dir.join("no-keys.json"),
        truth: dir.join("truth.jsonl"),
        messages,
        rows,
        wal_rows: 0,
        files,
        owner,
        needle: story.needle,
    })
}

/// Digits of a server's id that no floating-point number holds.
fn server_id(rng: &mut Rng) -> i64 {
    rng.range(10_000_000_000_000_000, 90_000_000_000_000_000) * 100 + rng.range(1, 99)
}
