//! What a message says: WeChat's own XML where a tool kept it, else the tool's words.

use hutong_model::{AttachmentState, MessageId, Part, Quote};

use super::compose::{ChatIndex, Composer};
use super::labels::{self, Kind};
use crate::wechat::decode::{PackedInfo, is_id_like, split_prefix};
use crate::wechat::map::{self, Body, Sender};

/// What a row says about the kind of its content.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stated<'a> {
    /// The tool's word.
    pub(super) word: Option<&'a str>,
    /// WeChat's base type, 0 where it is not stated.
    pub(super) base: u32,
    /// Code of a card.
    pub(super) sub: u32,
}

impl Stated<'_> {
    /// A word, or the number of a type where a tool wrote that in its place.
    pub(super) fn word_or_number(text: &str) -> Stated<'_> {
        match text.parse() {
            Ok(number) => Stated::number(number),
            Err(_) => Stated {
                word: Some(text),
                base: 0,
                sub: 0,
            },
        }
    }

    /// A type with its code in the high half.
    pub(super) fn number(local_type: i64) -> Self {
        let half = |bits: i64| u32::try_from(bits & 0xFFFF_FFFF).unwrap_or(0);
        Self {
            word: None,
            base: half(local_type),
            sub: half(local_type >> 32),
        }
    }

    /// The kind: the word decides, because tools renumber types but know what they name.
    pub(super) fn kind(self) -> Option<Kind> {
        self.word
            .and_then(labels::kind_of)
            .or_else(|| labels::kind_of_number(self.base, self.sub))
    }

    /// A name for a kind that nobody knows.
    fn name(self) -> String {
        match (self.word, self.base, self.sub) {
            (Some(word), ..) if !word.is_empty() => word.to_owned(),
            (_, base, 0) => base.to_string(),
            (_, base, sub) => format!("{base}/{sub}"),
        }
    }
}

/// Whether content is WeChat's XML and not somebody's words.
pub(super) fn is_markup(content: &str) -> bool {
    const ROOTS: &[&str] = &[
        "<msg",
        "<?xml",
        "<sysmsg",
        "<voipmsg",
        "<voipinvitemsg",
        "<img",
        "<videomsg",
        "<voicemsg",
        "<emoji",
        "<location",
        "<appmsg",
        "<revokemsg",
        "<recordinfo",
        "<_wc_custom_link_",
    ];
    let content = content.trim_start_matches(['\u{feff}', '\n', '\r', ' ', '"', '\t']);
    ROOTS.iter().any(|root| content.starts_with(root)) || content.starts_with("&lt;msg")
}

/// The body of a row.
pub(super) fn body(
    composer: &Composer<'_>,
    chat: ChatIndex,
    stated: Stated<'_>,
    content: &str,
) -> Body {
    let kind = stated.kind();
    let content = without_prefix(composer, chat, kind, content);
    if kind == Some(Kind::Text) {
        return Body::of(Part::text(content));
    }
    if is_markup(content) {
        return of_markup(composer, chat, stated, kind, content);
    }
    match kind {
        Some(kind) => of_words(kind, content),
        None => match labels::split_label(content) {
            Some((kind, _)) if stated.word.is_none() && stated.base == 0 => of_words(kind, content),
            _ if stated.base != 0 => composer.with_scope(chat, |scope| {
                map::body(
                    scope,
                    stated.base,
                    stated.sub,
                    content,
                    &PackedInfo::default(),
                )
            }),
            _ if stated.word.is_none() => Body::of(Part::text(content)),
            _ => Body::of(labels::unknown(&stated.name(), content)),
        },
    }
}

/// The body of a text of which no kind is stated: a label that is all of it stands for its part.
pub(super) fn untyped(composer: &Composer<'_>, chat: ChatIndex, content: &str) -> Body {
    if is_markup(content) {
        return of_markup(composer, chat, Stated::default(), None, content);
    }
    match labels::placeholder(content) {
        Some(kind) => of_words(kind, content),
        None => Body::of(Part::text(content)),
    }
}

fn of_markup(
    composer: &Composer<'_>,
    chat: ChatIndex,
    stated: Stated<'_>,
    kind: Option<Kind>,
    content: &str,
) -> Body {
    let (base, sub) = match kind {
        _ if stated.base > 1 => (stated.base, stated.sub),
        Some(kind) => labels::numbers_of(kind),
        None => base_of_markup(content),
    };
    // The content knows better than a tool's number what it is.
    let (base, sub) = match base_of_markup(content) {
        (49, _) if base != 49 && base < 9999 => (49, 0),
        (found, _) if found != 0 && base == 49 => (found, 0),
        _ => (base, sub),
    };
    composer.with_scope(chat, |scope| {
        map::body(scope, base, sub, content, &PackedInfo::default())
    })
}

/// The base type whose XML this is; 0 where that cannot be told.
fn base_of_markup(content: &str) -> (u32, u32) {
    let elements: &[(&str, u32)] = &[
        ("<appmsg", 49),
        ("<sysmsg", 10_002),
        ("<img", 3),
        ("<voicemsg", 34),
        ("<videomsg", 43),
        ("<emoji", 47),
        ("<location", 48),
        ("<voipmsg", 50),
        ("<voipinvitemsg", 50),
        ("<revokemsg", 10_002),
        ("<_wc_custom_link_", 10_000),
    ];
    elements
        .iter()
        .filter_map(|(element, base)| Some((content.find(element)?, *base)))
        .min()
        .map_or(
            (if content.contains("username=") { 42 } else { 0 }, 0),
            |(_, base)| (base, 0),
        )
}

/// Takes the sender's line off the content of a room's row.
fn without_prefix<'c>(
    composer: &Composer<'_>,
    chat: ChatIndex,
    kind: Option<Kind>,
    content: &'c str,
) -> &'c str {
    if !composer.is_room(chat) {
        return content;
    }
    match split_prefix(content) {
        Some(prefixed)
            if is_id_like(prefixed.username)
                || (kind != Some(Kind::Text) && is_markup(prefixed.rest)) =>
        {
            prefixed.rest
        }
        _ => content,
    }
}

/// A part for a tool's words: `[链接] 标题`, `[图片]`, a file's name.
pub(super) fn of_words(kind: Kind, content: &str) -> Body {
    let words = match labels::split_label(content) {
        Some((label, rest)) if label == kind || !kind.is_system() => rest,
        _ => content.trim(),
    };
    let words = if kind.is_system() { content } else { words };
    // A picture has no words: what stands there is its place, which the caller looks for.
    let part = if kind == Kind::Quote {
        return quoted_words(content);
    } else {
        labels::part_of(kind, words)
    };
    Body {
        sender: if kind.is_system() {
            Sender::Nobody
        } else {
            Sender::OfRow
        },
        ..Body::of(part)
    }
}

/// An answer of which a tool wrote the words, the excerpt or both: `回答\n[引用]某人:原文`, `回答[引用 某人：原文]`.
fn quoted_words(content: &str) -> Body {
    // What a mark opens, and what closes it.
    let marks = [
        ("[引用]", ""),
        ("[引用 ", "]"),
        ("引用：", ""),
        ("引用:", ""),
        ("「", "」"),
    ];
    let found = marks.iter().find_map(|(open, close)| {
        let (own, excerpt) = content.split_once(open)?;
        let excerpt = excerpt.trim();
        Some((own, excerpt.strip_suffix(close).unwrap_or(excerpt)))
    });
    let (own, excerpt) = match found {
        Some((own, excerpt)) => (own.trim(), excerpt.trim()),
        None => return Body::of(Part::text(content)),
    };
    if excerpt.is_empty() {
        return Body::of(Part::text(content));
    }
    let mut body = Body::default();
    answer(&mut body, excerpt_of(excerpt), Vec::new());
    if !own.is_empty() {
        body.parts.push(Part::text(own));
    }
    body
}

/// The excerpt of a quote: `某人：原文`, or only the words.
pub(super) fn excerpt_of(words: &str) -> Quote {
    let split = words
        .split_once(['：', ':'])
        .filter(|(name, _)| !name.is_empty() && name.chars().count() <= 32 && !name.contains('\n'));
    let (name, text) = split.map_or((None, words), |(name, text)| {
        (Some(name.trim()), text.trim())
    });
    Quote {
        author_name: name.map(str::to_owned),
        parts: quoted(text),
        ..Quote::default()
    }
}

/// Quoted content of which only words are known.
pub(super) fn quoted(text: &str) -> Vec<Part> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![match labels::placeholder(text) {
        Some(kind) => labels::part_of(kind, ""),
        None => Part::text(text),
    }]
}

/// Makes a body an answer, unless its content says already what it answers.
pub(super) fn answer(body: &mut Body, quote: Quote, reply_to: Vec<MessageId>) {
    if !body.parts.iter().any(|part| matches!(part, Part::Quote(_))) {
        body.parts.insert(0, Part::Quote(Box::new(quote)));
    }
    for id in reply_to {
        if !body.reply_to.contains(&id) {
            body.reply_to.push(id);
        }
    }
}

/// Notes the address and digest that a tool states for the first attachment, where they are not known yet.
pub(super) fn describe(parts: &mut [Part], url: Option<String>, digest: Option<String>) {
    let Some(part) = parts.first_mut() else {
        return;
    };
    let mut is_done = false;
    let _ = part.try_for_each_attachment_mut::<()>(&mut |attachment| {
        if !std::mem::replace(&mut is_done, true) && attachment.state == AttachmentState::Missing {
            if attachment.url.is_none() {
                attachment.url.clone_from(&url);
            }
            if attachment.native_digest.is_none() {
                attachment.native_digest.clone_from(&digest);
            }
        }
        Ok(())
    });
}
