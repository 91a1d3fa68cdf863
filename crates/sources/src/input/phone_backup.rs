//! A backup of an iPhone as iTunes or Finder makes it: files under the digests of their names, listed in a manifest.
//!
//! It is shown as its domains, `<domain>/<path>`, and read where it lies. What is known of the format stands in
//! `wechat_ios/FORMAT.md`.

mod encrypted;
mod manifest;

use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hutong_crypto::{KeyRing, Keybag, OpenError, OpenKeybag};
use hutong_sqlite::ReadAt;
use plist::{Dictionary, Value};

use self::encrypted::Decrypted;
use self::manifest::{Manifest, Member};
use super::joined;
use super::store::{Entry, Store};
use crate::keyed_archive::property_list;

/// Files that stand beside the backed-up ones.
const BESIDE: &[&str] = &[
    "Manifest.db",
    "Manifest.mbdb",
    "Manifest.plist",
    "Info.plist",
    "Status.plist",
];
/// Property lists beside the files are not larger than this.
const MAX_LIST_BYTES: u64 = 64 << 20;

/// Whether a file of this name says that its folder is a backup.
pub(super) fn is_part(name: &str) -> bool {
    BESIDE.contains(&name)
}

/// What a phone backup says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhoneBackup {
    /// Whether its files are encrypted with a backup password.
    pub is_encrypted: bool,
    /// Whether the password is still needed to see what is in it.
    pub is_locked: bool,
    /// Version of the phone's system, such as `17.4`.
    pub system_version: Option<String>,
    /// Bundle ids of the installed programs, such as `com.tencent.xin`, where they are listed.
    pub programs: Vec<String>,
}

/// A phone backup.
pub(super) struct Backup {
    store: Arc<dyn Store>,
    /// The backup's folder inside the store.
    below: String,
    root: PathBuf,
    about: PhoneBackup,
    lists: Lists,
    open: OnceLock<Open>,
    /// Digests of passwords that were tried in vain: trying one takes seconds.
    wrong: Mutex<HashSet<[u8; 32]>>,
}

/// What `Manifest.plist` holds for opening the rest.
struct Lists {
    keybag: Option<Vec<u8>>,
    manifest_key: Option<Vec<u8>>,
}

/// A backup whose manifest can be read.
struct Open {
    manifest: Manifest,
    keys: Option<OpenKeybag>,
}

impl Backup {
    /// The backup in the folder `below` of a store; nothing when there is none.
    pub(super) fn open(store: Arc<dyn Store>, below: &str, root: &Path) -> Option<Self> {
        let has = |name: &str| store.size_bytes(&joined(below, name)).is_ok();
        if !has("Manifest.plist") || !(has("Manifest.db") || has("Manifest.mbdb")) {
            return None;
        }
        let list = |name: &str| -> Option<Dictionary> {
            let mut bytes = Vec::new();
            store
                .stream(&joined(below, name))
                .ok()?
                .take(MAX_LIST_BYTES)
                .read_to_end(&mut bytes)
                .ok()?;
            property_list(&bytes)?.into_dictionary()
        };
        // A damaged list still leaves what the manifest itself says.
        let about = list("Manifest.plist").unwrap_or_default();
        let info = list("Info.plist").unwrap_or_default();
        let is_encrypted = about
            .get("IsEncrypted")
            .and_then(Value::as_boolean)
            .unwrap_or(false);
        let lockdown = about.get("Lockdown").and_then(Value::as_dictionary);
        let version = lockdown
            .and_then(|lockdown| lockdown.get("ProductVersion"))
            .or_else(|| info.get("Product Version"))
            .and_then(Value::as_string);
        let mut programs: Vec<String> = about
            .get("Applications")
            .and_then(Value::as_dictionary)
            .map(|programs| programs.keys().cloned().collect())
            .unwrap_or_default();
        let installed = info.get("Installed Applications").and_then(Value::as_array);
        programs.extend(
            installed
                .into_iter()
                .flatten()
                .filter_map(|program| program.as_string().map(str::to_owned)),
        );
        programs.sort();
        programs.dedup();
        let bytes = |name: &str| about.get(name).and_then(Value::as_data).map(<[u8]>::to_vec);
        let backup = Self {
            below: below.to_owned(),
            root: root.to_owned(),
            about: PhoneBackup {
                is_encrypted,
                is_locked: is_encrypted,
                system_version: version.map(str::to_owned),
                programs,
            },
            lists: Lists {
                keybag: bytes("BackupKeyBag"),
                manifest_key: bytes("ManifestKey"),
            },
            store,
            open: OnceLock::new(),
            wrong: Mutex::default(),
        };
        if !is_encrypted {
            let manifest = backup.manifest(None).ok()?;
            let _ = backup.open.set(Open {
                manifest,
                keys: None,
            });
        }
        Some(backup)
    }

    /// Reads the manifest, decrypted where it must be.
    fn manifest(&self, keys: Option<&OpenKeybag>) -> io::Result<Manifest> {
        let file = |name: &str| self.store.open(&joined(&self.below, name));
        let beside: Vec<String> = BESIDE
            .iter()
            .filter(|name| self.store.size_bytes(&joined(&self.below, name)).is_ok())
            .map(|name| (*name).to_owned())
            .collect();
        let Ok(database) = file("Manifest.db") else {
            return manifest::read_old(&*file("Manifest.mbdb")?, &beside);
        };
        let locked = keys.zip(self.lists.manifest_key.as_deref());
        let database: Arc<dyn ReadAt> = match locked {
            Some((keys, wrapped)) => {
                let key = keys
                    .file_key(wrapped)
                    .ok_or_else(|| damaged("the key of Manifest.db does not open"))?;
                let length = database.len()?;
                Arc::new(Decrypted::new(database, key, Some(length))?)
            }
            None => database,
        };
        let log = file("Manifest.db-wal").ok().filter(|_| locked.is_none());
        manifest::read(database, log, &beside)
    }

    fn try_password(&self, password: &str) -> Result<bool, OpenError> {
        let digest = *blake3::hash(password.as_bytes()).as_bytes();
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if self.open.get().is_some() {
            return Ok(true);
        }
        if wrong.contains(&digest) {
            return Ok(false);
        }
        let keybag = self.lists.keybag.as_deref().unwrap_or_default();
        let keybag = Keybag::parse(keybag).map_err(io::Error::other)?;
        let Ok(keys) = keybag.unlock(password) else {
            wrong.insert(digest);
            return Ok(false);
        };
        let manifest = self.manifest(Some(&keys))?;
        let _ = self.open.set(Open {
            manifest,
            keys: Some(keys),
        });
        Ok(true)
    }

    /// Where a file of the backup lies in the store, and how long it is there.
    fn place(&self, member: &Member) -> io::Result<(String, u64)> {
        let id = match member {
            Member::Beside(name) => {
                let path = joined(&self.below, name);
                let size = self.store.size_bytes(&path)?;
                return Ok((path, size));
            }
            Member::Row { id, .. } | Member::Old { id, .. } => hex::encode(id),
        };
        let spread = format!("{}/{id}", id.get(..2).unwrap_or_default());
        let spread = joined(&self.below, &spread);
        match self.store.size_bytes(&spread) {
            Ok(size) => Ok((spread, size)),
            // Backups before iOS 10 keep all files side by side.
            Err(_) => {
                let flat = joined(&self.below, &id);
                let size = self.store.size_bytes(&flat)?;
                Ok((flat, size))
            }
        }
    }

    fn known(&self, path: &str) -> io::Result<(&Open, &Member)> {
        let open = self
            .open
            .get()
            .ok_or_else(|| io::Error::other("the phone backup is locked"))?;
        Ok((open, open.manifest.tree.get(path)?))
    }

    fn opened(&self, path: &str) -> io::Result<Arc<dyn ReadAt>> {
        let (open, member) = self.known(path)?;
        let file = self.store.open(&self.place(member)?.0)?;
        let (Some(keys), false) = (&open.keys, matches!(member, Member::Beside(_))) else {
            return Ok(file);
        };
        let details = open.manifest.details(member)?;
        // Empty files have no key.
        let Some(wrapped) = details.wrapped_key else {
            return Ok(file);
        };
        let key = keys
            .file_key(&wrapped)
            .ok_or_else(|| damaged("the file's key does not open"))?;
        Ok(Arc::new(Decrypted::new(file, key, details.size_bytes)?))
    }
}

fn damaged(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.to_owned())
}

impl Store for Backup {
    fn root(&self) -> &Path {
        &self.root
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Entry>> {
        if let Some(open) = self.open.get() {
            return Ok(open.manifest.tree.list(folder));
        }
        if !folder.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut entries: Vec<Entry> = BESIDE
            .iter()
            .filter(|name| self.store.size_bytes(&joined(&self.below, name)).is_ok())
            .map(|name| Entry {
                name: (*name).to_owned(),
                is_folder: false,
            })
            .collect();
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn size_bytes(&self, path: &str) -> io::Result<u64> {
        if self.open.get().is_none() && is_part(path) {
            return self.store.size_bytes(&joined(&self.below, path));
        }
        let (open, member) = self.known(path)?;
        let (_, stored) = self.place(member)?;
        if open.keys.is_none() || matches!(member, Member::Beside(_)) {
            return Ok(stored);
        }
        let details = open.manifest.details(member)?;
        Ok(match (details.wrapped_key, details.size_bytes) {
            (Some(_), Some(size)) => size.min(stored),
            (Some(_), None) => self.opened(path)?.len()?,
            (None, _) => stored,
        })
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn ReadAt>> {
        if self.open.get().is_none() && is_part(path) {
            return self.store.open(&joined(&self.below, path));
        }
        self.opened(path)
    }

    fn above(&self) -> Option<Arc<dyn Store>> {
        None
    }

    fn unlock(&self, keys: &KeyRing) -> Result<(), OpenError> {
        if self.open.get().is_some() {
            return Ok(());
        }
        // A password that was given as such is the only one tried; any key may be meant as one.
        let given = match keys.backup_password() {
            Some(password) => vec![password],
            None => keys.texts(),
        };
        if given.is_empty() {
            return Err(OpenError::NoBackupPassword);
        }
        for password in given {
            if self.try_password(password)? {
                return Ok(());
            }
        }
        Err(OpenError::WrongBackupPassword)
    }

    fn backup(&self) -> Option<PhoneBackup> {
        let mut about = self.about.clone();
        about.is_locked = self.open.get().is_none();
        Some(about)
    }

    fn notes(&self) -> Vec<String> {
        self.open
            .get()
            .map(|open| open.manifest.notes.clone())
            .unwrap_or_default()
    }
}
