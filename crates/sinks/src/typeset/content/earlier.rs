//! The messages before, so that an answer can say what it answers.

use std::collections::VecDeque;

use hutong_model::{Message, MessageId, Part, Precision};
use rustc_hash::FxHashMap;

use crate::scribe::Scribe;
use crate::words;

/// So many messages are remembered; nearly every answer comes sooner.
const REMEMBERED: usize = 4096;

/// Characters of a message that are repeated.
const EXCERPT: usize = 40;

/// The messages before, so that an answer can say what it answers.
#[derive(Default)]
pub(super) struct Earlier {
    order: VecDeque<MessageId>,
    words: FxHashMap<MessageId, String>,
}

impl Earlier {
    /// `林海 2024-05-01 16:02:00: 周六吃什么？`
    pub(super) fn words(&self, id: MessageId) -> Option<&str> {
        self.words.get(&id).map(String::as_str)
    }

    /// Keeps the beginning of a message.
    pub(super) fn remember(&mut self, message: &Message, scribe: &mut Scribe<'_>) {
        let mut time = Vec::new();
        scribe
            .clock
            .local(message.sent_at)
            .write(message.precision.max(Precision::Second), &mut time);
        let time: String = time.into_iter().map(char::from).collect();
        let (_, name) = scribe.sender(message);
        let text = message.parts.iter().find_map(|part| match part {
            Part::Text(text) if !text.text.trim().is_empty() => Some(text.text.as_str()),
            _ => None,
        });
        let words = text.unwrap_or_else(|| words::part(scribe.language, message.kind()));
        let mut excerpt: String = words
            .chars()
            .take(EXCERPT)
            .map(|character| if character == '\n' { ' ' } else { character })
            .collect();
        if words.chars().nth(EXCERPT).is_some() {
            excerpt.push('…');
        }
        if self
            .words
            .insert(message.id, format!("{name} {time}: {excerpt}"))
            .is_none()
        {
            self.order.push_back(message.id);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.words.remove(&oldest);
        }
    }
}
