//! WeChat's `.dat` images, and telling what kind of file some bytes are.
#![no_main]

use hutong_media::{ImageKey, dat, pixel_size, sniff};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let key = ImageKey {
        aes: *b"0123456789abcdef",
        xor: None,
    };
    for key in [None, Some(&key)] {
        if let Ok(image) = dat::decode(bytes, key) {
            assert!(
                image.bytes.len() <= bytes.len(),
                "a decoded image is no larger than its file"
            );
        }
    }
    let _ = (
        dat::container(bytes),
        dat::key_fits(bytes, &key),
        dat::tail_xor_byte(bytes),
    );
    let _ = (sniff(bytes), pixel_size(bytes));
});
