//! The databases of WeChat 3 for macOS, filled with the same history.

use std::path::Path;
use std::sync::mpsc::Receiver;

use rusqlite::params;

use crate::ForgeError;
use crate::store::Store;

use super::cast::{Cast, Party, Role};
use super::companions::{Ciphers, Outcome, make};
use super::shard::{Job, Report, Row, Setup, Who};
use super::side::{self, Aside};

const PERSON: &str = "(m_nsUsrName TEXT PRIMARY KEY, m_uiConType INTEGER, nickname TEXT, m_nsFullPY TEXT, m_nsShortPY TEXT, m_nsRemark TEXT, \
    m_nsRemarkPYFull TEXT, m_nsRemarkPYShort TEXT, m_uiCertificationFlag INTEGER, m_uiSex INTEGER, m_uiType INTEGER, m_nsImgStatus TEXT, \
    m_uiImgKey INTEGER, m_nsHeadImgUrl TEXT, m_nsHeadHDImgUrl TEXT, m_nsHeadHDMd5 TEXT, m_nsChatRoomMemList TEXT, \
    m_nsChatRoomAdminList TEXT, m_uiChatRoomStatus INTEGER, m_nsChatRoomDesc TEXT, m_nsDraft TEXT, m_nsBrandIconUrl TEXT, \
    m_nsGoogleContactName TEXT, m_nsAliasName TEXT, m_nsEncodeUserName TEXT, m_uiChatRoomVersion INTEGER, \
    m_uiChatRoomMaxCount INTEGER, m_uiChatRoomType INTEGER, m_patSuffix TEXT, richChatRoomDesc TEXT, _packed_WCContactData BLOB, \
    openIMInfo BLOB)";

struct Writer<'a> {
    store: &'a Store,
    cast: &'a Cast,
    has_table: Vec<bool>,
}

impl Writer<'_> {
    fn write(&mut self, row: &Row) -> Result<(), ForgeError> {
        let party = self.cast.party(row.conversation);
        let table = format!("Chat_{}", party.hash);
        if let Some(has) = self.has_table.get_mut(row.conversation as usize)
            && !std::mem::replace(has, true)
        {
            self.store.run(&format!(
                "CREATE TABLE {table}(mesLocalID INTEGER PRIMARY KEY AUTOINCREMENT, mesSvrID INTEGER, msgCreateTime INTEGER, \
                 msgContent TEXT, msgStatus INTEGER, msgImgStatus INTEGER, messageType INTEGER, mesDes INTEGER, msgSource TEXT, \
                 IntRes1 INTEGER, IntRes2 INTEGER, StrRes1 TEXT, StrRes2 TEXT, msgVoiceText TEXT, msgSeq INTEGER, \
                 CompressContent BLOB, ConBlob BLOB)"
            ))?;
        }
        let mut content = row.content.words();
        let sender = match row.sender {
            Who::Party(number) => Some(number),
            Who::Nobody | Who::Missing => None,
        };
        // Only the line in front says who wrote a received row of a room, so it is never left out.
        if let Some(number) = sender.filter(|number| *number != 0 && party.role == Role::Room) {
            let prefix = format!("{}:\n", self.cast.party(number).username);
            content = content.map(|content| {
                if content.starts_with(&prefix) {
                    content
                } else {
                    format!("{prefix}{content}")
                }
            });
        }
        let sql = format!(
            "INSERT INTO {table}(mesSvrID, msgCreateTime, msgContent, msgStatus, messageType, mesDes, msgSource, msgSeq) \
             VALUES(?1,?2,?3,2,?4,?5,?6,?7)"
        );
        self.store.put(
            &sql,
            params![
                row.server_id,
                row.create_time,
                content,
                row.local_type & 0xFFFF_FFFF,
                i64::from(sender != Some(0)),
                row.source.words(),
                row.sort_seq,
            ],
        )
    }
}

/// Writes `msg_<N>.db` until the sender hangs up.
pub(super) fn write_shard(
    setup: &Setup,
    cast: &Cast,
    jobs: &Receiver<Job>,
) -> Result<Report, ForgeError> {
    let store = Store::create(&setup.path, &setup.cipher)?;
    let mut report = Report::default();
    let mut is_logging = false;
    store.run("CREATE TABLE MSGINFO(key TEXT PRIMARY KEY, value INTEGER); BEGIN")?;
    let mut writer = Writer {
        store: &store,
        cast,
        has_table: vec![false; cast.parties.len()],
    };
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
                store.run("COMMIT")?;
                store.enter_wal()?;
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

fn person(
    store: &Store,
    table: &str,
    party: &Party,
    members: &str,
    owner: &str,
) -> Result<(), ForgeError> {
    let certified = if party.role == Role::Official { 24 } else { 0 };
    let standing = match party.role {
        Role::Room => 2,
        Role::Deleted => 0,
        _ => 1,
    };
    let sql = format!(
        "INSERT INTO {table}(m_nsUsrName, m_uiConType, nickname, m_nsRemark, m_uiCertificationFlag, m_uiType, m_nsHeadImgUrl, \
         m_nsHeadHDMd5, m_nsChatRoomMemList, m_nsChatRoomAdminList, m_nsChatRoomDesc, m_nsAliasName) VALUES(?1,?2,?3,?4,?5,?2,?6,?7,?8,?9,'',?10)"
    );
    store.put(
        &sql,
        params![
            party.username,
            standing,
            party.nick,
            party.remark,
            certified,
            format!("https://heads.example/{}/0", party.hash),
            party.hash,
            members,
            owner,
            party.alias,
        ],
    )
}

/// Writes who is who.
pub(super) fn write_people(
    cast: &Cast,
    storage: &Path,
    ciphers: Ciphers<'_>,
) -> Result<(), ForgeError> {
    let tables = format!("CREATE TABLE WCContact{PERSON};");
    make(
        storage,
        ciphers,
        "Contact/wccontact_new2.db",
        &tables,
        |store| {
            for party in &cast.parties {
                if !matches!(
                    party.role,
                    Role::Room | Role::Member | Role::Stranger | Role::Orphan
                ) {
                    person(store, "WCContact", party, "", "")?;
                }
            }
            Ok(())
        },
    )?;
    let tables = format!("CREATE TABLE GroupContact{PERSON}; CREATE TABLE GroupMember{PERSON};");
    make(storage, ciphers, "Group/group_new.db", &tables, |store| {
        for party in &cast.parties {
            match party.role {
                Role::Room => {
                    let members: Vec<&str> = party
                        .members
                        .iter()
                        .map(|member| cast.party(*member).username.as_str())
                        .collect();
                    let owner = cast.party(party.members.get(1).copied().unwrap_or(0));
                    person(
                        store,
                        "GroupContact",
                        party,
                        &members.join(";"),
                        &owner.username,
                    )?;
                }
                Role::Member | Role::Stranger => person(store, "GroupMember", party, "", "")?,
                _ => {}
            }
        }
        Ok(())
    })
}

/// Writes `hldata.db` until the sender hangs up.
pub(super) fn write_side(
    setup: side::Setup<'_>,
    _cast: &Cast,
    jobs: &Receiver<Vec<Aside>>,
) -> Result<(), ForgeError> {
    let name = "Message/hldata.db";
    let store = Store::create(&setup.storage.join(name), &(setup.ciphers)(name))?;
    store.run(
        "CREATE TABLE HlinkMediaRecord(mediaMd5 TEXT, mediaSize INTEGER, inodeNumber INTEGER, modifyTime INTEGER);
         CREATE TABLE HlinkMediaDetail(localId INTEGER PRIMARY KEY AUTOINCREMENT, inodeNumber INTEGER, relativePath TEXT, fileName TEXT);
         BEGIN",
    )?;
    let mut inode = 8_600_000_000_i64;
    while let Ok(rows) = jobs.recv() {
        for row in &rows {
            let Aside::Link(link) = row else { continue };
            inode += 3;
            let (folder, name) = match link.kind {
                "image" => (
                    format!("{}/Image", link.folder),
                    link.name.replace(".dat", ".jpg"),
                ),
                "video" => (format!("media/Video/{}", link.folder), link.name.clone()),
                _ => (format!("media/File/{}", link.folder), link.name.clone()),
            };
            store.put(
                "INSERT INTO HlinkMediaRecord VALUES(?1, ?2, ?3, ?4)",
                params![link.md5, link.size as i64, inode, link.time],
            )?;
            store.put(
                "INSERT INTO HlinkMediaDetail(inodeNumber, relativePath, fileName) VALUES(?1, ?2, ?3)",
                params![inode, folder, name],
            )?;
        }
    }
    store.run("COMMIT")?;
    store.enter_wal()?;
    store.close()
}

/// Writes the sessions.
pub(super) fn write_outcome(
    outcome: &Outcome<'_>,
    storage: &Path,
    ciphers: Ciphers<'_>,
) -> Result<(), ForgeError> {
    let tables = "CREATE TABLE SessionAbstract(m_nsUserName TEXT PRIMARY KEY, m_uUnReadCount INTEGER, m_bShowUnReadAsRedDot INTEGER, m_bMarkUnread INTEGER, m_uLastTime INTEGER, strRes1 TEXT, strRes2 TEXT, strRes3 TEXT, intRes1 INTEGER, intRes2 INTEGER, intRes3 INTEGER, _packed_MMSessionInfo BLOB);";
    make(
        storage,
        ciphers,
        "Session/session_new.db",
        tables,
        |store| {
            for (party, thread) in outcome.cast.parties.iter().zip(outcome.threads) {
                if thread.rows > 0 && party.role != Role::Orphan {
                    store.put(
                    "INSERT INTO SessionAbstract(m_nsUserName, m_uUnReadCount, m_uLastTime) VALUES(?1, 0, ?2)",
                    params![party.username, thread.last_time],
                )?;
                }
            }
            Ok(())
        },
    )
}
