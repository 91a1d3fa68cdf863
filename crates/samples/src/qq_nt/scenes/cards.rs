//! Scenes of cards: forwards, arks, red packets, bots' texts.

use serde_json::json;

use crate::protobuf::Message;
use crate::qq_nt::draft::{Draft, Plain};
use crate::qq_nt::stage::Stage;
use crate::truth::Kind;

/// Forwards of the old kind, loaded (three levels) and not, and one as an ark.
pub(super) fn forwards(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    for (depth, is_loaded) in [(3, true), (1, false)] {
        let draft = stage.forward(sender, depth, is_loaded);
        stage.perform(draft);
    }
    let ark = json!({
        "app": "com.tencent.multimsg", "desc": "[聊天记录]", "view": "contact", "ver": "0.0.0.5", "prompt": "[聊天记录]",
        "config": { "autosize": 1, "forward": 1, "round": 1, "type": "normal", "width": 300 },
        "meta": { "detail": { "news": [{ "text": "小麦: 收到" }, { "text": "豆子: [图片]" }], "resid": "invented", "source": "群聊的聊天记录", "summary": "查看2条转发消息", "uniseq": "00000000-0000-4000-8000-000000000002" } },
    });
    perform_ark(stage, sender, Kind::Forward, &ark, 0);
}

fn perform_ark(
    stage: &mut Stage<'_>,
    sender: u32,
    kind: Kind,
    ark: &serde_json::Value,
    sub_type: i64,
) {
    let mut body = stage.body();
    body.ark(&ark.to_string());
    stage.perform(Draft::new(kind, 11, sub_type, Some(sender), body));
}

/// Every known app, an unknown one, and JSON that is none.
pub(super) fn arks(stage: &mut Stage<'_>) {
    let friend = stage.beat.conversation;
    let draft = stage.share(
        friend,
        "入秋以后，城里的桂花开了三遍",
        "https://mp.example.com/s?a=1&b=2",
    );
    stage.perform(draft);
    for (kind, sub, ark) in [
        (
            Kind::MiniApp,
            0,
            json!({"app": "com.tencent.miniapp_01", "desc": "", "view": "view_8C8E89B49BE609866298ADDFF2DBABA4", "ver": "1.0.0.19", "prompt": "[QQ小程序]今晚的订单", "meta": {"detail_1": {"appid": "1100000000", "title": "果园直发", "desc": "今晚的订单", "url": "m.q.example.com/a/s/1", "qqdocurl": "https://mp.example.com/mini"}}}),
        ),
        (
            Kind::Place,
            0,
            json!({"app": "com.tencent.map", "desc": "地图", "view": "LocationShare", "ver": "0.0.0.1", "prompt": "[应用]地图", "meta": {"Location.Search": {"id": "1", "name": "灯塔公园", "address": "虚构省晴川市灯塔路 1 号", "lat": "31.230000", "lng": "121.470000", "from": "plusPanel"}}}),
        ),
        (
            Kind::Contact,
            0,
            json!({"app": "com.tencent.contact.lua", "desc": "", "view": "contact", "ver": "0.0.0.1", "prompt": "推荐好友: 小麦", "meta": {"contact": {"nickname": "小麦", "contact": "账号: 4200000001", "jumpUrl": "mqqapi://card/show_pslcard?uin=4200000001", "tag": "推荐好友"}}}),
        ),
        (
            Kind::Card,
            0,
            json!({"app": "com.tencent.troopsharecard", "desc": "", "view": "contact", "ver": "1.0.0", "prompt": "推荐群聊: 山野徒步队", "meta": {"contact": {"nickname": "山野徒步队", "contact": "周末去爬山", "tag": "推荐群聊"}}}),
        ),
        (
            Kind::Announcement,
            3,
            json!({"app": "com.tencent.mannounce", "desc": "群公告", "view": "main", "ver": "1.0.0.43", "prompt": "[群公告]周六停水", "meta": {"mannounce": {"title": "576k5YWs5ZGK", "text": "5ZGo5YWt5YGc5rC0", "encode": 1, "fid": "1", "gc": "1"}}}),
        ),
        (
            Kind::Link,
            0,
            json!({"app": "com.tencent.music.lua", "desc": "音乐", "view": "music", "ver": "0.0.0.1", "prompt": "[分享]守塔人之歌", "meta": {"music": {"title": "守塔人之歌", "desc": "纸上乐队", "jumpUrl": "https://music.example.com/song/1", "musicUrl": "https://music.example.com/1.mp3", "tag": "虚构音乐"}}}),
        ),
        (
            Kind::Card,
            7,
            json!({"app": "com.example.never.seen", "desc": "从未见过", "view": "main", "ver": "0", "prompt": "[卡片]从未见过的应用", "meta": {}}),
        ),
    ] {
        perform_ark(stage, friend, kind, &ark, sub);
    }
    let mut body = stage.body();
    body.ark("{\"app\": \"com.tencent.structmsg\", \"prompt\": \"断掉的");
    stage.perform(Draft::new(Kind::Card, 11, 0, Some(friend), body));
}

/// Transfers and red packets of every kind.
pub(super) fn wallets(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    for kind in [1, 2, 3, 6, 8, 15] {
        let only = (kind == 8).then_some(stage.cast.owner().uin);
        let mut body = stage.body();
        body.wallet(kind, if kind == 1 { "转账" } else { "恭喜发财" }, only);
        stage.perform(Draft::new(Kind::Payment, 10, 0, Some(sender), body));
    }
}

/// A bot's text with buttons below, and one that announces files.
pub(super) fn markdown(stage: &mut Stage<'_>) {
    let bot = stage.beat.conversation;
    let mut body = stage.body();
    body.markdown("# 天气\n**晴川**：多云，18~24℃");
    let mut keyboard = body.element(17);
    keyboard.bytes(48751, b"\x0a\x08\x12\x06\xe6\x9f\xa5\xe7\x9c\x8b");
    body.add(&keyboard);
    let mut draft = Draft::new(Kind::Text, 2, 0x41, Some(bot), body);
    draft.text = Plain::Body;
    stage.perform(draft);
    let mut body = stage.body();
    let mut info = Message::new();
    info.text(1, "set-1")
        .text(2, "素材打包.zip")
        .varint(3, 2048)
        .varint(6, 1_650_000_000);
    let mut element = body.element(14);
    element
        .text(48701, "[闪传] 素材打包.zip")
        .text(48705, "[闪传]")
        .nest(48708, &info);
    body.words.push_str("[闪传] 素材打包.zip");
    body.add(&element);
    let mut draft = Draft::new(Kind::Text, 2, 0x40, Some(bot), body);
    draft.text = Plain::Body;
    stage.perform(draft);
}

/// Sharing of a moving place, and a tip of the friends' feed.
pub(super) fn rest_of_the_elements(stage: &mut Stage<'_>) {
    let mate = stage.beat.conversation;
    let mut body = stage.body();
    let mut element = body.element(28);
    element.text(52152, "发起了位置共享");
    body.add(&element);
    stage.perform(Draft::new(Kind::Place, 25, 0, Some(mate), body));
    let mut body = stage.body();
    let (mut main, mut second) = (Message::new(), Message::new());
    main.text(48178, "小麦发表了说说");
    second.text(48178, "今天的晚霞很好看");
    let mut element = body.element(26);
    element
        .nest(48175, &main)
        .nest(48176, &second)
        .text(48180, "http://icons.example/q")
        .varint(48182, stage.cast.party(mate).uin)
        .text(48183, "mqzone://invented");
    body.add(&element);
    stage.perform(Draft::new(Kind::Card, 2, 0, Some(mate), body));
}
