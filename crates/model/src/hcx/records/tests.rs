//! Lines go both ways: what is written is read, what is read is written.

use super::*;
use crate::hcx::{MessageLine, write_hcx_message, write_message_record};
use crate::{
    At, AttachmentState, Call, Card, Digest, Forward, Image, Message, NativeId, NativeIdName,
    Origin, Payment, Platform, Precision, State, System, Text, Unknown,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

fn word() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        "[a-z中文 ]{1,6}".prop_map(Some),
        Just(Some("\u{0}\u{202e}\"\\\n\u{2028}😀</script>".to_owned()))
    ]
}

fn attachment() -> impl Strategy<Value = Attachment> {
    (
        word(),
        word(),
        proptest::option::of(0..u64::MAX),
        0..3_u8,
        any::<[u8; 32]>(),
    )
        .prop_map(|(name, url, size_bytes, state, digest)| Attachment {
            name,
            url,
            size_bytes,
            sha256: (state > 0).then_some(Digest(digest)),
            state: match state {
                0 => AttachmentState::Missing,
                1 => AttachmentState::Referenced,
                _ => AttachmentState::Stored,
            },
            ..Attachment::default()
        })
}

fn id() -> impl Strategy<Value = Option<AccountId>> {
    proptest::option::of(any::<[u8; 16]>().prop_map(AccountId))
}

fn time() -> impl Strategy<Value = Option<Timestamp>> {
    proptest::option::of((-70_000_000_000_000_i64..400_000_000_000_000).prop_map(Timestamp))
}

fn leaf() -> impl Strategy<Value = Part> {
    prop_oneof![
        (word(), word(), id(), any::<bool>()).prop_map(|(text, name, account, is_everyone)| {
            Part::Text(Text {
                text: text.unwrap_or_default(),
                mentions: vec![Mention {
                    account,
                    native_id: None,
                    name: name.unwrap_or_default(),
                    is_everyone,
                }],
            })
        }),
        (
            attachment(),
            proptest::option::of(attachment()),
            any::<bool>()
        )
            .prop_map(
                |(attachment, thumbnail, is_flash)| Part::Image(Box::new(Image {
                    attachment,
                    thumbnail,
                    width: Some(5),
                    height: None,
                    is_flash,
                }))
            ),
        (word(), id()).prop_map(|(amount, payer)| Part::Payment(Box::new(Payment {
            amount,
            payer,
            ..Payment::default()
        }))),
        word().prop_map(|text| Part::Call(Box::new(Call {
            text,
            ..Call::default()
        }))),
        (word(), word()).prop_map(|(label, value)| Part::Card(Box::new(Card {
            fields: vec![(label.unwrap_or_default(), value.unwrap_or_default())],
            ..Card::default()
        }))),
        proptest::collection::vec(any::<[u8; 16]>().prop_map(AccountId), 0..3).prop_map(
            |accounts| Part::System(Box::new(System {
                accounts,
                ..System::default()
            }))
        ),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(|raw| Part::Unknown(Box::new(
            Unknown {
                kind: "hcx:7".to_owned(),
                text: None,
                raw
            }
        ))),
    ]
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let part = leaf().prop_recursive(3, 12, 3, |inner| {
        (
            proptest::collection::vec(inner, 0..3),
            word(),
            time(),
            any::<bool>(),
        )
            .prop_map(|(parts, title, sent_at, is_quote)| {
                if is_quote {
                    Part::Quote(Box::new(crate::Quote {
                        parts,
                        sent_at,
                        ..crate::Quote::default()
                    }))
                } else {
                    let message = ForwardedMessage {
                        parts,
                        sent_at,
                        ..ForwardedMessage::default()
                    };
                    Part::Forward(Box::new(Forward {
                        title,
                        messages: vec![message],
                        ..Forward::default()
                    }))
                }
            })
    });
    proptest::collection::vec(part, 0..4)
}

fn message() -> impl Strategy<Value = Message> {
    let native = prop_oneof![
        any::<i64>().prop_map(|value| NativeId::integer(NativeIdName::ServerId, value)),
        "[a-z0-9]{1,5}".prop_map(|text| NativeId {
            name: NativeIdName::Other("odd name/~".to_owned()),
            value: crate::NativeValue::Text(text)
        }),
    ];
    let at = prop_oneof![
        any::<i64>().prop_map(At::Row),
        any::<u64>().prop_map(At::Line),
        any::<(u64, u64)>().prop_map(|(start, length)| At::Bytes(start, length)),
        any::<u32>().prop_map(At::Page),
        Just(At::Whole)
    ];
    (
        (any::<[u8; 16]>(), any::<[u8; 16]>(), id(), word(), time()),
        (parts(), parts(), native, at, any::<i64>()),
        (
            0..4_usize,
            0..3_u8,
            id(),
            time(),
            proptest::option::of(any::<[u8; 16]>()),
        ),
    )
        .prop_map(
            |(
                (message, chat, sender, sender_name, sent_at),
                (parts, revision, native, at, order),
                (precision, state, by, at_time, reply),
            )| {
                let mut made = Message::new(
                    Platform::Other("telegram".to_owned()),
                    MessageId(message),
                    ConversationId(chat),
                    sent_at.unwrap_or_default(),
                    Origin::new("a/b.db", "Msg", at),
                );
                made.sender = sender;
                made.sender_name = sender_name;
                made.parts = parts;
                made.revisions = vec![Revision {
                    at: at_time,
                    parts: revision,
                }];
                made.native_ids = vec![native];
                made.order = order;
                made.precision = Precision::ALL[precision];
                made.state = match state {
                    0 => State::Normal,
                    1 => State::Deleted,
                    _ => State::Recalled { by, at: at_time },
                };
                made.reply_to = reply.into_iter().map(MessageId).collect();
                made.thread = reply.map(MessageId);
                made.raw = Some(vec![1, 2, 255]);
                made
            },
        )
}

fn record_of(message: &Message) -> String {
    let mut out = Vec::new();
    write_message_record(&mut out, message);
    String::from_utf8(out).unwrap()
}

fn line_of(message: &Message, copies: &[MessageCopy], line: &MessageLine<'_>) -> String {
    let mut out = Vec::new();
    write_hcx_message(&mut out, message, copies, line, &mut String::new());
    String::from_utf8(out).unwrap()
}

fn read_copies(line: &str) -> Vec<MessageCopy> {
    match LineReader::default().read(line.as_bytes()) {
        Ok(HcxRecord::Message(copies)) => copies,
        other => panic!("{other:?}\n{line}"),
    }
}

proptest! {
    #[test]
    fn a_message_goes_both_ways(message in message(), other in message()) {
        // An empty word and one that is not there are written alike.
        let settled = |message: &Message| read_copies(&line_of(message, &[], &MessageLine::default())).remove(0).message;
        prop_assert_eq!(record_of(&settled(&message)), record_of(&message));
        let (message, other) = (settled(&message), settled(&other));
        let copy = |message: &Message| MessageCopy { source: "qq_nt".into(), message: message.clone() };
        let line = MessageLine { sender_name: Some("张三"), ..MessageLine::default() };
        for copies in [vec![copy(&message)], vec![copy(&message), copy(&other)], vec![copy(&other)]] {
            let written = line_of(&message, &copies, &line);
            prop_assert_eq!(Value::parse(written.as_bytes()).unwrap().to_json(), &*written);
            let read = read_copies(&written);
            prop_assert_eq!(read.len(), copies.len());
            for (read, copy) in read.iter().zip(&copies) {
                prop_assert_eq!(record_of(&read.message), record_of(&copy.message));
                prop_assert_eq!(&read.source, &copy.source);
            }
            prop_assert_eq!(line_of(&message, &read, &line), written);
        }
    }
}

fn both_ways(line: &str) {
    let mut out = Vec::new();
    match LineReader::default().read(line.as_bytes()).unwrap() {
        HcxRecord::Account(account) => write_account(&mut out, &account),
        HcxRecord::Conversation(conversation) => write_conversation(&mut out, &conversation),
        HcxRecord::Membership(membership) => write_membership(&mut out, &membership),
        HcxRecord::Change {
            message,
            conversation,
            change,
        } => {
            write_change(&mut out, conversation, message, &change);
        }
        HcxRecord::Decision(decision) => write_decision(&mut out, &decision),
        HcxRecord::Message(copies) => {
            write_hcx_message(
                &mut out,
                &copies[0].message,
                &copies,
                &MessageLine::default(),
                &mut String::new(),
            );
        }
    }
    assert_eq!(String::from_utf8(out).unwrap(), line);
}

const ONE: &str = "00000000000000000000000000000001";
const TWO: &str = "00000000000000000000000000000002";

#[test]
fn every_other_record_goes_both_ways() {
    for line in [
        format!(
            r#"{{"as_of":"2024-05-01T08:00:00.123Z","contact":true,"id":"{ONE}","kind":"bot","labels":["a"],"native_id":"x","platform":"qq","type":"account","x_new":{{"a":[1]}}}}"#
        ),
        format!(
            r#"{{"id":"{ONE}","kind":"group","native_id":"x","native_id_hash":"md5","peer":"{TWO}","type":"conversation","x_new":"a"}}"#
        ),
        format!(
            r#"{{"account":"{ONE}","conversation":"{TWO}","left":true,"role":"admin","type":"membership","x_new":5}}"#
        ),
        format!(
            r#"{{"at":"2024-05-01T08:00:00.123Z","change":"recall","conversation":"{ONE}","message":"{TWO}","type":"change"}}"#
        ),
        format!(
            r#"{{"change":"revision","conversation":"{ONE}","message":"{TWO}","parts":[{{"text":"a","type":"text"}}],"type":"change","x_new":5}}"#
        ),
        format!(
            r#"{{"change":"reaction","conversation":"{ONE}","count":2,"emoji":"a","message":"{TWO}","type":"change"}}"#
        ),
        format!(
            r#"{{"change":"translation","conversation":"{ONE}","message":"{TWO}","type":"change"}}"#
        ),
        format!(r#"{{"conversation":"{ONE}","into":"{TWO}","reason":"user","type":"link"}}"#),
        format!(r#"{{"conversation":"{ONE}","other":"{TWO}","type":"apart"}}"#),
        format!(r#"{{"accounts":["{ONE}","{TWO}"],"type":"person","x_new":1}}"#),
        r#"{"type":"weather","x":[]}"#.to_owned(),
    ] {
        both_ways(&line);
    }
}

#[test]
fn members_and_parts_of_later_versions_survive() {
    let line = format!(
        r#"{{"conversation":"{ONE}","direction":"in","id":"{TWO}","kind":"unknown","native_ids":{{"server_id":"7"}},"origin":{{"input":"a","x_o":1}},"parts":[{{"text":"水","type":"hologram","x":{{"b":[true]}}}},{{"messages":[{{"parts":[{{"text":"a","type":"text","x_deep":"1"}}],"x_m":{{}}}}],"type":"forward","x/~":2}}],"platform":"qq","sent_at":"2024-05-01T08:00:00.123Z","state":"normal","text":"水[合并转发]","time_precision":"ms","type":"message","x_top":[1,2]}}"#
    );
    let copies = read_copies(&line);
    let text = crate::plain_text(&copies[0].message.parts);
    let line = line.replace("水[合并转发]", &text);
    both_ways(&line);
    // The record that digests commit to holds them too.
    assert!(record_of(&copies[0].message).contains("x_deep"));
}

#[test]
fn what_a_record_must_say_is_asked_for() {
    for (line, what) in [
        ("[]", "the line is no object"),
        ("{}", "/type is missing"),
        (r#"{"type":"account"}"#, "/id is missing"),
        (r#"{"id":"A","type":"account"}"#, "/id must be 32"),
        (
            r#"{"accounts":[],"type":"person"}"#,
            "/accounts names fewer",
        ),
        (
            r#"{"change":"recall","conversation":"00000000000000000000000000000001","message":"0000000000000000000000000000000A","type":"change"}"#,
            "/message must be",
        ),
    ] {
        let fault = LineReader::default().read(line.as_bytes()).unwrap_err();
        assert_eq!(fault.code.as_str(), "record", "{fault}");
        assert!(fault.to_string().starts_with(what), "{fault}");
    }
}

#[test]
fn every_member_that_is_written_is_in_the_schema() {
    let runner = &mut proptest::test_runner::TestRunner::deterministic();
    let known: Vec<&str> = members(false).iter().map(|member| member.key).collect();
    assert!(known.is_sorted());
    for _ in 0..50 {
        let made = message().new_tree(runner).unwrap().current();
        let other = message().new_tree(runner).unwrap().current();
        let copies = [made.clone(), other].map(|message| MessageCopy {
            source: "a".into(),
            message,
        });
        let line = line_of(&made, &copies, &MessageLine::default());
        let value = Value::parse(line.as_bytes()).unwrap();
        let Value::Object(members_of_line) = value else {
            panic!()
        };
        for (key, _) in members_of_line {
            assert!(known.contains(&&*key), "{key}");
        }
    }
}

#[test]
fn a_header_says_its_version() {
    let header = HcxHeader {
        version: "1.0".to_owned(),
        ..HcxHeader::default()
    };
    let mut out = Vec::new();
    header.write(&mut out);
    assert_eq!(HcxHeader::read(&out).unwrap(), header);
    let major = |version: &str| {
        HcxHeader {
            version: version.to_owned(),
            ..HcxHeader::default()
        }
        .major()
    };
    assert_eq!(major("1.0"), Some(1));
    assert_eq!(major("2.17"), Some(2));
    for odd in ["", "1", "01.0", "1.00", "1.x", "-1.0", "1.0.0"] {
        assert_eq!(major(odd), None, "{odd}");
    }
}

/// Files of the specification that are made from the shapes.
fn generated() -> Vec<(String, String)> {
    let mut files = schemas();
    for (name, is_chinese, title, columns, words) in [
        (
            "fields.en.md",
            false,
            "# HCX 1.0: every member of every record\n\nGenerated from the definitions in `crates/model/src/hcx`; members stand in the order of canonical JSON.\n",
            "| member | type | needed | meaning |",
            ["yes", "no"],
        ),
        (
            "fields.zh.md",
            true,
            "# HCX 1.0：每种记录的每个成员\n\n由 `crates/model/src/hcx` 中的定义生成；成员按规范 JSON 的次序排列。\n",
            "| 成员 | 类型 | 必须 | 含义 |",
            ["是", "否"],
        ),
    ] {
        let mut text = title.to_owned();
        for (heading, members) in member_tables(is_chinese) {
            text.push_str(&format!("\n## {heading}\n\n{columns}\n|---|---|---|---|\n"));
            for member in members {
                let needed = words[usize::from(!member.is_required)];
                let meaning = if is_chinese { member.zh } else { member.en };
                text.push_str(&format!(
                    "| `{}` | {} | {needed} | {} |\n",
                    member.key,
                    member.schema.to_words().replace('|', "\\|"),
                    meaning.replace('|', "\\|")
                ));
            }
        }
        files.push((name.to_owned(), text));
    }
    files
}

#[test]
fn the_specification_has_the_schemas_and_tables_of_the_types() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec/hcx-1.0");
    let is_update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (name, text) in generated() {
        let path = folder.join(&name);
        if name.ends_with(".json") {
            let _: serde_json::Value = serde_json::from_str(&text).unwrap();
        }
        if is_update {
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == text,
            "{name} is stale: UPDATE_GOLDEN=1 cargo test -p hutong-model writes it anew"
        );
    }
}

#[test]
fn ids_are_those_of_the_specification() {
    use crate::ConversationKind;
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec/hcx-1.0/ids.json");
    let text = std::fs::read_to_string(path).unwrap();
    let stated: std::collections::BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
    let wechat = Platform::WeChat;
    let [chen, li] = ["wxid_chen", "wxid_li"].map(|id| AccountId::new(&wechat, id));
    let group = ConversationId::group(&wechat, "1@chatroom");
    let direct = ConversationId::direct(&wechat, li, chen);
    let named = ConversationId::named(&Platform::Qq, ConversationKind::Group, "读书会");
    let server = |chat, number: i64| MessageId::new(chat, "server", &[&number.to_le_bytes()]);
    let text = |precision, occurrence| {
        let at = Timestamp(1_714_550_400_123);
        MessageId::from_text(named, "10001", at, precision, "你好", occurrence)
    };
    let own = [
        ("account wechat wxid_chen", chen.to_hex()),
        ("account wechat wxid_li", li.to_hex()),
        (
            "account qq 10001",
            AccountId::new(&Platform::Qq, "10001").to_hex(),
        ),
        ("group wechat 1@chatroom", group.to_hex()),
        ("direct wechat wxid_chen wxid_li", direct.to_hex()),
        ("named conversation qq group 读书会", named.to_hex()),
        (
            "named account 陈雨 in it",
            AccountId::named(named, "陈雨").to_hex(),
        ),
        (
            "message server 7291 in the group",
            server(group, 7291).to_hex(),
        ),
        (
            "message server -1 in the direct chat",
            server(direct, -1).to_hex(),
        ),
        (
            "message message om_1 in the group",
            MessageId::new(group, "message", &[b"om_1"]).to_hex(),
        ),
        (
            "message row 17 in the group",
            MessageId::new(group, "row", &[&17_i64.to_le_bytes()]).to_hex(),
        ),
        (
            "text 10001 2024-05-01T08:00:00.123Z s 你好 0 in the named conversation",
            text(Precision::Second, 0).to_hex(),
        ),
        (
            "text 10001 2024-05-01T08:00:00.000Z min 你好 1 in the named conversation",
            text(Precision::Minute, 1).to_hex(),
        ),
    ];
    let own = own
        .map(|(what, id)| (what.to_owned(), id))
        .into_iter()
        .collect();
    assert_eq!(stated, own);
}
