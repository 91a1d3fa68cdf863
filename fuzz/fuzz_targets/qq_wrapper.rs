//! The 1024 bytes that QQ puts before a database.
#![no_main]

use hutong_crypto::Wrapper;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|head: &[u8]| {
    if let Some(wrapper) = Wrapper::parse(head) {
        let _ = wrapper.rand();
    }
});
