//! What a message says, in the order in which it is read.

mod earlier;
mod parts;

use std::sync::Arc;

use hutong_model::{Message, Part};

use super::{Picture, Pictures, Tone};
use crate::scribe::{Scribe, reaction_words};
use crate::url::url_length;
use earlier::Earlier;

/// A piece of text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) tone: Tone,
    /// Where a click leads.
    pub(crate) link: Option<Arc<str>>,
}

impl Piece {
    pub(crate) fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
            link: None,
        }
    }
}

/// How large a picture may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PictureKind {
    /// A photo or a screenshot.
    Picture,
    /// A sticker.
    Sticker,
}

/// A part of a message that stands on lines of its own.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// Words, and lines in them.
    Text(Vec<Piece>),
    /// A picture.
    Picture(Arc<Picture>, PictureKind),
    /// What an answer speaks of, or an earlier wording.
    Quote(Vec<Self>),
    /// A link, a payment, a place: things in a box.
    Card(Vec<Self>),
    /// Messages inside a message.
    Bundle(Vec<Self>),
}

/// Puts messages into blocks.
pub(crate) struct Teller<'a> {
    pub(crate) scribe: Scribe<'a>,
    pub(crate) pictures: Pictures<'a>,
    earlier: Earlier,
}

/// Accounts named beside a reaction; more are counted.
const MAX_REACTING: usize = 12;

impl<'a> Teller<'a> {
    pub(crate) fn new(scribe: Scribe<'a>, pictures: Pictures<'a>) -> Self {
        Self {
            scribe,
            pictures,
            earlier: Earlier::default(),
        }
    }

    /// The whole message: its parts, and what became of it.
    pub(crate) fn message(&mut self, message: &Message) -> Vec<Block> {
        let language = self.scribe.language;
        let mut blocks = Vec::new();
        let is_quoted = message
            .parts
            .iter()
            .any(|part| matches!(part, Part::Quote(_)));
        if let Some(target) = message.reply_to.first().filter(|_| !is_quoted) {
            let words = match self.earlier.words(*target) {
                Some(words) => format!("{} {words}", language.pick("↩ 回复", "↩ in reply to")),
                None => language
                    .pick("↩ 回复前面的一条消息", "↩ in reply to an earlier message")
                    .to_owned(),
            };
            blocks.push(Block::Quote(vec![Block::Text(vec![Piece::new(
                words,
                Tone::Quiet,
            )])]));
        }
        self.earlier.remember(message, &mut self.scribe);
        self.parts(&message.parts, 0, &mut blocks);
        if let Some(note) = self.scribe.state_note(message) {
            blocks.push(Block::Text(vec![Piece::new(
                format!("[{note}]"),
                Tone::Warning,
            )]));
        }
        for revision in &message.revisions {
            let mut label = language.pick("另一版本", "Other wording").to_owned();
            if let Some(at) = revision.at {
                let mut time = Vec::new();
                self.scribe
                    .clock
                    .local(at)
                    .write(hutong_model::Precision::Second, &mut time);
                label.push(' ');
                label.extend(time.into_iter().map(char::from));
            }
            let mut inner = vec![Block::Text(vec![Piece::new(label, Tone::Label)])];
            self.parts(&revision.parts, 1, &mut inner);
            blocks.push(Block::Quote(inner));
        }
        if !message.reactions.is_empty() {
            let mut words = language.pick("回应", "Reactions").to_owned();
            for reaction in &message.reactions {
                words.push_str("  ");
                words.push_str(&reaction_words(reaction));
                let names: Vec<&str> = reaction
                    .accounts
                    .iter()
                    .take(MAX_REACTING)
                    .map(|id| self.scribe.name_of(Some(*id), None, None))
                    .collect();
                if !names.is_empty() {
                    words.push_str(" (");
                    words.push_str(&names.join(language.pick("、", ", ")));
                    if reaction.accounts.len() > MAX_REACTING {
                        words.push('…');
                    }
                    words.push(')');
                }
            }
            blocks.push(Block::Text(vec![Piece::new(words, Tone::Quiet)]));
        }
        if blocks.is_empty() {
            let words = language.pick("[空消息]", "[empty message]");
            blocks.push(Block::Text(vec![Piece::new(words, Tone::Quiet)]));
        }
        blocks
    }
}

/// Appends words of people; addresses in them become links.
pub(crate) fn push_words(words: &str, tone: Tone, pieces: &mut Vec<Piece>) {
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(found) = words.get(at..).and_then(|rest| rest.find("http")) {
        let start = at + found;
        let length = words.as_bytes().get(start..).and_then(url_length);
        let Some(url) = length.and_then(|length| words.get(start..start + length)) else {
            at = start + 4;
            continue;
        };
        if let Some(before) = words
            .get(plain_from..start)
            .filter(|before| !before.is_empty())
        {
            pieces.push(Piece::new(before, tone));
        }
        pieces.push(Piece {
            text: url.to_owned(),
            tone,
            link: Some(url.into()),
        });
        at = start + url.len();
        plain_from = at;
    }
    if let Some(rest) = words.get(plain_from..).filter(|rest| !rest.is_empty()) {
        pieces.push(Piece::new(rest, tone));
    }
}
