//! `archive.toml`, which may come from anywhere together with an archive.
#![no_main]

use hutong_archive::Header;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(header) = toml::from_str::<Header>(text) {
        let _ = format!("{header:?}");
    }
});
