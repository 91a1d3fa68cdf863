//! An HCX file taken apart, by what its directory says.

use std::collections::BTreeMap;
use std::io::Read as _;

use hutong_model::Digest;

/// Every member with its content. The seal, the checksums and both sizes of each must hold.
pub(crate) fn members(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let number = |at: usize, width: usize| {
        bytes[at..at + width]
            .iter()
            .rev()
            .fold(0_usize, |value, byte| value << 8 | usize::from(*byte))
    };
    let end = bytes.len() - 22 - 71;
    let seal = format!("sha256:{}", Digest::of(&bytes[..end + 22]));
    assert_eq!(&bytes[end + 22..], seal.as_bytes());
    assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
    let mut members = BTreeMap::new();
    let mut at = number(end + 16, 4);
    for _ in 0..number(end + 10, 2) {
        let (name_length, extra) = (number(at + 28, 2), number(at + 30, 2));
        let name = String::from_utf8(bytes[at + 46..at + 46 + name_length].to_vec()).unwrap();
        let offset = number(at + 42, 4);
        let data = offset + 30 + number(offset + 26, 2) + number(offset + 28, 2);
        let packed = &bytes[data..data + number(at + 20, 4)];
        let mut content = Vec::new();
        if number(at + 10, 2) == 0 {
            content.extend_from_slice(packed);
        } else {
            let mut unpacked = flate2::read::DeflateDecoder::new(packed);
            unpacked.read_to_end(&mut content).unwrap();
        }
        let mut crc = flate2::Crc::new();
        crc.update(&content);
        assert_eq!(
            (crc.sum() as usize, content.len()),
            (number(at + 16, 4), number(at + 24, 4))
        );
        members.insert(name, content);
        at += 46 + name_length + extra;
    }
    members
}
