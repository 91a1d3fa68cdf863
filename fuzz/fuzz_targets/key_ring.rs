//! What a user may paste as a key or give as a key file.
#![no_main]

use hutong_crypto::KeyRing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = KeyRing::from_key(text);
    if let Ok(ring) = KeyRing::from_text(text) {
        let _ = ring.candidates_for("message/message_0.db", &[7; 16]);
        let _ = (ring.image_key(), ring.image_xor(), ring.ignored());
    }
});
