//! The bag: what its manifests list is there, nothing else is, and every byte is the one that was written.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};

use hutong_model::Digest;
use hutong_model::hcx::HcxHeader;
use sha2::{Digest as _, Sha256};

use super::container::{Container, size_of};
use super::flaw::{Flaw, FlawCode};

/// Longest line of records.
pub(super) const MAX_LINE_BYTES: usize = 64 << 20;
/// Largest file that describes the bag, the manifest of the payload excepted.
const MAX_TAG_BYTES: u64 = 1 << 20;
/// The manifest of the payload: some 150 bytes for each file.
const MAX_MANIFEST_BYTES: u64 = 1 << 30;
const DECLARATION: &[u8] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
const MANIFEST: &str = "manifest-sha256.txt";
const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
pub(super) const HEADER: &str = "data/hcx.json";
/// Files that every payload has.
const RECORD_FILES: [&str; 4] = [
    "data/accounts.jsonl",
    "data/changes.jsonl",
    "data/conversations.jsonl",
    "data/memberships.jsonl",
];
/// The major version that is understood.
const MAJOR: u32 = 1;

/// What a bag says of itself, once that holds.
pub(super) struct Bag {
    pub(super) header: HcxHeader,
    /// Files of messages, in order.
    pub(super) messages: Vec<String>,
    /// Digest of every file of the payload.
    manifest: BTreeMap<String, Digest>,
}

/// Takes a line, with its number.
pub(super) type GiveLine<'a> = dyn FnMut(u64, &[u8]) -> Result<(), Flaw> + 'a;

/// A manifest: path and digest.
type Manifest = BTreeMap<String, Digest>;

impl Bag {
    /// Reads what describes the bag, and its header. The payload's bytes are not looked at yet.
    pub(super) fn open(container: &dyn Container) -> Result<Self, Flaw> {
        for needed in ["bagit.txt", "bag-info.txt", MANIFEST, TAG_MANIFEST] {
            if size_of(container, needed).is_none() {
                return Err(Flaw::new(FlawCode::Missing, needed, "is missing"));
            }
        }
        let tags = parse_manifest(
            &read_small(container, TAG_MANIFEST, MAX_TAG_BYTES)?,
            TAG_MANIFEST,
        )?;
        for needed in ["bagit.txt", "bag-info.txt", MANIFEST] {
            if !tags.contains_key(needed) {
                let what = format!("does not list {needed}");
                return Err(Flaw::new(FlawCode::Bag, TAG_MANIFEST, what));
            }
        }
        for (path, digest) in &tags {
            if path.starts_with("data/") || path == TAG_MANIFEST {
                return Err(Flaw::new(
                    FlawCode::Bag,
                    TAG_MANIFEST,
                    format!("lists {path}"),
                ));
            }
            if size_of(container, path).is_none() {
                return Err(Flaw::new(FlawCode::Missing, path, "is missing"));
            }
            if digest_of(container, path)?.0 != *digest {
                return Err(changed(path));
            }
        }
        if read_small(container, "bagit.txt", MAX_TAG_BYTES)? != DECLARATION {
            return Err(Flaw::new(
                FlawCode::Bag,
                "bagit.txt",
                "does not declare BagIt 1.0 in UTF-8",
            ));
        }
        let manifest = parse_manifest(
            &read_small(container, MANIFEST, MAX_MANIFEST_BYTES)?,
            MANIFEST,
        )?;
        let mut messages = Vec::new();
        let mut payload = (0_u64, 0_u64);
        for (path, size) in container.files() {
            let Some(inside) = path.strip_prefix("data/") else {
                if path == "fetch.txt" {
                    return Err(Flaw::new(FlawCode::Bag, path, "HCX files fetch nothing"));
                }
                if path != TAG_MANIFEST && !tags.contains_key(path) {
                    return Err(Flaw::new(FlawCode::Extra, path, "stands in no manifest"));
                }
                continue;
            };
            if !manifest.contains_key(path) {
                return Err(Flaw::new(FlawCode::Extra, path, "stands in no manifest"));
            }
            payload = (payload.0.saturating_add(*size), payload.1 + 1);
            match kind_of(path, inside) {
                Kind::Messages => messages.push(path.clone()),
                Kind::Known => {}
                Kind::Unknown => {
                    return Err(Flaw::new(
                        FlawCode::Extra,
                        path,
                        "is no file of HCX 1.0; extensions stand in data/ext/",
                    ));
                }
            }
        }
        for path in manifest.keys() {
            if !path.starts_with("data/") {
                return Err(Flaw::new(
                    FlawCode::Bag,
                    MANIFEST,
                    format!("lists {path}, which is no payload"),
                ));
            }
            if size_of(container, path).is_none() {
                return Err(Flaw::new(FlawCode::Missing, path, "is missing"));
            }
        }
        for needed in RECORD_FILES.iter().chain([&HEADER]) {
            if !manifest.contains_key(*needed) {
                return Err(Flaw::new(FlawCode::Missing, needed, "is missing"));
            }
        }
        check_info(
            &read_small(container, "bag-info.txt", MAX_TAG_BYTES)?,
            payload,
        )?;
        let bag = Self {
            header: read_header(container, manifest.get(HEADER))?,
            messages,
            manifest,
        };
        bag.check_numbering()?;
        Ok(bag)
    }

    /// Files of messages are numbered from 1 without a gap.
    fn check_numbering(&self) -> Result<(), Flaw> {
        for (index, path) in self.messages.iter().enumerate() {
            let wanted = format!("data/messages/{:06}.jsonl", index + 1);
            if *path != wanted {
                return Err(Flaw::new(FlawCode::Missing, &wanted, "is missing"));
            }
        }
        Ok(())
    }

    /// Every file of the payload.
    pub(super) fn payload(&self) -> impl Iterator<Item = &str> {
        self.manifest.keys().map(String::as_str)
    }

    /// Whether this content is in the bag.
    pub(super) fn has_blob(&self, digest: &Digest) -> bool {
        self.manifest.contains_key(&format!("data/blobs/{digest}"))
    }

    /// How many contents are in the bag.
    pub(super) fn blobs(&self) -> u64 {
        let blobs = self
            .payload()
            .filter(|path| path.starts_with("data/blobs/"));
        blobs.count() as u64
    }

    /// Compares a file with the manifest, and a content with its name.
    pub(super) fn check_file(&self, container: &dyn Container, path: &str) -> Result<u64, Flaw> {
        let (digest, size) = digest_of(container, path)?;
        if self.manifest.get(path) != Some(&digest) {
            return Err(changed(path));
        }
        if let Some(name) = path.strip_prefix("data/blobs/")
            && name != digest.to_string()
        {
            return Err(Flaw::new(
                FlawCode::Digest,
                path,
                "is not named by its own digest",
            ));
        }
        Ok(size)
    }

    /// Gives each line of a file of records, without its line end, to `give`; compares the file with the manifest.
    pub(super) fn lines(
        &self,
        container: &dyn Container,
        path: &str,
        give: &mut GiveLine<'_>,
    ) -> Result<u64, Flaw> {
        let io = |error: std::io::Error| Flaw::io(path, &error);
        let stated = size_of(container, path).unwrap_or(0);
        let mut hashing = Hashing {
            inner: container.open(path).map_err(io)?,
            hasher: Sha256::new(),
            size: 0,
        };
        let mut reader = BufReader::with_capacity(1 << 17, &mut hashing);
        let mut line = Vec::new();
        let mut number = 0;
        loop {
            line.clear();
            let limit = MAX_LINE_BYTES as u64 + 2;
            (&mut reader)
                .take(limit)
                .read_until(b'\n', &mut line)
                .map_err(io)?;
            if line.is_empty() {
                break;
            }
            number += 1;
            let flaw = |code, what: &str| Flaw::new(code, path, what).at_line(number);
            if line.len() > MAX_LINE_BYTES + 1 {
                return Err(flaw(FlawCode::Limit, "is longer than 64 MiB"));
            }
            let Some(text) = line.strip_suffix(b"\n") else {
                return Err(flaw(FlawCode::Lines, "the last line does not end"));
            };
            if text.is_empty() {
                return Err(flaw(FlawCode::Lines, "is empty"));
            }
            if text.ends_with(b"\r") {
                return Err(flaw(
                    FlawCode::Lines,
                    "ends with CR LF, LF alone must stand there",
                ));
            }
            if text.starts_with(b"\xef\xbb\xbf") {
                return Err(flaw(FlawCode::Lines, "begins with a byte order mark"));
            }
            give(number, text)?;
            line.shrink_to(1 << 20);
        }
        drop(reader);
        let size = hashing.size;
        let digest = Digest(hashing.hasher.finalize().into());
        if size != stated || self.manifest.get(path) != Some(&digest) {
            return Err(changed(path));
        }
        Ok(number)
    }
}

/// What a file of the payload is.
enum Kind {
    Messages,
    Known,
    Unknown,
}

fn kind_of(path: &str, inside: &str) -> Kind {
    if let Some(name) = inside.strip_prefix("messages/") {
        let number = name.strip_suffix(".jsonl").unwrap_or_default();
        let is_number = number.len() == 6 && number.bytes().all(|byte| byte.is_ascii_digit());
        return if is_number {
            Kind::Messages
        } else {
            Kind::Unknown
        };
    }
    if let Some(name) = inside.strip_prefix("blobs/") {
        return match Digest::from_hex(name) {
            Some(_) => Kind::Known,
            None => Kind::Unknown,
        };
    }
    if RECORD_FILES.contains(&path) || path == HEADER || inside.starts_with("ext/") {
        Kind::Known
    } else {
        Kind::Unknown
    }
}

fn changed(path: &str) -> Flaw {
    Flaw::new(
        FlawCode::Digest,
        path,
        "is not the file that was written: its bytes do not have the digest in the manifest",
    )
}

/// Reads and hashes.
struct Hashing<R> {
    inner: R,
    hasher: Sha256,
    size: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        self.size += count as u64;
        Ok(count)
    }
}

/// Digest and size of a file; the size must be the one that the container states.
fn digest_of(container: &dyn Container, path: &str) -> Result<(Digest, u64), Flaw> {
    let io = |error: std::io::Error| Flaw::io(path, &error);
    let mut reader = container.open(path).map_err(io)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 17];
    let mut size = 0;
    loop {
        let count = reader.read(&mut piece).map_err(io)?;
        let read = piece.get(..count).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        hasher.update(read);
        size += count as u64;
    }
    if Some(size) != size_of(container, path) {
        return Err(Flaw::new(
            FlawCode::Container,
            path,
            "has another size than the container says",
        ));
    }
    Ok((Digest(hasher.finalize().into()), size))
}

fn read_small(container: &dyn Container, path: &str, limit: u64) -> Result<Vec<u8>, Flaw> {
    let io = |error: std::io::Error| Flaw::io(path, &error);
    let mut bytes = Vec::new();
    container
        .open(path)
        .map_err(io)?
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > limit {
        return Err(Flaw::new(FlawCode::Limit, path, "is too large"));
    }
    Ok(bytes)
}

/// Reads a manifest: a digest, two spaces, a path on each line.
fn parse_manifest(bytes: &[u8], file: &str) -> Result<Manifest, Flaw> {
    let bad = |line: usize, what: &str| {
        Err(Flaw::new(FlawCode::Bag, file, what).at_line(line as u64 + 1))
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return bad(0, "the file is not UTF-8");
    };
    if !text.is_empty() && !text.ends_with('\n') {
        return bad(
            text.lines().count().saturating_sub(1),
            "the last line does not end",
        );
    }
    let mut manifest = Manifest::new();
    for (number, line) in text.split_terminator('\n').enumerate() {
        let Some((digest, path)) = line.split_once("  ") else {
            return bad(number, "is no digest and path");
        };
        let Some(digest) = Digest::from_hex(digest) else {
            return bad(
                number,
                "does not begin with a SHA-256 in lower-case hexadecimal",
            );
        };
        let is_odd = |piece: &str| piece.is_empty() || piece == "." || piece == "..";
        let is_plain = path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'%' && byte != b':');
        if !is_plain || path.split('/').any(is_odd) {
            return Err(
                Flaw::new(FlawCode::Path, file, "names a path that it must not")
                    .at_line(number as u64 + 1),
            );
        }
        if manifest.insert(path.to_owned(), digest).is_some() {
            return bad(number, "names a file for the second time");
        }
    }
    Ok(manifest)
}

/// The bag says how many bytes and files its payload has.
fn check_info(bytes: &[u8], payload: (u64, u64)) -> Result<(), Flaw> {
    let bad = |what: &str| Err(Flaw::new(FlawCode::Bag, "bag-info.txt", what));
    let Ok(text) = std::str::from_utf8(bytes) else {
        return bad("the file is not UTF-8");
    };
    let mut stated = text
        .lines()
        .filter_map(|line| line.strip_prefix("Payload-Oxum: "));
    match (stated.next(), stated.next()) {
        (Some(oxum), None) if oxum == format!("{}.{}", payload.0, payload.1) => Ok(()),
        (Some(_), None) => bad("Payload-Oxum is not what the payload adds up to"),
        _ => bad("Payload-Oxum must stand there once"),
    }
}

fn read_header(container: &dyn Container, digest: Option<&Digest>) -> Result<HcxHeader, Flaw> {
    let bytes = read_small(container, HEADER, MAX_TAG_BYTES)?;
    if digest != Some(&Digest::of(&bytes)) {
        return Err(changed(HEADER));
    }
    let Some(line) = bytes.strip_suffix(b"\n") else {
        return Err(Flaw::new(
            FlawCode::Lines,
            HEADER,
            "does not end with a line end",
        ));
    };
    let header = HcxHeader::read(line).map_err(|fault| {
        let mut flaw = Flaw::of_fault(&fault, HEADER, 1);
        if flaw.code == FlawCode::Record {
            flaw.code = FlawCode::Header;
        }
        flaw
    });
    // A later version may say things that this one does not understand: its number comes first.
    let version = hutong_model::hcx::Value::parse(line)
        .ok()
        .and_then(|value| value.get("version")?.as_str().map(str::to_owned));
    if let Some(version) = version {
        let stated = HcxHeader {
            version,
            ..HcxHeader::default()
        };
        match stated.major() {
            Some(MAJOR) => {}
            Some(major) => {
                let what = format!("is of version {major}; this program reads version {MAJOR}");
                return Err(Flaw::new(FlawCode::Version, HEADER, what));
            }
            None => {
                return Err(Flaw::new(
                    FlawCode::Header,
                    HEADER,
                    "the version is no two numbers with a dot",
                ));
            }
        }
    }
    header
}
