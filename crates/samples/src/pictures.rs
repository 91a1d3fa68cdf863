//! Tiny media files, encoded by hand.

use crate::rng::Rng;

/// A grey baseline JPEG of flat 8×8 blocks; `width` and `height` are in blocks.
pub(crate) fn jpeg(rng: &mut Rng, width: u16, height: u16) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8];
    segment(&mut out, 0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    let mut table = vec![0];
    table.extend([8; 64]);
    segment(&mut out, 0xDB, &table);
    let mut frame = vec![8];
    frame.extend((height * 8).to_be_bytes());
    frame.extend((width * 8).to_be_bytes());
    frame.extend([1, 1, 0x11, 0]);
    segment(&mut out, 0xC0, &frame);
    // Differences of brightness in categories 0..=11, all with codes of four bits.
    let mut lengths = vec![0x00, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    lengths.extend(0..12);
    segment(&mut out, 0xC4, &lengths);
    // The only other symbol says "rest of the block is zero"; its code is one bit, 0.
    let mut lengths = vec![0x10, 1];
    lengths.extend([0; 15]);
    lengths.push(0);
    segment(&mut out, 0xC4, &lengths);
    segment(&mut out, 0xDA, &[1, 1, 0x00, 0, 63, 0]);

    let mut bits = Bits {
        out,
        pending: 0,
        count: 0,
    };
    let mut brightness = 0_i64;
    for _ in 0..u32::from(width) * u32::from(height) {
        let next = rng.range(-60, 60);
        let step = next - brightness;
        brightness = next;
        let category = 64 - step.unsigned_abs().leading_zeros();
        bits.push(u64::from(category), 4);
        let value = if step < 0 {
            step + (1 << category) - 1
        } else {
            step
        };
        bits.push(value.unsigned_abs(), category);
        bits.push(0, 1);
    }
    bits.push(0x7F, 7);
    let mut out = bits.out;
    out.extend([0xFF, 0xD9]);
    out
}

fn segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    out.extend([0xFF, marker]);
    out.extend(
        u16::try_from(body.len() + 2)
            .expect("segments are short")
            .to_be_bytes(),
    );
    out.extend(body);
}

struct Bits {
    out: Vec<u8>,
    pending: u64,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u64, width: u32) {
        self.pending = self.pending << width | value;
        self.count += width;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.pending >> self.count & 0xFF) as u8;
            self.out.push(byte);
            if byte == 0xFF {
                self.out.push(0);
            }
        }
    }
}

/// A PNG of one colour with a coloured edge, stored without compression.
pub(crate) fn png(rng: &mut Rng, side: u32) -> Vec<u8> {
    let colour = rng.draw().to_le_bytes();
    let (paper, edge) = (
        colour.get(..3).unwrap_or(&[0; 3]),
        colour.get(3..6).unwrap_or(&[0; 3]),
    );
    let mut rows = Vec::new();
    for y in 0..side {
        rows.push(0);
        for x in 0..side {
            rows.extend(if x == 0 || y == 0 || x == y {
                edge
            } else {
                paper
            });
        }
    }
    let mut packed = vec![0x78, 0x01];
    let mut blocks = rows.chunks(0xFFFF).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).expect("blocks are at most 65535 bytes");
        packed.push(u8::from(blocks.peek().is_none()));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(block);
    }
    packed.extend(adler32(&rows).to_be_bytes());

    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = side.to_be_bytes().to_vec();
    header.extend(side.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    chunk(&mut out, *b"IHDR", &header);
    chunk(&mut out, *b"IDAT", &packed);
    chunk(&mut out, *b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, name: [u8; 4], body: &[u8]) {
    out.extend(
        u32::try_from(body.len())
            .expect("chunks are small")
            .to_be_bytes(),
    );
    let from = out.len();
    out.extend(name);
    out.extend(body);
    let sum = crc32(out.get(from..).unwrap_or_default());
    out.extend(sum.to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

/// A GIF of one pixel that blinks between two colours.
pub(crate) fn gif(rng: &mut Rng) -> Vec<u8> {
    let colours = rng.draw().to_le_bytes();
    let mut out = b"GIF89a\x01\0\x01\0\x80\0\0".to_vec();
    out.extend(colours.get(..6).unwrap_or(&[0; 6]));
    for pixel in [0x44_u8, 0x4C] {
        out.extend([
            0x21, 0xF9, 4, 0, 50, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, pixel, 0x01, 0,
        ]);
    }
    out.push(0x3B);
    out
}

/// Something with the boxes of an MP4 file and nothing to play.
pub(crate) fn mp4(rng: &mut Rng) -> Vec<u8> {
    let mut out = Vec::new();
    atom(&mut out, *b"ftyp", b"isom\0\0\x02\0isomiso2mp41");
    let mut header = vec![0; 100];
    for (place, value) in [(15, 3_u8), (19, 200), (99, 2)] {
        if let Some(byte) = header.get_mut(place) {
            *byte = value;
        }
    }
    let mut inner = Vec::new();
    atom(&mut inner, *b"mvhd", &header);
    atom(&mut out, *b"moov", &inner);
    let noise: Vec<u8> = (0..96).flat_map(|_| rng.draw().to_le_bytes()).collect();
    atom(&mut out, *b"mdat", &noise);
    out
}

fn atom(out: &mut Vec<u8>, name: [u8; 4], body: &[u8]) {
    out.extend(
        u32::try_from(body.len() + 8)
            .expect("boxes are small")
            .to_be_bytes(),
    );
    out.extend(name);
    out.extend(body);
}

/// Invented sound, encoded by the reference encoder; what it is and how it was made is told beside it.
const VOICE: &[u8] = include_bytes!("../../media/fixtures/voice/silk-24khz-tencent.silk");

/// A voice message as the messengers store it: one extra byte, header, frames with their lengths.
///
/// The frames are real ones, from a drawn place on, so that the voice can be played.
pub(crate) fn silk(rng: &mut Rng, frames: usize) -> Vec<u8> {
    let (header, mut rest) = VOICE.split_at(b"\x02#!SILK_V3".len());
    let mut packets = Vec::new();
    while let Some((length, _)) = rest.split_first_chunk() {
        let (packet, after) = rest.split_at(2 + usize::from(u16::from_le_bytes(*length)));
        packets.push(packet);
        rest = after;
    }
    // As many draws as a frame of noise would take: what is forged after a voice does not depend on what voices are made of.
    let mut first = 0;
    for _ in 0..frames {
        let length = rng.range(12, 40);
        for _ in 0..length {
            first = rng.draw32();
        }
    }
    let first = usize::try_from(first).unwrap_or_default() % packets.len();
    let mut out = header.to_vec();
    let chosen = packets.iter().copied().cycle().skip(first).take(frames);
    out.extend(chosen.flatten());
    out
}

/// Place of a picture in the cache of Android QQ, below its media folder.
pub(crate) fn cache_path(folder: &str, md5: &str) -> String {
    let mut value: i64 = -1;
    for byte in format!("{folder}:{md5}").bytes() {
        let mut entry = i64::from(value.to_le_bytes().first().copied().unwrap_or(0) ^ byte);
        for _ in 0..8 {
            let low = entry & 1;
            entry >>= 1;
            if low == 1 {
                entry ^= 0x95AC_9329_AC4B_C9B5_u64.cast_signed();
            }
        }
        value = entry ^ (value >> 8);
    }
    let name = if value < 0 {
        format!("-{:x}", value.unsigned_abs())
    } else {
        format!("{value:x}")
    };
    let tail = name.get(name.len().saturating_sub(3)..).unwrap_or_default();
    format!("chatpic/{folder}/{tail}/Cache_{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_have_their_marks() {
        let mut rng = Rng::new(1, 1);
        let picture = jpeg(&mut rng, 40, 30);
        assert!(picture.starts_with(&[0xFF, 0xD8, 0xFF]) && picture.ends_with(&[0xFF, 0xD9]));
        assert!(picture.len() > 1_600, "{}", picture.len());
        assert!(png(&mut rng, 16).starts_with(b"\x89PNG"));
        assert!(gif(&mut rng).starts_with(b"GIF89a"));
        assert_eq!(mp4(&mut rng).get(4..8), Some(b"ftyp".as_slice()));
        assert!(silk(&mut rng, 3).starts_with(b"\x02#!SILK_V3"));
    }

    #[test]
    fn check_sums_match_known_values() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
    }
}
