//! Tests against the fact sheet and the forge.

use std::path::Path;

use hutong_model::{Collected, Message, Part, ProblemKind, Record};
use hutong_samples::{ExportStyle, Forged, Plan, TextEncoding};
use md5::{Digest as _, Md5};

use super::QqMht;
use crate::qq_manager::golden::{Golden, compare, lines, truth};
use crate::qq_txt::QqTxt;
use crate::{Input, ReadOptions, Recognition, Source, conformance};

fn forge(plan: &Plan, folder: &Path) -> Forged {
    hutong_samples::qq_mht(plan, folder, &mut |_| {}).unwrap()
}

fn with_pictures() -> ReadOptions {
    ReadOptions {
        locate_attachments: true,
        ..ReadOptions::default()
    }
}

/// The first picture of a message: its name and, if it is there, the MD5 of its bytes.
fn picture(message: &Message) -> Option<(String, Option<String>)> {
    message.parts.iter().find_map(|part| {
        let Part::Image(image) = part else {
            return None;
        };
        let content = image.attachment.content.as_ref().map(|content| {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut content.0.open().unwrap(), &mut bytes).unwrap();
            hex::encode(Md5::digest(&bytes))
        });
        Some((image.attachment.name.clone().unwrap_or_default(), content))
    })
}

#[test]
fn rows_and_pictures_are_what_is_there() {
    for export in [
        ExportStyle::default(),
        ExportStyle {
            has_halves: true,
            encoding: TextEncoding::Utf8,
            ..ExportStyle::default()
        },
        ExportStyle {
            encoding: TextEncoding::Gb18030,
            ..ExportStyle::default()
        },
    ] {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan {
            messages: 1_200,
            seed: 5,
            export,
            ..Plan::default()
        };
        let forged = forge(&plan, folder.path());
        let golden = Golden::read(&QqMht, &forged.root, &with_pictures());
        let list = lines(&forged.truth);
        compare(&golden.seen(), &truth(&list));
        let mut pictures = 0;
        for (message, line) in golden.messages().zip(&list) {
            let Some(file) = line.get("file") else {
                continue;
            };
            let (name, md5) = picture(message).unwrap();
            assert_eq!(file["path"], name);
            assert_eq!(file["md5"], md5.unwrap());
            pictures += 1;
        }
        assert!(pictures > 30, "{pictures}");
        assert!(
            golden
                .messages()
                .any(|message| picture(message).is_some_and(|(_, md5)| md5.is_none()))
        );
        let damage = golden
            .collected
            .problems
            .iter()
            .find(|problem| problem.kind != ProblemKind::Note);
        assert_eq!(damage, None);
        // The type is that of the bytes, not the archive's word.
        let types: std::collections::BTreeSet<&str> = golden
            .messages()
            .flat_map(|message| &message.parts)
            .filter_map(|part| match part {
                Part::Image(image) => image.attachment.media_type.as_deref(),
                _ => None,
            })
            .collect();
        assert_eq!(
            types.into_iter().collect::<Vec<_>>(),
            ["image/gif", "image/jpeg", "image/png"]
        );
    }
}

#[test]
fn text_and_web_archive_of_one_history_have_the_same_ids() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 2_000,
        seed: 12,
        ..Plan::default()
    };
    let archive = forge(&plan, &folder.path().join("mht"));
    let text = hutong_samples::qq_txt(&plan, &folder.path().join("txt"), &mut |_| {}).unwrap();
    let ids = |golden: &Golden| {
        golden
            .messages()
            .map(|message| (message.id, message.sender, message.conversation))
            .collect::<Vec<_>>()
    };
    let archive = ids(&Golden::read(&QqMht, &archive.root, &with_pictures()));
    let text = ids(&Golden::read(&QqTxt, &text.root, &ReadOptions::default()));
    assert_eq!(archive, text);
}

#[test]
fn the_source_behaves() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 300,
        ..Plan::default()
    };
    let forged = forge(&plan, folder.path());
    conformance::check(&QqMht, &forged.root, scratch.path(), &with_pictures());
}

pub(super) fn read(bytes: &[u8]) -> (Vec<Message>, Collected) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, bytes).unwrap();
    let mut collected = Collected::default();
    let summary = QqMht
        .read(
            &Input::open(&path).unwrap(),
            &with_pictures(),
            &mut collected,
        )
        .unwrap();
    let messages: Vec<Message> = collected
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Message(message) => Some((**message).clone()),
            _ => None,
        })
        .collect();
    let rejected = rejected(&collected);
    assert_eq!(summary.rows_read, (messages.len() + rejected) as u64);
    (messages, collected)
}

fn rejected(collected: &Collected) -> usize {
    collected
        .problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::RejectedRow)
        .count()
}

#[test]
fn a_cut_archive_keeps_the_rows_before_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 300,
        ..Plan::default()
    };
    let forged = forge(&plan, folder.path());
    let bytes = std::fs::read(&forged.main_db).unwrap();
    let (whole, _) = read(&bytes);
    let mut state = 7_u64;
    for _ in 0..100 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let cut = usize::try_from(state >> 20).unwrap() % bytes.len();
        let (messages, collected) = read(bytes.get(..cut).unwrap());
        assert!(collected.problems.len() > 1, "cut at {cut} is not told");
        // All but the last, which the cut may have shortened.
        let sure = messages.len().saturating_sub(1);
        let known = |messages: &[Message]| {
            messages
                .iter()
                .take(sure)
                .map(|message| (message.sent_at, message.parts.len()))
                .collect::<Vec<_>>()
        };
        assert_eq!(known(&messages), known(&whole), "cut at {cut}");
    }
}

#[test]
fn damaged_archives_keep_most_rows() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 300,
        ..Plan::default()
    };
    let forged = forge(&plan, folder.path());
    let whole = std::fs::read(&forged.main_db).unwrap();
    let (all, _) = read(&whole);
    for seed in 0..20_u64 {
        let mut bytes = whole.clone();
        let mut state = seed;
        for _ in 0..bytes.len() / 2000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(state >> 20).unwrap() % bytes.len();
            bytes[at] = state.to_le_bytes()[7];
        }
        let (messages, collected) = read(&bytes);
        assert!(
            messages.len() * 10 >= all.len() * 5,
            "{} of {}",
            messages.len(),
            all.len()
        );
        assert!(!collected.problems.is_empty());
    }
}

#[test]
fn odd_archives_are_read() {
    let row = "<tr><td><div><div>小满</div>8:43:38</div><div>在吗</div></td></tr>";
    let head = "<html><table><tr><td><div>消息对象:小满</div></td></tr>";
    let date = "<tr><td>日期: 2019-09-23</td></tr>";
    // Without the frame of MIME.
    let (messages, _) = read(format!("{head}{date}{row}</table></html>").as_bytes());
    assert_eq!(messages[0].sent_at.to_rfc3339(), "2019-09-23T00:43:38.000Z");
    // A message above the first date is rejected, and told.
    let (messages, collected) = read(format!("{head}{row}{date}{row}").as_bytes());
    assert_eq!((messages.len(), rejected(&collected)), (1, 1));
    // No row at all, or no bytes at all.
    assert!(read(b"").0.is_empty());
    assert!(read(b"MIME-Version: 1.0\r\n\r\n--x").0.is_empty());
}

#[test]
fn archives_are_told_by_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anything.txt");
    let recognition = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        QqMht.recognize(&Input::open(&path).unwrap())
    };
    assert!(matches!(
        recognition("\u{feff}From: <Save by Tencent MsgMgr>\r\n".as_bytes()),
        Recognition::Yes(_)
    ));
    assert_eq!(
        recognition(b"MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n"),
        Recognition::No
    );
    assert_eq!(
        recognition("消息记录（此消息记录为文本格式，不支持重新导入）".as_bytes()),
        Recognition::No
    );
}
