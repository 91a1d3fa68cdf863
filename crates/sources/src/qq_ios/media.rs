//! What the JSON beside a row says about media, and where the files lie.

use hutong_model::Attachment;
use serde_json::{Map, Value};

use crate::qq::mobile_files::MobileFiles;

/// Longer JSON is not looked at.
const MOST_BYTES: usize = 1 << 20;
/// Media taken from one row.
const MOST_ITEMS: usize = 200;
/// Endings of pictures; the folder does not always tell the truth about them.
const PICTURES: &[&str] = &["", ".png", ".jpg", ".gif", ".jpeg", ".webp"];
const SOUNDS: &[&str] = &["", ".amr", ".slk", ".silk"];
const FILMS: &[&str] = &["", ".mp4", ".mov"];

/// One picture, voice or film.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) md5: Option<String>,
    pub(super) film_md5: Option<String>,
    pub(super) name: Option<String>,
    pub(super) id: Option<String>,
}

/// The items of a row; JSON that cannot be read has none.
pub(super) fn items(json: &str) -> Vec<Item> {
    if json.len() > MOST_BYTES {
        return Vec::new();
    }
    match serde_json::from_str(json.trim()) {
        Ok(Value::Array(all)) => all
            .iter()
            .filter_map(Value::as_object)
            .take(MOST_ITEMS)
            .map(item)
            .collect(),
        Ok(Value::Object(one)) => vec![item(&one)],
        _ => Vec::new(),
    }
}

fn item(object: &Map<String, Value>) -> Item {
    let field = |name: &str| {
        let (_, value) = object
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        match value {
            Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    };
    Item {
        md5: field("md5"),
        film_md5: field("videoMD5"),
        name: field("fileName"),
        id: field("fileId"),
    }
}

/// What kind of file is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Picture,
    Voice,
    Film,
    File,
}

/// Fills in the file that goes by one of these names.
pub(super) fn find(
    files: Option<&MobileFiles>,
    owner: &str,
    kind: Kind,
    names: &[Option<&str>],
    into: &mut Attachment,
) {
    let Some(files) = files else { return };
    let (folders, endings): (&[&str], &[&str]) = match kind {
        Kind::Picture => (
            &["image_original", "image_big", "image_thumbnail"],
            PICTURES,
        ),
        Kind::Voice => (&["Audio"], SOUNDS),
        Kind::Film => (&["Audio", "ShortVideo"], FILMS),
        Kind::File => (&["FileRecv"], &[""]),
    };
    let mut paths = Vec::new();
    for folder in folders {
        for name in names.iter().flatten() {
            let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
            if name.is_empty() || name == ".." {
                continue;
            }
            for ending in endings {
                for account in [owner, &format!("contents/{owner}")] {
                    paths.push(format!("{account}/{folder}/{name}{ending}"));
                }
            }
        }
    }
    files.first(&paths, into);
}

/// A digest as the platform states it.
pub(super) fn digest(text: Option<&String>) -> Option<String> {
    text.filter(|text| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(|text| text.to_ascii_lowercase())
}
