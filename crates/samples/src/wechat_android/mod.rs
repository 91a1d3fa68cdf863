//! WeChat on Android: `EnMicroMsg.db`, `WxFileIndex.db` and the media beside them.

mod codes;
mod media;
mod schema;

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use rusqlite::params;
use serde_json::{Value, json};

use crate::phone::{History, People, PhoneRow};
use crate::pictures;
use crate::rng::{Rng, mix};
use crate::store::{Cipher, Store, make_folder, write_file};
use crate::{ForgeError, Forged, Plan, WechatKeys};

use codes::code_of;
use media::Media;

/// The serial number of devices that do not tell theirs.
const PLACEHOLDER_IMEI: &str = "1234567890ABCDEF";

fn md5_hex(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

/// What opens the databases of a phone.
struct Keys {
    uin: i64,
    text: String,
}

impl Keys {
    fn new(seed: u64) -> Self {
        // Numbers above 2^31 are written with a sign.
        let uin = -(mix(seed ^ 0xA17) % 2_000_000_000 + 1).cast_signed();
        let digest = md5_hex(format!("{PLACEHOLDER_IMEI}{uin}").as_bytes());
        let text = digest.get(..7).unwrap_or_default().to_owned();
        Self { uin, text }
    }

    fn write(&self, style: WechatKeys, path: &Path) -> Result<(), ForgeError> {
        let keys = match style {
            WechatKeys::Account => json!({ "uin": self.uin.to_string() }),
            // As people paste it.
            WechatKeys::PerFile => json!({ "key": format!(" {} ", self.text.to_uppercase()) }),
            WechatKeys::Decrypted => json!({ "note": "the databases are not encrypted" }),
        };
        write_file(path, keys.to_string().as_bytes())
    }
}

/// Forges an account of WeChat for Android below `dir`: the same history that [`crate::wechat4`] makes of this plan.
/// [`WechatKeys::PerFile`] gives the key itself, [`WechatKeys::Account`] the number that it is computed from.
///
/// # Errors
/// When a file or database cannot be written.
pub fn wechat_android(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let history = History::make(plan, dir, progress)?;
    let keys = Keys::new(plan.seed);
    let root = dir
        .join("MicroMsg")
        .join(md5_hex(format!("mm{}", keys.uin).as_bytes()));
    make_folder(&root)?;
    let key_file = dir.join("wechat-android-keys.json");
    keys.write(plan.wechat.keys, &key_file)?;
    let cipher = match plan.wechat.keys {
        WechatKeys::Decrypted => Cipher::None,
        _ => Cipher::Android(keys.text.clone()),
    };
    let main = Store::create(&root.join("EnMicroMsg.db"), &cipher)?;
    let index = Store::create(&root.join("WxFileIndex.db"), &cipher)?;
    main.run(schema::TABLES)?;
    index.run(schema::FILE_INDEX)?;
    main.run("BEGIN")?;
    index.run("BEGIN")?;
    let sticker_key = md5_hex(&plan.seed.to_le_bytes());
    main.put(
        "INSERT INTO EmojiInfo(md5, catalog) VALUES(?1, 153)",
        [&sticker_key],
    )?;
    write_people(&main, &history.people)?;
    let mut writer = Writer {
        truth: Lines::create(&dir.join("truth.jsonl"), plan.truth)?,
        media: Media {
            root: &root,
            main: &main,
            index: &index,
            is_on: plan.attachments,
            written: 0,
            sticker_key,
        },
        main: &main,
        last: 0,
    };
    if plan.attachments {
        writer.avatars(&history.people, plan.seed)?;
    }
    let total = history.rows()?;
    let first_in_log = total.saturating_sub(plan.wal_rows.min(total));
    let mut rows = 0;
    history.each(false, |row| {
        if rows == first_in_log && plan.wal_rows > 0 {
            main.run("COMMIT")?;
            main.run(schema::INDEXES)?;
            main.enter_wal()?;
            main.leave_stale_frames()?;
            main.run("BEGIN")?;
        }
        rows += 1;
        if rows % 8_192 == 0 {
            progress(rows);
        }
        writer.message(row)
    })?;
    rows += writer.bottles(&history.people.owner.username, plan.seed)?;
    let files = writer.media.written;
    let messages = writer.truth.finish()?;
    main.run("COMMIT")?;
    index.run("COMMIT")?;
    index.close()?;
    let log = root.join("EnMicroMsg.db-wal");
    if plan.wal_rows > 0 {
        main.close_with_log()?;
    } else {
        main.close()?;
    }
    Ok(Forged {
        main_db: root.join("EnMicroMsg.db"),
        key_file,
        truth: dir.join("truth.jsonl"),
        messages,
        rows,
        wal_rows: if log.exists() { rows - first_in_log } else { 0 },
        files,
        owner: history.people.owner.username.clone(),
        needle: history.needle.clone(),
        root,
    })
}

/// The list of what a correct importer delivers.
pub(crate) struct Lines {
    path: PathBuf,
    out: Option<BufWriter<std::fs::File>>,
    pub(crate) lines: u64,
}

impl Lines {
    pub(crate) fn create(path: &Path, is_wanted: bool) -> Result<Self, ForgeError> {
        let file = is_wanted
            .then(|| std::fs::File::create(path))
            .transpose()
            .map_err(|source| ForgeError::File {
                path: path.to_owned(),
                source,
            })?;
        Ok(Self {
            path: path.to_owned(),
            out: file.map(BufWriter::new),
            lines: 0,
        })
    }

    pub(crate) fn write(&mut self, line: &Value) -> Result<(), ForgeError> {
        self.lines += 1;
        let Some(out) = &mut self.out else {
            return Ok(());
        };
        writeln!(out, "{line}").map_err(|source| ForgeError::File {
            path: self.path.clone(),
            source,
        })
    }

    pub(crate) fn finish(&mut self) -> Result<u64, ForgeError> {
        if let Some(out) = &mut self.out {
            out.flush().map_err(|source| ForgeError::File {
                path: self.path.clone(),
                source,
            })?;
        }
        Ok(self.lines)
    }
}

fn write_people(main: &Store, people: &People) -> Result<(), ForgeError> {
    let owner = &people.owner;
    for (id, value) in [
        (2, &owner.username),
        (4, &owner.nickname),
        (42, &owner.alias),
    ] {
        main.put("INSERT INTO userinfo VALUES(?1, 3, ?2)", params![id, value])?;
    }
    main.put(
        "INSERT INTO ContactLabel VALUES('1', '家人', 'jiaren', 'JR', 0, 0)",
        [],
    )?;
    main.put(
        "INSERT INTO ContactLabel VALUES('2', '同事', 'tongshi', 'TS', 0, 0)",
        [],
    )?;
    for (number, person) in people.everybody.iter().enumerate() {
        let labels = match number % 9 {
            1 => "1",
            2 => "2,1",
            _ => "",
        };
        main.put(
            "INSERT OR IGNORE INTO rcontact(username, alias, conRemark, nickname, type, verifyFlag, deleteFlag, contactLabelIds) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
            params![
                person.username,
                person.alias,
                person.remark,
                person.nickname,
                if person.is_contact { 3 } else { 4 },
                person.verify_flag,
                person.delete_flag,
                labels
            ],
        )?;
        main.put(
            "INSERT OR IGNORE INTO img_flag(username, imgflag, reserved1, reserved2) VALUES(?1, 1, ?2, '')",
            params![person.username, format!("http://heads.example/{number}/0")],
        )?;
    }
    for room in &people.rooms {
        main.put(
            "INSERT INTO chatroom(chatroomname, memberlist, displayname, roomowner, roomdata, selfDisplayName, chatroomnotice, memberCount) VALUES(?1,?2,'甲、乙、丙',?3,?4,'我自己',?5,?6)",
            params![
                room.username,
                room.members.join(";"),
                room.owner,
                room.data,
                room.announcement,
                i64::try_from(room.members.len()).unwrap_or(0)
            ],
        )?;
    }
    Ok(())
}

struct Writer<'a> {
    truth: Lines,
    media: Media<'a>,
    main: &'a Store,
    last: i64,
}

impl Writer<'_> {
    fn avatars(&mut self, people: &People, seed: u64) -> Result<(), ForgeError> {
        let mut rng = Rng::new(seed, 0xFACE);
        for person in people.everybody.iter().take(12) {
            let hash = md5_hex(person.username.as_bytes());
            let (one, rest) = hash.split_at(2);
            let two = rest.get(..2).unwrap_or_default();
            let path = format!("avatar/{one}/{two}/user_{hash}.png");
            write_file(&self.media.root.join(path), &pictures::png(&mut rng, 8))?;
        }
        Ok(())
    }

    fn message(&mut self, mut row: PhoneRow) -> Result<(), ForgeError> {
        self.last += 1;
        let id = self.last;
        let number = row.number();
        let dress = self.media.dress(&mut row, id)?;
        let mut body = row.body.clone();
        if row.base == 49 && row.sub == 57 {
            body = self.quote(&row, id, body)?;
        }
        let mut content = match (dress.content, &body) {
            (Some(content), _) => Some(content),
            (None, Some(body)) => Some(row.spoken(body)),
            (None, None) => None,
        };
        // The XML of some links stands in a table of its own.
        if row.base == 49
            && row.sub == 5
            && number.is_multiple_of(7)
            && (row.is_own || !row.is_room())
            && let Some(xml) = content.take()
        {
            self.main.put(
                "INSERT INTO AppMessage(msgId, xml, type, msgSvrId, msgTalker) VALUES(?1, ?2, 5, ?3, ?4)",
                params![id, xml, row.server_id, row.talker],
            )?;
        }
        let buffer = row
            .source
            .as_ref()
            .filter(|source| source.contains("atuserlist") || number.is_multiple_of(3))
            .map(|source| {
                let mut buffer = b"{\0\0\0\x01".to_vec();
                buffer.extend(
                    u16::try_from(source.len())
                        .unwrap_or(u16::MAX)
                        .to_be_bytes(),
                );
                buffer.extend(source.as_bytes());
                buffer.extend(b"\0\0}");
                buffer
            });
        let server_id = (row.server_id != 0).then_some(row.server_id);
        self.main.put(
            schema::INSERT,
            params![
                id,
                server_id,
                code_of(&row),
                if row.is_own { 2 } else { 3 },
                i64::from(row.is_own),
                row.time_ms,
                row.talker,
                content,
                dress.path,
                buffer,
                0,
                0
            ],
        )?;
        self.main.put(
            "INSERT OR REPLACE INTO rconversation(username, conversationTime, msgCount) VALUES(?1, ?2, 1)",
            params![row.talker, row.time_ms],
        )?;
        match &row.truth {
            Some(truth) => self.truth.write(truth),
            None => Ok(()),
        }
    }

    /// Some answers name their target in a table and not in their XML.
    fn quote(
        &self,
        row: &PhoneRow,
        id: i64,
        body: Option<String>,
    ) -> Result<Option<String>, ForgeError> {
        let target = row
            .truth
            .as_ref()
            .and_then(|truth| truth.get("reply_to")?.as_str())
            .and_then(|target| target.parse::<i64>().ok());
        let Some(target) = target else {
            return Ok(body);
        };
        self.main.put(
            "INSERT INTO MsgQuote(msgId, msgSvrId, quotedMsgId, quotedMsgSvrId, status, quotedMsgTalker) VALUES(?1, ?2, 0, ?3, 0, ?4)",
            params![id, row.server_id, target, row.talker],
        )?;
        let is_bare = row.number().is_multiple_of(3);
        let stated = format!("<svrid>{target}</svrid>");
        Ok(body.map(|body| {
            if is_bare {
                body.replacen(&stated, "", 1)
            } else {
                body
            }
        }))
    }

    /// A table of another scene, which shares the shape.
    fn bottles(&mut self, owner: &str, seed: u64) -> Result<u64, ForgeError> {
        let talker = "wxid_seaside0001@bottle";
        for (id, is_own, words) in [
            (1_i64, 1, "有人捡到这个瓶子吗"),
            (2, 0, "捡到了，海边风很大"),
            (3, 0, "捡到了，海边风很大"),
        ] {
            let server_id = (mix(seed ^ 0xB0771E ^ mix(id.unsigned_abs())) >> 2).cast_signed();
            let time = 1_640_995_200_123 + id;
            self.main.put(
                "INSERT INTO bottlemessage(msgId, msgSvrId, type, status, isSend, createTime, talker, content) VALUES(?1, ?2, 1, 3, ?3, ?4, ?5, ?6)",
                params![id, server_id, is_own, time, talker, words],
            )?;
            self.truth.write(&json!({
                "platform": "wechat",
                "conversation": talker,
                "conversation_kind": "direct",
                "sender": if is_own == 1 { owner } else { talker },
                "sent_at_ms": time,
                "kind": "text",
                "text": words,
                "server_id": server_id.to_string(),
                "state": "normal",
            }))?;
        }
        Ok(3)
    }
}
