//! Some messages of a chat, chosen on the page, as a file.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hutong::Reader;
use hutong::model::{Conversation, ConversationId, Message, MessageId, Names};
use hutong::sinks::{Context, Format, Language, NoBlobs, Output, format};
use maud::{Markup, html};
use serde::Deserialize;

use super::{conversation_id, known};
use crate::frame::token_field;
use crate::site::lock;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// What one message after the other can be written as; web pages are folders and come from the export page.
const FORMATS: [&str; 4] = ["txt", "md", "csv", "jsonl"];

/// More than this are an export, not a choice.
const MAX_CHOSEN: usize = 5000;

/// The chosen messages.
#[derive(Debug, Deserialize)]
pub(crate) struct Chosen {
    /// Ids with spaces between them.
    ids: String,
    /// Id of a format.
    format: String,
}

/// The chosen messages as a file to keep.
pub(crate) async fn chosen(
    State(site): State<Site>,
    visitor: Visitor,
    Path(chat): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Failure> {
    site.touch();
    let id = conversation_id(&chat)?;
    let format = FORMATS
        .iter()
        .find(|known| **known == chosen.format)
        .and_then(|id| format(id))
        .ok_or_else(|| Failure::bad("没有这种格式。", "There is no such format."))?;
    let ids = ids(&chosen.ids)?;
    let program = site.settings().program.clone();
    let now_ms = site.now_ms();
    let bytes = site
        .read(move |open, reader| {
            let conversation = known(open, id)?;
            let messages = read(reader, conversation, &ids)?;
            let mut context = Context::new(&*open.names, &NoBlobs);
            context.language = visitor.language;
            context.zone = visitor.zone.clone();
            context.title = open
                .names
                .conversation_title(id)
                .unwrap_or_default()
                .to_owned();
            context.generated_by = &program;
            context.generated_at = Some(hutong::model::Timestamp(now_ms));
            // Who chose a service row wants it.
            context.options.show_hidden = true;
            write(format, &context, conversation, &messages)
        })
        .await?;
    let name = format!(
        "attachment; filename=\"hutong-messages.{}\"",
        format.about().extension
    );
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn ids(text: &str) -> Result<Vec<MessageId>, Failure> {
    let ids: Option<Vec<_>> = text
        .split_ascii_whitespace()
        .take(MAX_CHOSEN + 1)
        .map(MessageId::from_hex)
        .collect();
    let ids = ids.ok_or(Failure::NotFound)?;
    match ids.len() {
        0 => Err(Failure::bad("还没有选中消息。", "No message is selected.")),
        1..=MAX_CHOSEN => Ok(ids),
        _ => Err(Failure::bad(
            format!("一次最多选 {MAX_CHOSEN} 条；更多请用导出。"),
            format!("At most {MAX_CHOSEN} messages can be selected; export the chat to get more."),
        )),
    }
}

/// The messages in reading order; an id that is not in the archive, or in another chat, is an error.
fn read(
    reader: &mut Reader,
    conversation: &Conversation,
    ids: &[MessageId],
) -> Result<Vec<Message>, Failure> {
    let mut messages = Vec::with_capacity(ids.len());
    for id in ids {
        let page = reader.page(conversation.id, hutong::Place::Around(*id), 0)?;
        let found = page.messages.into_iter().next().ok_or(Failure::NotFound)?;
        messages.push(found);
    }
    messages.sort_by_key(|message| (message.sent_at, message.order, message.id));
    messages.dedup_by_key(|message| message.id);
    Ok(messages)
}

/// A place for bytes that can be looked at when the export is done with it.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(
    format: &dyn Format,
    context: &Context<'_>,
    conversation: &Conversation,
    messages: &[Message],
) -> Result<Vec<u8>, Failure> {
    let shared = Shared::default();
    let broken = |error: hutong::sinks::WriteError| Failure::Broken(error.to_string());
    let mut export = format
        .start(Output::Stream(Box::new(shared.clone())), context)
        .map_err(broken)?;
    export
        .conversation(conversation, messages.len() as u64)
        .map_err(broken)?;
    for message in messages {
        export.message(message).map_err(broken)?;
    }
    export.finish().map_err(broken)?;
    let bytes = std::mem::take(&mut *lock(&shared.0));
    Ok(bytes)
}

/// What can be done with a choice; scripts show it.
pub(super) fn bar(visitor: &Visitor, id: ConversationId) -> Markup {
    let name = |format: &'static dyn Format| match visitor.language {
        Language::Zh => format.about().name_zh,
        Language::En => format.about().name_en,
    };
    html! {
        form #chosen method="post" action={ "/c/" (id.to_hex()) "/chosen" } hidden
            aria-label=(visitor.pick("选中的消息", "Selected messages")) data-label=(visitor.pick("选择", "Select")) {
            (token_field(visitor))
            input type="hidden" name="ids";
            p { (visitor.pick("已选 ", "Selected: ")) output { "0" } }
            label for="chosen-format" { (visitor.pick("格式", "Format")) }
            select #chosen-format name="format" {
                @for format in FORMATS.iter().filter_map(|id| format(id)) {
                    option value=(format.about().id) { (name(format)) }
                }
            }
            button { (visitor.pick("导出", "Export")) }
            button.quiet type="button" data-stop { (visitor.pick("取消", "Cancel")) }
        }
    }
}
