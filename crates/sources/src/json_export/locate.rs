//! Finds the files that lie beside an export.

use std::sync::Arc;

use hutong_model::{Attachment, AttachmentState, ContentHandle};

use crate::Input;

/// Folders in which exporters put files, by kind and all together.
const FOLDERS: &[&str] = &[
    "resources",
    "resources/images",
    "resources/videos",
    "resources/audios",
    "resources/files",
    "images",
    "videos",
    "audios",
    "files",
];

/// Where files are looked for; nothing when they are not wanted.
#[derive(Clone, Copy)]
pub(crate) struct Files<'a> {
    pub(crate) input: Option<&'a Input>,
}

impl Files<'_> {
    /// Puts the content of a file into an attachment that lacks it.
    pub(crate) fn locate(self, stated: Option<&str>, into: &mut Attachment) {
        let Some(input) = self.input.filter(|_| !into.is_present()) else {
            return;
        };
        let name = into.name.clone();
        let mut candidates = Vec::new();
        for path in [stated, name.as_deref()].into_iter().flatten() {
            let path = path.replace('\\', "/");
            if path.starts_with("http") || path.trim().is_empty() {
                continue;
            }
            // An absolute path counts from the folder that went with the export.
            if let Some(at) = path.find("resources/") {
                candidates.extend(path.get(at..).map(str::to_owned));
            }
            let last = path.rsplit('/').next().unwrap_or_default().to_owned();
            candidates.push(path);
            candidates.extend(FOLDERS.iter().map(|folder| format!("{folder}/{last}")));
        }
        let Some(path) = candidates.iter().find_map(|path| input.real_path(path)) else {
            return;
        };
        let Some(content) = input.content(&path) else {
            return;
        };
        into.size_bytes = content.size_bytes().ok().or(into.size_bytes);
        into.content = Some(ContentHandle(Arc::new(content)));
        into.state = AttachmentState::Referenced;
        into.path = Some(path);
    }
}
