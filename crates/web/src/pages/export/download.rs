//! The download: written while it is sent, several files as one zip.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hutong::model::{Names, Timestamp};
use hutong::sinks::{Format, Options, Output};
use hutong::{ExportRequest, Progress, Selection};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Wanted;
use crate::asked::Asked;
use crate::sending::{Pieces, made_while_sent};
use crate::site::{Door, OpenArchive};
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// Writes what is wanted as the answer's body.
pub(crate) async fn download(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    site.touch();
    let format = wanted.format()?;
    let is_packed = wanted.is_packed(format);
    let (open, selection, title) = {
        let (wanted, visitor) = (wanted.clone(), visitor.clone());
        site.blocking(move |site| match site.door()? {
            Door::Missing => Err(Failure::NoArchive),
            Door::Locked { .. } => Err(Failure::Locked),
            Door::Open(open) => {
                let selection = wanted.selection(&open, &visitor)?;
                let title = hutong::model::ConversationId::from_hex(wanted.chat.trim())
                    .and_then(|id| open.names.conversation_title(id))
                    .map(str::to_owned);
                Ok((open, selection, title))
            }
        })
        .await?
    };
    let plain = visitor.pick("聊天记录", "Chat history");
    let title = title.unwrap_or_else(|| plain.to_owned());
    let extension = if is_packed {
        "zip"
    } else {
        format.about().extension
    };
    let work = Work {
        site: site.clone(),
        open,
        selection,
        format,
        title: title.clone(),
        wanted,
        visitor,
    };
    let body = made_while_sent(move |pieces| {
        if is_packed {
            work.pack(pieces)
        } else {
            work.write(Output::Stream(Box::new(pieces)))
        }
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(if is_packed {
                "application/zip"
            } else {
                "application/octet-stream"
            }),
        ),
        (header::CONTENT_DISPOSITION, disposition(&title, extension)?),
    ];
    Ok((headers, body).into_response())
}

/// `attachment`, with a plain name for old programs and the real one for the others.
fn disposition(title: &str, extension: &str) -> Result<HeaderValue, Failure> {
    let name: String = title
        .chars()
        .filter(|character| !character.is_control() && !r#"/\:*?"<>|"#.contains(*character))
        .take(80)
        .collect();
    let name = super::form_fields(&[("", &format!("{}.{extension}", name.trim()))]);
    let encoded = name.trim_start_matches('=');
    HeaderValue::from_str(&format!(
        "attachment; filename=\"hutong.{extension}\"; filename*=UTF-8''{encoded}"
    ))
    .map_err(|error| Failure::Broken(error.to_string()))
}

struct Work {
    site: Site,
    open: Arc<OpenArchive>,
    selection: Selection,
    format: &'static dyn Format,
    title: String,
    wanted: Wanted,
    visitor: Visitor,
}

impl Work {
    fn write(self, output: Output) -> io::Result<()> {
        let progress = Progress::default();
        let request = ExportRequest {
            format: self.format.about().id,
            selection: self.selection,
            output,
            language: self.visitor.language,
            zone: self.visitor.zone.clone(),
            title: self.title,
            generated_at: Some(Timestamp(self.site.now_ms())),
            wxgf: self.site.keeper().wxgf(),
            options: Options {
                copy_attachments: self.wanted.files.is_some(),
                show_hidden: self.wanted.hidden.is_some(),
                ..Options::default()
            },
            edit: None,
            progress: &progress,
        };
        hutong::export(&self.open.archive, &self.open.names, request)
            .map(|_| ())
            .map_err(io::Error::other)
    }

    /// Writes a folder beside the archive, sends it as a zip and removes it again.
    fn pack(self, pieces: Pieces) -> io::Result<()> {
        let place = self.site.settings().upload_folder.clone();
        fs::create_dir_all(&place)?;
        let folder = tempfile::Builder::new()
            .prefix("export-")
            .tempdir_in(place)?;
        let name = "hutong";
        let root = folder.path().join(name);
        self.write(Output::Folder(root.clone()))?;
        let mut zip = ZipWriter::new_stream(pieces);
        add(&mut zip, &root, name)?;
        zip.finish().map_err(io::Error::other)?.flush()
    }
}

/// Adds a folder, files in the order of their names. Pictures and sound are as small as they get already.
fn add<W: Write>(
    zip: &mut ZipWriter<zip::write::StreamWriter<W>>,
    folder: &Path,
    name: &str,
) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let inside = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            add(zip, &path, &inside)?;
            continue;
        }
        let is_text = path.extension().is_some_and(|extension| {
            ["html", "md", "txt", "csv", "jsonl", "css"]
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        });
        let options = SimpleFileOptions::default()
            .compression_method(if is_text {
                CompressionMethod::Deflated
            } else {
                CompressionMethod::Stored
            })
            .large_file(entry.metadata()?.len() >= u64::from(u32::MAX));
        zip.start_file(inside, options).map_err(io::Error::other)?;
        io::copy(&mut fs::File::open(&path)?, zip)?;
        // The disk holds each file no longer than it must.
        fs::remove_file(&path)?;
    }
    Ok(())
}
