//! The databases of WeChat 3 for Windows, filled with the same history.

use std::path::Path;
use std::sync::mpsc::Receiver;

use rusqlite::params;

use crate::ForgeError;
use crate::pictures;
use crate::protobuf::Message;
use crate::rng::{Rng, mix};
use crate::store::Store;

use super::cast::{Cast, Party, Role};
use super::companions::{Ciphers, Outcome, make, room_data};
use super::shard::{Job, Report, Row, Setup, Who};
use super::side::{self, Aside};

/// Columns of every table of messages.
const MESSAGES: &str = "(localId INTEGER PRIMARY KEY AUTOINCREMENT, TalkerId INT DEFAULT 0, MsgSvrID INT, Type INT, SubType INT, \
    IsSender INT, CreateTime INT, Sequence INT DEFAULT 0, StatusEx INT DEFAULT 0, FlagEx INT, Status INT, MsgServerSeq INT, \
    MsgSequence INT, StrTalker TEXT, StrContent TEXT, DisplayContent TEXT, Reserved0 INT DEFAULT 0, Reserved1 INT DEFAULT 0, \
    Reserved2 INT DEFAULT 0, Reserved3 INT DEFAULT 0, Reserved4 TEXT, Reserved5 TEXT, Reserved6 TEXT, CompressContent BLOB, \
    BytesExtra BLOB, BytesTrans BLOB)";

const PEOPLE: &str = "
CREATE TABLE Contact(UserName TEXT PRIMARY KEY, Alias TEXT, EncryptUserName TEXT, DelFlag INTEGER DEFAULT 0, Type INTEGER DEFAULT 0, VerifyFlag INTEGER DEFAULT 0, Reserved1 INTEGER DEFAULT 0, Reserved2 INTEGER DEFAULT 0, Reserved3 TEXT, Reserved4 TEXT, Remark TEXT, NickName TEXT, LabelIDList TEXT, DomainList TEXT, ChatRoomType int, PYInitial TEXT, QuanPin TEXT, RemarkPYInitial TEXT, RemarkQuanPin TEXT, BigHeadImgUrl TEXT, SmallHeadImgUrl TEXT, HeadImgMd5 TEXT, ChatRoomNotify INTEGER DEFAULT 0, Reserved5 INTEGER DEFAULT 0, Reserved6 TEXT, Reserved7 TEXT, ExtraBuf BLOB, Reserved8 INTEGER DEFAULT 0, Reserved9 INTEGER DEFAULT 0, Reserved10 TEXT, Reserved11 TEXT);
CREATE TABLE ContactHeadImgUrl(usrName TEXT PRIMARY KEY, smallHeadImgUrl TEXT, bigHeadImgUrl TEXT, headImgMd5 TEXT, reverse0 INT, reverse1 TEXT);
CREATE TABLE ContactLabel(LabelId INTEGER PRIMARY KEY, LabelName TEXT, Reserved1 INTEGER, Reserved2 INTEGER, Reserved3 TEXT, Reserved4 TEXT, RespData BLOB, Reserved5 BLOB);
CREATE TABLE ChatRoom(ChatRoomName TEXT PRIMARY KEY, UserNameList TEXT, DisplayNameList TEXT, ChatRoomFlag int DEFAULT 0, Owner INTEGER DEFAULT 0, IsShowName INTEGER DEFAULT 0, SelfDisplayName TEXT, Reserved1 INTEGER DEFAULT 0, Reserved2 TEXT, Reserved3 INTEGER DEFAULT 0, Reserved4 TEXT, Reserved5 INTEGER DEFAULT 0, Reserved6 TEXT, RoomData BLOB, Reserved7 INTEGER DEFAULT 0, Reserved8 TEXT);
CREATE TABLE ChatRoomInfo(ChatRoomName TEXT PRIMARY KEY, Announcement TEXT, InfoVersion INTEGER DEFAULT 0, AnnouncementEditor TEXT, AnnouncementPublishTime INTEGER DEFAULT 0, ChatRoomStatus INTEGER DEFAULT 0, Reserved1 INTEGER DEFAULT 0, Reserved2 TEXT, Reserved3 INTEGER DEFAULT 0, Reserved4 TEXT, Reserved5 INTEGER DEFAULT 0, Reserved6 TEXT, Reserved7 INTEGER DEFAULT 0, Reserved8 TEXT);
CREATE TABLE Session(strUsrName TEXT PRIMARY KEY, nOrder INT DEFAULT 0, nUnReadCount INTEGER DEFAULT 0, parentRef TEXT, Reserved0 INTEGER DEFAULT 0, Reserved1 TEXT, strNickName TEXT, nStatus INTEGER, nIsSend INTEGER, strContent TEXT, nMsgType\tINTEGER, nMsgLocalID INTEGER, nMsgStatus INTEGER, nTime INTEGER, editContent TEXT, othersAtMe INT, Reserved2 INTEGER DEFAULT 0, Reserved3 TEXT, Reserved4 INTEGER DEFAULT 0, Reserved5 TEXT, bytesXml BLOB);
CREATE TABLE RevokeMsgStorage(CreateTime INTEGER PRIMARY KEY, MsgSvrID INTEGER, RevokeSvrID INTEGER);
CREATE TABLE PatInfo(username TEXT PRIMARY KEY, suffix TEXT, reserved1 INT);
CREATE TABLE MainConfig(Key TEXT PRIMARY KEY, Reserved0 INT, Buf BLOB, Reserved1 INT, Reserved2 TEXT);";

/// One item of `BytesExtra`.
fn item(kind: u64, value: &str) -> Message {
    let mut inner = Message::new();
    inner.varint(1, kind).text(2, value);
    inner
}

/// A contact's `ExtraBuf`: sex, and the signature of some.
fn extra_buffer(number: u32) -> Vec<u8> {
    let mut out = vec![0x74, 0x75, 0x2C, 0x06, 0x04, 1, 0, 0, 0];
    if number.is_multiple_of(3) {
        let words: Vec<u8> = "慢慢来，比较快"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        out.extend([0x46, 0xCF, 0x10, 0xC4, 0x18]);
        out.extend(u32::try_from(words.len()).unwrap_or(0).to_le_bytes());
        out.extend(words);
    }
    out
}

/// A call as this client writes it: a number for its end, kind and seconds beside it.
fn call(body: &str) -> Option<(&'static str, &'static str, String)> {
    let between = |start: &str, end: &str| {
        let (_, rest) = body.split_once(start)?;
        rest.split_once(end).map(|(inner, _)| inner.to_owned())
    };
    let state = if body.contains("通话时长") {
        "11"
    } else if body.contains("其它设备") {
        "7"
    } else if body.contains("已拒绝") {
        "8"
    } else if body.contains("已取消") {
        "5"
    } else {
        return None;
    };
    let kind = match between("<room_type>", "<")?.as_str() {
        "0" => "0",
        _ => "1",
    };
    let seconds = between("<duration>", "<").unwrap_or_default();
    Some((state, kind, seconds))
}

struct Writer<'a> {
    store: &'a Store,
    cast: &'a Cast,
    table: &'static str,
    /// Number in `Name2ID` by party; 0 where there is none yet.
    names: Vec<i64>,
    known: i64,
}

impl Writer<'_> {
    fn name(&mut self, party: u32) -> Result<i64, ForgeError> {
        let Some(slot) = self.names.get_mut(party as usize) else {
            return Ok(0);
        };
        if *slot == 0 {
            self.known += 1;
            *slot = self.known;
            self.store.put(
                "INSERT INTO Name2ID(rowid, UsrName) VALUES(?1, ?2)",
                params![self.known, self.cast.party(party).username],
            )?;
        }
        Ok(*slot)
    }

    fn write(&mut self, row: &Row) -> Result<(), ForgeError> {
        let talker = self.name(row.conversation)?;
        let party = self.cast.party(row.conversation);
        let sender = match row.sender {
            Who::Party(number) => Some(number),
            _ => None,
        };
        let mut content = row.content.words();
        let mut extra = Message::new();
        let mut head = Message::new();
        head.varint(1, 16).varint(2, 0);
        extra.nest(1, &head);
        if let Some(number) = sender.filter(|number| *number != 0 && party.role == Role::Room) {
            let username = &self.cast.party(number).username;
            // Now and then with a tail that is no part of the name.
            let dress = mix(row.sort_seq.cast_unsigned());
            let stated = if dress.is_multiple_of(40) {
                format!("{username}:25319:1")
            } else {
                username.clone()
            };
            extra.nest(3, &item(1, &stated));
            content = content.map(|content| {
                let prefix = format!("{username}:\n");
                content
                    .strip_prefix(&prefix)
                    .map_or(content.clone(), str::to_owned)
            });
        }
        let token = format!("{:032x}", row.server_id);
        extra.nest(3, &item(2, &token));
        let base = row.local_type & 0xFFFF_FFFF;
        let state = content.as_deref().filter(|_| base == 50).and_then(call);
        if let Some((state, kind, seconds)) = state {
            extra.nest(3, &item(3, kind));
            extra.nest(3, &item(4, &seconds));
            content = Some(state.to_owned());
        }
        if let Some(path) = &row.path {
            let account = &self.cast.owner().username;
            let stored = |path: &str| format!("{account}\\{}", path.replace('/', "\\"));
            if path.contains("/Thumb/") {
                extra.nest(3, &item(3, &stored(path)));
                let whole = path.replace("/Thumb/", "/Image/").replace("_t.dat", ".dat");
                extra.nest(3, &item(4, &stored(&whole)));
            } else {
                if path.contains("/Image/") {
                    let small = path.replace("/Image/", "/Thumb/").replace(".dat", "_t.dat");
                    extra.nest(3, &item(3, &stored(&small)));
                } else if let Some(stem) = path.strip_suffix(".mp4") {
                    extra.nest(3, &item(3, &stored(&format!("{stem}.jpg"))));
                }
                extra.nest(3, &item(4, &stored(path)));
            }
        }
        if let Some(source) = row.source.words() {
            extra.nest(3, &item(7, &source));
        }
        let mut block = None;
        if base == 49
            && let Some(xml) = content.take()
        {
            let bytes = format!("{xml}\0");
            // A few rows are not compressed at all.
            block = Some(if row.server_id % 30 == 7 {
                bytes.into_bytes()
            } else {
                lz4_flex::block::compress(bytes.as_bytes())
            });
            content = Some(String::new());
        }
        let sql = format!(
            "INSERT INTO {}(TalkerId, MsgSvrID, Type, SubType, IsSender, CreateTime, Sequence, Status, MsgServerSeq, MsgSequence, \
             StrTalker, StrContent, DisplayContent, CompressContent, BytesExtra) VALUES(?1,?2,?3,?4,?5,?6,?7,2,1,1,?8,?9,'',?10,?11)",
            self.table
        );
        // Rows of the system have no other bytes in one of two cases.
        let extra = (sender.is_some() || row.sort_seq % 2 == 0).then(|| extra.into_bytes());
        self.store.put(
            &sql,
            params![
                talker,
                row.server_id,
                base,
                row.local_type >> 32,
                i64::from(sender == Some(0)),
                row.create_time,
                row.sort_seq,
                party.username,
                content,
                block,
                extra,
            ],
        )
    }
}

/// Writes `MSG<N>.db` or `PublicMsg.db` until the sender hangs up.
pub(super) fn write_shard(
    setup: &Setup,
    cast: &Cast,
    jobs: &Receiver<Job>,
) -> Result<Report, ForgeError> {
    let store = Store::create(&setup.path, &setup.cipher)?;
    let is_public = setup.path.ends_with("PublicMsg.db");
    let table = if is_public { "PublicMsg" } else { "MSG" };
    let mut report = Report::default();
    let mut is_logging = false;
    store.run(&format!(
        "CREATE TABLE {table}{MESSAGES};
         CREATE TABLE Name2ID(UsrName TEXT PRIMARY KEY);
         CREATE TABLE DBInfo(tableIndex INTEGER PRIMARY KEY, tableVersion INTEGER, tableDesc TEXT);"
    ))?;
    store.put(
        "INSERT INTO DBInfo VALUES(2, ?1, 'Start Time')",
        [setup.start * 1000],
    )?;
    store.run("BEGIN")?;
    let mut writer = Writer {
        store: &store,
        cast,
        table,
        names: vec![0; cast.parties.len()],
        known: 0,
    };
    for conversation in &setup.conversations {
        writer.name(*conversation)?;
    }
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Rows(rows) => {
                report.rows += rows.len() as u64;
                report.log_rows += if is_logging { rows.len() as u64 } else { 0 };
                for row in &rows {
                    writer.write(row)?;
                }
            }
            Job::Log => {
                store.run(&format!(
                    "CREATE INDEX {table}_TALKER ON {table}(StrTalker, Sequence);
                     CREATE INDEX {table}_SVRID ON {table}(MsgSvrID);
                     COMMIT"
                ))?;
                store.enter_wal()?;
                store.leave_stale_frames()?;
                store.run("BEGIN")?;
                is_logging = true;
            }
        }
    }
    store.run("COMMIT")?;
    if !is_logging {
        store.enter_wal()?;
    }
    if report.log_rows > 0 {
        store.close_with_log()?;
    } else {
        store.close()?;
    }
    Ok(report)
}

/// Writes what is known before the first message: people, rooms, avatars.
pub(super) fn write_people(
    cast: &Cast,
    seed: u64,
    storage: &Path,
    ciphers: Ciphers<'_>,
) -> Result<(), ForgeError> {
    make(storage, ciphers, "MicroMsg.db", PEOPLE, |store| {
        for (label, name) in (1..).zip(["家人", "同事", "邻居", "球友"]) {
            store.put(
                "INSERT INTO ContactLabel(LabelId, LabelName) VALUES(?1, ?2)",
                params![label, name],
            )?;
        }
        for (number, party) in (0_u32..).zip(&cast.parties) {
            if !matches!(party.role, Role::Stranger | Role::WeCom) {
                contact(store, number, party)?;
            }
            if party.role == Role::Room {
                room(cast, store, number, party)?;
            }
        }
        Ok(())
    })?;
    let tables = "CREATE TABLE OpenIMContact(UserName TEXT PRIMARY KEY, NickName TEXT, Type INTEGER, Remark TEXT, BigHeadImgUrl TEXT, SmallHeadImgUrl TEXT, Source TEXT, NickNamePYInit TEXT);";
    make(storage, ciphers, "OpenIMContact.db", tables, |store| {
        for (_, party) in cast.with_role(Role::WeCom) {
            store.put(
                "INSERT INTO OpenIMContact(UserName, NickName, Type, Remark) VALUES(?1, ?2, 1, ?3)",
                params![party.username, party.nick, party.remark],
            )?;
        }
        Ok(())
    })?;
    let tables = "CREATE TABLE ContactHeadImg1(usrName TEXT PRIMARY KEY, createTime INT, smallHeadBuf BLOB, m_headImgMD5 TEXT);";
    make(storage, ciphers, "Misc.db", tables, |store| {
        let mut rng = Rng::new(seed, 0x4EAD);
        for party in cast.parties.iter().take(40) {
            let picture = pictures::jpeg(&mut rng, 8, 8);
            store.put(
                "INSERT INTO ContactHeadImg1(usrName, createTime, smallHeadBuf) VALUES(?1, 1650000000, ?2)",
                params![party.username, picture],
            )?;
        }
        Ok(())
    })
}

fn contact(store: &Store, number: u32, party: &Party) -> Result<(), ForgeError> {
    let is_listed = !matches!(party.role, Role::Member | Role::Stranger | Role::Deleted);
    let labels = match number % 7 {
        1 => "1",
        2 => "2,3",
        _ => "",
    };
    store.put(
        "INSERT INTO Contact(UserName, Alias, DelFlag, Type, VerifyFlag, Reserved1, Remark, NickName, LabelIDList, BigHeadImgUrl, ExtraBuf) \
         VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,'',?10)",
        params![
            party.username,
            party.alias,
            i64::from(party.role == Role::Deleted),
            if is_listed { 3 } else { 4 },
            if party.role == Role::Official { 24 } else { 0 },
            i64::from(is_listed),
            party.remark,
            party.nick,
            labels,
            extra_buffer(number),
        ],
    )?;
    store.put(
        "INSERT INTO ContactHeadImgUrl(usrName, smallHeadImgUrl, bigHeadImgUrl, headImgMd5, reverse0) VALUES(?1, ?2, ?3, ?4, 0)",
        params![
            party.username,
            format!("https://heads.example/{}/132", party.hash),
            format!("https://heads.example/{}/0", party.hash),
            party.hash,
        ],
    )
}

fn room(cast: &Cast, store: &Store, number: u32, party: &Party) -> Result<(), ForgeError> {
    let owner = cast.party(party.members.get(1).copied().unwrap_or(0));
    let members: Vec<&str> = party
        .members
        .iter()
        .map(|member| cast.party(*member).username.as_str())
        .collect();
    store.put(
        "INSERT INTO ChatRoom(ChatRoomName, UserNameList, DisplayNameList, SelfDisplayName, Reserved2, RoomData) VALUES(?1,?2,'','',?3,?4)",
        params![
            party.username,
            members.join("^G"),
            owner.username,
            room_data(cast, number, party)
        ],
    )?;
    store.put(
        "INSERT INTO ChatRoomInfo(ChatRoomName, Announcement, AnnouncementEditor, AnnouncementPublishTime) VALUES(?1,?2,?3,?4)",
        params![
            party.username,
            if number.is_multiple_of(2) {
                "本群只聊正事，闲聊请移步隔壁。"
            } else {
                ""
            },
            owner.username,
            1_650_000_000 + i64::from(number),
        ],
    )
}

/// Writes voices and hard links until the sender hangs up.
pub(super) fn write_side(
    setup: side::Setup<'_>,
    _cast: &Cast,
    jobs: &Receiver<Vec<Aside>>,
) -> Result<(), ForgeError> {
    let open = |name: &str| Store::create(&setup.storage.join(name), &(setup.ciphers)(name));
    let media = open("Multi/MediaMSG2.db")?;
    media.run("CREATE TABLE Media(Key TEXT PRIMARY KEY, Reserved0 INT, Buf BLOB, Reserved1 INT, Reserved2 TEXT); CREATE TABLE Name2ID(UsrName TEXT PRIMARY KEY);")?;
    let links = [("image", "Image"), ("video", "Video"), ("file", "File")];
    let mut stores = Vec::new();
    for (kind, name) in links {
        let store = open(&format!("HardLink{name}.db"))?;
        store.run(&format!(
            "CREATE TABLE HardLink{name}Attribute(Md5Hash INTEGER, DirID1 INTEGER, DirID2 INTEGER, MD5 BLOB, ModifyTime INTEGER, FileName TEXT, Reserved1 INTEGER, PRIMARY KEY(Md5Hash, DirID1, DirID2));
             CREATE TABLE HardLink{name}ID(DirID INTEGER PRIMARY KEY, Dir TEXT);"
        ))?;
        stores.push((kind, name, store, Vec::<String>::new()));
    }
    for store in stores.iter().map(|(_, _, store, _)| store).chain([&media]) {
        store.narrow()?;
        store.run("BEGIN")?;
    }
    while let Ok(rows) = jobs.recv() {
        for row in &rows {
            match row {
                Aside::Voice {
                    server_id,
                    data,
                    local_id,
                    ..
                } => media.put(
                    "INSERT OR REPLACE INTO Media(Key, Reserved0, Buf) VALUES(?1, ?2, ?3)",
                    params![format!("{server_id}{local_id}"), server_id, data],
                )?,
                Aside::Resource { .. } => {}
                Aside::Link(link) => {
                    let Some((_, name, store, folders)) =
                        stores.iter_mut().find(|(kind, ..)| *kind == link.kind)
                    else {
                        continue;
                    };
                    let mut number = |folder: &str| -> Result<i64, ForgeError> {
                        if let Some(place) = folders.iter().position(|known| known == folder) {
                            return Ok(place as i64 + 1);
                        }
                        folders.push(folder.to_owned());
                        let sql = format!("INSERT INTO HardLink{name}ID VALUES(?1, ?2)");
                        store.put(&sql, params![folders.len() as i64, folder])?;
                        Ok(folders.len() as i64)
                    };
                    // Films and files have their month as the second folder.
                    let (first, second) = match &link.subfolder {
                        Some(month) => (number(&link.folder)?, number(month)?),
                        None => (0, number(&link.folder)?),
                    };
                    let sql = format!(
                        "INSERT OR IGNORE INTO HardLink{name}Attribute VALUES(?1,?2,?3,?4,?5,?6,0)"
                    );
                    let hash = link.md5.bytes().fold(0_i64, |sum, byte| {
                        sum.wrapping_mul(31).wrapping_add(i64::from(byte))
                    });
                    let digest = hex::decode(&link.md5).unwrap_or_default();
                    store.put(
                        &sql,
                        params![hash, first, second, digest, link.time, link.name],
                    )?;
                }
            }
        }
    }
    for store in stores
        .into_iter()
        .map(|(_, _, store, _)| store)
        .chain([media])
    {
        store.run("COMMIT")?;
        store.enter_wal()?;
        store.close()?;
    }
    Ok(())
}

/// Writes what follows from the messages: sessions.
pub(super) fn write_outcome(
    outcome: &Outcome<'_>,
    storage: &Path,
    ciphers: Ciphers<'_>,
) -> Result<(), ForgeError> {
    let store = Store::reopen(&storage.join("MicroMsg.db"), &ciphers("MicroMsg.db"))?;
    store.run("BEGIN")?;
    for (party, thread) in outcome.cast.parties.iter().zip(outcome.threads) {
        if thread.rows > 0 {
            store.put(
                "INSERT INTO Session(strUsrName, nOrder, strNickName, nStatus, nIsSend, strContent, nMsgLocalID, nTime) VALUES(?1,?2,?3,0,?4,?5,?6,?2)",
                params![
                    party.username,
                    thread.last_time,
                    party.nick,
                    i64::from(thread.last_sender == 0),
                    thread.summary,
                    thread.last_local_id
                ],
            )?;
        }
    }
    store.run("COMMIT")?;
    store.close()
}
