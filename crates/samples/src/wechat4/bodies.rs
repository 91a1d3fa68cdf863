//! Bodies of the base types: picture, voice, film, sticker, place, card, call.

use crate::rng::Rng;
use crate::text::escaped;

use super::cast::Party;

/// `<img>` of a picture (3).
pub(super) fn image(rng: &mut Rng, md5: &str, length: usize) -> String {
    let aeskey = rng.hex32();
    format!(
        "<?xml version=\"1.0\"?>\n<msg>\n\t<img aeskey=\"{aeskey}\" encryver=\"1\" cdnthumbaeskey=\"{aeskey}\" \
         cdnthumburl=\"3057020100044b3049{:x}\" cdnthumblength=\"{}\" cdnthumbheight=\"120\" cdnthumbwidth=\"67\" \
         cdnmidheight=\"0\" cdnmidwidth=\"0\" cdnhdheight=\"0\" cdnhdwidth=\"0\" cdnmidimgurl=\"3057020100044b3049{:x}\" \
         length=\"{length}\" md5=\"{md5}\" hevc_mid_size=\"{}\" originsourcemd5=\"\" />\n\t<platform_signature />\n</msg>",
        rng.draw(),
        rng.range(2_000, 9_000),
        rng.draw(),
        rng.range(10_000, 90_000),
    )
}

/// A picture that was sent together with others: `groupinfo` names the set.
pub(super) fn album_image(rng: &mut Rng, md5: &str, group: &str, count: usize) -> String {
    format!(
        "<msg><img aeskey=\"{}\" encryver=\"1\" length=\"{}\" md5=\"{md5}\" />\
         <groupinfo><type>1</type><id>{group}</id><count>{count}</count></groupinfo></msg>",
        rng.hex32(),
        rng.range(20_000, 900_000),
    )
}

/// `<voicemsg>` (34); a transcript of the server stands beside it when given.
pub(super) fn voice(
    rng: &mut Rng,
    from: &str,
    milliseconds: i64,
    transcript: Option<&str>,
) -> String {
    let transcript = transcript.map_or(String::new(), |words| {
        format!("<voicetrans transtext=\"{}\" />", escaped(words))
    });
    format!(
        "<msg><voicemsg endflag=\"1\" cancelflag=\"0\" forwardflag=\"0\" voiceformat=\"4\" voicelength=\"{milliseconds}\" \
         length=\"{}\" bufid=\"0\" aeskey=\"{}\" voiceurl=\"3052020100{:x}\" voicemd5=\"\" clientmsgid=\"{:x}{from}\" \
         fromusername=\"{from}\" />{transcript}</msg>",
        milliseconds * 2,
        rng.hex32(),
        rng.draw(),
        rng.draw(),
    )
}

/// `<videomsg>` (43, 62). Self-sent films may have no `md5`.
pub(super) fn video(
    rng: &mut Rng,
    from: &str,
    md5: Option<&str>,
    raw_md5: &str,
    length: usize,
) -> String {
    let aeskey = rng.hex32();
    let md5 = md5.map_or(String::new(), |md5| format!("md5=\"{md5}\" "));
    format!(
        "<?xml version=\"1.0\"?>\n<msg>\n\t<videomsg aeskey=\"{aeskey}\" cdnvideourl=\"3057020100{:x}\" \
         cdnthumbaeskey=\"{aeskey}\" cdnthumburl=\"3057020100{:x}\" length=\"{length}\" playlength=\"{}\" \
         cdnthumblength=\"{}\" cdnthumbwidth=\"224\" cdnthumbheight=\"398\" fromusername=\"{from}\" {md5}newmd5=\"{}\" \
         isplaceholder=\"0\" rawmd5=\"{raw_md5}\" rawlength=\"{}\" cdnrawvideourl=\"\" cdnrawvideoaeskey=\"\" \
         originsourcemd5=\"\" isad=\"0\" />\n</msg>",
        rng.draw(),
        rng.draw(),
        rng.range(2, 120),
        rng.range(3_000, 20_000),
        rng.hex32(),
        length * 3,
    )
}

/// `<emoji>` (47).
pub(super) fn sticker(rng: &mut Rng, from: &str, to: &str, md5: &str, product: &str) -> String {
    format!(
        "<msg><emoji fromusername=\"{from}\" tousername=\"{to}\" type=\"2\" idbuffer=\"media:0_0\" md5=\"{md5}\" len=\"{}\" \
         productid=\"{product}\" androidmd5=\"{md5}\" s60v3md5=\"{md5}\" cdnurl=\"http://stickers.example/{md5}/0\" \
         thumburl=\"http://stickers.example/{md5}/t\" encrypturl=\"http://stickers.example/{md5}/e\" aeskey=\"{}\" \
         externurl=\"http://stickers.example/{md5}/x\" externmd5=\"{}\" width=\"240\" height=\"240\" tpurl=\"\" tpauthkey=\"\" \
         attachedtext=\"\" desc=\"CgoKBXpoX2NuEgHlk4g=\" /><gameext type=\"0\" content=\"0\" /></msg>",
        rng.range(20_000, 400_000),
        rng.hex32(),
        rng.hex32(),
    )
}

/// A sticker that shows an outcome: `game` is 1 for rock-paper-scissors, 2 for dice.
pub(super) fn game(rng: &mut Rng, from: &str, game: u8, outcome: u8) -> String {
    format!(
        "<msg><emoji fromusername=\"{from}\" type=\"1\" md5=\"{}\" len=\"3279\" productid=\"\" width=\"100\" height=\"100\" />\
         <gameext type=\"{game}\" content=\"{outcome}\" /></msg>",
        rng.hex32(),
    )
}

/// `<location>` (48).
pub(super) fn location(rng: &mut Rng, from: &str) -> String {
    let place = rng.pick(&[
        "灯塔公园",
        "银杏大道 12 号",
        "青石桥",
        "云杉里 & 老戏台",
        "西区食堂",
    ]);
    format!(
        "<?xml version=\"1.0\"?>\n<msg>\n\t<location x=\"{}.{:06}\" y=\"{}.{:06}\" scale=\"16\" label=\"虚构省晴川市{place}\" \
         maptype=\"roadmap\" poiname=\"{place}\" poiid=\"nearby_{:x}\" infourl=\"\" cityname=\"晴川市\" adcode=\"990100\" \
         fromusername=\"{from}\" />\n</msg>",
        rng.range(20, 45),
        rng.below(1_000_000),
        rng.range(80, 125),
        rng.below(1_000_000),
        rng.draw32(),
        place = escaped(place),
    )
}

/// A contact card (42) or, with an app id, a WeCom card (66).
pub(super) fn card(party: &Party, is_official: bool, app_id: Option<&str>) -> String {
    let app = app_id.map_or(String::new(), |id| format!("openimappid=\"{id}\" "));
    format!(
        "<?xml version=\"1.0\"?>\n<msg bigheadimgurl=\"http://heads.example/{hash}/0\" \
         smallheadimgurl=\"http://heads.example/{hash}/132\" username=\"{}\" nickname=\"{}\" fullpy=\"\" shortpy=\"\" \
         alias=\"{}\" imagestatus=\"3\" scene=\"17\" province=\"虚构省\" city=\"晴川\" sign=\"\" sex=\"1\" certflag=\"{}\" \
         certinfo=\"\" brandIconUrl=\"\" brandHomeUrl=\"\" brandSubscriptConfigUrl=\"\" brandFlags=\"0\" regionCode=\"CN\" \
         {app}antispamticket=\"v4_{hash}@stranger\" />",
        party.username,
        escaped(&party.nick),
        party.alias,
        if is_official { 24 } else { 0 },
        hash = party.hash,
    )
}

/// A call (50) in the present form.
pub(super) fn call(rng: &mut Rng, is_video: bool, words: &str, seconds: i64, time: i64) -> String {
    format!(
        "<voipmsg type=\"VoIPBubbleMsg\"><VoIPBubbleMsg><msg><![CDATA[{words}]]></msg>\n<room_type>{}</room_type>\n\
         <red_dot>false</red_dot>\n<roomid>{}</roomid>\n<roomkey>0</roomkey>\n<inviteid>{}</inviteid>\n<msg_type>100</msg_type>\n\
         <timestamp>{}</timestamp>\n<identity><![CDATA[{}]]></identity>\n<duration>{seconds}</duration>\n\
         <inviteid64>{}</inviteid64>\n<business>1</business>\n</VoIPBubbleMsg></voipmsg>",
        u8::from(!is_video),
        rng.draw32(),
        rng.draw32(),
        time * 1000,
        rng.draw() >> 1,
        rng.draw() >> 1,
    )
}

/// A call (50) in the old form: three roots side by side.
pub(super) fn old_call(
    rng: &mut Rng,
    is_video: bool,
    wording: u8,
    seconds: i64,
    time: i64,
) -> String {
    format!(
        "<voipinvitemsg><roomid>{}</roomid><key>{}</key><status>1</status><invitetype>{}</invitetype></voipinvitemsg>\
         <voipextinfo><recvtime>{time}</recvtime></voipextinfo>\
         <voiplocalinfo><wordingtype>{wording}</wordingtype><duration>{seconds}</duration></voiplocalinfo>",
        rng.draw32(),
        rng.draw() >> 1,
        u8::from(!is_video),
    )
}
