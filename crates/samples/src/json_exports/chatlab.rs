//! ChatLab files: a group as JSON, a private chat as JSON Lines.

use std::path::Path;

use serde_json::{Value, json};

use super::story::{Ids, Out, Said, Story, Teller, What, forged};
use crate::truth::{Kind, Truth};
use crate::{ForgeError, Forged, Plan};

/// Forges a folder with a ChatLab group (JSON, of QQ) and a private chat (JSON Lines, of WeChat) below `dir`.
///
/// # Errors
/// When a file cannot be written.
pub fn chatlab(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let root = dir.join("chatlab");
    crate::store::make_folder(dir)?;
    let mut truth = Truth::create(&dir.join("truth.jsonl"), plan.truth)?;
    let mut rows = 0;

    let mut group = Story::new(plan, 1, plan.messages / 2, true);
    let (owner, needle) = (group.person(0).uin.clone(), group.needle.clone());
    let path = root.join("群聊.json");
    let mut out = Out::create(&path)?;
    out.put(&format!(
        "{{\n  \"chatlab\": {},\n  \"meta\": {},\n  \"members\": {},\n  \"messages\": [\n",
        header(),
        json!({"name": group.title, "platform": "qq", "type": "group", "groupId": group.code, "ownerId": owner}),
        members(&group, |number| group.person(number).uin.clone()),
    ))?;
    let mut teller = Teller {
        truth: &mut truth,
        platform: "qq",
        conversation: group.code.clone(),
        is_group: true,
    };
    let mut is_first = true;
    while let Some(said) = group.next() {
        if !said.is_held {
            continue;
        }
        let id = |number: usize| group.person(number).uin.clone();
        let message = message(&group, &said, &id, false);
        out.put(if is_first { "    " } else { ",\n    " })?;
        out.put(&message.to_string())?;
        is_first = false;
        let ids = Ids {
            msg_id: Some(said.msg_id),
            reply_to: answered(&said),
            ..Ids::default()
        };
        tell(&mut teller, &said, &id(said.sender), ids)?;
        rows += 1;
        progress(rows);
    }
    out.put("\n  ]\n}\n")?;
    out.finish()?;

    let mut chat = Story::new(plan, 2, plan.messages - plan.messages / 2, false);
    let wxid = |story: &Story, number: usize| {
        format!(
            "wxid_{}",
            story
                .person(number)
                .uid
                .get(2..14)
                .unwrap_or("x")
                .to_lowercase()
                .replace('-', "a")
        )
    };
    let peer = wxid(&chat, 1);
    let mut out = Out::create(&root.join("private.jsonl"))?;
    out.put(&format!(
        "{}\n# 私聊\n\n",
        json!({"_type": "header", "chatlab": header(), "meta": {
            "name": chat.title, "platform": "wechat", "type": "private", "ownerId": wxid(&chat, 0)}})
    ))?;
    for member in members(&chat, |number| wxid(&chat, number))
        .as_array()
        .into_iter()
        .flatten()
    {
        let mut member = member.clone();
        if let Some(fields) = member.as_object_mut() {
            fields.insert("_type".to_owned(), "member".into());
        }
        out.put(&format!("{member}\n"))?;
    }
    let mut teller = Teller {
        truth: &mut truth,
        platform: "wechat",
        conversation: peer,
        is_group: false,
    };
    while let Some(said) = chat.next() {
        if !said.is_held {
            continue;
        }
        let id = |number: usize| wxid(&chat, number);
        let message = message(&chat, &said, &id, true);
        out.put(&format!("{message}\n"))?;
        let ids = Ids {
            server_id: Some(said.msg_id),
            reply_to: answered(&said),
            ..Ids::default()
        };
        tell(&mut teller, &said, &id(said.sender), ids)?;
        rows += 1;
        progress(rows);
    }
    out.finish()?;
    forged(root, path, dir, truth, rows, owner, needle)
}

fn header() -> Value {
    json!({"version": "0.0.2", "exportedAt": 1_703_001_600, "generator": "forge"})
}

fn members(story: &Story, id: impl Fn(usize) -> String) -> Value {
    let people = story.people.iter().enumerate().map(|(number, person)| {
        let mut member = json!({"platformId": id(number), "accountName": person.nick});
        let Some(fields) = member.as_object_mut() else {
            return member;
        };
        if !person.card.is_empty() {
            fields.insert("groupNickname".to_owned(), person.card.clone().into());
        }
        if number == 0 {
            fields.insert(
                "avatar".to_owned(),
                "data:image/png;base64,iVBORw0KGgo=".into(),
            );
        }
        if number == 1 && story.is_group {
            fields.insert("roles".to_owned(), json!([{"id": "owner"}]));
        }
        member
    });
    Value::Array(people.collect())
}

fn answered(said: &Said) -> Option<i64> {
    (said.what == What::Reply)
        .then(|| said.earlier.as_ref().filter(|earlier| earlier.is_held))
        .flatten()
        .map(|earlier| earlier.msg_id)
}

/// Type code and content.
fn content(said: &Said) -> (i64, String) {
    let words = &said.words;
    match said.what {
        What::Text | What::Face => (0, words.clone()),
        What::Mention => (0, format!("@某人 {words}")),
        What::Reply => (25, words.clone()),
        What::Image => (1, "[图片]".to_owned()),
        What::Voice => (2, "[语音] 5\"".to_owned()),
        What::Video => (3, "[视频]".to_owned()),
        What::File => (4, "[文件] 清单.xlsx".to_owned()),
        What::Sticker => (5, "[动画表情]".to_owned()),
        What::Link => (7, "[链接] 一篇文章 https://example.com/a".to_owned()),
        What::Place => (8, "[位置] 湖边广场".to_owned()),
        What::Contact => (27, "[名片] 某人".to_owned()),
        What::MiniApp => (24, "[小程序] 接龙".to_owned()),
        What::Forward => (26, "[聊天记录] 群聊的聊天记录".to_owned()),
        What::RedPacket => (20, "[红包] 恭喜发财".to_owned()),
        What::Transfer => (21, "[转账] ￥12.50".to_owned()),
        What::Call => (23, "[语音通话] 通话时长 01:05".to_owned()),
        What::Poke => (22, "一个人拍了拍另一个人".to_owned()),
        What::Joined => (80, "有人加入了群聊".to_owned()),
        What::Recall => (81, "有人撤回了一条消息".to_owned()),
        What::Unknown => (99, words.clone()),
    }
}

fn message(story: &Story, said: &Said, id: &dyn Fn(usize) -> String, is_line: bool) -> Value {
    let person = story.person(said.sender);
    let (code, content) = content(said);
    let is_system = said.what.is_system();
    let mut message = json!({
        "sender": if is_system { "SYSTEM".to_owned() } else { id(said.sender) },
        "accountName": if is_system { "系统消息" } else { &person.nick },
        "timestamp": said.time,
        "type": code,
        "content": content,
        "platformMessageId": said.msg_id.to_string(),
    });
    if let Some(fields) = message.as_object_mut() {
        if !person.card.is_empty() {
            fields.insert("groupNickname".to_owned(), person.card.clone().into());
        }
        if let Some(earlier) = said.earlier.as_ref().filter(|_| said.what == What::Reply) {
            fields.insert(
                "replyToMessageId".to_owned(),
                earlier.msg_id.to_string().into(),
            );
        }
        if is_line {
            fields.insert("_type".to_owned(), "message".into());
        }
    }
    message
}

fn tell(teller: &mut Teller<'_>, said: &Said, sender: &str, ids: Ids) -> Result<(), ForgeError> {
    let (_, content) = content(said);
    let kind = match said.what {
        What::Text | What::Face | What::Mention | What::Reply => Kind::Text,
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
        What::RedPacket | What::Transfer => Kind::Payment,
        What::Call => Kind::Call,
        What::Poke => Kind::Nudge,
        What::Joined | What::Recall => Kind::System,
        What::Unknown => Kind::Unknown,
    };
    let text = (kind == Kind::Text).then_some(content.as_str());
    teller.tell(said, Some(sender), kind, text, ids)
}
