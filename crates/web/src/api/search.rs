//! Search.

use axum::Json;
use axum::extract::State;
use hutong::{ArchiveError, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use super::chats::to_json;
use super::types::{Hits, Problem, limit};
use crate::asked::Asked;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The query language of the page: words, "phrases", -not, from: in: on: kind: has: is: before: after: during: id:
    #[serde(default)]
    q: String,
    /// So many messages at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u16>,
}

/// Messages that match, newest first.
#[utoipa::path(
    get, path = "/api/v1/search", security(("session" = [])), params(Wanted),
    responses(
        (status = 200, body = Hits), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem),
    )
)]
pub(super) async fn search(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Hits>, Failure> {
    site.read(move |open, reader| {
        let limit = limit(wanted.limit)?;
        let query = Query::parse(&wanted.q, &visitor.zone)
            .map_err(|error| Failure::bad(error.to_string(), error.to_string()))?;
        let selection = open
            .select(query)
            .map_err(|error| Failure::bad(error.to_string(), error.to_string()))?;
        let mut found = Vec::new();
        // One more than asked for tells whether there are more.
        reader.search::<ArchiveError>(&selection, &mut |message| {
            found.push(message);
            Ok(found.len() <= limit)
        })?;
        let has_more = found.len() > limit;
        found.truncate(limit);
        for message in &mut found {
            reader.resolve_reply(message)?;
        }
        Ok(Json(Hits {
            messages: found
                .iter()
                .map(|message| to_json(message, &open.names))
                .collect::<Result<_, _>>()?,
            has_more,
        }))
    })
    .await
}
