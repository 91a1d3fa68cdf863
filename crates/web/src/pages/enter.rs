//! The one-time link, and leaving again.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;

use crate::frame::{Frame, Page};
use crate::safety::SESSION_COOKIE;
use crate::visitor::{Visitor, cookie};
use crate::{Failure, Site};

/// The one-time link.
#[derive(Debug, Deserialize)]
pub(crate) struct Key {
    #[serde(default)]
    key: String,
}

/// Begins a session for who holds an unused link.
pub(crate) async fn enter(
    State(site): State<Site>,
    visitor: Visitor,
    Query(Key { key }): Query<Key>,
) -> Result<Response, Failure> {
    let Some(session) = site.sessions().enter(&key, site.now_ms())? else {
        // Who is in already has no need of a fresh link.
        return if visitor.form_token.is_empty() {
            Err(Failure::NoSession)
        } else {
            Ok(Redirect::to("/").into_response())
        };
    };
    site.touch();
    // A redirect would not carry a `SameSite=Strict` cookie when the link was followed from another site; a page does.
    let title = visitor.pick("请进", "Come in");
    let mut response = Page::new(
        Frame::bare(title),
        html! {
            section.notice {
                h1 { (title) }
                p { a #go href="/" { (visitor.pick("打开你的聊天记录", "Open your chats")) } }
            }
        },
    )
    .show(&visitor, &site);
    let headers = response.headers_mut();
    headers.insert("refresh", HeaderValue::from_static("0; url=/"));
    set_cookie(
        headers,
        &format!("{SESSION_COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict"),
    )?;
    Ok(response)
}

/// Ends the session of this browser.
pub(crate) async fn leave(
    State(site): State<Site>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if let Some(secret) = cookie(&headers, SESSION_COOKIE) {
        site.sessions().leave(secret);
    }
    let mut response = Redirect::to("/").into_response();
    set_cookie(
        response.headers_mut(),
        &format!("{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"),
    )?;
    Ok(response)
}

/// Adds a cookie to an answer.
pub(crate) fn set_cookie(headers: &mut HeaderMap, cookie: &str) -> Result<(), Failure> {
    let value =
        HeaderValue::from_str(cookie).map_err(|error| Failure::Broken(error.to_string()))?;
    headers.append(header::SET_COOKIE, value);
    Ok(())
}
