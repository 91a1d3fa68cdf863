//! The words of a message that search looks at.

use hutong_model::{Attachment, Part};

/// Appends every word that a person could look for, one piece to a line.
///
/// What was quoted and what was forwarded counts too: it may be the only place where it is still to be read.
pub(crate) fn write_words(parts: &[Part], out: &mut String) {
    for part in parts {
        write_part(part, out);
    }
}

fn line(out: &mut String, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(text);
    }
}

fn lines<'a>(out: &mut String, texts: impl IntoIterator<Item = &'a Option<String>>) {
    texts
        .into_iter()
        .for_each(|text| line(out, text.as_deref()));
}

fn name(out: &mut String, attachment: &Attachment) {
    line(out, attachment.name.as_deref());
}

fn write_part(part: &Part, out: &mut String) {
    match part {
        Part::Text(text) => line(out, Some(&text.text)),
        Part::Image(_) | Part::Video(_) => {}
        Part::Voice(voice) => line(out, voice.transcript.as_deref()),
        Part::File(file) => name(out, &file.attachment),
        Part::Sticker(sticker) => lines(out, [&sticker.meaning, &sticker.result]),
        Part::Place(place) => lines(out, [&place.name, &place.address]),
        Part::Contact(contact) => lines(out, [&contact.name, &contact.alias, &contact.description]),
        Part::Link(link) => lines(
            out,
            [&link.title, &link.description, &link.source, &link.url],
        ),
        Part::MiniApp(app) => lines(out, [&app.title, &app.app, &app.description]),
        Part::ChannelPost(post) => lines(out, [&post.author, &post.description]),
        Part::Quote(quote) => write_words(&quote.parts, out),
        Part::Forward(forward) => {
            line(out, forward.title.as_deref());
            if forward.messages.is_empty() {
                forward
                    .summary
                    .iter()
                    .for_each(|summary| line(out, Some(summary)));
            }
            forward
                .messages
                .iter()
                .for_each(|message| write_words(&message.parts, out));
        }
        Part::Payment(payment) => lines(out, [&payment.note, &payment.amount]),
        Part::Call(call) => line(out, call.text.as_deref()),
        Part::Nudge(nudge) => line(out, Some(&nudge.text)),
        Part::Announcement(announcement) => {
            line(out, announcement.title.as_deref());
            line(out, Some(&announcement.text));
        }
        Part::Poll(poll) => {
            line(out, poll.title.as_deref());
            line(out, Some(&poll.text));
            poll.options
                .iter()
                .for_each(|option| line(out, Some(option)));
        }
        Part::System(system) => line(out, Some(&system.text)),
        Part::Card(card) => {
            lines(out, [&card.title, &card.text]);
            card.fields
                .iter()
                .for_each(|(_, value)| line(out, Some(value)));
        }
        Part::Unknown(unknown) => line(out, unknown.text.as_deref()),
    }
}
