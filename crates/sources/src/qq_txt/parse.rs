//! From lines to sections and candidates for messages.

use std::io::{self, Read};
use std::ops::Range;

use super::arbiter::{Arbiter, Candidate, Judged};
use super::growing::{Growing, MAX_BODY, Start};
use super::header::{CopiedHeads, Header};
use super::lines::{Ending, Lines};
use super::manner::Manner;
use super::sections::{self, Frame, Verdict};
use crate::qq_manager::Label;
use crate::qq_manager::clock::WallTime;
use crate::qq_manager::placeholder::lines_with_words;
use hutong_model::write_comparable;

/// The comparable text of a longer one is left to whoever needs it, so that it is not in memory twice.
const LARGEST_COMPARED: usize = 64 * 1024;
/// Texts whose room is used again: how many, and how large at most.
const MOST_SPARE: usize = 2048;
const LARGEST_SPARE: usize = 4096;

/// What a file holds, in its order.
#[derive(Debug)]
pub(super) enum Item {
    /// A conversation begins.
    Section {
        /// Its title, where the file gives one.
        title: Option<String>,
        /// The line of its frame's end.
        line: u64,
    },
    /// A message.
    Message(TextMessage),
    /// Something to tell the user about a line.
    Oddity(Oddity, u64),
}

/// Something about a line that the user should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    /// Looks like a header and is taken as part of a message.
    PastedHeader,
    /// Stands before the first message of a section.
    BeforeFirst,
    /// A message is longer than messages are; its end is left out.
    TooLong,
    /// The file ends without a line end.
    EndsEarly,
}

/// A message as the text shows it.
#[derive(Debug)]
pub(super) struct TextMessage(Box<Candidate>);

impl TextMessage {
    /// Works out, on the thread that has time for it, what the other one needs of a text; `room` is for its own use.
    fn new(mut candidate: Box<Candidate>, room: &mut String) -> Self {
        let from = candidate.head;
        let words = lines_with_words(candidate.text.get(from..).unwrap_or_default());
        candidate.words = from + words.start..from + words.end;
        candidate.raw_end = candidate.text.len();
        let words = candidate
            .text
            .get(candidate.words.clone())
            .unwrap_or_default();
        if words.len() <= LARGEST_COMPARED {
            room.clear();
            write_comparable(words, room);
            candidate.comparable = Some(if room.len() < words.len() {
                candidate.text.push_str(room);
                candidate.raw_end..candidate.text.len()
            } else {
                candidate.words.clone()
            });
        }
        Self(candidate)
    }

    /// Writes the text behind others, and says what stands where in there.
    fn pack(&self, text: &mut String) -> PackedMessage {
        let candidate = &*self.0;
        let start = text.len();
        text.push_str(&candidate.text);
        let moved = |range: &Range<usize>| start + range.start..start + range.end;
        PackedMessage {
            wall: candidate.wall,
            line: candidate.line,
            is_damaged: candidate.is_damaged,
            sender: moved(&candidate.sender),
            body: moved(&candidate.words),
            comparable: candidate.comparable.as_ref().map(moved),
            raw: start..start + candidate.raw_end,
        }
    }
}

/// A message whose text stands behind others in one long text.
#[derive(Debug)]
pub(super) struct PackedMessage {
    pub(super) wall: WallTime,
    pub(super) line: u64,
    /// Whether bytes in it were no text.
    pub(super) is_damaged: bool,
    pub(super) sender: Range<usize>,
    /// The body without blank lines at its ends.
    pub(super) body: Range<usize>,
    /// What tells the body from others, unless it is very long; see [`comparable_text`](hutong_model::comparable_text).
    pub(super) comparable: Option<Range<usize>>,
    /// Header and body as they stand in the file.
    pub(super) raw: Range<usize>,
}

/// Reads a text export item by item.
pub(super) struct Parser<R> {
    lines: Lines<R>,
    manner: Manner,
    arbiter: Arbiter,
    /// The message that is being read.
    current: Growing,
    is_blank: bool,
    /// How the line before ended.
    last_ending: Ending,
    /// What is known of the next section, before its first message.
    heading: Option<Frame>,
    /// Lines that may be the frame of the next section.
    frame: Option<(Frame, Vec<OwnedLine>)>,
    is_over: bool,
    /// Dates and heads of messages that were copied out of a window.
    copied: CopiedHeads,
    /// Items that are ready, in order; taken from the front.
    ready: std::collections::VecDeque<Item>,
    /// Room for messages to come.
    #[expect(
        clippy::vec_box,
        reason = "the boxes themselves are what is used again"
    )]
    spare: Vec<Box<Candidate>>,
    /// Room for a comparable text.
    room: String,
}

#[derive(Clone, Debug)]
struct OwnedLine {
    bytes: Vec<u8>,
    ending: Ending,
    number: u64,
}

impl<R: Read> Parser<R> {
    pub(super) fn new(source: R, manner: Manner) -> Self {
        Self {
            lines: Lines::new(source, manner.joins_returns),
            manner,
            arbiter: Arbiter::default(),
            current: Growing::default(),
            is_blank: true,
            last_ending: Ending::None,
            heading: Some(Frame::default()),
            frame: None,
            is_over: false,
            copied: CopiedHeads::default(),
            ready: std::collections::VecDeque::new(),
            spare: Vec::new(),
            room: String::new(),
        }
    }

    pub(super) fn into_source(self) -> R {
        self.lines.into_source()
    }

    /// Writes the text of a message behind others, and keeps the room that it took.
    pub(super) fn pack(&mut self, message: TextMessage, text: &mut String) -> PackedMessage {
        let packed = message.pack(text);
        let TextMessage(candidate) = message;
        if candidate.text.capacity() <= LARGEST_SPARE && self.spare.len() < MOST_SPARE {
            self.spare.push(candidate);
        }
        packed
    }

    /// The next item, or `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if let Some(judged) = self.arbiter.take() {
                return Ok(Some(match judged {
                    Judged::Message(candidate) => {
                        Item::Message(TextMessage::new(candidate, &mut self.room))
                    }
                    Judged::Pasted(line) => Item::Oddity(Oddity::PastedHeader, line),
                }));
            }
            if self.is_over {
                return Ok(None);
            }
            self.step()?;
        }
    }

    /// Reads one line.
    fn step(&mut self) -> io::Result<()> {
        // The line borrows the reader, so the rest of the parser is taken apart from it.
        let Self {
            lines,
            manner,
            arbiter,
            current,
            is_blank,
            last_ending,
            heading,
            frame,
            copied,
            ready,
            spare,
            room,
            ..
        } = self;
        let mut body = Body {
            manner,
            arbiter,
            current,
            is_blank,
            last_ending,
            heading,
            copied,
            ready,
            spare,
            room,
        };
        let Some(line) = lines.next()? else {
            self.end();
            return Ok(());
        };
        let (bytes, ending, number) = (line.bytes, line.ending, line.number);
        let bytes = match bytes {
            [0xEF, 0xBB, 0xBF, behind @ ..] => behind,
            _ => bytes,
        };
        if let Some((known, kept)) = frame {
            let text = String::from_utf8_lossy(bytes);
            match known.take(&text) {
                Verdict::GoesOn => kept.push(OwnedLine {
                    bytes: bytes.to_vec(),
                    ending,
                    number,
                }),
                Verdict::Complete => {
                    let known = std::mem::take(known);
                    *frame = None;
                    body.close();
                    *body.heading = Some(known);
                    *body.is_blank = true;
                }
                Verdict::Broken => {
                    let kept = std::mem::take(kept);
                    *frame = None;
                    for line in kept {
                        body.line(&line.bytes, line.ending, line.number);
                    }
                    body.line(bytes, ending, number);
                }
            }
            return Ok(());
        }
        if body.heading.is_none()
            && (*body.is_blank || !body.manner.has_blank_lines)
            && matches!(bytes.first(), Some(b'=' | 0xE6 | 0xE8))
        {
            let mut known = Frame::default();
            if known.take(&String::from_utf8_lossy(bytes)) == Verdict::GoesOn {
                let line = OwnedLine {
                    bytes: bytes.to_vec(),
                    ending,
                    number,
                };
                *frame = Some((known, vec![line]));
                return Ok(());
            }
        }
        body.line(bytes, ending, number);
        Ok(())
    }

    fn end(&mut self) {
        let kept = self.frame.take().map(|(_, kept)| kept).unwrap_or_default();
        let last = kept.last().map_or(self.last_ending, |line| line.ending);
        let line = self.current.start.as_ref().map_or(1, |start| start.line);
        let mut body = Body {
            manner: &self.manner,
            arbiter: &mut self.arbiter,
            current: &mut self.current,
            is_blank: &mut self.is_blank,
            last_ending: &mut self.last_ending,
            heading: &mut self.heading,
            copied: &mut self.copied,
            ready: &mut self.ready,
            spare: &mut self.spare,
            room: &mut self.room,
        };
        for line in kept {
            body.line(&line.bytes, line.ending, line.number);
        }
        let ends_early = body.heading.is_none() && last == Ending::None;
        body.close();
        if ends_early {
            self.ready.push_back(Item::Oddity(Oddity::EndsEarly, line));
        }
        self.is_over = true;
    }
}

/// The parts of a parser that a line of a message changes.
struct Body<'a> {
    manner: &'a Manner,
    arbiter: &'a mut Arbiter,
    current: &'a mut Growing,
    is_blank: &'a mut bool,
    last_ending: &'a mut Ending,
    heading: &'a mut Option<Frame>,
    copied: &'a mut CopiedHeads,
    ready: &'a mut std::collections::VecDeque<Item>,
    #[expect(
        clippy::vec_box,
        reason = "the boxes themselves are what is used again"
    )]
    spare: &'a mut Vec<Box<Candidate>>,
    room: &'a mut String,
}

impl Body<'_> {
    /// Ends the section.
    fn close(&mut self) {
        self.flush_current();
        self.arbiter.finish();
        while let Some(judged) = self.arbiter.take() {
            self.ready.push_back(match judged {
                Judged::Message(candidate) => Item::Message(TextMessage::new(candidate, self.room)),
                Judged::Pasted(line) => Item::Oddity(Oddity::PastedHeader, line),
            });
        }
    }

    fn flush_current(&mut self) {
        if let Some(start) = self.current.start.take() {
            let room = self.spare.pop().unwrap_or_default();
            let line = start.line;
            let (candidate, is_whole) = self.current.finish(start, room);
            if !is_whole && !self.current.is_cut {
                self.ready.push_back(Item::Oddity(Oddity::TooLong, line));
            }
            self.arbiter.push(candidate);
        }
    }

    fn line(&mut self, bytes: &[u8], ending: Ending, number: u64) {
        let header = match self.manner.is_copied {
            true if self.copied.take_date(bytes) => return,
            true => self.copied.read(bytes),
            false => Header::read(bytes, self.manner.hours),
        };
        let was_blank = *self.is_blank;
        let before = *self.last_ending;
        *self.is_blank = bytes.trim_ascii().is_empty();
        *self.last_ending = ending;
        if let Some(frame) = self.heading {
            match header {
                Some(header) => {
                    let title = frame.object.take();
                    *self.heading = None;
                    self.ready.push_back(Item::Section {
                        title,
                        line: number,
                    });
                    self.begin(&header, bytes, number, false);
                }
                None => self.heading_line(bytes, number),
            }
            return;
        }
        if let Some(header) = header {
            // Where single returns end lines, one before a line feed may be the end of a blank line.
            let may_hide_blank = self.manner.mixes_returns && before == Ending::CrLf;
            if was_blank || !self.manner.has_blank_lines || may_hide_blank {
                let is_unusual = self
                    .manner
                    .usual_ending
                    .is_some_and(|usual| usual != ending)
                    && ending != Ending::None;
                let is_odd = is_unusual || (!was_blank && self.manner.has_blank_lines);
                self.flush_current();
                self.begin(&header, bytes, number, is_odd);
                return;
            }
            self.ready
                .push_back(Item::Oddity(Oddity::PastedHeader, number));
        }
        self.append(bytes, ending, number);
    }

    fn heading_line(&mut self, bytes: &[u8], number: u64) {
        let text = String::from_utf8_lossy(bytes);
        let Some(frame) = self.heading else { return };
        match Label::read(&text) {
            Some(Label::Group(name)) => {
                // A section without messages came before.
                *frame = Frame::default();
                frame.group = Some(name.to_owned());
            }
            Some(Label::Object(name)) => frame.object = Some(name.to_owned()),
            None => {
                let is_frame =
                    *self.is_blank || sections::is_bar(bytes) || sections::is_title(&text);
                // Behind a frame, what follows it is as good as behind a blank line.
                *self.is_blank = true;
                if !is_frame {
                    self.ready
                        .push_back(Item::Oddity(Oddity::BeforeFirst, number));
                }
            }
        }
    }

    fn begin(&mut self, header: &Header, bytes: &[u8], line: u64, is_odd: bool) {
        let growing = &mut *self.current;
        growing.bytes.clear();
        growing.is_cut = false;
        growing.bytes.extend_from_slice(bytes);
        growing.bytes.push(b'\n');
        growing.start = Some(Start {
            sender: header.sender.clone(),
            head: bytes.len() + 1,
            wall: header.wall,
            line,
            is_odd,
        });
    }

    fn append(&mut self, bytes: &[u8], ending: Ending, number: u64) {
        let growing = &mut *self.current;
        if growing.start.is_none() {
            return;
        }
        if growing.is_cut {
            return;
        }
        if growing.bytes.len() + bytes.len() > MAX_BODY {
            growing.is_cut = true;
            self.ready.push_back(Item::Oddity(Oddity::TooLong, number));
            return;
        }
        growing.bytes.extend_from_slice(bytes);
        if ending != Ending::Cut {
            growing.bytes.push(b'\n');
        }
    }
}
