//! Reads web archives into a sink: once for the places of tables and pictures, once for the rows.

use std::ops::Range;
use std::sync::Arc;

use encoding_rs::GB18030;
use hutong_model::{
    At, Attachment, ContentHandle, Image, Origin, OriginPlace, Part, ProblemKind, Sink,
};
use hutong_sqlite::ReadAt;

use super::outline::{Outline, PictureKey};
use super::picture::Picture;
use super::row::{Piece, Row};
use super::rows::{RawRow, Rows};
use crate::qq_manager::clock::{Clock, Day, ZONE_NOTE};
use crate::qq_manager::files::{self, Likeness};
use crate::qq_manager::placeholder;
use crate::qq_manager::room::{Entry, Reading, Room, problem};
use crate::qq_txt::looks_like_utf8;
use crate::{Input, ReadError, ReadOptions, Summary};

/// Bytes of a table by which its encoding is told.
const SAMPLE: u64 = 256 * 1024;

/// Whether these are the first bytes of a web archive of the message manager.
pub(super) fn likeness(head: &[u8]) -> Likeness {
    const MARKS: [&[u8]; 3] = [
        b"Save by Tencent MsgMgr",
        b"Tencent IM Message",
        b"<title>QQ Message</title>",
    ];
    let has = |mark: &[u8]| memchr::memmem::find(head, mark).is_some();
    if MARKS.iter().any(|mark| has(mark)) {
        return Likeness::Sure;
    }
    let is_archive = has(b"multipart/related") || has(b"<table") || has(b"<tr>");
    let is_export = has("消息对象".as_bytes()) || has(&GB18030.encode("消息对象").0);
    match (is_archive, is_export) {
        (true, true) => Likeness::Sure,
        _ => Likeness::None,
    }
}

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
            "a web archive of the message manager".to_owned(),
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
    let file = input.open_file(path).map_err(failed)?;
    let outline = Outline::read(&file, options.locate_attachments).map_err(failed)?;
    let mut archive = Archive {
        place: Arc::new(OriginPlace {
            input: path.to_owned(),
            table: String::new(),
        }),
        file,
        outline,
        finds_pictures: options.locate_attachments,
        keep_raw: options.keep_raw,
        is_utf8: true,
        room: None,
        day: None,
        messages: 0,
    };
    archive.notes(reading, out)?;
    for table in archive.outline.tables.clone() {
        archive
            .table(table, reading, out)
            .map_err(|error| match error {
                RowError::Io(source) => failed(source),
                RowError::Read(error) => error,
            })?;
        if let Some(room) = archive.room.take() {
            room.finish(reading, out)?;
        }
    }
    if archive.messages == 0 {
        let reason = "there is no message in this file";
        problem(out, archive.origin(At::Whole), ProblemKind::Damage, reason)?;
    }
    Ok(())
}

/// A web archive that is being read.
struct Archive {
    place: Arc<OriginPlace>,
    file: Arc<dyn ReadAt>,
    outline: Outline,
    finds_pictures: bool,
    keep_raw: bool,
    /// Whether the table is UTF-8; else it is GB18030.
    is_utf8: bool,
    room: Option<Room>,
    day: Option<Day>,
    messages: u64,
}

enum RowError {
    Io(std::io::Error),
    Read(ReadError),
}

impl From<ReadError> for RowError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl Archive {
    fn origin(&self, at: At) -> Origin {
        Origin {
            place: Arc::clone(&self.place),
            at,
        }
    }

    /// What is to be said about the file as a whole.
    fn notes(&self, reading: &Reading, out: &mut dyn Sink) -> Result<(), ReadError> {
        let outline = &self.outline;
        let notes = [
            (!reading.clock.is_named, ProblemKind::Note, ZONE_NOTE),
            (
                outline.cuts_table,
                ProblemKind::Damage,
                "the file ends inside the table of messages",
            ),
            (
                outline.cuts_picture,
                ProblemKind::Damage,
                "the file ends inside a picture",
            ),
            (
                outline.is_too_large,
                ProblemKind::Damage,
                "there are more than five million pictures; the rest counts as missing",
            ),
        ];
        notes
            .into_iter()
            .filter(|(applies, ..)| *applies)
            .try_for_each(|(_, kind, reason)| problem(out, self.origin(At::Whole), kind, reason))
    }

    fn table(
        &mut self,
        table: Range<u64>,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<(), RowError> {
        let length = usize::try_from((table.end - table.start).min(SAMPLE)).unwrap_or(0);
        let mut sample = vec![0; length];
        self.file
            .read_exact_at(&mut sample, table.start)
            .map_err(RowError::Io)?;
        self.is_utf8 = looks_like_utf8(&sample);
        drop(sample);
        self.day = None;
        let mut rows = Rows::new(Arc::clone(&self.file), table);
        while let Some(row) = rows.next().map_err(RowError::Io)? {
            self.row(&row, reading, out)?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        row: &RawRow<'_>,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let at = At::Bytes(row.at, row.bytes.len() as u64);
        let (text, is_damaged) = if self.is_utf8 {
            let text = String::from_utf8_lossy(row.bytes);
            let is_damaged = matches!(text, std::borrow::Cow::Owned(_));
            (text, is_damaged)
        } else {
            let (text, is_damaged) = GB18030.decode_without_bom_handling(row.bytes);
            (text, is_damaged)
        };
        if is_damaged {
            let reason = "some characters of a row are damaged";
            problem(out, self.origin(at), ProblemKind::Damage, reason)?;
        }
        if row.is_too_long {
            let reason = "a row is longer than 32 MiB";
            return reading.reject(self.origin(at), reason, out);
        }
        if !row.is_whole {
            let reason = "the table ends inside a row";
            problem(out, self.origin(at), ProblemKind::Damage, reason)?;
        }
        match Row::read(&text) {
            Row::Heading => self.end_section(reading, out),
            Row::Object(title) => {
                self.end_section(reading, out)?;
                if !title.is_empty() {
                    self.room = Some(Room::new(&title, Arc::clone(&self.place)));
                }
                Ok(())
            }
            Row::Date(day) => {
                self.day = day;
                if day.is_none() {
                    let reason = "a date cannot be read; the messages below it have none";
                    problem(out, self.origin(at), ProblemKind::Damage, reason)?;
                }
                Ok(())
            }
            Row::Message { sender, time, body } => {
                self.messages += 1;
                let Some(day) = self.day else {
                    let reason = "no date stands above this message";
                    return reading.reject(self.origin(at), reason, out);
                };
                let entry = Entry {
                    wall: day.at(time),
                    sender: sender.into(),
                    parts: self.parts(body),
                    comparable: None,
                    at,
                    raw: self.keep_raw.then(|| row.bytes.to_vec()),
                };
                self.push(entry, reading, out)
            }
            Row::Blank => Ok(()),
            Row::Other if self.day.is_some() => {
                let reason = "a row is neither a message nor a date";
                reading.reject(self.origin(at), reason, out)
            }
            Row::Other => {
                let reason = "a row above the first date is not known";
                problem(out, self.origin(at), ProblemKind::Note, reason)
            }
        }
    }

    fn end_section(&mut self, reading: &mut Reading, out: &mut dyn Sink) -> Result<(), ReadError> {
        self.day = None;
        match self.room.take() {
            Some(room) => room.finish(reading, out),
            None => Ok(()),
        }
    }

    fn push(
        &mut self,
        entry: Entry,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        if self.room.is_none() {
            let reason = "the conversation is not named; the file's name stands in for it";
            problem(out, self.origin(entry.at), ProblemKind::Note, reason)?;
            let title = files::stem(&self.place.input);
            self.room = Some(Room::new(&title, Arc::clone(&self.place)));
        }
        match &mut self.room {
            Some(room) => room.push(entry, reading, out),
            None => Ok(()),
        }
    }

    fn parts(&self, body: Vec<Piece>) -> Vec<Part> {
        let is_text = body.iter().all(|piece| matches!(piece, Piece::Words(_)));
        if is_text {
            let words: String = body
                .into_iter()
                .map(|piece| match piece {
                    Piece::Words(words) | Piece::Picture(words) => words,
                })
                .collect();
            return placeholder::parts(placeholder::without_blank_ends(&words));
        }
        body.into_iter()
            .filter_map(|piece| match piece {
                Piece::Words(words) => {
                    let words = placeholder::without_blank_ends(&words);
                    (!words.is_empty()).then(|| Part::text(words))
                }
                Piece::Picture(name) => Some(self.picture(&name)),
            })
            .collect()
    }

    fn picture(&self, name: &str) -> Part {
        let mut attachment = Attachment::default();
        if name.starts_with("http://") || name.starts_with("https://") {
            attachment.url = Some(name.to_owned());
        } else if !name.is_empty() {
            attachment.name = Some(name.to_owned());
        }
        if self.finds_pictures
            && let Some(text) = self.outline.picture(PictureKey::of(name))
        {
            let picture = Picture {
                file: Arc::clone(&self.file),
                text,
            };
            attachment.media_type = picture.media_type().map(str::to_owned);
            attachment.content = Some(ContentHandle(Arc::new(picture)));
        }
        Part::Image(Box::new(Image {
            attachment,
            ..Image::default()
        }))
    }
}
