//! Every address of the page.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{any, get, post};

use crate::pages::{
    archive, chats, conversation, enter, export, imports, jobs, message, settings, statistics,
    unlock, welcome, year,
};
use crate::pages::{gallery, links, people, search};
use crate::{Failure, Site, api, assets, failure, media, safety, uploads};

/// Every address of the page, behind the gate.
pub fn router(site: Site) -> Router {
    Router::new()
        .route("/", get(chats::list))
        .route("/c/{chat}", get(conversation::show))
        .route("/c/{chat}/messages", get(conversation::messages))
        .route("/c/{chat}/chosen", post(conversation::chosen))
        .route("/m/{message}", get(message::find))
        .route("/m/{message}/details", get(message::details))
        .route("/m/{message}/bundle", get(message::bundle))
        .route("/media/{name}", get(media::serve))
        .route("/people", get(people::list))
        .route("/people/joined", get(people::joined))
        .route("/people/join", post(people::join))
        .route("/people/separate", post(people::separate))
        .route("/p/{account}", get(people::show))
        .route("/links", get(links::show))
        .route("/links/link", post(links::link))
        .route("/links/unlink", post(links::unlink))
        .route("/search", get(search::show))
        .route("/search/suggest", get(search::suggest))
        .route("/search/keep", post(search::keep))
        .route("/search/forget", post(search::forget))
        .route("/gallery", get(gallery::pictures))
        .route("/files", get(gallery::files))
        .route("/c/{chat}/gallery", get(gallery::pictures_of_chat))
        .route("/c/{chat}/files", get(gallery::files_of_chat))
        .route("/enter", get(enter::enter))
        .route("/leave", post(enter::leave))
        .route("/unlock", get(unlock::show).post(unlock::unlock))
        .route("/lock", post(unlock::lock))
        .route("/settings", get(settings::show))
        .route("/settings/view", post(settings::choose))
        .route("/archive", get(archive::show))
        .route("/archive/check", post(archive::check))
        .route("/export", get(export::show))
        .route("/export/download", get(export::download))
        .route("/stats", get(statistics::show))
        .route("/stats/stop", post(statistics::stop))
        .route("/year/{year}", get(year::show))
        .route("/year/{year}/picture.svg", get(year::picture))
        .route("/static/{version}/{name}", get(assets::serve))
        .route("/welcome", get(welcome::show))
        .route("/welcome/look", post(welcome::look))
        .route("/welcome/uploads/{batch}", get(uploads::list_batch))
        .route(
            "/welcome/uploads/{batch}/discard",
            post(welcome::discard_batch),
        )
        .route(
            "/welcome/{draft}",
            get(welcome::show_choice).post(welcome::choose),
        )
        .route(
            "/welcome/{draft}/key",
            get(welcome::ask_key).post(welcome::try_key),
        )
        .route("/welcome/{draft}/protect", get(welcome::ask_protection))
        .route("/welcome/{draft}/start", post(welcome::protect_and_start))
        .route("/welcome/{draft}/discard", post(welcome::discard))
        .route("/uploads", any(uploads::at_collection))
        .route("/uploads/{id}", any(uploads::at_upload))
        .route("/jobs/{number}", get(jobs::show))
        .route("/jobs/{number}/events", get(jobs::events))
        .route("/jobs/{number}/stop", post(jobs::stop))
        .route("/jobs/{number}/resume", post(jobs::resume))
        .route("/jobs/{number}/discard", post(jobs::discard))
        .route("/imports", get(imports::list))
        .route("/imports/probe", post(imports::probe))
        .route("/imports/{number}", get(imports::show))
        .nest("/api/v1", api::router())
        .fallback(async || Failure::NotFound.into_response())
        .method_not_allowed_fallback(async || Failure::NotAllowed.into_response())
        .layer(from_fn_with_state(site.clone(), failure::render))
        .layer(from_fn_with_state(site.clone(), safety::gate))
        // Once more outside, for what the gate itself refuses.
        .layer(from_fn_with_state(site.clone(), failure::render))
        .layer(from_fn(safety::headers))
        .with_state(site)
}
