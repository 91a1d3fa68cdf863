//! Messages that were found, as a list: who, where, when, and the words around what was looked for.

use hutong::model::{Message, Names, Part};
use hutong::sinks::paint::{Form, Painter, Served, Small, address as addresses};
use hutong::{FacetCounter, Reader, SearchCursor, SearchOrder, Selection, snippet};
use maud::{Markup, html};

use crate::Failure;
use crate::pages::pieces::{Moments, account_face, badge, face};
use crate::site::OpenArchive;
use crate::visitor::Visitor;

/// Characters around a match.
const SNIPPET_WIDTH: usize = 150;

/// A page of hits.
pub(crate) struct HitList {
    /// The hits, newest first.
    pub(crate) hits: Vec<Message>,
    /// Where the next page begins, when there is one.
    pub(crate) next: Option<String>,
}

impl HitList {
    /// Reads a page of hits.
    pub(crate) fn read(
        reader: &mut Reader,
        selection: &Selection,
        after: Option<SearchCursor>,
        count: usize,
    ) -> Result<Self, Failure> {
        let zone = jiff::tz::TimeZone::UTC;
        let mut counter = FacetCounter::new(&zone);
        Self::read_counting(reader, selection, after, count, &mut counter, &mut |_| {
            false
        })
        .map(|(list, _)| list)
    }

    /// As [`Self::read`]; counts what it reads, and goes on counting behind the page while `go_on`, which is told how many
    /// were counted, agrees. Says whether there was nothing left to count.
    pub(crate) fn read_counting(
        reader: &mut Reader,
        selection: &Selection,
        after: Option<SearchCursor>,
        count: usize,
        counter: &mut FacetCounter<'_>,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(Self, bool), Failure> {
        let mut hits = Vec::with_capacity(count);
        let mut last = None;
        let mut has_more = false;
        let mut is_complete = true;
        reader.hits::<Failure>(selection, SearchOrder::NewestFirst, after, &mut |hit| {
            if hits.len() < count {
                counter.add(&hit.message);
                last = Some(hit.cursor);
                hits.push(hit.message);
                return Ok(true);
            }
            has_more = true;
            is_complete = go_on(counter.messages());
            if is_complete {
                counter.add(&hit.message);
            }
            Ok(is_complete)
        })?;
        let next = last.filter(|_| has_more).map(|cursor| cursor.to_string());
        Ok((Self { hits, next }, is_complete))
    }
}

/// Reads a place that an address names; an empty one is the beginning.
pub(crate) fn place(text: &str) -> Result<Option<SearchCursor>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        Failure::bad(
            "地址里的位置读不懂，请从第一页重新开始。",
            "The place in the address cannot be read; start from the first page again.",
        )
    })
}

/// The list. `words` are folded and marked; `names_chats` says whether each hit tells where it was said.
pub(crate) fn list(
    open: &OpenArchive,
    visitor: &Visitor,
    now_ms: i64,
    hits: &[Message],
    words: &[&str],
    names_chats: bool,
) -> Markup {
    let nowhere = |_: &_, _| Ok(None);
    let mut painter = Painter::new(
        &*open.names,
        visitor.language,
        &visitor.zone,
        Served::new(&nowhere),
    );
    let mut moments = Moments::new(visitor, now_ms);
    html! {
        ol.hits {
            @for message in hits {
                (one(open, visitor, &mut painter, &mut moments, message, words, names_chats))
            }
        }
    }
}

fn one(
    open: &OpenArchive,
    visitor: &Visitor,
    painter: &mut Painter<'_, Served<'_>>,
    moments: &mut Moments,
    message: &Message,
    words: &[&str],
    names_chats: bool,
) -> Markup {
    let conversation = open.names.conversation(message.conversation);
    let kind = conversation.map_or_else(Default::default, |known| known.kind);
    painter.enter(message.conversation, kind);
    let sender = painter.sender_name(message).to_owned();
    let account = message.sender.and_then(|sender| open.names.account(sender));
    let title = open
        .names
        .conversation_title(message.conversation)
        .unwrap_or_default();
    html! {
        li {
            @match account {
                Some(account) => (account_face(account)),
                None => (face(&message.conversation.0, &sender, None)),
            }
            div.what {
                p.top {
                    a href=(addresses::message(message.id)) { bdi { (sender) } }
                    @if names_chats {
                        span.where { (visitor.pick("在 ", "in ")) bdi { (title) } }
                        (badge(visitor, Some(&message.platform)))
                    }
                    (moments.long(message.sent_at.0))
                }
                p.said { (said(painter, message, words)) }
            }
            @if let Some(picture) = picture(message) {
                img.peek src=(picture) alt="" loading="lazy" decoding="async" width="64" height="64";
            }
        }
    }
}

/// The words around the first match, with every match marked; other content in one line.
fn said(painter: &mut Painter<'_, Served<'_>>, message: &Message, words: &[&str]) -> Markup {
    let text = Selection::words(message);
    if text.trim().is_empty()
        || !matches!(message.parts.first(), Some(Part::Text(_))) && words.is_empty()
    {
        let mut preview = String::new();
        painter.preview(message, &mut preview);
        // The name stands above already.
        let prefix = format!("{}: ", painter.sender_name(message));
        let line = preview.strip_prefix(&prefix).unwrap_or(&preview);
        return html! { bdi { (line) } };
    }
    let found = snippet(text.trim(), words, SNIPPET_WIDTH);
    let mut pieces: Vec<(&str, bool)> = Vec::new();
    let mut at = 0;
    for (from, to) in &found.marks {
        pieces.push((found.text.get(at..*from).unwrap_or_default(), false));
        pieces.push((found.text.get(*from..*to).unwrap_or_default(), true));
        at = *to;
    }
    pieces.push((found.text.get(at..).unwrap_or_default(), false));
    html! {
        bdi {
            @if found.is_cut_before { "…" }
            @for (piece, is_match) in pieces {
                @if is_match { mark { (piece) } } @else { (piece) }
            }
            @if found.is_cut_after { "…" }
        }
    }
}

/// Address of the picture in a message, if the archive has it.
fn picture(message: &Message) -> Option<String> {
    message.parts.iter().find_map(|part| match part {
        Part::Image(image) if !image.is_flash => {
            let shown = image.thumbnail.as_ref().filter(|small| small.is_present());
            let shown = shown.unwrap_or(&image.attachment);
            let digest = shown.sha256.filter(|_| shown.is_present())?;
            Some(addresses::small(
                digest,
                Form::of(shown, false),
                Small::Tile,
            ))
        }
        _ => None,
    })
}
