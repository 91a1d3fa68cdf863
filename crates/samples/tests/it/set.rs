//! Helpers: make a set in a temporary folder, read its truth, open its databases.

use std::collections::BTreeSet;
use std::path::Path;

use hutong_samples::{ForgeError, Forged, Plan};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

type Forge = fn(&Plan, &Path, &mut dyn FnMut(u64)) -> Result<Forged, ForgeError>;

pub(crate) fn make(forge: Forge, plan: &Plan) -> (TempDir, Forged) {
    let folder = tempfile::tempdir().unwrap();
    let forged = forge(plan, folder.path(), &mut |_| {}).unwrap();
    (folder, forged)
}

pub(crate) fn truth(forged: &Forged) -> Vec<Value> {
    let text = std::fs::read_to_string(&forged.truth).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Native ids of the messages.
pub(crate) fn ids(forged: &Forged) -> BTreeSet<String> {
    truth(forged)
        .iter()
        .map(|line| {
            format!(
                "{} {} {} {}",
                line["conversation"], line["server_id"], line["msg_id"], line["sort_seq"]
            )
        })
        .collect()
}

pub(crate) fn kinds(forged: &Forged) -> BTreeSet<String> {
    truth(forged)
        .iter()
        .map(|line| line["kind"].as_str().unwrap().to_owned())
        .collect()
}

/// Every kind that the truth list knows.
pub(crate) const KINDS: &[&str] = &[
    "text",
    "image",
    "voice",
    "video",
    "file",
    "sticker",
    "place",
    "contact",
    "link",
    "mini_app",
    "channel_post",
    "quote",
    "forward",
    "payment",
    "call",
    "nudge",
    "announcement",
    "poll",
    "system",
    "card",
    "unknown",
];

pub(crate) fn count(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

pub(crate) fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// Files below a folder, as paths relative to it.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(
                    path.strip_prefix(folder)
                        .unwrap()
                        .to_string_lossy()
                        .into_owned(),
                );
            }
        }
    }
    found.sort();
    found
}
