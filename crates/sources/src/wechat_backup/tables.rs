//! The tables of `Backup.db`: who, which stretches of the packed files, which media.

use hutong_model::Stop;
use hutong_sqlite::Table;
use rustc_hash::FxHashMap;

use crate::wechat::cells::{number, row_of, text};
use crate::wechat::database::OpenDatabase;
use crate::wechat::row_index::{Damaged, RowIndex};

/// A column by its name, or else by its place: names differ from version to version, places do not.
fn named<'a>(table: &'a Table, name: &'a str, place: usize) -> &'a str {
    if table.has_column(name) {
        return name;
    }
    table
        .columns
        .get(place)
        .map_or(name, |column| column.name.as_str())
}

/// The columns of a table, each by name or place.
fn columns<'a, const N: usize>(
    file: &'a OpenDatabase,
    table: &str,
    wanted: [(&'a str, usize); N],
) -> [&'a str; N] {
    match file.db.table(table) {
        Some(table) => wanted.map(|(name, place)| named(table, name, place)),
        None => wanted.map(|(name, _)| name),
    }
}

/// A conversation of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) talker: String,
    pub(super) name: Option<String>,
    /// Seconds.
    pub(super) newest: i64,
}

pub(super) fn sessions(file: &OpenDatabase, damaged: Damaged<'_>) -> Result<Vec<Session>, Stop> {
    let mut sessions = Vec::new();
    let asked = columns(
        file,
        "Session",
        [("talker", 0), ("NickName", 3), ("EndTime", 1)],
    );
    file.each_row("Session", &asked, damaged, |row| {
        if let Some(talker) = text(&row, 0) {
            sessions.push(Session {
                talker: talker.trim().to_owned(),
                name: text(&row, 1),
                newest: number(&row, 2).unwrap_or(0),
            });
        }
        Ok(())
    })?;
    Ok(sessions)
}

/// Usernames by the number of their row.
pub(super) fn names(
    file: &OpenDatabase,
    damaged: Damaged<'_>,
) -> Result<FxHashMap<i64, String>, Stop> {
    let mut names = FxHashMap::default();
    let asked = columns(file, "Name2ID", [("UsrName", 0)]);
    file.each_row("Name2ID", &asked, damaged, |row| {
        if let Some(username) = text(&row, 0) {
            names.insert(row.rowid(), username.trim().to_owned());
        }
        Ok(())
    })?;
    Ok(names)
}

/// A stretch of a packed file of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SegmentRow {
    pub(super) row: i64,
    pub(super) talker: Option<String>,
    pub(super) start: i64,
    pub(super) offset: i64,
    pub(super) length: i64,
    /// Name of the packed file.
    pub(super) file: String,
}

/// The segments, those of one conversation together, in the order of their times.
pub(super) fn segments(
    file: &OpenDatabase,
    names: &FxHashMap<i64, String>,
    damaged: Damaged<'_>,
) -> Result<Vec<SegmentRow>, Stop> {
    let mut segments = Vec::new();
    let asked = columns(
        file,
        "MsgSegments",
        [
            ("TalkerId", 0),
            ("StartTime", 1),
            ("OffSet", 3),
            ("Length", 4),
            ("UsrName", 5),
            ("FilePath", 8),
        ],
    );
    file.each_row("MsgSegments", &asked, damaged, |row| {
        let talker = text(&row, 4)
            .map(|talker| talker.trim().to_owned())
            .or_else(|| names.get(&number(&row, 0)?).cloned());
        segments.push(SegmentRow {
            row: row.rowid(),
            talker,
            start: number(&row, 1).unwrap_or(0),
            offset: number(&row, 2).unwrap_or(-1),
            length: number(&row, 3).unwrap_or(-1),
            file: packed_name(text(&row, 5), "TEXT"),
        });
        Ok(())
    })?;
    let mut order: FxHashMap<Option<String>, usize> = FxHashMap::default();
    for segment in &segments {
        let next = order.len();
        order.entry(segment.talker.clone()).or_insert(next);
    }
    segments.sort_by_key(|segment| {
        let place = order.get(&segment.talker).copied().unwrap_or(0);
        (place, segment.start, segment.row)
    });
    Ok(segments)
}

/// The name of a packed file, without the folders that it had on its computer; a bare number means the file of that number.
fn packed_name(stored: Option<String>, kind: &str) -> String {
    let stored = stored.unwrap_or_default();
    let name = stored.trim().rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() {
        format!("BAK_0_{kind}")
    } else if name.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("BAK_{name}_{kind}")
    } else {
        name.to_owned()
    }
}

/// A stretch of a packed file of media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PieceRow {
    pub(super) inner: i64,
    pub(super) offset: i64,
    pub(super) length: i64,
    pub(super) file: String,
}

/// Finds the pieces of media.
#[derive(Debug, Default)]
pub(super) struct MediaRows {
    by_text: RowIndex,
    by_server_id: RowIndex,
    pieces: RowIndex,
}

/// One file of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MediaRow {
    pub(super) name: String,
    pub(super) md5: Option<String>,
    pub(super) pieces: Vec<PieceRow>,
}

impl MediaRow {
    pub(super) fn size(&self) -> i64 {
        self.pieces
            .iter()
            .fold(0, |sum, piece| sum.saturating_add(piece.length))
    }
}

/// Pieces that one file may have: of 64 KiB, four gigabytes.
const MAX_PIECES: usize = 65_536;

impl MediaRows {
    pub(super) fn read(file: &OpenDatabase, damaged: Damaged<'_>) -> Result<Self, Stop> {
        let [text_id, server_id] = columns(file, "MsgMedia", [("MediaIdStr", 6), ("SrvId", 3)]);
        let [key] = columns(file, "MsgFileSegment", [("MapKey", 0)]);
        Ok(Self {
            by_text: RowIndex::by_text(file, "MsgMedia", text_id, damaged)?,
            by_server_id: RowIndex::by_number(file, "MsgMedia", server_id, damaged)?,
            pieces: RowIndex::by_text(file, "MsgFileSegment", key, damaged)?,
        })
    }

    /// The files of a message: by the ids that it states, else by its server id.
    pub(super) fn find(
        &self,
        file: &OpenDatabase,
        stated: &[String],
        server_id: i64,
    ) -> Vec<MediaRow> {
        let asked = columns(
            file,
            "MsgMedia",
            [("MediaId", 1), ("MD5", 4), ("MediaIdStr", 6)],
        );
        let read = |row: i64, wanted: Option<&String>| {
            let found = row_of(file, "MsgMedia", &asked, row)?;
            let row = found.row();
            let name = text(&row, 2).unwrap_or_default();
            if wanted.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(name.trim())) {
                return None;
            }
            let key = text(&row, 0)?;
            let pieces = self.pieces_of(file, key.trim());
            (!pieces.is_empty()).then(|| MediaRow {
                name: if name.is_empty() { key } else { name },
                md5: text(&row, 1).filter(|md5| md5.len() == 32),
                pieces,
            })
        };
        let mut found: Vec<MediaRow> = Vec::new();
        for id in stated {
            let rows = self.by_text.rows_of_text(id);
            found.extend(rows.filter_map(|row| read(row, Some(id))).next());
        }
        if found.is_empty() && server_id != 0 {
            let rows = self.by_server_id.rows(server_id);
            found.extend(rows.take(16).filter_map(|row| read(row, None)));
        }
        found
    }

    fn pieces_of(&self, file: &OpenDatabase, key: &str) -> Vec<PieceRow> {
        let asked = columns(
            file,
            "MsgFileSegment",
            [
                ("MapKey", 0),
                ("InnerOffSet", 1),
                ("Length", 2),
                ("OffSet", 4),
                ("FileName", 6),
            ],
        );
        let rows = self.pieces.rows_of_text(key).take(MAX_PIECES);
        let mut pieces: Vec<PieceRow> = rows
            .filter_map(|row| {
                let found = row_of(file, "MsgFileSegment", &asked, row)?;
                let row = found.row();
                text(&row, 0).filter(|known| known.trim().eq_ignore_ascii_case(key))?;
                Some(PieceRow {
                    inner: number(&row, 1).unwrap_or(0),
                    length: number(&row, 2)?,
                    offset: number(&row, 3)?,
                    file: packed_name(text(&row, 4), "MEDIA"),
                })
            })
            .collect();
        pieces.sort_by_key(|piece| piece.inner);
        pieces.dedup_by_key(|piece| piece.inner);
        // Without its beginning, a file is none.
        if pieces.first().is_some_and(|piece| piece.inner != 0) {
            pieces.clear();
        }
        pieces
    }
}
