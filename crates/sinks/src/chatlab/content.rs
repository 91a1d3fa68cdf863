//! Type codes and the words that stand for what the format has no field for.

use hutong_model::{Forward, Message, Part, PartKind, PaymentKind};

use crate::scribe::Scribe;
use crate::words;

/// Type of a text.
const TEXT: u8 = 0;
/// Type of an answer.
const REPLY: u8 = 25;
/// Type of an event; it may come from nobody.
pub(super) const SYSTEM: u8 = 80;
/// Type of a message that was withdrawn; it may come from nobody.
pub(super) const RECALL: u8 = 81;

/// Whether a part is words that somebody wrote.
fn is_words(part: &Part) -> bool {
    matches!(part, Part::Text(_))
}

/// The one part that gives a message its type; none where words and other things stand together.
fn only(message: &Message) -> Option<&Part> {
    let mut found = message
        .parts
        .iter()
        .filter(|part| !matches!(part, Part::Text(text) if text.text.trim().is_empty()));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The type code of a message.
pub(super) fn code(message: &Message) -> u8 {
    if super::is_recalled(message) {
        return RECALL;
    }
    let is_system = |part: &Part| matches!(part, Part::System(_));
    if message.parts.first().is_some_and(is_system) {
        return SYSTEM;
    }
    let is_answer = !message.reply_to.is_empty()
        || message
            .parts
            .iter()
            .any(|part| matches!(part, Part::Quote(_)));
    let is_plain = |part: &Part| is_words(part) || matches!(part, Part::Quote(_));
    if is_answer && message.parts.iter().all(is_plain) {
        return REPLY;
    }
    let Some(part) = only(message) else {
        // Words together with other things are words; other things alone are what the first of them is.
        let has_words = message
            .parts
            .iter()
            .any(|part| matches!(part, Part::Text(text) if !text.text.trim().is_empty()));
        return match message.parts.first() {
            Some(part) if !has_words => of_part(part),
            _ => TEXT,
        };
    };
    of_part(part)
}

fn of_part(part: &Part) -> u8 {
    match part.kind() {
        PartKind::Text | PartKind::Announcement | PartKind::Poll => TEXT,
        PartKind::Image => 1,
        PartKind::Voice => 2,
        PartKind::Video => 3,
        PartKind::File => 4,
        PartKind::Sticker => 5,
        PartKind::Link => 7,
        PartKind::Place => 8,
        PartKind::Payment => match part {
            Part::Payment(payment) if payment.kind == PaymentKind::RedPacket => 20,
            _ => 21,
        },
        PartKind::Nudge => 22,
        PartKind::Call => 23,
        PartKind::MiniApp | PartKind::ChannelPost | PartKind::Card => 24,
        PartKind::Quote => REPLY,
        PartKind::Forward => 26,
        PartKind::Contact => 27,
        PartKind::System => SYSTEM,
        PartKind::Unknown => 99,
    }
}

/// Appends the words of a message. `is_linked` says that the answered message is named, so that it need not be quoted.
pub(super) fn write(
    scribe: &mut Scribe<'_>,
    message: &Message,
    code: u8,
    is_linked: bool,
    out: &mut String,
) {
    match only(message) {
        Some(part) => write_only(scribe, part, out),
        None if is_linked => {
            let is_quote = |part: &&Part| matches!(part, Part::Quote(_));
            let rest = message.parts.iter().filter(|part| !is_quote(part));
            let rest: Vec<Part> = rest.cloned().collect();
            scribe.write_parts(&rest, 0, out);
        }
        None => scribe.write_parts(&message.parts, 0, out),
    }
    if code == RECALL
        && let Some(note) = scribe.state_note(message)
    {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push('[');
        out.push_str(&note);
        out.push(']');
    }
    let end = out.trim_end_matches('\n').len();
    if !matches!(message.parts.last(), Some(Part::Text(_))) {
        out.truncate(end);
    }
}

/// A part that stands alone: the label that programs look for, then the one fact that the format's readers use.
fn write_only(scribe: &mut Scribe<'_>, part: &Part, out: &mut String) {
    let label = |out: &mut String| {
        out.push('[');
        out.push_str(words::part(scribe.language, part.kind()));
        out.push(']');
    };
    let mut fact = |fact: Option<&str>| {
        label(out);
        if let Some(fact) = fact.filter(|fact| !fact.trim().is_empty()) {
            out.push(' ');
            out.push_str(fact);
        }
    };
    match part {
        Part::Image(image) => fact(image.attachment.name.as_deref()),
        Part::Video(video) => fact(video.attachment.name.as_deref()),
        Part::File(file) => fact(file.attachment.name.as_deref()),
        Part::Voice(voice) => {
            let seconds = voice
                .duration_ms
                .map(|length| format!("{}\"", length.div_ceil(1000)));
            fact(voice.transcript.as_deref().or(seconds.as_deref()));
        }
        Part::Sticker(sticker) => {
            let words = [sticker.meaning.as_deref(), sticker.result.as_deref()];
            let words: Vec<&str> = words.into_iter().flatten().collect();
            fact(Some(&words.join(" ")));
        }
        Part::Link(link) => {
            let words = [link.title.as_deref(), link.url.as_deref()];
            let words: Vec<&str> = words.into_iter().flatten().collect();
            fact(Some(&words.join(" ")));
        }
        Part::Forward(forward) => {
            let untitled = words::part(scribe.language, PartKind::Forward);
            let title = forward.title.as_deref();
            fact(
                title
                    .filter(|title| !title.trim().is_empty())
                    .or(Some(untitled)),
            );
            write_bundle(scribe, forward, out);
        }
        _ => scribe.write_parts(std::slice::from_ref(part), 0, out),
    }
}

/// A line for each message of a bundle.
fn write_bundle(scribe: &mut Scribe<'_>, forward: &Forward, out: &mut String) {
    if forward.messages.is_empty() {
        for line in &forward.summary {
            out.push('\n');
            out.push_str(line);
        }
    }
    for message in &forward.messages {
        out.push('\n');
        let name = scribe.name_of(
            message.sender,
            message.sender_name.as_deref(),
            message.sender_native_id.as_deref(),
        );
        out.push_str(name);
        out.push_str(": ");
        let mut words = String::new();
        scribe.write_parts(&message.parts, 1, &mut words);
        out.push_str(words.trim_end_matches('\n'));
    }
}
