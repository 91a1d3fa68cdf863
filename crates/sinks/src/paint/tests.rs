//! What the live page gets; the exported pages have their own tests and the conformance suite.

use hutong_media::{MediaType, PixelSize};
use hutong_model::{
    Attachment, AttachmentState, ConversationKind, Digest, Forward, ForwardedMessage, Message,
    MessageId, Part, Quote, Unknown, Voice,
};
use hutong_testkit::{Cast, cast, message};
use jiff::tz::TimeZone;

use super::{BundlePath, Facts, Form, Live, Painter, Served, address};
use crate::Language;
use crate::conformance::{html::check_elements, scene};

/// Knows every attachment as a picture, except what is asked for as a voice.
fn facts(_: &Digest, form: Form) -> std::io::Result<Option<Facts>> {
    Ok(Some(Facts {
        media_type: Some(if form == Form::Voice {
            MediaType::Wav
        } else {
            MediaType::Png
        }),
        pixels: Some(PixelSize {
            width: 3200,
            height: 2400,
        }),
        duration_ms: (form == Form::Voice).then_some(61_000),
    }))
}

fn paint_as(cast: &Cast, live: Live, language: Language, messages: &[Message]) -> String {
    let mut painter =
        Painter::new(&cast.names, language, &TimeZone::UTC, Served::new(&facts)).live(live);
    painter.enter(cast.group.id, ConversationKind::Group);
    painter.expect(messages.iter().map(|message| message.id));
    let mut out = Vec::new();
    for message in messages {
        painter.message(message, &mut out).unwrap();
    }
    let html = String::from_utf8(out).unwrap();
    check_elements("live", &html);
    html
}

fn paint(cast: &Cast, messages: &[Message]) -> String {
    paint_as(cast, Live::default(), Language::En, messages)
}

fn said(cast: &Cast, number: u32, parts: Vec<Part>) -> Message {
    message(&cast.group, cast.people[1], number, parts)
}

fn attachment(state: AttachmentState) -> Attachment {
    Attachment {
        name: Some("a.dat".to_owned()),
        sha256: Some(Digest([7; 32])),
        state,
        ..Attachment::default()
    }
}

#[test]
fn everything_there_is_can_be_shown_live() {
    let (cast, messages) = scene();
    for language in [Language::Zh, Language::En] {
        let html = paint_as(&cast, Live::default(), language, &messages);
        for message in &messages {
            let id = message.id;
            assert_eq!(html.matches(&format!(" id=\"m{id}\"")).count(), 1);
            assert_eq!(html.matches(&format!("href=\"/m/{id}\"><time")).count(), 1);
            assert!(html.contains(&format!("href=\"/m/{id}/details\"")));
        }
        assert!(!html.contains("style=") && !html.contains("\u{202e}=1"));
    }
}

#[test]
fn a_message_says_what_scripts_want_to_know() {
    let cast = cast();
    let one = said(&cast, 1, vec![Part::text("好")]);
    let html = paint(&cast, std::slice::from_ref(&one));
    let expected = format!(
        "id=\"m{}\" data-time=\"{}\" data-sender=\"{}\"",
        one.id, one.sent_at.0, cast.people[1]
    );
    assert!(html.contains(&expected), "{html}");
    assert!(html.contains("<h2 class=\"d\" data-day=\"2024-"), "{html}");
}

#[test]
fn a_quote_leads_down_the_page_or_to_the_permanent_address() {
    let cast = cast();
    let quote = || {
        vec![
            Part::Quote(Box::new(Quote {
                parts: vec![Part::text("原话")],
                ..Quote::default()
            })),
            Part::text("是"),
        ]
    };
    let mut messages: Vec<_> = (1..4).map(|number| said(&cast, number, quote())).collect();
    let elsewhere = MessageId([9; 16]);
    messages[0].reply_to = vec![messages[2].id];
    messages[1].reply_to = vec![elsewhere];
    let html = paint(&cast, &messages);
    assert!(html.contains(&format!(
        "<a href=\"#{}\">",
        address::anchor(messages[2].id)
    )));
    assert!(html.contains(&format!(
        "<blockquote class=\"q\"><a href=\"/m/{elsewhere}\">"
    )));
}

#[test]
fn media_have_addresses_sizes_and_names() {
    let cast = cast();
    let digest = Digest([7; 32]);
    let mut image = hutong_model::Image {
        attachment: attachment(AttachmentState::Stored),
        ..hutong_model::Image::default()
    };
    image.attachment.size_bytes = Some(3_000_000);
    let mut dat = image.clone();
    dat.attachment.media_type = Some("image/x-wechat-dat".to_owned());
    let voice = Voice {
        attachment: attachment(AttachmentState::Stored),
        transcript: Some("今晚见".to_owned()),
        ..Voice::default()
    };
    let parts = vec![
        Part::Image(Box::new(image)),
        Part::Image(Box::new(dat)),
        Part::Voice(Box::new(voice)),
    ];
    let html = paint(&cast, &[said(&cast, 1, parts)]);
    assert!(html.contains(&format!(
        "<a href=\"/media/{digest}\" data-picture><img loading=\"lazy\""
    )));
    // Messages show small copies and link to the pictures themselves.
    assert!(html.contains(&format!("src=\"/media/{digest}.small\"")));
    assert!(html.contains(&format!("src=\"/media/{digest}.picture.small\"")));
    assert!(html.contains(&format!(
        "<a href=\"/media/{digest}.picture\" data-picture>"
    )));
    assert!(html.contains("width=\"320\" height=\"240\""), "{html}");
    assert!(
        html.contains("<audio controls preload=\"none\" aria-label=\"Voice message 1:01\""),
        "{html}"
    );
    assert!(html.contains(&format!("src=\"/media/{digest}.wav\"")));
    assert!(html.contains("今晚见"));
}

#[test]
fn what_the_archive_does_not_hold_is_told_apart_from_what_is_missing() {
    let cast = cast();
    let nothing = |_: &Digest, _: Form| Ok(None);
    let image = |state| {
        Part::Image(Box::new(hutong_model::Image {
            attachment: attachment(state),
            ..hutong_model::Image::default()
        }))
    };
    let parts = [AttachmentState::Referenced, AttachmentState::Missing].map(image);
    let one = said(&cast, 1, parts.to_vec());
    let mut painter = Painter::new(
        &cast.names,
        Language::En,
        &TimeZone::UTC,
        Served::new(&nothing),
    )
    .live(Live::default());
    let mut out = Vec::new();
    painter.message(&one, &mut out).unwrap();
    let html = String::from_utf8(out).unwrap();
    assert!(html.contains("Image not kept in the archive") && html.contains("Image missing"));
}

#[test]
fn ten_megabytes_of_text_are_cut_and_can_be_had_whole() {
    let cast = cast();
    let one = said(&cast, 1, vec![Part::text("长".repeat(3_500_000))]);
    let html = paint(&cast, std::slice::from_ref(&one));
    assert!(html.len() < 20_000, "{}", html.len());
    assert!(html.contains(&format!("<a href=\"/m/{}/details\">Too long", one.id)));
    let whole = paint_as(&cast, Live::whole(), Language::En, &[one]);
    assert!(whole.len() > 10_000_000 && !whole.contains("Too long"));
}

#[test]
fn every_long_word_of_every_part_is_cut() {
    let cast = cast();
    let long = "x".repeat(200_000);
    let mut messages = Vec::new();
    for (number, part) in (0..).zip(hutong_testkit::every_part()) {
        // Every string of the part becomes long.
        let mut value = serde_json::to_value(&part).unwrap();
        lengthen(&mut value, &long);
        if let Ok(part) = serde_json::from_value::<Part>(value) {
            messages.push(said(&cast, number, vec![part]));
        }
    }
    assert!(messages.len() > 15, "{}", messages.len());
    for message in messages {
        let html = paint(&cast, std::slice::from_ref(&message));
        assert!(html.len() < 250_000, "{:?}: {}", message.kind(), html.len());
    }
}

fn lengthen(value: &mut serde_json::Value, long: &str) {
    match value {
        serde_json::Value::String(text) => {
            // Names of variants stay, or it would be no part any more.
            let is_variant = text.starts_with(|first: char| first.is_ascii_uppercase())
                && text
                    .chars()
                    .all(|character| character.is_ascii_alphabetic());
            if !is_variant {
                *text = long.to_owned();
            }
        }
        serde_json::Value::Array(values) => {
            values.iter_mut().for_each(|value| lengthen(value, long));
        }
        serde_json::Value::Object(values) => {
            values.values_mut().for_each(|value| lengthen(value, long));
        }
        _ => {}
    }
}

fn bundle(messages: Vec<Vec<Part>>) -> Part {
    let forwarded = |parts| ForwardedMessage {
        parts,
        ..ForwardedMessage::default()
    };
    Part::Forward(Box::new(Forward {
        messages: messages.into_iter().map(forwarded).collect(),
        ..Forward::default()
    }))
}

#[test]
fn a_large_bundle_is_read_on_until_its_end() {
    let cast = cast();
    let texts = (0..5000).map(|number| vec![Part::text(format!("line {number};"))]);
    let one = said(&cast, 1, vec![bundle(texts.collect())]);
    let html = paint(&cast, std::slice::from_ref(&one));
    assert!(html.len() < 40_000, "{}", html.len());
    assert!(html.contains(&format!(
        "<a data-more href=\"/m/{}/bundle?path=0&amp;from=",
        one.id
    )));

    let path: BundlePath = "0".parse().unwrap();
    let (mut from, mut all, mut pages) = (0, String::new(), 0);
    loop {
        let mut painter = Painter::new(
            &cast.names,
            Language::Zh,
            &TimeZone::UTC,
            Served::new(&facts),
        );
        let mut out = Vec::new();
        let left = painter.bundle(&one, &path, from, &mut out).unwrap();
        all.push_str(&String::from_utf8(out).unwrap());
        pages += 1;
        match left {
            Some(next) if next > from => from = next,
            Some(_) => panic!("reading on must come to an end"),
            None => break,
        }
    }
    check_elements("bundle", &all);
    assert!(pages > 5);
    for number in 0..5000 {
        assert_eq!(all.matches(&format!("line {number};")).count(), 1);
    }
}

#[test]
fn bundles_nest_to_any_depth() {
    let cast = cast();
    let mut part = Part::text("the innermost");
    for _ in 0..100 {
        part = bundle(vec![vec![part]]);
    }
    let one = said(&cast, 1, vec![part]);
    let mut html = paint(&cast, std::slice::from_ref(&one));
    let mut steps = 0;
    while !html.contains("the innermost") {
        let (_, after) = html.split_once("/bundle?path=").expect("a link to read on");
        let path: BundlePath = after.split_once('"').unwrap().0.parse().unwrap();
        let mut painter = Painter::new(
            &cast.names,
            Language::Zh,
            &TimeZone::UTC,
            Served::new(&facts),
        );
        let mut out = Vec::new();
        painter.bundle(&one, &path, 0, &mut out).unwrap();
        html = String::from_utf8(out).unwrap();
        check_elements("bundle", &html);
        steps += 1;
        assert!(steps < 20);
    }
    assert!(steps > 3);
}

#[test]
fn what_is_hostile_stays_inert() {
    let cast = cast();
    let link = |url: &str| {
        Part::Link(Box::new(hutong_model::Link {
            url: Some(url.to_owned()),
            title: Some("免费".to_owned()),
            ..hutong_model::Link::default()
        }))
    };
    let hostile = [
        Part::text("<script>alert(1)</script><style>*{display:none}</style><svg onload=alert(1)>"),
        link("javascript:alert(1)"),
        link("data:text/html,<script>alert(1)</script>"),
        link("JaVaScRiPt:alert(1)//http://x"),
        Part::text("javascript:alert(1) data:text/html,x"),
        Part::text(format!("e{}", "\u{301}".repeat(100_000))),
        Part::text("\u{202e}txt.exe"),
        Part::Unknown(Box::new(Unknown {
            kind: "<img src=x onerror=alert(1)>".to_owned(),
            text: None,
            raw: b"{\"html\":\"</pre><script>alert(1)</script>\"}".to_vec(),
        })),
    ];
    for part in hostile {
        let html = paint(&cast, &[said(&cast, 1, vec![part])]);
        let lower = html.to_lowercase();
        for bad in [
            "<script",
            "<style",
            "<svg",
            "onload=alert(1)>",
            "onerror=alert(1)>",
            "href=\"javascript",
            "href=\"data:",
        ] {
            assert!(!lower.contains(bad), "{bad} in {html}");
        }
        assert!(html.len() < 4000, "{}", html.len());
        // Whatever turns the direction does so only inside its own paragraph.
        assert!(html.contains("dir=\"auto\"") || !html.contains('\u{202e}'));
    }
}

#[test]
fn a_drawing_is_a_file_and_never_a_picture() {
    let cast = cast();
    let svg = |_: &Digest, _: Form| {
        Ok(Some(Facts {
            media_type: hutong_media::sniff(
                b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
            ),
            ..Facts::default()
        }))
    };
    let mut image = hutong_model::Image {
        attachment: attachment(AttachmentState::Stored),
        ..hutong_model::Image::default()
    };
    image.attachment.name = Some("a.svg".to_owned());
    let mut painter = Painter::new(&cast.names, Language::En, &TimeZone::UTC, Served::new(&svg))
        .live(Live::default());
    let mut out = Vec::new();
    let one = said(&cast, 1, vec![Part::Image(Box::new(image))]);
    painter.message(&one, &mut out).unwrap();
    let html = String::from_utf8(out).unwrap();
    assert!(
        !html.contains("<img") && html.contains("download=\"a.svg\""),
        "{html}"
    );
}

#[test]
fn chosen_colours_are_those_of_the_system() {
    // The same colours stand in two places: once for the system's choice, once for the reader's.
    for (theme, before) in [
        ("light", ":root{color-scheme:light dark;"),
        ("dark", "(prefers-color-scheme:dark){:root{"),
    ] {
        let colours = |text: &'static str, before: &str| {
            let (_, after) = text.split_once(before).unwrap();
            after.split_once('}').unwrap().0
        };
        assert_eq!(
            colours(super::COLOURS, before),
            colours(
                super::COLOURS_TO_CHOOSE,
                &format!("[data-theme={theme}]{{color-scheme:{theme};")
            )
        );
    }
}

/// The colours that one rule defines, as red, green and blue.
fn colours(rule: &str) -> std::collections::HashMap<&str, [f64; 3]> {
    let channel = |hex: &str| f64::from(u8::from_str_radix(hex, 16).unwrap()) / 255.0;
    rule.split(';')
        .filter_map(|line| line.strip_prefix("--")?.split_once(":#"))
        .map(|(name, hex)| {
            (
                name,
                [channel(&hex[..2]), channel(&hex[2..4]), channel(&hex[4..6])],
            )
        })
        .collect()
}

/// Contrast of two colours as WCAG defines it.
fn contrast(one: [f64; 3], two: [f64; 3]) -> f64 {
    let luminance = |colour: [f64; 3]| {
        let [red, green, blue] = colour.map(|channel: f64| {
            if channel <= 0.03928 {
                channel / 12.92
            } else {
                ((channel + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, two) = (luminance(one), luminance(two));
    (one.max(two) + 0.05) / (one.min(two) + 0.05)
}

#[test]
fn every_text_stands_out_from_every_ground() {
    for theme in super::COLOURS_TO_CHOOSE.lines().skip(2) {
        let colours = colours(theme.split_once('{').unwrap().1);
        for text in ["ink", "soft", "accent", "warm"] {
            for ground in ["page", "panel", "in", "out", "fill"] {
                let found = contrast(colours[text], colours[ground]);
                assert!(found >= 4.5, "{text} on {ground}: {found:.2} in {theme}");
            }
        }
    }
    let letters: Vec<_> = super::STYLE
        .split("{background:#")
        .skip(1)
        .map(|rest| &rest[..6])
        .collect();
    assert_eq!(letters.len(), 12);
    for letter in letters {
        let rule = format!("--a:#{letter};--b:#ffffff");
        let colours = colours(&rule);
        assert!(
            contrast(colours["a"], colours["b"]) >= 4.5,
            "white on {letter}"
        );
    }
}
