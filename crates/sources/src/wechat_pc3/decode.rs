//! Bytes of WeChat 3 cells become values; nothing here does input or output.

use std::borrow::Cow;

use crate::wechat::decode::{Fields, Value, bytes_of, text};

/// The most items that are read from one `BytesExtra`; real ones have fewer than ten.
const MAX_ITEMS: usize = 1_000;

/// What `BytesExtra` says about a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extra<'a> {
    /// Username of the sender in rooms (kind 1).
    pub(crate) sender: Option<Cow<'a, str>>,
    /// Kind 3: path of the thumbnail; of a call, its kind.
    pub(crate) third: Option<Cow<'a, str>>,
    /// Kind 4: path of the original; of a call, its seconds.
    pub(crate) fourth: Option<Cow<'a, str>>,
    /// Kind 7: `<msgsource>`.
    pub(crate) source: Option<&'a [u8]>,
}

impl<'a> Extra<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Self {
        let mut extra = Self::default();
        let items = Fields(bytes).filter_map(|(number, value)| match value {
            Value::Bytes(item) if number == 3 => Some(item),
            _ => None,
        });
        for item in items.take(MAX_ITEMS) {
            let kind = Fields(item).find_map(|(number, value)| match value {
                Value::Varint(kind) if number == 1 => Some(kind),
                _ => None,
            });
            let Some(value) = bytes_of(item, 2).filter(|value| !value.is_empty()) else {
                continue;
            };
            match kind {
                Some(1) if extra.sender.is_none() => extra.sender = username(value),
                Some(3) if extra.third.is_none() => extra.third = Some(text(value)),
                Some(4) if extra.fourth.is_none() => extra.fourth = Some(text(value)),
                Some(7) if extra.source.is_none() => extra.source = Some(value),
                _ => {}
            }
        }
        extra
    }
}

/// A sender's username: without a tail such as `:25319:1`, and not the remains of a publisher's block.
fn username(value: &[u8]) -> Option<Cow<'_, str>> {
    let whole = text(value);
    if whole.contains("publisher-id") || whole.contains(['<', '>']) {
        return None;
    }
    let name = match whole {
        Cow::Borrowed(whole) => Cow::Borrowed(whole.split(':').next().unwrap_or_default().trim()),
        Cow::Owned(whole) => Cow::Owned(
            whole
                .split(':')
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned(),
        ),
    };
    (!name.is_empty()).then_some(name)
}

/// The account that a path of `BytesExtra` begins with, and the path below its folder with forward slashes.
pub(crate) fn split_path(path: &str) -> Option<(Option<String>, String)> {
    let path = path.replace('\\', "/");
    let pieces: Vec<&str> = path
        .split('/')
        .map(str::trim)
        .filter(|piece| !piece.is_empty() && *piece != ".")
        .collect();
    if pieces.contains(&"..") {
        return None;
    }
    let storage = pieces
        .iter()
        .position(|piece| piece.eq_ignore_ascii_case("FileStorage"));
    match storage {
        Some(at) => {
            let account = at.checked_sub(1).and_then(|before| pieces.get(before));
            let below = pieces.get(at..).unwrap_or_default();
            (below.len() > 1).then(|| (account.map(|name| (*name).to_owned()), below.join("/")))
        }
        // Without the folder that every path has, only the first piece can be the account.
        None => {
            let below = pieces.get(1..).unwrap_or_default();
            (!below.is_empty()).then(|| (None, below.join("/")))
        }
    }
}

/// A value of a contact's `ExtraBuf`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tagged {
    /// A number.
    Number(u32),
    /// Text of either width.
    Text(String),
}

/// The signature's tag in `ExtraBuf`.
pub(crate) const SIGNATURE: [u8; 4] = [0x46, 0xCF, 0x10, 0xC4];

/// The value behind a tag of `ExtraBuf`, when the tag is there and its value is whole.
pub(crate) fn tagged(buffer: &[u8], tag: [u8; 4]) -> Option<Tagged> {
    let at = memchr::memmem::find(buffer, &tag)?;
    let (kind, rest) = buffer.get(at.checked_add(4)?..)?.split_first()?;
    match kind {
        0x04 => Some(Tagged::Number(u32::from_le_bytes(*rest.first_chunk()?))),
        0x17 | 0x18 => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let bytes = rest.get(..length)?;
            let words = if *kind == 0x17 {
                String::from_utf8_lossy(bytes).into_owned()
            } else {
                let units: Vec<u16> = bytes
                    .chunks_exact(2)
                    .filter_map(|pair| Some(u16::from_le_bytes(*pair.first_chunk()?)))
                    .collect();
                String::from_utf16_lossy(&units)
            };
            Some(Tagged::Text(words.trim_matches('\0').to_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item(kind: u8, value: &[u8]) -> Vec<u8> {
        let mut inner = vec![0x08, kind, 0x12, u8::try_from(value.len()).unwrap()];
        inner.extend(value);
        let mut out = vec![0x1A, u8::try_from(inner.len()).unwrap()];
        out.extend(inner);
        out
    }

    #[test]
    fn items_are_told_by_their_kind() {
        let mut bytes = vec![0x0A, 0x04, 0x08, 0x10, 0x10, 0x00];
        bytes.extend(item(2, b"0123456789abcdef0123456789abcdef"));
        bytes.extend(item(1, b"wxid_a:25319:1"));
        bytes.extend(item(3, b"wxid_o\\FileStorage\\x_t.dat"));
        bytes.extend(item(4, b"1"));
        bytes.extend(item(7, b"<msgsource/>"));
        let extra = Extra::parse(&bytes);
        assert_eq!(extra.sender.as_deref(), Some("wxid_a"));
        assert_eq!(extra.third.as_deref(), Some("wxid_o\\FileStorage\\x_t.dat"));
        assert_eq!(extra.fourth.as_deref(), Some("1"));
        assert_eq!(extra.source, Some(b"<msgsource/>".as_slice()));
        assert_eq!(
            Extra::parse(&item(1, b"<publisher-id>1</publisher-id>")).sender,
            None
        );
        assert_eq!(Extra::parse(b""), Extra::default());
    }

    #[test]
    fn paths_lose_their_account_and_cannot_leave_the_folder() {
        assert_eq!(
            split_path("wxid_o\\FileStorage\\Image\\2020-01\\a.dat"),
            Some((
                Some("wxid_o".to_owned()),
                "FileStorage/Image/2020-01/a.dat".to_owned()
            ))
        );
        assert_eq!(
            split_path("FileStorage/a"),
            Some((None, "FileStorage/a".to_owned()))
        );
        assert_eq!(split_path("wxid_o\\..\\..\\a"), None);
        assert_eq!(split_path(""), None);
    }

    #[test]
    fn tagged_values_are_found_in_either_width() {
        let mut buffer = vec![1, 2, 3];
        buffer.extend([0x74, 0x75, 0x2C, 0x06, 0x04, 1, 0, 0, 0]);
        buffer.extend(SIGNATURE);
        buffer.extend([0x18, 4, 0, 0, 0, 0x60, 0x4F, 0x7D, 0x59]);
        assert_eq!(
            tagged(&buffer, [0x74, 0x75, 0x2C, 0x06]),
            Some(Tagged::Number(1))
        );
        assert_eq!(
            tagged(&buffer, SIGNATURE),
            Some(Tagged::Text("你好".to_owned()))
        );
        assert_eq!(tagged(&buffer[..16], SIGNATURE), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Extra::parse(&bytes);
            let _ = tagged(&bytes, SIGNATURE);
            let _ = split_path(&String::from_utf8_lossy(&bytes));
        }
    }
}
