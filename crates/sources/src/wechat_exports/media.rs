//! Files beside an export.

use std::sync::Arc;

use hutong_model::{Attachment, ContentHandle, Part};

use crate::Input;

/// Folders of a stated path that are taken off, one after the other, until the rest is found.
const MOST_STEPS: usize = 12;

/// The folder in which an export lies.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    /// Path of the folder inside the input, with a slash at its end unless it is the input itself.
    folder: String,
}

impl Shelf {
    /// The folder of this file.
    pub(super) fn beside(path: &str) -> Self {
        let folder = path.rfind('/').and_then(|end| path.get(..=end));
        Self {
            folder: folder.unwrap_or_default().to_owned(),
        }
    }

    /// Where a stated path lies inside the input. Paths of another computer are tried by their ends; nothing outside
    /// the input is looked at.
    pub(super) fn find(&self, input: &Input, stated: &str) -> Option<String> {
        let stated = stated.trim();
        if stated.is_empty() || stated.contains("://") || stated.len() > 1024 {
            return None;
        }
        let mut rest = stated.trim_start_matches(['/', '\\', '.']);
        for step in 0..MOST_STEPS {
            // A bare name is only believed where it was stated as one, or in the export's own folder.
            if let Some(found) = input.real_path(&format!("{}{rest}", self.folder)) {
                return Some(found);
            }
            if step == 0
                && !self.folder.is_empty()
                && let Some(found) = input.real_path(rest)
            {
                return Some(found);
            }
            let cut = rest.find(['/', '\\'])?;
            rest = rest.get(cut + 1..)?;
        }
        None
    }

    /// Gives the first of these files that exists to the first part that can hold one.
    pub(super) fn fill(&self, input: &Input, parts: &mut [Part], paths: &[&str]) {
        let Some(path) = paths.iter().find_map(|path| self.find(input, path)) else {
            return;
        };
        let Some(content) = input.content(&path) else {
            return;
        };
        if let Some(attachment) = parts.iter_mut().find_map(attachment_of) {
            attachment.size_bytes = content.size_bytes().ok().or(attachment.size_bytes);
            if attachment.name.is_none() {
                attachment.name = path.rsplit('/').next().map(str::to_owned);
            }
            attachment.path = Some(path);
            attachment.content = Some(ContentHandle(Arc::new(content)));
        }
    }
}

fn attachment_of(part: &mut Part) -> Option<&mut Attachment> {
    Some(match part {
        Part::Image(image) => &mut image.attachment,
        Part::Voice(voice) => &mut voice.attachment,
        Part::Video(video) => &mut video.attachment,
        Part::File(file) => &mut file.attachment,
        Part::Sticker(sticker) => &mut sticker.attachment,
        _ => return None,
    })
}
