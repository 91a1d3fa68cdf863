//! Texts, pages and statements.

use std::fmt::Write as _;

use super::story::{Chat, Story};
use super::tables::{rendered, rendered_kind, word};
use super::{Naming, Set, Written, shown};
use crate::ForgeError;
use crate::text::wall_clock;
use crate::truth::Kind;

pub(super) fn write(set: &mut Set<'_>, story: &mut Story) -> Result<(), ForgeError> {
    memotrace(set, &story.chat(false))?;
    page(set, &story.chat(true))?;
    chatlog(set, &story.chat(true))?;
    statements(set, &story.chat(false))
}

fn memotrace(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let mut text = String::new();
    for entry in &chat.entries {
        let name = match entry.sender {
            None => "系统消息",
            Some(0) => "我",
            Some(number) => chat.people.get(number).map_or("", |person| person.shown()),
        };
        let words = match entry.kind {
            Kind::Text | Kind::Quote | Kind::System | Kind::Unknown => entry.words.clone(),
            kind => format!("[{}]", word(kind)),
        };
        let _ = write!(text, "{} {name}\n{words}\n\n", wall_clock(entry.time));
    }
    set.write("memo.txt", text.as_bytes())?;
    set.tell(&Written {
        conversation: &chat.title,
        conversation_kind: "direct",
        shown: shown(chat, Naming::Names, false, |entry| match entry.kind {
            Kind::Quote | Kind::Unknown => Kind::Text,
            kind => kind,
        }),
    })
}

/// A text in single quotes of a script.
fn quoted(text: &str) -> String {
    let text = crate::text::escaped(text)
        .replace('\\', "\\\\")
        .replace('\'', "\\'");
    format!("'{}'", text.replace('\n', "\\n"))
}

fn page(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let mut html =
        "<!DOCTYPE html>\n<html><head><style>body{margin:0}</style></head><body><script>\n\
                    const chatMessages = [\n"
            .to_owned();
    for entry in &chat.entries {
        let base = match entry.kind {
            Kind::System => 0,
            Kind::Image => 3,
            Kind::Voice => 34,
            Kind::Video => 43,
            Kind::Quote | Kind::File | Kind::Link => 49,
            _ => 1,
        };
        let sub = match entry.kind {
            Kind::Quote => 57,
            Kind::File => 6,
            Kind::Link => 5,
            _ => 0,
        };
        let name = match entry.sender {
            None => "",
            Some(number) => chat.people.get(number).map_or("", |person| person.shown()),
        };
        let is_media = matches!(base, 3 | 34 | 43);
        let text = if is_media { "" } else { &entry.words };
        let _ = write!(
            html,
            "{{ type:{base}, sub_type:{sub}, text:{},is_send:{},avatar_path:'./avatar/a.png',timestamp:{},is_chatroom:1,displayname:{},",
            quoted(text),
            u8::from(entry.sender == Some(0)),
            entry.time,
            quoted(name),
        );
        match entry.kind {
            Kind::Quote => html.push_str("refer_text:'某人：原文',"),
            Kind::File => html.push_str("file_name:'表.xlsx',file_size:'1024',"),
            Kind::Link => html.push_str("title:'题',link_url:'https://example.org/',"),
            _ => {}
        }
        html.push_str("},\n");
    }
    html.push_str("]\nfunction show(m){return m.is_send}\n</script></body></html>\n");
    set.write("页.html", html.as_bytes())?;
    set.tell(&Written {
        conversation: "页",
        conversation_kind: "group",
        shown: shown(chat, Naming::Names, false, |entry| match entry.kind {
            kind @ (Kind::System
            | Kind::Image
            | Kind::Voice
            | Kind::Video
            | Kind::Quote
            | Kind::File
            | Kind::Link) => kind,
            _ => Kind::Text,
        }),
    })
}

fn chatlog(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let mut text = String::new();
    for entry in &chat.entries {
        let person = entry.sender.and_then(|number| chat.people.get(number));
        let who = match (entry.sender, person) {
            (Some(0), _) => "我".to_owned(),
            (_, Some(person)) => format!("{}({})", person.shown(), person.username),
            _ => "系统消息".to_owned(),
        };
        let _ = write!(
            text,
            "{who} [{}({})] {}\n{}\n\n",
            chat.title,
            chat.username,
            wall_clock(entry.time),
            rendered(entry)
        );
    }
    set.write("chatlog.txt", text.as_bytes())?;
    set.tell(&Written {
        conversation: &chat.username,
        conversation_kind: "group",
        shown: shown(chat, Naming::Usernames, false, rendered_kind),
    })
}

fn statements(set: &mut Set<'_>, chat: &Chat) -> Result<(), ForgeError> {
    let mut sql = "CREATE TABLE weflow_messages (session_id TEXT, local_id INTEGER, message_id TEXT, create_time INTEGER, \
                   sender TEXT, is_send INTEGER, local_type INTEGER, media_type TEXT, content TEXT, media_path TEXT);\n"
        .to_owned();
    for entry in &chat.entries {
        let person = entry.sender.and_then(|number| chat.people.get(number));
        let _ = writeln!(
            sql,
            "INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) \
             VALUES ('{}', {}, '{}', {}, '{}', {}, {}, NULL, '{}', NULL);",
            chat.username,
            entry.number,
            entry.server_id,
            entry.time,
            person.map_or("", |person| &person.username),
            u8::from(entry.sender == Some(0)),
            super::lists::local_type(entry.kind),
            super::lists::content(entry).replace('\'', "''"),
        );
    }
    set.write("weflow.sql", sql.as_bytes())?;
    set.tell(&Written {
        conversation: &chat.username,
        conversation_kind: "direct",
        shown: shown(chat, Naming::Usernames, true, |entry| match entry.kind {
            // Without its excerpt an answer is its words.
            Kind::Quote => Kind::Text,
            kind => kind,
        }),
    })
}
