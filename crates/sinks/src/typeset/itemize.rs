//! A paragraph is cut into stretches of one face, look, direction and script.

use std::ops::Range;

use unicode_bidi::BidiInfo;
use unicode_script::{Script, UnicodeScript};
use unicode_segmentation::UnicodeSegmentation;

use super::fonts::{Fonts, Wanted};
use super::{FaceId, Look};

/// A stretch of text that is shaped at once.
pub(super) struct Item {
    /// Bytes of the paragraph.
    pub(super) range: Range<usize>,
    /// Absent when no font has the character; the stretch is then one letter long.
    pub(super) face: Option<FaceId>,
    /// Which of the looks.
    pub(super) look: usize,
    /// Even from left to right, odd from right to left.
    pub(super) level: u8,
    pub(super) script: Script,
    /// Whether glyphs can be looked up character by character.
    pub(super) is_plain: bool,
}

/// Levels of direction of every byte, and of the paragraph.
pub(super) struct Levels {
    levels: Vec<u8>,
    pub(super) is_rtl: bool,
}

impl Levels {
    pub(super) fn of(text: &str) -> Self {
        if !text.chars().any(may_turn) {
            return Self {
                levels: Vec::new(),
                is_rtl: false,
            };
        }
        let info = BidiInfo::new(text, None);
        Self {
            levels: info
                .levels
                .iter()
                .map(unicode_bidi::Level::number)
                .collect(),
            is_rtl: info
                .paragraphs
                .first()
                .is_some_and(|paragraph| paragraph.level.is_rtl()),
        }
    }

    fn at(&self, byte: usize) -> u8 {
        self.levels.get(byte).copied().unwrap_or(0)
    }
}

/// Whether a character can make text run from right to left.
const fn may_turn(character: char) -> bool {
    matches!(character,
        '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{2067}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

impl Fonts {
    /// Cuts a paragraph. `looks` are the looks with the byte at which each ends.
    pub(super) fn itemize(
        &mut self,
        text: &str,
        looks: &[(usize, Look)],
        levels: &Levels,
    ) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut look = 0;
        let mut script = Script::Common;
        for (start, letter) in text.grapheme_indices(true) {
            while looks.get(look).is_some_and(|(end, _)| *end <= start) {
                look += 1;
            }
            let Some(base) = letter.chars().next() else {
                continue;
            };
            let is_bold = looks.get(look).is_some_and(|(_, look)| look.is_bold);
            let face = self.face_of_letter(letter, base, is_bold);
            let is_plain = is_plain(base) && base.len_utf8() == letter.len();
            let level = levels.at(start);
            match base.script() {
                Script::Common | Script::Inherited | Script::Unknown => {}
                known => script = known,
            }
            let end = start + letter.len();
            if let Some(last) = items.last_mut()
                && face.is_some()
                && last.face == face
                && last.look == look
                && last.level == level
                && last.is_plain == is_plain
                && (is_plain || last.script == script || last.script == Script::Common)
            {
                last.range.end = end;
                last.script = script;
                continue;
            }
            items.push(Item {
                range: start..end,
                face,
                look,
                level,
                script,
                is_plain,
            });
        }
        items
    }

    /// The face that shows all of a letter, else the one that shows its base.
    fn face_of_letter(&mut self, letter: &str, base: char, is_bold: bool) -> Option<FaceId> {
        let wanted = if wants_emoji(letter, base) {
            Wanted::Emoji
        } else if is_bold {
            Wanted::Bold
        } else {
            Wanted::Regular
        };
        let first = self.face_for(base, wanted);
        if base.len_utf8() == letter.len() {
            return first;
        }
        let mut candidates = vec![first];
        for mark in letter.chars().skip(1).filter(|mark| !is_ignorable(*mark)) {
            let face = self.face_for(mark, wanted);
            if !candidates.contains(&face) {
                candidates.push(face);
            }
        }
        let complete = candidates.iter().copied().flatten().find(|face| {
            letter
                .chars()
                .filter(|part| !is_ignorable(*part))
                .all(|part| {
                    self.face(*face)
                        .is_some_and(|face| face.glyph(part).is_some())
                })
        });
        complete.or(first)
    }
}

/// Whether a letter stands alone in every font: ideographs, kana, Korean syllables and their punctuation.
const fn is_plain(character: char) -> bool {
    matches!(character,
        '\u{2e80}'..='\u{3029}' | '\u{3030}'..='\u{3098}' | '\u{309b}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a character has no glyph of its own.
pub(super) const fn is_ignorable(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a letter is shown as a small picture where there is one.
fn wants_emoji(letter: &str, base: char) -> bool {
    if letter.contains('\u{fe0e}') {
        return false;
    }
    letter.contains('\u{fe0f}') || is_emoji(base)
}

/// Characters that are pictures unless something says otherwise (`Emoji_Presentation`, and what lies between).
const fn is_emoji(character: char) -> bool {
    matches!(character,
        '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23ec}' | '\u{23f0}' | '\u{23f3}' | '\u{25fd}' | '\u{25fe}'
        | '\u{2614}' | '\u{2615}' | '\u{2648}'..='\u{2653}' | '\u{267f}' | '\u{2693}' | '\u{26a1}' | '\u{26aa}'
        | '\u{26ab}' | '\u{26bd}' | '\u{26be}' | '\u{26c4}' | '\u{26c5}' | '\u{26ce}' | '\u{26d4}' | '\u{26ea}'
        | '\u{26f2}' | '\u{26f3}' | '\u{26f5}' | '\u{26fa}' | '\u{26fd}' | '\u{2705}' | '\u{270a}' | '\u{270b}'
        | '\u{2728}' | '\u{274c}' | '\u{274e}' | '\u{2753}'..='\u{2755}' | '\u{2757}' | '\u{2795}'..='\u{2797}'
        | '\u{27b0}' | '\u{27bf}' | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}' | '\u{2b55}' | '\u{1f000}'..='\u{1f0ff}'
        | '\u{1f18e}' | '\u{1f191}'..='\u{1f19a}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f200}'..='\u{1f2ff}'
        | '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f7e0}'..='\u{1f7eb}' | '\u{1f90c}'..='\u{1f9ff}'
        | '\u{1fa70}'..='\u{1faff}')
}
