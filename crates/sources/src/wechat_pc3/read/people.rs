//! Accounts, from the contact tables.

use std::sync::Arc;

use hutong_model::{Account, Attachment, Problem, Stop};
use rustc_hash::FxHashMap;

use super::tables::{ContactRow, Head, contact_tables, contacts, heads, labels};
use super::{Opened, Reader};
use crate::ReadOptions;
use crate::wechat::database::StoredBytes;
use crate::wechat::map::{account_kind, is_room};

/// Avatars by username: database and row, address, digest.
#[derive(Default)]
struct Picture {
    row: Option<(usize, i64)>,
    url: Option<String>,
    digest: Option<String>,
}

impl Reader<'_> {
    /// Pushes the owner and everybody in the contact tables.
    pub(super) fn accounts(&mut self, opened: &Opened, options: &ReadOptions) -> Result<(), Stop> {
        let mut problems: Vec<Problem> = Vec::new();
        let mut keep = |problem| {
            problems.push(problem);
            Ok(())
        };
        let mut names = FxHashMap::default();
        let mut pictures: FxHashMap<String, Picture> = FxHashMap::default();
        for (number, database) in opened.databases.iter().enumerate() {
            labels(database, &mut keep, &mut names)?;
            heads(database, &mut keep, |username, head| {
                let picture = pictures.entry(username).or_default();
                match head {
                    Head::Row(row) => {
                        picture.row = picture
                            .row
                            .or(Some((number, row)).filter(|_| options.locate_attachments));
                    }
                    Head::Address(url, digest) => {
                        picture.url = picture.url.take().or(url);
                        picture.digest = picture.digest.take().or(digest);
                    }
                }
            })?;
        }
        for database in &opened.databases {
            for table in contact_tables(database) {
                contacts(database, table, &mut keep, |row| {
                    if is_room(&row.username) {
                        return Ok(());
                    }
                    let avatar = avatar(opened, pictures.remove(&row.username), &row);
                    self.contact(row, &names, avatar)
                })?;
            }
        }
        for problem in problems {
            self.desk.out.problem(problem)?;
        }
        self.desk
            .ensure_account(&Arc::clone(&self.desk.owner), None)
    }

    fn contact(
        &mut self,
        row: ContactRow,
        names: &FxHashMap<i64, String>,
        avatar: Option<Attachment>,
    ) -> Result<(), Stop> {
        self.desk.contact(Account {
            kind: account_kind(&row.username, row.verify_flag),
            nickname: row.nickname,
            remark: row.remark,
            alias: row.alias,
            description: row.description,
            avatar,
            is_contact: row.is_contact,
            labels: row
                .labels
                .iter()
                .filter_map(|label| names.get(label).cloned())
                .collect(),
            native_id: row.username,
            ..Account::default()
        })
    }
}

fn avatar(opened: &Opened, picture: Option<Picture>, contact: &ContactRow) -> Option<Attachment> {
    let picture = picture.unwrap_or_default();
    let stored = picture
        .row
        .and_then(|(number, row)| Some((opened.databases.get(number)?, row)));
    let url = picture.url.or_else(|| contact.avatar_url.clone());
    if stored.is_none() && url.is_none() {
        return None;
    }
    Some(Attachment {
        native_digest: picture.digest.or_else(|| contact.avatar_md5.clone()),
        url,
        path: stored.map(|(database, row)| format!("{}#ContactHeadImg1/{row}", database.path)),
        content: stored.map(|(database, row)| {
            StoredBytes {
                database: database.clone(),
                table: "ContactHeadImg1".into(),
                column: "smallHeadBuf",
                rows: vec![row],
            }
            .shared()
        }),
        ..Attachment::default()
    })
}
