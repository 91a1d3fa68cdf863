//! A messenger's database file, plain or encrypted, opened with a key.
#![no_main]

use std::sync::Arc;

use hutong_crypto::{Container, Family, KeyRing};
use hutong_sqlite::{Database, Pages};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // A raw key: nothing has to be stretched.
    let Ok(keys) = KeyRing::from_key(&"0123456789abcdef".repeat(6)) else {
        return;
    };
    for family in [Family::QqNt, Family::WeChat4] {
        let Ok(container) =
            Container::open(Arc::new(bytes.to_vec()), None, "nt_msg.db", &keys, family)
        else {
            continue;
        };
        let _ = container.page_size();
        let _ = Database::open(container);
    }
});
