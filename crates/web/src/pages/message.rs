//! One message: the way to its place, everything about it, and the bundles in it.

use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use hutong::model::{
    Account, ConversationKind, Message, MessageId, Names, NativeId, NativeValue, PartKind,
};
use hutong::sinks::clock::Clock;
use hutong::sinks::paint::{BundlePath, Live, Painter, Served, address, bundle_at};
use hutong::sinks::words;
use hutong::{Reader, Sighting};
use maud::{Markup, html};
use serde::Deserialize;

use super::conversation::{date_and_time, paint_failure};
use crate::asked::Asked;
use crate::frame::{Frame, Page, Section, painted};
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// So many copies of a message are listed.
const MAX_COPIES: usize = 200;

/// So many of a platform's own ids are listed for each.
const MAX_IDS: usize = 40;

fn message_id(text: &str) -> Result<MessageId, Failure> {
    MessageId::from_hex(text).ok_or(Failure::NotFound)
}

fn read(reader: &mut Reader, id: MessageId) -> Result<Message, Failure> {
    reader.message(id)?.ok_or(Failure::NotFound)
}

/// The permanent address: leads to the message in its chat.
pub(crate) async fn find(
    State(site): State<Site>,
    Path(message): Path<String>,
) -> Result<Redirect, Failure> {
    site.touch();
    let id = message_id(&message)?;
    let message = site.read(move |_, reader| read(reader, id)).await?;
    Ok(Redirect::to(&place(&message)))
}

/// Where a message stands in its chat.
fn place(message: &Message) -> String {
    format!(
        "/c/{}?at={}#{}",
        message.conversation,
        message.id,
        address::anchor(message.id)
    )
}

/// A painter of one message of a chat.
fn painter<'a>(
    open: &'a OpenArchive,
    visitor: &Visitor,
    message: &Message,
) -> Painter<'a, Served<'a>> {
    let mut painter = Painter::new(
        &*open.names,
        visitor.language,
        &visitor.zone,
        Served::new(&open.media),
    )
    .live(Live::whole());
    let kind = open
        .names
        .conversation(message.conversation)
        .map_or(ConversationKind::Group, |conversation| conversation.kind);
    painter.enter(message.conversation, kind);
    painter
}

/// Everything about a message: all of its words, every copy, and where each came from.
pub(crate) async fn details(
    State(site): State<Site>,
    visitor: Visitor,
    Path(message): Path<String>,
) -> Result<Response, Failure> {
    site.touch();
    let id = message_id(&message)?;
    let looking = visitor.clone();
    let content = site
        .read(move |open, reader| {
            let message = read(reader, id)?;
            let copies = reader.sightings(id)?;
            let mut bytes = Vec::new();
            painter(open, &looking, &message)
                .message(&message, &mut bytes)
                .map_err(paint_failure)?;
            Ok(html! {
                (way_back(&looking, open, &message))
                h1 { (looking.pick("消息详情", "About this message")) }
                div #log .one { (painted(bytes)) }
                (facts(&looking, open, &message))
                (origins(&looking, open, &copies))
            })
        })
        .await?;
    let frame = Frame::new(
        Section::Chats,
        visitor.pick("消息详情", "About this message"),
    )
    .style("message.css")
    .style("conversation.css")
    .script("conversation.js");
    Ok(Page::new(frame, content).show(&visitor, &site))
}

fn way_back(visitor: &Visitor, open: &OpenArchive, message: &Message) -> Markup {
    let title = open
        .names
        .conversation_title(message.conversation)
        .unwrap_or_default();
    html! {
        p.way {
            a href=(place(message)) { "← " (visitor.pick("在会话中：", "In the chat: ")) bdi { (title) } }
        }
    }
}

/// What the archive says of the message as a whole.
fn facts(visitor: &Visitor, open: &OpenArchive, message: &Message) -> Markup {
    let mut clock = Clock::new(&visitor.zone);
    let mut sent = Vec::with_capacity(24);
    clock
        .local(message.sent_at)
        .write_precisely(message.precision, &mut sent);
    let sent: String = sent.into_iter().map(char::from).collect();
    let zone = visitor.zone.iana_name().unwrap_or("");
    let sender = message.sender.and_then(|id| open.names.account(id));
    html! {
        section.card {
            h2 { (visitor.pick("概况", "At a glance")) }
            dl.facts {
                dt { (visitor.pick("时间", "Sent")) } dd { (sent) " " (zone) }
                @if let Some(sender) = sender {
                    dt { (visitor.pick("发送者", "Sender")) }
                    dd { bdi { (sender.display_name()) } " " (account_ids(sender)) }
                } @else if let Some(name) = &message.sender_name {
                    dt { (visitor.pick("发送者", "Sender")) } dd { bdi { (cut(name)) } }
                }
                dt { (visitor.pick("平台", "Platform")) } dd { (words::platform(visitor.language, &message.platform)) }
                dt { (visitor.pick("种类", "Kind")) } dd { (kinds(visitor, message)) }
                @if let Some(state) = words::state(visitor.language, &message.state) {
                    dt { (visitor.pick("状态", "State")) } dd { (state) }
                }
                @if message.is_hidden {
                    dt { (visitor.pick("显示", "Shown")) }
                    dd { (visitor.pick("会话中不显示的服务消息", "a service row that chats do not show")) }
                }
                @if let Some(target) = message.reply_to.first() {
                    dt { (visitor.pick("回复", "Answers")) }
                    dd { a href=(address::message(*target)) { (target.to_hex()) } }
                }
                dt { (visitor.pick("编号", "Id")) } dd { code { (message.id.to_hex()) } }
            }
        }
    }
}

fn account_ids(account: &Account) -> Markup {
    html! { code { (cut(&account.native_id)) } }
}

fn kinds(visitor: &Visitor, message: &Message) -> String {
    let mut kinds: Vec<PartKind> = message
        .parts
        .iter()
        .map(hutong::model::Part::kind)
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let names: Vec<_> = kinds
        .into_iter()
        .map(|kind| words::part(visitor.language, kind))
        .collect();
    names.join(visitor.pick("、", ", "))
}

/// Every copy: which import, which file, which table, which row.
fn origins(visitor: &Visitor, open: &OpenArchive, copies: &[Sighting]) -> Markup {
    let mut clock = Clock::new(&visitor.zone);
    html! {
        section.card {
            h2 {
                (visitor.pick("出处", "Origin"))
                @if copies.len() > 1 {
                    " " small.soft {
                        (words::grouped(copies.len() as u64)) (visitor.pick(" 份", " copies"))
                    }
                }
            }
            ol.copies {
                @for copy in copies.iter().take(MAX_COPIES) {
                    li { (origin(visitor, &mut clock, open, copy)) }
                }
            }
        }
    }
}

fn origin(visitor: &Visitor, clock: &mut Clock, open: &OpenArchive, copy: &Sighting) -> Markup {
    let source = hutong::sources::source(&copy.source).map(hutong::sources::Source::about);
    let source = source.map_or(copy.source.as_str(), |about| {
        visitor.pick(about.name_zh, about.name_en)
    });
    let place = &copy.message.origin.place;
    html! {
        dl.facts {
            dt { (visitor.pick("导入", "Import")) }
            dd { "#" (copy.import) " · " (source) " · " (date_and_time(clock, copy.imported_at_ms)) }
            dt { (visitor.pick("输入", "Input")) } dd { bdi { code { (cut(&copy.input)) } } }
            dt { (visitor.pick("文件", "File")) } dd { bdi { code { (cut(&place.input)) } } }
            @if !place.table.is_empty() {
                dt { (visitor.pick("表", "Table")) } dd { code { (cut(&place.table)) } }
            }
            (at(visitor, copy.message.origin.at))
            @if let Some(title) = open.names.conversation_title(copy.message.conversation) {
                dt { (visitor.pick("会话", "Chat")) } dd { bdi { (cut(title)) } }
            }
            @for id in copy.message.native_ids.iter().take(MAX_IDS) {
                dt { code { (cut(id.name.as_str())) } } dd { code { (cut(&native(id))) } }
            }
            dt { (visitor.pick("摘要", "Digest")) } dd { code { (hex::encode(copy.digest)) } }
        }
        @if copy.is_other_wording {
            p.warn { (visitor.pick("这份副本的内容与显示的不同：", "This copy says something else than what is shown:")) }
            p.other dir="auto" { (cut(&hutong::model::plain_text(&copy.message.parts))) }
        }
    }
}

fn at(visitor: &Visitor, at: hutong::model::At) -> Markup {
    use hutong::model::At;
    let (name, value) = match at {
        At::Row(row) => (visitor.pick("行", "Row"), row.to_string()),
        At::Line(line) => (visitor.pick("行", "Line"), line.to_string()),
        At::Bytes(start, length) => (visitor.pick("字节", "Bytes"), format!("{start} + {length}")),
        At::Page(page) => (visitor.pick("页", "Page"), page.to_string()),
        At::Whole => return html! {},
    };
    html! { dt { (name) } dd { (value) } }
}

fn native(id: &NativeId) -> String {
    match &id.value {
        NativeValue::Integer(number) => number.to_string(),
        NativeValue::Text(text) => text.clone(),
    }
}

/// The beginning of what somebody else wrote, for a line: without line ends and whatever turns the direction.
fn cut(text: &str) -> String {
    const CHARACTERS: usize = 2000;
    text.chars()
        .take(CHARACTERS)
        .filter(|character| {
            !matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect()
}

/// Which part of a bundle somebody wants to read.
#[derive(Debug, Deserialize)]
pub(crate) struct InBundle {
    /// Where in the message the bundle is.
    path: String,
    /// Number of the first message.
    #[serde(default)]
    from: usize,
}

/// A forward bundle inside a message, from one of its messages on.
pub(crate) async fn bundle(
    State(site): State<Site>,
    visitor: Visitor,
    Path(message): Path<String>,
    Asked(wanted): Asked<InBundle>,
) -> Result<Response, Failure> {
    site.touch();
    let id = message_id(&message)?;
    let path: BundlePath = wanted.path.parse().map_err(|_| Failure::NotFound)?;
    let looking = visitor.clone();
    let content = site
        .read(move |open, reader| {
            let message = read(reader, id)?;
            let forward = bundle_at(&message.parts, &path).ok_or(Failure::NotFound)?;
            if wanted.from > 0 && wanted.from >= forward.messages.len() {
                return Err(Failure::NotFound);
            }
            let mut bytes = Vec::new();
            painter(open, &looking, &message)
                .bundle(&message, &path, wanted.from, &mut bytes)
                .map_err(paint_failure)?;
            let title = forward.title.as_deref().map(cut);
            let title = title.filter(|title| !title.trim().is_empty());
            Ok(html! {
                (way_back(&looking, open, &message))
                h1 { bdi { (title.as_deref().unwrap_or(looking.pick("聊天记录", "Chat history"))) } }
                div #log .fw .one { (painted(bytes)) }
            })
        })
        .await?;
    let frame = Frame::new(Section::Chats, visitor.pick("聊天记录", "Chat history"))
        .style("message.css")
        .style("conversation.css")
        .script("conversation.js");
    Ok(Page::new(frame, content).show(&visitor, &site))
}
