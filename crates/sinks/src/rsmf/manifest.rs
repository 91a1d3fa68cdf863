//! The words of the manifest: participants, the conversation, and custom values.

use hutong_model::{AccountId, Conversation, ConversationKind, Names, Timestamp};
use serde_json::{Map, Value, json};

use crate::Context;
use crate::mail::header::one_line;
use crate::people::Person;
use crate::words;

/// A custom value, where there is one: the schema wants names and values of at least one character.
pub(super) fn custom(name: &str, value: impl Into<String>, into: &mut Vec<Value>) {
    let value = value.into();
    if !value.is_empty() {
        into.push(json!({ "name": name, "value": value }));
    }
}

/// Puts custom values into an object, unless there are none.
pub(super) fn set_custom(values: Vec<Value>, object: &mut Map<String, Value>) {
    if !values.is_empty() {
        object.insert("custom".to_owned(), Value::Array(values));
    }
}

/// The instant as the manifest writes it; nothing for years that RFC 3339 does not have.
pub(super) fn date_time(at: Timestamp) -> Option<String> {
    (0..=9999).contains(&at.date().0).then(|| at.to_rfc3339())
}

/// `direct` or `channel`.
pub(super) const fn kind(kind: ConversationKind) -> &'static str {
    match kind {
        ConversationKind::Direct | ConversationKind::Device => "direct",
        ConversationKind::Group
        | ConversationKind::Channel
        | ConversationKind::Official
        | ConversationKind::System => "channel",
    }
}

/// An account as a participant.
pub(super) fn participant(
    id: AccountId,
    person: Person<'_>,
    names: &dyn Names,
    avatar: Option<&str>,
) -> Map<String, Value> {
    let mut object = Map::new();
    let hex = id.to_hex();
    let display = one_line(person.name.or(person.native_id).unwrap_or(&hex)).into_owned();
    object.insert("id".to_owned(), hex.into());
    if !display.is_empty() {
        object.insert("display".to_owned(), display.into());
    }
    if let Some(avatar) = avatar {
        object.insert("avatar".to_owned(), avatar.into());
    }
    if let Some(native) = person.native_id {
        object.insert("account_id".to_owned(), native.into());
    }
    let mut values = Vec::new();
    custom(
        "second_id",
        person.second_id.unwrap_or_default(),
        &mut values,
    );
    if let Some(account) = names.account(id) {
        custom(
            "nickname",
            account.nickname.clone().unwrap_or_default(),
            &mut values,
        );
        custom(
            "remark",
            account.remark.clone().unwrap_or_default(),
            &mut values,
        );
        custom(
            "alias",
            account.alias.clone().unwrap_or_default(),
            &mut values,
        );
        if account.is_owner {
            custom("owner_of_this_copy", "true", &mut values);
        }
    }
    set_custom(values, &mut object);
    object
}

/// Somebody of whom only a name is known.
pub(super) fn named_participant(id: &str, name: &str) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("id".to_owned(), id.into());
    let display = one_line(name).into_owned();
    if !display.is_empty() {
        object.insert("display".to_owned(), display.into());
    }
    object
}

/// The conversation, with the ids of those who take part.
pub(super) fn conversation(
    conversation: &Conversation,
    title: &str,
    participants: &[String],
    context: &Context<'_>,
) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("id".to_owned(), conversation.id.to_hex().into());
    let platform = conversation.platform.as_ref();
    let platform_name = platform.map_or("unknown", |platform| platform.as_str());
    object.insert("platform".to_owned(), platform_name.into());
    object.insert("participants".to_owned(), participants.into());
    object.insert("type".to_owned(), kind(conversation.kind).into());
    let display = one_line(title).into_owned();
    if !display.is_empty() {
        object.insert("display".to_owned(), display.into());
    }
    if let Some(owner) = conversation.owner {
        object.insert("custodian".to_owned(), owner.to_hex().into());
    }
    let mut values = Vec::new();
    custom("kind", conversation.kind.as_str(), &mut values);
    custom(
        "kind_shown",
        words::conversation(context.language, conversation.kind),
        &mut values,
    );
    custom("native_id", conversation.native_id.clone(), &mut values);
    custom(
        "name",
        conversation.name.clone().unwrap_or_default(),
        &mut values,
    );
    custom(
        "remark",
        conversation.remark.clone().unwrap_or_default(),
        &mut values,
    );
    custom(
        "announcement",
        conversation.announcement.clone().unwrap_or_default(),
        &mut values,
    );
    custom("time_zone_of_slices", context.zone_name(), &mut values);
    set_custom(values, &mut object);
    object
}
