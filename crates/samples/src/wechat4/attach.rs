//! Drafts of messages with media, and the files that belong to them.

use crate::pictures;
use crate::protobuf::Message;
use crate::text::{escaped, month_of};
use crate::truth::{Kind, OnDisk};
use crate::words::FILES;

use super::Generation;
use super::appmsg::{self, App};
use super::bodies;
use super::draft::{Draft, Plain, local_type};
use super::media::Coat;
use super::side::Link;
use super::stage::{Stage, packed_info};

/// How a picture is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// Original and thumbnail.
    Both(Coat),
    /// The original was never loaded.
    ThumbnailOnly,
    /// Removed from disk.
    Gone,
}

/// Where the file stem of a picture is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stem {
    /// In `packed_info_data`.
    Packed,
    /// As bare text in `packed_info_data`.
    Bare,
    /// In `message_resource.db`.
    Resource,
    /// Only `hardlink.db` knows, by the MD5 of the XML.
    HardlinkOnly,
}

impl Stage<'_> {
    /// Whether an everyday message still gets a file: the first few hundred, four in five.
    pub(super) fn may_store(&mut self) -> bool {
        let is_lucky = self.rng.chance(800);
        self.media.is_on && self.is_held && self.media.written < 400 && is_lucky
    }

    /// Writes a media file if this piece holds the beat and files are wanted.
    fn put_plain(&mut self, path: String, bytes: &[u8]) -> Option<OnDisk> {
        if !self.media.is_on || !self.is_held {
            return None;
        }
        let written = self.media.plain(path, bytes);
        self.keep(written)
    }

    /// A picture.
    pub(super) fn picture(&mut self, sender: u32, keeping: Keeping, stem_in: Stem) -> Draft {
        let stem = self.rng.hex32();
        let month = month_of(self.now());
        let talker = &self.here().hash;
        let mut file = None;
        let mut md5 = self.rng.hex32();
        let mut size = self.rng.range(20_000, 900_000).unsigned_abs();
        // The macOS client keeps no thumbnails that a digest would lead to.
        let keeping = match keeping {
            Keeping::ThumbnailOnly if self.media.generation == Generation::Mac3 => Keeping::Gone,
            other => other,
        };
        if self.media.is_on && self.is_held && keeping != Keeping::Gone {
            let thumbnail = pictures::jpeg(&mut self.rng, 12, 9);
            let written = self.media.picture(
                talker,
                &month,
                &format!("{stem}_t.dat"),
                &thumbnail,
                Coat::V2,
            );
            file = self.keep(written);
            if let Keeping::Both(coat) = keeping {
                let original = if coat == Coat::Xor {
                    pictures::png(&mut self.rng, 24)
                } else {
                    pictures::jpeg(&mut self.rng, 40, 30)
                };
                size = original.len() as u64;
                let written =
                    self.media
                        .picture(talker, &month, &format!("{stem}.dat"), &original, coat);
                file = self.keep(written);
                // In one of two cases the XML tells the truth about the local file.
                if let Some(file) = file.as_ref().filter(|_| stem_in != Stem::Packed) {
                    md5.clone_from(&file.md5);
                }
            }
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let body = bodies::image(&mut self.rng, &md5, size);
        let mut draft = Draft::new(Kind::Image, 3, Some(sender), body);
        match stem_in {
            Stem::Packed => {
                let mut inner = Message::new();
                inner.text(4, &stem);
                draft.packed = Some(packed_info(3, &inner));
            }
            Stem::Bare => draft.packed = Some(format!("{stem}_t.dat").into_bytes()),
            Stem::Resource => draft.resource = Some(stem.clone()),
            Stem::HardlinkOnly => {}
        }
        if file.is_some() || stem_in == Stem::HardlinkOnly || self.rng.chance(120) {
            let (folder, time) = (talker.clone(), self.now());
            self.link(Link {
                kind: "image",
                md5,
                name: format!("{stem}.dat"),
                size,
                time,
                folder,
                subfolder: Some(month),
            });
        }
        draft.path = file
            .as_ref()
            .map(|file| file.path.clone())
            .filter(|_| stem_in != Stem::HardlinkOnly);
        draft.file = file;
        draft
    }

    /// A voice message; sometimes with what was said.
    pub(super) fn voice(&mut self, sender: u32, transcript: Option<&str>) -> Draft {
        let milliseconds = self.rng.range(900, 58_000);
        let from = &self.cast.party(sender).username;
        let body = bodies::voice(
            &mut self.rng,
            from,
            milliseconds,
            transcript.filter(|words| words.len() % 2 == 0),
        );
        let mut draft = Draft::new(Kind::Voice, 34, Some(sender), body);
        if let Some(words) = transcript {
            let mut inner = Message::new();
            inner.varint(1, 2).text(2, words);
            draft.packed = Some(packed_info(5, &inner));
        }
        let frames = self.rng.range(2, 5).unsigned_abs();
        draft.voice = Some(pictures::silk(
            &mut self.rng,
            usize::try_from(frames).unwrap_or(2),
        ));
        draft
    }

    /// A film; the file has the name that `packed_info_data` gives.
    pub(super) fn film(&mut self, sender: u32, base: i64, is_stored: bool) -> Draft {
        let month = month_of(self.now());
        let bytes = pictures::mp4(&mut self.rng);
        let stem = self.rng.hex32();
        let mut file = None;
        if is_stored {
            file = self.put_plain(format!("msg/video/{month}/{stem}.mp4"), &bytes);
            let still = pictures::jpeg(&mut self.rng, 12, 20);
            self.put_plain(format!("msg/video/{month}/{stem}_thumb.jpg"), &still);
        }
        let md5 = file
            .as_ref()
            .map_or_else(|| self.rng.hex32(), |file| file.md5.clone());
        let from = &self.cast.party(sender).username;
        let raw = self.rng.hex32();
        let known = (sender != 0).then_some(md5.as_str());
        let body = bodies::video(
            &mut self.rng,
            from,
            known,
            if sender == 0 { &md5 } else { &raw },
            bytes.len(),
        );
        let mut inner = Message::new();
        inner.text(8, &stem);
        let time = self.now();
        self.link(Link {
            kind: "video",
            md5,
            name: format!("{stem}.mp4"),
            size: bytes.len(),
            time,
            folder: month,
            subfolder: None,
        });
        Draft {
            packed: Some(packed_info(4, &inner)),
            path: file.as_ref().map(|file| file.path.clone()),
            file,
            ..Draft::new(Kind::Video, base, Some(sender), body)
        }
    }

    /// A file; `code` is 6, or 74 while it is on its way.
    pub(super) fn file(
        &mut self,
        sender: u32,
        code: i64,
        attach_id: &str,
        is_stored: bool,
    ) -> Draft {
        let month = month_of(self.now());
        let (stem, extension) = *self.rng.pick(FILES);
        let name = format!("{stem}({}).{extension}", self.rng.draw32());
        let content = format!("{name}\n这是一份虚构的文件。\n");
        let mut file = None;
        if is_stored {
            file = self.put_plain(format!("msg/file/{month}/{name}"), content.as_bytes());
        }
        let md5 = super::cast::md5_hex(content.as_bytes());
        let attachment =
            appmsg::attachment(&mut self.rng, &md5, extension, content.len(), attach_id);
        let from = &self.cast.party(sender).username;
        let body = App {
            code,
            title: &name,
            inner: &attachment,
            from,
            ..App::default()
        }
        .to_xml();
        let time = self.now();
        if code == 6 {
            self.link(Link {
                kind: "file",
                md5,
                name,
                size: content.len(),
                time,
                folder: month,
                subfolder: None,
            });
        }
        Draft {
            path: file.as_ref().map(|file| file.path.clone()),
            file,
            ..Draft::new(Kind::File, local_type(49, code), Some(sender), body)
        }
    }

    /// A card of type 49.
    pub(super) fn app(&mut self, sender: u32, app: App<'_>) -> Draft {
        let from = &self.cast.party(sender).username;
        let kind = appmsg::kind_of(app.code, !app.url.is_empty());
        Draft::new(
            kind,
            local_type(49, app.code),
            Some(sender),
            App { from, ..app }.to_xml(),
        )
    }

    /// An answer to an earlier message; `is_there` says whether the target stands in the set.
    pub(super) fn answer(
        &mut self,
        sender: u32,
        target: &super::thread::Recent,
        words: &str,
        is_there: bool,
    ) -> Draft {
        let here = self.here();
        let author = self.cast.party(target.sender);
        let is_room = here.role == super::cast::Role::Room;
        let base = target.local_type & 0xFFFF_FFFF;
        // Quotes of quotes and of cards hold the XML, in rooms behind the author now and then.
        let content = match base {
            34 => format!("{}:15369:1:", author.username),
            1 if is_room && self.rng.chance(200) => {
                format!("{}:\n{}", author.username, target.content)
            }
            _ => target.content.clone(),
        };
        let refer = appmsg::Refer {
            base,
            server_id: target.server_id,
            from: &here.username,
            author: if is_room { &author.username } else { "" },
            name: author.shown(),
            content: &content,
            time: target.time,
        };
        let inner = refer.to_xml();
        let mut draft = self.app(
            sender,
            App {
                code: 57,
                title: words,
                inner: &inner,
                ..App::default()
            },
        );
        draft.text = Plain::Words(words.to_owned());
        draft.reply = is_there.then_some((target.server_id, target.beat));
        draft
    }

    /// A mention of somebody in a room, with `atuserlist`.
    pub(super) fn mention(&mut self, sender: u32, whom: u32, words: &str) -> Draft {
        let party = self.cast.party(whom);
        let mut draft = Draft::text(sender, format!("@{}\u{2005}{words}", party.nick));
        draft.mentions = Some(party.username.clone());
        draft
    }

    /// What somebody might write here.
    pub(super) fn words(&mut self) -> String {
        let mut out = String::with_capacity(96);
        let topic = self.here().topic;
        self.composer.say(&mut self.rng, topic, &mut out);
        out
    }
}

/// Words as an escaped XML attribute or element.
pub(super) fn xml(words: &str) -> String {
    escaped(words)
}
