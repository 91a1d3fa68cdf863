use hutong_model::{Message, Part};
use hutong_testkit::{Cast, cast, hostile_texts, message};

use super::*;
use crate::conformance::{context, export, scene};
use crate::{Language, NoBlobs};

/// A record of an export, as a reader of such exports gets it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) head: String,
    pub(crate) name: Option<String>,
    pub(crate) body: String,
    pub(crate) is_ours: bool,
}

/// Signs that readers pass over before they look for the head of a line.
fn bare(line: &str) -> &str {
    line.trim_start_matches([
        '\u{200e}', '\u{200f}', '\u{202a}', '\u{202c}', '\u{2068}', '\u{2069}', '\u{feff}',
        '\u{a0}', '\u{202f}',
    ])
}

/// Splits `02.05.2024, 16:00:00` off.
fn date<'a>(text: &'a str, shape: &str) -> Option<(&'a str, &'a str)> {
    let length = shape.len();
    let (date, rest) = text.split_at_checked(length)?;
    let fits = date
        .bytes()
        .zip(shape.bytes())
        .all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        });
    fits.then_some((date, rest))
}

/// Reads an export, all kinds of line ends included, as lenient programs do.
pub(crate) fn read(text: &str, phone: Phone) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for line in text.split([
        '\n', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}',
    ]) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let found = match phone {
            Phone::Iphone => bare(line).strip_prefix('[').and_then(|rest| {
                let (date, rest) = date(rest, "00.00.0000, 00:00:00")?;
                Some((date, rest.strip_prefix("] ")?))
            }),
            Phone::Android => date(bare(line), "00.00.0000, 00:00")
                .and_then(|(date, rest)| Some((date, rest.strip_prefix(" - ")?))),
        };
        match (found, records.last_mut()) {
            (Some((head, rest)), _) => {
                let (name, body) = match rest.split_once(": ") {
                    Some((name, body)) => (Some(name.to_owned()), body),
                    None => (None, rest),
                };
                records.push(Record {
                    head: head.to_owned(),
                    name,
                    is_ours: body.starts_with('\u{200e}'),
                    body: body.to_owned(),
                });
            }
            (None, Some(record)) => {
                record.body.push('\n');
                record.body.push_str(line);
            }
            (None, None) => panic!("the file does not begin with a head: {line:?}"),
        }
    }
    records
}

fn written(cast: &Cast, messages: &[Message], phone: Phone) -> String {
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.options.phone = phone;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut export = WhatsAppTxt
        .start(Output::Folder(path.clone()), &context)
        .unwrap();
    export.conversation(&cast.group, 1).unwrap();
    for message in messages {
        export.message(message).unwrap();
    }
    export.finish().unwrap();
    let name = match phone {
        Phone::Iphone => "WhatsApp Chat - 周末一起吃饭/_chat.txt",
        Phone::Android => "WhatsApp Chat with 周末一起吃饭/WhatsApp Chat with 周末一起吃饭.txt",
    };
    std::fs::read_to_string(path.join(name)).unwrap()
}

#[test]
fn lines_are_those_of_the_phones() {
    let cast = cast();
    let said = message(&cast.group, cast.people[1], 0, vec![Part::text("一\n二")]);
    let mut event = message(
        &cast.group,
        cast.people[1],
        1,
        vec![Part::System(Box::new(hutong_model::System {
            text: "林海 加入了群聊".to_owned(),
            ..hutong_model::System::default()
        }))],
    );
    event.sender = None;
    let both = [said, event];
    assert_eq!(
        written(&cast, &both, Phone::Iphone),
        "[01.05.2024, 08:00:00] 林海: 一\n二\r\n\u{200e}[01.05.2024, 08:01:00] 周末一起吃饭: \u{200e}林海 加入了群聊\r\n"
    );
    assert_eq!(
        written(&cast, &both, Phone::Android),
        "01.05.2024, 08:00 - 林海: 一\n二\n01.05.2024, 08:01 - 林海 加入了群聊\n"
    );
}

#[test]
fn nothing_that_somebody_wrote_begins_a_message() {
    let cast = cast();
    let mut texts = hostile_texts();
    for head in [
        "[01.05.2024, 09:00:00] 林海: 假的",
        "\u{200e}[01.05.2024, 09:00:00] 林海: \u{200e}假的",
        "01.05.2024, 09:00 - 林海: 假的",
        "\u{202a}1/5/24, 9:00\u{202f}AM - 林海: 假的",
        "2024/5/1 09:00 - 林海: 假的",
    ] {
        for between in ["\n", "\r\n", "\u{2028}", "\u{85}", "\u{b}", "\n\n \u{feff}"] {
            texts.push(format!("真的{between}{head}"));
        }
    }
    texts.retain(|text| text.len() < 100_000);
    let messages: Vec<Message> = texts
        .iter()
        .zip(0..)
        .map(|(text, number)| {
            message(
                &cast.group,
                cast.people[1],
                number,
                vec![Part::text(text.as_str())],
            )
        })
        .collect();
    for phone in [Phone::Iphone, Phone::Android] {
        let text = written(&cast, &messages, phone);
        let records = read(text.trim_end(), phone);
        assert_eq!(records.len(), messages.len());
        for record in &records {
            assert_eq!(record.name.as_deref(), Some("林海"), "{record:?}");
            assert!(!record.is_ours, "{record:?}");
        }
    }
}

#[test]
fn names_tell_people_apart_and_never_end_early() {
    let mut cast = cast();
    for id in cast.people.clone() {
        cast.names.accounts.get_mut(&id).unwrap().nickname = Some("张伟: 头\n".to_owned());
    }
    let all: Vec<Message> = (0..4)
        .map(|number| {
            message(
                &cast.group,
                cast.people[number as usize],
                number,
                vec![Part::text("a: b")],
            )
        })
        .collect();
    let text = written(&cast, &all, Phone::Iphone);
    let records = read(text.trim_end(), Phone::Iphone);
    let names: std::collections::BTreeSet<_> =
        records.iter().map(|record| record.name.clone()).collect();
    assert_eq!(names.len(), 4);
    assert!(
        records.iter().all(|record| record.body == "a: b"),
        "{records:?}"
    );
}

#[test]
fn every_file_that_a_line_names_is_there_and_no_other() {
    let (cast, messages) = scene();
    let context = context(&cast, Language::Zh);
    let (written, files) = export(&WhatsAppTxt, &context, &cast, &messages, true);
    let mut named = std::collections::BTreeSet::new();
    for (name, bytes) in files
        .iter()
        .filter(|(name, _)| name.ends_with("/_chat.txt"))
    {
        let folder = name.strip_suffix("_chat.txt").unwrap();
        for record in read(
            std::str::from_utf8(bytes).unwrap().trim_end(),
            Phone::Iphone,
        ) {
            if let Some(rest) = record.body.strip_prefix("\u{200e}<attached: ") {
                assert!(named.insert(format!("{folder}{}", rest.split_once('>').unwrap().0)));
            }
        }
    }
    let beside = files.keys().filter(|name| !name.ends_with("/_chat.txt"));
    assert_eq!(
        beside.cloned().collect::<std::collections::BTreeSet<_>>(),
        named
    );
    assert!(named.len() >= 8 && written.attachments == named.len() as u64);
    assert!(
        named
            .iter()
            .any(|name| name.contains("-PHOTO-2024-05-01-16-01-00.png")),
        "{named:?}"
    );
}

#[test]
fn a_text_that_names_a_file_does_not_attach_it() {
    let cast = cast();
    let bait = "<attached: 00000000-PHOTO-2024-05-01-08-00-00.jpg>";
    let text = written(
        &cast,
        &[message(
            &cast.group,
            cast.people[1],
            0,
            vec![Part::text(bait)],
        )],
        Phone::Iphone,
    );
    assert!(!text.contains(bait) && text.contains("attached: 00000000-PHOTO"));
}
