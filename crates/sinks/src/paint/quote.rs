//! Excerpts of earlier messages, shown with an answer.

use hutong_media::Family;
use hutong_model::{MessageId, Part, Quote};

use super::escape::write_plain;
use super::{Painter, Shelf};
use crate::WriteError;

/// So many pictures of a quote are shown.
const MAX_PICTURES: usize = 9;

impl<S: Shelf> Painter<'_, S> {
    pub(super) fn quote(
        &mut self,
        quote: &Quote,
        target: Option<MessageId>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let address = target.and_then(|target| self.address_of(target));
        out.extend_from_slice(b"<blockquote class=\"q\">");
        if let Some(address) = &address {
            out.extend_from_slice(b"<a href=\"");
            out.extend_from_slice(address.as_bytes());
            out.extend_from_slice(b"\">");
        }
        let name = self.scribe.name_of(
            quote.author,
            quote.author_name.as_deref(),
            quote.author_native_id.as_deref(),
        );
        out.extend_from_slice(b"<b><bdi>");
        write_plain(self.allowance.clip(name), out);
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
        write_plain(self.allowance.clip(excerpt.trim()), out);
        out.extend_from_slice(b"</bdi>");
        self.scratch = excerpt;

        let images = quote.parts.iter().filter_map(|part| match part {
            Part::Image(image) => Some(image),
            _ => None,
        });
        for image in images.take(MAX_PICTURES) {
            let small = image.thumbnail.as_ref().unwrap_or(&image.attachment);
            let placed = self.shelved(small)?;
            if placed.plays_as(Family::Image) {
                self.picture_alone(&placed, None, "qi", out);
            }
        }
        if address.is_some() {
            out.extend_from_slice(b"</a>");
        }
        out.extend_from_slice(b"</blockquote>");
        Ok(())
    }
}
