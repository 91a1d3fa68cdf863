//! From characters to nodes, without ever failing.

use memchr::{memchr, memmem};

use super::{Attribute, Kind, MAX_DEPTH, MAX_NODES, Node};

const CDATA: &[u8] = b"<![CDATA[";

/// A place in the source, and what was read before it.
pub(super) struct Reader<'a> {
    source: &'a str,
    at: usize,
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
    /// Indexes of the elements around the place.
    open: Vec<usize>,
    /// Elements around the place that are too deep to be kept.
    skipped: usize,
    /// Marks that were looked for up to the end and not found, so that nobody looks again.
    absent: Vec<&'static [u8]>,
}

impl<'a> Reader<'a> {
    /// All nodes of a source, a nameless root first, and their attributes.
    pub(super) fn read(source: &'a str) -> (Vec<Node>, Vec<Attribute>) {
        let root = Node {
            kind: Kind::Element,
            span: (0, 0),
            whole: (0, source.len()),
            attributes: (0, 0),
            end: 0,
        };
        // Room for what most messages have.
        let mut nodes = Vec::with_capacity(48);
        nodes.push(root);
        let mut reader = Self {
            source,
            at: 0,
            nodes,
            attributes: Vec::with_capacity(24),
            open: Vec::with_capacity(8),
            skipped: 0,
            absent: Vec::new(),
        };
        reader.read_all();
        (reader.nodes, reader.attributes)
    }

    fn rest(&self) -> &[u8] {
        self.source.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn read_all(&mut self) {
        while self.nodes.len() < MAX_NODES {
            let rest = self.rest();
            let Some(length) = memchr(b'<', rest) else {
                let end = self.source.len();
                self.text(self.at, end, Kind::Escaped);
                break;
            };
            self.text(self.at, self.at + length, Kind::Escaped);
            self.at += length;
            match self.rest().get(1) {
                Some(b'!') => self.declaration(),
                Some(b'?') => self.skip_past(b"?>", 2),
                Some(b'/') => self.close(),
                Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => self.start(),
                _ => {
                    self.text(self.at, self.at + 1, Kind::Escaped);
                    self.at += 1;
                }
            }
            if self.at >= self.source.len() {
                break;
            }
        }
        let end = self.nodes.len();
        let length = self.source.len();
        while let Some(index) = self.open.pop() {
            if let Some(node) = self.nodes.get_mut(index) {
                node.end = end;
                node.whole.1 = length;
            }
        }
        if let Some(root) = self.nodes.first_mut() {
            root.end = end;
        }
    }

    fn text(&mut self, start: usize, end: usize, kind: Kind) {
        if self.skipped > 0 {
            return;
        }
        let text = self.source.as_bytes().get(start..end).unwrap_or_default();
        // Line breaks between elements are most of the texts of a message, and nobody asks for them.
        let is_blank = text
            .iter()
            .all(|byte| matches!(byte, b'\n' | b'\r' | b'\t' | 0));
        if is_blank {
            return;
        }
        let index = self.nodes.len();
        let whole = match kind {
            Kind::Verbatim => (
                start.saturating_sub(CDATA.len()),
                (end + 3).min(self.source.len()),
            ),
            _ => (start, end),
        };
        self.nodes.push(Node {
            kind,
            span: (start, end),
            whole,
            attributes: (0, 0),
            end: index + 1,
        });
    }

    /// Goes behind the next `mark`, or behind the next `>`, or to the end.
    fn skip_past(&mut self, mark: &'static [u8], from: usize) {
        let rest = self.rest().get(from..).unwrap_or_default();
        let is_absent = self.absent.contains(&mark);
        let length = if is_absent {
            None
        } else {
            memmem::find(rest, mark).map(|found| found + mark.len())
        };
        if length.is_none() && !is_absent {
            self.absent.push(mark);
        }
        let rest = self.rest().get(from..).unwrap_or_default();
        let length = length.or_else(|| memchr(b'>', rest).map(|found| found + 1));
        self.at += from + length.unwrap_or(rest.len());
    }

    fn declaration(&mut self) {
        let rest = self.rest();
        if rest.starts_with(CDATA) {
            let start = self.at + CDATA.len();
            let inner = rest.get(CDATA.len()..).unwrap_or_default();
            let length = memmem::find(inner, b"]]>");
            let end = start + length.unwrap_or(inner.len());
            self.text(start, end, Kind::Verbatim);
            self.at = (end + 3).min(self.source.len());
        } else if rest.starts_with(b"<!--") {
            self.skip_past(b"-->", 4);
        } else {
            self.skip_past(b">", 2);
        }
    }

    fn close(&mut self) {
        let rest = self.rest();
        let length = memchr(b'>', rest).unwrap_or(rest.len());
        let name = self
            .source
            .get(self.at + 2..self.at + length)
            .unwrap_or_default()
            .trim();
        let end = (self.at + length + 1).min(self.source.len());
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if let Some(depth) = self
            .open
            .iter()
            .rposition(|index| self.has_name(*index, name))
        {
            let last = self.nodes.len();
            for index in self.open.drain(depth..) {
                if let Some(node) = self.nodes.get_mut(index) {
                    node.end = last;
                    node.whole.1 = end;
                }
            }
        }
        self.at = end;
    }

    fn has_name(&self, index: usize, name: &str) -> bool {
        self.nodes.get(index).is_some_and(|node| {
            self.source
                .get(node.span.0..node.span.1)
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
    }

    fn start(&mut self) {
        let whole = self.at;
        let rest = self.rest();
        let name_length = rest
            .iter()
            .skip(1)
            .take_while(|byte| {
                !matches!(
                    byte,
                    b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>' | b'<' | b'=' | 0
                )
            })
            .count();
        let name = (whole + 1, whole + 1 + name_length);
        self.at = name.1;
        let first = self.attributes.len();
        let is_empty = self.read_attributes();
        if self.skipped > 0 || self.open.len() >= MAX_DEPTH {
            self.attributes.truncate(first);
            self.skipped += usize::from(!is_empty);
            return;
        }
        let index = self.nodes.len();
        self.nodes.push(Node {
            kind: Kind::Element,
            span: name,
            whole: (whole, self.at),
            attributes: (first, self.attributes.len()),
            end: index + 1,
        });
        if !is_empty {
            self.open.push(index);
        }
    }

    /// Reads up to and behind the end of the tag; says whether the element is empty (`/>`).
    fn read_attributes(&mut self) -> bool {
        loop {
            match self.byte() {
                None | Some(b'<') => return false,
                Some(b'>') => {
                    self.at += 1;
                    return false;
                }
                Some(b'/') => {
                    self.at += 1;
                    if self.byte() == Some(b'>') {
                        self.at += 1;
                        return true;
                    }
                }
                Some(b' ' | b'\t' | b'\r' | b'\n' | 0 | b'=' | b'"' | b'\'') => self.at += 1,
                Some(_) => self.attribute(),
            }
        }
    }

    fn attribute(&mut self) {
        let name = (
            self.at,
            self.at
                + self.run(|byte| {
                    matches!(
                        byte,
                        b'=' | b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>' | b'<'
                    )
                }),
        );
        self.at = name.1;
        self.at += self.run(|byte| !byte.is_ascii_whitespace());
        if self.byte() != Some(b'=') {
            return;
        }
        self.at += 1;
        self.at += self.run(|byte| !byte.is_ascii_whitespace());
        let value = match self.byte() {
            Some(quote @ (b'"' | b'\'')) => {
                let inner = self.rest().get(1..).unwrap_or_default();
                let start = self.at + 1;
                match memchr(quote, inner) {
                    Some(length) => {
                        self.at = start + length + 1;
                        (start, start + length)
                    }
                    // The quote is never closed: the value ends with the tag.
                    None => {
                        let length = memchr(b'>', inner).unwrap_or(inner.len());
                        self.at = start + length;
                        (start, start + length)
                    }
                }
            }
            _ => {
                let start = self.at;
                self.at +=
                    self.run(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'<'));
                (start, self.at)
            }
        };
        self.attributes.push(Attribute { name, value });
    }

    /// Number of bytes before the first one for which `is_end` holds.
    fn run(&self, is_end: impl Fn(u8) -> bool) -> usize {
        let rest = self.rest();
        rest.iter()
            .position(|byte| is_end(*byte))
            .unwrap_or(rest.len())
    }
}
