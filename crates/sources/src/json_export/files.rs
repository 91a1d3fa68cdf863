//! Which files of an input belong to an export.

use std::sync::Arc;

use hutong_model::{At, Origin, Problem, ProblemKind, Sink, Stop};
use hutong_sqlite::ReadAt;

use crate::json_stream::Outline;
use crate::{Input, ReadError};

/// First bytes that decide what a file is.
const HEAD: u64 = 32 << 10;
/// Files of one folder that are looked at.
const MOST_FILES: usize = 5_000;

/// The files of an input, the one that the user named or those directly in the folder, that `is_ours`.
pub(crate) fn find<T>(input: &Input, is_ours: impl Fn(&Outline) -> Option<T>) -> Vec<(String, T)> {
    let names = match input.only_file() {
        Some(name) => vec![name.to_owned()],
        None => input.file_names(""),
    };
    let mut found = Vec::new();
    for name in names.into_iter().take(MOST_FILES) {
        // One byte tells most other files apart.
        let first = input.first_bytes(&name, 64).unwrap_or_default();
        let text = first.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&first);
        if !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[' | b'#')) {
            continue;
        }
        let Ok(head) = input.first_bytes(&name, HEAD) else {
            continue;
        };
        if let Some(kind) = is_ours(&Outline::of(&head)) {
            found.push((name, kind));
        }
    }
    found
}

/// Tells which JSON files of a folder are not read: what looks like one by its name and is damaged, empty or of another
/// kind.
pub(crate) fn report_others(
    input: &Input,
    is_read: impl Fn(&str) -> bool,
    out: &mut dyn Sink,
) -> Result<(), Stop> {
    if input.only_file().is_some() {
        return Ok(());
    }
    for name in input.file_names("").into_iter().take(MOST_FILES) {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let is_json = ["json", "jsonl", "ndjson"]
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known));
        if is_json && !is_read(&name) {
            out.problem(Problem {
                origin: Origin::new(&name, "", At::Whole),
                kind: ProblemKind::Note,
                reason: "the file is not of this format and was left out".to_owned(),
            })?;
        }
    }
    Ok(())
}

/// Opens a file of an input.
pub(crate) fn open(input: &Input, path: &str) -> Result<Arc<dyn ReadAt>, ReadError> {
    input.open_file(path).map_err(|source| ReadError::Io {
        file: path.to_owned(),
        source,
    })
}

/// The error for an input that holds nothing of a source.
pub(crate) fn not_ours(input: &Input, reason: &str) -> ReadError {
    ReadError::Layout {
        file: input
            .only_file()
            .map_or_else(|| input.folder_name(), str::to_owned),
        reason: reason.to_owned(),
    }
}

/// Tells whether files grew or shrank while they were read.
#[derive(Default)]
pub(crate) struct Changes {
    sizes: Vec<(String, Option<u64>)>,
}

impl Changes {
    /// Remembers a file before it is read.
    pub(crate) fn watch(&mut self, input: &Input, path: &str) {
        self.sizes.push((path.to_owned(), input.size_bytes(path)));
    }

    /// Whether one of them has another size now.
    pub(crate) fn any(&self, input: &Input) -> bool {
        self.sizes
            .iter()
            .any(|(path, size)| input.size_bytes(path) != *size)
    }
}
