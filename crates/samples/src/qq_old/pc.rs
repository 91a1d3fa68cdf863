//! `Msg3.0.db` of Windows QQ before NT, as it looks once it was decrypted.

use std::path::Path;

use md5::{Digest, Md5};
use rusqlite::params;
use serde_json::json;

use super::story::{Cast, Chat, Content, Entry, Role, tell};
use crate::rng::{Rng, mix};
use crate::store::{Cipher, Store, write_file};
use crate::truth::{Kind, Line, OnDisk, Quoted, State, Truth};
use crate::{ForgeError, Forged, Plan, pictures};

/// Forges `Tencent Files/<number>/Msg3.0.db` in clear below `dir`. `progress` hears how many messages were made.
///
/// # Errors
/// When a file or database cannot be written.
pub fn qq_pc(plan: &Plan, dir: &Path, progress: &mut dyn FnMut(u64)) -> Result<Forged, ForgeError> {
    let cast = Cast::new(plan.seed);
    let root = dir.join(format!("Tencent Files/{}", cast.owner));
    let main_db = root.join("Msg3.0.db");
    let store = Store::create(&main_db, &Cipher::None)?;
    for chat in &cast.chats {
        let table = table_of(chat);
        store.run(&format!(
            "CREATE TABLE {table} (Time INTEGER, Rand INTEGER, SenderUin INTEGER, MsgContent BLOB, Info BLOB, PRIMARY KEY(Time,Rand));
             CREATE TABLE \"{table}$Seq$1\" (Time INTEGER, Rand INTEGER, Seq INTEGER, PRIMARY KEY(Time,Rand));"
        ))?;
    }
    let truth_path = dir.join("truth.jsonl");
    let mut truth = Truth::create(&truth_path, plan.truth)?;
    let mut files = 0;
    store.run("BEGIN")?;
    tell(plan, &cast, |entry| {
        let chat = cast
            .chats
            .get(entry.conversation)
            .expect("entries name conversations of this cast");
        let random = (mix(entry.index) & 0xFFFF_FFFF).cast_signed();
        let mut body = Body::new(&entry, random);
        let row = encode(plan, &root, &entry, &mut body, &mut files)?;
        body.nick(cast.nick(entry.sender));
        let is_system = row.0 == Kind::System;
        let sender = if is_system { 10_000 } else { entry.sender };
        let table = table_of(chat);
        store.put(
            &format!("INSERT INTO {table} VALUES(?1,?2,?3,?4,?5)"),
            params![entry.time, random, sender.cast_signed(), body.0, [8_u8, 1]],
        )?;
        store.put(
            &format!("INSERT INTO \"{table}$Seq$1\" VALUES(?1,?2,?3)"),
            params![entry.time, random, 1_000 + entry.index.cast_signed()],
        )?;
        let sender = sender.to_string();
        truth.write(&Line {
            platform: "qq",
            conversation: &chat.native_id(),
            conversation_kind: chat.kind(),
            sender: (!is_system).then_some(&sender),
            sent_at_ms: entry.time * 1000,
            kind: row.0,
            text: row.1.as_deref(),
            server_id: None,
            msg_id: Some(Quoted(random)),
            sort_seq: None,
            reply_to: None,
            state: State::Normal,
            file: row.2.as_ref(),
        })?;
        if entry.index.is_multiple_of(4096) {
            progress(truth.lines);
        }
        Ok(())
    })?;
    store.run("COMMIT")?;
    store.close()?;
    progress(truth.lines);
    let messages = truth.finish()?;
    let key_file = dir.join("qq-pc-keys.json");
    write_file(
        &key_file,
        json!({ "uin": cast.owner.to_string() })
            .to_string()
            .as_bytes(),
    )?;
    Ok(Forged {
        root,
        main_db,
        key_file,
        truth: truth_path,
        messages,
        rows: messages,
        wal_rows: 0,
        files,
        owner: cast.owner.to_string(),
        needle: String::new(),
    })
}

fn table_of(chat: &Chat) -> String {
    let kind = match chat.role {
        Role::Friend => "buddy",
        Role::Group => "group",
        Role::Discussion => "discuss",
    };
    format!("{kind}_{}", chat.number)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A piece: type, length, value.
fn piece(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("pieces of the forge are small");
    let mut out = vec![kind];
    out.extend(length.to_le_bytes());
    out.extend(value);
    out
}

/// `MsgContent` under construction.
struct Body(Vec<u8>);

impl Body {
    fn new(entry: &Entry, random: i64) -> Self {
        let mut out = b"MSG\0\0\0\0\0".to_vec();
        for number in [entry.time, random, 0] {
            let number = u32::try_from(number).expect("times and random numbers have 32 bits");
            out.extend(number.to_le_bytes());
        }
        out.extend([10, 0, 134, 2]);
        let font = utf16("微软雅黑");
        let length = u16::try_from(font.len()).expect("a short name");
        out.extend(length.to_le_bytes());
        out.extend(font);
        out.extend([0, 0]);
        Self(out)
    }

    fn add(&mut self, kind: u8, inner: &[(u8, &[u8])]) {
        let value: Vec<u8> = inner
            .iter()
            .flat_map(|(kind, value)| piece(*kind, value))
            .collect();
        self.0.extend(piece(kind, &value));
    }

    fn text(&mut self, text: &str) {
        // A piece holds 64 KiB; longer texts stand in several.
        let letters: Vec<char> = text.chars().collect();
        for chunk in letters.chunks(8_000) {
            let chunk: String = chunk.iter().collect();
            self.add(1, &[(1, &utf16(&chunk))]);
        }
    }

    fn nick(&mut self, nick: &str) {
        self.add(18, &[(1, &utf16(nick))]);
    }
}

type Row = (Kind, Option<String>, Option<OnDisk>);

fn encode(
    plan: &Plan,
    root: &Path,
    entry: &Entry,
    body: &mut Body,
    files: &mut u64,
) -> Result<Row, ForgeError> {
    let mut rng = Rng::new(plan.seed, entry.index);
    Ok(match &entry.content {
        Content::Text(text) | Content::Long(text) | Content::Reply(_, text) => {
            body.text(text);
            (Kind::Text, Some(text.clone()), None)
        }
        Content::Face(before, ..) => {
            body.text(before);
            body.add(2, &[(1, &[1, 8])]);
            (Kind::Text, Some(format!("{before}/捂脸")), None)
        }
        Content::Picture | Content::Mixed(..) | Content::Sticker(_) => {
            let bytes = pictures::jpeg(&mut rng, 40, 30);
            let md5 = Md5::digest(&bytes);
            let tail = format!("Group2\\AB\\{{{}}}.jpg", hex::encode(md5));
            let mut file = None;
            if plan.attachments && *files < 200 {
                let path = format!("Image/{}", tail.replace('\\', "/"));
                write_file(&root.join(&path), &bytes)?;
                *files += 1;
                file = Some(OnDisk {
                    path,
                    md5: hex::encode(md5),
                });
            }
            let kind = if entry.index.is_multiple_of(2) { 3 } else { 6 };
            let path = utf16(&format!("UserDataImage:{tail}"));
            body.add(kind, &[(1, &md5), (2, &path)]);
            (Kind::Image, None, file)
        }
        Content::Voice(_) => {
            body.add(7, &[(1, &[5; 16])]);
            (Kind::Voice, None, None)
        }
        Content::Film => {
            let mut record = vec![0; 300];
            if let Some(place) = record.get_mut(244..260) {
                place.fill(0x11 ^ 0xEF);
            }
            body.add(26, &[(1, &record)]);
            (Kind::Video, None, None)
        }
        Content::Tip(text) => {
            body.text(text);
            (Kind::System, None, None)
        }
        _ => {
            body.add(99, &[(1, b"?")]);
            (Kind::Unknown, None, None)
        }
    })
}
