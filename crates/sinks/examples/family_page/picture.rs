//! A drawn picture and a hummed tone, so that the page has something to show.

/// Width and height of the picture.
const SIZE: (u32, u32) = (480, 320);

/// A river at dusk, as an uncompressed PNG.
pub(crate) fn river() -> Vec<u8> {
    let (width, height) = SIZE;
    let mut rows = Vec::new();
    for y in 0..height {
        rows.push(0);
        for x in 0..width {
            rows.extend_from_slice(&colour(
                f64::from(x) / f64::from(width),
                f64::from(y) / f64::from(height),
            ));
        }
    }
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    chunk(&mut out, *b"IHDR", &header);
    chunk(&mut out, *b"IDAT", &stored(&rows));
    chunk(&mut out, *b"IEND", &[]);
    out
}

/// Sky, sun, two lines of hills, water with the light of the sun on it.
fn colour(x: f64, y: f64) -> [u8; 3] {
    let mix = |from: [f64; 3], to: [f64; 3], part: f64| {
        let part = part.clamp(0.0, 1.0);
        let mut both = from
            .iter()
            .zip(to)
            .map(|(from, to)| from + (to - from) * part);
        [both.next(), both.next(), both.next()].map(Option::unwrap_or_default)
    };
    let sky = mix([94.0, 122.0, 158.0], [246.0, 196.0, 140.0], y / 0.55);
    let sun = ((x - 0.68).powi(2) * 2.2 + (y - 0.36).powi(2)).sqrt();
    let mut shade = mix([255.0, 240.0, 205.0], sky, (sun - 0.05) / 0.06);
    let far = 0.47 + 0.05 * (x * 7.0).sin() + 0.02 * (x * 19.0).cos();
    let near = 0.55 + 0.04 * (x * 5.0 + 2.0).sin() + 0.012 * (x * 31.0).sin();
    if y > far {
        shade = mix(
            [112.0, 122.0, 142.0],
            [150.0, 140.0, 140.0],
            (y - far) * 5.0,
        );
    }
    if y > near {
        shade = [62.0, 84.0, 78.0];
    }
    if y > 0.64 {
        let ripple = ((y * 140.0).sin() * 0.5 + 0.5) * (1.0 - (x - 0.68).abs() * 5.0).max(0.0);
        shade = mix(
            mix(
                [196.0, 164.0, 134.0],
                [70.0, 92.0, 112.0],
                (y - 0.64) / 0.36,
            ),
            [255.0, 226.0, 178.0],
            ripple,
        );
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of a byte"
    )]
    shade.map(|value| value.clamp(0.0, 255.0) as u8)
}

/// A second of a soft tone, as WAV.
pub(crate) fn tone() -> Vec<u8> {
    const RATE: u32 = 8000;
    let mut out = b"RIFF".to_vec();
    out.extend_from_slice(&(36 + RATE).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&RATE.to_le_bytes());
    out.extend_from_slice(&RATE.to_le_bytes());
    out.extend_from_slice(b"\x01\0\x08\0data");
    out.extend_from_slice(&RATE.to_le_bytes());
    out.extend((0..RATE).map(|at| if at / 20 % 2 == 0 { 120 } else { 136 }));
    out
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    let mut body = kind.to_vec();
    body.extend_from_slice(content);
    out.extend_from_slice(&u32::try_from(content.len()).unwrap_or(0).to_be_bytes());
    let mut crc = u32::MAX;
    for byte in &body {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    out.extend_from_slice(&body);
    out.extend_from_slice(&(!crc).to_be_bytes());
}

/// A zlib stream without compression.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 1];
    let mut pieces = bytes.chunks(60_000).peekable();
    while let Some(piece) = pieces.next() {
        let length = u16::try_from(piece.len()).unwrap_or(0);
        out.push(u8::from(pieces.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(piece);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    out.extend_from_slice(&(high << 16 | low).to_be_bytes());
    out
}
