//! Reads databases that a test builds by hand.

use hutong_model::{Message, Part, Problem, ProblemKind};

use super::Given;
use super::encode::{Database, OWNER_UIN, Proto, id};
use crate::ReadOptions;

pub(super) fn options() -> ReadOptions {
    ReadOptions {
        account: Some(OWNER_UIN.to_string()),
        ..ReadOptions::default()
    }
}

/// Reads what `fill` put into a plain `nt_msg.db`.
pub(super) fn read_with(options: &ReadOptions, fill: impl FnOnce(&Database)) -> Given {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::create(&folder.path().join("nt_msg.db"));
    fill(&database);
    drop(database);
    let given = Given::read(folder.path(), options);
    given.assert_order();
    given
}

pub(super) fn read(fill: impl FnOnce(&Database)) -> Given {
    read_with(&options(), fill)
}

/// The message of row `number`.
pub(super) fn message(given: &Given, number: i64) -> &Message {
    given
        .messages()
        .find(|message| message.row() == Some(id(number)))
        .unwrap()
}

/// The parts of one row between two.
pub(super) fn parts(elements: &[Proto]) -> Vec<Part> {
    let given = read(|database| database.private(0, false, elements, Vec::new()));
    message(&given, 0).parts.clone()
}

pub(super) fn serious(given: &Given) -> Vec<&Problem> {
    given
        .collected
        .problems
        .iter()
        .filter(|problem| problem.kind != ProblemKind::Note)
        .collect()
}

pub(super) fn names(given: &Given, message: &Message) -> Option<String> {
    message
        .sender
        .map(|sender| given.accounts[&sender].native_id.clone())
}
