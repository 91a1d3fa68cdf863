//! tus 1.0: resumable uploads over HTTP. Core, creation (with upload), termination, checksum and expiration.
//!
//! Source: tus.io/protocols/resumable-upload

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::append::append;
use super::disk::{Plan, Turn, UploadError};
use super::ids::{BatchId, UploadId};
use crate::visitor::Visitor;
use crate::{Failure, Site};

const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,termination,checksum,expiration";
const CHECKSUMS: &str = "sha1,sha256";
const CHUNK: &str = "application/offset+octet-stream";
/// Longest `Upload-Metadata`.
const MAX_METADATA_BYTES: usize = 8 * 1024;
/// An older request to the same upload gets so long to end.
const TURN_WAIT: Duration = Duration::from_secs(10);

/// An answer that says no.
pub(super) struct No(pub(super) StatusCode, pub(super) String);

impl No {
    /// An answer with this status and reason.
    pub(super) fn new(status: StatusCode, why: &str) -> Self {
        Self(status, why.to_owned())
    }
}

impl From<UploadError> for No {
    fn from(error: UploadError) -> Self {
        let status = match &error {
            UploadError::Unknown => StatusCode::NOT_FOUND,
            UploadError::Name(_) => StatusCode::BAD_REQUEST,
            UploadError::NoRoom { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            UploadError::TooMany => StatusCode::TOO_MANY_REQUESTS,
            UploadError::Pack(_) => StatusCode::UNPROCESSABLE_ENTITY,
            UploadError::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                StatusCode::INSUFFICIENT_STORAGE
            }
            UploadError::Io(_) | UploadError::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, error.to_string())
    }
}

impl From<Failure> for No {
    fn from(failure: Failure) -> Self {
        Self(failure.status(), failure.to_string())
    }
}

/// `/uploads`.
pub(crate) async fn at_collection(State(site): State<Site>, request: Request) -> Response {
    let answer = match method(&request) {
        Method::OPTIONS => Ok(options(&site)),
        Method::POST => create(&site, request).await,
        _ => Err(No::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "POST makes an upload",
        )),
    };
    finish(&site, answer)
}

/// `/uploads/{id}`.
pub(crate) async fn at_upload(
    State(site): State<Site>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let method = method(&request);
    if method == Method::OPTIONS {
        return finish(&site, Ok(options(&site)));
    }
    let answer = match UploadId::parse(&id) {
        None => Err(UploadError::Unknown.into()),
        Some(id) => match method {
            Method::HEAD => head(&site, request.headers(), id).await,
            Method::PATCH => patch(&site, request, id).await,
            Method::DELETE => delete(&site, request.headers(), id).await,
            _ => Err(No::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "HEAD, PATCH or DELETE an upload",
            )),
        },
    };
    finish(&site, answer)
}

/// What has arrived of a batch, for a page that wants to go on with it.
pub(crate) async fn list_batch(
    State(site): State<Site>,
    _: Visitor,
    Path(batch): Path<String>,
) -> Result<Response, Failure> {
    let batch = BatchId::parse(&batch).ok_or(Failure::NotFound)?;
    let uploads = site
        .blocking(move |site| Ok(site.uploads().list(&batch)))
        .await?;
    Ok(Json(serde_json::json!({"uploads": uploads})).into_response())
}

/// The method; a POST may stand for another one where a proxy knows no others.
fn method(request: &Request) -> Method {
    let stated = request
        .headers()
        .get("x-http-method-override")
        .filter(|_| request.method() == Method::POST)
        .and_then(|value| Method::from_bytes(value.as_bytes()).ok());
    stated.unwrap_or_else(|| request.method().clone())
}

/// What every answer bears.
fn finish(site: &Site, answer: Result<Response, No>) -> Response {
    site.touch();
    let mut response = answer.unwrap_or_else(|No(status, why)| (status, why).into_response());
    let is_wrong_version = response.status() == StatusCode::PRECONDITION_FAILED;
    let headers = response.headers_mut();
    headers.insert("tus-resumable", HeaderValue::from_static(VERSION));
    if is_wrong_version {
        headers.insert("tus-version", HeaderValue::from_static(VERSION));
    }
    response
}

fn options(site: &Site) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert("tus-version", HeaderValue::from_static(VERSION));
    headers.insert("tus-extension", HeaderValue::from_static(EXTENSIONS));
    headers.insert(
        "tus-checksum-algorithm",
        HeaderValue::from_static(CHECKSUMS),
    );
    headers.insert("tus-max-size", site.uploads().room().into());
    response
}

fn check_version(headers: &HeaderMap) -> Result<(), No> {
    if headers
        .get("tus-resumable")
        .is_some_and(|value| value == VERSION)
    {
        Ok(())
    } else {
        Err(No::new(
            StatusCode::PRECONDITION_FAILED,
            "this server speaks tus 1.0.0",
        ))
    }
}

/// A header that holds a number.
fn number(headers: &HeaderMap, name: &str) -> Result<Option<u64>, No> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .map(Some)
        .ok_or_else(|| No(StatusCode::BAD_REQUEST, format!("{name} must be a number")))
}

async fn create(site: &Site, request: Request) -> Result<Response, No> {
    let headers = request.headers();
    check_version(headers)?;
    if headers.contains_key("upload-concat") || headers.contains_key("upload-defer-length") {
        return Err(No::new(
            StatusCode::BAD_REQUEST,
            "this server knows neither concatenation nor deferred lengths",
        ));
    }
    let length = number(headers, "upload-length")?
        .ok_or_else(|| No::new(StatusCode::BAD_REQUEST, "Upload-Length is missing"))?;
    let metadata = match headers.get("upload-metadata") {
        Some(value) => value
            .to_str()
            .ok()
            .filter(|text| text.len() <= MAX_METADATA_BYTES)
            .ok_or_else(|| No::new(StatusCode::BAD_REQUEST, "Upload-Metadata cannot be read"))?
            .to_owned(),
        None => String::new(),
    };
    let fields = Metadata::parse(&metadata)?;
    let batch = match fields.get("batch") {
        Some(text) => BatchId::parse(text)
            .ok_or_else(|| No::new(StatusCode::BAD_REQUEST, "batch must be 32 hex digits"))?,
        None => BatchId::random()?,
    };
    let path = ["path", "relativePath", "filename", "name"]
        .iter()
        .find_map(|name| fields.get(name).filter(|text| !text.is_empty()))
        .unwrap_or("upload")
        .to_owned();
    let plan = Plan {
        length,
        path,
        is_pack: fields.get("kind") == Some("pack"),
        mark: fields.get("mark").unwrap_or_default().to_owned(),
        metadata,
        is_done: false,
    };
    let made = plan.clone();
    let id = on_disk(site, move |site| {
        Ok(site.uploads().create(&batch, &made, site.now_ms())?)
    })
    .await?;
    let has_bytes = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == CHUNK);
    let location = format!("/uploads/{}", id.text());
    let batch = id.batch().as_str().to_owned();
    let mut response = if has_bytes && length > 0 {
        let mut response = append(site, request, id, plan, 0).await?;
        *response.status_mut() = StatusCode::CREATED;
        response
    } else {
        let mut response = StatusCode::CREATED.into_response();
        expires(site, &id, response.headers_mut());
        response
    };
    let text = |text: String| {
        HeaderValue::try_from(text).map_err(|error| No::from(Failure::Broken(error.to_string())))
    };
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, text(location)?);
    headers.insert("upload-batch", text(batch)?);
    Ok(response)
}

/// Metadata of an upload: names with values in Base64.
struct Metadata(Vec<(String, String)>);

impl Metadata {
    fn parse(text: &str) -> Result<Self, No> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for pair in text
            .split(',')
            .map(str::trim)
            .filter(|pair| !pair.is_empty())
        {
            let (name, value) = pair.split_once(' ').unwrap_or((pair, ""));
            let value = BASE64
                .decode(value.trim())
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok());
            let is_twice = fields.iter().any(|(known, _)| known == name);
            match value {
                Some(value) if !is_twice => fields.push((name.to_owned(), value)),
                _ => {
                    return Err(No::new(
                        StatusCode::BAD_REQUEST,
                        "Upload-Metadata is not made as it should be",
                    ));
                }
            }
        }
        Ok(Self(fields))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

async fn head(site: &Site, headers: &HeaderMap, id: UploadId) -> Result<Response, No> {
    check_version(headers)?;
    // Bytes that are still being written would make the offset old at once.
    let turn = site.uploads().turn(&id);
    turn.take();
    let _gate = enter(&turn).await?;
    let wanted = id.clone();
    let (plan, offset) = on_disk(site, move |site| {
        let plan = site.uploads().plan(&wanted)?;
        if !plan.is_done {
            site.uploads().open_part(&wanted)?;
        }
        let offset = site.uploads().offset(&wanted, &plan);
        Ok((plan, offset))
    })
    .await?;
    let mut response = StatusCode::OK.into_response();
    expires(site, &id, response.headers_mut());
    let headers = response.headers_mut();
    headers.insert("upload-offset", offset.into());
    headers.insert("upload-length", plan.length.into());
    if let Ok(metadata) = HeaderValue::try_from(plan.metadata)
        && !metadata.is_empty()
    {
        headers.insert("upload-metadata", metadata);
    }
    Ok(response)
}

async fn delete(site: &Site, headers: &HeaderMap, id: UploadId) -> Result<Response, No> {
    check_version(headers)?;
    let turn = site.uploads().turn(&id);
    turn.take();
    let _gate = enter(&turn).await?;
    on_disk(site, move |site| Ok(site.uploads().terminate(&id)?)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn patch(site: &Site, request: Request, id: UploadId) -> Result<Response, No> {
    let headers = request.headers();
    check_version(headers)?;
    if headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind != CHUNK)
    {
        return Err(No(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("the content type must be {CHUNK}"),
        ));
    }
    let offset = number(headers, "upload-offset")?
        .ok_or_else(|| No::new(StatusCode::BAD_REQUEST, "Upload-Offset is missing"))?;
    let wanted = id.clone();
    let plan = on_disk(site, move |site| Ok(site.uploads().plan(&wanted)?)).await?;
    append(site, request, id, plan, offset).await
}

/// Waits until the request that writes to the same upload has ended.
pub(super) async fn enter(turn: &Turn) -> Result<tokio::sync::MutexGuard<'_, ()>, No> {
    tokio::time::timeout(TURN_WAIT, turn.gate.lock())
        .await
        .map_err(|_| No::new(StatusCode::LOCKED, "another request writes to this upload"))
}

/// An answer that states the offset.
pub(super) fn at(site: &Site, id: &UploadId, offset: u64) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    expires(site, id, response.headers_mut());
    response
        .headers_mut()
        .insert("upload-offset", offset.into());
    response
}

/// States when the upload is removed if nobody goes on with it.
fn expires(site: &Site, id: &UploadId, headers: &mut HeaderMap) {
    let at = jiff::Timestamp::from_millisecond(site.uploads().expires_at_ms(id.batch()));
    if let Ok(at) = at
        && let Ok(text) =
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at)
        && let Ok(value) = HeaderValue::try_from(text)
    {
        headers.insert(HeaderName::from_static("upload-expires"), value);
    }
}

/// Runs work on the disk on a thread of its own.
pub(super) async fn on_disk<T: Send + 'static>(
    site: &Site,
    work: impl FnOnce(&Site) -> Result<T, No> + Send + 'static,
) -> Result<T, No> {
    site.blocking(move |site| Ok(work(site))).await?
}
