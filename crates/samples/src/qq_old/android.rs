//! Android QQ before NT: plain databases whose values are combined with a key.

use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use rusqlite::params;
use serde_json::json;

use super::java::{self, Value};
use super::story::{Cast, Chat, Content, Entry, LEAST, Role, tell};
use crate::pictures::{self, cache_path};
use crate::protobuf::Message;
use crate::rng::{Rng, mix};
use crate::store::{Cipher, Store, write_file};
use crate::text::excerpt;
use crate::truth::{Kind, Line, OnDisk, Quoted, State, Truth};
use crate::{ForgeError, Forged, Plan};

const MEDIA: &str = "Android/data/com.tencent.mobileqq/Tencent/MobileQQ";

const MESSAGE_COLUMNS: &str = "(_id INTEGER PRIMARY KEY AUTOINCREMENT,extInt INTEGER,extLong INTEGER,extStr TEXT,
 extraflag INTEGER,frienduin TEXT,isValid INTEGER,isread INTEGER,issend INTEGER,istroop INTEGER,longMsgCount INTEGER,
 longMsgId INTEGER,longMsgIndex INTEGER,msgData BLOB,msgId INTEGER,msgUid INTEGER,msgseq INTEGER,msgtype INTEGER,
 selfuin TEXT,sendFailCode INTEGER,senderuin TEXT,shmsgseq INTEGER,time INTEGER,uniseq INTEGER,versionCode INTEGER,
 vipBubbleID INTEGER)";

/// The field cipher.
#[derive(Clone, Debug)]
struct Key(Vec<u8>);

impl Key {
    fn bytes(&self, value: &[u8]) -> Vec<u8> {
        let key = self.0.iter().cycle();
        value
            .iter()
            .zip(key)
            .map(|(one, other)| one ^ other)
            .collect()
    }

    fn text(&self, value: &str) -> String {
        let units: Vec<u16> = value
            .encode_utf16()
            .zip(self.0.iter().cycle())
            .map(|(unit, key)| unit ^ u16::from(*key))
            .collect();
        String::from_utf16(&units).expect("a key of digits keeps surrogates what they are")
    }
}

/// What a message became.
struct Encoded {
    kind: i64,
    data: Vec<u8>,
    extra: String,
    truth: Kind,
    text: Option<String>,
    file: Option<OnDisk>,
}

struct Forge<'a> {
    plan: &'a Plan,
    cast: &'a Cast,
    root: PathBuf,
    key: Key,
    held_from: u64,
    truth: Truth,
    files: u64,
    rows: u64,
    wal_rows: u64,
}

/// Forges a copy of an Android phone with QQ before NT below `dir`. `progress` hears how many messages were made.
///
/// # Errors
/// When a file or database cannot be written.
pub fn qq_android(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let cast = Cast::new(plan.seed);
    let root = dir.join("phone");
    let databases = root.join("com.tencent.mobileqq/databases");
    let mut rng = Rng::new(plan.seed, 0x01D1);
    let key_text = rng.word(b"0123456789abcdefghijklmnop", 15);
    write_file(
        &root.join("com.tencent.mobileqq/files/kc"),
        format!("{key_text}\r\n").as_bytes(),
    )?;
    let key_file = dir.join("qq-android-keys.json");
    write_file(&key_file, json!({ "kc": key_text }).to_string().as_bytes())?;

    let truth_path = dir.join("truth.jsonl");
    let main_db = databases.join(format!("{}.db", cast.owner));
    let main = Store::create(&main_db, &Cipher::None)?;
    let slow = Store::create(
        &databases.join(format!("slowtable_{}.db", cast.owner)),
        &Cipher::None,
    )?;
    let (total, held) = plan.stretch(LEAST);
    let mut forge = Forge {
        plan,
        cast: &cast,
        root: root.clone(),
        key: Key(key_text.into_bytes()),
        held_from: held.start,
        truth: Truth::create(&truth_path, plan.truth)?,
        files: 0,
        rows: 0,
        wal_rows: 0,
    };
    forge.tables(&main, &slow)?;
    let log = held.end.saturating_sub(plan.wal_rows);
    let border = held.start + (held.end - held.start) / 2;
    let (mut is_logging, mut has_log) = (false, false);
    main.run("BEGIN")?;
    slow.run("BEGIN")?;
    tell(plan, &cast, |entry| {
        if entry.index >= log && !is_logging {
            main.run("COMMIT")?;
            main.enter_wal()?;
            main.run("BEGIN")?;
            is_logging = true;
            has_log = true;
        }
        // A few of the newer ones among the old stand in both.
        let is_old = entry.index < border;
        let is_both = entry.index < border + total / 50 && !is_old;
        let row = forge.encode(&entry)?;
        for store in [(&slow, is_old || is_both), (&main, !is_old)] {
            if store.1 {
                forge.row(store.0, &entry, &row)?;
                forge.wal_rows += u64::from(is_logging && !is_both);
            }
        }
        forge.bundle(if is_old { &slow } else { &main }, &entry)?;
        forge.tell_truth(&entry, &row)?;
        if entry.index.is_multiple_of(4096) {
            progress(forge.truth.lines);
        }
        Ok(())
    })?;
    main.run("COMMIT")?;
    slow.run("COMMIT")?;
    slow.close()?;
    if has_log {
        main.close_with_log()?;
    } else {
        main.close()?;
    }
    progress(forge.truth.lines);
    let (rows, wal_rows, files) = (forge.rows, forge.wal_rows, forge.files);
    Ok(Forged {
        root,
        main_db,
        key_file,
        truth: truth_path,
        messages: forge.truth.finish()?,
        rows,
        wal_rows,
        files,
        owner: cast.owner.to_string(),
        needle: String::new(),
    })
}

fn table_of(chat: &Chat) -> String {
    let kind = match chat.role {
        Role::Friend => "friend",
        Role::Group => "troop",
        Role::Discussion => "discusssion",
    };
    let digest = hex::encode_upper(Md5::digest(chat.number.to_string().as_bytes()));
    format!("mr_{kind}_{digest}_New")
}

impl Forge<'_> {
    fn tables(&self, main: &Store, slow: &Store) -> Result<(), ForgeError> {
        for store in [main, slow] {
            for chat in &self.cast.chats {
                store.run(&format!("CREATE TABLE {}{MESSAGE_COLUMNS}", table_of(chat)))?;
            }
            store.run(&format!("CREATE TABLE mr_multimessage{MESSAGE_COLUMNS}"))?;
        }
        main.run(
            "CREATE TABLE Friends(_id INTEGER PRIMARY KEY,uin TEXT,remark TEXT,name TEXT,groupid INTEGER);
             CREATE TABLE TroopInfoV2(_id INTEGER PRIMARY KEY,troopuin TEXT,troopname TEXT,troopRemark TEXT);
             CREATE TABLE TroopMemberInfo(_id INTEGER PRIMARY KEY,troopuin TEXT,memberuin TEXT,friendnick TEXT,troopnick TEXT);
             CREATE TABLE MultiMsgNick(_id INTEGER PRIMARY KEY,uin TEXT,nick TEXT,uniseq INTEGER);",
        )?;
        slow.run(
            "CREATE TABLE MultiMsgNick(_id INTEGER PRIMARY KEY,uin TEXT,nick TEXT,uniseq INTEGER);",
        )?;
        let text = |text: &str| self.key.text(text);
        for chat in &self.cast.chats {
            let number = text(&chat.number.to_string());
            match chat.role {
                Role::Friend => main.put(
                    "INSERT INTO Friends(uin,remark,name) VALUES(?1,?2,?3)",
                    params![number, text(&chat.remark), text(&chat.name)],
                )?,
                Role::Group => {
                    main.put(
                        "INSERT INTO TroopInfoV2(troopuin,troopname) VALUES(?1,?2)",
                        params![number, text(&chat.name)],
                    )?;
                    for member in &chat.members {
                        let person = self
                            .cast
                            .people
                            .iter()
                            .find(|known| known.number == *member);
                        main.put(
                            "INSERT INTO TroopMemberInfo(troopuin,memberuin,friendnick,troopnick) VALUES(?1,?2,?3,?4)",
                            params![
                                number,
                                text(&member.to_string()),
                                text(self.cast.nick(*member)),
                                text(person.map_or("", |person| &person.card))
                            ],
                        )?;
                    }
                }
                Role::Discussion => {}
            }
        }
        Ok(())
    }

    fn put_file(&mut self, path: String, bytes: &[u8]) -> Result<OnDisk, ForgeError> {
        write_file(&self.root.join(&path), bytes)?;
        self.files += 1;
        Ok(OnDisk {
            path,
            md5: hex::encode(Md5::digest(bytes)),
        })
    }

    fn may_store(&self) -> bool {
        self.plan.attachments && self.files < 200
    }

    fn picture(&mut self, seed: u64) -> Result<(Vec<u8>, Option<OnDisk>), ForgeError> {
        let mut rng = Rng::new(self.plan.seed, seed ^ 0x01D2);
        let bytes = pictures::jpeg(&mut rng, 40, 30);
        let md5 = hex::encode_upper(Md5::digest(&bytes));
        let mut file = None;
        if self.may_store() && !seed.is_multiple_of(5) {
            let folder = if seed.is_multiple_of(2) {
                "chatraw"
            } else {
                "chatimg"
            };
            file = Some(self.put_file(format!("{MEDIA}/{}", cache_path(folder, &md5)), &bytes)?);
            let small = pictures::jpeg(&mut rng, 12, 9);
            write_file(
                &self
                    .root
                    .join(format!("{MEDIA}/{}", cache_path("chatthumb", &md5))),
                &small,
            )?;
        }
        let mut body = Message::new();
        body.text(1, &format!("/storage/emulated/0/DCIM/{seed}.jpg"))
            .varint(2, bytes.len() as u64)
            .varint(3, 1)
            .text(5, "/invented-uuid")
            .text(6, &md5)
            .text(10, "/offpic_new/invented/0");
        // Two numberings circulate.
        let shift = u32::from(!seed.is_multiple_of(3));
        body.varint(21 + shift, 12)
            .varint(22 + shift, 9)
            .varint(23 + shift, 40)
            .varint(24 + shift, 30)
            .varint(25 + shift, 1000);
        Ok((body.into_bytes(), file))
    }

    fn encode(&mut self, entry: &Entry) -> Result<Encoded, ForgeError> {
        let mut file = None;
        let mut extra = String::new();
        let mut words = None;
        let index = entry.index;
        let (kind, data, truth) = match &entry.content {
            Content::Text(text) => {
                words = Some(text.clone());
                (-1000, text.clone().into_bytes(), Kind::Text)
            }
            Content::Long(text) => {
                words = Some(text.clone());
                (-1051, text.clone().into_bytes(), Kind::Text)
            }
            Content::Face(before, face, after) => {
                let text = format!("{before}\u{14}{}{after}", char::from(*face));
                (-1000, text.into_bytes(), Kind::Text)
            }
            Content::Reply(target, text) => {
                words = Some(text.clone());
                extra = self.source(target);
                (-1049, text.clone().into_bytes(), Kind::Quote)
            }
            Content::Picture => {
                let (data, stored) = self.picture(index)?;
                file = stored;
                (-2000, data, Kind::Image)
            }
            Content::Mixed(before, after) => {
                let (picture, stored) = self.picture(index)?;
                file = stored;
                words = Some(format!("{before}{after}"));
                let mut body = Message::new();
                for (tag, bytes) in [(1, before.as_bytes()), (2, &picture), (1, after.as_bytes())] {
                    let mut element = Message::new();
                    element.bytes(tag, bytes);
                    body.nest(1, &element);
                }
                (-1035, body.into_bytes(), Kind::Text)
            }
            Content::Voice(seconds) => {
                let (data, stored) = self.voice(index, *seconds)?;
                file = stored;
                (-2002, data, Kind::Voice)
            }
            Content::Film => {
                let tail = format!("shortvideo/{index}/film.mp4");
                let mut rng = Rng::new(self.plan.seed, index);
                let bytes = pictures::mp4(&mut rng);
                if self.may_store() {
                    file = Some(self.put_file(format!("{MEDIA}/{tail}"), &bytes)?);
                }
                let mut body = Message::new();
                body.text(3, &format!("/storage/emulated/0/{MEDIA}/{tail}"))
                    .varint(6, bytes.len() as u64);
                (-2022, body.into_bytes(), Kind::Video)
            }
            Content::SavedFile(name) => {
                let content = format!("{name}\n虚构\n");
                if self.may_store() {
                    let path =
                        format!("Android/data/com.tencent.mobileqq/Tencent/QQfile_recv/{name}");
                    file = Some(self.put_file(path, content.as_bytes())?);
                }
                let text = format!(
                    "\u{16}/storage/emulated/0/Android/data/com.tencent.mobileqq/Tencent/QQfile_recv/{name}|{}|0|1|0",
                    content.len()
                );
                (-2005, text.into_bytes(), Kind::File)
            }
            Content::MissingFile(name) => (-3008, name.clone().into_bytes(), Kind::File),
            Content::GroupFile(name) => {
                let fields = [
                    ("fileName", Value::Text(name)),
                    ("lfileSize", Value::Long(12_345)),
                    ("md5", Value::Bytes(&[7; 16])),
                    ("sha1", Value::Text("da39a3ee")),
                    ("url", Value::Null),
                ];
                let data = java::object("com.tencent.mobileqq.data.TroopFileData", 1, &fields);
                (-2017, data, Kind::File)
            }
            Content::Sticker(name) => {
                let fields = [
                    ("dwTabID", Value::Int(10_278)),
                    ("faceName", Value::Text(name)),
                    ("imageHeight", Value::Int(200)),
                    ("imageWidth", Value::Int(200)),
                    ("sbfKey", Value::Bytes(b"0123456789abcdef")),
                    ("sbufID", Value::Bytes(&[9; 16])),
                ];
                let class = "com.tencent.mobileqq.data.MarkFaceMessage";
                (-2007, java::object(class, 102_222, &fields), Kind::Sticker)
            }
            Content::BigFace(name) => {
                let mut body = Message::new();
                body.varint(1, 37).text(2, "1").text(7, &format!("/{name}"));
                (-8018, body.into_bytes(), Kind::Sticker)
            }
            Content::Call(text, is_video) => {
                let text = format!("\u{16}{text}|0|3|{}", u8::from(*is_video));
                (-2009, text.into_bytes(), Kind::Call)
            }
            Content::GroupCall(is_start) => {
                let (kind, text) = if *is_start {
                    (-2016, "\u{16}发起了语音通话|1")
                } else {
                    (-4008, "语音通话已结束|2")
                };
                (kind, text.as_bytes().to_vec(), Kind::Call)
            }
            Content::Share(title, summary) => {
                let xml = format!(
                    "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?><msg serviceID=\"1\" templateID=\"12345\" action=\"web\" brief=\"[分享] {title}\" sourceMsgId=\"0\" url=\"https://example.com/a?b={index}&amp;c=1\" flag=\"0\"><item layout=\"2\"><title>{title}</title><summary>{summary}</summary></item><source name=\"灯塔日报\" icon=\"\" appid=\"0\"/></msg>"
                );
                let data = if index.is_multiple_of(2) {
                    java::block(1, &["web", &xml])
                } else {
                    java::object(
                        "com.tencent.structmsg.Wrapper",
                        5,
                        &[("xml", Value::Text(&xml))],
                    )
                };
                (-2011, data, Kind::Link)
            }
            Content::Forward(_) => {
                let xml = format!(
                    "<?xml version='1.0' encoding='UTF-8'?><msg serviceID=\"35\" action=\"viewMultiMsg\" brief=\"[聊天记录]\" m_resid=\"invented-{index}\" tSum=\"3\"><item layout=\"1\"><title>群聊的聊天记录</title><title>小麦: 收到</title><summary>查看3条转发消息</summary></item><source name=\"聊天记录\"/></msg>"
                );
                (
                    -2011,
                    java::block(35, &["viewMultiMsg", &xml]),
                    Kind::Forward,
                )
            }
            Content::Place(name) => {
                let ark = json!({
                    "app": "com.tencent.map", "desc": "", "view": "LocationShare", "prompt": format!("[位置]{name}"),
                    "meta": { "Location.Search": { "name": name, "address": "虚构路1号", "lat": "30.1", "lng": "120.2" } },
                });
                let ark = ark.to_string();
                let data =
                    java::object("com.tencent.ark.Wrapper", 5, &[("meta", Value::Text(&ark))]);
                (-5008, data, Kind::Place)
            }
            Content::Poke => {
                let text = json!({ "msg": "[戳一戳]", "type": 1, "subId": 0 }).to_string();
                (
                    if index.is_multiple_of(2) {
                        -5012
                    } else {
                        -5018
                    },
                    text.into_bytes(),
                    Kind::Nudge,
                )
            }
            Content::Recall(name) => {
                let mut body = Message::new();
                body.varint(1, 2).text(5, &format!("{name}撤回了一条消息"));
                (-5040, body.into_bytes(), Kind::System)
            }
            Content::Tip(text) => {
                let mut inner = Message::new();
                inner.varint(1, 1).text(8, text);
                let mut body = Message::new();
                body.varint(1, 2).nest(9, &inner);
                (-5020, body.into_bytes(), Kind::System)
            }
            Content::Joined(name) => (
                -1012,
                format!("{name}加入了本群").into_bytes(),
                Kind::System,
            ),
            Content::RedPacket(title) => {
                let fields = [("title", Value::Text(title)), ("fromHBList", Value::Int(0))];
                let data =
                    java::object("com.tencent.mobileqq.data.QQWalletRedPacketMsg", 1, &fields);
                (-2025, data, Kind::Payment)
            }
            Content::Card(title) => (
                -2015,
                json!({ "title": title, "content": "虚构" })
                    .to_string()
                    .into_bytes(),
                Kind::Card,
            ),
            Content::Unknown => (-9_999, vec![0xFF, 0, 0x80, 7], Kind::Unknown),
        };
        Ok(Encoded {
            kind,
            data,
            extra,
            truth,
            text: words,
            file,
        })
    }

    fn voice(&mut self, index: u64, seconds: u64) -> Result<(Vec<u8>, Option<OnDisk>), ForgeError> {
        let mut rng = Rng::new(self.plan.seed, index);
        let bytes = pictures::silk(&mut rng, 4);
        let tail = format!("{}/ptt/c2c/20220101/stream_{index}", self.cast.owner);
        let mut file = None;
        if self.may_store() {
            let ending = if index.is_multiple_of(2) {
                "amr"
            } else {
                "slk"
            };
            file = Some(self.put_file(format!("{MEDIA}/{tail}.{ending}"), &bytes)?);
        }
        let mut body = Message::new();
        body.text(1, &format!("/storage/emulated/0/{MEDIA}/{tail}.amr"))
            .varint(2, bytes.len() as u64)
            .text(6, &hex::encode_upper(Md5::digest(&bytes)))
            .varint(18, 1)
            .varint(19, seconds);
        Ok((body.into_bytes(), file))
    }

    /// What stands beside an answer.
    fn source(&self, target: &Entry) -> String {
        let Content::Text(text) = &target.content else {
            return String::new();
        };
        let sender = target.sender.to_string();
        let fields = [
            (
                "mSourceMsgSenderUin",
                Value::Long(target.sender.cast_signed()),
            ),
            ("mSourceMsgSeq", Value::Long(sequence(target))),
            ("mSourceMsgText", Value::Text(excerpt(text, 60))),
            (
                "mSourceMsgTime",
                Value::Int(i32::try_from(target.time).unwrap_or(0)),
            ),
            ("mSourceMsgTroopName", Value::Text("")),
            ("mAnonymousNickName", Value::Text(&sender)),
            ("origUid", Value::Long(uid(target))),
        ];
        let class = "com.tencent.mobileqq.data.MessageForReplyText$SourceMsgInfo";
        let stream = java::object(class, 1, &fields);
        json!({ "sens_msg_source_msg_info": hex::encode_upper(stream) }).to_string()
    }

    fn row(&mut self, store: &Store, entry: &Entry, row: &Encoded) -> Result<(), ForgeError> {
        let chat = self.chat(entry);
        let table = table_of(chat);
        let number = chat.number;
        let troop = match chat.role {
            Role::Friend => 0,
            Role::Group => 1,
            Role::Discussion => 3000,
        };
        self.rows += 1;
        self.insert(
            store,
            &table,
            entry,
            row,
            number,
            troop,
            sequence(entry),
            unique(entry),
        )
    }

    /// The messages inside a bundle.
    fn bundle(&mut self, store: &Store, entry: &Entry) -> Result<(), ForgeError> {
        let Content::Forward(inner) = &entry.content else {
            return Ok(());
        };
        for (place, inner) in (1_i64..).zip(inner) {
            let row = self.encode(inner)?;
            let number = self.chat(entry).number;
            let (parent, own) = (unique(entry), unique(entry) ^ place << 50);
            self.insert(
                store,
                "mr_multimessage",
                inner,
                &row,
                number,
                0,
                parent,
                own,
            )?;
            store.put(
                "INSERT INTO MultiMsgNick(uin,nick,uniseq) VALUES(?1,?2,?3)",
                params![
                    self.key.text(&inner.sender.to_string()),
                    self.key.text(self.cast.nick(inner.sender)),
                    parent
                ],
            )?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of a row")]
    fn insert(
        &self,
        store: &Store,
        table: &str,
        entry: &Entry,
        row: &Encoded,
        number: u64,
        troop: i64,
        sequence: i64,
        unique: i64,
    ) -> Result<(), ForgeError> {
        let text = |text: &str| self.key.text(text);
        let is_own = entry.sender == self.cast.owner;
        store.put(
            &format!(
                "INSERT INTO {table}(extStr,frienduin,isValid,isread,issend,istroop,msgData,msgUid,msgseq,msgtype,selfuin,senderuin,shmsgseq,time,uniseq,versionCode)
                 VALUES(?1,?2,1,1,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,3)"
            ),
            params![
                (!row.extra.is_empty()).then(|| text(&row.extra)),
                text(&number.to_string()),
                i64::from(is_own),
                troop,
                self.key.bytes(&row.data),
                uid(entry),
                sequence,
                row.kind,
                text(&self.cast.owner.to_string()),
                text(&entry.sender.to_string()),
                i64::from(i16::from_le_bytes([
                    sequence.to_le_bytes().first().copied().unwrap_or(0),
                    sequence.to_le_bytes().get(1).copied().unwrap_or(0)
                ])),
                entry.time,
                unique,
            ],
        )
    }

    fn chat(&self, entry: &Entry) -> &Chat {
        self.cast
            .chats
            .get(entry.conversation)
            .expect("entries name conversations of this cast")
    }

    fn tell_truth(&mut self, entry: &Entry, row: &Encoded) -> Result<(), ForgeError> {
        let sender = entry.sender.to_string();
        let chat = self.chat(entry);
        let (conversation, conversation_kind) = (chat.native_id(), chat.kind());
        let is_system = row.truth == Kind::System;
        let is_recall = matches!(entry.content, Content::Recall(_));
        self.truth.write(&Line {
            platform: "qq",
            conversation: &conversation,
            conversation_kind,
            sender: (!is_system).then_some(&sender),
            sent_at_ms: entry.time * 1000,
            kind: row.truth,
            text: row.text.as_deref(),
            server_id: None,
            msg_id: Some(Quoted(unique(entry))),
            sort_seq: None,
            reply_to: match &entry.content {
                Content::Reply(target, _) if target.index >= self.held_from => {
                    Some(Quoted(unique(target)))
                }
                _ => None,
            },
            state: if is_recall {
                State::Recalled
            } else {
                State::Normal
            },
            file: row.file.as_ref(),
        })
    }
}

/// Number of a row in its own client.
fn unique(entry: &Entry) -> i64 {
    (entry.time << 22 | entry.index.cast_signed() & 0x3F_FFFF) & i64::MAX
}

/// Number of a row in its conversation.
const fn sequence(entry: &Entry) -> i64 {
    1_000 + entry.index.cast_signed()
}

fn uid(entry: &Entry) -> i64 {
    1 << 56 | (mix(entry.index) & 0xFFFF_FFFF).cast_signed()
}
