//! Every line of the forge's list of what a correct importer gives, and the same history from a computer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read as _;

use hutong_model::{
    Account, AccountId, Change, Conversation, ConversationId, ConversationKind, Message, MessageId,
    Part, Precision, Record, plain_text,
};
use hutong_samples::{WechatKeys, wechat4};
use md5::{Digest as _, Md5};
use serde_json::Value;

use super::{forged, messages, options, plan, read};
use crate::{Input, Source};

pub(crate) fn text<'a>(line: &'a Value, field: &str) -> Option<&'a str> {
    line.get(field).and_then(Value::as_str)
}

/// What the user reads: the message without what it quotes.
pub(crate) fn words(message: &Message) -> String {
    let own: Vec<Part> = message
        .parts
        .iter()
        .filter(|part| !matches!(part, Part::Quote(_)))
        .cloned()
        .collect();
    plain_text(&own)
}

/// The first attachment that was found: its path and the MD5 of its content.
pub(crate) fn attachment(message: &Message) -> Option<(String, String)> {
    let mut found = None;
    for part in &message.parts {
        part.for_each_attachment(&mut |attachment| {
            let (Some(path), Some(content)) = (&attachment.path, &attachment.content) else {
                return;
            };
            if found.is_none() {
                let mut bytes = Vec::new();
                content.0.open().unwrap().read_to_end(&mut bytes).unwrap();
                found = Some((path.clone(), hex::encode(Md5::digest(&bytes))));
            }
        });
    }
    found
}

/// Compares what a source gave with a list of the forge.
pub(crate) fn compare_with_truth(
    collected: &hutong_model::Collected,
    truth: &str,
    expected_messages: u64,
) {
    let mut accounts: HashMap<AccountId, &Account> = HashMap::new();
    let mut conversations: HashMap<ConversationId, &Conversation> = HashMap::new();
    let mut recalled: BTreeSet<MessageId> = BTreeSet::new();
    for record in &collected.records {
        match record {
            Record::Account(account) => {
                accounts.insert(account.id, account);
            }
            Record::Conversation(conversation) => {
                conversations.insert(conversation.id, conversation);
            }
            Record::Change(change) if matches!(change.change, Change::Recall { .. }) => {
                recalled.insert(change.message);
            }
            _ => {}
        }
    }
    let mut unique: HashMap<MessageId, &Message> = HashMap::new();
    let mut by_id: HashMap<(String, MessageId), &Message> = HashMap::new();
    let mut without_id: HashMap<(String, i64), Vec<&Message>> = HashMap::new();
    for message in messages(collected) {
        if unique.insert(message.id, message).is_none() {
            let native_id = conversations[&message.conversation].native_id.clone();
            if message
                .native_ids
                .iter()
                .any(|id| id.name == hutong_model::NativeIdName::ServerId)
            {
                by_id.insert((native_id, message.id), message);
            } else {
                without_id
                    .entry((native_id, message.sent_at.0))
                    .or_default()
                    .push(message);
            }
        }
    }
    let conversation_by_name: HashMap<&str, ConversationId> = conversations
        .values()
        .map(|conversation| (conversation.native_id.as_str(), conversation.id))
        .collect();
    let mut failures = Vec::new();
    for line in truth.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        let name = text(&value, "conversation").unwrap();
        let server_id: i64 = text(&value, "server_id").unwrap().parse().unwrap();
        let time = value["sent_at_ms"].as_i64().unwrap();
        let message = if server_id == 0 {
            let candidates = without_id.get_mut(&(name.to_owned(), time));
            candidates.and_then(|candidates| {
                let at = candidates
                    .iter()
                    .position(|message| text(&value, "kind") == Some(message.kind().as_str()))?;
                Some(candidates.remove(at))
            })
        } else {
            conversation_by_name.get(name).and_then(|conversation| {
                let id = MessageId::new(*conversation, "server", &[&server_id.to_le_bytes()]);
                by_id.remove(&(name.to_owned(), id))
            })
        };
        let Some(message) = message else {
            failures.push(format!("not given: {line}"));
            continue;
        };
        let mut wrong = Vec::new();
        let mut compare = |what: &str, is_right: bool, given: String| {
            if !is_right {
                wrong.push(format!("{what} is {given}"));
            }
        };
        let conversation = conversations[&message.conversation];
        let kind = match conversation.kind {
            ConversationKind::Group => "group",
            ConversationKind::Official => "official",
            ConversationKind::Device => "device",
            _ => "direct",
        };
        let sender = message
            .sender
            .map(|sender| accounts[&sender].native_id.as_str());
        let state = if recalled.contains(&message.id) {
            "recalled"
        } else {
            message.state.as_str()
        };
        compare(
            "kind",
            text(&value, "kind") == Some(message.kind().as_str()),
            message.kind().as_str().to_owned(),
        );
        compare(
            "sender",
            text(&value, "sender") == sender,
            format!("{sender:?}"),
        );
        compare(
            "time",
            time == message.sent_at.0,
            message.sent_at.0.to_string(),
        );
        compare(
            "conversation kind",
            text(&value, "conversation_kind") == Some(kind),
            kind.to_owned(),
        );
        compare(
            "state",
            text(&value, "state") == Some(state),
            state.to_owned(),
        );
        if let Some(expected) = text(&value, "text") {
            compare("text", expected == words(message), words(message));
        }
        if let Some(reply) = text(&value, "reply_to") {
            let id: i64 = reply.parse().unwrap();
            let id = MessageId::new(message.conversation, "server", &[&id.to_le_bytes()]);
            compare(
                "reply",
                message.reply_to.contains(&id),
                format!("{:?}", message.reply_to),
            );
        }
        if let Some(file) = value.get("file").filter(|file| !file.is_null()) {
            let found = attachment(message);
            let is_same = found.as_ref().is_some_and(|(path, md5)| {
                text(file, "path").is_some_and(|expected| path.ends_with(expected))
                    && text(file, "md5") == Some(md5)
            });
            compare("file", is_same, format!("{found:?}"));
        }
        if !wrong.is_empty() {
            failures.push(format!("{}: {line}", wrong.join(", ")));
        }
    }
    assert!(
        failures.is_empty(),
        "{}:\n{}",
        failures.len(),
        failures[..failures.len().min(30)].join("\n")
    );
    assert_eq!(
        unique.len() as u64,
        expected_messages,
        "nothing else is given"
    );
}

#[test]
fn every_line_of_the_forge_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(3_000, WechatKeys::Account), folder.path());
    let (collected, summary) = read(&set.root, &options(&set));
    assert_eq!(summary.rows_read, set.rows);
    let truth = std::fs::read_to_string(&set.truth).unwrap();
    assert!(truth.contains("\"file\"") && set.wal_rows > 0 && set.files > 50);
    compare_with_truth(&collected, &truth, set.messages);
    assert!(messages(&collected).all(|message| message.precision == Precision::Millisecond));
    assert!(collected.problems.is_empty(), "{:?}", collected.problems);
}

#[test]
fn voices_films_and_stickers_keep_what_the_tables_say() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(1_500, WechatKeys::Decrypted), folder.path());
    let (collected, _) = read(&set.root, &options(&set));
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut count = |what| *seen.entry(what).or_default() += 1;
    for part in messages(&collected).flat_map(|message| &message.parts) {
        match part {
            Part::Voice(voice) => {
                assert!(voice.duration_ms.is_some_and(|length| length >= 900));
                if voice.attachment.media_type.as_deref() == Some("audio/amr") {
                    count("amr");
                }
                if voice.attachment.content.is_some() {
                    count("voice");
                }
            }
            Part::Video(video) => {
                assert!(video.duration_ms.is_some_and(|length| length >= 2_000));
                if video.thumbnail.is_some() {
                    count("still");
                }
            }
            Part::Image(image) if image.thumbnail.is_some() => count("thumbnail"),
            Part::Sticker(sticker) if sticker.meaning.is_some() => count("meaning"),
            Part::Sticker(sticker) if sticker.attachment.content.is_some() => count("sticker"),
            _ => {}
        }
    }
    for what in ["amr", "voice", "still", "thumbnail", "meaning"] {
        assert!(
            seen.get(what).is_some_and(|count| *count > 0),
            "{what}: {seen:?}"
        );
    }
}

#[test]
fn people_have_their_names_labels_and_avatars() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(300, WechatKeys::Decrypted), folder.path());
    let (collected, _) = read(&set.root, &options(&set));
    let accounts = || {
        collected.records.iter().filter_map(|record| match record {
            Record::Account(account) => Some(account),
            _ => None,
        })
    };
    assert_eq!(accounts().filter(|account| account.is_owner).count(), 1);
    assert!(accounts().any(|account| account.labels == ["同事", "家人"]));
    assert!(accounts().any(|account| account.remark.is_some() && account.is_contact));
    assert!(accounts().any(|account| !account.is_contact));
    let with_file = accounts().filter(|account| {
        account
            .avatar
            .as_ref()
            .is_some_and(|avatar| avatar.content.is_some() && avatar.url.is_some())
    });
    assert!(with_file.count() > 8);
    let rooms: Vec<&Conversation> = collected
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Conversation(conversation) => Some(conversation),
            _ => None,
        })
        .filter(|conversation| conversation.kind == ConversationKind::Group)
        .collect();
    assert!(rooms.iter().all(|room| {
        room.name
            .as_deref()
            .is_some_and(|name| name != "甲、乙、丙")
    }));
    assert!(
        rooms
            .iter()
            .any(|room| room.announcement.is_some() && room.group_owner.is_some())
    );
    let own_name = collected.records.iter().any(|record| {
        matches!(record, Record::Membership(membership) if membership.name.as_deref() == Some("我自己"))
    });
    assert!(own_name);
}

#[test]
fn a_phone_and_a_computer_tell_of_the_same_messages() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let plan = plan(1_200, WechatKeys::Decrypted);
    let phone = forged(&plan, folders[0].path());
    let computer = wechat4(&plan, folders[1].path(), &mut |_| {}).unwrap();
    let (from_phone, _) = read(&phone.root, &options(&phone));
    let mut from_computer = hutong_model::Collected::default();
    crate::wechat_pc4::WeChatPc4
        .read(
            &Input::open(&computer.root).unwrap(),
            &options(&computer),
            &mut from_computer,
        )
        .unwrap();
    let chats = |collected: &hutong_model::Collected| -> BTreeMap<ConversationId, String> {
        let records = collected.records.iter();
        records
            .filter_map(|record| match record {
                Record::Conversation(chat) => Some((chat.id, chat.native_id.clone())),
                _ => None,
            })
            .collect()
    };
    let (on_phone, on_computer) = (chats(&from_phone), chats(&from_computer));
    // Only the table that nobody names and the bottles are their own.
    let apart = |one: &BTreeMap<_, String>, other: &BTreeMap<_, String>| {
        one.keys().filter(|id| !other.contains_key(*id)).count()
    };
    assert_eq!(apart(&on_phone, &on_computer), 2);
    assert_eq!(apart(&on_computer, &on_phone), 1);
    let by_id = |collected: &hutong_model::Collected| -> BTreeMap<MessageId, (Option<AccountId>, i64, String)> {
        messages(collected)
            .filter(|message| message.id.space() == hutong_model::IdSpace::PLATFORM)
            .filter(|message| on_phone.contains_key(&message.conversation) && on_computer.contains_key(&message.conversation))
            .map(|message| {
                let facts = (message.sender, message.sent_at.seconds(), message.kind().as_str().to_owned());
                (message.id, facts)
            })
            .collect()
    };
    let (one, other) = (by_id(&from_phone), by_id(&from_computer));
    assert!(one.len() > 1_000);
    assert_eq!(one, other);
}
