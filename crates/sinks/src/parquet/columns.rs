//! The columns of the table.

use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Decimal128Builder, Int64Builder, ListBuilder, StringBuilder,
    StringDictionaryBuilder, StructBuilder, TimestampMillisecondBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use hutong_model::hcx::{MessageLine, write_message_line};
use hutong_model::{
    At, Attachment, Message, NativeValue, Part, State, Timestamp, write_plain_text,
};

use super::row::{Row, Sender};

/// Digits of an amount, and how many of them stand behind the point.
const DIGITS: u8 = 18;
const BEHIND_POINT: i8 = 4;

fn text() -> DataType {
    DataType::Utf8
}

/// A text that few rows have for themselves.
fn repeated() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn time() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

fn list(fields: Fields) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(
        DataType::Struct(fields),
        true,
    )))
}

fn fields(names: &[(&str, DataType)]) -> Fields {
    names
        .iter()
        .map(|(name, kind)| Field::new(*name, kind.clone(), true))
        .collect()
}

fn native_id_fields() -> Fields {
    fields(&[("name", text()), ("value", text())])
}

fn mention_fields() -> Fields {
    fields(&[
        ("name", text()),
        ("native_id", text()),
        ("is_everyone", DataType::Boolean),
    ])
}

fn attachment_fields() -> Fields {
    fields(&[
        ("name", text()),
        ("size_bytes", DataType::Int64),
        ("media_type", text()),
        ("sha256", text()),
        ("is_present", DataType::Boolean),
    ])
}

fn reaction_fields() -> Fields {
    fields(&[("emoji", text()), ("count", DataType::Int64)])
}

fn revision_fields() -> Fields {
    fields(&[("at", time()), ("text", text())])
}

/// The columns. Platform and month are not among them: readers take them from the names of the folders.
pub(super) fn schema() -> SchemaRef {
    let columns = [
        ("message_id", text()),
        ("conversation_id", repeated()),
        ("conversation_native_id", repeated()),
        ("conversation_kind", repeated()),
        ("conversation_name", repeated()),
        ("sender_id", repeated()),
        ("sender_native_id", repeated()),
        ("sender_name", repeated()),
        ("sender_stated_name", repeated()),
        ("direction", repeated()),
        ("sent_at", time()),
        ("time_precision", repeated()),
        ("kind", repeated()),
        ("text", text()),
        ("reply_to", text()),
        ("thread", text()),
        ("state", repeated()),
        ("recalled_at", time()),
        ("recalled_by", repeated()),
        ("is_hidden", DataType::Boolean),
        ("amount", DataType::Decimal128(DIGITS, BEHIND_POINT)),
        ("currency", repeated()),
        ("duration_ms", DataType::Int64),
        ("native_ids", list(native_id_fields())),
        ("mentions", list(mention_fields())),
        ("attachments", list(attachment_fields())),
        ("reactions", list(reaction_fields())),
        ("revisions", list(revision_fields())),
        ("origin_input", repeated()),
        ("origin_table", repeated()),
        ("origin_place", text()),
        ("hcx", text()),
    ];
    Arc::new(Schema::new(fields(&columns)))
}

type Repeated = StringDictionaryBuilder<Int32Type>;

/// Rows of one partition as columns.
pub(super) fn batch(schema: &SchemaRef, rows: &[&Row<'_>]) -> Result<RecordBatch, ArrowError> {
    let mut columns = Columns::default();
    for row in rows {
        columns.push(row)?;
    }
    RecordBatch::try_new(Arc::clone(schema), columns.finish())
}

#[derive(Default)]
struct Columns {
    message_id: StringBuilder,
    conversation: [Repeated; 4],
    sender: [Repeated; 4],
    direction: Repeated,
    sent_at: TimestampMillisecondBuilder,
    precision: Repeated,
    kind: Repeated,
    text: StringBuilder,
    reply_to: StringBuilder,
    thread: StringBuilder,
    state: Repeated,
    recalled_at: TimestampMillisecondBuilder,
    recalled_by: Repeated,
    is_hidden: BooleanBuilder,
    amount: Decimal128Builder,
    currency: Repeated,
    duration: Int64Builder,
    native_ids: Structs,
    mentions: Structs,
    attachments: Structs,
    reactions: Structs,
    revisions: Structs,
    origin: [Repeated; 2],
    origin_place: StringBuilder,
    hcx: StringBuilder,
    /// Scratch space for texts and lines.
    words: String,
    line: Vec<u8>,
}

/// A column of lists; its builder is made with the first row.
#[derive(Default)]
struct Structs(Option<ListBuilder<StructBuilder>>);

impl Structs {
    fn builder(&mut self, fields: fn() -> Fields) -> &mut ListBuilder<StructBuilder> {
        self.0
            .get_or_insert_with(|| ListBuilder::new(StructBuilder::from_fields(fields(), 0)))
    }

    fn finish(&mut self, fields: fn() -> Fields) -> ArrayRef {
        Arc::new(self.builder(fields).finish())
    }
}

/// The builder of one field of a struct.
fn field<T: arrow_array::builder::ArrayBuilder>(
    builder: &mut StructBuilder,
    index: usize,
) -> &mut T {
    builder
        .field_builder(index)
        .expect("the builders are made from the same fields")
}

fn append_text(builder: &mut StructBuilder, index: usize, text: Option<&str>) {
    field::<StringBuilder>(builder, index).append_option(text);
}

/// A count as readers of tables know them.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Columns {
    fn push(&mut self, row: &Row<'_>) -> Result<(), ArrowError> {
        let message = &*row.message;
        self.message_id.append_value(message.id.to_string());
        let chat = &row.chat;
        let [id, native_id, kind, name] = &mut self.conversation;
        id.append(&chat.id)?;
        native_id.append(&chat.native_id)?;
        kind.append(chat.kind)?;
        name.append_option(chat.name.as_deref());
        self.sender(&row.sender, message)?;
        self.direction.append(message.direction.as_str())?;
        self.sent_at.append_value(message.sent_at.0);
        self.precision.append(message.precision.as_str())?;
        self.kind.append(message.kind().as_str())?;
        self.words.clear();
        write_plain_text(&message.parts, &mut self.words);
        self.text.append_value(&self.words);
        let reply_to = message.reply_to.first().map(ToString::to_string);
        self.reply_to.append_option(reply_to);
        let thread = message.thread.map(|thread| thread.to_string());
        self.thread.append_option(thread);
        self.state.append(message.state.as_str())?;
        let (by, at) = match &message.state {
            State::Recalled { by, at } => (*by, *at),
            State::Normal | State::Deleted => (None, None),
        };
        self.recalled_at.append_option(at.map(|at| at.0));
        self.recalled_by.append_option(by.map(|by| by.to_hex()));
        self.is_hidden.append_value(message.is_hidden);
        self.numbers(message);
        self.lists(message);
        let [input, table] = &mut self.origin;
        let place = &message.origin.place;
        input.append(&place.input)?;
        table.append_option(Some(&place.table).filter(|table| !table.is_empty()));
        self.origin_place.append_option(match message.origin.at {
            At::Row(row) => Some(format!("row {row}")),
            At::Line(line) => Some(format!("line {line}")),
            At::Bytes(start, length) => Some(format!("bytes {start}+{length}")),
            At::Page(page) => Some(format!("page {page}")),
            At::Whole => None,
        });
        self.hcx(row);
        Ok(())
    }

    fn sender(&mut self, sender: &Sender<'_>, message: &Message) -> Result<(), ArrowError> {
        let [id, native_id, name, stated] = &mut self.sender;
        id.append_option(message.sender.map(|sender| sender.to_hex()));
        native_id.append_option(sender.native_id);
        name.append_option(sender.name.or(message.sender_name.as_deref()));
        stated.append_option(message.sender_name.as_deref());
        Ok(())
    }

    /// The whole message where it is more than words: the other columns tell the rest.
    fn hcx(&mut self, row: &Row<'_>) {
        let is_plain = matches!(&*row.message.parts, [] | [Part::Text(_)]);
        if is_plain {
            return self.hcx.append_null();
        }
        let line = MessageLine {
            conversation_native_id: Some(&row.chat.native_id),
            sender_native_id: row.sender.native_id,
            sender_name: row.sender.name,
            reply_to: row.message.reply_to.first().copied(),
            ..MessageLine::default()
        };
        self.line.clear();
        write_message_line(&mut self.line, &row.message, &line, &mut self.words);
        self.hcx.append_value(String::from_utf8_lossy(&self.line));
    }

    fn numbers(&mut self, message: &Message) {
        let mut paid = None;
        let mut milliseconds = None;
        for part in &message.parts {
            match part {
                Part::Payment(payment) => paid = paid.or(Some(payment)),
                Part::Voice(voice) => milliseconds = milliseconds.or(voice.duration_ms),
                Part::Video(video) => milliseconds = milliseconds.or(video.duration_ms),
                Part::Call(call) => milliseconds = milliseconds.or(call.duration_ms),
                _ => {}
            }
        }
        let amount = paid.and_then(|payment| decimal(payment.amount.as_deref()?));
        self.amount.append_option(amount);
        let currency = paid.and_then(|payment| payment.currency.as_deref());
        self.currency.append_option(currency);
        self.duration.append_option(milliseconds.map(whole));
    }

    fn lists(&mut self, message: &Message) {
        let list = self.native_ids.builder(native_id_fields);
        for id in &message.native_ids {
            let row = list.values();
            append_text(row, 0, Some(id.name.as_str()));
            match &id.value {
                NativeValue::Integer(value) => append_text(row, 1, Some(&value.to_string())),
                NativeValue::Text(text) => append_text(row, 1, Some(text)),
            }
            row.append(true);
        }
        list.append(true);

        let list = self.mentions.builder(mention_fields);
        for part in &message.parts {
            let Part::Text(text) = part else { continue };
            for mention in &text.mentions {
                let row = list.values();
                append_text(row, 0, Some(&mention.name));
                append_text(row, 1, mention.native_id.as_deref());
                field::<BooleanBuilder>(row, 2).append_value(mention.is_everyone);
                row.append(true);
            }
        }
        list.append(true);

        let list = self.attachments.builder(attachment_fields);
        for part in &message.parts {
            part.for_each_attachment(&mut |attachment| {
                append_attachment(list.values(), attachment);
            });
        }
        list.append(true);

        let list = self.reactions.builder(reaction_fields);
        for reaction in &message.reactions {
            let row = list.values();
            append_text(row, 0, Some(&reaction.emoji));
            field::<Int64Builder>(row, 1).append_value(whole(reaction.count));
            row.append(true);
        }
        list.append(true);

        let list = self.revisions.builder(revision_fields);
        for revision in &message.revisions {
            let row = list.values();
            let at = revision.at.map(|Timestamp(at)| at);
            field::<TimestampMillisecondBuilder>(row, 0).append_option(at);
            self.words.clear();
            write_plain_text(&revision.parts, &mut self.words);
            append_text(row, 1, Some(&self.words));
            row.append(true);
        }
        list.append(true);
    }

    /// The columns in the order of [`schema`].
    fn finish(mut self) -> Vec<ArrayRef> {
        fn done(mut builder: impl arrow_array::builder::ArrayBuilder) -> ArrayRef {
            builder.finish()
        }
        let mut columns = vec![done(self.message_id)];
        columns.extend(self.conversation.map(done));
        columns.extend(self.sender.map(done));
        columns.extend([
            done(self.direction),
            Arc::new(self.sent_at.finish().with_timezone("UTC")),
            done(self.precision),
            done(self.kind),
            done(self.text),
            done(self.reply_to),
            done(self.thread),
            done(self.state),
            Arc::new(self.recalled_at.finish().with_timezone("UTC")),
            done(self.recalled_by),
            done(self.is_hidden),
            Arc::new(
                self.amount
                    .finish()
                    .with_precision_and_scale(DIGITS, BEHIND_POINT)
                    .expect("so many digits are allowed"),
            ),
            done(self.currency),
            done(self.duration),
            self.native_ids.finish(native_id_fields),
            self.mentions.finish(mention_fields),
            self.attachments.finish(attachment_fields),
            self.reactions.finish(reaction_fields),
            self.revisions.finish(revision_fields),
        ]);
        columns.extend(self.origin.map(done));
        columns.extend([done(self.origin_place), done(self.hcx)]);
        columns
    }
}

fn append_attachment(row: &mut StructBuilder, attachment: &Attachment) {
    append_text(row, 0, attachment.name.as_deref());
    field::<Int64Builder>(row, 1).append_option(attachment.size_bytes.map(whole));
    append_text(row, 2, attachment.media_type.as_deref());
    let digest = attachment.sha256.map(|digest| digest.to_string());
    append_text(row, 3, digest.as_deref());
    field::<BooleanBuilder>(row, 4).append_value(attachment.is_present());
    row.append(true);
}

/// An amount in ten-thousandths; `None` when it is no number, or has more digits than the column.
fn decimal(amount: &str) -> Option<i128> {
    let amount = amount.trim().trim_start_matches(['¥', '￥']);
    let (is_negative, digits) = amount
        .strip_prefix('-')
        .map_or((false, amount), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    if whole.is_empty()
        || whole.len() > 14
        || fraction.len() > 4
        || !is_number(whole)
        || !is_number(fraction)
    {
        return None;
    }
    let value: i128 = format!("{whole}{fraction:0<4}").parse().ok()?;
    Some(if is_negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_absent() {
        assert_eq!(decimal("88.00"), Some(880_000));
        assert_eq!(decimal("¥0.01"), Some(100));
        assert_eq!(decimal("-7"), Some(-70_000));
        for text in ["", "1e9", "1.23456", "123456789012345", "+1", "1,000", "."] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
