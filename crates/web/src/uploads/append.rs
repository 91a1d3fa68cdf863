//! Adding the bytes of one request to an upload.

use std::fs::File;
use std::future::poll_fn;
use std::io::Write as _;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::Stream;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::disk::{Plan, Turn, UploadError};
use super::ids::UploadId;
use super::protocol::{No, at, enter, on_disk};
use crate::{Failure, Site};

/// Of the `checksum` extension.
const CHECKSUM_MISMATCH: u16 = 460;
/// Pieces of a body that wait for the disk.
const PIECES_AHEAD: usize = 16;

/// A checksum that a chunk must have.
enum Checksum {
    Sha1(Sha1, Vec<u8>),
    Sha256(Sha256, Vec<u8>),
}

impl Checksum {
    fn asked_for(headers: &HeaderMap) -> Result<Option<Self>, No> {
        let Some(value) = headers.get("upload-checksum") else {
            return Ok(None);
        };
        let wrong = || {
            No::new(
                StatusCode::BAD_REQUEST,
                "Upload-Checksum: sha1 or sha256, then Base64",
            )
        };
        let (name, digest) = value
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .ok_or_else(wrong)?;
        let digest = BASE64.decode(digest.trim()).map_err(|_| wrong())?;
        match name {
            "sha1" => Ok(Some(Self::Sha1(Sha1::new(), digest))),
            "sha256" => Ok(Some(Self::Sha256(Sha256::new(), digest))),
            _ => Err(wrong()),
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher, _) => hasher.update(bytes),
            Self::Sha256(hasher, _) => hasher.update(bytes),
        }
    }

    fn fits(self) -> bool {
        match self {
            Self::Sha1(hasher, digest) => hasher.finalize().as_slice() == digest,
            Self::Sha256(hasher, digest) => hasher.finalize().as_slice() == digest,
        }
    }
}

/// How the bytes of a request ended.
enum End {
    /// All of them came.
    Whole,
    /// The connection broke, or a newer request came.
    Cut,
    /// There were more than the upload may have.
    TooMany,
}

/// Adds the body of a request to an upload.
pub(super) async fn append(
    site: &Site,
    request: Request,
    id: UploadId,
    plan: Plan,
    stated: u64,
) -> Result<Response, No> {
    let checksum = Checksum::asked_for(request.headers())?;
    let turn = site.uploads().turn(&id);
    let number = turn.take();
    let gate = enter(&turn).await?;
    let opened = id.clone();
    let (file, offset, plan) = on_disk(site, move |site| {
        let plan = site.uploads().plan(&opened).unwrap_or(plan);
        if plan.is_done {
            return Ok((None, plan.length, plan));
        }
        let file = site.uploads().open_part(&opened)?;
        Ok((Some(file), site.uploads().offset(&opened, &plan), plan))
    })
    .await?;
    if offset != stated {
        return Err(No(
            StatusCode::CONFLICT,
            format!("the upload is at {offset}, not at {stated}"),
        ));
    }
    let Some(file) = file else {
        return Ok(at(site, &id, offset));
    };
    let announced = number_of_bytes(request.headers());
    if announced.is_some_and(|bytes| bytes > plan.length - offset) {
        return Err(No::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "this is more than the upload's length",
        ));
    }
    let (pieces, to_write) = tokio::sync::mpsc::channel(PIECES_AHEAD);
    let writing = Writing {
        file,
        offset,
        room: plan.length - offset,
        checksum,
        id: id.clone(),
    };
    let worker = site.clone();
    let written = tokio::task::spawn_blocking(move || writing.run(&worker, to_write));
    let end = feed(request.into_body(), pieces, &turn, number).await;
    let (offset, end) = written
        .await
        .map_err(|error| No::from(Failure::Broken(error.to_string())))?
        .map(|(offset, is_too_long)| (offset, if is_too_long { End::TooMany } else { end }))?;
    if offset == plan.length {
        let done = id.clone();
        on_disk(site, move |site| {
            site.uploads().touch(done.batch(), site.now_ms())?;
            Ok(site.uploads().complete(&done, &plan)?)
        })
        .await?;
    }
    drop(gate);
    match end {
        End::Whole => Ok(at(site, &id, offset)),
        End::Cut => Err(No::new(
            StatusCode::REQUEST_TIMEOUT,
            "the request was cut off",
        )),
        End::TooMany => Err(No::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "this is more than the upload's length",
        )),
    }
}

fn number_of_bytes(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Hands the pieces of a body on as they come.
async fn feed(
    body: Body,
    pieces: tokio::sync::mpsc::Sender<Option<Bytes>>,
    turn: &Turn,
    number: u64,
) -> End {
    let mut stream = std::pin::pin!(body.into_data_stream());
    loop {
        let newer = turn.newer.notified();
        if turn.is_over(number) {
            return End::Cut;
        }
        let next = tokio::select! {
            next = poll_fn(|context| stream.as_mut().poll_next(context)) => next,
            () = newer => return End::Cut,
        };
        match next {
            Some(Ok(bytes)) => {
                if pieces.send(Some(bytes)).await.is_err() {
                    return End::TooMany;
                }
            }
            Some(Err(_)) => return End::Cut,
            None => {
                // Only a body that came whole can be held against its checksum.
                let _ = pieces.send(None).await;
                return End::Whole;
            }
        }
    }
}

/// Writes the pieces of one request, on a thread that may wait for the disk.
struct Writing {
    file: File,
    offset: u64,
    room: u64,
    checksum: Option<Checksum>,
    id: UploadId,
}

impl Writing {
    /// The new offset, and whether there was more than may be.
    fn run(
        mut self,
        site: &Site,
        mut pieces: tokio::sync::mpsc::Receiver<Option<Bytes>>,
    ) -> Result<(u64, bool), No> {
        let start = self.offset;
        let unconfirmed = site.uploads().unconfirmed(&self.id);
        if self.checksum.is_some() {
            std::fs::write(&unconfirmed, start.to_string()).map_err(UploadError::Io)?;
        }
        let mut is_whole = false;
        let mut is_too_long = false;
        while let Some(piece) = pieces.blocking_recv() {
            let Some(bytes) = piece else {
                is_whole = true;
                break;
            };
            let length = bytes.len() as u64;
            if length > self.room {
                is_too_long = true;
                break;
            }
            self.file.write_all(&bytes).map_err(UploadError::Io)?;
            if let Some(checksum) = &mut self.checksum {
                checksum.add(&bytes);
            }
            self.room -= length;
            self.offset += length;
        }
        let Some(checksum) = self.checksum.take() else {
            return Ok((self.offset, is_too_long));
        };
        let fits = is_whole && checksum.fits();
        if !fits {
            self.file.set_len(start).map_err(UploadError::Io)?;
            self.offset = start;
        }
        std::fs::remove_file(&unconfirmed).map_err(UploadError::Io)?;
        if is_whole && !fits {
            return Err(No(
                StatusCode::from_u16(CHECKSUM_MISMATCH).unwrap_or(StatusCode::CONFLICT),
                "the bytes do not have this checksum; they were thrown away".to_owned(),
            ));
        }
        Ok((self.offset, is_too_long))
    }
}
