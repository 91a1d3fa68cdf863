//! Imports that run behind the page: one at a time, the others wait their turn.

mod told;
mod work;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use hutong::{AttachmentMode, FoundInput, ImportReport, KeyRing, Progress, Protection};
use zeroize::Zeroizing;

use crate::site::lock;
use crate::uploads::BatchId;
use crate::{Failure, Site};

pub(crate) use told::Told;

/// So many ended jobs are remembered.
const MAX_REMEMBERED: usize = 50;

/// Keys of a job that was stopped or failed are kept so long, for going on; then they are wiped.
const KEPT_FOR_RESUMING_MS: i64 = 60 * 60 * 1000;

/// One input that was chosen, and what opens it.
#[derive(Clone)]
pub(crate) struct Chosen {
    /// The input.
    pub(crate) found: Arc<FoundInput>,
    /// What to call it on pages.
    pub(crate) label: String,
    /// Keys and passwords.
    pub(crate) keys: KeyRing,
    /// The keys as they were given, for telling an unchanged input.
    pub(crate) key_text: Zeroizing<String>,
    /// The owner's native id, where the user names it.
    pub(crate) account: Option<String>,
}

/// What to do with what is read.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// IANA name of the zone of times without one.
    pub(crate) zone: Option<String>,
    /// Keep each original row.
    pub(crate) keep_raw: bool,
    /// What happens to attachments.
    pub(crate) attachments: AttachmentMode,
}

/// What a job is to do.
#[derive(Clone)]
pub(crate) enum Order {
    /// Bring inputs in.
    Import {
        /// The inputs, in this order.
        inputs: Vec<Chosen>,
        /// What to do with what is read.
        options: Options,
        /// How to protect an archive that is made for them.
        protection: Option<Protection>,
        /// Uploaded files that are removed afterwards.
        batch: Option<BatchId>,
    },
    /// Look for missing attachments in a folder.
    Probe {
        /// The folder.
        folder: PathBuf,
    },
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Another one is at work.
    Waiting,
    /// At work.
    Running,
    /// Ended well, at least for one input.
    Done,
    /// The user stopped it.
    Stopped,
    /// It could not do its work.
    Failed,
}

impl Stage {
    /// A word for programs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will happen.
    pub(crate) const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Stopped | Self::Failed)
    }
}

/// One input of a job.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    /// What to call it.
    pub(crate) label: String,
    /// What it became.
    pub(crate) report: Option<ImportReport>,
    /// Why it did not become anything.
    pub(crate) trouble: Option<Told>,
}

/// What can be seen of a job.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// Where it stands.
    pub(crate) stage: Stage,
    /// Its inputs.
    pub(crate) steps: Vec<Step>,
    /// Which of them is read, counted from 0.
    pub(crate) current: usize,
    /// When the current one was begun, milliseconds since 1970.
    pub(crate) current_since_ms: i64,
    /// When the job ended.
    pub(crate) ended_ms: Option<i64>,
    /// Why it failed as a whole.
    pub(crate) trouble: Option<Told>,
    /// What a search for attachments found.
    pub(crate) probe: Option<hutong::ProbeReport>,
}

/// One job.
pub(crate) struct Job {
    /// Its number, counted from 1.
    pub(crate) number: u64,
    state: Mutex<State>,
    progress: Mutex<Arc<Progress>>,
    stop: AtomicBool,
    /// Kept until it has ended well, so that it can be gone on with.
    order: Mutex<Option<Order>>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// Figures of a running job.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    /// Rows read of the current input.
    pub(crate) rows: u64,
    /// Rows it is thought to have.
    pub(crate) expected: Option<u64>,
    /// Rows each second.
    pub(crate) rate: Option<u64>,
    /// Seconds until the current input is read, as far as can be told.
    pub(crate) seconds_left: Option<u64>,
    /// Attachments taken in.
    pub(crate) attachments: u64,
    /// Their bytes.
    pub(crate) attachment_bytes: u64,
}

impl Job {
    /// What can be seen of it.
    pub(crate) fn state(&self) -> State {
        lock(&self.state).clone()
    }

    /// How far it is.
    pub(crate) fn figures(&self, now_ms: i64) -> Figures {
        let since = lock(&self.state).current_since_ms;
        let progress = lock(&self.progress).clone();
        let load = |value: &std::sync::atomic::AtomicU64| value.load(Ordering::Relaxed);
        let rows = load(&progress.rows_read);
        let expected = Some(load(&progress.rows_expected)).filter(|rows| *rows > 0);
        let elapsed_ms = u64::try_from(now_ms - since).unwrap_or(0);
        // The first moments tell nothing.
        let rate = (elapsed_ms >= 500 && rows > 0).then(|| rows.saturating_mul(1000) / elapsed_ms);
        let seconds_left = match (rate, expected) {
            (Some(rate), Some(expected)) if rate > 0 => {
                Some(expected.saturating_sub(rows).div_ceil(rate))
            }
            _ => None,
        };
        Figures {
            rows,
            expected,
            rate,
            seconds_left,
            attachments: load(&progress.attachments),
            attachment_bytes: load(&progress.attachment_bytes),
        }
    }

    /// Asks it to stop. What was committed stays.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        lock(&self.progress).stop.store(true, Ordering::Relaxed);
    }

    /// Whether it can be gone on with.
    pub(crate) fn can_resume(&self) -> bool {
        let is_unfinished = matches!(lock(&self.state).stage, Stage::Stopped | Stage::Failed);
        is_unfinished && lock(&self.order).is_some()
    }

    /// The uploaded files that it reads.
    pub(crate) fn batch(&self) -> Option<BatchId> {
        match &*lock(&self.order) {
            Some(Order::Import { batch, .. }) => batch.clone(),
            _ => None,
        }
    }

    /// Wipes keys and lets uploads grow old.
    fn forget_order(&self, site: &Site) {
        if let Some(Order::Import {
            batch: Some(batch), ..
        }) = lock(&self.order).take()
        {
            site.uploads().release(&batch);
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.state));
    }

    /// A fresh progress for the next input, stopped already when the user wants the job to stop.
    fn next_progress(&self) -> Arc<Progress> {
        let progress = Arc::new(Progress::default());
        *lock(&self.progress) = progress.clone();
        progress
            .stop
            .store(self.stop.load(Ordering::Relaxed), Ordering::Relaxed);
        progress
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// All jobs since the program started.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    inner: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    jobs: Vec<Arc<Job>>,
    waiting: VecDeque<Arc<Job>>,
    last_number: u64,
    is_working: bool,
}

impl Jobs {
    /// The jobs, oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Job>> {
        lock(&self.inner).jobs.clone()
    }

    /// The job with this number.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<Job>> {
        lock(&self.inner)
            .jobs
            .iter()
            .find(|job| job.number == number)
            .cloned()
    }

    /// Whether a job runs or waits.
    pub(crate) fn are_busy(&self) -> bool {
        lock(&self.inner).is_working
    }

    /// Adds a job; it is begun when those before it have ended.
    pub(crate) fn add(&self, site: &Site, order: Order) -> Result<Arc<Job>, Failure> {
        let steps = match &order {
            Order::Import { inputs, .. } => inputs
                .iter()
                .map(|chosen| Step {
                    label: chosen.label.clone(),
                    ..Step::default()
                })
                .collect(),
            Order::Probe { folder } => vec![Step {
                label: folder.display().to_string(),
                ..Step::default()
            }],
        };
        let mut list = lock(&self.inner);
        list.last_number += 1;
        let job = Arc::new(Job {
            number: list.last_number,
            state: Mutex::new(State {
                stage: Stage::Waiting,
                steps,
                current: 0,
                current_since_ms: site.now_ms(),
                ended_ms: None,
                trouble: None,
                probe: None,
            }),
            progress: Mutex::default(),
            stop: AtomicBool::new(false),
            order: Mutex::new(Some(order)),
        });
        list.jobs.push(job.clone());
        list.waiting.push_back(job.clone());
        let surplus = list.jobs.len().saturating_sub(MAX_REMEMBERED);
        let mut to_forget = surplus;
        list.jobs.retain(|job| {
            let forget = to_forget > 0 && lock(&job.state).stage.is_over();
            to_forget -= usize::from(forget);
            !forget
        });
        if !list.is_working {
            let site = site.clone();
            std::thread::Builder::new()
                .name("import".to_owned())
                .spawn(move || work::work(&site))
                .map_err(|error| Failure::Broken(error.to_string()))?;
            list.is_working = true;
        }
        Ok(job)
    }

    /// Does an unfinished job once more, as a new one. What it had committed is known and goes by quickly.
    pub(crate) fn resume(&self, site: &Site, job: &Job) -> Result<Arc<Job>, Failure> {
        if !job.can_resume() {
            return Err(gone());
        }
        let order = lock(&job.order).take().ok_or_else(gone)?;
        self.add(site, order)
    }

    /// Forgets keys and order of an unfinished job.
    pub(crate) fn discard(&self, site: &Site, job: &Job) -> Result<(), Failure> {
        if !job.state().stage.is_over() {
            return Ok(());
        }
        if let Some(Order::Import {
            batch: Some(batch), ..
        }) = lock(&job.order).take()
        {
            site.uploads().remove(&batch)?;
        }
        Ok(())
    }

    /// Wipes keys that nobody came back for.
    pub(crate) fn forget_old_orders(&self, site: &Site, now_ms: i64) {
        for job in self.all() {
            let ended = lock(&job.state).ended_ms;
            if ended.is_some_and(|ended| now_ms - ended >= KEPT_FOR_RESUMING_MS) {
                job.forget_order(site);
            }
        }
    }

    /// Wipes the keys of all jobs that have ended.
    pub(crate) fn forget_orders(&self, site: &Site) {
        for job in self.all() {
            if lock(&job.state).stage.is_over() {
                job.forget_order(site);
            }
        }
    }

    fn next(&self) -> Option<Arc<Job>> {
        let mut list = lock(&self.inner);
        let next = list.waiting.pop_front();
        list.is_working = next.is_some();
        next
    }
}

fn gone() -> Failure {
    Failure::bad(
        "这次导入已不能接着做：密钥已从内存清除。请重新选择一次，已导入的内容会很快跳过。",
        "This import cannot be gone on with: its keys have been wiped. Choose it again; what is in the archive already goes \
         by quickly.",
    )
}
