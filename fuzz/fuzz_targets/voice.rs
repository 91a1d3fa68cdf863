//! Voice messages: SILK, AMR of both bands, and frames without a header.
#![no_main]

use hutong_media::{Expected, MediaType, Tools, playable, voice_duration_ms};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let starts: [&[u8]; 4] = [b"", b"\x02#!SILK_V3", b"#!AMR\n", b"#!AMR-WB\n"];
    for start in starts {
        let file = [start, bytes].concat();
        let counted = voice_duration_ms(&file);
        if let Ok(voice) = playable(&file, Expected::Voice, &Tools::default())
            && let Some(decoded) = voice.duration_ms
        {
            assert_eq!(voice.media_type, Some(MediaType::Wav));
            // A packet of SILK may hold five frames, of which the count sees one.
            let counted = counted.expect("what decodes can be counted");
            assert!((counted..=counted * 5).contains(&decoded));
        }
    }
});
