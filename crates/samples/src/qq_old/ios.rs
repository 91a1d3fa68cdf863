//! iOS QQ before NT: a plain database, with media beside it.

use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use rusqlite::params;
use serde_json::json;

use super::story::{Cast, Chat, Content, Entry, Role, tell};
use crate::rng::Rng;
use crate::store::{Cipher, Store, write_file};
use crate::truth::{Kind, Line, OnDisk, Quoted, State, Truth};
use crate::{ForgeError, Forged, Plan, pictures};

struct Encoded {
    kind: i64,
    content: String,
    media: String,
    truth: Kind,
    text: Option<String>,
    file: Option<OnDisk>,
}

struct Forge<'a> {
    plan: &'a Plan,
    cast: &'a Cast,
    root: PathBuf,
    files: u64,
}

/// Forges the `Documents` of an iPhone with QQ before NT below `dir`. `progress` hears how many messages were made.
///
/// # Errors
/// When a file or database cannot be written.
pub fn qq_ios(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let cast = Cast::new(plan.seed);
    let root = dir.join("phone");
    let main_db = root.join(format!("Documents/contents/{}/QQ.db", cast.owner));
    let store = Store::create(&main_db, &Cipher::None)?;
    store.run("CREATE TABLE tb_c2cTables(uin INTEGER);")?;
    for chat in &cast.chats {
        if let Some(table) = table_of(chat) {
            store.run(&match chat.role {
                Role::Friend => format!(
                    "CREATE TABLE {table}(uin INTEGER,time DOUBLE,type INTEGER,read INTEGER,content TEXT,msgId INTEGER,flag INTEGER,picUrl TEXT);
                     INSERT INTO tb_c2cTables VALUES({});",
                    chat.number
                ),
                _ => format!(
                    "CREATE TABLE {table}(SendUin INTEGER,MsgTime INTEGER,sMsgType INTEGER,read INTEGER,strMsg TEXT,MsgID INTEGER,nickname TEXT,picUrl TEXT);"
                ),
            })?;
        }
    }
    let truth_path = dir.join("truth.jsonl");
    let mut truth = Truth::create(&truth_path, plan.truth)?;
    let mut forge = Forge {
        plan,
        cast: &cast,
        root: root.clone(),
        files: 0,
    };
    store.run("BEGIN")?;
    tell(plan, &cast, |entry| {
        let chat = cast
            .chats
            .get(entry.conversation)
            .expect("entries name conversations of this cast");
        let Some(table) = table_of(chat) else {
            return Ok(());
        };
        let row = forge.encode(&entry)?;
        let id = 1_000 + entry.index.cast_signed();
        let is_own = entry.sender == cast.owner;
        match chat.role {
            Role::Friend => store.put(
                &format!("INSERT INTO {table} VALUES(?1,?2,?3,1,?4,?5,?6,?7)"),
                params![
                    chat.number.cast_signed(),
                    entry.time as f64 + 0.25,
                    row.kind,
                    row.content,
                    id,
                    i64::from(is_own),
                    row.media
                ],
            )?,
            _ => store.put(
                &format!("INSERT INTO {table} VALUES(?1,?2,?3,1,?4,?5,?6,?7)"),
                params![
                    entry.sender.cast_signed(),
                    entry.time,
                    row.kind,
                    row.content,
                    id,
                    cast.nick(entry.sender),
                    row.media
                ],
            )?,
        }
        let sender = entry.sender.to_string();
        truth.write(&Line {
            platform: "qq",
            conversation: &chat.native_id(),
            conversation_kind: chat.kind(),
            sender: (row.truth != Kind::System).then_some(&sender),
            sent_at_ms: entry.time * 1000,
            kind: row.truth,
            text: row.text.as_deref(),
            server_id: None,
            msg_id: Some(Quoted(id)),
            sort_seq: None,
            reply_to: None,
            state: State::Normal,
            file: row.file.as_ref(),
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
    let key_file = dir.join("qq-ios-keys.json");
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
        files: forge.files,
        owner: cast.owner.to_string(),
        needle: String::new(),
    })
}

fn table_of(chat: &Chat) -> Option<String> {
    match chat.role {
        Role::Friend => Some(format!("tb_c2cMsg_{}", chat.number)),
        Role::Group => Some(format!("tb_TroopMsg_{}", chat.number)),
        Role::Discussion => None,
    }
}

impl Forge<'_> {
    fn put(&mut self, path: &str, bytes: &[u8]) -> Result<Option<OnDisk>, ForgeError> {
        if !self.plan.attachments || self.files > 200 {
            return Ok(None);
        }
        let path = format!("Documents/{}/{path}", self.cast.owner);
        write_file(&self.root.join(&path), bytes)?;
        self.files += 1;
        Ok(Some(OnDisk {
            path,
            md5: hex::encode(Md5::digest(bytes)),
        }))
    }

    fn encode(&mut self, entry: &Entry) -> Result<Encoded, ForgeError> {
        let mut rng = Rng::new(self.plan.seed, entry.index);
        let (mut media, mut file, mut words) = (String::new(), None, None);
        let (kind, content, truth) = match &entry.content {
            Content::Text(text) | Content::Long(text) | Content::Reply(_, text) => {
                words = Some(text.clone());
                (0, text.clone(), Kind::Text)
            }
            Content::Face(before, _, after) => {
                let text = format!("{before}/微笑{after}");
                words = Some(text.clone());
                (0, text, Kind::Text)
            }
            Content::Picture | Content::Mixed(..) => {
                let bytes = pictures::png(&mut rng, 12);
                let md5 = hex::encode_upper(Md5::digest(&bytes));
                file = self.put(&format!("image_original/{md5}.png"), &bytes)?;
                media = json!([{ "md5": md5, "fileName": format!("{md5}.png"), "fileId": "0" }])
                    .to_string();
                (1, "[图片]".to_owned(), Kind::Image)
            }
            Content::Voice(_) => {
                let name = format!("voice{}", entry.index);
                file = self.put(&format!("Audio/{name}.amr"), &pictures::silk(&mut rng, 4))?;
                media = json!([{ "fileName": name, "fileId": "1" }]).to_string();
                (3, String::new(), Kind::Voice)
            }
            Content::Film => {
                let bytes = pictures::mp4(&mut rng);
                let md5 = hex::encode(Md5::digest(&bytes));
                file = self.put(&format!("Audio/{md5}.mp4"), &bytes)?;
                media = json!([{ "videoMD5": md5, "md5": "00", "fileName": "" }]).to_string();
                (181, String::new(), Kind::Video)
            }
            Content::SavedFile(name) | Content::MissingFile(name) | Content::GroupFile(name) => {
                file = self.put(&format!("FileRecv/{name}"), name.as_bytes())?;
                (4, format!("{name}||||||||{}|1", name.len()), Kind::File)
            }
            Content::Place(name) => {
                let ark = json!({
                    "app": "com.tencent.map", "view": "LocationShare", "prompt": format!("[位置]{name}"),
                    "meta": { "Location.Search": { "name": name, "address": "虚构路1号", "lat": "30.1", "lng": "120.2" } },
                });
                (337, ark.to_string(), Kind::Place)
            }
            Content::Tip(text) => (332, (*text).to_owned(), Kind::System),
            Content::Recall(name) | Content::Joined(name) => {
                (332, format!("{name}加入了本群"), Kind::System)
            }
            _ => (999, "[当前版本不支持]".to_owned(), Kind::System),
        };
        Ok(Encoded {
            kind,
            content,
            media,
            truth,
            text: words,
            file,
        })
    }
}
