//! How phones write rows: types as flags over a base, senders in front, recordings without XML.

use hutong_model::Part;

use super::decode::split_prefix;
use super::desk::{Here, RowSender};
use super::map::kind;

/// Codes that the rule of the low 16 bits would misread, as they stand in the table.
const EXCEPTIONS: &[(u32, u32)] = &[
    // Stickers of other makers are written with the base of cards.
    (0x0010_0031, kind::STICKER),
    // Sharing a place as it changes: a card whose base is 6.
    (0x9000_0006, kind::APP),
];

/// Bases that a code with higher bits may have.
const BASES: &[u32] = &[
    kind::TEXT,
    kind::IMAGE,
    kind::VOICE,
    kind::MAIL,
    kind::FRIEND_REQUEST,
    kind::POSSIBLE_FRIEND,
    kind::CARD,
    kind::VIDEO,
    kind::STICKER,
    kind::LOCATION,
    kind::APP,
    kind::CALL,
    kind::STATUS,
    kind::CALL_NOTICE,
    kind::CALL_INVITE,
    kind::SHORT_VIDEO,
    kind::GROUP_CALL,
    kind::WECOM_GREETING,
    kind::WECOM_CARD,
    kind::WECOM_CARD_VARIANT,
    kind::NOTICE,
    kind::SYSTEM,
    kind::SYSTEM_XML,
];

/// The base type of a `type` code. A code that neither rule nor exception explains is its own base.
pub(crate) fn base_of(code: i64) -> u32 {
    // Codes are 32 bits wide; whether they stand there with or without sign depends on who wrote the row.
    let code = u32::try_from(code & 0xFFFF_FFFF).unwrap_or(0);
    if let Some((_, base)) = EXCEPTIONS.iter().find(|(known, _)| *known == code) {
        return *base;
    }
    let base = code & 0xFFFF;
    if code == base || BASES.contains(&base) {
        base
    } else {
        code
    }
}

/// The content of a voice message or of a film: `<username>:<number>:<flag>`, no XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recording<'a> {
    /// Who sent it; empty in some rows.
    pub(crate) username: &'a str,
    /// Milliseconds of a voice message, seconds of a film.
    pub(crate) length: u64,
}

impl<'a> Recording<'a> {
    pub(crate) fn parse(content: &'a str) -> Option<Self> {
        let content = content.trim();
        if content.starts_with('<') || content.len() > 512 {
            return None;
        }
        // The line of a room may stand in front of it.
        let line = content.lines().last()?;
        let mut fields = line.split(':');
        let username = fields.next()?.trim();
        let length = fields.next()?.trim().parse().ok()?;
        (!username.contains(char::is_whitespace)).then_some(Self { username, length })
    }
}

/// Whether a word has the shape of a username that needs no mark to be told: letters first, 6 to 20 characters.
pub(crate) fn is_plain_username(word: &str) -> bool {
    (6..=20).contains(&word.len())
        && word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Who wrote a row that was received: whoever a room's row begins with, or the other side.
pub(crate) fn sender_of_received<'a>(here: &Here, base: u32, content: &'a str) -> RowSender<'a> {
    if !here.is_room() || kind::is_system(base) {
        return RowSender::Other;
    }
    if matches!(base, kind::VOICE | kind::VIDEO | kind::SHORT_VIDEO)
        && let Some(recording) = Recording::parse(content)
        && !recording.username.is_empty()
    {
        return RowSender::Named(recording.username);
    }
    match split_prefix(content) {
        // Received rows of rooms begin with their sender, also when nobody knows that name any more.
        Some(prefixed) if is_plain_username(prefixed.username) => {
            RowSender::Named(prefixed.username)
        }
        _ => RowSender::Other,
    }
}

/// The length of a film whose content is no XML.
pub(crate) fn set_film_length(parts: &mut [Part], content: &str) {
    if let [Part::Video(video)] = parts
        && video.duration_ms.is_none()
        && let Some(recording) = Recording::parse(content)
        && recording.length > 0
    {
        video.duration_ms = Some(recording.length.saturating_mul(1_000));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_format_page_have_their_base() {
        for (code, base) in [
            (1, 1),
            (3, 3),
            (49, 49),
            (16_777_265, 49),
            (1_048_625, 47),
            (285_212_721, 49),
            (318_767_153, 49),
            (419_430_449, 49),
            (436_207_665, 49),
            (469_762_097, 49),
            (486_539_313, 49),
            (536_870_961, 49),
            (570_425_393, 49),
            (704_643_121, 49),
            (754_974_769, 49),
            (771_751_985, 49),
            (805_306_417, 49),
            (822_083_633, 49),
            (922_746_929, 49),
            (973_078_577, 49),
            (1_040_187_441, 49),
            (1_077_936_177, 49),
            (1_090_519_089, 49),
            (1_107_296_305, 49),
            (268_445_456, 10_000),
            (-1_879_048_186, 49),
            (2_415_919_110, 49),
            (10_002, 10_002),
            (9_999, 9_999),
            (0x7777_0006, 0x7777_0006),
            (7_777, 7_777),
        ] {
            assert_eq!(base_of(code), base, "{code}");
        }
    }

    #[test]
    fn recordings_tell_sender_and_length() {
        let parse =
            |text| Recording::parse(text).map(|recording| (recording.username, recording.length));
        assert_eq!(parse("wxid_a:15369:1\n"), Some(("wxid_a", 15_369)));
        assert_eq!(parse("wxid_a:\nwxid_a:7:0:extra"), Some(("wxid_a", 7)));
        assert_eq!(parse("123@openim:15:0"), Some(("123@openim", 15)));
        assert_eq!(parse(":900:0"), Some(("", 900)));
        for text in [
            "",
            "wxid_a",
            "wxid_a:",
            "wxid_a:x:1",
            "<msg/>",
            "a b:1:0",
            "wxid_a:-5:0",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
