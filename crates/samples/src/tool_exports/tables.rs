//! Tables: MemoTrace, PyWxDump, WeFlow for WeClone, chatlog.

use super::story::{Chat, Entry, Story};
use super::{Naming, Set, Written, shown};
use crate::ForgeError;
use crate::pictures;
use crate::rng::Rng;
use crate::text::wall_clock;
use crate::truth::Kind;

/// A field, in quotes where it needs them.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn row(fields: &[&str], end: &str) -> String {
    let fields: Vec<String> = fields.iter().map(|text| field(text)).collect();
    fields.join(",") + end
}

pub(super) fn write(set: &mut Set<'_>, story: &mut Story) -> Result<(), ForgeError> {
    memotrace(set, &story.chat(true), true)?;
    memotrace(set, &story.chat(false), false)?;
    memotrace_all(set, &story.chat(true), &story.chat(false))?;
    dump(set, &story.chat(true))?;
    weclone(set, &story.chat(false))?;
    chatlog(set, &story.chat(true))
}

/// Type and code of a card in the PC client's table.
const fn numbers(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Image => ("3", "0"),
        Kind::Voice => ("34", "0"),
        Kind::Video => ("43", "0"),
        Kind::Sticker => ("47", "0"),
        Kind::Place => ("48", "0"),
        Kind::Contact => ("42", "0"),
        Kind::Call => ("50", "0"),
        Kind::System => ("10000", "0"),
        Kind::Quote => ("49", "57"),
        Kind::File => ("49", "6"),
        Kind::Link => ("49", "5"),
        Kind::Forward => ("49", "19"),
        Kind::Payment => ("49", "2000"),
        Kind::Nudge => ("49", "62"),
        Kind::MiniApp => ("49", "33"),
        Kind::Unknown => ("11000", "0"),
        _ => ("1", "0"),
    }
}

const MEMOTRACE: &str = "\u{feff}localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\r\n";

fn memotrace_row(chat: &Chat, entry: &Entry, talker: &str, names: [&str; 3]) -> String {
    let (base, sub) = numbers(entry.kind);
    let content = match entry.kind {
        Kind::Text | Kind::System => entry.words.clone(),
        Kind::Quote => format!(
            "<msg><appmsg><title>{}</title><type>57</type></appmsg></msg>",
            crate::text::escaped(&entry.words)
        ),
        _ => String::new(),
    };
    let _ = chat;
    let [remark, nickname, sender] = names;
    row(
        &[
            &entry.number.to_string(),
            talker,
            base,
            sub,
            if entry.sender == Some(0) { "1" } else { "0" },
            &entry.time.to_string(),
            "",
            &content,
            &wall_clock(entry.time),
            remark,
            nickname,
            sender,
        ],
        "\r\n",
    )
}

/// What MemoTrace's rows leave of a kind: an answer without its excerpt is its words.
const fn memotrace_kind(entry: &Entry) -> Kind {
    match entry.kind {
        Kind::Quote => Kind::Text,
        kind => kind,
    }
}

fn memotrace(set: &mut Set<'_>, chat: &Chat, has_people: bool) -> Result<(), ForgeError> {
    let mut csv = MEMOTRACE.to_owned();
    for entry in &chat.entries {
        let person = entry.sender.and_then(|number| chat.people.get(number));
        let names = match person {
            Some(person) if has_people => {
                [&person.remark, &person.nickname, &person.username].map(String::as_str)
            }
            _ => [""; 3],
        };
        let mut line = memotrace_row(chat, entry, "3", names);
        if !has_people {
            // Rows of a chat between two end after the time.
            line = line.trim_end_matches(['\r', '\n', ',']).to_owned() + "\r\n";
        }
        csv.push_str(&line);
    }
    set.write(&format!("{}_utf8.csv", chat.title), csv.as_bytes())?;
    let mut all = shown(chat, Naming::Usernames, false, memotrace_kind);
    if !has_people {
        // Nobody is named: the other side is not known.
        for one in &mut all {
            one.sender = one.sender.filter(|sender| *sender == chat.owner().username);
        }
    }
    set.tell(&Written {
        conversation: &chat.title,
        conversation_kind: if chat.is_room { "group" } else { "direct" },
        shown: all,
    })
}

fn memotrace_all(set: &mut Set<'_>, room: &Chat, direct: &Chat) -> Result<(), ForgeError> {
    let mut csv = MEMOTRACE.to_owned();
    for (chat, talker) in [(room, "7"), (direct, "8")] {
        for entry in &chat.entries {
            let sender = match entry.sender {
                None => "",
                Some(0) => "我",
                Some(number) => chat.people.get(number).map_or("", |person| person.shown()),
            };
            csv.push_str(&memotrace_row(
                chat,
                entry,
                talker,
                ["", &chat.title, sender],
            ));
        }
        set.tell(&Written {
            conversation: &chat.title,
            conversation_kind: if chat.is_room { "group" } else { "direct" },
            shown: shown(chat, Naming::Names, false, memotrace_kind),
        })?;
    }
    set.write("messages.csv", csv.as_bytes())
}

/// PyWxDump's words.
pub(super) const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "图片",
        Kind::Voice => "语音",
        Kind::Video => "视频",
        Kind::Sticker => "动画表情",
        Kind::Place => "位置",
        Kind::Contact => "名片",
        Kind::Call => "语音通话",
        Kind::System => "系统通知",
        Kind::Quote => "引用回复",
        Kind::File => "文件",
        Kind::Link => "(分享)卡片式链接",
        Kind::Forward => "合并转发的聊天记录",
        Kind::Payment => "转账",
        Kind::Nudge => "拍一拍",
        Kind::MiniApp => "小程序",
        Kind::Unknown => "未知类型(77)",
        _ => "文本",
    }
}

/// The words of a row.
pub(super) fn msg(chat: &Chat, entry: &Entry) -> String {
    match entry.kind {
        Kind::Text | Kind::System => entry.words.clone(),
        Kind::Quote => {
            let target = entry.answers.and_then(|number| chat.entries.get(number));
            let words = target.map_or("原文", |target| {
                target.words.lines().next().unwrap_or("原文")
            });
            format!("{}\n\n[引用]某人:{words}", entry.words)
        }
        Kind::File => format!("文件{}.pdf", entry.number),
        Kind::Payment => "￥12.50".to_owned(),
        kind => word(kind).to_owned(),
    }
}

fn dump(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let mut csv =
        "id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime\n".to_owned();
    let mut rng = Rng::new(set.plan.seed, 0xD1);
    for entry in &chat.entries {
        let person = entry.sender.and_then(|number| chat.people.get(number));
        let mut src = String::new();
        if entry.kind == Kind::Image && set.plan.attachments && set.files < 4 {
            src = format!("img/{}.jpg", entry.server_id);
            set.write(&src, &pictures::jpeg(&mut rng, 8, 8))?;
            set.files += 1;
        }
        csv.push_str(&row(
            &[
                &entry.number.to_string(),
                &entry.server_id.to_string(),
                word(entry.kind),
                if entry.sender == Some(0) { "1" } else { "0" },
                person.map_or("系统", |person| &person.username),
                &chat.username,
                &msg(chat, entry),
                &src,
                &wall_clock(entry.time),
            ],
            "\n",
        ));
    }
    set.write("dump.csv", csv.as_bytes())?;
    set.tell(&Written {
        conversation: &chat.username,
        conversation_kind: "group",
        shown: shown(chat, Naming::Usernames, true, |entry| entry.kind),
    })
}

fn weclone(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let mut csv = "id,MsgSvrID,type_name,is_sender,talker,msg,src,CreateTime\r\n".to_owned();
    for entry in &chat.entries {
        let person = entry.sender.and_then(|number| chat.people.get(number));
        csv.push_str(&row(
            &[
                &entry.number.to_string(),
                &entry.server_id.to_string(),
                word(entry.kind),
                if entry.sender == Some(0) { "1" } else { "0" },
                person.map_or("系统", |person| &person.username),
                &msg(chat, entry),
                "",
                &wall_clock(entry.time).replace(' ', "T"),
            ],
            "\r\n",
        ));
    }
    set.write("weclone.csv", csv.as_bytes())?;
    set.tell(&Written {
        conversation: &chat.username,
        conversation_kind: "direct",
        shown: shown(chat, Naming::Usernames, true, |entry| entry.kind),
    })
}

fn chatlog(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let mut csv = "Time,SenderName,Sender,TalkerName,Talker,Content\n".to_owned();
    for entry in &chat.entries {
        let person = entry.sender.and_then(|number| chat.people.get(number));
        let (name, id) = match (entry.sender, person) {
            (Some(0), Some(person)) => ("我", person.username.as_str()),
            (_, Some(person)) => (person.shown(), person.username.as_str()),
            _ => ("", "系统消息"),
        };
        csv.push_str(&row(
            &[
                &wall_clock(entry.time),
                name,
                id,
                &chat.title,
                &chat.username,
                &rendered(entry),
            ],
            "\n",
        ));
    }
    set.write("chatlog.csv", csv.as_bytes())?;
    set.tell(&Written {
        conversation: &chat.username,
        conversation_kind: "group",
        shown: shown(chat, Naming::Usernames, false, rendered_kind),
    })
}

/// What stays of a kind in rendered text.
pub(super) const fn rendered_kind(entry: &Entry) -> Kind {
    match entry.kind {
        Kind::Unknown => Kind::Text,
        kind => kind,
    }
}

/// An entry as chatlog renders it.
pub(super) fn rendered(entry: &Entry) -> String {
    let host = "http://127.0.0.1:5030";
    match entry.kind {
        Kind::Image => format!("![图片]({host}/image/{:x})", entry.server_id),
        Kind::Voice => format!("[语音]({host}/voice/{:x})", entry.server_id),
        Kind::Video => format!("![视频]({host}/video/{:x})", entry.server_id),
        Kind::File => format!(
            "[文件|表{}.xlsx]({host}/file/{:x})",
            entry.number, entry.server_id
        ),
        Kind::Link => format!(
            "[链接|题{}](https://example.org/{})",
            entry.number, entry.number
        ),
        Kind::Quote => format!("> 某人: 原文\n{}", entry.words),
        Kind::Text | Kind::System | Kind::Unknown => entry.words.clone(),
        Kind::Sticker => "[动画表情]".to_owned(),
        kind => format!("[{}]", word(kind)),
    }
}
