//! Counting what is not kept, on several threads.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use hutong_archive::{Archive, DerivedEntry, TimeWindow};
use hutong_stats::{Calendar, Counting, Segmenter, Tally, WordTally};
use rustc_hash::FxHashMap;

use super::kept::Kept;
use super::{Chosen, StatisticsRequest, Sum};
use crate::Error;

/// Threads that count. More would wait for each other at the database.
const THREADS: usize = 4;
/// A conversation with more messages is counted year by year, so that threads can share it.
const SPLIT_MESSAGES: u64 = 40_000;
/// And only if it does not stretch over more years than chats can have.
const SPLIT_YEARS: i32 = 60;
/// Bytes of results that are kept in one transaction.
const PUT_BYTES: usize = 4 << 20;
/// Messages between two looks at whether to stop.
const STEP: u64 = 1024;

/// A stretch of a conversation that must be read.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    chat: Chosen,
    window: TimeWindow,
    /// Whether whole years are counted, which are kept.
    is_kept: bool,
    /// Of these, what is wanted now.
    wanted: Vec<i32>,
}

impl Piece {
    /// A part of a year: counted now, not kept.
    pub(super) fn partly(chat: &Chosen, window: TimeWindow) -> Self {
        Self {
            chat: chat.clone(),
            window,
            is_kept: false,
            wanted: Vec::new(),
        }
    }

    /// All years of a conversation, of which some are wanted now.
    pub(super) fn whole(chat: &Chosen, mut years: Vec<i32>, without: &[i32]) -> Self {
        years.retain(|year| !without.contains(year));
        Self {
            chat: chat.clone(),
            window: TimeWindow::default(),
            is_kept: true,
            wanted: years,
        }
    }

    /// The piece in stretches that can be read at the same time.
    fn split(self, calendar: &Calendar) -> Vec<Self> {
        let stats = self.chat.stats;
        let year = |at_ms| calendar.clone().local(at_ms).year;
        let (first, last) = (year(stats.first_ms), year(stats.last_ms));
        if !self.is_kept
            || stats.messages < SPLIT_MESSAGES
            || last.saturating_sub(first) > SPLIT_YEARS
        {
            return vec![self];
        }
        (first..=last)
            .map(|year| Self {
                window: TimeWindow {
                    since_ms: calendar.start_of_year(year),
                    before_ms: calendar.start_of_year(year.saturating_add(1)),
                },
                ..self.clone()
            })
            .collect()
    }
}

type Years = BTreeMap<i32, (Tally, WordTally)>;

/// Takes what was counted: adds it up, and keeps it.
pub(super) struct Sink<'a> {
    kept: &'a mut Kept,
    sum: &'a mut Sum,
    with_words: bool,
    entries: Vec<DerivedEntry>,
    entry_bytes: usize,
    /// Years found so far of conversations of which stretches are still being counted.
    years: FxHashMap<usize, Vec<i32>>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(
        kept: &'a mut Kept,
        sum: &'a mut Sum,
        request: &StatisticsRequest<'_>,
    ) -> Self {
        Self {
            kept,
            sum,
            with_words: request.with_words,
            entries: Vec::new(),
            entry_bytes: 0,
            years: FxHashMap::default(),
        }
    }

    /// Takes one stretch; `piece` numbers what it is a stretch of, `is_last` says that no other of it is missing.
    fn take(
        &mut self,
        piece: usize,
        stretch: &Piece,
        counted: Years,
        is_last: bool,
    ) -> Result<(), Error> {
        for (year, (mut tally, mut words)) in counted {
            if stretch.is_kept {
                let entries =
                    self.kept
                        .entries_of_year(&stretch.chat, year, &mut tally, &mut words);
                self.push(entries);
                self.years.entry(piece).or_default().push(year);
            }
            if !stretch.is_kept || stretch.wanted.contains(&year) {
                let words = self.with_words.then_some(words);
                self.sum.add(&stretch.chat, tally, words);
            }
        }
        if is_last && stretch.is_kept {
            let mut years = self.years.remove(&piece).unwrap_or_default();
            years.sort_unstable();
            let entries = self.kept.entries_of_years(&stretch.chat, &years);
            self.push(entries);
        }
        if self.entry_bytes >= PUT_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn push(&mut self, entries: Vec<DerivedEntry>) {
        self.entry_bytes += entries.iter().map(|it| it.data.len() + 64).sum::<usize>();
        self.entries.extend(entries);
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.entry_bytes = 0;
        self.kept.put(&std::mem::take(&mut self.entries))
    }

    /// Keeps what is left.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        if self.entries.is_empty() {
            return Ok(());
        }
        self.flush()
    }
}

/// Counts the pieces, the largest first.
pub(super) fn count(
    archive: &Archive,
    pieces: Vec<Piece>,
    request: &StatisticsRequest<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    if pieces.is_empty() {
        return Ok(());
    }
    let calendar = Calendar::new(request.zone.clone());
    let expected: u64 = pieces
        .iter()
        .filter(|piece| piece.is_kept)
        .map(|piece| piece.chat.stats.messages)
        .sum();
    request
        .progress
        .rows_expected
        .store(expected, Ordering::Relaxed);
    let segmenter = request.with_words.then(Segmenter::shared);
    let mut queue: Vec<(usize, Piece)> = Vec::new();
    let mut left: Vec<usize> = Vec::new();
    let mut pieces = pieces;
    pieces.sort_by_key(|piece| piece.chat.stats.messages);
    for (number, piece) in pieces.into_iter().enumerate() {
        let stretches = piece.split(&calendar);
        left.push(stretches.len());
        queue.extend(stretches.into_iter().map(|stretch| (number, stretch)));
    }
    let threads = std::thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .clamp(1, THREADS)
        .min(queue.len());
    let is_alone = queue.len() == 1;
    // Taken from the end, so the largest conversations come first and no thread is left with one of them.
    let queue = Mutex::new(queue);
    std::thread::scope(|scope| {
        // A result waits until it is taken; few may wait, because each can be large.
        let (sender, results) = crossbeam_channel::bounded(1);
        for _ in 0..threads {
            let sender = sender.clone();
            let (queue, calendar) = (&queue, &calendar);
            scope.spawn(move || {
                let result = work(
                    archive, queue, calendar, segmenter, is_alone, request, &sender,
                );
                if let Err(error) = result {
                    // Nobody listens when another thread failed first.
                    let _ = sender.send(Err(error));
                }
            });
        }
        drop(sender);
        for result in results {
            let (number, stretch, counted) = result?;
            let is_last = left.get_mut(number).is_some_and(|left| {
                *left = left.saturating_sub(1);
                *left == 0
            });
            sink.take(number, &stretch, counted, is_last)?;
        }
        Ok(())
    })
}

type Results = crossbeam_channel::Sender<Result<(usize, Piece, Years), Error>>;

/// One thread: takes stretches from the queue until it is empty.
fn work(
    archive: &Archive,
    queue: &Mutex<Vec<(usize, Piece)>>,
    calendar: &Calendar,
    segmenter: Option<&'static Segmenter>,
    is_alone: bool,
    request: &StatisticsRequest<'_>,
    sender: &Results,
) -> Result<(), Error> {
    let mut reader = archive.reader()?;
    if is_alone {
        reader = reader.with_threads();
    }
    let progress = request.progress;
    loop {
        let next = queue
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .pop();
        let Some((number, stretch)) = next else {
            return Ok(());
        };
        let mut counting = Counting::new(
            stretch.chat.id,
            stretch.chat.is_direct,
            calendar.clone(),
            segmenter.filter(|_| stretch.chat.only.is_none() || stretch.is_kept),
        );
        let mut seen = 0_u64;
        reader.conversation::<Error>(stretch.chat.id, stretch.window, &mut |message| {
            counting.add(&message);
            seen += 1;
            if seen.is_multiple_of(STEP) {
                progress.rows_read.fetch_add(STEP, Ordering::Relaxed);
                if progress.stop.load(Ordering::Relaxed) {
                    return Err(Error::Cancelled);
                }
            }
            Ok(true)
        })?;
        progress.rows_read.fetch_add(seen % STEP, Ordering::Relaxed);
        if progress.stop.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        if sender
            .send(Ok((number, stretch, counting.finish())))
            .is_err()
        {
            return Ok(());
        }
    }
}
