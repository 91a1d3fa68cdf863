//! qq-chat-exporter: single files of two generations, and a chunked folder.

use std::path::Path;

use serde_json::{Value, json};

use super::story::{Ids, Out, Said, Story, Teller, What, forged};
use crate::store::write_file;
use crate::text::wall_clock;
use crate::truth::{Kind, Truth};
use crate::{ForgeError, Forged, Plan};

/// Messages of one chunk.
const CHUNK: u64 = 120;

/// Forges a folder with a group of the current generation and a private chat of an older one below `dir`.
///
/// # Errors
/// When a file cannot be written.
pub fn qce(plan: &Plan, dir: &Path, progress: &mut dyn FnMut(u64)) -> Result<Forged, ForgeError> {
    let root = dir.join("qce");
    crate::store::make_folder(dir)?;
    let mut truth = Truth::create(&dir.join("truth.jsonl"), plan.truth)?;
    let mut rows = 0;
    let mut group = Story::new(plan, 3, plan.messages / 2, true);
    let (owner, needle) = (group.person(0).uin.clone(), group.needle.clone());
    let path = root.join("group_export.json");
    write_file(
        &root.join("resources/images/lake.png"),
        b"\x89PNG\r\n\x1a\nlake",
    )?;

    let mut out = Out::create(&path)?;
    out.put(&format!(
        "{{\n  \"metadata\": {},\n  \"chatInfo\": {},\n  \"statistics\": {},\n  \"messages\": [\n",
        metadata("QQChatExporter V6"),
        chat_info(&group),
        json!({"totalMessages": 0, "senders": []}),
    ))?;
    let mut teller = teller(&mut truth, &group);
    let mut is_first = true;
    while let Some(said) = group.next() {
        if !said.is_held {
            continue;
        }
        out.put(if is_first { "    " } else { ",\n    " })?;
        out.put(&current(&group, &said).to_string())?;
        is_first = false;
        tell(&mut teller, &group, &said)?;
        rows += 1;
        progress(rows);
    }
    let picture = "data:image/png;base64,iVBORw0KGgo=";
    out.put(&format!(
        "\n  ],\n  \"avatars\": {}\n}}\n",
        json!({ owner.as_str(): picture })
    ))?;
    out.finish()?;

    let mut chat = Story::new(plan, 4, plan.messages - plan.messages / 2, false);
    let mut out = Out::create(&root.join("friend.json"))?;
    out.put(&format!(
        "{{\"metadata\":{},\"chatInfo\":{},\"messages\":[",
        metadata("QQChatExporter V4"),
        chat_info(&chat),
    ))?;
    let mut teller = self::teller(&mut truth, &chat);
    let mut is_first = true;
    while let Some(said) = chat.next() {
        if !said.is_held {
            continue;
        }
        if !is_first {
            out.put(",")?;
        }
        is_first = false;
        out.put(&older(&chat, &said).to_string())?;
        tell(&mut teller, &chat, &said)?;
        rows += 1;
        progress(rows);
    }
    out.put("]}")?;
    out.finish()?;
    forged(root, path, dir, truth, rows, owner, needle)
}

/// Forges a chunked export of a group below `dir`.
///
/// # Errors
/// When a file cannot be written.
pub fn qce_chunked(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let root = dir.join("group_chunked_jsonl");
    crate::store::make_folder(dir)?;
    let mut truth = Truth::create(&dir.join("truth.jsonl"), plan.truth)?;
    let mut group = Story::new(plan, 5, plan.messages, true);
    let (owner, needle) = (group.person(0).uin.clone(), group.needle.clone());
    let mut teller = teller(&mut truth, &group);
    let mut chunks: Vec<Value> = Vec::new();
    let mut lines = String::new();
    let (mut count, mut rows) = (0, 0);
    let mut close = |lines: &mut String, count: &mut u64| -> Result<(), ForgeError> {
        let number = chunks.len() + 1;
        let name = format!("c{number:06}.jsonl");
        write_file(&root.join("chunks").join(&name), lines.as_bytes())?;
        chunks.push(
            json!({"index": number, "fileName": name, "relativePath": format!("chunks/{name}"),
            "count": count, "bytes": lines.len()}),
        );
        lines.clear();
        *count = 0;
        Ok(())
    };
    while let Some(said) = group.next() {
        if !said.is_held {
            continue;
        }
        lines.push_str(&current(&group, &said).to_string());
        lines.push('\n');
        tell(&mut teller, &group, &said)?;
        count += 1;
        rows += 1;
        progress(rows);
        if count == CHUNK {
            close(&mut lines, &mut count)?;
        }
    }
    if count > 0 {
        close(&mut lines, &mut count)?;
    }
    let manifest = json!({
        "metadata": metadata("QQChatExporter V5"),
        "chatInfo": chat_info(&group),
        "statistics": {"totalMessages": rows},
        "chunked": {"format": "jsonl", "chunksDir": "chunks", "chunkFileExt": ".jsonl",
            "maxMessagesPerChunk": CHUNK, "chunks": chunks},
    });
    let path = root.join("manifest.json");
    write_file(&path, manifest.to_string().as_bytes())?;
    let avatars = json!({ owner.as_str(): "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg" });
    write_file(&root.join("avatars.json"), avatars.to_string().as_bytes())?;
    forged(root, path, dir, truth, rows, owner, needle)
}

fn metadata(name: &str) -> Value {
    json!({"name": name, "copyright": "invented", "version": "5.0.0", "exportTime": "2024-05-01T08:00:00.000Z"})
}

fn chat_info(story: &Story) -> Value {
    let (own, peer) = (story.person(0), story.person(1));
    json!({
        "name": story.title,
        "type": if story.is_group { "group" } else { "private" },
        "selfUid": own.uid, "selfUin": own.uin, "selfName": own.nick,
        "peerUid": if story.is_group { &story.code } else { &peer.uid },
        "peerUin": if story.is_group { &story.code } else { &peer.uin },
        "participantCount": story.people.len(),
    })
}

fn teller<'a>(truth: &'a mut Truth, story: &Story) -> Teller<'a> {
    Teller {
        truth,
        platform: "qq",
        conversation: if story.is_group {
            story.code.clone()
        } else {
            story.person(1).uid.clone()
        },
        is_group: story.is_group,
    }
}

/// The elements of the current generation.
fn elements(story: &Story, said: &Said) -> Vec<Value> {
    let words = &said.words;
    let element = |kind: &str, data: Value| json!({"type": kind, "data": data});
    let text = |words: &str| element("text", json!({ "text": words }));
    let other = story.person(1);
    match said.what {
        What::Text => vec![text(words)],
        What::Mention => vec![
            element(
                "at",
                json!({"uid": other.uid, "uin": other.uin, "name": format!("@{}", other.nick), "atType": 2}),
            ),
            text(words),
        ],
        What::Reply => {
            let earlier = said.earlier.as_deref().unwrap_or(said);
            let author = story.person(earlier.sender);
            vec![
                element(
                    "reply",
                    json!({"messageId": "7", "referencedMessageId": earlier.msg_id.to_string(),
                    "senderUin": author.uin, "senderName": author.nick, "content": earlier.words, "time": earlier.time}),
                ),
                text(words),
            ]
        }
        What::Image => vec![element(
            "image",
            json!({"filename": "lake.png", "size": 12, "width": 320, "height": 240,
            "md5": "00112233445566778899AABBCCDDEEFF", "url": "https://media.example/lake", "subType": "photo"}),
        )],
        What::Voice => vec![element(
            "audio",
            json!({"filename": "a.amr", "size": 900, "duration": 5}),
        )],
        What::Video => vec![element(
            "video",
            json!({"filename": "v.mp4", "size": "900", "duration": 9, "thumbSize": 5}),
        )],
        What::File => vec![element(
            "file",
            json!({"filename": "清单.xlsx", "size": "4096", "md5": ""}),
        )],
        What::Sticker => vec![element(
            "market_face",
            json!({"name": "[贴贴]", "key": "0123456789abcdef",
            "emojiId": "0f0f", "emojiPackageId": 231_182, "url": ""}),
        )],
        What::Face => vec![
            text(words),
            element("face", json!({"id": "14", "name": "微笑", "faceType": 1})),
        ],
        What::Link => vec![ark(
            "com.tencent.structmsg",
            json!({"news": {"title": "一篇文章", "jumpUrl": "https://example.com/a"}}),
            "news",
        )],
        What::Place => vec![element(
            "location",
            json!({"name": "湖边广场", "address": "湖滨路", "latitude": 30.25, "longitude": 120.17}),
        )],
        What::Contact => vec![ark(
            "com.tencent.contact.lua",
            json!({"contact": {"nickname": "某人", "jumpUrl": "mqqapi://card?uin=12345"}}),
            "contact",
        )],
        What::MiniApp => vec![ark(
            "com.tencent.miniapp_01",
            json!({"detail_1": {"title": "接龙", "desc": "今天吃什么", "appid": "1"}}),
            "detail_1",
        )],
        What::Forward => vec![element(
            "forward",
            json!({"title": "群聊的聊天记录", "resId": "r1", "summary": "查看2条转发消息",
            "preview": ["甲: 早", "乙: 早"], "messageCount": 2, "messages": [
                {"sender": {"uid": other.uid, "name": other.nick}, "timestamp": said.time * 1000, "content": {"text": "早", "elements": [text("早")]}},
                {"senderName": "乙", "time": said.time, "content": {"text": "早"}},
            ]}),
        )],
        What::RedPacket => vec![element(
            "wallet",
            json!({"summary": "[QQ红包]恭喜发财", "payload": {}}),
        )],
        What::Transfer => vec![element(
            "wallet",
            json!({"summary": "[转账]", "payload": {}}),
        )],
        What::Call => vec![element(
            "av_record",
            json!({"summary": "通话时长 01:05", "type": 1, "time": "65", "text": "通话时长 01:05"}),
        )],
        What::Poke => vec![element(
            "system",
            json!({"elementType": "grayTip", "summary": "我戳了戳你", "text": "我戳了戳你"}),
        )],
        What::Joined => vec![element(
            "system",
            json!({"elementType": "grayTip", "text": format!("{}加入了群聊", other.nick)}),
        )],
        What::Recall => vec![element(
            "system",
            json!({"elementType": "grayTip", "text": format!("{}撤回了一条消息", other.nick)}),
        )],
        What::Unknown => vec![element("something_new", json!({"a": 1}))],
    }
}

fn ark(app: &str, meta: Value, view: &str) -> Value {
    let card = json!({"app": app, "view": view, "prompt": "[卡片]", "ver": "1", "meta": meta});
    json!({"type": "json", "data": {"content": card.to_string(), "title": "卡片", "summary": "[卡片]"}})
}

/// A message of the current generation.
fn current(story: &Story, said: &Said) -> Value {
    let person = story.person(said.sender);
    let elements = elements(story, said);
    let is_system = said.what.is_system();
    let text: String = elements
        .iter()
        .filter_map(|element| element.pointer("/data/text")?.as_str())
        .collect();
    let sender = if is_system {
        json!({"uid": "未知", "uin": "0", "name": "系统"})
    } else {
        json!({"uid": person.uid, "uin": person.uin, "name": person.nick, "nickname": person.nick, "groupCard": person.card})
    };
    let resources = if said.what == What::Image {
        json!([{"type": "image", "filename": "lake.png", "size": 12, "url": "https://media.example/lake",
            "localPath": "resources/images/lake.png"}])
    } else {
        json!([])
    };
    json!({
        "id": said.msg_id.to_string(), "seq": said.sequence.to_string(), "timestamp": said.time * 1000,
        "time": wall_clock(said.time), "sender": sender, "type": kind_word(said.what),
        "content": {"text": text, "html": "", "elements": elements, "resources": resources, "mentions": []},
        "recalled": said.what == What::Recall, "system": is_system,
    })
}

const fn kind_word(what: What) -> &'static str {
    match what {
        What::Image | What::Text | What::Mention | What::Face => "text",
        What::File => "file",
        What::Video => "video",
        What::Voice => "audio",
        What::Forward => "forward",
        What::Reply => "reply",
        What::Link | What::Contact | What::MiniApp => "json",
        What::Joined | What::Recall => "system",
        _ => "type_17",
    }
}

/// A message of the older generation: text, resources and the message type.
fn older(story: &Story, said: &Said) -> Value {
    let person = story.person(said.sender);
    let resource =
        |kind: &str, name: &str| json!([{"type": kind, "filename": name, "size": 12, "url": ""}]);
    let (code, text, resources) = match said.what {
        What::Image => (2, "[图片]".to_owned(), resource("image", "lake.png")),
        What::Voice => (6, "[语音]".to_owned(), resource("audio", "a.amr")),
        What::Video => (7, "[视频: v.mp4]".to_owned(), resource("video", "v.mp4")),
        What::File => (
            3,
            "[文件: 清单.xlsx]".to_owned(),
            resource("file", "清单.xlsx"),
        ),
        What::Sticker => (17, "[贴贴]".to_owned(), json!([])),
        What::Forward => (8, "[聊天记录]".to_owned(), json!([])),
        What::RedPacket => (10, "[QQ红包]恭喜发财".to_owned(), json!([])),
        What::Transfer => (10, "[转账]".to_owned(), json!([])),
        What::Call => (19, "通话时长 01:05".to_owned(), json!([])),
        What::Poke => (5, "我戳了戳你".to_owned(), json!([])),
        What::Joined => (5, "你们成为了好友".to_owned(), json!([])),
        What::Recall => (5, "对方撤回了一条消息".to_owned(), json!([])),
        What::Link | What::Contact | What::MiniApp => (
            11,
            elements(story, said)
                .first()
                .and_then(|element| Some(element.pointer("/data/content")?.as_str()?.to_owned()))
                .unwrap_or_default(),
            json!([]),
        ),
        What::Reply => (9, said.words.clone(), json!([])),
        _ => (2, said.words.clone(), json!([])),
    };
    let is_system = code == 5;
    let (uid, uin) = if is_system && said.what != What::Poke {
        ("未知", "0")
    } else {
        (person.uid.as_str(), person.uin.as_str())
    };
    let mut content = json!({"text": text, "resources": resources, "emojis": []});
    if let (What::Reply, Some(earlier), Some(fields)) =
        (said.what, &said.earlier, content.as_object_mut())
    {
        let author = story.person(earlier.sender);
        fields.insert("reply".to_owned(), json!({"messageId": earlier.msg_id.to_string(),
            "referencedMessageId": earlier.msg_id.to_string(), "senderName": author.nick, "content": earlier.words}));
    }
    // 1640998800 is 2022-01-01 01:00 in UTC.
    let utc = wall_clock(said.time - 8 * 3600).replace(' ', "T");
    json!({
        "messageId": said.msg_id.to_string(), "timestamp": format!("{utc}.000Z"),
        "sender": {"uid": uid, "uin": uin, "name": person.nick},
        "messageType": code, "isSystemMessage": is_system, "isRecalled": said.what == What::Recall,
        "content": content,
        "rawMessage": {"senderUin": uin, "senderUid": uid, "sendNickName": person.nick, "msgSeq": said.sequence.to_string(),
            "msgRandom": said.random.to_string(), "elements": []},
    })
}

fn tell(teller: &mut Teller<'_>, story: &Story, said: &Said) -> Result<(), ForgeError> {
    let is_older = !story.is_group;
    let kind = match said.what {
        What::Text | What::Face | What::Mention => Kind::Text,
        What::Reply => Kind::Quote,
        What::Image => Kind::Image,
        What::Voice => Kind::Voice,
        What::Video => Kind::Video,
        What::File => Kind::File,
        What::Sticker => Kind::Sticker,
        What::Link => Kind::Link,
        // The older generation has no word for these.
        What::Place | What::Unknown if is_older => Kind::Text,
        What::Place => Kind::Place,
        What::Contact => Kind::Contact,
        What::MiniApp => Kind::MiniApp,
        What::Forward => Kind::Forward,
        What::RedPacket | What::Transfer => Kind::Payment,
        What::Call => Kind::Call,
        What::Poke => Kind::Nudge,
        What::Joined | What::Recall => Kind::System,
        What::Unknown => Kind::Unknown,
    };
    let words = match said.what {
        What::Face if !is_older => format!("{}/微笑", said.words),
        What::Mention if !is_older => format!("@{}{}", story.person(1).nick, said.words),
        _ => said.words.clone(),
    };
    let text = matches!(kind, Kind::Text | Kind::Quote).then_some(words.as_str());
    let reply_to = said
        .earlier
        .as_ref()
        .filter(|earlier| said.what == What::Reply && earlier.is_held)
        .map(|earlier| earlier.msg_id);
    let ids = Ids {
        msg_id: Some(said.msg_id),
        reply_to,
        ..Ids::default()
    };
    teller.tell(said, Some(&story.person(said.sender).uin), kind, text, ids)
}
