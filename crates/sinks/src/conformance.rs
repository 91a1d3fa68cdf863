//! The behaviour that every format shows.

mod chatlab;
mod csv;
pub(crate) mod hcx;
pub(crate) mod html;
mod losses;
pub(crate) mod mail;
#[cfg(any(feature = "docx", feature = "xlsx"))]
mod office;
mod onebot;
#[cfg(feature = "pdf")]
pub(crate) mod pdf;
#[cfg(feature = "png")]
pub(crate) mod png;
pub(crate) mod rsmf;
#[cfg(feature = "parquet")]
mod table;
pub(crate) mod words;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Mutex;

use hutong_model::{
    Attachment, Digest, Direction, Message, Part, Reaction, Revision, State, System, Timestamp,
};
use hutong_testkit::{Cast, cast, check_golden, every_part, hostile_texts, message};

use crate::{Blobs, Context, Export, FORMATS, Format, Language, Output, WriteError, Written};

/// Contents that were asked for by their digest once, for whoever only remembers that.
static BY_DIGEST: Mutex<BTreeMap<Digest, Vec<u8>>> = Mutex::new(BTreeMap::new());

/// Gives every stored attachment a beginning that fits its name, and the name itself as content.
struct Forged;

impl Blobs for Forged {
    /// Only where the digest is that of the forged bytes.
    fn original(&self, attachment: &Attachment) -> std::io::Result<Option<Box<dyn Read>>> {
        let mut by_digest = BY_DIGEST.lock().unwrap();
        if let Some(mut forged) = self.open(attachment)? {
            let mut bytes = Vec::new();
            forged.read_to_end(&mut bytes)?;
            by_digest.insert(Digest::of(&bytes), bytes);
        }
        let found = attachment.sha256.and_then(|digest| by_digest.get(&digest));
        Ok(found.map(|bytes| -> Box<dyn Read> { Box::new(Cursor::new(bytes.clone())) }))
    }

    fn open(&self, attachment: &Attachment) -> std::io::Result<Option<Box<dyn Read>>> {
        let Some(name) = attachment
            .name
            .as_deref()
            .filter(|_| attachment.is_present())
        else {
            return Ok(None);
        };
        let beginning: &[u8] = match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("png") => b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x40\0\0\0\xf0",
            Some("gif") => b"GIF89a\x40\0\x40\0",
            Some("mp3") => b"ID3\x03",
            Some("mp4") => b"\0\0\0\x18ftypisom",
            Some("pdf") => b"%PDF-1.7\n",
            Some("txt") => b"zmarkbytes",
            _ => b"",
        };
        Ok(Some(Box::new(Cursor::new(
            [beginning, name.as_bytes()].concat(),
        ))))
    }
}

/// The generated conversation: every part alone and together, every state, every hostile text everywhere.
pub(crate) fn scene() -> (Cast, Vec<Message>) {
    let mut cast = cast();
    let mut messages = Vec::new();
    let add = |cast: &Cast, messages: &mut Vec<Message>, parts: Vec<Part>| {
        let number = u32::try_from(messages.len()).unwrap();
        let sender = cast.people[messages.len() / 2 % cast.people.len()];
        messages.push(message(&cast.group, sender, number, parts));
    };
    for part in every_part() {
        add(&cast, &mut messages, vec![part]);
    }
    add(&cast, &mut messages, every_part());
    for text in hostile_texts() {
        add(&cast, &mut messages, vec![Part::text(text)]);
    }
    add(&cast, &mut messages, Vec::new());
    let target = messages[0].id;
    for state in [
        State::Recalled {
            by: Some(cast.people[1]),
            at: Some(Timestamp::from_seconds(1_714_560_000)),
        },
        State::Deleted,
    ] {
        add(&cast, &mut messages, vec![Part::text("收回的话")]);
        let last = messages.last_mut().unwrap();
        last.state = state;
        last.reply_to = vec![target];
        last.revisions = vec![Revision {
            at: None,
            parts: vec![Part::text("原来的话")],
        }];
        last.reactions = vec![Reaction {
            emoji: "👍".to_owned(),
            count: 2,
            accounts: cast.people.clone(),
        }];
    }
    add(
        &cast,
        &mut messages,
        vec![Part::System(Box::new(System {
            text: "群名改了".to_owned(),
            ..System::default()
        }))],
    );
    let last = messages.last_mut().unwrap();
    last.sender = None;
    last.direction = Direction::None;
    // The first sender's name is hostile too.
    let hostile = "<b>\"onload=\u{202e}=1,../../x";
    cast.names
        .accounts
        .get_mut(&cast.people[2])
        .unwrap()
        .nickname = Some(hostile.to_owned());
    (cast, messages)
}

/// A part of the scene that a person can review line by line.
fn small_scene() -> (Cast, Vec<Message>) {
    let (cast, mut messages) = scene();
    messages.retain(|message| message.parts.len() < 3 && size(message) < 200);
    (cast, messages)
}

fn size(message: &Message) -> usize {
    hutong_model::plain_text(&message.parts).len()
}

pub(crate) fn context<'a>(cast: &'a Cast, language: Language) -> Context<'a> {
    let mut context = Context::new(&cast.names, &Forged);
    context.language = language;
    context.zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    context.title = "../../<b>\"我的聊天".to_owned();
    context.generated_by = "Hutong test";
    context
}

fn push(export: &mut dyn Export, cast: &Cast, messages: &[Message]) {
    export
        .conversation(&cast.group, messages.len() as u64)
        .unwrap();
    messages
        .iter()
        .for_each(|message| export.message(message).unwrap());
    export.conversation(&cast.direct, 1).unwrap();
    let mut last = message(&cast.direct, cast.people[1], 9000, vec![Part::text("=1+1")]);
    last.conversation = cast.direct.id;
    export.message(&last).unwrap();
}

/// Runs a whole export into `folder/out` and gives every file below `folder`.
pub(crate) fn export(
    format: &dyn Format,
    context: &Context<'_>,
    cast: &Cast,
    messages: &[Message],
    as_folder: bool,
) -> (Written, Files) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let output = if as_folder {
        Output::Folder(path)
    } else {
        Output::File(path)
    };
    let mut export = format.start(output, context).unwrap();
    push(&mut *export, cast, &fitting(format, messages));
    let written = export.finish().unwrap();
    (written, files(folder.path()))
}

/// What a format is given of the scene: texts of a million letters would be a hundred long pictures, which take minutes
/// to paint; what is higher than a picture has a test of its own.
fn fitting(format: &dyn Format, messages: &[Message]) -> Vec<Message> {
    let is_painted = format.about().id == "png";
    let all = messages.iter();
    all.filter(|message| !is_painted || size(message) < 20_000)
        .cloned()
        .collect()
}

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/");
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Every format with every kind of output that it takes.
fn ways() -> impl Iterator<Item = (&'static dyn Format, bool)> {
    FORMATS.iter().copied().flat_map(|format| {
        let output = format.about().output;
        [(format, true), (format, false)]
            .into_iter()
            .filter(move |(_, as_folder)| {
                if *as_folder {
                    output.takes_folder()
                } else {
                    output.takes_file()
                }
            })
    })
}

#[test]
fn what_is_written_is_what_was_pushed() {
    let (cast, messages) = scene();
    for language in [Language::Zh, Language::En] {
        let context = context(&cast, language);
        for (format, as_folder) in ways() {
            let id = format.about().id;
            let (written, files) = export(format, &context, &cast, &messages, as_folder);
            let pushed = fitting(format, &messages).len() as u64;
            assert_eq!(written.messages, pushed + 1, "{id}");
            assert_eq!(written.conversations, 2, "{id}");
            assert_eq!(written.files, files.len() as u64, "{id}");
            assert_eq!(
                written.bytes,
                files.values().map(|bytes| bytes.len() as u64).sum::<u64>(),
                "{id}"
            );
            assert!(
                files
                    .keys()
                    .all(|name| name == "out" || name.starts_with("out/")),
                "{id}: {:?}",
                files.keys()
            );
            if NOT_TEXT.contains(&id) {
                // The reader complains of what other readers would stumble over.
                words::read(id, &files);
                continue;
            }
            for (name, bytes) in files.iter().filter(|(name, _)| !name.contains("/media/")) {
                #[cfg(feature = "pdf")]
                if id == "pdf" {
                    pdf::check(bytes);
                    continue;
                }
                #[cfg(feature = "png")]
                if id == "png" {
                    png::check(bytes);
                    continue;
                }
                let text =
                    std::str::from_utf8(bytes).unwrap_or_else(|_| panic!("{name} is not UTF-8"));
                check(id, name, text);
            }
        }
    }
}

/// Formats whose files are not plain text; [`words`] reads them, and their own tests say what they must be.
const NOT_TEXT: &[&str] = &[
    "docx",
    "hcx",
    "mattermost",
    "parquet",
    "miniprogram",
    "slack-import",
    "telegram-import",
    "whatsapp-txt",
    "xlsx",
];

/// What a file of this format must be, whatever was said in the chat.
fn check(id: &str, name: &str, text: &str) {
    match id {
        "jsonl" => {
            for line in text.lines() {
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(value["type"], "message");
            }
        }
        "csv" => csv::check(text),
        "chatlab" => chatlab::check(name, text),
        "onebot-nodes" => onebot::check(name, text),
        "html" | "page" => html::check(name, text),
        "eml" | "mbox" => mail::check(id, text),
        "rsmf" => rsmf::check(text),
        "md" | "notes" => {
            assert!(!text.contains("<script"), "{name}");
            assert!(!text.contains("![x]"), "{name}");
        }
        "txt" => assert!(!text.contains('\0'), "{name}"),
        other => panic!("say in this suite what a file of the format {other} must be"),
    }
}

#[test]
fn every_message_is_there() {
    let (cast, messages) = scene();
    let context = context(&cast, Language::Zh);
    let ids = |format: &str, before: &str, after: &str| {
        let format = crate::format(format).unwrap();
        let as_folder = format.about().output.takes_folder();
        let (_, files) = export(format, &context, &cast, &messages, as_folder);
        let all = files.iter().filter(|(name, _)| !name.contains("/media/"));
        let all: String = all
            .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
            .collect();
        for message in &messages {
            let expected = format!("{before}{}{after}", message.id);
            assert_eq!(
                all.matches(&expected).count(),
                1,
                "{} in {}",
                expected,
                format.about().id
            );
        }
    };
    ids("html", "id=\"m", "\"");
    ids("csv", ",", ",wechat");
    ids("jsonl", "\"id\":\"", "\"");
    ids("eml", "X-Chat-Message-Id: ", "\r\n");
}

#[test]
fn equal_input_gives_equal_output() {
    let (cast, messages) = scene();
    let context = context(&cast, Language::Zh);
    for (format, as_folder) in ways() {
        let one = export(format, &context, &cast, &messages, as_folder);
        let two = export(format, &context, &cast, &messages, as_folder);
        assert!(one == two, "{}", format.about().id);
    }
}

#[test]
fn what_is_missing_is_named() {
    let (cast, messages) = scene();
    let context = context(&cast, Language::Zh);
    for (format, as_folder) in ways() {
        // The first two and the last have no place for bytes at all: names are what stands for every attachment. HCX has words
        // for programs.
        if ["jsonl", "chatlab", "hcx", "parquet"].contains(&format.about().id) {
            continue;
        }
        let (_, files) = export(format, &context, &cast, &messages, as_folder);
        let all = words::read(format.about().id, &files);
        for (name, size) in [
            ("IMG_2040.jpg", "2.3 MB"),
            ("账目.xlsx", "18.5 KB"),
            ("film2.mp4", "45.8 MB"),
        ] {
            // Markdown escapes some of the characters.
            let name = match format.about().id {
                "md" | "notes" => name.replace('_', "\\_"),
                // The same inside JSON.
                "mattermost" => name.replace('_', "\\\\_"),
                _ => name.to_owned(),
            };
            assert!(
                all.contains(&name) && all.contains(size) && all.contains("缺失"),
                "{name} in {}",
                format.about().id
            );
        }
    }
}

#[test]
fn an_abandoned_export_leaves_nothing() {
    let (cast, messages) = scene();
    let context = context(&cast, Language::Zh);
    for (format, as_folder) in ways() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let output = if as_folder {
            Output::Folder(path)
        } else {
            Output::File(path)
        };
        let mut export = format.start(output, &context).unwrap();
        push(&mut *export, &cast, &messages[..20]);
        drop(export);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            0,
            "{}",
            format.about().id
        );
    }
}

#[test]
fn what_stands_in_the_way_stays_unless_told() {
    let (cast, messages) = small_scene();
    let mut context = context(&cast, Language::Zh);
    for overwrite in [false, true] {
        context.options.overwrite = overwrite;
        for (format, as_folder) in ways() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("out");
            if as_folder {
                fs::create_dir(&path).unwrap();
                fs::write(path.join("mine"), b"mine").unwrap();
            } else {
                fs::write(&path, b"mine").unwrap();
            }
            let output = if as_folder {
                Output::Folder(path.clone())
            } else {
                Output::File(path.clone())
            };
            let started = format.start(output, &context);
            if overwrite {
                let mut export = started.unwrap();
                push(&mut *export, &cast, &messages);
                export.finish().unwrap();
            } else {
                assert!(
                    matches!(started, Err(WriteError::Exists(_))),
                    "{}",
                    format.about().id
                );
            }
            let mine = fs::read(if as_folder { path.join("mine") } else { path }).unwrap();
            assert_eq!(
                mine == b"mine",
                as_folder || !overwrite,
                "{}",
                format.about().id
            );
        }
    }
}

#[test]
fn a_stream_gets_the_bytes_of_the_file() {
    #[derive(Clone, Default)]
    struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (cast, messages) = scene();
    let context = context(&cast, Language::Zh);
    for format in FORMATS {
        let shared = Shared::default();
        let started = format.start(Output::Stream(Box::new(shared.clone())), &context);
        if !format.about().output.takes_file() {
            assert!(
                matches!(started, Err(WriteError::WrongOutput { .. })),
                "{}",
                format.about().id
            );
            continue;
        }
        let mut stream = started.unwrap();
        push(&mut *stream, &cast, &fitting(*format, &messages));
        stream.finish().unwrap();
        let (_, files) = export(*format, &context, &cast, &messages, false);
        assert!(
            *shared.0.lock().unwrap() == files["out"],
            "{}",
            format.about().id
        );
    }
}

#[test]
fn a_message_without_a_conversation_is_refused() {
    let (cast, messages) = small_scene();
    let context = context(&cast, Language::Zh);
    for (format, as_folder) in ways() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let output = if as_folder {
            Output::Folder(path)
        } else {
            Output::File(path)
        };
        let mut export = format.start(output, &context).unwrap();
        assert!(
            matches!(
                export.message(&messages[0]),
                Err(WriteError::NoConversation)
            ),
            "{}",
            format.about().id
        );
    }
}

#[test]
fn output_is_as_it_was_reviewed() {
    let (cast, messages) = small_scene();
    for (language, tag) in [(Language::Zh, "zh"), (Language::En, "en")] {
        let context = context(&cast, language);
        for format in FORMATS {
            let about = format.about();
            let (_, files) = export(
                *format,
                &context,
                &cast,
                &messages,
                !about.output.takes_file(),
            );
            let fixtures = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("fixtures")
                .join(about.id)
                .join(tag);
            if NOT_TEXT.contains(&about.id) {
                let words = words::read(about.id, &files);
                check_golden(&fixtures.join("words.txt"), words.as_bytes());
                continue;
            }
            for (name, bytes) in in_few_files(files) {
                let name = if name == "out" {
                    format!("chat.{}", about.extension)
                } else {
                    name.trim_start_matches("out/").to_owned()
                };
                #[cfg(feature = "png")]
                if about.id == "png" {
                    check_golden(&fixtures.join("chat.txt"), png::words(&bytes).as_bytes());
                    continue;
                }
                #[cfg(feature = "pdf")]
                if about.id == "pdf" {
                    let words = pdf::reviewed(&bytes);
                    check_golden(&fixtures.join("chat.txt"), words.as_bytes());
                    continue;
                }
                let bytes = if about.id == "rsmf" {
                    rsmf::reviewed(&bytes)
                } else {
                    bytes
                };
                check_golden(&fixtures.join(name), &bytes);
            }
        }
    }
}

/// What a person reviews: no pictures, and a file for each message set into one, each after its name.
fn in_few_files(mut files: Files) -> Files {
    const MANY: usize = 40;
    files.retain(|name, _| !name.contains("/media/"));
    if files.len() < MANY {
        return files;
    }
    let mut all = Vec::new();
    for (name, bytes) in &files {
        all.extend_from_slice(format!("==> {name}\n").as_bytes());
        all.extend_from_slice(bytes);
    }
    Files::from([("out".to_owned(), all)])
}

#[test]
fn every_format_says_what_it_is() {
    let mut ids = std::collections::BTreeSet::new();
    for format in FORMATS {
        let about = format.about();
        assert!(ids.insert(about.id));
        assert!(std::ptr::eq(
            crate::format(about.id).unwrap().about(),
            about
        ));
        for text in [
            about.name_zh,
            about.name_en,
            about.keeps_zh,
            about.keeps_en,
            about.loses_zh,
            about.loses_en,
        ] {
            assert!(!text.is_empty());
        }
    }
}
