//! Counting in the background: a first count of a large archive takes longer than anybody waits for a page.
//!
//! A job is begun by the first request that wants its answer and goes on when the browser has gone; what it counted is
//! kept in the archive, so even a stopped job has not worked in vain.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hutong::model::{AccountId, ConversationId};
use hutong::stats::YearReview;
use hutong::{
    Progress, StatisticsReport, StatisticsRequest, StatisticsScope, TimeWindow, YearRequest,
    statistics, year_review, years_window,
};
use jiff::tz::TimeZone;
use tokio::sync::watch;

use crate::site::{Door, OpenArchive, lock};
use crate::{Failure, Site};

/// A request waits so long before it shows a page that says how far the count is.
const PATIENCE: Duration = Duration::from_millis(900);
/// Answers kept in memory.
const KEPT: usize = 24;
/// Counts that may wait for each other; more are refused.
const WAITING: usize = 12;

/// Whose messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Whose {
    /// Everybody's.
    Everything,
    /// Those of a conversation.
    Chat(ConversationId),
    /// Those of a person.
    Person(AccountId),
}

/// What to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    /// Statistics, of one year or of all time.
    Statistics(Whose, Option<i32>),
    /// A year in review.
    Year(Option<ConversationId>, i32),
}

/// What was counted.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Statistics.
    Statistics(Arc<StatisticsReport>),
    /// A year in review.
    Year(Arc<YearReview>),
}

/// How a question stands.
pub(crate) enum Standing {
    /// Answered.
    Answered(Answer),
    /// Being counted: messages done and expected.
    Counting(u64, u64),
    /// Somebody stopped it.
    Stopped,
}

type Key = (Question, String);
type Outcome = Option<Result<Answer, Arc<Failure>>>;

struct Job {
    progress: Arc<Progress>,
    outcome: watch::Receiver<Outcome>,
    /// Order of asking, so that the oldest answer goes first.
    number: u64,
}

/// The counts of one state of the archive.
#[derive(Default)]
pub(crate) struct Counts {
    jobs: Mutex<(u64, HashMap<Key, Job>)>,
    /// One count at a time: each uses all cores.
    running: Mutex<()>,
    is_closed: AtomicBool,
}

impl Counts {
    /// Stops whatever is being counted.
    pub(crate) fn stop(&self) {
        for job in lock(&self.jobs).1.values() {
            job.progress.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Stops for good: this state of the archive is no longer shown.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.stop();
    }

    /// The job of a question; begins it when there is none.
    fn job(
        self: &Arc<Self>,
        open: &Arc<OpenArchive>,
        question: Question,
        zone: &TimeZone,
    ) -> Result<(Arc<Progress>, watch::Receiver<Outcome>), Failure> {
        let key = (
            question,
            zone.iana_name()
                .map_or_else(|| format!("{zone:?}"), str::to_owned),
        );
        let mut jobs = lock(&self.jobs);
        let (next, jobs) = &mut *jobs;
        if let Some(job) = jobs.get(&key) {
            return Ok((job.progress.clone(), job.outcome.clone()));
        }
        let waiting = jobs.values().filter(|job| job.outcome.borrow().is_none());
        if waiting.count() >= WAITING || self.is_closed.load(Ordering::Relaxed) {
            return Err(Failure::bad(
                "正在统计的太多了，请稍后再试。",
                "Too much is being counted; try again in a moment.",
            ));
        }
        if jobs.len() >= KEPT {
            let oldest = jobs
                .iter()
                .filter(|(_, job)| job.outcome.borrow().is_some())
                .min_by_key(|(_, job)| job.number)
                .map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                jobs.remove(&oldest);
            }
        }
        let progress = Arc::new(Progress::default());
        let (sender, outcome) = watch::channel(None);
        *next += 1;
        jobs.insert(
            key,
            Job {
                progress: progress.clone(),
                outcome: outcome.clone(),
                number: *next,
            },
        );
        let (counts, open, zone) = (self.clone(), open.clone(), zone.clone());
        let watched = progress.clone();
        tokio::task::spawn_blocking(move || {
            let _one_at_a_time = lock(&counts.running);
            let answer = count(&open, question, &zone, &watched);
            // Whoever waits has gone when the archive was closed.
            let _ = sender.send(Some(answer.map_err(Arc::new)));
        });
        Ok((progress, outcome))
    }

    /// Forgets a job that brought no answer, so that it can be begun again.
    fn forget(&self, question: Question) {
        lock(&self.jobs).1.retain(|(asked, _), job| {
            *asked != question || matches!(&*job.outcome.borrow(), None | Some(Ok(_)))
        });
    }
}

fn count(
    open: &OpenArchive,
    question: Question,
    zone: &TimeZone,
    progress: &Progress,
) -> Result<Answer, Failure> {
    let (archive, names) = (&open.archive, &*open.names);
    match question {
        Question::Statistics(whose, year) => {
            let request = StatisticsRequest {
                scope: match whose {
                    Whose::Everything => StatisticsScope::Everything,
                    Whose::Chat(chat) => StatisticsScope::Chats(vec![chat]),
                    Whose::Person(account) => StatisticsScope::People(vec![account]),
                },
                window: year
                    .map_or_else(TimeWindow::default, |year| years_window(zone, year, year)),
                zone,
                with_words: true,
                progress,
            };
            let report = statistics(archive, names, &request)?;
            Ok(Answer::Statistics(Arc::new(report)))
        }
        Question::Year(chat, year) => {
            let request = YearRequest {
                year,
                chat,
                zone,
                progress,
            };
            Ok(Answer::Year(Arc::new(year_review(
                archive, names, &request,
            )?)))
        }
    }
}

/// Asks a question and waits a moment for the answer.
///
/// # Errors
/// When the archive is not open or cannot be read.
pub(crate) async fn ask(
    site: &Site,
    question: Question,
    zone: &TimeZone,
) -> Result<(Arc<OpenArchive>, Standing), Failure> {
    site.touch();
    let open = opened(site).await?;
    let (progress, mut outcome) = open.counts.job(&open, question, zone)?;
    let waited = tokio::time::timeout(PATIENCE, outcome.wait_for(Option::is_some)).await;
    let done = match waited {
        Ok(Ok(done)) => done.clone(),
        Ok(Err(_)) => return Err(Failure::Broken("a count ended without a result".to_owned())),
        Err(_) => None,
    };
    let standing = match done {
        Some(Ok(answer)) => Standing::Answered(answer),
        None => Standing::Counting(
            progress.rows_read.load(Ordering::Relaxed),
            progress.rows_expected.load(Ordering::Relaxed),
        ),
        Some(Err(failure)) => {
            open.counts.forget(question);
            if !matches!(*failure, Failure::UseCase(hutong::Error::Cancelled)) {
                return Err(Failure::Broken(failure.to_string()));
            }
            Standing::Stopped
        }
    };
    Ok((open, standing))
}

/// The archive, opened if it can be.
pub(crate) async fn opened(site: &Site) -> Result<Arc<OpenArchive>, Failure> {
    site.blocking(|site| match site.door()? {
        Door::Missing => Err(Failure::NoArchive),
        Door::Locked { .. } => Err(Failure::Locked),
        Door::Open(open) => Ok(open),
    })
    .await
}
