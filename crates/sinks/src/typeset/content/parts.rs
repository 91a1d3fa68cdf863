//! The pieces of a message as blocks.

use hutong_model::{Attachment, Forward, Part, PartKind, Quote};

use super::{Block, PictureKind, Piece, Teller, push_words};
use crate::scribe::{MAX_DEPTH, amount};
use crate::typeset::Tone;
use crate::typeset::pictures::Seen;
use crate::typeset::theme::colour_of;
use crate::words;

impl Teller<'_> {
    /// All parts in order.
    pub(super) fn parts(&mut self, parts: &[Part], depth: usize, out: &mut Vec<Block>) {
        let mut line: Vec<Piece> = Vec::new();
        for part in parts {
            // Words and emoji codes follow each other; everything else stands alone.
            match part {
                Part::Text(text) => push_words(&text.text, Tone::Body, &mut line),
                Part::Nudge(nudge) => line.push(Piece::new(nudge.text.clone(), Tone::Quiet)),
                Part::System(system) => line.push(Piece::new(system.text.clone(), Tone::Quiet)),
                Part::Sticker(sticker) if sticker.attachment == Attachment::default() => {
                    self.emoji_code(sticker, &mut line);
                }
                other => {
                    if !line.is_empty() {
                        out.push(Block::Text(std::mem::take(&mut line)));
                    }
                    self.part(other, depth, out);
                }
            }
        }
        if !line.is_empty() {
            out.push(Block::Text(line));
        }
    }

    fn emoji_code(&self, sticker: &hutong_model::Sticker, line: &mut Vec<Piece>) {
        let kind = words::part(self.scribe.language, PartKind::Sticker);
        let meaning = sticker
            .meaning
            .as_deref()
            .filter(|meaning| !meaning.is_empty());
        line.push(Piece::new(
            meaning.map_or_else(|| format!("[{kind}]"), str::to_owned),
            Tone::Body,
        ));
        let facts = [sticker.result.as_deref(), sticker.pack.as_deref()];
        for fact in facts.into_iter().flatten().filter(|fact| !fact.is_empty()) {
            line.push(Piece::new(format!(" {fact}"), Tone::Quiet));
        }
    }

    fn part(&mut self, part: &Part, depth: usize, out: &mut Vec<Block>) {
        let language = self.scribe.language;
        let kind = part.kind();
        match part {
            Part::Text(_) | Part::Nudge(_) | Part::System(_) => {}
            Part::Image(image) => {
                let flash = image.is_flash.then(|| language.pick("闪照", "view once"));
                let small = image.thumbnail.as_ref();
                self.picture(kind, &image.attachment, small, &[flash], out);
            }
            Part::Sticker(sticker) => {
                let facts = [
                    sticker.meaning.as_deref(),
                    sticker.result.as_deref(),
                    sticker.pack.as_deref(),
                ];
                self.picture(kind, &sticker.attachment, None, &facts, out);
            }
            Part::Video(video) => {
                if let Some(Seen::Picture(still)) = video
                    .thumbnail
                    .as_ref()
                    .map(|still| self.pictures.see(still))
                {
                    out.push(Block::Picture(still, PictureKind::Picture));
                }
                let length = video.duration_ms.map(words::duration);
                self.file_line(kind, &video.attachment, &[length.as_deref()], out);
            }
            Part::Voice(voice) => {
                let length = voice.duration_ms.map(words::duration);
                self.file_line(kind, &voice.attachment, &[length.as_deref()], out);
                if let Some(transcript) =
                    voice.transcript.as_deref().filter(|text| !text.is_empty())
                {
                    let label = language.pick("转写：", "Transcript: ");
                    out.push(Block::Quote(vec![Block::Text(vec![
                        Piece::new(label, Tone::Label),
                        Piece::new(transcript, Tone::Body),
                    ])]));
                }
            }
            Part::File(file) => self.file_line(kind, &file.attachment, &[], out),
            Part::Quote(quote) => self.quote(quote, depth, out),
            Part::Forward(forward) => self.forward(forward, depth, out),
            Part::Place(place) => {
                let position = place.latitude.as_ref().zip(place.longitude.as_ref());
                let position = position.map(|(north, east)| format!("{north}, {east}"));
                self.card(
                    kind,
                    place.name.as_deref(),
                    &[place.address.as_deref(), position.as_deref()],
                    out,
                );
            }
            Part::Contact(contact) => {
                let facts = [
                    contact.alias.as_deref(),
                    contact.native_id.as_deref(),
                    contact.description.as_deref(),
                ];
                self.card(kind, contact.name.as_deref(), &facts, out);
            }
            Part::Link(link) => {
                let facts = [
                    link.description.as_deref(),
                    link.source.as_deref(),
                    link.url.as_deref(),
                ];
                self.card(kind, link.title.as_deref(), &facts, out);
            }
            Part::MiniApp(app) => {
                let facts = [
                    app.app.as_deref(),
                    app.description.as_deref(),
                    app.path.as_deref(),
                    app.url.as_deref(),
                ];
                self.card(kind, app.title.as_deref(), &facts, out);
            }
            Part::ChannelPost(post) => {
                let length = post.duration_ms.map(words::duration);
                let facts = [
                    post.description.as_deref(),
                    length.as_deref(),
                    post.url.as_deref(),
                ];
                self.card(kind, post.author.as_deref(), &facts, out);
            }
            Part::Payment(payment) => {
                let state = words::payment_state(language, payment.state);
                let mut card = vec![Piece::new(
                    words::payment(language, payment.kind),
                    Tone::Label,
                )];
                let amount = amount(payment);
                push_line(amount.as_deref(), Tone::Strong, &mut card);
                push_line(payment.note.as_deref(), Tone::Body, &mut card);
                push_line(state, Tone::Quiet, &mut card);
                for (label, account) in [
                    (language.pick("付款人：", "Payer: "), payment.payer),
                    (language.pick("收款人：", "Receiver: "), payment.receiver),
                ] {
                    if account.is_some() {
                        let name = self.scribe.name_of(account, None, None);
                        push_line(Some(&format!("{label}{name}")), Tone::Quiet, &mut card);
                    }
                }
                out.push(Block::Card(vec![Block::Text(card)]));
            }
            Part::Call(call) => {
                let length = call
                    .duration_ms
                    .filter(|length| *length > 0)
                    .map(words::duration);
                let outcome = words::call_outcome(language, call.outcome);
                let facts = [outcome, call.text.as_deref(), length.as_deref()];
                out.push(Block::Text(labelled(
                    words::call(language, call.kind),
                    &facts,
                )));
            }
            Part::Announcement(announcement) => {
                self.card(
                    kind,
                    announcement.title.as_deref(),
                    &[Some(&announcement.text)],
                    out,
                );
            }
            Part::Poll(poll) => {
                let options: Vec<String> = poll
                    .options
                    .iter()
                    .map(|option| format!("· {option}"))
                    .collect();
                let mut facts = vec![Some(poll.text.as_str())];
                facts.extend(options.iter().map(|option| Some(option.as_str())));
                self.card(kind, poll.title.as_deref(), &facts, out);
            }
            Part::Card(card) => {
                let fields: Vec<String> = card
                    .fields
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}"))
                    .collect();
                let mut facts = vec![card.app.as_deref(), card.text.as_deref()];
                facts.extend(fields.iter().map(|field| Some(field.as_str())));
                facts.push(card.url.as_deref());
                self.card(kind, card.title.as_deref(), &facts, out);
            }
            Part::Unknown(unknown) => {
                self.card(kind, Some(&unknown.kind), &[unknown.text.as_deref()], out);
            }
        }
    }

    /// A picture, or why it cannot be seen.
    fn picture(
        &mut self,
        kind: PartKind,
        attachment: &Attachment,
        small: Option<&Attachment>,
        facts: &[Option<&str>],
        out: &mut Vec<Block>,
    ) {
        let size = if kind == PartKind::Sticker {
            PictureKind::Sticker
        } else {
            PictureKind::Picture
        };
        let seen = self.pictures.see(attachment);
        let mut is_seen = false;
        let facts: Vec<&str> = facts
            .iter()
            .copied()
            .flatten()
            .filter(|fact| !fact.is_empty())
            .collect();
        if let Seen::Picture(picture) = &seen {
            out.push(Block::Picture(picture.clone(), size));
            is_seen = true;
        } else if let Some(Seen::Picture(picture)) = small.map(|small| self.pictures.see(small)) {
            out.push(Block::Picture(picture, size));
        }
        if is_seen {
            if !facts.is_empty() {
                out.push(Block::Text(vec![Piece::new(facts.join("  "), Tone::Quiet)]));
            }
            return;
        }
        let mut line = vec![Piece::new(
            words::part(self.scribe.language, kind),
            Tone::Label,
        )];
        line.extend(
            facts
                .iter()
                .map(|fact| Piece::new(format!("  {fact}"), Tone::Body)),
        );
        self.unseen(attachment, &seen, &mut line);
        out.push(Block::Text(line));
    }

    /// Why a picture cannot be seen: `缺失: name, size`.
    fn unseen(&self, attachment: &Attachment, seen: &Seen, line: &mut Vec<Piece>) {
        let language = self.scribe.language;
        let (why, tone) = match seen {
            Seen::Picture(_) => return,
            Seen::Missing => (language.pick("缺失", "missing"), Tone::Warning),
            Seen::Broken => (language.pick("无法显示", "cannot be shown"), Tone::Warning),
            Seen::TooLarge => (
                language.pick("过大，未放入", "too large to be set in"),
                Tone::Warning,
            ),
            Seen::LeftOut => (language.pick("未放入", "left out"), Tone::Quiet),
        };
        let size = attachment.size_bytes.map(words::size);
        let known: Vec<&str> = [attachment.name.as_deref(), size.as_deref()]
            .into_iter()
            .flatten()
            .filter(|fact| !fact.is_empty())
            .collect();
        let mut words = format!("  [{why}");
        if !known.is_empty() {
            words.push_str(": ");
            words.push_str(&known.join(", "));
        }
        words.push(']');
        line.push(Piece::new(words, tone));
    }

    /// What paper cannot hold: a name and a size, and that it is missing when it is.
    fn file_line(
        &self,
        kind: PartKind,
        attachment: &Attachment,
        facts: &[Option<&str>],
        out: &mut Vec<Block>,
    ) {
        let language = self.scribe.language;
        let size = attachment.size_bytes.map(words::size);
        let mut line = vec![Piece::new(words::part(language, kind), Tone::Label)];
        for fact in facts.iter().copied().flatten() {
            line.push(Piece::new(format!("  {fact}"), Tone::Body));
        }
        if let Some(name) = attachment.name.as_deref().filter(|name| !name.is_empty()) {
            line.push(Piece::new(format!("  {name}"), Tone::Body));
        }
        if let Some(size) = size {
            line.push(Piece::new(format!("  {size}"), Tone::Quiet));
        }
        if !attachment.is_present() {
            line.push(Piece::new(
                language.pick("  [缺失]", "  [missing]"),
                Tone::Warning,
            ));
        }
        out.push(Block::Text(line));
    }

    /// A label, a title, and lines.
    fn card(
        &self,
        kind: PartKind,
        title: Option<&str>,
        facts: &[Option<&str>],
        out: &mut Vec<Block>,
    ) {
        let mut card = vec![Piece::new(
            words::part(self.scribe.language, kind),
            Tone::Label,
        )];
        push_line(title, Tone::Strong, &mut card);
        for fact in facts {
            push_line(*fact, Tone::Quiet, &mut card);
        }
        out.push(Block::Card(vec![Block::Text(card)]));
    }

    fn quote(&mut self, quote: &Quote, depth: usize, out: &mut Vec<Block>) {
        let name = self.scribe.name_of(
            quote.author,
            quote.author_name.as_deref(),
            quote.author_native_id.as_deref(),
        );
        let mut head = vec![Piece::new(name, Tone::Label)];
        if let Some(at) = quote.sent_at {
            let mut time = Vec::new();
            self.scribe
                .clock
                .local(at)
                .write(hutong_model::Precision::Second, &mut time);
            let time: String = time.into_iter().map(char::from).collect();
            head.push(Piece::new(format!("  {time}"), Tone::Time));
        }
        let mut inner = vec![Block::Text(head)];
        if depth < MAX_DEPTH {
            self.parts(&quote.parts, depth + 1, &mut inner);
        }
        out.push(Block::Quote(inner));
    }

    fn forward(&mut self, forward: &Forward, depth: usize, out: &mut Vec<Block>) {
        let language = self.scribe.language;
        let count = self.scribe.forward_count(forward);
        let mut head = vec![Piece::new(
            words::part(language, PartKind::Forward),
            Tone::Label,
        )];
        push_line(forward.title.as_deref(), Tone::Strong, &mut head);
        head.push(Piece::new(format!("  {count}"), Tone::Quiet));
        if forward.messages.is_empty() {
            for line in &forward.summary {
                push_line(Some(line), Tone::Body, &mut head);
            }
        } else if depth >= MAX_DEPTH {
            push_line(
                Some(language.pick("[嵌套过深]", "[nested too deeply]")),
                Tone::Warning,
                &mut head,
            );
        }
        let mut inner = vec![Block::Text(head)];
        if depth < MAX_DEPTH {
            for message in &forward.messages {
                let when = self.scribe.forwarded_time(message);
                let id = message.sender.map(|id| id.to_hex());
                let name = self.scribe.name_of(
                    message.sender,
                    message.sender_name.as_deref(),
                    message.sender_native_id.as_deref(),
                );
                let colour = colour_of(id.as_deref().unwrap_or(name).as_bytes());
                let mut line = vec![Piece::new(name, Tone::Name(colour))];
                if !when.is_empty() {
                    line.push(Piece::new(format!("  {when}"), Tone::Time));
                }
                inner.push(Block::Text(line));
                self.parts(&message.parts, depth + 1, &mut inner);
            }
        }
        out.push(Block::Bundle(inner));
    }
}

/// A further line of a card; nothing when there is nothing to say.
fn push_line(words: Option<&str>, tone: Tone, pieces: &mut Vec<Piece>) {
    if let Some(words) = words.filter(|words| !words.trim().is_empty()) {
        pieces.push(Piece::new("\n", tone));
        push_words(words, tone, pieces);
    }
}

/// A label and facts after it.
fn labelled(label: &str, facts: &[Option<&str>]) -> Vec<Piece> {
    let mut line = vec![Piece::new(label, Tone::Label)];
    for fact in facts
        .iter()
        .copied()
        .flatten()
        .filter(|fact| !fact.is_empty())
    {
        line.push(Piece::new(format!("  {fact}"), Tone::Body));
    }
    line
}
