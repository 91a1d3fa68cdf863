//! WeChat's words become ours: a row's type and content become the parts of a message.

mod announcement;
mod app;
mod call;
mod cards;
mod forward;
mod media;
mod nudge;
mod payment;
mod people;
mod quote;
mod system;
mod template;
mod text;

use hutong_model::{AccountId, ConversationId, MessageId, Part, Platform, Timestamp, Unknown};

use super::decode::{Document, PackedInfo};

pub(crate) use people::{PSEUDO, People, Person, account_kind, conversation_kind, is_room};
pub(crate) use text::{mentioned, text_part};

/// Base types of message rows (the low 32 bits of `local_type`).
pub(crate) mod kind {
    pub(crate) const TEXT: u32 = 1;
    pub(crate) const IMAGE: u32 = 3;
    pub(crate) const VOICE: u32 = 34;
    pub(crate) const MAIL: u32 = 35;
    pub(crate) const FRIEND_REQUEST: u32 = 37;
    pub(crate) const POSSIBLE_FRIEND: u32 = 40;
    pub(crate) const CARD: u32 = 42;
    pub(crate) const VIDEO: u32 = 43;
    pub(crate) const STICKER: u32 = 47;
    pub(crate) const LOCATION: u32 = 48;
    pub(crate) const APP: u32 = 49;
    pub(crate) const CALL: u32 = 50;
    pub(crate) const STATUS: u32 = 51;
    pub(crate) const CALL_NOTICE: u32 = 52;
    pub(crate) const CALL_INVITE: u32 = 53;
    pub(crate) const SHORT_VIDEO: u32 = 62;
    pub(crate) const GROUP_CALL: u32 = 64;
    pub(crate) const WECOM_GREETING: u32 = 65;
    pub(crate) const WECOM_CARD: u32 = 66;
    pub(crate) const WECOM_CARD_VARIANT: u32 = 67;
    pub(crate) const NOTICE: u32 = 9999;
    pub(crate) const SYSTEM: u32 = 10_000;
    pub(crate) const SYSTEM_XML: u32 = 10_002;

    /// Whether rows of this type have no sender.
    pub(crate) const fn is_system(kind: u32) -> bool {
        matches!(kind, NOTICE | SYSTEM | SYSTEM_XML | STATUS)
    }
}

/// The account with this username.
pub(crate) fn account(username: &str) -> AccountId {
    AccountId::new(&Platform::WeChat, username)
}

/// The message that this server id names.
pub(crate) fn message_id(conversation: ConversationId, server_id: i64) -> MessageId {
    MessageId::new(conversation, "server", &[&server_id.to_le_bytes()])
}

/// What the mapping may know beside the row.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) conversation: ConversationId,
    /// Username of the room or of the other side.
    pub(crate) username: &'a str,
    pub(crate) people: &'a People,
    /// For times that are written without a zone.
    pub(crate) zone: Option<&'a jiff::tz::TimeZone>,
    /// Whether this is an excerpt inside a quote, where a further quote is only its words.
    pub(crate) is_excerpt: bool,
}

/// Who a row's sender is, as far as its content decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sender {
    /// Whoever the row names.
    #[default]
    OfRow,
    /// Nobody: a system event.
    Nobody,
    /// This username.
    Stated(String),
}

/// A message that a system row says was withdrawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Withdrawal {
    /// Server id of the message, where it is stated.
    pub(crate) server_id: Option<i64>,
    /// When, where it is stated.
    pub(crate) at: Option<Timestamp>,
}

/// What a row's content says.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) parts: Vec<Part>,
    pub(crate) sender: Sender,
    pub(crate) reply_to: Vec<MessageId>,
    pub(crate) is_hidden: bool,
    pub(crate) withdrawal: Option<Withdrawal>,
    /// Usernames that the parts name, with the name that the content states.
    pub(crate) people: Vec<(String, Option<String>)>,
    /// Digests by which the media may be found, strongest first.
    pub(crate) digests: Vec<String>,
    /// Identity of a file transfer, which an "uploading" and a "complete" row share.
    pub(crate) upload: Option<Upload>,
}

/// One of the rows of a file transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) attach_id: Option<String>,
    pub(crate) is_complete: bool,
}

impl Body {
    pub(crate) fn of(part: Part) -> Self {
        Self {
            parts: vec![part],
            ..Self::default()
        }
    }

    /// A body for bytes that could not even be decompressed.
    pub(crate) fn undecodable(base: u32, raw: &[u8]) -> Self {
        let sender = if kind::is_system(base) {
            Sender::Nobody
        } else {
            Sender::OfRow
        };
        Self {
            sender,
            ..Self::of(unknown(base, 0, None, raw))
        }
    }
}

/// The content of a row of any type.
pub(crate) fn body(
    scope: &Scope<'_>,
    base: u32,
    sub: u32,
    content: &str,
    packed: &PackedInfo,
) -> Body {
    match base {
        kind::TEXT => Body::of(Part::text(content)),
        kind::IMAGE => media::image(content, packed),
        kind::VOICE => media::voice(content, packed),
        kind::VIDEO | kind::SHORT_VIDEO => media::video(content, packed),
        kind::STICKER => media::sticker(content),
        kind::LOCATION => cards::place(content),
        kind::CARD | kind::WECOM_CARD | kind::WECOM_CARD_VARIANT => cards::contact(content),
        kind::FRIEND_REQUEST | kind::POSSIBLE_FRIEND => cards::request(content),
        kind::WECOM_GREETING => cards::greeting(content),
        kind::MAIL => cards::mail(content),
        kind::APP => app::body(scope, sub, content),
        kind::CALL | kind::CALL_INVITE | kind::CALL_NOTICE => call::call(content),
        kind::GROUP_CALL => call::group_notice(content),
        kind::STATUS => system::hidden(content),
        kind::NOTICE => system::notice(content),
        kind::SYSTEM | kind::SYSTEM_XML => system::body(scope, content),
        _ => Body::of(unknown(base, sub, words_of(content), content.as_bytes())),
    }
}

/// The sender that rich content itself names, outside what it quotes.
pub(crate) fn stated_sender(content: &str) -> Option<String> {
    if !content.contains("fromusername") {
        return None;
    }
    let document = Document::parse(content);
    let root = document.root();
    root.find_outside("fromusername", "refermsg")
        .map(|element| element.text().trim().to_owned())
        .filter(|username| !username.is_empty() && username != "(null)")
        .or_else(|| root.find_attribute_outside("fromusername", "refermsg"))
        .filter(|username| !is_room(username))
}

fn unknown(base: u32, sub: u32, text: Option<String>, raw: &[u8]) -> Part {
    let kind = if sub == 0 {
        base.to_string()
    } else {
        format!("{base}/{sub}")
    };
    Part::Unknown(Box::new(Unknown {
        kind,
        text,
        raw: raw.to_vec(),
    }))
}

/// Words of content whose type nobody knows: the text itself, or the title of an XML document.
fn words_of(content: &str) -> Option<String> {
    let trimmed = content.trim();
    if !trimmed.contains('<') {
        return (!trimmed.is_empty()).then(|| trimmed.to_owned());
    }
    let document = Document::parse(trimmed);
    let title = document
        .root()
        .find("title")
        .map(|title| title.text().trim().to_owned());
    title.filter(|title| !title.is_empty())
}

/// `Some` for a number that says something.
fn positive(number: Option<i64>) -> Option<u64> {
    number
        .and_then(|number| u64::try_from(number).ok())
        .filter(|number| *number > 0)
}

/// An address, when it is one that a browser knows; the client also writes file keys into such fields.
fn web_address(text: Option<String>) -> Option<String> {
    text.filter(|text| text.contains("://"))
}

/// A time written as Unix seconds.
fn seconds(number: Option<i64>) -> Option<Timestamp> {
    number
        .filter(|seconds| *seconds > 0)
        .map(Timestamp::from_seconds)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs a check inside a conversation where nobody is known.
    pub(crate) fn with_scope<T>(check: impl FnOnce(&Scope<'_>) -> T) -> T {
        let people = People::default();
        check(&Scope {
            conversation: ConversationId::group(&Platform::WeChat, "1@chatroom"),
            username: "1@chatroom",
            people: &people,
            zone: None,
            is_excerpt: false,
        })
    }

    /// The body of a row in such a conversation.
    pub(crate) fn body_of(base: u32, content: &str) -> Body {
        with_scope(|scope| body(scope, base, 0, content, &PackedInfo::default()))
    }

    #[test]
    fn an_unknown_type_is_kept_with_its_bytes() {
        let Some(Part::Unknown(unknown)) =
            body_of(11_000, "<msg><title>新</title></msg>").parts.pop()
        else {
            panic!("unknown part")
        };
        assert_eq!(unknown.kind, "11000");
        assert_eq!(unknown.text.as_deref(), Some("新"));
        assert_eq!(unknown.raw, "<msg><title>新</title></msg>".as_bytes());
    }

    #[test]
    fn quotes_and_bundles_that_hold_each_other_end() {
        let mut content = "<msg><appmsg><title>x</title><type>1</type></appmsg></msg>".to_owned();
        for _ in 0..3_000 {
            content = format!(
                "<msg><appmsg><type>19</type><recorditem><recordinfo><datalist><dataitem datatype=\"1\"><refermsgitem>\
                 <refermsg><type>49</type><content>{content}</content></refermsg></refermsgitem></dataitem></datalist>\
                 </recordinfo></recorditem></appmsg></msg>"
            );
        }
        assert_eq!(
            body_of(49, &content).parts[0].kind(),
            hutong_model::PartKind::Forward
        );
    }

    proptest! {
        #[test]
        fn any_content_of_any_type_gives_a_part(
            base in proptest::sample::select(vec![1_u32, 3, 34, 35, 37, 40, 42, 43, 47, 48, 49, 50, 51, 52, 53, 62, 64, 65, 66, 67, 9999, 10_000, 10_002, 11_000]),
            sub in proptest::sample::select(vec![0_u32, 2, 3, 5, 6, 8, 17, 19, 24, 33, 50, 51, 53, 57, 62, 63, 74, 87, 2000, 2001, 9_999]),
            pieces in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..24),
            packed in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let content = pieces.concat();
            let packed = PackedInfo::parse(&packed);
            let body = with_scope(|scope| body(scope, base, sub, &content, &packed));
            prop_assert!(!body.parts.is_empty());
            let _ = stated_sender(&content);
        }
    }

    /// What the content of messages is made of.
    const PIECES: &[&str] = &[
        "<msg>",
        "</msg>",
        "<appmsg>",
        "</appmsg>",
        "<type>",
        "</type>",
        "57",
        "19",
        "2000",
        "<title>",
        "</title>",
        "你好 ${a} $b$",
        "<refermsg>",
        "</refermsg>",
        "<content>",
        "</content>",
        "<recorditem>",
        "</recorditem>",
        "<![CDATA[",
        "]]>",
        "<recordinfo>",
        "<datalist count=\"2\">",
        "<dataitem datatype=\"17\">",
        "<recordxml>",
        "</recordxml>",
        "</dataitem>",
        "<sysmsg type=\"sysmsgtemplate\">",
        "<sysmsg type=\"pat\">",
        "<sysmsg type=\"revokemsg\">",
        "</sysmsg>",
        "<content_template>",
        "<template>",
        "</template>",
        "<link_list>",
        "<link name=\"b\" type=\"link_profile\">",
        "<memberlist>",
        "<member>",
        "<username>",
        "</username>",
        "<img md5=\"",
        "\"/>",
        "&lt;",
        "&amp;lt;",
        "&#x4f60;",
        "&",
        "<",
        ">",
        "\0",
        "wxid_a:\n",
        "9999999999999999999",
        "-1",
        "<wcpayinfo>",
        "<feedesc>",
        "￥0.01",
        "<patMsg>",
        "<records>",
        "<record>",
        "<voipmsg>",
        "通话时长 99:99",
        "{\"msgContent\":\"",
        "<emoji desc=\"CgoKBXpoX2NuEgPlk4g=\"/>",
        "<gameext type=\"2\" content=\"9\"/>",
        "<!--",
        "<?",
        "%E4%",
        "::::",
    ];

    #[test]
    fn the_sender_named_inside_a_quote_is_not_the_sender() {
        let content = "<msg><appmsg><refermsg><fromusername>a</fromusername></refermsg></appmsg><fromusername>b</fromusername></msg>";
        assert_eq!(stated_sender(content).as_deref(), Some("b"));
        assert_eq!(
            stated_sender("<msg><emoji fromusername=\"wxid_c\"/></msg>").as_deref(),
            Some("wxid_c")
        );
        assert_eq!(
            stated_sender("<msg><emoji fromusername=\"1@chatroom\"/></msg>"),
            None
        );
    }
}
