//! The JSON interface under `/api/v1`: what the pages show, for programs. It only reads.
//!
//! Its description is generated from these types and served at `/api/v1/openapi.json`.

mod archive;
mod chats;
mod people;
mod search;
mod types;

use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};

use crate::Site;
use crate::safety::SESSION_COOKIE;

/// Version of the interface; it changes when something a program relies on does.
const VERSION: &str = "1.0.0";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hutong",
        description = "Reads the archive that is open on the page. Ids are 32 hexadecimal digits; times are RFC 3339 in UTC. \
                       Only this machine is answered, and only a browser session or a program that holds its cookie."
    ),
    paths(
        archive::archive,
        archive::imports,
        archive::import,
        archive::sources,
        archive::formats,
        chats::chats,
        chats::chat,
        chats::messages,
        chats::message,
        chats::sightings,
        people::people,
        people::person,
        search::search,
    ),
    components(schemas(types::Problem))
)]
struct Description;

/// The description of the interface.
pub(crate) fn description() -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    VERSION.clone_into(&mut description.info.version);
    let components = description.components.get_or_insert_default();
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(SESSION_COOKIE))),
    );
    description
}

/// The addresses of the interface.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/openapi.json", get(async || Json(description())))
        .route("/archive", get(archive::archive))
        .route("/imports", get(archive::imports))
        .route("/imports/{number}", get(archive::import))
        .route("/sources", get(archive::sources))
        .route("/formats", get(archive::formats))
        .route("/chats", get(chats::chats))
        .route("/chats/{id}", get(chats::chat))
        .route("/chats/{id}/messages", get(chats::messages))
        .route("/messages/{id}", get(chats::message))
        .route("/messages/{id}/sightings", get(chats::sightings))
        .route("/people", get(people::people))
        .route("/people/{id}", get(people::person))
        .route("/search", get(search::search))
}
