//! Finding chat history at a path, or in the places where messengers keep it.

use std::path::{Path, PathBuf};

use hutong_sources::{Input, Recognition, SOURCES, Source};

use crate::Error;

/// Folders looked into below the path that the user named.
const MAX_DEPTH: usize = 5;
/// Folders looked at in all, so that a whole disk is not walked by mistake.
const MAX_FOLDERS: usize = 20_000;
/// Folders that hold media, never accounts.
const MEDIA_FOLDERS: &[&str] = &[
    "attach",
    "nt_data",
    "cache",
    "video",
    "file",
    "temp",
    "node_modules",
    ".git",
];

/// Something that a source reads.
pub struct FoundInput {
    /// The source.
    pub source: &'static dyn Source,
    /// The folder or file.
    pub input: Input,
    /// Where it is.
    pub path: PathBuf,
    /// What the source says it is.
    pub description: String,
    /// Whether the source is sure.
    pub is_certain: bool,
}

impl std::fmt::Debug for FoundInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FoundInput")
            .field("source", &self.source.about().id)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Everything at or below a path that some source reads; `only` restricts to one source.
///
/// The path itself decides when it is recognised; otherwise the folders below are looked into.
///
/// # Errors
/// When there is nothing at the path, nothing that can be read, or no source of that name.
pub fn find_inputs(path: &Path, only: Option<&str>) -> Result<Vec<FoundInput>, Error> {
    if let Some(id) = only
        && hutong_sources::source(id).is_none()
    {
        return Err(Error::NoSuchSource(id.to_owned()));
    }
    if std::fs::symlink_metadata(path).is_err() {
        return Err(Error::NoSuchPath {
            path: path.to_owned(),
            nearest: nearest_existing(path),
        });
    }
    let mut found = Vec::new();
    let mut budget = MAX_FOLDERS;
    walk(path, only, MAX_DEPTH, &mut budget, &mut found)?;
    if found.iter().any(|input| input.is_certain) {
        found.retain(|input| input.is_certain);
    }
    if found.is_empty() {
        return Err(Error::NothingRecognized {
            path: path.to_owned(),
            looks_like: looks_like(path),
        });
    }
    Ok(found)
}

fn walk(
    path: &Path,
    only: Option<&str>,
    depth: usize,
    budget: &mut usize,
    found: &mut Vec<FoundInput>,
) -> Result<(), Error> {
    let Some(left) = budget.checked_sub(1) else {
        return Ok(());
    };
    *budget = left;
    let input = Input::open(path).map_err(|source| Error::Io {
        path: path.to_owned(),
        source,
    })?;
    for source in SOURCES
        .iter()
        .copied()
        .filter(|source| only.is_none_or(|id| source.about().id == id))
    {
        let (description, is_certain) = match source.recognize(&input) {
            Recognition::No => continue,
            Recognition::Maybe(why) => (why, false),
            Recognition::Yes(what) => (what, true),
        };
        let input = Input::open(path).map_err(|source| Error::Io {
            path: path.to_owned(),
            source,
        })?;
        found.push(FoundInput {
            source,
            input,
            path: path.to_owned(),
            description,
            is_certain,
        });
        if is_certain {
            return Ok(());
        }
    }
    if depth == 0 || input.only_file().is_some() {
        return Ok(());
    }
    for name in input.folder_names("") {
        if !MEDIA_FOLDERS.contains(&name.to_ascii_lowercase().as_str()) {
            // A folder that may not be entered is not an account of this user.
            let _ = walk(&path.join(name), only, depth - 1, budget, found);
        }
    }
    Ok(())
}

/// What a single file looks like by its first bytes.
fn looks_like(path: &Path) -> Option<String> {
    use std::io::Read;
    let mut head = Vec::new();
    std::fs::File::open(path)
        .ok()?
        .take(512)
        .read_to_end(&mut head)
        .ok()?;
    if head.is_empty() {
        return Some("an empty file".to_owned());
    }
    hutong_media::sniff(&head).map(|kind| kind.as_str().to_owned())
}

/// The nearest folder above a path that exists.
#[must_use]
pub fn nearest_existing(path: &Path) -> PathBuf {
    path.ancestors()
        .skip(1)
        .find(|folder| folder.is_dir())
        .map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// The places where messengers keep accounts, of all sources, below a home folder; only those that exist.
///
/// `*` in a place stands for any one folder name.
#[must_use]
pub fn usual_places(home: &Path) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for pattern in SOURCES
        .iter()
        .flat_map(|source| source.about().usual_places)
    {
        let mut matched = vec![home.to_owned()];
        for piece in pattern.split('/').filter(|piece| !piece.is_empty()) {
            matched = matched
                .iter()
                .flat_map(|folder| step(folder, piece))
                .collect();
        }
        places.extend(matched);
    }
    places.sort();
    places.dedup();
    places
}

fn step(folder: &Path, piece: &str) -> Vec<PathBuf> {
    if !piece.contains('*') {
        let next = folder.join(piece);
        return if next.is_dir() {
            vec![next]
        } else {
            Vec::new()
        };
    }
    let (before, after) = piece.split_once('*').unwrap_or((piece, ""));
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.len() >= before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
        })
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}
