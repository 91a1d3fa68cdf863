//! `MicroMsg.db` and `OpenIMContact.db`: people, official accounts, labels, sessions; `Misc.db`: avatars.

use hutong_model::{Problem, Stop};
use rustc_hash::FxHashMap;

use super::number;
use crate::wechat::database::{OpenDatabase, text};
use crate::wechat_pc3::decode::{SIGNATURE, Tagged, tagged};

type Damaged<'a> = &'a mut dyn FnMut(Problem) -> Result<(), Stop>;

/// One row of `Contact` or `OpenIMContact`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContactRow {
    pub(crate) username: String,
    pub(crate) alias: Option<String>,
    pub(crate) remark: Option<String>,
    pub(crate) nickname: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) avatar_url: Option<String>,
    pub(crate) avatar_md5: Option<String>,
    pub(crate) verify_flag: i64,
    pub(crate) is_contact: bool,
    /// Numbers of labels.
    pub(crate) labels: Vec<i64>,
}

/// Tables of people that a database has.
pub(crate) fn contact_tables(database: &OpenDatabase) -> impl Iterator<Item = &'static str> {
    ["Contact", "OpenIMContact"].into_iter().filter(|name| {
        database
            .db
            .table(name)
            .is_some_and(|table| table.has_column("UserName"))
    })
}

const COLUMNS: &[&str] = &[
    "UserName",
    "Alias",
    "DelFlag",
    "Type",
    "VerifyFlag",
    "Reserved1",
    "Remark",
    "NickName",
    "LabelIDList",
    "Reserved6",
    "ExtraBuf",
    "BigHeadImgUrl",
    "SmallHeadImgUrl",
    "HeadImgMd5",
];

/// Calls `each` for every row of a table.
pub(crate) fn contacts(
    database: &OpenDatabase,
    table: &str,
    damaged: Damaged<'_>,
    mut each: impl FnMut(ContactRow) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let is_openim = table.eq_ignore_ascii_case("OpenIMContact");
    let knows_standing = database
        .db
        .table(table)
        .is_some_and(|table| table.has_column("Reserved1"));
    database.each_row(table, COLUMNS, damaged, |row| {
        let Some(username) = text(&row, 0) else {
            return Ok(());
        };
        let signature = match row.bytes(10).and_then(|extra| tagged(extra, SIGNATURE)) {
            Some(Tagged::Text(words)) if !words.trim().is_empty() => Some(words),
            _ => None,
        };
        let is_listed = if is_openim {
            true
        } else if knows_standing {
            number(&row, 5) == Some(1)
        } else {
            number(&row, 3).unwrap_or(0) & 1 == 1
        };
        let labels = text(&row, 8).unwrap_or_default();
        each(ContactRow {
            username: username.trim().to_owned(),
            alias: text(&row, 1),
            remark: text(&row, 6),
            nickname: text(&row, 7),
            description: signature.or_else(|| text(&row, 9)),
            avatar_url: text(&row, 11).or_else(|| text(&row, 12)),
            avatar_md5: text(&row, 13),
            verify_flag: number(&row, 4).unwrap_or(0),
            is_contact: is_listed && number(&row, 2).unwrap_or(0) == 0,
            labels: labels
                .split([',', ';'])
                .filter_map(|label| label.trim().parse().ok())
                .collect(),
        })
    })
}

/// The owner's labels by number.
pub(crate) fn labels(
    database: &OpenDatabase,
    damaged: Damaged<'_>,
    labels: &mut FxHashMap<i64, String>,
) -> Result<(), Stop> {
    database.each_row("ContactLabel", &["LabelId", "LabelName"], damaged, |row| {
        if let (Some(id), Some(name)) = (number(&row, 0), text(&row, 1)) {
            labels.entry(id).or_insert(name);
        }
        Ok(())
    })
}

/// Addresses and digests of avatars.
pub(crate) fn heads(
    database: &OpenDatabase,
    damaged: Damaged<'_>,
    mut each: impl FnMut(String, Head),
) -> Result<(), Stop> {
    database.each_row("ContactHeadImg1", &["usrName"], damaged, |row| {
        if let Some(username) = text(&row, 0) {
            each(username, Head::Row(row.rowid()));
        }
        Ok(())
    })?;
    let columns = ["usrName", "bigHeadImgUrl", "smallHeadImgUrl", "headImgMd5"];
    database.each_row("ContactHeadImgUrl", &columns, damaged, |row| {
        if let Some(username) = text(&row, 0) {
            let url = text(&row, 1).or_else(|| text(&row, 2));
            each(username, Head::Address(url, text(&row, 3)));
        }
        Ok(())
    })
}

/// What a row says about an avatar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// Its bytes stand in this row of `ContactHeadImg1`.
    Row(i64),
    /// Its address and digest.
    Address(Option<String>, Option<String>),
}

/// The newest moment that the list of sessions speaks of, in Unix seconds.
pub(crate) fn newest_session(
    database: &OpenDatabase,
    damaged: Damaged<'_>,
) -> Result<Option<i64>, Stop> {
    let mut newest = None;
    database.each_row("Session", &["nTime"], damaged, |row| {
        newest = newest.max(number(&row, 0).filter(|time| (1..4_102_444_800).contains(time)));
        Ok(())
    })?;
    Ok(newest)
}
