//! Tables for analysts: Parquet, a row for each message, in folders by platform and month.

mod columns;
mod partitions;
mod row;

use std::rc::Rc;

use arrow_schema::SchemaRef;
use hutong_model::{Conversation, Message, PartKind, Platform, Timestamp};

use crate::output::FolderTarget;
use crate::people::People;
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written,
};

use partitions::{Partitions, failed};
use row::{Chat, Row, Sender};

/// The format.
#[derive(Debug)]
pub struct Parquet;

static ABOUT: About = About {
    id: "parquet",
    name_zh: "Parquet 数据表",
    name_en: "Parquet tables",
    keeps_zh: "每条消息一行，按平台和月份分文件夹（DuckDB、pandas、Spark 直接读取）：带类型的各栏，附件、提及、回应为列表，富消息附 HCX 原文",
    keeps_en: "one row for each message, in folders by platform and month (DuckDB, pandas and Spark read them): typed columns, lists of attachments, mentions and reactions, rich messages as HCX too",
    loses_zh: "附件的字节本身、没有说话的成员",
    loses_en: "the bytes of attachments, members who said nothing",
    output: OutputKind::Folder,
    extension: "parquet",
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
            | PartKind::Link
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
        },
        Feature::Fact(fact) => match fact {
            Fact::Mentions
            | Fact::Reply
            | Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::SenderId
            | Fact::GroupName
            | Fact::Milliseconds
            | Fact::MessageId
            | Fact::NativeIds
            | Fact::Origin
            | Fact::Hidden => Treatment::KEPT,
            Fact::AttachmentBytes => {
                Treatment::dropped("只写名称和摘要", "only names and digests are written")
            }
            Fact::Members => Treatment::NO_PLACE,
        },
    }
}

/// So many rows, or about so many bytes of them, wait to be written together: they are sorted into their months there.
const MAX_WAITING: usize = 65_536;
const MAX_WAITING_BYTES: usize = 64 * 1024 * 1024;

/// What a message takes in memory besides its words.
const MESSAGE_BYTES: usize = 900;

/// Rows and bytes that are made into columns at a time.
const BATCH_ROWS: usize = 8_192;

impl Format for Parquet {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        let Output::Folder(path) = output else {
            return Err(WriteError::WrongOutput {
                format: ABOUT.id,
                expected: ABOUT.output,
            });
        };
        let folder = FolderTarget::create(&path, context.options.overwrite)?;
        let schema = columns::schema();
        let (by, title) = (context.generated_by, &context.title);
        Ok(Box::new(ParquetExport {
            partitions: Partitions::new(folder, SchemaRef::clone(&schema), by, title),
            schema,
            people: People::new(context.names),
            context,
            chat: None,
            waiting: Vec::new(),
            waiting_bytes: 0,
            month: None,
            scratch: String::new(),
            written: Written::default(),
        }))
    }
}

struct ParquetExport<'a> {
    context: &'a Context<'a>,
    people: People<'a>,
    schema: SchemaRef,
    partitions: Partitions,
    chat: Option<Rc<Chat>>,
    waiting: Vec<Row<'a>>,
    waiting_bytes: usize,
    /// Platform and month of the message before, and its partition.
    month: Option<(Platform, (i64, u32), usize)>,
    scratch: String,
    written: Written,
}

impl ParquetExport<'_> {
    /// The partition of a message; months are those of UTC, as the times in the table are.
    fn partition(&mut self, platform: &Platform, sent_at: Timestamp) -> usize {
        let (year, month, _) = sent_at.date();
        if let Some((last, known, number)) = &self.month
            && last == platform
            && *known == (year, month)
        {
            return *number;
        }
        let folder = format!(
            "platform={}/month={year:04}-{month:02}",
            partition_value(platform.as_str())
        );
        let number = self.partitions.number(&folder);
        self.month = Some((platform.clone(), (year, month), number));
        number
    }

    /// Writes what waits, partition by partition, each in the order in which it came.
    fn write_waiting(&mut self) -> Result<(), WriteError> {
        let mut rows = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        rows.sort_by_key(|row| row.partition);
        for same in rows.chunk_by(|one, other| one.partition == other.partition) {
            for piece in same.chunks(BATCH_ROWS) {
                let piece: Vec<&Row<'_>> = piece.iter().collect();
                let batch =
                    columns::batch(&self.schema, &piece).map_err(|error| failed(error.into()))?;
                if let Some(first) = piece.first() {
                    self.partitions.write(first.partition, &batch)?;
                }
            }
        }
        Ok(())
    }
}

/// A value in the name of a Hive partition: what is not a plain letter or digit is written as `%XX`.
fn partition_value(value: &str) -> String {
    const LONGEST: usize = 60;
    let mut out = String::new();
    for byte in value.bytes().take(LONGEST) {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    if out.is_empty() {
        // What Hive and Spark write for a value that is not there.
        out.push_str("__HIVE_DEFAULT_PARTITION__");
    }
    out
}

impl Export for ParquetExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.people.enter(conversation.id);
        let name = self.context.names.conversation_title(conversation.id);
        self.chat = Some(Rc::new(Chat {
            id: conversation.id.to_string(),
            native_id: conversation.native_id.clone(),
            kind: conversation.kind.as_str(),
            name: name.map(str::to_owned),
        }));
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        let chat = Rc::clone(self.chat.as_ref().ok_or(WriteError::NoConversation)?);
        let person = message
            .sender
            .map(|id| self.people.get(id))
            .unwrap_or_default();
        let partition = self.partition(&message.platform, message.sent_at);
        self.scratch.clear();
        hutong_model::write_plain_text(&message.parts, &mut self.scratch);
        self.waiting_bytes += MESSAGE_BYTES + 2 * self.scratch.len();
        self.scratch.shrink_to(1 << 20);
        self.waiting.push(Row {
            partition,
            chat,
            sender: Sender {
                native_id: person.native_id,
                name: person.name,
            },
            message: Box::new(message.clone()),
        });
        self.written.messages += 1;
        if self.waiting.len() >= MAX_WAITING || self.waiting_bytes >= MAX_WAITING_BYTES {
            self.write_waiting()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.write_waiting()?;
        let (files, bytes) = self.partitions.finish()?;
        Ok(Written {
            files,
            bytes,
            ..self.written
        })
    }
}

#[cfg(test)]
mod tests;
