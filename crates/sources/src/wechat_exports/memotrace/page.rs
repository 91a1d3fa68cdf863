//! MemoTrace's page: its script holds the messages as a list of objects.

use hutong_model::{At, Attachment, File, Link, Part, Quote, Stop};

use super::script::{Item, Script, Value, members};
use crate::wechat::map::{Body, Sender};
use crate::wechat_exports::clock;
use crate::wechat_exports::compose::{Author, ChatIndex, Composer, Draft};
use crate::wechat_exports::content::{self, Stated};
use crate::wechat_exports::facts::{Facts, LOOK_BYTES};
use crate::wechat_exports::files::Export;
use crate::wechat_exports::rows::io_error;
use crate::{Input, ReadError};

/// The members of an object by name.
struct Members(Vec<(String, Value)>);

impl Members {
    fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.words())
    }

    fn words(&self, name: &str) -> Option<String> {
        Some(plain(self.get(name))).filter(|words| !words.trim().is_empty())
    }

    fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), "1" | "true")
    }

    fn base(&self) -> Option<u32> {
        self.get("type").trim().parse().ok()
    }
}

/// Text of a page without its markup.
fn plain(text: &str) -> String {
    if !text.contains(['&', '<']) {
        return text.to_owned();
    }
    let text = text
        .replace("<br>", "\n")
        .replace("<br/>", "\n")
        .replace("<br />", "\n");
    crate::wechat::decode::unescaped(&text).into_owned()
}

/// Who writes in a page, and whether it is a room's.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Facts, ReadError> {
    let failed = io_error(export);
    let mut script = export.open(input).and_then(Script::new).map_err(&failed)?;
    let mut facts = Facts::default();
    while script.position() < LOOK_BYTES && facts.others.len() < 2 {
        let object = match script.next().map_err(&failed)? {
            None => break,
            Some(Item::Broken(_)) => continue,
            Some(Item::Object(object)) => Members(members(object.raw)),
        };
        if object.is_true("is_chatroom") {
            facts.is_group = Some(true);
        } else if !object.get("is_chatroom").is_empty() && facts.is_group.is_none() {
            facts.is_group = Some(false);
        }
        if !object.is_true("is_send") && !matches!(object.base(), Some(0 | 10_000)) {
            facts.meet(object.get("displayname").trim());
        }
    }
    Ok(facts)
}

/// Reads a page.
pub(in crate::wechat_exports) fn read(
    input: &Input,
    export: &Export,
    facts: &Facts,
    composer: &mut Composer<'_>,
) -> Result<(), ReadError> {
    let failed = io_error(export);
    let mut script = export.open(input).and_then(Script::new).map_err(&failed)?;
    let chat = facts.only_chat(composer, &export.title())?;
    while let Some(item) = script.next().map_err(&failed)? {
        match item {
            Item::Broken(at) => composer.damage(
                At::Bytes(at, 0),
                "the list of messages is damaged here; reading went on behind it",
            )?,
            Item::Object(object) => {
                let at = At::Bytes(object.start, object.raw.len() as u64);
                message(
                    composer,
                    chat,
                    at,
                    &Members(members(object.raw)),
                    object.raw,
                )?;
            }
        }
    }
    Ok(())
}

fn message(
    composer: &mut Composer<'_>,
    chat: ChatIndex,
    at: At,
    object: &Members,
    raw: &[u8],
) -> Result<(), Stop> {
    let moment = object
        .get("timestamp")
        .trim()
        .parse()
        .ok()
        .and_then(clock::of_number)
        .or_else(|| composer.clock.read(object.get("timestamp")));
    let Some((sent_at, precision)) = moment else {
        return composer.reject(at, "the row has no time that can be read");
    };
    let body = body(composer, chat, object);
    let name = plain(object.get("displayname"));
    let author = if body.sender == Sender::Nobody {
        Author::Nobody
    } else if object.is_true("is_send") {
        Author::Owner
    } else if name.trim().is_empty() {
        Author::Other
    } else {
        Author::Named(name.trim())
    };
    composer.push(Draft {
        at,
        chat,
        author,
        author_name: None,
        sent_at,
        precision,
        server_id: 0,
        native_ids: Vec::new(),
        body,
        raw,
    })
}

fn body(composer: &Composer<'_>, chat: ChatIndex, object: &Members) -> Body {
    let base = match object.base() {
        Some(0) => 10_000,
        Some(base) => base,
        None => 1,
    };
    let sub = object.get("sub_type").trim().parse().unwrap_or(0);
    let text = plain(object.get("text"));
    let stated = Stated {
        word: None,
        base,
        sub,
    };
    let is_place = matches!(base, 3 | 34 | 43 | 47) && !content::is_markup(&text);
    let mut body = content::body(composer, chat, stated, if is_place { "" } else { &text });
    if let Some(name) = object.words("file_name") {
        body.parts = vec![Part::File(Box::new(File {
            attachment: Attachment {
                name: Some(name),
                size_bytes: object.get("file_size").trim().parse().ok(),
                ..Attachment::default()
            },
        }))];
    } else if base == 49 && !content::is_markup(&text) && sub != 57 {
        let url = object.words("link_url").or_else(|| object.words("url"));
        if url.is_some() || object.words("title").is_some() {
            body.parts = vec![Part::Link(Box::new(Link {
                url,
                title: object
                    .words("title")
                    .or_else(|| (!text.is_empty()).then(|| text.clone())),
                description: object
                    .words("description")
                    .or_else(|| object.words("artist")),
                source: object.words("app_name"),
            }))];
        }
    }
    if let Some(Part::Voice(voice)) = body.parts.first_mut() {
        voice.transcript = object.words("voice_to_text").or(voice.transcript.take());
    }
    if let Some(excerpt) = object.words("refer_text") {
        let quote: Quote = content::excerpt_of(&excerpt);
        content::answer(&mut body, quote, Vec::new());
    }
    let paths = [
        object.get("link"),
        object.get("file_path"),
        if is_place { &text } else { "" },
        object.get("path"),
    ];
    composer.find_file(&mut body.parts, &paths);
    body
}
