//! The whole source against files in the shapes of the tools.

mod golden;
mod shapes;
mod sheet;
mod tables;

use std::path::Path;

use hutong_model::{Account, Collected, Conversation, Message, Part, ProblemKind, Record};

use super::WeChatToolExports;
use crate::{Input, ReadError, ReadOptions, Recognition, Source, Summary};

/// What reading some files gives.
struct Reading {
    collected: Collected,
    summary: Summary,
}

impl Reading {
    fn messages(&self) -> Vec<&Message> {
        self.collected
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Message(message) => Some(&**message),
                _ => None,
            })
            .collect()
    }

    fn conversations(&self) -> Vec<&Conversation> {
        self.collected
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Conversation(conversation) => Some(conversation),
                _ => None,
            })
            .collect()
    }

    fn accounts(&self) -> Vec<&Account> {
        self.collected
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Account(account) => Some(account),
                _ => None,
            })
            .collect()
    }

    /// Native ids of the senders, in order.
    fn senders(&self) -> Vec<&str> {
        self.messages()
            .iter()
            .map(|message| {
                message.sender.map_or("-", |sender| {
                    self.accounts()
                        .into_iter()
                        .find(|account| account.id == sender)
                        .map_or("?", |account| account.native_id.as_str())
                })
            })
            .collect()
    }

    fn rejected(&self) -> usize {
        self.collected
            .problems
            .iter()
            .filter(|problem| problem.kind == ProblemKind::RejectedRow)
            .count()
    }

    fn parts(&self) -> Vec<&Part> {
        self.messages()
            .iter()
            .map(|message| &message.parts[0])
            .collect()
    }
}

fn options() -> ReadOptions {
    ReadOptions {
        locate_attachments: true,
        ..ReadOptions::default()
    }
}

fn read_folder(folder: &Path, options: &ReadOptions) -> Result<Reading, ReadError> {
    let mut collected = Collected::default();
    let summary = WeChatToolExports.read(&Input::open(folder).unwrap(), options, &mut collected)?;
    let reading = Reading { collected, summary };
    assert_eq!(
        reading.summary.rows_read,
        (reading.messages().len() + reading.rejected()) as u64,
        "{:?}",
        reading.collected.problems
    );
    Ok(reading)
}

/// Reads files with these names and contents.
fn read_files(files: &[(&str, &[u8])]) -> Reading {
    read_with(files, &options())
}

fn read_with(files: &[(&str, &[u8])], options: &ReadOptions) -> Reading {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    read_folder(folder.path(), options).unwrap()
}

fn recognition(bytes: &[u8]) -> Recognition {
    let folder = tempfile::tempdir().unwrap();
    // A name that says nothing.
    let path = folder.path().join("x");
    std::fs::write(&path, bytes).unwrap();
    WeChatToolExports.recognize(&Input::open(&path).unwrap())
}
