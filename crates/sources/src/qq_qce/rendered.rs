//! Contents whose first element is the whole message as text, labels and all, while the others tell again what the labels
//! stand for: what a text element, a picture and a face become where the tool went through its own parser.

use std::ops::Range;

use hutong_model::{Card, Forward, Part, Place};

use super::body::label;
use super::element::{Elements, Run, face_words};
use crate::json_stream::Node;

/// Where a reply's excerpt stands in the text.
const REPLY: &str = "[回复 ";

impl Elements<'_> {
    /// The parts of such a content, each where its label stands; `None` when the elements are of the usual kind.
    pub(super) fn rendered(
        &mut self,
        message: &Node<'_>,
        elements: &[Node<'_>],
    ) -> Option<Vec<Part>> {
        let (first, rest) = elements.split_first()?;
        let content = message.get("content");
        let text = content.get("text").str()?;
        let is_whole = first.get("type").str() == Some("text")
            && first.get("data").get("text").str() == Some(text)
            && !text.is_empty();
        if !is_whole {
            return None;
        }
        if rest.is_empty() {
            return lone_label(message.get("type").str()?, text).map(|part| vec![part]);
        }
        let places = places(text, rest)?;
        let mut parts = Vec::with_capacity(rest.len() + 1);
        let mut run = Run::default();
        let mut from = 0;
        for (place, element) in places {
            let before = text.get(from..place.start)?;
            if !before.is_empty() {
                run.push(before);
            }
            from = place.end;
            let shown = text.get(place).unwrap_or_default();
            let data = element.get("data");
            match kind_of(element) {
                "at" => self.mention(data, &mut run),
                "face" => run.push(&face_words(data)),
                kind => {
                    run.flush(&mut parts);
                    let resources = content.get("resources").list();
                    let mut part = self.part(kind, data, element, resources);
                    if let Part::Voice(voice) = &mut part {
                        voice.duration_ms = voice.duration_ms.or_else(|| length(shown));
                    }
                    parts.push(part);
                }
            }
        }
        let after = text.get(from..)?;
        if !after.is_empty() {
            run.push(after);
        }
        run.flush(&mut parts);
        Some(parts)
    }
}

/// The length of a voice, which only its label tells: `[语音 7秒]`.
fn length(label: &str) -> Option<u64> {
    let seconds = label.strip_suffix("秒]")?.rsplit_once(' ')?.1;
    seconds
        .parse::<u32>()
        .ok()
        .map(|seconds| u64::from(seconds) * 1000)
}

fn kind_of<'n>(element: &'n Node<'_>) -> &'n str {
    element.get("type").str().unwrap_or_default()
}

/// Where in the text each element stands, in the order of the text; `None` unless all of them do.
fn places<'n, 'a>(
    text: &str,
    elements: &'n [Node<'a>],
) -> Option<Vec<(Range<usize>, &'n Node<'a>)>> {
    // What a reply shows may hold labels of its own, so it is found before they are looked for.
    let reply = elements.iter().find(|element| kind_of(element) == "reply");
    let begin = match reply {
        Some(reply) => reply_end(text, reply.get("data"))?,
        None => 0,
    };
    let mut places = Vec::with_capacity(elements.len());
    let (mut resource, mut mention, mut face) = (begin, begin, begin);
    for element in elements {
        let data = element.get("data");
        let name = data.get("name").str().unwrap_or_default();
        let place = match kind_of(element) {
            "reply" => 0..begin,
            kind @ ("image" | "video" | "audio" | "file") => {
                let place = find_label(text, resource, kind)?;
                resource = place.end;
                place
            }
            "at" => {
                let shown = format!("@{}", name.trim_start_matches('@'));
                let place = find(text, mention, &shown).filter(|_| shown.len() > 1)?;
                mention = place.end;
                place
            }
            "face" | "market_face" => {
                let place = find(text, face, &format!("[{name}]"))?;
                face = place.end;
                place
            }
            _ => return None,
        };
        places.push((place, element));
    }
    places.sort_by_key(|(place, _)| place.start);
    let is_apart = |pair: &[(Range<usize>, &Node<'_>)]| match pair {
        [(one, _), (next, _)] => one.end <= next.start,
        _ => true,
    };
    places.windows(2).all(is_apart).then_some(places)
}

fn find(text: &str, from: usize, what: &str) -> Option<Range<usize>> {
    let start = from + text.get(from..)?.find(what)?;
    Some(start..start + what.len())
}

/// The next label of a kind of file.
fn find_label(text: &str, from: usize, kind: &str) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    rest.match_indices('[').find_map(|(at, _)| {
        let (length, found) = label(rest.get(at..)?)?;
        (found == kind).then_some(from + at..from + at + length)
    })
}

/// Where the line of a reply ends: `[回复 name: excerpt]`, whose excerpt may hold brackets and lines.
fn reply_end(text: &str, data: &Node<'_>) -> Option<usize> {
    if !text.starts_with(REPLY) {
        return None;
    }
    let word = |key: &str| data.get(key).str().unwrap_or_default();
    let exact = format!("{REPLY}{}: {}]", word("senderName"), word("content"));
    let end = if text.starts_with(&exact) {
        exact.len()
    } else {
        text.find("]\n")
            .or_else(|| text.strip_suffix(']').map(str::len))?
            + 1
    };
    let has_break = text.get(end..).is_some_and(|rest| rest.starts_with('\n'));
    Some(end + usize::from(has_break))
}

/// Kinds of which nothing but a label is left: cards, bundles, places.
fn lone_label(kind: &str, text: &str) -> Option<Part> {
    if !kind.starts_with("type_") {
        return None;
    }
    let (name, title) = text
        .strip_prefix('[')?
        .strip_suffix(']')?
        .split_once(": ")?;
    let title = Some(title.to_owned()).filter(|title| !matches!(title.as_str(), "" | "undefined"));
    Some(match name {
        "卡片消息" => Part::Card(Box::new(Card {
            title,
            ..Card::default()
        })),
        "合并转发" => Part::Forward(Box::new(Forward {
            title,
            ..Forward::default()
        })),
        "位置" => Part::Place(Box::new(Place {
            name: title,
            ..Place::default()
        })),
        _ => return None,
    })
}
