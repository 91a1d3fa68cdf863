//! What the forge says is in an account is what comes out of the archive.

use std::collections::BTreeSet;

use hutong_testkit::differences_from_truth;

use crate::set::{Home, KINDS, Set, assert_adds_up, export, plan};

#[test]
fn every_line_of_the_truth_is_met_by_the_export() {
    for kind in KINDS {
        let set = Set::new(kind, &plan(1_500));
        let mut home = Home::new();
        let report = home.import(&set);
        assert_adds_up(&report);
        assert_eq!(
            (report.rows_read, report.added, report.rejected),
            (set.forged.rows, set.forged.messages, 0),
            "{kind:?}"
        );
        let differences = differences_from_truth(&set.truth(), &home.export());
        assert!(
            differences.is_empty(),
            "{kind:?}:\n{}",
            differences.join("\n")
        );
        assert_eq!(
            home.search(&format!("\"{}\"", set.forged.needle)).len(),
            1,
            "{kind:?}: {}",
            set.forged.needle
        );
        assert_eq!(
            home.archive().totals().unwrap().messages,
            set.forged.messages
        );
        assert!(
            home.archive()
                .check(&mut |_| true)
                .unwrap()
                .faults
                .is_empty()
        );
    }
}

#[test]
fn importing_twice_adds_nothing() {
    for kind in KINDS {
        let set = Set::new(kind, &plan(400));
        let mut home = Home::new();
        home.import(&set);
        let before = home.export();
        let again = home
            .try_import(&set.forged.root, set.source(), &set.keys(), &|request| {
                request.again = true;
            })
            .unwrap();
        assert_adds_up(&again);
        assert_eq!(
            (again.added, again.sightings, again.is_unchanged),
            (0, 0, false),
            "{kind:?}"
        );
        assert_eq!(home.export(), before);
    }
}

#[test]
fn a_dry_run_says_what_an_import_will_do() {
    for kind in KINDS {
        let set = Set::new(kind, &plan(400));
        let mut home = Home::new();
        let dry = home
            .try_import(&set.forged.root, set.source(), &set.keys(), &|request| {
                request.dry_run = true;
            })
            .unwrap();
        let wet = home.import(&set);
        assert_adds_up(&dry);
        assert_eq!(
            (dry.added, dry.known, dry.rejected),
            (wet.added, wet.known, wet.rejected),
            "{kind:?}"
        );
        assert_eq!(home.archive().imports().unwrap().len(), 1);
    }
}

#[test]
fn both_messengers_live_in_one_archive() {
    let sets = KINDS.map(|kind| Set::new(kind, &plan(300)));
    let mut home = Home::new();
    for set in &sets {
        home.import(set);
    }
    let all = home.export();
    let mut parts: Vec<String> = ["on:wechat", "on:qq"]
        .iter()
        .flat_map(|query| {
            export(home.archive(), "jsonl", query)
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let mut whole: Vec<String> = all.lines().map(str::to_owned).collect();
    parts.sort();
    whole.sort();
    assert_eq!(parts, whole);
    let mut other = Home::new();
    for set in sets.iter().rev() {
        other.import(set);
    }
    assert_eq!(other.sorted_lines(), whole);
}

/// What search finds is what an export with the same query writes.
#[test]
fn a_query_selects_the_same_for_search_and_for_export() {
    for kind in KINDS {
        let set = Set::new(kind, &plan(600));
        let mut home = Home::new();
        home.import(&set);
        for query in [
            "的 -is:recalled",
            "我们 -is:recalled",
            "kind:image",
            "-kind:text",
            "is:recalled",
            "is:mine 好 -is:recalled",
            "from:me -kind:text",
            "合同 -好 -is:recalled",
            "has:attachment",
        ] {
            let found: BTreeSet<String> =
                home.search(query).iter().map(ToString::to_string).collect();
            let lines = export(home.archive(), "jsonl", query);
            let exported: BTreeSet<String> = lines
                .lines()
                .map(|line| {
                    serde_json::from_str::<serde_json::Value>(line).unwrap()["id"]
                        .as_str()
                        .unwrap()
                        .to_owned()
                })
                .collect();
            let differences: Vec<_> = found.symmetric_difference(&exported).collect();
            assert!(differences.is_empty(), "{kind:?} {query}: {differences:?}");
        }
    }
}

#[test]
fn the_words_of_a_recalled_message_are_found() {
    let set = Set::new(KINDS[0], &plan(600));
    let mut home = Home::new();
    home.import(&set);
    let recalled = export(home.archive(), "jsonl", "is:recalled");
    let mut looked_for = 0;
    for line in recalled.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(words) = line["revisions"][0]["parts"][0]["text"].as_str() else {
            continue;
        };
        let found = home.search(&format!("\"{words}\""));
        assert!(found.iter().any(|id| line["id"] == id.to_hex()), "{words}");
        looked_for += 1;
    }
    assert!(looked_for > 0);
}

#[test]
fn only_answers_to_something_have_a_reply() {
    for kind in KINDS {
        let set = Set::new(kind, &plan(600));
        let mut home = Home::new();
        home.import(&set);
        let lines = export(home.archive(), "jsonl", "has:reply");
        assert_eq!(
            home.search("has:reply").len(),
            lines.lines().count(),
            "{kind:?}"
        );
    }
}
