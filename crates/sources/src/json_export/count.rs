//! Looking at an export by reading it without keeping anything.

use hutong_model::{Record, Sink, Stop};
use rustc_hash::FxHashSet;

use crate::{Account, Input, InputFile, Inspection, ReadError, ReadOptions, Source};

/// Counts what comes.
#[derive(Default)]
struct Count {
    messages: u64,
    conversations: FxHashSet<hutong_model::ConversationId>,
    span: Option<(i64, i64)>,
    owner: Option<Account>,
    notes: Vec<String>,
}

/// So many different problems are shown.
const MOST_NOTES: usize = 20;

impl Sink for Count {
    fn record(&mut self, record: Record) -> Result<(), Stop> {
        match record {
            Record::Message(message) => {
                self.messages += 1;
                self.conversations.insert(message.conversation);
                let at = message.sent_at.0;
                self.span = Some(
                    self.span
                        .map_or((at, at), |(low, high)| (low.min(at), high.max(at))),
                );
            }
            Record::Account(account) if account.is_owner => {
                self.owner = Some(Account {
                    native_id: account.native_id,
                    name: account.nickname,
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn problem(&mut self, problem: hutong_model::Problem) -> Result<(), Stop> {
        if self.notes.len() < MOST_NOTES && !self.notes.contains(&problem.reason) {
            self.notes.push(problem.reason);
        }
        Ok(())
    }
}

/// What `inspect` tells about an export: the files, and what a reading of them gives.
pub(crate) fn inspect(
    source: &dyn Source,
    version: String,
    input: &Input,
    options: &ReadOptions,
) -> Result<Inspection, ReadError> {
    let mut count = Count::default();
    let options = ReadOptions {
        account: options.account.clone(),
        zone: options.zone.clone(),
        ..ReadOptions::default()
    };
    let trouble = match source.read(input, &options, &mut count) {
        Ok(_) => None,
        Err(error @ ReadError::Io { .. }) => return Err(error),
        Err(error) => Some(error.to_string()),
    };
    let is_read = trouble.is_none();
    let files = source
        .files(input)
        .into_iter()
        .map(|path| InputFile {
            size_bytes: input.size_bytes(&path).unwrap_or(0),
            path,
            is_encrypted: false,
            key_fits: None,
            trouble: trouble.clone(),
        })
        .collect();
    Ok(Inspection {
        version,
        account: count.owner,
        files,
        conversations: is_read.then_some(count.conversations.len() as u64),
        messages: is_read.then_some(count.messages),
        span: count.span,
        notes: count.notes,
    })
}
