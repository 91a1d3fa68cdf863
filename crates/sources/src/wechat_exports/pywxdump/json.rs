//! PyWxDump's list of messages.

use hutong_model::{NativeId, NativeIdName, Part};

use super::{author, content_of, is_file_place};
use crate::json_stream::Node;
use crate::wechat_exports::compose::{Composer, Draft, ME};
use crate::wechat_exports::content::{self, Stated};
use crate::wechat_exports::facts::{Facts, is_stated_username, is_username};
use crate::wechat_exports::files::Export;
use crate::wechat_exports::json;
use crate::{Input, ReadError};

/// Whose copy it is.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Facts, ReadError> {
    let mut facts = Facts::default();
    let mut rows = 0_u32;
    json::survey(
        input,
        export,
        |_, _| {},
        |node| {
            let talker = node.get("talker").text().unwrap_or_default();
            let is_out = node.get("is_sender").is_true();
            let mut is_settled = false;
            // Some versions write the other side into the owner's rows.
            if is_out && talker != node.get("room_name").text().unwrap_or_default() {
                facts.meet_owner(&talker);
                is_settled = talker == ME || facts.owner.is_some();
            } else if !is_out && is_username(&talker) {
                facts.meet(&talker);
            }
            facts.meet_id(&node.get("MsgSvrID").text().unwrap_or_default());
            rows += 1;
            (is_settled || facts.owner.is_some()) && rows > 200
        },
        |_| true,
    )?;
    Ok(facts)
}

/// Words of a member that can be a text or hold more.
fn text_of(node: &Node<'_>) -> String {
    match node {
        Node::Object(_) | Node::List(_) => node.to_json(),
        _ => node.text().unwrap_or_default().into_owned(),
    }
}

/// The place of a file: `src`, or a path in the objects that some versions write.
fn places(node: &Node<'_>) -> Vec<String> {
    const KEYS: &[&str] = &["src", "path", "file", "url", "cdnurl", "thumb"];
    let mut places = Vec::new();
    for member in [node.get("src"), node.get("extra"), node.get("msg")] {
        if member.is_object() {
            places.extend(KEYS.iter().filter_map(|key| json::words(member.get(key))));
        } else {
            places.extend(json::words(member));
        }
    }
    places
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
        let time = node.get("CreateTime").text().unwrap_or_default();
        let Some((sent_at, precision)) = composer.clock.read(&time) else {
            return composer.reject(item.at, "the row has no time that can be read");
        };
        let room = node.get("room_name").text().unwrap_or_default();
        let room = room.trim();
        let chat = if is_stated_username(room) {
            composer.chat(room, None)?
        } else {
            let mut named = facts.clone();
            named.title = (!room.is_empty()).then(|| room.to_owned());
            named.only_chat(composer, &title)?
        };
        let word = node.get("type_name").text().unwrap_or_default();
        let (msg, src) = (text_of(node.get("msg")), text_of(node.get("src")));
        let text = if is_file_place(&word, &msg) {
            ""
        } else {
            content_of(&word, &msg, &src)
        };
        let mut body = content::body(composer, chat, Stated::word_or_number(word.trim()), text);
        if let Some(Part::Forward(forward)) = body.parts.first_mut() {
            let record = node.first(&["src", "extra"]);
            if forward.raw.is_none() && record.is_object() {
                forward.raw = Some(record.to_json());
            }
            forward.title = forward
                .title
                .take()
                .or_else(|| json::words(record.get("title")));
        }
        let places = places(node);
        let url = places.iter().find(|place| place.starts_with("http"));
        content::describe(
            &mut body.parts,
            url.cloned(),
            json::words(node.get("extra").get("md5")),
        );
        if let Some(Part::Link(link)) = body.parts.first_mut() {
            link.url = link.url.take().or_else(|| url.cloned());
        }
        let paths: Vec<&str> = places.iter().map(String::as_str).collect();
        composer.find_file(&mut body.parts, &paths);
        let talker = node.get("talker").text().unwrap_or_default();
        let author = author(node.get("is_sender").is_true(), talker.trim(), &body);
        let row = node.get("id").integer();
        composer.push(Draft {
            at: item.at,
            chat,
            author,
            author_name: None,
            sent_at,
            precision,
            server_id: facts.server_id(&node.get("MsgSvrID").text().unwrap_or_default()),
            native_ids: row
                .map(|id| NativeId::integer(NativeIdName::Other("export_row".to_owned()), id))
                .into_iter()
                .collect(),
            body,
            raw: item.raw,
        })
    })
}
