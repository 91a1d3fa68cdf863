//! How a file was written, told from its beginning: clock, line ends, blank lines.

use super::encoding::{Encoding, Utf8Text};
use super::header::{CopiedHeads, Header, Hours};
use super::lines::{Ending, Lines};
use super::sections;
use crate::qq_manager::Label;
use crate::qq_manager::files::Likeness;
use crate::qq_manager::sender::Sender;

/// Bytes of a file from which its manner is told.
pub(super) const SAMPLE: u64 = 256 * 1024;
/// So many of a hundred line ends make a habit.
const HABIT: usize = 95;

/// How a file was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) encoding: Encoding,
    /// Length of the encoding's mark.
    pub(super) mark: usize,
    pub(super) hours: Hours,
    /// Whether a blank line stands before every message but the first.
    pub(super) has_blank_lines: bool,
    /// How headers end, nearly always.
    pub(super) usual_ending: Option<Ending>,
    /// Single carriage returns end lines here and there, so that one before a line feed may be two line ends.
    pub(super) mixes_returns: bool,
    /// `\r\r\n` is one line end.
    pub(super) joins_returns: bool,
    /// Messages were copied out of a window: their heads begin with the sender.
    pub(super) is_copied: bool,
}

/// What was seen in the beginning of a file.
#[derive(Debug, Default)]
struct Seen {
    headers: usize,
    with_half: usize,
    /// Headers that follow a message, and those of them that stand behind a blank line.
    between: usize,
    with_blank: usize,
    with_id: usize,
    endings: [usize; 3],
    line_endings: [usize; 3],
    has_title: bool,
    has_label: bool,
    /// The first line that says anything is a header, with or without an id.
    begins_with: Option<(bool, bool)>,
    ends_blank: bool,
    /// Heads of messages that were copied out of a window, and whether the first line is one or gives a date.
    copied: usize,
    begins_copied: bool,
}

impl Seen {
    /// Whether messages were copied out of a window: nothing of an export is there.
    const fn is_copied(&self) -> bool {
        self.begins_copied
            && self.copied > 1
            && self.headers == 0
            && !self.has_label
            && !self.has_title
    }
}

const fn index(ending: Ending) -> Option<usize> {
    match ending {
        Ending::CrLf => Some(0),
        Ending::Lf => Some(1),
        Ending::Cr => Some(2),
        Ending::None | Ending::Cut => None,
    }
}

fn look(bytes: &[u8], encoding: Encoding, joins_returns: bool) -> Seen {
    let mut seen = Seen::default();
    let mut lines = Lines::new(Utf8Text::new(bytes, encoding), joins_returns);
    // What stands before the first line is as good as a blank line, but proves no habit.
    let mut is_blank = false;
    let mut is_fresh = true;
    let mut is_first = true;
    let mut copied = CopiedHeads::default();
    while let Ok(Some(line)) = lines.next() {
        if let Some(kind) = index(line.ending)
            && let Some(count) = seen.line_endings.get_mut(kind)
        {
            *count += 1;
        }
        let text = line
            .bytes
            .strip_prefix("\u{feff}".as_bytes())
            .unwrap_or(line.bytes);
        let header = Header::read(text, Hours::WholeDay);
        let is_copied = header.is_none() && copied.read(text).is_some();
        seen.copied += usize::from(is_copied);
        let words = String::from_utf8_lossy(text);
        let was_blank = is_blank;
        is_blank = text.trim_ascii().is_empty();
        let is_bar = sections::is_bar(text);
        seen.has_title |= sections::is_title(&words);
        let is_label = Label::read(&words).is_some();
        seen.has_label |= is_label;
        if let Some(header) = &header {
            let sender = words.get(header.sender.clone()).unwrap_or_default();
            seen.headers += 1;
            seen.with_half += usize::from(header.has_half);
            seen.between += usize::from(!is_fresh);
            seen.with_blank += usize::from(was_blank && !is_fresh);
            seen.with_id += usize::from(Sender::read(sender).id.is_some());
            if let Some(kind) = index(line.ending)
                && let Some(count) = seen.endings.get_mut(kind)
            {
                *count += 1;
            }
        }
        if !is_blank && std::mem::take(&mut is_first) {
            seen.begins_copied = is_copied || copied.take_date(text);
        } else {
            copied.take_date(text);
        }
        if !is_blank && seen.begins_with.is_none() {
            let has_id = header.is_some() && seen.with_id > 0;
            seen.begins_with = Some((header.is_some(), has_id));
        }
        // Only a header between messages tells whether blank lines stand there.
        if header.is_some() {
            is_fresh = false;
        } else if is_bar || is_label {
            is_fresh = true;
        }
    }
    seen.ends_blank = is_blank;
    seen
}

impl Manner {
    /// Tells the manner of a file by its beginning; `is_whole` says that it is all of it.
    pub(super) fn detect(sample: &[u8], is_whole: bool) -> Self {
        let (encoding, mark) = Encoding::detect(sample);
        let bytes = sample.get(mark..).unwrap_or_default();
        let joins_returns = joins_returns(bytes, encoding);
        let seen = look(bytes, encoding, joins_returns);
        let total: usize = seen.line_endings.iter().sum();
        let [_, _, returns] = seen.line_endings;
        let counted: usize = seen.endings.iter().sum();
        let usual_ending = [Ending::CrLf, Ending::Lf, Ending::Cr]
            .into_iter()
            .zip(seen.endings)
            .find(|(_, count)| counted >= 20 && count * 100 >= counted * HABIT)
            .map(|(ending, _)| ending);
        Self {
            encoding,
            mark,
            hours: if seen.with_half > 0 && seen.with_half * 2 >= seen.headers {
                Hours::Halves
            } else {
                Hours::WholeDay
            },
            // Pasted headers stand behind blank lines, or without, whatever the habit is. A file of one message shows the
            // habit only by its own last line.
            has_blank_lines: !seen.is_copied()
                && (seen.with_blank * 10 >= seen.between || (is_whole && seen.ends_blank)),
            usual_ending,
            mixes_returns: returns * 50 >= total && returns > 0,
            joins_returns,
            is_copied: seen.is_copied(),
        }
    }
}

/// Whether `\r\r\n` is one line end: where most are, or where no return stands alone.
fn joins_returns(bytes: &[u8], encoding: Encoding) -> bool {
    let mut lines = Lines::new(Utf8Text::new(bytes, encoding), false);
    let (mut doubled, mut alone, mut others) = (0_usize, 0_usize, 0_usize);
    let mut is_return = false;
    while let Ok(Some(line)) = lines.next() {
        let is_doubled = is_return && line.ending == Ending::CrLf && line.bytes.is_empty();
        alone += usize::from(is_return && !is_doubled);
        match line.ending {
            Ending::CrLf if is_doubled => doubled += 1,
            Ending::CrLf | Ending::Lf => others += 1,
            Ending::Cr | Ending::None | Ending::Cut => {}
        }
        is_return = line.ending == Ending::Cr;
    }
    doubled > others || (doubled > 0 && alone == 0)
}

/// Whether these are the first bytes of a text export.
pub(super) fn likeness(head: &[u8]) -> Likeness {
    let (encoding, mark) = Encoding::detect(head);
    let bytes = head.get(mark..).unwrap_or_default();
    // Binary files are full of zeros that are no UTF-16, and of bytes that no text has.
    let odd = bytes
        .iter()
        .filter(|byte| matches!(byte, 0..=8 | 14..=31))
        .count();
    if encoding == Encoding::Utf8 && odd * 50 > bytes.len() {
        return Likeness::None;
    }
    let seen = look(bytes, encoding, false);
    let (begins, begins_with_id) = seen.begins_with.unwrap_or_default();
    if seen.has_title && (seen.has_label || seen.headers > 0)
        || seen.has_label && seen.headers > 0
        || begins_with_id
    {
        return Likeness::Sure;
    }
    if seen.is_copied()
        || begins && seen.headers > 1
        || seen.has_label
        || seen.with_id > 0 && seen.with_blank > 0
    {
        return Likeness::Some;
    }
    if seen.has_title {
        Likeness::Sure
    } else {
        Likeness::None
    }
}
