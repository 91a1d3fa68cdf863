//! The web archive: a table of messages, and behind it the pictures in base64.

use std::path::PathBuf;

use md5::{Digest as _, Md5};

use super::script::{Bit, Chat, Said, clock, wall};
use super::{Format, Out};
use crate::pictures::{gif, jpeg, png};
use crate::rng::Rng;
use crate::truth::OnDisk;
use crate::{ExportStyle, ForgeError, Plan, TextEncoding};

const SEPARATOR: &str = "----=_NextPart_20261122_0A1B2C3D";

/// Writes a web archive.
pub(super) struct Archive {
    out: Out,
    style: ExportStyle,
    seed: u64,
    /// Day of the last row.
    day: String,
    /// Numbers of the pictures to write behind the table.
    pictures: Vec<u64>,
    has_files: bool,
}

impl Archive {
    pub(super) fn new(out: Out, plan: &Plan) -> Self {
        let mut style = plan.export.clone();
        // The format is ASCII-based; text files alone come as UTF-16.
        if matches!(
            style.encoding,
            TextEncoding::Utf16Le | TextEncoding::Utf16Be
        ) {
            style.encoding = TextEncoding::Utf8WithMark;
        }
        Self {
            out,
            style,
            seed: plan.seed,
            day: String::new(),
            pictures: Vec::new(),
            has_files: plan.attachments,
        }
    }

    fn write(&mut self, text: &str) -> Result<(), ForgeError> {
        let bytes = self.style.encoding.encode(text);
        self.out.write(&bytes)
    }

    /// The picture's name, 36 characters of mixed case in braces.
    fn name(&self, number: u64) -> String {
        let mut rng = Rng::new(self.seed, number ^ 0x6A1D);
        let digits = rng.hex32();
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        format!(
            "{{{}-{}-{}-{}-{}}}.dat",
            part(0, 8).to_uppercase(),
            part(8, 12).to_uppercase(),
            part(12, 16),
            part(16, 20).to_uppercase(),
            part(20, 32).to_uppercase()
        )
    }

    /// The picture's bytes and what the archive calls it, now and then wrongly.
    fn picture(&self, number: u64) -> (Vec<u8>, &'static str) {
        let mut rng = Rng::new(self.seed, number ^ 0x9C);
        if let Some(kilobytes) = self.style.picture_kilobytes {
            // Large pictures for measurements: a JPEG, and noise behind it.
            let mut bytes = jpeg(&mut rng, 4, 4);
            while bytes.len() < kilobytes * 1024 {
                bytes.extend(rng.draw().to_le_bytes());
            }
            return (bytes, "image/jpeg");
        }
        match rng.below(3) {
            0 => (jpeg(&mut rng, 6, 4), "image/jpeg"),
            1 => (png(&mut rng, 9), "image/jpeg"),
            _ => (gif(&mut rng), "image/gif"),
        }
    }
}

/// Text as the message manager writes it into its table.
fn escape(text: &str, seed: u64) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            // The vendor's own spelling, most of the time.
            '>' if seed.is_multiple_of(4) => out.push_str("&gt;"),
            '>' => out.push_str("&get;"),
            ' ' => out.push_str("&nbsp;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("<br>"),
            other => out.push(other),
        }
    }
    out
}

fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for line in bytes.chunks(57) {
        for chunk in line.chunks(3) {
            let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for digit in 0..4 {
                out.push(if digit > chunk.len() {
                    b'='
                } else {
                    let value = bits >> (18 - 6 * digit) & 63;
                    DIGITS.get(value as usize).copied().unwrap_or(b'A')
                });
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl Format for Archive {
    fn begin(&mut self) -> Result<(), ForgeError> {
        let mark = self.style.encoding.mark();
        self.write(&format!(
            "{mark}From: <Save by Tencent MsgMgr>\r\nSubject: Tencent IM Message\r\nMIME-Version: 1.0\r\n\
             Content-Type:multipart/related;\r\n\tcharset=\"utf-8\"\r\n\ttype=\"text/html\";\r\n\tboundary=\"{SEPARATOR}\"\r\n\r\n\
             --{SEPARATOR}\r\nContent-Type: text/html\r\nContent-Transfer-Encoding:7bit\r\n\r\n\
             <html xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" />\
             <title>QQ Message</title><style type=\"text/css\">body{{font-size:12px;}}td{{font-size:12px;}}</style></head>\
             <body><table width=100% cellspacing=0>"
        ))
    }

    fn chat(&mut self, chat: &Chat) -> Result<(), ForgeError> {
        self.day.clear();
        let title = escape(&chat.title, 1);
        self.write(&format!(
            "<tr><td><div style=padding-left:10px;><br><b>消息记录</b></div></td></tr>\r\n\
             <tr><td><div style=padding-left:10px;>消息分组:{}</div></td></tr>\r\n\
             <tr><td><div style=padding-left:10px;>消息对象:{title}</div></td></tr>\r\n\
             <tr><td><div style=padding-left:10px;>&nbsp;</div></td></tr>\r\n",
            chat.list
        ))
    }

    fn message(&mut self, chat: &Chat, said: &Said) -> Result<Option<OnDisk>, ForgeError> {
        let (day, second) = wall(said.time);
        if day != self.day {
            self.write(&format!(
                "<tr><td style=border-bottom-width:1px;border-bottom-color:#8EC3EB;border-bottom-style:solid;color:#3568BB;\
                 font-weight:bold;height:24px;line-height:24px;padding-left:10px;margin-bottom:5px;>日期: {day}</td></tr>\r\n"
            ))?;
            self.day = day;
        }
        let number = said.time.unsigned_abs();
        let sender = said
            .sender
            .as_ref()
            .map_or_else(|| "系统消息(10000)".to_owned(), |sender| sender.shown(chat));
        let mut row = format!(
            "<tr><td><div style=color:#006EFE;padding-left:10px;><div style=float:left;margin-right:6px;>{}</div>{}</div>\
             <div style=padding-left:20px;>",
            escape(&sender, number),
            clock(second, self.style.has_halves, "&nbsp;")
        );
        let mut file = None;
        for bit in &said.bits {
            match bit {
                Bit::Words(words) => row.push_str(&format!(
                    "<font style=\"font-size:9pt;font-family:'宋体','MS Sans Serif',sans-serif;\" color='000000'>{}</font>",
                    escape(words, number)
                )),
                Bit::Picture { number, is_missing } => {
                    let name = self.name(*number);
                    let quote = if number.is_multiple_of(3) { "" } else { "\"" };
                    row.push_str(&format!("<IMG src={quote}{name}{quote}>"));
                    if !is_missing && self.has_files {
                        self.pictures.push(*number);
                        if file.is_none() {
                            let (bytes, _) = self.picture(*number);
                            file = Some(OnDisk {
                                path: name,
                                md5: hex::encode(Md5::digest(&bytes)),
                            });
                        }
                    }
                }
            }
        }
        row.push_str("</div></td></tr>\r\n");
        self.write(&row)?;
        Ok(file)
    }

    fn finish(mut self) -> Result<(PathBuf, u64), ForgeError> {
        self.write("</table></body></html>\r\n\r\n")?;
        let pictures = std::mem::take(&mut self.pictures);
        for number in &pictures {
            let (bytes, kind) = self.picture(*number);
            // The table may name a picture in another case.
            let name = if number.is_multiple_of(2) {
                self.name(*number)
            } else {
                self.name(*number).to_lowercase()
            };
            let mut part = format!(
                "--{SEPARATOR}\r\nContent-Type:{kind}\r\nContent-Transfer-Encoding:base64\r\nContent-Location:{name}\r\n\r\n"
            )
            .into_bytes();
            base64(&bytes, &mut part);
            part.extend_from_slice(b"\r\n");
            self.out.write(&part)?;
        }
        self.out.write(format!("--{SEPARATOR}--\r\n").as_bytes())?;
        Ok((self.out.finish()?, pictures.len() as u64))
    }
}
