//! Attachments: files named by the message's number in its conversation's folder.

use std::sync::Arc;

use hutong_model::{Attachment, ContentHandle, Forward, Part};

use super::layout::Layout;
use crate::Input;

/// Records inside records are followed this far.
const MAX_LEVELS: usize = 16;

/// Finds attachments of one account.
pub(super) struct Media<'a> {
    layout: &'a Layout,
    /// MD5 of the conversation's username.
    hash: String,
    /// Names in the conversation's folder of files, once somebody asked.
    open_data: Option<Vec<String>>,
}

impl<'a> Media<'a> {
    pub(super) fn new(layout: &'a Layout) -> Self {
        Self {
            layout,
            hash: String::new(),
            open_data: None,
        }
    }

    /// Goes to the conversation whose username has this MD5.
    pub(super) fn enter(&mut self, hash: &str) {
        hash.clone_into(&mut self.hash);
        self.open_data = None;
    }

    /// The picture of somebody.
    pub(super) fn avatar(&self, hash: &str) -> Option<Attachment> {
        let shared = self.layout.shared.as_ref()?;
        let path = ["pic", "jpg", "png"]
            .iter()
            .map(|ending| format!("session/headImg/{hash}.{ending}"))
            .find(|path| shared.has_file(path))?;
        let mut avatar = Attachment::default();
        fill(shared, path, &mut avatar);
        avatar.is_present().then_some(avatar)
    }

    /// Fills in what is there of a message's attachments.
    pub(super) fn locate(&mut self, local_id: i64, parts: &mut [Part]) {
        for part in parts {
            match part {
                Part::Image(image) => {
                    self.first("Img", local_id, &[".pic_hd", ".pic"], &mut image.attachment);
                    let mut small = Attachment::default();
                    self.first("Img", local_id, &[".pic_thum"], &mut small);
                    image.thumbnail = small.is_present().then_some(small);
                }
                Part::Voice(voice) => {
                    self.first("Audio", local_id, &[".aud"], &mut voice.attachment);
                }
                Part::Video(video) => {
                    self.first(
                        "Video",
                        local_id,
                        &[".mp4", "_raw.mp4"],
                        &mut video.attachment,
                    );
                    let mut still = Attachment::default();
                    self.first("Video", local_id, &[".video_thum"], &mut still);
                    video.thumbnail = still.is_present().then_some(still);
                }
                Part::File(file) => self.file(local_id, &mut file.attachment),
                Part::Forward(forward) => self.forward(local_id, forward),
                _ => {}
            }
        }
    }

    /// The first of `<folder>/<conversation>/<number><ending>` that is there.
    fn first(&self, folder: &str, local_id: i64, endings: &[&str], attachment: &mut Attachment) {
        let found = endings
            .iter()
            .map(|ending| format!("{folder}/{}/{local_id}{ending}", self.hash))
            .find(|path| {
                self.layout
                    .root
                    .size_bytes(path)
                    .is_some_and(|size| size > 0)
            });
        if let Some(path) = found {
            fill(&self.layout.root, path, attachment);
        }
    }

    /// `OpenData/<conversation>/<number>.<ending>`: the ending of the file's name, else any that is no thumbnail's.
    fn file(&mut self, local_id: i64, attachment: &mut Attachment) {
        let folder = format!("OpenData/{}", self.hash);
        let root = &self.layout.root;
        let names = self
            .open_data
            .get_or_insert_with(|| root.file_names(&folder));
        let prefix = format!("{local_id}.");
        let start = names.partition_point(|name| *name < prefix);
        let own = names
            .get(start..)
            .unwrap_or_default()
            .iter()
            .take_while(|name| name.starts_with(&prefix))
            .filter(|name| !name.ends_with(".pic_thum"));
        let ending = attachment
            .name
            .as_deref()
            .and_then(|name| name.rsplit_once('.'))
            .map(|(_, ending)| ending.to_lowercase());
        let found = own.clone().find(|name| {
            let known = name.rsplit_once('.').map(|(_, known)| known.to_lowercase());
            known == ending
        });
        if let Some(name) = found.or_else(|| own.clone().next()) {
            fill(root, format!("{folder}/{name}"), attachment);
        }
    }

    /// `OpenData/<conversation>/<number>/<item>.<format>`; items are told by the ids in the forwarded record.
    fn forward(&self, local_id: i64, forward: &mut Forward) {
        let folder = format!("OpenData/{}/{local_id}", self.hash);
        let names = self.layout.root.file_names(&folder);
        if names.is_empty() {
            return;
        }
        let raw = forward.raw.clone().unwrap_or_default();
        let ids = item_ids(&raw);
        let mut next = 0;
        // Only when every message has its id does an id mean its message.
        if ids.len() == count(forward, 0) {
            self.bundle(&folder, &names, &ids, &mut next, forward, 0);
        }
    }

    fn bundle(
        &self,
        folder: &str,
        names: &[String],
        ids: &[&str],
        next: &mut usize,
        forward: &mut Forward,
        level: usize,
    ) {
        if level >= MAX_LEVELS {
            return;
        }
        for message in &mut forward.messages {
            let id = ids.get(*next).copied().unwrap_or_default();
            *next += 1;
            for part in &mut message.parts {
                let attachment = match part {
                    Part::Image(image) => &mut image.attachment,
                    Part::Video(video) => &mut video.attachment,
                    Part::Voice(voice) => &mut voice.attachment,
                    Part::File(file) => &mut file.attachment,
                    Part::Forward(inner) => {
                        self.bundle(folder, names, ids, next, inner, level + 1);
                        continue;
                    }
                    _ => continue,
                };
                let is_small =
                    |name: &str| name.ends_with("_pre3") || name.ends_with(".record_thumb");
                let own = names.iter().filter(|name| {
                    name.strip_prefix(id)
                        .is_some_and(|rest| rest.starts_with('.'))
                        && !id.is_empty()
                });
                let best = own.min_by_key(|name| is_small(name));
                if let Some(name) = best {
                    fill(&self.layout.root, format!("{folder}/{name}"), attachment);
                }
            }
        }
    }
}

/// How many messages a bundle holds, those of bundles inside it too.
fn count(forward: &Forward, level: usize) -> usize {
    if level >= MAX_LEVELS {
        return 0;
    }
    let inner = |message: &hutong_model::ForwardedMessage| {
        let bundles = message.parts.iter().filter_map(|part| match part {
            Part::Forward(inner) => Some(count(inner, level + 1)),
            _ => None,
        });
        1 + bundles.sum::<usize>()
    };
    forward.messages.iter().map(inner).sum()
}

/// The ids of the items of a record, in their order, those of records inside it too. The record may be escaped several
/// times over.
fn item_ids(raw: &str) -> Vec<&str> {
    let mut ids = Vec::new();
    for (at, _) in raw.match_indices("dataid=") {
        let mut rest = raw.get(at + "dataid=".len()..).unwrap_or_default();
        // The quote: a mark, or its escaped form (`&quot;`, `&amp;quot;`, …).
        if let Some(marked) = rest.strip_prefix(['"', '\'']) {
            rest = marked;
        } else if let Some((_, quoted)) = rest.split_once(';') {
            rest = quoted;
            while let Some(after) = rest
                .strip_prefix("quot;")
                .or_else(|| rest.strip_prefix("amp;"))
            {
                rest = after;
            }
        }
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        ids.extend(rest.get(..end));
    }
    ids
}

/// Writes down a file that was found.
fn fill(root: &Input, path: String, attachment: &mut Attachment) {
    let Some(content) = root.content(&path) else {
        return;
    };
    attachment.size_bytes = content.size_bytes().ok().or(attachment.size_bytes);
    attachment.content = Some(ContentHandle(Arc::new(content)));
    attachment.path = Some(path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_however_often_they_were_escaped() {
        let raw = r#"<dataitem dataid="a1"><x/><dataitem dataid=&quot;b-2&quot;><dataitem dataid=&amp;quot;c_3&amp;quot;>"#;
        assert_eq!(item_ids(raw), ["a1", "b-2", "c_3"]);
    }
}
