//! JSON: PyWxDump, chatlog, WeFlow, echotrace, WeChatDataAnalysis.

#![expect(
    clippy::indexing_slicing,
    reason = "members of objects that are made here"
)]

use serde_json::{Value, json};

use super::story::{Chat, Entry, Story};
use super::tables::{msg, word};
use super::{Naming, Set, Written, shown};
use crate::ForgeError;
use crate::pictures;
use crate::rng::Rng;
use crate::text::wall_clock;
use crate::truth::Kind;

pub(super) fn write(set: &mut Set<'_>, story: &mut Story) -> Result<(), ForgeError> {
    dump(set, &story.chat(false))?;
    mini(set, &story.chat(false))?;
    chatlog(set, &story.chat(true))?;
    flow(set, &story.chat(false))?;
    arkme(set, &story.chat(true))?;
    http(set, &story.chat(false))?;
    trace(set, &story.chat(true))?;
    analysis(set, &story.chat(false))
}

fn put(set: &mut Set<'_>, name: &str, value: &Value) -> Result<(), ForgeError> {
    set.write(name, value.to_string().as_bytes())
}

fn tell(
    set: &mut Set<'_>,
    chat: &Chat,
    has_id: bool,
    kind: impl Fn(&Entry) -> Kind,
) -> Result<(), ForgeError> {
    set.tell(&Written {
        conversation: &chat.username,
        conversation_kind: if chat.is_room { "group" } else { "direct" },
        shown: shown(chat, Naming::Usernames, has_id, kind),
    })
}

fn dump(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let rows: Vec<Value> = chat
        .entries
        .iter()
        .map(|entry| {
            let person = entry.sender.and_then(|number| chat.people.get(number));
            json!({"id": entry.number, "MsgSvrID": entry.server_id.to_string(), "type_name": word(entry.kind),
                "is_sender": u8::from(entry.sender == Some(0)), "talker": person.map_or("系统", |person| &person.username),
                "room_name": chat.username, "msg": msg(chat, entry), "src": "", "extra": {}, "CreateTime": wall_clock(entry.time)})
        })
        .collect();
    put(set, "dump_0_500.json", &Value::Array(rows))?;
    let users: serde_json::Map<String, Value> = chat
        .people
        .iter()
        .map(|person| {
            let facts = json!({"wxid": person.username, "nickname": person.nickname, "remark": person.remark, "account": "",
                "describe": "", "headImgUrl": "", "ExtraBuf": {}, "LabelIDList": [], "extra": null});
            (person.username.clone(), facts)
        })
        .collect();
    put(set, "users.json", &Value::Object(users))?;
    tell(set, chat, true, |entry| entry.kind)
}

fn mini(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let rows: Vec<Value> = chat
        .entries
        .iter()
        .map(|entry| {
            let name = match entry.sender {
                None => "系统",
                Some(0) => "我",
                Some(number) => chat.people.get(number).map_or("", |person| person.shown()),
            };
            let words = match entry.kind {
                Kind::Text | Kind::Quote | Kind::System | Kind::Unknown => entry.words.clone(),
                kind => format!("[{}]", word(kind)),
            };
            json!({"nickname": name, "message": words, "time": wall_clock(entry.time)})
        })
        .collect();
    put(set, "mini.json", &Value::Array(rows))?;
    set.tell(&Written {
        conversation: &chat.title,
        conversation_kind: "direct",
        shown: shown(chat, Naming::Names, false, |entry| match entry.kind {
            Kind::Quote | Kind::Unknown => Kind::Text,
            kind => kind,
        }),
    })
}

/// Type and code as chatlog splits them.
const fn split_type(kind: Kind) -> (u32, u32) {
    let whole = local_type(kind);
    ((whole & 0xFFFF_FFFF) as u32, (whole >> 32) as u32)
}

/// WeChat 4's type of a kind.
pub(super) const fn local_type(kind: Kind) -> u64 {
    match kind {
        Kind::Image => 3,
        Kind::Voice => 34,
        Kind::Video => 43,
        Kind::Sticker => 47,
        Kind::Place => 48,
        Kind::Contact => 42,
        Kind::Call => 50,
        Kind::System => 10_000,
        Kind::Quote => 244_813_135_921,
        Kind::File => 25_769_803_825,
        Kind::Link => 21_474_836_529,
        Kind::Forward => 81_604_378_673,
        Kind::Payment => 8_589_934_592_049,
        Kind::Nudge => 266_287_972_401,
        Kind::MiniApp => 141_733_920_817,
        Kind::Unknown => 11_000,
        _ => 1,
    }
}

fn chatlog(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let item = |entry: &Entry| {
        let person = entry.sender.and_then(|number| chat.people.get(number));
        let (base, sub) = split_type(entry.kind);
        let has_words = matches!(
            entry.kind,
            Kind::Text | Kind::Quote | Kind::System | Kind::Nudge
        );
        json!({"seq": entry.time * 1000, "time": wall_clock(entry.time).replace(' ', "T") + "+08:00",
            "talker": chat.username, "talkerName": chat.title, "isChatRoom": true,
            "sender": person.map_or("系统消息", |person| &person.username), "senderName": person.map_or("", |person| person.shown()),
            "isSelf": entry.sender == Some(0), "type": base, "subType": sub, "content": if has_words { &entry.words } else { "" }})
    };
    let rows: Vec<Value> = chat
        .entries
        .iter()
        .map(|entry| {
            let mut row = item(entry);
            row["contents"] = match entry.kind {
                Kind::Image | Kind::Video => json!({"md5": format!("{:032x}", entry.server_id), "path": "msg/x", "host": "127.0.0.1:5030"}),
                Kind::File => json!({"title": "表.xlsx", "md5": format!("{:032x}", entry.server_id)}),
                Kind::Link => json!({"title": "题", "desc": "述", "url": "https://example.org/"}),
                Kind::MiniApp => json!({"title": "程序", "url": ""}),
                Kind::Place => json!({"x": "39.9", "y": "116.4", "label": "路", "cityname": "城"}),
                Kind::Sticker => json!({"cdnurl": "http://example.org/e"}),
                Kind::Quote => json!({"refer": entry.answers.and_then(|number| chat.entries.get(number)).map(item)}),
                Kind::Forward => json!({"title": "群聊的聊天记录", "desc": "甲: 好", "recordInfo": {"Title": "群聊的聊天记录", "Desc": "甲: 好",
                    "DataList": {"Count": "1", "DataItems": [{"DataType": "1", "SourceName": "甲", "SourceTime": "2023-01-02 03:04", "DataDesc": "好"}]}}}),
                _ => return row,
            };
            row
        })
        .collect();
    put(set, "chatlog.json", &Value::Array(rows))?;
    tell(set, chat, false, |entry| entry.kind)
}

/// What WeFlow and echotrace write as content.
pub(super) fn content(entry: &Entry) -> String {
    match entry.kind {
        Kind::Text | Kind::System | Kind::Quote => entry.words.clone(),
        kind => format!("[{}]", word(kind)),
    }
}

/// WeFlow's words.
const fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "图片消息",
        Kind::Voice => "语音消息",
        Kind::Video => "视频消息",
        Kind::Sticker => "动画表情",
        Kind::Place => "位置消息",
        Kind::Contact => "名片消息",
        Kind::Call => "通话消息",
        Kind::System => "系统消息",
        Kind::Quote => "引用消息",
        Kind::File => "文件消息",
        Kind::Link => "链接消息",
        Kind::Forward => "聊天记录",
        Kind::Payment => "转账消息",
        Kind::Nudge => "拍一拍",
        Kind::MiniApp => "小程序消息",
        Kind::Unknown => "其他消息",
        _ => "文本消息",
    }
}

fn flow_row(chat: &Chat, entry: &Entry, has_id: bool) -> Value {
    let person = entry.sender.and_then(|number| chat.people.get(number));
    let mut row = json!({"localId": entry.number + 1, "createTime": entry.time, "formattedTime": wall_clock(entry.time),
        "type": label(entry.kind), "localType": local_type(entry.kind), "content": content(entry),
        "isSend": u8::from(entry.sender == Some(0)), "senderUsername": person.map(|person| &person.username),
        "senderDisplayName": person.map(super::story::Person::shown), "source": "", "senderAvatarKey": person.map(|person| &person.username)});
    if has_id {
        row["platformMessageId"] = json!(entry.server_id.to_string());
    }
    if let Some(target) = entry.answers.and_then(|number| chat.entries.get(number)) {
        if has_id {
            row["replyToMessageId"] = json!(target.server_id.to_string());
        }
        row["quotedSender"] = json!("某人");
        row["quotedContent"] = json!(target.words);
    }
    row
}

fn session(chat: &Chat) -> Value {
    json!({"wxid": chat.username, "nickname": chat.title, "remark": "", "displayName": chat.title,
        "type": if chat.is_room { "群聊" } else { "私聊" }, "lastTimestamp": 0, "messageCount": chat.entries.len()})
}

fn flow(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let rows: Vec<Value> = chat
        .entries
        .iter()
        .map(|entry| flow_row(chat, entry, true))
        .collect();
    // In this order, as the tool writes it.
    let file = format!(
        "{{\"weflow\":{},\"session\":{},\"messages\":{},\"avatars\":{{}}}}",
        json!({"version": "1.0.3", "exportedAt": 1_700_000_000, "generator": "WeFlow"}),
        session(chat),
        Value::Array(rows)
    );
    set.write("flow.json", file.as_bytes())?;
    tell(set, chat, true, |entry| entry.kind)
}

fn arkme(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let senders: Vec<Value> = chat
        .people
        .iter()
        .enumerate()
        .map(|(number, person)| json!({"senderID": number + 1, "wxid": person.username, "displayName": person.shown(), "nickname": person.nickname}))
        .collect();
    let members: Vec<Value> = chat
        .people
        .iter()
        .map(|person| json!({"wxid": person.username, "displayName": person.shown(), "nickname": person.nickname, "remark": person.remark,
            "alias": "", "isFriend": true, "messageCount": 1}))
        .collect();
    let rows: Vec<Value> = chat
        .entries
        .iter()
        .map(|entry| {
            let mut row = flow_row(chat, entry, true);
            row["senderID"] = json!(entry.sender.map(|number| number + 1));
            for key in ["senderUsername", "senderDisplayName", "senderAvatarKey"] {
                row[key] = Value::Null;
            }
            row
        })
        .collect();
    let file = format!(
        "{{\"weflow\":{},\"session\":{},\"senders\":{},\"messages\":{},\"groupMembers\":{}}}",
        json!({"version": "1.0.3", "format": "arkme-json"}),
        session(chat),
        Value::Array(senders),
        Value::Array(rows),
        Value::Array(members)
    );
    set.write("arkme.json", file.as_bytes())?;
    tell(set, chat, true, |entry| entry.kind)
}

fn http(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let rows: Vec<Value> = chat
        .entries
        .iter()
        .map(|entry| {
            let person = entry.sender.and_then(|number| chat.people.get(number));
            json!({"localId": entry.number, "serverId": entry.server_id.to_string(), "localType": local_type(entry.kind), "createTime": entry.time,
                "isSend": u8::from(entry.sender == Some(0)), "senderUsername": person.map(|person| &person.username), "content": content(entry),
                "rawContent": content(entry), "parsedContent": content(entry)})
        })
        .collect();
    let file = json!({"success": true, "talker": chat.username, "count": rows.len(), "hasMore": false, "media": {}, "messages": rows});
    put(set, "answer.json", &file)?;
    tell(set, chat, true, |entry| match entry.kind {
        Kind::Quote => Kind::Text,
        kind => kind,
    })
}

fn trace(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let rows: Vec<Value> = chat
        .entries
        .iter()
        .map(|entry| flow_row(chat, entry, false))
        .collect();
    let file = format!(
        "{{\"session\":{},\"messages\":{},\"avatars\":{{}},\"exportTime\":\"2024-01-02T03:04:05.000\"}}",
        session(chat),
        Value::Array(rows)
    );
    set.write("trace.json", file.as_bytes())?;
    tell(set, chat, false, |entry| entry.kind)
}

/// WeChatDataAnalysis' words.
const fn render_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "image",
        Kind::Voice => "voice",
        Kind::Video => "video",
        Kind::Sticker => "emoji",
        Kind::Place => "location",
        Kind::Call => "voip",
        Kind::System => "system",
        Kind::Quote => "quote",
        Kind::File => "file",
        Kind::Link => "link",
        Kind::Forward => "chatHistory",
        Kind::Payment => "transfer",
        _ => "text",
    }
}

fn analysis(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let mut rng = Rng::new(set.plan.seed, 0xA1);
    let mut rows = Vec::new();
    for entry in &chat.entries {
        let person = entry.sender.and_then(|number| chat.people.get(number));
        let kind = analysis_kind(entry);
        let mut row = json!({"id": format!("message_0:Msg_x:{}", entry.number), "localId": entry.number, "serverId": entry.server_id,
            "createTime": entry.time, "createTimeText": wall_clock(entry.time), "sortSeq": entry.time * 1000, "type": local_type(kind),
            "renderType": render_type(kind), "isSent": entry.sender == Some(0), "senderUsername": person.map(|person| &person.username),
            "conversationUsername": chat.username, "isGroup": false, "content": if kind == Kind::Text { entry.words.clone() } else { content(entry) }});
        match kind {
            Kind::File | Kind::Link => row["title"] = json!("题"),
            Kind::Forward => {
                row["title"] = json!("聊天记录");
                row["recordItem"] = json!(
                    "<recordinfo><datalist count=\"1\"><dataitem datatype=\"1\"><sourcename>甲</sourcename><datadesc>好</datadesc></dataitem></datalist></recordinfo>"
                );
            }
            Kind::Quote => {
                row["quoteTitle"] = json!("某人");
                row["quoteContent"] = json!("原文");
            }
            Kind::Image if set.plan.attachments && set.files < 8 => {
                let path = format!("media/images/{}.jpg", entry.server_id);
                set.write(&path, &pictures::jpeg(&mut rng, 8, 8))?;
                set.files += 1;
                row["offlineMedia"] = json!([{"kind": "image", "path": path}]);
            }
            _ => {}
        }
        rows.push(row);
    }
    let manifest = json!({"schemaVersion": 1, "exportedAt": "2024-01-02T03:04:05", "exportId": "x", "account": chat.owner().username,
        "source": "decrypted", "format": "json", "scope": "selected", "filters": {}, "options": {}, "stats": {}});
    put(set, "manifest.json", &manifest)?;
    let meta = json!({"schemaVersion": 1, "username": chat.username, "displayName": chat.title, "avatarPath": "", "isGroup": false,
        "exportedAt": "2024-01-02T03:04:05", "messageCount": rows.len()});
    put(set, "conversations/0001_chat/meta.json", &meta)?;
    let messages = json!({"schemaVersion": 1, "username": chat.username, "displayName": chat.title, "messages": rows});
    put(set, "conversations/0001_chat/messages.json", &messages)?;
    tell(set, chat, true, analysis_kind)
}

/// Kinds that have a word there.
fn analysis_kind(entry: &Entry) -> Kind {
    match entry.kind {
        Kind::Nudge | Kind::Contact | Kind::MiniApp | Kind::Unknown => Kind::Text,
        kind => kind,
    }
}
