//! Words as Slack writes them: three signs escaped, people mentioned by id.

use hutong_model::{Message, Part, Reaction, Text};

use super::slack_id;
use crate::handles::emoji_name;
use crate::roster::Roster;
use crate::scribe::Scribe;
use crate::text::{MAX_MARKS, control_picture, is_mark};

/// Appends text of which nothing is a token.
pub(super) fn escape(text: &str, out: &mut String) {
    let mut marks = 0;
    for character in text.chars() {
        marks = if is_mark(character) { marks + 1 } else { 0 };
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => {}
            _ if marks > MAX_MARKS => {}
            _ => out.push(control_picture(character).unwrap_or(character)),
        }
    }
}

/// Appends the words of a message. What lies in the zip is not told again, nor is what a thread's first message says.
pub(super) fn write(
    scribe: &mut Scribe<'_>,
    roster: &mut Roster<'_>,
    message: &Message,
    is_answer: bool,
    is_copied: &dyn Fn(usize) -> bool,
    out: &mut String,
) {
    let mut words = String::new();
    for (index, part) in message.parts.iter().enumerate() {
        match part {
            Part::Quote(_) if is_answer => {}
            Part::Text(text) => {
                flush(&mut words, out);
                mentions(roster, text, out);
            }
            _ if is_copied(index) => voice_words(part, &mut words),
            _ => {
                if !words.is_empty() || !out.is_empty() {
                    words.push('\n');
                }
                scribe.write_parts(std::slice::from_ref(part), 0, &mut words);
            }
        }
    }
    scribe.write_changes(message, &mut words);
    let unknown: Vec<&Reaction> = message
        .reactions
        .iter()
        .filter(|reaction| emoji_name(&reaction.emoji).is_none())
        .collect();
    scribe.write_reactions(&unknown, &mut words);
    flush(&mut words, out);
    let length = out.trim_end_matches('\n').len();
    out.truncate(length);
}

/// What a voice says, which its bytes do not tell a reader.
pub(crate) fn voice_words(part: &Part, words: &mut String) {
    if let Part::Voice(voice) = part
        && let Some(transcript) = &voice.transcript
    {
        words.push_str(transcript);
        words.push('\n');
    }
}

fn flush(words: &mut String, out: &mut String) {
    escape(words, out);
    words.clear();
}

/// A text whose mentions name accounts.
fn mentions(roster: &mut Roster<'_>, text: &Text, out: &mut String) {
    let mut rest = text.text.as_str();
    for mention in text
        .mentions
        .iter()
        .filter(|mention| !mention.name.is_empty())
    {
        let (Some(account), Some((before, after))) =
            (mention.account, rest.split_once(mention.name.as_str()))
        else {
            continue;
        };
        escape(before, out);
        roster.account(account);
        out.push_str("<@");
        out.push_str(&slack_id('U', &account.0));
        out.push('|');
        // A bar or bracket would end the token.
        let name = mention
            .name
            .trim_start_matches('@')
            .replace(['|', '\n'], " ");
        escape(&name, out);
        out.push('>');
        rest = after;
    }
    escape(rest, out);
}
