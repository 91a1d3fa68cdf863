//! Scenes of storage oddities and of things nobody has seen.

use crate::truth::Kind;
use crate::wechat4::appmsg::App;
use crate::wechat4::draft::{Cell, Draft, Plain};
use crate::wechat4::stage::Stage;

/// One text in every way a cell can hold it.
pub(super) fn stored_in_every_way(stage: &mut Stage<'_>) {
    let friend = stage.conversation();
    for (cell, words) in [
        (Cell::Plain, "明文，标记为零"),
        (Cell::Packed, "压缩，标记为四"),
        (Cell::PackedUnmarked, "压缩，却没有标记"),
        (Cell::PlainBlob, "明文，但存成了二进制"),
    ] {
        stage.perform(Draft::text(friend, words).stored(cell));
    }
    let mut draft = Draft::text(friend, "").stored(Cell::Null);
    draft.text = Plain::None;
    stage.perform(draft);
    let draft = stage.article(friend);
    stage.perform(draft.stored(Cell::PackedUnmarked));
}

/// Rows that a repair left in two shards.
pub(super) fn rows_in_both_shards(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    for (sender, words) in [(sender, "这一行在两个分库里都有"), (0, "这一行也是")] {
        let mut draft = Draft::text(sender, words).stored(Cell::Packed);
        draft.is_twice = true;
        stage.perform(draft);
    }
    let mut draft = stage.article(sender);
    draft.is_twice = true;
    stage.perform(draft);
}

/// XML that a strict parser refuses; title and type can still be found.
pub(super) fn broken_xml(stage: &mut Stage<'_>) {
    let friend = stage.conversation();
    let link = App {
        code: 5,
        title: "标题里有个裸的符号",
        url: "https://docs.example.com/q",
        ..App::default()
    };
    let whole = stage.app(friend, link);
    let cut = whole.body.find("<appinfo>").unwrap_or(whole.body.len());
    let bodies = [
        whole.body.replace("裸的符号", "裸的 & 符号"),
        whole.body.get(..cut).unwrap_or_default().to_owned(),
        format!("\n\"{}", whole.body),
        whole.body.replace("<des>", "<des>控制\u{8}字符"),
        whole
            .body
            .replace("docs.example.com/q", "docs.example.com/q?a=1&amp;amp;b=2"),
        format!("{}\0", whole.body),
    ];
    for body in bodies {
        let mut draft = whole.clone();
        draft.body = body;
        stage.perform(draft);
    }
}

/// Base types without a picture of their own, and one that does not exist.
pub(super) fn unknown_kinds(stage: &mut Stage<'_>) {
    let mate = stage.conversation();
    for (kind, base, body) in [
        (
            Kind::Contact,
            37,
            "<msg fromusername=\"wxid_invented0001\" fromnickname=\"路人\" content=\"我是楼下的\" ticket=\"v4@stranger\" />",
        ),
        (
            Kind::Contact,
            40,
            "<msg username=\"wxid_invented0002\" nickname=\"可能认识的人\" />",
        ),
        (
            Kind::Unknown,
            35,
            "<msg><pushmail><content><subject>邮件主题</subject></content></pushmail></msg>",
        ),
        (
            Kind::Unknown,
            65,
            "<msg><openimgreeting>你好</openimgreeting></msg>",
        ),
        (Kind::Unknown, 11_000, "11000"),
        (Kind::Unknown, 7_777, "<msg><never seen=\"before\" /></msg>"),
    ] {
        stage.perform(Draft::new(kind, base, Some(mate), body.to_owned()));
    }
}

/// The sender's clock was an hour late: order and time disagree.
pub(super) fn wrong_clock(stage: &mut Stage<'_>) {
    let friend = stage.conversation();
    let mut draft = Draft::text(friend, "我的手机时间好像不对");
    draft.skew = -3_600;
    stage.perform(draft);
    stage.perform(Draft::text(0, "是慢了一个小时"));
}
