//! Everybody: contacts, sessions, labels, settings, pictures.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use plist::{Dictionary, Uid, Value};
use rusqlite::params;

use crate::protobuf::Message;
use crate::rng::Rng;
use crate::store::{Cipher, Store, write_file};
use crate::text::escape_xml;
use crate::wechat4::cast::{Cast, Party, Role};
use crate::{ForgeError, pictures};

const LABELS: &[(i64, &str)] = &[(18, "同学"), (42, "家人")];

pub(super) fn write(
    cast: &Cast,
    account: &Path,
    shared: &Path,
    newest: &HashMap<u32, i64>,
) -> Result<(), ForgeError> {
    contacts(cast, account)?;
    sessions(cast, account, newest)?;
    settings(cast, account)?;
    let mut rng = Rng::new(cast.uin, 0xFACE);
    let heads = shared
        .join("share")
        .join(&cast.owner().hash)
        .join("session/headImg");
    for party in cast.parties.iter().take(12) {
        let path = heads.join(format!("{}.pic", party.hash));
        write_file(&path, &pictures::jpeg(&mut rng, 16, 16))?;
    }
    Ok(())
}

fn contacts(cast: &Cast, account: &Path) -> Result<(), ForgeError> {
    let store = Store::create(&account.join("DB/WCDB_Contact.sqlite"), &Cipher::None)?;
    let columns = "userName TEXT PRIMARY KEY, type INTEGER, certificationFlag INTEGER, imgStatus INTEGER, encodeUserName TEXT, \
                   dbContactLocal BLOB, dbContactOther BLOB, dbContactRemark BLOB, dbContactHeadImage BLOB, \
                   dbContactProfile BLOB, dbContactSocial BLOB, dbContactChatRoom BLOB, dbContactBrand BLOB";
    store.run(&format!(
        "CREATE TABLE Friend({columns}); CREATE TABLE OpenIMContact({columns}); BEGIN;"
    ))?;
    for (number, party) in (0_u32..).zip(&cast.parties) {
        let (table, kind) = match party.role {
            Role::Orphan | Role::Deleted => continue,
            Role::WeCom => ("OpenIMContact", 1),
            Role::Member | Role::Stranger => ("Friend", 4),
            Role::Room => ("Friend", 2),
            _ => ("Friend", 3),
        };
        let room = (party.role == Role::Room).then(|| room(cast, number, party));
        store.put(
            &format!(
                "INSERT INTO {table}(userName, type, certificationFlag, dbContactRemark, dbContactHeadImage, dbContactChatRoom) \
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
            ),
            params![
                party.username,
                kind,
                if party.role == Role::Official { 24 } else { 0 },
                remark(number, party),
                head_image(party),
                room,
            ],
        )?;
    }
    store.run("COMMIT")?;
    store.close()
}

fn remark(number: u32, party: &Party) -> Vec<u8> {
    let mut out = Message::new();
    out.text(1, &party.nick)
        .text(2, &party.alias)
        .text(3, &party.remark)
        .text(4, "PY");
    if party.role == Role::Friend && number.is_multiple_of(3) {
        out.text(8, "18,42");
    }
    out.into_bytes()
}

fn head_image(party: &Party) -> Vec<u8> {
    let mut out = Message::new();
    out.text(2, &format!("https://wx.example/{}/132", party.hash))
        .text(3, &format!("https://wx.example/{}/0", party.hash));
    out.into_bytes()
}

fn room(cast: &Cast, number: u32, party: &Party) -> Vec<u8> {
    let usernames: Vec<&str> = party
        .members
        .iter()
        .map(|member| cast.party(*member).username.as_str())
        .collect();
    let mut xml = "<RoomData>".to_owned();
    for member in &party.members {
        let username = &cast.party(*member).username;
        let _ = write!(xml, "<Member UserName=\"{username}\">");
        if let Some(card) = cast.card(number, *member) {
            xml.push_str("<DisplayName>");
            escape_xml(&card, &mut xml);
            xml.push_str("</DisplayName>");
        }
        xml.push_str("</Member>");
    }
    xml.push_str("</RoomData>");
    let mut out = Message::new();
    out.text(1, &usernames.join(";"))
        .text(2, usernames.first().copied().unwrap_or_default())
        .text(6, &xml);
    out.into_bytes()
}

fn sessions(cast: &Cast, account: &Path, newest: &HashMap<u32, i64>) -> Result<(), ForgeError> {
    let store = Store::create(&account.join("session/session.db"), &Cipher::None)?;
    store.run(
        "CREATE TABLE SessionAbstract(UsrName TEXT PRIMARY KEY, CreateTime INTEGER, unreadcount INTEGER, ConIntRes1 INTEGER, \
         ConStrRes1 TEXT); BEGIN;",
    )?;
    let mut chats: Vec<_> = newest.iter().collect();
    chats.sort_unstable();
    for (number, time) in chats {
        let party = cast.party(*number);
        if party.role != Role::Orphan {
            store.put(
                "INSERT INTO SessionAbstract VALUES(?1, ?2, 0, 0, NULL)",
                params![party.username, time],
            )?;
        }
    }
    store.run("COMMIT")?;
    store.close()
}

fn settings(cast: &Cast, account: &Path) -> Result<(), ForgeError> {
    let owner = cast.owner();
    let documents = account.parent().unwrap_or(account);
    let mut login = Message::new();
    login
        .text(1, &owner.username)
        .text(2, &owner.alias)
        .text(3, &owner.nick);
    let mut logins = Message::new();
    let mut other = Message::new();
    other.text(1, "wxid_forgedother0022");
    logins.nest(1, &other).nest(1, &login);
    write_file(&documents.join("LoginInfo2.dat"), logins.as_bytes())?;

    let mut body = vec![0xff, 0xff, 0xff, 0x07];
    for (key, value) in [("86", &owner.username), ("88", &owner.nick)] {
        let length = |bytes: usize| u8::try_from(bytes).unwrap_or(u8::MAX);
        body.push(length(key.len()));
        body.extend(key.bytes());
        body.push(length(value.len() + 1));
        body.push(length(value.len()));
        body.extend(value.bytes());
    }
    let used = u32::try_from(body.len()).unwrap_or_default();
    let mut file = used.to_le_bytes().to_vec();
    file.extend(body);
    file.resize(4096, 0);
    let name = format!("MMappedKV/mmsetting.archive.{}", owner.username);
    write_file(&documents.join(name), &file)?;

    let list = archived(LABELS);
    let mut bytes = Vec::new();
    list.to_writer_binary(&mut bytes)
        .map_err(|source| ForgeError::File {
            path: account.join("contactlabel.list"),
            source: std::io::Error::other(source),
        })?;
    write_file(&account.join("contactlabel.list"), &bytes)?;
    // The folder that every phone has before anybody logs in.
    write_file(
        &documents.join("00000000000000000000000000000000/DB/MM.sqlite"),
        b"",
    )
}

/// A dictionary as `NSKeyedArchiver` writes it.
fn archived(pairs: &[(i64, &str)]) -> Value {
    let uid = |number: usize| Value::Uid(Uid::new(number as u64));
    let mut objects = vec![Value::from("$null"), Value::Boolean(false)];
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (key, value) in pairs {
        keys.push(uid(objects.len()));
        objects.push(Value::from(key.to_string()));
        values.push(uid(objects.len()));
        objects.push(Value::from(*value));
    }
    let class = Dictionary::from_iter([("$classname".to_owned(), Value::from("NSDictionary"))]);
    let root = Dictionary::from_iter([
        ("NS.keys".to_owned(), Value::Array(keys)),
        ("NS.objects".to_owned(), Value::Array(values)),
        ("$class".to_owned(), uid(objects.len())),
    ]);
    objects.push(Value::Dictionary(class));
    if let Some(place) = objects.get_mut(1) {
        *place = Value::Dictionary(root);
    }
    super::backup::keyed_archive(objects)
}
