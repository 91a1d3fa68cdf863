//! Chats and their messages.

use axum::Json;
use axum::extract::State;
use hutong::model::{ConversationId, Message, MessageId, NameTable};
use hutong::{Cursor, Place};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::IntoParams;

use super::types::{Chat, Chats, Copies, Copy, MessageJson, Messages, Problem, Slice, limit, time};
use crate::asked::{Asked, Id};
use crate::{Failure, Site};

/// Which chats.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only chats that answer to this: a part of the name, an id, pinyin or initials.
    #[serde(default)]
    name: Option<String>,
}

/// Chats, the latest first.
#[utoipa::path(
    get, path = "/api/v1/chats", security(("session" = [])), params(Wanted, Slice),
    responses(
        (status = 200, body = Chats), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem),
    )
)]
pub(super) async fn chats(
    State(site): State<Site>,
    Asked(wanted): Asked<Wanted>,
    Asked(slice): Asked<Slice>,
) -> Result<Json<Chats>, Failure> {
    site.read(move |open, _| {
        let named = wanted
            .name
            .filter(|name| !name.trim().is_empty())
            .map(|name| open.find_chats(&name));
        let mut found: Vec<_> = open
            .stats
            .iter()
            .filter(|(id, _)| named.as_ref().is_none_or(|named| named.contains(id)))
            .collect();
        found.sort_by_key(|(id, stats)| (std::cmp::Reverse(stats.last_ms), **id));
        let total = found.len() as u64;
        let chats = slice.cut(found)?;
        Ok(Json(Chats {
            total,
            chats: chats
                .into_iter()
                .map(|(id, stats)| Chat::new(open, *id, stats))
                .collect(),
        }))
    })
    .await
}

/// One chat; for one that was linked, the chat in which it is shown.
#[utoipa::path(
    get, path = "/api/v1/chats/{id}", security(("session" = [])),
    params(("id" = String, Path, description = "Id of the conversation")),
    responses(
        (status = 200, body = Chat),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem),
    )
)]
pub(super) async fn chat(
    State(site): State<Site>,
    Id(id): Id<ConversationId>,
) -> Result<Json<Chat>, Failure> {
    site.read(move |open, _| {
        let id = open.archive.shown_in(id);
        let stats = open.stats.get(&id).ok_or(Failure::NotFound)?;
        Ok(Json(Chat::new(open, id, stats)))
    })
    .await
}

/// Which messages; without any of the places, the newest.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Where {
    /// What a page gave as `earlier`.
    #[serde(default)]
    before: Option<String>,
    /// What a page gave as `later`.
    #[serde(default)]
    after: Option<String>,
    /// Id of a message, with as many as `limit` on either side.
    #[serde(default)]
    around: Option<String>,
    /// RFC 3339: the first messages sent then or later.
    #[serde(default)]
    from: Option<String>,
    /// So many messages at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u16>,
}

impl Where {
    fn place(&self) -> Result<Place, Failure> {
        let given = [&self.before, &self.after, &self.around, &self.from];
        if given.into_iter().flatten().count() > 1 {
            return Err(Failure::bad(
                "before、after、around、from 只能给一个",
                "only one of before, after, around and from can be given",
            ));
        }
        let unreadable =
            |name: &str| Failure::bad(format!("{name} 无法读懂"), format!("{name} cannot be read"));
        let cursor = |name: &str, text: &str| text.parse::<Cursor>().map_err(|_| unreadable(name));
        if let Some(text) = &self.before {
            return Ok(Place::Before(cursor("before", text)?));
        }
        if let Some(text) = &self.after {
            return Ok(Place::After(cursor("after", text)?));
        }
        if let Some(text) = &self.around {
            let id = MessageId::from_hex(text).ok_or_else(|| unreadable("around"))?;
            return Ok(Place::Around(id));
        }
        if let Some(text) = &self.from {
            let instant: jiff::Timestamp = text.parse().map_err(|_| unreadable("from"))?;
            return Ok(Place::From(instant.as_millisecond()));
        }
        Ok(Place::End)
    }
}

/// Messages of a chat, oldest first.
#[utoipa::path(
    get, path = "/api/v1/chats/{id}/messages", security(("session" = [])),
    params(("id" = String, Path, description = "Id of the conversation"), Where),
    responses(
        (status = 200, body = Messages), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem),
    )
)]
pub(super) async fn messages(
    State(site): State<Site>,
    Id(id): Id<ConversationId>,
    Asked(asked): Asked<Where>,
) -> Result<Json<Messages>, Failure> {
    site.read(move |open, reader| {
        let id = open.archive.shown_in(id);
        if !open.stats.contains_key(&id) {
            return Err(Failure::NotFound);
        }
        let page = reader.page(id, asked.place()?, limit(asked.limit)?)?;
        let spell = |cursor: Option<Cursor>, is_wanted: bool| {
            cursor
                .filter(|_| is_wanted)
                .map(|cursor| cursor.to_string())
        };
        Ok(Json(Messages {
            messages: page
                .messages
                .iter()
                .map(|message| to_json(message, &open.names))
                .collect::<Result<_, _>>()?,
            earlier: spell(page.first, page.has_earlier),
            later: spell(page.last, page.has_later),
        }))
    })
    .await
}

/// One message.
#[utoipa::path(
    get, path = "/api/v1/messages/{id}", security(("session" = [])),
    params(("id" = String, Path, description = "Id of the message")),
    responses(
        (status = 200, body = MessageJson),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem),
    )
)]
pub(super) async fn message(
    State(site): State<Site>,
    Id(id): Id<MessageId>,
) -> Result<Json<MessageJson>, Failure> {
    site.read(move |open, reader| {
        let message = reader.message(id)?.ok_or(Failure::NotFound)?;
        Ok(Json(to_json(&message, &open.names)?))
    })
    .await
}

/// Every copy of a message, with where each came from.
#[utoipa::path(
    get, path = "/api/v1/messages/{id}/sightings", security(("session" = [])),
    params(("id" = String, Path, description = "Id of the message")),
    responses(
        (status = 200, body = Copies),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem),
    )
)]
pub(super) async fn sightings(
    State(site): State<Site>,
    Id(id): Id<MessageId>,
) -> Result<Json<Copies>, Failure> {
    site.read(move |open, reader| {
        let copies = reader.sightings(id)?;
        if copies.is_empty() {
            return Err(Failure::NotFound);
        }
        let copies = copies.into_iter().map(|copy| {
            Ok(Copy {
                import: copy.import,
                imported_at: time(copy.imported_at_ms),
                sha256: hex::encode(copy.digest),
                is_other_wording: copy.is_other_wording,
                message: to_json(&copy.message, &open.names)?,
                source: copy.source,
                input: copy.input,
            })
        });
        Ok(Json(Copies {
            sightings: copies.collect::<Result<_, Failure>>()?,
        }))
    })
    .await
}

/// A message as a line of the `jsonl` export has it.
pub(super) fn to_json(message: &Message, names: &NameTable) -> Result<MessageJson, Failure> {
    let mut line = Vec::new();
    hutong::write_message_line(&mut line, message, names);
    let broken = |error: &dyn std::error::Error| Failure::Broken(error.to_string());
    let line = String::from_utf8(line).map_err(|error| broken(&error))?;
    let json = RawValue::from_string(line).map_err(|error| broken(&error))?;
    Ok(MessageJson(json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_at_most_and_only_what_can_be_read() {
        let none = Where {
            before: None,
            after: None,
            around: None,
            from: None,
            limit: None,
        };
        assert_eq!(none.place().unwrap(), Place::End);
        let from = Where {
            from: Some("2024-05-01T00:00:00Z".to_owned()),
            ..none
        };
        assert_eq!(from.place().unwrap(), Place::From(1_714_521_600_000));
        let two = Where {
            before: Some("x".to_owned()),
            ..from
        };
        assert!(two.place().is_err());
        let bad = Where { from: None, ..two };
        assert!(bad.place().is_err());
    }
}
