//! Finds where a value ends.

use memchr::memchr2;

/// Values nested deeper than this count as damage.
const DEEPEST: usize = 512;

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// A value, or the end of a list.
    ValueOrEnd,
    /// A key, or the end of an object.
    KeyOrEnd,
    Colon,
    /// A comma or an end.
    After,
}

/// In the middle of what the last bytes ended.
#[derive(Clone, Copy)]
enum Inside {
    Nothing,
    Text,
    Escape,
    Scalar,
}

/// How far a scan came.
pub(super) enum Step {
    /// The value goes on behind these bytes.
    More,
    /// It ended; so many bytes belong to it.
    Done(usize),
    /// So many bytes were read until it could not be JSON.
    Bad(usize),
}

/// Looks for the end of one value; takes its bytes in any number of pieces.
pub(super) struct Scan {
    /// Open brackets: whether each is an object.
    open: Vec<bool>,
    next: Next,
    inside: Inside,
}

/// Bytes between values.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x1E)
}

/// Bytes of numbers and of `true`, `false`, `null`, `NaN`.
const fn is_scalar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_')
}

impl Scan {
    pub(super) const fn new() -> Self {
        Self {
            open: Vec::new(),
            next: Next::Value,
            inside: Inside::Nothing,
        }
    }

    /// Makes ready for another value.
    pub(super) fn reset(&mut self) {
        self.open.clear();
        (self.next, self.inside) = (Next::Value, Inside::Nothing);
    }

    /// Whether the value is whole when the file ends here.
    pub(super) fn is_whole_at_end(&self) -> bool {
        self.open.is_empty() && matches!(self.inside, Inside::Scalar)
    }

    pub(super) fn run(&mut self, bytes: &[u8]) -> Step {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(first) = rest.first().copied() else {
                return Step::More;
            };
            match self.inside {
                Inside::Text => {
                    let Some(found) = memchr2(b'"', b'\\', rest) else {
                        return Step::More;
                    };
                    at += found + 1;
                    if rest.get(found) == Some(&b'\\') {
                        self.inside = Inside::Escape;
                    } else if self.end() {
                        return Step::Done(at);
                    }
                }
                Inside::Escape => {
                    at += 1;
                    self.inside = Inside::Text;
                }
                Inside::Scalar => {
                    let Some(length) = rest.iter().position(|byte| !is_scalar(*byte)) else {
                        return Step::More;
                    };
                    at += length;
                    if self.end() {
                        return Step::Done(at);
                    }
                }
                Inside::Nothing => {
                    at += 1;
                    match self.token(first) {
                        Some(false) => {}
                        Some(true) => return Step::Done(at),
                        None => return Step::Bad(at),
                    }
                }
            }
        }
    }

    /// A text or number ended: whether that was the whole value.
    fn end(&mut self) -> bool {
        self.inside = Inside::Nothing;
        if self.next == Next::KeyOrEnd {
            self.next = Next::Colon;
            return false;
        }
        self.next = Next::After;
        self.open.is_empty()
    }

    /// A byte outside texts and numbers: whether it ends the value; nothing when it cannot stand here.
    fn token(&mut self, byte: u8) -> Option<bool> {
        let takes_value = matches!(self.next, Next::Value | Next::ValueOrEnd);
        match byte {
            _ if is_blank(byte) => {}
            b'"' if takes_value || self.next == Next::KeyOrEnd => self.inside = Inside::Text,
            b'{' | b'[' if takes_value && self.open.len() < DEEPEST => {
                let is_object = byte == b'{';
                self.open.push(is_object);
                self.next = if is_object {
                    Next::KeyOrEnd
                } else {
                    Next::ValueOrEnd
                };
            }
            b'}' | b']' => {
                let is_object = byte == b'}';
                let can_end = match self.next {
                    Next::After => true,
                    Next::KeyOrEnd => is_object,
                    Next::ValueOrEnd => !is_object,
                    Next::Value | Next::Colon => false,
                };
                if !can_end || self.open.pop() != Some(is_object) {
                    return None;
                }
                self.next = Next::After;
                return Some(self.open.is_empty());
            }
            b',' if self.next == Next::After => {
                // A further comma or an end may follow.
                self.next = if *self.open.last()? {
                    Next::KeyOrEnd
                } else {
                    Next::ValueOrEnd
                };
            }
            b',' if matches!(self.next, Next::KeyOrEnd | Next::ValueOrEnd) => {}
            b':' if self.next == Next::Colon => self.next = Next::Value,
            _ if takes_value && is_scalar(byte) => self.inside = Inside::Scalar,
            _ => return None,
        }
        Some(false)
    }
}
