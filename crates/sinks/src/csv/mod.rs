//! Tables for spreadsheets: RFC 4180, one row per message.

use hutong_model::{Attachment, Conversation, Message, PartKind};

use crate::output::EitherTarget;
use crate::scribe::Scribe;
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written, words,
};

/// The format.
#[derive(Debug)]
pub struct Csv;

static ABOUT: About = About {
    id: "csv",
    name_zh: "表格（CSV）",
    name_en: "Table (CSV)",
    keeps_zh: "每条消息一行：时间、会话、发送者及编号、文字、附件名称和摘要；Excel 可直接打开",
    keeps_en: "a row per message: time, chat, sender and ids, words, names and digests of attachments; opens in Excel",
    loses_zh: "附件内容、消息内部的结构、修订",
    loses_en: "contents of attachments, the structure inside a message, other wordings",
    output: OutputKind::Either,
    extension: "csv",
    losses,
};

/// What becomes of everything that a chat can hold.
fn losses(feature: Feature) -> Treatment {
    match feature {
        Feature::Part(kind) => match kind {
            PartKind::Text
            | PartKind::Image
            | PartKind::Voice
            | PartKind::Video
            | PartKind::File
            | PartKind::Sticker
            | PartKind::Place
            | PartKind::Contact
            | PartKind::MiniApp
            | PartKind::ChannelPost
            | PartKind::Quote
            | PartKind::Forward
            | PartKind::Payment
            | PartKind::Call
            | PartKind::Nudge
            | PartKind::Announcement
            | PartKind::Poll
            | PartKind::System
            | PartKind::Card
            | PartKind::Unknown => Treatment::KEPT,
            PartKind::Link => {
                Treatment::reduced("标题和网址，没有说明", "title and address, no description")
            }
        },
        Feature::Fact(fact) => match fact {
            Fact::Reply
            | Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::SenderId
            | Fact::GroupName
            | Fact::Milliseconds
            | Fact::MessageId
            | Fact::Hidden => Treatment::KEPT,
            Fact::AttachmentBytes => {
                Treatment::dropped("只写名称和摘要", "only names and digests are written")
            }
            Fact::Mentions => Treatment::dropped("名字留在文字里", "the name stays in the words"),
            Fact::NativeIds | Fact::Origin | Fact::Members => Treatment::NO_PLACE,
        },
    }
}

/// Excel reads a file as UTF-8 only when it begins with this mark.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const COLUMNS_ZH: [&str; 14] = [
    "时间",
    "会话",
    "会话编号",
    "发送者",
    "发送者编号",
    "方向",
    "类型",
    "内容",
    "附件名称",
    "附件 SHA-256",
    "回复",
    "状态",
    "消息编号",
    "平台",
];
const COLUMNS_EN: [&str; 14] = [
    "time",
    "chat",
    "chat id",
    "sender",
    "sender id",
    "direction",
    "kind",
    "text",
    "attachment name",
    "attachment sha256",
    "reply to",
    "state",
    "message id",
    "platform",
];

impl Format for Csv {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        let mut target = EitherTarget::open(output, context.options.overwrite, &ABOUT)?;
        if let Some(out) = target.buffer() {
            write_header(context, out);
        }
        Ok(Box::new(CsvExport {
            target,
            context,
            scribe: Scribe::new(context.names, context.language, &context.zone),
            chat: None,
            scratch: String::new(),
            written: Written::default(),
        }))
    }
}

fn write_header(context: &Context<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(BYTE_ORDER_MARK);
    let columns = match context.language {
        crate::Language::Zh => COLUMNS_ZH,
        crate::Language::En => COLUMNS_EN,
    };
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        cell(column, out);
    }
    out.extend_from_slice(b"\r\n");
}

struct CsvExport<'a> {
    target: EitherTarget,
    context: &'a Context<'a>,
    scribe: Scribe<'a>,
    /// The two cells that every row of a conversation repeats, written out.
    chat: Option<Vec<u8>>,
    /// Scratch space for one cell.
    scratch: String,
    written: Written,
}

impl Export for CsvExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        self.scribe.people.enter(conversation.id);
        if self.target.begin(title)?
            && let Some(out) = self.target.buffer()
        {
            write_header(self.context, out);
        }
        let mut cells = Vec::new();
        cell(title, &mut cells);
        cells.push(b',');
        cell(&conversation.native_id, &mut cells);
        self.chat = Some(cells);
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        let chat = self.chat.as_ref().ok_or(WriteError::NoConversation)?;
        let out = self.target.buffer().ok_or(WriteError::NoConversation)?;
        let language = self.context.language;
        self.written.messages += 1;

        self.scribe
            .clock
            .local(message.sent_at)
            .write_precisely(message.precision, out);
        out.push(b',');
        out.extend_from_slice(chat);
        out.push(b',');
        let (person, name) = self.scribe.sender(message);
        if message.sender.is_some() || message.sender_name.is_some() {
            cell(name, out);
        }
        out.push(b',');
        cell(person.native_id.unwrap_or_default(), out);
        out.push(b',');
        out.extend_from_slice(words::direction(language, message.direction).as_bytes());
        out.push(b',');
        out.extend_from_slice(words::part(language, message.kind()).as_bytes());
        out.push(b',');
        self.scratch.clear();
        self.scribe.write_message(message, &mut self.scratch);
        cell(self.scratch.trim_end_matches('\n'), out);
        out.push(b',');
        write_attachments(message, &mut self.scratch, out);
        out.push(b',');
        if let Some(target) = message.reply_to.first() {
            out.extend_from_slice(target.to_hex().as_bytes());
        }
        out.push(b',');
        out.extend_from_slice(
            words::state(language, &message.state)
                .unwrap_or_default()
                .as_bytes(),
        );
        out.push(b',');
        self.scratch.clear();
        message.id.write_hex(&mut self.scratch);
        out.extend_from_slice(self.scratch.as_bytes());
        out.push(b',');
        cell(message.platform.as_str(), out);
        out.extend_from_slice(b"\r\n");
        self.target.flush_if_full()
    }

    fn finish(self: Box<Self>) -> Result<Written, WriteError> {
        let (files, bytes) = self.target.finish()?;
        Ok(Written {
            files,
            bytes,
            ..self.written
        })
    }
}

/// Two cells: names and digests, a line for each attachment in both.
fn write_attachments(message: &Message, scratch: &mut String, out: &mut Vec<u8>) {
    let mut found: Vec<&Attachment> = Vec::new();
    for part in &message.parts {
        part.for_each_attachment(&mut |attachment| found.push(attachment));
    }
    found.retain(|attachment| attachment.name.is_some() || attachment.sha256.is_some());
    scratch.clear();
    for (index, attachment) in found.iter().enumerate() {
        if index > 0 {
            scratch.push('\n');
        }
        scratch.push_str(attachment.name.as_deref().unwrap_or_default());
    }
    cell(scratch, out);
    out.push(b',');
    scratch.clear();
    for (index, attachment) in found.iter().enumerate() {
        if index > 0 {
            scratch.push('\n');
        }
        if let Some(digest) = attachment.sha256 {
            scratch.push_str(&digest.to_string());
        }
    }
    cell(scratch, out);
}

/// Appends a cell, quoted where it must be.
///
/// A cell that a spreadsheet would take for a formula gets an apostrophe before it. Some programs look behind white
/// space and behind full-width forms of the signs, so those count too.
pub(crate) fn cell(text: &str, out: &mut Vec<u8>) {
    let first = text
        .trim_start_matches([' ', '\u{a0}', '\u{3000}', '\u{feff}', '\0'])
        .chars()
        .next();
    let is_formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
    );
    let needs_quotes = is_formula
        || text.starts_with(' ')
        || text.ends_with(' ')
        || text
            .bytes()
            .any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n' | b'\t' | 0));
    if !needs_quotes {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    if is_formula {
        out.push(b'\'');
    }
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\"\""),
            // Most readers of tables end the text at a NUL.
            0 => out.extend_from_slice("\u{2400}".as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        cell(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_cell_never_starts_a_formula() {
        assert_eq!(written("=cmd()"), "\"'=cmd()\"");
        assert_eq!(written("+86 138"), "\"'+86 138\"");
        assert_eq!(written("-"), "\"'-\"");
        assert_eq!(written("@张三"), "\"'@张三\"");
        assert_eq!(written("\t=1"), "\"'\t=1\"");
        assert_eq!(written("  =1"), "\"'  =1\"");
        assert_eq!(written("＝1"), "\"'＝1\"");
        assert_eq!(written("1-1"), "1-1");
    }

    #[test]
    fn cells_are_quoted_only_where_they_must_be() {
        assert_eq!(written("你好"), "你好");
        assert_eq!(written("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(written(""), "");
    }
}
