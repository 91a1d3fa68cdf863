//! OneBot dumps: a list of events, JSON Lines with CQ texts, and an answer of the API.

use std::path::Path;

use serde_json::{Value, json};

use super::story::{Ids, Out, Said, Story, Teller, What, forged};
use crate::truth::{Kind, Truth};
use crate::{ForgeError, Forged, Plan};

/// How one file is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    List,
    CqLines,
    Answer,
}

/// Forges a folder with dumps of a bot (NapCat) below `dir`.
///
/// # Errors
/// When a file cannot be written.
pub fn onebot(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let root = dir.join("onebot");
    crate::store::make_folder(dir)?;
    let mut truth = Truth::create(&dir.join("truth.jsonl"), plan.truth)?;
    let mut rows = 0;
    let share = plan.messages / 3;
    let (mut owner, mut needle) = (String::new(), String::new());
    for (stream, form, name, is_group) in [
        (6, Form::List, "events.json", true),
        (7, Form::CqLines, "private.jsonl", false),
        (8, Form::Answer, "history.json", true),
    ] {
        let mut story = Story::new(plan, stream, share, is_group);
        owner.clone_from(&story.person(0).uin);
        needle.clone_from(&story.needle);
        let mut out = Out::create(&root.join(name))?;
        out.put(match form {
            Form::List => "[\n",
            Form::CqLines => "",
            Form::Answer => "{\"status\":\"ok\",\"retcode\":0,\"data\":{\"messages\":[",
        })?;
        let mut teller = Teller {
            truth: &mut truth,
            platform: "qq",
            conversation: if is_group {
                story.code.clone()
            } else {
                story.person(1).uin.clone()
            },
            is_group,
        };
        let mut is_first = true;
        while let Some(said) = story.next() {
            if !said.is_held || said.what.is_system() {
                continue;
            }
            let event = event(&story, &said, form);
            match form {
                Form::CqLines => out.put(&format!("{event}\n"))?,
                _ => out.put(&format!("{}{event}", if is_first { "" } else { ",\n" }))?,
            }
            is_first = false;
            tell(&mut teller, &story, &said)?;
            rows += 1;
            progress(rows);
        }
        out.put(match form {
            Form::List => "\n]",
            Form::CqLines => "",
            Form::Answer => "]},\"message\":\"\",\"wording\":\"\",\"echo\":null}",
        })?;
        out.finish()?;
    }
    let main = root.join("events.json");
    forged(root, main, dir, truth, rows, owner, needle)
}

/// The id that the program gives to a message.
fn message_id(said: &Said) -> i64 {
    i64::from(said.random) - (1 << 27)
}

fn segments(story: &Story, said: &Said) -> Vec<Value> {
    let segment = |kind: &str, data: Value| json!({"type": kind, "data": data});
    let text = |words: &str| segment("text", json!({ "text": words }));
    let other = story.person(1);
    match said.what {
        What::Mention => vec![
            segment("at", json!({"qq": other.uin, "name": other.nick})),
            text(&said.words),
        ],
        What::Reply => vec![
            segment(
                "reply",
                json!({"id": said.earlier.as_deref().map_or(0, message_id).to_string()}),
            ),
            text(&said.words),
        ],
        What::Image => vec![segment(
            "image",
            json!({"file": "lake.png", "url": "https://media.example/lake", "file_size": "12", "sub_type": 0}),
        )],
        What::Voice => vec![segment("record", json!({"file": "a.amr"}))],
        What::Video => vec![segment("video", json!({"file": "v.mp4"}))],
        What::File => vec![segment(
            "file",
            json!({"file": "清单.xlsx", "file_id": "/1", "file_size": "4096"}),
        )],
        What::Sticker => vec![segment(
            "mface",
            json!({"summary": "[贴贴]", "emoji_id": "0f", "emoji_package_id": 231_182, "key": "0"}),
        )],
        What::Face => vec![text(&said.words), segment("face", json!({"id": "14"}))],
        What::Link => vec![segment(
            "share",
            json!({"url": "https://example.com/a", "title": "一篇文章"}),
        )],
        What::Place => vec![segment(
            "location",
            json!({"lat": "30.25", "lon": "120.17", "title": "湖边广场"}),
        )],
        What::Contact => vec![segment("contact", json!({"type": "qq", "id": other.uin}))],
        What::MiniApp => vec![segment(
            "json",
            json!({"data": json!({"app": "com.tencent.miniapp_01", "view": "v", "prompt": "[小程序]",
            "meta": {"v": {"title": "接龙", "desc": "吃什么"}}}).to_string()}),
        )],
        What::Forward => vec![segment("forward", json!({"id": "r1"}))],
        What::RedPacket => vec![segment("redbag", json!({"title": "恭喜发财"}))],
        What::Poke => vec![segment(
            "poke",
            json!({"type": "1", "id": "-1", "name": "戳一戳"}),
        )],
        What::Unknown => vec![segment("something_new", json!({"a": 1}))],
        _ => vec![text(&said.words)],
    }
}

/// The segments as CQ text.
fn cq_text(segments: &[Value]) -> String {
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('[', "&#91;")
            .replace(']', "&#93;")
    };
    let mut out = String::new();
    for segment in segments {
        let kind = segment
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if kind == "text" {
            out.push_str(&escape(
                segment
                    .pointer("/data/text")
                    .and_then(Value::as_str)
                    .unwrap_or_default(),
            ));
            continue;
        }
        out.push_str(&format!("[CQ:{kind}"));
        for (key, value) in segment
            .get("data")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            out.push_str(&format!(",{key}={}", escape(&value).replace(',', "&#44;")));
        }
        out.push(']');
    }
    out
}

fn event(story: &Story, said: &Said, form: Form) -> Value {
    let (own, person) = (story.person(0), story.person(said.sender));
    let is_own = said.sender == 0;
    let segments = segments(story, said);
    let text = cq_text(&segments);
    let mut event = json!({
        "self_id": own.uin.parse::<u64>().unwrap_or(0), "user_id": person.uin.parse::<u64>().unwrap_or(0),
        "time": said.time, "message_id": message_id(said), "message_seq": message_id(said), "real_id": message_id(said),
        "real_seq": said.sequence.to_string(),
        "message_type": if story.is_group { "group" } else { "private" },
        "sub_type": if story.is_group { "normal" } else { "friend" },
        "sender": {"user_id": person.uin.parse::<u64>().unwrap_or(0), "nickname": person.nick, "card": person.card, "role": "member"},
        "raw_message": text, "font": 14,
        "message": if form == Form::CqLines { Value::String(text.clone()) } else { Value::Array(segments) },
        "message_format": if form == Form::CqLines { "string" } else { "array" },
        "post_type": if is_own { "message_sent" } else { "message" },
        "raw": {"msgId": said.msg_id.to_string(), "msgSeq": said.sequence.to_string(), "msgRandom": said.random.to_string()},
    });
    if let Some(fields) = event.as_object_mut() {
        if story.is_group {
            fields.insert(
                "group_id".to_owned(),
                story.code.parse::<u64>().unwrap_or(0).into(),
            );
            fields.insert("group_name".to_owned(), story.title.clone().into());
        } else if is_own {
            fields.insert(
                "target_id".to_owned(),
                story.person(1).uin.parse::<u64>().unwrap_or(0).into(),
            );
        }
    }
    event
}

fn tell(teller: &mut Teller<'_>, story: &Story, said: &Said) -> Result<(), ForgeError> {
    let kind = match said.what {
        What::Image => Kind::Image,
        What::Voice => Kind::Voice,
        What::Video => Kind::Video,
        What::File => Kind::File,
        What::Sticker => Kind::Sticker,
        What::Link => Kind::Link,
        What::Place => Kind::Place,
        What::Contact => Kind::Contact,
        What::MiniApp => Kind::MiniApp,
        What::Forward => Kind::Forward,
        What::RedPacket => Kind::Payment,
        What::Poke => Kind::Nudge,
        What::Unknown => Kind::Unknown,
        _ => Kind::Text,
    };
    let words = match said.what {
        What::Face => format!("{}/微笑", said.words),
        What::Mention => format!("@{}{}", story.person(1).nick, said.words),
        _ => said.words.clone(),
    };
    let text = (kind == Kind::Text).then_some(words.as_str());
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
