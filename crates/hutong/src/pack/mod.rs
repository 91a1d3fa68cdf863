//! Packs: a selection as files that go through where somebody wants to send them.
//!
//! A pack is a folder. Every file in it is within the target's limit; what is larger is cut into numbered pieces that a
//! page without any program, or one command, joins again. What the target cannot hold is said before anything is written,
//! and nothing leaves that the chat itself did not show.

mod discreet;
mod files;
mod losses;
mod pieces;
mod target;
mod words;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use hutong_archive::{Archive, Progress, Selection};
use hutong_model::{ConversationId, Message, NameTable, Timestamp};
use hutong_sinks::{Language, Options, Output, WriteError};
use rustc_hash::FxHashSet;

use crate::{ArchiveBlobs, Error, ExportRequest, WxgfDecoder, export};
use discreet::Discretion;

pub use losses::{PackLoss, PackReport};
pub use target::{PackTarget, TargetError, pack_target, pack_targets, parse_size};

/// What a chat becomes in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PackForm {
    /// Web pages, each one file.
    Page,
    /// Long pictures.
    Pictures,
    /// Books.
    Pdf,
    /// The attachments as they are: films and files beside pages, everything when they are all there is.
    Files,
}

impl PackForm {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Page, Self::Pictures, Self::Pdf, Self::Files];

    /// Short name, as in `--as page`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Pictures => "pictures",
            Self::Pdf => "pdf",
            Self::Files => "files",
        }
    }

    /// The format that writes it; attachments are copied without one.
    #[must_use]
    pub const fn format(self) -> Option<&'static str> {
        match self {
            Self::Page => Some("page"),
            Self::Pictures => Some("png"),
            Self::Pdf => Some("pdf"),
            Self::Files => None,
        }
    }

    /// Name of its folder in the pack.
    const fn folder(self, language: Language) -> &'static str {
        match self {
            Self::Page => language.pick("聊天记录", "chats"),
            Self::Pictures => language.pick("长图", "pictures"),
            Self::Pdf => language.pick("PDF", "pdf"),
            Self::Files => language.pick("附件", "files"),
        }
    }
}

/// What to pack and how.
pub struct PackRequest<'a> {
    /// Where it will go.
    pub target: PackTarget,
    /// What it becomes.
    pub forms: Vec<PackForm>,
    /// Which messages.
    pub selection: Selection,
    /// Keep account ids, private remarks and the like.
    pub keeps_accounts: bool,
    /// Language of labels.
    pub language: Language,
    /// Zone of the times shown.
    pub zone: jiff::tz::TimeZone,
    /// When, for footers.
    pub generated_at: Option<Timestamp>,
    /// Decodes wxgf pictures.
    pub wxgf: Option<WxgfDecoder>,
    /// Seen and steered from outside.
    pub progress: &'a Progress,
}

impl std::fmt::Debug for PackRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackRequest")
            .field("target", &self.target.id)
            .field("forms", &self.forms)
            .finish_non_exhaustive()
    }
}

/// What a pack became.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// Files, all of them within the limit.
    pub files: u64,
    /// Bytes in all of them together.
    pub bytes: u64,
    /// Files that were cut into pieces.
    pub cut: u64,
    /// Attachments whose bytes are not to be had.
    pub attachments_missing: u64,
}

/// Says what the pack will lose, kind by kind; writes nothing.
///
/// # Errors
/// When the archive cannot be read, or a form is asked for that this program was built without.
pub fn pack_report(
    archive: &Archive,
    names: &NameTable,
    request: &PackRequest<'_>,
) -> Result<PackReport, Error> {
    losses::count(archive, names, request)
}

/// Writes a pack into a folder that does not exist yet or is empty.
///
/// # Errors
/// When something stands in the way, the archive cannot be read or the folder not written, or the user stopped it; nothing
/// half-made is left.
pub fn pack(
    archive: &Archive,
    names: &NameTable,
    request: &PackRequest<'_>,
    report: &PackReport,
    folder: &Path,
) -> Result<Packed, Error> {
    let stage = Stage::begin(folder)?;
    let mut key = [0; 32];
    getrandom::fill(&mut key)
        .map_err(|error| io_error(folder, std::io::Error::other(error.to_string())))?;
    let conversations: FxHashSet<ConversationId> =
        report.conversation_ids.iter().copied().collect();
    let ids = discreet::ids_of(names);
    let discreet = |message: &mut Message| discreet::scrub(message, &ids);
    let edit: Option<&(dyn Fn(&mut Message) + Sync)> = if request.keeps_accounts {
        None
    } else {
        Some(&discreet)
    };
    let shown;
    let names = if request.keeps_accounts {
        names
    } else {
        shown = Discretion::new(key).names(names, &report.speakers, &conversations);
        &shown
    };
    let mut packed = Packed::default();
    for form in &request.forms {
        let place = stage.path.join(form.folder(request.language));
        match form.format() {
            Some(format) => {
                let written = export_form(archive, names, request, edit, format, place)?;
                packed.attachments_missing =
                    packed.attachments_missing.max(written.attachments_missing);
            }
            None => {
                let blobs = ArchiveBlobs::new(archive, request.wxgf.clone())?;
                let is_alone = request.forms.len() == 1;
                let missing = files::copy(archive, names, request, &blobs, &place, is_alone)?;
                packed.attachments_missing = packed.attachments_missing.max(missing);
            }
        }
    }
    let cut = pieces::cut_large_files(&stage.path, request.target.file_bytes, request.progress)?;
    packed.cut = cut.len() as u64;
    if !cut.is_empty() {
        let page = pieces::join_page(&cut, request.language);
        let name = request.language.pick("合并.html", "join.html");
        write_file(&stage.path.join(name), page.as_bytes())?;
    }
    let sums = pieces::sums(&stage.path, request.progress)?;
    let read_me = words::read_me(request, report, &cut, &sums);
    write_file(
        &stage
            .path
            .join(request.language.pick("先看我.txt", "READ ME FIRST.txt")),
        read_me.as_bytes(),
    )?;
    let list: String = sums
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256, file.name))
        .collect();
    write_file(&stage.path.join("SHA256SUMS.txt"), list.as_bytes())?;
    packed.files = sums.len() as u64 + 2;
    packed.bytes =
        sums.iter().map(|file| file.bytes).sum::<u64>() + list.len() as u64 + read_me.len() as u64;
    stage.finish(folder)?;
    Ok(packed)
}

fn export_form(
    archive: &Archive,
    names: &NameTable,
    request: &PackRequest<'_>,
    edit: Option<&(dyn Fn(&mut Message) + Sync)>,
    format: &str,
    place: PathBuf,
) -> Result<hutong_sinks::Written, Error> {
    export(
        archive,
        names,
        ExportRequest {
            format,
            selection: request.selection.clone(),
            output: Output::Folder(place),
            language: request.language,
            zone: request.zone.clone(),
            title: request.language.pick("聊天记录", "Chat history").to_owned(),
            generated_at: request.generated_at,
            options: Options {
                part_bytes: Some(request.target.file_bytes),
                ..Options::default()
            },
            wxgf: request.wxgf.clone(),
            edit,
            progress: request.progress,
        },
    )
}

/// The pack while it is made, beside its place.
struct Stage {
    path: PathBuf,
    is_done: bool,
}

impl Stage {
    fn begin(folder: &Path) -> Result<Self, Error> {
        let is_taken = match fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_some(),
            Err(_) => folder.exists(),
        };
        if is_taken {
            return Err(WriteError::Exists(folder.to_owned()).into());
        }
        let mut name = folder
            .file_name()
            .ok_or_else(|| WriteError::Exists(folder.to_owned()))?
            .to_owned();
        name.push(".part");
        let path = folder.with_file_name(name);
        if let Some(parent) = folder
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            fs::create_dir_all(parent).map_err(|error| io_error(parent, error))?;
        }
        // What a run before this one left when the machine went down.
        if path.exists() {
            fs::remove_dir_all(&path).map_err(|error| io_error(&path, error))?;
        }
        fs::create_dir(&path).map_err(|error| io_error(&path, error))?;
        Ok(Self {
            path,
            is_done: false,
        })
    }

    fn finish(mut self, folder: &Path) -> Result<(), Error> {
        if folder.exists() {
            fs::remove_dir(folder).map_err(|error| io_error(folder, error))?;
        }
        fs::rename(&self.path, folder).map_err(|error| io_error(folder, error))?;
        self.is_done = true;
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.is_done {
            // Nothing better can be done with an error here.
            drop(fs::remove_dir_all(&self.path));
        }
    }
}

fn io_error(path: &Path, source: std::io::Error) -> Error {
    WriteError::Io {
        path: path.to_owned(),
        source,
    }
    .into()
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|error| io_error(path, error))
}

fn check_stop(progress: &Progress) -> Result<(), Error> {
    if progress.stop.load(Ordering::Relaxed) {
        return Err(Error::Cancelled);
    }
    Ok(())
}
