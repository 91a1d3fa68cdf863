//! Walks through one file of JSON.

use std::io;
use std::sync::Arc;

use hutong_sqlite::ReadAt;
use memchr::memmem::Finder;

use super::LARGEST_VALUE;
use super::repair::parse;
use super::scan::{Scan, Step, is_blank};
use super::window::Window;

/// Longer keys count as damage.
const LONGEST_KEY: u64 = 1 << 20;
/// Files with more containers inside each other than this, entered by the caller, count as damaged.
const DEEPEST: usize = 64;

/// What to do with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Ask for each of its members. A text or number is taken instead.
    Enter,
    /// Give it whole.
    Take,
    /// Pass over it.
    Skip,
}

/// What a value begins like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `{`
    Object,
    /// `[`
    List,
    /// `"`
    Text,
    /// Numbers, `true`, `false`, `null`.
    Scalar,
}

/// A value that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    /// Where it stands: keys joined by dots, `[]` for an element of a list: `data.messages[]`; empty for the whole file.
    pub path: &'a str,
    /// Offset of its first byte.
    pub start: u64,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Bytes that could not be read.
#[derive(Clone, Copy, Debug)]
pub struct Trouble<'a> {
    /// Path of the value that was expected here.
    pub path: &'a str,
    /// Offset of the first byte.
    pub start: u64,
    /// How many bytes were passed over.
    pub length: u64,
    /// Whether at least one element of a list, begun in these bytes, was lost.
    pub is_element: bool,
    /// What is wrong, for a problem.
    pub reason: &'static str,
}

/// One finding.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// A value that was asked for.
    Value(Value<'a>),
    /// Something that could not be read; reading goes on behind it.
    Trouble(Trouble<'a>),
}

/// An object or list that was entered.
struct Frame {
    is_list: bool,
    /// Length of its own path.
    base: usize,
    /// Whether a value was read and no comma since.
    is_after: bool,
    /// How its elements begin: their first key, with its quotes.
    sign: Option<Vec<u8>>,
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
    window: Window,
    frames: Vec<Frame>,
    path: String,
    scan: Scan,
    landmarks: &'static [&'static str],
    is_over: bool,
    roots: u64,
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
                return Ok(shape(byte).map_or(Position::Wrong, Position::Value));
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
                    return Ok(match shape(byte) {
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
            Some(byte) => Ok(shape(byte).map_or(Position::Wrong, Position::Value)),
            None => Ok(Position::Cut),
        }
    }

    /// The next byte that is not blank.
    fn next_byte(&mut self) -> io::Result<Option<u8>> {
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

    /// Remembers how the elements of a list begin.
    fn learn_sign(&mut self, start: u64, end: u64) {
        if let Some(frame) = self.frames.last_mut()
            && frame.is_list
            && frame.sign.is_none()
        {
            frame.sign = first_key(self.window.slice(start, end));
        }
    }

    /// Finds a place to go on after damage in `start..end`; without one reading is over.
    fn recover(&mut self, start: u64, end: u64) -> io::Result<()> {
        if self.frames.is_empty() {
            return self.skip_line(end);
        }
        while let Some(frame) = self.frames.last_mut() {
            let base = frame.base;
            let place = if frame.is_list {
                let mut signs: Vec<Vec<u8>> = frame.sign.take().into_iter().collect();
                if signs.is_empty() {
                    // The first element is the damaged one; its first key may be whole, or that of the next.
                    self.window.jump(start);
                    self.window.peek()?;
                    signs.extend(first_key(self.window.rest()));
                    signs.extend(later_key(self.window.rest()));
                }
                let mut found = None;
                for sign in signs {
                    if let Some(place) = self.seek(start + 1, &sign, b'{')? {
                        found = Some((place, sign));
                        break;
                    }
                }
                let (place, sign) = found.unzip();
                if let Some(frame) = self.frames.last_mut() {
                    frame.sign = sign;
                }
                place
            } else {
                let mut place = None;
                for key in self.landmarks {
                    let sign = format!("\"{key}\"");
                    if let Some(found) = self.seek(end, sign.as_bytes(), b'"')?
                        && place.is_none_or(|place| found < place)
                    {
                        place = Some(found);
                    }
                }
                place
            };
            if let Some(place) = place {
                self.window.jump(place);
                if let Some(frame) = self.frames.last_mut() {
                    frame.is_after = false;
                }
                return Ok(());
            }
            self.path.truncate(base);
            if self.frames.len() == 1 {
                break;
            }
            self.frames.pop();
        }
        self.skip_rest()
    }

    fn skip_rest(&mut self) -> io::Result<()> {
        self.is_over = true;
        loop {
            let length = self.window.rest().len();
            self.window.advance(length);
            if !self.window.more(self.window.offset())? {
                return Ok(());
            }
        }
    }

    /// At the outermost level values stand on lines.
    fn skip_line(&mut self, from: u64) -> io::Result<()> {
        self.window.jump(from);
        loop {
            let rest = self.window.rest();
            let length = rest.len();
            if let Some(found) = memchr::memchr(b'\n', rest) {
                self.window.advance(found + 1);
                return Ok(());
            }
            self.window.advance(length);
            if !self.window.more(self.window.offset())? {
                return Ok(());
            }
        }
    }

    /// Offset of the next place from `from` on where `sign` stands: behind `{` for an element (then the brace's), before
    /// `:` for a key.
    fn seek(&mut self, from: u64, sign: &[u8], opening: u8) -> io::Result<Option<u64>> {
        /// White space between a brace and a key is shorter than this.
        const REACH: usize = 256;
        let finder = Finder::new(sign);
        self.window.jump(from);
        loop {
            let rest = self.window.rest();
            let length = rest.len();
            match finder.find(rest) {
                Some(found) => {
                    self.window.advance(found);
                    let here = self.window.offset();
                    if opening == b'"' {
                        self.window.advance(sign.len());
                        if self.next_byte()? == Some(b':') {
                            return Ok(Some(here));
                        }
                        self.window.jump(here);
                    } else {
                        let before = self.window.behind();
                        let blanks = before
                            .iter()
                            .rev()
                            .take(REACH)
                            .take_while(|byte| is_blank(**byte))
                            .count();
                        let brace = here.wrapping_sub(blanks as u64 + 1);
                        let is_brace = before.iter().rev().nth(blanks) == Some(&opening);
                        if is_brace && brace >= from {
                            return Ok(Some(brace));
                        }
                    }
                    self.window.peek()?;
                    self.window.advance(1);
                }
                None => {
                    self.window
                        .advance(length.saturating_sub(sign.len().saturating_sub(1)));
                    let keep = self.window.offset().saturating_sub(REACH as u64 + 1);
                    if !self.window.more(keep)? {
                        return Ok(None);
                    }
                }
            }
        }
    }
}

const fn shape(byte: u8) -> Option<Shape> {
    Some(match byte {
        b'{' => Shape::Object,
        b'[' => Shape::List,
        b'"' => Shape::Text,
        b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Shape::Scalar,
        _ => return None,
    })
}

/// The first key of an object, with its quotes.
fn first_key(bytes: &[u8]) -> Option<Vec<u8>> {
    let inside = bytes.strip_prefix(b"{")?;
    let from = inside.iter().position(|byte| !is_blank(*byte))?;
    let key = inside.get(from..)?;
    let length = key
        .strip_prefix(b"\"")?
        .iter()
        .take(128)
        .position(|byte| matches!(byte, b'"' | b'\\'))?;
    key.get(..length + 2)
        .filter(|key| key.last() == Some(&b'"'))
        .map(<[u8]>::to_vec)
}

/// The first key of the next object that stands behind another one.
fn later_key(bytes: &[u8]) -> Option<Vec<u8>> {
    /// Elements begin within so many bytes.
    const REACH: usize = 64 << 10;
    let bytes = bytes.get(..REACH).unwrap_or(bytes);
    memchr::memchr_iter(b'{', bytes).find_map(|brace| {
        let (before, from) = bytes.split_at_checked(brace)?;
        let mut before = before.iter().rev().filter(|byte| !is_blank(**byte));
        (before.next() == Some(&b',') && before.next() == Some(&b'}'))
            .then(|| first_key(from))
            .flatten()
    })
}
