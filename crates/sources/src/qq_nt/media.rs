//! Finds the files that messages speak of, in the folders where QQ keeps them.
//!
//! Media lie in folders by kind and month (`Pic/2024-05/Ori`). Each kind is listed once, all months together, as one block
//! of text sorted by name without regard to case, so that half a million pictures take tens of megabytes and a look-up
//! takes no allocation.

use std::cmp::Ordering;
use std::sync::Arc;

use hutong_model::{Attachment, ContentHandle, Timestamp};
use rustc_hash::FxHashMap;

use super::account_folder::{AccountFolder, MediaInput, join};
use crate::Input;
use crate::qq::mobile_files::MobileFiles;

/// Months are those of the user's clock; nearly all users live in UTC+8.
const CLOCK_OFFSET_MS: i64 = 8 * 3600 * 1000;
/// A name inside a longer name counts among up to this many files.
const INSIDE_LIMIT: usize = 64;
/// Shorter stems are found inside too many names.
const INSIDE_STEM: usize = 12;

/// What kind of file is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Picture,
    Sticker,
    Voice,
    Video,
    File,
}

/// A group of folders that are listed together: by month, or one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shelf {
    Months(&'static str, &'static str),
    One(&'static str),
}

const PICTURES: Shelf = Shelf::Months("Pic", "Ori");
const STICKERS: Shelf = Shelf::Months("Emoji/emoji-recv", "Ori");
const VOICES: Shelf = Shelf::Months("Ptt", "Ori");
const VIDEOS: Shelf = Shelf::Months("Video", "Ori");
const FILES: Shelf = Shelf::One("File/Ori");
const PICTURE_THUMBS: Shelf = Shelf::Months("Pic", "Thumb");
const STICKER_THUMBS: Shelf = Shelf::Months("Emoji/emoji-recv", "Thumb");
const VIDEO_THUMBS: Shelf = Shelf::Months("Video", "Thumb");
const FILE_THUMBS: Shelf = Shelf::One("File/Thumb");
const SHELVES: [Shelf; 9] = [
    PICTURES,
    STICKERS,
    VOICES,
    VIDEOS,
    FILES,
    PICTURE_THUMBS,
    STICKER_THUMBS,
    VIDEO_THUMBS,
    FILE_THUMBS,
];

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
    shelves: FxHashMap<Shelf, Arc<Listing>>,
    /// The folders of a phone.
    mobile: Option<MobileFiles>,
}

impl<'a> Media<'a> {
    /// The media of an account, in the folder of a computer, in those of a phone, or nowhere.
    pub(super) fn find(folder: &AccountFolder, input: &'a Input) -> Option<Self> {
        let mobile = MobileFiles::find(input);
        let found = folder.media(input);
        if found.is_none() && mobile.is_none() {
            return None;
        }
        let (input, base) = found.unwrap_or((MediaInput::Same(input), "nt_data".to_owned()));
        Some(Self {
            input,
            base,
            shelves: FxHashMap::default(),
            mobile,
        })
    }

    /// The file itself.
    pub(super) fn original(
        &mut self,
        kind: Kind,
        names: Names<'_>,
        at: Timestamp,
        into: &mut Attachment,
    ) {
        let shelves: &[Shelf] = match kind {
            Kind::Picture => &[PICTURES],
            Kind::Sticker => &[STICKERS, PICTURES],
            Kind::Voice => &[VOICES],
            Kind::Video => &[VIDEOS],
            Kind::File => &[FILES],
        };
        let found = self.by_tail(names.path).or_else(|| {
            let month = month(at);
            shelves.iter().find_map(|shelf| {
                let listing = self.listing(*shelf);
                let name = plain_name(names.name);
                let found = listing.named(name, month).or_else(|| {
                    let is_new = !stem(name).eq_ignore_ascii_case(names.md5);
                    listing.named(names.md5, month).filter(|_| is_new)
                });
                found
                    .or_else(|| listing.inside(bare(stem(name))))
                    .map(str::to_owned)
            })
        });
        self.fill(found, into);
        if into.content.is_none()
            && let Some(mobile) = &self.mobile
        {
            if matches!(kind, Kind::Picture | Kind::Sticker) {
                let md5 = if names.md5.is_empty() {
                    bare(stem(plain_name(names.name)))
                } else {
                    names.md5
                };
                mobile.picture(md5, into);
            }
            if into.content.is_none() {
                mobile.at_path(names.path, into);
            }
        }
    }

    /// The small picture of a picture or film.
    pub(super) fn thumbnail(
        &mut self,
        kind: Kind,
        names: Names<'_>,
        at: Timestamp,
    ) -> Option<Attachment> {
        let listing = self.listing(match kind {
            Kind::Video => VIDEO_THUMBS,
            Kind::Sticker => STICKER_THUMBS,
            Kind::File => FILE_THUMBS,
            _ => PICTURE_THUMBS,
        });
        let month = month(at);
        let stem = bare(stem(plain_name(names.name)));
        let md5 = if stem.eq_ignore_ascii_case(names.md5) {
            ""
        } else {
            names.md5
        };
        let found = [stem, md5]
            .into_iter()
            .find_map(|stem| listing.thumbnail(stem, month));
        match found {
            Some(found) => self.found(found.to_owned()),
            None => self.mobile.as_ref()?.thumbnail(names.md5),
        }
    }

    /// The file at a path of the user's device, if it lies in the media folder.
    pub(super) fn at_path(&mut self, path: &str) -> Option<Attachment> {
        if let Some(found) = self.by_tail(path) {
            return self.found(found);
        }
        let mut attachment = Attachment::default();
        let mobile = self.mobile.as_ref()?;
        mobile.at_path(path, &mut attachment).then_some(attachment)
    }

    /// A sticker of the sticker shop. QQ may store it scrambled, so only a file that begins like a picture is taken.
    pub(super) fn market_face(&mut self, pack: &str, id: &str, into: &mut Attachment) {
        let path = format!("Emoji/marketface/{}/{}", plain_name(pack), plain_name(id));
        let Some(path) = self.input.real_path(&join(&self.base, &path)) else {
            return;
        };
        if looks_like_picture(&self.input.first_bytes(&path, 12).unwrap_or_default()) {
            self.take(path, into);
        }
    }

    fn found(&self, path: String) -> Option<Attachment> {
        let mut attachment = Attachment::default();
        self.fill(Some(path), &mut attachment);
        attachment.content.is_some().then_some(attachment)
    }

    /// Fills in a file found below the media folder.
    fn fill(&self, path: Option<String>, into: &mut Attachment) {
        if let Some(path) = path {
            self.take(join(&self.base, &path), into);
        }
    }

    fn take(&self, path: String, into: &mut Attachment) {
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
        let marker = "nt_data";
        let start = (0..path.len()).rev().find(|start| {
            path.get(*start..start + marker.len())
                .is_some_and(|piece| piece.eq_ignore_ascii_case(marker))
        })?;
        let tail = path
            .get(start + marker.len()..)?
            .strip_prefix(['/', '\\'])?
            .replace('\\', "/");
        if tail.split('/').any(|piece| piece == "..") {
            return None;
        }
        let shelf = SHELVES.iter().find(|shelf| shelf.holds(&tail))?;
        let listing = self.listing(*shelf);
        listing.at(&tail).map(str::to_owned)
    }

    fn listing(&mut self, shelf: Shelf) -> Arc<Listing> {
        if let Some(known) = self.shelves.get(&shelf) {
            return Arc::clone(known);
        }
        let mut listing = Listing::default();
        match shelf {
            Shelf::One(folder) => {
                listing.add(folder, &self.input.file_names(&join(&self.base, folder)));
            }
            Shelf::Months(kind, size) => {
                for month in self.input.folder_names(&join(&self.base, kind)) {
                    let folder = format!("{kind}/{month}/{size}");
                    listing.add(&folder, &self.input.file_names(&join(&self.base, &folder)));
                }
            }
        }
        listing.sort();
        let listing = Arc::new(listing);
        self.shelves.insert(shelf, Arc::clone(&listing));
        listing
    }
}

impl Shelf {
    /// Whether a path below the media folder lies here.
    fn holds(self, path: &str) -> bool {
        let starts = |path: &str, start: &str| {
            path.get(..start.len())
                .is_some_and(|piece| piece.eq_ignore_ascii_case(start))
                && path
                    .get(start.len()..)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        match self {
            Self::One(folder) => starts(path, folder),
            Self::Months(kind, size) => {
                let below = |path: &str| {
                    path.split_once('/')
                        .is_some_and(|(_, rest)| starts(rest, size))
                };
                starts(path, kind) && path.get(kind.len() + 1..).is_some_and(below)
            }
        }
    }
}

/// A path in a [`Listing`].
#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u32,
    length: u16,
    /// Where in the path the name begins.
    name: u16,
}

/// Paths below the media folder, sorted by file name.
#[derive(Debug, Default)]
struct Listing {
    text: String,
    entries: Vec<Entry>,
}

impl Listing {
    fn add(&mut self, folder: &str, names: &[String]) {
        for name in names {
            let entry = (
                u32::try_from(self.text.len()),
                u16::try_from(folder.len() + 1 + name.len()),
                u16::try_from(folder.len() + 1),
            );
            if let (Ok(start), Ok(length), Ok(name_start)) = entry {
                self.text.push_str(folder);
                self.text.push('/');
                self.text.push_str(name);
                self.entries.push(Entry {
                    start,
                    length,
                    name: name_start,
                });
            }
        }
    }

    fn sort(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_by(|one, other| lower(self.name(*one)).cmp(lower(self.name(*other))));
        self.entries = entries;
    }

    fn path(&self, entry: Entry) -> &str {
        let start = entry.start as usize;
        self.text
            .get(start..start + usize::from(entry.length))
            .unwrap_or_default()
    }

    fn name(&self, entry: Entry) -> &str {
        self.path(entry)
            .get(usize::from(entry.name)..)
            .unwrap_or_default()
    }

    /// Files whose name begins so: name and path.
    fn beginning<'l, 'w>(
        &'l self,
        wanted: &'w str,
    ) -> impl Iterator<Item = (&'l str, &'l str)> + use<'l, 'w> {
        let is_before =
            |entry: &Entry| lower(self.name(*entry)).cmp(lower(wanted)) == Ordering::Less;
        let first = self.entries.partition_point(is_before);
        let rest = self.entries.get(first..).unwrap_or_default().iter();
        rest.map(|entry| (self.name(*entry), self.path(*entry)))
            .take_while(move |(name, _)| begins(name, wanted))
    }

    /// The file of this name, else one with its stem, else one whose name goes on after the stem.
    fn named(&self, name: &str, month: i64) -> Option<&str> {
        let stem = bare(stem(name));
        if stem.is_empty() {
            return None;
        }
        let rank = |found: &str| {
            let rest = found.get(stem.len()..).unwrap_or_default();
            match (
                found.eq_ignore_ascii_case(name),
                rest.is_empty() || rest.starts_with('.'),
            ) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => 2,
            }
        };
        let is_long = stem.len() >= INSIDE_STEM;
        let found = self.beginning(stem).map(|(name, path)| (rank(name), path));
        let found =
            found.filter(|(rank, path)| (*rank < 2 || is_long) && is_near(path, stem, month));
        found
            .min_by_key(|(rank, path)| (*rank, distance(path, month)))
            .map(|(_, path)| path)
    }

    /// The largest of the small pictures of a stem.
    fn thumbnail(&self, stem: &str, month: i64) -> Option<&str> {
        if stem.is_empty() {
            return None;
        }
        let rank = |name: &str| {
            let rest = name.get(stem.len()..).unwrap_or_default();
            ["_720.", "_198.", "_0."]
                .iter()
                .position(|ending| rest.starts_with(ending))
        };
        let found = self
            .beginning(stem)
            .filter_map(|(name, path)| Some((rank(name)?, path)));
        let found = found.filter(|(_, path)| is_near(path, stem, month));
        found
            .min_by_key(|(rank, path)| (*rank, distance(path, month)))
            .map(|(_, path)| path)
    }

    /// The file at this very path.
    fn at(&self, path: &str) -> Option<&str> {
        let found = self.beginning(plain_name(path)).map(|(_, found)| found);
        found
            .into_iter()
            .find(|found| found.eq_ignore_ascii_case(path))
    }

    /// A file whose name holds `stem` somewhere; only among few.
    fn inside(&self, stem: &str) -> Option<&str> {
        if stem.len() < INSIDE_STEM || self.entries.len() > INSIDE_LIMIT {
            return None;
        }
        let wanted = stem.to_ascii_lowercase();
        let holds = |entry: &&Entry| self.name(**entry).to_ascii_lowercase().contains(&wanted);
        self.entries
            .iter()
            .find(holds)
            .map(|entry| self.path(*entry))
    }
}

fn lower(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}

fn begins(name: &str, start: &str) -> bool {
    name.as_bytes()
        .get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

/// Months between a path's folder and the message; folders that are no months are always right.
fn distance(path: &str, month: i64) -> i64 {
    month_in(path).map_or(0, |found| (found - month).abs())
}

/// A name that is no digest may return in another year as another file, so it counts only in the month itself and its
/// neighbours.
fn is_near(path: &str, stem: &str, month: i64) -> bool {
    distance(path, month) <= 1 || stem.bytes().filter(u8::is_ascii_hexdigit).count() >= 32
}

/// Months since year 0 of the user's clock.
fn month(at: Timestamp) -> i64 {
    let (year, month, _) = Timestamp(at.0.saturating_add(CLOCK_OFFSET_MS)).date();
    year * 12 + i64::from(month) - 1
}

/// The month in `Pic/2024-05/Ori/A.jpg`.
fn month_in(path: &str) -> Option<i64> {
    let folder = path.rsplit('/').nth(2)?;
    let (year, month) = folder.split_once('-')?;
    Some(year.parse::<i64>().ok()? * 12 + month.parse::<i64>().ok()? - 1)
}

/// The name without its ending.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// `{0A1B…}` without its braces.
fn bare(stem: &str) -> &str {
    stem.strip_prefix('{')
        .and_then(|stem| stem.strip_suffix('}'))
        .unwrap_or(stem)
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

    const DIGEST: &str = "0123456789abcdef0123456789abcdef";

    fn listing() -> Listing {
        let mut listing = Listing::default();
        listing.add(
            "Pic/2024-04/Ori",
            &["0a1B.jpg".to_owned(), format!("{DIGEST}.jpg")],
        );
        listing.add(
            "Pic/2024-05/Ori",
            &["0A1B.png", "a.jpg", "zz_abcdefghijkl_1.jpg"].map(str::to_owned),
        );
        listing.sort();
        listing
    }

    #[test]
    fn names_are_found_without_case_in_the_month_and_its_neighbours() {
        let (listing, may) = (listing(), 2024 * 12 + 4);
        assert_eq!(
            listing.named("0A1B.JPG", may),
            Some("Pic/2024-04/Ori/0a1B.jpg")
        );
        assert_eq!(listing.named("0A1B.JPG", may + 6), None);
        assert_eq!(
            listing.named("{0A1B}.gif", may),
            Some("Pic/2024-05/Ori/0A1B.png")
        );
        assert_eq!(listing.named("0a1.jpg", may), None);
        assert_eq!(listing.named("", may), None);
        assert_eq!(
            listing.inside("ABCDEFGHIJKL"),
            Some("Pic/2024-05/Ori/zz_abcdefghijkl_1.jpg")
        );
        assert_eq!(
            listing.at("pic/2024-05/ori/A.JPG"),
            Some("Pic/2024-05/Ori/a.jpg")
        );
    }

    #[test]
    fn a_digest_is_found_whatever_the_month() {
        let found = listing().named(DIGEST, 0).map(str::to_owned);
        assert_eq!(found.unwrap(), format!("Pic/2024-04/Ori/{DIGEST}.jpg"));
    }

    #[test]
    fn the_largest_small_picture_is_taken() {
        let mut listing = Listing::default();
        listing.add(
            "Pic/2024-05/Thumb",
            &["ab_0.jpg", "ab_198.jpg", "abc_720.jpg"].map(str::to_owned),
        );
        listing.sort();
        assert_eq!(
            listing.thumbnail("AB", 2024 * 12 + 4),
            Some("Pic/2024-05/Thumb/ab_198.jpg")
        );
    }

    #[test]
    fn only_the_last_part_of_a_name_counts() {
        assert_eq!(plain_name("..\\..\\secret.jpg"), "secret.jpg");
        assert_eq!(stem(".hidden"), ".hidden");
        assert_eq!(bare("{A-B}"), "A-B");
    }

    #[test]
    fn shelves_know_their_paths() {
        assert!(PICTURES.holds("Pic/2024-05/Ori/a.jpg"));
        assert!(!PICTURES.holds("Pic/2024-05/Thumb/a.jpg"));
        assert!(FILES.holds("File/Ori/a.docx"));
        assert!(STICKERS.holds("Emoji/emoji-recv/2024-05/Ori/a.gif"));
        assert!(!FILES.holds("Filed"));
    }
}
