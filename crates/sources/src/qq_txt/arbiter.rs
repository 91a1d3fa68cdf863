//! Which lines that look like headers begin a message, and which were pasted into one.
//!
//! A message may hold copied history: blank lines, headers and all. What tells is the order of time. Real headers go
//! forward; a pasted one jumps back and the next real one jumps forward again. So headers are judged in a window: as
//! many as possible are kept such that none is earlier than the one before by more than a day. Histories that were
//! merged jump back for good; such a jump is accepted when it keeps many messages.
//!
//! Weak headers — pasted by other evidence, too — must lie between their neighbours in time.

use std::collections::VecDeque;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::qq_manager::clock::{DAY, WallTime};
use crate::qq_manager::sender::Sender;

/// Headers that are judged together.
const WINDOW: usize = 256;
/// Text in a window; more is judged earlier.
const WINDOW_BYTES: usize = 32 * 1024 * 1024;
/// A jump back is real when at least so many messages follow it.
const JUMP: i64 = 48;
/// Headers that are remembered to tell copies of them.
const REMEMBERED: usize = 4096;
/// Seconds by which messages of one conversation may stand in the wrong order without being copies.
const JITTER: i64 = 60;
/// Windows with fewer headers say nothing about habits.
const HABIT: usize = 8;

/// A line that looks like a header, with everything up to the next such line.
///
/// It passes through several queues, so it is handed on in a box.
#[derive(Debug, Default)]
pub(super) struct Candidate {
    /// Header and body, each line with a line feed.
    pub(super) text: String,
    /// Where in the text the sender stands.
    pub(super) sender: Range<usize>,
    /// Length of the header with its line feed.
    pub(super) head: usize,
    pub(super) wall: WallTime,
    /// Number of the header's line.
    pub(super) line: u64,
    /// Whether something about its form is unusual in this file.
    pub(super) is_odd: bool,
    /// Whether bytes in it were no text.
    pub(super) is_damaged: bool,
    /// Where the body stands in the text, without blank lines at its ends.
    pub(super) words: Range<usize>,
    /// Where its comparable text stands, if it was worked out: in its own place, or behind everything if that is another.
    pub(super) comparable: Option<Range<usize>>,
    /// Where header and body end.
    pub(super) raw_end: usize,
}

impl Candidate {
    pub(super) fn sender(&self) -> &str {
        self.text.get(self.sender.clone()).unwrap_or_default()
    }
}

/// What became of a candidate.
#[derive(Debug)]
pub(super) enum Judged {
    /// A message.
    Message(Box<Candidate>),
    /// Its text went into the message before it; this was its line.
    Pasted(u64),
}

/// Judges the candidates of one section.
#[derive(Debug, Default)]
pub(super) struct Arbiter {
    /// The first one is a message for sure.
    window: VecDeque<Box<Candidate>>,
    bytes: usize,
    /// Whether any time in the window is earlier than the one before.
    goes_back: bool,
    /// Times and senders of earlier messages.
    earlier: VecDeque<(WallTime, u64)>,
    judged: VecDeque<Judged>,
}

impl Arbiter {
    /// Takes the next candidate; the first one of a section begins a message whatever it looks like.
    pub(super) fn push(&mut self, candidate: Box<Candidate>) {
        if let Some(last) = self.window.back() {
            self.goes_back |= candidate.wall < last.wall;
        }
        self.bytes += candidate.text.len();
        self.window.push_back(candidate);
        if self.window.len() >= WINDOW || self.bytes > WINDOW_BYTES {
            self.judge(self.window.len() / 2);
        }
    }

    /// Judges what is left.
    pub(super) fn finish(&mut self) {
        self.judge(self.window.len());
        if let Some(last) = self.window.pop_front() {
            self.accept(last);
        }
        self.earlier.clear();
        self.bytes = 0;
        self.goes_back = false;
    }

    /// The next decision, in the order of the file.
    pub(super) fn take(&mut self) -> Option<Judged> {
        self.judged.pop_front()
    }

    fn accept(&mut self, candidate: Box<Candidate>) {
        if self.earlier.len() >= REMEMBERED {
            self.earlier.pop_front();
        }
        self.earlier
            .push_back((candidate.wall, fingerprint(candidate.sender())));
        self.judged.push_back(Judged::Message(candidate));
    }

    /// Decides the first `count` candidates; the last of them that is a message stays as the window's first.
    fn judge(&mut self, count: usize) {
        let decisions = if self.goes_back {
            self.decisions()
        } else {
            vec![true; self.window.len()]
        };
        let mut host: Option<Box<Candidate>> = None;
        for is_message in decisions.into_iter().take(count) {
            let Some(candidate) = self.window.pop_front() else {
                break;
            };
            self.bytes = self.bytes.saturating_sub(candidate.text.len());
            match &mut host {
                Some(host) if !is_message => {
                    host.text.push_str(&candidate.text);
                    host.is_damaged |= candidate.is_damaged;
                    self.judged.push_back(Judged::Pasted(candidate.line));
                }
                _ => {
                    if let Some(whole) = host.replace(candidate) {
                        self.accept(whole);
                    }
                }
            }
        }
        if let Some(host) = host {
            self.bytes += host.text.len();
            self.window.push_front(host);
        }
        self.goes_back = self
            .window
            .iter()
            .zip(self.window.iter().skip(1))
            .any(|(one, next)| next.wall < one.wall);
    }

    /// Whether each candidate of the window is a message.
    fn decisions(&self) -> Vec<bool> {
        let times: Vec<i64> = self
            .window
            .iter()
            .map(|candidate| candidate.wall.0)
            .collect();
        let weak = self.weak();
        let odd: Vec<bool> = self
            .window
            .iter()
            .map(|candidate| candidate.is_odd)
            .collect();
        // Weak ones are held against those that are messages for all that is known without them.
        let mut strong: Vec<bool> = weak.iter().map(|is_weak| !is_weak).collect();
        longest_history(&times, &mut strong);
        let mut keep: Vec<bool> = odd
            .iter()
            .zip(&weak)
            .enumerate()
            .map(|(at, (is_odd, is_weak))| {
                // Two who write at once may stand in either order, one of them twice in a second.
                let slack = if *is_odd { 0 } else { JITTER };
                !(*is_weak && is_out_of_place(&times, &strong, at, slack))
            })
            .collect();
        restore_long_runs(&mut keep, &odd);
        longest_history(&times, &mut keep);
        keep
    }

    /// Which candidates have more against them than their time.
    fn weak(&self) -> Vec<bool> {
        let senders: Vec<Sender<'_>> = self
            .window
            .iter()
            .map(|candidate| Sender::read(candidate.sender()))
            .collect();
        let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
        for sender in &senders {
            *counts.entry(sender.whole).or_default() += 1;
        }
        let with_id = senders.iter().filter(|sender| sender.id.is_some()).count();
        let shows_ids = with_id * 5 >= senders.len() * 4;
        let shows_names = with_id * 5 <= senders.len();
        let has_habits = senders.len() >= HABIT;
        let mut known: FxHashSet<(WallTime, u64)> = self.earlier.iter().copied().collect();
        self.window
            .iter()
            .zip(&senders)
            .map(|(candidate, sender)| {
                let is_copy = !known.insert((candidate.wall, fingerprint(candidate.sender())));
                let is_stranger = has_habits
                    && !sender.is_system()
                    && (shows_ids && sender.id.is_none()
                        || shows_names && counts.get(sender.whole) == Some(&1));
                candidate.is_odd || is_copy || is_stranger
            })
            .collect()
    }
}

fn fingerprint(sender: &str) -> u64 {
    use std::hash::{Hash as _, Hasher as _};
    let mut hasher = rustc_hash::FxHasher::default();
    sender.hash(&mut hasher);
    hasher.finish()
}

/// Whether a weak candidate does not lie between the strong ones around it, give or take so many seconds.
fn is_out_of_place(times: &[i64], strong: &[bool], at: usize, slack: i64) -> bool {
    if at == 0 {
        return false;
    }
    let Some(time) = times.get(at) else {
        return false;
    };
    let strong = || {
        times
            .iter()
            .zip(strong)
            .enumerate()
            .filter(|(place, (_, is_strong))| *place == 0 || **is_strong)
    };
    let before = strong().take_while(|(place, _)| *place < at).last();
    let before = before.map_or(i64::MIN, |(_, (time, _))| *time);
    let after = strong()
        .skip_while(|(place, _)| *place <= at)
        .map(|(_, (time, _))| *time)
        .find(|time| *time >= before.saturating_sub(DAY));
    *time < before.saturating_sub(slack)
        || after.is_some_and(|after| *time > after.saturating_add(slack))
}

/// A long run of candidates that are all out of place is a merged history, unless their form is unusual, too.
fn restore_long_runs(keep: &mut [bool], odd: &[bool]) {
    let mut at = 0;
    while at < keep.len() {
        let run = keep.iter().zip(odd).skip(at);
        let length = run.take_while(|(keep, odd)| !**keep && !**odd).count();
        if i64::try_from(length).is_ok_and(|length| length >= JUMP) {
            keep.iter_mut()
                .skip(at)
                .take(length)
                .for_each(|keep| *keep = true);
        }
        at += length.max(1);
    }
}

/// Drops the fewest candidates so that no time is earlier than the one before by more than a day, where a jump back costs
/// as much as so many candidates. Of equal ways the one that keeps the earlier candidates is taken.
fn longest_history(times: &[i64], keep: &mut [bool]) {
    let places: Vec<(usize, i64)> = times
        .iter()
        .copied()
        .enumerate()
        .filter(|(at, _)| keep.get(*at) == Some(&true))
        .collect();
    let is_back = |earlier: i64, later: i64| later < earlier.saturating_sub(DAY);
    if !places
        .iter()
        .zip(places.iter().skip(1))
        .any(|((_, one), (_, next))| is_back(*one, *next))
    {
        return;
    }
    // For each candidate the best history that ends with it, and the candidate before it in there.
    let mut best: Vec<(i64, usize)> = Vec::with_capacity(places.len());
    for (at, (_, time)) in places.iter().enumerate() {
        let mut here = (if at == 0 { 1 } else { i64::MIN }, at);
        for (before, ((_, earlier), (score, _))) in places.iter().zip(&best).enumerate() {
            let cost = if is_back(*earlier, *time) { JUMP } else { 0 };
            if score + 1 - cost > here.0 {
                here = (score + 1 - cost, before);
            }
        }
        best.push(here);
    }
    let mut end = 0;
    for (at, (score, _)) in best.iter().enumerate() {
        if best.get(end).is_none_or(|(most, _)| score > most) {
            end = at;
        }
    }
    keep.fill(false);
    loop {
        if let Some(keep) = places.get(end).and_then(|(at, _)| keep.get_mut(*at)) {
            *keep = true;
        }
        match best.get(end) {
            Some((_, before)) if *before != end => end = *before,
            _ => break,
        }
    }
}

#[cfg(test)]
mod tests;
