//! `contact.db`: people, official accounts, labels.

use hutong_model::{Problem, Stop};

use super::{OpenDatabase, text};

/// One row of `contact` or `stranger`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContactRow {
    pub(crate) id: i64,
    pub(crate) username: String,
    pub(crate) local_type: i64,
    pub(crate) alias: Option<String>,
    pub(crate) delete_flag: i64,
    pub(crate) verify_flag: i64,
    pub(crate) remark: Option<String>,
    pub(crate) nickname: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) avatar_url: Option<String>,
    pub(crate) avatar_md5: Option<String>,
    pub(crate) extra: Vec<u8>,
}

impl ContactRow {
    /// Whether the owner has it in the contact list: friends, followed accounts, WeCom contacts.
    pub(crate) fn is_contact(&self) -> bool {
        self.delete_flag == 0 && matches!(self.local_type, 1 | 4..=6)
    }
}

const COLUMNS: &[&str] = &[
    "id",
    "username",
    "local_type",
    "alias",
    "delete_flag",
    "verify_flag",
    "remark",
    "nick_name",
    "description",
    "big_head_url",
    "small_head_url",
    "head_img_md5",
    "extra_buffer",
];

/// Calls `each` for every row of a table.
pub(crate) fn contacts(
    database: &OpenDatabase,
    table: &str,
    damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
    mut each: impl FnMut(ContactRow) -> Result<(), Stop>,
) -> Result<(), Stop> {
    database.each_row(table, COLUMNS, damaged, |row| {
        let Some(username) = text(&row, 1) else {
            return Ok(());
        };
        each(ContactRow {
            id: row.integer(0).unwrap_or_else(|| row.rowid()),
            username: username.trim().to_owned(),
            local_type: row.integer(2).unwrap_or(0),
            alias: text(&row, 3),
            delete_flag: row.integer(4).unwrap_or(0),
            verify_flag: row.integer(5).unwrap_or(0),
            remark: text(&row, 6),
            nickname: text(&row, 7),
            description: text(&row, 8),
            avatar_url: text(&row, 9).or_else(|| text(&row, 10)),
            avatar_md5: text(&row, 11),
            extra: row.bytes(12).unwrap_or_default().to_vec(),
        })
    })
}

/// The owner's labels by number.
pub(crate) fn labels(
    database: &OpenDatabase,
    damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
) -> Result<Vec<(i64, String)>, Stop> {
    let mut labels = Vec::new();
    database.each_row(
        "contact_label",
        &["label_id_", "label_name_"],
        damaged,
        |row| {
            if let (Some(id), Some(name)) = (row.integer(0), text(&row, 1)) {
                labels.push((id, name));
            }
            Ok(())
        },
    )?;
    Ok(labels)
}
