//! Walks through one file of JSON.

use std::io;
use std::sync::Arc;

use hutong_sqlite::ReadAt;

use super::LARGEST_VALUE;
use super::found::{Choice, Found, Shape, Trouble, Value};
use super::repair::parse;
use super::scan::{Scan, Step, is_blank};
use super::window::Window;

/// Longer keys count as damage.
const LONGEST_KEY: u64 = 1 << 20;
/// Files with more containers inside each other than this, entered by the caller, count as damaged.
const DEEPEST: usize = 64;

/// An object or list that was entered.
pub(super) struct Frame {
    pub(super) is_list: bool,
    /// Length of its own path.
    pub(super) base: usize,
    /// Whether a value was read and no comma since.
    pub(super) is_after: bool,
    /// How its elements begin: their first key, with its quotes.
    pub(super) sign: Option<Vec<u8>>,
}

/// How a value was passed.
enum Passed {
    Whole,
    Large,
    Bad,
    Cut,
}

/// What comes next.
enum Position {
    Value(Shape),
    Closed,
    Wrong,
    Cut,
    End,
}

/// A range and what it is.
enum Outcome {
    Taken(u64, u64),
    Offered(u64),
    Lost {
        start: u64,
        is_element: bool,
        reason: &'static str,
    },
    End,
}

const DAMAGED: &str = "this is not JSON; reading went on behind it";
const LARGE: &str = "the value is larger than 64 MiB";
const CUT: &str = "the file ends before its JSON does";

/// Walks through one file; see the [module](super).
pub struct JsonStream {
    pub(super) window: Window,
    pub(super) frames: Vec<Frame>,
    pub(super) path: String,
    scan: Scan,
    pub(super) landmarks: &'static [&'static str],
    pub(super) is_over: bool,
    roots: u64,
    /// Where an element was offered last: it is offered once.
    offered: Option<u64>,
}

impl JsonStream {
    /// A walk from the beginning of a file.
    ///
    /// # Errors
    /// When the file's length cannot be read.
    pub fn new(source: Arc<dyn ReadAt>) -> io::Result<Self> {
        let mut window = Window::new(source)?;
        window.peek()?;
        if window.rest().starts_with(b"\xEF\xBB\xBF") {
            window.advance(3);
        }
        Ok(Self {
            window,
            frames: Vec::new(),
            path: String::new(),
            scan: Scan::new(),
            landmarks: &[],
            is_over: false,
            roots: 0,
            offered: None,
        })
    }

    /// Keys at which reading goes on when an object around them is damaged, such as `messages`.
    #[must_use]
    pub const fn with_landmarks(mut self, keys: &'static [&'static str]) -> Self {
        self.landmarks = keys;
        self
    }

    /// How many values were begun at the outermost level.
    #[must_use]
    pub const fn roots(&self) -> u64 {
        self.roots
    }

    /// Offset of the next byte to be looked at.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.window.offset()
    }

    /// The next value that `choose` takes, or the next trouble; nothing at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next(
        &mut self,
        mut choose: impl FnMut(&str, Shape) -> Choice,
    ) -> io::Result<Option<Found<'_>>> {
        let outcome = loop {
            if self.is_over {
                break Outcome::End;
            }
            let position = self.position()?;
            let start = self.window.offset();
            match position {
                Position::Closed => {}
                Position::End => {
                    self.is_over = true;
                    break Outcome::End;
                }
                Position::Cut => {
                    self.is_over = true;
                    break Outcome::Lost {
                        start,
                        is_element: false,
                        reason: CUT,
                    };
                }
                Position::Wrong => {
                    self.recover(start, start)?;
                    break Outcome::Lost {
                        start,
                        is_element: false,
                        reason: DAMAGED,
                    };
                }
                Position::Value(shape) => {
                    let is_container = matches!(shape, Shape::Object | Shape::List);
                    let choice = choose(&self.path, shape);
                    if choice == Choice::Enter && is_container && self.frames.len() < DEEPEST {
                        self.enter(shape == Shape::List);
                        continue;
                    }
                    if choice == Choice::Offer && self.can_offer(start, shape) {
                        self.offered = Some(start);
                        break Outcome::Offered(start);
                    }
                    let is_wanted = choice != Choice::Skip;
                    if let Some(outcome) = self.value(start, is_wanted)? {
                        break outcome;
                    }
                }
            }
        };
        Ok(match outcome {
            Outcome::End => None,
            Outcome::Taken(start, end) => Some(Found::Value(Value {
                path: &self.path,
                start,
                bytes: self.window.slice(start, end),
                is_offer: false,
            })),
            Outcome::Offered(start) => Some(Found::Value(Value {
                path: &self.path,
                start,
                bytes: self.window.rest(),
                is_offer: true,
            })),
            Outcome::Lost {
                start,
                is_element,
                reason,
            } => Some(Found::Trouble(Trouble {
                path: &self.path,
                start,
                length: self.window.offset().saturating_sub(start),
                is_element,
                reason,
            })),
        })
    }

    /// Passes over the element that was offered: it has this many bytes.
    ///
    /// Without an offer, or with more bytes than were shown, nothing happens.
    pub fn accept(&mut self, length: usize) {
        let start = self.window.offset();
        if self.offered != Some(start) || length == 0 || length > self.window.rest().len() {
            return;
        }
        self.window.advance(length);
        if let Some(frame) = self.frames.last_mut() {
            frame.is_after = true;
        }
        self.learn_sign(start, self.window.offset());
    }

    /// Whether the value that begins here is an element of a list that was not offered yet.
    fn can_offer(&self, start: u64, shape: Shape) -> bool {
        shape == Shape::Object
            && self.offered != Some(start)
            && self.frames.last().is_some_and(|frame| frame.is_list)
    }

    fn enter(&mut self, is_list: bool) {
        self.window.advance(1);
        self.frames.push(Frame {
            is_list,
            base: self.path.len(),
            is_after: false,
            sign: None,
        });
    }

    /// Passes one value; something to tell when it is wanted or broken.
    fn value(&mut self, start: u64, is_wanted: bool) -> io::Result<Option<Outcome>> {
        let passed = self.pass(start, is_wanted)?;
        let is_element = self.frames.last().is_some_and(|frame| frame.is_list);
        if let Some(frame) = self.frames.last_mut() {
            frame.is_after = true;
        }
        Ok(match passed {
            Passed::Whole if is_wanted => {
                let end = self.window.offset();
                self.learn_sign(start, end);
                Some(Outcome::Taken(start, end))
            }
            Passed::Whole => None,
            Passed::Large => Some(Outcome::Lost {
                start,
                is_element,
                reason: LARGE,
            }),
            Passed::Cut => {
                self.is_over = true;
                Some(Outcome::Lost {
                    start,
                    is_element,
                    reason: CUT,
                })
            }
            Passed::Bad => {
                let end = self.window.offset();
                self.recover(start, end)?;
                Some(Outcome::Lost {
                    start,
                    is_element,
                    reason: DAMAGED,
                })
            }
        })
    }

    /// Moves to the next value, or over the next end of an object or list.
    fn position(&mut self) -> io::Result<Position> {
        loop {
            let Some(byte) = self.next_byte()? else {
                return Ok(if self.frames.is_empty() {
                    Position::End
                } else {
                    Position::Cut
                });
            };
            let Some(frame) = self.frames.last_mut() else {
                if byte == b',' {
                    self.window.advance(1);
                    continue;
                }
                self.path.clear();
                self.roots += 1;
                return Ok(Shape::of(byte).map_or(Position::Wrong, Position::Value));
            };
            match byte {
                b',' => {
                    frame.is_after = false;
                    self.window.advance(1);
                }
                b']' | b'}' => {
                    if frame.is_list != (byte == b']') {
                        return Ok(Position::Wrong);
                    }
                    let base = frame.base;
                    self.window.advance(1);
                    self.path.truncate(base);
                    self.frames.pop();
                    if let Some(parent) = self.frames.last_mut() {
                        parent.is_after = true;
                    }
                    return Ok(Position::Closed);
                }
                _ if frame.is_list => {
                    // Some writers forget the comma between elements.
                    let can_begin = !frame.is_after || matches!(byte, b'{' | b'[');
                    self.path.truncate(frame.base);
                    self.path.push_str("[]");
                    return Ok(match Shape::of(byte) {
                        Some(shape) if can_begin => Position::Value(shape),
                        _ => Position::Wrong,
                    });
                }
                b'"' if !frame.is_after => return self.member(),
                _ => return Ok(Position::Wrong),
            }
        }
    }

    /// Reads a key and moves to its value.
    fn member(&mut self) -> io::Result<Position> {
        let start = self.window.offset();
        match self.pass(start, true)? {
            Passed::Whole => {}
            Passed::Cut => return Ok(Position::Cut),
            Passed::Large | Passed::Bad => return Ok(Position::Wrong),
        }
        let end = self.window.offset();
        if end - start > LONGEST_KEY {
            return Ok(Position::Wrong);
        }
        let raw = self.window.slice(start, end);
        let mut spare = Vec::new();
        let key = match parse::<String>(raw, &mut spare) {
            Ok((key, _)) => key,
            Err(_) => String::from_utf8_lossy(raw).into_owned(),
        };
        if let Some(frame) = self.frames.last() {
            self.path.truncate(frame.base);
        }
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(&key);
        match self.next_byte()? {
            Some(b':') => self.window.advance(1),
            Some(_) => return Ok(Position::Wrong),
            None => return Ok(Position::Cut),
        }
        match self.next_byte()? {
            Some(byte) => Ok(Shape::of(byte).map_or(Position::Wrong, Position::Value)),
            None => Ok(Position::Cut),
        }
    }

    /// The next byte that is not blank.
    pub(super) fn next_byte(&mut self) -> io::Result<Option<u8>> {
        loop {
            let rest = self.window.rest();
            match rest.iter().position(|byte| !is_blank(*byte)) {
                Some(blanks) => {
                    let byte = rest.get(blanks).copied();
                    self.window.advance(blanks);
                    return Ok(byte);
                }
                None => {
                    let blanks = rest.len();
                    self.window.advance(blanks);
                    if !self.window.more(self.window.offset())? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Goes to the end of the value that begins here.
    fn pass(&mut self, start: u64, is_kept: bool) -> io::Result<Passed> {
        self.scan.reset();
        let mut is_large = false;
        loop {
            let rest = self.window.rest();
            let length = rest.len();
            match self.scan.run(rest) {
                Step::Done(count) => {
                    self.window.advance(count);
                    break;
                }
                Step::Bad(count) => {
                    self.window.advance(count);
                    return Ok(Passed::Bad);
                }
                Step::More => {
                    self.window.advance(length);
                    let here = self.window.offset();
                    is_large |= here - start > LARGEST_VALUE as u64;
                    let keep = if is_kept && !is_large { start } else { here };
                    if !self.window.more(keep)? {
                        if self.scan.is_whole_at_end() {
                            break;
                        }
                        return Ok(Passed::Cut);
                    }
                }
            }
        }
        is_large |= self.window.offset() - start > LARGEST_VALUE as u64;
        Ok(if is_kept && is_large {
            Passed::Large
        } else {
            Passed::Whole
        })
    }
}
