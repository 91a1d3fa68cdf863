//! Messages inside messages: quotes and forward bundles.

use hutong_media::Family;
use hutong_model::{Forward, ForwardedMessage, MessageId, Part, PartKind, Quote};

use super::Painter;
use super::escape::write_plain;
use crate::scribe::MAX_DEPTH;
use crate::{WriteError, words};

/// Bundles of at most this many messages are open from the start.
const OPEN_UP_TO: usize = 5;

impl Painter<'_> {
    pub(super) fn quote(
        &mut self,
        quote: &Quote,
        target: Option<MessageId>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let target = target.filter(|target| self.is_on_page(*target));
        out.extend_from_slice(b"<blockquote class=\"q\">");
        if let Some(target) = target {
            out.extend_from_slice(b"<a href=\"#m");
            out.extend_from_slice(target.to_hex().as_bytes());
            out.extend_from_slice(b"\">");
        }
        let name = self.scribe.name_of(
            quote.author,
            quote.author_name.as_deref(),
            quote.author_native_id.as_deref(),
        );
        out.extend_from_slice(b"<b><bdi>");
        write_plain(name, out);
        out.extend_from_slice(
            self.language
                .pick("</bdi>：</b>", "</bdi>: </b>")
                .as_bytes(),
        );

        // The whole quote may be a link, so its own links are words only.
        let mut excerpt = std::mem::take(&mut self.scratch);
        excerpt.clear();
        self.scribe
            .write_parts(&quote.parts, depth + 1, &mut excerpt);
        out.extend_from_slice(b"<bdi class=\"t\">");
        write_plain(excerpt.trim(), out);
        out.extend_from_slice(b"</bdi>");
        self.scratch = excerpt;

        for part in &quote.parts {
            if let Part::Image(image) = part {
                let small = image.thumbnail.as_ref().unwrap_or(&image.attachment);
                let placed = self.attachments.place(small)?;
                if placed.plays_as(Family::Image) {
                    self.picture_alone(&placed, None, "", out);
                }
            }
        }
        if target.is_some() {
            out.extend_from_slice(b"</a>");
        }
        out.extend_from_slice(b"</blockquote>");
        Ok(())
    }

    pub(super) fn forward(
        &mut self,
        forward: &Forward,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let is_open = depth == 0 && (1..=OPEN_UP_TO).contains(&forward.messages.len());
        out.extend_from_slice(if is_open {
            b"<details class=\"fw\" open><summary><b><bdi>"
        } else {
            b"<details class=\"fw\"><summary><b><bdi>"
        });
        let title = forward
            .title
            .as_deref()
            .filter(|title| !title.trim().is_empty());
        write_plain(
            title.unwrap_or(words::part(self.language, PartKind::Forward)),
            out,
        );
        out.extend_from_slice(b"</bdi></b> <small>");
        write_plain(&self.scribe.forward_count(forward), out);
        out.extend_from_slice(b"</small>");
        if !is_open && !forward.summary.is_empty() {
            out.extend_from_slice(b"<ul>");
            for line in &forward.summary {
                out.extend_from_slice(b"<li><bdi>");
                write_plain(line, out);
                out.extend_from_slice(b"</bdi></li>");
            }
            out.extend_from_slice(b"</ul>");
        }
        out.extend_from_slice(b"</summary>");
        if depth >= MAX_DEPTH {
            out.extend_from_slice(b"<p class=\"e\">");
            write_plain(
                self.language
                    .pick("嵌套过深，未展开", "nested too deeply to be shown"),
                out,
            );
            out.extend_from_slice(b"</p>");
        } else if !forward.messages.is_empty() {
            out.extend_from_slice(b"<ol>");
            for message in &forward.messages {
                self.forwarded(message, depth, out)?;
            }
            out.extend_from_slice(b"</ol>");
        }
        out.extend_from_slice(b"</details>");
        Ok(())
    }

    fn forwarded(
        &mut self,
        message: &ForwardedMessage,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let name = self.scribe.name_of(
            message.sender,
            message.sender_name.as_deref(),
            message.sender_native_id.as_deref(),
        );
        out.extend_from_slice(b"<li><div class=\"fn\"><bdi>");
        write_plain(name, out);
        out.extend_from_slice(b"</bdi><time>");
        write_plain(&self.scribe.forwarded_time(message), out);
        out.extend_from_slice(b"</time></div>");
        self.parts(&message.parts, None, depth + 1, out)?;
        out.extend_from_slice(b"</li>");
        Ok(())
    }
}
