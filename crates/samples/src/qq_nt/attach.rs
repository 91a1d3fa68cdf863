//! Drafts of messages with media and cards, and the files that belong to them.

use std::path::PathBuf;

use md5::{Digest, Md5};

use crate::ForgeError;
use crate::pictures::{self, cache_path};
use crate::protobuf::Message;
use crate::store::write_file;
use crate::text::{escaped, month_of};
use crate::truth::{Kind, OnDisk};
use crate::words::FILES;

use super::draft::{Draft, Plain, Reply};
use super::elements::{Answered, Cached, Media};
use super::stage::{Recent, Stage};

/// Writes media files below an account folder.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) root: PathBuf,
    pub(super) is_on: bool,
    /// Android keeps pictures in a cache of its own; the rest is left out there.
    pub(super) is_phone: bool,
    pub(super) written: u64,
}

impl Files {
    fn put(&mut self, path: String, bytes: &[u8]) -> Result<Option<OnDisk>, ForgeError> {
        let path = match (self.is_phone, cached(&path)) {
            (false, _) => path,
            (true, Some(path)) => path,
            (true, None) => return Ok(None),
        };
        write_file(&self.root.join(&path), bytes)?;
        self.written += 1;
        Ok(Some(OnDisk {
            path,
            md5: hex::encode(Md5::digest(bytes)),
        }))
    }
}

/// Where Android keeps the picture that a computer keeps at this path.
fn cached(path: &str) -> Option<String> {
    if !path.contains("/Pic/") && !path.contains("/Emoji/") {
        return None;
    }
    let folder = if path.contains("/Thumb/") {
        "chatthumb"
    } else {
        "chatraw"
    };
    let md5 = path.rsplit('/').next()?.get(..32)?.to_uppercase();
    let path = cache_path(folder, &md5);
    Some(format!(
        "Android/data/com.tencent.mobileqq/Tencent/MobileQQ/{path}"
    ))
}

/// How a picture is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    Both,
    ThumbnailOnly,
    Gone,
}

/// What kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Photo,
    /// 闪照.
    Flash,
    Sticker,
}

impl Stage<'_> {
    /// Whether an everyday message still gets a file: the first few hundred, four in five.
    pub(super) fn may_store(&mut self) -> bool {
        let is_lucky = self.rng.chance(800);
        self.files.is_on && self.is_held && self.files.written < 400 && is_lucky
    }

    fn put(&mut self, path: String, bytes: &[u8]) -> Option<OnDisk> {
        if !self.files.is_on || !self.is_held {
            return None;
        }
        let written = self.files.put(path, bytes);
        self.keep(written).flatten()
    }

    /// Chance in place of a digest, for files that are nowhere.
    fn digest(&mut self) -> [u8; 16] {
        let mut out = [0; 16];
        for part in out.chunks_exact_mut(8) {
            part.copy_from_slice(&self.rng.draw().to_le_bytes());
        }
        out
    }

    /// A picture, sticker or flash picture.
    pub(super) fn picture(&mut self, sender: u32, look: Look, keeping: Keeping) -> Draft {
        let month = month_of(self.now());
        let is_sticker = look == Look::Sticker;
        let mut media = Media {
            md5: self.digest(),
            size: 40_000,
            ..Media::default()
        };
        let (extension, format) = if is_sticker {
            ("gif", 2000)
        } else {
            ("jpg", 1000)
        };
        let mut file = None;
        let folder = if is_sticker {
            "Emoji/emoji-recv"
        } else {
            "Pic"
        };
        if keeping != Keeping::Gone && self.files.is_on && self.is_held {
            let bytes = if is_sticker {
                pictures::gif(&mut self.rng)
            } else {
                pictures::jpeg(&mut self.rng, 40, 30)
            };
            media.md5 = Md5::digest(&bytes).into();
            media.size = bytes.len();
            let upper = hex::encode_upper(media.md5);
            if keeping == Keeping::Both {
                file = self.put(
                    format!("nt_qq/nt_data/{folder}/{month}/Ori/{upper}.{extension}"),
                    &bytes,
                );
            }
            let small = pictures::jpeg(&mut self.rng, 12, 9);
            let lower = upper.to_lowercase();
            let thumbnail = self.put(
                format!("nt_qq/nt_data/{folder}/{month}/Thumb/{lower}_0.jpg"),
                &small,
            );
            file = file.or(thumbnail);
            media.path =
                format!("C:\\Tencent Files\\nt_data\\{folder}\\{month}\\Thumb\\{lower}_0.jpg");
        }
        media.name = format!("{}.{extension}", hex::encode_upper(media.md5));
        let mut body = self.body();
        body.picture(&media, u64::from(is_sticker), format, look == Look::Flash);
        let kind = if is_sticker {
            Kind::Sticker
        } else {
            Kind::Image
        };
        let sub = if is_sticker { 4096 } else { 2 };
        let listed = Some((2, media.name, media.path, media.size));
        Draft {
            file,
            media: listed,
            ..Draft::new(kind, 2, sub, Some(sender), body)
        }
    }

    /// A voice message; sometimes with what was said.
    pub(super) fn voice(&mut self, sender: u32, words: Option<&str>, is_stored: bool) -> Draft {
        let month = month_of(self.now());
        let mut media = Media {
            md5: self.digest(),
            size: 3_000,
            seconds: self.rng.range(1, 59),
            ..Media::default()
        };
        let mut file = None;
        let mut bytes = Vec::new();
        if is_stored {
            bytes = pictures::silk(&mut self.rng, 4);
            media.md5 = Md5::digest(&bytes).into();
            media.size = bytes.len();
        }
        media.name = format!("{}.amr", hex::encode(media.md5));
        if is_stored {
            file = self.put(
                format!("nt_qq/nt_data/Ptt/{month}/Ori/{}", media.name),
                &bytes,
            );
        }
        media.path = format!(
            "C:\\Tencent Files\\nt_data\\Ptt\\{month}\\Ori\\{}",
            media.name
        );
        let mut body = self.body();
        body.voice(&media, words);
        let listed = Some((4, media.name, media.path, media.size));
        Draft {
            file,
            media: listed,
            ..Draft::new(Kind::Voice, 6, 0, Some(sender), body)
        }
    }

    /// A film.
    pub(super) fn film(&mut self, sender: u32, is_stored: bool) -> Draft {
        let month = month_of(self.now());
        let mut media = Media {
            md5: self.digest(),
            size: 900_000,
            seconds: self.rng.range(2, 90),
            ..Media::default()
        };
        let mut file = None;
        if is_stored {
            let bytes = pictures::mp4(&mut self.rng);
            media.md5 = Md5::digest(&bytes).into();
            media.size = bytes.len();
            let stem = hex::encode(media.md5);
            file = self.put(
                format!("nt_qq/nt_data/Video/{month}/Ori/{stem}.mp4"),
                &bytes,
            );
            let still = pictures::png(&mut self.rng, 12);
            self.put(
                format!("nt_qq/nt_data/Video/{month}/Thumb/{stem}_0.png"),
                &still,
            );
        }
        media.name = format!("{}.mp4", hex::encode(media.md5));
        let mut body = self.body();
        body.film(&media);
        let listed = Some((5, media.name, String::new(), media.size));
        Draft {
            file,
            media: listed,
            ..Draft::new(Kind::Video, 7, 0, Some(sender), body)
        }
    }

    /// A file; `kind` is 3, or 23 and 30 for those that are sent online.
    pub(super) fn file(&mut self, sender: u32, kind: u64, is_stored: bool) -> Draft {
        let (stem, extension) = *self.rng.pick(FILES);
        let name = format!("{stem}({}).{extension}", self.rng.draw32());
        let content = format!("{name}\n这是一份虚构的文件。\n");
        let md5 = Md5::digest(content.as_bytes()).into();
        let mut file = None;
        if is_stored {
            file = self.put(format!("nt_qq/nt_data/File/Ori/{name}"), content.as_bytes());
        }
        let path = if is_stored {
            String::new()
        } else {
            format!("C:\\Users\\invented\\Downloads\\{name}")
        };
        let media = Media {
            name,
            size: content.len(),
            md5,
            path,
            seconds: 0,
        };
        let mut body = self.body();
        body.file(&media, kind);
        let msg_type = match kind {
            23 => 21,
            30 => 27,
            _ => 3,
        };
        let sub = match extension {
            "docx" => 16,
            "pptx" => 32,
            "xlsx" => 64,
            "zip" => 512,
            "png" => 2,
            _ => 1,
        };
        let listed = Some((3, media.name, media.path, media.size));
        Draft {
            file,
            media: listed,
            ..Draft::new(Kind::File, msg_type, sub, Some(sender), body)
        }
    }

    /// An answer. `is_there` says whether the target stands in the set; `by_id` whether a private
    /// row names it by row id rather than by client sequence.
    pub(super) fn answer(
        &mut self,
        sender: u32,
        target: &Recent,
        words: &str,
        is_there: bool,
        by_id: bool,
    ) -> Draft {
        let author = self.cast.party(target.sender);
        let is_group = self.here().is_group();
        let answered = Answered {
            sequence: if is_group || by_id {
                target.sequence
            } else {
                0
            },
            uin: author.uin,
            time: target.time,
            uid: author.uid.clone(),
            name: author.nick.clone(),
            summary: target.summary.clone(),
            message: (!is_group && by_id).then_some(target.msg_id),
            has_snapshot: self.rng.chance(800),
        };
        let mut body = self.body();
        body.answer(&answered).text(words);
        let mut draft = Draft::new(Kind::Quote, 9, 33, Some(sender), body);
        draft.text = Plain::Body;
        draft.reply = is_there.then_some(Reply {
            msg_id: target.msg_id,
            beat: target.beat,
        });
        draft.reply_column = match (is_group, by_id) {
            (true, _) => target.sequence,
            (false, true) => 0,
            (false, false) => target.client_sequence,
        };
        if self.rng.chance(300) {
            draft.cached = Some(self.cached(target));
        }
        draft
    }

    /// Column 40900 with one message.
    fn cached(&mut self, target: &Recent) -> Vec<u8> {
        let author = self.cast.party(target.sender);
        let here = self.here();
        let mut inner = self.body();
        inner.text(&target.summary);
        let mut column = Message::new();
        Cached {
            message: target.msg_id,
            random: target.random,
            sequence: target.sequence,
            chat_type: if here.is_group() { 2 } else { 1 },
            msg_type: 2,
            uid: &author.uid,
            peer: &here.uid,
            uin: author.uin,
            nick: &author.nick,
            time: target.time,
            body: inner.as_bytes(),
            inner: &[],
        }
        .append(&mut column);
        column.into_bytes()
    }

    /// A merged forward of the old kind: XML, and the messages themselves in 40900 when they were loaded.
    pub(super) fn forward(&mut self, sender: u32, depth: usize, is_loaded: bool) -> Draft {
        let column = self.chain(depth);
        let xml = format!(
            "<?xml version='1.0' encoding='UTF-8' standalone=\"yes\"?><msg serviceID=\"35\" templateID=\"1\" action=\"viewMultiMsg\" brief=\"[聊天记录]\" m_resid=\"invented-{0:x}\" m_fileName=\"{0}\" tSum=\"3\" flag=\"3\"><item layout=\"1\"><title color=\"#000000\" size=\"34\">群聊的聊天记录</title><title color=\"#777777\" size=\"26\">小麦: {1}</title><title color=\"#777777\" size=\"26\">豆子: [图片]</title><hr/><summary color=\"#808080\" size=\"26\">查看3条转发消息</summary></item><source name=\"聊天记录\"/></msg>",
            self.rng.draw32(),
            escaped("收到 & 明白"),
        );
        let resid = format!("invented-{:x}", self.rng.draw());
        let mut body = self.body();
        body.forward(&resid, &xml);
        let mut draft = Draft::new(Kind::Forward, 8, 0, Some(sender), body);
        draft.cached = is_loaded.then_some(column);
        draft
    }

    /// Column 40900: a few messages, one of them a further forward until `depth` is used up.
    fn chain(&mut self, depth: usize) -> Vec<u8> {
        let mut column = Message::new();
        for number in 0..3 {
            let author = self.somebody();
            let author = self.cast.party(author);
            let words = self.words();
            let mut inner = self.body();
            let is_nested = number == 2 && depth > 1;
            if is_nested {
                inner.forward("invented-inner", "<msg serviceID=\"35\" brief=\"[聊天记录]\"><item><title>聊天记录</title></item></msg>");
            } else {
                inner.text(&words);
            }
            let deeper = if is_nested {
                self.chain(depth - 1)
            } else {
                Vec::new()
            };
            let message = (self.now() << 32) + number + 1;
            Cached {
                message,
                random: self.rng.draw32(),
                sequence: number + 1,
                chat_type: 2,
                msg_type: if is_nested { 8 } else { 2 },
                uid: &author.uid,
                peer: &self.here().uid,
                uin: author.uin,
                nick: &author.nick,
                time: self.now() - 3_600 + number,
                body: inner.as_bytes(),
                inner: &deeper,
            }
            .append(&mut column);
        }
        column.into_bytes()
    }

    /// A shared link.
    pub(super) fn share(&mut self, sender: u32, title: &str, url: &str) -> Draft {
        let json = serde_json::json!({
            "app": "com.tencent.structmsg",
            "desc": "新闻",
            "view": "news",
            "ver": "0.0.0.1",
            "prompt": format!("[分享]{title}"),
            "meta": { "news": { "title": title, "desc": "虚构的摘要", "jumpUrl": url, "preview": "http://icons.example/p", "tag": "灯塔日报" } },
            "config": { "ctime": self.now(), "token": "0123456789abcdef0123456789abcdef", "type": "normal" },
        });
        let mut body = self.body();
        body.ark(&json.to_string());
        Draft::new(Kind::Link, 11, 0, Some(sender), body)
    }
}
