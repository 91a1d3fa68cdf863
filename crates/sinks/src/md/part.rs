//! The pieces of a message in Markdown.

use hutong_media::Family;
use hutong_model::{Attachment, Forward, Message, Part, PartKind, Quote};

use super::escape::{Dialect, write_plain_in, write_text_in};
use crate::attachments::Attachments;
use crate::paint::{Form, Placed, Shelf};
use crate::scribe::{MAX_DEPTH, Scribe, reaction_words};
use crate::url::safe_url;
use crate::{Language, WriteError, words};

/// What is needed to write parts.
pub(crate) struct Writer<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) language: Language,
    pub(crate) scribe: Scribe<'a>,
    pub(crate) attachments: Attachments<'a>,
}

impl Writer<'_> {
    /// Leaves an empty line before what comes next.
    pub(crate) fn block(&self, out: &mut String) {
        let kept = out.trim_end().len();
        out.truncate(kept);
        if kept > 0 {
            out.push_str("\n\n");
        }
    }

    /// All parts in order.
    pub(crate) fn parts(
        &mut self,
        parts: &[Part],
        depth: usize,
        out: &mut String,
    ) -> Result<(), WriteError> {
        let mut after_text = false;
        for part in parts {
            let is_text = matches!(part, Part::Text(_));
            let is_code = matches!(part, Part::Sticker(sticker) if sticker.attachment == Attachment::default());
            if !((is_text || is_code) && (after_text || out.is_empty())) {
                self.block(out);
            }
            after_text = is_text || is_code;
            self.part(part, depth, out)?;
        }
        Ok(())
    }

    /// What became of the message, other wordings, answers by emoji.
    pub(crate) fn notes(&mut self, message: &Message, out: &mut String) -> Result<(), WriteError> {
        if let Some(note) = self.scribe.state_note(message) {
            self.block(out);
            out.push('*');
            write_plain_in(&note, self.dialect, out);
            out.push('*');
        }
        for revision in &message.revisions {
            self.block(out);
            out.push_str(
                self.language
                    .pick("*另一版本：*\n\n", "*Other wording:*\n\n"),
            );
            self.parts(&revision.parts, 1, out)?;
        }
        if !message.reactions.is_empty() {
            self.block(out);
            let reactions: Vec<String> = message.reactions.iter().map(reaction_words).collect();
            write_text_in(&reactions.join("  "), self.dialect, out);
        }
        Ok(())
    }

    fn part(&mut self, part: &Part, depth: usize, out: &mut String) -> Result<(), WriteError> {
        match part {
            Part::Text(text) => write_text_in(&text.text, self.dialect, out),
            Part::Quote(quote) => self.quote(quote, depth, out)?,
            Part::Forward(forward) => self.forward(forward, depth, out)?,
            Part::Image(image) => {
                let is_shown = self.attachment(part, &image.attachment, Family::Image, out)?;
                if let Some(thumbnail) = image.thumbnail.as_ref().filter(|_| !is_shown) {
                    let placed = self
                        .attachments
                        .place(thumbnail, Form::of(thumbnail, false))?;
                    self.picture(&placed, out);
                }
            }
            Part::Sticker(sticker) if sticker.attachment != Attachment::default() => {
                self.attachment(part, &sticker.attachment, Family::Image, out)?;
            }
            Part::Voice(voice) => {
                self.attachment(part, &voice.attachment, Family::Audio, out)?;
            }
            Part::Video(video) => {
                self.attachment(part, &video.attachment, Family::Video, out)?;
            }
            Part::File(file) => {
                self.attachment(part, &file.attachment, Family::Other, out)?;
            }
            Part::Link(link) => match link.url.as_deref().and_then(safe_url) {
                Some(url) => {
                    out.push('[');
                    let title = link
                        .title
                        .as_deref()
                        .filter(|title| !title.trim().is_empty());
                    // A link inside a link is not a thing in Markdown.
                    let title = title.unwrap_or(url).replace("://", ":\u{200b}//");
                    write_plain_in(&title, self.dialect, out);
                    out.push_str("](<");
                    out.push_str(&self.dialect.address(url));
                    out.push_str(">)");
                    if let Some(description) = link
                        .description
                        .as_deref()
                        .filter(|words| !words.trim().is_empty())
                    {
                        out.push_str("  \n");
                        write_text_in(description, self.dialect, out);
                    }
                }
                None => self.words(part, depth, out),
            },
            _ => self.words(part, depth, out),
        }
        Ok(())
    }

    /// The part in plain words.
    fn words(&mut self, part: &Part, depth: usize, out: &mut String) {
        let mut plain = String::new();
        self.scribe
            .write_parts(std::slice::from_ref(part), depth, &mut plain);
        write_text_in(plain.trim_end(), self.dialect, out);
    }

    /// A picture, or a link to the file, or what is known of it. Says whether a picture is shown.
    fn attachment(
        &mut self,
        part: &Part,
        attachment: &Attachment,
        family: Family,
        out: &mut String,
    ) -> Result<bool, WriteError> {
        let form = Form::of(attachment, family == Family::Audio);
        let placed = self.attachments.place(attachment, form)?;
        if family == Family::Image && placed.plays_as(Family::Image) {
            self.picture(&placed, out);
            return Ok(true);
        }
        if let Placed::Held(held) = &placed {
            let mut plain = String::new();
            self.scribe
                .write_parts(std::slice::from_ref(part), 0, &mut plain);
            out.push('[');
            write_plain_in(&plain.replace("://", ":\u{200b}//"), self.dialect, out);
            out.push_str("](");
            out.push_str(&held.address);
            out.push(')');
            return Ok(false);
        }
        self.words(part, 0, out);
        if matches!(placed, Placed::Missing) && attachment.is_present() {
            out.push_str(self.language.pick(" \\[缺失\\]", " \\[missing\\]"));
        }
        Ok(false)
    }

    fn picture(&self, placed: &Placed, out: &mut String) {
        if let Placed::Held(held) = placed {
            self.block(out);
            out.push_str("![");
            out.push_str(words::part(self.language, PartKind::Image));
            out.push_str("](");
            out.push_str(&held.address);
            out.push(')');
        }
    }

    fn quote(&mut self, quote: &Quote, depth: usize, out: &mut String) -> Result<(), WriteError> {
        let mut inner = String::from("**");
        let name = self.scribe.name_of(
            quote.author,
            quote.author_name.as_deref(),
            quote.author_native_id.as_deref(),
        );
        write_plain_in(name, self.dialect, &mut inner);
        inner.push_str(self.language.pick("**：", "**: "));
        let mut body = String::new();
        if depth < MAX_DEPTH {
            self.parts(&quote.parts, depth + 1, &mut body)?;
        }
        inner.push_str(&body);
        set_in(&inner, out);
        Ok(())
    }

    fn forward(
        &mut self,
        forward: &Forward,
        depth: usize,
        out: &mut String,
    ) -> Result<(), WriteError> {
        let mut inner = String::from("**");
        let title = forward
            .title
            .as_deref()
            .filter(|title| !title.trim().is_empty());
        write_plain_in(
            title.unwrap_or(words::part(self.language, PartKind::Forward)),
            self.dialect,
            &mut inner,
        );
        inner.push_str("** ");
        write_plain_in(
            &self.scribe.forward_count(forward),
            self.dialect,
            &mut inner,
        );
        if forward.messages.is_empty() {
            for line in &forward.summary {
                inner.push_str("  \n");
                write_plain_in(line, self.dialect, &mut inner);
            }
        } else if depth >= MAX_DEPTH {
            inner.push_str(self.language.pick("（嵌套过深）", " (nested too deeply)"));
        } else {
            for message in &forward.messages {
                inner.push_str("\n\n**");
                let name = self.scribe.name_of(
                    message.sender,
                    message.sender_name.as_deref(),
                    message.sender_native_id.as_deref(),
                );
                write_plain_in(name, self.dialect, &mut inner);
                inner.push_str("** ");
                write_plain_in(
                    &self.scribe.forwarded_time(message),
                    self.dialect,
                    &mut inner,
                );
                inner.push_str("\n\n");
                let mut body = String::new();
                self.parts(&message.parts, depth + 1, &mut body)?;
                inner.push_str(&body);
            }
        }
        set_in(&inner, out);
        Ok(())
    }
}

/// Appends lines as a block of quotation.
fn set_in(inner: &str, out: &mut String) {
    for (index, line) in inner.trim_end().split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push('>');
        if !line.is_empty() {
            out.push(' ');
            out.push_str(line);
        }
    }
}
