//! Bodies of type 49: cards of many kinds in one XML frame.

use std::fmt::Write as _;

use crate::rng::Rng;
use crate::text::{escape_xml, escaped};
use crate::truth::Kind;

/// An `<appmsg>`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct App<'a> {
    pub(super) code: i64,
    pub(super) title: &'a str,
    pub(super) des: &'a str,
    pub(super) url: &'a str,
    pub(super) source: &'a str,
    /// Further children of `<appmsg>`, as XML.
    pub(super) inner: &'a str,
    pub(super) from: &'a str,
}

impl App<'_> {
    /// The XML.
    pub(super) fn to_xml(self) -> String {
        let mut out = String::with_capacity(900 + self.inner.len());
        out.push_str(
            "<?xml version=\"1.0\"?>\n<msg>\n\t<appmsg appid=\"\" sdkver=\"0\">\n\t\t<title>",
        );
        escape_xml(self.title, &mut out);
        out.push_str("</title>\n\t\t<des>");
        escape_xml(self.des, &mut out);
        let _ = write!(
            out,
            "</des>\n\t\t<username />\n\t\t<action>view</action>\n\t\t<type>{}</type>\n\t\t<showtype>0</showtype>\n\t\t<content />\n\t\t<url>",
            self.code
        );
        escape_xml(self.url, &mut out);
        out.push_str("</url>\n\t\t<lowurl />\n\t\t<dataurl />\n\t\t<lowdataurl />\n\t\t<thumburl />\n\t\t<sourceusername />\n\t\t<sourcedisplayname>");
        escape_xml(self.source, &mut out);
        out.push_str("</sourcedisplayname>\n\t\t<extinfo />\n\t\t");
        out.push_str(self.inner);
        let _ = write!(
            out,
            "\n\t</appmsg>\n\t<fromusername>{}</fromusername>\n\t<scene>0</scene>\n\t<appinfo>\n\t\t<version>1</version>\n\t\t<appname />\n\t</appinfo>\n\t<commenturl />\n</msg>",
            self.from
        );
        out
    }
}

/// What a user would call an appmsg.
pub(super) const fn kind_of(code: i64, has_url: bool) -> Kind {
    match code {
        4 | 5 | 68 | 100_001 => Kind::Link,
        6 | 74 => Kind::File,
        8 => Kind::Sticker,
        17 => Kind::Place,
        19 => Kind::Forward,
        33 | 36 => Kind::MiniApp,
        50 | 51 | 63 | 88 => Kind::ChannelPost,
        53 => Kind::Poll,
        57 => Kind::Quote,
        62 => Kind::Nudge,
        87 => Kind::Announcement,
        2000..=2003 => Kind::Payment,
        _ if has_url => Kind::Link,
        _ => Kind::Card,
    }
}

/// `<appattach>` of a file (6, 74).
pub(super) fn attachment(
    rng: &mut Rng,
    md5: &str,
    extension: &str,
    length: usize,
    attach_id: &str,
) -> String {
    format!(
        "<appattach><totallen>{length}</totallen><attachid>{attach_id}</attachid><emoticonmd5 />\
         <fileext>{extension}</fileext><cdnattachurl>3057020100{:x}</cdnattachurl><aeskey>{}</aeskey>\
         <encryver>0</encryver><filekey>{:x}</filekey><islargefilemsg>0</islargefilemsg></appattach><md5>{md5}</md5>",
        rng.draw(),
        rng.hex32(),
        rng.draw(),
    )
}

/// `<refermsg>` of a quote (57).
#[derive(Clone, Copy, Debug)]
pub(super) struct Refer<'a> {
    /// Base type of the quoted message.
    pub(super) base: i64,
    pub(super) server_id: i64,
    /// The conversation.
    pub(super) from: &'a str,
    /// The author, in rooms.
    pub(super) author: &'a str,
    pub(super) name: &'a str,
    pub(super) content: &'a str,
    pub(super) time: i64,
}

impl Refer<'_> {
    /// The XML.
    pub(super) fn to_xml(self) -> String {
        format!(
            "<refermsg><type>{}</type><svrid>{}</svrid><fromusr>{}</fromusr><chatusr>{}</chatusr><displayname>{}</displayname>\
             <msgsource>&lt;msgsource&gt;&lt;sequence_id&gt;{}&lt;/sequence_id&gt;&lt;/msgsource&gt;</msgsource>\
             <content>{}</content><strid /><createtime>{}</createtime></refermsg>",
            self.base,
            self.server_id,
            self.from,
            self.author,
            escaped(self.name),
            self.server_id & 0xFFFF_FFFF,
            escaped(self.content),
            self.time,
        )
    }
}

/// `<weappinfo>` of a mini-program (33, 36).
pub(super) fn mini_app(rng: &mut Rng, page: &str) -> String {
    format!(
        "<weappinfo><pagepath><![CDATA[{page}]]></pagepath><username>gh_{:012x}@app</username><appid>wx{:016x}</appid>\
         <version>7</version><type>2</type><weappiconurl>http://icons.example/{:x}</weappiconurl></weappinfo>",
        rng.draw() & 0xFFFF_FFFF_FFFF,
        rng.draw(),
        rng.draw32(),
    )
}

/// `<finderFeed>` of a channels post (51).
pub(super) fn feed(rng: &mut Rng, author: &str, words: &str) -> String {
    format!(
        "<finderFeed><objectId>{}</objectId><objectNonceId>{}_0_0</objectNonceId><feedType>4</feedType><nickname>{}</nickname>\
         <username>v2_{:x}@finder</username><avatar>http://heads.example/f</avatar><desc>{}</desc><mediaCount>1</mediaCount>\
         <mediaList><media><mediaType>4</mediaType><url>http://films.example/{:x}</url><thumbUrl>http://films.example/t</thumbUrl>\
         <coverUrl>http://films.example/c</coverUrl><fullCoverUrl /><width>1080.0</width><height>1920.0</height>\
         <videoPlayDuration>{}</videoPlayDuration></media></mediaList></finderFeed>",
        rng.draw() >> 1,
        rng.draw() >> 1,
        escaped(author),
        rng.draw(),
        escaped(words),
        rng.draw32(),
        rng.range(5, 180),
    )
}

/// `<finderLive>` of a live show or its replay (63, 88).
pub(super) fn live(rng: &mut Rng, author: &str, words: &str) -> String {
    format!(
        "<finderLive><finderLiveID>{}</finderLiveID><finderUsername>v2_{:x}@finder</finderUsername><nickname>{}</nickname>\
         <desc>{}</desc><liveStatus>1</liveStatus><media><coverUrl>http://films.example/l</coverUrl></media></finderLive>",
        rng.draw() >> 1,
        rng.draw(),
        escaped(author),
        escaped(words),
    )
}

/// `<wcpayinfo>` of a transfer (2000).
pub(super) fn transfer(
    rng: &mut Rng,
    sub_type: u8,
    amount: &str,
    transfer_id: &str,
    payer: &str,
    receiver: &str,
    time: i64,
) -> String {
    format!(
        "<wcpayinfo><paysubtype>{sub_type}</paysubtype><feedesc><![CDATA[{amount}]]></feedesc>\
         <transcationid><![CDATA[{:028}]]></transcationid><transferid><![CDATA[{transfer_id}]]></transferid>\
         <invalidtime><![CDATA[{}]]></invalidtime><begintransfertime><![CDATA[{time}]]></begintransfertime>\
         <effectivedate><![CDATA[1]]></effectivedate><pay_memo><![CDATA[{}]]></pay_memo>\
         <receiver_username><![CDATA[{receiver}]]></receiver_username><payer_username><![CDATA[{payer}]]></payer_username></wcpayinfo>",
        rng.draw(),
        time + 86_400,
        rng.pick(&["", "饭钱", "房租", "(null)", "AA 一下"]),
    )
}

/// `<wcpayinfo>` of a red packet (2001).
pub(super) fn red_packet(rng: &mut Rng, wish: &str) -> String {
    format!(
        "<wcpayinfo><templateid>7a2a165d31da7fce6dd77e05c300028a</templateid><url />\
         <iconurl>http://icons.example/hb</iconurl><receivertitle><![CDATA[{wish}]]></receivertitle>\
         <sendertitle><![CDATA[{wish}]]></sendertitle><scenetext><![CDATA[微信红包]]></scenetext>\
         <senderdes><![CDATA[查看红包]]></senderdes><receiverdes><![CDATA[领取红包]]></receiverdes><sceneid>1002</sceneid>\
         <innertype>0</innertype><paymsgid><![CDATA[{:028}]]></paymsgid>\
         <nativeurl><![CDATA[wxpay://c2cbizmessagehandler/hongbao/receivehongbao?msgtype=1&channelid=1&sendid={}]]></nativeurl></wcpayinfo>",
        rng.draw(),
        rng.draw(),
    )
}
