//! From the files of an input to records: a first look at each, then one after the other.

use hutong_model::{At, Origin, Problem, ProblemKind, Record, Sink, Stop};
use rustc_hash::FxHashSet;

use super::compose::Composer;
use super::facts::Facts;
use super::files::{Export, Found, Shape, find};
use super::weflow::json::Header;
use super::{chatlog, contacts, echotrace, memotrace, pywxdump, wechat_data_analysis, weflow};
use crate::{Account, Input, InputFile, Inspection, ReadError, ReadOptions, Summary};

/// Why turns for training cannot be history.
pub(super) const TRAINING: &str = "this is a JSON file for training language models: its messages have no times and are shuffled, \
                                   so it is no history; export the chat again as CSV, TXT or HTML, or import the database";
/// Said of files that nobody knows.
const UNKNOWN: &str =
    "this file is no export of WeChat history that is known; it was left out here";

/// What a first look at a file told.
enum Look {
    Facts(Box<Facts>),
    Header(Box<Header>),
}

impl Look {
    fn at(input: &Input, export: &Export) -> Result<Self, ReadError> {
        let facts = |facts: Facts| Self::Facts(Box::new(facts));
        let header = |header: Header| Self::Header(Box::new(header));
        Ok(match export.shape {
            Shape::MemoTraceCsv => facts(memotrace::csv::survey(input, export)?),
            Shape::MemoTraceText => facts(memotrace::text::survey(input, export)?),
            Shape::MemoTracePage => facts(memotrace::page::survey(input, export)?),
            Shape::PyWxDumpCsv | Shape::WeFlowCsv => facts(pywxdump::csv::survey(input, export)?),
            Shape::PyWxDumpJson => facts(pywxdump::json::survey(input, export)?),
            Shape::PyWxDumpMini => facts(pywxdump::mini::survey(input, export)?),
            Shape::ChatlogJson | Shape::ChatlogWebhook => {
                facts(chatlog::json::survey(input, export)?)
            }
            Shape::ChatlogCsv => facts(chatlog::csv::survey(input, export)?),
            Shape::ChatlogText => facts(chatlog::text::survey(input, export)?),
            Shape::WeFlowJson | Shape::WeFlowHttp => header(weflow::json::survey(input, export)?),
            Shape::EchoTrace => header(echotrace::survey(input, export)?),
            Shape::WeFlowSql => header(weflow::sql::survey(input, export)?),
            Shape::WeFlowTable => header(weflow::table::survey(input, export)?),
            Shape::DataAnalysis => facts(wechat_data_analysis::survey(input, export)?),
            Shape::Training | Shape::Contacts => facts(Facts::default()),
        })
    }

    fn owner(&self) -> Option<&str> {
        match self {
            Self::Facts(facts) => facts.owner.as_deref(),
            Self::Header(header) => header.facts.owner.as_deref(),
        }
    }

    fn read(
        &self,
        input: &Input,
        export: &Export,
        composer: &mut Composer<'_>,
    ) -> Result<(), ReadError> {
        match self {
            Self::Facts(facts) => match export.shape {
                Shape::MemoTraceCsv => memotrace::csv::read(input, export, facts, composer),
                Shape::MemoTraceText => memotrace::text::read(input, export, facts, composer),
                Shape::MemoTracePage => memotrace::page::read(input, export, facts, composer),
                Shape::PyWxDumpCsv | Shape::WeFlowCsv => {
                    pywxdump::csv::read(input, export, facts, composer)
                }
                Shape::PyWxDumpJson => pywxdump::json::read(input, export, facts, composer),
                Shape::PyWxDumpMini => pywxdump::mini::read(input, export, facts, composer),
                Shape::ChatlogJson | Shape::ChatlogWebhook => {
                    chatlog::json::read(input, export, facts, composer)
                }
                Shape::ChatlogCsv => chatlog::csv::read(input, export, facts, composer),
                Shape::ChatlogText => chatlog::text::read(input, export, facts, composer),
                Shape::DataAnalysis => wechat_data_analysis::read(input, export, facts, composer),
                _ => Ok(()),
            },
            Self::Header(header) => match export.shape {
                Shape::WeFlowSql => weflow::sql::read(input, export, header, composer),
                Shape::WeFlowTable => weflow::table::read(input, export, header, composer),
                Shape::EchoTrace => echotrace::read(input, export, header, composer),
                _ => weflow::json::read(input, export, header, composer),
            },
        }
    }
}

/// The exports of an input, or why there are none.
fn found(input: &Input) -> Result<Found, ReadError> {
    let found = find(input);
    if found
        .exports
        .iter()
        .any(|export| export.shape.has_messages())
    {
        return Ok(found);
    }
    match found
        .exports
        .iter()
        .find(|export| export.shape == Shape::Training)
    {
        Some(training) => Err(ReadError::Layout {
            file: training.path.clone(),
            reason: TRAINING.to_owned(),
        }),
        None => Err(ReadError::Missing(
            "an export of WeChat history by another tool".to_owned(),
        )),
    }
}

/// Reads everything into a sink.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let found = found(input)?;
    let mut looks = Vec::new();
    for export in found
        .exports
        .iter()
        .filter(|export| export.shape.has_messages())
    {
        looks.push((export, Look::at(input, export)?));
    }
    // One account for all files, unless they contradict each other.
    let owners: FxHashSet<&str> = looks.iter().filter_map(|(_, look)| look.owner()).collect();
    let only_owner = owners.iter().next().copied().filter(|_| owners.len() == 1);
    let sizes: Vec<_> = looks
        .iter()
        .map(|(export, _)| input.size_bytes(&export.path))
        .collect();
    let mut problems = notes(&found);
    let mut composer = Composer::new(out, input, options)?;
    for problem in problems.drain(..) {
        composer.tell(problem)?;
    }
    for export in found
        .exports
        .iter()
        .filter(|export| export.shape == Shape::Contacts)
    {
        contacts::learn(input, export, &mut composer)?;
    }
    for (export, look) in &looks {
        let owner = look.owner().or(options.account.as_deref()).or(only_owner);
        composer.begin_file(&export.path, owner);
        look.read(input, export, &mut composer)?;
        composer.end_file()?;
    }
    let after: Vec<_> = looks
        .iter()
        .map(|(export, _)| input.size_bytes(&export.path))
        .collect();
    Ok(Summary {
        rows_read: composer.rows_read,
        changed_while_reading: sizes != after,
    })
}

/// What is said about files that are not read.
fn notes(found: &Found) -> Vec<Problem> {
    let note = |path: &str, reason: &str| Problem {
        origin: Origin::new(path, "", At::Whole),
        kind: ProblemKind::Note,
        reason: reason.to_owned(),
    };
    let training = found
        .exports
        .iter()
        .filter(|export| export.shape == Shape::Training);
    training
        .map(|export| note(&export.path, TRAINING))
        .chain(found.others.iter().map(|path| note(path, UNKNOWN)))
        .collect()
}

/// Counts instead of keeping.
#[derive(Default)]
struct Counting {
    messages: u64,
    conversations: FxHashSet<hutong_model::ConversationId>,
    span: Option<(i64, i64)>,
    owner: Option<Account>,
}

impl Sink for Counting {
    fn record(&mut self, record: Record) -> Result<(), Stop> {
        match record {
            Record::Message(message) => {
                self.messages += 1;
                let at = message.sent_at.0;
                self.span = Some(
                    self.span
                        .map_or((at, at), |(first, last)| (first.min(at), last.max(at))),
                );
                self.conversations.insert(message.conversation);
            }
            Record::Account(account) if account.is_owner && !account.id.is_name() => {
                self.owner = Some(Account {
                    name: account.nickname,
                    native_id: account.native_id,
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn problem(&mut self, _: Problem) -> Result<(), Stop> {
        Ok(())
    }
}

/// Looks inside by reading everything and keeping nothing.
pub(super) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let found = found(input)?;
    let mut tools: Vec<&str> = Vec::new();
    let mut files = Vec::new();
    for export in &found.exports {
        if !tools.contains(&export.shape.words()) {
            tools.push(export.shape.words());
        }
        files.push(InputFile {
            path: export.path.clone(),
            size_bytes: input.size_bytes(&export.path).unwrap_or(0),
            is_encrypted: false,
            key_fits: None,
            trouble: (export.shape == Shape::Training).then(|| TRAINING.to_owned()),
        });
    }
    let mut counting = Counting::default();
    let plain = ReadOptions {
        account: options.account.clone(),
        zone: options.zone.clone(),
        ..ReadOptions::default()
    };
    read(input, &plain, &mut counting)?;
    Ok(Inspection {
        version: tools.join(", "),
        account: counting.owner,
        files,
        conversations: Some(counting.conversations.len() as u64),
        messages: Some(counting.messages),
        span: counting.span,
        notes: notes(&found)
            .into_iter()
            .map(|note| format!("{}: {}", note.origin.place.input, note.reason))
            .collect(),
    })
}
