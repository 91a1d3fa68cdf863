//! Whose copy an input is.

use hutong_model::{At, Origin, Problem, ProblemKind};
use rustc_hash::FxHashMap;

use super::Opened;
use crate::wechat::map::{account_kind, conversation_kind};
use crate::wechat_pc4::layout::owner_candidates;
use crate::{ReadError, ReadOptions};

/// Tables and rows that are looked at when nothing else tells the owner.
const LOOKED_AT_TABLES: usize = 64;
const LOOKED_AT_ROWS: usize = 500;

impl Opened {
    /// The owner's username: what the user says, else what the folder is called, else who writes in direct chats without
    /// being the other side.
    pub(crate) fn settle_owner(&mut self, options: &ReadOptions) -> Result<String, ReadError> {
        if let Some(stated) = options
            .account
            .as_deref()
            .map(str::trim)
            .filter(|stated| !stated.is_empty())
        {
            let known = owner_candidates(stated)
                .into_iter()
                .rev()
                .find(|name| self.usernames.contains(name));
            return Ok(known.unwrap_or_else(|| stated.to_owned()));
        }
        let candidates = self.layout.owner_candidates();
        if let Some(known) = candidates.iter().find(|name| self.usernames.contains(name)) {
            return Ok(known.clone());
        }
        let folder = candidates.first().filter(|_| self.layout.is_original());
        if let Some(folder) = folder.filter(|folder| folder.starts_with("wxid_")) {
            return Ok(folder.clone());
        }
        if let Some(writer) = self.writer_of_direct_chats() {
            self.problems.push(Problem {
                origin: Origin::new(&self.layout.root.folder_name(), "", At::Whole),
                kind: ProblemKind::Note,
                reason: "the owner was told by who writes in direct chats; name the account if that is wrong".to_owned(),
            });
            return Ok(writer);
        }
        folder.cloned().ok_or_else(|| ReadError::Layout {
            file: self.layout.root.folder_name(),
            reason: "whose account this is cannot be told; name the account".to_owned(),
        })
    }

    fn writer_of_direct_chats(&self) -> Option<String> {
        let mut counts: FxHashMap<u32, usize> = FxHashMap::default();
        let direct = self.threads.iter().filter_map(|thread| {
            let number = thread.username?;
            let username = self.usernames.name(number)?;
            let kind = conversation_kind(username, account_kind(username, 0));
            (kind == hutong_model::ConversationKind::Direct).then_some((thread, number))
        });
        for (thread, peer) in direct.take(LOOKED_AT_TABLES) {
            for (shard, table) in &thread.tables {
                let Some(shard) = self.shards.get(*shard) else {
                    continue;
                };
                let Some(table) = shard
                    .tables
                    .get(*table)
                    .and_then(|table| shard.database.db.tables().get(table.index))
                else {
                    continue;
                };
                let Ok(mut cursor) = shard.database.db.scan(table, &["real_sender_id"]) else {
                    continue;
                };
                for _ in 0..LOOKED_AT_ROWS {
                    let Some(row) = cursor.next() else { break };
                    let sender = row
                        .ok()
                        .and_then(|row| row.integer(0))
                        .and_then(|id| shard.names.get(&id).copied());
                    if let Some(sender) = sender.filter(|sender| *sender != peer) {
                        *counts.entry(sender).or_default() += 1;
                    }
                }
            }
        }
        // The lower number wins a tie, so that two readings agree.
        let most = counts
            .into_iter()
            .max_by_key(|(number, count)| (*count, std::cmp::Reverse(*number)));
        most.and_then(|(number, _)| self.usernames.name(number))
            .map(str::to_owned)
    }
}
