//! Opens a database file, encrypted or not, and hands out its pages in clear.

use std::io;
use std::sync::Arc;

use hutong_sqlite::{
    HEADER_BYTES, Header, HeaderError, MAGIC, PageError, PageFile, Pages, PlainError, PlainPages,
    ReadAt, Wal, WalError, WalReport,
};

use crate::key::Key;
use crate::key_ring::{Candidate, KeyOrigin, KeyRing};
use crate::page::{PageCipher, SALT_BYTES};
use crate::profile::{Family, Hash, KeyUse, PROFILES, Profile};
use crate::qq::{WRAPPER_BYTES, Wrapper, channel_passphrase, mobile_passphrase};
use crate::sniff;

/// Why a database cannot be opened; every variant has one [`OpenError::next_step`].
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing in the file.
    #[error("the file is empty")]
    Empty,
    /// Shorter than one page.
    #[error("the file has {length} bytes, which is less than one page")]
    TooShort {
        /// Its length in bytes.
        length: u64,
    },
    /// Encrypted, and no key was given that could belong to it.
    #[error("the file is encrypted and no key was given")]
    NoKey,
    /// Keys were given, none opens the first page.
    #[error("no given key opens the file ({tried} tried)")]
    WrongKey {
        /// How many keys were tried.
        tried: usize,
    },
    /// Every key given names another file.
    #[error("the given key belongs to another file")]
    KeyOfAnotherFile,
    /// The key has the shape of a WeChat 4 picture key.
    #[error("the given key is a picture key, not a database key")]
    ImageKeyGiven,
    /// Not a database, encrypted or otherwise.
    #[error("the file is no database: it looks like {looks_like}")]
    NotADatabase {
        /// What it looks like.
        looks_like: &'static str,
    },
    /// The key fits, but what it opens is no usable header.
    #[error("the first page cannot be used")]
    Header(#[from] HeaderError),
    /// The first page could not be read.
    #[error("the first page cannot be read")]
    Page(#[from] PageError),
    /// The operating system could not read the file.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
}

impl OpenError {
    /// What the user can do about it, in one English sentence without a full stop.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Empty | Self::TooShort { .. } => {
                "copy the file again together with its -wal file while the messenger is closed"
            }
            Self::NoKey => "give the database key with --key or --key-file",
            Self::WrongKey { .. } => {
                "check that the key is of this account and of this version of the messenger; WeChat 3 and 4 have different keys"
            }
            Self::KeyOfAnotherFile => {
                "give the key of this file, the account key, or the whole list of keys as --key-file"
            }
            Self::ImageKeyGiven => {
                "give the database key (64 hex digits); the picture key goes into the field image_key of a key file"
            }
            Self::NotADatabase { .. } => {
                "point to the folder of the messenger or to one of its .db files"
            }
            Self::Header(_) | Self::Page(_) => "try an older copy or a backup of this file",
            Self::Io(_) => "check that the file exists and may be read",
        }
    }
}

/// A file that ends before its last page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncation {
    /// Pages that the header promises.
    pub expected_pages: u32,
    /// Whole pages in the main file.
    pub stored_pages: u32,
    /// Whether the file ends inside a page.
    pub has_partial_page: bool,
}

/// An open database: its pages in clear, each one checked when it is read.
///
/// Nothing is written, and no decrypted page stays anywhere but in the caller's buffer.
#[derive(Debug)]
pub struct Container {
    file: PageFile,
    opened: Option<Opened>,
    wrapper: Option<Wrapper>,
    header: Header,
    page_count: u32,
    wal_error: Option<WalError>,
}

#[derive(Debug)]
struct Opened {
    cipher: PageCipher,
    profile: &'static Profile,
    origin: KeyOrigin,
    salt: [u8; SALT_BYTES],
}

impl Container {
    /// Opens a database with the log beside it, if there is one.
    ///
    /// A plain database needs no key. Otherwise the keys of `keys` are tried with the profiles of `family`, those first
    /// that cost nothing; a derivation that was paid for once is not repeated for the same file. `relative_path` chooses
    /// among keys listed by path. A truncated file is opened (see [`Container::truncated`]), a log that does not fit is
    /// left out (see [`Container::wal_error`]).
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        main: Arc<dyn ReadAt>,
        wal: Option<Arc<dyn ReadAt>>,
        relative_path: &str,
        keys: &KeyRing,
        family: Family,
    ) -> Result<Self, OpenError> {
        let start = Start::read(&main, wal.as_ref())?;
        if start.first.starts_with(MAGIC) {
            return Self::plain(main, wal, start);
        }
        if start.first.len() < 512 {
            return Err(OpenError::TooShort {
                length: start.length,
            });
        }
        let probe = Probe {
            start: &start,
            relative_path,
            keys,
            family,
        };
        let opened = probe.run()?;
        Self::encrypted(main, wal, start, opened)
    }

    fn plain(
        main: Arc<dyn ReadAt>,
        wal: Option<Arc<dyn ReadAt>>,
        start: Start,
    ) -> Result<Self, OpenError> {
        let pages = match PlainPages::open_at(main, start.base, wal) {
            Ok(pages) => pages,
            Err(PlainError::Empty) => return Err(OpenError::Empty),
            Err(PlainError::Header(HeaderError::Short)) => {
                return Err(OpenError::TooShort {
                    length: start.length,
                });
            }
            Err(PlainError::Header(error)) => return Err(error.into()),
            Err(PlainError::Io(error)) => return Err(error.into()),
            Err(PlainError::Page(error)) => return Err(error.into()),
        };
        let page_count = pages.page_count();
        let header = pages.header().clone();
        let (file, wal_error) = pages.into_parts();
        Ok(Self {
            file,
            opened: None,
            wrapper: start.wrapper,
            header,
            page_count,
            wal_error,
        })
    }

    fn encrypted(
        main: Arc<dyn ReadAt>,
        wal: Option<Arc<dyn ReadAt>>,
        start: Start,
        opened: Opened,
    ) -> Result<Self, OpenError> {
        let page_size = opened.profile.page_size;
        let verifier = |number: u32, page: &[u8]| opened.cipher.verify(number, page);
        let (wal, wal_error) = match wal.map(|log| {
            // Without page authentication only the log's own checksums can vouch for a frame.
            let has_code = opened.profile.page_hash.is_some();
            Wal::open(log, page_size, has_code.then_some(&verifier as _))
        }) {
            None => (None, None),
            Some(Ok(log)) => (Some(log), None),
            Some(Err(error)) => (None, Some(error)),
        };
        let file = PageFile::new(main, start.base, page_size, wal)?;
        let mut page = vec![0; page_size as usize];
        file.read(1, &mut page)?;
        opened.cipher.decrypt(1, &mut page)?;
        let header = Header::parse(&page)?;
        if header.page_size != page_size {
            return Err(HeaderError::PageSize(header.page_size).into());
        }
        Ok(Self {
            page_count: file.highest_page().max(header.page_count.unwrap_or(0)),
            file,
            opened: Some(opened),
            wrapper: start.wrapper,
            header,
            wal_error,
        })
    }

    /// The profile that opened the file; `None` for a plain database.
    pub fn profile(&self) -> Option<&'static Profile> {
        self.opened.as_ref().map(|opened| opened.profile)
    }

    /// Which key opened the file; `None` for a plain database.
    pub fn key_origin(&self) -> Option<KeyOrigin> {
        self.opened.as_ref().map(|opened| opened.origin)
    }

    /// Whether the file is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.opened.is_some()
    }

    /// The salt at the start of an encrypted file.
    pub fn salt(&self) -> Option<[u8; SALT_BYTES]> {
        self.opened.as_ref().map(|opened| opened.salt)
    }

    /// What QQ wrote in front of the database.
    pub fn wrapper(&self) -> Option<&Wrapper> {
        self.wrapper.as_ref()
    }

    /// The database header, in clear.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether and how the main file is shorter than it should be; pages that lie in the log do not count as missing.
    pub fn truncated(&self) -> Option<Truncation> {
        let stored_pages = self.file.main_pages();
        let has_partial_page = self.file.has_partial_page();
        let is_short = has_partial_page
            || (stored_pages + 1..=self.page_count).any(|page| !self.file.is_in_wal(page));
        is_short.then_some(Truncation {
            expected_pages: self.page_count,
            stored_pages,
            has_partial_page,
        })
    }

    /// What was found in the log, if there is one that fits.
    pub fn wal_report(&self) -> Option<&WalReport> {
        self.file.wal_report()
    }

    /// Why the log beside the file was left out, if it was.
    pub fn wal_error(&self) -> Option<&WalError> {
        self.wal_error.as_ref()
    }
}

impl Pages for Container {
    fn page_size(&self) -> u32 {
        self.file.page_size()
    }

    fn usable_size(&self) -> u32 {
        // Not the profile's reserve: header byte 20 can name a larger one than the cipher uses.
        self.header.usable_size()
    }

    fn page_count(&self) -> u32 {
        self.page_count
    }

    fn read(&self, number: u32, into: &mut [u8]) -> Result<(), PageError> {
        self.file.read(number, into)?;
        match &self.opened {
            Some(opened) => opened.cipher.decrypt(number, into),
            None => Ok(()),
        }
    }

    fn stored_pages(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        Box::new(self.file.stored_pages())
    }

    fn fingerprint(&self) -> io::Result<u64> {
        self.file.fingerprint()
    }
}

/// The first page as stored, and what stands before it.
struct Start {
    length: u64,
    base: u64,
    wrapper: Option<Wrapper>,
    /// Up to 4,096 bytes of page 1.
    first: Vec<u8>,
}

impl Start {
    fn read(main: &Arc<dyn ReadAt>, wal: Option<&Arc<dyn ReadAt>>) -> Result<Self, OpenError> {
        let length = main.len()?;
        let mut head = read_up_to(main, 0, WRAPPER_BYTES, length)?;
        let wrapper = Wrapper::parse(&head);
        let base = if wrapper.is_some() { WRAPPER_BYTES } else { 0 };
        let mut first = read_up_to(main, base, 4096, length)?;
        if first.len() < HEADER_BYTES
            && let Some(logged) = wal.and_then(first_page_of_log)
        {
            // A new database can have all its pages in the log still.
            first = logged;
        }
        if length == 0 && first.is_empty() {
            return Err(OpenError::Empty);
        }
        if first.is_empty() || (first.len() < 512 && !first.starts_with(MAGIC)) {
            head.truncate(512);
            return Err(match sniff::looks_like(&head) {
                Some(looks_like) if wrapper.is_none() && looks_like != "no encrypted data" => {
                    OpenError::NotADatabase { looks_like }
                }
                _ => OpenError::TooShort { length },
            });
        }
        Ok(Self {
            length,
            base,
            wrapper,
            first,
        })
    }

    fn salt(&self) -> [u8; SALT_BYTES] {
        self.first
            .first_chunk::<SALT_BYTES>()
            .copied()
            .unwrap_or_default()
    }
}

fn read_up_to(file: &Arc<dyn ReadAt>, offset: u64, most: u64, length: u64) -> io::Result<Vec<u8>> {
    let size = most.min(length.saturating_sub(offset));
    let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}

fn first_page_of_log(log: &Arc<dyn ReadAt>) -> Option<Vec<u8>> {
    let mut head = [0; 12];
    log.read_exact_at(&mut head, 0).ok()?;
    let page_size = u32::from_be_bytes(*head.last_chunk::<4>()?);
    if !(512..=65_536).contains(&page_size) {
        return None;
    }
    let wal = Wal::open(Arc::clone(log), page_size, None).ok()?;
    let mut page = vec![0; page_size as usize];
    wal.read(1, &mut page).ok()?.then_some(page)
}

/// The search for the key and profile that open page 1.
struct Probe<'a> {
    start: &'a Start,
    relative_path: &'a str,
    keys: &'a KeyRing,
    family: Family,
}

impl Probe<'_> {
    fn run(&self) -> Result<Opened, OpenError> {
        let salt = self.start.salt();
        let mut candidates = self.keys.candidates_for(self.relative_path, &salt);
        self.add_computed(&mut candidates);
        let sniffed = match self.start.wrapper {
            Some(_) => None,
            None => sniff::looks_like(&self.start.first),
        };
        // A file that is plainly something else is not worth a derivation, unless its length is right to the byte.
        let is_whole =
            (self.start.length - self.start.base.min(self.start.length)).is_multiple_of(1024);
        if let Some(looks_like) = sniffed
            && (!is_whole || candidates.is_empty())
        {
            return Err(OpenError::NotADatabase { looks_like });
        }
        let mut tried = 0;
        for profile in self.profiles() {
            for candidate in &candidates {
                for input in candidate.key.inputs(profile) {
                    tried += 1;
                    if let Some(cipher) = self.attempt(profile, &input, &salt) {
                        self.remember(profile, candidate);
                        return Ok(Opened {
                            cipher,
                            profile,
                            origin: candidate.origin,
                            salt,
                        });
                    }
                }
            }
        }
        Err(match sniffed {
            Some(looks_like) => OpenError::NotADatabase { looks_like },
            None => self.failure(&salt, &candidates, tried),
        })
    }

    /// Profiles in the order of their cost, the one that a QQ wrapper names before its equals.
    fn profiles(&self) -> Vec<&'static Profile> {
        let wrapper = self.start.wrapper.as_ref();
        let family = match wrapper {
            Some(_) => Family::QqNt,
            None => self.family,
        };
        let named = match wrapper.and_then(|found| found.hmac.as_deref()) {
            Some("HMAC_SHA1") => Some(Hash::Sha1),
            Some("HMAC_SHA256") => Some(Hash::Sha256),
            Some("HMAC_SHA512") => Some(Hash::Sha512),
            _ => None,
        };
        let mut profiles: Vec<&Profile> = PROFILES
            .iter()
            .filter(|profile| profile.serves(family))
            .filter(|profile| self.start.first.len() >= profile.page_size as usize)
            .collect();
        profiles.sort_by_key(|profile| {
            let is_named = profile.family == Family::QqNt && profile.page_hash == named;
            (profile.key_use.rounds(), !is_named)
        });
        profiles
    }

    /// Passphrases of mobile QQ, which follow from the owner's ids and the wrapper.
    fn add_computed(&self, candidates: &mut Vec<Candidate>) {
        if !matches!(self.family, Family::QqNt | Family::Any) {
            return;
        }
        let meta = self.start.wrapper.as_ref();
        let rand = meta.and_then(Wrapper::rand).or(self.keys.rand());
        let mobile = match (self.keys.uid(), rand) {
            (Some(uid), Some(rand)) => Some(mobile_passphrase(uid, rand)),
            _ => None,
        };
        let channel = match (
            self.keys.uin(),
            meta.and_then(|found| found.key_meta.as_deref()),
        ) {
            (Some(uin), Some(meta)) => channel_passphrase(meta, uin),
            _ => None,
        };
        for passphrase in [mobile, channel].into_iter().flatten() {
            candidates.extend(Key::parse(&passphrase).ok().map(|key| Candidate {
                key,
                origin: KeyOrigin::Computed,
            }));
        }
    }

    fn attempt(
        &self,
        profile: &Profile,
        input: &[u8],
        salt: &[u8; SALT_BYTES],
    ) -> Option<PageCipher> {
        let cache = self.keys.cache();
        let key = match profile.key_use {
            KeyUse::Direct => zeroize::Zeroizing::new(<[u8; 32]>::try_from(input).ok()?),
            KeyUse::DerivedBytes { rounds } | KeyUse::DerivedText { rounds } => {
                cache.derive(profile.key_hash, input, salt, rounds)
            }
        };
        let page = self.start.first.get(..profile.page_size as usize)?;
        let cipher = PageCipher::new(profile, &key, salt);
        let fits = match profile.page_hash {
            Some(_) => cipher.verify(1, page),
            None => has_sane_header(profile, &cipher, page),
        };
        fits.then_some(cipher)
    }

    fn remember(&self, profile: &Profile, candidate: &Candidate) {
        // A passphrase may serve other files of the account; a computed or direct key never does.
        if profile.family == Family::QqNt {
            self.keys.cache().remember(&candidate.key);
        }
    }

    fn failure(
        &self,
        salt: &[u8; SALT_BYTES],
        candidates: &[Candidate],
        tried: usize,
    ) -> OpenError {
        let is_wechat = self.start.wrapper.is_none() && self.family != Family::QqNt;
        let has_image_key = self.keys.all_keys().any(Key::looks_like_image_key);
        let has_other = candidates
            .iter()
            .any(|candidate| !candidate.key.looks_like_image_key());
        let is_listed = self.keys.has_path_for(self.relative_path);
        let is_given = candidates
            .iter()
            .any(|candidate| candidate.origin != KeyOrigin::OtherPath);
        if is_wechat && has_image_key && !has_other && self.family != Family::WeChatBackup {
            OpenError::ImageKeyGiven
        } else if candidates.is_empty() && self.keys.has_foreign_salt(salt) {
            OpenError::KeyOfAnotherFile
        } else if self.keys.has_paths() && !is_listed && !is_given {
            OpenError::KeyOfAnotherFile
        } else if candidates.is_empty() {
            OpenError::NoKey
        } else {
            OpenError::WrongKey {
                tried: tried.max(candidates.len()),
            }
        }
    }
}

/// For pages without a code: whether the header that a key gives could be one. Source: `docs/formats/wechat.md` §1.3.
fn has_sane_header(profile: &Profile, cipher: &PageCipher, page: &[u8]) -> bool {
    let mut clear = page.to_vec();
    if cipher.decrypt(1, &mut clear).is_err() {
        return false;
    }
    let reserve = u8::try_from(profile.reserve).unwrap_or_default();
    let size = u16::try_from(profile.page_size).unwrap_or(1).to_be_bytes();
    clear.get(16..18) == Some(size.as_slice())
        && matches!(clear.get(18..20), Some([1 | 2, 1 | 2]))
        && clear.get(20..24) == Some(&[reserve, 64, 32, 32])
}
