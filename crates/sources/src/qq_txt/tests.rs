//! Tests against the fact sheet and the forge.

mod golden;
mod hostile;
mod logs;
mod sheet;

use std::path::Path;

use hutong_model::{Collected, Message, Part, Problem, ProblemKind, Record};

use super::QqTxt;
use crate::{Input, ReadOptions, Source, Summary};

/// Everything that a reading gave.
pub(super) struct Given {
    pub(super) collected: Collected,
    pub(super) summary: Summary,
}

impl Given {
    pub(super) fn read(path: &Path, options: &ReadOptions) -> Self {
        let mut collected = Collected::default();
        let summary = QqTxt
            .read(&Input::open(path).unwrap(), options, &mut collected)
            .unwrap();
        let given = Self { collected, summary };
        let rejected = given.problems(ProblemKind::RejectedRow).count();
        assert_eq!(
            given.summary.rows_read,
            (given.messages().count() + rejected) as u64
        );
        given
    }

    /// Reads these bytes as a file.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.bin");
        std::fs::write(&path, bytes).unwrap();
        Self::read(&path, &ReadOptions::default())
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.collected
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Message(message) => Some(&**message),
                _ => None,
            })
    }

    pub(super) fn problems(&self, kind: ProblemKind) -> impl Iterator<Item = &Problem> {
        self.collected
            .problems
            .iter()
            .filter(move |problem| problem.kind == kind)
    }

    /// Time in UTC, name of the sender and text of every message.
    pub(super) fn lines(&self) -> Vec<(String, String, String)> {
        self.messages()
            .map(|message| {
                let mut time = message.sent_at.to_rfc3339();
                time.truncate(19);
                let name = message.sender_name.clone().unwrap_or_default();
                (time, name, text(message))
            })
            .collect()
    }
}

/// The words of a message.
pub(super) fn text(message: &Message) -> String {
    message
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.text.clone(),
            Part::System(system) => system.text.clone(),
            other => format!("<{}>", other.kind().as_str()),
        })
        .collect()
}
