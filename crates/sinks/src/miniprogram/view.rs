//! A message as the pages take it: plain data under short keys.

use hutong_media::MediaType;
use hutong_model::{Attachment, Forward, Message, Part};

use super::script_string;
use crate::clock::Local;
use crate::json::Object;
use crate::scribe::{MAX_DEPTH, Scribe};
use crate::text::{MAX_MARKS, control_picture, is_direction_control, is_mark};

/// Longer words are cut: a page of a mini program is no place for a book.
pub(super) const LONGEST: usize = 50_000;
/// Messages of one bundle that are shown.
const MOST_FORWARDED: usize = 500;

/// The picture of a part.
pub(super) fn picture(part: &Part) -> Option<&Attachment> {
    match part {
        Part::Image(image) => Some(&image.attachment),
        Part::Sticker(sticker) => Some(&sticker.attachment),
        _ => None,
    }
}

/// Whether the pages can show a picture of this kind.
pub(super) const fn is_shown(media_type: Option<MediaType>) -> bool {
    matches!(
        media_type,
        Some(MediaType::Png | MediaType::Jpeg | MediaType::Gif | MediaType::Webp)
    )
}

/// Appends a message.
pub(super) fn write(
    scribe: &mut Scribe<'_>,
    message: &Message,
    pictures: &[(usize, String)],
    day: Option<&str>,
    local: Local,
    is_own: bool,
    out: &mut Vec<u8>,
) {
    let is_notice = message.sender.is_none() && message.sender_name.is_none();
    let mut view = Object::open(out);
    view.text("i", &message.id.to_hex());
    view.text_if("d", day);
    if is_notice {
        view.number("n", 1);
    } else {
        let name = scribe.sender(message).1.to_owned();
        script_string(&crate::roster::plain(&name), view.key("s"));
        let mut time = Vec::new();
        local.write_minute(message.precision, &mut time);
        view.text("t", &String::from_utf8(time).unwrap_or_default());
    }
    if is_own {
        view.number("o", 1);
    }
    // A notice has room for words alone.
    let shows = |index: usize| pictures.iter().any(|(place, _)| *place == index);
    let mut words = String::new();
    for (index, part) in message.parts.iter().enumerate() {
        match part {
            Part::Forward(forward) if !is_notice && !forward.messages.is_empty() => {}
            _ if !is_notice && shows(index) => {}
            Part::Text(text) => words.push_str(&text.text),
            _ => {
                if !words.is_empty() && !words.ends_with('\n') {
                    words.push(' ');
                }
                scribe.write_parts(std::slice::from_ref(part), 0, &mut words);
            }
        }
    }
    scribe.write_notes(message, &mut words);
    let words = clean(words.trim_matches('\n'), scribe);
    if !words.is_empty() {
        script_string(&words, view.key("x"));
    }
    if !is_notice && !pictures.is_empty() {
        view.texts("p", pictures.iter().map(|(_, address)| address.as_str()));
    }
    let bundles: Vec<&Forward> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Forward(forward) if !is_notice && !forward.messages.is_empty() => {
                Some(&**forward)
            }
            _ => None,
        })
        .collect();
    if !bundles.is_empty() {
        view.list("b", bundles, |forward, out| bundle(scribe, forward, 1, out));
    }
    view.close();
}

/// Appends a bundle: its title and its messages, which have the same shape.
fn bundle(scribe: &mut Scribe<'_>, forward: &Forward, depth: usize, out: &mut Vec<u8>) {
    let untitled = crate::words::part(scribe.language, hutong_model::PartKind::Forward);
    let title = forward
        .title
        .as_deref()
        .filter(|title| !title.trim().is_empty());
    let title = format!(
        "{} {}",
        title.unwrap_or(untitled),
        scribe.forward_count(forward)
    );
    let mut view = Object::open(out);
    script_string(&clean(&title, scribe), view.key("title"));
    let shown = forward.messages.iter().take(MOST_FORWARDED).enumerate();
    view.list("messages", shown, |(index, message), out| {
        let name = scribe
            .name_of(
                message.sender,
                message.sender_name.as_deref(),
                message.sender_native_id.as_deref(),
            )
            .to_owned();
        let time = scribe.forwarded_time(message);
        let mut words = String::new();
        let mut inner: Vec<&Forward> = Vec::new();
        for part in &message.parts {
            match part {
                Part::Forward(forward) if depth < MAX_DEPTH && !forward.messages.is_empty() => {
                    inner.push(forward);
                }
                _ => scribe.write_parts(std::slice::from_ref(part), depth, &mut words),
            }
        }
        let words = clean(words.trim_matches('\n'), scribe);
        let mut view = Object::open(out);
        view.number("i", index);
        script_string(&crate::roster::plain(&name), view.key("s"));
        script_string(&clean(&time, scribe), view.key("t"));
        if !words.is_empty() {
            script_string(&words, view.key("x"));
        }
        if !inner.is_empty() {
            view.list("b", inner, |forward, out| {
                bundle(scribe, forward, depth + 1, out);
            });
        }
        view.close();
    });
    view.close();
}

/// Words without what a page cannot show, lines that turn the direction isolated from the rest.
fn clean(text: &str, scribe: &Scribe<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let turns = text.contains(is_direction_control);
    if turns {
        out.push('\u{2068}');
    }
    let mut marks = 0;
    let mut count = 0;
    for character in text.chars() {
        marks = if is_mark(character) { marks + 1 } else { 0 };
        if marks > MAX_MARKS || character == '\r' {
            continue;
        }
        count += 1;
        if count > LONGEST {
            out.push_str(
                scribe
                    .language
                    .pick(" …（后面的没有放进来）", " … (the rest is left out)"),
            );
            break;
        }
        out.push(control_picture(character).unwrap_or(character));
    }
    if turns {
        out.push('\u{2069}');
    }
    out
}
