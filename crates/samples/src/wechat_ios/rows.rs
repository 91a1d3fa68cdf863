//! Rows of a desktop's tables as a phone's, with their media.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::rng::Rng;
use crate::store::{Cipher, Store, write_file};
use crate::wechat4::cast::{Cast, Role, md5_hex};
use crate::{ForgeError, Forged, Plan, pictures};

/// Desktop database, phone database, whether the phone's is of a recent program, and what is added to local numbers.
const SHARDS: &[(&str, &str, bool, i64)] = &[
    ("message/message_0.db", "MM.sqlite", false, 0),
    ("message/message_1.db", "message_1.sqlite", true, 1_000_000),
    (
        "message/biz_message_0.db",
        "message_12.sqlite",
        true,
        2_000_000,
    ),
];
/// Longer texts are compressed by recent programs.
const COMPRESSED_BYTES: usize = 120;

pub(super) struct Outcome {
    pub(super) messages: u64,
    pub(super) rows: u64,
    pub(super) files: u64,
    /// Number of each conversation and the time of its newest row.
    pub(super) newest: HashMap<u32, i64>,
}

/// A row on its way.
struct Row {
    local_id: i64,
    server_id: i64,
    local_type: i64,
    sequence: i64,
    sender: Option<String>,
    time: i64,
    content: String,
}

fn failed(name: &str, source: rusqlite::Error) -> ForgeError {
    ForgeError::Database {
        name: name.to_owned(),
        source,
    }
}

fn table_sql(hash: &str, is_recent: bool) -> String {
    if is_recent {
        format!(
            "CREATE TABLE Chat_{hash}(CreateTime INTEGER DEFAULT 0, Des INTEGER, ImgStatus INTEGER DEFAULT 0, \
             MesLocalID INTEGER PRIMARY KEY AUTOINCREMENT, Message TEXT, MesSvrID INTEGER DEFAULT 0, Status INTEGER DEFAULT 0, \
             TableVer INTEGER DEFAULT 1, Type INTEGER, WCDB_CT_Message INTEGER);
             CREATE TABLE ChatExt2_{hash}(MesLocalID INTEGER PRIMARY KEY, ConStrRes1 TEXT);"
        )
    } else {
        format!(
            "CREATE TABLE Chat_{hash}(TableVer INTEGER DEFAULT 1, MesLocalID INTEGER PRIMARY KEY AUTOINCREMENT, \
             MesSvrID BIGINT DEFAULT 0, CreateTime INTEGER DEFAULT 0, Message TEXT, Status INTEGER DEFAULT 0, \
             ImgStatus INTEGER DEFAULT 0, Type INTEGER, Des INTEGER);
             CREATE TABLE Hello_{hash}(MesLocalID INTEGER PRIMARY KEY);"
        )
    }
}

pub(super) fn write(
    plan: &Plan,
    cast: &Cast,
    source: &Forged,
    account: &Path,
    truth: &Path,
) -> Result<Outcome, ForgeError> {
    let mut writer = Writer {
        cast,
        account,
        truth: Lines::read(&source.truth)?,
        out: File::create(truth).map_err(|source| ForgeError::File {
            path: truth.to_owned(),
            source,
        })?,
        truth_path: truth,
        with_files: plan.attachments,
        rng: Rng::new(plan.seed, 0x1050),
        outcome: Outcome {
            messages: 0,
            rows: 0,
            files: 0,
            newest: HashMap::new(),
        },
    };
    for (desktop, phone, is_recent, offset) in SHARDS {
        let from = Connection::open(source.root.join("db_storage").join(desktop))
            .map_err(|source| failed(desktop, source))?;
        let to = Store::create(&account.join("DB").join(phone), &Cipher::None)?;
        to.run("BEGIN")?;
        for (number, party) in (0_u32..).zip(&cast.parties) {
            let rows = read_rows(&from, &party.hash).map_err(|source| failed(desktop, source))?;
            if rows.is_empty() {
                continue;
            }
            to.run(&table_sql(&party.hash, *is_recent))?;
            for row in rows {
                writer.row(&to, number, *is_recent, *offset, row)?;
            }
        }
        to.run("COMMIT")?;
        to.close()?;
    }
    Ok(writer.outcome)
}

/// Rows of one desktop table; none when there is no such table. Rows that no reader can decode are left out.
fn read_rows(from: &Connection, hash: &str) -> rusqlite::Result<Vec<Row>> {
    let exists: i64 = from.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name = ?1",
        [format!("Msg_{hash}")],
        |row| row.get(0),
    )?;
    if exists == 0 {
        return Ok(Vec::new());
    }
    let mut statement = from.prepare(&format!(
        "SELECT local_id, server_id, local_type, sort_seq, \
         (SELECT user_name FROM Name2Id WHERE rowid = real_sender_id), real_sender_id, create_time, message_content, \
         compress_content FROM Msg_{hash} ORDER BY local_id"
    ))?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let sender: Option<String> = row.get(4)?;
        if sender.is_none() && row.get::<_, i64>(5)? != 0 {
            continue;
        }
        let decoded = |index| -> rusqlite::Result<Option<String>> {
            let (ValueRef::Text(bytes) | ValueRef::Blob(bytes)) = row.get_ref(index)? else {
                return Ok(Some(String::new()));
            };
            let bytes = if bytes.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
                zstd::decode_all(bytes).ok()
            } else {
                Some(bytes.to_vec())
            };
            Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
        };
        let compressed = decoded(8)?.filter(|text| !text.is_empty());
        let Some(content) = compressed.map_or_else(|| decoded(7), |text| Ok(Some(text)))? else {
            continue;
        };
        all.push(Row {
            local_id: row.get(0)?,
            server_id: row.get(1)?,
            local_type: row.get(2)?,
            sequence: row.get(3)?,
            sender,
            time: row.get(6)?,
            content: content.trim_end_matches('\0').to_owned(),
        });
    }
    Ok(all)
}

/// Lines of the desktop's truth by conversation, server id and sequence.
struct Lines(HashMap<(String, i64, i64), Vec<Value>>);

impl Lines {
    fn read(path: &Path) -> Result<Self, ForgeError> {
        let failed = |source| ForgeError::File {
            path: path.to_owned(),
            source,
        };
        let mut lines: HashMap<_, Vec<Value>> = HashMap::new();
        for line in BufReader::new(File::open(path).map_err(failed)?).lines() {
            let line: Value = serde_json::from_str(&line.map_err(failed)?)
                .map_err(|error| failed(error.into()))?;
            let number = |field: &str| {
                let value = line.get(field)?;
                value.as_i64().or_else(|| value.as_str()?.parse().ok())
            };
            let conversation = line.get("conversation").and_then(Value::as_str);
            let key = (
                conversation.unwrap_or_default().to_owned(),
                number("server_id").unwrap_or(0),
                number("sort_seq").unwrap_or(0),
            );
            lines.entry(key).or_default().push(line);
        }
        Ok(Self(lines))
    }

    fn take(&mut self, conversation: &str, server_id: i64, sequence: i64) -> Option<Value> {
        let sequence = if server_id == 0 { sequence } else { 0 };
        self.0
            .get_mut(&(conversation.to_owned(), server_id, sequence))?
            .pop()
    }
}

struct Writer<'a> {
    cast: &'a Cast,
    account: &'a Path,
    truth: Lines,
    out: File,
    truth_path: &'a Path,
    with_files: bool,
    rng: Rng,
    outcome: Outcome,
}

impl Writer<'_> {
    fn row(
        &mut self,
        to: &Store,
        number: u32,
        is_recent: bool,
        offset: i64,
        row: Row,
    ) -> Result<(), ForgeError> {
        let party = self.cast.party(number);
        let owner = &self.cast.owner().username;
        let is_own = row.sender.as_ref() == Some(owner);
        let base = row.local_type & 0xFFFF_FFFF;
        let mut content = row.content;
        if party.role == Role::Room
            && let Some(sender) = row.sender.as_ref().filter(|_| !is_own)
        {
            let prefix = format!("{sender}:\n");
            if !content.starts_with(&prefix) {
                content.insert_str(0, &prefix);
            }
        }
        let local_id = row.local_id + offset;
        let packed = (is_recent && content.len() > COMPRESSED_BYTES && row.local_id % 3 != 0)
            .then(|| zstd::bulk::compress(content.as_bytes(), 3))
            .transpose()
            .map_err(ForgeError::Compression)?;
        let des = i64::from(!is_own);
        let table = &party.hash;
        if is_recent {
            let sql = format!(
                "INSERT INTO Chat_{table}(CreateTime, Des, MesLocalID, Message, MesSvrID, Status, Type, WCDB_CT_Message) \
                 VALUES(?1, ?2, ?3, ?4, ?5, 4, ?6, ?7)"
            );
            let marker = packed.is_some().then_some(4);
            match packed {
                Some(packed) => to.put(
                    &sql,
                    params![row.time, des, local_id, packed, row.server_id, base, marker],
                )?,
                None => to.put(
                    &sql,
                    params![
                        row.time,
                        des,
                        local_id,
                        content,
                        row.server_id,
                        base,
                        marker
                    ],
                )?,
            }
        } else {
            let sql = format!(
                "INSERT INTO Chat_{table}(MesLocalID, MesSvrID, CreateTime, Message, Status, Type, Des) \
                 VALUES(?1, ?2, ?3, ?4, 4, ?5, ?6)"
            );
            to.put(
                &sql,
                params![local_id, row.server_id, row.time, content, base, des],
            )?;
        }
        self.outcome.rows += 1;
        let newest = self.outcome.newest.entry(number).or_default();
        *newest = (*newest).max(row.time);
        let Some(mut line) = self
            .truth
            .take(party.native_id(), row.server_id, row.sequence)
        else {
            return Ok(());
        };
        let file = self.media(&party.hash, local_id, base, &content)?;
        if let Some(line) = line.as_object_mut() {
            // What tells rows without a server id apart on a phone is their number.
            line.remove("sort_seq");
            line.remove("file");
            line.insert("local_id".to_owned(), local_id.into());
            if let Some(file) = file {
                line.insert("file".to_owned(), file);
            }
        }
        self.outcome.messages += 1;
        writeln!(self.out, "{line}").map_err(|source| ForgeError::File {
            path: self.truth_path.to_owned(),
            source,
        })
    }

    /// Two of three media rows have their file.
    fn media(
        &mut self,
        hash: &str,
        local_id: i64,
        base: i64,
        content: &str,
    ) -> Result<Option<Value>, ForgeError> {
        if !self.with_files || local_id % 3 == 0 {
            return Ok(None);
        }
        let rng = &mut self.rng;
        let (path, bytes) = match base {
            3 => {
                let small = format!("Img/{hash}/{local_id}.pic_thum");
                write_file(&self.account.join(small), &pictures::jpeg(rng, 8, 8))?;
                let ending = if local_id % 2 == 0 { "pic" } else { "pic_hd" };
                let picture = pictures::jpeg(rng, 32, 24);
                (format!("Img/{hash}/{local_id}.{ending}"), picture)
            }
            34 => (
                format!("Audio/{hash}/{local_id}.aud"),
                pictures::silk(rng, 9),
            ),
            43 | 62 => {
                let still = format!("Video/{hash}/{local_id}.video_thum");
                write_file(&self.account.join(still), &pictures::jpeg(rng, 8, 8))?;
                let ending = if local_id % 2 == 0 {
                    ".mp4"
                } else {
                    "_raw.mp4"
                };
                (
                    format!("Video/{hash}/{local_id}{ending}"),
                    pictures::mp4(rng),
                )
            }
            49 if content.contains("<type>6</type>") => {
                let ending = content
                    .split_once("<fileext>")
                    .and_then(|(_, rest)| rest.split_once('<'))
                    .map_or("dat", |(ending, _)| ending);
                (
                    format!("OpenData/{hash}/{local_id}.{ending}"),
                    rng.hex32().into_bytes(),
                )
            }
            _ => return Ok(None),
        };
        write_file(&self.account.join(&path), &bytes)?;
        self.outcome.files += 1;
        Ok(Some(json!({ "path": path, "md5": md5_hex(&bytes) })))
    }
}
