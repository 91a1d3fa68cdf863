//! Batches and uploads as they lie on the disk.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::{BatchId, UploadId};
use super::{name, pack};
use crate::Failure;
use crate::site::lock;

/// Ending of the folder of a batch that is being removed.
const GOING: &str = "going";
/// A removal is waited for so long.
const PATIENCE: Duration = Duration::from_secs(2);
/// Batches at one time.
const MAX_BATCHES: usize = 64;

/// What may be uploaded.
#[derive(Clone, Copy, Debug)]
pub struct UploadLimits {
    /// Largest single upload, in bytes.
    pub max_bytes: u64,
    /// Uploads of one batch that have begun and not ended.
    pub max_open: usize,
    /// Bytes of the disk that stay free.
    pub reserve_bytes: u64,
    /// What nobody adds to for so long is removed, milliseconds.
    pub expires_ms: i64,
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self {
            max_bytes: 4 << 40,
            max_open: 1000,
            reserve_bytes: 512 << 20,
            expires_ms: 24 * 60 * 60 * 1000,
        }
    }
}

/// What an upload will be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Bytes in all.
    pub(crate) length: u64,
    /// Relative path, checked.
    pub(crate) path: String,
    /// Whether it is a pack of small files.
    pub(crate) is_pack: bool,
    /// What the sender stated beside it, for telling the same file.
    #[serde(default)]
    pub(crate) mark: String,
    /// Metadata as it was sent.
    #[serde(default)]
    pub(crate) metadata: String,
    /// Whether it has arrived.
    #[serde(skip)]
    pub(crate) is_done: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct BatchState {
    touched_ms: i64,
    #[serde(default)]
    refused: Vec<String>,
}

/// An upload of a batch, as the page asks for it to go on.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    /// Id for its address.
    pub(crate) id: String,
    /// Relative path.
    pub(crate) path: String,
    /// Bytes in all.
    pub(crate) length: u64,
    /// What the sender stated beside it.
    pub(crate) mark: String,
    /// Bytes that have arrived.
    pub(crate) offset: u64,
}

/// Lets one request at a time write to an upload; a newer one sends an older one away, whose connection may hang.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// Held while bytes are written.
    pub(crate) gate: tokio::sync::Mutex<()>,
    /// The latest request.
    latest: AtomicU64,
    /// Wakes those that wait for bytes.
    pub(crate) newer: tokio::sync::Notify,
}

impl Turn {
    /// Takes a number and sends older ones away.
    pub(crate) fn take(&self) -> u64 {
        let number = self.latest.fetch_add(1, Ordering::AcqRel) + 1;
        self.newer.notify_waiters();
        number
    }

    /// Whether a newer request has come.
    pub(crate) fn is_over(&self, number: u64) -> bool {
        self.latest.load(Ordering::Acquire) != number
    }
}

/// Everything that was uploaded and not yet read.
#[derive(Debug)]
pub(crate) struct Uploads {
    folder: PathBuf,
    limits: Mutex<UploadLimits>,
    turns: Mutex<HashMap<String, Arc<Turn>>>,
    /// Batches that a draft or a job still needs.
    held: Mutex<HashSet<String>>,
}

/// Why an upload is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// There is no such upload.
    #[error("there is no such upload")]
    Unknown,
    /// Its path is not acceptable.
    #[error(transparent)]
    Name(#[from] name::NameError),
    /// Larger than allowed, or than the disk has room for.
    #[error("there is room for {room} bytes only")]
    NoRoom {
        /// Bytes that would fit.
        room: u64,
    },
    /// Too many at once.
    #[error("too many uploads at once")]
    TooMany,
    /// A pack that is none.
    #[error("the pack cannot be used: {0}")]
    Pack(io::Error),
    /// The disk.
    #[error("the disk does not take it: {0}")]
    Io(#[from] io::Error),
    /// Something of ours.
    #[error("{0}")]
    Broken(String),
}

impl Uploads {
    /// Uploads below this folder.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            limits: Mutex::default(),
            turns: Mutex::default(),
            held: Mutex::default(),
        }
    }

    /// What may be uploaded.
    pub(crate) fn limits(&self) -> UploadLimits {
        *lock(&self.limits)
    }

    /// Changes what may be uploaded.
    pub(crate) fn set_limits(&self, limits: UploadLimits) {
        *lock(&self.limits) = limits;
    }

    fn batch_folder(&self, batch: &BatchId) -> PathBuf {
        self.folder.join(batch.as_str())
    }

    /// The folder with what has arrived.
    pub(crate) fn files_folder(&self, batch: &BatchId) -> PathBuf {
        self.batch_folder(batch).join("files")
    }

    /// Where the bytes of an upload lie.
    pub(crate) fn part(&self, id: &UploadId) -> PathBuf {
        self.batch_folder(id.batch()).join("parts").join(id.own())
    }

    fn plan_file(&self, id: &UploadId) -> PathBuf {
        self.part(id).with_extension("json")
    }

    /// The plan of an upload that has arrived; a folder of open ones stays short to look through.
    fn done_file(&self, id: &UploadId) -> PathBuf {
        self.part(id).with_extension("done")
    }

    /// Stands while bytes are written that a checksum has not confirmed yet; holds where they begin.
    pub(crate) fn unconfirmed(&self, id: &UploadId) -> PathBuf {
        self.part(id).with_extension("unconfirmed")
    }

    /// Who may write to an upload.
    pub(crate) fn turn(&self, id: &UploadId) -> Arc<Turn> {
        lock(&self.turns).entry(id.text()).or_default().clone()
    }

    /// Bytes that may still be uploaded.
    pub(crate) fn room(&self) -> u64 {
        let limits = self.limits();
        let existing = self
            .folder
            .ancestors()
            .find(|folder| folder.is_dir())
            .unwrap_or(Path::new("."));
        let free = fs4::available_space(existing).unwrap_or(u64::MAX);
        free.saturating_sub(limits.reserve_bytes)
            .min(limits.max_bytes)
    }

    /// Begins an upload.
    pub(crate) fn create(
        &self,
        batch: &BatchId,
        plan: &Plan,
        now_ms: i64,
    ) -> Result<UploadId, UploadError> {
        let path = name::relative(&plan.path)?;
        let mut room = self.room();
        let folder = self.batch_folder(batch);
        let is_new = !folder.is_dir();
        if is_new && self.batches().len() >= MAX_BATCHES {
            return Err(UploadError::TooMany);
        }
        let open = self.uploads(batch, ".json");
        for (id, plan) in &open {
            room = room.saturating_sub(plan.length.saturating_sub(self.offset(id, plan)));
        }
        if plan.length > room {
            return Err(UploadError::NoRoom { room });
        }
        if open.len() >= self.limits().max_open {
            return Err(UploadError::TooMany);
        }
        let id =
            UploadId::random(batch).map_err(|failure| UploadError::Broken(failure.to_string()))?;
        make_private(&self.folder)?;
        fs::create_dir_all(folder.join("files"))?;
        fs::create_dir_all(folder.join("parts"))?;
        if self.files_folder(batch).join(path).is_dir() {
            return Err(UploadError::Name(name::NameError::Reserved));
        }
        File::create(self.part(&id))?;
        self.write_plan(&id, plan)?;
        self.touch(batch, now_ms)?;
        if plan.length == 0 {
            self.complete(&id, plan)?;
        }
        Ok(id)
    }

    fn write_plan(&self, id: &UploadId, plan: &Plan) -> Result<(), UploadError> {
        write_json(&self.plan_file(id), plan)
    }

    /// What an upload will be.
    pub(crate) fn plan(&self, id: &UploadId) -> Result<Plan, UploadError> {
        let read = |path| -> Option<Plan> { serde_json::from_slice(&fs::read(path).ok()?).ok() };
        read(self.plan_file(id))
            .or_else(|| {
                let plan = read(self.done_file(id))?;
                Some(Plan {
                    is_done: true,
                    ..plan
                })
            })
            .ok_or(UploadError::Unknown)
    }

    /// Bytes that have arrived.
    pub(crate) fn offset(&self, id: &UploadId, plan: &Plan) -> u64 {
        if plan.is_done {
            return plan.length;
        }
        fs::metadata(self.part(id)).map_or(0, |metadata| metadata.len())
    }

    /// Opens the bytes for adding more. What a checksum never confirmed is cut off first.
    pub(crate) fn open_part(&self, id: &UploadId) -> Result<File, UploadError> {
        let file = OpenOptions::new().append(true).open(self.part(id))?;
        let unconfirmed = self.unconfirmed(id);
        if let Ok(text) = fs::read_to_string(&unconfirmed) {
            if let Ok(start) = text.trim().parse::<u64>()
                && start < file.metadata()?.len()
            {
                file.set_len(start)?;
            }
            fs::remove_file(unconfirmed)?;
        }
        Ok(file)
    }

    /// Puts an upload whose bytes are all there in its place.
    pub(crate) fn complete(&self, id: &UploadId, plan: &Plan) -> Result<(), UploadError> {
        let files = self.files_folder(id.batch());
        let part = self.part(id);
        if plan.is_pack {
            let unpacked = pack::unpack(&part, &files).map_err(UploadError::Pack)?;
            fs::remove_file(&part)?;
            if !unpacked.refused.is_empty() {
                let mut state = self.state(id.batch());
                state.refused.extend(unpacked.refused);
                self.write_state(id.batch(), &state)?;
            }
        } else {
            let target = files.join(name::relative(&plan.path)?);
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::rename(&part, &target)?;
        }
        fs::rename(self.plan_file(id), self.done_file(id))?;
        lock(&self.turns).remove(&id.text());
        Ok(())
    }

    /// Gives an upload up.
    pub(crate) fn terminate(&self, id: &UploadId) -> Result<(), UploadError> {
        let plan = self.plan(id)?;
        for rest in [
            self.plan_file(id),
            self.done_file(id),
            self.part(id),
            self.unconfirmed(id),
        ] {
            remove_if_there(&rest)?;
        }
        if plan.is_done && !plan.is_pack {
            remove_if_there(
                &self
                    .files_folder(id.batch())
                    .join(name::relative(&plan.path)?),
            )?;
        }
        lock(&self.turns).remove(&id.text());
        Ok(())
    }

    /// The uploads of a batch whose plan has this ending.
    fn uploads(&self, batch: &BatchId, ending: &str) -> Vec<(UploadId, Plan)> {
        let Ok(entries) = fs::read_dir(self.batch_folder(batch).join("parts")) else {
            return Vec::new();
        };
        entries
            .filter_map(|entry| {
                let name = entry.ok()?.file_name();
                let own = name.to_str()?.strip_suffix(ending)?;
                let id = UploadId::of(batch, own)?;
                let plan = self.plan(&id).ok()?;
                Some((id, plan))
            })
            .collect()
    }

    /// The uploads of a batch with how far they are.
    pub(crate) fn list(&self, batch: &BatchId) -> Vec<Listed> {
        let (open, done) = (self.uploads(batch, ".json"), self.uploads(batch, ".done"));
        open.into_iter()
            .chain(done)
            .map(|(id, plan)| Listed {
                id: id.text(),
                offset: self.offset(&id, &plan),
                path: plan.path,
                length: plan.length,
                mark: plan.mark,
            })
            .collect()
    }

    /// Paths that were refused in packs.
    pub(crate) fn refused(&self, batch: &BatchId) -> Vec<String> {
        self.state(batch).refused
    }

    /// Whether there is such a batch.
    pub(crate) fn exists(&self, batch: &BatchId) -> bool {
        self.files_folder(batch).is_dir()
    }

    /// All batches.
    pub(crate) fn batches(&self) -> Vec<BatchId> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        entries
            .filter_map(|entry| BatchId::parse(entry.ok()?.file_name().to_str()?))
            .collect()
    }

    fn state(&self, batch: &BatchId) -> BatchState {
        fs::read(self.batch_folder(batch).join("batch.json"))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }

    fn write_state(&self, batch: &BatchId, state: &BatchState) -> Result<(), UploadError> {
        write_json(&self.batch_folder(batch).join("batch.json"), state)
    }

    /// Somebody adds to a batch.
    pub(crate) fn touch(&self, batch: &BatchId, now_ms: i64) -> Result<(), UploadError> {
        let mut state = self.state(batch);
        // Not for each of ten thousand uploads.
        if now_ms.saturating_sub(state.touched_ms) >= 60_000 {
            state.touched_ms = now_ms;
            self.write_state(batch, &state)?;
        }
        Ok(())
    }

    /// When a batch is removed, if nobody adds to it.
    pub(crate) fn expires_at_ms(&self, batch: &BatchId) -> i64 {
        self.state(batch).touched_ms + self.limits().expires_ms
    }

    /// Keeps a batch until [`Self::release`], however old it is.
    pub(crate) fn hold(&self, batch: &BatchId) {
        lock(&self.held).insert(batch.as_str().to_owned());
    }

    /// Whether a draft or a job needs it.
    pub(crate) fn is_held(&self, batch: &BatchId) -> bool {
        lock(&self.held).contains(batch.as_str())
    }

    /// Lets a batch grow old again.
    pub(crate) fn release(&self, batch: &BatchId) {
        lock(&self.held).remove(batch.as_str());
    }

    /// Removes a batch with everything in it. It is out of sight at once; fifty thousand files take longer to go.
    pub(crate) fn remove(&self, batch: &BatchId) -> Result<(), Failure> {
        self.release(batch);
        lock(&self.turns).retain(|id, _| !id.starts_with(batch.as_str()));
        let failed = |error| Failure::Broken(format!("uploaded files cannot be removed: {error}"));
        let folder = self.batch_folder(batch);
        let going = folder.with_extension(GOING);
        match fs::rename(folder, &going) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(failed)?,
        }
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .name("remove uploads".to_owned())
            .spawn(move || {
                // Nobody waits any more when it took long; what is left goes with the next sweep.
                let _ = tell.send(fs::remove_dir_all(going));
            })
            .map_err(failed)?;
        told.recv_timeout(PATIENCE)
            .unwrap_or(Ok(()))
            .map_err(failed)
    }

    /// Goes on with removals that were cut off.
    fn remove_leftovers(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|ending| ending == GOING) {
                // Another thread may be at it.
                let _ = fs::remove_dir_all(path);
            }
        }
    }

    /// Removes what nobody came back for. Says how many batches.
    pub(crate) fn sweep(&self, now_ms: i64) -> usize {
        self.remove_leftovers();
        self.batches()
            .into_iter()
            .filter(|batch| {
                !self.is_held(batch)
                    && now_ms >= self.expires_at_ms(batch)
                    && self.remove(batch).is_ok()
            })
            .count()
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a folder that only its user may look into.
fn make_private(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a file so that it is there whole or not at all.
fn write_json(path: &Path, value: &impl Serialize) -> Result<(), UploadError> {
    let text = serde_json::to_vec(value).map_err(|error| UploadError::Broken(error.to_string()))?;
    let fresh = path.with_extension("fresh");
    fs::write(&fresh, text)?;
    Ok(fs::rename(fresh, path)?)
}
