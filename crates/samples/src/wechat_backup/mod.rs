//! The official backup of WeChat 3.x on a computer: `Backup.db` and its packed files.

use std::path::Path;

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use md5::{Digest, Md5};
use rusqlite::params;
use serde_json::{Value, json};

use crate::phone::{History, PhoneRow};
use crate::pictures;
use crate::protobuf::Message;
use crate::rng::{Rng, mix};
use crate::store::{Cipher, Store, make_folder, write_file};
use crate::wechat_android::Lines;
use crate::{ForgeError, Forged, Plan, WechatKeys};

const TABLES: &str = "
CREATE TABLE Session(talker TEXT, EndTime INTEGER, TotalSize INTEGER, NickName TEXT, Reserved0 INTEGER, Reserved1 INTEGER, Reserved2 TEXT, Reserved3 TEXT, StartTime INTEGER, Reserved5 INTEGER);
CREATE TABLE Name2ID(UsrName TEXT);
CREATE TABLE MsgSegments(TalkerId INTEGER, StartTime INTEGER, EndTime INTEGER, OffSet INTEGER, Length INTEGER, UsrName TEXT, Status INTEGER, Reserved1 INTEGER, FilePath TEXT, SegmentId TEXT, Reserved2 INTEGER, Reserved3 TEXT);
CREATE TABLE MsgMedia(TalkerId INTEGER, MediaId INTEGER, MsgSegmentId INTEGER, SrvId INTEGER, MD5 TEXT, Talker TEXT, MediaIdStr TEXT, Reserved0 INTEGER, Reserved1 INTEGER, Reserved2 TEXT);
CREATE TABLE MsgFileSegment(MapKey INTEGER, InnerOffSet INTEGER, Length INTEGER, TotalLen INTEGER, OffSet INTEGER, Reserved1 INTEGER, FileName TEXT, Reserved2 INTEGER, Reserved3 INTEGER, Reserved4 TEXT);
CREATE TABLE Config(Key TEXT, Reserved0 INTEGER, Buf BLOB, Reserved1 INTEGER, Reserved2 TEXT);";

/// Messages in one segment.
const SEGMENT: usize = 60;
/// Media that are written at most.
const MOST_FILES: u64 = 400;

/// Forges a backup below `dir`: the same history that [`crate::wechat4`] makes of this plan.
///
/// # Errors
/// When a file or database cannot be written.
pub fn wechat_backup(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let history = History::make(plan, dir, progress)?;
    let root = dir.join("BackupFiles").join("phone_of_the_owner");
    make_folder(&root)?;
    let key = format!("{:016x}{:016x}", mix(plan.seed), mix(plan.seed ^ 0xBAC));
    let is_clear = plan.wechat.keys == WechatKeys::Decrypted;
    let key_file = dir.join("wechat-backup-keys.json");
    // The packed files stay encrypted when the database is given in clear.
    write_file(&key_file, json!({ "key": key }).to_string().as_bytes())?;
    let cipher = if is_clear {
        Cipher::None
    } else {
        Cipher::Backup(key.clone())
    };
    let main = Store::create(&root.join("Backup.db"), &cipher)?;
    main.run(TABLES)?;
    main.run("BEGIN")?;
    let mut writer = Writer {
        main: &main,
        owner: history.people.owner.username.clone(),
        key: *key.as_bytes().first_chunk().expect("32 characters"),
        truth: Lines::create(&dir.join("truth.jsonl"), plan.truth)?,
        texts: [Vec::new(), Vec::new()],
        media: [Vec::new(), Vec::new()],
        is_on: plan.attachments,
        files: 0,
        rows: 0,
        talker: String::new(),
        talkers: 0,
        segment: Vec::new(),
        segments: 0,
        span: (0, 0),
    };
    history.each(true, |row| writer.message(row))?;
    writer.end_segment()?;
    for person in &history.people.everybody {
        main.put(
            "UPDATE Session SET NickName = ?2 WHERE talker = ?1",
            params![person.username, person.nickname],
        )?;
    }
    main.run("COMMIT")?;
    for (number, bytes) in writer.texts.iter().enumerate() {
        write_file(&root.join(format!("BAK_{number}_TEXT")), bytes)?;
    }
    for (number, bytes) in writer.media.iter().enumerate() {
        write_file(&root.join(format!("BAK_{number}_MEDIA")), bytes)?;
    }
    let (rows, files) = (writer.rows, writer.files);
    let messages = writer.truth.finish()?;
    main.close()?;
    Ok(Forged {
        main_db: root.join("Backup.db"),
        root,
        key_file,
        truth: dir.join("truth.jsonl"),
        messages,
        rows,
        wal_rows: 0,
        files,
        owner: history.people.owner.username.clone(),
        needle: history.needle.clone(),
    })
}

struct Writer<'a> {
    main: &'a Store,
    owner: String,
    key: [u8; 16],
    truth: Lines,
    texts: [Vec<u8>; 2],
    media: [Vec<u8>; 2],
    is_on: bool,
    files: u64,
    rows: u64,
    talker: String,
    talkers: i64,
    segment: Vec<Message>,
    segments: i64,
    span: (i64, i64),
}

/// Pads and encrypts.
fn encrypted(clear: &[u8], key: [u8; 16]) -> Vec<u8> {
    let count = 16 - clear.len() % 16;
    let mut bytes = clear.to_vec();
    bytes.resize(clear.len() + count, u8::try_from(count).unwrap_or(16));
    let cipher = Aes128::new(&key.into());
    for block in bytes.as_chunks_mut::<16>().0 {
        let mut cell = (*block).into();
        cipher.encrypt_block(&mut cell);
        *block = cell.into();
    }
    bytes
}

fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

fn wrapped(tag: u32, text: &str) -> Message {
    let mut inner = Message::new();
    inner.text(tag, text);
    inner
}

impl Writer<'_> {
    fn message(&mut self, mut row: PhoneRow) -> Result<(), ForgeError> {
        if row.talker != self.talker {
            self.end_segment()?;
            row.talker.clone_into(&mut self.talker);
            self.talkers += 1;
            self.main
                .put("INSERT INTO Name2ID VALUES(?1)", [&row.talker])?;
            self.main.put(
                "INSERT INTO Session(talker, EndTime, TotalSize, NickName, StartTime) VALUES(?1, ?2, 1, '', ?2)",
                params![row.talker, row.time_ms / 1_000],
            )?;
        }
        if self.segment.is_empty() {
            self.span.0 = row.time_ms / 1_000;
        }
        self.span.1 = row.time_ms / 1_000;
        self.rows += 1;
        let number = row.number();
        let ids = self.files_of(&mut row)?;
        let is_out = row.is_own || (row.is_system() && number.is_multiple_of(2));
        let (from, to) = if is_out {
            (self.owner.as_str(), row.talker.as_str())
        } else {
            (row.talker.as_str(), self.owner.as_str())
        };
        let mut item = Message::new();
        // Types of phones come along as they are; so do stickers of other makers.
        let kind = match row.base {
            49 if row.sub == 57 => 0x3100_0031,
            47 if number.is_multiple_of(3) => 0x0010_0031,
            base => base.unsigned_abs(),
        };
        item.varint(1, kind)
            .text(2, &format!("client{number:x}"))
            .nest(3, &wrapped(1, from))
            .nest(4, &wrapped(1, to));
        if let Some(body) = &row.body {
            item.nest(5, &wrapped(1, &row.spoken(body)));
        }
        item.varint(6, if is_out { 2 } else { 3 })
            .varint(7, (row.time_ms / 1_000).unsigned_abs());
        if let Some(source) = &row.source {
            item.text(8, source);
        }
        item.varint(9, self.rows);
        item.varint(10, u64::try_from(ids.len()).unwrap_or(0));
        for id in &ids {
            item.nest(11, &wrapped(1, id));
            let mut kind = Message::new();
            kind.varint(1, 1);
            item.nest(12, &kind);
        }
        item.varint(16, row.server_id.cast_unsigned())
            .varint(17, self.rows)
            .varint(18, row.time_ms.unsigned_abs())
            .varint(19, 0);
        self.segment.push(item);
        if self.segment.len() >= SEGMENT {
            self.end_segment()?;
        }
        match &row.truth {
            Some(truth) => self.truth.write(truth),
            None => Ok(()),
        }
    }

    fn end_segment(&mut self) -> Result<(), ForgeError> {
        if self.segment.is_empty() {
            return Ok(());
        }
        let mut list = Message::new();
        list.varint(1, u64::try_from(self.segment.len()).unwrap_or(0));
        for item in self.segment.drain(..) {
            list.nest(2, &item);
        }
        let bytes = encrypted(&list.into_bytes(), self.key);
        self.segments += 1;
        let number = usize::from(self.segments % 5 == 0);
        let [first, second] = &mut self.texts;
        let file = if number == 0 { first } else { second };
        let offset = length(file);
        file.extend(&bytes);
        // Some rows name their conversation by number only.
        let name = (self.segments % 3 != 0).then_some(self.talker.as_str());
        self.main.put(
            "INSERT INTO MsgSegments VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?7, ?8, 0, '')",
            params![
                self.talkers,
                self.span.0,
                self.span.1,
                offset,
                length(&bytes),
                name,
                format!("BAK_{number}_TEXT"),
                format!("segment{}", self.segments)
            ],
        )
    }

    /// Packs the media of a message; gives their ids.
    fn files_of(&mut self, row: &mut PhoneRow) -> Result<Vec<String>, ForgeError> {
        let mut rng = Rng::new(row.number(), 0xBAC);
        let is_media =
            matches!(row.base, 3 | 34 | 43 | 62 | 47) || (row.base == 49 && row.sub == 6);
        if !is_media || !self.is_on || self.files >= MOST_FILES || rng.chance(250) {
            return Ok(Vec::new());
        }
        let whole = match row.base {
            3 => pictures::jpeg(&mut rng, 40, 30),
            34 => pictures::silk(&mut rng, 3),
            43 | 62 => pictures::mp4(&mut rng),
            47 => pictures::gif(&mut rng),
            _ => "这是一份虚构的文件。\n".repeat(40).into_bytes(),
        };
        let id = format!("{:x}_{}", row.number(), row.base);
        let path = self.pack(row, &id, &whole, &mut rng)?;
        if let Some(truth) = row.truth.as_mut().and_then(Value::as_object_mut) {
            let md5 = hex::encode(Md5::digest(&whole));
            truth.insert("file".to_owned(), json!({ "path": path, "md5": md5 }));
        }
        let mut ids = vec![id.clone()];
        if matches!(row.base, 3 | 43) {
            let small = pictures::jpeg(&mut rng, 4, 3);
            if small.len() < whole.len() {
                let id = format!("{id}_thumb");
                self.pack(row, &id, &small, &mut rng)?;
                ids.insert(0, id);
            }
        }
        // Some messages name no media: the server id leads to them.
        Ok(if rng.chance(200) && row.server_id != 0 {
            Vec::new()
        } else {
            ids
        })
    }

    fn pack(
        &mut self,
        row: &PhoneRow,
        id: &str,
        clear: &[u8],
        rng: &mut Rng,
    ) -> Result<String, ForgeError> {
        self.files += 1;
        let number = i64::try_from(self.files).unwrap_or(0);
        self.main.put(
            "INSERT INTO MsgMedia VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, '')",
            params![
                self.talkers,
                number,
                self.segments + 1,
                row.server_id,
                hex::encode(Md5::digest(clear)),
                row.talker,
                id
            ],
        )?;
        let bytes = encrypted(clear, self.key);
        // Pieces of whole blocks; every other one stands in the second file, and their rows in the wrong order.
        let size = (bytes.len() / 3 / 16 * 16).max(16);
        let mut rows = Vec::new();
        let mut inner = 0;
        for (turn, piece) in bytes.chunks(size).enumerate() {
            let which = turn % 2;
            let [first, second] = &mut self.media;
            let file = if which == 0 { first } else { second };
            file.extend(vec![0xEE; rng.below(9)]);
            rows.push((inner, length(piece), length(file), which));
            file.extend(piece);
            inner += length(piece);
        }
        for (inner, size, offset, which) in rows.into_iter().rev() {
            self.main.put(
                "INSERT INTO MsgFileSegment VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, 0, 0, '')",
                params![
                    number,
                    inner,
                    size,
                    length(clear),
                    offset,
                    format!("BAK_{which}_MEDIA")
                ],
            )?;
        }
        Ok(format!("BAK_0_MEDIA#{id}"))
    }
}
