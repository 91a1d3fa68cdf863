//! One font face, ready to be asked for glyphs.

use std::sync::Arc;

use harfrust::{FontRef, ShaperData, ShaperInstance, UnicodeBuffer};
use rustc_hash::FxHashMap;
use skrifa::MetadataProvider;
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::TableProvider;

/// Which of the faces of [`super::Fonts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FaceId(pub(crate) u16);

/// One font face, ready to be asked for glyphs.
pub(crate) struct Face {
    /// The whole font file.
    pub(crate) file: Arc<Vec<u8>>,
    /// Number of the face in a collection.
    pub(crate) index: u32,
    /// The weight to set, where the font has an axis for it.
    pub(crate) weight: Option<f32>,
    shaper: ShaperData,
    instance: Option<ShaperInstance>,
    units_per_em: f32,
    /// Whether its glyphs are small pictures.
    pub(crate) is_coloured: bool,
    /// Glyph and width of characters that stand alone.
    alone: FxHashMap<char, Option<(u32, f32)>>,
}

/// A glyph as the shaper gives it, lengths in parts of the font size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shaped {
    pub(crate) id: u32,
    /// Byte of the text at which its cluster begins.
    pub(crate) cluster: u32,
    pub(crate) advance: f32,
    pub(crate) dx: f32,
    pub(crate) dy: f32,
}

impl Face {
    /// Reads a face; `None` when the bytes are no font that may be set into documents.
    pub(crate) fn new(file: Arc<Vec<u8>>, index: u32, wanted_weight: f32) -> Option<Self> {
        let font = FontRef::from_index(&file, index).ok()?;
        if !may_be_embedded(&font) {
            return None;
        }
        let weight = font
            .axes()
            .iter()
            .find(|axis| axis.tag() == skrifa::Tag::new(b"wght"))
            .map(|axis| wanted_weight.clamp(axis.min_value(), axis.max_value()));
        let instance = weight.map(|weight| {
            ShaperInstance::from_variations(&font, [(harfrust::Tag::new(b"wght"), weight)])
        });
        let units_per_em = f32::from(font.head().ok()?.units_per_em());
        if units_per_em < 16.0 {
            return None;
        }
        Some(Self {
            shaper: ShaperData::new(&font),
            instance,
            units_per_em,
            is_coloured: [b"CBDT", b"sbix", b"COLR", b"SVG "]
                .into_iter()
                .any(|tag| font.table_data(skrifa::Tag::new(tag)).is_some()),
            alone: FxHashMap::default(),
            index,
            weight,
            file,
        })
    }

    fn font(&self) -> Option<FontRef<'_>> {
        FontRef::from_index(&self.file, self.index).ok()
    }

    /// Glyph and width of a character that needs no shaping.
    pub(crate) fn glyph(&mut self, character: char) -> Option<(u32, f32)> {
        if let Some(known) = self.alone.get(&character) {
            return *known;
        }
        let found = self.font().and_then(|font| {
            let id = font.charmap().map(character)?;
            let location = self
                .instance
                .as_ref()
                .map_or_else(LocationRef::default, |instance| {
                    LocationRef::new(instance.coords())
                });
            let metrics = font.glyph_metrics(Size::unscaled(), location);
            Some((id.to_u32(), metrics.advance_width(id)? / self.units_per_em))
        });
        let found = found.filter(|(id, _)| *id != 0);
        self.alone.insert(character, found);
        found
    }

    /// Shapes a run of one script and one direction; glyphs come in the order in which they are seen.
    pub(crate) fn shape(
        &self,
        text: &str,
        script: unicode_script::Script,
        is_rtl: bool,
    ) -> Vec<Shaped> {
        let Some(font) = self.font() else {
            return Vec::new();
        };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(if is_rtl {
            harfrust::Direction::RightToLeft
        } else {
            harfrust::Direction::LeftToRight
        });
        let tag: Option<[u8; 4]> = script.short_name().as_bytes().try_into().ok();
        if let Some(script) =
            tag.and_then(|tag| harfrust::Script::from_iso15924_tag(harfrust::Tag::new(&tag)))
        {
            buffer.set_script(script);
        }
        let shaper = self
            .shaper
            .shaper(&font)
            .instance(self.instance.as_ref())
            .build();
        let shaped = shaper.shape(buffer, harfrust::ShapeOptions::default());
        let scale = |units: i32| {
            #[expect(
                clippy::cast_precision_loss,
                reason = "widths of glyphs are small numbers"
            )]
            let units = units as f32;
            units / self.units_per_em
        };
        shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .map(|(info, position)| Shaped {
                id: info.glyph_id,
                cluster: info.cluster,
                advance: scale(position.x_advance),
                dx: scale(position.x_offset),
                dy: scale(position.y_offset),
            })
            .collect()
    }
}

/// Whether the font has a character, and may be set into documents at all.
pub(crate) fn has_character(file: &[u8], index: u32, character: char) -> bool {
    FontRef::from_index(file, index).is_ok_and(|font| {
        may_be_embedded(&font)
            && font
                .charmap()
                .map(character)
                .is_some_and(|id| id.to_u32() != 0)
    })
}

/// Whether the font may be set into documents, and has glyphs that can be.
fn may_be_embedded(font: &FontRef<'_>) -> bool {
    // The lowest bits of `fsType`: 2 alone means that the maker forbids it.
    let is_restricted = font.os2().is_ok_and(|table| table.fs_type() & 0xf == 2);
    let has = |tag: &[u8; 4]| font.table_data(skrifa::Tag::new(tag)).is_some();
    let has_glyphs = [b"glyf", b"CFF ", b"CFF2", b"CBDT", b"sbix"]
        .into_iter()
        .any(has);
    !is_restricted && has_glyphs && !font.charmap().is_symbol()
}
