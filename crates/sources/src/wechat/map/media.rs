//! 图片, 语音, 视频, 表情包.

use hutong_model::{Attachment, Image, Part, Sticker, Video, Voice};

use crate::wechat::decode::{Document, Element, PackedInfo, sticker_meaning};

use super::{Body, positive, web_address};

/// The element that carries the attributes; content without it says nothing.
fn element<'d>(document: &'d Document<'_>, name: &str) -> Element<'d> {
    document
        .root()
        .find(name)
        .unwrap_or_else(|| document.root())
}

fn digests(element: Element<'_>, names: &[&str]) -> Vec<String> {
    let mut digests: Vec<String> = Vec::new();
    for digest in names.iter().filter_map(|name| element.attribute(name)) {
        if !digests
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&digest))
        {
            digests.push(digest.into_owned());
        }
    }
    digests
}

fn pixels(element: Element<'_>, names: &[&str]) -> Option<u32> {
    names
        .iter()
        .find_map(|name| positive(element.number(name)))
        .and_then(|pixels| u32::try_from(pixels).ok())
}

pub(super) fn image(content: &str, packed: &PackedInfo) -> Body {
    let document = Document::parse(content);
    let image = element(&document, "img");
    let digests = digests(image, &["md5", "originsourcemd5"]);
    let attachment = Attachment {
        size_bytes: positive(image.number("length")).or_else(|| positive(image.number("hdlength"))),
        native_digest: digests.first().cloned().or_else(|| packed.image.clone()),
        url: web_address(image.attribute_of_any(&["cdnbigimgurl", "cdnmidimgurl"])),
        ..Attachment::default()
    };
    let part = Part::Image(Box::new(Image {
        attachment,
        width: pixels(image, &["cdnhdwidth", "cdnmidwidth"]),
        height: pixels(image, &["cdnhdheight", "cdnmidheight"]),
        ..Image::default()
    }));
    Body {
        digests,
        ..Body::of(part)
    }
}

pub(super) fn voice(content: &str, packed: &PackedInfo) -> Body {
    let document = Document::parse(content);
    let voice = element(&document, "voicemsg");
    let stated = document
        .root()
        .find("voicetrans")
        .and_then(|found| found.attribute_of_any(&["transtext"]));
    let media_type = match voice.number("voiceformat") {
        Some(0) => "audio/amr",
        _ => "audio/silk",
    };
    let attachment = Attachment {
        size_bytes: positive(voice.number("length")),
        media_type: Some(media_type.to_owned()),
        native_digest: voice.attribute_of_any(&["voicemd5"]),
        ..Attachment::default()
    };
    Body::of(Part::Voice(Box::new(Voice {
        attachment,
        duration_ms: positive(voice.number("voicelength")).or_else(|| bare_duration(content)),
        transcript: packed.transcript.clone().or(stated),
    })))
}

/// The form that quotes use: `wxid_a:15369:1:`.
fn bare_duration(content: &str) -> Option<u64> {
    if content.contains('<') {
        return None;
    }
    content.split(':').nth(1)?.trim().parse().ok()
}

pub(super) fn video(content: &str, packed: &PackedInfo) -> Body {
    let document = Document::parse(content);
    let video = element(&document, "videomsg");
    let digests = digests(video, &["md5", "rawmd5", "newmd5", "originsourcemd5"]);
    let attachment = Attachment {
        size_bytes: positive(video.number("length"))
            .or_else(|| positive(video.number("rawlength"))),
        native_digest: digests.first().cloned().or_else(|| packed.video.clone()),
        url: web_address(video.attribute_of_any(&["cdnvideourl"])),
        ..Attachment::default()
    };
    let part = Part::Video(Box::new(Video {
        attachment,
        duration_ms: positive(video.number("playlength"))
            .map(|seconds| seconds.saturating_mul(1000)),
        ..Video::default()
    }));
    Body {
        digests,
        ..Body::of(part)
    }
}

pub(super) fn sticker(content: &str) -> Body {
    let document = Document::parse(content);
    let emoji = element(&document, "emoji");
    let attachment = Attachment {
        size_bytes: positive(emoji.number("len")),
        // Some stickers have a plain identifier here instead of a digest.
        native_digest: emoji.attribute_of_any(&["md5", "externmd5"]),
        url: web_address(emoji.attribute_of_any(&[
            "cdnurl",
            "externurl",
            "encrypturl",
            "thumburl",
            "tpurl",
        ])),
        ..Attachment::default()
    };
    let meaning = emoji.attribute_of_any(&["attachedtext"]).or_else(|| {
        emoji
            .attribute("desc")
            .and_then(|description| sticker_meaning(&description))
    });
    Body::of(Part::Sticker(Box::new(Sticker {
        attachment,
        meaning,
        pack: emoji.attribute_of_any(&["productid"]),
        result: document.root().find("gameext").and_then(game_result),
    })))
}

/// Outcome of rock-paper-scissors (1) or of dice (2), whose faces are counted from 4.
fn game_result(game: Element<'_>) -> Option<String> {
    let outcome = positive(game.number("content"))?;
    match (game.number("type")?, outcome) {
        (1, 1) => Some("剪刀".to_owned()),
        (1, 2) => Some("石头".to_owned()),
        (1, 3) => Some("布".to_owned()),
        (2, 4..=9) => Some((outcome - 3).to_string()),
        (1 | 2, _) => Some(outcome.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::map::tests::body_of;

    #[test]
    fn a_picture_without_xml_is_still_a_picture() {
        let packed = PackedInfo {
            image: Some("ab".into()),
            ..PackedInfo::default()
        };
        let body = image("", &packed);
        assert!(
            matches!(&body.parts[..], [Part::Image(image)] if image.attachment.native_digest.as_deref() == Some("ab"))
        );
    }

    #[test]
    fn a_voice_message_keeps_length_and_words() {
        let content = "<msg><voicemsg voicelength=\"15369\" length=\"99\" voiceformat=\"4\"/><voicetrans transtext=\"好&amp;的\"/></msg>";
        let body = body_of(34, content);
        let [Part::Voice(voice)] = &body.parts[..] else {
            panic!("voice")
        };
        assert_eq!(
            (voice.duration_ms, voice.transcript.as_deref()),
            (Some(15_369), Some("好&的"))
        );
        assert_eq!(bare_duration("wxid_a:2000:1:"), Some(2000));
    }

    #[test]
    fn a_film_that_was_sent_from_here_has_only_its_raw_digest() {
        let body = body_of(
            43,
            "<msg><videomsg rawmd5=\"aa\" newmd5=\"bb\" playlength=\"7\" length=\"0\" rawlength=\"5\"/></msg>",
        );
        let [Part::Video(video)] = &body.parts[..] else {
            panic!("video")
        };
        assert_eq!(video.attachment.native_digest.as_deref(), Some("aa"));
        assert_eq!(
            (video.duration_ms, video.attachment.size_bytes),
            (Some(7000), Some(5))
        );
        assert_eq!(body.digests, ["aa", "bb"]);
    }

    #[test]
    fn games_show_their_outcome() {
        let result = |game: &str| match body_of(
            47,
            &format!("<msg><emoji md5=\"x\"/><gameext {game}/></msg>"),
        )
        .parts
        .pop()
        {
            Some(Part::Sticker(sticker)) => sticker.result,
            _ => None,
        };
        assert_eq!(result("type=\"1\" content=\"2\"").as_deref(), Some("石头"));
        assert_eq!(result("type=\"2\" content=\"9\"").as_deref(), Some("6"));
        assert_eq!(result("type=\"0\" content=\"0\""), None);
    }
}
