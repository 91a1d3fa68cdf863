//! Scenes of type 49.

use crate::truth::Kind;
use crate::wechat4::appmsg::{self, App};
use crate::wechat4::attach::xml;
use crate::wechat4::bodies;
use crate::wechat4::draft::{Draft, local_type};
use crate::wechat4::record::{Item, record_info, record_item};
use crate::wechat4::stage::Stage;

/// Three levels, every data type, a count that is wrong, items without sender.
pub(super) fn forward_of_forwards(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    let time = stage.now() - 90_000;
    let rng = &mut stage.rng;
    let innermost = record_info(
        rng,
        "最里面的聊天记录",
        &[
            Item::words("小麦", time, "最里面一层 <&> 的话"),
            Item::words("", time + 5, "没有署名的一句"),
        ],
        2,
    );
    let inner = record_info(
        rng,
        "里面的聊天记录",
        &[
            Item::words("豆子", time + 60, "第二层"),
            Item::nested("阿禾", time + 70, &innermost),
        ],
        5,
    );
    let md5 = rng.hex32();
    let file = format!(
        "<datatitle>排期表.xlsx</datatitle><datafmt>xlsx</datafmt><datasize>2048</datasize><fullmd5>{md5}</fullmd5>"
    );
    let picture = format!(
        "<datafmt>jpg</datafmt><datasize>4096</datasize><fullmd5>{md5}</fullmd5><thumbfullmd5>{md5}</thumbfullmd5>"
    );
    let items = [
        Item::words("小麦", time + 100, "第一层的第一句"),
        Item::new(2, "小麦", time + 101, picture.clone()),
        Item::new(3, "豆子", time + 102, "<duration>2300</duration><datadesc>[语音]</datadesc>".to_owned()),
        Item::new(4, "豆子", time + 103, format!("{picture}<duration>12</duration>")),
        Item::new(5, "阿禾", time + 104, "<weburlitem><title>一篇文章</title><desc>说明</desc><link>https://docs.example.com/a?b=1&amp;c=2</link></weburlitem>".to_owned()),
        Item::new(6, "阿禾", time + 105, "<locitem><lat>31.2</lat><lng>121.4</lng><scale>16</scale><label>虚构路 1 号</label><poiname>灯塔公园</poiname></locitem>".to_owned()),
        Item::new(7, "木木", time + 106, "<datatitle>旧歌</datatitle><streamweburl>https://music.example/1</streamweburl>".to_owned()),
        Item::new(8, "木木", time + 107, file),
        Item::new(15, "木木", time + 108, "<duration>6</duration>".to_owned()),
        Item::new(16, "木木", time + 109, format!("<datadesc>{}</datadesc>", xml("<msg username=\"wxid_invented0000\" nickname=\"名片\" />"))),
        Item::new(19, "木木", time + 110, "<appbranditem><username>gh_000000000000@app</username><title>小程序</title></appbranditem>".to_owned()),
        Item::new(22, "木木", time + 111, "<finderFeed><nickname>灯塔</nickname><desc>视频号内容</desc></finderFeed>".to_owned()),
        Item::new(23, "木木", time + 112, "<datadesc>直播</datadesc>".to_owned()),
        Item::new(26, "木木", time + 113, "<finderShareNameCard><nickname>灯塔</nickname></finderShareNameCard>".to_owned()),
        Item::new(29, "木木", time + 114, "<datatitle>歌</datatitle>".to_owned()),
        Item::new(32, "木木", time + 115, "<datatitle>新歌</datatitle><streamweburl>https://music.example/2</streamweburl>".to_owned()),
        Item::new(37, "木木", time + 116, format!("<fullmd5>{md5}</fullmd5>")),
        Item::new(99, "木木", time + 117, "<datadesc>不认识的类型</datadesc>".to_owned()),
        Item::nested("小麦", time + 118, &inner),
    ];
    for is_cdata in [true, false] {
        let record = record_info(&mut stage.rng, "灯塔项目群的聊天记录", &items, items.len());
        let inner = record_item(&record, is_cdata);
        let draft = stage.app(
            sender,
            App {
                code: 19,
                title: "灯塔项目群的聊天记录",
                des: "小麦: 第一层的第一句\n小麦: [图片]\n豆子: [语音]",
                inner: &inner,
                ..App::default()
            },
        );
        stage.perform(draft);
    }
}

/// Sent and received, sent and returned, sent and expired.
pub(super) fn transfers(stage: &mut Stage<'_>) {
    let friend = stage.conversation();
    let (me, them) = (
        stage.cast.owner().username.clone(),
        stage.here().username.clone(),
    );
    for (steps, amount) in [
        ([1, 3], "￥0.01"),
        ([7, 5], "￥1,200.00"),
        ([1, 4], "￥88.80"),
        ([8, 10], "￥5.20"),
        ([1, 9], "￥66.00"),
    ] {
        let id = format!("1000050001{:018}", stage.rng.draw() >> 8);
        for (number, step) in steps.into_iter().enumerate() {
            let time = stage.now();
            let inner = appmsg::transfer(&mut stage.rng, step, amount, &id, &me, &them, time);
            let sender = if number == 0 { 0 } else { friend };
            let draft = stage.app(
                sender,
                App {
                    code: 2000,
                    title: "微信转账",
                    des: "收到转账",
                    inner: &inner,
                    ..App::default()
                },
            );
            stage.perform(draft);
        }
    }
}

/// Red packets, one with the iPhone's literal `(null)`, a cover and a shared bill.
pub(super) fn red_packets(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    for (sender, code, title, wish) in [
        (sender, 2001, "微信红包", "恭喜发财，大吉大利"),
        (0, 2001, "微信红包", "(null)"),
        (sender, 2003, "送你一个红包封面", "封面"),
        (0, 2002, "群收款", "晚饭 AA"),
    ] {
        let inner = appmsg::red_packet(&mut stage.rng, wish);
        let draft = stage.app(
            sender,
            App {
                code,
                title,
                des: "我给你发了一个红包，赶紧去拆!",
                inner: &inner,
                ..App::default()
            },
        );
        stage.perform(draft);
    }
}

/// Cards with an address.
pub(super) fn links_and_music(stage: &mut Stage<'_>) {
    let friend = stage.conversation();
    for (code, title, url) in [
        (
            1,
            "飞书日程：发布评审",
            "https://calendar.example.com/e?id=1&tz=8",
        ),
        (3, "守塔人之歌", "https://music.example.com/song/1"),
        (4, "海边的一分钟", "https://films.example.com/v/1"),
        (
            5,
            "入秋以后，城里的桂花开了三遍 & 落了三遍",
            "https://mp.example.com/s?a=1&b=2",
        ),
        (7, "一起来玩「摆渡人」", "https://games.example.com/1"),
        (68, "另一种链接", "https://mp.example.com/s?x=68"),
        (76, "晚风（现场版）", "https://music.example.com/song/2"),
        (92, "胶片与晚风", "https://music.example.com/song/3"),
        (100_001, "今日头条三则", "https://mp.example.com/reader"),
    ] {
        let inner = if matches!(code, 3 | 76 | 92) {
            "<songalbumurl>https://music.example.com/cover.jpg</songalbumurl><songlyric>[00:01.00]第一句</songlyric><musicShareItem><mvSingerName><![CDATA[纸上乐队]]></mvSingerName><musicDuration>211000</musicDuration></musicShareItem>"
        } else {
            ""
        };
        let draft = stage.app(
            friend,
            App {
                code,
                title,
                des: "纸上乐队",
                url,
                source: "虚构应用",
                inner,
                ..App::default()
            },
        );
        stage.perform(draft);
    }
}

/// Mini-programs, channels posts, live shows, an author's card.
pub(super) fn programs_and_channels(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    for code in [33, 36] {
        let inner = appmsg::mini_app(&mut stage.rng, "pages/order/detail.html?id=7&t=1");
        let draft = stage.app(
            sender,
            App {
                code,
                title: "今晚的订单",
                source: "果园直发",
                url: "https://mp.example.com/mini",
                inner: &inner,
                ..App::default()
            },
        );
        stage.perform(draft);
    }
    let placeholder = "当前版本不支持展示该内容，请升级至最新版本。";
    let inner = appmsg::feed(&mut stage.rng, "灯塔纪录片", "守塔人的一天");
    let draft = stage.app(
        sender,
        App {
            code: 51,
            title: placeholder,
            inner: &inner,
            ..App::default()
        },
    );
    stage.perform(draft);
    for code in [63, 88] {
        let inner = appmsg::live(&mut stage.rng, "灯塔纪录片", "今晚八点看海");
        let draft = stage.app(
            0,
            App {
                code,
                title: placeholder,
                inner: &inner,
                ..App::default()
            },
        );
        stage.perform(draft);
    }
    let inner = "<findernamecard><username>v2_card@finder</username><avatar>http://heads.example/f</avatar><nickname>灯塔纪录片</nickname><auth_job>纪录片导演</auth_job></findernamecard>";
    let draft = stage.app(
        sender,
        App {
            code: 50,
            title: placeholder,
            inner,
            ..App::default()
        },
    );
    stage.perform(draft);
}

/// 群公告 and 接龙.
pub(super) fn notices(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    let inner =
        "<textannouncement><![CDATA[@所有人\n周六上午九点停水，请提前蓄水。]]></textannouncement>";
    let draft = stage.app(
        sender,
        App {
            code: 87,
            title: "群公告",
            inner,
            ..App::default()
        },
    );
    stage.perform(draft);
    let title =
        "#接龙\n枇杷团购 68 元一箱\n\n1. 七号楼 小满 2 箱\n2. 橙子 1 箱\n3. 北极熊同学 3 箱";
    let draft = stage.app(sender, App { code: 53, title, inner: "<extinfo><solitaire_info><![CDATA[<solitaire><content>枇杷团购</content></solitaire>]]></solitaire_info></extinfo>", ..App::default() });
    stage.perform(draft);
}

/// Codes that have no scene of their own, known and unknown, without address.
pub(super) fn every_other_code(stage: &mut Stage<'_>) {
    let mate = stage.conversation();
    for (code, title) in [
        (2, "图片分享"),
        (9, "语音提醒"),
        (10, "商品"),
        (13, "商品"),
        (14, "商品"),
        (15, "表情专辑"),
        (16, "优惠券"),
        (20, "商品"),
        (21, "今天走了 12345 步"),
        (24, "笔记"),
        (25, "设计"),
        (26, "电视"),
        (28, "运动"),
        (40, "收藏"),
        (44, "小说"),
        (46, "视频号占位"),
        (82, "视频号商品"),
        (101, "新卡片"),
        (115, "礼物"),
        (124, "新卡片"),
        (4242, "从未见过的卡片"),
    ] {
        let inner = if code == 24 {
            "<recorditem><![CDATA[<recordinfo><datalist count=\"1\"><dataitem datatype=\"8\" dataid=\"n\"><datafmt>.htm</datafmt></dataitem></datalist></recordinfo>]]></recorditem>"
        } else {
            ""
        };
        let draft = stage.app(
            mate,
            App {
                code,
                title,
                des: "说明",
                inner,
                ..App::default()
            },
        );
        stage.perform(draft);
    }
    // The upper half of the type and the XML disagree; the XML is right.
    let mut draft = stage.app(
        mate,
        App {
            code: 5,
            title: "类型对不上的链接",
            url: "https://docs.example.com/x",
            ..App::default()
        },
    );
    draft.local_type = local_type(49, 33);
    stage.perform(draft);
}

/// Cards of people, official accounts and WeCom contacts.
pub(super) fn people(stage: &mut Stage<'_>) {
    let mate = stage.conversation();
    let stars = stage.cast.stars;
    for (base, whom, is_official, app) in [
        (42, stars.friend, false, None),
        (42, stars.official, true, None),
        (66, stars.wecom, false, Some("3552365301")),
        (67, stars.wecom, false, Some("3552365301")),
    ] {
        let body = bodies::card(stage.cast.party(whom), is_official, app);
        stage.perform(Draft::new(Kind::Contact, base, Some(mate), body));
    }
}

/// A place, and the sharing of one that moves.
pub(super) fn places(stage: &mut Stage<'_>) {
    let friend = stage.conversation();
    for sender in [friend, 0] {
        let from = stage.cast.party(sender).username.clone();
        let body = bodies::location(&mut stage.rng, &from);
        stage.perform(Draft::new(Kind::Place, 48, Some(sender), body));
    }
    let draft = stage.app(
        friend,
        App {
            code: 17,
            title: "我发起了位置共享",
            ..App::default()
        },
    );
    stage.perform(draft);
}
