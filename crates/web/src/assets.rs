//! Styles and scripts, compiled into the program.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hutong::sinks::paint;
use sha2::{Digest, Sha256};

use crate::Failure;

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Every file, by name. Scripts are ES modules that import each other by name.
static FILES: &[(&str, &str, &str)] = &[
    ("page.css", STYLE, include_str!("../assets/page.css")),
    ("colours.css", STYLE, paint::COLOURS_TO_CHOOSE),
    ("message.css", STYLE, paint::STYLE),
    (
        "conversation.css",
        STYLE,
        include_str!("../assets/conversation.css"),
    ),
    (
        "conversation.js",
        SCRIPT,
        include_str!("../assets/conversation.js"),
    ),
    ("scroll.js", SCRIPT, include_str!("../assets/scroll.js")),
    ("keys.js", SCRIPT, include_str!("../assets/keys.js")),
    ("pictures.js", SCRIPT, include_str!("../assets/pictures.js")),
    ("choose.js", SCRIPT, include_str!("../assets/choose.js")),
    ("export.css", STYLE, include_str!("../assets/export.css")),
    ("page.js", SCRIPT, include_str!("../assets/page.js")),
    ("wizard.css", STYLE, include_str!("../assets/wizard.css")),
    ("wizard.js", SCRIPT, include_str!("../assets/wizard.js")),
    ("upload.js", SCRIPT, include_str!("../assets/upload.js")),
    ("job.js", SCRIPT, include_str!("../assets/job.js")),
    ("charts.css", STYLE, include_str!("../assets/charts.css")),
    (
        "statistics.css",
        STYLE,
        include_str!("../assets/statistics.css"),
    ),
    ("year.css", STYLE, include_str!("../assets/year.css")),
    ("year.js", SCRIPT, include_str!("../assets/year.js")),
    ("gallery.css", STYLE, include_str!("../assets/gallery.css")),
    ("gallery.js", SCRIPT, include_str!("../assets/gallery.js")),
    ("people.css", STYLE, include_str!("../assets/people.css")),
    ("search.css", STYLE, include_str!("../assets/search.css")),
    ("counts.js", SCRIPT, include_str!("../assets/counts.js")),
    ("search.js", SCRIPT, include_str!("../assets/search.js")),
    ("lists.css", STYLE, include_str!("../assets/lists.css")),
    ("sieve.js", SCRIPT, include_str!("../assets/sieve.js")),
    ("mark.svg", SVG, include_str!("../assets/mark.svg")),
];

/// Changes with any of the files, so that browsers may keep them for good.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for (name, _, content) in FILES {
        digest.update(name.as_bytes());
        digest.update(content.as_bytes());
    }
    let mut text = hex::encode(digest.finalize());
    text.truncate(12);
    text
});

/// The address of a file.
pub(crate) fn address(name: &str) -> String {
    debug_assert!(
        FILES.iter().any(|(known, _, _)| *known == name),
        "{name} is in the list of files"
    );
    format!("/static/{}/{name}", *VERSION)
}

/// Hands out a file.
pub(crate) async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let Some((_, kind, content)) = FILES.iter().find(|(known, _, _)| *known == name) else {
        return Failure::NotFound.into_response();
    };
    let keep = if version == *VERSION {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    };
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
        ],
        *content,
    )
        .into_response()
}
