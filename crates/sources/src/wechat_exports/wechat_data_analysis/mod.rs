//! WeChatDataAnalysis: a folder (or zip) with a manifest and a folder for each conversation.

use hutong_model::{NativeId, NativeIdName, Part, Quote, Timestamp};

use super::clock;
use super::compose::{Author, ChatIndex, Composer, ContactFacts, Draft};
use super::content::{self, Stated};
use super::facts::{Facts, is_stated_username, is_username};
use super::files::Export;
use super::json::{self, integer_id, words};
use super::labels::Kind;
use crate::json_stream::Node;
use crate::wechat::map::{self, Body, Sender, is_room};
use crate::{Input, ReadError};

/// Folders below the manifest in which conversations are looked for.
const MAX_DEPTH: usize = 3;
/// Conversations of one export.
const MOST_FOLDERS: usize = 50_000;
/// Largest manifest and header that is read.
const MAX_HEADER: u64 = 16 << 20;

/// The `messages.json` of every conversation below a manifest.
pub(super) fn files(input: &Input) -> Vec<String> {
    let mut files = Vec::new();
    if !input.has_file("manifest.json") {
        return files;
    }
    let mut folders: Vec<(String, usize)> = vec![(String::new(), 0)];
    let mut looked_at = 0;
    while let Some((folder, depth)) = folders.pop() {
        looked_at += 1;
        if looked_at > MOST_FOLDERS {
            break;
        }
        for name in input.folder_names(&folder) {
            if name.eq_ignore_ascii_case("media") {
                continue;
            }
            let below = format!("{folder}{name}");
            let messages = format!("{below}/messages.json");
            if input.has_file(&messages) {
                files.push(messages);
            } else if depth < MAX_DEPTH {
                folders.push((format!("{below}/"), depth + 1));
            }
        }
    }
    files.sort();
    files
}

/// The manifest that stands above a file.
fn manifest(input: &Input, path: &str) -> Option<String> {
    let mut folder = path;
    while let Some((above, _)) = folder.rsplit_once('/') {
        let candidate = format!("{above}/manifest.json");
        if input.has_file(&candidate) {
            return Some(candidate);
        }
        folder = above;
    }
    input
        .has_file("manifest.json")
        .then(|| "manifest.json".to_owned())
}

/// Conversation and owner: from the headers beside and above, else from the file itself.
pub(super) fn survey(input: &Input, export: &Export) -> Result<Facts, ReadError> {
    let mut facts = Facts::default();
    let account = manifest(input, &export.path).and_then(|manifest| {
        json::whole(input, &manifest, MAX_HEADER, |node| {
            words(node.get("account"))
                .or_else(|| words(node.get("account").first(&["username", "wxid"])))
        })
        .flatten()
    });
    facts.owner = account.filter(|account| is_username(account));
    let mut take = |path: &str, node: &Node<'_>| match path {
        "username" | "conversationUsername" => {
            facts.talker = node
                .words()
                .filter(|name| is_stated_username(name))
                .or(facts.talker.take());
        }
        "displayName" => facts.title = node.words().or(facts.title.take()),
        "isGroup" => facts.is_group = Some(node.is_true()),
        _ => {}
    };
    let folder = export
        .path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let meta = if folder.is_empty() {
        "meta.json".to_owned()
    } else {
        format!("{folder}/meta.json")
    };
    json::whole(input, &meta, MAX_HEADER, |node| {
        node.members()
            .iter()
            .for_each(|(key, value)| take(key, value));
    });
    let mut own = None;
    let mut talker = None;
    json::survey(
        input,
        export,
        &mut take,
        |node| {
            if node.get("isSent").is_true() {
                own = own.take().or_else(|| words(node.get("senderUsername")));
            }
            talker = talker
                .take()
                .or_else(|| words(node.get("conversationUsername")));
            own.is_some()
        },
        |_| true,
    )?;
    facts.talker = facts
        .talker
        .or(talker.filter(|talker| is_stated_username(talker)));
    facts.owner = facts.owner.or(own.filter(|own| is_username(own)));
    Ok(facts)
}

/// Reads one conversation.
pub(super) fn read(
    input: &Input,
    export: &Export,
    facts: &Facts,
    composer: &mut Composer<'_>,
) -> Result<(), ReadError> {
    if let Some(talker) = facts.talker.as_ref().filter(|talker| !is_room(talker)) {
        composer.learn_all(ContactFacts {
            username: talker.clone(),
            nickname: facts.title.clone(),
            ..ContactFacts::default()
        });
    }
    let title = export
        .path
        .rsplit('/')
        .nth(1)
        .map_or_else(|| export.title(), str::to_owned);
    let chat = facts.only_chat(composer, &title)?;
    json::each(input, export, composer, |composer, item| {
        let node = item.node;
        let time = node.first(&["createTime", "createTimeText"]);
        let moment = time
            .integer()
            .and_then(clock::of_number)
            .or_else(|| composer.clock.read(&time.text().unwrap_or_default()))
            .or_else(|| {
                composer
                    .clock
                    .read(&node.get("createTimeText").text().unwrap_or_default())
            });
        let Some((sent_at, precision)) = moment else {
            return composer.reject(item.at, "the row has no time that can be read");
        };
        let talker = node
            .get("conversationUsername")
            .str()
            .filter(|talker| is_stated_username(talker));
        let chat = match talker {
            Some(talker) => composer.chat(talker, facts.title.as_deref())?,
            None => chat,
        };
        let body = body(composer, chat, facts, node);
        let sender = node.get("senderUsername").text().unwrap_or_default();
        let author = if body.sender == Sender::Nobody {
            Author::Nobody
        } else if node.get("isSent").is_true() {
            Author::Owner
        } else if is_stated_username(&sender) && !is_room(&sender) {
            Author::Username(&sender)
        } else if sender.is_empty() || is_room(&sender) {
            Author::Other
        } else {
            Author::Named(&sender)
        };
        let mut native_ids: Vec<NativeId> = integer_id(NativeIdName::LocalId, node.get("localId"))
            .into_iter()
            .chain(integer_id(NativeIdName::Sequence, node.get("sortSeq")))
            .collect();
        native_ids.extend(words(node.get("id")).map(|id| NativeId {
            name: NativeIdName::Other("export_id".to_owned()),
            value: hutong_model::NativeValue::Text(id),
        }));
        let name = words(node.first(&["senderDisplayName", "senderName"]));
        composer.push(Draft {
            at: item.at,
            chat,
            author,
            author_name: name.as_deref(),
            sent_at,
            precision,
            server_id: node
                .first(&["serverIdStr", "serverId"])
                .text()
                .map_or(0, |id| facts.server_id(&id)),
            native_ids,
            body,
            raw: item.raw,
        })
    })
}

fn body(composer: &Composer<'_>, chat: ChatIndex, facts: &Facts, node: &Node<'_>) -> Body {
    let word = node.get("renderType").str().filter(|word| !word.is_empty());
    let number = Stated::number(node.get("type").integer().unwrap_or(0));
    let known = Stated {
        word,
        ..Stated::default()
    }
    .kind();
    let stated = Stated {
        word: word.filter(|_| known.is_some() || number.base == 0),
        ..number
    };
    let kind = stated.kind();
    let content_text = node.get("content").text().unwrap_or_default();
    let raw = node
        .get("rawContent")
        .str()
        .filter(|raw| content::is_markup(raw));
    let record = words(node.first(&["recordItem", "recordXml"]));
    let title = words(node.get("title"));
    let mut body = if let (Some(raw), true) = (raw, kind != Some(Kind::Text)) {
        content::body(composer, chat, stated, raw)
    } else if let (Some(record), Some(Kind::Forward)) = (&record, kind) {
        let title = title.as_deref().unwrap_or_default();
        let wrapped = format!(
            "<msg><appmsg><title><![CDATA[{}]]></title><type>19</type><recorditem>{record}</recorditem></appmsg></msg>",
            title.replace("]]>", "")
        );
        content::body(composer, chat, stated, &wrapped)
    } else if matches!(
        kind,
        Some(Kind::Image | Kind::Voice | Kind::Video | Kind::Sticker)
    ) && !content::is_markup(&content_text)
    {
        content::of_words(kind.unwrap_or(Kind::Image), "")
    } else {
        let shown = match kind {
            Some(Kind::File | Kind::Link | Kind::Forward | Kind::MiniApp | Kind::ChannelPost) => {
                title.as_deref().unwrap_or(&content_text)
            }
            _ => &content_text,
        };
        let shown = if kind == Some(Kind::Quote) && shown.is_empty() {
            title.as_deref().unwrap_or_default()
        } else {
            shown
        };
        content::body(composer, chat, stated, shown)
    };
    enrich(&mut body, node);
    quote(composer, chat, facts, &mut body, node);
    let digest = words(node.first(&["imageMd5", "videoMd5", "fileMd5", "emojiMd5", "md5"]));
    let url = words(node.first(&["emojiUrl", "emojiRemoteUrl", "imageUrl", "videoUrl"]));
    content::describe(
        &mut body.parts,
        url.filter(|url| url.starts_with("http")),
        digest,
    );
    let media: Vec<String> = node
        .get("offlineMedia")
        .list()
        .iter()
        .filter(|media| {
            !media
                .get("kind")
                .str()
                .is_some_and(|kind| kind.contains("thumb") || kind.contains("avatar"))
        })
        .chain(node.get("offlineMedia").list())
        .filter_map(|media| words(media.first(&["path", "relPath"])))
        .collect();
    let media: Vec<&str> = media.iter().map(String::as_str).collect();
    composer.find_file(&mut body.parts, &media);
    body
}

/// What the members say beyond the words.
fn enrich(body: &mut Body, node: &Node<'_>) {
    let get = |keys: &[&str]| words(node.first(keys));
    match body.parts.first_mut() {
        Some(Part::Link(link)) => {
            link.url = get(&["url"]).or(link.url.take());
            link.description = link
                .description
                .take()
                .or_else(|| get(&["description", "des"]));
            link.source = link
                .source
                .take()
                .or_else(|| get(&["from", "fromUsername"]));
        }
        Some(Part::MiniApp(app)) => {
            app.url = app.url.take().or_else(|| get(&["url"]));
            app.app = app.app.take().or_else(|| get(&["from", "appName"]));
        }
        Some(Part::File(file)) => {
            file.attachment.name = get(&["title", "fileName"]).or(file.attachment.name.take());
            let size = node.first(&["fileSize", "size"]).unsigned();
            file.attachment.size_bytes = size.or(file.attachment.size_bytes);
        }
        Some(Part::Place(place)) => {
            place.latitude = place.latitude.take().or_else(|| get(&["locationLat"]));
            place.longitude = place
                .longitude
                .take()
                .or_else(|| get(&["locationLng", "locationLon"]));
            place.name = get(&["locationPoiname", "title"]).or(place.name.take());
            place.address = place.address.take().or_else(|| get(&["locationLabel"]));
        }
        Some(Part::Voice(voice)) => {
            let length = node
                .first(&["voiceLength", "voiceDuration"])
                .unsigned()
                .filter(|length| *length > 0);
            voice.duration_ms = voice.duration_ms.or(length);
        }
        Some(Part::Payment(payment)) => {
            let stated = get(&["amount"]);
            if let Some(stated) = stated {
                let (amount, currency) = crate::wechat::decode::amount_and_currency(&stated);
                payment.amount = amount.or(payment.amount.take());
                payment.currency = currency.or(payment.currency.take());
            }
            payment.native_id = payment
                .native_id
                .take()
                .or_else(|| get(&["transferId", "transcationId"]));
        }
        _ => {}
    }
}

fn quote(
    composer: &Composer<'_>,
    chat: ChatIndex,
    facts: &Facts,
    body: &mut Body,
    node: &Node<'_>,
) {
    let target = node
        .first(&["quoteServerId", "quoteSvrId"])
        .text()
        .map_or(0, |id| facts.server_id(&id));
    let excerpt = words(node.first(&["quoteContent", "quotedContent"]));
    let username = words(node.get("quoteUsername")).filter(|name| is_username(name));
    let name = words(node.first(&["quoteTitle", "quoteSender", "quoteDisplayName"]));
    if target == 0 && excerpt.is_none() && username.is_none() && name.is_none() {
        return;
    }
    let quote = Quote {
        author: username.as_deref().map(map::account),
        author_native_id: username.clone(),
        author_name: name,
        sent_at: node
            .get("quoteCreateTime")
            .integer()
            .filter(|at| *at > 0)
            .map(Timestamp::from_seconds),
        native_id: (target != 0).then(|| target.to_string()),
        parts: content::quoted(excerpt.as_deref().unwrap_or_default()),
    };
    body.people
        .extend(username.map(|username| (username, None)));
    let reply_to = composer.server_message(chat, target).into_iter().collect();
    content::answer(body, quote, reply_to);
}
