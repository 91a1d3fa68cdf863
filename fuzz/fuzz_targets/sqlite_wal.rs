//! A write-ahead log over a small database of empty pages.
#![no_main]

use std::sync::Arc;

use hutong_sqlite::Wal;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for page_size in [512, 4096] {
        let verifier: &hutong_sqlite::PageVerifier<'_> = &|_, _| true;
        for verifier in [None, Some(verifier)] {
            let Ok(wal) = Wal::open(Arc::new(bytes.to_vec()), page_size, verifier) else {
                continue;
            };
            let mut page = vec![0; page_size as usize];
            for number in wal.page_numbers() {
                let _ = wal.read(number, &mut page);
            }
            let _ = (wal.report(), wal.highest_page());
        }
    }
});
