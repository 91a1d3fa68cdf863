//! The short list: name, words and time only.

use crate::wechat::map::Sender;
use crate::wechat_exports::compose::{Author, Composer, Draft, ME};
use crate::wechat_exports::content;
use crate::wechat_exports::facts::{Facts, is_username};
use crate::wechat_exports::files::Export;
use crate::wechat_exports::json;
use crate::{Input, ReadError};

const NAME: &[&str] = &["nickname", "sender"];

fn is_system(name: &str) -> bool {
    matches!(name, "系统" | "系统消息" | "系统通知")
}

/// Who writes in a list.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Facts, ReadError> {
    let mut facts = Facts::default();
    json::survey(
        input,
        export,
        |_, _| {},
        |node| {
            let name = node.first(NAME).text().unwrap_or_default();
            if name != ME && !is_system(&name) {
                facts.meet(name.trim());
            }
            facts.others.len() > 1
        },
        |_| true,
    )?;
    Ok(facts)
}

/// Reads a list.
pub(in crate::wechat_exports) fn read(
    input: &Input,
    export: &Export,
    facts: &Facts,
    composer: &mut Composer<'_>,
) -> Result<(), ReadError> {
    let title = export.title();
    json::each(input, export, composer, |composer, item| {
        let time = item
            .node
            .first(&["time", "timestamp"])
            .text()
            .unwrap_or_default();
        let Some((sent_at, precision)) = composer.clock.read(&time) else {
            return composer.reject(item.at, "the row has no time that can be read");
        };
        let chat = facts.only_chat(composer, &title)?;
        let text = item
            .node
            .first(&["message", "content"])
            .text()
            .unwrap_or_default();
        let name = item.node.first(NAME).text().unwrap_or_default();
        let name = name.trim();
        let body = content::untyped(composer, chat, &text);
        let author = if body.sender == Sender::Nobody || is_system(name) {
            Author::Nobody
        } else if name == ME || composer.owner() == Some(name) {
            Author::Owner
        } else if is_username(name) {
            Author::Username(name)
        } else if name.is_empty() {
            Author::Other
        } else {
            Author::Named(name)
        };
        composer.push(Draft {
            at: item.at,
            chat,
            author,
            author_name: None,
            sent_at,
            precision,
            server_id: 0,
            native_ids: Vec::new(),
            body,
            raw: item.raw,
        })
    })
}
