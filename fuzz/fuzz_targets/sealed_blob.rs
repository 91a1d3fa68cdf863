//! Sealed attachments: what was sealed opens, anything else is refused without a panic.
#![no_main]

use hutong_crypto::{open_bytes, seal_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let key = [9; 32];
    let _ = open_bytes(bytes, b"blob", &key);
    let sealed = seal_bytes(bytes, b"blob", &key).expect("memory can be sealed");
    assert_eq!(
        open_bytes(&sealed, b"blob", &key).expect("it was just sealed"),
        bytes
    );
});
