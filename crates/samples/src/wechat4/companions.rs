//! The databases that say who everybody is: contacts, sessions, avatars, recalled words.

use std::path::Path;

use rusqlite::params;

use crate::ForgeError;
use crate::pictures;
use crate::protobuf::Message;
use crate::rng::Rng;
use crate::store::{Cipher, Store};

use super::cast::{Cast, Party, Role, md5_hex};
use super::schema;
use super::stage::Revoked;
use super::thread::Thread;

/// Names a database and says how it is encrypted.
pub(super) type Ciphers<'a> = &'a (dyn Fn(&str) -> Cipher + Sync);

/// What the finished history says about itself.
pub(super) struct Outcome<'a> {
    pub(super) cast: &'a Cast,
    pub(super) threads: &'a [Thread],
    pub(super) revoked: &'a [Revoked],
}

/// Makes one database from its tables and what fills them.
pub(super) fn make(
    storage: &Path,
    ciphers: Ciphers<'_>,
    name: &str,
    tables: &str,
    fill: impl FnOnce(&Store) -> Result<(), ForgeError>,
) -> Result<(), ForgeError> {
    let store = Store::create(&storage.join(name), &ciphers(name))?;
    store.run(tables)?;
    store.run("BEGIN")?;
    fill(&store)?;
    store.run("COMMIT")?;
    store.enter_wal()?;
    store.close()
}

/// Writes what is known before the first message: contacts and avatars.
pub(super) fn write_people(
    cast: &Cast,
    seed: u64,
    storage: &Path,
    ciphers: Ciphers<'_>,
) -> Result<(), ForgeError> {
    let tables = schema::contact_tables();
    make(storage, ciphers, "contact/contact.db", &tables, |store| {
        contacts(cast, store)
    })?;
    make(
        storage,
        ciphers,
        "head_image/head_image.db",
        schema::HEAD_IMAGE,
        |store| heads(cast, seed, store),
    )
}

/// Writes what follows from the messages: sessions and the owner's recalled words.
pub(super) fn write_outcome(
    outcome: &Outcome<'_>,
    storage: &Path,
    ciphers: Ciphers<'_>,
) -> Result<(), ForgeError> {
    make(
        storage,
        ciphers,
        "session/session.db",
        schema::SESSION,
        |store| sessions(outcome, store),
    )?;
    make(
        storage,
        ciphers,
        "message/message_revoke.db",
        schema::REVOKE,
        |store| {
            for row in outcome.revoked {
                store.put(
                    "INSERT INTO revokemessage VALUES(?1, ?2, 1, ?3, ?4, '')",
                    params![
                        outcome.cast.party(row.to).username,
                        row.server_id,
                        row.time,
                        row.content
                    ],
                )?;
            }
            Ok(())
        },
    )
}

/// `local_type`, `verify_flag`, `delete_flag` and `flag` of a contact row.
const fn flags(role: Role) -> (i64, i64, i64, i64) {
    match role {
        Role::Room => (2, 0, 0, 2),
        Role::Member | Role::Stranger => (3, 0, 0, 4),
        Role::Official => (1, 24, 0, 3),
        Role::WeCom => (5, 0, 0, 3),
        Role::Deleted => (0, 0, 1, 0),
        _ => (1, 0, 0, 3),
    }
}

fn person(
    store: &Store,
    table: &str,
    number: u32,
    party: &Party,
    is_in_room: bool,
) -> Result<(), ForgeError> {
    let (local_type, verify, deleted, flag) = flags(party.role);
    let sql = format!(
        "INSERT INTO {table}(id, username, local_type, alias, encrypt_username, flag, delete_flag, verify_flag, remark, remark_quan_pin, \
         remark_pin_yin_initial, nick_name, pin_yin_initial, quan_pin, big_head_url, small_head_url, head_img_md5, chat_room_notify, \
         is_in_chat_room, description, extra_buffer, chat_room_type) \
         VALUES(?1,?2,?3,?4,'',?5,?6,?7,?8,'','',?9,'NC','nicheng',?10,?11,?12,1,?13,'',NULL,0)"
    );
    let blocked = if number % 41 == 7 { 8 } else { 0 };
    store.put(
        &sql,
        params![
            number + 1,
            party.username,
            local_type,
            party.alias,
            flag | blocked,
            deleted,
            verify,
            party.remark,
            party.nick,
            format!("https://heads.example/{}/0", party.hash),
            format!("https://heads.example/{}/132", party.hash),
            party.hash,
            is_in_room,
        ],
    )
}

fn contacts(cast: &Cast, store: &Store) -> Result<(), ForgeError> {
    for (number, party) in (0_u32..).zip(&cast.parties) {
        match party.role {
            Role::Orphan => continue,
            Role::Stranger => person(store, "stranger", number, party, false)?,
            _ => person(store, "contact", number, party, party.role == Role::Member)?,
        }
        store.put(
            "INSERT OR IGNORE INTO name2id VALUES(?1)",
            [&party.username],
        )?;
        if party.role == Role::Official {
            store.put(
                "INSERT INTO biz_info(id, username, type, accept_type, child_type, version, external_info, brand_info, brand_icon_url, brand_list, brand_flag, belong) VALUES(?1, ?2, 0, 1, 0, 1, '{}', '', '', '', 0, '')",
                params![number + 1, party.username],
            )?;
        }
    }
    for (label, name) in (1..).zip(["家人", "同事", "邻居", "球友"]) {
        store.put(
            "INSERT INTO contact_label VALUES(?1, ?2, ?1)",
            params![label, name],
        )?;
    }
    store.run(
        "INSERT INTO openim_acct_type VALUES(0, '3552365301', '企业微信');
         INSERT INTO openim_wording VALUES(0, '1', '虚构科技有限公司');",
    )?;
    for (number, room) in cast.with_role(Role::Room) {
        let owner = room.members.get(1).copied().unwrap_or(0);
        store.put(
            "INSERT INTO chat_room VALUES(?1, ?2, ?3, ?4)",
            params![
                number + 1,
                room.username,
                cast.party(owner).username,
                room_data(cast, number, room)
            ],
        )?;
        for member in &room.members {
            store.put(
                "INSERT OR IGNORE INTO chatroom_member VALUES(?1, ?2)",
                params![number + 1, member + 1],
            )?;
        }
        store.put(
            "INSERT INTO chat_room_info_detail VALUES(?1, ?2, ?3, ?4, ?5, 0, '', '', NULL)",
            params![
                number + 1,
                room.username,
                if number % 2 == 0 {
                    "本群只聊正事，闲聊请移步隔壁。"
                } else {
                    ""
                },
                cast.party(owner).username,
                1_650_000_000 + i64::from(number),
            ],
        )?;
    }
    Ok(())
}

/// `RoomData`: members with their cards.
pub(super) fn room_data(cast: &Cast, number: u32, room: &Party) -> Vec<u8> {
    let mut out = Message::new();
    for member in &room.members {
        let mut item = Message::new();
        item.text(1, &cast.party(*member).username);
        if let Some(card) = cast.card(number, *member) {
            item.text(2, &card);
        }
        item.varint(3, 1);
        if member % 3 == 0 {
            item.text(4, &cast.owner().username);
        }
        out.nest(1, &item);
    }
    out.varint(2, 0)
        .varint(3, 1)
        .varint(4, 0)
        .varint(5, 500)
        .varint(6, 0)
        .varint(7, 700_000_000)
        .varint(8, 0);
    out.into_bytes()
}

fn sessions(outcome: &Outcome<'_>, store: &Store) -> Result<(), ForgeError> {
    let cast = outcome.cast;
    let mut packer = zstd::bulk::Compressor::new(1).map_err(ForgeError::Compression)?;
    for (number, (party, thread)) in (0_u32..).zip(cast.parties.iter().zip(outcome.threads)) {
        // A session can be gone while its messages remain.
        if thread.rows == 0 || number % 17 == 5 || party.role == Role::Orphan {
            continue;
        }
        let packed = packer
            .compress(thread.summary.as_bytes())
            .map_err(ForgeError::Compression)?;
        let summary = if number % 4 == 0 {
            rusqlite::types::Value::Blob(packed)
        } else {
            rusqlite::types::Value::Text(thread.summary.clone())
        };
        let sender = cast.party(thread.last_sender);
        store.put(
            "INSERT INTO SessionTable VALUES(?1, ?2, 0, 0, 0, ?3, '', 0, ?4, ?4, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
            params![
                party.username,
                i64::from(party.role == Role::Room),
                summary,
                thread.last_time,
                thread.last_local_id,
                thread.last_type & 0xFFFF_FFFF,
                thread.last_type >> 32,
                sender.username,
                sender.nick,
            ],
        )?;
    }
    store.put(
        "INSERT INTO SessionDeleteTable VALUES(?1, 1650000000)",
        [&cast.party(cast.stars.deleted).username],
    )
}

fn heads(cast: &Cast, seed: u64, store: &Store) -> Result<(), ForgeError> {
    let mut rng = Rng::new(seed, 0x4EAD);
    for (number, party) in cast.parties.iter().enumerate().take(80) {
        let picture = if number % 2 == 0 {
            pictures::jpeg(&mut rng, 8, 8)
        } else {
            pictures::png(&mut rng, 16)
        };
        store.put(
            "INSERT INTO head_image VALUES(?1, ?2, ?3, 1650000000)",
            params![party.username, md5_hex(&picture), picture],
        )?;
    }
    Ok(())
}
