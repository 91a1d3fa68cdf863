//! Packs hold what was chosen, within the limit, and say nothing more about people than the chat did.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering;

use hutong::model::Timestamp;
use hutong::sinks::{Fate, Language, WriteError};
use hutong::{Error, PackForm, PackRequest, Progress, Query};

use crate::set::{Home, KINDS, Set, plan, state_of};

/// Small enough that the forged chats need several files.
const LIMIT: u64 = 300_000;

fn request<'a>(home: &Home, query: &str, progress: &'a Progress) -> PackRequest<'a> {
    let archive = home.archive();
    let names = archive.names().unwrap();
    let query = Query::parse(query, &jiff::tz::TimeZone::UTC).unwrap();
    let mut target = hutong::pack_target("wechat", None).unwrap();
    target.file_bytes = LIMIT;
    PackRequest {
        target,
        forms: vec![PackForm::Page, PackForm::Files],
        selection: archive.select(query, &names).unwrap(),
        keeps_accounts: false,
        language: Language::En,
        zone: jiff::tz::TimeZone::UTC,
        generated_at: Some(Timestamp(1_760_000_000_000)),
        wxgf: None,
        progress,
    }
}

fn pack(home: &Home, request: &PackRequest<'_>, folder: &Path) -> Result<hutong::Packed, Error> {
    let names = home.archive().names().unwrap();
    let report = hutong::pack_report(home.archive(), &names, request).unwrap();
    hutong::pack(home.archive(), &names, request, &report, folder)
}

#[test]
fn every_file_is_within_the_limit_and_in_the_list() {
    for kind in KINDS {
        let mut home = Home::new();
        home.import(&Set::new(kind, &plan(3000)));
        let progress = Progress::default();
        let request = request(&home, "", &progress);
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("pack");
        let packed = pack(&home, &request, &folder).unwrap();
        let files = state_of(&folder);
        assert_eq!(packed.files, files.len() as u64);
        let list = std::fs::read_to_string(folder.join("SHA256SUMS.txt")).unwrap();
        let mut listed = BTreeSet::new();
        for line in list.lines() {
            let (digest, name) = line.split_once("  ").unwrap();
            let bytes = std::fs::read(folder.join(name)).unwrap();
            assert_eq!(digest, sha256(&bytes), "{name}");
            listed.insert(name.to_owned());
        }
        for (path, bytes, _) in &files {
            let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
            assert!(bytes.len() as u64 <= LIMIT, "{name}: {}", bytes.len());
            let is_frame = matches!(name, "SHA256SUMS.txt" | "READ ME FIRST.txt");
            assert!(is_frame || listed.contains(name), "{name}");
        }
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

#[test]
fn no_account_leaves_unless_it_is_kept() {
    for kind in KINDS {
        let mut home = Home::new();
        home.import(&Set::new(kind, &plan(2000)));
        let names = home.archive().names().unwrap();
        // Short numbers would be found in anything; what somebody wrote in a message stays what it is.
        let said = home.export();
        let said: String = said
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .map(|line| format!("{} {}", line["text"], line["sender_name"]))
            .collect();
        let ids: Vec<_> = names
            .accounts
            .values()
            .flat_map(|account| [Some(account.native_id.clone()), account.alias.clone()])
            .flatten()
            .filter(|id| id.len() >= 8 && !said.contains(id.as_str()))
            .collect();
        let remarks: Vec<_> = names
            .accounts
            .values()
            .filter(|account| account.nickname.is_some())
            .filter_map(|account| account.remark.clone())
            .filter(|remark| remark.chars().count() >= 4)
            .collect();
        assert!(ids.len() > 20 && remarks.len() > 3, "{kind:?}");
        let progress = Progress::default();
        let mut request = request(&home, "", &progress);
        let place = tempfile::tempdir().unwrap();
        pack(&home, &request, &place.path().join("pack")).unwrap();
        let all: String = state_of(&place.path().join("pack"))
            .iter()
            .filter(|(path, ..)| {
                let is_text = |end: &str| path.extension().is_some_and(|found| found == end);
                is_text("html") || is_text("txt")
            })
            .map(|(path, bytes, _)| format!("{path:?} {}", String::from_utf8_lossy(bytes)))
            .collect();
        for id in &ids {
            if let Some(at) = all.find(id.as_str()) {
                let near: String = all[..at + id.len()].chars().rev().take(160).collect();
                panic!("{id} after {}", near.chars().rev().collect::<String>());
            }
        }
        for remark in remarks
            .iter()
            .filter(|remark| !said.contains(remark.as_str()))
        {
            assert!(!all.contains(remark.as_str()), "{remark}");
        }
        request.keeps_accounts = true;
        pack(&home, &request, &place.path().join("kept")).unwrap();
    }
}

#[test]
fn what_is_lost_is_counted_before_anything_is_written() {
    let mut home = Home::new();
    home.import(&Set::new(KINDS[0], &plan(2000)));
    let progress = Progress::default();
    let request = request(&home, "", &progress);
    let names = home.archive().names().unwrap();
    let report = hutong::pack_report(home.archive(), &names, &request).unwrap();
    let export = home.export();
    assert_eq!(report.messages, export.lines().count() as u64);
    let recalled_or_kept = report.losses.iter().all(|loss| {
        loss.treatment.fate != Fate::Kept && loss.messages > 0 && loss.messages <= report.messages
    });
    assert!(recalled_or_kept && !report.losses.is_empty());
    let contacts = export
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| {
            let parts = line["parts"].as_array().unwrap();
            parts.iter().any(|part| part["type"] == "contact")
        })
        .count();
    let counted = report
        .losses
        .iter()
        .find(|loss| loss.feature.id() == "contact")
        .map_or(0, |loss| loss.messages);
    assert_eq!(counted, contacts as u64);
}

#[test]
fn only_the_selection_is_packed() {
    let mut home = Home::new();
    home.import(&Set::new(KINDS[0], &plan(2000)));
    let progress = Progress::default();
    let names = home.archive().names().unwrap();
    let chosen = request(&home, "kind:text", &progress);
    let report = hutong::pack_report(home.archive(), &names, &chosen).unwrap();
    let all = hutong::pack_report(home.archive(), &names, &request(&home, "", &progress)).unwrap();
    assert!(report.messages > 0 && report.messages < all.messages);
    assert_eq!(report.attachments, 0);
}

#[test]
fn what_stands_there_stays_and_what_is_stopped_leaves_nothing() {
    let mut home = Home::new();
    home.import(&Set::new(KINDS[0], &plan(300)));
    let progress = Progress::default();
    let request = request(&home, "", &progress);
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("mine"), b"mine").unwrap();
    let refused = pack(&home, &request, &folder);
    assert!(matches!(refused, Err(Error::Write(WriteError::Exists(_)))));
    assert_eq!(std::fs::read(folder.join("mine")).unwrap(), b"mine");

    let names = home.archive().names().unwrap();
    let report = hutong::pack_report(home.archive(), &names, &request).unwrap();
    progress.stop.store(true, Ordering::Relaxed);
    let other = place.path().join("other");
    let stopped = hutong::pack(home.archive(), &names, &request, &report, &other);
    assert!(matches!(stopped, Err(Error::Cancelled)));
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}
