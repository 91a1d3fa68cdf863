//! Whose copy an input is.

use hutong_model::{At, Origin, Problem, ProblemKind};
use rustc_hash::FxHashMap;

use super::Opened;
use super::tables::{COLUMNS, column, number};
use crate::ReadOptions;
use crate::wechat::decode::{Blocks, text};
use crate::wechat::map::{is_room, kind, stated_sender};
use crate::wechat_pc3::decode::{Extra, split_path};

/// Rows of each table that are looked at when nothing else tells the owner.
const LOOKED_AT_ROWS: usize = 20_000;

/// So many rows that say the same are enough.
const ENOUGH: u32 = 64;

impl Opened {
    /// The owner's username: what the user says, else what the folder is called, else what the rows tell; empty when
    /// nothing tells.
    pub(crate) fn settle_owner(&mut self, options: &ReadOptions) -> String {
        let stated = options.account.as_deref().map(str::trim);
        if let Some(stated) = stated.filter(|stated| !stated.is_empty()) {
            return self.username_of(stated).unwrap_or(stated).to_owned();
        }
        let folder = self.layout.root.folder_name();
        if self.layout.is_original {
            if let Some(known) = self.username_of(&folder) {
                return known.to_owned();
            }
            if folder.starts_with("wxid_") {
                return folder;
            }
        }
        if let Some(told) = self.told_by_rows() {
            self.note("the owner was told by paths and senders in rows; name the account if that is wrong");
            return self.username_of(&told).unwrap_or(&told).to_owned();
        }
        if let Some(member) = self.rooms.in_all_rooms(&self.databases) {
            self.note(
                "the owner was told by who is in every room; name the account if that is wrong",
            );
            return member;
        }
        if self.layout.is_original {
            return folder;
        }
        self.note("whose account this is cannot be told; name the account, or chats between two cannot be joined with other copies");
        String::new()
    }

    fn note(&mut self, reason: &str) {
        self.problems.push(Problem {
            origin: Origin::new(&self.layout.root.folder_name(), "", At::Whole),
            kind: ProblemKind::Note,
            reason: reason.to_owned(),
        });
    }

    /// The username that a folder's name stands for: itself, or of whom it is the display id.
    fn username_of<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let people = &self.people.by_username;
        if people.contains_key(name) {
            return Some(name);
        }
        let mut of_alias = people
            .iter()
            .filter(|(_, person)| person.alias.as_deref() == Some(name));
        match (of_alias.next(), of_alias.next()) {
            (Some((username, _)), None) => Some(username),
            _ => None,
        }
    }

    /// Paths begin with the account, and rich rows that the owner sent name their sender.
    fn told_by_rows(&self) -> Option<String> {
        let mut votes: FxHashMap<String, u32> = FxHashMap::default();
        let mut blocks = Blocks::default();
        for table in &self.messages {
            let Some(database) = self.databases.get(table.database) else {
                continue;
            };
            let Some(schema) = database.db.tables().get(table.index) else {
                continue;
            };
            let Ok(mut cursor) = database.db.scan(schema, &COLUMNS) else {
                continue;
            };
            for _ in 0..LOOKED_AT_ROWS {
                let Some(row) = cursor.next() else { break };
                let Ok(row) = row else { continue };
                let base = number(&row, column::TYPE).and_then(|base| u32::try_from(base).ok());
                if matches!(base, Some(kind::TEXT | kind::SYSTEM | kind::CALL) | None) {
                    continue;
                }
                let extra = row
                    .bytes(column::EXTRA)
                    .map(Extra::parse)
                    .unwrap_or_default();
                let paths = [&extra.fourth, &extra.third].into_iter().flatten();
                let account = paths
                    .filter_map(|path| split_path(path)?.0)
                    .find(|name| !name.contains(':'));
                // An account's own folder says more than the sender that a row names.
                if let Some(account) = account {
                    let vote = votes.entry(account).or_default();
                    *vote += 4;
                    if *vote >= 4 * ENOUGH {
                        return most(votes);
                    }
                } else if number(&row, column::IS_SENDER) == Some(1) {
                    let block = row
                        .bytes(column::COMPRESSED)
                        .filter(|block| !block.is_empty())
                        .and_then(|block| blocks.decode(block));
                    let content = block
                        .or_else(|| row.bytes(column::CONTENT).map(text))
                        .unwrap_or_default();
                    let sender = stated_sender(&content).filter(|sender| !is_room(sender));
                    if let Some(sender) = sender {
                        *votes.entry(sender).or_default() += 1;
                    }
                }
            }
        }
        most(votes)
    }
}

/// The name with the most votes; the first in the alphabet wins a tie, so that two readings agree.
fn most(votes: FxHashMap<String, u32>) -> Option<String> {
    votes
        .into_iter()
        .max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0)))
        .map(|(name, _)| name)
}
