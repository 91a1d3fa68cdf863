//! Forged exports against the forge's own list of what is in them.

use std::collections::BTreeSet;

use hutong_model::{MessageId, ProblemKind};
use hutong_samples::{ExportStyle, Forged, LineEnds, Piece, Plan, TextEncoding};

use crate::qq_manager::golden::{Golden, compare, lines, truth};
use crate::qq_txt::QqTxt;
use crate::{ReadOptions, conformance};

fn forge(plan: &Plan, folder: &std::path::Path) -> Forged {
    hutong_samples::qq_txt(plan, folder, &mut |_| {}).unwrap()
}

fn check(export: ExportStyle) {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 1_200,
        seed: 5,
        export,
        ..Plan::default()
    };
    let forged = forge(&plan, folder.path());
    let golden = Golden::read(&QqTxt, &forged.root, &ReadOptions::default());
    compare(&golden.seen(), &truth(&lines(&forged.truth)));
    let damage = golden
        .collected
        .problems
        .iter()
        .find(|problem| problem.kind != ProblemKind::Note);
    assert_eq!(damage, None);
}

#[test]
fn every_way_of_saving_gives_what_is_there() {
    let usual = ExportStyle::default;
    for encoding in [
        TextEncoding::Utf8WithMark,
        TextEncoding::Utf8,
        TextEncoding::Utf16Le,
        TextEncoding::Utf16Be,
        TextEncoding::Gb18030,
    ] {
        check(ExportStyle {
            encoding,
            ..usual()
        });
    }
    for line_ends in [LineEnds::Lf, LineEnds::Cr, LineEnds::Mixed] {
        check(ExportStyle {
            line_ends,
            ..usual()
        });
    }
    check(ExportStyle {
        has_halves: true,
        ..usual()
    });
    check(ExportStyle {
        is_one_chat: true,
        ..usual()
    });
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
    conformance::check(
        &QqTxt,
        &forged.root,
        scratch.path(),
        &ReadOptions::default(),
    );
}

#[test]
fn pieces_that_overlap_meet() {
    let folder = tempfile::tempdir().unwrap();
    let ids = |piece: Piece, name: &str| -> (Vec<MessageId>, BTreeSet<[u8; 16]>) {
        let plan = Plan {
            messages: 2_000,
            seed: 9,
            piece,
            ..Plan::default()
        };
        let forged = forge(&plan, &folder.path().join(name));
        let golden = Golden::read(&QqTxt, &forged.root, &ReadOptions::default());
        let ids: Vec<MessageId> = golden.messages().map(|message| message.id).collect();
        let set = ids.iter().map(|id| id.0).collect();
        (ids, set)
    };
    let (whole, all) = ids(Piece::Whole, "whole");
    let (_, first) = ids(Piece::First, "first");
    let (_, last) = ids(Piece::Last, "last");
    assert_eq!(
        whole.len(),
        all.len(),
        "equal messages have ids of their own"
    );
    assert!(first.intersection(&last).count() > 300);
    let union: BTreeSet<[u8; 16]> = first.union(&last).copied().collect();
    assert_eq!(union, all);
}

#[test]
fn a_cut_export_keeps_the_messages_before_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 300,
        ..Plan::default()
    };
    let forged = forge(&plan, folder.path());
    let bytes = std::fs::read(&forged.main_db).unwrap();
    let times = |bytes: &[u8]| {
        let given = super::Given::of(bytes);
        given
            .messages()
            .map(|message| message.sent_at)
            .collect::<Vec<_>>()
    };
    let whole = times(&bytes);
    let mut state = 11_u64;
    for _ in 0..100 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let cut = usize::try_from(state >> 20).unwrap() % bytes.len();
        let cut_times = times(bytes.get(..cut).unwrap());
        assert_eq!(
            cut_times.as_slice(),
            &whole[..cut_times.len()],
            "cut at {cut}"
        );
        // A message stands in a hundred bytes, so what is there is not much less than the share of the file.
        let share = whole.len() * cut / bytes.len();
        assert!(
            cut_times.len() + 40 >= share,
            "{} of {share}",
            cut_times.len()
        );
    }
}
