//! HCX carries an archive whole: out, into a new archive, and out again gives the same bytes.

use std::path::Path;

use hutong::model::{Names, Timestamp};
use hutong::sinks::{Language, Options, Output};
use hutong::{ExportRequest, Progress, Query};
use hutong_samples::{ForgeError, Forged, Plan, WechatKeys, wechat_mac3, wechat3, wechat4};

use crate::set::{Home, Kind, NOW_MS, Set, assert_adds_up, plan};

/// Writes what a query selects.
fn export(home: &Home, query: &str, path: &Path) -> Vec<u8> {
    let archive = home.archive();
    let names = archive.names().unwrap();
    let query = Query::parse(query, &jiff::tz::TimeZone::UTC).unwrap();
    let request = ExportRequest {
        format: "hcx",
        selection: archive.select(query, &names).unwrap(),
        output: Output::File(path.to_owned()),
        language: Language::Zh,
        zone: jiff::tz::TimeZone::UTC,
        title: "聊天记录".to_owned(),
        generated_at: Some(Timestamp(NOW_MS)),
        options: Options::default(),
        wxgf: None,
        edit: None,
        progress: &Progress::default(),
    };
    let written = hutong::export(archive, &names, request).unwrap();
    assert_eq!(written.attachments_missing, 0);
    let checked = hutong::check_hcx(path).unwrap().unwrap();
    assert_eq!(checked.counts.messages, written.messages);
    std::fs::read(path).unwrap()
}

fn assert_equal_files(one: &[u8], other: &[u8]) {
    if one == other {
        return;
    }
    let folder = std::env::temp_dir().join("hutong-hcx-differs");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("one.hcx"), one).unwrap();
    std::fs::write(folder.join("other.hcx"), other).unwrap();
    panic!("two exports differ; they stand in {}", folder.display());
}

/// Out, in, out again; gives the second archive.
fn goes_round(home: &Home) -> Home {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("first.hcx");
    let bytes = export(home, "", &first);
    let mut other = Home::new();
    let report = other.try_import(&first, "hcx", "", &|_| {}).unwrap();
    assert_adds_up(&report);
    assert_eq!(report.rejected, 0);
    let totals = |home: &Home| home.archive().totals().unwrap();
    assert_eq!(totals(&other), totals(home));
    assert_equal_files(
        &bytes,
        &export(&other, "", &folder.path().join("second.hcx")),
    );
    // What is there already is known.
    let again = other
        .try_import(&first, "hcx", "", &|request| request.again = true)
        .unwrap();
    assert_eq!((again.added, again.sightings), (0, 0), "{again:?}");
    assert_equal_files(
        &bytes,
        &export(&other, "", &folder.path().join("third.hcx")),
    );
    other
}

#[test]
fn a_whole_archive_goes_round_byte_for_byte() {
    let mut home = Home::new();
    for kind in [Kind::WeChat, Kind::Qq] {
        let set = Set::new(kind, &plan(1_200));
        home.try_import(&set.forged.root, set.source(), &set.keys(), &|request| {
            request.keep_raw = true;
        })
        .unwrap();
    }
    let people: Vec<_> = {
        let names = home.archive().names().unwrap();
        let mut ids: Vec<_> = names.accounts.keys().copied().collect();
        ids.sort_unstable();
        ids
    };
    home.archive_mut()
        .join_accounts(people[0], people[3], NOW_MS + 7)
        .unwrap();
    home.archive_mut()
        .join_accounts(people[0], people[5], NOW_MS + 9)
        .unwrap();
    let other = goes_round(&home);
    assert_eq!(
        other.archive().persons().unwrap(),
        home.archive().persons().unwrap()
    );
    assert_eq!(other.export(), home.export());
}

type Forge = fn(&Plan, &Path, &mut dyn FnMut(u64)) -> Result<Forged, ForgeError>;

#[test]
fn copies_of_several_clients_and_linked_chats_go_round() {
    let mut plan = plan(400);
    plan.wechat.keys = WechatKeys::Decrypted;
    let forges: [(&str, Forge); 3] = [
        ("wechat_pc4", wechat4),
        ("wechat_pc3", wechat3),
        ("wechat_mac3", wechat_mac3),
    ];
    let mut home = Home::new();
    for (source, forge) in forges {
        let folder = tempfile::tempdir().unwrap();
        let set = forge(&plan, folder.path(), &mut |_| {}).unwrap();
        home.try_import(&set.root, source, "", &|_| {}).unwrap();
    }
    let links = home.archive().conversation_links().unwrap();
    assert_eq!(links.len(), 1);
    let other = goes_round(&home);
    assert_eq!(other.archive().conversation_links().unwrap(), links);
    // The same file into the archive that it came from adds nothing.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("back.hcx");
    let bytes = export(&home, "", &path);
    let report = home.try_import(&path, "hcx", "", &|_| {}).unwrap();
    assert_eq!((report.added, report.sightings), (0, 0), "{report:?}");
    assert_equal_files(&bytes, &export(&home, "", &folder.path().join("again.hcx")));
}

#[test]
fn a_selection_takes_nothing_else_with_it() {
    let set = Set::new(Kind::WeChat, &plan(600));
    let mut home = Home::new();
    home.import(&set);
    let names = home.archive().names().unwrap();
    let stats = home.archive().conversation_stats().unwrap();
    let chat = stats
        .keys()
        .copied()
        .min_by_key(|id| (stats[id].messages, *id))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.hcx");
    let title = names.conversation_title(chat).unwrap().to_owned();
    export(&home, &format!("in:\"{title}\""), &path);
    let mut other = Home::new();
    other.try_import(&path, "hcx", "", &|_| {}).unwrap();
    let taken = other.archive().names().unwrap();
    assert!(taken.conversations.len() < names.conversations.len());
    assert!(taken.accounts.len() < names.accounts.len());
    let own = other.archive().conversation_stats().unwrap();
    assert_eq!(own.get(&chat), stats.get(&chat));
}

#[test]
fn a_damaged_file_brings_nothing_in() {
    let set = Set::new(Kind::Qq, &plan(200));
    let mut home = Home::new();
    home.import(&set);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.hcx");
    let bytes = export(&home, "", &path);
    let mut step = bytes.len() / 40;
    while step < bytes.len() {
        let mut damaged = bytes.clone();
        damaged[step] ^= 0x20;
        std::fs::write(&path, &damaged).unwrap();
        assert!(hutong::check_hcx(&path).unwrap().is_err(), "byte {step}");
        step += bytes.len() / 40;
    }
}
