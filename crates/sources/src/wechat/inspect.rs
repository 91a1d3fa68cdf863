//! What looking inside says of databases, alike for all generations.

use hutong_crypto::OpenError;
use hutong_model::Timestamp;

use super::database::OpenDatabase;
use super::folder::inside;
use super::map::People;
use crate::{Account, Input, InputFile, Inspection, ReadError, ReadOptions};

/// Said where counting every row would take as long as reading.
pub(crate) const REMEMBERED: &str =
    "the databases are large: the number of messages is what they remember, deleted ones included";

/// The same options without attachments, because nothing on disk is looked for here.
pub(crate) fn without_attachments(options: &ReadOptions) -> ReadOptions {
    ReadOptions {
        keys: options.keys.clone(),
        account: options.account.clone(),
        ..ReadOptions::default()
    }
}

/// The owner, with the name that the tables of people know.
pub(crate) fn account_of(people: &People, owner: String) -> Account {
    let name = people
        .by_username
        .get(owner.as_str())
        .and_then(|person| person.nickname.as_deref());
    Account {
        name: name.map(str::to_owned),
        native_id: owner,
    }
}

/// What a database below the account folder `root` is, and what came of opening it.
pub(crate) fn file_of(
    input: &Input,
    root: &Input,
    path: &str,
    opened: Result<OpenDatabase, ReadError>,
) -> InputFile {
    let sizes =
        [path.to_owned(), format!("{path}-wal")].map(|path| root.size_bytes(&path).unwrap_or(0));
    let is_plain = root
        .first_bytes(path, 16)
        .is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0"));
    let mut file = InputFile {
        path: inside(root, input, path).unwrap_or_else(|| path.to_owned()),
        size_bytes: sizes.iter().sum(),
        is_encrypted: !is_plain,
        key_fits: None,
        trouble: None,
    };
    match opened {
        Ok(database) => {
            file.is_encrypted = database.db.pages().is_encrypted();
            file.key_fits = file.is_encrypted.then_some(true);
            file.trouble = database
                .troubles()
                .first()
                .map(|problem| problem.reason.clone());
        }
        Err(ReadError::Open {
            source: OpenError::NoKey,
            ..
        }) => {}
        Err(ReadError::Open { source, .. }) => {
            let is_about_key = matches!(
                source,
                OpenError::WrongKey { .. } | OpenError::KeyOfAnotherFile | OpenError::ImageKeyGiven
            );
            file.key_fits = is_about_key.then_some(false);
            file.is_encrypted = is_about_key;
            file.trouble = Some(source.to_string());
        }
        Err(error) => file.trouble = Some(error.to_string()),
    }
    file
}

/// What counting found.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) conversations: u64,
    pub(crate) messages: u64,
    span: Option<(i64, i64)>,
}

impl Counts {
    /// Widens the span to a moment.
    pub(crate) fn see(&mut self, moment: Timestamp) {
        let time = moment.0;
        self.span = Some(self.span.map_or((time, time), |(first, last)| {
            (first.min(time), last.max(time))
        }));
    }

    /// Says it.
    pub(crate) fn apply(self, inspection: &mut Inspection) {
        inspection.conversations = Some(self.conversations);
        inspection.messages = Some(self.messages);
        inspection.span = self.span;
    }
}
