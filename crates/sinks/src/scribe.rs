//! A message in plain words, for the formats that people read.
//!
//! Unlike [`hutong_model::plain_text`] it speaks the reader's language and tells everything that a line of text
//! can: what is missing, what was withdrawn, what a bundle holds.

use hutong_model::{
    AccountId, Attachment, Forward, Message, Names, Part, PartKind, Quote, Reaction, State,
};

use crate::clock::Clock;
use crate::people::{People, Person};
use crate::{Language, words};
use jiff::tz::TimeZone;

/// Bundles inside bundles are told down to this depth; what lies deeper is counted.
pub(crate) const MAX_DEPTH: usize = 16;

/// What is needed to put records into words.
pub(crate) struct Scribe<'a> {
    pub(crate) language: Language,
    pub(crate) people: People<'a>,
    pub(crate) clock: Clock,
}

impl<'a> Scribe<'a> {
    pub(crate) fn new(names: &'a dyn Names, language: Language, zone: &TimeZone) -> Self {
        Self {
            language,
            people: People::new(names),
            clock: Clock::new(zone),
        }
    }

    /// The sender and the name to show for it.
    pub(crate) fn sender<'m>(&mut self, message: &'m Message) -> (Person<'a>, &'m str)
    where
        'a: 'm,
    {
        let person = message
            .sender
            .map(|id| self.people.get(id))
            .unwrap_or_default();
        let stated = message
            .sender_name
            .as_deref()
            .filter(|name| !name.trim().is_empty());
        let name = person.name.or(stated).or(person.native_id);
        (
            person,
            name.unwrap_or_else(|| self.language.pick("未知", "Unknown")),
        )
    }

    /// Name of somebody who is known by id, by native id or by a name as shown.
    pub(crate) fn name_of<'m>(
        &mut self,
        id: Option<AccountId>,
        stated: Option<&'m str>,
        native_id: Option<&'m str>,
    ) -> &'m str
    where
        'a: 'm,
    {
        let known = id.and_then(|id| self.people.get(id).name);
        let stated = stated.filter(|name| !name.trim().is_empty());
        known
            .or(stated)
            .or(native_id)
            .unwrap_or_else(|| self.language.pick("未知", "Unknown"))
    }

    /// `张三 (wxid_zhang)`.
    pub(crate) fn member(&mut self, id: AccountId) -> String {
        let person = self.people.get(id);
        match (person.name, person.native_id) {
            (Some(name), Some(native)) if name != native => format!("{name} ({native})"),
            (Some(name), _) | (None, Some(name)) => name.to_owned(),
            (None, None) => id.to_hex(),
        }
    }

    /// The whole message: its parts, and what became of it.
    pub(crate) fn write_message(&mut self, message: &Message, out: &mut String) {
        self.write_parts(&message.parts, 0, out);
        self.write_notes(message, out);
    }

    /// All parts in order.
    pub(crate) fn write_parts(&mut self, parts: &[Part], depth: usize, out: &mut String) {
        for part in parts {
            let before = out.len();
            self.write_part(part, depth, out);
            // Text runs follow each other directly; anything else is set off.
            let is_set_off =
                before == 0 || out[..before].ends_with(char::is_whitespace) || before == out.len();
            if !is_set_off && !matches!(part, Part::Text(_)) {
                out.insert(before, ' ');
            }
        }
    }

    fn write_part(&mut self, part: &Part, depth: usize, out: &mut String) {
        let language = self.language;
        match part {
            Part::Text(text) => out.push_str(&text.text),
            Part::Quote(quote) => self.write_quote(quote, depth, out),
            Part::Forward(forward) => self.write_forward(forward, depth, out),
            Part::Nudge(nudge) => out.push_str(&nudge.text),
            Part::System(system) => out.push_str(&system.text),
            Part::Image(image) => {
                let flash = image.is_flash.then(|| language.pick("闪照", "view once"));
                self.labelled(part.kind(), &[flash], out);
                self.missing(&image.attachment, out);
            }
            Part::Voice(voice) => {
                let length = voice.duration_ms.map(words::duration);
                self.labelled(
                    part.kind(),
                    &[length.as_deref(), voice.transcript.as_deref()],
                    out,
                );
                self.missing(&voice.attachment, out);
            }
            Part::Video(video) => {
                let length = video.duration_ms.map(words::duration);
                self.labelled(part.kind(), &[length.as_deref()], out);
                self.missing(&video.attachment, out);
            }
            Part::File(file) => {
                let size = file.attachment.size_bytes.map(words::size);
                self.labelled(
                    part.kind(),
                    &[file.attachment.name.as_deref(), size.as_deref()],
                    out,
                );
                if !file.attachment.is_present() {
                    out.push_str(language.pick(" [缺失]", " [missing]"));
                }
            }
            Part::Sticker(sticker) => {
                self.labelled(
                    part.kind(),
                    &[sticker.meaning.as_deref(), sticker.result.as_deref()],
                    out,
                );
                if sticker.attachment != Attachment::default() {
                    self.missing(&sticker.attachment, out);
                }
            }
            Part::Place(place) => {
                let position = place.latitude.as_ref().zip(place.longitude.as_ref());
                let position = position.map(|(north, east)| format!("({north}, {east})"));
                let facts = [
                    place.name.as_deref(),
                    place.address.as_deref(),
                    position.as_deref(),
                ];
                self.labelled(part.kind(), &facts, out);
            }
            Part::Contact(contact) => {
                let id = contact.alias.as_deref().or(contact.native_id.as_deref());
                self.labelled(part.kind(), &[contact.name.as_deref(), id], out);
            }
            Part::Link(link) => {
                self.labelled(
                    part.kind(),
                    &[link.title.as_deref(), link.url.as_deref()],
                    out,
                );
            }
            Part::MiniApp(app) => {
                self.labelled(
                    part.kind(),
                    &[app.app.as_deref(), app.title.as_deref(), app.url.as_deref()],
                    out,
                );
            }
            Part::ChannelPost(post) => {
                self.labelled(
                    part.kind(),
                    &[post.author.as_deref(), post.description.as_deref()],
                    out,
                );
            }
            Part::Payment(payment) => {
                let amount = amount(payment);
                let state = words::payment_state(language, payment.state);
                bracketed(words::payment(language, payment.kind), out);
                facts(&[amount.as_deref(), payment.note.as_deref(), state], out);
            }
            Part::Call(call) => {
                let length = call
                    .duration_ms
                    .filter(|length| *length > 0)
                    .map(words::duration);
                let outcome = words::call_outcome(language, call.outcome);
                bracketed(words::call(language, call.kind), out);
                facts(&[call.text.as_deref().or(outcome), length.as_deref()], out);
            }
            Part::Announcement(announcement) => {
                self.labelled(
                    part.kind(),
                    &[announcement.title.as_deref(), Some(&announcement.text)],
                    out,
                );
            }
            Part::Poll(poll) => {
                self.labelled(part.kind(), &[poll.title.as_deref(), Some(&poll.text)], out);
                for option in &poll.options {
                    out.push_str("\n- ");
                    out.push_str(option);
                }
            }
            Part::Card(card) => {
                self.labelled(
                    part.kind(),
                    &[
                        card.title.as_deref(),
                        card.text.as_deref(),
                        card.url.as_deref(),
                    ],
                    out,
                );
                for (name, value) in &card.fields {
                    out.push_str("\n- ");
                    out.push_str(name);
                    out.push_str(": ");
                    out.push_str(value);
                }
            }
            Part::Unknown(unknown) => {
                self.labelled(
                    part.kind(),
                    &[Some(&unknown.kind), unknown.text.as_deref()],
                    out,
                );
            }
        }
    }

    fn labelled(&self, kind: PartKind, rest: &[Option<&str>], out: &mut String) {
        bracketed(words::part(self.language, kind), out);
        facts(rest, out);
    }

    /// `[缺失: name, size]` when the bytes are not to be had.
    fn missing(&self, attachment: &Attachment, out: &mut String) {
        if !attachment.is_present() {
            out.push_str(self.language.pick(" [缺失", " [missing"));
            let size = attachment.size_bytes.map(words::size);
            let mut known = [attachment.name.as_deref(), size.as_deref()]
                .into_iter()
                .flatten()
                .peekable();
            if known.peek().is_some() {
                out.push_str(": ");
                out.push_str(&known.collect::<Vec<_>>().join(", "));
            }
            out.push(']');
        }
    }

    /// The quoted words as lines that begin with `> `, then a line end.
    fn write_quote(&mut self, quote: &Quote, depth: usize, out: &mut String) {
        let mut inner = String::new();
        if depth < MAX_DEPTH {
            self.write_parts(&quote.parts, depth + 1, &mut inner);
        }
        let name = self.name_of(
            quote.author,
            quote.author_name.as_deref(),
            quote.author_native_id.as_deref(),
        );
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str("> ");
        out.push_str(name);
        out.push_str(": ");
        for (index, line) in inner.lines().enumerate() {
            if index > 0 {
                out.push_str("\n> ");
            }
            out.push_str(line);
        }
        out.push('\n');
    }

    /// The title, then a line for each message that begins with `| `.
    fn write_forward(&mut self, forward: &Forward, depth: usize, out: &mut String) {
        let count = self.forward_count(forward);
        self.labelled(
            PartKind::Forward,
            &[forward.title.as_deref(), Some(&count)],
            out,
        );
        if forward.messages.is_empty() {
            for line in &forward.summary {
                out.push_str("\n| ");
                out.push_str(line);
            }
        } else if depth >= MAX_DEPTH {
            out.push_str(self.language.pick(" [嵌套过深]", " [nested too deeply]"));
        } else {
            for message in &forward.messages {
                let mut inner = String::new();
                let when = self.forwarded_time(message);
                inner.push_str(&when);
                if !when.is_empty() {
                    inner.push(' ');
                }
                inner.push_str(self.name_of(
                    message.sender,
                    message.sender_name.as_deref(),
                    message.sender_native_id.as_deref(),
                ));
                inner.push_str(": ");
                let start = inner.len();
                let mut body = String::new();
                self.write_parts(&message.parts, depth + 1, &mut body);
                inner.insert_str(start, &body);
                for line in inner.lines() {
                    out.push_str("\n| ");
                    out.push_str(line);
                }
            }
        }
        out.push('\n');
    }

    /// `(12 条消息)`, and that only the server has them when that is so.
    pub(crate) fn forward_count(&self, forward: &Forward) -> String {
        let held = forward.messages.len() as u64;
        match (held, forward.stated_count) {
            (0, Some(stated)) => format!(
                "({}{})",
                words::messages(self.language, stated),
                self.language
                    .pick("，内容只在服务器上", "; only the server has them")
            ),
            (0, None) => self
                .language
                .pick("(内容只在服务器上)", "(only the server has the messages)")
                .to_owned(),
            (held, Some(stated)) if stated > held => {
                let held = words::grouped(held);
                let stated = words::messages(self.language, stated);
                match self.language {
                    Language::Zh => format!("({stated}，这里有 {held} 条)"),
                    Language::En => format!("({stated}, {held} of them here)"),
                }
            }
            (held, _) => format!("({})", words::messages(self.language, held)),
        }
    }

    /// When a forwarded message was written, as well as it is known.
    pub(crate) fn forwarded_time(&mut self, message: &hutong_model::ForwardedMessage) -> String {
        match (message.sent_at, &message.sent_at_text) {
            (Some(time), _) => {
                let mut out = Vec::with_capacity(20);
                self.clock
                    .local(time)
                    .write(hutong_model::Precision::Second, &mut out);
                out.into_iter().map(char::from).collect()
            }
            (None, Some(text)) => text.clone(),
            (None, None) => String::new(),
        }
    }

    /// What became of the message, other wordings, and answers by emoji.
    pub(crate) fn write_notes(&mut self, message: &Message, out: &mut String) {
        self.write_changes(message, out);
        let reactions: Vec<&Reaction> = message.reactions.iter().collect();
        self.write_reactions(&reactions, out);
    }

    /// What became of the message, and other wordings.
    pub(crate) fn write_changes(&mut self, message: &Message, out: &mut String) {
        if let Some(note) = self.state_note(message) {
            separate(out);
            out.push('[');
            out.push_str(&note);
            out.push(']');
        }
        for revision in &message.revisions {
            let mut inner = String::new();
            self.write_parts(&revision.parts, 1, &mut inner);
            out.push('\n');
            bracketed(self.language.pick("另一版本", "Other wording"), out);
            out.push(' ');
            out.push_str(&inner);
        }
    }

    /// Answers by emoji, on a line of their own.
    pub(crate) fn write_reactions(&self, reactions: &[&Reaction], out: &mut String) {
        if !reactions.is_empty() {
            out.push('\n');
            bracketed(self.language.pick("回应", "Reactions"), out);
            for reaction in reactions {
                out.push(' ');
                out.push_str(&reaction_words(reaction));
            }
        }
    }

    /// `已撤回（张三，2024-05-01 16:02:00）`; nothing when the message stands.
    pub(crate) fn state_note(&mut self, message: &Message) -> Option<String> {
        let mut note = words::state(self.language, &message.state)?.to_owned();
        if let State::Recalled { by, at } = &message.state {
            let mut known = Vec::new();
            if let Some(name) = by.and_then(|by| self.people.get(by).name) {
                known.push(name.to_owned());
            }
            if let Some(at) = at {
                let mut time = Vec::with_capacity(20);
                self.clock
                    .local(*at)
                    .write(hutong_model::Precision::Second, &mut time);
                known.push(time.into_iter().map(char::from).collect());
            }
            if !known.is_empty() {
                note.push_str(": ");
                note.push_str(&known.join(", "));
            }
        }
        Some(note)
    }
}

/// `👍 2`.
pub(crate) fn reaction_words(reaction: &Reaction) -> String {
    if reaction.count > 1 {
        format!("{} {}", reaction.emoji, reaction.count)
    } else {
        reaction.emoji.clone()
    }
}

/// `¥88.00`, or amount and currency as they are known.
pub(crate) fn amount(payment: &hutong_model::Payment) -> Option<String> {
    let amount = payment.amount.as_deref()?;
    Some(match payment.currency.as_deref() {
        Some("CNY") | None => format!("¥{}", amount.trim_start_matches(['¥', '￥'])),
        Some(currency) => format!("{amount} {currency}"),
    })
}

fn separate(out: &mut String) {
    if !out.is_empty() && !out.ends_with(char::is_whitespace) {
        out.push(' ');
    }
}

fn bracketed(label: &str, out: &mut String) {
    out.push('[');
    out.push_str(label);
    out.push(']');
}

fn facts(facts: &[Option<&str>], out: &mut String) {
    for fact in facts
        .iter()
        .copied()
        .flatten()
        .filter(|fact| !fact.is_empty())
    {
        out.push(' ');
        out.push_str(fact);
    }
}
