//! Pixels become a PNG file, whose foot can be added later.
//!
//! The foot says how many pictures there are, which is known only after the last one. A PNG file is one stream of
//! deflate blocks, so it is left open behind the body, and the rows of the foot are further blocks of it.

use flate2::{Compress, Compression, Crc, FlushCompress};

/// Bytes of compressed pixels in one chunk.
const CHUNK_BYTES: usize = 1 << 20;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A file without its foot, and what is needed to add one.
pub(super) struct Open {
    pub(super) bytes: Vec<u8>,
    /// Sum of the bytes so far, which ends the stream.
    pub(super) sum: u32,
}

/// Begins a file of `width` and `height` (foot included), with its words, and the rows of the body.
pub(super) fn begin(width: usize, height: usize, words: &str, rows: &[u8]) -> Open {
    let mut bytes = SIGNATURE.to_vec();
    let mut header = Vec::with_capacity(13);
    for side in [width, height] {
        header.extend_from_slice(&u32::try_from(side).unwrap_or(u32::MAX).to_be_bytes());
    }
    // Eight bits each of red, green and blue; no interlacing.
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    chunk(b"IHDR", &header, &mut bytes);
    // International text, compressed: keyword, flags, no language, no translated keyword.
    let mut text = b"Description\0\x01\0\0\0".to_vec();
    text.extend_from_slice(&[0x78, 0x01]);
    text.extend(deflate(words.as_bytes(), FlushCompress::Finish));
    text.extend_from_slice(&adler(1, words.as_bytes()).to_be_bytes());
    chunk(b"iTXt", &text, &mut bytes);
    let filtered = filter(width, rows);
    let mut pixels = vec![0x78, 0x01];
    pixels.extend(deflate(&filtered, FlushCompress::Sync));
    for piece in pixels.chunks(CHUNK_BYTES) {
        chunk(b"IDAT", piece, &mut bytes);
    }
    Open {
        bytes,
        sum: adler(1, &filtered),
    }
}

/// What follows the body: the rows of the foot, and the end of the file.
pub(super) fn end(width: usize, sum: u32, rows: &[u8]) -> Vec<u8> {
    let filtered = filter(width, rows);
    let mut pixels = deflate(&filtered, FlushCompress::Finish);
    pixels.extend_from_slice(&adler(sum, &filtered).to_be_bytes());
    let mut bytes = Vec::with_capacity(pixels.len() + 64);
    chunk(b"IDAT", &pixels, &mut bytes);
    chunk(b"IEND", &[], &mut bytes);
    bytes
}

/// Rows as differences from the row above; the first stands as it is, for what is above it may be another piece.
fn filter(width: usize, rows: &[u8]) -> Vec<u8> {
    let length = (width * 3).max(1);
    let mut out = Vec::with_capacity(rows.len() + rows.len() / length + 1);
    let mut above: Option<&[u8]> = None;
    for row in rows.chunks_exact(length) {
        match above {
            None => {
                out.push(0);
                out.extend_from_slice(row);
            }
            Some(above) => {
                out.push(2);
                out.extend(
                    row.iter()
                        .zip(above)
                        .map(|(new, old)| new.wrapping_sub(*old)),
                );
            }
        }
        above = Some(row);
    }
    out
}

fn deflate(bytes: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut compress = Compress::new(Compression::fast(), false);
    let mut out = Vec::with_capacity(bytes.len() / 16 + 4096);
    loop {
        let read = usize::try_from(compress.total_in()).unwrap_or(usize::MAX);
        let before = out.len();
        let rest = bytes.get(read..).unwrap_or_default();
        let status = compress.compress_vec(rest, &mut out, flush);
        let is_done = rest.is_empty() && out.len() == before;
        match status {
            Ok(flate2::Status::StreamEnd) | Err(_) => return out,
            // A flush is complete when room was left.
            Ok(_) if flush == FlushCompress::Sync && out.len() < out.capacity() => return out,
            Ok(_) if is_done && out.len() < out.capacity() => return out,
            Ok(_) => out.reserve(out.len().max(64 * 1024)),
        }
    }
}

/// The sum of RFC 1950, continued from `sum`.
fn adler(sum: u32, bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (sum & 0xffff, sum >> 16);
    // So many additions cannot overflow.
    for piece in bytes.chunks(5552) {
        for byte in piece {
            low += u32::from(*byte);
            high += low;
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    high << 16 | low
}

fn chunk(kind: &[u8; 4], content: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(
        &u32::try_from(content.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(content);
    out.extend_from_slice(kind);
    out.extend_from_slice(content);
    out.extend_from_slice(&crc.sum().to_be_bytes());
}
