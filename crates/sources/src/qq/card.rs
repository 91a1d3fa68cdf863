//! Cards described by JSON (ark): shares, places, bundles, contacts, mini apps, announcements, music.

use hutong_model::{Announcement, Card, Contact, Forward, Link, MiniApp, Part, Place};
use serde_json::{Map, Value};

use super::bundle::first_number;
use crate::base64::base64;

/// Longer JSON is kept but not looked at.
const MOST_BYTES: usize = 4 << 20;

/// What a card shows; JSON that cannot be read comes back as it is.
pub(crate) fn part(json: String) -> Result<Part, String> {
    let parsed = if json.len() > MOST_BYTES {
        None
    } else {
        serde_json::from_str(&json).ok()
    };
    let Some(Value::Object(ark)) = parsed else {
        return Err(json);
    };
    let app = text(&ark, "app").unwrap_or_default();
    let known = match app.as_str() {
        "com.tencent.multimsg" => {
            return Ok(Part::Forward(Box::new(Forward {
                raw: Some(json),
                ..bundle(&ark)
            })));
        }
        "com.tencent.map" => place(&ark),
        "com.tencent.contact.lua" => contact(&ark),
        "com.tencent.mannounce" => announcement(&ark),
        // A group, which a contact is not.
        "com.tencent.troopsharecard" => None,
        app if app.starts_with("com.tencent.miniapp") => mini_app(&ark),
        _ => link(&ark),
    };
    Ok(known.unwrap_or_else(|| card(&ark, json)))
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    words(object.get(name)?)
}

/// Text, or a number as text; nothing when blank.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The first of several names that has a text.
fn first(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| text(object, name))
}

/// The part of `meta` that describes the card: named after the view, or the only object there.
fn details(ark: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let meta = ark.get("meta")?.as_object()?;
    let view = ark
        .get("view")
        .and_then(Value::as_str)
        .and_then(|view| meta.get(view)?.as_object());
    view.or_else(|| meta.values().find_map(Value::as_object))
}

fn bundle(ark: &Map<String, Value>) -> Forward {
    let Some(detail) = details(ark) else {
        return Forward {
            title: text(ark, "desc"),
            ..Forward::default()
        };
    };
    let lines = detail
        .get("news")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let stated = text(detail, "summary").as_deref().and_then(first_number);
    Forward {
        title: text(detail, "source").or_else(|| text(ark, "desc")),
        summary: lines.filter_map(|line| words(line.get("text")?)).collect(),
        stated_count: stated,
        native_id: text(detail, "resid"),
        ..Forward::default()
    }
}

fn place(ark: &Map<String, Value>) -> Option<Part> {
    let detail = details(ark)?;
    Some(Part::Place(Box::new(Place {
        latitude: first(detail, &["lat", "latitude"]),
        longitude: first(detail, &["lng", "lon", "longitude"]),
        name: first(detail, &["name", "title"]),
        address: first(detail, &["address", "desc"]),
    })))
}

fn contact(ark: &Map<String, Value>) -> Option<Part> {
    let detail = details(ark)?;
    let address = first(detail, &["jumpUrl", "jump_url"]);
    let from_address = address.as_deref().and_then(|url| number(url, "uin="));
    Some(Part::Contact(Box::new(Contact {
        native_id: text(detail, "uin").or(from_address),
        name: first(detail, &["nickname", "name", "title"]),
        description: first(detail, &["contact", "desc", "tag"]),
        ..Contact::default()
    })))
}

/// The digits behind `key` in an address.
fn number(url: &str, key: &str) -> Option<String> {
    let (_, rest) = url.split_once(key)?;
    let end = rest
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..end)
        .filter(|digits| !digits.is_empty())
        .map(str::to_owned)
}

fn announcement(ark: &Map<String, Value>) -> Option<Part> {
    let detail = details(ark)?;
    // The client writes title and text in base64 and says so.
    let is_encoded =
        matches!(detail.get("encode"), Some(Value::Number(flag)) if flag.as_i64() == Some(1));
    let field = |name: &str| {
        let text = text(detail, name)?;
        if is_encoded {
            base64(&text)
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .or(Some(text))
        } else {
            Some(text)
        }
    };
    let words = field("text").or_else(|| text(ark, "prompt"))?;
    Some(Part::Announcement(Box::new(Announcement {
        title: field("title"),
        text: words,
    })))
}

fn mini_app(ark: &Map<String, Value>) -> Option<Part> {
    let detail = details(ark)?;
    Some(Part::MiniApp(Box::new(MiniApp {
        app: text(detail, "title").or_else(|| text(ark, "desc")),
        app_id: first(detail, &["appid", "appId"]),
        title: text(detail, "desc").or_else(|| text(ark, "prompt")),
        description: text(ark, "prompt"),
        path: text(detail, "url"),
        url: first(detail, &["qqdocurl", "jumpUrl"]),
    })))
}

/// Anything that leads somewhere: shares, music.
fn link(ark: &Map<String, Value>) -> Option<Part> {
    let detail = details(ark)?;
    let url = first(detail, &["jumpUrl", "jump_url", "musicUrl"])?;
    Some(Part::Link(Box::new(Link {
        url: Some(url),
        title: text(detail, "title").or_else(|| text(ark, "prompt")),
        description: first(detail, &["desc", "summary"]),
        source: first(detail, &["tag", "source"]),
    })))
}

fn card(ark: &Map<String, Value>, json: String) -> Part {
    let detail = details(ark);
    let field = |names: &[&str]| detail.and_then(|detail| first(detail, names));
    Part::Card(Box::new(Card {
        app: text(ark, "app"),
        title: text(ark, "prompt").or_else(|| field(&["title"])),
        text: text(ark, "desc").or_else(|| field(&["desc", "text"])),
        url: field(&["url", "qqdocurl"]),
        fields: Vec::new(),
        raw: Some(json),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_addresses() {
        assert_eq!(
            number("mqqapi://card?uin=12345&x=1", "uin=").as_deref(),
            Some("12345")
        );
        assert_eq!(number("mqqapi://card?uin=", "uin="), None);
    }
}
