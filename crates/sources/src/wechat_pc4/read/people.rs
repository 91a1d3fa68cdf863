//! Accounts: from the contact tables, and from wherever else somebody is named.

use hutong_model::{Account, Attachment, Platform, Record, Stop};
use rustc_hash::FxHashMap;

use super::{Opened, Reader};
use crate::ReadOptions;
use crate::wechat::decode::label_numbers;
use crate::wechat::map::{self, account_kind, is_room};
use crate::wechat_pc4::tables::{ContactRow, OpenDatabase, RowContent, contacts, heads, labels};

impl Reader<'_> {
    /// Pushes the owner and everybody in the contact tables.
    pub(super) fn accounts(&mut self, opened: &Opened, options: &ReadOptions) -> Result<(), Stop> {
        let Some(contact) = &opened.contact else {
            return self.ensure_account(&self.owner.clone(), None);
        };
        let out = &mut *self.out;
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
                self.out.problem(problem)?;
            }
        }
        self.ensure_account(&self.owner.clone(), None)
    }

    fn contact(
        &mut self,
        row: ContactRow,
        is_contact_table: bool,
        labels: &[(i64, String)],
        avatar: Option<Attachment>,
    ) -> Result<(), Stop> {
        let id = map::account(&row.username);
        if !self.known.insert(id) {
            return Ok(());
        }
        let kind = account_kind(&row.username, row.verify_flag);
        let is_contact = is_contact_table && row.is_contact();
        let own_labels = label_numbers(&row.extra, labels);
        let record = Account {
            id,
            platform: Some(Platform::WeChat),
            kind,
            nickname: row.nickname,
            remark: row.remark,
            alias: row.alias,
            description: row.description,
            avatar,
            is_owner: row.username == self.owner,
            is_contact,
            as_of: self.as_of,
            labels: own_labels,
            native_id: row.username,
            ..Account::default()
        };
        self.push(Record::Account(record))
    }

    /// Pushes somebody who is only named, unless the receiver has the account.
    pub(super) fn ensure_account(
        &mut self,
        username: &str,
        nickname: Option<&str>,
    ) -> Result<(), Stop> {
        let id = map::account(username);
        if self.known.contains(&id) || username.is_empty() || is_room(username) {
            return Ok(());
        }
        self.known.insert(id);
        self.push(Record::Account(Account {
            id,
            platform: Some(Platform::WeChat),
            native_id: username.to_owned(),
            kind: account_kind(username, 0),
            nickname: nickname
                .filter(|name| !name.trim().is_empty())
                .map(str::to_owned),
            is_owner: username == self.owner,
            as_of: self.as_of,
            ..Account::default()
        }))
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
        content: Some(RowContent::head(database, row).shared()),
        ..Attachment::default()
    }
}
