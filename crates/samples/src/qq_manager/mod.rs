//! Exports of the message manager of QQ and TIM: text and web archive of the same history.

mod mht;
mod script;
mod txt;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::store::make_folder;
use crate::truth::{Line, OnDisk, State, Truth};
use crate::{ForgeError, Forged, Plan, TextEncoding};

use script::{Chat, Said, Script};

/// Forges a text export below `dir`. `progress` hears how many messages were made.
///
/// # Errors
/// When a file cannot be written.
pub fn qq_txt(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let out = Out::create(&dir.join("export").join("全部消息记录.txt"))?;
    forge(plan, dir, txt::Text::new(out, &plan.export), progress)
}

/// Forges a web archive below `dir`, with the same history as [`qq_txt`]. `progress` hears how many messages were made.
///
/// # Errors
/// When a file cannot be written.
pub fn qq_mht(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let out = Out::create(&dir.join("export").join("全部消息记录.mht"))?;
    forge(plan, dir, mht::Archive::new(out, plan), progress)
}

/// Writes a history in one format.
trait Format {
    fn begin(&mut self) -> Result<(), ForgeError>;
    fn chat(&mut self, chat: &Chat) -> Result<(), ForgeError>;
    /// Writes a message; says which file of it stands in the export.
    fn message(&mut self, chat: &Chat, said: &Said) -> Result<Option<OnDisk>, ForgeError>;
    /// Ends the export; gives its path and the number of files in it.
    fn finish(self) -> Result<(PathBuf, u64), ForgeError>;
}

fn forge<F: Format>(
    plan: &Plan,
    dir: &Path,
    mut format: F,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let script = Script::new(plan);
    let truth_path = dir.join("truth.jsonl");
    let mut truth = Truth::create(&truth_path, plan.truth)?;
    format.begin()?;
    for chat in script.chats() {
        format.chat(chat)?;
        for said in script.messages(chat) {
            let file = format.message(chat, &said)?;
            let text = said.text();
            truth.write(&Line {
                platform: "qq",
                conversation: &chat.title,
                conversation_kind: if chat.is_group() { "group" } else { "direct" },
                sender: said.sender.as_ref().map(|sender| sender.truth(chat)),
                sent_at_ms: said.time * 1000,
                kind: said.kind(),
                text: text.as_deref(),
                server_id: None,
                msg_id: None,
                sort_seq: None,
                reply_to: None,
                state: State::Normal,
                file: file.as_ref(),
            })?;
            if truth.lines.is_multiple_of(8192) {
                progress(truth.lines);
            }
        }
    }
    let (main, files) = format.finish()?;
    let messages = truth.finish()?;
    progress(messages);
    let key_file = dir.join("no-key.txt");
    crate::store::write_file(&key_file, b"")?;
    Ok(Forged {
        root: dir.join("export"),
        main_db: main,
        key_file,
        truth: truth_path,
        messages,
        rows: messages,
        wal_rows: 0,
        files,
        owner: script.owner_number(),
        needle: script.needle(),
    })
}

/// A file being written.
struct Out {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Out {
    fn create(path: &Path) -> Result<Self, ForgeError> {
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        let file = File::create(path).map_err(|source| ForgeError::File {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(1 << 18, file),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ForgeError> {
        self.file
            .write_all(bytes)
            .map_err(|source| ForgeError::File {
                path: self.path.clone(),
                source,
            })
    }

    fn finish(mut self) -> Result<PathBuf, ForgeError> {
        self.file.flush().map_err(|source| ForgeError::File {
            path: self.path.clone(),
            source,
        })?;
        Ok(self.path)
    }
}

impl TextEncoding {
    /// The bytes of a text.
    fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8WithMark | Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Gb18030 => encoding_rs::GB18030.encode(text).0.into_owned(),
        }
    }

    /// What stands at the beginning of a file.
    const fn mark(self) -> &'static str {
        match self {
            Self::Utf8WithMark | Self::Utf16Le | Self::Utf16Be => "\u{feff}",
            Self::Utf8 | Self::Gb18030 => "",
        }
    }
}
