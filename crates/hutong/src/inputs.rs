//! Finding chat history at a path, or in the places where messengers keep it.

use std::path::{Path, PathBuf};

use hutong_crypto::{KeyRing, OpenError};
use hutong_sources::{Input, ReadError, Recognition, SOURCES, Source};
use rustc_hash::FxHashSet;

use crate::Error;

/// Folders looked into below the path that the user named.
const MAX_DEPTH: usize = 5;
/// Folders looked at in all, so that a whole disk is not walked by mistake.
const MAX_FOLDERS: usize = 20_000;
/// Files offered one by one.
const MAX_FILES: usize = 20_000;
/// Archives that are opened inside the one that the user named, or below the folder.
const MAX_NESTED_ARCHIVES: usize = 2;
/// First bytes that tell pictures and films from what may be chat history.
const SNIFFED_BYTES: u64 = 512;
/// Words in the names of a phone's folders that are looked into first.
const CHAT_FOLDERS: &[&str] = &["tencent"];
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
/// The path itself decides when it is recognised; otherwise the folders, files and archives below are looked into.
///
/// # Errors
/// When there is nothing at the path, nothing that can be read, or no source of that name.
pub fn find_inputs(path: &Path, only: Option<&str>) -> Result<Vec<FoundInput>, Error> {
    find_inputs_with(path, only, &KeyRing::default(), false)
}

/// As [`find_inputs`]; encrypted phone backups are opened with the backup password among the keys. With `is_salvage`
/// databases that have lost their first page are given a new one (see [`Input::mended`]).
///
/// # Errors
/// As [`find_inputs`]; for an encrypted phone backup whose password is missing or wrong, when no source takes it as it is.
pub fn find_inputs_with(
    path: &Path,
    only: Option<&str>,
    keys: &KeyRing,
    is_salvage: bool,
) -> Result<Vec<FoundInput>, Error> {
    if let Some(id) = only
        && hutong_sources::source(id).is_none()
    {
        return Err(Error::NoSuchSource(id.to_owned()));
    }
    let input = input_at(path)?;
    let mut walk = Walk {
        only,
        keys,
        is_salvage,
        folders_left: MAX_FOLDERS,
        files_left: MAX_FILES,
        found: Vec::new(),
        claimed: FxHashSet::default(),
        locked: None,
    };
    walk.folder_or_file(&input, MAX_DEPTH, MAX_NESTED_ARCHIVES);
    let Walk {
        mut found, locked, ..
    } = walk;
    if found.iter().any(|input| input.is_certain) {
        found.retain(|input| input.is_certain);
    }
    if found.is_empty() {
        if let Some((input, source)) = locked {
            return Err(Error::Read {
                input,
                source: ReadError::Open {
                    file: match source {
                        OpenError::NoBackupPassword | OpenError::WrongBackupPassword => {
                            "Manifest.db".to_owned()
                        }
                        _ => path
                            .file_name()
                            .map(|name| name.to_string_lossy().into_owned())
                            .unwrap_or_default(),
                    },
                    source,
                },
            });
        }
        return Err(Error::NothingRecognized {
            path: path.to_owned(),
            looks_like: looks_like(path),
        });
    }
    Ok(found)
}

/// Those of the inputs that the words choose: the number that `inspect` shows, a source's id, or a part of the path or of the
/// description. Without words, all of them.
///
/// # Errors
/// [`Error::NothingChosen`] for a word that fits none.
pub fn choose_inputs(found: Vec<FoundInput>, words: &[String]) -> Result<Vec<FoundInput>, Error> {
    if words.is_empty() {
        return Ok(found);
    }
    let mut is_chosen = vec![false; found.len()];
    for word in words {
        let wanted = word.to_lowercase();
        let fits = |index: usize, input: &FoundInput| match word.parse::<usize>() {
            // Longer numbers are those of accounts.
            Ok(number) if word.len() <= 4 => number == index + 1,
            _ => {
                input.source.about().id == wanted
                    || input
                        .path
                        .to_string_lossy()
                        .to_lowercase()
                        .contains(&wanted)
                    || input.description.to_lowercase().contains(&wanted)
            }
        };
        let mut fits_any = false;
        for (index, (input, chosen)) in found.iter().zip(&mut is_chosen).enumerate() {
            if fits(index, input) {
                fits_any = true;
                *chosen = true;
            }
        }
        if !fits_any {
            return Err(Error::NothingChosen {
                word: word.clone(),
                found: found
                    .iter()
                    .enumerate()
                    .map(|(index, input)| {
                        let source = input.source.about().id;
                        format!("{} {} [{source}]", index + 1, input.path.display())
                    })
                    .collect(),
            });
        }
    }
    Ok(found
        .into_iter()
        .zip(is_chosen)
        .filter_map(|(input, is_chosen)| is_chosen.then_some(input))
        .collect())
}

/// The input at a path, which may lead into an archive (`backup.zip!/folder`).
fn input_at(path: &Path) -> Result<Input, Error> {
    let failed = |source| Error::Io {
        path: path.to_owned(),
        source,
    };
    let missing = || Error::NoSuchPath {
        path: path.to_owned(),
        nearest: nearest_existing(path),
    };
    if std::fs::symlink_metadata(path).is_ok() {
        return Input::open(path).map_err(failed);
    }
    let text = path.to_string_lossy().replace('\\', "/");
    let mut pieces = text.split("!/");
    let archive = pieces.next().unwrap_or_default();
    let archive = Path::new(archive.strip_suffix('!').unwrap_or(archive));
    if !archive.is_file() {
        return Err(missing());
    }
    let mut input = Input::open(archive).map_err(failed)?;
    for piece in pieces {
        if let Some(folder) = input.subfolder(piece) {
            input = folder;
        } else if let Some(inside) = input.archive(piece).ok().flatten() {
            input = inside;
        } else {
            input = input.single(piece).ok_or_else(missing)?;
        }
    }
    Ok(input)
}

/// Looks through folders, files and archives.
struct Walk<'a> {
    only: Option<&'a str>,
    keys: &'a KeyRing,
    is_salvage: bool,
    folders_left: usize,
    files_left: usize,
    found: Vec<FoundInput>,
    /// Files that an input that was found consists of.
    claimed: FxHashSet<PathBuf>,
    /// A phone backup that did not open, and why.
    locked: Option<(PathBuf, OpenError)>,
}

impl Walk<'_> {
    fn folder_or_file(&mut self, input: &Input, depth: usize, nested: usize) {
        let Some(left) = self.folders_left.checked_sub(1) else {
            return;
        };
        self.folders_left = left;
        if let Err(error) = input.unlock(self.keys) {
            self.locked.get_or_insert_with(|| (input.path(), error));
        }
        let mut is_certain = self.offer(input, input.only_file().is_none());
        if input.only_file().is_some() {
            is_certain = is_certain || self.renamed(input, true);
            if !is_certain {
                self.offer(input, true);
            }
            return;
        }
        let is_phone = input.phone_backup().is_some();
        // What stands in a phone's folders belongs to its programs; sources know what of it is theirs.
        if !is_phone {
            self.loose_files(input, depth, nested, is_certain);
        }
        if depth == 0 || is_certain {
            return;
        }
        let mut names = input.folder_names("");
        if is_phone {
            // Of hundreds of programs' folders those come first in which chats are likely.
            names.sort_by_key(|name| !CHAT_FOLDERS.iter().any(|word| name.contains(word)));
        }
        for name in names {
            // A folder that may not be entered is not an account of this user.
            if !MEDIA_FOLDERS.contains(&name.to_ascii_lowercase().as_str())
                && let Some(folder) = input.subfolder(&name)
            {
                self.folder_or_file(&folder, depth - 1, nested);
            }
        }
    }

    /// Offers the files of a folder one by one, and looks into its archives.
    fn loose_files(&mut self, input: &Input, depth: usize, nested: usize, is_certain: bool) {
        for name in input.file_names("") {
            if self.claimed.contains(&input.root().join(&name)) {
                continue;
            }
            let Some(left) = self.files_left.checked_sub(1) else {
                return;
            };
            self.files_left = left;
            let head = input.first_bytes(&name, SNIFFED_BYTES).unwrap_or_default();
            let is_media = hutong_media::sniff(&head).is_some_and(|kind| {
                ["image/", "audio/", "video/"]
                    .iter()
                    .any(|family| kind.as_str().starts_with(family))
            });
            if head.is_empty() || is_media {
                continue;
            }
            let Some(file) = input.single(&name) else {
                continue;
            };
            if self.offer(&file, !is_certain) || self.renamed(&file, false) || nested == 0 {
                continue;
            }
            // An archive that cannot be read is not the input that was asked for.
            if let Ok(Some(inside)) = input.archive(&name) {
                self.folder_or_file(&inside, depth, nested - 1);
            }
        }
    }

    /// Offers a file that no source knows by its name under the name that its tables tell; says whether one is sure. Why
    /// it does not open is kept only for the file that the user named.
    fn renamed(&mut self, file: &Input, is_named: bool) -> bool {
        match hutong_sources::by_content(file, self.keys) {
            Ok(Some(renamed)) => {
                let before = self.found.len();
                let is_sure = self.offer(&renamed, true);
                for found in self.found.iter_mut().skip(before) {
                    found.path = file.path();
                }
                is_sure
            }
            Err(error @ (OpenError::NoKey | OpenError::WrongKey { .. })) if is_named => {
                self.locked.get_or_insert_with(|| (file.path(), error));
                false
            }
            _ => false,
        }
    }

    /// Offers an input to every source; says whether one is sure. Several sources can find something of theirs in one place,
    /// as long as they read different files of it.
    fn offer(&mut self, input: &Input, with_guesses: bool) -> bool {
        let mut is_certain = false;
        for source in SOURCES
            .iter()
            .copied()
            .filter(|source| self.only.is_none_or(|id| source.about().id == id))
        {
            let mended = (self.is_salvage && !source.lost_tables().is_empty())
                .then(|| input.mended(source.lost_tables()));
            let input = mended.as_ref().unwrap_or(input);
            let (description, is_sure) = match source.recognize(input) {
                Recognition::No => continue,
                Recognition::Maybe(why) => (why, false),
                Recognition::Yes(what) => (what, true),
            };
            if !is_sure && (is_certain || !with_guesses) {
                continue;
            }
            if is_sure {
                let files = source.files(input);
                let files: Vec<_> = files.iter().map(|file| input.root().join(file)).collect();
                let is_taken = files.iter().any(|file| self.claimed.contains(file));
                if is_taken || (is_certain && files.is_empty()) {
                    continue;
                }
                self.claimed.extend(files);
            }
            is_certain |= is_sure;
            let input = input.again();
            self.found.push(FoundInput {
                source,
                path: input.path(),
                input,
                description,
                is_certain: is_sure,
            });
        }
        is_certain
    }
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
