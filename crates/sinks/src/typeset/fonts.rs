//! Which fonts there are, and which of them shows a character.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::FaceId;
use super::face::{Face, has_character};
use crate::{FontPlaces, WriteError};

/// Faces that read well for Chinese, in the order of preference, on Linux, macOS and Windows.
const CHINESE: [&str; 18] = [
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "DengXian",
    "Heiti SC",
    "STHeiti",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Noto Sans CJK TC",
    "Noto Sans CJK JP",
    "SimHei",
    "Microsoft JhengHei",
    "SimSun",
];

/// Faces of emoji, coloured ones first.
const EMOJI: [&str; 6] = [
    "Noto Color Emoji",
    "Apple Color Emoji",
    "Segoe UI Emoji",
    "Twemoji Mozilla",
    "Noto Emoji",
    "Symbola",
];

/// Faces for what the Chinese one does not have; after them every other face is asked.
const OTHERS: [&str; 10] = [
    "Noto Sans",
    "DejaVu Sans",
    "Segoe UI",
    "Helvetica Neue",
    "Arial",
    "Noto Sans Arabic",
    "Geeza Pro",
    "Liberation Sans",
    "Arial Unicode MS",
    "Segoe UI Symbol",
];

/// A face must have these to count as Chinese.
const CHINESE_SAMPLE: [char; 2] = ['的', '图'];

/// Larger font files are left alone.
const MAX_FONT_BYTES: u64 = 256 * 1024 * 1024;

/// So many faces are taken into use at most; characters of further ones are shown as code points.
const MAX_FACES: usize = 64;

/// What a character is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wanted {
    /// Running text.
    Regular,
    /// Names and headings.
    Bold,
    /// A small picture.
    Emoji,
}

/// Which fonts there are, and which of them shows a character.
pub(crate) struct Fonts {
    database: fontdb::Database,
    files: FxHashMap<PathBuf, Option<Arc<Vec<u8>>>>,
    loaded: FxHashMap<(fontdb::ID, bool), Option<FaceId>>,
    faces: Vec<Face>,
    regular: Vec<fontdb::ID>,
    bold: Vec<fontdb::ID>,
    emoji: Vec<fontdb::ID>,
    /// Every face, asked last.
    rest: Vec<fontdb::ID>,
    found: FxHashMap<(char, Wanted), Option<FaceId>>,
    /// Characters that no face has, as often as they were wanted.
    pub(crate) missing: u64,
}

impl Fonts {
    /// Looks for fonts.
    ///
    /// # Errors
    /// [`WriteError::NoFont`] when none of them shows Chinese.
    pub(crate) fn find(places: &FontPlaces) -> Result<Self, WriteError> {
        let mut database = fontdb::Database::new();
        let mut own = Vec::new();
        for file in &places.files {
            let from = database.len();
            database
                .load_font_file(file)
                .map_err(WriteError::at(file))?;
            if database.len() == from {
                return Err(WriteError::BadFont(file.clone()));
            }
            own.extend(
                database
                    .faces()
                    .filter(|face| is_of(&face.source, file))
                    .map(|face| face.id),
            );
        }
        for folder in &places.folders {
            database.load_fonts_dir(folder);
        }
        let mut rest: Vec<&fontdb::FaceInfo> = database
            .faces()
            .filter(|face| face.style == fontdb::Style::Normal && !face.monospaced)
            .collect();
        // The order in which a disk lists its files must not show in a book.
        rest.sort_by(|one, other| {
            let key = |face: &fontdb::FaceInfo| {
                (
                    face.weight.0.abs_diff(400),
                    face.post_script_name.clone(),
                    face.index,
                )
            };
            key(one).cmp(&key(other))
        });
        let rest: Vec<fontdb::ID> = rest.into_iter().map(|face| face.id).collect();
        let mut fonts = Self {
            files: FxHashMap::default(),
            loaded: FxHashMap::default(),
            faces: Vec::new(),
            regular: Vec::new(),
            bold: Vec::new(),
            emoji: Vec::new(),
            found: FxHashMap::default(),
            missing: 0,
            rest,
            database,
        };
        fonts.choose(&own);
        if CHINESE_SAMPLE
            .iter()
            .any(|sample| fonts.face_for(*sample, Wanted::Regular).is_none())
        {
            return Err(WriteError::NoFont);
        }
        Ok(fonts)
    }

    /// Puts faces in the order in which they are asked.
    fn choose(&mut self, own: &[fontdb::ID]) {
        let own_of = |bold: bool, database: &fontdb::Database| -> Vec<fontdb::ID> {
            let mut faces: Vec<fontdb::ID> = own.to_vec();
            faces.sort_by_key(|id| {
                let weight = database.face(*id).map_or(400, |face| face.weight.0);
                weight.abs_diff(if bold { 700 } else { 400 })
            });
            faces
        };
        let named = |families: &[&str], weight: u16, database: &fontdb::Database| {
            let families = families.iter().filter_map(|family| {
                database.query(&fontdb::Query {
                    families: &[fontdb::Family::Name(family)],
                    weight: fontdb::Weight(weight),
                    ..fontdb::Query::default()
                })
            });
            families.collect::<Vec<_>>()
        };
        let database = &self.database;
        for (list, bold, weight) in [(&mut self.regular, false, 400), (&mut self.bold, true, 700)] {
            list.extend(own_of(bold, database));
            // One Chinese face is enough; a second one would only mix styles.
            let chinese = named(&CHINESE, weight, database).into_iter().find(|id| {
                database
                    .with_face_data(*id, |file, index| {
                        CHINESE_SAMPLE
                            .iter()
                            .all(|sample| has_character(file, index, *sample))
                    })
                    .unwrap_or(false)
            });
            list.extend(chinese);
            list.extend(named(&OTHERS, weight, database));
        }
        self.emoji = named(&EMOJI, 400, database);
    }

    /// The face.
    pub(crate) fn face(&mut self, id: FaceId) -> Option<&mut Face> {
        self.faces.get_mut(usize::from(id.0))
    }

    /// All faces in use, in the order of their ids.
    pub(crate) fn faces(&self) -> &[Face] {
        &self.faces
    }

    /// The face that shows a character; `None` when there is none.
    pub(crate) fn face_for(&mut self, character: char, wanted: Wanted) -> Option<FaceId> {
        if let Some(known) = self.found.get(&(character, wanted)) {
            return *known;
        }
        let lists = match wanted {
            Wanted::Regular => [&self.regular, &self.emoji, &self.rest],
            Wanted::Bold => [&self.bold, &self.emoji, &self.rest],
            Wanted::Emoji => [&self.emoji, &self.regular, &self.rest],
        };
        let candidates: Vec<fontdb::ID> = lists.into_iter().flatten().copied().collect();
        let found = candidates.into_iter().find_map(|id| {
            let has_it = self
                .database
                .with_face_data(id, |file, index| has_character(file, index, character))?;
            has_it
                .then(|| self.load(id, wanted == Wanted::Bold))
                .flatten()
        });
        self.found.insert((character, wanted), found);
        found
    }

    /// Takes a face into use.
    fn load(&mut self, id: fontdb::ID, is_bold: bool) -> Option<FaceId> {
        if let Some(known) = self.loaded.get(&(id, is_bold)) {
            return *known;
        }
        let face = self.read(id, is_bold);
        let loaded = face
            .filter(|_| self.faces.len() < MAX_FACES)
            .and_then(|face| {
                let number = u16::try_from(self.faces.len()).ok()?;
                self.faces.push(face);
                Some(FaceId(number))
            });
        self.loaded.insert((id, is_bold), loaded);
        loaded
    }

    fn read(&mut self, id: fontdb::ID, is_bold: bool) -> Option<Face> {
        let (source, index) = self.database.face_source(id)?;
        let fontdb::Source::File(path) = source else {
            return None;
        };
        let file = self
            .files
            .entry(path)
            .or_insert_with_key(|path| read_font(path));
        Face::new(
            Arc::clone(file.as_ref()?),
            index,
            if is_bold { 700.0 } else { 400.0 },
        )
    }
}

fn is_of(source: &fontdb::Source, file: &Path) -> bool {
    matches!(source, fontdb::Source::File(path) if path == file)
}

fn read_font(path: &Path) -> Option<Arc<Vec<u8>>> {
    let size = std::fs::metadata(path).ok()?.len();
    (size <= MAX_FONT_BYTES)
        .then(|| std::fs::read(path).ok().map(Arc::new))
        .flatten()
}
