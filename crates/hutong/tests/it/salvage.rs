//! Databases that have lost their first page.

use std::io::{Seek, Write};
use std::path::Path;
use std::sync::Arc;

use hutong::{
    Archive, ArchiveAccess, AttachmentMode, ImportReport, ImportRequest, KeyRing, Progress,
    Protection,
};
use hutong_samples::{Plan, WechatKeys, WechatStyle};

use crate::set::{Kind, NOW_MS, Set, plan};

fn import(path: &Path, is_salvage: bool, folder: &Path) -> Option<ImportReport> {
    let found = hutong::find_inputs_with(path, None, &KeyRing::default(), is_salvage).ok()?;
    let make = || Archive::create(&folder.join("my.hutong"), &Protection::Device, NOW_MS);
    let mut access = ArchiveAccess::Create(Box::new(make));
    let request = ImportRequest {
        found: &found[0],
        keys: KeyRing::default(),
        key_text: "",
        account: None,
        keep_raw: false,
        attachments: AttachmentMode::None,
        zone: None,
        again: false,
        dry_run: false,
        now_ms: &|| NOW_MS,
        progress: Arc::new(Progress::default()),
    };
    let report = hutong::import(&mut access, &request).ok()?;
    let archive = access.archive()?;
    assert!(
        !is_salvage
            || archive
                .problems(report.number)
                .unwrap()
                .iter()
                .any(|problem| problem.reason.contains("has lost its first page")),
        "the report says what was done"
    );
    Some(report)
}

#[test]
fn the_rows_of_a_shard_without_its_first_page_come_back_when_asked_for() {
    let set = Set::new(
        Kind::WeChat,
        &Plan {
            wechat: WechatStyle {
                keys: WechatKeys::Decrypted,
                ..WechatStyle::default()
            },
            wal_rows: 0,
            ..plan(3_000)
        },
    );
    let whole = tempfile::tempdir().unwrap();
    let before = import(&set.forged.root, false, whole.path()).unwrap();
    let mut file = std::fs::File::options()
        .write(true)
        .open(&set.forged.main_db)
        .unwrap();
    file.rewind().unwrap();
    file.write_all(&[0; 4096]).unwrap();
    drop(file);
    let mended = tempfile::tempdir().unwrap();
    let after = import(&set.forged.root, true, mended.path()).unwrap();
    assert!(
        after.rows_read * 100 >= before.rows_read * 95,
        "{} of {} rows",
        after.rows_read,
        before.rows_read
    );
    assert_eq!(after.rows_read, after.added + after.known + after.rejected);
}
