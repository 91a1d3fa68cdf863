//! What a long picture must be, and the words that it carries.

use std::io::Read;

/// The content of every chunk of this kind.
fn chunks<'f>(file: &'f [u8], wanted: &[u8; 4]) -> Vec<&'f [u8]> {
    let mut found = Vec::new();
    let mut rest = file
        .strip_prefix(b"\x89PNG\r\n\x1a\n")
        .expect("the signature");
    while !rest.is_empty() {
        let length = usize::try_from(u32::from_be_bytes(rest[..4].try_into().unwrap())).unwrap();
        if &rest[4..8] == wanted {
            found.push(&rest[8..8 + length]);
        }
        rest = &rest[12 + length..];
    }
    found
}

/// A picture that another decoder reads, no higher than viewers show.
pub(crate) fn check(file: &[u8]) -> image::RgbImage {
    let picture = image::load_from_memory_with_format(file, image::ImageFormat::Png)
        .unwrap()
        .into_rgb8();
    assert_eq!(picture.width(), 750);
    assert!(
        (300..=20_000).contains(&picture.height()),
        "{}",
        picture.height()
    );
    picture
}

/// The words that stand in the picture.
pub(crate) fn words(file: &[u8]) -> String {
    let text = chunks(file, b"iTXt")[0]
        .strip_prefix(b"Description\0\x01\0\0\0")
        .expect("the keyword");
    let mut words = String::new();
    flate2::read::ZlibDecoder::new(text)
        .read_to_string(&mut words)
        .unwrap();
    words
}
