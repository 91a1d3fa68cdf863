//! What is wrong with an HCX file, and where.

use hutong_model::hcx::Fault;

/// The first thing that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct Flaw {
    /// What kind of flaw.
    pub code: FlawCode,
    /// File inside the bag; empty for the container itself.
    pub file: String,
    /// Line, counted from 1.
    pub line: Option<u64>,
    /// In words.
    pub what: String,
}

/// Kinds of flaws, by the names that the vectors of the specification use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlawCode {
    /// The ZIP file is damaged, or is none.
    Container,
    /// A member has a name that it must not have.
    Path,
    /// Something is larger or more than is allowed.
    Limit,
    /// The bag's own files are not what they must be.
    Bag,
    /// A file is not there.
    Missing,
    /// A file is there that nothing lists.
    Extra,
    /// Bytes are not those that were written.
    Digest,
    /// `data/hcx.json` is not what it must be.
    Header,
    /// A version that this program does not understand.
    Version,
    /// Lines do not end as they must, or are empty.
    Lines,
    /// Not JSON.
    Json,
    /// Not canonical JSON.
    Canonical,
    /// Nested too deep.
    Depth,
    /// A record is not what it must be.
    Record,
    /// The header counts something else than there is.
    Counts,
    /// A record says that a content is stored which is not there.
    Blob,
}

impl FlawCode {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Path => "path",
            Self::Limit => "limit",
            Self::Bag => "bag",
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Digest => "digest",
            Self::Header => "header",
            Self::Version => "version",
            Self::Lines => "lines",
            Self::Json => "json",
            Self::Canonical => "canonical",
            Self::Depth => "depth",
            Self::Record => "record",
            Self::Counts => "counts",
            Self::Blob => "blob",
        }
    }
}

impl Flaw {
    pub(super) fn new(code: FlawCode, file: &str, what: impl Into<String>) -> Self {
        Self {
            code,
            file: file.to_owned(),
            line: None,
            what: what.into(),
        }
    }

    pub(super) const fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    pub(super) fn of_fault(fault: &Fault, file: &str, line: u64) -> Self {
        let code = match fault.code.as_str() {
            "json" => FlawCode::Json,
            "canonical" => FlawCode::Canonical,
            "depth" => FlawCode::Depth,
            _ => FlawCode::Record,
        };
        Self::new(code, file, fault.to_string()).at_line(line)
    }

    pub(super) fn io(file: &str, error: &std::io::Error) -> Self {
        Self::new(
            FlawCode::Container,
            file,
            format!("cannot be read: {error}"),
        )
    }
}
