//! The 1024-byte wrapper in front of each database, and the passphrases that go with it.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};

use crate::protobuf::Message;
use crate::rng::{Rng, mix};
use crate::store::{Cipher, Store};
use crate::{ForgeError, Plan, QqHmac, QqPlatform};

/// Length of the wrapper.
pub(super) const HEADER: usize = 1024;

/// Wraps the databases of one account.
#[derive(Clone, Debug)]
pub(super) struct Wrapper {
    seed: u64,
    hmac: QqHmac,
    platform: QqPlatform,
    uid: String,
}

fn md5_hex(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

/// Name of an account's folder on a phone.
pub(super) fn path_hash(uid: &str) -> String {
    md5_hex(format!("{}nt_kernel", md5_hex(uid.as_bytes())).as_bytes())
}

/// Passphrase of one file on a phone.
pub(super) fn mobile_passphrase(uid: &str, rand: &str) -> String {
    md5_hex(format!("{}{rand}", md5_hex(uid.as_bytes())).as_bytes())
}

/// The wrapper's bytes.
pub(super) fn header(meta: &str, hmac: QqHmac, time: u64) -> Vec<u8> {
    let mut fields = Message::new();
    fields
        .text(2, meta)
        .text(3, "1.1.0.1")
        .text(4, hmac.name())
        .varint(5, time);
    let mut out = b"SQLite header 3\0".to_vec();
    // A page size that nobody should trust.
    out.extend([0x04, 0x00]);
    out.resize(32, 0);
    out.extend(b"QQ_NT DB");
    out.extend(
        u32::try_from(fields.as_bytes().len())
            .expect("the fields are short")
            .to_le_bytes(),
    );
    out.extend(fields.as_bytes());
    out.resize(HEADER, 0);
    out
}

impl Wrapper {
    pub(super) const fn new(plan: &Plan, uid: String) -> Self {
        Self {
            seed: plan.seed,
            hmac: plan.qq.hmac,
            platform: plan.qq.platform,
            uid,
        }
    }

    /// The passphrase of all files on a desktop: 16 characters that need care in SQL and JSON.
    fn desktop_passphrase(&self) -> String {
        let mut rng = Rng::new(self.seed, 0x9A55);
        let mut out = rng.word(
            b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789#$%&*+-:;<=>?@^_~{}`\"",
            14,
        );
        out.insert(3, '\'');
        out.insert(9, ',');
        out
    }

    /// The variable field of a file's header.
    fn meta(&self, name: &str) -> String {
        let stream = name.bytes().fold(3, |sum, byte| mix(sum ^ u64::from(byte)));
        let mut rng = Rng::new(self.seed, stream);
        match self.platform {
            QqPlatform::Desktop => rng.word(b"0123456789abcdef", 128),
            QqPlatform::Mobile | QqPlatform::Ios => rng.word(
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                8,
            ),
        }
    }

    /// What opens a file.
    pub(super) fn passphrase(&self, name: &str) -> String {
        match self.platform {
            QqPlatform::Desktop => self.desktop_passphrase(),
            QqPlatform::Mobile | QqPlatform::Ios => mobile_passphrase(&self.uid, &self.meta(name)),
        }
    }

    /// Creates the database that will be wrapped as `name`.
    pub(super) fn create(&self, folder: &Path, name: &str) -> Result<Store, ForgeError> {
        let cipher = Cipher::Passphrase {
            text: self.passphrase(name),
            hmac: self.hmac,
        };
        Store::create(&body_of(folder, name), &cipher)
    }

    /// Puts the header in front of a closed database and moves its log beside it.
    pub(super) fn wrap(&self, folder: &Path, name: &str) -> Result<(), ForgeError> {
        let (body, whole) = (body_of(folder, name), folder.join(name));
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| ForgeError::File { path, source }
        };
        let mut input = File::open(&body).map_err(at(&body))?;
        let mut output = File::create(&whole).map_err(at(&whole))?;
        output
            .write_all(&header(&self.meta(name), self.hmac, 1_650_000_000))
            .map_err(at(&whole))?;
        let mut buffer = vec![0; 1 << 20];
        loop {
            let length = input.read(&mut buffer).map_err(at(&body))?;
            let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else {
                break;
            };
            output.write_all(bytes).map_err(at(&whole))?;
        }
        std::fs::remove_file(&body).map_err(at(&body))?;
        let log = beside(&body, "-wal");
        if log.exists() {
            std::fs::rename(&log, beside(&whole, "-wal")).map_err(at(&log))?;
        }
        Ok(())
    }
}

fn body_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.body"))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_arithmetic_holds() {
        let uid = "u_mIicAReWrdCB-kST6TXH7A";
        assert_eq!(path_hash(uid), "b69bfb8e74137f4e4253d1af3e99493a");
        assert_eq!(
            mobile_passphrase(uid, "6tPaJ9GP"),
            "71c0dfcef3b5ceae7c4a1c68ca662f4a"
        );
    }

    #[test]
    fn the_header_has_its_marks_in_place() {
        let bytes = header("6tPaJ9GP", QqHmac::Sha1, 1_650_000_000);
        assert_eq!(bytes.len(), 1024);
        assert!(bytes.starts_with(b"SQLite header 3\0"));
        assert_eq!(&bytes[32..40], b"QQ_NT DB");
        assert_eq!(&bytes[46..54], b"6tPaJ9GP");
        let length = u32::from_le_bytes(bytes[40..44].try_into().unwrap()) as usize;
        assert!(bytes[44 + length..].iter().all(|byte| *byte == 0));
        assert!(
            bytes[44..44 + length]
                .windows(9)
                .any(|window| window == b"HMAC_SHA1")
        );
    }

    #[test]
    fn the_desktop_passphrase_needs_quoting() {
        let plan = Plan {
            seed: 99,
            ..Plan::default()
        };
        let passphrase = Wrapper::new(&plan, String::new()).passphrase("nt_msg.db");
        assert_eq!(passphrase.len(), 16);
        assert!(passphrase.contains('\'') && passphrase.contains(','));
    }
}
