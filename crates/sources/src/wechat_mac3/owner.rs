//! Whose copy an input is.

use hutong_model::{At, Origin, Problem, ProblemKind};
use rustc_hash::FxHashMap;

use super::read::{Opened, hash_of};
use super::tables::{COLUMNS, column, number};
use crate::ReadOptions;
use crate::wechat::decode::text;
use crate::wechat::map::{is_room, kind, stated_sender};

/// Tables, and rows of each, that are looked at when nothing else tells the owner.
const LOOKED_AT_TABLES: usize = 256;
const LOOKED_AT_ROWS: usize = 5_000;

/// So many rows that say the same are enough.
const ENOUGH: u32 = 32;

impl Opened {
    /// The owner's username: what the user says, else whose digest the folder is called by, else whom rows that were sent
    /// name; empty when nothing tells.
    pub(crate) fn settle_owner(&mut self, options: &ReadOptions) -> String {
        let stated = options.account.as_deref().map(str::trim);
        if let Some(stated) = stated.filter(|stated| !stated.is_empty()) {
            return stated.to_owned();
        }
        let folder = self.layout.root.folder_name().to_ascii_lowercase();
        if let Some(known) = self.usernames.get(&folder) {
            return known.clone();
        }
        let told = self.told_by_rows(&folder);
        let reason = match &told {
            Some(told) if hash_of(told) == folder => return told.clone(),
            Some(_) => {
                "the owner was told by senders that sent rows name; name the account if that is wrong"
            }
            None => {
                "whose account this is cannot be told; name the account, or chats between two cannot be joined with other copies"
            }
        };
        self.problems.push(Problem {
            origin: Origin::new(&self.layout.root.folder_name(), "", At::Whole),
            kind: ProblemKind::Note,
            reason: reason.to_owned(),
        });
        told.unwrap_or_default()
    }

    /// Rich rows that were sent name their sender.
    fn told_by_rows(&self, folder: &str) -> Option<String> {
        let mut votes: FxHashMap<String, u32> = FxHashMap::default();
        for table in self.messages.iter().take(LOOKED_AT_TABLES) {
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
                let is_rich = !matches!(base, Some(kind::TEXT | kind::SYSTEM | kind::CALL) | None);
                if !is_rich || number(&row, column::RECEIVED) != Some(0) {
                    continue;
                }
                let content = row.bytes(column::CONTENT).map(text).unwrap_or_default();
                let Some(sender) = stated_sender(&content).filter(|sender| !is_room(sender)) else {
                    continue;
                };
                if hash_of(&sender) == folder {
                    return Some(sender);
                }
                let vote = votes.entry(sender).or_default();
                *vote += 1;
                if *vote >= ENOUGH && !self.layout.is_original {
                    return most(votes);
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
