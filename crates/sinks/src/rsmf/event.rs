//! From messages to events.

use hutong_model::{
    At, Conversation, Direction, Message, MessageId, NativeValue, Part, Precision, State,
    SystemEvent,
};
use serde_json::{Map, Value, json};

use super::manifest::{custom, date_time, set_custom};
use super::slice::Slice;
use crate::carried::wanted;
use crate::scribe::Scribe;
use crate::text::write_clean;
use crate::{Context, WriteError};

/// The schema allows a reaction so many characters.
const MAX_REACTION: usize = 30;

/// The conversation, and what every event of it repeats.
pub(super) struct Place {
    pub(super) conversation: Conversation,
    pub(super) title: String,
    pub(super) id: String,
}

impl Place {
    pub(super) fn new(conversation: &Conversation, context: &Context<'_>) -> Self {
        let title = context
            .names
            .conversation_title(conversation.id)
            .filter(|title| !title.trim().is_empty())
            .unwrap_or_else(|| context.language.pick("会话", "Chat"));
        Self {
            title: title.to_owned(),
            id: conversation.id.to_hex(),
            conversation: conversation.clone(),
        }
    }
}

/// A message as an event.
pub(super) struct Event {
    pub(super) value: Map<String, Value>,
    /// Its words.
    pub(super) body: String,
    /// Which message it answers.
    pub(super) parent: Option<MessageId>,
    pub(super) attachments: u64,
    pub(super) missing: u64,
}

/// Makes the event; its people and files go into the slice.
pub(super) fn make(
    message: &Message,
    place: &Place,
    slice: &mut Slice,
    scribe: &mut Scribe<'_>,
    context: &Context<'_>,
) -> Result<Event, WriteError> {
    let mut value = Map::new();
    let mut values = Vec::new();
    let body = words(&message.parts, scribe);
    value.insert("type".to_owned(), event_type(message).into());
    value.insert("id".to_owned(), message.id.to_hex().into());
    let parent = message
        .reply_to
        .first()
        .copied()
        .or(message.thread)
        .filter(|parent| *parent != message.id);
    if let Some(parent) = parent {
        value.insert("parent".to_owned(), parent.to_hex().into());
    }
    if !body.is_empty() {
        value.insert("body".to_owned(), body.as_str().into());
    }
    let participant = match (message.sender, system_subject(message)) {
        (None, Some(about)) => Some(slice.account(about, scribe, context)?),
        _ => slice.sender(message, scribe, context)?,
    };
    if let Some(participant) = &participant {
        value.insert("participant".to_owned(), participant.as_str().into());
    }
    value.insert("conversation".to_owned(), place.id.as_str().into());
    match date_time(message.sent_at) {
        Some(at) => drop(value.insert("timestamp".to_owned(), at.into())),
        None => custom("sent_at_ms", message.sent_at.0.to_string(), &mut values),
    }
    if message.state != State::Normal {
        value.insert("deleted".to_owned(), true.into());
    }
    match message.direction {
        Direction::In => drop(value.insert("direction".to_owned(), "incoming".into())),
        Direction::Out => drop(value.insert("direction".to_owned(), "outgoing".into())),
        Direction::None => {}
    }
    reactions(message, slice, scribe, context, &mut value, &mut values)?;
    let (attachments, missing) = attachments(message, slice, context, &mut value, &mut values)?;
    edits(
        message,
        &body,
        participant.as_deref(),
        scribe,
        &mut value,
        &mut values,
    );
    facts(message, scribe, &mut values);
    set_custom(values, &mut value);
    Ok(Event {
        value,
        body,
        parent,
        attachments,
        missing,
    })
}

/// Parts in words, as they may stand in a manifest.
pub(super) fn words(parts: &[Part], scribe: &mut Scribe<'_>) -> String {
    let mut words = String::new();
    scribe.write_parts(parts, 0, &mut words);
    let mut clean = Vec::with_capacity(words.len());
    write_clean(words.trim_end_matches('\n'), "", &mut clean);
    String::from_utf8_lossy(&clean).into_owned()
}

fn event_type(message: &Message) -> &'static str {
    match message.parts.first() {
        Some(Part::System(system)) => match system.event {
            SystemEvent::Joined => "join",
            SystemEvent::Left => "leave",
            _ => "unknown",
        },
        _ => "message",
    }
}

/// Whom a system event is about.
fn system_subject(message: &Message) -> Option<hutong_model::AccountId> {
    match message.parts.first() {
        Some(Part::System(system)) => system.accounts.first().copied(),
        _ => None,
    }
}

fn reactions(
    message: &Message,
    slice: &mut Slice,
    scribe: &mut Scribe<'_>,
    context: &Context<'_>,
    value: &mut Map<String, Value>,
    values: &mut Vec<Value>,
) -> Result<(), WriteError> {
    let mut all = Vec::new();
    for reaction in &message.reactions {
        let mut shown: String = reaction.emoji.chars().take(MAX_REACTION).collect();
        if shown != reaction.emoji {
            custom("reaction", reaction.emoji.clone(), values);
        }
        if shown.is_empty() {
            shown.push('?');
        }
        let mut participants = Vec::new();
        for account in &reaction.accounts {
            participants.push(slice.account(*account, scribe, context)?);
        }
        let mut one = json!({ "value": shown, "count": reaction.count });
        if let (Some(object), false) = (one.as_object_mut(), participants.is_empty()) {
            object.insert("participants".to_owned(), participants.into());
        }
        all.push(one);
    }
    if !all.is_empty() {
        value.insert("reactions".to_owned(), all.into());
    }
    Ok(())
}

/// Copies files into the slice; says how many, and how many are missing.
fn attachments(
    message: &Message,
    slice: &mut Slice,
    context: &Context<'_>,
    value: &mut Map<String, Value>,
    values: &mut Vec<Value>,
) -> Result<(u64, u64), WriteError> {
    if !context.options.copy_attachments {
        return Ok((0, 0));
    }
    let (mut all, mut missing) = (Vec::new(), 0);
    let mut found = Vec::new();
    wanted(&message.parts, 0, &mut found);
    for wanted in found {
        if let Some(file) = slice.copy_file(wanted, context)? {
            all.push(json!({ "id": file.id, "display": file.display, "size": file.bytes }));
        } else {
            missing += 1;
            let name = wanted.attachment.name.as_deref();
            let name = name.unwrap_or_else(|| crate::words::part(context.language, wanted.kind));
            custom("missing_attachment", name, values);
        }
    }
    let copied = all.len() as u64;
    if !all.is_empty() {
        value.insert("attachments".to_owned(), all.into());
    }
    Ok((copied, missing))
}

/// Other wordings as edits from them to the present one; without a sender, who alone could have made them, as words.
fn edits(
    message: &Message,
    body: &str,
    participant: Option<&str>,
    scribe: &mut Scribe<'_>,
    value: &mut Map<String, Value>,
    values: &mut Vec<Value>,
) {
    let mut all = Vec::new();
    for revision in &message.revisions {
        let wording = words(&revision.parts, scribe);
        match participant {
            Some(participant) => {
                let mut edit =
                    json!({ "participant": participant, "previous": wording, "new": body });
                let at = revision.at.and_then(date_time);
                if let (Some(object), Some(at)) = (edit.as_object_mut(), at) {
                    object.insert("timestamp".to_owned(), at.into());
                }
                all.push(edit);
            }
            None => custom("other_wording", wording, values),
        }
    }
    if !all.is_empty() {
        value.insert("edits".to_owned(), all.into());
    }
}

/// What has no place of its own.
fn facts(message: &Message, scribe: &mut Scribe<'_>, values: &mut Vec<Value>) {
    custom("kind", message.kind().as_str(), values);
    custom("platform", message.platform.as_str(), values);
    if message.precision != Precision::Millisecond {
        custom("time_precision", message.precision.as_str(), values);
    }
    if message.state != State::Normal {
        custom("state", message.state.as_str(), values);
        custom(
            "state_note",
            scribe.state_note(message).unwrap_or_default(),
            values,
        );
    }
    for native in &message.native_ids {
        let id = match &native.value {
            NativeValue::Integer(number) => number.to_string(),
            NativeValue::Text(text) => text.clone(),
        };
        custom(&format!("native_{}", native.name.as_str()), id, values);
    }
    custom("origin_input", message.origin.place.input.clone(), values);
    custom("origin_table", message.origin.place.table.clone(), values);
    match &message.origin.at {
        At::Row(row) => custom("origin_row", row.to_string(), values),
        other => custom("origin_place", format!("{other:?}"), values),
    }
    if message.is_hidden {
        custom("hidden", "true", values);
    }
    for part in &message.parts {
        if let Part::Text(text) = part {
            for mention in &text.mentions {
                custom("mention", mention.name.clone(), values);
            }
        }
    }
}
