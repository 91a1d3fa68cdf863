//! Scenes of text.

use crate::wechat4::cast::Role;
use crate::wechat4::draft::{Cell, Draft, Prefix};
use crate::wechat4::stage::Stage;

/// Texts with the marks that senders' prefixes and XML have.
pub(super) fn plain_lines_that_look_odd(stage: &mut Stage<'_>) {
    let friend = stage.conversation();
    for (number, words) in [
        "todo:\n1. 交电费\n2. 取快递",
        "<3 今晚见",
        "<msg>这不是卡片，只是打字</msg>",
        "note_to_self:\n别忘了",
        "   前后都有空格   ",
        "第一行\n\n第三行\r\n第四行",
        "R&D &amp; Q&A",
        "👨‍👩‍👧‍👦 家庭 emoji 与 𠮷 字",
        "零宽\u{200b}字符与\u{2028}行分隔",
        "{\"json\": true, \"text\": \"也是文本\"}",
    ]
    .into_iter()
    .enumerate()
    {
        stage.perform(Draft::text(if number % 2 == 0 { friend } else { 0 }, words));
    }
}

/// Two equal texts by one sender in one second, and the same from another sender.
pub(super) fn twins(stage: &mut Stage<'_>) {
    let (one, other) = (stage.somebody_else(), 0);
    stage.perform(Draft::text(one, "+1"));
    for sender in [one, other] {
        let mut draft = Draft::text(sender, "+1");
        draft.wait = 0;
        stage.perform(draft);
    }
}

/// Rows of a room with and without their sender in front.
pub(super) fn prefixes(stage: &mut Stage<'_>) {
    let (member, wecom) = (stage.somebody_else(), stage.cast.stars.wecom);
    for (sender, prefix, cell, words) in [
        (member, Prefix::Never, Cell::Plain, "没有前缀的一行"),
        (
            member,
            Prefix::Never,
            Cell::Plain,
            "说明:\n冒号后面换行，但不是前缀",
        ),
        (member, Prefix::Always, Cell::Plain, "有前缀的一行"),
        (member, Prefix::Always, Cell::Packed, "有前缀而且压缩过"),
        (
            member,
            Prefix::Always,
            Cell::Plain,
            "todo:\n前缀之后又有一个冒号换行",
        ),
        (
            wecom,
            Prefix::Always,
            Cell::Plain,
            "企业微信联系人在群里说话",
        ),
        (0, Prefix::Never, Cell::Plain, "自己的话从来没有前缀:\n对吧"),
    ] {
        stage.perform(Draft::text(sender, words).stored(cell).prefixed(prefix));
    }
    // A friend with an old-style id speaks too.
    let old = stage
        .cast
        .with_role(Role::Friend)
        .find(|(_, party)| !party.username.starts_with("wxid_"))
        .map_or(member, |(number, _)| number);
    stage.perform(Draft::text(old, "老用户名没有 wxid 前缀").prefixed(Prefix::Always));
}

/// The phrase that a search must find exactly once.
pub(super) fn needle(stage: &mut Stage<'_>) {
    let words = format!("散步时看到一座{}，拍了很久", needle_of(stage.seed));
    let sender = stage.somebody_else();
    stage.perform(Draft::text(sender, words));
}

/// The phrase of [`needle`].
pub(in crate::wechat4) fn needle_of(seed: u64) -> String {
    format!("琥珀色的灯塔-{seed}")
}

/// 文件传输助手.
pub(super) fn notes_to_self(stage: &mut Stage<'_>) {
    stage.perform(Draft::text(0, "备忘：周五之前把发布清单发出去"));
    let draft = stage.article(0);
    stage.perform(draft);
    let draft = stage.file(0, 6, "@cdn_note", true);
    stage.perform(draft);
}

/// A few lines in turn.
pub(super) fn small_talk(stage: &mut Stage<'_>) {
    let other = stage.conversation();
    for number in 0..6 {
        let words = stage.words();
        let sender = if number % 3 == 1 { 0 } else { other };
        stage.perform(Draft::text(sender, words));
    }
}

/// Members who are no longer in `RoomData` still stand in the rows.
pub(super) fn from_those_who_left(stage: &mut Stage<'_>) {
    for member in stage.here().left.clone() {
        let words = stage.words();
        stage.perform(Draft::text(member, words));
    }
}

/// `notify@all`.
pub(super) fn everybody_is_meant(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    let mut draft = Draft::text(sender, "@所有人 今晚八点发布，请大家在线");
    draft.mentions = Some("notify@all".to_owned());
    stage.perform(draft);
    let draft = stage.mention(sender, 0, "收到请回复");
    stage.perform(draft);
    let draft = stage.mention(0, sender, "收到");
    stage.perform(draft);
}

/// The very last rows: a conversation that only the write-ahead log knows.
pub(super) fn new_friend(stage: &mut Stage<'_>) {
    let friend = stage.conversation();
    stage.perform(Draft::system(10_000, "以上是打招呼的内容"));
    stage.perform(Draft::text(friend, "你好，我是新来的邻居"));
    stage.perform(Draft::text(0, "你好你好，欢迎"));
}
