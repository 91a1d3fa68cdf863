//! The text export.

use std::path::PathBuf;

use super::script::{Bit, Chat, Said, clock, wall};
use super::{Format, Out};
use crate::truth::OnDisk;
use crate::{ExportStyle, ForgeError, LineEnds};

const TITLE: &str = "消息记录（此消息记录为文本格式，不支持重新导入）";
const BAR: &str = "================================================================";

/// Writes a text export.
pub(super) struct Text {
    out: Out,
    style: ExportStyle,
    lines: u64,
    buffer: String,
}

impl Text {
    pub(super) fn new(out: Out, style: &ExportStyle) -> Self {
        Self {
            out,
            style: style.clone(),
            lines: 0,
            buffer: String::new(),
        }
    }

    fn line(&mut self, text: &str) {
        self.buffer.push_str(text);
        self.buffer.push_str(match self.style.line_ends {
            LineEnds::CrLf => "\r\n",
            LineEnds::Lf => "\n",
            LineEnds::Cr => "\r",
            LineEnds::Mixed if self.lines % 5 == 3 => "\n",
            LineEnds::Mixed => "\r\n",
        });
        self.lines += 1;
    }

    fn flush(&mut self) -> Result<(), ForgeError> {
        let bytes = self.style.encoding.encode(&self.buffer);
        self.buffer.clear();
        self.out.write(&bytes)
    }
}

impl Format for Text {
    fn begin(&mut self) -> Result<(), ForgeError> {
        self.buffer.push_str(self.style.encoding.mark());
        self.line(TITLE);
        self.line("");
        self.flush()
    }

    fn chat(&mut self, chat: &Chat) -> Result<(), ForgeError> {
        self.line(BAR);
        self.line(&format!("消息分组:{}", chat.list));
        self.line(BAR);
        self.line(&format!("消息对象:{}", chat.title));
        self.line(BAR);
        self.line("");
        self.flush()
    }

    fn message(&mut self, chat: &Chat, said: &Said) -> Result<Option<OnDisk>, ForgeError> {
        let (day, second) = wall(said.time);
        let time = clock(second, self.style.has_halves, " ");
        let sender = said
            .sender
            .as_ref()
            .map_or_else(|| "系统消息(10000)".to_owned(), |sender| sender.shown(chat));
        self.line(&format!("{day} {time} {sender}"));
        let mut body = String::new();
        for bit in &said.bits {
            match bit {
                Bit::Words(words) => body.push_str(words),
                Bit::Picture { .. } => body.push_str("[图片]"),
            }
        }
        for line in body.split('\n') {
            self.line(line);
        }
        self.line("");
        self.flush()?;
        Ok(None)
    }

    fn finish(self) -> Result<(PathBuf, u64), ForgeError> {
        Ok((self.out.finish()?, 0))
    }
}
