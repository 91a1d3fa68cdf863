//! The pieces of a message: words, pictures, sound, film, files.

use hutong_media::{Family, PixelSize};
use hutong_model::{
    Attachment, File, Image, MessageId, Part, PartKind, Sticker, Text, Video, Voice,
};

use super::escape::{write_plain, write_text};
use super::{Painter, base64};
use crate::attachments::{MEDIA_FOLDER, Placed};
use crate::{WriteError, words};

impl Painter<'_> {
    /// All parts in order. `target` is the message that a quote among them answers.
    pub(super) fn parts(
        &mut self,
        parts: &[Part],
        target: Option<MessageId>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let mut in_paragraph = false;
        for part in parts {
            // Words and emoji codes follow each other in one paragraph; everything else stands alone.
            let is_inline = match part {
                Part::Text(_) | Part::Nudge(_) | Part::System(_) => true,
                Part::Sticker(sticker) => is_emoji_code(sticker),
                _ => false,
            };
            if is_inline != in_paragraph {
                out.extend_from_slice(if is_inline {
                    b"<p class=\"t\" dir=\"auto\">"
                } else {
                    b"</p>"
                });
                in_paragraph = is_inline;
            }
            self.part(part, target, depth, out)?;
        }
        if in_paragraph {
            out.extend_from_slice(b"</p>");
        }
        Ok(())
    }

    fn part(
        &mut self,
        part: &Part,
        target: Option<MessageId>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        match part {
            Part::Text(text) => write_words(text, out),
            Part::Nudge(nudge) => write_text(&nudge.text, out),
            Part::System(system) => write_text(&system.text, out),
            Part::Image(image) => self.image(image, out)?,
            Part::Voice(voice) => self.voice(voice, out)?,
            Part::Video(video) => self.video(video, out)?,
            Part::File(file) => self.file(file, out)?,
            Part::Sticker(sticker) => self.sticker(sticker, out)?,
            Part::Quote(quote) => self.quote(quote, target, depth, out)?,
            Part::Forward(forward) => self.forward(forward, depth, out)?,
            Part::Place(place) => self.place(place, out),
            Part::Contact(contact) => self.contact(contact, out),
            Part::Link(link) => self.link(link, out),
            Part::MiniApp(app) => self.mini_app(app, out),
            Part::ChannelPost(post) => self.channel_post(post, out),
            Part::Payment(payment) => self.payment(payment, out),
            Part::Call(call) => self.call(call, out),
            Part::Announcement(announcement) => self.announcement(announcement, out),
            Part::Poll(poll) => self.poll(poll, out),
            Part::Card(card) => self.rich_card(card, out),
            Part::Unknown(unknown) => self.unknown(unknown, out),
        }
        Ok(())
    }

    fn image(&mut self, image: &Image, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let stated = image
            .width
            .zip(image.height)
            .map(|(width, height)| PixelSize { width, height });
        let placed = self.attachments.place(&image.attachment)?;
        out.extend_from_slice(b"<figure>");
        if placed.plays_as(Family::Image) {
            self.picture(&placed, stated, "", out);
        } else {
            if let Some(thumbnail) = &image.thumbnail {
                let small = self.attachments.place(thumbnail)?;
                if small.plays_as(Family::Image) {
                    self.picture(&small, stated, "", out);
                }
            }
            self.unseen(PartKind::Image, &image.attachment, &placed, out);
        }
        if image.is_flash {
            out.extend_from_slice(b"<figcaption>");
            write_plain(self.language.pick("闪照", "View-once image"), out);
            out.extend_from_slice(b"</figcaption>");
        }
        out.extend_from_slice(b"</figure>");
        Ok(())
    }

    /// The picture itself, as a link to its file unless it is set into the page.
    pub(super) fn picture(
        &self,
        placed: &Placed,
        stated: Option<PixelSize>,
        class: &str,
        out: &mut Vec<u8>,
    ) {
        let is_beside = matches!(placed, Placed::Beside(_));
        if is_beside {
            out.extend_from_slice(b"<a href=\"");
            write_source(placed, out);
            out.extend_from_slice(b"\">");
        }
        self.picture_alone(placed, stated, class, out);
        if is_beside {
            out.extend_from_slice(b"</a>");
        }
    }

    pub(super) fn picture_alone(
        &self,
        placed: &Placed,
        stated: Option<PixelSize>,
        class: &str,
        out: &mut Vec<u8>,
    ) {
        let pixels = match placed {
            Placed::Beside(beside) => beside.pixels.or(stated),
            Placed::Inline(inline) => inline.pixels.or(stated),
            Placed::Missing | Placed::NotCopied => stated,
        };
        out.extend_from_slice(b"<img loading=\"lazy\" alt=\"");
        write_plain(words::part(self.language, PartKind::Image), out);
        if !class.is_empty() {
            out.extend_from_slice(b"\" class=\"");
            out.extend_from_slice(class.as_bytes());
        }
        if let Some(PixelSize { width, height }) = pixels {
            let mut number = itoa::Buffer::new();
            out.extend_from_slice(b"\" width=\"");
            out.extend_from_slice(number.format(width).as_bytes());
            out.extend_from_slice(b"\" height=\"");
            out.extend_from_slice(number.format(height).as_bytes());
        }
        out.extend_from_slice(b"\" src=\"");
        write_source(placed, out);
        out.extend_from_slice(b"\">");
    }

    fn voice(&mut self, voice: &Voice, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let placed = self.attachments.place_voice(&voice.attachment)?;
        let duration_ms = voice.duration_ms.or_else(|| placed.duration_ms());
        out.extend_from_slice(b"<div class=\"call\"><b>");
        write_plain(words::part(self.language, PartKind::Voice), out);
        out.extend_from_slice(b"</b><span>");
        write_plain(&duration_ms.map(words::duration).unwrap_or_default(), out);
        out.extend_from_slice(b"</span></div>");
        if placed.plays_as(Family::Audio) {
            out.extend_from_slice(b"<audio controls preload=\"none\" src=\"");
            write_source(&placed, out);
            out.extend_from_slice(b"\"></audio>");
        } else {
            self.unseen(PartKind::Voice, &voice.attachment, &placed, out);
        }
        if let Some(transcript) = voice.transcript.as_deref().filter(|text| !text.is_empty()) {
            out.extend_from_slice(b"<p class=\"t\" dir=\"auto\">");
            write_text(transcript, out);
            out.extend_from_slice(b"</p>");
        }
        Ok(())
    }

    fn video(&mut self, video: &Video, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let placed = self.attachments.place(&video.attachment)?;
        let still = match &video.thumbnail {
            Some(thumbnail) => Some(self.attachments.place(thumbnail)?)
                .filter(|still| still.plays_as(Family::Image)),
            None => None,
        };
        out.extend_from_slice(b"<figure>");
        if placed.plays_as(Family::Video) {
            let preload = if still.is_some() { "none" } else { "metadata" };
            out.extend_from_slice(b"<video controls preload=\"");
            out.extend_from_slice(preload.as_bytes());
            if let Some(still) = &still {
                out.extend_from_slice(b"\" poster=\"");
                write_source(still, out);
            }
            out.extend_from_slice(b"\" src=\"");
            write_source(&placed, out);
            out.extend_from_slice(b"\"></video>");
        } else {
            if let Some(still) = &still {
                self.picture(still, None, "", out);
            }
            self.unseen(PartKind::Video, &video.attachment, &placed, out);
        }
        out.extend_from_slice(b"<figcaption>");
        write_plain(words::part(self.language, PartKind::Video), out);
        if let Some(length) = video.duration_ms {
            out.push(b' ');
            write_plain(&words::duration(length), out);
        }
        out.extend_from_slice(b"</figcaption></figure>");
        Ok(())
    }

    fn file(&mut self, file: &File, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let placed = self.attachments.place(&file.attachment)?;
        self.unseen(PartKind::File, &file.attachment, &placed, out);
        Ok(())
    }

    fn sticker(&mut self, sticker: &Sticker, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let meaning = [&sticker.meaning, &sticker.result].into_iter().flatten();
        let meaning = meaning.map(String::as_str).collect::<Vec<_>>().join(" ");
        if is_emoji_code(sticker) {
            out.extend_from_slice(b"<span class=\"e\">[");
            let fallback = words::part(self.language, PartKind::Sticker);
            write_plain(
                if meaning.is_empty() {
                    fallback
                } else {
                    meaning.trim_matches(['[', ']'])
                },
                out,
            );
            out.extend_from_slice(b"]</span>");
            return Ok(());
        }
        let placed = self.attachments.place(&sticker.attachment)?;
        out.extend_from_slice(b"<figure>");
        if placed.plays_as(Family::Image) {
            self.picture(&placed, None, "st", out);
        } else {
            self.unseen(PartKind::Sticker, &sticker.attachment, &placed, out);
        }
        if !meaning.is_empty() {
            out.extend_from_slice(b"<figcaption><bdi>");
            write_plain(&meaning, out);
            out.extend_from_slice(b"</bdi></figcaption>");
        }
        out.extend_from_slice(b"</figure>");
        Ok(())
    }

    /// What a browser cannot show: a link to the file, or the statement that it is missing, with name and size.
    pub(super) fn unseen(
        &self,
        kind: PartKind,
        attachment: &Attachment,
        placed: &Placed,
        out: &mut Vec<u8>,
    ) {
        let name = attachment.name.as_deref().filter(|name| !name.is_empty());
        let (bytes, missing) = match placed {
            Placed::Beside(beside) => (Some(beside.bytes), None),
            Placed::Inline(inline) => (Some(inline.content.len() as u64), None),
            Placed::Missing => (
                attachment.size_bytes,
                Some(self.language.pick("缺失", "missing")),
            ),
            Placed::NotCopied => (
                attachment.size_bytes,
                Some(self.language.pick("未导出", "not exported")),
            ),
        };
        let label = words::part(self.language, kind);
        if let Some(missing) = missing {
            out.extend_from_slice(b"<div class=\"x\">");
            write_plain(label, out);
            out.extend_from_slice(self.language.pick("", " ").as_bytes());
            write_plain(missing, out);
            if let Some(name) = name {
                out.extend_from_slice(" · <b><bdi>".as_bytes());
                write_plain(name, out);
                out.extend_from_slice(b"</bdi></b>");
            }
            if let Some(bytes) = bytes {
                out.extend_from_slice(" · ".as_bytes());
                write_plain(&words::size(bytes), out);
            }
            out.extend_from_slice(b"</div>");
            return;
        }
        out.extend_from_slice(b"<a class=\"h f\" href=\"");
        write_source(placed, out);
        if let Some(name) = name {
            out.extend_from_slice(b"\" download=\"");
            write_plain(name, out);
        }
        out.extend_from_slice(b"\"><span class=\"ext\">");
        let extension = match placed {
            Placed::Beside(beside) => beside
                .name
                .rsplit_once('.')
                .map_or("", |(_, extension)| extension),
            _ => "",
        };
        write_plain(extension, out);
        out.extend_from_slice(b"</span><div><b><bdi>");
        write_plain(name.unwrap_or(label), out);
        out.extend_from_slice(b"</bdi></b><p>");
        if name.is_some() && kind != PartKind::File {
            write_plain(label, out);
            out.extend_from_slice(" · ".as_bytes());
        }
        write_plain(&bytes.map(words::size).unwrap_or_default(), out);
        out.extend_from_slice(b"</p></div></a>");
    }
}

/// A sticker that is only a word, as in `[微笑]`.
pub(super) fn is_emoji_code(sticker: &Sticker) -> bool {
    sticker.attachment == Attachment::default() && sticker.attachment.content.is_none()
}

/// The address of a placed attachment, from a page in the chats' folder.
fn write_source(placed: &Placed, out: &mut Vec<u8>) {
    match placed {
        Placed::Beside(beside) => {
            out.extend_from_slice(b"../");
            out.extend_from_slice(MEDIA_FOLDER.as_bytes());
            out.push(b'/');
            super::escape::write_path(&beside.name, out);
        }
        Placed::Inline(inline) => {
            out.extend_from_slice(b"data:");
            out.extend_from_slice(inline.media_type.as_str().as_bytes());
            out.extend_from_slice(b";base64,");
            base64::write(&inline.content, out);
        }
        Placed::Missing | Placed::NotCopied => {}
    }
}

/// Words, with those who are named in them set off.
fn write_words(text: &Text, out: &mut Vec<u8>) {
    let mut rest = text.text.as_str();
    for mention in text
        .mentions
        .iter()
        .filter(|mention| !mention.name.is_empty())
    {
        let Some((before, after)) = rest.split_once(mention.name.as_str()) else {
            continue;
        };
        write_text(before, out);
        out.extend_from_slice(b"<bdi class=\"at\">");
        write_plain(&mention.name, out);
        out.extend_from_slice(b"</bdi>");
        rest = after;
    }
    write_text(rest, out);
}
