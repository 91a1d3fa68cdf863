//! The gate: right host, a session, and for anything that changes something a proof that our own page asked.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::visitor::{Visitor, cookie};
use crate::{Failure, Site};

/// The cookie of a session.
pub(crate) const SESSION_COOKIE: &str = "hutong_session";

/// Field of a form, and header of a script's request, that carries the form token.
pub(crate) const TOKEN_FIELD: &str = "form_token";
const TOKEN_HEADER: &str = "x-form-token";

/// Forms are small; files travel another way.
const MAX_FORM_BYTES: usize = 1024 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// Lets a request through, or not.
pub(crate) async fn gate(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    if !is_our_host(request.headers()) {
        return Failure::Foreign.into_response();
    }
    let mut visitor = Visitor::stranger(&site, request.headers());
    let path = request.uri().path();
    visitor.address = request
        .uri()
        .path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string);
    let is_open_to_all = path == "/enter" || path.starts_with("/static/");
    let token = cookie(request.headers(), SESSION_COOKIE)
        .and_then(|secret| site.sessions().form_token(secret, site.now_ms()));
    match token {
        Some(token) => visitor.form_token = token,
        None if is_open_to_all => {}
        None => {
            request.extensions_mut().insert(visitor);
            return Failure::NoSession.into_response();
        }
    }
    if !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        if !is_our_origin(request.headers()) {
            return Failure::Foreign.into_response();
        }
        request = match with_token_checked(request, &visitor.form_token).await {
            Ok(request) => request,
            Err(failure) => return failure.into_response(),
        };
    }
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

/// Whether the browser believes to talk to this machine by one of its own names. A foreign name that was made to point
/// here (DNS rebinding) is refused.
fn is_our_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    host.to_str().is_ok_and(is_loopback_name)
}

fn is_loopback_name(authority: &str) -> bool {
    let name = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, port)) if port.is_empty() || is_port(port) => return name == "::1",
            _ => return false,
        },
        None => match authority.split_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            Some(_) => return false,
            None => authority,
        },
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1"
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':')
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether our own page made the request, as far as the browser tells.
fn is_our_origin(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or("?"))
    };
    if text(header::HeaderName::from_static("sec-fetch-site"))
        .is_some_and(|site| site != "same-origin" && site != "none")
    {
        return false;
    }
    match text(header::ORIGIN) {
        // Programs that are not browsers send none; the form token is asked of them as well.
        None => true,
        Some(origin) => origin.strip_prefix("http://") == text(header::HOST),
    }
}

/// Passes a request on when it bears the session's form token, in a header or in a form.
async fn with_token_checked(request: Request, token: &str) -> Result<Request, Failure> {
    let is_right = |given: &str| {
        !token.is_empty()
            && given.len() == token.len()
            && given
                .bytes()
                .zip(token.bytes())
                .fold(0, |differ, (one, other)| differ | (one ^ other))
                == 0
    };
    if let Some(given) = request.headers().get(TOKEN_HEADER) {
        return if given.to_str().is_ok_and(is_right) {
            Ok(request)
        } else {
            Err(Failure::Foreign)
        };
    }
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(FORM));
    if !is_form {
        return Err(Failure::Foreign);
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_FORM_BYTES)
        .await
        .map_err(|_| Failure::TooLarge)?;
    // The token is hexadecimal digits: nothing in it is ever percent-encoded.
    let has_token = bytes
        .split(|byte| *byte == b'&')
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='))
        .any(|(name, value)| name == TOKEN_FIELD && is_right(value));
    if !has_token {
        return Err(Failure::Foreign);
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_hosts() {
        for good in [
            "127.0.0.1",
            "127.0.0.1:8765",
            "localhost:1",
            "LOCALHOST",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(is_loopback_name(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:80",
            "127.0.0.1:80@evil.example",
            "127.0.0.1:80:80",
            "[::1].evil.example",
            "[::2]:80",
            "0.0.0.0",
            "localhost:x",
        ] {
            assert!(!is_loopback_name(bad), "{bad}");
        }
    }
}
