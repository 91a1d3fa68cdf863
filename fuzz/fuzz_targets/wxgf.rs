//! WeChat's wxgf pictures, taken apart.
#![no_main]

use hutong_media::wxgf::{self, Kind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = [b"wxgf".as_slice(), bytes].concat();
    if let Some(parsed) = wxgf::parse(&file) {
        let total: usize = match &parsed.kind {
            Kind::Still(stream) => stream.len(),
            Kind::Animation { frames, masks } => {
                frames.iter().chain(masks).map(|stream| stream.len()).sum()
            }
        };
        assert!(total <= file.len(), "streams do not overlap");
    }
});
