//! `/media/…`: the bytes of an attachment, whole or in pieces.

use std::io::{self, Read, Seek, SeekFrom, Write};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hutong::media::MediaType;
use hutong::sinks::paint::Small;
use hutong::sinks::paint::address::{MediaName, media_name, parse_media_name};
use hutong::{ArchiveError, ReadSeek};

use super::range::{Asked, asked};
use super::{served_type, small};
use crate::sending::made_while_sent;
use crate::{Failure, Site};

/// What is served must not run, whoever opens it and however.
const POLICY: &str =
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";

/// Hands out an attachment by the name that the painter gives it.
pub(crate) async fn serve(
    State(site): State<Site>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    site.touch();
    let name = parse_media_name(&name).ok_or(Failure::NotFound)?;
    if let Some(wanted) = name.small
        && let Some(copy) = small::copy(&site, name, wanted).await?
    {
        let tag = tag(&name);
        if is_known(&headers, &tag) {
            return Ok(unchanged(tag));
        }
        let length = copy.bytes.len() as u64;
        let mut response = Response::new(Body::from(copy.bytes));
        describe(&mut response, Some(copy.media_type), length, tag);
        return Ok(response);
    }
    // Where there is no small copy, the picture itself is sent.
    let name = MediaName {
        small: None,
        ..name
    };
    let served = site
        .read(move |open, _| {
            let served = open
                .media
                .blobs
                .serve(&name.digest, name.form)
                .map_err(|error| Failure::Archive(ArchiveError::from(error)))?;
            if let Some(served) = &served {
                open.media
                    .correct(name.digest, name.form, served.media_type);
            }
            Ok(served)
        })
        .await?
        .ok_or(Failure::NotFound)?;
    let tag = tag(&name);
    if is_known(&headers, &tag) {
        return Ok(unchanged(tag));
    }

    let range = headers
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok());
    let (status, piece) = match asked(range, served.length) {
        Asked::Whole => (StatusCode::OK, 0..served.length),
        Asked::Piece(piece) => (StatusCode::PARTIAL_CONTENT, piece),
        Asked::Nothing => {
            let all = format!("bytes */{}", served.length);
            return Ok((
                StatusCode::RANGE_NOT_SATISFIABLE,
                [(header::CONTENT_RANGE, all)],
            )
                .into_response());
        }
    };
    let length = piece.end - piece.start;
    let mut response = Response::new(send(served.bytes, piece.start, length));
    *response.status_mut() = status;
    describe(&mut response, served.media_type, length, tag);
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if status == StatusCode::PARTIAL_CONTENT {
        let shown = format!("bytes {}-{}/{}", piece.start, piece.end - 1, served.length);
        if let Ok(shown) = HeaderValue::from_str(&shown) {
            headers.insert(header::CONTENT_RANGE, shown);
        }
    }
    Ok(response)
}

/// What the bytes are and what may be done with them. No browser keeps them on its disk: the archive is encrypted, and what
/// comes out of it must not lie about. They never change, so those who keep them in memory may ask by their tag.
fn describe(response: &mut Response, media_type: Option<MediaType>, length: u64, tag: HeaderValue) {
    let kind = served_type(media_type);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(kind.unwrap_or("application/octet-stream")),
    );
    if kind.is_none() {
        headers.insert(
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment"),
        );
    }
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::ETAG, tag);
}

/// The tag of what an address gives: its name, since the digest in it says everything.
fn tag(name: &MediaName) -> HeaderValue {
    let small = name.small.map_or("", Small::suffix);
    HeaderValue::from_str(&format!(
        "\"{}{small}\"",
        media_name(name.digest, name.form)
    ))
    .unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether the browser says that it has this already.
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let Some(tag) = tag.to_str().ok() else {
        return false;
    };
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|one| {
            let one = one.trim();
            one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
        })
}

fn unchanged(tag: HeaderValue) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response()
}

/// A body that is read on a thread of its own while it is sent.
fn send(mut bytes: Box<dyn ReadSeek>, from: u64, length: u64) -> Body {
    made_while_sent(move |mut pieces| {
        bytes.seek(SeekFrom::Start(from))?;
        io::copy(&mut bytes.take(length), &mut pieces)?;
        pieces.flush()
    })
}
