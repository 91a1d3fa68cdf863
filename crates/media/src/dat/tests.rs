use aes::cipher::BlockCipherEncrypt;
use proptest::prelude::*;

use super::*;

const KEY: [u8; 16] = *b"0123456789abcdef";

fn key(xor: Option<u8>) -> ImageKey {
    ImageKey { aes: KEY, xor }
}

/// Wraps an image as the sheet describes; the mirror of [`decode`].
fn wrap(
    image: &[u8],
    magic: &[u8; 6],
    aes: &[u8; 16],
    aes_bytes: usize,
    xor_bytes: usize,
    xor: u8,
) -> Vec<u8> {
    let aes_bytes = aes_bytes.min(image.len());
    let xor_bytes = xor_bytes.min(image.len() - aes_bytes);
    let mut out = magic.to_vec();
    out.extend_from_slice(&u32::try_from(aes_bytes).unwrap().to_le_bytes());
    out.extend_from_slice(&u32::try_from(xor_bytes).unwrap().to_le_bytes());
    out.push(1);
    let mut head = image[..aes_bytes].to_vec();
    let padding = 16 - aes_bytes % 16;
    head.extend(std::iter::repeat_n(u8::try_from(padding).unwrap(), padding));
    let cipher = Aes128::new(&Array::from(*aes));
    for chunk in head.as_chunks::<16>().0 {
        let mut block = Array::from(*chunk);
        cipher.encrypt_block(&mut block);
        out.extend_from_slice(&block);
    }
    out.extend_from_slice(&image[aes_bytes..image.len() - xor_bytes]);
    out.extend(
        image[image.len() - xor_bytes..]
            .iter()
            .map(|byte| byte ^ xor),
    );
    out
}

fn jpeg(filling: usize) -> Vec<u8> {
    let mut image = b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec();
    image.extend((0..filling).map(|index| u8::try_from(index % 251).unwrap()));
    image.extend_from_slice(b"\xff\xd9");
    image
}

#[test]
fn an_xored_file_of_every_kind_is_recognised() {
    let mut bitmap =
        b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
    bitmap.extend_from_slice(&[0; 40]);
    let images: [&[u8]; 7] = [
        &jpeg(50),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01",
        b"GIF89a\x01\0\x01\0\0\0\0",
        b"RIFF\x20\0\0\0WEBPVP8 \0\0\0\0",
        b"wxgf\x20\0\0\0\0\0\0\0",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1",
        &bitmap,
    ];
    for image in images {
        for byte in 1..=255 {
            let wrapped: Vec<u8> = image.iter().map(|value| value ^ byte).collect();
            let decoded = decode(&wrapped, None).unwrap();
            assert_eq!(decoded.bytes, image, "byte {byte:#x}");
            assert_eq!(decoded.container, Container::Xor(byte));
        }
        assert_eq!(decode(image, None).unwrap().container, Container::Plain);
    }
}

#[test]
fn version_one_needs_no_key() {
    let image = jpeg(3000);
    let wrapped = wrap(&image, V1_MAGIC, &V1_KEY, 1024, 900, 0x88);
    let decoded = decode(&wrapped, None).unwrap();
    assert_eq!(decoded.bytes, image);
    assert_eq!(decoded.container, Container::V1);
    assert_eq!(tail_xor_byte(&wrapped), Some(0x88));
}

#[test]
fn version_two_needs_the_right_key() {
    let image = jpeg(3000);
    let wrapped = wrap(&image, V2_MAGIC, &KEY, 1024, 900, 0x37);
    assert_eq!(decode(&wrapped, None), Err(DatError::NeedsKey));
    let wrong = ImageKey {
        aes: *b"fedcba9876543210",
        xor: Some(0x37),
    };
    assert_eq!(decode(&wrapped, Some(&wrong)), Err(DatError::WrongKey));
    assert_eq!(key_fits(&wrapped, &wrong), Some(false));
    assert_eq!(key_fits(&wrapped, &key(None)), Some(true));
    assert_eq!(key_fits(&image, &key(None)), None);
    for xor in [None, Some(0x37)] {
        assert_eq!(decode(&wrapped, Some(&key(xor))).unwrap().bytes, image);
    }
}

#[test]
fn wxgf_is_handed_on_as_it_is() {
    let mut image = b"wxgf\x20\0\0\0\0\0\0\0".to_vec();
    image.extend_from_slice(&[7; 2000]);
    let wrapped = wrap(&image, V2_MAGIC, &KEY, 1024, 0, 0x37);
    let decoded = decode(&wrapped, Some(&key(None))).unwrap();
    assert_eq!(decoded.bytes, image);
    assert_eq!(decoded.media_type.as_str(), "image/x-wxgf");
    // Its end is not known, so a tail without the byte is refused rather than guessed.
    let wrapped = wrap(&image, V2_MAGIC, &KEY, 1024, 100, 0x37);
    assert_eq!(decode(&wrapped, Some(&key(None))), Err(DatError::NeedsXor));
    assert_eq!(
        decode(&wrapped, Some(&key(Some(0x37)))).unwrap().bytes,
        image
    );
}

#[test]
fn a_short_file_gives_what_is_there() {
    let image = jpeg(3000);
    let wrapped = wrap(&image, V2_MAGIC, &KEY, 1024, 900, 0x37);
    let decoded = decode(&wrapped[..500], Some(&key(Some(0x37)))).unwrap();
    assert!(decoded.is_truncated);
    assert_eq!(decoded.bytes, image[..(500 - HEADER_BYTES) / 16 * 16]);
}

#[test]
fn noise_is_not_an_image() {
    assert_eq!(decode(b"", None), Err(DatError::Unrecognised));
    assert_eq!(
        decode(b"hello, this is some text", None),
        Err(DatError::Unrecognised)
    );
    assert!(decode(V2_MAGIC, Some(&key(None))).is_err());
}

proptest! {
    #[test]
    fn decoding_undoes_wrapping(
        filling in 0_usize..3000, aes_bytes in 4_usize..1100, xor_bytes in 0_usize..1500, xor: u8, two: bool,
    ) {
        let image = jpeg(filling);
        let (magic, aes) = if two { (V2_MAGIC, &KEY) } else { (V1_MAGIC, &V1_KEY) };
        let wrapped = wrap(&image, magic, aes, aes_bytes, xor_bytes, xor);
        let decoded = decode(&wrapped, Some(&key(Some(xor)))).unwrap();
        prop_assert_eq!(decoded.bytes, image);
        prop_assert!(!decoded.is_truncated);
    }

    #[test]
    fn any_bytes_are_survived(magic in 0_usize..3, bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut all = [V1_MAGIC.as_slice(), V2_MAGIC, b""][magic].to_vec();
        all.extend(bytes);
        let _ = decode(&all, Some(&key(None)));
        let _ = key_fits(&all, &key(None));
        let _ = tail_xor_byte(&all);
    }
}
