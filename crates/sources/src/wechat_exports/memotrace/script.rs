//! Objects of a list in a page's script: JavaScript as tools write it, which is nearly JSON.

use std::sync::Arc;

use hutong_sqlite::ReadAt;
use memchr::memmem::Finder;

/// Bytes read at once.
const PIECE: usize = 1 << 18;
/// Longest object.
const MAX_OBJECT: usize = 16 << 20;

/// A value of an object.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::wechat_exports) enum Value {
    /// A text.
    Text(String),
    /// A number, `true`, `null`, or an expression, as it is written.
    Bare(String),
}

impl Value {
    /// The words of any value; `null` has none.
    pub(in crate::wechat_exports) fn words(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Bare(text) if matches!(text.as_str(), "null" | "undefined" | "NaN") => "",
            Self::Bare(text) => text,
        }
    }
}

/// One object of the list.
#[derive(Debug)]
pub(in crate::wechat_exports) struct Object<'a> {
    pub(in crate::wechat_exports) start: u64,
    pub(in crate::wechat_exports) raw: &'a [u8],
}

/// What comes next.
pub(in crate::wechat_exports) enum Item<'a> {
    Object(Object<'a>),
    /// The list breaks off or goes wrong at this offset.
    Broken(u64),
}

/// Walks over the objects of the first list of messages in a page.
pub(in crate::wechat_exports) struct Script {
    file: Arc<dyn ReadAt>,
    size: u64,
    base: u64,
    buffer: Vec<u8>,
    at: usize,
    is_in_list: bool,
    is_over: bool,
}

impl Script {
    pub(in crate::wechat_exports) fn new(file: Arc<dyn ReadAt>) -> std::io::Result<Self> {
        Ok(Self {
            size: file.len()?,
            file,
            base: 0,
            buffer: Vec::new(),
            at: 0,
            is_in_list: false,
            is_over: false,
        })
    }

    /// Bytes of the file that were passed.
    pub(in crate::wechat_exports) fn position(&self) -> u64 {
        self.base + self.at as u64
    }

    fn fill(&mut self) -> std::io::Result<bool> {
        self.buffer.drain(..self.at);
        self.base += self.at as u64;
        self.at = 0;
        let have = self.buffer.len();
        let from = self.base + have as u64;
        let left = usize::try_from(self.size.saturating_sub(from)).unwrap_or(usize::MAX);
        let count = left.min(have.max(PIECE));
        self.buffer.resize(have + count, 0);
        if let Some(space) = self.buffer.get_mut(have..) {
            self.file.read_exact_at(space, from)?;
        }
        Ok(count > 0)
    }

    /// Moves behind the bracket that begins the list of messages.
    fn enter(&mut self) -> std::io::Result<bool> {
        let word = Finder::new(b"is_send");
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let mut from = 0;
            while let Some(found) = word.find(rest.get(from..).unwrap_or_default()) {
                // The word stands in the first object; the script that uses it writes `x.is_send`.
                let before = rest.get(..from + found).unwrap_or_default();
                if let Some(list) = list_before(before) {
                    self.at += list;
                    self.is_in_list = true;
                    return Ok(true);
                }
                from += found + 1;
            }
            // An object that begins here may go on behind what is in memory.
            let keep = rest.len().min(1 << 16);
            self.at = self.buffer.len() - keep;
            if !self.fill()? {
                return Ok(false);
            }
        }
    }

    /// The next object of the list.
    pub(in crate::wechat_exports) fn next(&mut self) -> std::io::Result<Option<Item<'_>>> {
        if self.is_over || (!self.is_in_list && !self.enter()?) {
            return Ok(None);
        }
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let skipped = rest
                .iter()
                .position(|byte| !byte.is_ascii_whitespace() && *byte != b',')
                .unwrap_or(rest.len());
            self.at += skipped;
            match self.buffer.get(self.at) {
                Some(b'{') => match end_of(self.buffer.get(self.at..).unwrap_or_default()) {
                    Some(length) => {
                        let from = self.at;
                        self.at += length;
                        return Ok(Some(Item::Object(Object {
                            start: self.base + from as u64,
                            raw: self.buffer.get(from..self.at).unwrap_or_default(),
                        })));
                    }
                    None if self.buffer.len() - self.at > MAX_OBJECT || !self.fill()? => {
                        self.is_over = true;
                        return Ok(Some(Item::Broken(self.position())));
                    }
                    None => {}
                },
                Some(b']') => {
                    self.is_over = true;
                    return Ok(None);
                }
                Some(_) => {
                    // Go on at the next thing that begins like an object.
                    let start = self.position();
                    let rest = self.buffer.get(self.at..).unwrap_or_default();
                    match memchr::memchr(b'{', rest) {
                        Some(next) => self.at += next,
                        None => {
                            self.at = self.buffer.len();
                            self.is_over = !self.fill()?;
                        }
                    }
                    return Ok(Some(Item::Broken(start)));
                }
                None => {
                    if !self.fill()? {
                        self.is_over = true;
                        return Ok(Some(Item::Broken(self.position())));
                    }
                }
            }
        }
    }
}

/// Where the list begins whose first object these bytes end in: the place behind its bracket.
fn list_before(before: &[u8]) -> Option<usize> {
    let from = before.len().saturating_sub(1 << 16);
    let near = before.get(from..)?;
    let mut end = near.len();
    while let Some(bracket) = memchr::memrchr(b'[', near.get(..end)?) {
        let behind = near.get(bracket + 1..)?;
        let first = behind.iter().position(|byte| !byte.is_ascii_whitespace());
        let head = near.get(..bracket)?.trim_ascii_end();
        if first.and_then(|first| behind.get(first)) == Some(&b'{')
            && matches!(head.last(), None | Some(b'=' | b':' | b'(' | b','))
        {
            return Some(from + bracket + 1);
        }
        end = bracket;
    }
    None
}

/// Length of the object that these bytes begin with.
fn end_of(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_u32;
    let mut quote = None;
    let mut is_escaped = false;
    for (at, byte) in bytes.iter().enumerate() {
        match (quote, *byte) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), b'\\') => is_escaped = true,
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'' | b'`') => quote = Some(*byte),
            (None, b'{' | b'[') => depth += 1,
            (None, b'}' | b']') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The members of an object, in order.
pub(in crate::wechat_exports) fn members(raw: &[u8]) -> Vec<(String, Value)> {
    let text = String::from_utf8_lossy(raw);
    let inside = text.trim().trim_start_matches('{');
    let mut rest = inside.strip_suffix('}').unwrap_or(inside);
    let mut members = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.is_empty() {
            return members;
        }
        let Some((key, behind)) = token(rest, &[':']) else {
            return members;
        };
        let Some(behind) = behind.trim_start().strip_prefix(':') else {
            return members;
        };
        let Some((value, behind)) = token(behind.trim_start(), &[',']) else {
            return members;
        };
        members.push((key.words().to_owned(), value));
        rest = behind;
    }
}

/// A text in quotes, or what stands before one of the characters, and the rest.
fn token<'t>(text: &'t str, ends: &[char]) -> Option<(Value, &'t str)> {
    let first = text.chars().next()?;
    if !matches!(first, '"' | '\'' | '`') {
        let bytes = text.as_bytes();
        if matches!(first, '{' | '[') {
            let length = end_of(bytes)?;
            let (value, rest) = text.split_at_checked(length)?;
            return Some((Value::Bare(value.to_owned()), rest));
        }
        let end = text.find(ends).unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end)?;
        return Some((Value::Bare(value.trim().to_owned()), rest));
    }
    let mut out = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            _ if character == first => return Some((Value::Text(out), text.get(at + 1..)?)),
            '\\' => match characters.next()?.1 {
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                'b' | 'f' | 'v' | '0' | '\n' => {}
                'u' => out.push_str(&unicode(&mut characters)),
                'x' => {
                    let digits: String = characters
                        .by_ref()
                        .take(2)
                        .map(|(_, digit)| digit)
                        .collect();
                    out.extend(
                        u32::from_str_radix(&digits, 16)
                            .ok()
                            .and_then(char::from_u32),
                    );
                }
                other => out.push(other),
            },
            _ => out.push(character),
        }
    }
    Some((Value::Text(out), ""))
}

/// `\uXXXX`, with the second half of a pair.
fn unicode<'t>(characters: &mut (impl Iterator<Item = (usize, char)> + Clone + 't)) -> String {
    let mut unit = || {
        let digits: String = characters
            .by_ref()
            .take(4)
            .map(|(_, digit)| digit)
            .collect();
        u16::from_str_radix(&digits, 16).ok()
    };
    let Some(first) = unit() else {
        return char::REPLACEMENT_CHARACTER.to_string();
    };
    if !(0xD800..0xDC00).contains(&first) {
        return String::from_utf16_lossy(&[first]);
    }
    let mut ahead = characters.clone();
    if ahead.next().map(|(_, c)| c) == Some('\\') && ahead.next().map(|(_, c)| c) == Some('u') {
        let digits: String = ahead.by_ref().take(4).map(|(_, digit)| digit).collect();
        if let Ok(second) = u16::from_str_radix(&digits, 16) {
            *characters = ahead;
            return String::from_utf16_lossy(&[first, second]);
        }
    }
    char::REPLACEMENT_CHARACTER.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_a_script_are_read_as_tools_write_them() {
        let page = "<script>\nfunction f(m){return m.is_send}\nconst chatMessages = [\n{ type:1, text: '说\\'好\\'\\n', is_send:0,timestamp:1700000000,\"displayname\":`阿`,},{type:3,text:\"a}\\uD83D\\uDE00\",is_send:1,},\n]\n</script>";
        let mut script = Script::new(Arc::new(page.as_bytes().to_vec())).unwrap();
        let mut all = Vec::new();
        while let Some(item) = script.next().unwrap() {
            match item {
                Item::Object(object) => all.push(members(object.raw)),
                Item::Broken(at) => panic!("{at}"),
            }
        }
        assert_eq!(all.len(), 2, "{all:?}");
        let get = |index: usize, key: &str| {
            all[index]
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value.words().to_owned())
        };
        assert_eq!(get(0, "text").as_deref(), Some("说'好'\n"));
        assert_eq!(get(0, "timestamp").as_deref(), Some("1700000000"));
        assert_eq!(get(0, "displayname").as_deref(), Some("阿"));
        assert_eq!(get(1, "text").as_deref(), Some("a}😀"));
    }

    #[test]
    fn a_list_that_breaks_off_says_so() {
        let page = "x=[{is_send:0,text:'a'},{is_send:0,te";
        let mut script = Script::new(Arc::new(page.as_bytes().to_vec())).unwrap();
        assert!(matches!(script.next().unwrap(), Some(Item::Object(_))));
        assert!(matches!(script.next().unwrap(), Some(Item::Broken(_))));
        assert!(script.next().unwrap().is_none());
    }
}
