//! Media beside the database, and the rows that name them.

use std::path::Path;

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use rusqlite::params;
use serde_json::{Value, json};

use super::md5_hex;
use crate::ForgeError;
use crate::phone::PhoneRow;
use crate::pictures;
use crate::rng::Rng;
use crate::store::{Store, write_file};

/// Files that are written at most.
const MOST_FILES: u64 = 400;

/// Writes media files and the rows that name them.
pub(super) struct Media<'a> {
    pub(super) root: &'a Path,
    pub(super) main: &'a Store,
    pub(super) index: &'a Store,
    pub(super) is_on: bool,
    pub(super) written: u64,
    /// MD5 of the catalogue's own row.
    pub(super) sticker_key: String,
}

/// What a row gets from its media.
#[derive(Default)]
pub(super) struct Dress {
    /// `imgPath`.
    pub(super) path: String,
    /// Content in place of the XML.
    pub(super) content: Option<String>,
}

/// The value of an attribute in XML of the forge's own making.
fn attribute<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let start = xml.find(&format!(" {name}=\""))? + name.len() + 3;
    xml.get(start..)?.split('"').next()
}

/// The text of the first element with this name.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let start = xml.find(&format!("<{name}>"))? + name.len() + 2;
    xml.get(start..)?.split('<').next()
}

fn levels(key: &str) -> String {
    format!(
        "{}/{}",
        key.get(..2).unwrap_or("00"),
        key.get(2..4).unwrap_or("00")
    )
}

impl Media<'_> {
    /// Writes the files of a row with this number and says what its columns hold.
    pub(super) fn dress(&mut self, row: &mut PhoneRow, id: i64) -> Result<Dress, ForgeError> {
        let mut rng = Rng::new(row.number(), 0xA2D);
        let body = row.body.clone().unwrap_or_default();
        match row.base {
            3 => self.picture(row, id, &mut rng),
            34 => self.voice(row, id, &body, &mut rng),
            43 | 62 => self.film(row, id, &body, &mut rng),
            47 => self.sticker(row, &body, &mut rng),
            49 if row.sub == 6 => self.document(row, id, &body, &mut rng),
            _ => Ok(Dress::default()),
        }
    }

    fn may_write(&self, rng: &mut Rng) -> bool {
        rng.chance(750) && self.is_on && self.written < MOST_FILES
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), ForgeError> {
        self.written += 1;
        write_file(&self.root.join(path), bytes)
    }

    /// Says in the truth line which file belongs to the message.
    fn tell(row: &mut PhoneRow, path: &str, content: &[u8]) {
        if let Some(truth) = row.truth.as_mut().and_then(Value::as_object_mut) {
            truth.insert(
                "file".to_owned(),
                json!({ "path": path, "md5": md5_hex(content) }),
            );
        }
    }

    fn list(&self, row: &PhoneRow, id: i64, path: &str, size: usize) -> Result<(), ForgeError> {
        self.index.put(
            "INSERT INTO WxFileIndex3 VALUES(?1, ?2, ?3, 20, ?4, ?5, ?6, NULL, ?5, NULL)",
            params![
                id,
                row.talker,
                row.base,
                path,
                i64::try_from(size).unwrap_or(0),
                row.time_ms
            ],
        )
    }

    fn picture(&mut self, row: &mut PhoneRow, id: i64, rng: &mut Rng) -> Result<Dress, ForgeError> {
        let (stem, large) = (rng.hex32(), rng.hex32());
        let form = rng.below(6);
        let mut big = String::new();
        let mut path = format!("THUMBNAIL_DIRPATH://th_{stem}");
        if self.may_write(rng) {
            let small = pictures::jpeg(rng, 12, 9);
            let whole = pictures::jpeg(rng, 40, 30);
            let thumbnail = format!("image2/{}/th_{stem}", levels(&stem));
            // The original lies under a stem of its own, under that of the thumbnail, in the list only, or nowhere.
            let original = match form {
                0 | 1 => {
                    big = format!("{large}.jpg");
                    Some(format!("image2/{}/{large}.jpg", levels(&large)))
                }
                2 => Some(format!("image2/{}/{stem}hd", levels(&stem))),
                3 => Some(format!("image2/{}/{stem}", levels(&stem))),
                4 => {
                    let listed = format!("image2/{}/{large}_listed.jpg", levels(&large));
                    self.list(row, id, &listed, whole.len())?;
                    Some(listed)
                }
                _ => {
                    big = format!("SERVERID://{}", rng.draw32());
                    None
                }
            };
            if form != 4 {
                self.write(&thumbnail, &small)?;
                Self::tell(row, &thumbnail, &small);
            }
            if let Some(original) = original {
                self.write(&original, &whole)?;
                Self::tell(row, &original, &whole);
            }
        } else if form == 5 {
            path = format!("SERVERID://{}", rng.draw32());
        }
        self.main.put(
            "INSERT INTO ImgInfo2(msgSvrId, offset, totalLen, bigImgPath, thumbImgPath, createtime, msglocalid, status, iscomplete, midImgPath, hevcPath, msgTalker)
             VALUES(?1, 0, 99, ?2, ?3, ?4, ?5, 0, 1, '', '', ?6)",
            params![row.server_id, big, path, row.time_ms / 1000, id, row.talker],
        )?;
        // Rows of pictures that were sent from here may hold no XML.
        let content = (row.is_own && form == 2).then(String::new);
        Ok(Dress { path, content })
    }

    fn voice(
        &mut self,
        row: &mut PhoneRow,
        id: i64,
        body: &str,
        rng: &mut Rng,
    ) -> Result<Dress, ForgeError> {
        let name = format!(
            "{:015}{:08x}",
            rng.draw() % 1_000_000_000_000_000,
            rng.draw32()
        );
        let sender = row.sender.clone().unwrap_or_default();
        let length = attribute(body, "voicelength").unwrap_or("1000");
        if self.may_write(rng) {
            let bytes = if rng.chance(200) {
                [b"#!AMR\n".as_slice(), &[0x3C; 32]].concat()
            } else {
                pictures::silk(rng, 3)
            };
            let path = format!(
                "voice2/{}/msg_{name}.amr",
                levels(&md5_hex(name.as_bytes()))
            );
            self.write(&path, &bytes)?;
            Self::tell(row, &path, &bytes);
        }
        self.main.put(
            "INSERT INTO voiceinfo(FileName, User, MsgId, VoiceLength, MsgLocalId, Human, Status, CreateTime) VALUES(?1, ?2, ?3, ?4, ?5, ?6, 99, ?7)",
            params![name, row.talker, row.server_id, length, id, sender, row.time_ms / 1000],
        )?;
        let bare = format!("{sender}:{length}:0\n");
        let content = match rng.below(4) {
            0 => None,
            1 => Some(row.spoken(&bare)),
            _ => Some(bare),
        };
        Ok(Dress {
            path: name,
            content,
        })
    }

    fn film(
        &mut self,
        row: &mut PhoneRow,
        id: i64,
        body: &str,
        rng: &mut Rng,
    ) -> Result<Dress, ForgeError> {
        let name = format!(
            "{:018}{:06x}",
            rng.draw() % 1_000_000_000_000_000,
            rng.draw32() & 0xFF_FFFF
        );
        let sender = row.sender.clone().unwrap_or_default();
        let length = attribute(body, "playlength").unwrap_or("5");
        if self.may_write(rng) {
            let bytes = pictures::mp4(rng);
            let path = format!("video/{name}.mp4");
            self.write(&path, &bytes)?;
            let still = pictures::jpeg(rng, 12, 20);
            self.write(&format!("video/{name}.jpg"), &still)?;
            Self::tell(row, &path, &bytes);
        }
        self.main.put(
            "INSERT INTO videoinfo2(filename, msgsvrid, status, createtime, videolength, msglocalid, user, human, msg_talker) VALUES(?1, ?2, 199, ?3, ?4, ?5, ?6, ?7, ?6)",
            params![name, row.server_id, row.time_ms / 1000, length, id, row.talker, sender],
        )?;
        let content = rng.chance(500).then(|| format!("{sender}:{length}:0:\n"));
        Ok(Dress {
            path: name,
            content,
        })
    }

    fn sticker(
        &mut self,
        row: &mut PhoneRow,
        body: &str,
        rng: &mut Rng,
    ) -> Result<Dress, ForgeError> {
        let md5 = attribute(body, "md5").unwrap_or_default().to_owned();
        if md5.len() != 32
            || body.contains("gameext type=\"1\"")
            || body.contains("gameext type=\"2\"")
        {
            return Ok(Dress::default());
        }
        let group = if rng.chance(500) {
            "com.tencent.xin.emoticon.person.stiker_9"
        } else {
            ""
        };
        let bytes = pictures::gif(rng);
        self.main.put(
            "INSERT OR IGNORE INTO EmojiInfo(md5, catalog, type, size, name, groupId, cdnUrl) VALUES(?1, 81, 2, ?2, '', ?3, 'http://stickers.example/c')",
            params![md5, i64::try_from(bytes.len()).unwrap_or(0), group],
        )?;
        self.main.put(
            "INSERT OR IGNORE INTO EmojiInfoDesc VALUES(?1 || 'zh_cn', ?1, 'zh_cn', '开心', ?2, 0, 0)",
            params![md5, group],
        )?;
        // Pictures that several messages show lie in one place; the pack of the XML comes first.
        let pack = attribute(body, "productid")
            .filter(|pack| !pack.is_empty())
            .unwrap_or(group);
        let is_known = md5 == "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
        if !is_known && self.may_write(rng) {
            let mut stored = bytes.clone();
            let cipher = Aes128::new(&self.key().into());
            let front = stored.len().min(1024);
            if let Some(front) = stored.get_mut(..front) {
                for block in front.as_chunks_mut::<16>().0 {
                    let mut cell = (*block).into();
                    cipher.encrypt_block(&mut cell);
                    *block = cell.into();
                }
            }
            let path = if pack.is_empty() {
                format!("emoji/{md5}")
            } else {
                format!("emoji/{pack}/{md5}")
            };
            self.write(&path, &stored)?;
            Self::tell(row, &path, &bytes);
        }
        let content = rng
            .chance(300)
            .then(|| row.spoken(""))
            .filter(|_| pack == group || pack.is_empty());
        Ok(Dress { path: md5, content })
    }

    fn key(&self) -> [u8; 16] {
        let front = self.sticker_key.as_bytes().first_chunk();
        *front.expect("an MD5 has 32 digits")
    }

    fn document(
        &mut self,
        row: &mut PhoneRow,
        id: i64,
        body: &str,
        rng: &mut Rng,
    ) -> Result<Dress, ForgeError> {
        let name = element(body, "title").unwrap_or("x.bin").to_owned();
        let bytes = format!("{name}\n这是一份虚构的文件。\n").into_bytes();
        let folder = if rng.chance(500) {
            "attachment"
        } else {
            "Download"
        };
        if self.may_write(rng) {
            let path = format!("{folder}/{name}");
            self.write(&path, &bytes)?;
            Self::tell(row, &path, &bytes);
        }
        self.main.put(
            "INSERT INTO appattach(appId, type, totalLen, status, fileFullPath, msgInfoId, createTime, msgInfoTalker) VALUES('', 6, ?1, 199, ?2, ?3, ?4, ?5)",
            params![
                i64::try_from(bytes.len()).unwrap_or(0),
                format!("/storage/emulated/0/Android/data/com.tencent.mm/MicroMsg/{folder}/{name}"),
                id,
                row.time_ms,
                row.talker
            ],
        )?;
        Ok(Dress::default())
    }
}
