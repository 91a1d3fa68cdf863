//! Parts as JSON objects.

use super::json::{JsonArray, JsonObject, push_hex, write_string};
use crate::{AccountId, Attachment, AttachmentState, Part, Timestamp};

fn some_id(object: &mut JsonObject<'_>, key: &str, id: Option<AccountId>) {
    if let Some(id) = id {
        object.hex(key, &id.0);
    }
}

fn some_time(object: &mut JsonObject<'_>, key: &str, time: Option<Timestamp>) {
    if let Some(time) = time {
        object.time(key, time);
    }
}

fn strings(object: &mut JsonObject<'_>, key: &str, values: &[String]) {
    if !values.is_empty() {
        let mut array = JsonArray::open(object.key(key));
        for value in values {
            write_string(array.element(), value);
        }
        array.close();
    }
}

/// Writes an attachment. `present` says that the bytes were found, `stored` that the archive holds them.
pub(super) fn write_attachment(out: &mut Vec<u8>, attachment: &Attachment) {
    let mut object = JsonObject::open(out);
    object.some_string("media_type", attachment.media_type.as_deref());
    object.some_string("name", attachment.name.as_deref());
    object.some_string("native_digest", attachment.native_digest.as_deref());
    object.some_string("path", attachment.path.as_deref());
    object.boolean("present", attachment.is_present());
    if let Some(digest) = attachment.sha256 {
        object.hex("sha256", &digest.0);
    }
    object.some_integer("size", attachment.size_bytes);
    object.flag("stored", attachment.state == AttachmentState::Stored);
    object.some_string("url", attachment.url.as_deref());
    object.close();
}

pub(super) fn write_parts(out: &mut Vec<u8>, parts: &[Part]) {
    let mut array = JsonArray::open(out);
    for part in parts {
        write_part(array.element(), part);
    }
    array.close();
}

fn attachment_or_nothing(object: &mut JsonObject<'_>, key: &str, attachment: &Attachment) {
    if *attachment != Attachment::default() || attachment.content.is_some() {
        write_attachment(object.key(key), attachment);
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one arm for each kind of part, each a list of its fields"
)]
fn write_part(out: &mut Vec<u8>, part: &Part) {
    let kind = part.kind().as_str();
    let mut object = JsonObject::open(out);
    match part {
        Part::Text(text) => {
            if !text.mentions.is_empty() {
                let mut array = JsonArray::open(object.key("mentions"));
                for mention in &text.mentions {
                    let mut item = JsonObject::open(array.element());
                    some_id(&mut item, "account", mention.account);
                    item.flag("everyone", mention.is_everyone);
                    item.some_string("name", Some(&mention.name));
                    item.some_string("native_id", mention.native_id.as_deref());
                    item.close();
                }
                array.close();
            }
            object.string("text", &text.text);
            object.string("type", kind);
        }
        Part::Image(image) => {
            attachment_or_nothing(&mut object, "attachment", &image.attachment);
            object.flag("flash", image.is_flash);
            object.some_integer("height", image.height);
            if let Some(thumbnail) = &image.thumbnail {
                attachment_or_nothing(&mut object, "thumbnail", thumbnail);
            }
            object.string("type", kind);
            object.some_integer("width", image.width);
        }
        Part::Voice(voice) => {
            attachment_or_nothing(&mut object, "attachment", &voice.attachment);
            object.some_integer("duration_ms", voice.duration_ms);
            object.some_string("transcript", voice.transcript.as_deref());
            object.string("type", kind);
        }
        Part::Video(video) => {
            attachment_or_nothing(&mut object, "attachment", &video.attachment);
            object.some_integer("duration_ms", video.duration_ms);
            object.some_integer("height", video.height);
            if let Some(thumbnail) = &video.thumbnail {
                attachment_or_nothing(&mut object, "thumbnail", thumbnail);
            }
            object.string("type", kind);
            object.some_integer("width", video.width);
        }
        Part::File(file) => {
            attachment_or_nothing(&mut object, "attachment", &file.attachment);
            object.string("type", kind);
        }
        Part::Sticker(sticker) => {
            attachment_or_nothing(&mut object, "attachment", &sticker.attachment);
            object.some_string("meaning", sticker.meaning.as_deref());
            object.some_string("pack", sticker.pack.as_deref());
            object.some_string("result", sticker.result.as_deref());
            object.string("type", kind);
        }
        Part::Place(place) => {
            object.some_string("address", place.address.as_deref());
            object.some_string("latitude", place.latitude.as_deref());
            object.some_string("longitude", place.longitude.as_deref());
            object.some_string("name", place.name.as_deref());
            object.string("type", kind);
        }
        Part::Contact(contact) => {
            object.some_string("alias", contact.alias.as_deref());
            object.some_string("description", contact.description.as_deref());
            object.some_string("name", contact.name.as_deref());
            object.some_string("native_id", contact.native_id.as_deref());
            object.flag("official", contact.is_official);
            object.string("type", kind);
        }
        Part::Link(link) => {
            object.some_string("description", link.description.as_deref());
            object.some_string("source", link.source.as_deref());
            object.some_string("title", link.title.as_deref());
            object.string("type", kind);
            object.some_string("url", link.url.as_deref());
        }
        Part::MiniApp(app) => {
            object.some_string("app", app.app.as_deref());
            object.some_string("app_id", app.app_id.as_deref());
            object.some_string("description", app.description.as_deref());
            object.some_string("path", app.path.as_deref());
            object.some_string("title", app.title.as_deref());
            object.string("type", kind);
            object.some_string("url", app.url.as_deref());
        }
        Part::ChannelPost(post) => {
            object.some_string("author", post.author.as_deref());
            object.some_string("author_id", post.author_id.as_deref());
            object.some_string("description", post.description.as_deref());
            object.some_integer("duration_ms", post.duration_ms);
            object.some_string("form", Some(&post.form));
            object.some_string("post_id", post.post_id.as_deref());
            object.string("type", kind);
            object.some_string("url", post.url.as_deref());
        }
        Part::Quote(quote) => {
            some_id(&mut object, "author", quote.author);
            object.some_string("author_name", quote.author_name.as_deref());
            object.some_string("author_native_id", quote.author_native_id.as_deref());
            object.some_string("native_id", quote.native_id.as_deref());
            write_parts(object.key("parts"), &quote.parts);
            some_time(&mut object, "sent_at", quote.sent_at);
            object.string("type", kind);
        }
        Part::Forward(forward) => {
            object.some_integer("count", forward.stated_count);
            let mut array = JsonArray::open(object.key("messages"));
            for message in &forward.messages {
                let mut item = JsonObject::open(array.element());
                item.some_string("native_id", message.native_id.as_deref());
                write_parts(item.key("parts"), &message.parts);
                some_id(&mut item, "sender", message.sender);
                item.some_string("sender_name", message.sender_name.as_deref());
                item.some_string("sender_native_id", message.sender_native_id.as_deref());
                some_time(&mut item, "sent_at", message.sent_at);
                item.some_string("sent_at_text", message.sent_at_text.as_deref());
                item.close();
            }
            array.close();
            object.some_string("native_id", forward.native_id.as_deref());
            object.some_string("raw", forward.raw.as_deref());
            strings(&mut object, "summary", &forward.summary);
            object.some_string("title", forward.title.as_deref());
            object.string("type", kind);
        }
        Part::Payment(payment) => {
            object.some_string("amount", payment.amount.as_deref());
            object.some_string("currency", payment.currency.as_deref());
            object.some_string("native_id", payment.native_id.as_deref());
            object.some_string("note", payment.note.as_deref());
            some_id(&mut object, "payer", payment.payer);
            object.string("payment", payment.kind.as_str());
            some_id(&mut object, "receiver", payment.receiver);
            object.string("state", payment.state.as_str());
            object.string("type", kind);
        }
        Part::Call(call) => {
            object.string("call", call.kind.as_str());
            object.some_integer("duration_ms", call.duration_ms);
            object.string("outcome", call.outcome.as_str());
            object.some_string("text", call.text.as_deref());
            object.string("type", kind);
        }
        Part::Nudge(nudge) => {
            some_id(&mut object, "actor", nudge.actor);
            some_id(&mut object, "target", nudge.target);
            object.some_string("text", Some(&nudge.text));
            object.string("type", kind);
        }
        Part::Announcement(announcement) => {
            object.string("text", &announcement.text);
            object.some_string("title", announcement.title.as_deref());
            object.string("type", kind);
        }
        Part::Poll(poll) => {
            strings(&mut object, "options", &poll.options);
            object.string("text", &poll.text);
            object.some_string("title", poll.title.as_deref());
            object.string("type", kind);
        }
        Part::System(system) => {
            if !system.accounts.is_empty() {
                let mut array = JsonArray::open(object.key("accounts"));
                for account in &system.accounts {
                    let out = array.element();
                    out.push(b'"');
                    push_hex(out, &account.0);
                    out.push(b'"');
                }
                array.close();
            }
            object.string("event", system.event.as_str());
            object.string("text", &system.text);
            object.string("type", kind);
        }
        Part::Card(card) => {
            object.some_string("app", card.app.as_deref());
            if !card.fields.is_empty() {
                let mut array = JsonArray::open(object.key("fields"));
                for (label, value) in &card.fields {
                    let mut pair = JsonArray::open(array.element());
                    write_string(pair.element(), label);
                    write_string(pair.element(), value);
                    pair.close();
                }
                array.close();
            }
            object.some_string("raw", card.raw.as_deref());
            object.some_string("text", card.text.as_deref());
            object.some_string("title", card.title.as_deref());
            object.string("type", kind);
            object.some_string("url", card.url.as_deref());
        }
        Part::Unknown(unknown) => {
            object.string("kind", &unknown.kind);
            object.hex("raw_hex", &unknown.raw);
            object.some_string("text", unknown.text.as_deref());
            object.string("type", kind);
        }
    }
    object.close();
}
