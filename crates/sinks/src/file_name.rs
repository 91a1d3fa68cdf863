//! File names from what people call their chats.

use rustc_hash::FxHashSet;
use unicode_normalization::UnicodeNormalization;

/// Longest name in bytes, extension included.
const MAX_BYTES: usize = 120;

/// Names given out in one folder; none is given twice, also where letter case does not count.
#[derive(Debug, Default)]
pub struct FileNames {
    taken: FxHashSet<String>,
}

impl FileNames {
    /// A name for a folder: as [`Self::give`], without an extension.
    pub(crate) fn give_folder(&mut self, title: &str) -> String {
        let name = self.give(title, "");
        name.trim_end_matches('.').to_owned()
    }

    /// Keeps one of our own names from being given to a chat.
    pub(crate) fn reserve(&mut self, name: &str) {
        self.taken.insert(name.to_lowercase());
    }

    /// A name for this title that every system accepts: `title.extension`, `title (2).extension`, …
    pub fn give(&mut self, title: &str, extension: &str) -> String {
        for number in 1_u64.. {
            let ending = if number == 1 {
                format!(".{extension}")
            } else {
                format!(" ({number}).{extension}")
            };
            let name = safe(title, MAX_BYTES.saturating_sub(ending.len())) + &ending;
            if self.taken.insert(name.to_lowercase()) {
                return name;
            }
        }
        unreachable!("a 64-bit number does not run out")
    }
}

/// A name for a file that travels inside another: as harmless as those in folders.
pub(crate) fn harmless(stem: &str, extension: &str) -> String {
    let ending = format!(".{extension}");
    safe(stem, MAX_BYTES.saturating_sub(ending.len())) + &ending
}

/// As [`FileNames::give`] without an ending, for names that are made unique in another way.
pub(crate) fn plain(title: &str, limit: usize) -> String {
    safe(title, limit)
}

/// A file name of at most `limit` bytes that stands for the title on Windows, macOS and Linux.
fn safe(title: &str, limit: usize) -> String {
    let mut name = String::new();
    let mut marks = 0;
    for character in title.nfc() {
        marks = if crate::text::is_mark(character) {
            marks + 1
        } else {
            0
        };
        match character {
            '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => name.push('_'),
            _ if character.is_control()
                || crate::text::is_direction_control(character)
                || marks > 4 => {}
            // Zero-width characters and line separators make names that look alike or break lists.
            '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}' => {}
            _ => name.push(character),
        }
        if name.len() > 4 * limit {
            break;
        }
    }
    let trimmed =
        name.trim_matches(|character: char| character == '.' || character.is_whitespace());
    let mut name = if trimmed.is_empty() {
        "chat".to_owned()
    } else {
        trimmed.to_owned()
    };
    if is_reserved(&name) {
        name.insert(0, '_');
    }
    let mut end = limit.saturating_sub(1).min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    // The cut may have bared another dot or space.
    name.truncate(
        name.trim_end_matches(|character: char| character == '.' || character.is_whitespace())
            .len(),
    );
    if ends_like_page(&name) {
        name.push('_');
    }
    name
}

/// Whether the name ends in `.p2` or the like, as the further pages of a long chat do.
fn ends_like_page(name: &str) -> bool {
    let end = name.trim_end_matches(|character: char| character.is_ascii_digit());
    end.len() < name.len() && (end.ends_with(".p") || end.ends_with(".P"))
}

/// Device names of Windows, with or without an extension.
fn is_reserved(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or(name)
        .trim_end()
        .to_uppercase();
    matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) || ["COM", "LPT"].iter().any(|device| {
        stem.strip_prefix(device).is_some_and(|rest| {
            matches!(
                rest,
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn titles_become_harmless_names() {
        let mut names = FileNames::default();
        assert_eq!(names.give("../../etc/passwd", "txt"), "_.._etc_passwd.txt");
        assert_eq!(names.give("家人群", "txt"), "家人群.txt");
        assert_eq!(names.give("家人群", "txt"), "家人群 (2).txt");
        assert_eq!(names.give("NUL", "txt"), "_NUL.txt");
        assert_eq!(names.give("com1.backup", "txt"), "_com1.backup.txt");
        assert_eq!(names.give(" ... ", "txt"), "chat.txt");
        assert_eq!(names.give("A:B\u{202e}txt.\0exe", "txt"), "A_Btxt.exe.txt");
        assert_eq!(names.give("家人群.p2", "txt"), "家人群.p2_.txt");
        assert_eq!(names.give("Family", "txt"), "Family.txt");
        assert_eq!(names.give("FAMILY", "txt"), "FAMILY (2).txt");
        assert_eq!(names.give("e\u{301}", "txt"), "é.txt");
        assert_eq!(names.give("\u{e9}", "txt"), "é (2).txt");
    }

    proptest! {
        #[test]
        fn no_title_leaves_its_folder(title in "\\PC{0,200}|[./\\\\ :]{0,20}|[\\u{0}-\\u{20}.]{0,10}") {
            let mut names = FileNames::default();
            for _ in 0..3 {
                let name = names.give(&title, "html");
                prop_assert!(name.len() <= MAX_BYTES);
                prop_assert!(!name.contains(['/', '\\', ':', '\0', '"', '<', '>', '|', '?', '*']));
                prop_assert!(!name.starts_with('.') && !name.starts_with(' '));
                prop_assert!(!name.trim_end_matches(".html").is_empty());
            }
        }
    }
}
