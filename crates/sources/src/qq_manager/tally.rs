//! Inspecting an export: reading it, and only counting.

use hutong_model::{Conversation, Problem, ProblemKind, Record, Sink, Stop};
use rustc_hash::FxHashSet;

use super::clock::ZONE_NOTE;
use crate::{Account, Input, InputFile, Inspection, ReadError, ReadOptions, Source};

/// Conversations that are told apart while counting.
const MAX_CONVERSATIONS: usize = 1_000_000;

#[derive(Debug, Default)]
struct Tally {
    conversations: FxHashSet<[u8; 16]>,
    messages: u64,
    span: Option<(i64, i64)>,
    damage: u64,
    pasted: u64,
    owner: Option<Account>,
}

impl Sink for Tally {
    fn record(&mut self, record: Record) -> Result<(), Stop> {
        match record {
            Record::Message(message) => {
                self.messages += 1;
                let time = message.sent_at.0;
                let (first, last) = self.span.unwrap_or((time, time));
                self.span = Some((first.min(time), last.max(time)));
            }
            Record::Conversation(Conversation { id, .. })
                if self.conversations.len() < MAX_CONVERSATIONS =>
            {
                self.conversations.insert(id.0);
            }
            Record::Account(account) if account.is_owner && self.owner.is_none() => {
                self.owner = Some(Account {
                    native_id: account.native_id,
                    name: account.nickname,
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn problem(&mut self, problem: Problem) -> Result<(), Stop> {
        match problem.kind {
            ProblemKind::Note => self.pasted += u64::from(problem.reason != ZONE_NOTE),
            ProblemKind::RejectedRow | ProblemKind::Damage => self.damage += 1,
        }
        Ok(())
    }
}

/// What an export holds.
pub(crate) fn inspect(
    source: &dyn Source,
    version: &str,
    input: &Input,
    options: &ReadOptions,
) -> Result<Inspection, ReadError> {
    let mut tally = Tally::default();
    // Counting needs no pictures.
    let plain = ReadOptions {
        keys: options.keys.clone(),
        account: options.account.clone(),
        zone: options.zone.clone(),
        keep_raw: false,
        locate_attachments: false,
    };
    source.read(input, &plain, &mut tally)?;
    let files = source
        .files(input)
        .into_iter()
        .map(|path| InputFile {
            size_bytes: input.size_bytes(&path).unwrap_or(0),
            path,
            is_encrypted: false,
            key_fits: None,
            trouble: None,
        })
        .collect();
    let mut notes = Vec::new();
    if options.zone.is_none() {
        notes.push(ZONE_NOTE.to_owned());
    }
    if tally.pasted > 0 {
        notes.push(format!(
            "{} lines are unusual, such as headers that were pasted into a message; the import report lists them",
            tally.pasted
        ));
    }
    if tally.damage > 0 {
        notes.push(format!("{} places are damaged", tally.damage));
    }
    Ok(Inspection {
        version: version.to_owned(),
        account: tally.owner,
        files,
        conversations: Some(tally.conversations.len() as u64),
        messages: Some(tally.messages),
        span: tally.span,
        notes,
    })
}
