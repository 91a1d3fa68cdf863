//! Looks at what was dropped or named: what it is, and whether the keys at hand open it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutong::sources::{Inspection, ReadError, ReadOptions};
use hutong::{FoundInput, KeyRing, OpenError};

use super::{Typed, key_help};
use crate::jobs::Told;

/// How an input stands with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyState {
    /// It takes none.
    NotNeeded,
    /// It takes one, and none was given.
    Missing,
    /// The one given opens nothing of it.
    Wrong,
    /// The one given opens some files only.
    Partly {
        /// Files that open.
        open: usize,
        /// Files that are encrypted.
        of: usize,
    },
    /// The key opens it.
    Fits,
}

impl KeyState {
    /// Whether reading can begin.
    pub(crate) const fn may_read(self) -> bool {
        matches!(self, Self::NotNeeded | Self::Partly { .. } | Self::Fits)
    }
}

/// An input that was found.
#[derive(Clone)]
pub(crate) struct Item {
    /// The input.
    pub(crate) found: Arc<FoundInput>,
    /// Where it is, as the person knows it.
    pub(crate) label: String,
    /// What was seen inside.
    pub(crate) inspection: Inspection,
    /// Why nothing was seen.
    pub(crate) trouble: Option<Told>,
    /// How it stands with its key.
    pub(crate) key_state: KeyState,
    /// Whether it will be read.
    pub(crate) is_chosen: bool,
    /// Keys given for it.
    pub(crate) keys: KeyRing,
    /// Their text, for telling an unchanged input.
    pub(crate) typed: Typed,
    /// The owner's native id, where the person named it.
    pub(crate) account: String,
}

/// What a look gave.
#[derive(Default)]
pub(crate) struct Looked {
    /// Inputs.
    pub(crate) items: Vec<Item>,
    /// Why nothing could be found: an encrypted phone backup or database, whose key comes first.
    pub(crate) locked: Option<Told>,
}

impl Looked {
    /// Finds and inspects everything at a path. `below` is left out of what inputs are called.
    pub(crate) fn at(
        root: &Path,
        below: Option<&Path>,
        unlock: (&KeyRing, &Typed),
        is_salvage: bool,
    ) -> Result<Self, hutong::Error> {
        let (keys, typed) = unlock;
        let found = match hutong::find_inputs_with(root, None, keys, is_salvage) {
            Err(error @ hutong::Error::Read { .. }) if is_about_keys(&error) => {
                return Ok(Self {
                    items: Vec::new(),
                    locked: Some(Told::new(&error)),
                });
            }
            other => other?,
        };
        let items = found
            .into_iter()
            .map(|mut found| {
                let label = label(&found.path, below);
                if below.is_some() {
                    // Reports name what was dropped, not where it waited.
                    found.path = PathBuf::from(&label);
                }
                let mut item = Item {
                    is_chosen: found.is_certain,
                    found: Arc::new(found),
                    label,
                    inspection: Inspection::default(),
                    trouble: None,
                    key_state: KeyState::NotNeeded,
                    keys: keys.clone(),
                    typed: typed.clone(),
                    account: String::new(),
                };
                let result = inspect(&item.found, keys, &item.account);
                item.take(result);
                item
            })
            .collect();
        Ok(Self {
            items,
            locked: None,
        })
    }
}

/// Looks into an input with these keys.
pub(crate) fn inspect(
    found: &FoundInput,
    keys: &KeyRing,
    account: &str,
) -> Result<Inspection, ReadError> {
    let options = ReadOptions {
        keys: keys.clone(),
        account: Some(account.to_owned()).filter(|text| !text.is_empty()),
        ..ReadOptions::default()
    };
    found.source.inspect(&found.input, &options)
}

impl Item {
    /// Adds keys to those that were given before: what is inside an encrypted backup may take a key of its own besides the
    /// backup's password, and they are typed one after the other. Of two of one kind the later one counts.
    pub(crate) fn give(&mut self, keys: &KeyRing, typed: &Typed) {
        self.keys = std::mem::take(&mut self.keys).renewed(keys.clone());
        self.typed.renew(typed);
    }

    /// Takes over what a look with its keys gave.
    pub(crate) fn take(&mut self, result: Result<Inspection, ReadError>) {
        let takes_key = !key_help::of(self.found.source.about().id).fields.is_empty();
        let was_given = !self.keys.is_empty();
        match result {
            Ok(inspection) => {
                self.key_state = if takes_key {
                    state(&inspection, was_given)
                } else {
                    KeyState::NotNeeded
                };
                self.inspection = inspection;
                self.trouble = None;
            }
            Err(error) => {
                self.key_state = match &error {
                    ReadError::Open { source, .. } if is_key_error(source) && was_given => {
                        KeyState::Wrong
                    }
                    ReadError::Open { source, .. } if is_key_error(source) => KeyState::Missing,
                    _ => KeyState::NotNeeded,
                };
                self.trouble = Some(Told::new(&hutong::Error::Read {
                    input: self.found.path.clone(),
                    source: error,
                }));
            }
        }
    }

    /// Bytes of the files that matter.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.inspection
            .files
            .iter()
            .map(|file| file.size_bytes)
            .sum()
    }

    /// Whether any of its files is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.inspection.files.iter().any(|file| file.is_encrypted)
    }
}

fn state(inspection: &Inspection, was_given: bool) -> KeyState {
    let encrypted = inspection.files.iter().filter(|file| file.is_encrypted);
    let of = encrypted.clone().count();
    let open = encrypted.filter(|file| file.key_fits == Some(true)).count();
    match (open, of) {
        (_, 0) => KeyState::NotNeeded,
        (open, of) if open == of => KeyState::Fits,
        (0, _) if was_given => KeyState::Wrong,
        (0, _) => KeyState::Missing,
        (open, of) => KeyState::Partly { open, of },
    }
}

const fn is_key_error(error: &OpenError) -> bool {
    matches!(
        error,
        OpenError::NoKey
            | OpenError::WrongKey { .. }
            | OpenError::KeyOfAnotherFile
            | OpenError::ImageKeyGiven
            | OpenError::NoBackupPassword
            | OpenError::WrongBackupPassword
    )
}

fn is_about_keys(error: &hutong::Error) -> bool {
    matches!(error, hutong::Error::Read { source: ReadError::Open { source, .. }, .. } if is_key_error(source))
}

/// What to call an input: its path, for uploads without the place where they wait.
fn label(path: &Path, below: Option<&Path>) -> String {
    let canonical = below.and_then(|folder| folder.canonicalize().ok());
    let short = [below, canonical.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|folder| path.strip_prefix(folder).ok())
        .map(PathBuf::from);
    match short {
        Some(short) if short.as_os_str().is_empty() => "upload".to_owned(),
        Some(short) => short.to_string_lossy().into_owned(),
        None => path.to_string_lossy().into_owned(),
    }
}
