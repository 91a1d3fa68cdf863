//! Elements of a message body: what stands in column 40800.

use crate::protobuf::Message;

/// A body: repeated field 40800.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    bytes: Message,
    /// Id of the next element.
    next: u64,
    /// Words of the text, @ and face elements so far.
    pub(super) words: String,
}

/// What a picture, film, voice message or file element says about its file.
#[derive(Clone, Debug, Default)]
pub(super) struct Media {
    pub(super) name: String,
    pub(super) size: usize,
    pub(super) md5: [u8; 16],
    pub(super) path: String,
    pub(super) seconds: i64,
}

/// What a reply says about its target.
#[derive(Clone, Debug, Default)]
pub(super) struct Answered {
    pub(super) sequence: i64,
    pub(super) uin: u64,
    pub(super) time: i64,
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) summary: String,
    /// 47416: the target's row id, in private chats.
    pub(super) message: Option<i64>,
    pub(super) has_snapshot: bool,
}

impl Body {
    /// An empty body whose elements are numbered from `first`.
    pub(super) const fn new(first: u64) -> Self {
        Self {
            bytes: Message::new(),
            next: first,
            words: String::new(),
        }
    }

    /// Begins an element of a type.
    pub(super) fn element(&mut self, kind: u64) -> Message {
        let mut element = Message::reuse(Vec::with_capacity(64));
        element.varint(45001, self.next).varint(45002, kind);
        self.next = self.next.wrapping_add(1);
        element
    }

    /// Adds a finished element.
    pub(super) fn add(&mut self, element: &Message) -> &mut Self {
        self.bytes.nest(40800, element);
        self
    }

    /// Plain text.
    pub(super) fn text(&mut self, words: &str) -> &mut Self {
        let mut element = self.element(1);
        element.text(45101, words).varint(45102, 0);
        self.words.push_str(words);
        self.add(&element)
    }

    /// @ one person.
    pub(super) fn at(&mut self, name: &str, uin: u64, uid: &str) -> &mut Self {
        let words = format!("@{name} ");
        let mut element = self.element(1);
        element
            .text(45101, &words)
            .varint(45102, 2)
            .varint(45103, uin)
            .text(45105, uid);
        self.words.push_str(&words);
        self.add(&element)
    }

    /// @ everyone.
    pub(super) fn at_all(&mut self) -> &mut Self {
        let mut element = self.element(1);
        element.text(45101, "@全体成员 ").varint(45102, 1);
        self.words.push_str("@全体成员 ");
        self.add(&element)
    }

    /// A face inside text.
    pub(super) fn face(&mut self, id: u64, name: &str) -> &mut Self {
        let mut element = self.element(6);
        element
            .varint(45003, if id < 222 { 1 } else { 2 })
            .varint(47601, id)
            .text(47602, name);
        self.words.push_str(name);
        self.add(&element)
    }

    /// A face on its own that moves; `result` is the outcome of dice (358) and rock-paper-scissors (359).
    pub(super) fn super_face(&mut self, id: u64, name: &str, result: Option<&str>) -> &mut Self {
        let mut element = self.element(6);
        element
            .varint(45003, 3)
            .varint(47601, id)
            .text(47602, name)
            .text(47603, "1")
            .text(47604, &id.to_string());
        if let Some(result) = result {
            element.text(47607, result);
        }
        element.text(47621, name);
        self.add(&element)
    }

    /// A face that pokes.
    pub(super) fn poke_face(&mut self) -> &mut Self {
        let mut element = self.element(6);
        element
            .varint(45003, 5)
            .varint(47601, 1)
            .text(47602, "")
            .varint(47611, 1)
            .text(47612, "戳一戳")
            .text(47615, "戳一戳");
        self.add(&element)
    }

    /// A picture; `sub` is 1 for stickers, `format` 2000 for GIF.
    pub(super) fn picture(
        &mut self,
        media: &Media,
        sub: u64,
        format: u64,
        is_flash: bool,
    ) -> &mut Self {
        let mut element = self.element(2);
        let upper = hex::encode_upper(media.md5);
        element
            .varint(45003, sub)
            .text(45402, &media.name)
            .varint(45405, media.size as u64)
            .bytes(45406, &media.md5)
            .varint(45411, 320)
            .varint(45412, 240)
            .varint(45416, format)
            .varint(45418, 1)
            .text(45424, &upper)
            .text(
                45503,
                &format!("EhT{}", upper.get(..20).unwrap_or_default()),
            )
            .text(
                45802,
                &format!("/download?appid=1407&fileid={upper}&spec=198"),
            )
            .text(
                45803,
                &format!("/download?appid=1407&fileid={upper}&spec=720"),
            )
            .text(
                45804,
                &format!("/download?appid=1407&fileid={upper}&spec=0"),
            )
            .text(45815, if sub == 1 { "[动画表情]" } else { "" })
            .text(45816, "media.example");
        if !media.path.is_empty() {
            element.text(45812, &media.path);
        }
        if is_flash {
            element.varint(45829, 1);
        }
        self.add(&element)
    }

    /// A file; the online form has another type.
    pub(super) fn file(&mut self, media: &Media, kind: u64) -> &mut Self {
        let mut element = self.element(kind);
        element
            .varint(45003, 1)
            .text(45402, &media.name)
            .text(45403, &media.path)
            .varint(45405, media.size as u64)
            .bytes(45406, &media.md5)
            .bytes(45407, &media.md5)
            .text(45503, &format!("/{}", hex::encode(media.md5)));
        self.add(&element)
    }

    /// A voice message.
    pub(super) fn voice(&mut self, media: &Media, words: Option<&str>) -> &mut Self {
        let mut element = self.element(4);
        element
            .text(45402, &media.name)
            .text(45403, &media.path)
            .varint(45405, media.size as u64)
            .bytes(45406, &media.md5)
            .text(45424, &hex::encode(media.md5))
            .varint(45906, media.seconds.unsigned_abs())
            .varint(45911, 0);
        if let Some(words) = words {
            element.text(45923, words);
        }
        element.bytes(45925, &[3, 9, 12, 7, 4]);
        self.add(&element)
    }

    /// A film.
    pub(super) fn film(&mut self, media: &Media) -> &mut Self {
        let stem = hex::encode(media.md5);
        let mut element = self.element(5);
        element
            .text(45402, &media.name)
            .text(45404, "")
            .varint(45405, media.size as u64)
            .bytes(45406, &media.md5)
            .varint(45410, media.seconds.unsigned_abs())
            .varint(45411, 224)
            .varint(45412, 398)
            .varint(45413, 720)
            .varint(45414, 1280)
            .text(45422, &format!("{stem}_0.png"))
            .varint(45851, 2);
        self.add(&element)
    }

    /// The head of a reply. It stands before everything else.
    pub(super) fn answer(&mut self, target: &Answered) -> &mut Self {
        let mut element = self.element(7);
        element.text(40020, &target.uid);
        if target.sequence != 0 {
            element.varint(47402, target.sequence.unsigned_abs());
        }
        element
            .varint(47403, target.uin)
            .varint(47404, target.time.unsigned_abs())
            .text(47413, &target.summary)
            .varint(47419, 0)
            .text(47421, &target.name);
        if let Some(message) = target.message {
            element
                .varint(47401, message.unsigned_abs())
                .varint(47416, message.unsigned_abs());
        }
        if target.has_snapshot {
            // The elements of the target, under another tag.
            let mut inner = Message::new();
            inner
                .varint(45001, self.next.wrapping_add(1 << 20))
                .varint(45002, 1)
                .text(45101, &target.summary)
                .varint(45102, 0);
            element.nest(47423, &inner);
        }
        element.varint(48101, target.sequence.unsigned_abs());
        self.add(&element)
    }

    /// A card of JSON.
    pub(super) fn ark(&mut self, json: &str) -> &mut Self {
        let mut element = self.element(10);
        element
            .text(47901, json)
            .text(47902, "sig")
            .text(47904, "00000000-0000-4000-8000-000000000000");
        self.add(&element)
    }

    /// A merged forward.
    pub(super) fn forward(&mut self, resid: &str, xml: &str) -> &mut Self {
        let mut element = self.element(16);
        element
            .text(48601, resid)
            .text(48602, xml)
            .text(48603, "00000000-0000-4000-8000-000000000001");
        self.add(&element)
    }

    /// A sticker from the shop.
    pub(super) fn market_face(&mut self, name: &str, pack: u64, id: &[u8; 16]) -> &mut Self {
        let mut element = self.element(11);
        element
            .varint(80810, pack)
            .text(80824, "0123456789abcdef")
            .text(80900, name)
            .varint(80901, 6)
            .varint(80902, 3)
            .bytes(80903, id)
            .varint(80905, 1)
            .varint(80908, 0)
            .varint(80909, 300)
            .varint(80910, 300)
            .varint(80935, 1);
        self.add(&element)
    }

    /// A red packet or transfer.
    pub(super) fn wallet(&mut self, kind: u64, title: &str, only: Option<u64>) -> &mut Self {
        let mut detail = Message::new();
        detail
            .text(48443, title)
            .text(48444, "赶紧点击拆开吧")
            .text(48445, "QQ红包")
            .text(48448, &format!("[QQ红包]{title}"));
        let mut element = self.element(9);
        element
            .varint(48401, 0)
            .nest(48403, &detail)
            .text(48409, "1000000000000000000000")
            .varint(48412, kind);
        if let Some(only) = only {
            element.varint(48420, only);
        }
        self.add(&element)
    }

    /// A call. Old clients wrote a time where the length belongs.
    pub(super) fn call(
        &mut self,
        code: u64,
        method: u64,
        words: &str,
        length: u64,
        is_old: bool,
    ) -> &mut Self {
        let mut element = self.element(21);
        element
            .varint(45003, code)
            .varint(48151, code)
            .varint(48152, length)
            .text(48153, words)
            .varint(48154, method);
        if is_old {
            element.varint(48156, 0);
        } else {
            element.varint(48156, 1).text(48157, words);
        }
        self.add(&element)
    }

    /// A bot's formatted text.
    pub(super) fn markdown(&mut self, words: &str) -> &mut Self {
        let mut element = self.element(14);
        element.text(48701, words).text(48705, "[markdown]");
        self.words.push_str(words);
        self.add(&element)
    }

    /// The bytes of the column.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes.into_bytes()
    }

    /// The bytes so far.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.as_bytes()
    }
}

/// A cached message of column 40900.
#[derive(Clone, Debug, Default)]
pub(super) struct Cached<'a> {
    pub(super) message: i64,
    pub(super) random: u32,
    pub(super) sequence: i64,
    pub(super) chat_type: u64,
    pub(super) msg_type: u64,
    pub(super) uid: &'a str,
    pub(super) peer: &'a str,
    pub(super) uin: u64,
    pub(super) nick: &'a str,
    pub(super) time: i64,
    /// Bytes of a [`Body`].
    pub(super) body: &'a [u8],
    /// Bytes of a further column 40900.
    pub(super) inner: &'a [u8],
}

impl Cached<'_> {
    /// Appends the snapshot to a column 40900 under construction.
    pub(super) fn append(&self, column: &mut Message) {
        let mut head = Message::new();
        head.varint(40001, self.message.unsigned_abs())
            .varint(40002, u64::from(self.random))
            .varint(40003, self.sequence.unsigned_abs())
            .varint(40010, self.chat_type)
            .varint(40011, self.msg_type)
            .varint(40012, 1)
            .varint(40013, 0)
            .text(40020, self.uid)
            .text(40021, self.peer)
            .varint(40033, self.uin)
            .varint(40041, 2)
            .varint(40050, self.time.unsigned_abs())
            .text(40093, self.nick);
        // Repeated fields 40800 and 40900 are the bytes of the columns themselves.
        let mut bytes = head.into_bytes();
        bytes.extend(self.body);
        bytes.extend(self.inner);
        column.bytes(40900, &bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_element_has_the_published_bytes() {
        let mut body = Body::new(7_321_000_000_000_000_001);
        body.text("你好");
        assert_eq!(
            hex::encode(body.into_bytes()),
            "82f6131ec8fc1581808a85e3d6dacc65d0fc1501ea821606e4bda0e5a5bdf0821600"
        );
    }

    #[test]
    fn cached_messages_hold_their_elements_directly() {
        let mut body = Body::new(1);
        body.text("里");
        let mut column = Message::new();
        Cached {
            message: 5,
            body: body.as_bytes(),
            ..Cached::default()
        }
        .append(&mut column);
        let bytes = hex::encode(column.into_bytes());
        assert!(bytes.starts_with("a2fc13") && bytes.contains("82f613"));
    }
}
