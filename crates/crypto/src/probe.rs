//! Finding the key and the profile that open the first page of a file.

use std::io;
use std::sync::Arc;

use hutong_sqlite::{HEADER_BYTES, MAGIC, PageError, ReadAt, Wal};

use crate::key::Key;
use crate::key_ring::{Candidate, KeyOrigin, KeyRing};
use crate::open_error::OpenError;
use crate::page::{PageCipher, SALT_BYTES};
use crate::profile::{Family, Hash, KeyUse, PROFILES, Profile};
use crate::qq::{WRAPPER_BYTES, Wrapper, channel_passphrase, mobile_passphrase};
use crate::sniff;

/// Enough for the first three pages of every profile.
const SAMPLE_BYTES: u64 = 3 * 4096;

/// What opens a database.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) cipher: PageCipher,
    pub(crate) profile: &'static Profile,
    pub(crate) origin: KeyOrigin,
    pub(crate) salt: [u8; SALT_BYTES],
}

/// The first page as stored, and what stands before it.
pub(crate) struct Start {
    pub(crate) length: u64,
    pub(crate) base: u64,
    pub(crate) wrapper: Option<Wrapper>,
    /// Page 1 and what follows it, up to [`SAMPLE_BYTES`].
    pub(crate) first: Vec<u8>,
}

impl Start {
    pub(crate) fn read(
        main: &Arc<dyn ReadAt>,
        wal: Option<&Arc<dyn ReadAt>>,
    ) -> Result<Self, OpenError> {
        let length = main.len()?;
        let mut head = read_up_to(main, 0, WRAPPER_BYTES, length)?;
        let wrapper = Wrapper::parse(&head);
        let base = if wrapper.is_some() { WRAPPER_BYTES } else { 0 };
        let mut first = read_up_to(main, base, SAMPLE_BYTES, length)?;
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
pub(crate) struct Probe<'a> {
    pub(crate) start: &'a Start,
    pub(crate) wal: Option<&'a Arc<dyn ReadAt>>,
    pub(crate) relative_path: &'a str,
    pub(crate) keys: &'a KeyRing,
    pub(crate) family: Family,
}

impl Probe<'_> {
    pub(crate) fn run(&self) -> Result<Opened, OpenError> {
        let salt = self.start.salt();
        let mut candidates = self.keys.candidates_for(self.relative_path, &salt);
        self.add_computed(&mut candidates);
        let sniffed = match self.start.wrapper {
            Some(_) => None,
            None => sniff::looks_like(&self.start.first),
        };
        // Ciphertext can begin like another format by chance, once in many million files; then its length still fits.
        let body = self.start.length.saturating_sub(self.start.base);
        let may_be_chance = body.is_multiple_of(1024) && sniff::is_random(&self.start.first);
        if let Some(looks_like) = sniffed
            && (!may_be_chance || candidates.is_empty())
        {
            return Err(OpenError::NotADatabase { looks_like });
        }
        let profiles = self.profiles();
        if profiles.is_empty() {
            return Err(OpenError::TooShort {
                length: self.start.length,
            });
        }
        let mut tried = 0;
        let mut search = |page: u32, stored: &[u8]| {
            self.search(&profiles, &candidates, &salt, &mut tried, page, stored)
        };
        if let Some(opened) = search(1, &self.start.first) {
            return Ok(opened);
        }
        // Page 1 may be torn while its newer copy in the log is whole.
        if let Some(logged) = self.wal.and_then(first_page_of_log)
            && logged.starts_with(&salt)
            && let Some(opened) = search(1, &logged)
        {
            return Ok(opened);
        }
        // A key that opens a later page is right, and page 1 is what is wrong.
        for page in [2, 3] {
            if search(page, &self.start.first).is_some() {
                return Err(PageError::Mac { page: 1 }.into());
            }
        }
        Err(match sniffed {
            Some(looks_like) => OpenError::NotADatabase { looks_like },
            None => self.failure(&salt, &candidates, tried),
        })
    }

    /// Tries every key with every profile on one page of `stored`, which starts with page 1.
    fn search(
        &self,
        profiles: &[&'static Profile],
        candidates: &[Candidate],
        salt: &[u8; SALT_BYTES],
        tried: &mut usize,
        page: u32,
        stored: &[u8],
    ) -> Option<Opened> {
        for profile in profiles {
            let size = profile.page_size as usize;
            let place = stored.chunks_exact(size).nth(page as usize - 1);
            let Some(place) = place.filter(|_| page == 1 || profile.page_hash.is_some()) else {
                continue;
            };
            for candidate in candidates
                .iter()
                .filter(|candidate| is_affordable(profile, candidate.origin))
            {
                for input in candidate.key.inputs(profile) {
                    *tried += usize::from(page == 1);
                    if let Some(cipher) = self.attempt(profile, &input, salt, page, place) {
                        self.remember(profile, candidate);
                        return Some(Opened {
                            cipher,
                            profile,
                            origin: candidate.origin,
                            salt: *salt,
                        });
                    }
                }
            }
        }
        None
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
        let is_wrapped = self.start.wrapper.is_some();
        if !is_wrapped && !matches!(self.family, Family::QqNt | Family::Any) {
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
        number: u32,
        page: &[u8],
    ) -> Option<PageCipher> {
        let cache = self.keys.cache();
        let key = match profile.key_use {
            KeyUse::Direct => zeroize::Zeroizing::new(<[u8; 32]>::try_from(input).ok()?),
            KeyUse::DerivedBytes { rounds } | KeyUse::DerivedText { rounds } => {
                cache.derive(profile.key_hash, input, salt, rounds)
            }
        };
        let cipher = PageCipher::new(profile, &key, salt);
        let fits = match profile.page_hash {
            Some(_) => cipher.verify(number, page),
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
        let is_foreign = candidates.is_empty() && self.keys.has_foreign_salt(salt);
        let is_given = candidates
            .iter()
            .any(|candidate| candidate.origin != KeyOrigin::OtherPath);
        let is_unlisted =
            self.keys.has_paths() && !self.keys.has_path_for(self.relative_path) && !is_given;
        if is_wechat && has_image_key && !has_other && self.family != Family::WeChatBackup {
            OpenError::ImageKeyGiven
        } else if is_foreign || is_unlisted {
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

/// Keys listed for other files are direct keys or short passphrases as a rule, and there are many of them.
fn is_affordable(profile: &Profile, origin: KeyOrigin) -> bool {
    origin != KeyOrigin::OtherPath || profile.key_use.rounds() <= 4_000
}

/// For pages without a code: whether the header that a key gives could be one. Source: published descriptions of the container, see `wechat_pc4/FORMAT.md`
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
