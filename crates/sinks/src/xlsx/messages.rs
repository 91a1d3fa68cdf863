//! The rows of the messages.

use hutong_model::{Attachment, Message, NativeValue, Part, Payment, Precision};

use super::book::Book;
use super::cell::{Style, pieces, serial};
use super::fields::Field;
use super::sheet::{Sheet, Target};
use crate::attachments::Attachments;
use crate::paint::{Form, Placed, Shelf};
use crate::scribe::{MAX_DEPTH, Scribe};
use crate::{Language, WriteError, words};

/// The chat at hand, as its rows repeat it.
pub(super) struct Chat {
    pub(super) title: String,
    pub(super) native_id: String,
}

/// Texts of one message, kept from one to the next so that a long export allocates once.
#[derive(Default)]
pub(super) struct Texts {
    text: String,
    files: String,
    places: String,
    digests: String,
    other: String,
    bytes: Option<u64>,
    first_place: Option<String>,
}

impl Texts {
    /// Puts a message into words and its attachments into their places.
    pub(super) fn fill(
        &mut self,
        message: &Message,
        scribe: &mut Scribe<'_>,
        attachments: &mut Attachments<'_>,
    ) -> Result<(), WriteError> {
        self.text.clear();
        scribe.write_message(message, &mut self.text);
        let kept = self.text.trim_end_matches('\n').len();
        self.text.truncate(kept);
        self.files.clear();
        self.places.clear();
        self.digests.clear();
        self.bytes = None;
        self.first_place = None;
        let mut found = Vec::new();
        gather(&message.parts, 0, &mut found);
        for (attachment, is_voice) in found {
            self.attachment(attachment, is_voice, scribe.language, attachments)?;
        }
        Ok(())
    }

    fn attachment(
        &mut self,
        attachment: &Attachment,
        is_voice: bool,
        language: Language,
        attachments: &mut Attachments<'_>,
    ) -> Result<(), WriteError> {
        if !self.files.is_empty() {
            self.files.push('\n');
            self.places.push('\n');
            self.digests.push('\n');
        }
        self.files.push_str(
            attachment
                .name
                .as_deref()
                .unwrap_or(language.pick("（无名）", "(no name)")),
        );
        if let Some(bytes) = attachment.size_bytes {
            self.bytes = Some(self.bytes.unwrap_or(0).saturating_add(bytes));
        }
        if let Some(digest) = attachment.sha256 {
            self.digests.push_str(&digest.to_string());
        }
        match attachments.place(attachment, Form::of(attachment, is_voice))? {
            Placed::Held(held) => {
                self.places.push_str(&held.address);
                if self.first_place.is_none() {
                    self.first_place = Some(held.address.clone());
                }
            }
            Placed::Missing => self.files.push_str(language.pick(" [缺失]", " [missing]")),
            Placed::LeftOut | Placed::Inline(_) => {}
        }
        Ok(())
    }

    /// Rows that the message needs.
    pub(super) fn rows(&self) -> usize {
        pieces(&self.text).len()
    }
}

/// The attachments of a message in order, and whether each is a voice.
fn gather<'m>(parts: &'m [Part], depth: usize, found: &mut Vec<(&'m Attachment, bool)>) {
    if depth > MAX_DEPTH {
        return;
    }
    for part in parts {
        match part {
            Part::Quote(quote) => gather(&quote.parts, depth + 1, found),
            Part::Forward(forward) => {
                for message in &forward.messages {
                    gather(&message.parts, depth + 1, found);
                }
            }
            _ => {
                let is_voice = matches!(part, Part::Voice(_));
                part.for_each_attachment(&mut |attachment| {
                    if attachment.name.is_some() || attachment.sha256.is_some() {
                        found.push((attachment, is_voice));
                    }
                });
            }
        }
    }
}

/// Appends a message: a row, and further ones where its text does not fit into one cell.
pub(super) fn write(
    message: &Message,
    number: u64,
    chat: &Chat,
    texts: &mut Texts,
    scribe: &mut Scribe<'_>,
    sheet: &mut Sheet,
    book: &mut Book,
) {
    let Book {
        package, strings, ..
    } = book;
    let out = &mut package.buffer;
    let language = scribe.language;
    let local = scribe.clock.local(message.sent_at);
    let all = pieces(&texts.text);
    for (index, piece) in all.iter().enumerate() {
        sheet.begin_row(out);
        sheet.integer(Field::Number as usize, number, out);
        match serial(local) {
            Some(serial) => {
                let style = Style::of_time(message.precision);
                sheet.number(Field::Time as usize, style, &serial, out);
            }
            None => {
                let mut time = Vec::new();
                local.write_precisely(message.precision, &mut time);
                let time = String::from_utf8_lossy(&time);
                sheet.text(Field::Time as usize, Style::Id, &time, out);
            }
        }
        sheet.repeated(
            Field::Chat as usize,
            Style::of_text(&chat.title),
            &chat.title,
            strings,
            out,
        );
        let (person, name) = scribe.sender(message);
        if message.sender.is_some() || message.sender_name.is_some() {
            sheet.repeated(
                Field::Sender as usize,
                Style::of_text(name),
                name,
                strings,
                out,
            );
        }
        if index > 0 {
            let kind = format!(
                "{} {}/{}",
                language.pick("续", "continued"),
                index + 1,
                all.len()
            );
            sheet.text(Field::Kind as usize, Style::Plain, &kind, out);
            sheet.text(Field::Text as usize, Style::of_text(piece), piece, out);
            // The id stands in the first row alone, so that counting ids counts messages.
            sheet.end_row(out);
            continue;
        }
        let direction = words::direction(language, message.direction);
        sheet.repeated(
            Field::Direction as usize,
            Style::Plain,
            direction,
            strings,
            out,
        );
        let kind = words::part(language, message.kind());
        sheet.repeated(Field::Kind as usize, Style::Plain, kind, strings, out);
        sheet.text(Field::Text as usize, Style::of_text(piece), piece, out);
        sheet.text(
            Field::Files as usize,
            Style::of_text(&texts.files),
            &texts.files,
            out,
        );
        if !texts.places.trim().is_empty() {
            let mut style = Style::Id;
            if let Some(place) = texts.first_place.take()
                && sheet.takes_link()
            {
                style = Style::Link;
                sheet.link(Field::Places as usize, Target::File(place));
            }
            sheet.text(Field::Places as usize, style, &texts.places, out);
        }
        let state = words::state(language, &message.state);
        let service = message
            .is_hidden
            .then(|| language.pick("系统行", "Service row"));
        let state = state.or(service).unwrap_or_default();
        sheet.repeated(Field::State as usize, Style::Plain, state, strings, out);
        numbers(message, texts.bytes, sheet, strings, out);
        if let Some(target) = message.reply_to.first() {
            texts.other.clear();
            target.write_hex(&mut texts.other);
            sheet.text(Field::Reply as usize, Style::Id, &texts.other, out);
        }
        if let Some(stated) = message
            .sender_name
            .as_deref()
            .filter(|stated| *stated != name)
        {
            sheet.repeated(
                Field::GroupName as usize,
                Style::of_text(stated),
                stated,
                strings,
                out,
            );
        }
        let id = person.native_id.unwrap_or_default();
        sheet.repeated(Field::SenderId as usize, Style::Id, id, strings, out);
        sheet.repeated(
            Field::ChatId as usize,
            Style::Id,
            &chat.native_id,
            strings,
            out,
        );
        mentions(message, &mut texts.other);
        sheet.text(Field::Mentions as usize, Style::Id, &texts.other, out);
        if !texts.digests.trim().is_empty() {
            sheet.text(Field::Digests as usize, Style::Id, &texts.digests, out);
        }
        texts.other.clear();
        message.id.write_hex(&mut texts.other);
        sheet.text(Field::MessageId as usize, Style::Id, &texts.other, out);
        native_ids(message, &mut texts.other);
        sheet.text(Field::NativeIds as usize, Style::Id, &texts.other, out);
        let platform = words::platform(language, &message.platform);
        sheet.repeated(Field::Platform as usize, Style::Id, platform, strings, out);
        let utc = utc(message);
        sheet.text(Field::Utc as usize, Style::Id, &utc, out);
        let origin = message.origin.to_string();
        sheet.text(Field::Origin as usize, Style::Id, &origin, out);
        sheet.end_row(out);
    }
}

/// What can be added up.
fn numbers(
    message: &Message,
    bytes: Option<u64>,
    sheet: &Sheet,
    strings: &mut super::strings::Strings,
    out: &mut Vec<u8>,
) {
    let mut paid = None;
    let mut milliseconds = None;
    for part in &message.parts {
        match part {
            Part::Payment(payment) => paid = paid.or(Some(&**payment)),
            Part::Voice(voice) => milliseconds = milliseconds.or(voice.duration_ms),
            Part::Video(video) => milliseconds = milliseconds.or(video.duration_ms),
            Part::Call(call) => milliseconds = milliseconds.or(call.duration_ms),
            _ => {}
        }
    }
    if let Some(amount) = paid.and_then(decimal) {
        sheet.number(Field::Amount as usize, Style::Money, amount, out);
        let currency = paid
            .and_then(|payment| payment.currency.as_deref())
            .unwrap_or("CNY");
        sheet.repeated(Field::Currency as usize, Style::Id, currency, strings, out);
    }
    if let Some(milliseconds) = milliseconds {
        let seconds = format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
        sheet.number(Field::Seconds as usize, Style::Plain, &seconds, out);
    }
    if let Some(bytes) = bytes {
        sheet.integer(Field::Bytes as usize, bytes, out);
    }
}

/// The amount as spreadsheets read numbers; `None` when it is none, or too long to be told exactly.
fn decimal(payment: &Payment) -> Option<&str> {
    let amount = payment.amount.as_deref()?.trim_start_matches(['¥', '￥']);
    let digits = amount.strip_prefix('-').unwrap_or(amount);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(whole) && is_number(fraction) && digits.len() <= 15).then_some(amount)
}

fn mentions(message: &Message, out: &mut String) {
    out.clear();
    for part in &message.parts {
        let Part::Text(text) = part else { continue };
        for mention in &text.mentions {
            let id = if mention.is_everyone {
                Some("@all")
            } else {
                mention.native_id.as_deref()
            };
            if let Some(id) = id {
                if !out.is_empty() {
                    out.push('\n');
                }
                out.push_str(id);
            }
        }
    }
}

/// `server_id 77; local_id 3`.
fn native_ids(message: &Message, out: &mut String) {
    out.clear();
    for id in &message.native_ids {
        if !out.is_empty() {
            out.push_str("; ");
        }
        out.push_str(id.name.as_str());
        out.push(' ');
        match &id.value {
            NativeValue::Integer(value) => out.push_str(itoa::Buffer::new().format(*value)),
            NativeValue::Text(text) => out.push_str(text),
        }
    }
}

/// `2024-05-01T08:00:00.123Z`, as precise as it is known.
fn utc(message: &Message) -> String {
    let mut clock = crate::clock::Clock::new(&jiff::tz::TimeZone::UTC);
    let local = clock.local(message.sent_at);
    let mut out = Vec::with_capacity(24);
    local.write_precisely(message.precision, &mut out);
    if message.precision != Precision::Day {
        out.push(b'Z');
    }
    out.into_iter()
        .map(|byte| if byte == b' ' { 'T' } else { char::from(byte) })
        .collect()
}
