//! Pages without a code: damage shows in what they hold, if at all.

use hutong_crypto::KeyRing;
use hutong_model::Collected;
use hutong_samples::{Plan, WechatKeys};

use super::{WeChatAndroid, forged, options, plan};
use crate::{Input, ReadError, ReadOptions, Source};

#[test]
fn pages_of_noise_cost_rows_and_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        attachments: false,
        wal_rows: 0,
        ..plan(400, WechatKeys::PerFile)
    };
    let set = forged(&plan, folder.path());
    let whole = std::fs::read(&set.main_db).unwrap();
    let mut noise = 12_345_u64;
    for start in (1..24).map(|part| whole.len() / 24 * part / 1024 * 1024) {
        let mut bytes = whole.clone();
        for byte in &mut bytes[start..start + 1024] {
            noise = noise
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *byte = noise.to_be_bytes()[0];
        }
        std::fs::write(&set.main_db, &bytes).unwrap();
        let mut collected = Collected::default();
        let read = WeChatAndroid.read(
            &Input::open(&set.root).unwrap(),
            &options(&set),
            &mut collected,
        );
        let rows = super::messages(&collected).count() as u64;
        assert!(
            read.is_err() || rows >= set.rows || !collected.problems.is_empty(),
            "page at {start}: {rows} of {} rows without a word",
            set.rows
        );
    }
}

#[test]
fn a_wrong_key_is_told_by_the_header_it_gives() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(200, WechatKeys::PerFile), folder.path());
    for number in 0..40_u32 {
        let options = ReadOptions {
            keys: KeyRing::from_key(&format!("{number:07x}")).unwrap(),
            ..ReadOptions::default()
        };
        let mut collected = Collected::default();
        let read = WeChatAndroid.read(&Input::open(&set.root).unwrap(), &options, &mut collected);
        assert!(matches!(read, Err(ReadError::Open { .. })), "{read:?}");
        assert!(collected.records.is_empty() && collected.problems.is_empty());
    }
}
