//! `/media/…`: the bytes of an attachment, whole or in pieces.

use std::io::{self, Read, Seek, SeekFrom, Write};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hutong::sinks::paint::address::parse_media_name;
use hutong::{ArchiveError, ReadSeek};

use super::range::{Asked, asked};
use super::served_type;
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
    let (digest, form) = parse_media_name(&name).ok_or(Failure::NotFound)?;
    let served = site
        .read(move |open, _| {
            open.media
                .blobs
                .serve(&digest, form)
                .map_err(|error| Failure::Archive(ArchiveError::from(error)))
        })
        .await?
        .ok_or(Failure::NotFound)?;

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
    let mut response = Response::new(send(served.bytes, piece.start, piece.end - piece.start));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = served_type(served.media_type);
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
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, (piece.end - piece.start).into());
    if status == StatusCode::PARTIAL_CONTENT {
        let shown = format!("bytes {}-{}/{}", piece.start, piece.end - 1, served.length);
        if let Ok(shown) = HeaderValue::from_str(&shown) {
            headers.insert(header::CONTENT_RANGE, shown);
        }
    }
    Ok(response)
}

/// A body that is read on a thread of its own while it is sent.
fn send(mut bytes: Box<dyn ReadSeek>, from: u64, length: u64) -> Body {
    made_while_sent(move |mut pieces| {
        bytes.seek(SeekFrom::Start(from))?;
        io::copy(&mut bytes.take(length), &mut pieces)?;
        pieces.flush()
    })
}
