//! The behaviour that every source shows.
//!
//! [`check`] runs one source over one folder and panics with a description of what does not hold, so a test of a source
//! is one call.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hutong_model::{
    AccountId, ConversationId, MessageId, Problem, ProblemKind, Record, Sink, Stop, Timestamp,
};

use crate::{Input, ReadError, ReadOptions, Recognition, Source, Summary};

/// Runs every check over a folder that `source` can read.
///
/// `scratch` is an empty folder for damaged copies. The folder should be small: it is read some hundred times, with most
/// kinds of damage for the first two of [`Source::files`].
///
/// # Panics
/// When the source does not behave.
pub fn check(source: &dyn Source, folder: &Path, scratch: &Path, options: &ReadOptions) {
    let before = state_of(folder);
    recognises(source, folder);
    let whole = reads_alike_twice(source, folder, options);
    stops_when_asked(source, folder, options);
    inspects(source, folder, options, &whole);
    assert_eq!(before, state_of(folder), "the input was changed");
    survives_damage(source, folder, scratch, options, &whole);
}

/// What a sink saw, checked while it came.
#[derive(Debug, Default)]
struct Seen {
    accounts: HashSet<AccountId>,
    conversations: HashSet<ConversationId>,
    /// Messages in their order: identity, time, order and a digest of everything else.
    messages: Vec<(MessageId, Timestamp, i64, blake3::Hash)>,
    /// Digest of every other record, in order.
    others: Vec<blake3::Hash>,
    problems: Vec<Problem>,
    rejected: u64,
    /// Stop after so many records.
    limit: Option<usize>,
}

impl Seen {
    fn count(&self) -> usize {
        self.messages.len() + self.others.len()
    }

    fn knows(&self, account: Option<AccountId>, what: &str) {
        if let Some(account) = account {
            assert!(
                self.accounts.contains(&account),
                "{what} names account {account} before it came"
            );
        }
    }

    fn knows_conversation(&self, conversation: ConversationId, what: &str) {
        assert!(
            self.conversations.contains(&conversation),
            "{what} names conversation {conversation} before it came"
        );
    }
}

impl Sink for Seen {
    fn record(&mut self, record: Record) -> Result<(), Stop> {
        if self.limit.is_some_and(|limit| self.count() >= limit) {
            return Err(Stop::Cancelled);
        }
        let digest = blake3::hash(format!("{record:?}").as_bytes());
        match record {
            Record::Message(message) => {
                self.knows_conversation(message.conversation, "a message");
                self.knows(message.sender, "a message");
                assert!(
                    !message.parts.is_empty(),
                    "a message has no parts: {}",
                    message.origin
                );
                assert!(
                    !message.origin.place.input.is_empty(),
                    "a message has no origin: {message:?}"
                );
                self.messages
                    .push((message.id, message.sent_at, message.order, digest));
                return Ok(());
            }
            Record::Account(account) => {
                assert!(
                    !account.native_id.is_empty(),
                    "an account has no native id: {account:?}"
                );
                self.accounts.insert(account.id);
            }
            Record::Conversation(conversation) => {
                let named = [
                    conversation.owner,
                    conversation.peer,
                    conversation.group_owner,
                ];
                named
                    .into_iter()
                    .for_each(|account| self.knows(account, "a conversation"));
                self.conversations.insert(conversation.id);
            }
            Record::Membership(membership) => {
                self.knows_conversation(membership.conversation, "a membership");
                self.knows(Some(membership.account), "a membership");
                self.knows(membership.inviter, "a membership");
            }
            Record::Change(change) => self.knows_conversation(change.conversation, "a change"),
            Record::Decision(_) | Record::ReadBy(_) => {}
        }
        self.others.push(digest);
        Ok(())
    }

    fn problem(&mut self, problem: Problem) -> Result<(), Stop> {
        assert!(
            !problem.origin.place.input.is_empty(),
            "a problem has no origin: {problem:?}"
        );
        assert!(
            !problem.reason.is_empty() && !problem.reason.ends_with('.'),
            "odd reason: {problem:?}"
        );
        self.rejected += u64::from(problem.kind == ProblemKind::RejectedRow);
        self.problems.push(problem);
        Ok(())
    }
}

fn input_of(folder: &Path) -> Input {
    Input::open(folder).expect("the folder of a conformance test is there")
}

/// Reads a folder; row counts must add up whenever the reading comes to its end.
fn read(
    source: &dyn Source,
    folder: &Path,
    options: &ReadOptions,
    seen: &mut Seen,
) -> Result<Summary, ReadError> {
    let summary = source.read(&input_of(folder), options, seen)?;
    let told = seen.messages.len() as u64 + seen.rejected;
    assert_eq!(
        summary.rows_read, told,
        "rows read must be messages and rejected rows together"
    );
    Ok(summary)
}

fn recognises(source: &dyn Source, folder: &Path) {
    let about = source.about();
    assert!(
        !about.id.is_empty() && !about.name_zh.is_empty() && !about.name_en.is_empty(),
        "{about:?}"
    );
    let recognition = source.recognize(&input_of(folder));
    assert!(
        matches!(recognition, Recognition::Yes(_)),
        "{} does not recognise its input: {recognition:?}",
        about.id
    );
}

fn reads_alike_twice(source: &dyn Source, folder: &Path, options: &ReadOptions) -> Seen {
    let mut first = Seen::default();
    let summary = read(source, folder, options, &mut first)
        .expect("the folder of a conformance test can be read");
    assert!(!first.messages.is_empty(), "no messages were read");
    assert!(
        !summary.changed_while_reading,
        "nothing changed while it was read"
    );
    let mut second = Seen::default();
    read(source, folder, options, &mut second).expect("a second reading goes like the first");
    assert_eq!(
        first.messages, second.messages,
        "two readings give the same messages in the same order"
    );
    assert_eq!(
        first.others, second.others,
        "two readings give the same other records in the same order"
    );
    assert_eq!(
        first.problems, second.problems,
        "two readings give the same problems"
    );
    first
}

fn stops_when_asked(source: &dyn Source, folder: &Path, options: &ReadOptions) {
    for limit in [0, 1, 100] {
        let mut seen = Seen {
            limit: Some(limit),
            ..Seen::default()
        };
        let stopped = source.read(&input_of(folder), options, &mut seen);
        assert!(
            matches!(stopped, Err(ReadError::Stopped(Stop::Cancelled))),
            "a stop must be passed on: {stopped:?}"
        );
    }
}

fn inspects(source: &dyn Source, folder: &Path, options: &ReadOptions, whole: &Seen) {
    let inspection = source
        .inspect(&input_of(folder), options)
        .expect("what can be read can be inspected");
    assert!(
        !inspection.version.is_empty() && !inspection.files.is_empty(),
        "{inspection:?}"
    );
    assert_eq!(
        inspection.messages,
        Some(whole.messages.len() as u64),
        "inspection counts what reading gives"
    );
    let locked = source
        .inspect(&input_of(folder), &ReadOptions::default())
        .expect("a missing key is no error here");
    assert_eq!(
        locked.files.len(),
        inspection.files.len(),
        "the files are named without a key too"
    );
    let input = input_of(folder);
    for file in source.files(&input) {
        assert!(input.has_file(&file), "{file} is named and is not there");
    }
}

/// Bytes and time of every file below a folder.
fn state_of(folder: &Path) -> BTreeMap<PathBuf, (blake3::Hash, SystemTime)> {
    let mut state = BTreeMap::new();
    for file in files_below(folder) {
        let bytes = fs::read(&file).expect("files of a conformance test can be read");
        let changed = fs::metadata(&file)
            .and_then(|metadata| metadata.modified())
            .expect("files have a time");
        state.insert(file, (blake3::hash(&bytes), changed));
    }
    state
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("folders of a conformance test can be listed") {
            let path = entry
                .expect("folders of a conformance test can be listed")
                .path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Copies the folder under its own name, which can be the account's.
fn copy_of(folder: &Path, scratch: &Path) -> PathBuf {
    let copy = scratch.join(folder.file_name().expect("the folder has a name"));
    for file in files_below(folder) {
        let to = copy.join(
            file.strip_prefix(folder)
                .expect("files lie below their folder"),
        );
        fs::create_dir_all(to.parent().expect("files lie in folders"))
            .expect("the scratch folder can be written");
        fs::copy(&file, &to).expect("the scratch folder can be written");
    }
    copy
}

/// A way to break a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// The file ends here.
    CutAt(usize),
    /// This byte is inverted.
    FlippedAt(usize),
    /// A page of zeros.
    ZeroedFrom(usize),
    /// The file is not there.
    Missing,
}

impl Damage {
    /// Ways to break a file of this length; `is_main` asks for more of them.
    fn all(length: usize, is_main: bool) -> Vec<Self> {
        let cuts = [0, 1, 16, 512, 4095, 4096, 8192, 100, 511, 1024, 4097];
        let spots = [
            18,
            4099,
            8000,
            0,
            103,
            28,
            7,
            24,
            60,
            100,
            105,
            110,
            1024 + 16,
            1024 + 103,
        ];
        let parts = if is_main { 12 } else { 4 };
        let shares = (1..parts).map(|share| length / parts * share + share * 37);
        let (few_cuts, few_spots) = if is_main {
            (cuts.len(), spots.len())
        } else {
            (6, 3)
        };
        let mut all = vec![Self::Missing];
        all.extend(
            cuts.into_iter()
                .take(few_cuts)
                .chain(shares.clone())
                .chain([length.saturating_sub(1)])
                .map(Self::CutAt),
        );
        all.extend(
            spots
                .into_iter()
                .take(few_spots)
                .chain(shares.clone())
                .map(Self::FlippedAt),
        );
        all.extend(
            shares
                .step_by(3)
                .map(|share| Self::ZeroedFrom(share / 4096 * 4096)),
        );
        all.retain(|damage| match damage {
            Self::CutAt(at) | Self::FlippedAt(at) | Self::ZeroedFrom(at) => *at < length,
            Self::Missing => true,
        });
        all
    }

    fn apply(self, path: &Path, whole: &[u8]) {
        let mut bytes = whole.to_vec();
        match self {
            Self::CutAt(at) => bytes.truncate(at),
            Self::FlippedAt(at) => bytes
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|byte| *byte = !*byte),
            Self::ZeroedFrom(at) => bytes
                .iter_mut()
                .skip(at)
                .take(4096)
                .for_each(|byte| *byte = 0),
            Self::Missing => {
                return fs::remove_file(path).expect("the scratch folder can be written");
            }
        }
        fs::write(path, bytes).expect("the scratch folder can be written");
    }
}

/// Damage gives problems or an error, never a panic, and what is lost without an error is told.
fn survives_damage(
    source: &dyn Source,
    folder: &Path,
    scratch: &Path,
    options: &ReadOptions,
    whole: &Seen,
) {
    let copy = copy_of(folder, scratch);
    for (number, file) in source.files(&input_of(&copy)).into_iter().enumerate() {
        let path = copy.join(&file);
        let bytes = fs::read(&path).expect("the scratch folder can be read");
        // A log may end anywhere: what lies behind its last whole transaction was never there.
        let is_log = file.ends_with("-wal");
        for (turn, damage) in Damage::all(bytes.len(), number < 2).into_iter().enumerate() {
            damage.apply(&path, &bytes);
            let mut seen = Seen::default();
            // Damage to a key's salt is a wrong key, which is an error as good as any.
            if read(source, &copy, options, &mut seen).is_ok() {
                let is_told = !seen.problems.is_empty();
                let is_cut = matches!(damage, Damage::CutAt(_) | Damage::ZeroedFrom(_));
                let is_short = seen.messages.len() < whole.messages.len();
                assert!(
                    is_log || !is_cut || !is_short || is_told,
                    "{file} {damage:?}: messages were lost without a word"
                );
            }
            // Looking must not fail where reading may.
            let _ = source.recognize(&input_of(&copy));
            if turn % 4 == 0 {
                let _ = source.inspect(&input_of(&copy), options);
            }
        }
        fs::write(&path, &bytes).expect("the scratch folder can be written");
    }
}
