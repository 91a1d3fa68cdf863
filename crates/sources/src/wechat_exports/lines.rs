//! Lines of a text file of any size.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use hutong_sqlite::ReadAt;

use super::encoding::Encoding;

/// Longest line; the rest of a longer one is a line of its own.
const MAX_LINE: u64 = 16 << 20;

/// Reads a file from its beginning to its end.
struct Sequential {
    file: Arc<dyn ReadAt>,
    at: u64,
    size: u64,
}

impl Read for Sequential {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.size - self.at).unwrap_or(usize::MAX);
        let count = left.min(buffer.len());
        if let Some(space) = buffer.get_mut(..count) {
            self.file.read_exact_at(space, self.at)?;
        }
        self.at += count as u64;
        Ok(count)
    }
}

/// A file as a plain reader.
pub(super) fn reader(file: Arc<dyn ReadAt>) -> std::io::Result<BufReader<impl Read>> {
    let size = file.len()?;
    Ok(BufReader::with_capacity(
        1 << 18,
        Sequential { file, at: 0, size },
    ))
}

/// Hands every line without its end, with its number from 1, to `line` until that says no.
pub(super) fn each<E: From<std::io::Error>>(
    file: Arc<dyn ReadAt>,
    encoding: Encoding,
    mut line: impl FnMut(u64, &str) -> Result<bool, E>,
) -> Result<(), E> {
    let mut reader = reader(file)?;
    let mut bytes = Vec::new();
    let mut number = 0;
    loop {
        bytes.clear();
        if reader
            .by_ref()
            .take(MAX_LINE)
            .read_until(b'\n', &mut bytes)?
            == 0
        {
            return Ok(());
        }
        number += 1;
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let text = encoding.decode(text);
        let text = if number == 1 {
            text.trim_start_matches('\u{feff}')
        } else {
            &text
        };
        if !line(number, text)? {
            return Ok(());
        }
    }
}

/// A message of a text: the line that names author and time, and the lines below it.
#[derive(Debug)]
pub(super) struct Block {
    /// Where it begins.
    pub(super) line: u64,
    /// The line that names author and time.
    pub(super) head: String,
    /// What it says, without the empty line that ends it.
    pub(super) content: String,
}

/// Longest message of a text.
const MAX_BLOCK: usize = 16 << 20;

/// Heads by which a file's habit is told.
const HABIT: u64 = 2_000;

/// Whether messages are parted by blank lines: then a head that follows words at once was pasted into a message.
fn has_gaps<E: From<std::io::Error>>(
    file: Arc<dyn ReadAt>,
    encoding: Encoding,
    is_head: &impl Fn(&str) -> bool,
) -> Result<bool, E> {
    let (mut heads, mut behind_gap) = (0_u64, 0_u64);
    let mut is_blank = true;
    each(file, encoding, |number, line| {
        if number > 1 && is_head(line) {
            heads += 1;
            behind_gap += u64::from(is_blank);
        }
        is_blank = line.trim().is_empty();
        Ok::<bool, E>(heads < HABIT)
    })?;
    Ok(behind_gap * 2 > heads)
}

/// Hands every message to `block` until that says no; lines before the first head are given with an empty head.
pub(super) fn blocks<E: From<std::io::Error>>(
    file: Arc<dyn ReadAt>,
    encoding: Encoding,
    is_head: impl Fn(&str) -> bool,
    mut block: impl FnMut(&Block) -> Result<bool, E>,
) -> Result<(), E> {
    let mut open: Option<Block> = None;
    let mut is_stopped = false;
    let has_gaps = has_gaps::<E>(Arc::clone(&file), encoding, &is_head)?;
    let mut is_blank = true;
    each(file, encoding, |number, line| {
        let is_full = open
            .as_ref()
            .is_some_and(|open| open.content.len() > MAX_BLOCK);
        let is_title = is_head(line) && (is_blank || !has_gaps);
        is_blank = line.trim().is_empty();
        if is_title || is_full {
            let next = Block {
                line: number,
                head: if is_title {
                    line.to_owned()
                } else {
                    String::new()
                },
                content: if is_title {
                    String::new()
                } else {
                    line.to_owned()
                },
            };
            if let Some(mut done) = open.replace(next) {
                finish(&mut done);
                if !done.is_blank() && !block(&done)? {
                    is_stopped = true;
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let open = open.get_or_insert_with(|| Block {
            line: number,
            head: String::new(),
            content: String::new(),
        });
        if !open.content.is_empty() {
            open.content.push('\n');
        }
        // An empty first line belongs to the text only when more follows.
        open.content.push_str(line);
        Ok::<bool, E>(true)
    })?;
    if let Some(mut last) = open.filter(|_| !is_stopped) {
        finish(&mut last);
        if !last.is_blank() {
            block(&last)?;
        }
    }
    Ok(())
}

fn finish(block: &mut Block) {
    let length = block.content.trim_end_matches('\n').len();
    block.content.truncate(length);
}

impl Block {
    fn is_blank(&self) -> bool {
        self.head.is_empty() && self.content.trim().is_empty()
    }
}
