//! The whole source against forged phones.

mod rows;

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

use hutong_crypto::{KeyRing, OpenError};
use hutong_model::{
    Account, AccountId, Collected, Conversation, ConversationId, ConversationKind, Message,
    MessageId, NativeIdName, NativeValue, Part, ProblemKind, Record, plain_text,
};
use hutong_samples::{PhoneCopies, Plan, wechat_ios};
use serde_json::Value;

use super::WeChatIos;
use crate::wechat::golden::messages;
use crate::wechat::trial;
use crate::{Input, ReadError, ReadOptions, Recognition, Source, Summary, conformance};

fn forged(messages: u64, attachments: bool, folder: &Path) -> PhoneCopies {
    let plan = Plan {
        messages,
        attachments,
        ..Plan::default()
    };
    wechat_ios(&plan, folder, &mut |_| {}).unwrap()
}

fn options() -> ReadOptions {
    ReadOptions {
        locate_attachments: true,
        ..ReadOptions::default()
    }
}

fn unlocking(copies: &PhoneCopies) -> ReadOptions {
    let keys = std::fs::read_to_string(&copies.forged.key_file).unwrap();
    ReadOptions {
        keys: KeyRing::from_text(&keys).unwrap(),
        ..options()
    }
}

fn read(folder: &Path, options: &ReadOptions) -> (Collected, Summary) {
    trial::read(&WeChatIos, folder, options)
}

/// Everything but where attachments lie.
fn outline(collected: &Collected) -> Vec<(MessageId, Option<AccountId>, i64, String)> {
    messages(collected)
        .map(|message| {
            let words = plain_text(&message.parts);
            (message.id, message.sender, message.sent_at.0, words)
        })
        .collect()
}

#[test]
fn an_extracted_tree_behaves_like_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let copies = forged(300, false, folder.path());
    conformance::check(&WeChatIos, &copies.forged.root, scratch.path(), &options());
}

#[test]
fn every_copy_of_a_phone_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let copies = forged(300, true, folder.path());
    let (tree, summary) = read(&copies.forged.root, &options());
    assert_eq!(summary.rows_read, copies.forged.rows);
    let expected = outline(&tree);
    let documents = copies
        .forged
        .root
        .join("AppDomain-com.tencent.xin/Documents");
    let account = copies.forged.main_db.parent().unwrap().parent().unwrap();
    for place in [
        documents.parent().unwrap(),
        documents.as_path(),
        account,
        copies.forged.main_db.parent().unwrap(),
        &account.join("session"),
        &copies.backup,
        &copies.backup.join("Manifest.plist"),
    ] {
        assert_eq!(
            outline(&read(place, &options()).0),
            expected,
            "{}",
            place.display()
        );
    }
    let encrypted = read(&copies.encrypted_backup, &unlocking(&copies)).0;
    assert_eq!(outline(&encrypted), expected);
    // A backup decrypts attachments too, and each has the length of its content.
    let files = |collected: &Collected| -> Vec<(String, u64, blake3::Hash)> {
        messages(collected)
            .flat_map(|message| message.parts.iter())
            .filter_map(|part| match part {
                Part::Image(image) => Some(&image.attachment),
                Part::Voice(voice) => Some(&voice.attachment),
                Part::Video(video) => Some(&video.attachment),
                Part::File(file) => Some(&file.attachment),
                _ => None,
            })
            .filter_map(|attachment| {
                let content = attachment.content.as_ref()?;
                let mut bytes = Vec::new();
                content.0.open().unwrap().read_to_end(&mut bytes).unwrap();
                assert_eq!(attachment.size_bytes, Some(bytes.len() as u64));
                let path = attachment.path.clone()?;
                Some((path, bytes.len() as u64, blake3::hash(&bytes)))
            })
            .collect()
    };
    let expected = files(&tree);
    assert!(expected.len() > 10, "{}", expected.len());
    assert_eq!(files(&encrypted), expected);
    assert_eq!(files(&read(&copies.backup, &options()).0), expected);
}

#[test]
fn an_encrypted_backup_asks_for_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let copies = forged(300, false, folder.path());
    let input = || Input::open(&copies.encrypted_backup).unwrap();
    assert!(matches!(
        WeChatIos.recognize(&input()),
        Recognition::Yes(what) if what.contains("password")
    ));
    let reason = |options: &ReadOptions| {
        let mut collected = Collected::default();
        let error = WeChatIos
            .read(&input(), options, &mut collected)
            .unwrap_err();
        assert!(collected.records.is_empty());
        match error {
            ReadError::Open { source, .. } => source,
            other => panic!("{other}"),
        }
    };
    assert!(matches!(reason(&options()), OpenError::NoBackupPassword));
    let wrong = ReadOptions {
        keys: KeyRing::from_text("{\"backup_password\": \"something else\"}").unwrap(),
        ..options()
    };
    assert!(matches!(reason(&wrong), OpenError::WrongBackupPassword));
    let inspected = WeChatIos.inspect(&input(), &options()).unwrap();
    assert_eq!(inspected.files.len(), 1);
    assert_eq!(inspected.files[0].key_fits, None);
    let inspected = WeChatIos.inspect(&input(), &wrong).unwrap();
    assert_eq!(inspected.files[0].key_fits, Some(false));
    let inspected = WeChatIos.inspect(&input(), &unlocking(&copies)).unwrap();
    assert_eq!(inspected.files[0].key_fits, Some(true));
    assert_eq!(inspected.messages, Some(copies.forged.rows));
    // The password may come as a plain key as well.
    let plain = ReadOptions {
        keys: KeyRing::from_key("forged backup 1234").unwrap(),
        ..options()
    };
    let opened = input();
    opened.unlock(&plain.keys).unwrap();
    assert!(
        matches!(WeChatIos.recognize(&opened), Recognition::Yes(what) if what.contains("account"))
    );
    assert!(!WeChatIos.files(&opened).is_empty());
}

#[test]
fn a_backup_in_an_archive_is_read_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let copies = forged(300, false, folder.path());
    let expected = outline(&read(&copies.forged.root, &options()).0);
    for (from, options) in [
        (&copies.backup, options()),
        (&copies.encrypted_backup, unlocking(&copies)),
        (&copies.forged.root, options()),
    ] {
        let archive = folder.path().join("phone.tar");
        std::fs::write(&archive, tar_of(from)).unwrap();
        let input = Input::open(&archive).unwrap();
        let inside = input.subfolder("phone").unwrap();
        let mut collected = Collected::default();
        WeChatIos.read(&inside, &options, &mut collected).unwrap();
        assert_eq!(outline(&collected), expected);
    }
}

/// A tar file of a folder, as `phone/…`.
fn tar_of(folder: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(place) = folders.pop() {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let below = path.strip_prefix(folder).unwrap().to_str().unwrap();
            let bytes = std::fs::read(&path).unwrap();
            let name = format!("phone/{below}");
            let mut header = |kind: u8, name: &str, bytes: &[u8]| {
                let mut block = vec![0; 512];
                let short = &name.as_bytes()[..name.len().min(100)];
                block[..short.len()].copy_from_slice(short);
                block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
                block[148..156].copy_from_slice(b"        ");
                block[156] = kind;
                block[257..265].copy_from_slice(b"ustar  \0");
                let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
                block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
                out.extend(block);
                out.extend(bytes);
                out.resize(out.len().next_multiple_of(512), 0);
            };
            header(b'L', "././@LongLink", name.as_bytes());
            header(b'0', &name, &bytes);
        }
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn text<'a>(line: &'a Value, field: &str) -> Option<&'a str> {
    line.get(field).and_then(Value::as_str)
}

fn native(message: &Message, name: &NativeIdName) -> Option<i64> {
    message
        .native_ids
        .iter()
        .find(|id| id.name == *name)
        .and_then(|id| match id.value {
            NativeValue::Integer(value) => Some(value),
            NativeValue::Text(_) => None,
        })
}

#[test]
fn every_line_of_the_forge_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let copies = forged(3_000, true, folder.path());
    let (collected, summary) = read(&copies.forged.root, &options());
    assert_eq!(summary.rows_read, copies.forged.rows);
    let rejected = collected
        .problems
        .iter()
        .filter(|problem| problem.kind != ProblemKind::Note);
    assert_eq!(rejected.count(), 0, "{:?}", collected.problems);
    let mut accounts: HashMap<AccountId, &Account> = HashMap::new();
    let mut conversations: HashMap<ConversationId, &Conversation> = HashMap::new();
    for record in &collected.records {
        match record {
            Record::Account(account) => {
                accounts.insert(account.id, account);
            }
            Record::Conversation(conversation) => {
                conversations.insert(conversation.id, conversation);
            }
            _ => {}
        }
    }
    let owner = accounts.values().find(|account| account.is_owner).unwrap();
    assert_eq!(owner.native_id, copies.forged.owner);
    assert!(owner.nickname.is_some());
    assert!(
        accounts
            .values()
            .any(|account| account.labels == ["同学", "家人"])
    );
    assert!(accounts.values().any(|account| {
        account
            .avatar
            .as_ref()
            .is_some_and(|avatar| avatar.content.is_some())
    }));
    assert!(accounts.values().any(|account| account.is_contact));
    let mut by_local: HashMap<(String, i64), &Message> = HashMap::new();
    // The two rows of a file transfer become one message, which has the number of the complete row.
    let mut by_server: HashMap<(String, i64), &Message> = HashMap::new();
    for message in messages(&collected) {
        let native_id = conversations[&message.conversation].native_id.clone();
        let local = native(message, &NativeIdName::LocalId).unwrap();
        let server = native(message, &NativeIdName::ServerId).unwrap_or(0);
        by_server.insert((native_id.clone(), server), message);
        by_local.insert((native_id, local), message);
    }
    let mut failures = Vec::new();
    let mut lines = 0;
    let mut files = 0;
    let truth = std::fs::read_to_string(&copies.forged.truth).unwrap();
    for line in truth.lines() {
        lines += 1;
        let value: Value = serde_json::from_str(line).unwrap();
        let conversation = text(&value, "conversation").unwrap().to_owned();
        let local = value["local_id"].as_i64().unwrap();
        let server = text(&value, "server_id").unwrap().parse().unwrap();
        let found = by_local.get(&(conversation.clone(), local)).or_else(|| {
            by_server
                .get(&(conversation, server))
                .filter(|_| server != 0)
        });
        let Some(message) = found else {
            failures.push(format!("not given: {line}"));
            continue;
        };
        let sender = message
            .sender
            .map(|sender| accounts[&sender].native_id.as_str());
        let kind = match conversations[&message.conversation].kind {
            ConversationKind::Group => "group",
            ConversationKind::Official => "official",
            ConversationKind::Device => "device",
            _ => "direct",
        };
        let leading = message
            .parts
            .iter()
            .find(|part| !matches!(part, Part::Quote(_)))
            .map(|part| part.kind().as_str());
        let server = native(message, &NativeIdName::ServerId).unwrap_or(0);
        let is_right = sender == text(&value, "sender")
            && Some(kind) == text(&value, "conversation_kind")
            && Some(message.sent_at.0) == value["sent_at_ms"].as_i64()
            && Some(server.to_string().as_str()) == text(&value, "server_id");
        if !is_right {
            failures.push(format!(
                "{sender:?} {kind} {server} {:?}: {line}",
                message.sent_at
            ));
        }
        let wanted = text(&value, "kind").unwrap();
        if matches!(
            wanted,
            "text" | "image" | "voice" | "video" | "file" | "link" | "forward"
        ) && leading != Some(wanted)
        {
            failures.push(format!("{leading:?}: {line}"));
        }
        if let (Some(words), "text") = (text(&value, "text"), wanted)
            && plain_text(&message.parts) != words
        {
            failures.push(format!("{:?}: {line}", plain_text(&message.parts)));
        }
        if let Some(path) = value.get("file").and_then(|file| text(file, "path")) {
            files += 1;
            let attachment = message.parts.iter().find_map(|part| match part {
                Part::Image(image) => Some(&image.attachment),
                Part::Voice(voice) => Some(&voice.attachment),
                Part::Video(video) => Some(&video.attachment),
                Part::File(file) => Some(&file.attachment),
                _ => None,
            });
            if attachment.and_then(|attachment| attachment.path.as_deref()) != Some(path) {
                failures.push(format!("{attachment:?}: {line}"));
            }
        }
    }
    assert_eq!(lines, copies.forged.messages);
    assert_eq!(files, copies.forged.files);
    assert!(lines > 2_500 && files > 100, "{lines} {files}");
    failures.truncate(12);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
