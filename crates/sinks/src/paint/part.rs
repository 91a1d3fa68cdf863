//! The pieces of a message: words, pictures, sound, film, files.

use hutong_media::{Family, PixelSize};
use hutong_model::{
    Attachment, File, Image, MessageId, Part, PartKind, Sticker, Text, Video, Voice,
};

use super::escape::{write_plain, write_text};
use super::{Form, Painter, Placed, Shelf, base64};
use crate::{WriteError, words};

impl<S: Shelf> Painter<'_, S> {
    /// All parts in order. `target` is the message that a quote among them answers.
    pub(super) fn parts(
        &mut self,
        parts: &[Part],
        target: Option<MessageId>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let mut in_paragraph = false;
        for (index, part) in parts.iter().enumerate() {
            if !self.allowance.has_room(out) {
                break;
            }
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
            self.trail.push(index);
            let written = self.part(part, target, depth, out);
            self.trail.pop();
            written?;
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
            Part::Text(text) => write_words(text, self.allowance.clip(&text.text), out),
            Part::Nudge(nudge) => write_text(self.allowance.clip(&nudge.text), out),
            Part::System(system) => write_text(self.allowance.clip(&system.text), out),
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

    /// Any attachment but a voice.
    pub(super) fn shelved(&mut self, attachment: &Attachment) -> Result<Placed, WriteError> {
        self.shelf.place(attachment, Form::of(attachment, false))
    }

    fn image(&mut self, image: &Image, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let stated = image
            .width
            .zip(image.height)
            .map(|(width, height)| PixelSize { width, height });
        let placed = self.shelved(&image.attachment)?;
        out.extend_from_slice(b"<figure>");
        if placed.plays_as(Family::Image) {
            self.picture(&placed, stated, "", out);
        } else {
            if let Some(thumbnail) = &image.thumbnail {
                let small = self.shelved(thumbnail)?;
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
        let has_address = matches!(placed, Placed::Held(_));
        if has_address {
            out.extend_from_slice(b"<a href=\"");
            write_source(placed, out);
            out.extend_from_slice(if self.live.is_some() {
                b"\" data-picture>"
            } else {
                b"\">"
            });
        }
        self.picture_alone(placed, stated, class, out);
        if has_address {
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
        let pixels = placed.pixels().or(stated);
        out.extend_from_slice(b"<img loading=\"lazy\" alt=\"");
        write_plain(words::part(self.language, PartKind::Image), out);
        if !class.is_empty() {
            out.extend_from_slice(b"\" class=\"");
            out.extend_from_slice(class.as_bytes());
        }
        if let Some(pixels) = pixels {
            // As large as it will be shown, so that nothing moves when it arrives.
            let (width, height) = fitted(pixels, box_of(class));
            let mut number = itoa::Buffer::new();
            out.extend_from_slice(b"\" width=\"");
            out.extend_from_slice(number.format(width).as_bytes());
            out.extend_from_slice(b"\" height=\"");
            out.extend_from_slice(number.format(height).as_bytes());
        }
        out.extend_from_slice(b"\" src=\"");
        match placed.small() {
            Some(small) => super::escape::write_path(small, out),
            None => write_source(placed, out),
        }
        out.extend_from_slice(b"\">");
    }

    fn voice(&mut self, voice: &Voice, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let placed = self
            .shelf
            .place(&voice.attachment, Form::of(&voice.attachment, true))?;
        let duration_ms = voice.duration_ms.or_else(|| placed.duration_ms());
        out.extend_from_slice(b"<div class=\"call\"><b>");
        write_plain(words::part(self.language, PartKind::Voice), out);
        out.extend_from_slice(b"</b><span>");
        write_plain(&duration_ms.map(words::duration).unwrap_or_default(), out);
        out.extend_from_slice(b"</span></div>");
        if placed.plays_as(Family::Audio) {
            out.extend_from_slice(b"<audio controls preload=\"none\" aria-label=\"");
            write_plain(&self.spoken(PartKind::Voice, duration_ms), out);
            out.extend_from_slice(b"\" src=\"");
            write_source(&placed, out);
            out.extend_from_slice(b"\"></audio>");
        } else {
            self.unseen(PartKind::Voice, &voice.attachment, &placed, out);
        }
        if let Some(transcript) = voice.transcript.as_deref().filter(|text| !text.is_empty()) {
            out.extend_from_slice(b"<p class=\"t\" dir=\"auto\">");
            write_text(self.allowance.clip(transcript), out);
            out.extend_from_slice(b"</p>");
        }
        Ok(())
    }

    fn video(&mut self, video: &Video, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let placed = self.shelved(&video.attachment)?;
        let still = match &video.thumbnail {
            Some(thumbnail) => {
                Some(self.shelved(thumbnail)?).filter(|still| still.plays_as(Family::Image))
            }
            None => None,
        };
        out.extend_from_slice(b"<figure>");
        if placed.plays_as(Family::Video) {
            let preload = if still.is_some() { "none" } else { "metadata" };
            out.extend_from_slice(b"<video controls preload=\"");
            out.extend_from_slice(preload.as_bytes());
            out.extend_from_slice(b"\" aria-label=\"");
            write_plain(&self.spoken(PartKind::Video, video.duration_ms), out);
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

    /// Name of a player for those who listen: `语音 0:07`.
    fn spoken(&self, kind: PartKind, duration_ms: Option<u64>) -> String {
        let mut name = words::part(self.language, kind).to_owned();
        if let Some(length) = duration_ms {
            name.push(' ');
            name.push_str(&words::duration(length));
        }
        name
    }

    fn file(&mut self, file: &File, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let placed = self.shelved(&file.attachment)?;
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
                    self.allowance.clip(meaning.trim_matches(['[', ']']))
                },
                out,
            );
            out.extend_from_slice(b"]</span>");
            return Ok(());
        }
        let placed = self.shelved(&sticker.attachment)?;
        out.extend_from_slice(b"<figure>");
        if placed.plays_as(Family::Image) {
            self.picture(&placed, None, "st", out);
        } else {
            self.unseen(PartKind::Sticker, &sticker.attachment, &placed, out);
        }
        if !meaning.is_empty() {
            out.extend_from_slice(b"<figcaption><bdi>");
            write_plain(self.allowance.clip(&meaning), out);
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
        let name = attachment
            .name
            .as_deref()
            .filter(|name| !name.is_empty())
            .map(|name| self.allowance.clip(name));
        let (bytes, missing) = match placed {
            Placed::Held(held) => (held.bytes, None),
            Placed::Inline(inline) => (Some(inline.content.len() as u64), None),
            Placed::Missing => (
                attachment.size_bytes,
                Some(self.language.pick("缺失", "missing")),
            ),
            Placed::LeftOut => (
                attachment.size_bytes,
                Some(if self.live.is_some() {
                    self.language
                        .pick("没有存入存档", "not kept in the archive")
                } else {
                    self.language.pick("未导出", "not exported")
                }),
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
            Placed::Held(held) => held.extension.as_str(),
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

/// The space for a picture, in CSS pixels; quotes and stickers have small ones.
const fn box_of(class: &str) -> (u32, u32) {
    match class.as_bytes() {
        b"st" => (128, 128),
        b"qi" => (96, 96),
        _ => (320, 384),
    }
}

/// The size in which a picture is shown: never larger than it is, never larger than its box.
fn fitted(pixels: PixelSize, (most_wide, most_high): (u32, u32)) -> (u32, u32) {
    let scaled = |length: u32, by: u32, of: u32| {
        u32::try_from(u64::from(length) * u64::from(by) / u64::from(of.max(1)))
            .unwrap_or(u32::MAX)
            .max(1)
    };
    let (mut width, mut height) = (pixels.width.max(1), pixels.height.max(1));
    if width > most_wide {
        (width, height) = (most_wide, scaled(height, most_wide, width));
    }
    if height > most_high {
        (width, height) = (scaled(width, most_high, height), most_high);
    }
    (width, height)
}

/// A sticker that is only a word, as in `[微笑]`.
pub(super) fn is_emoji_code(sticker: &Sticker) -> bool {
    sticker.attachment == Attachment::default() && sticker.attachment.content.is_none()
}

/// The address of a placed attachment.
fn write_source(placed: &Placed, out: &mut Vec<u8>) {
    match placed {
        Placed::Held(held) => super::escape::write_path(&held.address, out),
        Placed::Inline(inline) => {
            out.extend_from_slice(b"data:");
            out.extend_from_slice(inline.media_type.as_str().as_bytes());
            out.extend_from_slice(b";base64,");
            base64::write(&inline.content, out);
        }
        Placed::Missing | Placed::LeftOut => {}
    }
}

/// Words, with those who are named in them set off.
fn write_words<'t>(text: &Text, shown: &'t str, out: &mut Vec<u8>) {
    let mut rest: &'t str = shown;
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
