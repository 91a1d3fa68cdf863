//! The 1,024 bytes that QQ puts in front of a database, and passphrases that follow from the owner's ids.
//!
//! Source: published descriptions of the container, see `qq_nt/FORMAT.md`

use md5::{Digest, Md5};
use sha1::Sha1;
use zeroize::Zeroizing;

/// Length of the wrapper in bytes; the database starts behind it.
pub const WRAPPER_BYTES: u64 = 1024;

/// What stands at offset 32.
const MARK: &[u8; 8] = b"QQ_NT DB";
const FAKE_MAGIC: &[u8; 16] = b"SQLite header 3\0";

/// What the wrapper says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wrapper {
    /// On mobile the 8 random characters that go into the passphrase; on desktop 128 hex digits of no further use.
    pub key_meta: Option<String>,
    /// Version of the wrapper, for example `1.1.0.1`.
    pub version: Option<String>,
    /// Name of the page authentication, for example `HMAC_SHA1`.
    pub hmac: Option<String>,
    /// A number that looks like a time in seconds since 1970.
    pub time: Option<u64>,
}

impl Wrapper {
    /// Whether these are the first bytes of a wrapped database.
    pub fn is_present(head: &[u8]) -> bool {
        head.get(32..40) == Some(MARK) || head.starts_with(FAKE_MAGIC)
    }

    /// Reads the wrapper; fields that are missing or broken stay empty.
    pub fn parse(head: &[u8]) -> Option<Self> {
        if !Self::is_present(head) {
            return None;
        }
        let mut wrapper = Self::default();
        let declared = head
            .get(40..44)
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, u32::from_le_bytes);
        let end = usize::try_from(declared)
            .unwrap_or(usize::MAX)
            .saturating_add(44)
            .min(head.len());
        wrapper.read_fields(head.get(44..end).unwrap_or_default());
        if wrapper.key_meta.is_none() {
            wrapper.key_meta = head.get(40..).and_then(first_printable_run);
        }
        Some(wrapper)
    }

    fn read_fields(&mut self, mut fields: &[u8]) {
        while let Some((tag, rest)) = varint(fields) {
            let (number, wire) = (tag >> 3, tag & 7);
            fields = rest;
            match wire {
                0 => {
                    let Some((value, rest)) = varint(fields) else {
                        return;
                    };
                    fields = rest;
                    if number == 5 {
                        self.time = Some(value);
                    }
                }
                2 => {
                    let content = varint(fields).and_then(|(length, rest)| {
                        rest.split_at_checked(usize::try_from(length).ok()?)
                    });
                    let Some((content, rest)) = content else {
                        return;
                    };
                    fields = rest;
                    let text = std::str::from_utf8(content).ok().map(str::to_owned);
                    match number {
                        2 => self.key_meta = text,
                        3 => self.version = text,
                        4 => self.hmac = text,
                        _ => {}
                    }
                }
                _ => return,
            }
        }
    }

    /// The random characters of a mobile database.
    pub fn rand(&self) -> Option<&str> {
        self.key_meta
            .as_deref()
            .filter(|meta| meta.len() == 8 && meta.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    }
}

fn first_printable_run(bytes: &[u8]) -> Option<String> {
    bytes
        .split(|byte| !byte.is_ascii_alphanumeric())
        .find(|run| run.len() >= 8)
        .and_then(|run| std::str::from_utf8(run).ok())
        .map(str::to_owned)
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(u32::try_from(index).ok()? * 7)?;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

/// The passphrase of a mobile database, from the owner's uid (`u_…`) and the random characters of its wrapper.
pub fn mobile_passphrase(uid: &str, rand: &str) -> Zeroizing<String> {
    md5_hex(&[
        md5_hex(&[uid.trim().as_bytes()]).as_bytes(),
        rand.as_bytes(),
    ])
}

/// The passphrase of the channel database `gpro_v1-6_<uid>.db`, from the first 16 characters of its key field and the uin.
pub fn channel_passphrase(key_meta: &str, uin: &str) -> Option<Zeroizing<String>> {
    let uin = uin.trim().as_bytes();
    let first = key_meta.get(..16)?;
    let sha1 = Sha1::digest(uin);
    let inner = md5_hex(&[md5_hex(&[uin]).as_bytes(), md5_hex(&[&sha1]).as_bytes()]);
    Some(md5_hex(&[
        md5_hex(&[first.as_bytes()]).as_bytes(),
        inner.as_bytes(),
    ]))
}

/// The folder name part that mobile QQ computes from the owner's uid.
pub fn path_hash(uid: &str) -> String {
    md5_hex(&[md5_hex(&[uid.trim().as_bytes()]).as_bytes(), b"nt_kernel"]).to_string()
}

/// Lower-case hex of the MD5 of all parts in a row.
pub(crate) fn md5_hex(parts: &[&[u8]]) -> Zeroizing<String> {
    let mut digest = Md5::new();
    for part in parts {
        digest.update(part);
    }
    Zeroizing::new(hex::encode(digest.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A published example id, not a person's.
    const UID: &str = "u_mIicAReWrdCB-kST6TXH7A";

    #[test]
    fn the_published_example_gives_its_passphrase() {
        assert_eq!(
            *md5_hex(&[UID.as_bytes()]),
            "255c42fc0f4d295678e6ff0135fcf5dd"
        );
        assert_eq!(path_hash(UID), "b69bfb8e74137f4e4253d1af3e99493a");
        assert_eq!(
            *mobile_passphrase(UID, "6tPaJ9GP"),
            "71c0dfcef3b5ceae7c4a1c68ca662f4a"
        );
        assert_eq!(
            *mobile_passphrase(&format!(" {UID}\n"), "6tPaJ9GP"),
            "71c0dfcef3b5ceae7c4a1c68ca662f4a"
        );
    }

    fn wrapper(fields: &[u8]) -> Vec<u8> {
        let mut head = FAKE_MAGIC.to_vec();
        head.resize(32, 0);
        head.extend(MARK);
        head.extend(u32::try_from(fields.len()).unwrap().to_le_bytes());
        head.extend(fields);
        head.resize(1024, 0);
        head
    }

    #[test]
    fn the_fields_of_the_wrapper_are_read() {
        let mut fields = vec![0x12, 8];
        fields.extend(b"6tPaJ9GP");
        fields.extend([0x1a, 7]);
        fields.extend(b"1.1.0.1");
        fields.extend([0x22, 9]);
        fields.extend(b"HMAC_SHA1");
        fields.extend([0x28, 0x80, 0x01]);
        let found = Wrapper::parse(&wrapper(&fields)).unwrap();
        assert_eq!(found.rand(), Some("6tPaJ9GP"));
        assert_eq!(found.version.as_deref(), Some("1.1.0.1"));
        assert_eq!(found.hmac.as_deref(), Some("HMAC_SHA1"));
        assert_eq!(found.time, Some(128));
    }

    #[test]
    fn a_broken_field_list_still_gives_the_random_characters() {
        let found = Wrapper::parse(&wrapper(b"\xff\xff6tPaJ9GP\0")).unwrap();
        assert_eq!(found.rand(), Some("6tPaJ9GP"));
        for length in 0..1024 {
            let _ = Wrapper::parse(&wrapper(&[0x12, 0xff, 0xff, 0x7f])[..length]);
        }
        assert_eq!(Wrapper::parse(b"SQLite format 3\0"), None);
    }
}
