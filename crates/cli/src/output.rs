//! Results on the standard output, talk on the standard error.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use crate::language::Language;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Everything was done.
    Done,
    /// Done, but some records were skipped or something is not as it should be.
    Incomplete,
    /// The answer is no: a check found faults.
    Failed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => Self::SUCCESS,
            Status::Failed => Self::FAILURE,
            Status::Incomplete => Self::from(3),
        }
    }
}

/// Where results and talk go.
pub(crate) struct Output {
    is_json: bool,
    language: Language,
    has_colour: bool,
}

impl Output {
    pub(crate) fn new(is_json: bool, language: Language) -> Self {
        let has_colour =
            !is_json && std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self {
            is_json,
            language,
            has_colour,
        }
    }

    pub(crate) const fn is_json(&self) -> bool {
        self.is_json
    }

    pub(crate) const fn language(&self) -> Language {
        self.language
    }

    pub(crate) const fn has_colour(&self) -> bool {
        self.has_colour
    }

    pub(crate) const fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.language.pick(zh, en)
    }

    /// A line of the result, for people.
    pub(crate) fn line(&self, text: &str) -> anyhow::Result<()> {
        if !self.is_json {
            writeln!(std::io::stdout().lock(), "{text}")?;
        }
        Ok(())
    }

    /// A line of the result, for programs.
    pub(crate) fn json(&self, value: &serde_json::Value) -> anyhow::Result<()> {
        if self.is_json {
            writeln!(std::io::stdout().lock(), "{value}")?;
        }
        Ok(())
    }

    /// A line of the result that is JSON already.
    pub(crate) fn raw_json(&self, line: &[u8]) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(line)?;
        out.write_all(b"\n")?;
        Ok(())
    }

    /// Talk.
    pub(crate) fn say(&self, text: &str) {
        // Nobody listening is no reason to stop.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

/// Whether the reader of our output has gone away.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// A number with thousands separators.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size in words.
pub(crate) fn size(bytes: u64) -> String {
    let mut value = bytes;
    let mut fraction = 0;
    for unit in ["B", "KB", "MB", "GB"] {
        if value < 1000 {
            return if unit == "B" {
                format!("{value} {unit}")
            } else {
                format!("{value}.{fraction} {unit}")
            };
        }
        fraction = value % 1000 / 100;
        value /= 1000;
    }
    format!("{value}.{fraction} TB")
}

/// Local time for people, to the second.
pub(crate) fn local_time(at_ms: i64, zone: &jiff::tz::TimeZone) -> String {
    jiff::Timestamp::from_millisecond(at_ms).map_or_else(
        |_| at_ms.to_string(),
        |at| {
            at.to_zoned(zone.clone())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        },
    )
}

/// Text of a message in one line, without what could move the cursor.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes_are_readable() {
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(number(12), "12");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_250_000), "1.2 MB");
        assert_eq!(one_line("a\n\u{1b}[31mb"), "a  [31mb");
    }
}
