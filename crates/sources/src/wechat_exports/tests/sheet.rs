//! Files written by hand from the words of the fact sheet: §8.1 to §8.6.

use std::fmt::Write as _;

use hutong_model::{Direction, Part, PartKind};
use serde_json::json;

use super::{Reading, options, read_files, recognition};
use crate::wechat::map::message_id;
use crate::wechat_exports::WeChatToolExports;
use crate::{Input, Recognition, Source};

fn yes(bytes: &[u8]) {
    assert!(
        matches!(recognition(bytes), Recognition::Yes(_)),
        "{}",
        String::from_utf8_lossy(bytes)
    );
}

/// 62 rows over 63 lines: one has a line break in quotes; some ids come twice.
fn dump(header: &str, row: impl Fn(usize, &str, &str, &str) -> String) -> String {
    let mut csv = format!("{header}\n");
    for number in 1..=62_usize {
        let id = 7_291_234_567_890_123_400
            + u64::try_from(number - usize::from(number % 10 == 0)).unwrap();
        let text = match number {
            7 => "第一行\n第二行".to_owned(),
            20 => "第19句".to_owned(),
            _ => format!("第{number}句"),
        };
        let talker = if number % 3 == 0 { "我" } else { "wxid_zhang" };
        csv.push_str(&row(number, &id.to_string(), talker, &text));
        csv.push('\n');
    }
    csv
}

#[test]
fn every_row_of_a_dump_is_accounted_for() {
    let second = |number: usize| format!("2023-11-15 06:13:{:02}", number.min(59));
    let plain = dump(
        "id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime",
        |number, id, talker, text| {
            let out = u8::from(talker == "我");
            let text = if text.contains('\n') {
                format!("\"{text}\"")
            } else {
                text.to_owned()
            };
            format!(
                "{number},{id},文本,{out},{talker},48023857@chatroom,{text},,{}",
                second(number)
            )
        },
    );
    assert_eq!(plain.trim_end().lines().count(), 64);
    let turned = dump(
        "\"CreateTime\",\"src\",\"msg\",\"room_name\",\"talker\",\"is_sender\",\"type_name\",\"MsgSvrID\",\"id\"",
        |number, id, talker, text| {
            let out = u8::from(talker == "我");
            format!(
                "\"{}\",\"\",\"{text}\",\"48023857@chatroom\",\"{talker}\",\"{out}\",\"文本\",\"{id}\",\"{number}\"",
                second(number)
            )
        },
    );
    let mut ids = Vec::new();
    for csv in [plain.clone(), turned, plain.replace('\n', "\r\n")] {
        yes(csv.as_bytes());
        let reading = read_files(&[("anything", csv.as_bytes())]);
        assert_eq!((reading.summary.rows_read, reading.rejected()), (62, 0));
        let messages = reading.messages();
        assert_eq!(messages.len(), 62);
        assert_eq!(reading.conversations().len(), 1);
        assert_eq!(reading.conversations()[0].native_id, "48023857@chatroom");
        for (at, message) in messages.iter().enumerate() {
            let is_own = (at + 1) % 3 == 0;
            assert_eq!(message.direction == Direction::Out, is_own);
        }
        assert!(
            matches!(&messages[6].parts[0], Part::Text(text) if text.text.replace('\r', "") == "第一行\n第二行")
        );
        // The twentieth row repeats the words of the one before, whose id it has, in another second.
        let distinct: std::collections::HashSet<_> =
            messages.iter().map(|message| message.id).collect();
        assert_eq!(distinct.len(), 62);
        ids.push(
            messages
                .iter()
                .map(|message| message.id)
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_dump_names_conversations_by_any_id() {
    let csv = "id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime\n\
        1,5,1,0,18800001111,18800001111,你好,,2023-11-15 06:13:20\n\
        2,6,47,1,我,18800001111,[动画表情],,2023-11-15 06:13:21\n\
        3,7,系统通知,0,未知,18800001111,以上是打招呼的内容,,2023-11-15 06:13:22\n";
    let reading = read_files(&[("a", csv.as_bytes())]);
    assert_eq!(reading.conversations()[0].native_id, "18800001111");
    let kinds: Vec<_> = reading.parts().into_iter().map(Part::kind).collect();
    assert_eq!(kinds, [PartKind::Text, PartKind::Sticker, PartKind::System]);
}

/// The same texts whichever way they were saved.
fn texts(reading: &Reading) -> Vec<String> {
    reading
        .parts()
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text.text.clone(),
            other => other.kind().as_str().to_owned(),
        })
        .collect()
}

fn wide(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect()
}

#[test]
fn a_memotrace_table_with_and_without_mark_beside_its_contacts() {
    let csv = "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\n\
        11,4,1,0,0,1700000000,,\"一,二\n三 \"\"四\"\"\",2023-11-15 06:13:20,老张,张三,wxid_zhang\n\
        12,4,3,0,1,1700000001,,,2023-11-15 06:13:21,,小王,wxid_me\n\
        13,4,10000,4,0,1700000002,,拍了拍,2023-11-15 06:13:22,,,\n";
    let contacts = "\u{feff}UserName,Alias,Type,Remark,NickName,PYInitial,RemarkPYInitial,smallHeadImgUrl,bigHeadImgUrl,label,gender,telephone,signature,country/region,province,city\n\
        wxid_zhang,zs88,3,老张,张三,ZS,LZ,,,,1,,\"签名,一\",CN,,\n";
    let utf8 = csv.as_bytes().to_vec();
    let marked = [b"\xEF\xBB\xBF".as_slice(), csv.as_bytes()].concat();
    for bytes in [utf8, marked, wide(csv)] {
        yes(&bytes);
        let reading = read_files(&[
            ("老张_utf8.csv", &bytes),
            ("contacts.csv", contacts.as_bytes()),
        ]);
        assert_eq!(texts(&reading), ["一,二\n三 \"四\"", "image", "system"]);
        assert_eq!(reading.senders(), ["wxid_zhang", "wxid_me", "-"]);
        let accounts = reading.accounts();
        let zhang = accounts
            .iter()
            .find(|account| account.native_id == "wxid_zhang")
            .unwrap();
        assert_eq!(zhang.alias.as_deref(), Some("zs88"));
        assert_eq!(zhang.description.as_deref(), Some("签名,一"));
        assert_eq!(reading.conversations()[0].native_id, "wxid_zhang");
    }
}

#[test]
fn a_memotrace_text_holds_pasted_heads_and_two_names() {
    let text = "2023-11-15 06:13:20 老张\n看：\n2022-01-01 00:00:00 李四\n旧话\n\n\
        2023-11-15 06:13:21 小王\n[图片]\n\n2023-11-15 06:13:22 老张\n\n第二段\n\n尾\n\n";
    for bytes in [
        text.as_bytes().to_vec(),
        text.replace('\n', "\r\n").into_bytes(),
        wide(text),
    ] {
        let reading = read_files(&[("老张.txt", &bytes)]);
        assert_eq!(
            texts(&reading),
            [
                "看：\n2022-01-01 00:00:00 李四\n旧话",
                "image",
                "第二段\n\n尾"
            ]
        );
        assert_eq!(reading.senders(), ["老张", "我", "老张"]);
        let own = reading.messages()[1];
        assert_eq!(own.direction, Direction::Out);
        assert_eq!(own.sender_name.as_deref(), Some("小王"));
    }
    // Without blank lines between messages every head begins one.
    let tight =
        "2023-11-15 06:13:20 甲\n一\n2023-11-15 06:13:21 乙\n二\n2023-11-15 06:13:22 丙\n三\n";
    assert_eq!(read_files(&[("x", tight.as_bytes())]).messages().len(), 3);
    // Hours of one digit are QQ's.
    let qq = "2023-11-15 16:13:20 甲\n一\n\n2023-11-16 6:13:21 乙\n二\n\n";
    assert_eq!(recognition(qq.as_bytes()), Recognition::No);
}

#[test]
fn a_memotrace_page_of_json_objects() {
    let page = "<!DOCTYPE html>\n<html><head><style>body{}</style></head><body><script>\nvar chatMessages = [\n\
        {\"type\": 1, \"text\": \"a &lt;b&gt; \\\"引\\\" [x] {y}\", \"is_send\": 0, \"avatar_path\": \"./a.png\", \"timestamp\": 1700000000, \"is_chatroom\": 1, \"displayname\": \"张三\"},\n\
        {\"type\": 3, \"text\": \"./image/a.png\", \"is_send\": 1, \"avatar_path\": \"\", \"timestamp\": 1700000001, \"is_chatroom\": 1, \"displayname\": \"小王\"},\n\
        {\"type\": 49, \"text\": \"\", \"is_send\": 0, \"timestamp\": 1700000002, \"is_chatroom\": 1, \"displayname\": \"李四\", \"sub_type\": 5, \"link_url\": \"https://a.example/\", \"title\": \"题\", \"app_name\": \"报\"},\n\
        {\"type\": 49, \"text\": \"\", \"is_send\": 0, \"timestamp\": 1700000003, \"is_chatroom\": 1, \"displayname\": \"李四\", \"sub_type\": 3, \"link_url\": \"https://m.example/\", \"title\": \"歌\", \"artist\": \"人\"},\n\
        {\"type\": 0, \"text\": \"李四加入了群聊\", \"is_send\": 0, \"timestamp\": 1700000004, \"is_chatroom\": 1, \"displayname\": \"\"}\n\
        ];\nfor (const m of chatMessages) { if (m.is_send) { show(m); } }\n</script></body></html>";
    for bytes in [page.as_bytes().to_vec(), wide(page)] {
        yes(&bytes);
        let reading = read_files(&[("群.html", &bytes), ("image/a.png", b"\x89PNG")]);
        assert_eq!(
            texts(&reading),
            ["a <b> \"引\" [x] {y}", "image", "link", "link", "system"]
        );
        assert_eq!(reading.senders(), ["张三", "我", "李四", "李四", "-"]);
        assert!(
            matches!(reading.parts()[1], Part::Image(image) if image.attachment.path.as_deref() == Some("image/a.png"))
        );
    }
}

#[test]
fn chatlog_as_list_webhook_and_table() {
    let messages = json!([
        {"seq": 1_700_000_000_000_i64, "time": "2023-11-15T06:13:20+08:00", "talker": "wxid_zhang", "talkerName": "张三", "isChatRoom": false,
         "sender": "wxid_me", "senderName": "我", "isSelf": true, "type": 1, "subType": 0, "content": "好"},
        {"seq": 1_700_000_001_000_i64, "time": "2023-11-14T22:13:21Z", "talker": "wxid_zhang", "talkerName": "张三", "isChatRoom": false,
         "sender": "系统消息", "senderName": "", "isSelf": false, "type": 10000, "subType": 0, "content": "张三撤回了一条消息"},
        {"seq": 1_700_000_002_000_i64, "time": "2023-11-15T06:13:22+08:00", "talker": "wxid_zhang", "talkerName": "张三", "isChatRoom": false,
         "sender": "wxid_zhang", "senderName": "张三", "isSelf": false, "type": 48, "subType": 0, "content": "", "contents": {"x": "39.9", "y": "116.4", "label": "路", "cityname": "城", "host": "h"}}
    ]);
    let bare = messages.to_string();
    let hook = json!({"keyword": "k", "lastTime": "2023-11-15 06:13:22", "length": 3, "messages": messages, "sender": "", "talker": "wxid_zhang"}).to_string();
    for text in [bare.clone(), format!("\u{feff}{bare}"), hook] {
        yes(text.as_bytes());
        let reading = read_files(&[("a", text.as_bytes())]);
        assert_eq!(reading.senders(), ["wxid_me", "-", "wxid_zhang"]);
        assert_eq!(texts(&reading), ["好", "system", "place"]);
        let seconds: Vec<_> = reading
            .messages()
            .iter()
            .map(|message| message.sent_at.seconds())
            .collect();
        assert_eq!(seconds, [1_700_000_000, 1_700_000_001, 1_700_000_002]);
    }
    let csv = "\u{feff}Time,SenderName,Sender,TalkerName,Talker,Content\r\n\
        2023-11-15 06:13:20,我,wxid_me,张三,wxid_zhang,\"好,\r\n的\"\r\n\
        2023-11-15 06:13:21,张三,wxid_zhang,张三,wxid_zhang,[语音]\r\n";
    for bytes in [
        csv.as_bytes().to_vec(),
        wide(csv.trim_start_matches('\u{feff}')),
    ] {
        let reading = read_files(&[("c", &bytes)]);
        assert_eq!(reading.senders(), ["wxid_me", "wxid_zhang"]);
        assert_eq!(reading.parts()[1].kind(), PartKind::Voice);
    }
}

#[test]
fn keys_of_lists_stand_in_any_order() {
    let messages = json!([
        {"isSend": null, "content": "你好", "localType": 1, "type": "文本消息", "createTime": 1_700_000_000, "localId": 3, "senderUsername": "wxid_zhang"},
        {"isSend": 1, "content": "回", "localType": 244_813_135_921_i64, "type": "引用消息", "createTime": 1_700_000_001, "localId": 4, "senderUsername": "wxid_me"},
        {"isSend": null, "content": "张三邀请你加入了群聊", "localType": 10000, "type": "系统消息", "createTime": 1_700_000_002, "localId": 5, "senderUsername": null},
        {"isSend": 0, "content": "[链接]", "localType": 8_589_934_592_049_i64, "type": "未知类型(8589934592049)", "createTime": 1_700_000_003, "localId": 6, "senderUsername": "wxid_zhang"}
    ]).to_string();
    let session = r#"{"type":"群聊","displayName":"老友","remark":"","nickname":"老友","wxid":"1@chatroom","lastTimestamp":1,"messageCount":4}"#;
    let trace = format!(
        "{{\"exportTime\":\"2023-11-15T06:13:20Z\",\"avatars\":{{}},\"messages\":{messages},\"session\":{session}}}"
    );
    let flow = format!(
        "{{\"messages\":{messages},\"session\":{session},\"weflow\":{{\"generator\":\"WeFlow\",\"version\":\"1.0.3\"}}}}"
    );
    for text in [trace, flow] {
        yes(text.as_bytes());
        let reading = read_files(&[("a", text.as_bytes())]);
        assert_eq!(reading.conversations()[0].native_id, "1@chatroom");
        assert_eq!(
            reading.senders(),
            ["wxid_zhang", "wxid_me", "-", "wxid_zhang"]
        );
        let directions: Vec<_> = reading
            .messages()
            .iter()
            .map(|message| message.direction)
            .collect();
        assert_eq!(
            directions,
            [
                Direction::In,
                Direction::Out,
                Direction::None,
                Direction::In
            ]
        );
    }
}

#[test]
fn senders_by_number_may_be_named_behind_the_messages() {
    let messages = json!([
        {"localId": 1, "createTime": 1_700_000_000, "type": "文本消息", "localType": 1, "content": "好", "isSend": 0, "senderID": 2, "platformMessageId": "7291234567890123457"},
        {"localId": 2, "createTime": 1_700_000_001, "type": "文本消息", "localType": 1, "content": "嗯", "isSend": 1, "senderID": 1, "platformMessageId": "7291234567890123458"}
    ]);
    let text = format!(
        "{{\"weflow\":{{\"format\":\"arkme-json\"}},\"session\":{{\"wxid\":\"1@chatroom\",\"displayName\":\"群\",\"type\":\"群聊\"}},\"messages\":{messages},\
         \"senders\":[{{\"senderID\":1,\"wxid\":\"wxid_me\",\"displayName\":\"我\",\"nickname\":\"小王\"}},{{\"senderID\":2,\"wxid\":\"wxid_zhang\",\"displayName\":\"张三\",\"nickname\":\"张三\",\"groupNickname\":\"群里张三\"}}],\
         \"groupMembers\":[{{\"wxid\":\"wxid_li\",\"displayName\":\"李四\",\"nickname\":\"李四\",\"remark\":\"\",\"alias\":\"l4\",\"isFriend\":true,\"messageCount\":0}}]}}"
    );
    let reading = read_files(&[("a", text.as_bytes())]);
    assert_eq!(reading.senders(), ["wxid_zhang", "wxid_me"]);
    assert!(
        reading
            .accounts()
            .iter()
            .any(|account| account.native_id == "wxid_li")
    );
    let messages = reading.messages();
    assert_eq!(
        messages[0].id,
        message_id(messages[0].conversation, 7_291_234_567_890_123_457)
    );
}

#[test]
fn a_database_of_weflow_is_read_as_its_statements_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch(
            "CREATE TABLE weflow_messages(session_id TEXT, local_id INTEGER, message_id TEXT, create_time INTEGER, sender TEXT, is_send INTEGER, local_type INTEGER, media_type TEXT, content TEXT, media_path TEXT);
             INSERT INTO weflow_messages VALUES ('wxid_zhang', 1, '7291234567890123457', 1700000000, 'wxid_zhang', 0, 1, NULL, '你好', NULL);
             INSERT INTO weflow_messages VALUES ('1@chatroom', 2, 7291234567890123458, 1700000001, 'wxid_me', 1, 3, 'image', '[图片]', 'a.png');
             INSERT INTO weflow_messages VALUES ('1@chatroom', 3, NULL, NULL, 'wxid_me', 1, 1, NULL, '无时', NULL);
             INSERT INTO weflow_messages VALUES ('18800001111', 4, '7291234567890123460', 1700000003, '18800001111', 0, 1, NULL, '数字', NULL);",
        )
        .unwrap();
    drop(database);
    let bytes = std::fs::read(&path).unwrap();
    yes(&bytes);
    let reading = read_files(&[("x", &bytes)]);
    assert_eq!((reading.summary.rows_read, reading.rejected()), (4, 1));
    assert_eq!(reading.senders(), ["wxid_zhang", "wxid_me", "18800001111"]);
    assert_eq!(texts(&reading), ["你好", "image", "数字"]);
    let messages = reading.messages();
    assert_eq!(
        messages[1].id,
        message_id(messages[1].conversation, 7_291_234_567_890_123_458)
    );
    // Other databases are not ours.
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("DROP TABLE weflow_messages; CREATE TABLE a(b);")
        .unwrap();
    assert_eq!(recognition(&std::fs::read(&path).unwrap()), Recognition::No);
}

/// A zip file whose files are stored as they are.
fn zipped(files: &[(&str, String)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let at = u32::try_from(out.len()).unwrap();
        let size = u32::try_from(text.len()).unwrap().to_le_bytes();
        let mut header = vec![20, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        header.extend(size);
        header.extend(size);
        header.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        header.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&header);
        out.extend(name.as_bytes());
        out.extend(text.as_bytes());
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&header);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let place = [directory.len(), out.len()].map(|number| u32::try_from(number).unwrap());
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    place
        .into_iter()
        .for_each(|number| out.extend(number.to_le_bytes()));
    out.extend([0, 0]);
    out
}

#[test]
fn a_data_analysis_archive_is_read_without_unpacking() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export");
    let mut list = String::new();
    for number in 0..3 {
        let _ = write!(
            list,
            "{}{{\"id\":\"message_0:Msg_x:{number}\",\"localId\":{number},\"serverId\":{},\"createTime\":{},\"type\":1,\"renderType\":\"text\",\"isSent\":false,\"senderUsername\":\"wxid_zhang\",\"conversationUsername\":\"1@chatroom\",\"isGroup\":true,\"content\":\"第{number}句\"}}",
            if number > 0 { "," } else { "" },
            7_291_234_567_890_123_457_i64 + number,
            1_700_000_000 + number,
        );
    }
    let files = [
        ("manifest.json", r#"{"schemaVersion":1,"exportedAt":"x","exportId":"y","account":"wxid_me","source":"s","format":"json","scope":"all","filters":{},"options":{},"stats":{}}"#.to_owned()),
        ("report.json", "{}".to_owned()),
        ("conversations/0001_老友/meta.json", r#"{"schemaVersion":1,"username":"1@chatroom","displayName":"老友","isGroup":true,"messageCount":3}"#.to_owned()),
        ("conversations/0001_老友/messages.json", format!("{{\"schemaVersion\":1,\"username\":\"1@chatroom\",\"messages\":[{list}]}}")),
    ];
    std::fs::write(&path, zipped(&files)).unwrap();
    let input = Input::open(&path).unwrap();
    assert!(matches!(
        WeChatToolExports.recognize(&input),
        Recognition::Yes(_)
    ));
    let mut collected = hutong_model::Collected::default();
    let summary = WeChatToolExports
        .read(&input, &options(), &mut collected)
        .unwrap();
    let reading = Reading { collected, summary };
    assert_eq!(texts(&reading), ["第0句", "第1句", "第2句"]);
    assert_eq!(reading.conversations()[0].native_id, "1@chatroom");
}
