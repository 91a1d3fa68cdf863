//! Parts as JSON objects.

use super::json::{JsonArray, JsonObject, push_hex, write_string};
use super::schema::Schema;
use super::shape::{Codec, Fields, Member, Named, Reading, Shape, array, shape, string};
use super::value::{Fault, Value};
use crate::{
    Announcement, Call, Card, ChannelPost, Contact, File, Forward, ForwardedMessage, Image, Link,
    Mention, MiniApp, Nudge, Part, PartKind, Payment, Place, Poll, Quote, Sticker, System, Text,
    Unknown, Video, Voice,
};

/// Stands before the kind of an unknown part that was read from HCX: its raw bytes are the part as it was written there.
const FOREIGN: &str = "hcx:";

pub(super) fn write_parts(out: &mut Vec<u8>, parts: &[Part]) {
    let mut array = JsonArray::open(out);
    for part in parts {
        write_part(array.element(), part);
    }
    array.close();
}

shape!(Mention {
    "account" account as Id, "The account, where known", "账号（已知时）";
    "everyone" is_everyone as Flag, "Everybody is meant", "指所有人";
    "name" name as Word, "The words shown, with the at sign if the platform shows one", "显示的文字，平台显示 @ 时也含 @";
    "native_id" native_id as Word, "The account's native id", "账号的原生编号";
});
shape!(Text {
    "mentions" mentions as Objects, "Who is named in the words", "文字中提到的人";
    "text" text as Text, "The words", "文字内容";
    "type" = "text", "Kind of part", "片段种类";
});
shape!(Image {
    "attachment" attachment as Enclosed, "The file", "文件";
    "flash" is_flash as Flag, "Meant to be seen once", "闪照";
    "height" height as Number, "Pixels", "高（像素）";
    "thumbnail" thumbnail as Enclosed, "A small version", "缩略图";
    "type" = "image", "Kind of part", "片段种类";
    "width" width as Number, "Pixels", "宽（像素）";
});
shape!(Voice {
    "attachment" attachment as Enclosed, "The file", "文件";
    "duration_ms" duration_ms as Number, "Length in milliseconds", "时长（毫秒）";
    "transcript" transcript as Word, "What was said, as the platform wrote it down", "平台转写的文字";
    "type" = "voice", "Kind of part", "片段种类";
});
shape!(Video {
    "attachment" attachment as Enclosed, "The file", "文件";
    "duration_ms" duration_ms as Number, "Length in milliseconds", "时长（毫秒）";
    "height" height as Number, "Pixels", "高（像素）";
    "thumbnail" thumbnail as Enclosed, "A still", "封面";
    "type" = "video", "Kind of part", "片段种类";
    "width" width as Number, "Pixels", "宽（像素）";
});
shape!(File {
    "attachment" attachment as Enclosed, "The file", "文件";
    "type" = "file", "Kind of part", "片段种类";
});
shape!(Sticker {
    "attachment" attachment as Enclosed, "The file, where there is one", "文件（有时没有）";
    "meaning" meaning as Word, "What it means in words", "含义文字";
    "pack" pack as Word, "The pack it belongs to", "所属表情包";
    "result" result as Word, "Outcome of a game sticker (dice, rock-paper-scissors)", "骰子、猜拳的结果";
    "type" = "sticker", "Kind of part", "片段种类";
});
shape!(Place {
    "address" address as Word, "Postal address", "地址";
    "latitude" latitude as Word, "Degrees north, decimal, as the platform wrote it", "北纬度数，十进制，照平台所写";
    "longitude" longitude as Word, "Degrees east, decimal, as the platform wrote it", "东经度数，十进制，照平台所写";
    "name" name as Word, "Name of the place", "地点名称";
    "type" = "place", "Kind of part", "片段种类";
});
shape!(Contact {
    "alias" alias as Word, "Display id that its owner can change", "可改的显示号（微信号等）";
    "description" description as Word, "Further words on the card", "名片上的其他文字";
    "name" name as Word, "Name shown", "显示名";
    "native_id" native_id as Word, "The platform's id of the person, group or official account", "人、群或公众号的平台编号";
    "official" is_official as Flag, "Whether it is an official account's", "是否为公众号名片";
    "type" = "contact", "Kind of part", "片段种类";
});
shape!(Link {
    "description" description as Word, "Description", "描述";
    "source" source as Word, "The program or account that it came from", "来自哪个程序或账号";
    "title" title as Word, "Title", "标题";
    "type" = "link", "Kind of part", "片段种类";
    "url" url as Word, "Address", "网址";
});
shape!(MiniApp {
    "app" app as Word, "Name of the program", "小程序名称";
    "app_id" app_id as Word, "Its id", "小程序编号";
    "description" description as Word, "Description", "描述";
    "path" path as Word, "Page inside the program", "程序内页面路径";
    "title" title as Word, "Title of the card", "卡片标题";
    "type" = "mini_app", "Kind of part", "片段种类";
    "url" url as Word, "Web address, where there is one", "网址（有时没有）";
});
shape!(ChannelPost {
    "author" author as Word, "Author's name", "作者名";
    "author_id" author_id as Word, "Author's id", "作者编号";
    "description" description as Word, "Words", "文字";
    "duration_ms" duration_ms as Number, "Length in milliseconds", "时长（毫秒）";
    "form" form as Word, "post, live or author", "post（动态）、live（直播）或 author（名片）";
    "post_id" post_id as Word, "The platform's id of the post", "动态的平台编号";
    "type" = "channel_post", "Kind of part", "片段种类";
    "url" url as Word, "Address of the film or picture", "影片或图片的地址";
});
shape!(Quote {
    "author" author as Id, "Who wrote it", "作者账号";
    "author_name" author_name as Word, "Author's name as shown", "显示的作者名";
    "author_native_id" author_native_id as Word, "Author's native id", "作者原生编号";
    "native_id" native_id as Word, "The platform's own id of the quoted message", "被引用消息的平台编号";
    "parts" parts as Parts, "The quoted content", "被引用的内容";
    "sent_at" sent_at as Time, "When it was written", "写于何时";
    "type" = "quote", "Kind of part", "片段种类";
});
shape!(ForwardedMessage {
    "native_id" native_id as Word, "The platform's own id", "平台编号";
    "parts" parts as Parts, "Content; may hold a further bundle", "内容；可再含合并转发";
    "sender" sender as Id, "Author", "作者账号";
    "sender_name" sender_name as Word, "Author's name as shown", "显示的作者名";
    "sender_native_id" sender_native_id as Word, "Author's native id", "作者原生编号";
    "sent_at" sent_at as Time, "When it was written", "写于何时";
    "sent_at_text" sent_at_text as Word, "How the platform wrote the time, where it cannot be read as an instant", "无法读成时刻时，平台所写的时间原文";
});
shape!(Forward {
    "count" stated_count as Number, "How many messages the platform says there are", "平台声明的消息条数";
    "messages" messages as AllObjects, "The messages; empty when only the server has them", "各条消息；仅服务器有时为空";
    "native_id" native_id as Word, "The platform's id of the bundle", "合并转发的平台编号";
    "raw" raw as Word, "The original form, kept whole", "原始形式，完整保留";
    "summary" summary as List, "Preview lines", "预览行";
    "title" title as Word, "Title", "标题";
    "type" = "forward", "Kind of part", "片段种类";
});
shape!(Payment {
    "amount" amount as Word, "Amount in units of the currency, decimal", "金额，以货币单位计，十进制";
    "currency" currency as Word, "ISO 4217 code", "ISO 4217 货币代码";
    "native_id" native_id as Word, "The platform's id of the payment", "支付的平台编号";
    "note" note as Word, "Words that came with it", "附言";
    "payer" payer as Id, "Who pays", "付款账号";
    "payment" kind as Choice, "Which kind of payment", "支付种类";
    "receiver" receiver as Id, "Who receives", "收款账号";
    "state" state as Choice, "How far it has gone", "进展";
    "type" = "payment", "Kind of part", "片段种类";
});
shape!(Call {
    "call" kind as Choice, "Which kind of call", "通话种类";
    "duration_ms" duration_ms as Number, "Length in milliseconds", "时长（毫秒）";
    "outcome" outcome as Choice, "How it ended", "结果";
    "text" text as Word, "Words shown", "显示的文字";
    "type" = "call", "Kind of part", "片段种类";
});
shape!(Nudge {
    "actor" actor as Id, "Who", "谁";
    "target" target as Id, "Whom", "对谁";
    "text" text as Word, "Words shown", "显示的文字";
    "type" = "nudge", "Kind of part", "片段种类";
});
shape!(Announcement {
    "text" text as Text, "Words", "文字";
    "title" title as Word, "Title", "标题";
    "type" = "announcement", "Kind of part", "片段种类";
});
shape!(Poll {
    "options" options as List, "Options or entries", "选项或条目";
    "text" text as Text, "Words shown", "显示的文字";
    "title" title as Word, "Question", "题目";
    "type" = "poll", "Kind of part", "片段种类";
});
shape!(System {
    "accounts" accounts as Id, "Whom it is about", "涉及的账号";
    "event" event as Choice, "What happened", "发生了什么";
    "text" text as Text, "Words shown", "显示的文字";
    "type" = "system", "Kind of part", "片段种类";
});
shape!(Card {
    "app" app as Word, "Kind of card as the platform names it", "平台所称的卡片种类";
    "fields" fields as Pairs, "Labelled values: pairs of label and value", "带标签的值：标签与值成对";
    "raw" raw as Word, "The original form, kept whole", "原始形式，完整保留";
    "text" text as Word, "Words", "文字";
    "title" title as Word, "Title", "标题";
    "type" = "card", "Kind of part", "片段种类";
    "url" url as Word, "Address", "网址";
});
shape!(Unknown {
    "kind" kind as Text, "The platform's own code or name of the kind", "平台自己的种类代码或名称";
    "raw_hex" raw as Hex, "The original bytes, hexadecimal", "原始字节，十六进制";
    "text" text as Word, "Words found in it", "其中的文字";
    "type" = "unknown", "Kind of part", "片段种类";
});

macro_rules! parts {
    ($($variant:ident,)*) => {
        fn write_part(out: &mut Vec<u8>, part: &Part) {
            if let Part::Unknown(unknown) = part
                && let Some(own) = foreign(unknown)
            {
                out.extend_from_slice(own);
                return;
            }
            let mut object = JsonObject::open(out);
            match part { $(Part::$variant(part) => part.write(&mut object),)* }
            object.close();
        }

        fn read_known(kind: PartKind, fields: &mut Fields<'_>, reading: &mut Reading) -> Result<Part, Fault> {
            Ok(match kind { $(PartKind::$variant => Part::$variant(Shape::read(fields, reading)?),)* })
        }

        $(impl Named for $variant { const NAME: &'static str = PartKind::$variant.as_str(); })*

        /// Every kind of part with its members.
        pub(super) fn part_shapes() -> Vec<(&'static str, Vec<Member>)> {
            vec![$((PartKind::$variant.as_str(), <$variant as Shape>::members()),)*]
        }
    };
}

parts!(
    Text,
    Image,
    Voice,
    Video,
    File,
    Sticker,
    Place,
    Contact,
    Link,
    MiniApp,
    ChannelPost,
    Quote,
    Forward,
    Payment,
    Call,
    Nudge,
    Announcement,
    Poll,
    System,
    Card,
    Unknown,
);

/// Boxed parts are written and read as what is in the box.
impl<T: Shape> Shape for Box<T> {
    fn write(&self, object: &mut JsonObject<'_>) {
        (**self).write(object);
    }
    fn read(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<Self, Fault> {
        T::read(fields, reading).map(Self::new)
    }
    fn members() -> Vec<Member> {
        T::members()
    }
}

impl Named for Mention {
    const NAME: &'static str = "mention";
}

impl Named for ForwardedMessage {
    const NAME: &'static str = "forwarded_message";
}

/// Reads one part. A kind that this version does not know is kept as it is written.
pub(super) fn read_part(
    reading: &mut Reading,
    index: &str,
    value: Value<'_>,
) -> Result<Part, Fault> {
    let kind = match value.get("type") {
        Some(Value::String(kind)) => PartKind::from_name(kind).ok_or_else(|| kind.to_string()),
        Some(_) => return Err(reading.fault(index, "has a type that is no string")),
        None if matches!(value, Value::Object(_)) => {
            return Err(reading.fault(index, "has no type"));
        }
        None => return Err(reading.fault(index, "is no object")),
    };
    match kind {
        Ok(kind) => reading.inside(index, |reading| {
            let mut fields = Fields::of(value, reading)?;
            let part = read_known(kind, &mut fields, reading)?;
            fields.keep_rest(reading);
            Ok(part)
        }),
        Err(kind) => Ok(Part::Unknown(Box::new(Unknown {
            kind: format!("{FOREIGN}{kind}"),
            text: value
                .get("text")
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
            raw: value.to_json().into_bytes(),
        }))),
    }
}

/// The form in which a part of a later version was written, when this is one.
fn foreign(unknown: &Unknown) -> Option<&[u8]> {
    let kind = unknown.kind.strip_prefix(FOREIGN)?;
    // Whatever says so itself is believed only where it is what it says.
    let value = Value::parse(&unknown.raw).ok()?;
    let is_so = value.get("type").and_then(Value::as_str) == Some(kind)
        && PartKind::from_name(kind).is_none();
    is_so.then_some(&unknown.raw)
}

/// Bytes in hexadecimal.
pub(super) struct Hex;

/// Reads lower-case hexadecimal.
pub(super) fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

impl Codec<Vec<u8>> for Hex {
    const REQUIRED: bool = true;
    fn put(value: &Vec<u8>, object: &mut JsonObject<'_>, key: &str) {
        let out = object.key(key);
        out.push(b'"');
        push_hex(out, value);
        out.push(b'"');
    }
    fn take(fields: &mut Fields<'_>, reading: &mut Reading, key: &str) -> Result<Vec<u8>, Fault> {
        <Self as Codec<Option<Vec<u8>>>>::take(fields, reading, key)?
            .ok_or_else(|| reading.fault(key, "is missing"))
    }
    fn schema() -> Schema {
        Schema::Hex
    }
}

impl Codec<Option<Vec<u8>>> for Hex {
    const REQUIRED: bool = false;
    fn put(value: &Option<Vec<u8>>, object: &mut JsonObject<'_>, key: &str) {
        if let Some(value) = value {
            <Self as Codec<Vec<u8>>>::put(value, object, key);
        }
    }
    fn take(
        fields: &mut Fields<'_>,
        reading: &mut Reading,
        key: &str,
    ) -> Result<Option<Vec<u8>>, Fault> {
        string(reading, key, fields.take(key))?
            .map(|text| {
                bytes_of_hex(&text)
                    .ok_or_else(|| reading.fault(key, "must be lower-case hexadecimal digits"))
            })
            .transpose()
    }
    fn schema() -> Schema {
        Schema::Hex
    }
}

/// Pairs of label and value.
pub(super) struct Pairs;

impl Codec<Vec<(String, String)>> for Pairs {
    const REQUIRED: bool = false;
    fn put(values: &Vec<(String, String)>, object: &mut JsonObject<'_>, key: &str) {
        if values.is_empty() {
            return;
        }
        let mut array = JsonArray::open(object.key(key));
        for (label, value) in values {
            let mut pair = JsonArray::open(array.element());
            write_string(pair.element(), label);
            write_string(pair.element(), value);
            pair.close();
        }
        array.close();
    }
    fn take(
        fields: &mut Fields<'_>,
        reading: &mut Reading,
        key: &str,
    ) -> Result<Vec<(String, String)>, Fault> {
        array(fields, reading, key, |reading, index, value| match value {
            Value::Array(pair) => match <[Value<'_>; 2]>::try_from(pair) {
                Ok([Value::String(label), Value::String(value)]) => {
                    Ok((label.into_owned(), value.into_owned()))
                }
                _ => Err(reading.fault(index, "must be a pair of strings")),
            },
            _ => Err(reading.fault(index, "must be a pair of strings")),
        })
    }
    fn schema() -> Schema {
        Schema::Pairs
    }
}
