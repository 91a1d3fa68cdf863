//! Lines of a WhatsApp chat export, and the names of the files beside it.
//!
//! Nothing that somebody wrote can begin a message of its own: a further line that could be taken for the head of one
//! begins with a word joiner (U+2060), which nobody sees and no reader skips.

use hutong_media::MediaType;
use hutong_model::{Attachment, Message, Part};
use rustc_hash::FxHashMap;

use crate::attachments::{Shown, open_shown};
use crate::clock::Local;
use crate::scribe::Scribe;
use crate::text::{MAX_MARKS, control_picture, is_mark};
use crate::{Context, Phone, WriteError};

/// Marks what the program itself wrote, in exports of iPhones.
const LEFT_TO_RIGHT: &str = "\u{200e}";
/// Keeps what somebody wrote from being taken for the head of a message or for a mark of the program.
const WORD_JOINER: char = '\u{2060}';

/// Takes the files that lie beside a chat.
pub(crate) trait Beside {
    /// Takes a file; says whether its bytes could be read.
    fn put(&mut self, name: &str, content: Shown) -> Result<bool, WriteError>;
}

/// Writes one conversation.
pub(crate) struct ChatWriter<'a> {
    context: &'a Context<'a>,
    scribe: Scribe<'a>,
    phone: Phone,
    title: String,
    /// Names given out in this conversation, so that no two people bear the same.
    names: FxHashMap<String, Who>,
    shown: FxHashMap<Who, String>,
    /// Number of the next line with a head.
    number: u64,
    /// Scratch space for one message.
    words: String,
    pub(crate) missing: u64,
    pub(crate) attachments: u64,
}

/// Somebody who writes: an account, or a name where no account is known.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Who {
    Account(hutong_model::AccountId),
    Name(String),
}

impl<'a> ChatWriter<'a> {
    pub(crate) fn new(context: &'a Context<'a>, phone: Phone) -> Self {
        Self {
            context,
            scribe: Scribe::new(context.names, context.language, &context.zone),
            phone,
            title: String::new(),
            names: FxHashMap::default(),
            shown: FxHashMap::default(),
            number: 0,
            words: String::new(),
            missing: 0,
            attachments: 0,
        }
    }

    /// Turns to another conversation.
    pub(crate) fn enter(&mut self, conversation: hutong_model::ConversationId, title: &str) {
        self.scribe.people.enter(conversation);
        self.title = name(title);
        self.names.clear();
        self.shown.clear();
        self.number = 0;
    }

    /// Appends a message: a line with a head for each attachment and for each run of words between them.
    pub(crate) fn message(
        &mut self,
        message: &Message,
        beside: &mut dyn Beside,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let local = self.scribe.clock.local(message.sent_at);
        let sender = self.sender(message);
        let is_event = message
            .parts
            .iter()
            .all(|part| matches!(part, Part::System(_)))
            && !message.parts.is_empty();
        // Parts from here on are not written yet.
        let mut from = 0;
        let mut has_line = false;
        for (index, part) in message.parts.iter().enumerate() {
            let Some(found) = attachment(part).filter(|(attachment, _)| {
                self.context.options.copy_attachments && attachment.is_present()
            }) else {
                continue;
            };
            self.words(message.parts.get(from..index).unwrap_or_default());
            if !self.words.is_empty() {
                self.line(local, sender.as_deref(), false, out);
                has_line = true;
            }
            from = index;
            if self.file(found, part, local, sender.as_deref(), beside, out)? {
                from = index + 1;
                has_line = true;
            }
        }
        self.words(message.parts.get(from..).unwrap_or_default());
        let has_words = !self.words.is_empty();
        self.scribe.write_notes(message, &mut self.words);
        if !self.words.is_empty() || !has_line {
            self.line(local, sender.as_deref(), is_event && has_words, out);
        }
        Ok(())
    }

    /// Puts parts into words.
    fn words(&mut self, parts: &[Part]) {
        self.words.clear();
        self.scribe.write_parts(parts, 0, &mut self.words);
        let length = self.words.trim_end_matches('\n').len();
        self.words.truncate(length);
    }

    /// Copies an attachment and appends the line that names it; says whether its bytes could be had.
    fn file(
        &mut self,
        found: (&Attachment, Form),
        part: &Part,
        local: Local,
        sender: Option<&str>,
        beside: &mut dyn Beside,
        out: &mut Vec<u8>,
    ) -> Result<bool, WriteError> {
        let (attachment, form) = found;
        let Some(shown) = open_shown(self.context.blobs, attachment, form == Form::Voice) else {
            self.missing += 1;
            return Ok(false);
        };
        let name = self.file_name(attachment, form, &shown, local);
        if !beside.put(&name, shown)? {
            self.missing += 1;
            return Ok(false);
        }
        self.attachments += 1;
        self.head(local, sender, true, out);
        out.extend_from_slice(LEFT_TO_RIGHT.as_bytes());
        match self.phone {
            Phone::Iphone => {
                out.extend_from_slice(b"<attached: ");
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b">");
            }
            Phone::Android => {
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b" (file attached)");
            }
        }
        // What is known beside the bytes: a film's length, what a voice says, what a sticker means.
        self.words.clear();
        beyond(part, &mut self.words);
        if !self.words.is_empty() {
            out.push(b'\n');
            self.body(true, out);
        }
        self.end(out);
        Ok(true)
    }

    fn file_name(
        &self,
        attachment: &Attachment,
        form: Form,
        shown: &Shown,
        local: Local,
    ) -> String {
        let (year, month, day) = local.date();
        let number = self.number;
        let extension = &shown.extension;
        let is_gif = shown.media_type == Some(MediaType::Gif);
        if form == Form::File {
            let stem = attachment.name.as_deref().unwrap_or("file");
            let stem = stem.strip_suffix(extension.as_str()).unwrap_or(stem);
            let stem = crate::file_name::plain(stem.trim_end_matches('.'), 80);
            return match self.phone {
                Phone::Iphone => format!("{number:08}-{stem}.{extension}"),
                Phone::Android => {
                    format!("DOC-{year:04}{month:02}{day:02}-WA{number:04}.{extension}")
                }
            };
        }
        match self.phone {
            Phone::Iphone => {
                let kind = match form {
                    Form::Sticker => "STICKER",
                    Form::Image if is_gif => "GIF",
                    Form::Image => "PHOTO",
                    Form::Video => "VIDEO",
                    Form::Voice | Form::File => "AUDIO",
                };
                let (hour, minute, second) = (
                    local.second / 3600,
                    local.second / 60 % 60,
                    local.second % 60,
                );
                format!(
                    "{number:08}-{kind}-{year:04}-{month:02}-{day:02}-{hour:02}-{minute:02}-{second:02}.{extension}"
                )
            }
            Phone::Android => {
                let kind = match form {
                    Form::Sticker => "STK",
                    Form::Image => "IMG",
                    Form::Video => "VID",
                    Form::Voice | Form::File => "PTT",
                };
                format!("{kind}-{year:04}{month:02}{day:02}-WA{number:04}.{extension}")
            }
        }
    }

    /// Appends a whole line of the words at hand.
    fn line(&mut self, local: Local, sender: Option<&str>, is_event: bool, out: &mut Vec<u8>) {
        self.head(local, sender, is_event, out);
        if is_event && self.phone == Phone::Iphone {
            out.extend_from_slice(LEFT_TO_RIGHT.as_bytes());
        }
        self.body(is_event, out);
        self.end(out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(match self.phone {
            Phone::Iphone => b"\r\n",
            Phone::Android => b"\n",
        });
        self.number += 1;
    }

    /// `[02.05.2024, 16:00:00] 林海: `. Days come first wherever dates are written with dots, so that no reader has to guess.
    fn head(&self, local: Local, sender: Option<&str>, is_event: bool, out: &mut Vec<u8>) {
        let (year, month, day) = local.date();
        let (hour, minute, second) = (
            local.second / 3600,
            local.second / 60 % 60,
            local.second % 60,
        );
        let head = match self.phone {
            Phone::Iphone => {
                let mark = if is_event { LEFT_TO_RIGHT } else { "" };
                format!("{mark}[{day:02}.{month:02}.{year:04}, {hour:02}:{minute:02}:{second:02}] ")
            }
            Phone::Android => format!("{day:02}.{month:02}.{year:04}, {hour:02}:{minute:02} - "),
        };
        out.extend_from_slice(head.as_bytes());
        // Exports of iPhones name the chat where nobody speaks, those of Android name nobody.
        let name = match (sender, self.phone) {
            (Some(name), _) => name,
            (None, Phone::Iphone) => &self.title,
            (None, Phone::Android) => return,
        };
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
    }

    /// Appends the words at hand. `is_ours` says that the program wrote them.
    fn body(&self, is_ours: bool, out: &mut Vec<u8>) {
        let text = &self.words;
        let mut marks = 0;
        let mut buffer = [0; 4];
        let mut push = |character: char, out: &mut Vec<u8>| {
            out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        };
        let is_bait = !is_ours && text.contains('<') && holds_file_name(text);
        if !is_ours && text.starts_with('\u{200e}') {
            push(WORD_JOINER, out);
        }
        let mut is_first = true;
        for line in text.split(['\n', '\u{2028}', '\u{2029}']) {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if !std::mem::take(&mut is_first) {
                out.push(b'\n');
                if could_be_head(line) {
                    push(WORD_JOINER, out);
                }
            }
            for character in line.chars() {
                marks = if is_mark(character) { marks + 1 } else { 0 };
                if marks <= MAX_MARKS {
                    push(control_picture(character).unwrap_or(character), out);
                }
                if character == '<' && is_bait {
                    push(WORD_JOINER, out);
                }
            }
        }
    }

    /// The name of the sender, the same all through the conversation; nothing where nobody speaks.
    fn sender(&mut self, message: &Message) -> Option<String> {
        let who = match (message.sender, message.sender_name.as_deref()) {
            (Some(id), _) => Who::Account(id),
            (None, Some(name)) => Who::Name(name.to_owned()),
            (None, None) => return None,
        };
        if let Some(known) = self.shown.get(&who) {
            return Some(known.clone());
        }
        let (person, shown) = self.scribe.sender(message);
        let plain = name(shown);
        let mut unique = plain.clone();
        let more = person.native_id.map(name).unwrap_or_default();
        for number in 1_u64.. {
            let is_free = self.names.get(&unique).is_none_or(|other| *other == who);
            if is_free {
                break;
            }
            unique = if number == 1 && !more.is_empty() {
                format!("{plain} ({more})")
            } else {
                format!("{plain} ({})", number + 1)
            };
        }
        self.names.insert(unique.clone(), who.clone());
        self.shown.insert(who, unique.clone());
        Some(unique)
    }
}

/// What a part's file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Image,
    Sticker,
    Video,
    Voice,
    File,
}

fn attachment(part: &Part) -> Option<(&Attachment, Form)> {
    match part {
        Part::Image(image) => Some((&image.attachment, Form::Image)),
        Part::Sticker(sticker) => Some((&sticker.attachment, Form::Sticker)),
        Part::Video(video) => Some((&video.attachment, Form::Video)),
        Part::Voice(voice) => Some((&voice.attachment, Form::Voice)),
        Part::File(file) => Some((&file.attachment, Form::File)),
        _ => None,
    }
}

/// What is known of an attachment that its bytes do not say.
fn beyond(part: &Part, out: &mut String) {
    let words = match part {
        Part::Voice(voice) => [
            voice.duration_ms.map(crate::words::duration),
            voice.transcript.clone(),
        ],
        Part::Sticker(sticker) => [sticker.meaning.clone(), sticker.result.clone()],
        Part::Image(image) => [image.attachment.name.clone(), None],
        Part::Video(video) => [video.attachment.name.clone(), None],
        Part::File(file) => [file.attachment.name.clone(), None],
        _ => [None, None],
    };
    for word in words.into_iter().flatten() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
}

/// A name for the head of a line: it holds no colon that ends it, no line end, nothing that turns the direction.
fn name(text: &str) -> String {
    let mut bytes = Vec::new();
    crate::text::write_name(text, &mut bytes);
    let name = String::from_utf8(bytes).unwrap_or_default();
    let name: String = name
        .chars()
        .map(|character| match character {
            ':' => '：',
            '\u{2028}' | '\u{2029}' | '\t' => ' ',
            other => other,
        })
        .collect();
    let name = name.trim();
    if name.is_empty() {
        "?".to_owned()
    } else {
        name.to_owned()
    }
}

/// Whether a line could be taken for the head of a message: behind signs that readers skip it begins with a date.
fn could_be_head(line: &str) -> bool {
    let line = line.trim_start_matches(|character: char| {
        character.is_whitespace() || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    });
    let line = line.strip_prefix('[').unwrap_or(line).trim_start();
    let digits = line
        .chars()
        .take_while(|character| character.is_numeric())
        .count();
    let mut rest = line
        .chars()
        .skip(digits)
        .skip_while(|character| character.is_whitespace());
    (1..=4).contains(&digits)
        && matches!(
            rest.next(),
            Some('/' | '.' | '-' | '年' | '월' | '月' | '년' | '٫' | '،')
        )
}

/// Whether a text holds what could be the name of a file beside the chat.
fn holds_file_name(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.contains(':') && text.contains('>') && digits >= 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_messages_are_known_in_all_their_shapes() {
        for line in [
            "[02.05.2024, 16:00:00] x: y",
            "\u{200e}[2/5/24, 4:00:00\u{202f}PM] x: y",
            " 2024-05-02, 16:00 - x: y",
            "[2024年5月2日 16:00:00] x: y",
            "\u{feff}\u{202a}02/05/24 16:00 - x",
            "12. 3. 24, 16:00 - x: y",
        ] {
            assert!(could_be_head(line), "{line}");
        }
        for line in ["好的", "12345 元", "", "[图片]", "- 1", "3 点见"] {
            assert!(!could_be_head(line), "{line}");
        }
    }

    #[test]
    fn a_name_never_ends_early() {
        assert_eq!(name("张: 三\n\u{202e}"), "张： 三");
        assert_eq!(name(" \u{2028}"), "?");
    }
}
