//! `packed_info_data` and the `packed_info` of `message_resource.db`.

use super::protobuf::{Fields, Value, bytes_of, text_of};

/// What a message row says about its media in `packed_info_data`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PackedInfo {
    /// Stem of the picture file (field 3.4).
    pub(crate) image: Option<String>,
    /// Stem of the film file (field 4.8).
    pub(crate) video: Option<String>,
    /// What was said, as the client wrote it down (field 5.2).
    pub(crate) transcript: Option<String>,
    /// 32 hexadecimal characters found without any structure.
    pub(crate) loose: Option<String>,
}

impl PackedInfo {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut info = Self::default();
        for (number, value) in Fields(bytes) {
            let Value::Bytes(inner) = value else { continue };
            match number {
                3 => info.image = info.image.or_else(|| stem(inner, 4)),
                4 => info.video = info.video.or_else(|| stem(inner, 8)),
                5 => info.transcript = info.transcript.or_else(|| text_of(inner, 2)),
                _ => {}
            }
        }
        if info.image.is_none() && info.video.is_none() {
            info.loose = hexadecimal_32(bytes);
        }
        info
    }
}

fn stem(message: &[u8], number: u64) -> Option<String> {
    let text = text_of(message, number)?;
    is_stem(&text).then_some(text)
}

/// A file stem never leaves its folder.
fn is_stem(text: &str) -> bool {
    text.len() <= 128
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The first run of exactly 32 hexadecimal characters, in lower case.
fn hexadecimal_32(bytes: &[u8]) -> Option<String> {
    bytes
        .split(|byte| !byte.is_ascii_hexdigit())
        .find(|run| run.len() == 32)
        .map(|run| String::from_utf8_lossy(run).to_ascii_lowercase())
}

/// The basename in `packed_info` of `MessageResourceInfo`: field 2, field 1.
pub(crate) fn basename_of_resource(bytes: &[u8]) -> Option<String> {
    bytes_of(bytes, 2)
        .and_then(|inner| stem(inner, 1))
        .or_else(|| hexadecimal_32(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef";

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
        out.extend(content);
        out
    }

    #[test]
    fn each_media_kind_has_its_field() {
        let mut bytes = vec![0x08, 106, 0x10, 14];
        bytes.extend(field(3, &field(4, HASH.as_bytes())));
        assert_eq!(PackedInfo::parse(&bytes).image.as_deref(), Some(HASH));
        let video = PackedInfo::parse(&field(4, &field(8, HASH.as_bytes())));
        assert_eq!(video.video.as_deref(), Some(HASH));
        let mut voice = vec![0x08, 2];
        voice.extend(field(2, "好的".as_bytes()));
        assert_eq!(
            PackedInfo::parse(&field(5, &voice)).transcript.as_deref(),
            Some("好的")
        );
    }

    #[test]
    fn a_bare_name_is_found_without_structure() {
        let info = PackedInfo::parse(format!("{HASH}_t.dat").as_bytes());
        assert_eq!(info.loose.as_deref(), Some(HASH));
        assert_eq!(PackedInfo::parse(b"").loose, None);
    }

    #[test]
    fn a_stem_cannot_leave_its_folder() {
        assert_eq!(
            PackedInfo::parse(&field(3, &field(4, b"../../x"))).image,
            None
        );
    }

    #[test]
    fn the_basename_of_a_resource_is_read() {
        assert_eq!(
            basename_of_resource(&field(2, &field(1, HASH.as_bytes()))).as_deref(),
            Some(HASH)
        );
        assert_eq!(basename_of_resource(b"\x12"), None);
    }
}
