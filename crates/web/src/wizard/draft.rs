//! Drafts of imports.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hutong::{AttachmentMode, KeyRing};

use super::Typed;
use super::look::{Item, Looked};
use crate::jobs::{Chosen, Options, Told};
use crate::site::lock;
use crate::uploads::{BatchId, Uploads};
use crate::{Failure, Site};

/// Drafts at one time; the oldest gives way.
const MAX_DRAFTS: usize = 32;
/// A draft that nobody touched for so long is wiped, with the keys in it.
const KEPT_MS: i64 = 2 * 60 * 60 * 1000;

/// Where the files are.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// On this machine, at a path that the person named.
    Path(PathBuf),
    /// Uploaded.
    Batch(BatchId),
}

/// One import on its way.
pub(crate) struct Draft {
    /// Where the files are.
    pub(crate) place: Place,
    /// Inputs that were found.
    pub(crate) items: Vec<Item>,
    /// Why nothing was found yet.
    pub(crate) locked: Option<Told>,
    /// Databases without a first page are given a new one.
    pub(crate) is_salvage: bool,
    /// What to do with what is read.
    pub(crate) options: Options,
    /// Whether the inputs were chosen.
    pub(crate) is_settled: bool,
    touched_ms: i64,
}

impl Draft {
    /// Looks at a place for the first time. Blocks.
    pub(crate) fn begin(site: &Site, place: Place) -> Result<Self, Failure> {
        let mut draft = Self {
            place,
            items: Vec::new(),
            locked: None,
            is_salvage: false,
            options: Options {
                zone: None,
                keep_raw: false,
                attachments: AttachmentMode::Copy,
            },
            is_settled: false,
            touched_ms: site.now_ms(),
        };
        draft.look(site, &KeyRing::default(), &Typed::default())?;
        Ok(draft)
    }

    /// Looks once more, with keys for what encloses the inputs. Blocks.
    pub(crate) fn look(
        &mut self,
        site: &Site,
        keys: &KeyRing,
        typed: &Typed,
    ) -> Result<(), Failure> {
        let (root, below) = match &self.place {
            Place::Path(path) => (path.clone(), None),
            Place::Batch(batch) => {
                let folder = site.uploads().files_folder(batch);
                (dropped(&folder), Some(folder))
            }
        };
        let looked = Looked::at(&root, below.as_deref(), (keys, typed), self.is_salvage)?;
        self.items = looked.items;
        self.locked = looked.locked;
        Ok(())
    }

    /// The batch that its files were uploaded in.
    pub(crate) const fn batch(&self) -> Option<&BatchId> {
        match &self.place {
            Place::Path(_) => None,
            Place::Batch(batch) => Some(batch),
        }
    }

    /// The first chosen input that still takes a key.
    pub(crate) fn first_locked(&self) -> Option<usize> {
        self.items
            .iter()
            .position(|item| item.is_chosen && !item.key_state.may_read())
    }

    /// What was chosen, for a job.
    pub(crate) fn chosen(&self) -> Vec<Chosen> {
        self.items
            .iter()
            .filter(|item| item.is_chosen)
            .map(|item| Chosen {
                found: item.found.clone(),
                label: item.label.clone(),
                keys: item.keys.clone(),
                key_text: item.typed.text(),
                account: Some(item.account.clone()).filter(|text| !text.is_empty()),
            })
            .collect()
    }
}

/// The one file or folder that was dropped; the folder with all of it where there were several.
fn dropped(folder: &std::path::Path) -> PathBuf {
    let only = std::fs::read_dir(folder).ok().and_then(|mut entries| {
        let first = entries.next()?.ok()?;
        entries.next().is_none().then(|| first.path())
    });
    only.unwrap_or_else(|| folder.to_owned())
}

/// All drafts, by the random name in their address.
#[derive(Default)]
pub(crate) struct Drafts {
    drafts: Mutex<HashMap<String, Arc<Mutex<Draft>>>>,
}

impl Drafts {
    /// Keeps a draft. Gives its name.
    pub(crate) fn add(&self, site: &Site, draft: Draft) -> Result<String, Failure> {
        let name = BatchId::random()?.as_str().to_owned();
        if let Some(batch) = draft.batch() {
            site.uploads().hold(batch);
        }
        let mut drafts = lock(&self.drafts);
        if drafts.len() >= MAX_DRAFTS {
            let oldest = drafts
                .iter()
                .min_by_key(|(_, draft)| lock(draft).touched_ms)
                .map(|(name, _)| name.clone());
            if let Some(oldest) = oldest.and_then(|name| drafts.remove(&name)) {
                release(site.uploads(), &oldest);
            }
        }
        drafts.insert(name.clone(), Arc::new(Mutex::new(draft)));
        Ok(name)
    }

    /// The draft of this name.
    pub(crate) fn get(&self, site: &Site, name: &str) -> Option<Arc<Mutex<Draft>>> {
        let draft = lock(&self.drafts).get(name).cloned()?;
        lock(&draft).touched_ms = site.now_ms();
        Some(draft)
    }

    /// Wipes a draft.
    pub(crate) fn remove(&self, name: &str) {
        lock(&self.drafts).remove(name);
    }

    /// Wipes all of them: the person locks up.
    pub(crate) fn clear(&self, site: &Site) {
        for (_, draft) in lock(&self.drafts).drain() {
            release(site.uploads(), &draft);
        }
    }

    /// Wipes those that nobody came back for.
    pub(crate) fn sweep(&self, site: &Site, now_ms: i64) {
        lock(&self.drafts).retain(|_, draft| {
            let is_fresh = now_ms - lock(draft).touched_ms < KEPT_MS;
            if !is_fresh {
                release(site.uploads(), draft);
            }
            is_fresh
        });
    }
}

fn release(uploads: &Uploads, draft: &Mutex<Draft>) {
    if let Some(batch) = lock(draft).batch() {
        uploads.release(batch);
    }
}
