//! Opening the database and the packed files, finding the key of the latter, and telling whose backup it is.

use std::sync::Arc;

use hutong_crypto::{Family, OpenError};
use hutong_model::{At, Origin, Problem, ProblemKind};
use hutong_sqlite::ReadAt;
use rustc_hash::FxHashMap;

use super::cipher::{Key, decrypt, keys_of, unpadded};
use super::item::{Item, Segment};
use super::layout::{Found, find};
use super::tables::{SegmentRow, Session, names, segments, sessions};
use crate::wechat::database::OpenDatabase;
use crate::{Input, ReadError, ReadOptions};

/// The longest segment that is read, in bytes; real ones have some hundred kilobytes.
const MAX_SEGMENT_BYTES: i64 = 64 << 20;

/// Segments that are tried before the key counts as wrong.
const TRIED_SEGMENTS: usize = 32;

/// Segments that are looked at to tell the owner.
const LOOKED_AT_SEGMENTS: usize = 200;

/// A backup with everything in it open.
pub(super) struct Opened {
    pub(super) file: OpenDatabase,
    pub(super) sessions: Vec<Session>,
    pub(super) segments: Vec<SegmentRow>,
    /// Key of the packed files; absent when they are in clear.
    pub(super) key: Option<Key>,
    packed: FxHashMap<String, Option<Arc<dyn ReadAt>>>,
    pub(super) problems: Vec<Problem>,
}

/// The database of the backup that an input is.
pub(super) fn find_database(input: &Input) -> Result<String, ReadError> {
    match find(input) {
        Found::One(database) => Ok(database),
        Found::Newer => Err(ReadError::Layout {
            file: input.folder_name(),
            reason: NEWER.to_owned(),
        }),
        Found::WithoutDatabase | Found::Nothing => Err(ReadError::Missing("Backup.db".to_owned())),
    }
}

/// What to say of a backup that cannot be read.
pub(super) const NEWER: &str = "backups made by WeChat 4 are written in a way that nobody has described; restore it to a phone, and read \
     the phone's own files or xwechat_files of a computer instead";

impl Opened {
    pub(super) fn open(input: &Input, options: &ReadOptions) -> Result<Self, ReadError> {
        let path = find_database(input)?;
        let file = OpenDatabase::open(input, &path, &path, &options.keys, Family::WeChatBackup)?;
        if file.db.table("MsgSegments").is_none() {
            return Err(ReadError::Layout {
                file: path,
                reason: "it has no table MsgSegments".to_owned(),
            });
        }
        let mut problems = file.troubles();
        let mut keep = |problem| {
            problems.push(problem);
            Ok(())
        };
        let names = names(&file, &mut keep)?;
        let sessions = sessions(&file, &mut keep)?;
        let segments = segments(&file, &names, &mut keep)?;
        let mut opened = Self {
            file,
            sessions,
            segments,
            key: None,
            packed: FxHashMap::default(),
            problems,
        };
        opened.settle_key(input, options)?;
        Ok(opened)
    }

    /// Finds out which key the packed files have, so that a wrong one is told before anything is pushed.
    fn settle_key(&mut self, input: &Input, options: &ReadOptions) -> Result<(), ReadError> {
        let keys = keys_of(&options.keys);
        let mut missing = None;
        let mut tried = None;
        for segment in self.segments.clone().iter().take(TRIED_SEGMENTS) {
            let stored = match self.stored(input, segment) {
                Ok(stored) => stored.0,
                Err(_) => {
                    if input.real_path(&segment.file).is_none() {
                        missing = Some(segment.file.clone());
                    }
                    continue;
                }
            };
            if Segment::is_list(&stored) {
                return Ok(());
            }
            for key in &keys {
                let mut clear = stored.clone();
                decrypt(&mut clear, key);
                let end = unpadded(&clear).unwrap_or(clear.len());
                if Segment::is_list(clear.get(..end).unwrap_or_default()) {
                    self.key = Some(*key);
                    return Ok(());
                }
            }
            tried = Some(segment.file.clone());
        }
        match (tried, missing) {
            (Some(file), _) => Err(ReadError::Open {
                file,
                source: if keys.is_empty() {
                    OpenError::NoKey
                } else {
                    OpenError::WrongKey { tried: keys.len() }
                },
            }),
            (None, Some(file)) => Err(ReadError::Missing(file)),
            (None, None) => {
                self.key = keys.first().copied();
                Ok(())
            }
        }
    }

    /// A packed file, opened once.
    pub(super) fn packed(&mut self, input: &Input, name: &str) -> Option<Arc<dyn ReadAt>> {
        if let Some(known) = self.packed.get(name) {
            return known.clone();
        }
        let opened = input
            .real_path(name)
            .and_then(|path| input.open_file(&path).ok());
        self.packed.insert(name.to_owned(), opened.clone());
        opened
    }

    /// The bytes of a segment as they are stored, and whether some of them are missing.
    fn stored(
        &mut self,
        input: &Input,
        segment: &SegmentRow,
    ) -> Result<(Vec<u8>, bool), &'static str> {
        let file = self
            .packed(input, &segment.file)
            .ok_or("the packed file of a segment is missing")?;
        if !(0..=MAX_SEGMENT_BYTES).contains(&segment.length) {
            return Err("a segment has an impossible length");
        }
        let offset = u64::try_from(segment.offset).map_err(|_| "a segment has no place")?;
        let length = u64::try_from(segment.length).unwrap_or(0);
        let end = file
            .len()
            .map_err(|_| "the packed file of a segment cannot be read")?;
        let there = end.saturating_sub(offset).min(length);
        let mut bytes = vec![0; usize::try_from(there).unwrap_or(0)];
        file.read_exact_at(&mut bytes, offset)
            .map_err(|_| "the packed file of a segment cannot be read")?;
        Ok((bytes, there < length))
    }

    /// A segment in clear, with what is wrong with it.
    pub(super) fn segment(
        &mut self,
        input: &Input,
        segment: &SegmentRow,
    ) -> Result<(Vec<u8>, Option<&'static str>), &'static str> {
        let (mut bytes, is_short) = self.stored(input, segment)?;
        let mut trouble = is_short.then_some("a segment ends behind the end of its file");
        if let Some(key) = self.key {
            decrypt(&mut bytes, &key);
            match unpadded(&bytes) {
                Some(end) => bytes.truncate(end),
                None => trouble = trouble.or(Some("the end of a segment is damaged")),
            }
        }
        Ok((bytes, trouble))
    }

    /// The owner's username: what the user says, else whom the messages of conversations go to or come from. Empty when
    /// nobody can tell.
    pub(super) fn settle_owner(&mut self, input: &Input, options: &ReadOptions) -> String {
        let stated = options.account.as_deref().map(str::trim);
        if let Some(stated) = stated.filter(|stated| !stated.is_empty()) {
            return stated.to_owned();
        }
        let mut counts: FxHashMap<String, usize> = FxHashMap::default();
        for segment in self.segments.clone().iter().take(LOOKED_AT_SEGMENTS) {
            let Some(talker) = &segment.talker else {
                continue;
            };
            let Ok((bytes, _)) = self.segment(input, segment) else {
                continue;
            };
            for item in Segment::parse(&bytes)
                .items
                .into_iter()
                .filter_map(Item::parse)
            {
                let other = if item.from == talker.as_bytes() {
                    item.to
                } else if item.to == talker.as_bytes() {
                    item.from
                } else {
                    continue;
                };
                if !other.is_empty() && other != talker.as_bytes() {
                    let other = String::from_utf8_lossy(other).into_owned();
                    *counts.entry(other).or_default() += 1;
                }
            }
        }
        // The lesser name wins a tie, so that two readings agree.
        let most = counts
            .into_iter()
            .max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0)));
        most.map_or_else(
            || {
                self.problems.push(Problem {
                    origin: Origin {
                        place: self.file.place("MsgSegments"),
                        at: At::Whole,
                    },
                    kind: ProblemKind::Note,
                    reason: "whose backup this is cannot be told; name the account".to_owned(),
                });
                String::new()
            },
            |(name, _)| name,
        )
    }
}
