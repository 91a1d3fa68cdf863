//! Accounts: from the contact tables, and from wherever else somebody is named.

use std::sync::Arc;

use hutong_model::{Account, Attachment, Stop};
use rustc_hash::FxHashMap;

use super::{Opened, Reader};
use crate::ReadOptions;
use crate::wechat::decode::label_numbers;
use crate::wechat::map::{account_kind, is_room};
use crate::wechat_pc4::tables::{ContactRow, OpenDatabase, contacts, head, heads, labels};

impl Reader<'_> {
    /// Pushes the owner and everybody in the contact tables.
    pub(super) fn accounts(&mut self, opened: &Opened, options: &ReadOptions) -> Result<(), Stop> {
        let Some(contact) = &opened.contact else {
            return self
                .desk
                .ensure_account(&Arc::clone(&self.desk.owner), None);
        };
        let out = &mut *self.desk.out;
        let mut damaged = |problem| out.problem(problem);
        let labels = labels(contact, &mut damaged)?;
        let heads_of = match &opened.heads {
            Some(database) if options.locate_attachments => heads(database, &mut damaged)?,
            _ => FxHashMap::default(),
        };
        for table in ["contact", "stranger"] {
            let mut problems = Vec::new();
            let mut keep = |problem| {
                problems.push(problem);
                Ok(())
            };
            contacts(contact, table, &mut keep, |row| {
                if is_room(&row.username) {
                    return Ok(());
                }
                let avatar = heads_of.get(&row.username).zip(opened.heads.as_ref());
                let avatar =
                    avatar.map(|(rowid, database)| avatar_of(opened, database, *rowid, &row));
                self.contact(row, table == "contact", &labels, avatar)
            })?;
            for problem in problems {
                self.desk.out.problem(problem)?;
            }
        }
        self.desk
            .ensure_account(&Arc::clone(&self.desk.owner), None)
    }

    fn contact(
        &mut self,
        row: ContactRow,
        is_contact_table: bool,
        labels: &[(i64, String)],
        avatar: Option<Attachment>,
    ) -> Result<(), Stop> {
        let is_contact = is_contact_table && row.is_contact();
        self.desk.contact(Account {
            kind: account_kind(&row.username, row.verify_flag),
            nickname: row.nickname,
            remark: row.remark,
            alias: row.alias,
            description: row.description,
            avatar,
            is_contact,
            labels: label_numbers(&row.extra, labels),
            native_id: row.username,
            ..Account::default()
        })
    }
}

fn avatar_of(
    opened: &Opened,
    database: &OpenDatabase,
    row: i64,
    contact: &ContactRow,
) -> Attachment {
    Attachment {
        native_digest: contact.avatar_md5.clone(),
        url: contact.avatar_url.clone(),
        path: Some(format!(
            "{}#head_image/{row}",
            opened.layout.full(&database.path)
        )),
        content: Some(head(database, row).shared()),
        ..Attachment::default()
    }
}
