//! Writes the databases beside the messages: `media_0.db`, `message_resource.db`, `hardlink.db`.

use std::path::Path;
use std::sync::mpsc::Receiver;

use rusqlite::params;

use crate::protobuf::Message;
use crate::store::Store;
use crate::{ForgeError, Hardlinks};

use super::cast::Cast;
use super::companions::Ciphers;
use super::schema;

/// A media file as `hardlink.db` knows it.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// `image`, `video` or `file`.
    pub(super) kind: &'static str,
    pub(super) md5: String,
    pub(super) name: String,
    pub(super) size: usize,
    pub(super) time: i64,
    pub(super) folder: String,
    /// The second folder; pictures have one.
    pub(super) subfolder: Option<String>,
}

/// A row for one of the databases.
#[derive(Clone, Debug)]
pub(super) enum Aside {
    Voice {
        conversation: u32,
        time: i64,
        local_id: i64,
        server_id: i64,
        data: Vec<u8>,
    },
    Resource {
        conversation: u32,
        sender: u32,
        local_type: i64,
        time: i64,
        local_id: i64,
        server_id: i64,
        stem: String,
    },
    Link(Link),
}

/// Numbers parties or folder names in a `user_name` table.
struct Names<'a> {
    store: &'a Store,
    insert: &'static str,
    by_name: std::collections::HashMap<String, i64>,
}

impl Names<'_> {
    fn number(&mut self, name: &str) -> Result<i64, ForgeError> {
        if let Some(number) = self.by_name.get(name) {
            return Ok(*number);
        }
        let number = self.by_name.len() as i64 + 1;
        self.store.put(self.insert, params![number, name])?;
        self.by_name.insert(name.to_owned(), number);
        Ok(number)
    }
}

/// Where the databases go and how they are encrypted.
#[derive(Clone, Copy)]
pub(super) struct Setup<'a> {
    pub(super) storage: &'a Path,
    pub(super) ciphers: Ciphers<'a>,
    pub(super) hardlinks: Hardlinks,
    pub(super) start: i64,
}

/// Writes rows until the sender hangs up.
pub(super) fn write(
    setup: Setup<'_>,
    cast: &Cast,
    jobs: &Receiver<Vec<Aside>>,
) -> Result<(), ForgeError> {
    let open = |name: &str| Store::create(&setup.storage.join(name), &(setup.ciphers)(name));
    let media = open("message/media_0.db")?;
    let resource = open("message/message_resource.db")?;
    let hardlink = open("hardlink/hardlink.db")?;
    let suffix = if setup.hardlinks == Hardlinks::V3 {
        "v3"
    } else {
        "v4"
    };
    media.run(schema::MEDIA)?;
    media.put("INSERT INTO TimeStamp VALUES(?1)", [setup.start])?;
    resource.run(schema::RESOURCE)?;
    hardlink.run(&schema::hardlink_tables(suffix))?;
    for store in [&media, &resource, &hardlink] {
        store.narrow()?;
        store.run("BEGIN")?;
    }
    let mut writer = Writer {
        talkers: Names::new(
            &media,
            "INSERT INTO Name2Id(rowid, user_name) VALUES(?1, ?2)",
        ),
        chats: Names::new(
            &resource,
            "INSERT INTO ChatName2Id(rowid, user_name, update_time) VALUES(?1, ?2, 0)",
        ),
        senders: Names::new(
            &resource,
            "INSERT INTO SenderName2Id(rowid, user_name) VALUES(?1, ?2)",
        ),
        folders: Names::new(
            &hardlink,
            "INSERT INTO dir2id(rowid, username) VALUES(?1, ?2)",
        ),
        suffix,
    };
    while let Ok(rows) = jobs.recv() {
        for row in &rows {
            writer.write(cast, row)?;
        }
    }
    media.run(schema::MEDIA_INDEXES)?;
    hardlink.run(&schema::hardlink_indexes(suffix))?;
    for store in [media, resource, hardlink] {
        store.run("COMMIT")?;
        store.enter_wal()?;
        store.close()?;
    }
    Ok(())
}

struct Writer<'a> {
    talkers: Names<'a>,
    chats: Names<'a>,
    senders: Names<'a>,
    folders: Names<'a>,
    suffix: &'static str,
}

impl<'a> Names<'a> {
    fn new(store: &'a Store, insert: &'static str) -> Self {
        Self {
            store,
            insert,
            by_name: std::collections::HashMap::new(),
        }
    }
}

impl Writer<'_> {
    fn write(&mut self, cast: &Cast, row: &Aside) -> Result<(), ForgeError> {
        match row {
            Aside::Voice {
                conversation,
                time,
                local_id,
                server_id,
                data,
            } => {
                let chat = self.talkers.number(&cast.party(*conversation).username)?;
                self.talkers.store.put(
                    "INSERT INTO VoiceInfo(chat_name_id, create_time, local_id, svr_id, voice_data) VALUES(?1,?2,?3,?4,?5)",
                    params![chat, time, local_id, server_id, data],
                )
            }
            Aside::Resource {
                conversation,
                sender,
                local_type,
                time,
                local_id,
                server_id,
                stem,
            } => {
                let chat = self.chats.number(&cast.party(*conversation).username)?;
                let sender = self.senders.number(&cast.party(*sender).username)?;
                let mut hash = Message::new();
                hash.text(1, stem);
                let mut packed = Message::new();
                packed.nest(2, &hash);
                self.chats.store.put(
                    "INSERT INTO MessageResourceInfo(chat_id, sender_id, message_local_type, message_create_time, message_local_id, message_svr_id, message_origin_source, packed_info) VALUES(?1,?2,?3,?4,?5,?6,1,?7)",
                    params![chat, sender, local_type, time, local_id, server_id, packed.as_bytes()],
                )?;
                self.chats.store.put(
                    "INSERT INTO MessageResourceDetail(message_id, type, size, create_time, access_time, status, data_index) VALUES(last_insert_rowid(), 131073, 4096, ?1, ?1, 1, '0')",
                    params![time],
                )
            }
            Aside::Link(link) => {
                let folder = self.folders.number(&link.folder)?;
                let subfolder = match &link.subfolder {
                    Some(name) => self.folders.number(name)?,
                    None => 0,
                };
                let sql = match (link.kind, self.suffix) {
                    ("image", "v3") => {
                        "INSERT INTO image_hardlink_info_v3(md5_hash, md5, type, file_name, file_size, modify_time, dir1, dir2) VALUES(?1,?2,1,?3,?4,?5,?6,?7)"
                    }
                    ("image", _) => {
                        "INSERT INTO image_hardlink_info_v4(md5_hash, md5, type, file_name, file_size, modify_time, dir1, dir2) VALUES(?1,?2,1,?3,?4,?5,?6,?7)"
                    }
                    ("video", "v3") => {
                        "INSERT INTO video_hardlink_info_v3(md5_hash, md5, type, file_name, file_size, modify_time, dir1, dir2) VALUES(?1,?2,2,?3,?4,?5,?6,?7)"
                    }
                    ("video", _) => {
                        "INSERT INTO video_hardlink_info_v4(md5_hash, md5, type, file_name, file_size, modify_time, dir1, dir2) VALUES(?1,?2,2,?3,?4,?5,?6,?7)"
                    }
                    (_, "v3") => {
                        "INSERT INTO file_hardlink_info_v3(md5_hash, md5, type, file_name, file_size, modify_time, dir1, dir2) VALUES(?1,?2,3,?3,?4,?5,?6,?7)"
                    }
                    _ => {
                        "INSERT INTO file_hardlink_info_v4(md5_hash, md5, type, file_name, file_size, modify_time, dir1, dir2) VALUES(?1,?2,3,?3,?4,?5,?6,?7)"
                    }
                };
                // How the client computes `md5_hash` is not known; nobody may look rows up by it.
                let hash = link.md5.bytes().fold(0_i64, |sum, byte| {
                    sum.wrapping_mul(31).wrapping_add(i64::from(byte))
                });
                self.folders.store.put(
                    sql,
                    params![
                        hash,
                        link.md5,
                        link.name,
                        link.size as i64,
                        link.time,
                        folder,
                        subfolder
                    ],
                )
            }
        }
    }
}
