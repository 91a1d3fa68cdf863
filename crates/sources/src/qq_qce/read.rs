//! The reading itself: a pass to learn who is who, and one for the messages.

use std::sync::Arc;

use hutong_model::{At, OriginPlace, ProblemKind, Record, Sink, Stop};

use super::header::{Header, Scene};
use super::layout::{self, Export, Item};
use super::message::Desk;
use crate::json_export::{Changes, Files, not_ours, open, place, problem, report_others, zone};
use crate::json_stream::{Node, Prune, Pruned, first_value, parse};
use crate::text_ids::TextIds;
use crate::{Input, ReadError, ReadOptions, Summary};

/// How often the receiver hears how far we are, in messages.
const PROGRESS: u64 = 4096;
const REPAIRED: &str =
    "the JSON of a message was repaired: bytes or escapes that are no text were replaced";

/// The client's own record is large, and only its plain fields are needed.
struct Raw;

impl Prune for Raw {
    const KEYS: &'static [&'static str] = &["rawMessage"];
}

/// A message as the exporter wrote it.
type Stored<'a> = Pruned<'a, Raw>;

/// Pushes every export of an input.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let exports = layout::find(input);
    if exports.is_empty() {
        return Err(not_ours(input, "it is no export of qq-chat-exporter"));
    }
    let known: Vec<String> = exports.iter().flat_map(Export::paths).collect();
    report_others(input, |name| known.iter().any(|path| path == name), out)?;
    let mut changes = Changes::default();
    for path in &known {
        changes.watch(input, path);
    }
    let zone = zone(options);
    let mut rows = 0;
    for export in &exports {
        let header = learn(input, export)?;
        let main = export
            .main
            .as_deref()
            .or_else(|| export.chunks.first().map(|(path, _)| path.as_str()))
            .unwrap_or_default();
        if !header.has_chat {
            let reason = "what the file says about the chat is missing; whose copy it is and which chat are not known";
            out.problem(problem(
                &place(main),
                At::Whole,
                ProblemKind::Damage,
                reason,
            ))?;
        }
        let expected = rows + header.messages;
        let title = main.rsplit_once('.').map_or(main, |(stem, _)| stem);
        let mut desk = Desk {
            scene: Scene::new(header, options.account.as_deref(), title),
            files: Files {
                input: options.locate_attachments.then_some(input),
            },
            zone: &zone,
            ids: TextIds::default(),
            count: 0,
            keep_raw: options.keep_raw,
        };
        desk.scene.people.flush(out)?;
        let mut reading = Reading {
            desk,
            rows,
            expected,
        };
        reading.export(input, export, out)?;
        rows = reading.rows;
    }
    out.progress(rows, Some(rows))?;
    Ok(Summary {
        rows_read: rows,
        changed_while_reading: changes.any(input),
    })
}

/// The first pass over all files of an export.
fn learn(input: &Input, export: &Export) -> Result<Header, ReadError> {
    let mut header = Header::default();
    if let Some(main) = &export.main {
        let source = open(input, main)?;
        layout::walk(Arc::clone(&source), main, &mut |item| {
            Ok(header.item(&source, &item))
        })?;
    }
    for (chunk, _) in export
        .chunks
        .iter()
        .filter(|(path, _)| input.has_file(path))
    {
        let source = open(input, chunk)?;
        layout::walk_chunk(input, chunk, &mut |item| Ok(header.item(&source, &item)))?;
    }
    if let Some(avatars) = &export.avatars
        && let Ok(source) = open(input, avatars)
    {
        // Pictures are a pleasure; a broken file of them costs nothing else.
        let _ = layout::walk_avatars(Arc::clone(&source), &mut |number, start, bytes| {
            header.avatar(number, &source, start, bytes);
        });
    }
    Ok(header)
}

struct Reading<'a> {
    desk: Desk<'a>,
    rows: u64,
    expected: u64,
}

impl Reading<'_> {
    fn export(
        &mut self,
        input: &Input,
        export: &Export,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        if let Some(main) = &export.main {
            let place = place(main);
            layout::walk(open(input, main)?, main, &mut |item| {
                self.item(&item, &place, out)
            })?;
        }
        for (chunk, stated) in &export.chunks {
            let place = place(chunk);
            if !input.has_file(chunk) {
                let count =
                    stated.map_or_else(String::new, |count| format!(" of {count} messages"));
                let reason = format!("a chunk{count} is missing");
                out.problem(problem(&place, At::Whole, ProblemKind::Damage, reason))?;
                continue;
            }
            let before = self.rows;
            layout::walk_chunk(input, chunk, &mut |item| self.item(&item, &place, out))?;
            let found = self.rows - before;
            if stated.is_some_and(|stated| stated != found) {
                let reason = "the chunk does not hold as many messages as the manifest says";
                out.problem(problem(&place, At::Whole, ProblemKind::Damage, reason))?;
            }
        }
        Ok(())
    }

    /// Takes one piece; the answer is how many bytes of a message that was offered are its own.
    fn item(
        &mut self,
        item: &Item<'_>,
        place: &Arc<OriginPlace>,
        out: &mut dyn Sink,
    ) -> Result<usize, ReadError> {
        let (at, bytes) = match item {
            Item::Trouble(at, true, reason) => {
                self.rows += 1;
                out.problem(problem(place, *at, ProblemKind::RejectedRow, *reason))?;
                return Ok(0);
            }
            Item::Trouble(at, false, reason) => {
                out.problem(problem(place, *at, ProblemKind::Damage, *reason))?;
                return Ok(0);
            }
            Item::Message(start, bytes) => {
                let Some((node, length)) = first_value::<Stored<'_>>(bytes) else {
                    return Ok(0);
                };
                let own = bytes.get(..length).unwrap_or_default();
                let at = At::Bytes(*start, length as u64);
                self.count(out)?;
                self.message(&node, place, at, own, out)?;
                return Ok(length);
            }
            Item::Value("messages[]", at, _, bytes) => (*at, *bytes),
            Item::Value(..) => return Ok(0),
        };
        self.count(out)?;
        let mut spare = Vec::new();
        let Ok((node, was_repaired)) = parse::<Stored<'_>>(bytes, &mut spare) else {
            let reason = "the message is not valid JSON";
            out.problem(problem(place, at, ProblemKind::RejectedRow, reason))?;
            return Ok(0);
        };
        if was_repaired {
            out.problem(problem(place, at, ProblemKind::Note, REPAIRED))?;
        }
        self.message(&node, place, at, bytes, out)?;
        Ok(0)
    }

    fn count(&mut self, out: &mut dyn Sink) -> Result<(), Stop> {
        self.rows += 1;
        if self.rows.is_multiple_of(PROGRESS) {
            out.progress(self.rows, Some(self.expected))?;
        }
        Ok(())
    }

    fn message(
        &mut self,
        node: &Node<'_>,
        place: &Arc<OriginPlace>,
        at: At,
        bytes: &[u8],
        out: &mut dyn Sink,
    ) -> Result<(), Stop> {
        let message = self.desk.message(node, place, at, bytes);
        self.desk.scene.people.flush(out)?;
        match message {
            Ok(message) => out.record(Record::Message(message)),
            Err(reason) => out.problem(problem(place, at, ProblemKind::RejectedRow, reason)),
        }
    }
}
