//! Counting the messages of one conversation.

use std::collections::BTreeMap;

use hutong_model::{
    AccountId, ConversationId, Direction, Message, Part, PartKind, Payment, Precision, State, Text,
};

use crate::calendar::{Calendar, Moment};
use crate::emoji::for_each_emoji;
use crate::flow::{Mark, Step, Stretch, step};
use crate::tally::{LATE_HOURS, LatestNight, Tally, WordTally};
use crate::words::{Segmenter, written};

/// Parts of a quoted or forwarded message are not the sender's words; only the message's own parts are looked at.
///
/// Counts the messages of one conversation, oldest first, into one tally for each local year.
#[derive(Debug)]
pub struct Counting {
    conversation: ConversationId,
    is_direct: bool,
    calendar: Calendar,
    segmenter: Option<&'static Segmenter>,
    years: BTreeMap<i32, (Tally, WordTally)>,
}

impl Counting {
    /// Begins to count a conversation; words are counted when a segmenter is given.
    #[must_use]
    pub const fn new(
        conversation: ConversationId,
        is_direct: bool,
        calendar: Calendar,
        segmenter: Option<&'static Segmenter>,
    ) -> Self {
        Self {
            conversation,
            is_direct,
            calendar,
            segmenter,
            years: BTreeMap::new(),
        }
    }

    /// Counts a message. Rows that views hide do not count.
    pub fn add(&mut self, message: &Message) {
        if message.is_hidden {
            return;
        }
        let moment = self.calendar.local(message.sent_at.0);
        let (tally, words) = self.years.entry(moment.year).or_default();
        count_message(tally, self.conversation, message, moment);
        count_flow(tally, self.conversation, self.is_direct, message);
        for part in &message.parts {
            count_part(tally, message, part);
            if let (Part::Text(text), Some(segmenter)) = (part, self.segmenter) {
                segmenter.for_each_word(&text.text, &mut |word| words.words.add_ref(word));
            }
        }
    }

    /// What was counted, by local year.
    #[must_use]
    pub fn finish(self) -> BTreeMap<i32, (Tally, WordTally)> {
        self.years
    }
}

fn count_message(
    tally: &mut Tally,
    conversation: ConversationId,
    message: &Message,
    moment: Moment,
) {
    let at_ms = message.sent_at.0;
    let is_sent = message.direction == Direction::Out;
    let is_recalled = matches!(message.state, State::Recalled { .. });
    let has_hour = message.precision != Precision::Day;
    let is_late = has_hour && moment.hour() < LATE_HOURS;
    tally.messages += 1;
    tally.sent += u64::from(is_sent);
    tally.received += u64::from(message.direction == Direction::In);
    tally.recalled += u64::from(is_recalled);
    tally.edited += u64::from(!message.revisions.is_empty());
    tally.replies += u64::from(
        !message.reply_to.is_empty()
            || message
                .parts
                .iter()
                .any(|part| part.kind() == PartKind::Quote),
    );
    if let Some(target) = message.reply_to.first() {
        tally.answered.add(*target, 1);
    }
    *tally.kinds.entry(message.kind()).or_default() += 1;
    if has_hour {
        if let Some(count) = tally
            .week_hours
            .get_mut(usize::from(moment.weekday))
            .and_then(|hours| hours.get_mut(moment.hour() as usize))
        {
            *count += 1;
        }
    } else {
        tally.without_hour += 1;
    }
    let day = tally.days.entry(moment.day).or_default();
    if day.messages == 0 {
        (day.first_ms, day.last_ms) = (at_ms, at_ms);
    }
    day.messages += 1;
    day.sent += u64::from(is_sent);
    day.late += u64::from(is_late);
    day.first_ms = day.first_ms.min(at_ms);
    day.last_ms = day.last_ms.max(at_ms);
    let (mut characters, mut words) = (0, 0);
    for part in &message.parts {
        if let Part::Text(text) = part {
            let (more_characters, more_words) = written(&text.text);
            characters += more_characters;
            words += more_words;
        }
    }
    tally.characters += characters;
    tally.written_words += words;
    if let Some(sender) = message.sender {
        let sender = tally.senders.entry(sender).or_default();
        if sender.messages == 0 {
            (sender.first_ms, sender.last_ms) = (at_ms, at_ms);
        }
        sender.messages += 1;
        sender.characters += characters;
        sender.words += words;
        sender.recalled += u64::from(is_recalled);
        sender.late += u64::from(is_late);
        sender.first_ms = sender.first_ms.min(at_ms);
        sender.last_ms = sender.last_ms.max(at_ms);
        if is_late {
            tally.latest = tally.latest.max(Some(LatestNight {
                second: moment.second,
                at_ms,
                conversation,
                message: message.id,
            }));
        }
    }
    for reaction in &message.reactions {
        let count = reaction.count.max(1);
        tally.reactions = tally.reactions.saturating_add(count);
        if !reaction.emoji.is_empty() {
            tally.emoji.add(short(&reaction.emoji), count);
        }
    }
}

fn count_flow(tally: &mut Tally, conversation: ConversationId, is_direct: bool, message: &Message) {
    let chat = tally.chats.entry(conversation).or_default();
    chat.messages += 1;
    chat.sent += u64::from(message.direction == Direction::Out);
    chat.is_direct = is_direct;
    let Some(mark) = Mark::of(message) else {
        return;
    };
    let Some(stretch) = chat.stretches.first_mut() else {
        chat.stretches.push(Stretch {
            first: mark,
            last: mark,
        });
        return;
    };
    let before = std::mem::replace(&mut stretch.last, mark);
    apply(tally, is_direct, &step(Some(&before), &mark));
}

/// Counts what a message was to the one before it.
pub(crate) fn apply(tally: &mut Tally, is_direct: bool, step: &Step) {
    match step {
        Step::Start(sender) => tally.senders.entry(*sender).or_default().starts += 1,
        Step::Reply(Direction::Out, seconds) if is_direct => tally.owner_replies.add(*seconds),
        Step::Reply(Direction::In, seconds) if is_direct => tally.other_replies.add(*seconds),
        Step::Reply(..) | Step::Other => {}
    }
}

fn count_part(tally: &mut Tally, message: &Message, part: &Part) {
    match part {
        Part::Text(text) => count_text(tally, text),
        Part::Quote(quote) => {
            if let Some(author) = quote.author {
                *tally.quoted.entry(author).or_default() += 1;
            }
        }
        Part::Sticker(sticker) => {
            let meaning = sticker
                .meaning
                .as_deref()
                .map(str::trim)
                .filter(|meaning| !meaning.is_empty());
            if let Some(meaning) = meaning {
                tally.stickers.add_ref(short(meaning).as_str());
            }
            count_media(tally, part, None);
        }
        Part::Voice(voice) => count_media(tally, part, voice.duration_ms),
        Part::Video(video) => count_media(tally, part, video.duration_ms),
        Part::Image(_) | Part::File(_) => count_media(tally, part, None),
        Part::Call(call) => {
            tally.calls.count += 1;
            if let Some(duration_ms) = call.duration_ms {
                tally.calls.timed += 1;
                tally.calls.duration_ms = tally.calls.duration_ms.saturating_add(duration_ms);
                tally.calls.longest_ms = tally.calls.longest_ms.max(duration_ms);
            }
        }
        Part::Payment(payment) => count_payment(tally, message.direction, payment),
        _ => {}
    }
}

fn count_text(tally: &mut Tally, text: &Text) {
    for_each_emoji(&text.text, &mut |emoji| {
        // A heart without its variation selector looks the same in a chat.
        let emoji = if emoji == "❤" { "❤️" } else { emoji };
        tally.emoji.add_ref(emoji);
    });
    for mention in &text.mentions {
        match mention.account {
            _ if mention.is_everyone => tally.mentions_of_everyone += 1,
            Some(account) => count_account(&mut tally.mentions, account),
            None => tally.mentions_unknown += 1,
        }
    }
}

fn count_account(counts: &mut rustc_hash::FxHashMap<AccountId, u64>, account: AccountId) {
    *counts.entry(account).or_default() += 1;
}

fn count_media(tally: &mut Tally, part: &Part, duration_ms: Option<u64>) {
    let attachment = match part {
        Part::Image(image) => &image.attachment,
        Part::Voice(voice) => &voice.attachment,
        Part::Video(video) => &video.attachment,
        Part::File(file) => &file.attachment,
        Part::Sticker(sticker) => &sticker.attachment,
        _ => return,
    };
    let media = tally.media.entry(part.kind()).or_default();
    media.count += 1;
    media.present += u64::from(attachment.is_present());
    media.bytes = media
        .bytes
        .saturating_add(attachment.size_bytes.unwrap_or(0));
    media.duration_ms = media.duration_ms.saturating_add(duration_ms.unwrap_or(0));
}

fn count_payment(tally: &mut Tally, direction: Direction, payment: &Payment) {
    let key = crate::tally::MoneyKey {
        kind: payment.kind,
        direction,
        state: payment.state,
        currency: payment
            .currency
            .as_deref()
            .filter(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic()))
            .map(str::to_ascii_uppercase)
            .unwrap_or_default(),
    };
    let money = tally.money.entry(key).or_default();
    money.count += 1;
    if let Some(amount) = payment.amount.as_deref().and_then(ten_thousandths) {
        money.stated += 1;
        money.ten_thousandths = money.ten_thousandths.saturating_add(amount);
    }
}

/// A decimal amount in ten-thousandths; none for what is no plain amount.
fn ten_thousandths(amount: &str) -> Option<i64> {
    let (whole, fraction) = amount.trim().split_once('.').unwrap_or((amount.trim(), ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let mut value: i64 = whole.parse().ok()?;
    let mut digits = fraction.bytes();
    for _ in 0..4 {
        value = value * 10 + i64::from(digits.next().map_or(0, |digit| digit - b'0'));
    }
    Some(value)
}

/// Names of emoji and stickers come from messages; more than this says nothing.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        assert_eq!(ten_thousandths("12.34"), Some(123_400));
        assert_eq!(ten_thousandths("0.01"), Some(100));
        assert_eq!(ten_thousandths("8"), Some(80_000));
        for wrong in ["", "-1", "1,000.00", "一百", "1.2.3", "99999999999999", "."] {
            assert_eq!(ten_thousandths(wrong), None, "{wrong}");
        }
    }
}
