//! Where packs go: a table that users can replace.

use serde::Deserialize;

/// The table that comes with the program.
const TABLE: &str = include_str!("targets.toml");

/// A smaller limit would make more parts than anybody sends.
const MIN_FILE_BYTES: u64 = 256 * 1024;

/// Somewhere that files can be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackTarget {
    /// Short id, as in `--for wechat`.
    pub id: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// A file may have so many bytes.
    pub file_bytes: u64,
    /// What to know, in Chinese.
    pub note_zh: String,
    /// What to know, in English.
    pub note_en: String,
}

/// Why a table of targets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is no TOML of this shape.
    #[error("the table of targets cannot be read: {0}")]
    Shape(String),
    /// No target of this name.
    #[error("there is no target called {word}; there are: {}", .known.join(", "))]
    Unknown {
        /// What was asked for.
        word: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A limit below 256 KB or none at all.
    #[error("{0} is not a size of at least 256 KB, such as 20MB or 1GB")]
    Size(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    target: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    name_zh: Option<String>,
    name_en: Option<String>,
    file_mb: u64,
    #[serde(default)]
    note_zh: String,
    #[serde(default)]
    note_en: String,
}

fn parse(table: &str) -> Result<Vec<PackTarget>, TargetError> {
    let table: Table =
        toml::from_str(table).map_err(|error| TargetError::Shape(error.to_string()))?;
    table
        .target
        .into_iter()
        .map(|row| {
            let file_bytes = row
                .file_mb
                .checked_mul(1_000_000)
                .filter(|bytes| *bytes >= MIN_FILE_BYTES)
                .ok_or_else(|| TargetError::Size(format!("{} MB", row.file_mb)))?;
            Ok(PackTarget {
                name_zh: row.name_zh.unwrap_or_else(|| row.id.clone()),
                name_en: row.name_en.unwrap_or_else(|| row.id.clone()),
                id: row.id,
                file_bytes,
                note_zh: row.note_zh,
                note_en: row.note_en,
            })
        })
        .collect()
}

/// All targets: those of the user's own table first, which stand for the built-in ones of the same id.
///
/// # Errors
/// [`TargetError::Shape`] and [`TargetError::Size`] for the user's table.
pub fn pack_targets(own: Option<&str>) -> Result<Vec<PackTarget>, TargetError> {
    let mut targets = own.map(parse).transpose()?.unwrap_or_default();
    for target in parse(TABLE)? {
        if !targets.iter().any(|known| known.id == target.id) {
            targets.push(target);
        }
    }
    Ok(targets)
}

/// The target of this id.
///
/// # Errors
/// As [`pack_targets`], and [`TargetError::Unknown`].
pub fn pack_target(word: &str, own: Option<&str>) -> Result<PackTarget, TargetError> {
    let targets = pack_targets(own)?;
    let known = targets.iter().map(|target| target.id.clone()).collect();
    targets
        .into_iter()
        .find(|target| target.id.eq_ignore_ascii_case(word))
        .ok_or_else(|| TargetError::Unknown {
            word: word.to_owned(),
            known,
        })
}

/// Reads a size: `20MB`, `1.5 GB`, `750k`, `1000000`; decimal units.
///
/// # Errors
/// [`TargetError::Size`].
pub fn parse_size(text: &str) -> Result<u64, TargetError> {
    let wrong = || TargetError::Size(text.to_owned());
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let factor = match lower.get(digits.len()..).map(str::trim) {
        Some("" | "b") => 1.0,
        Some("k" | "kb") => 1e3,
        Some("m" | "mb") => 1e6,
        Some("g" | "gb") => 1e9,
        _ => return Err(wrong()),
    };
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let bytes = number * factor;
    // Beyond 2^53 a float no longer holds every whole number; no file is that large.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    if bytes.is_finite() && bytes >= MIN_FILE_BYTES as f64 && bytes < 9e15 {
        Ok(bytes as u64)
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_is_whole() {
        let targets = pack_targets(None).unwrap();
        for id in ["wechat", "qq", "wecom-bot", "email"] {
            let target = targets.iter().find(|target| target.id == id).unwrap();
            assert!(
                !target.note_zh.is_empty() && !target.note_en.is_empty(),
                "{id}"
            );
        }
        assert_eq!(pack_target("WeChat", None).unwrap().file_bytes, 100_000_000);
    }

    #[test]
    fn an_own_table_stands_before_the_built_in_one() {
        let own =
            "[[target]]\nid = \"wechat\"\nfile_mb = 200\n[[target]]\nid = \"nas\"\nfile_mb = 5\n";
        assert_eq!(
            pack_target("wechat", Some(own)).unwrap().file_bytes,
            200_000_000
        );
        assert_eq!(pack_target("nas", Some(own)).unwrap().name_zh, "nas");
        assert_eq!(
            pack_target("qq", Some(own)).unwrap().file_bytes,
            1_000_000_000
        );
        for wrong in [
            "[[target]]\nid=\"a\"\nfile_mb=0",
            "nonsense",
            "[[target]]\nid=\"a\"\nfile_mb=1\nmore=1",
        ] {
            assert!(pack_target("a", Some(wrong)).is_err(), "{wrong}");
        }
        assert!(matches!(
            pack_target("icq", None),
            Err(TargetError::Unknown { .. })
        ));
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("20MB", 20_000_000),
            ("1.5 GB", 1_500_000_000),
            ("300k", 300_000),
            ("1000000", 1_000_000),
        ] {
            assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
        }
        for wrong in ["", "MB", "-1MB", "1TBs", "10", "nan", "1e999GB", "五"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }
}
