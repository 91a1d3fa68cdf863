//! What an RSMF 2.0 file must be: a mail with one zip, and in it a manifest as the schema has it.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use mail_parser::{MessageParser, MimeHeaders};
use serde_json::{Map, Value};

/// The manifest of a file, and its other files by name.
pub(crate) fn open(text: &str) -> (Value, Vec<(String, Vec<u8>)>) {
    assert!(text.is_ascii() && !text.replace("\r\n", "").contains(['\r', '\n']));
    let parsed = MessageParser::new().parse(text).expect("a mail");
    let files: Vec<_> = parsed.attachments().collect();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].attachment_name(), Some("rsmf.zip"));
    let disposition = files[0].content_disposition().unwrap();
    assert!(disposition.is_attachment());
    let encoding = files[0].content_transfer_encoding();
    assert_eq!(encoding, Some("base64"));
    let head = |name: &str| {
        let value = parsed.header(name).and_then(|value| value.as_text());
        value.unwrap_or_else(|| panic!("{name}")).to_owned()
    };
    assert_eq!(head("X-RSMF-Version"), "2.0.0");
    let mut zip = zip::ZipArchive::new(Cursor::new(files[0].contents())).expect("a zip");
    let mut manifest = String::new();
    zip.by_name("rsmf_manifest.json")
        .expect("the manifest at the root")
        .read_to_string(&mut manifest)
        .unwrap();
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    let mut others = Vec::new();
    for at in 0..zip.len() {
        let mut entry = zip.by_index(at).unwrap();
        let name = entry.name().unwrap().into_owned();
        assert!(!name.contains(['/', '\\']), "{name}");
        if name != "rsmf_manifest.json" {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            others.push((name, bytes));
        }
    }
    let events = manifest["events"].as_array().unwrap();
    assert_eq!(head("X-RSMF-EventCount"), events.len().to_string());
    let attached: usize = events
        .iter()
        .map(|event| event["attachments"].as_array().map_or(0, Vec::len))
        .sum();
    assert_eq!(head("X-RSMF-AttachmentCount"), attached.to_string());
    assert_eq!(
        head("X-RSMF-EventCollectionID"),
        manifest["eventcollectionid"]
    );
    for name in ["X-RSMF-BeginDate", "X-RSMF-EndDate"] {
        assert!(head(name).parse::<jiff::Timestamp>().is_ok());
    }
    assert!(!head("X-RSMF-Participants").is_empty() && !head("X-RSMF-Application").is_empty());
    (manifest, others)
}

/// A field of the schema, and what its value must be.
type Field = (&'static str, fn(&Value) -> bool);

/// The object's fields are among these, those of them that must be there are, and every field is of its type.
fn object<'v>(value: &'v Value, required: &[&str], fields: &[Field]) -> &'v Map<String, Value> {
    let object = value.as_object().expect("an object");
    for name in required {
        assert!(object.contains_key(*name), "{name} is missing in {value}");
    }
    for (name, value) in object {
        let (_, is_right) = fields
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("{name} is not in the schema"));
        assert!(is_right(value), "{name}: {value}");
    }
    object
}

fn list(value: &Value) -> bool {
    value.is_array()
}

fn word(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn instant(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
}

fn custom(value: &Value) -> bool {
    value.as_array().is_some_and(|values| {
        values.iter().all(|one| {
            let one = object(one, &["name", "value"], &[("name", word), ("value", word)]);
            one.len() == 2
        })
    })
}

fn kind(value: &Value) -> bool {
    [
        "message",
        "disclaimer",
        "join",
        "leave",
        "history",
        "unknown",
    ]
    .contains(&value.as_str().unwrap_or_default())
}

fn texts<'v>(values: &'v Value, field: &str) -> Vec<&'v str> {
    values
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one[field].as_str().unwrap())
        .collect()
}

pub(super) fn check(text: &str) {
    let (manifest, files) = open(text);
    object(
        &manifest,
        &["version", "participants", "conversations", "events"],
        &[
            ("version", |version| version == "2.0.0"),
            ("participants", list),
            ("conversations", list),
            ("events", list),
            ("eventcollectionid", word),
        ],
    );
    let is_in_zip = |name: &Value| files.iter().any(|(file, _)| file == name.as_str().unwrap());
    let participants: BTreeSet<&str> = texts(&manifest["participants"], "id").into_iter().collect();
    assert_eq!(
        participants.len(),
        manifest["participants"].as_array().unwrap().len()
    );
    for one in manifest["participants"].as_array().unwrap() {
        object(
            one,
            &["id"],
            &[
                ("id", word),
                ("display", word),
                ("email", word),
                ("avatar", word),
                ("account_id", word),
                ("custom", custom),
            ],
        );
        assert!(one.get("avatar").is_none_or(is_in_zip));
    }
    let is_participant = |value: &Value| participants.contains(value.as_str().unwrap());
    for one in manifest["conversations"].as_array().unwrap() {
        object(
            one,
            &["id", "platform", "participants"],
            &[
                ("id", word),
                ("platform", word),
                ("participants", list),
                ("display", word),
                ("type", |kind| kind == "direct" || kind == "channel"),
                ("custodian", word),
                ("icon", word),
                ("custom", custom),
            ],
        );
        assert!(
            one["participants"]
                .as_array()
                .unwrap()
                .iter()
                .all(is_participant)
        );
        assert!(one.get("custodian").is_none_or(is_participant));
    }
    let conversations = texts(&manifest["conversations"], "id");
    let mut ids = BTreeSet::new();
    let mut attached = BTreeSet::new();
    for event in manifest["events"].as_array().unwrap() {
        check_event(event, &is_participant, &files);
        assert!(
            event
                .get("id")
                .is_none_or(|id| ids.insert(id.as_str().unwrap()))
        );
        assert!(conversations.contains(&event["conversation"].as_str().unwrap()));
        for file in event["attachments"].as_array().into_iter().flatten() {
            assert!(attached.insert(file["id"].as_str().unwrap()));
        }
    }
    assert!(ids.len() <= 10_000);
    for event in manifest["events"].as_array().unwrap() {
        // An answer without what it answers cannot be shown as one.
        assert!(
            event
                .get("parent")
                .is_none_or(|parent| ids.contains(parent.as_str().unwrap()))
        );
    }
    let avatars = manifest["participants"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one.get("avatar").is_some());
    assert_eq!(attached.len() + avatars.count(), files.len());
}

fn check_event(
    event: &Value,
    is_participant: &dyn Fn(&Value) -> bool,
    files: &[(String, Vec<u8>)],
) {
    let fields = object(
        event,
        &["type"],
        &[
            ("type", kind),
            ("id", word),
            ("parent", word),
            ("body", word),
            ("participant", word),
            ("conversation", word),
            ("timestamp", instant),
            ("deleted", Value::is_boolean),
            ("importance", |value| value == "normal" || value == "high"),
            ("direction", |value| {
                value == "incoming" || value == "outgoing"
            }),
            ("reactions", list),
            ("attachments", list),
            ("edits", list),
            ("read_receipts", list),
            ("custom", custom),
        ],
    );
    assert!(fields.get("participant").is_none_or(is_participant));
    for one in fields
        .get("reactions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        object(
            one,
            &["value"],
            &[
                ("value", |value| {
                    value
                        .as_str()
                        .is_some_and(|text| (1..=30).contains(&text.chars().count()))
                }),
                ("count", Value::is_u64),
                ("participants", list),
            ],
        );
        assert!(
            one.get("participants")
                .and_then(Value::as_array)
                .is_none_or(|all| all.iter().all(is_participant))
        );
    }
    for one in fields
        .get("attachments")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        object(
            one,
            &["id"],
            &[("id", word), ("display", word), ("size", Value::is_u64)],
        );
        assert!(
            files
                .iter()
                .any(|(name, bytes)| one["id"] == name.as_str() && one["size"] == bytes.len())
        );
    }
    for one in fields
        .get("edits")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        object(
            one,
            &["participant"],
            &[
                ("participant", word),
                ("timestamp", instant),
                ("previous", Value::is_string),
                ("new", Value::is_string),
            ],
        );
        assert!(is_participant(&one["participant"]));
    }
}

/// All words of a file: the fields of the mail, its text, the manifest.
pub(super) fn words(text: &str) -> String {
    let (manifest, files) = open(text);
    let mut out = super::mail::words("eml", text);
    collect(&manifest, &mut out);
    for (_, bytes) in files {
        out.push_str(&String::from_utf8_lossy(&bytes));
        out.push('\n');
    }
    out
}

/// What a person reviews: the mail without its zip, then the manifest, an indented line for each value.
pub(super) fn reviewed(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let (manifest, files) = open(&text);
    let (mail, _) = text.split_once("Content-Type: application/zip").unwrap();
    let manifest = serde_json::to_string_pretty(&manifest).unwrap();
    {
        let names: Vec<_> = files
            .iter()
            .map(|(name, bytes)| (name, bytes.len()))
            .collect();
        format!("{mail}\n{names:?}\n{manifest}\n")
    }
    .into_bytes()
}

fn collect(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => {
            out.push_str(text);
            out.push('\n');
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, out)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, out)),
        _ => {}
    }
}
