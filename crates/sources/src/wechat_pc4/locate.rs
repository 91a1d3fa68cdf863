//! Attachments on disk: which file in the account folder belongs to a message.

mod folder;
mod forwarded;

use std::sync::Arc;

use hutong_model::{Attachment, ContentHandle, Image, Part, Timestamp, Video};
use rustc_hash::FxHashMap;

use self::folder::Folder;
use super::layout::Layout;
use super::tables::{Linked, Links, OpenDatabase, Resources, Voices};
use crate::Input;
use crate::wechat::decode::PackedInfo;

/// Media type of the client's own picture container.
const DAT: &str = "image/x-wechat-dat";

/// What a row says about its media.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) username: &'a str,
    pub(crate) server_id: i64,
    pub(crate) local_id: i64,
    /// Unix seconds.
    pub(crate) time: i64,
    pub(crate) base: u32,
    pub(crate) packed: &'a PackedInfo,
    pub(crate) digests: &'a [String],
}

/// A database whose index is made when the first look-up needs it.
#[derive(Debug)]
enum Later<T> {
    Waiting(Option<OpenDatabase>),
    Ready(T),
}

/// Finds attachments.
#[derive(Debug)]
pub(crate) struct Locator {
    root: Option<Input>,
    /// `db_storage/` or nothing, for places inside databases.
    storage: String,
    voices: Voices,
    resources: Later<Resources>,
    links: Later<Links>,
    /// MD5 of the conversation's username.
    talker: String,
    /// Whether this conversation has any folder of pictures; copies of databases alone have none.
    has_pictures: bool,
    has_videos: bool,
    has_files: bool,
    /// Folders of this conversation, forgotten when the next one begins.
    own: FxHashMap<String, Arc<Folder>>,
    /// Folders that all conversations share.
    common: FxHashMap<String, Arc<Folder>>,
}

impl Locator {
    pub(crate) fn new(
        layout: &Layout,
        voices: Voices,
        resource: Option<OpenDatabase>,
        hardlink: Option<OpenDatabase>,
    ) -> Self {
        let has = |folder: &str| !layout.root.folder_names(folder).is_empty();
        Self {
            has_pictures: false,
            has_videos: has("msg/video"),
            has_files: has("msg/file"),
            root: layout.root.subfolder(""),
            storage: layout.full(""),
            voices,
            resources: Later::Waiting(resource),
            links: Later::Waiting(hardlink),
            talker: String::new(),
            own: FxHashMap::default(),
            common: FxHashMap::default(),
        }
    }

    /// Goes to the conversation whose username has this MD5.
    pub(crate) fn enter(&mut self, talker: &str) {
        talker.clone_into(&mut self.talker);
        let folder = format!("msg/attach/{talker}");
        self.has_pictures = self
            .root
            .as_ref()
            .is_some_and(|root| !root.folder_names(&folder).is_empty());
        self.own.clear();
    }

    /// Fills in the attachments of a message as far as their files are there.
    pub(crate) fn locate(&mut self, wanted: &Wanted<'_>, parts: &mut [Part]) {
        for part in parts {
            match part {
                Part::Image(image) if self.has_pictures => self.image(wanted, image),
                Part::Voice(voice) => self.voice(wanted, &mut voice.attachment),
                Part::Video(video) if self.has_videos => self.video(wanted, video),
                Part::File(file) if self.has_files => self.file(wanted, &mut file.attachment),
                Part::Forward(forward)
                    if self.has_pictures || self.has_videos || self.has_files =>
                {
                    self.forward(wanted, forward);
                }
                _ => {}
            }
        }
    }

    fn folder(&mut self, path: String, is_own: bool) -> Arc<Folder> {
        let known = if is_own {
            &mut self.own
        } else {
            &mut self.common
        };
        if let Some(folder) = known.get(&path) {
            return Arc::clone(folder);
        }
        let names = self
            .root
            .as_ref()
            .map(|root| root.file_names(&path))
            .unwrap_or_default();
        let folder = Arc::new(Folder::new(names));
        known.insert(path, Arc::clone(&folder));
        folder
    }

    /// Writes down a file that was found.
    fn found(&self, path: String, attachment: &mut Attachment) {
        let Some(root) = &self.root else { return };
        let Some(content) = root.content(&path) else {
            return;
        };
        attachment.size_bytes = root.size_bytes(&path).or(attachment.size_bytes);
        if path.to_ascii_lowercase().ends_with(".dat") {
            attachment.media_type = Some(DAT.to_owned());
        }
        attachment.content = Some(ContentHandle(Arc::new(content)));
        attachment.path = Some(path);
    }

    fn resource_stem(&mut self, wanted: &Wanted<'_>) -> Option<String> {
        if let Later::Waiting(database) = &mut self.resources {
            // Damage in this database costs paths, not messages, and shows as attachments that are missing.
            let read = database
                .take()
                .and_then(|database| Resources::read(database, &mut |_| Ok(())).ok());
            self.resources = Later::Ready(read.unwrap_or_default());
        }
        match &self.resources {
            Later::Ready(resources) => {
                resources.stem(wanted.server_id, wanted.local_id, wanted.time, wanted.base)
            }
            Later::Waiting(_) => None,
        }
    }

    fn linked(&mut self, kind: &str, digests: &[&str]) -> Option<Linked> {
        if let Later::Waiting(database) = &mut self.links {
            let read = database
                .take()
                .and_then(|database| Links::read(database, &mut |_| Ok(())).ok());
            self.links = Later::Ready(read.unwrap_or_default());
        }
        match &self.links {
            Later::Ready(links) => digests.iter().find_map(|digest| links.find(kind, digest)),
            Later::Waiting(_) => None,
        }
    }

    fn image(&mut self, wanted: &Wanted<'_>, image: &mut Image) {
        let packed = wanted.packed;
        let found = [&packed.image, &packed.loose]
            .into_iter()
            .flatten()
            .find_map(|stem| self.image_by_stem(wanted.time, stem))
            .or_else(|| {
                let stem = self.resource_stem(wanted)?;
                self.image_by_stem(wanted.time, &stem)
            })
            .or_else(|| self.image_by_link(wanted))
            .or_else(|| {
                wanted
                    .digests
                    .iter()
                    .find_map(|digest| self.image_by_stem(wanted.time, digest))
            });
        if let Some(path) = found {
            self.found(path, &mut image.attachment);
        }
    }

    fn image_by_stem(&mut self, time: i64, stem: &str) -> Option<String> {
        months(time).into_iter().find_map(|month| {
            let path = format!("msg/attach/{}/{month}/Img", self.talker);
            let folder = self.folder(path.clone(), true);
            folder.best_image(stem).map(|name| format!("{path}/{name}"))
        })
    }

    fn image_by_link(&mut self, wanted: &Wanted<'_>) -> Option<String> {
        let stems = [&wanted.packed.image, &wanted.packed.loose];
        let keys: Vec<&str> = wanted
            .digests
            .iter()
            .chain(stems.into_iter().flatten())
            .map(String::as_str)
            .collect();
        let link = self.linked("image", &keys)?;
        let (talker, month) = (link.folder?, link.subfolder?);
        let path = format!("msg/attach/{talker}/{month}/Img");
        let folder = self.folder(path.clone(), true);
        let stem = link.name.split(['.', '_']).next().unwrap_or_default();
        let name = folder
            .best_image(stem)
            .or_else(|| folder.exact(&link.name))?;
        Some(format!("{path}/{name}"))
    }

    fn voice(&self, wanted: &Wanted<'_>, attachment: &mut Attachment) {
        let found = self.voices.find(
            wanted.username,
            wanted.server_id,
            wanted.time,
            wanted.local_id,
        );
        if let Some((path, content)) = found {
            attachment.path = Some(format!("{}{path}", self.storage));
            attachment.content = Some(content.shared());
        }
    }

    fn video(&mut self, wanted: &Wanted<'_>, video: &mut Video) {
        let packed = wanted.packed;
        let stems = [&packed.video, &packed.loose]
            .into_iter()
            .flatten()
            .chain(wanted.digests);
        let mut stems: Vec<String> = stems.cloned().collect();
        let mut found = None;
        for stem in &stems {
            found = found.or_else(|| self.video_by_stem(wanted.time, stem));
        }
        if found.is_none() {
            let keys: Vec<&str> = stems.iter().map(String::as_str).collect();
            if let Some(link) = self.linked("video", &keys) {
                let folder = link.folder.or(link.subfolder).unwrap_or_default();
                let path = format!("msg/video/{folder}");
                stems.extend(link.name.split('.').next().map(str::to_owned));
                found = self
                    .folder(path.clone(), false)
                    .exact(&link.name)
                    .map(|name| (path, name.to_owned()));
            }
        }
        let still = match &found {
            Some((folder, name)) => {
                let stem = name.split('.').next().unwrap_or_default();
                let stem = stem.strip_suffix("_raw").unwrap_or(stem).to_owned();
                self.still_in(folder.clone(), &stem)
            }
            None => stems.iter().find_map(|stem| {
                months(wanted.time)
                    .into_iter()
                    .find_map(|month| self.still_in(format!("msg/video/{month}"), stem))
            }),
        };
        if let Some((folder, name)) = found {
            self.found(format!("{folder}/{name}"), &mut video.attachment);
        }
        if let Some(path) = still {
            let mut thumbnail = Attachment::default();
            self.found(path, &mut thumbnail);
            video.thumbnail = Some(thumbnail);
        }
    }

    fn video_by_stem(&mut self, time: i64, stem: &str) -> Option<(String, String)> {
        months(time).into_iter().find_map(|month| {
            let path = format!("msg/video/{month}");
            let folder = self.folder(path.clone(), false);
            let name = [".mp4", "_raw.mp4"]
                .iter()
                .find_map(|end| folder.exact(&format!("{stem}{end}")))?;
            Some((path, name.to_owned()))
        })
    }

    fn still_in(&mut self, path: String, stem: &str) -> Option<String> {
        let folder = self.folder(path.clone(), false);
        let name = ["_thumb.jpg", ".jpg"]
            .iter()
            .find_map(|end| folder.exact(&format!("{stem}{end}")))?;
        Some(format!("{path}/{name}"))
    }

    fn file(&mut self, wanted: &Wanted<'_>, attachment: &mut Attachment) {
        let keys: Vec<&str> = wanted.digests.iter().map(String::as_str).collect();
        if let Some(path) = self
            .file_by_link(&keys)
            .or_else(|| self.file_by_name(wanted.time, attachment))
        {
            self.found(path, attachment);
        }
    }

    fn file_by_link(&mut self, digests: &[&str]) -> Option<String> {
        let link = self.linked("file", digests)?;
        let path = format!("msg/file/{}", link.folder.or(link.subfolder)?);
        let folder = self.folder(path.clone(), false);
        folder
            .exact(&link.name)
            .map(|name| format!("{path}/{name}"))
    }

    /// A file of that name, or of that name with a number; when several are there, the one of the stated size.
    fn file_by_name(&mut self, time: i64, attachment: &Attachment) -> Option<String> {
        let name = attachment.name.clone()?;
        let mut candidates = Vec::new();
        for month in months(time) {
            let path = format!("msg/file/{month}");
            let folder = self.folder(path.clone(), false);
            candidates.extend(folder.numbered(&name).map(|name| format!("{path}/{name}")));
        }
        let root = self.root.as_ref()?;
        let is_meant = |path: &&String| {
            attachment
                .size_bytes
                .is_some_and(|size| root.size_bytes(path) == Some(size))
        };
        if let Some(path) = candidates.iter().find(is_meant) {
            return Some(path.clone());
        }
        match candidates.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }
}

/// The month of a moment and its neighbours: files are put away when they arrive, in the time of the device.
fn months(time: i64) -> [String; 3] {
    const CHINA_SECONDS: i64 = 8 * 3600;
    let (year, month, _) = Timestamp::from_seconds(time.saturating_add(CHINA_SECONDS)).date();
    let number = year.saturating_mul(12).saturating_add(i64::from(month) - 1);
    [number, number.saturating_add(1), number.saturating_sub(1)].map(|number| {
        format!(
            "{:04}-{:02}",
            number.div_euclid(12),
            number.rem_euclid(12) + 1
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_two_neighbours() {
        assert_eq!(months(1_704_067_200), ["2024-01", "2024-02", "2023-12"]);
        assert_eq!(
            months(1_704_063_600 + 3000),
            ["2024-01", "2024-02", "2023-12"]
        );
        assert_eq!(months(1_703_980_000), ["2023-12", "2024-01", "2023-11"]);
    }
}
