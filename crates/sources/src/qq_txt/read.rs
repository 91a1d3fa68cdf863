//! Reads text exports into a sink.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use hutong_model::{At, Content as _, Origin, OriginPlace, ProblemKind, Sink};

use super::ahead::{self, Piece};
use super::encoding::Utf8Text;
use super::manner::{Manner, SAMPLE, likeness};
use super::parse::{Oddity, PackedMessage, Parser};
use crate::qq_manager::clock::{Clock, ZONE_NOTE};
use crate::qq_manager::files;
use crate::qq_manager::placeholder;
use crate::qq_manager::room::{Entry, Reading, Room, problem};
use crate::{Input, ReadError, ReadOptions, Summary};

/// The exports of an input.
pub(super) fn files(input: &Input) -> Vec<String> {
    files::find(input, &likeness)
}

/// Reads every export of the input.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let paths = files(input);
    if paths.is_empty() {
        return Err(ReadError::Missing(
            "a text export of the message manager".to_owned(),
        ));
    }
    let clock = Clock::new(options, paths.first().map_or("", String::as_str))?;
    let account = options.account.as_deref().or(options.keys.uin());
    let mut reading = Reading::new(clock, account);
    let mut summary = Summary::default();
    for path in paths {
        let before = input.size_bytes(&path);
        file(input, &path, options, &mut reading, out)?;
        summary.changed_while_reading |= input.size_bytes(&path) != before;
    }
    summary.rows_read = reading.rows;
    out.progress(reading.rows, Some(reading.rows))?;
    Ok(summary)
}

fn file(
    input: &Input,
    path: &str,
    options: &ReadOptions,
    reading: &mut Reading,
    out: &mut dyn Sink,
) -> Result<(), ReadError> {
    let failed = |source| ReadError::Io {
        file: path.to_owned(),
        source,
    };
    let sample = input.first_bytes(path, SAMPLE).map_err(failed)?;
    let is_whole = (sample.len() as u64) < SAMPLE;
    let manner = Manner::detect(&sample, is_whole);
    drop(sample);
    let content = input
        .content(path)
        .ok_or_else(|| ReadError::Missing(path.to_owned()))?;
    let mut source = content.open().map_err(failed)?;
    let mut mark = vec![0; manner.mark];
    source.read_exact(&mut mark).map_err(failed)?;

    let parser = Parser::new(Utf8Text::new(source, manner.encoding), manner);
    let mut file = TextFile {
        place: Arc::new(OriginPlace {
            input: path.to_owned(),
            table: String::new(),
        }),
        room: None,
        messages: 0,
        keep_raw: options.keep_raw,
        is_copied: manner.is_copied,
    };
    if !reading.clock.is_named {
        problem(out, file.origin(At::Whole), ProblemKind::Note, ZONE_NOTE)?;
    }
    let text = ahead::each(parser, &failed, |item| file.item(&item, reading, out))?;
    if let Some(room) = file.room.take() {
        room.finish(reading, out)?;
    }
    if file.messages == 0 {
        problem(
            out,
            file.origin(At::Whole),
            ProblemKind::Damage,
            "there is no message in this file",
        )?;
    }
    if text.damaged > 0 {
        let reason = format!(
            "some characters are damaged: they are no {}",
            manner.encoding.name()
        );
        problem(out, file.origin(At::Whole), ProblemKind::Damage, &reason)?;
    }
    Ok(())
}

/// A file that is being read.
struct TextFile {
    place: Arc<OriginPlace>,
    room: Option<Room>,
    messages: u64,
    keep_raw: bool,
    /// Messages were copied out of a window.
    is_copied: bool,
}

impl TextFile {
    fn origin(&self, at: At) -> Origin {
        Origin {
            place: Arc::clone(&self.place),
            at,
        }
    }

    fn item(
        &mut self,
        item: &Piece<'_>,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        match item {
            Piece::Section(title, line) => self.section(*title, *line, reading, out),
            Piece::Message(message, text) => self.message(message, text, reading, out),
            Piece::Oddity(oddity, line) => {
                let (kind, reason) = match oddity {
                    Oddity::PastedHeader => (
                        ProblemKind::Note,
                        "a line looks like the beginning of a message and is taken as part of the message before it",
                    ),
                    Oddity::BeforeFirst => (
                        ProblemKind::Damage,
                        "a line stands before the first message and belongs to none",
                    ),
                    Oddity::TooLong => (
                        ProblemKind::Damage,
                        "a message is longer than 16 MiB; the rest of it is left out",
                    ),
                    Oddity::EndsEarly => (
                        ProblemKind::Note,
                        "the file ends without a line end; the last message may be cut",
                    ),
                };
                problem(out, self.origin(At::Line(*line)), kind, reason)
            }
        }
    }

    fn section(
        &mut self,
        title: Option<&str>,
        line: u64,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        if let Some(room) = self.room.take() {
            room.finish(reading, out)?;
        }
        let title = match title.filter(|title| !title.is_empty()) {
            Some(title) => title.to_owned(),
            None => {
                let reason = "the conversation is not named; the file's name stands in for it";
                problem(out, self.origin(At::Line(line)), ProblemKind::Note, reason)?;
                files::stem(&self.place.input)
            }
        };
        let mut room = Room::new(&title, Arc::clone(&self.place));
        room.may_be_unnumbered = self.is_copied;
        self.room = Some(room);
        Ok(())
    }

    fn message(
        &mut self,
        message: &PackedMessage,
        text: &str,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        self.messages += 1;
        let at = At::Line(message.line);
        if message.is_damaged {
            let reason = "some characters of a message are damaged";
            problem(out, self.origin(at), ProblemKind::Damage, reason)?;
        }
        let piece = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        let raw = || piece(&message.raw).trim_end_matches('\n').into();
        let entry = Entry {
            wall: message.wall,
            sender: piece(&message.sender).into(),
            parts: placeholder::parts(piece(&message.body)),
            comparable: message.comparable.as_ref().map(|range| piece(range).into()),
            at,
            raw: self.keep_raw.then(raw),
        };
        match &mut self.room {
            Some(room) => room.push(entry, reading, out),
            None => Ok(()),
        }
    }
}
