//! Attachments on disk: which file beside the database belongs to a message.

use std::sync::Arc;

use hutong_model::{Attachment, ContentHandle, Image, Part, Sticker, Stop, Video};
use rustc_hash::FxHashMap;

use super::decode::{
    PictureName, below_media_folder, is_file_stem, levels, md5_of, picture_name, sticker_key,
};
use super::layout::joined;
use super::sticker::StickerContent;
use crate::Input;
use crate::wechat::cells::{number, row_of, text};
use crate::wechat::database::OpenDatabase;
use crate::wechat::row_index::{Damaged, RowIndex, has_table};

/// Tables that list files by message in newer versions.
const FILE_TABLES: &[&str] = &["WxFileIndex3", "WxFileIndex2", "WxFileIndex"];

/// What a row says about its media.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// Number of the row in its table.
    pub(super) id: i64,
    /// Whether that table is `message`, whose numbers the other tables name.
    pub(super) is_main: bool,
    pub(super) server_id: i64,
    pub(super) talker: &'a str,
    /// `imgPath`.
    pub(super) path: &'a str,
}

/// A sticker as `EmojiInfo` lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct StickerRow {
    group: Option<Box<str>>,
    name: Option<Box<str>>,
    address: Option<Box<str>>,
    size: Option<u64>,
}

/// Finds attachments.
#[derive(Debug)]
pub(super) struct Media<'a> {
    input: &'a Input,
    roots: &'a [String],
    file: &'a OpenDatabase,
    /// Database and table of [`FILE_TABLES`].
    listed: Option<(OpenDatabase, &'static str)>,
    is_looking: bool,
    listed_by_id: RowIndex,
    pictures_by_server_id: RowIndex,
    pictures_by_id: RowIndex,
    voices: RowIndex,
    videos: RowIndex,
    documents: RowIndex,
    stickers: FxHashMap<Box<str>, StickerRow>,
    sticker_key: Option<[u8; 16]>,
}

impl<'a> Media<'a> {
    /// Reads the tables that name files. Without `is_looking`, only what they say in words is used.
    pub(super) fn read(
        input: &'a Input,
        roots: &'a [String],
        file: &'a OpenDatabase,
        listed: Option<OpenDatabase>,
        is_looking: bool,
        damaged: Damaged<'_>,
    ) -> Result<Self, Stop> {
        let listed = listed.and_then(|listed| {
            let table = FILE_TABLES
                .iter()
                .find(|table| has_table(&listed, table, &["msgId", "path"]))?;
            Some((listed, *table))
        });
        let mut media = Self {
            input,
            roots,
            file,
            is_looking,
            listed_by_id: RowIndex::default(),
            pictures_by_server_id: RowIndex::default(),
            pictures_by_id: RowIndex::default(),
            voices: RowIndex::by_text(file, "voiceinfo", "FileName", damaged)?,
            videos: RowIndex::by_text(file, "videoinfo2", "filename", damaged)?,
            documents: RowIndex::default(),
            stickers: FxHashMap::default(),
            sticker_key: None,
            listed: None,
        };
        media.read_stickers(damaged)?;
        if is_looking {
            if let Some((listed, table)) = listed {
                media.listed_by_id = RowIndex::by_number(&listed, table, "msgId", damaged)?;
                media.listed = Some((listed, table));
            }
            media.pictures_by_server_id =
                RowIndex::by_number(file, "ImgInfo2", "msgSvrId", damaged)?;
            media.pictures_by_id = RowIndex::by_number(file, "ImgInfo2", "msglocalid", damaged)?;
            media.documents = RowIndex::by_number(file, "appattach", "msgInfoId", damaged)?;
        }
        Ok(media)
    }

    fn read_stickers(&mut self, damaged: Damaged<'_>) -> Result<(), Stop> {
        /// The catalogue's own row, whose MD5 is the key of all others.
        const KEY_CATALOG: i64 = 153;
        let columns = ["md5", "catalog", "groupId", "name", "size", "cdnUrl"];
        let Self {
            file,
            stickers,
            sticker_key: key,
            ..
        } = self;
        file.each_row("EmojiInfo", &columns, damaged, |row| {
            let Some(md5) = text(&row, 0) else {
                return Ok(());
            };
            if number(&row, 1) == Some(KEY_CATALOG) {
                *key = sticker_key(&md5).or(*key);
            }
            let sticker = StickerRow {
                group: text(&row, 2).map(Into::into),
                name: text(&row, 3).map(Into::into),
                size: number(&row, 4).and_then(|size| u64::try_from(size).ok()),
                address: text(&row, 5)
                    .filter(|address| address.contains("://"))
                    .map(Into::into),
            };
            stickers.insert(md5.trim().to_ascii_lowercase().into(), sticker);
            Ok(())
        })?;
        // What a sticker means, in the language of most of its users where there are several.
        let columns = ["md5", "desc", "lang"];
        let mut words: FxHashMap<Box<str>, (bool, Box<str>)> = FxHashMap::default();
        file.each_row("EmojiInfoDesc", &columns, damaged, |row| {
            if let (Some(md5), Some(meaning)) = (text(&row, 0), text(&row, 1)) {
                let is_chinese = text(&row, 2).is_some_and(|lang| lang.starts_with("zh"));
                let slot = words
                    .entry(md5.trim().to_ascii_lowercase().into())
                    .or_insert_with(|| (is_chinese, meaning.as_str().into()));
                if is_chinese && !slot.0 {
                    *slot = (true, meaning.into());
                }
            }
            Ok(())
        })?;
        for (md5, (_, meaning)) in words {
            stickers.entry(md5).or_default().name = Some(meaning);
        }
        Ok(())
    }

    /// Fills in what the other tables say about the media of a message, and its files as far as they are there.
    pub(super) fn locate(&self, wanted: &Wanted<'_>, parts: &mut [Part]) {
        for part in parts {
            match part {
                Part::Image(image) => self.image(wanted, image),
                Part::Voice(voice) => {
                    if voice.duration_ms.is_none() {
                        voice.duration_ms = self.voice_length(wanted.path);
                    }
                    self.voice(wanted, &mut voice.attachment);
                }
                Part::Video(video) => self.video(wanted, video),
                Part::Sticker(sticker) => self.sticker(wanted, sticker),
                Part::File(file) => self.document(wanted, &mut file.attachment),
                _ => {}
            }
        }
    }

    /// The avatar of somebody.
    pub(super) fn avatar(&self, username: &str, address: Option<&String>) -> Option<Attachment> {
        let mut attachment = Attachment {
            url: address.cloned(),
            ..Attachment::default()
        };
        if self.is_looking {
            let hash = md5_of(username);
            let (one, two) = levels(&hash)?;
            let names =
                ["user_hd_", "user_"].map(|front| format!("avatar/{one}/{two}/{front}{hash}.png"));
            if let Some(path) = self.first_of(names) {
                self.found(path, &mut attachment);
            }
        }
        (attachment.url.is_some() || attachment.content.is_some()).then_some(attachment)
    }

    /// The first of these paths that is a file below any of the roots.
    fn first_of(&self, paths: impl IntoIterator<Item = String>) -> Option<String> {
        paths.into_iter().find_map(|path| {
            self.roots
                .iter()
                .find_map(|root| self.input.real_path(&joined(root, &path)))
        })
    }

    fn found(&self, path: String, attachment: &mut Attachment) {
        let Some(content) = self.input.content(&path) else {
            return;
        };
        attachment.size_bytes = self.input.size_bytes(&path).or(attachment.size_bytes);
        attachment.content = Some(ContentHandle(Arc::new(content)));
        attachment.path = Some(path);
    }

    /// Files that the newer tables list for a message: those of a kind first, larger ones first.
    fn listed_files(&self, wanted: &Wanted<'_>, is_kind: impl Fn(&str) -> bool) -> Option<String> {
        let (file, table) = self.listed.as_ref().filter(|_| wanted.is_main)?;
        let mut best: Option<(bool, u64, String)> = None;
        for row in self.listed_by_id.rows(wanted.id) {
            let Some(found) = row_of(file, table, &["path", "username"], row) else {
                continue;
            };
            let row = found.row();
            // Numbers of messages are given anew when a database is made anew.
            if text(&row, 1).is_some_and(|username| username != wanted.talker) {
                continue;
            }
            let Some(stored) = text(&row, 0) else {
                continue;
            };
            let below = below_media_folder(&stored).unwrap_or(&stored).to_owned();
            let Some(path) = self.first_of([below]) else {
                continue;
            };
            let name = path.rsplit('/').next().unwrap_or_default();
            let rank = (is_kind(name), self.input.size_bytes(&path).unwrap_or(0));
            if best
                .as_ref()
                .is_none_or(|(is_kind, size, _)| (*is_kind, *size) < rank)
            {
                best = Some((rank.0, rank.1, path));
            }
        }
        best.map(|(_, _, path)| path)
    }

    fn image(&self, wanted: &Wanted<'_>, image: &mut Image) {
        if !self.is_looking {
            return;
        }
        let mut stems: Vec<String> = Vec::new();
        let rows = (wanted.server_id != 0)
            .then(|| self.pictures_by_server_id.rows(wanted.server_id).next())
            .flatten()
            .or_else(|| {
                let by_id = || self.pictures_by_id.rows(wanted.id).next();
                wanted.is_main.then(by_id).flatten()
            });
        if let Some(row) = rows {
            let columns = ["bigImgPath", "hevcPath", "midImgPath", "thumbImgPath"];
            if let Some(found) = row_of(self.file, "ImgInfo2", &columns, row) {
                for index in 0..columns.len() {
                    stems.extend(text(&found.row(), index));
                }
            }
        }
        stems.push(wanted.path.to_owned());
        let stems: Vec<&str> = stems
            .iter()
            .filter_map(|path| match picture_name(path) {
                PictureName::Stem(stem) => Some(stem),
                _ => None,
            })
            .collect();
        let whole = self.picture_files(&stems, "", &["hd", ".jpg", "", ".png", ".gif", ".hevc"]);
        let small = self.picture_files(&stems, "th_", &["hd", "", ".jpg"]);
        let is_whole = |name: &str| !name.starts_with("th_");
        let whole = whole.or_else(|| {
            self.listed_files(wanted, is_whole)
                .filter(|path| is_whole(path.rsplit('/').next().unwrap_or_default()))
        });
        match (whole, small) {
            (Some(whole), small) => {
                self.found(whole, &mut image.attachment);
                if let Some(small) = small {
                    let mut thumbnail = Attachment::default();
                    self.found(small, &mut thumbnail);
                    image.thumbnail = Some(thumbnail);
                }
            }
            // The original was never loaded: the small one is what there is.
            (None, Some(small)) => self.found(small, &mut image.attachment),
            (None, None) => {
                if let Some(path) = self.listed_files(wanted, |_| true) {
                    self.found(path, &mut image.attachment);
                }
            }
        }
    }

    fn picture_files(&self, stems: &[&str], front: &str, backs: &[&str]) -> Option<String> {
        let names = stems.iter().filter_map(|stem| {
            let (one, two) = levels(stem)?;
            Some(backs.iter().flat_map(move |back| {
                ["image2", "image"]
                    .map(|folder| format!("{folder}/{one}/{two}/{front}{stem}{back}"))
            }))
        });
        self.first_of(names.flatten())
    }

    fn voice_length(&self, name: &str) -> Option<u64> {
        self.voices.rows_of_text(name).find_map(|row| {
            let found = row_of(self.file, "voiceinfo", &["FileName", "VoiceLength"], row)?;
            text(&found.row(), 0).filter(|known| known.eq_ignore_ascii_case(name))?;
            number(&found.row(), 1).and_then(|length| u64::try_from(length).ok())
        })
    }

    fn voice(&self, wanted: &Wanted<'_>, attachment: &mut Attachment) {
        if !self.is_looking {
            return;
        }
        let by_name = is_file_stem(wanted.path).then(|| {
            let hash = md5_of(wanted.path);
            let (one, two) = levels(&hash)?;
            let (one, two) = (one.to_owned(), two.to_owned());
            let names = ["voice2", "voice"].into_iter().flat_map(|folder| {
                [".amr", "", ".silk"]
                    .map(|back| format!("{folder}/{one}/{two}/msg_{}{back}", wanted.path))
            });
            self.first_of(names)
        });
        let path = by_name
            .flatten()
            .or_else(|| self.listed_files(wanted, |name| name.ends_with(".amr")));
        let Some(path) = path else { return };
        // The name ends in .amr whatever is inside.
        let first = self.input.first_bytes(&path, 10).unwrap_or_default();
        if first.starts_with(b"#!AMR") {
            attachment.media_type = Some("audio/amr".to_owned());
        } else if first.windows(6).any(|bytes| bytes == b"#!SILK") {
            attachment.media_type = Some("audio/silk".to_owned());
        }
        self.found(path, attachment);
    }

    fn video(&self, wanted: &Wanted<'_>, video: &mut Video) {
        let mut names: Vec<String> = Vec::new();
        for row in self.videos.rows_of_text(wanted.path) {
            let columns = ["filename", "videolength", "videomd5", "video_path"];
            let Some(found) = row_of(self.file, "videoinfo2", &columns, row) else {
                continue;
            };
            let row = found.row();
            if text(&row, 0).is_none_or(|name| !name.eq_ignore_ascii_case(wanted.path)) {
                continue;
            }
            let seconds = number(&row, 1).and_then(|seconds| u64::try_from(seconds).ok());
            if let Some(seconds) = seconds.filter(|seconds| *seconds > 0) {
                // The table counts in seconds; what stands in the row is less certain.
                video.duration_ms = Some(seconds.saturating_mul(1_000));
            }
            video.attachment.native_digest =
                video.attachment.native_digest.take().or(text(&row, 2));
            names.extend(
                text(&row, 3).and_then(|path| below_media_folder(&path).map(str::to_owned)),
            );
        }
        if !self.is_looking {
            return;
        }
        if is_file_stem(wanted.path) {
            names.extend([".mp4", ""].map(|back| format!("video/{}{back}", wanted.path)));
            if let Some(path) =
                self.first_of([".jpg", ".thumb"].map(|back| format!("video/{}{back}", wanted.path)))
            {
                let mut thumbnail = Attachment::default();
                self.found(path, &mut thumbnail);
                video.thumbnail = Some(thumbnail);
            }
        }
        let path = self.first_of(names).or_else(|| {
            let is_film = |name: &str| name.to_ascii_lowercase().ends_with(".mp4");
            self.listed_files(wanted, is_film)
                .filter(|path| is_film(path))
        });
        if let Some(path) = path {
            self.found(path, &mut video.attachment);
        }
    }

    fn sticker(&self, wanted: &Wanted<'_>, sticker: &mut Sticker) {
        let md5 = sticker
            .attachment
            .native_digest
            .clone()
            .or_else(|| is_file_stem(wanted.path).then(|| wanted.path.to_owned()));
        let Some(md5) = md5 else { return };
        let known = self.stickers.get(md5.trim().to_ascii_lowercase().as_str());
        if let Some(known) = known {
            let attachment = &mut sticker.attachment;
            attachment.size_bytes = attachment.size_bytes.or(known.size);
            if attachment.url.is_none() {
                attachment.url = known.address.as_deref().map(str::to_owned);
            }
            if sticker.meaning.is_none() {
                sticker.meaning = known.name.as_deref().map(str::to_owned);
            }
            if sticker.pack.is_none() {
                sticker.pack = known.group.as_deref().map(str::to_owned);
            }
        }
        sticker.attachment.native_digest = Some(md5.clone());
        if !self.is_looking || !is_file_stem(&md5) {
            return;
        }
        let groups = [
            sticker.pack.as_deref(),
            known.and_then(|known| known.group.as_deref()),
        ];
        let grouped = groups
            .into_iter()
            .flatten()
            .filter(|group| is_file_stem(group))
            .map(|group| format!("emoji/{group}/{md5}"));
        let names: Vec<String> = grouped.chain([format!("emoji/{md5}")]).collect();
        let path = self
            .first_of(names)
            .or_else(|| self.listed_files(wanted, |name| !name.contains("cover")));
        let Some(path) = path else { return };
        let Some(file) = self.input.content(&path) else {
            return;
        };
        let attachment = &mut sticker.attachment;
        attachment.size_bytes = self.input.size_bytes(&path).or(attachment.size_bytes);
        let key = self.sticker_key;
        attachment.content = Some(ContentHandle(Arc::new(StickerContent { file, key })));
        attachment.path = Some(path);
    }

    fn document(&self, wanted: &Wanted<'_>, attachment: &mut Attachment) {
        if !self.is_looking {
            return;
        }
        let mut names: Vec<String> = Vec::new();
        let rows = wanted.is_main.then(|| self.documents.rows(wanted.id));
        for row in rows.into_iter().flatten() {
            let Some(found) = row_of(self.file, "appattach", &["fileFullPath"], row) else {
                continue;
            };
            let Some(stored) = text(&found.row(), 0) else {
                continue;
            };
            names.extend(below_media_folder(&stored).map(str::to_owned));
            names.extend(in_folders(stored.rsplit(['/', '\\']).next()));
        }
        let path = self
            .first_of(names)
            .or_else(|| self.listed_files(wanted, |name| !name.starts_with("th_")))
            .or_else(|| {
                // A name alone proves little: the size must be the stated one.
                let path = self.first_of(in_folders(attachment.name.as_deref()))?;
                let is_same = attachment.size_bytes.is_none()
                    || attachment.size_bytes == self.input.size_bytes(&path);
                is_same.then_some(path)
            });
        if let Some(path) = path {
            self.found(path, attachment);
        }
    }
}

/// The folders in which a file of this name may lie.
fn in_folders(name: Option<&str>) -> impl Iterator<Item = String> {
    name.filter(|name| !name.trim().is_empty() && !name.contains(['/', '\\']))
        .map(str::to_owned)
        .into_iter()
        .flat_map(|name| ["attachment", "Download"].map(|folder| format!("{folder}/{name}")))
}
