//! The reading itself: open everything, say who is who, then one row after another.

use std::sync::Arc;

use hutong_crypto::KeyRing;
use hutong_model::{
    At, Change, MessageChange, MessageId, Origin, OriginPlace, Problem, ProblemKind, Record, Sink,
    Stop, Timestamp,
};
use hutong_sqlite::Table;

use super::account_folder::{self, AccountFolder, Found};
use super::announce;
use super::directory::Directory;
use super::map::Mapper;
use super::media::Media;
use super::owner;
use super::people::{self, Databases};
use super::tables::{self, Db, MessageRow, TableKind};
use super::targets::{Seen, Targets};
use super::{raw_row, tables::MESSAGE_TABLES};
use crate::{Input, ReadError, ReadOptions, Summary};

/// How often the receiver hears how far we are, in rows.
const PROGRESS: u64 = 4096;

/// What a recall tip says, until its message is found.
struct Withdrawal {
    change: Change,
    conversation: hutong_model::ConversationId,
    origin: Origin,
}

/// Finds the one account of an input.
pub(super) fn account(input: &Input) -> Result<AccountFolder, ReadError> {
    match account_folder::find(input) {
        Found::One(folder) => Ok(folder),
        Found::Nothing => Err(ReadError::Missing(account_folder::MESSAGES.to_owned())),
        Found::Several(folders) => Err(ReadError::Layout {
            file: input.folder_name(),
            reason: format!(
                "it holds several accounts; name one of {}",
                folders.join(", ")
            ),
        }),
    }
}

/// Pushes a whole account.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let folder = account(input)?;
    let path = folder.messages();
    let keys = folder.keys(&options.keys);
    let messages = tables::open(input, &path, &keys)?;
    if !MESSAGE_TABLES
        .iter()
        .any(|(name, _)| messages.table(name).is_some())
    {
        return Err(ReadError::Layout {
            file: path,
            reason: "it has no message table".to_owned(),
        });
    }
    let (databases, notes) = companions(input, &folder, &keys, messages);
    let media = if options.locate_attachments {
        Media::find(&folder, input)
    } else {
        None
    };

    let search = {
        let db = &databases.messages;
        Box::new(move |found: &mut dyn FnMut(&[u8], u64)| search_numbers(db, found))
    };
    let mut directory = Directory::new(search);
    people::learn_ids(&databases, &mut directory);
    owner::find_owner(
        &databases,
        &folder,
        options.account.as_deref().or(options.keys.uin()),
        options.keys.uid(),
        &mut directory,
    );
    for problem in notes {
        out.problem(problem)?;
    }
    report_container(&databases.messages, folder.messages_name(), out)?;
    if directory.owner().is_none() {
        out.problem(note(
            folder.messages_name(),
            "whose copy this is cannot be told; name the account".to_owned(),
        ))?;
    }
    announce::announce(&databases, &mut directory, out)?;

    let mut reading = Reading {
        db: &databases.messages,
        file: folder.messages_name().to_owned(),
        mapper: Mapper::new(directory, media),
        keep_raw: options.keep_raw,
        rows: 0,
    };
    for (table, kind) in tables::message_tables(&databases.messages) {
        reading.table(table, kind, out)?;
    }
    reading.mapper.directory.announce_rest();
    announce::flush(&mut reading.mapper.directory, out, 0)?;
    out.progress(reading.rows, Some(reading.rows))?;
    let rows_read = reading.rows;
    let changed_while_reading = databases.messages.has_changed().unwrap_or(true);
    Ok(Summary {
        rows_read,
        changed_while_reading,
    })
}

fn note(file: &str, reason: String) -> Problem {
    Problem {
        origin: Origin::new(file, "", At::Whole),
        kind: ProblemKind::Note,
        reason,
    }
}

/// Opens the databases beside the messages; what is missing costs names only.
fn companions(
    input: &Input,
    folder: &AccountFolder,
    keys: &KeyRing,
    messages: Db,
) -> (Databases, Vec<Problem>) {
    let mut notes = Vec::new();
    let mut open = |stem: &str| {
        let Some(path) = folder.companion(input, stem) else {
            notes.push(note(
                &format!("{stem}.db"),
                "missing; names come from the messages alone".to_owned(),
            ));
            return None;
        };
        match tables::open(input, &path, keys) {
            Ok(db) => Some((db, path.rsplit('/').next().unwrap_or_default().to_owned())),
            Err(error) => {
                let cause = std::error::Error::source(&error)
                    .map(|cause| format!(": {cause}"))
                    .unwrap_or_default();
                notes.push(note(
                    &path,
                    format!("cannot be opened, names come from the messages alone{cause}"),
                ));
                None
            }
        }
    };
    let profiles = open("profile_info");
    let groups = open("group_info");
    (
        Databases {
            messages,
            profiles,
            groups,
        },
        notes,
    )
}

/// Says what is wrong with the message database as a whole.
fn report_container(db: &Db, file: &str, out: &mut dyn Sink) -> Result<(), Stop> {
    let container = db.pages();
    if let Some(error) = container.wal_error() {
        out.problem(Problem {
            origin: Origin::new(&format!("{file}-wal"), "", At::Whole),
            kind: ProblemKind::Damage,
            reason: format!("the log is left out, so the newest messages are missing: {error}"),
        })?;
    }
    if let Some(truncation) = container.truncated() {
        out.problem(Problem {
            origin: Origin::new(
                file,
                "",
                At::Page(truncation.stored_pages.saturating_add(1)),
            ),
            kind: ProblemKind::Damage,
            reason: format!(
                "the file ends early: it has {} of {} pages",
                truncation.stored_pages, truncation.expected_pages
            ),
        })?;
    }
    for damage in db.schema_damage() {
        announce::damaged(out, file, damage)?;
    }
    Ok(())
}

/// Every pair of uid and number in the message rows. Devices are left out: beside their id stands the owner's number.
fn search_numbers(db: &Db, found: &mut dyn FnMut(&[u8], u64)) {
    for (table, kind) in tables::message_tables(db).filter(|(_, kind)| *kind != TableKind::Device) {
        let columns = ["40020", "40033", "40021", "40030"];
        let Ok(mut cursor) = db.scan(table, &columns) else {
            continue;
        };
        while let Some(row) = cursor.next() {
            // Damage is reported by the reading proper.
            let Ok(row) = row else { continue };
            let mut pair = |uid: usize, uin: usize| {
                let (uid, uin) = (row.bytes(uid).unwrap_or_default(), tables::id(&row, uin));
                if !uid.is_empty() && uin != 0 {
                    found(uid, uin);
                }
            };
            pair(0, 1);
            if matches!(kind, TableKind::Direct | TableKind::Service) {
                pair(2, 3);
            }
        }
    }
}

struct Reading<'a> {
    db: &'a Db,
    file: String,
    mapper: Mapper<'a>,
    keep_raw: bool,
    rows: u64,
}

impl Reading<'_> {
    fn table(
        &mut self,
        table: &Table,
        kind: TableKind,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let place = Arc::new(OriginPlace {
            input: self.file.clone(),
            table: table.name.to_string(),
        });
        let mut targets: Targets<Withdrawal> = Targets::default();
        let scanned = if self.keep_raw {
            raw_row::scan(self.db, table)
        } else {
            tables::messages(self.db, table)
        };
        let mut cursor = match scanned {
            Ok(cursor) => cursor,
            Err(error) => {
                let origin = Origin {
                    place,
                    at: At::Whole,
                };
                out.problem(Problem {
                    origin,
                    kind: ProblemKind::Damage,
                    reason: error.to_string(),
                })?;
                return Ok(());
            }
        };
        while let Some(row) = cursor.next() {
            let row = match row {
                Ok(row) => row,
                Err(damage) => {
                    let origin = Origin {
                        place: Arc::clone(&place),
                        at: At::Page(damage.page),
                    };
                    let reason = tables::reason(&damage);
                    out.problem(Problem {
                        origin,
                        kind: ProblemKind::Damage,
                        reason,
                    })?;
                    continue;
                }
            };
            self.rows += 1;
            if self.rows.is_multiple_of(PROGRESS) {
                out.progress(self.rows, None)?;
            }
            let raw = self.keep_raw.then(|| raw_row::json(table, &row));
            let origin = Origin {
                place: Arc::clone(&place),
                at: At::Row(row.rowid()),
            };
            self.row(&MessageRow::new(&row), kind, origin, raw, &mut targets, out)?;
        }
        drop(cursor);
        self.late_withdrawals(table, kind, targets, out)
    }

    fn row(
        &mut self,
        row: &MessageRow<'_>,
        kind: TableKind,
        origin: Origin,
        raw: Option<Vec<u8>>,
        targets: &mut Targets<Withdrawal>,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let mapped = self.mapper.message(row, kind, origin.clone());
        announce::flush(&mut self.mapper.directory, out, 0)?;
        let mut mapped = match mapped {
            Ok(mapped) => mapped,
            Err(reason) => {
                let reason = reason.to_owned();
                out.problem(Problem {
                    origin,
                    kind: ProblemKind::RejectedRow,
                    reason,
                })?;
                return Ok(());
            }
        };
        for reason in &self.mapper.notes {
            let reason = (*reason).to_owned();
            out.problem(Problem {
                origin: origin.clone(),
                kind: ProblemKind::Note,
                reason,
            })?;
        }
        let seen = Seen {
            chat: mapped.chat,
            id: row.id,
            sequence: row.sequence,
            client_sequence: row.client_sequence,
            time: row.time,
            is_tip: row.is_tip(),
        };
        let conversation = mapped.message.conversation;
        if let Some(client_sequence) = mapped.bare_reply
            && let Some(target) = targets.answered(seen, client_sequence)
        {
            mapped.message.reply_to.push(MessageId::new(
                conversation,
                "message",
                &[&target.to_le_bytes()],
            ));
        }
        mapped.message.raw = raw;
        out.record(Record::Message(mapped.message))?;

        if let Some(waited) = targets.see(seen) {
            self.withdraw(row.id, waited, out)?;
        }
        if let Some(tip) = mapped.recall {
            let at = Some(Timestamp::from_seconds(row.time)).filter(|_| row.time != 0);
            let withdrawal = Withdrawal {
                change: Change::Recall { by: tip.by, at },
                conversation,
                origin,
            };
            match targets.host(seen) {
                Some(host) => self.withdraw(host, withdrawal, out)?,
                None => targets.wait(seen, withdrawal),
            }
        }
        Ok(())
    }

    fn withdraw(
        &self,
        host: i64,
        withdrawal: Withdrawal,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let Withdrawal {
            change,
            conversation,
            origin,
        } = withdrawal;
        let message = MessageId::new(conversation, "message", &[&host.to_le_bytes()]);
        out.record(Record::Change(MessageChange {
            message,
            conversation,
            change,
            origin,
        }))?;
        Ok(())
    }

    /// Tips whose message lies too far back are resolved by going through the table once more.
    fn late_withdrawals(
        &mut self,
        table: &Table,
        kind: TableKind,
        mut targets: Targets<Withdrawal>,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let mut waiting = targets.unresolved();
        if waiting.is_empty() {
            return Ok(());
        }
        let Ok(mut cursor) = tables::messages(self.db, table) else {
            return Ok(());
        };
        while let Some(row) = cursor.next() {
            let Ok(row) = row else { continue };
            let row = MessageRow::new(&row);
            if row.sequence == 0 || row.is_tip() {
                continue;
            }
            let Some(chat) = self.mapper.known_chat(&row, kind) else {
                continue;
            };
            if let Some(withdrawal) = waiting.remove(&(chat, row.sequence)) {
                self.withdraw(row.id, withdrawal, out)?;
                if waiting.is_empty() {
                    break;
                }
            }
        }
        Ok(())
    }
}
