//! The pieces of a message (片段).

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{AccountId, Digest, Timestamp};

/// Bytes of an attachment that can be read when somebody wants them.
pub trait Content: Send + Sync {
    /// Opens the bytes from their beginning.
    ///
    /// # Errors
    /// When the file has gone or cannot be read.
    fn open(&self) -> std::io::Result<Box<dyn Read + Send>>;
}

/// A shared handle on [`Content`]; never stored, never compared.
#[derive(Clone)]
pub struct ContentHandle(pub Arc<dyn Content>);

impl fmt::Debug for ContentHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentHandle")
    }
}

impl PartialEq for ContentHandle {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Where an attachment's bytes are.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum AttachmentState {
    /// Nowhere that was looked.
    #[default]
    Missing,
    /// In the user's own files, found when they were read; the archive keeps digest, size and place.
    Referenced,
    /// In the archive.
    Stored,
}

/// A part's reference to a file (附件).
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Attachment {
    /// File name as the sender or the platform gave it.
    pub name: Option<String>,
    /// Size in bytes: of the content where it was read, else as the platform states it.
    pub size_bytes: Option<u64>,
    /// Media type, where it is known from more than the name.
    pub media_type: Option<String>,
    /// Digest that the platform states (MD5, hexadecimal); not checked against the content.
    pub native_digest: Option<String>,
    /// Address that the platform states; never fetched.
    pub url: Option<String>,
    /// Place of the file inside the input, with forward slashes, when it was found.
    pub path: Option<String>,
    /// SHA-256 of the content, once somebody has read it.
    pub sha256: Option<Digest>,
    /// Where the bytes are.
    pub state: AttachmentState,
    /// The bytes themselves, for whoever receives the record.
    #[serde(skip)]
    pub content: Option<ContentHandle>,
}

impl Attachment {
    /// Whether the bytes were found.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.content.is_some() || self.state != AttachmentState::Missing
    }
}

macro_rules! part_structs {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
            #[serde(default)]
            pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
        )*
    };
}

part_structs! {
    /// 提及: somebody is named in a text.
    Mention {
        /// The account, where known.
        account: Option<AccountId>,
        /// Its native id.
        native_id: Option<String>,
        /// The words shown, with the at sign if the platform shows one.
        name: String,
        /// 所有人: everybody is meant.
        is_everyone: bool,
    }
    /// 文字.
    Text {
        /// The words.
        text: String,
        /// Who is named in them.
        mentions: Vec<Mention>,
    }
    /// 图片.
    Image {
        /// The file.
        attachment: Attachment,
        /// A small version.
        thumbnail: Option<Attachment>,
        /// Pixels.
        width: Option<u32>,
        /// Pixels.
        height: Option<u32>,
        /// 闪照: meant to be seen once.
        is_flash: bool,
    }
    /// 语音.
    Voice {
        /// The file.
        attachment: Attachment,
        /// Length in milliseconds.
        duration_ms: Option<u64>,
        /// What was said, as the platform wrote it down.
        transcript: Option<String>,
    }
    /// 视频.
    Video {
        /// The file.
        attachment: Attachment,
        /// A still.
        thumbnail: Option<Attachment>,
        /// Length in milliseconds.
        duration_ms: Option<u64>,
        /// Pixels.
        width: Option<u32>,
        /// Pixels.
        height: Option<u32>,
    }
    /// 文件.
    File {
        /// The file.
        attachment: Attachment,
    }
    /// 表情包: an image used as an expression.
    Sticker {
        /// The file, where there is one.
        attachment: Attachment,
        /// What it means in words.
        meaning: Option<String>,
        /// The pack it belongs to.
        pack: Option<String>,
        /// Outcome of a game sticker (dice, rock-paper-scissors).
        result: Option<String>,
    }
    /// 地点.
    Place {
        /// Degrees north, as the platform wrote it.
        latitude: Option<String>,
        /// Degrees east, as the platform wrote it.
        longitude: Option<String>,
        /// Name of the place.
        name: Option<String>,
        /// Postal address.
        address: Option<String>,
    }
    /// 名片.
    Contact {
        /// The platform's id of the person, group or official account.
        native_id: Option<String>,
        /// Name shown.
        name: Option<String>,
        /// Display id (微信号).
        alias: Option<String>,
        /// Further words on the card.
        description: Option<String>,
        /// Whether it is an official account's.
        is_official: bool,
    }
    /// 链接.
    Link {
        /// Address.
        url: Option<String>,
        /// Title.
        title: Option<String>,
        /// Description.
        description: Option<String>,
        /// The program or account that it came from.
        source: Option<String>,
    }
    /// 小程序.
    MiniApp {
        /// Name of the program.
        app: Option<String>,
        /// Its id.
        app_id: Option<String>,
        /// Title of the card.
        title: Option<String>,
        /// Description.
        description: Option<String>,
        /// Page inside the program.
        path: Option<String>,
        /// Web address, where there is one.
        url: Option<String>,
    }
    /// 视频号: a post, a live show or an author's card.
    ChannelPost {
        /// Author's name.
        author: Option<String>,
        /// Author's id.
        author_id: Option<String>,
        /// Words.
        description: Option<String>,
        /// The platform's id of the post.
        post_id: Option<String>,
        /// Address of the film or picture.
        url: Option<String>,
        /// Length in milliseconds.
        duration_ms: Option<u64>,
        /// `post`, `live` or `author`.
        form: String,
    }
    /// 引用: the excerpt of an earlier message that is shown with an answer.
    Quote {
        /// Who wrote it.
        author: Option<AccountId>,
        /// Author's native id.
        author_native_id: Option<String>,
        /// Author's name as shown.
        author_name: Option<String>,
        /// When it was written.
        sent_at: Option<Timestamp>,
        /// The platform's own id of the quoted message.
        native_id: Option<String>,
        /// The quoted content.
        parts: Vec<Part>,
    }
    /// One message inside a forward bundle.
    ForwardedMessage {
        /// Author.
        sender: Option<AccountId>,
        /// Author's native id.
        sender_native_id: Option<String>,
        /// Author's name as shown.
        sender_name: Option<String>,
        /// When it was written.
        sent_at: Option<Timestamp>,
        /// How the platform wrote the time, where it could not be read as an instant.
        sent_at_text: Option<String>,
        /// The platform's own id.
        native_id: Option<String>,
        /// Content; may hold a further bundle.
        parts: Vec<Part>,
    }
    /// 合并转发: a part that contains other messages.
    Forward {
        /// Title.
        title: Option<String>,
        /// Preview lines.
        summary: Vec<String>,
        /// The messages; empty when only the server has them.
        messages: Vec<ForwardedMessage>,
        /// How many messages the platform says there are.
        stated_count: Option<u64>,
        /// The platform's id of the bundle.
        native_id: Option<String>,
        /// The original form, kept whole.
        raw: Option<String>,
    }
    /// 红包, 转账.
    Payment {
        /// Which.
        kind: PaymentKind,
        /// Amount in units of the currency, decimal.
        amount: Option<String>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// How far it has gone.
        state: PaymentState,
        /// Words that came with it.
        note: Option<String>,
        /// The platform's id of the payment.
        native_id: Option<String>,
        /// Who pays.
        payer: Option<AccountId>,
        /// Who receives.
        receiver: Option<AccountId>,
    }
    /// 通话.
    Call {
        /// Which.
        kind: CallKind,
        /// Length in milliseconds.
        duration_ms: Option<u64>,
        /// How it ended.
        outcome: CallOutcome,
        /// Words shown.
        text: Option<String>,
    }
    /// 拍一拍, 戳一戳.
    Nudge {
        /// Who.
        actor: Option<AccountId>,
        /// Whom.
        target: Option<AccountId>,
        /// Words shown.
        text: String,
    }
    /// 公告.
    Announcement {
        /// Title.
        title: Option<String>,
        /// Words.
        text: String,
    }
    /// 接龙, 投票.
    Poll {
        /// Question.
        title: Option<String>,
        /// Words shown.
        text: String,
        /// Options or entries.
        options: Vec<String>,
    }
    /// 系统事件.
    System {
        /// What happened.
        event: SystemEvent,
        /// Words shown.
        text: String,
        /// Whom it is about.
        accounts: Vec<AccountId>,
    }
    /// Rich card (ark, interactive, adaptive).
    Card {
        /// Kind of card as the platform names it.
        app: Option<String>,
        /// Title.
        title: Option<String>,
        /// Words.
        text: Option<String>,
        /// Address.
        url: Option<String>,
        /// Labelled values.
        fields: Vec<(String, String)>,
        /// The original form, kept whole.
        raw: Option<String>,
    }
    /// 未知: kept as it is.
    Unknown {
        /// The platform's own code or name of the kind.
        kind: String,
        /// Words found in it.
        text: Option<String>,
        /// The original bytes.
        #[serde(with = "bytes")]
        raw: Vec<u8>,
    }
}

/// Stores byte vectors as bytes rather than as a sequence of numbers.
mod bytes {
    use serde::de::{Error, SeqAccess, Visitor};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = sequence.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes)
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
            pub enum $name { $($(#[$variant_meta])* $variant,)* }

            impl $name {
                /// The lower-case name used in HCX lines.
                #[must_use]
                pub const fn as_str(self) -> &'static str {
                    match self { $(Self::$variant => $word,)* }
                }

                /// Every value, in order.
                pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

                /// The value with this name.
                #[must_use]
                pub fn from_name(name: &str) -> Option<Self> {
                    match name { $($word => Some(Self::$variant),)* _ => None }
                }
            }
        )*
    };
}

pub(crate) use words;

words! {
    /// Kinds of payment.
    PaymentKind {
        /// 转账.
        #[default]
        Transfer = "transfer",
        /// 红包.
        RedPacket = "red_packet",
        /// 收款, AA and everything else.
        Other = "other",
    }
    /// How far a payment has gone.
    PaymentState {
        /// Not stated.
        #[default]
        Unknown = "unknown",
        /// Sent, waiting.
        Sent = "sent",
        /// Taken.
        Received = "received",
        /// Given back.
        Refunded = "refunded",
        /// Time ran out.
        Expired = "expired",
    }
    /// Kinds of call.
    CallKind {
        /// Voice.
        #[default]
        Voice = "voice",
        /// Video.
        Video = "video",
        /// Screen sharing.
        Screen = "screen",
        /// Remote assistance and everything else.
        Other = "other",
    }
    /// How a call ended.
    CallOutcome {
        /// Not stated.
        #[default]
        Unknown = "unknown",
        /// It took place.
        Finished = "finished",
        /// The caller gave up.
        Cancelled = "cancelled",
        /// The other side refused.
        Refused = "refused",
        /// Nobody answered.
        Missed = "missed",
        /// Taken or refused on another device.
        Elsewhere = "elsewhere",
        /// It began (group calls).
        Started = "started",
    }
    /// What a system event says.
    SystemEvent {
        /// Anything else.
        #[default]
        Notice = "notice",
        /// Somebody joined.
        Joined = "joined",
        /// Somebody left or was removed.
        Left = "left",
        /// The conversation was renamed.
        Renamed = "renamed",
        /// A message was withdrawn.
        Recalled = "recalled",
        /// A message was pinned or released.
        Pinned = "pinned",
        /// Somebody was silenced or released.
        Muted = "muted",
        /// The conversation was made.
        Created = "created",
        /// The conversation was closed.
        Disbanded = "disbanded",
        /// A payment was taken, returned or ran out.
        Payment = "payment",
        /// A file arrived.
        FileReceived = "file_received",
    }
    /// Kinds of part; the kind of a message is that of its leading part.
    PartKind {
        /// 文字.
        #[default]
        Text = "text",
        /// 图片.
        Image = "image",
        /// 语音.
        Voice = "voice",
        /// 视频.
        Video = "video",
        /// 文件.
        File = "file",
        /// 表情包.
        Sticker = "sticker",
        /// 地点.
        Place = "place",
        /// 名片.
        Contact = "contact",
        /// 链接.
        Link = "link",
        /// 小程序.
        MiniApp = "mini_app",
        /// 视频号.
        ChannelPost = "channel_post",
        /// 引用.
        Quote = "quote",
        /// 合并转发.
        Forward = "forward",
        /// 红包, 转账.
        Payment = "payment",
        /// 通话.
        Call = "call",
        /// 拍一拍.
        Nudge = "nudge",
        /// 公告.
        Announcement = "announcement",
        /// 接龙, 投票.
        Poll = "poll",
        /// 系统事件.
        System = "system",
        /// 卡片.
        Card = "card",
        /// 未知.
        Unknown = "unknown",
    }
}

/// One ordered piece of a message.
///
/// The larger kinds are boxed so that a message of one line of text stays small.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// 文字.
    Text(Text),
    /// 图片.
    Image(Box<Image>),
    /// 语音.
    Voice(Box<Voice>),
    /// 视频.
    Video(Box<Video>),
    /// 文件.
    File(Box<File>),
    /// 表情包.
    Sticker(Box<Sticker>),
    /// 地点.
    Place(Box<Place>),
    /// 名片.
    Contact(Box<Contact>),
    /// 链接.
    Link(Box<Link>),
    /// 小程序.
    MiniApp(Box<MiniApp>),
    /// 视频号.
    ChannelPost(Box<ChannelPost>),
    /// 引用.
    Quote(Box<Quote>),
    /// 合并转发.
    Forward(Box<Forward>),
    /// 红包, 转账.
    Payment(Box<Payment>),
    /// 通话.
    Call(Box<Call>),
    /// 拍一拍.
    Nudge(Box<Nudge>),
    /// 公告.
    Announcement(Box<Announcement>),
    /// 接龙, 投票.
    Poll(Box<Poll>),
    /// 系统事件.
    System(Box<System>),
    /// 卡片.
    Card(Box<Card>),
    /// 未知.
    Unknown(Box<Unknown>),
}

impl Part {
    /// A plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Text {
            text: text.into(),
            mentions: Vec::new(),
        })
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> PartKind {
        match self {
            Self::Text(_) => PartKind::Text,
            Self::Image(_) => PartKind::Image,
            Self::Voice(_) => PartKind::Voice,
            Self::Video(_) => PartKind::Video,
            Self::File(_) => PartKind::File,
            Self::Sticker(_) => PartKind::Sticker,
            Self::Place(_) => PartKind::Place,
            Self::Contact(_) => PartKind::Contact,
            Self::Link(_) => PartKind::Link,
            Self::MiniApp(_) => PartKind::MiniApp,
            Self::ChannelPost(_) => PartKind::ChannelPost,
            Self::Quote(_) => PartKind::Quote,
            Self::Forward(_) => PartKind::Forward,
            Self::Payment(_) => PartKind::Payment,
            Self::Call(_) => PartKind::Call,
            Self::Nudge(_) => PartKind::Nudge,
            Self::Announcement(_) => PartKind::Announcement,
            Self::Poll(_) => PartKind::Poll,
            Self::System(_) => PartKind::System,
            Self::Card(_) => PartKind::Card,
            Self::Unknown(_) => PartKind::Unknown,
        }
    }

    /// Calls `visit` on every attachment in it, those inside quotes and bundles included.
    pub fn for_each_attachment<'a>(&'a self, visit: &mut dyn FnMut(&'a Attachment)) {
        match self {
            Self::Image(image) => {
                visit(&image.attachment);
                image.thumbnail.iter().for_each(visit);
            }
            Self::Voice(voice) => visit(&voice.attachment),
            Self::Video(video) => {
                visit(&video.attachment);
                video.thumbnail.iter().for_each(visit);
            }
            Self::File(file) => visit(&file.attachment),
            Self::Sticker(sticker) => visit(&sticker.attachment),
            Self::Quote(quote) => quote
                .parts
                .iter()
                .for_each(|part| part.for_each_attachment(visit)),
            Self::Forward(forward) => forward
                .messages
                .iter()
                .flat_map(|message| &message.parts)
                .for_each(|part| part.for_each_attachment(visit)),
            _ => {}
        }
    }

    /// As [`Self::for_each_attachment`], to change them.
    ///
    /// # Errors
    /// The first error of `visit`.
    pub fn try_for_each_attachment_mut<E>(
        &mut self,
        visit: &mut dyn FnMut(&mut Attachment) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::Image(image) => {
                visit(&mut image.attachment)?;
                image.thumbnail.iter_mut().try_for_each(visit)
            }
            Self::Voice(voice) => visit(&mut voice.attachment),
            Self::Video(video) => {
                visit(&mut video.attachment)?;
                video.thumbnail.iter_mut().try_for_each(visit)
            }
            Self::File(file) => visit(&mut file.attachment),
            Self::Sticker(sticker) => visit(&mut sticker.attachment),
            Self::Quote(quote) => quote
                .parts
                .iter_mut()
                .try_for_each(|part| part.try_for_each_attachment_mut(visit)),
            Self::Forward(forward) => forward
                .messages
                .iter_mut()
                .flat_map(|message| &mut message.parts)
                .try_for_each(|part| part.try_for_each_attachment_mut(visit)),
            _ => Ok(()),
        }
    }
}
