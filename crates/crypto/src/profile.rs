//! How each messenger encrypts its databases, as data.
//!
//! Sources: published descriptions of the containers, see `wechat_pc4/FORMAT.md` and `qq_nt/FORMAT.md`

use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

/// A hash function, for deriving keys or authenticating pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Hash {
    /// Length of its output in bytes.
    pub const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// PBKDF2-HMAC with this hash, 32 bytes of output.
    pub fn pbkdf2(self, password: &[u8], salt: &[u8], rounds: u32) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, rounds, key.as_mut()),
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds, key.as_mut()),
            Self::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, rounds, key.as_mut()),
        }
        key
    }
}

/// Which messenger a database is expected to come from; decides which profiles are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Not known: every profile is tried, the cheap ones first.
    Any,
    /// WeChat 4 on Windows, macOS and Linux.
    WeChat4,
    /// WeChat 3 on Windows.
    WeChat3,
    /// WeChat 3 on macOS.
    WeChatMac3,
    /// WeChat on Android.
    WeChatAndroid,
    /// `Backup.db` of the official PC backup.
    WeChatBackup,
    /// QQ NT on any platform.
    QqNt,
}

/// How the user's key becomes the page key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// The 32 bytes are the page key.
    Direct,
    /// The 32 bytes go through PBKDF2 with the file's salt.
    DerivedBytes {
        /// Iterations.
        rounds: u32,
    },
    /// The characters of the key, as ASCII, go through PBKDF2 with the file's salt.
    DerivedText {
        /// Iterations.
        rounds: u32,
    },
}

impl KeyUse {
    /// Iterations of PBKDF2; 0 for a direct key.
    pub const fn rounds(self) -> u32 {
        match self {
            Self::Direct => 0,
            Self::DerivedBytes { rounds } | Self::DerivedText { rounds } => rounds,
        }
    }
}

/// One way of encrypting a database with SQLCipher.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    /// What it is called in reports.
    pub name: &'static str,
    /// Whose databases use it.
    pub family: Family,
    /// Bytes per page.
    pub page_size: u32,
    /// Bytes at the end of each page for initialisation vector and authentication code.
    pub reserve: u32,
    /// How the user's key is used.
    pub key_use: KeyUse,
    /// The hash that keys are derived with.
    pub key_hash: Hash,
    /// The hash that pages are authenticated with, if they are.
    pub page_hash: Option<Hash>,
}

const fn profile(
    name: &'static str,
    family: Family,
    page_size: u32,
    key_use: KeyUse,
    key_hash: Hash,
    page_hash: Option<Hash>,
) -> Profile {
    // Initialisation vector and code, rounded up to whole cipher blocks.
    let reserve = match page_hash {
        None => 16,
        Some(Hash::Sha1 | Hash::Sha256) => 48,
        Some(Hash::Sha512) => 80,
    };
    Profile {
        name,
        family,
        page_size,
        reserve,
        key_use,
        key_hash,
        page_hash,
    }
}

const SHA1: Option<Hash> = Some(Hash::Sha1);
const SHA256: Option<Hash> = Some(Hash::Sha256);
const SHA512: Option<Hash> = Some(Hash::Sha512);

/// Every profile, the cheap ones first.
pub static PROFILES: &[Profile] = &[
    profile(
        "WeChat 4, key of one database",
        Family::WeChat4,
        4096,
        KeyUse::Direct,
        Hash::Sha512,
        SHA512,
    ),
    profile(
        "WeChat 3 for macOS",
        Family::WeChatMac3,
        1024,
        KeyUse::Direct,
        Hash::Sha1,
        SHA1,
    ),
    profile(
        "WeChat 3, key of one database",
        Family::WeChat3,
        4096,
        KeyUse::Direct,
        Hash::Sha1,
        SHA1,
    ),
    profile(
        "WeChat for Android",
        Family::WeChatAndroid,
        1024,
        KeyUse::DerivedText { rounds: 4_000 },
        Hash::Sha1,
        None,
    ),
    profile(
        "QQ NT, HMAC-SHA1",
        Family::QqNt,
        4096,
        KeyUse::DerivedText { rounds: 4_000 },
        Hash::Sha512,
        SHA1,
    ),
    profile(
        "QQ NT, HMAC-SHA512",
        Family::QqNt,
        4096,
        KeyUse::DerivedText { rounds: 4_000 },
        Hash::Sha512,
        SHA512,
    ),
    profile(
        "QQ NT, HMAC-SHA256",
        Family::QqNt,
        4096,
        KeyUse::DerivedText { rounds: 4_000 },
        Hash::Sha512,
        SHA256,
    ),
    profile(
        "WeChat 3",
        Family::WeChat3,
        4096,
        KeyUse::DerivedBytes { rounds: 64_000 },
        Hash::Sha1,
        SHA1,
    ),
    profile(
        "WeChat 3 for macOS, derived key",
        Family::WeChatMac3,
        1024,
        KeyUse::DerivedBytes { rounds: 64_000 },
        Hash::Sha1,
        SHA1,
    ),
    profile(
        "WeChat PC backup",
        Family::WeChatBackup,
        4096,
        KeyUse::DerivedText { rounds: 64_000 },
        Hash::Sha1,
        SHA1,
    ),
    profile(
        "WeChat 4",
        Family::WeChat4,
        4096,
        KeyUse::DerivedBytes { rounds: 256_000 },
        Hash::Sha512,
        SHA512,
    ),
];

impl Profile {
    /// Whether databases of this family may use it.
    pub fn serves(&self, family: Family) -> bool {
        match family {
            Family::Any => true,
            // A few files of macOS WeChat 3 have the pages of the Windows one.
            Family::WeChatMac3 => matches!(self.family, Family::WeChatMac3 | Family::WeChat3),
            family => self.family == family,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_come_in_the_order_of_their_cost() {
        assert!(PROFILES.is_sorted_by_key(|profile| profile.key_use.rounds()));
    }

    #[test]
    fn every_trailer_fits_into_its_reserve() {
        for profile in PROFILES {
            let code = profile.page_hash.map_or(0, Hash::length);
            assert!(16 + code <= profile.reserve as usize, "{}", profile.name);
        }
    }
}
