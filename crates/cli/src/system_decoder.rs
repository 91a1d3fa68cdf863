//! The system's decoder of HEVC, for WeChat's wxgf pictures: ffmpeg, where it is installed.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use hutong::WxgfDecoder;

/// A picture larger than this is none that a decoder should make.
const MAX_PICTURE_BYTES: u64 = 256 * 1024 * 1024;

/// A decoder, when the system has one.
pub(crate) fn wxgf() -> Option<WxgfDecoder> {
    let found = Command::new("ffmpeg")
        .arg("-version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    found
        .is_ok_and(|status| status.success())
        .then(|| Arc::new(decode) as WxgfDecoder)
}

/// One picture as PNG. The program gets the stream on its standard input and answers on its standard output; nothing is
/// written to the disk, and no file or address is named to it.
fn decode(stream: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "quiet", "-nostdin"])
        .args(["-protocol_whitelist", "pipe", "-f", "hevc", "-i", "pipe:0"])
        .args([
            "-frames:v",
            "1",
            "-f",
            "image2pipe",
            "-c:v",
            "png",
            "pipe:1",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take()?;
    let output = child.stdout.take()?;
    let picture = std::thread::scope(|scope| {
        scope.spawn(move || {
            // The program may close its input when it has seen enough.
            let _ = input.write_all(stream);
        });
        let mut picture = Vec::new();
        output
            .take(MAX_PICTURE_BYTES)
            .read_to_end(&mut picture)
            .ok()
            .map(|_| picture)
    });
    let is_done = child.wait().ok()?.success();
    picture.filter(|picture| is_done && !picture.is_empty())
}
