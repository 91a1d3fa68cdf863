//! One definition of every record: its members, how each is written, read and described.
//!
//! [`shape!`] lists the members of a type in the order of canonical JSON. Writer, reader and schema all follow from that
//! list, so that they cannot differ.

use std::borrow::Cow;

use super::json::{JsonArray, JsonObject, push_hex, write_string};
pub(super) use super::part::{Hex, Pairs};
use super::schema::Schema;
use super::value::{Fault, MAX_INTEGER, Value};
use crate::{
    AccountId, Attachment, AttachmentState, ConversationId, Digest, MessageId, Part, Platform,
    Timestamp,
};

/// One member of an object, for schemas and tables.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub key: &'static str,
    /// What it means, in English.
    pub en: &'static str,
    /// What it means, in Chinese.
    pub zh: &'static str,
    /// Whether it must be there.
    pub is_required: bool,
    /// What it may be.
    pub schema: Schema,
}

/// A type with a JSON object of its own.
pub(super) trait Shape: Sized {
    /// Writes its members; the caller opens and closes the object.
    fn write(&self, object: &mut JsonObject<'_>);
    /// Reads its members; what it does not know stays in `fields`.
    fn read(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<Self, Fault>;
    /// Its members.
    fn members() -> Vec<Member>;
}

/// What reading gathers beside the record.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// JSON pointer of the object that is being read.
    pub(super) path: String,
    /// Members that this version does not know, by their pointers.
    pub(super) unknown: Vec<(String, Value<'static>)>,
}

impl Reading {
    /// A fault at the member `key` of the current object.
    pub(super) fn fault(&self, key: &str, what: &str) -> Fault {
        Fault::record(format!("{}/{key} {what}", self.path))
    }

    /// Reads an object member by member; what is left over is kept as unknown.
    pub(super) fn object<T: Shape>(&mut self, key: &str, value: Value<'_>) -> Result<T, Fault> {
        self.inside(key, |reading| {
            let mut fields = Fields::of(value, reading)?;
            let read = T::read(&mut fields, reading)?;
            fields.keep_rest(reading);
            Ok(read)
        })
    }

    /// Does something one step further down.
    pub(super) fn inside<T>(
        &mut self,
        key: &str,
        work: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let length = self.path.len();
        self.path.push('/');
        if key.contains(['~', '/']) {
            self.path
                .push_str(&key.replace('~', "~0").replace('/', "~1"));
        } else {
            self.path.push_str(key);
        }
        let result = work(self);
        self.path.truncate(length);
        result
    }

    /// What is unknown, as one canonical JSON object from pointer to value.
    pub(super) fn into_extra(mut self) -> Option<Box<str>> {
        if self.unknown.is_empty() {
            return None;
        }
        self.unknown
            .sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
        let members = self
            .unknown
            .into_iter()
            .map(|(pointer, value)| (Cow::Owned(pointer), value))
            .collect();
        Some(Value::Object(members).to_json().into())
    }
}

/// The members of an object that were not read yet.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    members: Vec<(Cow<'a, str>, Option<Value<'a>>)>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: Value<'a>, reading: &Reading) -> Result<Self, Fault> {
        match value {
            Value::Object(members) => Ok(Self {
                members: members
                    .into_iter()
                    .map(|(key, value)| (key, Some(value)))
                    .collect(),
            }),
            other => Err(Fault::record(format!(
                "{} is {}, an object must stand there",
                if reading.path.is_empty() {
                    "the line"
                } else {
                    &reading.path
                },
                other.kind()
            ))),
        }
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Value<'a>> {
        self.members
            .iter_mut()
            .find(|(known, _)| known == key)
            .and_then(|(_, value)| value.take())
    }

    /// Looks at a member without taking it.
    pub(super) fn peek(&self, key: &str) -> Option<&Value<'a>> {
        self.members
            .iter()
            .find(|(known, _)| known == key)
            .and_then(|(_, value)| value.as_ref())
    }

    /// A member that always says the same.
    pub(super) fn constant(
        &mut self,
        key: &str,
        word: &str,
        reading: &Reading,
    ) -> Result<(), Fault> {
        match self.take(key) {
            Some(Value::String(found)) if found == word => Ok(()),
            _ => Err(reading.fault(key, &format!("must be \"{word}\""))),
        }
    }

    /// Keeps what nobody took.
    pub(super) fn keep_rest(self, reading: &mut Reading) {
        for (key, value) in self.members {
            if let Some(value) = value {
                let key = key.replace('~', "~0").replace('/', "~1");
                let pointer = format!("{}/{key}", reading.path);
                reading.unknown.push((pointer, value.into_owned()));
            }
        }
    }
}

/// How a field becomes a member and back; the implementors are markers that [`shape!`] names.
pub(super) trait Codec<T> {
    /// Whether the member must be there.
    const REQUIRED: bool;
    /// Writes it, or leaves it out.
    fn put(value: &T, object: &mut JsonObject<'_>, key: &str);
    /// Reads it.
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<T, Fault>;
    /// What it may be.
    fn schema() -> Schema;
}

fn missing(reading: &Reading, key: &str) -> Fault {
    reading.fault(key, "is missing")
}

fn wrong(reading: &Reading, key: &str, value: &Value<'_>, wanted: &str) -> Fault {
    reading.fault(
        key,
        &format!("is {}, {wanted} must stand there", value.kind()),
    )
}

pub(super) fn string(
    reading: &Reading,
    key: &str,
    value: Option<Value<'_>>,
) -> Result<Option<String>, Fault> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.into_owned())),
        Some(other) => Err(wrong(reading, key, &other, "a string")),
    }
}

fn integer(reading: &Reading, key: &str, value: Option<Value<'_>>) -> Result<Option<i64>, Fault> {
    match value {
        None => Ok(None),
        Some(Value::Integer(value)) => Ok(Some(value)),
        Some(other) => Err(wrong(reading, key, &other, "a number")),
    }
}

/// A string that is left out when it is empty.
pub(super) struct Word;

impl Codec<Option<String>> for Word {
    const REQUIRED: bool = false;
    fn put(value: &Option<String>, object: &mut JsonObject<'_>, key: &str) {
        object.some_string(key, value.as_deref());
    }
    fn take(
        fields: &mut Fields<'_>,
        reading: &mut Reading,
        key: &str,
    ) -> Result<Option<String>, Fault> {
        word(reading, key, fields.take(key))
    }
    fn schema() -> Schema {
        Schema::Word
    }
}

/// What is not known is left out, never written as an empty string.
fn word(reading: &Reading, key: &str, value: Option<Value<'_>>) -> Result<Option<String>, Fault> {
    match string(reading, key, value)? {
        Some(text) if text.is_empty() => Err(reading.fault(key, "is empty, it must be left out")),
        other => Ok(other),
    }
}

impl Codec<String> for Word {
    const REQUIRED: bool = false;
    fn put(value: &String, object: &mut JsonObject<'_>, key: &str) {
        object.some_string(key, Some(value));
    }
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<String, Fault> {
        Ok(word(reading, key, fields.take(key))?.unwrap_or_default())
    }
    fn schema() -> Schema {
        Schema::Word
    }
}

/// A string that is always there.
pub(super) struct Text;

impl Codec<String> for Text {
    const REQUIRED: bool = true;
    fn put(value: &String, object: &mut JsonObject<'_>, key: &str) {
        object.string(key, value);
    }
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<String, Fault> {
        string(reading, key, fields.take(key))?.ok_or_else(|| missing(reading, key))
    }
    fn schema() -> Schema {
        Schema::Text
    }
}

/// `true`, left out when false.
pub(super) struct Flag;

impl Codec<bool> for Flag {
    const REQUIRED: bool = false;
    fn put(value: &bool, object: &mut JsonObject<'_>, key: &str) {
        object.flag(key, *value);
    }
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<bool, Fault> {
        match fields.take(key) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(value),
            Some(other) => Err(wrong(reading, key, &other, "a truth value")),
        }
    }
    fn schema() -> Schema {
        Schema::Bool
    }
}

/// A number, left out when it is not known.
pub(super) struct Number;

macro_rules! number {
    ($($type:ty),*) => { $(
        impl Codec<Option<$type>> for Number {
            const REQUIRED: bool = false;
            fn put(value: &Option<$type>, object: &mut JsonObject<'_>, key: &str) {
                object.some_integer(key, *value);
            }
            fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<Option<$type>, Fault> {
                integer(reading, key, fields.take(key))?
                    .map(|value| <$type>::try_from(value).map_err(|_| reading.fault(key, "is a number out of its range")))
                    .transpose()
            }
            fn schema() -> Schema {
                Schema::Integer { min: 0, max: i64::try_from(<$type>::MAX).unwrap_or(MAX_INTEGER).min(MAX_INTEGER) }
            }
        }
    )* };
}
number!(u32, u64);

/// A number that is always there.
pub(super) struct Count;

impl Codec<u64> for Count {
    const REQUIRED: bool = true;
    fn put(value: &u64, object: &mut JsonObject<'_>, key: &str) {
        let exact = (*value).min(MAX_INTEGER.unsigned_abs());
        object.some_integer(key, Some(exact));
    }
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<u64, Fault> {
        let value =
            integer(reading, key, fields.take(key))?.ok_or_else(|| missing(reading, key))?;
        u64::try_from(value).map_err(|_| reading.fault(key, "is a number out of its range"))
    }
    fn schema() -> Schema {
        Schema::Integer {
            min: 0,
            max: MAX_INTEGER,
        }
    }
}

/// An instant, left out when it is not known.
pub(super) struct Time;

impl Codec<Option<Timestamp>> for Time {
    const REQUIRED: bool = false;
    fn put(value: &Option<Timestamp>, object: &mut JsonObject<'_>, key: &str) {
        if let Some(time) = value {
            object.time(key, *time);
        }
    }
    fn take(
        fields: &mut Fields<'_>,
        reading: &mut Reading,
        key: &str,
    ) -> Result<Option<Timestamp>, Fault> {
        string(reading, key, fields.take(key))?
            .map(|text| time(reading, key, &text))
            .transpose()
    }
    fn schema() -> Schema {
        Schema::Time
    }
}

/// Reads an instant in its one spelling.
pub(super) fn time(reading: &Reading, key: &str, text: &str) -> Result<Timestamp, Fault> {
    Timestamp::from_rfc3339(text)
        .ok_or_else(|| reading.fault(key, "must be an instant like 2024-05-01T08:00:00.123Z"))
}

/// An id that may be absent (for an `Option`) or must be there.
pub(super) struct Id;

macro_rules! id_codec {
    ($($name:ident),*) => { $(
        impl Codec<Option<$name>> for Id {
            const REQUIRED: bool = false;
            fn put(value: &Option<$name>, object: &mut JsonObject<'_>, key: &str) {
                if let Some(id) = value { object.hex(key, &id.0); }
            }
            fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<Option<$name>, Fault> {
                string(reading, key, fields.take(key))?
                    .map(|text| $name::from_canonical_hex(&text).ok_or_else(|| reading.fault(key, "must be 32 lower-case hexadecimal digits")))
                    .transpose()
            }
            fn schema() -> Schema { Schema::Id }
        }
        impl Codec<$name> for Id {
            const REQUIRED: bool = true;
            fn put(value: &$name, object: &mut JsonObject<'_>, key: &str) { object.hex(key, &value.0); }
            fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<$name, Fault> {
                <Self as Codec<Option<$name>>>::take(fields, reading, key)?.ok_or_else(|| missing(reading, key))
            }
            fn schema() -> Schema { Schema::Id }
        }
        impl Codec<Vec<$name>> for Id {
            const REQUIRED: bool = false;
            fn put(values: &Vec<$name>, object: &mut JsonObject<'_>, key: &str) {
                if values.is_empty() { return; }
                let mut array = JsonArray::open(object.key(key));
                for id in values {
                    let out = array.element();
                    out.push(b'"');
                    push_hex(out, &id.0);
                    out.push(b'"');
                }
                array.close();
            }
            fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<Vec<$name>, Fault> {
                array(fields, reading, key, |reading, index, value| {
                    string(reading, index, Some(value))?
                        .and_then(|text| $name::from_canonical_hex(&text))
                        .ok_or_else(|| reading.fault(index, "must be 32 lower-case hexadecimal digits"))
                })
            }
            fn schema() -> Schema { Schema::array(Schema::Id) }
        }
    )* };
}
id_codec!(AccountId, ConversationId, MessageId);

/// Reads a list; an absent one is empty.
pub(super) fn array<T>(
    fields: &mut Fields<'_>,
    reading: &mut Reading,
    key: &str,
    mut element: impl FnMut(&mut Reading, &str, Value<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    match fields.take(key) {
        None => Ok(Vec::new()),
        Some(Value::Array(values)) => reading.inside(key, |reading| {
            let mut index = itoa::Buffer::new();
            values
                .into_iter()
                .enumerate()
                .map(|(number, value)| element(reading, index.format(number), value))
                .collect()
        }),
        Some(other) => Err(wrong(reading, key, &other, "an array")),
    }
}

/// A list, left out when it is empty.
pub(super) struct List;

impl Codec<Vec<String>> for List {
    const REQUIRED: bool = false;
    fn put(values: &Vec<String>, object: &mut JsonObject<'_>, key: &str) {
        if !values.is_empty() {
            let mut array = JsonArray::open(object.key(key));
            for value in values {
                write_string(array.element(), value);
            }
            array.close();
        }
    }
    fn take(
        fields: &mut Fields<'_>,
        reading: &mut Reading,
        key: &str,
    ) -> Result<Vec<String>, Fault> {
        array(fields, reading, key, |reading, index, value| {
            Ok(string(reading, index, Some(value))?.unwrap_or_default())
        })
    }
    fn schema() -> Schema {
        Schema::array(Schema::Text)
    }
}

/// A list of objects, left out when it is empty.
pub(super) struct Objects;

impl<T: Shape + Named> Codec<Vec<T>> for Objects {
    const REQUIRED: bool = false;
    fn put(values: &Vec<T>, object: &mut JsonObject<'_>, key: &str) {
        if !values.is_empty() {
            put_objects(values, object.key(key));
        }
    }
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<Vec<T>, Fault> {
        array(fields, reading, key, Reading::object)
    }
    fn schema() -> Schema {
        Schema::array(Schema::Object(T::NAME))
    }
}

/// A list of objects that is always there.
pub(super) struct AllObjects;

impl<T: Shape + Named> Codec<Vec<T>> for AllObjects {
    const REQUIRED: bool = true;
    fn put(values: &Vec<T>, object: &mut JsonObject<'_>, key: &str) {
        put_objects(values, object.key(key));
    }
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<Vec<T>, Fault> {
        if fields.peek(key).is_none() {
            return Err(missing(reading, key));
        }
        array(fields, reading, key, Reading::object)
    }
    fn schema() -> Schema {
        Schema::array(Schema::Object(T::NAME))
    }
}

fn put_objects<T: Shape>(values: &[T], out: &mut Vec<u8>) {
    let mut array = JsonArray::open(out);
    for value in values {
        let mut item = JsonObject::open(array.element());
        value.write(&mut item);
        item.close();
    }
    array.close();
}

/// A shape with a place in the list of definitions.
pub(super) trait Named {
    /// Its name in schemas.
    const NAME: &'static str;
}

/// The content of something: a list of parts that is always there.
pub(super) struct Parts;

impl Codec<Vec<Part>> for Parts {
    const REQUIRED: bool = true;
    fn put(value: &Vec<Part>, object: &mut JsonObject<'_>, key: &str) {
        super::part::write_parts(object.key(key), value);
    }
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<Vec<Part>, Fault> {
        if fields.peek(key).is_none() {
            return Err(missing(reading, key));
        }
        array(fields, reading, key, super::part::read_part)
    }
    fn schema() -> Schema {
        Schema::array(Schema::Object("part"))
    }
}

/// A file, left out when nothing is known of it.
pub(super) struct Enclosed;

fn says_something(attachment: &Attachment) -> bool {
    let can_be_said = |size: &u64| *size <= MAX_INTEGER.unsigned_abs();
    if attachment
        .size_bytes
        .is_some_and(|size| !can_be_said(&size))
    {
        return says_something(&Attachment {
            size_bytes: None,
            ..attachment.clone()
        });
    }
    *attachment != Attachment::default() || attachment.content.is_some()
}

impl Codec<Attachment> for Enclosed {
    const REQUIRED: bool = false;
    fn put(value: &Attachment, object: &mut JsonObject<'_>, key: &str) {
        if says_something(value) {
            write_attachment(object.key(key), value);
        }
    }
    fn take(
        fields: &mut Fields<'_>,
        reading: &mut Reading,
        key: &str,
    ) -> Result<Attachment, Fault> {
        <Self as Codec<Option<Attachment>>>::take(fields, reading, key)
            .map(Option::unwrap_or_default)
    }
    fn schema() -> Schema {
        Schema::Object("attachment")
    }
}

impl Codec<Option<Attachment>> for Enclosed {
    const REQUIRED: bool = false;
    fn put(value: &Option<Attachment>, object: &mut JsonObject<'_>, key: &str) {
        if let Some(value) = value.as_ref().filter(|value| says_something(value)) {
            write_attachment(object.key(key), value);
        }
    }
    fn take(
        fields: &mut Fields<'_>,
        reading: &mut Reading,
        key: &str,
    ) -> Result<Option<Attachment>, Fault> {
        fields
            .take(key)
            .map(|value| reading.object(key, value))
            .transpose()
    }
    fn schema() -> Schema {
        Schema::Object("attachment")
    }
}

pub(super) fn write_attachment(out: &mut Vec<u8>, attachment: &Attachment) {
    let mut object = JsonObject::open(out);
    attachment.write(&mut object);
    object.close();
}

/// Whether an attachment's bytes were found, and whether they are held, are two members and one state.
impl Shape for Attachment {
    fn write(&self, object: &mut JsonObject<'_>) {
        object.some_string("media_type", self.media_type.as_deref());
        object.some_string("name", self.name.as_deref());
        object.some_string("native_digest", self.native_digest.as_deref());
        object.some_string("path", self.path.as_deref());
        object.boolean("present", self.is_present());
        if let Some(digest) = self.sha256 {
            object.hex("sha256", &digest.0);
        }
        object.some_integer("size", self.size_bytes);
        object.flag("stored", self.state == AttachmentState::Stored);
        object.some_string("url", self.url.as_deref());
    }

    fn read(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<Self, Fault> {
        let media_type = Word::take(fields, reading, "media_type")?;
        let name = Word::take(fields, reading, "name")?;
        let native_digest = Word::take(fields, reading, "native_digest")?;
        let path = Word::take(fields, reading, "path")?;
        if fields.peek("present").is_none() {
            return Err(missing(reading, "present"));
        }
        let is_present = Flag::take(fields, reading, "present")?;
        let sha256 = string(reading, "sha256", fields.take("sha256"))?
            .map(|text| {
                Digest::from_hex(&text).ok_or_else(|| {
                    reading.fault("sha256", "must be 64 lower-case hexadecimal digits")
                })
            })
            .transpose()?;
        let size_bytes = Number::take(fields, reading, "size")?;
        let is_stored = Flag::take(fields, reading, "stored")?;
        let url = Word::take(fields, reading, "url")?;
        if is_stored && !(is_present && sha256.is_some()) {
            return Err(reading.fault(
                "stored",
                "is true of an attachment that is not present or has no sha256",
            ));
        }
        Ok(Self {
            name,
            size_bytes,
            media_type,
            native_digest,
            url,
            path,
            sha256,
            state: match (is_stored, is_present) {
                (true, _) => AttachmentState::Stored,
                (false, true) => AttachmentState::Referenced,
                (false, false) => AttachmentState::Missing,
            },
            content: None,
        })
    }

    fn members() -> Vec<Member> {
        let member = |key, is_required, schema, en, zh| Member {
            key,
            en,
            zh,
            is_required,
            schema,
        };
        let size = Schema::Integer {
            min: 0,
            max: MAX_INTEGER,
        };
        vec![
            member(
                "media_type",
                false,
                Schema::Word,
                "Media type, where more than the name tells it",
                "媒体类型（不只凭文件名得知时）",
            ),
            member(
                "name",
                false,
                Schema::Word,
                "File name as the sender or the platform gave it; a label, never a path to write to",
                "发送者或平台给的文件名；只作显示，绝不用作写入路径",
            ),
            member(
                "native_digest",
                false,
                Schema::Word,
                "Digest that the platform states; not checked against the content",
                "平台声明的摘要；未与内容核对",
            ),
            member(
                "path",
                false,
                Schema::Word,
                "Where the file stood in the input that was first read; information only",
                "当初读取的输入里文件所在的位置；仅供参考",
            ),
            member(
                "present",
                true,
                Schema::Bool,
                "Whether the bytes were found when the copy was read",
                "读取时是否找到了文件内容",
            ),
            member(
                "sha256",
                false,
                Schema::Digest,
                "SHA-256 of the content as it was read",
                "读到的文件内容的 SHA-256",
            ),
            member(
                "size",
                false,
                size,
                "Size in bytes: of the content where it was read, else as the platform states it",
                "字节数：读到内容时为其实际大小，否则为平台声明的大小",
            ),
            member(
                "stored",
                false,
                Schema::Bool,
                "Whether the content is in this file, as data/blobs/<sha256>",
                "内容是否就在本文件的 data/blobs/<sha256>",
            ),
            member(
                "url",
                false,
                Schema::Word,
                "Address that the platform states; not to be fetched unasked",
                "平台声明的地址；未经用户要求不得访问",
            ),
        ]
    }
}

impl Named for Attachment {
    const NAME: &'static str = "attachment";
}

/// One word of a list.
pub(super) struct Choice;

/// Words that a member may be.
pub(super) trait Words: Copy + 'static {
    fn word(self) -> &'static str;
    fn of_word(word: &str) -> Option<Self>;
    fn all() -> &'static [Self];
}

impl<T: Words> Codec<T> for Choice {
    const REQUIRED: bool = true;
    fn put(value: &T, object: &mut JsonObject<'_>, key: &str) {
        object.string(key, value.word());
    }
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<T, Fault> {
        let word = string(reading, key, fields.take(key))?.ok_or_else(|| missing(reading, key))?;
        T::of_word(&word).ok_or_else(|| {
            let known: Vec<&str> = T::all().iter().map(|value| value.word()).collect();
            reading.fault(
                key,
                &format!("is {word:?}; it must be one of {}", known.join(", ")),
            )
        })
    }
    fn schema() -> Schema {
        Schema::Words(T::all().iter().map(|value| value.word()).collect())
    }
}

macro_rules! words_of {
    ($($name:ty),* $(,)?) => { $(
        impl Words for $name {
            fn word(self) -> &'static str { self.as_str() }
            fn of_word(word: &str) -> Option<Self> { Self::from_name(word) }
            fn all() -> &'static [Self] { Self::ALL }
        }
    )* };
}

words_of!(
    crate::PaymentKind,
    crate::PaymentState,
    crate::CallKind,
    crate::CallOutcome,
    crate::SystemEvent,
    crate::PartKind,
    crate::AccountKind,
    crate::ConversationKind,
    crate::Role,
    crate::IdHash,
    crate::Direction,
    crate::Precision,
);

/// One word of a list, left out when it is not known.
pub(super) struct MaybeChoice;

impl<T: Words> Codec<Option<T>> for MaybeChoice {
    const REQUIRED: bool = false;
    fn put(value: &Option<T>, object: &mut JsonObject<'_>, key: &str) {
        object.some_string(key, value.map(Words::word));
    }
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<Option<T>, Fault> {
        if fields.peek(key).is_none() {
            return Ok(None);
        }
        Choice::take(fields, reading, key).map(Some)
    }
    fn schema() -> Schema {
        <Choice as Codec<T>>::schema()
    }
}

/// An object that is always there.
pub(super) struct Inner;

impl<T: Shape + Named> Codec<T> for Inner {
    const REQUIRED: bool = true;
    fn put(value: &T, object: &mut JsonObject<'_>, key: &str) {
        let mut inner = JsonObject::open(object.key(key));
        value.write(&mut inner);
        inner.close();
    }
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<T, Fault> {
        let value = fields.take(key).ok_or_else(|| missing(reading, key))?;
        reading.object(key, value)
    }
    fn schema() -> Schema {
        Schema::Object(T::NAME)
    }
}

/// The name of a platform.
pub(super) struct PlatformName;

impl Codec<Option<Platform>> for PlatformName {
    const REQUIRED: bool = false;
    fn put(value: &Option<Platform>, object: &mut JsonObject<'_>, key: &str) {
        object.some_string(key, value.as_ref().map(Platform::as_str));
    }
    fn take(
        fields: &mut Fields<'_>,
        reading: &mut Reading,
        key: &str,
    ) -> Result<Option<Platform>, Fault> {
        Ok(word(reading, key, fields.take(key))?.map(|name| Platform::from_name(&name)))
    }
    fn schema() -> Schema {
        Schema::Word
    }
}

/// What a codec says of a field, whose type follows from how it is reached.
pub(super) fn describe<C: Codec<T>, T, O>(_: fn(&O) -> &T) -> (bool, Schema) {
    (C::REQUIRED, C::schema())
}

/// Lists the members of a type in the order of canonical JSON: name, field and codec (or a constant word), English, Chinese.
macro_rules! shape {
    ($type:ty { $( $key:literal $( $field:ident as $codec:ident )? $( = $word:literal )?, $en:literal, $zh:literal; )* }) => {
        impl $crate::hcx::shape::Shape for $type {
            fn write(&self, object: &mut $crate::hcx::json::JsonObject<'_>) {
                $(
                    $( <$crate::hcx::shape::$codec as $crate::hcx::shape::Codec<_>>::put(&self.$field, object, $key); )?
                    $( object.string($key, $word); )?
                )*
            }
            fn read(
                fields: &mut $crate::hcx::shape::Fields<'_>,
                reading: &mut $crate::hcx::shape::Reading,
            ) -> Result<Self, $crate::hcx::value::Fault> {
                let mut value = Self::default();
                $(
                    $( value.$field = <$crate::hcx::shape::$codec as $crate::hcx::shape::Codec<_>>::take(fields, reading, $key)?; )?
                    $( fields.constant($key, $word, reading)?; )?
                )*
                Ok(value)
            }
            fn members() -> Vec<$crate::hcx::shape::Member> {
                vec![ $( {
                    $( let (is_required, schema) = $crate::hcx::shape::describe::<$crate::hcx::shape::$codec, _, $type>(|value| &value.$field); )?
                    $( let (is_required, schema) = (true, $crate::hcx::schema::Schema::Constant($word)); )?
                    $crate::hcx::shape::Member { key: $key, en: $en, zh: $zh, is_required, schema }
                }, )* ]
            }
        }
    };
}
pub(super) use shape;
