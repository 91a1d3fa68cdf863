//! Finds the files that messages speak of, in the folders where QQ keeps them.
//!
//! Media lie in folders by kind and month (`Pic/2024-05/Ori`). Names are compared without regard to case. Each folder is
//! listed once and kept as one block of text with a table of hashes, so that half a million pictures take tens of
//! megabytes and not hundreds.

use std::hash::Hasher;
use std::sync::Arc;

use hutong_model::{Attachment, ContentHandle, Timestamp};
use rustc_hash::{FxHashMap, FxHasher};

use super::account_folder::{MediaInput, join};

/// Months are those of the user's clock; nearly all users live in UTC+8.
const CLOCK_OFFSET_MS: i64 = 8 * 3600 * 1000;
/// A name inside a longer name counts in folders up to this many files.
const SUBSTRING_LIMIT: usize = 2_000;
/// Shorter stems are found inside too many names.
const SUBSTRING_STEM: usize = 12;

/// What kind of file is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Picture,
    Sticker,
    Voice,
    Video,
    File,
}

/// The names that a file may go by, strongest first; empty ones are passed over.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Names<'a> {
    /// File name that the message states.
    pub(super) name: &'a str,
    /// MD5 of the content in hexadecimal.
    pub(super) md5: &'a str,
    /// Path on the user's device, of which only the part inside the media folder means anything.
    pub(super) path: &'a str,
}

/// The media folder of an account.
#[derive(Debug)]
pub(super) struct Media<'a> {
    input: MediaInput<'a>,
    base: String,
    folders: FxHashMap<Box<str>, Arc<Folder>>,
    /// Month folders of `Emoji/emoji-recv`, newest first.
    sticker_months: Option<Arc<Vec<String>>>,
}

impl<'a> Media<'a> {
    pub(super) fn new((input, base): (MediaInput<'a>, String)) -> Self {
        Self {
            input,
            base,
            folders: FxHashMap::default(),
            sticker_months: None,
        }
    }

    /// The file itself.
    pub(super) fn original(
        &mut self,
        kind: Kind,
        names: Names<'_>,
        at: Timestamp,
        into: &mut Attachment,
    ) {
        let found = self.by_tail(names.path).or_else(|| match kind {
            Kind::Picture => self.by_month("Pic", "Ori", names, at),
            Kind::Sticker => self
                .sticker("Ori", names, at)
                .or_else(|| self.by_month("Pic", "Ori", names, at)),
            Kind::Voice => self.by_month("Ptt", "Ori", names, at),
            Kind::Video => self.by_month("Video", "Ori", names, at),
            Kind::File => self.in_folder("File/Ori", names),
        });
        self.fill(found, into);
    }

    /// The file at a path of the user's device, if it lies in the media folder.
    pub(super) fn at_path(&mut self, path: &str) -> Option<Attachment> {
        let found = self.by_tail(path)?;
        self.found(found)
    }

    /// The small picture of a picture or film.
    pub(super) fn thumbnail(
        &mut self,
        kind: Kind,
        names: Names<'_>,
        at: Timestamp,
    ) -> Option<Attachment> {
        let stems = [stem(plain_name(names.name)), names.md5];
        let found = stems
            .into_iter()
            .filter(|stem| !stem.is_empty())
            .find_map(|stem| {
                ["_720", "_198", "_0"].into_iter().find_map(|ending| {
                    let name = format!("{stem}{ending}");
                    let names = Names {
                        name: &name,
                        ..Names::default()
                    };
                    match kind {
                        Kind::Video => self.by_month("Video", "Thumb", names, at),
                        Kind::Sticker => self.sticker("Thumb", names, at),
                        Kind::File => self.in_folder("File/Thumb", names),
                        _ => self.by_month("Pic", "Thumb", names, at),
                    }
                })
            })?;
        self.found(found)
    }

    fn found(&self, path: String) -> Option<Attachment> {
        let mut attachment = Attachment::default();
        self.fill(Some(path), &mut attachment);
        attachment.content.is_some().then_some(attachment)
    }

    /// A sticker of the sticker shop. QQ may store it scrambled, so only a file that begins like a picture is taken.
    pub(super) fn market_face(&mut self, pack: &str, id: &str, into: &mut Attachment) {
        let folder = join("Emoji/marketface", plain_name(pack));
        let Some(path) = self.in_folder(
            &folder,
            Names {
                name: plain_name(id),
                ..Names::default()
            },
        ) else {
            return;
        };
        let first = self.input.first_bytes(&path, 12).unwrap_or_default();
        if looks_like_picture(&first) {
            self.fill(Some(path), into);
        }
    }

    fn fill(&self, path: Option<String>, into: &mut Attachment) {
        let Some(path) = path else { return };
        let Some(content) = self.input.content(&path) else {
            return;
        };
        if let Some(size) = self.input.size_bytes(&path) {
            into.size_bytes = Some(size);
        }
        into.path = Some(path);
        into.content = Some(ContentHandle(Arc::new(content)));
    }

    /// `C:\…\nt_qq\nt_data\Pic\2024-05\Ori\A.jpg` → the same file in our media folder.
    fn by_tail(&mut self, path: &str) -> Option<String> {
        let lower = path.to_ascii_lowercase().replace('\\', "/");
        let start = lower.rfind("nt_data/")? + "nt_data/".len();
        let tail = path.get(start..)?.replace('\\', "/");
        let (folder, name) = tail.rsplit_once('/')?;
        if tail.split('/').any(|piece| piece == "..") {
            return None;
        }
        let found = self.folder(folder)?.exact(name)?;
        Some(join(&join(&self.base, folder), &found))
    }

    fn by_month(
        &mut self,
        kind: &str,
        size: &str,
        names: Names<'_>,
        at: Timestamp,
    ) -> Option<String> {
        let (year, month, _) = Timestamp(at.0.saturating_add(CLOCK_OFFSET_MS)).date();
        [0, -1, 1].into_iter().find_map(|step| {
            let months = year * 12 + i64::from(month) - 1 + step;
            let folder = format!(
                "{kind}/{:04}-{:02}/{size}",
                months.div_euclid(12),
                months.rem_euclid(12) + 1
            );
            self.in_folder(&folder, names)
        })
    }

    /// Received stickers are kept under the month in which they were first seen.
    fn sticker(&mut self, size: &str, names: Names<'_>, at: Timestamp) -> Option<String> {
        if let Some(found) = self.by_month("Emoji/emoji-recv", size, names, at) {
            return Some(found);
        }
        let months = match &self.sticker_months {
            Some(months) => Arc::clone(months),
            None => {
                let mut months = self
                    .input
                    .folder_names(&join(&self.base, "Emoji/emoji-recv"));
                months.reverse();
                Arc::clone(self.sticker_months.insert(Arc::new(months)))
            }
        };
        months
            .iter()
            .find_map(|month| self.in_folder(&format!("Emoji/emoji-recv/{month}/{size}"), names))
    }

    /// The file by its name, then by its stem, then by its digest, then inside a longer name.
    fn in_folder(&mut self, folder: &str, names: Names<'_>) -> Option<String> {
        let listed = self.folder(folder)?;
        let name = plain_name(names.name);
        let bare = name.trim_start_matches('{').replace('}', "");
        let found = listed
            .exact(name)
            .or_else(|| listed.by_stem(stem(name)))
            .or_else(|| listed.by_stem(stem(&bare)))
            .or_else(|| listed.by_stem(names.md5))
            .or_else(|| listed.inside(stem(&bare)))?;
        Some(join(&join(&self.base, folder), &found))
    }

    fn folder(&mut self, folder: &str) -> Option<Arc<Folder>> {
        if let Some(known) = self.folders.get(folder) {
            return Some(Arc::clone(known)).filter(|known| !known.entries.is_empty());
        }
        let listed = Arc::new(Folder::new(
            &self.input.file_names(&join(&self.base, folder)),
        ));
        self.folders.insert(folder.into(), Arc::clone(&listed));
        Some(listed).filter(|listed| !listed.entries.is_empty())
    }
}

/// The names in one folder.
#[derive(Debug, Default)]
struct Folder {
    text: String,
    /// Hash of the lower-case stem, start and length of the name in `text`; sorted.
    entries: Vec<(u64, u32, u16)>,
}

impl Folder {
    fn new(names: &[String]) -> Self {
        let mut folder = Self::default();
        for name in names {
            let (Ok(start), Ok(length)) =
                (u32::try_from(folder.text.len()), u16::try_from(name.len()))
            else {
                continue;
            };
            folder.text.push_str(name);
            folder.entries.push((hash(stem(name)), start, length));
        }
        folder.entries.sort_unstable();
        folder
    }

    fn name(&self, (_, start, length): (u64, u32, u16)) -> &str {
        let start = start as usize;
        self.text
            .get(start..start + usize::from(length))
            .unwrap_or_default()
    }

    fn with_stem<'f>(&'f self, wanted: &'f str) -> impl Iterator<Item = &'f str> {
        let key = hash(wanted);
        let first = self.entries.partition_point(|entry| entry.0 < key);
        let equal = self
            .entries
            .iter()
            .skip(first)
            .take_while(move |entry| entry.0 == key);
        equal
            .map(|entry| self.name(*entry))
            .filter(move |name| stem(name).eq_ignore_ascii_case(wanted))
    }

    fn exact(&self, name: &str) -> Option<String> {
        let found = self
            .with_stem(stem(name))
            .find(|found| found.eq_ignore_ascii_case(name))?;
        Some(found.to_owned())
    }

    fn by_stem(&self, wanted: &str) -> Option<String> {
        if wanted.is_empty() {
            return None;
        }
        self.with_stem(wanted).next().map(str::to_owned)
    }

    fn inside(&self, wanted: &str) -> Option<String> {
        if wanted.len() < SUBSTRING_STEM || self.entries.len() > SUBSTRING_LIMIT {
            return None;
        }
        let wanted = wanted.to_ascii_lowercase();
        let found = self.entries.iter().map(|entry| self.name(*entry));
        found
            .into_iter()
            .find(|name| name.to_ascii_lowercase().contains(&wanted))
            .map(str::to_owned)
    }
}

fn hash(stem: &str) -> u64 {
    let mut hasher = FxHasher::default();
    for byte in stem.bytes() {
        hasher.write_u8(byte.to_ascii_lowercase());
    }
    hasher.finish()
}

/// The name without its ending.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// The last part of whatever stands where a name should.
fn plain_name(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or_default()
}

fn looks_like_picture(first: &[u8]) -> bool {
    let starts = |magic: &[u8]| first.starts_with(magic);
    starts(b"GIF8")
        || starts(b"\x89PNG")
        || starts(b"\xFF\xD8\xFF")
        || (starts(b"RIFF") && first.ends_with(b"WEBP"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_name_stem_and_part_without_case() {
        let names = ["0a1B.jpg", "0A1B.png", "prefix_0123456789AB_720.jpg"].map(str::to_owned);
        let folder = Folder::new(&names);
        assert_eq!(folder.exact("0A1B.JPG").as_deref(), Some("0a1B.jpg"));
        assert_eq!(folder.exact("0A1B.gif"), None);
        assert!(folder.by_stem("0a1b").is_some());
        assert!(folder.by_stem("0a1").is_none());
        assert_eq!(
            folder.inside("0123456789ab").as_deref(),
            Some("prefix_0123456789AB_720.jpg")
        );
    }

    #[test]
    fn only_the_last_part_of_a_name_counts() {
        assert_eq!(plain_name("..\\..\\secret.jpg"), "secret.jpg");
        assert_eq!(stem(".hidden"), ".hidden");
    }
}
