//! The members of a message by which WeFlow describes what is not text.

use std::borrow::Cow;

use hutong_model::{Contact, Link, MiniApp, Part, Place, Quote, Sticker, Timestamp};

use crate::json_stream::Node;
use crate::wechat::map::{self, Body};
use crate::wechat_exports::compose::{ChatIndex, Composer};
use crate::wechat_exports::content::{self, Stated};
use crate::wechat_exports::facts::Facts;
use crate::wechat_exports::facts::is_username;
use crate::wechat_exports::json::words;
use crate::wechat_exports::labels::{self, Kind};

/// Members that can hold the original XML, best first.
const ORIGINALS: &[&str] = &["rawContent", "content", "source"];

/// The body of a message.
pub(super) fn body(
    composer: &Composer<'_>,
    chat: ChatIndex,
    facts: &Facts,
    node: &Node<'_>,
) -> Body {
    let stated_word = node.get("type").str().filter(|word| !word.is_empty());
    let number = Stated::number(node.get("localType").integer().unwrap_or(0));
    let word =
        stated_word.filter(|word| !word.starts_with("其他") && !word.starts_with("未知类型"));
    let stated = Stated { word, ..number };
    let kind = stated.kind();
    let text = match node.get("content") {
        content @ (Node::Object(_) | Node::List(_)) => Cow::Owned(content.to_json()),
        content => content.text().unwrap_or_default(),
    };
    let original = ORIGINALS
        .iter()
        .filter_map(|key| node.get(key).str())
        .find(|text| content::is_markup(text) && !text.contains("<msgsource"))
        .filter(|_| kind != Some(Kind::Text));
    let words_shown = node
        .get("parsedContent")
        .str()
        .filter(|_| text.is_empty())
        .unwrap_or(&text);
    let mut body = match original {
        Some(original) => content::body(composer, chat, stated, original),
        None if matches!(kind, Some(Kind::Image | Kind::Video | Kind::Sticker)) => {
            content::of_words(kind.unwrap_or(Kind::Image), "")
        }
        // Without words nothing is left of a kind that nobody knows but what the tool calls it.
        None if kind.is_none() && stated.base == 0 && words_shown.is_empty() => match stated_word {
            Some(word) => Body::of(labels::unknown_row(word, node.to_json())),
            None => content::body(composer, chat, stated, ""),
        },
        None => content::body(composer, chat, stated, words_shown),
    };
    enrich(&mut body, node, kind, original.is_some());
    mentions(composer, &mut body, node);
    quote(composer, chat, facts, &mut body, node, &text);
    media(composer, &mut body, node, &text);
    body
}

/// What the members say beyond the words.
fn enrich(body: &mut Body, node: &Node<'_>, kind: Option<Kind>, has_original: bool) {
    let get = |key: &str| words(node.get(key));
    let Some(part) = body.parts.first_mut() else {
        return;
    };
    match part {
        Part::Sticker(sticker) => {
            let Sticker {
                attachment,
                meaning,
                ..
            } = &mut **sticker;
            attachment.native_digest = attachment.native_digest.take().or_else(|| get("emojiMd5"));
            attachment.url = attachment.url.take().or_else(|| get("emojiCdnUrl"));
            *meaning = get("emojiCaption").or(meaning.take());
        }
        Part::Place(place) => {
            let Place {
                latitude,
                longitude,
                name,
                address,
            } = &mut **place;
            *latitude = latitude.take().or_else(|| get("locationLat"));
            *longitude = longitude.take().or_else(|| get("locationLng"));
            *name = get("locationPoiname").or(name.take());
            *address = address.take().or_else(|| get("locationLabel"));
        }
        _ if has_original => {}
        Part::Link(link) => {
            let Link {
                url,
                title,
                description,
                source,
            } = &mut **link;
            *url = get("linkUrl").or_else(|| get("appMsgUrl")).or(url.take());
            *title = get("linkTitle")
                .or_else(|| get("appMsgTitle"))
                .or(title.take());
            *description = get("appMsgDesc").or(description.take());
            *source = get("appMsgSourceName")
                .or_else(|| get("appMsgAppName"))
                .or(source.take());
            if kind == Some(Kind::Music) {
                *title = get("musicTitle").or(title.take());
                *url = get("musicUrl").or(url.take());
            }
        }
        Part::MiniApp(app) => {
            let MiniApp {
                app,
                app_id,
                title,
                description,
                url,
                ..
            } = &mut **app;
            *app = get("appMsgSourceName")
                .or_else(|| get("appMsgAppName"))
                .or(app.take());
            *app_id = get("appMsgAppId").or(app_id.take());
            *title = get("appMsgTitle")
                .or_else(|| get("linkTitle"))
                .or(title.take());
            *description = get("appMsgDesc").or(description.take());
            *url = get("linkUrl").or_else(|| get("appMsgUrl")).or(url.take());
        }
        Part::Contact(card) => {
            let Contact {
                native_id,
                name,
                alias,
                ..
            } = &mut **card;
            *native_id = get("contactCardWxid")
                .or_else(|| get("contactCardUsername"))
                .or(native_id.take());
            *name = get("contactCardNickname")
                .or_else(|| get("contactCardName"))
                .or(name.take());
            *alias = get("contactCardAlias").or(alias.take());
        }
        Part::ChannelPost(post) => {
            post.author = get("finderNickname").or(post.author.take());
            post.author_id = get("finderUsername").or(post.author_id.take());
            post.description = get("finderDesc")
                .or_else(|| get("finderTitle"))
                .or(post.description.take());
        }
        Part::File(file) => {
            file.attachment.name = get("appMsgTitle")
                .or_else(|| get("mediaFileName"))
                .or(file.attachment.name.take());
            let size = node.first(&["fileSize", "appMsgFileSize"]).unsigned();
            file.attachment.size_bytes = size.or(file.attachment.size_bytes);
        }
        _ => {}
    }
}

/// Who is named in a text, where the message's source was kept.
fn mentions(composer: &Composer<'_>, body: &mut Body, node: &Node<'_>) {
    let Some(source) = node
        .get("source")
        .str()
        .filter(|source| source.contains("atuserlist"))
    else {
        return;
    };
    let list = crate::wechat::decode::list_of_mentions(source.as_bytes());
    if let Some(Part::Text(text)) = body.parts.last_mut()
        && !list.is_empty()
    {
        text.mentions = map::mentioned(composer.people(), list, &text.text);
        body.people.extend(
            text.mentions
                .iter()
                .filter_map(|mention| Some((mention.native_id.clone()?, None))),
        );
    }
}

/// What the message answers.
fn quote(
    composer: &Composer<'_>,
    chat: ChatIndex,
    facts: &Facts,
    body: &mut Body,
    node: &Node<'_>,
    text: &str,
) {
    let given = node.get("quote");
    let target = node
        .get("replyToMessageId")
        .text()
        .or_else(|| given.get("platformMessageId").text())
        .map_or(0, |id| facts.server_id(&id));
    let excerpt = words(node.get("quotedContent")).or_else(|| words(given.get("content")));
    let sender = words(node.get("quotedSender")).or_else(|| words(given.get("sender")));
    if target == 0 && excerpt.is_none() && sender.is_none() {
        return;
    }
    let username = sender.clone().filter(|sender| is_username(sender));
    let quote = Quote {
        author: username.as_deref().map(map::account),
        author_native_id: username,
        author_name: words(given.get("accountName")).or(sender),
        sent_at: given
            .get("createTime")
            .integer()
            .filter(|at| *at > 0)
            .map(Timestamp::from_seconds),
        native_id: (target != 0).then(|| target.to_string()),
        parts: content::quoted(excerpt.as_deref().unwrap_or_default()),
    };
    // A text that only repeats the excerpt is replaced by what stands before it.
    if let Some(Part::Quote(shown)) = body.parts.first_mut()
        && shown.native_id.is_none()
    {
        **shown = quote.clone();
    }
    if body.parts.is_empty() {
        body.parts.push(Part::text(text));
    }
    let reply_to = composer.server_message(chat, target).into_iter().collect();
    content::answer(body, quote, reply_to);
}

/// Files beside the export and addresses of those that are not.
fn media(composer: &Composer<'_>, body: &mut Body, node: &Node<'_>, text: &str) {
    let holds = body.parts.iter().any(|part| {
        matches!(
            part,
            Part::Image(_) | Part::Voice(_) | Part::Video(_) | Part::File(_) | Part::Sticker(_)
        )
    });
    if !holds {
        return;
    }
    let path = words(node.first(&["mediaLocalPath", "mediaPath", "localPath", "media_path"]));
    let name = words(node.get("mediaFileName"));
    let url = words(node.get("mediaUrl"));
    let shown = text.trim();
    let is_path = !shown.starts_with(['[', '<']) && shown.contains(['/', '.']);
    let paths: Vec<&str> = [path.as_deref(), is_path.then_some(shown), name.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    content::describe(&mut body.parts, url, None);
    if let (Some(Part::File(file)), Some(name)) = (body.parts.first_mut(), name.as_ref()) {
        file.attachment.name.get_or_insert_with(|| name.clone());
    }
    composer.find_file(&mut body.parts, &paths);
}
