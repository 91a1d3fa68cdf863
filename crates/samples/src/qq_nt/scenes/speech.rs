//! Scenes of text.

use crate::qq_nt::draft::Draft;
use crate::qq_nt::stage::Stage;

/// Says a line.
pub(super) fn say(stage: &mut Stage<'_>, sender: u32, words: &str) {
    let mut body = stage.body();
    body.text(words);
    stage.perform(Draft::spoken(sender, body));
}

/// Line breaks of both kinds, marks that need escaping, signs outside the first plane.
pub(super) fn plain_lines_that_look_odd(stage: &mut Stage<'_>) {
    let friend = stage.beat.conversation;
    for (number, words) in [
        "第一行\n第二行",
        "第一行\r第二行",
        "<msg>这不是卡片</msg> & R&D",
        "   前后都有空格   ",
        "👨‍👩‍👧‍👦 家庭 emoji 与 𠮷 字",
        "零宽\u{200b}字符与\u{2028}行分隔",
        "{\"app\": \"只是文本\"}",
    ]
    .into_iter()
    .enumerate()
    {
        say(stage, if number % 2 == 0 { friend } else { 0 }, words);
    }
    // A link is an element of its own sub type.
    let mut body = stage.body();
    let words = "https://docs.example.com/p/1?a=1&b=2";
    let mut element = body.element(1);
    element.varint(45003, 1).text(45101, words).varint(45102, 0);
    body.words.push_str(words);
    body.add(&element);
    let mut draft = Draft::spoken(friend, body);
    draft.sub_type = 0x81;
    stage.perform(draft);
}

/// Two equal texts by one sender in one second, and the same from the owner.
pub(super) fn twins(stage: &mut Stage<'_>) {
    let one = stage.somebody_else();
    for (sender, wait) in [(one, 1), (one, 0), (0, 0)] {
        let mut body = stage.body();
        body.text("+1");
        let mut draft = Draft::spoken(sender, body);
        draft.wait = wait;
        stage.perform(draft);
    }
}

/// @ one, @ me, @ everyone; several in one line.
pub(super) fn mentions(stage: &mut Stage<'_>) {
    let (one, two) = (stage.somebody_else(), stage.somebody_else());
    let party = |number: u32| stage.cast.party(number);
    let (first, second, me) = (party(one), party(two), party(0));
    let mut body = stage.body();
    body.at(&second.nick, second.uin, &second.uid)
        .text("麻烦看一下这个");
    let mut draft = Draft::spoken(one, body);
    draft.at_flag = 2;
    stage.perform(draft);
    let mut body = stage.body();
    body.at(&me.nick, me.uin, &me.uid).text("还有你");
    let mut draft = Draft::spoken(two, body);
    draft.at_flag = 6;
    stage.perform(draft);
    let mut body = stage.body();
    body.at_all().text("今晚八点发布");
    let mut draft = Draft::spoken(one, body);
    draft.at_flag = 1;
    stage.perform(draft);
    let mut body = stage.body();
    body.text("请")
        .at(&first.nick, first.uin, &first.uid)
        .text("和")
        .at(&second.nick, second.uin, &second.uid)
        .text("一起来");
    stage.perform(Draft::spoken(0, body));
}

/// Old and new faces, inside text and alone.
pub(super) fn faces(stage: &mut Stage<'_>) {
    let mate = stage.beat.conversation;
    let mut body = stage.body();
    body.text("早上好")
        .face(14, "/微笑")
        .text("吃了吗")
        .face(264, "/捂脸")
        .face(264, "/捂脸");
    let mut draft = Draft::spoken(mate, body);
    draft.sub_type = 0x11;
    stage.perform(draft);
    let mut body = stage.body();
    body.face(76, "/赞");
    let mut draft = Draft::spoken(0, body);
    draft.sub_type = 0x10;
    stage.perform(draft);
}

/// The phrase that a search must find exactly once.
pub(super) fn needle(stage: &mut Stage<'_>) {
    let words = format!("散步时看到一座{}，拍了很久", needle_of(stage.seed));
    let sender = stage.somebody_else();
    say(stage, sender, &words);
}

/// The phrase of [`needle`].
pub(in crate::qq_nt) fn needle_of(seed: u64) -> String {
    format!("琥珀色的灯塔-{seed}")
}

/// Members who left still stand in the rows.
pub(super) fn from_those_who_left(stage: &mut Stage<'_>) {
    for member in stage.here().left.clone() {
        let words = stage.words();
        say(stage, member, &words);
    }
}

/// 我的手机: text and a file to a device.
pub(super) fn to_the_phone(stage: &mut Stage<'_>) {
    say(stage, 0, "传给手机的备忘：周五之前交");
    let draft = stage.file(0, 3, true);
    stage.perform(draft);
}

/// A few lines in turn.
pub(super) fn small_talk(stage: &mut Stage<'_>) {
    for number in 0..6 {
        let words = stage.words();
        let sender = if number % 3 == 1 {
            0
        } else {
            stage.somebody_else()
        };
        say(stage, sender, &words);
    }
}
