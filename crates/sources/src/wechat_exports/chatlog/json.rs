//! chatlog's list of messages, and the body that it sends to webhooks.

use hutong_model::NativeIdName;

use super::contents;
use crate::wechat_exports::compose::{Composer, Draft};
use crate::wechat_exports::content;
use crate::wechat_exports::facts::{Facts, is_stated_username, is_username};
use crate::wechat_exports::files::{Export, Shape};
use crate::wechat_exports::json::{self, integer_id};
use crate::{Input, ReadError};

/// Whose copy it is.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Facts, ReadError> {
    let mut facts = Facts::default();
    let mut owner = None;
    json::survey(
        input,
        export,
        |path, node| {
            if path == "talker"
                && let Some(talker) = node.words().filter(|talker| is_username(talker))
            {
                facts.talker = Some(talker);
            }
        },
        |node| {
            if node.get("isSelf").is_true() {
                owner = node
                    .get("sender")
                    .words()
                    .filter(|sender| is_username(sender));
            }
            owner.is_some()
        },
        |_| export.shape == Shape::ChatlogJson,
    )?;
    facts.owner = owner;
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
        let node = item.node;
        let time = node.get("time").text().unwrap_or_default();
        let Some((sent_at, precision)) = composer.clock.read(&time) else {
            return composer.reject(item.at, "the row has no time that can be read");
        };
        let talker = node.get("talker").text().unwrap_or_default();
        let talker_name = node.get("talkerName").words();
        let is_room = node.get("isChatRoom").is_true();
        let chat = if is_stated_username(&talker) && is_room {
            composer.stated_room(&talker, talker_name.as_deref())?
        } else if is_stated_username(&talker) {
            composer.chat(&talker, talker_name.as_deref())?
        } else {
            let mut named = facts.clone();
            named.title = talker_name.or_else(|| json::words(node.get("talker")));
            named.is_group = Some(is_room);
            named.only_chat(composer, &title)?
        };
        let text = node.get("content").str().unwrap_or_default();
        let mut body = if content::is_markup(text) && node.get("type").integer() != Some(1) {
            let number = |key: &str| node.get(key).integer().unwrap_or(0);
            let stated = content::Stated::number(number("type") | number("subType") << 32);
            content::body(composer, chat, stated, text)
        } else {
            contents::body(&mut composer.clock, node, 0)
        };
        let contents = node.get("contents");
        let places: Vec<String> = [
            "path",
            "thumbpath",
            "imgfile",
            "imgfileh",
            "videofile",
            "title",
        ]
        .iter()
        .filter_map(|key| json::words(contents.get(key)))
        .collect();
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        composer.find_file(&mut body.parts, &places);
        let sender = node.get("sender").text().unwrap_or_default();
        let name = node.get("senderName").text().unwrap_or_default();
        let author = super::author(node.get("isSelf").is_true(), &sender, &name, &body);
        // Only voices carry the server's id.
        let server_id = contents
            .get("voice")
            .text()
            .map_or(0, |id| facts.server_id(&id));
        composer.push(Draft {
            at: item.at,
            chat,
            author,
            author_name: Some(&name),
            sent_at,
            precision,
            server_id,
            native_ids: integer_id(NativeIdName::Sequence, node.get("seq"))
                .into_iter()
                .collect(),
            body,
            raw: item.raw,
        })
    })
}
