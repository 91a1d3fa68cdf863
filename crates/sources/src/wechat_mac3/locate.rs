//! Attachments on disk, by the digests of `hldata.db`.

use std::sync::Arc;

use hutong_model::{Attachment, ContentHandle, Part};

use super::tables::Links;
use crate::Input;

/// Finds attachments.
#[derive(Debug)]
pub(crate) struct Locator {
    pub(crate) root: Input,
    pub(crate) links: Vec<Links>,
}

impl Locator {
    /// Fills in the attachments of a message as far as their files are there.
    pub(crate) fn locate(&self, digests: &[String], parts: &mut [Part]) {
        for part in parts {
            match part {
                Part::Image(image) => self.find(digests, &mut image.attachment),
                Part::Video(video) => {
                    self.find(digests, &mut video.attachment);
                    // The still stands beside the film.
                    let film = video.attachment.path.as_deref();
                    let stem = film
                        .and_then(|film| film.rsplit_once('.'))
                        .map(|(stem, _)| stem);
                    let still = stem.and_then(|stem| {
                        [".jpg", "_thumb.jpg"]
                            .iter()
                            .find_map(|end| self.root.real_path(&format!("{stem}{end}")))
                    });
                    if let Some(still) = still {
                        let mut thumbnail = Attachment::default();
                        self.found(still, &mut thumbnail);
                        video.thumbnail = Some(thumbnail);
                    }
                }
                Part::File(file) => self.find(digests, &mut file.attachment),
                _ => {}
            }
        }
    }

    fn find(&self, digests: &[String], attachment: &mut Attachment) {
        let own = attachment.native_digest.clone();
        let path = digests
            .iter()
            .chain(&own)
            .flat_map(|digest| self.links.iter().flat_map(|links| links.paths(digest)))
            .find_map(|path| {
                let path = path.replace('\\', "/");
                let below = format!("Message/MessageTemp/{path}");
                self.root
                    .real_path(&below)
                    .or_else(|| self.root.real_path(&format!("MessageTemp/{path}")))
            });
        if let Some(path) = path {
            self.found(path, attachment);
        }
    }

    fn found(&self, path: String, attachment: &mut Attachment) {
        let Some(content) = self.root.content(&path) else {
            return;
        };
        attachment.size_bytes = self.root.size_bytes(&path).or(attachment.size_bytes);
        if path.to_ascii_lowercase().ends_with(".dat") {
            attachment.media_type = Some("image/x-wechat-dat".to_owned());
        }
        attachment.content = Some(ContentHandle(Arc::new(content)));
        attachment.path = Some(path);
    }
}
