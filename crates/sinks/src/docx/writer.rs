//! Messages as paragraphs.

use hutong_model::{Attachment, Forward, Message, Part, PartKind};

use super::pictures::{Picture, Pictures, on_paper};
use super::run::{begins_rtl, write_line};
use crate::attachments::Attachments;
use crate::paint::{Form, Placed, Shelf};
use crate::scribe::{MAX_DEPTH, Scribe, reaction_words};
use crate::text::{write_clean, write_name};
use crate::url::safe_url;
use crate::{Language, WriteError, words};

/// Longer paragraphs are cut: word processors lay a paragraph out as a whole.
const MAX_PARAGRAPH_BYTES: usize = 30_000;

/// Further addresses stay words, so that the table of links does not grow with the messages.
const MAX_LINKS: usize = 20_000;

/// English Metric Units in a centimetre.
const CENTIMETRE: u64 = 360_000;

/// Puts messages into paragraphs; each is gathered in `out`.
pub(super) struct Writer<'a> {
    pub(super) language: Language,
    pub(super) scribe: Scribe<'a>,
    pub(super) attachments: Attachments<'a>,
    pub(super) pictures: Pictures<'a>,
    /// Where links lead, by number.
    pub(super) links: Vec<String>,
    /// Finished paragraphs.
    pub(super) out: Vec<u8>,
    /// Runs of the paragraph at hand.
    runs: Vec<u8>,
    /// Whether the paragraph at hand begins with letters from right to left.
    is_rtl: Option<bool>,
    /// Style of the paragraph at hand.
    style: &'static str,
    /// Number of the drawing made last; Word wants each to have its own.
    drawing: usize,
    clean: Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        scribe: Scribe<'a>,
        attachments: Attachments<'a>,
        pictures: Pictures<'a>,
    ) -> Self {
        Self {
            language: scribe.language,
            scribe,
            attachments,
            pictures,
            links: Vec::new(),
            out: Vec::new(),
            runs: Vec::new(),
            is_rtl: None,
            style: "Message",
            drawing: 0,
            clean: Vec::new(),
        }
    }

    /// Writes a paragraph of plain text.
    pub(super) fn paragraph(&mut self, style: &'static str, text: &str) {
        self.begin(style);
        self.text(text, None);
        self.end();
    }

    /// Ends the paragraph at hand and turns to another style.
    pub(super) fn begin(&mut self, style: &'static str) {
        self.end();
        self.style = style;
    }

    /// Ends the paragraph at hand; an empty one is not written.
    pub(super) fn end(&mut self) {
        if self.runs.is_empty() {
            return;
        }
        self.out
            .extend_from_slice(b"<w:p><w:pPr><w:pStyle w:val=\"");
        self.out.extend_from_slice(self.style.as_bytes());
        self.out.extend_from_slice(b"\"/>");
        if self.is_rtl == Some(true) {
            self.out.extend_from_slice(b"<w:bidi/>");
        }
        self.out.extend_from_slice(b"</w:pPr>");
        self.out.append(&mut self.runs);
        self.out.extend_from_slice(b"</w:p>");
        self.is_rtl = None;
    }

    /// Appends what people wrote to the paragraph at hand.
    pub(super) fn text(&mut self, text: &str, style: Option<&str>) {
        let mut clean = std::mem::take(&mut self.clean);
        clean.clear();
        write_clean(text, "", &mut clean);
        self.lines(&String::from_utf8_lossy(&clean), style);
        self.clean = clean;
    }

    /// Appends a name: one line that turns nothing around.
    pub(super) fn name(&mut self, name: &str, style: Option<&str>) {
        let mut clean = Vec::new();
        write_name(name, &mut clean);
        self.lines(&String::from_utf8_lossy(&clean), style);
    }

    fn lines(&mut self, text: &str, style: Option<&str>) {
        for (index, line) in text.split(['\n', '\u{2028}', '\u{2029}']).enumerate() {
            if index > 0 {
                self.runs.extend_from_slice(b"<w:r><w:br/></w:r>");
            }
            let mut rest = line;
            while rest.len() > MAX_PARAGRAPH_BYTES {
                let mut end = MAX_PARAGRAPH_BYTES;
                while !rest.is_char_boundary(end) {
                    end -= 1;
                }
                let (piece, behind) = rest.split_at(end);
                self.piece(piece, style);
                self.end();
                rest = behind;
            }
            self.piece(rest, style);
            if self.runs.len() > 2 * MAX_PARAGRAPH_BYTES {
                self.end();
            }
        }
    }

    fn piece(&mut self, line: &str, style: Option<&str>) {
        if self.is_rtl.is_none() && !line.is_empty() {
            self.is_rtl = Some(begins_rtl(line));
        }
        write_line(line, style, &mut self.runs);
    }

    /// All parts in order, each block in a paragraph of its own.
    pub(super) fn parts(
        &mut self,
        parts: &[Part],
        style: &'static str,
        depth: usize,
    ) -> Result<(), WriteError> {
        for part in parts {
            match part {
                Part::Text(text) => self.text(&text.text, None),
                Part::Sticker(sticker) if sticker.attachment == Attachment::default() => {
                    self.words(part, depth);
                }
                Part::Quote(_) => {
                    self.begin("Quoted");
                    let mut words = String::new();
                    self.scribe
                        .write_parts(std::slice::from_ref(part), depth, &mut words);
                    let lines: Vec<&str> = words
                        .trim_end()
                        .lines()
                        .map(|line| line.strip_prefix("> ").unwrap_or(line))
                        .collect();
                    self.text(&lines.join("\n"), None);
                    self.begin(style);
                }
                Part::Forward(forward) => {
                    self.forward(forward, depth)?;
                    self.begin(style);
                }
                Part::Image(image) => {
                    self.begin(style);
                    let picture = self.picture(&image.attachment, 9);
                    if !picture {
                        let still = image.thumbnail.as_ref();
                        self.file(part, &image.attachment)?;
                        if let Some(still) = still {
                            self.begin(style);
                            self.picture(still, 9);
                        }
                    } else if image.is_flash {
                        self.words(part, depth);
                    }
                    self.begin(style);
                }
                Part::Sticker(sticker) => {
                    self.begin(style);
                    if !self.picture(&sticker.attachment, 3) {
                        self.file(part, &sticker.attachment)?;
                    }
                    self.begin(style);
                }
                Part::Voice(voice) => self.block(part, &voice.attachment, style)?,
                Part::Video(video) => {
                    self.block(part, &video.attachment, style)?;
                    if let Some(still) = &video.thumbnail {
                        self.picture(still, 6);
                        self.begin(style);
                    }
                }
                Part::File(file) => self.block(part, &file.attachment, style)?,
                Part::Link(link) => {
                    self.begin(style);
                    let url = link.url.as_deref().and_then(safe_url);
                    let title = link
                        .title
                        .as_deref()
                        .filter(|title| !title.trim().is_empty());
                    match (url, title) {
                        (Some(url), _) => {
                            self.link(url, title.unwrap_or(url));
                            if title.is_some() {
                                self.runs.extend_from_slice(b"<w:r><w:br/></w:r>");
                                self.text(url, Some("Time"));
                            }
                        }
                        (None, _) => self.words(part, depth),
                    }
                    if let Some(description) = &link.description {
                        self.begin(style);
                        self.text(description, None);
                    }
                    self.begin(style);
                }
                Part::Place(_)
                | Part::Contact(_)
                | Part::MiniApp(_)
                | Part::ChannelPost(_)
                | Part::Payment(_)
                | Part::Call(_)
                | Part::Announcement(_)
                | Part::Poll(_)
                | Part::Card(_)
                | Part::Unknown(_) => {
                    self.begin(style);
                    self.words(part, depth);
                    self.begin(style);
                }
                Part::Nudge(_) | Part::System(_) => self.words(part, depth),
            }
        }
        self.end();
        Ok(())
    }

    /// The part in plain words.
    fn words(&mut self, part: &Part, depth: usize) {
        let mut plain = String::new();
        self.scribe
            .write_parts(std::slice::from_ref(part), depth, &mut plain);
        self.text(plain.trim_end(), None);
    }

    fn block(
        &mut self,
        part: &Part,
        attachment: &Attachment,
        style: &'static str,
    ) -> Result<(), WriteError> {
        self.begin(style);
        self.file(part, attachment)?;
        self.begin(style);
        Ok(())
    }

    /// The part in words, which lead to the file where it stands beside the document.
    fn file(&mut self, part: &Part, attachment: &Attachment) -> Result<(), WriteError> {
        let form = Form::of(attachment, matches!(part, Part::Voice(_)));
        let placed = self.attachments.place(attachment, form)?;
        let mut plain = String::new();
        self.scribe
            .write_parts(std::slice::from_ref(part), 0, &mut plain);
        match &placed {
            Placed::Held(held) => self.link(&held.address, plain.trim_end()),
            Placed::Missing if attachment.is_present() => {
                plain.push_str(self.language.pick(" [缺失]", " [missing]"));
                self.text(&plain, None);
            }
            _ => self.text(plain.trim_end(), None),
        }
        Ok(())
    }

    /// Words that lead somewhere.
    fn link(&mut self, to: &str, text: &str) {
        if self.links.len() >= MAX_LINKS {
            return self.text(text, None);
        }
        self.links.push(to.to_owned());
        let id = format!("<w:hyperlink r:id=\"link{}\">", self.links.len());
        let one_line = text.replace(['\n', '\r', '\u{2028}', '\u{2029}'], " ");
        let mut end = one_line.len().min(2000);
        while !one_line.is_char_boundary(end) {
            end -= 1;
        }
        self.runs.extend_from_slice(id.as_bytes());
        self.name(one_line.get(..end).unwrap_or_default(), Some("Hyperlink"));
        self.runs.extend_from_slice(b"</w:hyperlink>");
    }

    /// Sets a picture in, at most so many centimetres wide and high; says whether it could.
    fn picture(&mut self, attachment: &Attachment, centimetres: u64) -> bool {
        let Some(Picture { number, pixels }) = self.pictures.add(attachment) else {
            return false;
        };
        let (width, height) = on_paper(pixels, centimetres * CENTIMETRE);
        self.drawing += 1;
        let id = self.drawing;
        self.runs.extend_from_slice(
            format!(
                "<w:r><w:drawing><wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\"><wp:extent cx=\"{width}\" cy=\"{height}\"/>\
                <wp:docPr id=\"{id}\" name=\"{label} {id}\"/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\">\
                <pic:pic><pic:nvPicPr><pic:cNvPr id=\"{id}\" name=\"{label} {id}\"/><pic:cNvPicPr/></pic:nvPicPr>\
                <pic:blipFill><a:blip r:embed=\"image{number}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>\
                <pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{width}\" cy=\"{height}\"/></a:xfrm>\
                <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>",
                label = words::part(self.language, PartKind::Image),
            )
            .as_bytes(),
        );
        true
    }

    fn forward(&mut self, forward: &Forward, depth: usize) -> Result<(), WriteError> {
        let style = match depth {
            0 => "Bundle1",
            1 => "Bundle2",
            _ => "Bundle3",
        };
        self.begin(style);
        let title = forward
            .title
            .as_deref()
            .filter(|title| !title.trim().is_empty());
        self.name(
            title.unwrap_or(words::part(self.language, PartKind::Forward)),
            Some("Name"),
        );
        let count = format!(" {}", self.scribe.forward_count(forward));
        self.text(&count, Some("Time"));
        self.end();
        if forward.messages.is_empty() {
            for line in &forward.summary {
                self.text(line, None);
                self.end();
            }
        } else if depth >= MAX_DEPTH {
            self.text(
                self.language.pick("（嵌套过深）", "(nested too deeply)"),
                None,
            );
        } else {
            for message in &forward.messages {
                self.begin(style);
                let name = self
                    .scribe
                    .name_of(
                        message.sender,
                        message.sender_name.as_deref(),
                        message.sender_native_id.as_deref(),
                    )
                    .to_owned();
                self.name(&name, Some("Name"));
                let time = format!("  {}", self.scribe.forwarded_time(message));
                self.text(&time, Some("Time"));
                self.begin(style);
                self.parts(&message.parts, style, depth + 1)?;
            }
        }
        self.end();
        Ok(())
    }

    /// What became of the message, other wordings, answers by emoji.
    pub(super) fn notes(&mut self, message: &Message) -> Result<(), WriteError> {
        if let Some(note) = self.scribe.state_note(message) {
            self.paragraph("Note", &note);
        }
        for revision in &message.revisions {
            self.paragraph("Note", self.language.pick("另一版本：", "Other wording:"));
            self.begin("Quoted");
            self.parts(&revision.parts, "Quoted", 1)?;
        }
        if !message.reactions.is_empty() {
            let reactions: Vec<String> = message.reactions.iter().map(reaction_words).collect();
            self.paragraph("Note", &reactions.join("  "));
        }
        Ok(())
    }
}
