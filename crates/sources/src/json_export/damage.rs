//! Breaking whole forged files; for tests.

#[cfg(feature = "qq")]
use std::path::Path;

#[cfg(feature = "qq")]
use hutong_model::At;
use hutong_model::ProblemKind;

use super::golden::Given;
use crate::{Input, ReadError, ReadOptions, Source};

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit.max(1)
    }
}

/// Changes one byte in so many, none of the first `spared`.
pub(crate) fn spoil(bytes: &[u8], spared: usize, one_in: usize, seed: u64) -> Vec<u8> {
    let mut dice = Dice(seed);
    let mut broken = bytes.to_vec();
    let room = bytes.len().saturating_sub(spared);
    for _ in 0..room / one_in {
        let at = spared + dice.below(room);
        broken[at] ^= u8::try_from(1 + dice.below(255)).unwrap();
    }
    broken
}

/// Reads a file with these bytes; nothing when nobody can tell any more what it is.
fn read(source: &dyn Source, bytes: &[u8]) -> Option<Given> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any name");
    std::fs::write(&path, bytes).unwrap();
    let input = Input::open(&path).unwrap();
    let mut collected = hutong_model::Collected::default();
    let summary = match source.read(&input, &ReadOptions::default(), &mut collected) {
        Ok(summary) => summary,
        Err(ReadError::Layout { .. }) => return None,
        Err(error) => panic!("{error}"),
    };
    let given = Given {
        collected,
        summary,
        ..Given::default()
    };
    let problems = &given.collected.problems;
    let rejected = problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::RejectedRow)
        .count();
    assert_eq!(
        given.summary.rows_read,
        (given.messages().len() + rejected) as u64,
        "every row is a message or is told"
    );
    Some(given)
}

#[cfg(feature = "qq")]
/// Where each message of a whole file ends.
fn ends(given: &Given, bytes: &[u8]) -> Vec<usize> {
    let lines: Vec<usize> = memchr::memchr_iter(b'\n', bytes).collect();
    let end = |at: At| match at {
        At::Bytes(start, length) => usize::try_from(start + length).unwrap(),
        At::Line(number) => lines[usize::try_from(number).unwrap() - 1],
        other => panic!("{other:?} is no place in a text"),
    };
    let messages = given.messages();
    messages
        .iter()
        .map(|message| end(message.origin.at))
        .collect()
}

#[cfg(feature = "qq")]
/// Cuts and spoils a file and asserts what is left of its messages.
pub(crate) fn assert_survives(source: &dyn Source, path: &Path) {
    /// Damage to the first bytes can make the file one of nobody.
    const HEAD: usize = 4096;
    let bytes = std::fs::read(path).unwrap();
    let whole = read(source, &bytes).expect("the forged file is known");
    let ends = ends(&whole, &bytes);
    let count = ends.len();
    assert!(count > 100, "{count} messages are too few to tell");

    let mut dice = Dice(7);
    for _ in 0..40 {
        let cut = dice.below(bytes.len());
        let before = ends.iter().filter(|end| **end <= cut).count();
        let Some(given) = read(source, &bytes[..cut]) else {
            assert!(cut < HEAD, "cut at {cut}: nobody knows the file");
            continue;
        };
        let kept = given.messages().len();
        assert!(
            kept >= before && kept <= count,
            "cut at {cut}: {kept} messages instead of {before}"
        );
        let is_torn = !bytes[..cut].ends_with(b"}") && !bytes[..cut].ends_with(b"\n");
        assert!(
            !is_torn || !given.collected.problems.is_empty(),
            "cut at {cut}: nothing is told"
        );
    }

    for seed in 1..6 {
        // One byte in a hundred: nearly every message is hit, and what could not be read is told.
        if let Some(given) = read(source, &spoil(&bytes, 0, 100, seed)) {
            assert!(!given.collected.problems.is_empty());
        }
        let given = read(source, &spoil(&bytes, HEAD, 100, seed)).expect("the head is whole");
        assert!(!given.collected.problems.is_empty());
        // One byte in ten thousand: what was not hit is there.
        let given = read(source, &spoil(&bytes, HEAD, 10_000, seed)).expect("the head is whole");
        let kept = given.messages().len();
        assert!(kept * 100 >= count * 80, "{kept} of {count} are left");
        assert!(!given.collected.problems.is_empty());
    }
}

#[test]
fn looking_at_a_damaged_file_counts_what_reading_it_gives() {
    let plan = hutong_samples::Plan {
        messages: 300,
        ..hutong_samples::Plan::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let forged = hutong_samples::chatlab(&plan, folder.path(), &mut |_| {}).unwrap();
    let source = &crate::chatlab::ChatLab;
    for file in source.files(&Input::open(&forged.root).unwrap()) {
        let bytes = std::fs::read(forged.root.join(&file)).unwrap();
        let mut dice = Dice(3);
        let cuts = (0..40).map(|_| bytes[..dice.below(bytes.len())].to_vec());
        let mut dice = Dice(5);
        let spoilt = (1..10).map(|seed| spoil(&bytes, 0, 100 + dice.below(5000), seed));
        for broken in cuts.chain(spoilt) {
            let Some(given) = read(source, &broken) else {
                continue;
            };
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("any name");
            std::fs::write(&path, &broken).unwrap();
            let input = Input::open(&path).unwrap();
            let inspection = source.inspect(&input, &ReadOptions::default()).unwrap();
            assert_eq!(inspection.messages, Some(given.messages().len() as u64));
            assert_eq!(
                inspection.notes.is_empty(),
                given.collected.problems.is_empty()
            );
        }
    }
}
