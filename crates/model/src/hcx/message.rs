//! Messages as JSON lines.
//!
//! One writer makes every form. What a form leaves out is what its readers know already, or must not depend on.

use std::sync::Arc;

use super::json::{JsonArray, JsonObject};
use super::part::{Hex, write_parts};
use super::schema::Schema;
use super::shape::{
    Choice, Codec, Fields, Flag, Id, Member, Named, Objects, Parts, Reading, Shape, Time, Word,
    shape, string, write_attachment,
};
use super::value::{Fault, Value};
use crate::stream::{At, Place};
use crate::{
    Attachment, ConversationId, ConversationKind, IdSpace, Message, MessageId, NativeId,
    NativeIdName, NativeValue, Origin, Part, Platform, Reaction, Revision, State, write_plain_text,
};

/// What a message line says beyond the record itself; absent facts are left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageLine<'a> {
    /// Native id of the conversation.
    pub conversation_native_id: Option<&'a str>,
    /// Kind of the conversation.
    pub conversation_kind: Option<ConversationKind>,
    /// Title of the conversation.
    pub conversation_name: Option<&'a str>,
    /// Native id of the sender.
    pub sender_native_id: Option<&'a str>,
    /// The sender's second native id (QQ: uid).
    pub sender_second_id: Option<&'a str>,
    /// Name of the sender.
    pub sender_name: Option<&'a str>,
    /// The answered message, when it exists.
    pub reply_to: Option<MessageId>,
}

/// A message as one copy has it, with the kind of input that the copy was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageCopy {
    /// Id of the source, such as `wechat_pc4`; empty where it is not known.
    pub source: Arc<str>,
    /// What the copy says. Reply keys are not resolved.
    pub message: Message,
}

/// Which form of a message is written.
#[derive(Clone, Copy)]
enum Form<'a> {
    /// What digests commit to.
    Record,
    /// For programs outside.
    Line(&'a MessageLine<'a>, &'a str),
    /// A line that loses nothing.
    Hcx(&'a MessageLine<'a>, &'a str, &'a [MessageCopy]),
    /// One copy inside such a line.
    Copy(&'a str),
}

impl<'a> Form<'a> {
    const fn line(self) -> Option<(&'a MessageLine<'a>, &'a str)> {
        match self {
            Self::Line(line, text) | Self::Hcx(line, text, _) => Some((line, text)),
            Self::Record | Self::Copy(_) => None,
        }
    }

    /// Whether only the message as such is told, without what a copy says beside it.
    const fn is_line(self) -> bool {
        matches!(self, Self::Line(..))
    }

    /// Whether it stands in an HCX file.
    const fn is_hcx(self) -> bool {
        matches!(self, Self::Hcx(..) | Self::Copy(_))
    }
}

/// Appends the line form, without a line end.
///
/// `text` is scratch space, so that a long export allocates once.
pub fn write_message_line(
    out: &mut Vec<u8>,
    message: &Message,
    line: &MessageLine<'_>,
    text: &mut String,
) {
    text.clear();
    write_plain_text(&message.parts, text);
    write_whole(out, message, Form::Line(line, text));
}

/// Appends the record form: only what the copy says, in a form that never changes with later knowledge.
pub fn write_message_record(out: &mut Vec<u8>, message: &Message) {
    write_whole(out, message, Form::Record);
}

/// Appends the line of an HCX file, without a line end.
///
/// One copy that says the same as `message` (but for its reply keys) makes a line that is a message line with further
/// members. Otherwise the line says what the message is, and `copies` lists what each copy says.
pub fn write_hcx_message(
    out: &mut Vec<u8>,
    message: &Message,
    copies: &[MessageCopy],
    line: &MessageLine<'_>,
    text: &mut String,
) {
    text.clear();
    write_plain_text(&message.parts, text);
    write_whole(out, message, Form::Hcx(line, text, copies));
}

fn write_whole(out: &mut Vec<u8>, message: &Message, form: Form<'_>) {
    let start = out.len();
    write(out, message, form);
    if let Some(extra) = message.extra.as_deref() {
        super::extra::put_back(out, start, extra);
    }
}

/// The one copy that a line stands for itself.
fn only<'a>(message: &Message, copies: &'a [MessageCopy]) -> Option<&'a MessageCopy> {
    match copies {
        [copy] if is_same(message, &copy.message) => Some(copy),
        _ => None,
    }
}

/// Whether a copy says what the message says; its reply keys are told in any case.
fn is_same(message: &Message, copy: &Message) -> bool {
    message.id == copy.id
        && message.lookup_keys == copy.lookup_keys
        && message.platform == copy.platform
        && message.conversation == copy.conversation
        && message.sender == copy.sender
        && message.sender_name == copy.sender_name
        && message.sent_at == copy.sent_at
        && message.precision == copy.precision
        && message.order == copy.order
        && message.direction == copy.direction
        && message.parts == copy.parts
        && message.thread == copy.thread
        && message.state == copy.state
        && message.revisions == copy.revisions
        && message.reactions == copy.reactions
        && message.native_ids == copy.native_ids
        && message.is_hidden == copy.is_hidden
        && message.origin == copy.origin
        && message.raw == copy.raw
        && message.extra == copy.extra
}

fn write(out: &mut Vec<u8>, message: &Message, form: Form<'_>) {
    let (copy, copies): (Option<&MessageCopy>, &[MessageCopy]) = match form {
        Form::Hcx(_, _, copies) => match only(message, copies) {
            Some(copy) => (Some(copy), &[]),
            None => (None, copies),
        },
        _ => (None, &[]),
    };
    let line = form.line();
    let mut object = JsonObject::open(out);
    if line.is_some() {
        write_attachments(&mut object, message);
    }
    object.hex("conversation", &message.conversation.0);
    if let Some((line, _)) = line {
        if let Some(kind) = line.conversation_kind {
            object.string("conversation_kind", kind.as_str());
        }
        object.some_string("conversation_name", line.conversation_name);
        object.some_string("conversation_native_id", line.conversation_native_id);
    }
    if !copies.is_empty() {
        let mut array = JsonArray::open(object.key("copies"));
        for copy in copies {
            write_whole(array.element(), &copy.message, Form::Copy(&copy.source));
        }
        array.close();
    }
    object.string("direction", message.direction.as_str());
    object.flag("hidden", message.is_hidden);
    object.hex("id", &message.id.0);
    if line.is_some() {
        object.string("kind", message.kind().as_str());
    }
    if !form.is_line() {
        Id::put(&message.lookup_keys, &mut object, "lookup_keys");
    }
    write_native_ids(&mut object, message);
    if form.is_hcx() {
        if message.order != 0 {
            object.string("order", itoa::Buffer::new().format(message.order));
        }
    } else if line.is_none() {
        object.integer("order", message.order);
    }
    write_origin(&mut object, message);
    write_parts(object.key("parts"), &message.parts);
    object.string("platform", message.platform.as_str());
    if !form.is_line() {
        Hex::put(&message.raw, &mut object, "raw_hex");
    }
    Objects::put(&message.reactions, &mut object, "reactions");
    write_reply(&mut object, message, form, copy);
    Objects::put(&message.revisions, &mut object, "revisions");
    Id::put(&message.sender, &mut object, "sender");
    let stated = message.sender_name.as_deref();
    if !matches!(form, Form::Copy(_)) {
        object.some_string(
            "sender_name",
            line.map_or(stated, |(line, _)| line.sender_name.or(stated)),
        );
    }
    if let Some((line, _)) = line {
        object.some_string("sender_native_id", line.sender_native_id);
        object.some_string("sender_second_id", line.sender_second_id);
    }
    object.time("sent_at", message.sent_at);
    let source = match form {
        Form::Copy(source) => Some(source),
        _ => copy.map(|copy| &*copy.source),
    };
    object.some_string("source", source);
    object.string("state", message.state.as_str());
    write_state_detail(&mut object, &message.state);
    if form.is_hcx() {
        object.some_string("stated_name", stated);
    }
    if let Some((_, text)) = line {
        object.some_string("text", Some(text));
    }
    if let Some(thread) = message.thread {
        object.hex("thread", &thread.0);
    }
    object.string("time_precision", message.precision.as_str());
    if !matches!(form, Form::Copy(_)) {
        object.string("type", "message");
    }
    object.close();
}

/// Lines tell the message that is answered, where there is one; what a copy knows of it stays apart from that.
fn write_reply(
    object: &mut JsonObject<'_>,
    message: &Message,
    form: Form<'_>,
    copy: Option<&MessageCopy>,
) {
    let target = form.line().and_then(|(line, _)| line.reply_to);
    let keys = match form {
        Form::Record | Form::Copy(_) => Some(&message.reply_to),
        Form::Hcx(_, _, []) => Some(&message.reply_to),
        Form::Hcx(..) => copy.map(|copy| &copy.message.reply_to),
        Form::Line(..) => None,
    };
    if let Some(keys) = keys.filter(|keys| target.is_none_or(|target| **keys != [target])) {
        Id::put(keys, object, "reply_keys");
    }
    Id::put(&target, object, "reply_to");
}

fn write_state_detail(object: &mut JsonObject<'_>, state: &State) {
    if let State::Recalled { by, at } = state
        && (by.is_some() || at.is_some())
    {
        let mut detail = JsonObject::open(object.key("state_detail"));
        RecallDetail { at: *at, by: *by }.write(&mut detail);
        detail.close();
    }
}

fn write_attachments(object: &mut JsonObject<'_>, message: &Message) {
    let mut found: Vec<&Attachment> = Vec::new();
    for part in message
        .parts
        .iter()
        .filter(|part| !matches!(part, Part::Text(_) | Part::Quote(_)))
    {
        part.for_each_attachment(&mut |attachment| found.push(attachment));
    }
    found.retain(|attachment| **attachment != Attachment::default());
    if found.is_empty() {
        return;
    }
    let mut array = JsonArray::open(object.key("attachments"));
    for attachment in found {
        write_attachment(array.element(), attachment);
    }
    array.close();
}

fn write_native_ids(object: &mut JsonObject<'_>, message: &Message) {
    if message.native_ids.is_empty() {
        return;
    }
    // Canonical JSON wants the keys in order; sources give two to five ids.
    let mut sorted: Vec<_> = message.native_ids.iter().collect();
    sorted.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
    sorted.dedup_by(|one, other| one.name == other.name);
    let mut inner = JsonObject::open(object.key("native_ids"));
    for id in sorted {
        let mut number = itoa::Buffer::new();
        let value = match &id.value {
            NativeValue::Integer(value) => number.format(*value),
            NativeValue::Text(value) => value,
        };
        super::json::write_string(inner.any_key(id.name.as_str()), value);
    }
    inner.close();
}

fn write_origin(object: &mut JsonObject<'_>, message: &Message) {
    let place = &message.origin.place;
    let mut inner = JsonObject::open(object.key("origin"));
    let mut number = itoa::Buffer::new();
    match message.origin.at {
        At::Bytes(start, length) => {
            inner.string("bytes", &format!("{start}+{length}"));
            inner.string("input", &place.input);
        }
        At::Line(line) => {
            inner.string("input", &place.input);
            inner.string("line", number.format(line));
        }
        At::Page(page) => {
            inner.string("input", &place.input);
            inner.string("page", number.format(page));
        }
        At::Row(row) => {
            inner.string("input", &place.input);
            inner.string("row", number.format(row));
        }
        At::Whole => inner.string("input", &place.input),
    }
    inner.some_string("table", Some(&place.table));
    inner.close();
}

shape!(Reaction {
    "accounts" accounts as Id, "Who, where known", "哪些账号（已知时）";
    "count" count as Count, "How many", "次数";
    "emoji" emoji as Text, "The emoji, or the platform's name for it", "表情或平台所称的表情名";
});
shape!(Revision {
    "at" at as Time, "When it was in force from, where known", "自何时起（已知时）";
    "parts" parts as Parts, "The wording", "内容";
});

/// By whom and when a message was withdrawn.
#[derive(Default)]
struct RecallDetail {
    at: Option<crate::Timestamp>,
    by: Option<crate::AccountId>,
}

shape!(RecallDetail {
    "at" at as Time, "When it was withdrawn", "撤回时间";
    "by" by as Id, "Who withdrew it", "撤回者";
});

impl Named for Reaction {
    const NAME: &'static str = "reaction";
}

impl Named for Revision {
    const NAME: &'static str = "revision";
}

/// Objects that only messages refer to.
pub(super) fn message_objects() -> Vec<(&'static str, Vec<Member>)> {
    let text = |key, is_required, en, zh| Member {
        key,
        en,
        zh,
        is_required,
        schema: Schema::Text,
    };
    let number = |key, en, zh| Member {
        key,
        en,
        zh,
        is_required: false,
        schema: Schema::BigInteger,
    };
    let origin = vec![
        text(
            "bytes",
            false,
            "Byte range: start, a plus sign, length",
            "字节范围：起点、加号、长度",
        ),
        text(
            "input",
            true,
            "File inside the input, with forward slashes",
            "输入中的文件，用正斜杠",
        ),
        number("line", "Line, counted from 1", "行号，从 1 起"),
        number(
            "page",
            "Database page, counted from 1",
            "数据库页号，从 1 起",
        ),
        number("row", "Row id", "数据库行号"),
        text("table", false, "Table or section", "表或区段"),
    ];
    vec![
        ("reaction", Reaction::members()),
        ("revision", Revision::members()),
        ("state_detail", RecallDetail::members()),
        ("origin", origin),
        ("copy", members(true)),
    ]
}

/// Members of a message line in an HCX file, or of a copy inside one.
pub(super) fn members(is_copy: bool) -> Vec<Member> {
    let mut all: Vec<Member> = Vec::new();
    let mut add = |in_copy: bool, key, is_required, schema, en, zh| {
        if in_copy || !is_copy {
            all.push(Member {
                key,
                en,
                zh,
                is_required,
                schema,
            });
        }
    };
    let objects = |name| Schema::array(Schema::Object(name));
    let ids = || Schema::array(Schema::Id);
    let words = |words: &[&'static str]| Schema::Words(words.to_vec());
    let kinds: Vec<&'static str> = ConversationKind::ALL
        .iter()
        .map(|kind| kind.as_str())
        .collect();
    let part_kinds: Vec<&'static str> = crate::PartKind::ALL
        .iter()
        .map(|kind| kind.as_str())
        .collect();
    add(
        false,
        "attachments",
        false,
        objects("attachment"),
        "The files of all parts again, for programs that look for nothing else; derived",
        "所有片段中的文件再列一遍，供只找文件的程序使用；派生",
    );
    add(
        true,
        "conversation",
        true,
        Schema::Id,
        "The conversation",
        "会话",
    );
    add(
        false,
        "conversation_kind",
        false,
        Schema::Words(kinds),
        "Its kind; derived",
        "会话种类；派生",
    );
    add(
        false,
        "conversation_name",
        false,
        Schema::Word,
        "Its title; derived",
        "会话标题；派生",
    );
    add(
        false,
        "conversation_native_id",
        false,
        Schema::Word,
        "Its native id; derived",
        "会话原生编号；派生",
    );
    add(
        false,
        "copies",
        false,
        objects("copy"),
        "What each copy of the message says, where the line does not say it itself",
        "消息的各个副本各自的内容（本行不足以表达时）",
    );
    add(
        true,
        "direction",
        true,
        words(&["in", "out", "none"]),
        "Which way it went, seen from the owner of the copy",
        "方向，从副本所有者看：收、发、无",
    );
    add(
        true,
        "hidden",
        false,
        Schema::Bool,
        "A service row that views hide unless asked",
        "服务性记录，一般不显示",
    );
    add(
        true,
        "id",
        true,
        Schema::Id,
        "Stable id of the message",
        "消息的稳定编号",
    );
    add(
        false,
        "kind",
        false,
        Schema::Words(part_kinds),
        "Kind of the leading part; derived",
        "首个片段的种类；派生",
    );
    add(
        true,
        "lookup_keys",
        false,
        ids(),
        "Weaker keys by which other messages point here",
        "其他消息指向本消息时可用的较弱的键",
    );
    add(
        true,
        "native_ids",
        false,
        Schema::Map,
        "The platform's own ids, by name; numbers as decimal strings",
        "平台自己的各种编号，按名称；数字写成十进制字符串",
    );
    add(
        true,
        "order",
        false,
        Schema::BigInteger,
        "Order among messages of the same instant in the conversation; 0 when absent",
        "同一会话同一时刻的先后；省略为 0",
    );
    add(
        true,
        "origin",
        true,
        Schema::Object("origin"),
        "Where the copy was read",
        "副本读自何处",
    );
    add(
        true,
        "parts",
        true,
        objects("part"),
        "The content, in display order",
        "内容，按显示次序",
    );
    add(
        true,
        "platform",
        true,
        Schema::Word,
        "The messenger: wechat, qq or another lower-case name",
        "即时通讯平台：wechat、qq 或其他小写名称",
    );
    add(
        true,
        "raw_hex",
        false,
        Schema::Hex,
        "The original row, where it was kept",
        "原始行（保留时）",
    );
    add(
        true,
        "reactions",
        false,
        objects("reaction"),
        "Answers by emoji",
        "表情回应",
    );
    add(
        true,
        "reply_keys",
        false,
        ids(),
        "Ids or lookup keys of the message this one answers, strongest first, where reply_to does not say it all",
        "所答消息的编号或键，强者在前（reply_to 不足以表达时）",
    );
    add(
        false,
        "reply_to",
        false,
        Schema::Id,
        "The message that this one answers; may lie outside the file",
        "所答的消息；可能不在本文件内",
    );
    add(
        true,
        "revisions",
        false,
        objects("revision"),
        "Other wordings",
        "其他版本的内容",
    );
    add(
        true,
        "sender",
        false,
        Schema::Id,
        "Who wrote it; absent for system events and where unknown",
        "发送者；系统事件或未知时省略",
    );
    add(
        false,
        "sender_name",
        false,
        Schema::Word,
        "Name to show for the sender; derived",
        "发送者的显示名；派生",
    );
    add(
        false,
        "sender_native_id",
        false,
        Schema::Word,
        "Native id of the sender; derived",
        "发送者原生编号；派生",
    );
    add(
        false,
        "sender_second_id",
        false,
        Schema::Word,
        "Second native id of the sender; derived",
        "发送者的第二原生编号；派生",
    );
    add(
        true,
        "sent_at",
        true,
        Schema::Time,
        "When it was sent",
        "发送时间",
    );
    add(
        true,
        "source",
        false,
        Schema::Word,
        "Kind of input that the copy was read from",
        "副本读自哪种来源",
    );
    add(
        true,
        "state",
        true,
        words(&["normal", "recalled", "deleted"]),
        "What became of it",
        "状态：正常、已撤回、已删除",
    );
    add(
        true,
        "state_detail",
        false,
        Schema::Object("state_detail"),
        "By whom and when it was withdrawn",
        "撤回者与撤回时间",
    );
    add(
        true,
        "stated_name",
        false,
        Schema::Word,
        "The sender's name as the row itself states it",
        "原始行所写的发送者名称",
    );
    add(
        false,
        "text",
        false,
        Schema::Word,
        "Plain-text rendering of the whole message; derived",
        "整条消息的纯文字形式；派生",
    );
    add(
        true,
        "thread",
        false,
        Schema::Id,
        "First message of the thread",
        "所属话题的首条消息",
    );
    add(
        true,
        "time_precision",
        true,
        words(&["ms", "s", "min", "day"]),
        "How precisely the time is known",
        "时间精度",
    );
    add(
        false,
        "type",
        true,
        Schema::Constant("message"),
        "Kind of record",
        "记录种类",
    );
    all
}

/// Members that follow from others; what they say is not read.
const DERIVED: [&str; 9] = [
    "attachments",
    "conversation_kind",
    "conversation_name",
    "conversation_native_id",
    "kind",
    "sender_name",
    "sender_native_id",
    "sender_second_id",
    "text",
];

/// Places that many messages share.
#[derive(Debug, Default)]
pub(super) struct Places {
    last: Option<Arc<Place>>,
    source: Option<Arc<str>>,
}

impl Places {
    fn place(&mut self, place: Place) -> Arc<Place> {
        match &self.last {
            Some(last) if **last == place => Arc::clone(last),
            _ => Arc::clone(self.last.insert(Arc::new(place))),
        }
    }

    fn source(&mut self, source: &str) -> Arc<str> {
        match &self.source {
            Some(last) if **last == *source => Arc::clone(last),
            _ => Arc::clone(self.source.insert(Arc::from(source))),
        }
    }
}

/// Reads a message line: its copies, the line itself where it lists none.
pub(super) fn read_message(
    value: Value<'_>,
    places: &mut Places,
) -> Result<Vec<MessageCopy>, Fault> {
    let mut reading = Reading::default();
    let mut fields = Fields::of(value, &reading)?;
    fields.constant("type", "message", &reading)?;
    for key in DERIVED {
        fields.take(key);
    }
    let copies = fields.take("copies");
    let own = read_copy(&mut fields, &mut reading, places)?;
    fields.keep_rest(&mut reading);
    let extra = reading.into_extra();
    let Some(copies) = copies else {
        let mut own = own;
        own.message.extra = extra;
        return Ok(vec![own]);
    };
    let Value::Array(copies) = copies else {
        return Err(Fault::record("/copies is no array"));
    };
    let mut read = Vec::with_capacity(copies.len());
    for (index, copy) in copies.into_iter().enumerate() {
        let mut reading = Reading::default();
        let located = |mut fault: Fault| {
            fault.what = format!("/copies/{index}{}", fault.what);
            fault
        };
        let mut fields = Fields::of(copy, &reading).map_err(located)?;
        let mut copy = read_copy(&mut fields, &mut reading, places).map_err(located)?;
        fields.keep_rest(&mut reading);
        copy.message.extra = reading.into_extra();
        read.push(copy);
    }
    if extra.is_some() && read.iter().all(|copy| copy.message.extra != extra) {
        // Said of the message as a whole: kept with one of its copies.
        if let Some(first) = read
            .first_mut()
            .filter(|first| first.message.extra.is_none())
        {
            first.message.extra = extra;
        }
    }
    if read.is_empty() {
        return Err(Fault::record("/copies is empty"));
    }
    Ok(read)
}

fn read_copy(
    fields: &mut Fields<'_>,
    reading: &mut Reading,
    places: &mut Places,
) -> Result<MessageCopy, Fault> {
    let conversation: ConversationId = Id::take(fields, reading, "conversation")?;
    let id: MessageId = Id::take(fields, reading, "id")?;
    let platform = string(reading, "platform", fields.take("platform"))?
        .filter(|name| !name.is_empty())
        .ok_or_else(|| reading.fault("platform", "is missing"))?;
    let sent_at = <Time as Codec<Option<crate::Timestamp>>>::take(fields, reading, "sent_at")?
        .ok_or_else(|| reading.fault("sent_at", "is missing"))?;
    let origin = fields
        .take("origin")
        .ok_or_else(|| reading.fault("origin", "is missing"))?;
    let origin = read_origin(origin, reading, places)?;
    let mut message = Message::new(
        Platform::from_name(&platform),
        id,
        conversation,
        sent_at,
        origin,
    );
    message.direction = Choice::take(fields, reading, "direction")?;
    message.is_hidden = Flag::take(fields, reading, "hidden")?;
    message.lookup_keys = Id::take(fields, reading, "lookup_keys")?;
    if let Some(native_ids) = fields.take("native_ids") {
        message.native_ids = read_native_ids(native_ids, reading, &message)?;
    }
    if let Some(order) = string(reading, "order", fields.take("order"))? {
        message.order = decimal(&order)
            .ok_or_else(|| reading.fault("order", "must be a whole number as a string"))?;
    }
    message.parts = Parts::take(fields, reading, "parts")?;
    message.raw = Hex::take(fields, reading, "raw_hex")?;
    message.reactions = Objects::take(fields, reading, "reactions")?;
    message.reply_to = Id::take(fields, reading, "reply_keys")?;
    let target: Option<MessageId> = Id::take(fields, reading, "reply_to")?;
    if message.reply_to.is_empty() {
        message.reply_to.extend(target);
    }
    message.revisions = Objects::take(fields, reading, "revisions")?;
    message.sender = Id::take(fields, reading, "sender")?;
    message.sender_name = Word::take(fields, reading, "stated_name")?;
    let source: String = Word::take(fields, reading, "source")?;
    message.state = read_state(fields, reading)?;
    message.thread = Id::take(fields, reading, "thread")?;
    message.precision = Choice::take(fields, reading, "time_precision")?;
    Ok(MessageCopy {
        source: places.source(&source),
        message,
    })
}

fn read_state(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<State, Fault> {
    let state = string(reading, "state", fields.take("state"))?
        .ok_or_else(|| reading.fault("state", "is missing"))?;
    let detail: Option<RecallDetail> = fields
        .take("state_detail")
        .map(|detail| reading.object("state_detail", detail))
        .transpose()?;
    match (state.as_str(), detail) {
        ("normal", None) => Ok(State::Normal),
        ("deleted", None) => Ok(State::Deleted),
        ("recalled", detail) => {
            let detail = detail.unwrap_or_default();
            Ok(State::Recalled {
                by: detail.by,
                at: detail.at,
            })
        }
        ("normal" | "deleted", Some(_)) => {
            Err(reading.fault("state_detail", "stands in a message that was not recalled"))
        }
        (other, _) => Err(reading.fault(
            "state",
            &format!("is {other:?}; it must be one of normal, recalled, deleted"),
        )),
    }
}

/// A whole number of 64 bits in its one decimal spelling.
fn decimal(text: &str) -> Option<i64> {
    let value: i64 = text.parse().ok()?;
    (itoa::Buffer::new().format(value) == text).then_some(value)
}

fn read_native_ids(
    value: Value<'_>,
    reading: &Reading,
    message: &Message,
) -> Result<Vec<NativeId>, Fault> {
    let Value::Object(members) = value else {
        return Err(reading.fault("native_ids", "must be an object of strings"));
    };
    let mut ids = Vec::with_capacity(members.len());
    for (name, value) in members {
        let Value::String(text) = value else {
            return Err(reading.fault("native_ids", "must be an object of strings"));
        };
        let value = match decimal(&text) {
            Some(number) if !is_made_of(message, &text) => NativeValue::Integer(number),
            _ => NativeValue::Text(text.into_owned()),
        };
        ids.push(NativeId {
            name: NativeIdName::from_name(&name),
            value,
        });
    }
    Ok(ids)
}

/// Whether a message's id was made of this text; a number that looks the same makes another id.
fn is_made_of(message: &Message, text: &str) -> bool {
    message.id.space() == IdSpace::PLATFORM
        && IdSpace::PLATFORM_KINDS.iter().any(|kind| {
            MessageId::new(message.conversation, kind, &[text.as_bytes()]) == message.id
        })
}

fn read_origin(
    value: Value<'_>,
    reading: &mut Reading,
    places: &mut Places,
) -> Result<Origin, Fault> {
    reading.inside("origin", |reading| {
        let mut fields = Fields::of(value, reading)?;
        let text = |reading: &Reading, fields: &mut Fields<'_>, key| {
            string(reading, key, fields.take(key))
        };
        let input = text(reading, &mut fields, "input")?;
        let table = text(reading, &mut fields, "table")?.unwrap_or_default();
        let mut at: Vec<At> = Vec::new();
        for key in ["bytes", "line", "page", "row"] {
            let Some(number) = text(reading, &mut fields, key)? else {
                continue;
            };
            let position = match key {
                "bytes" => number.split_once('+').and_then(|(start, length)| {
                    Some(At::Bytes(unsigned(start)?, unsigned(length)?))
                }),
                "line" => unsigned(&number).map(At::Line),
                "page" => unsigned(&number)
                    .and_then(|page| u32::try_from(page).ok())
                    .map(At::Page),
                _ => decimal(&number).map(At::Row),
            };
            at.push(position.ok_or_else(|| reading.fault(key, "is not a position"))?);
        }
        let input = input.ok_or_else(|| reading.fault("input", "is missing"))?;
        let at = match at.as_slice() {
            [] => At::Whole,
            [one] => *one,
            _ => return Err(reading.fault("", "names two positions")),
        };
        fields.keep_rest(reading);
        Ok(Origin {
            place: places.place(Place { input, table }),
            at,
        })
    })
}

fn unsigned(text: &str) -> Option<u64> {
    let value: u64 = text.parse().ok()?;
    (itoa::Buffer::new().format(value) == text).then_some(value)
}

#[cfg(test)]
mod tests;
