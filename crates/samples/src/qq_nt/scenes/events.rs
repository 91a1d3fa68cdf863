//! Scenes of calls, tips, recalls and reactions.

use super::speech::say;
use crate::qq_nt::draft::Draft;
use crate::qq_nt::everyday;
use crate::qq_nt::rows::Table;
use crate::qq_nt::stage::Stage;
use crate::truth::{Kind, State};

fn call(
    stage: &mut Stage<'_>,
    sender: Option<u32>,
    code: u64,
    method: u64,
    words: &str,
    length: u64,
    is_old: bool,
) {
    let mut body = stage.body();
    body.call(code, method, words, length, is_old);
    stage.perform(Draft::new(
        Kind::Call,
        19,
        i64::try_from(code).unwrap_or(0),
        sender,
        body,
    ));
}

/// Calls of both generations in every outcome.
pub(super) fn private_calls(stage: &mut Stage<'_>) {
    let mate = Some(stage.beat.conversation);
    for (code, method, words, length) in [
        (2, 2, "通话时长 01:05", 65_000),
        (5, 2, "通话时长 00:09", 9_000),
        (3, 2, "未接听，点击回拨", 0),
        (6, 2, "对方已拒绝", 0),
        (7, 1, "通话时长 10:00", 600_000),
        (8, 1, "未接听，点击回拨", 0),
        (10, 1, "已取消", 0),
        (11, 1, "已拒绝", 0),
        (12, 1, "已在其他设备接听", 0),
        (13, 1, "已在其他设备拒绝", 0),
        (19, 3, "屏幕共享时长 02:00", 120_000),
        (22, 3, "屏幕共享已拒绝", 0),
        (33, 5, "远程协助已结束", 30_000),
        (34, 5, "远程协助失败", 0),
    ] {
        call(stage, mate, code, method, words, length, false);
    }
    // The old generation put a time where the length belongs.
    let time = stage.now().unsigned_abs();
    call(stage, Some(0), 9, 1, "对方无应答", time, true);
    call(stage, Some(0), 7, 1, "通话时长 00:31", time, true);
}

/// Calls in groups begin with somebody and end with nobody.
pub(super) fn group_calls(stage: &mut Stage<'_>) {
    let sender = Some(stage.somebody_else());
    for (code, method, words) in [
        (1, 1, "发起了语音通话"),
        (26, 2, "发起了视频通话"),
        (27, 2, "发起了上课"),
    ] {
        call(stage, sender, code, method, words, 0, false);
    }
    for code in [16, 25, 29] {
        call(stage, None, code, 0, "通话已经结束", 0, false);
    }
}

/// By the author, by an admin, by the owner who can edit again.
pub(super) fn recalls(stage: &mut Stage<'_>) {
    let (author, admin) = (stage.somebody_else(), stage.somebody_else());
    for (operator, author, wording) in [
        (author, author, ""),
        (admin, author, ""),
        (author, author, "，手滑了"),
    ] {
        let mut body = stage.body();
        body.recall(
            stage.cast.party(operator),
            stage.cast.party(author),
            wording,
        );
        let mut draft = Draft::tip(4, body);
        draft.state = State::Recalled;
        stage.perform(draft);
    }
    let mut body = stage.body();
    let me = stage.cast.owner();
    let mut element = body.element(8);
    let mut original = crate::protobuf::Message::new();
    original
        .varint(45001, 1)
        .varint(45002, 1)
        .text(45101, "其实我想说的是晚安")
        .varint(45102, 0);
    element
        .varint(45003, 1)
        .text(47703, &me.uid)
        .text(47704, &me.uid)
        .text(47705, &me.nick)
        .nest(47710, &original)
        .text(47714, &me.nick);
    body.add(&element);
    let mut draft = Draft::tip(4, body);
    draft.state = State::Recalled;
    stage.perform(draft);
}

/// Joined, left, founded, renamed, muted, freed, disbanded.
pub(super) fn group_events(stage: &mut Stage<'_>) {
    let (one, two) = (stage.somebody_else(), stage.somebody_else());
    let (one, two, me) = (
        stage.cast.party(one),
        stage.cast.party(two),
        stage.cast.owner(),
    );
    let (name, time) = (&stage.here().nick, stage.now());
    for code in [1, 2, 3, 4, 5, 6, 7, 9, 10] {
        let mut body = stage.body();
        body.group_event(code, one, (code == 1).then_some(two), name);
        stage.perform(Draft::tip(8, body));
    }
    for (target, seconds) in [(one, 600), (one, 0), (me, 86_400)] {
        let mut body = stage.body();
        body.mute(two, target, seconds, time);
        stage.perform(Draft::tip(8, body));
    }
    let mut body = stage.body();
    body.xml_tip(two, "邀请", one);
    stage.perform(Draft::tip(12, body));
    // A tip and the message that it hangs on share a sequence.
    say(stage, 0, "这条消息被设为精华");
    let host = stage.just_said();
    let mut body = stage.body();
    body.rare_tip(7, "一条消息被设为精华");
    let mut draft = Draft::tip(7, body);
    draft.sequence = Some(host.sequence);
    stage.perform(draft);
}

/// Tips that are rarely seen.
pub(super) fn rare_tips(stage: &mut Stage<'_>) {
    for sub in [2, 3, 5, 6, 8, 9, 13, 14, 16] {
        let mut body = stage.body();
        body.rare_tip(sub, "一条少见的提示");
        stage.perform(Draft::tip(i64::try_from(sub).unwrap_or(0), body));
    }
    let actor = stage.somebody_else();
    for sender in [actor, 0] {
        let draft = stage.nudge(sender);
        stage.perform(draft);
    }
}

/// A file has arrived; the friendship has grown; a nudge.
pub(super) fn private_tips(stage: &mut Stage<'_>) {
    let mut body = stage.body();
    body.file_done("会议纪要.docx", 2048);
    stage.perform(Draft::tip(1, body));
    let mut body = stage.body();
    body.json_tip(
        "{\"align\":\"center\",\"items\":[{\"type\":\"nor\",\"txt\":\"你们的友谊小船已启航，\"},{\"type\":\"url\",\"txt\":\"点击查看\",\"jp\":\"https://ti.example.com\"}]}",
        "你们的友谊小船已启航",
    );
    stage.perform(Draft::tip(17, body));
    let friend = stage.beat.conversation;
    for sender in [friend, 0] {
        let draft = stage.nudge(sender);
        stage.perform(draft);
    }
}

/// Answers by emoji: several, one, and entries without content.
pub(super) fn reactions(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    for entries in [
        &[("76", 1, 12), ("66", 1, 3), ("128077", 2, 5)][..],
        &[("128516", 2, 1)],
        &[("", 1, 0)],
    ] {
        let mut body = stage.body();
        body.text("大家觉得怎么样");
        let mut draft = Draft::spoken(sender, body);
        draft.reactions = Some(everyday::reactions(entries));
        stage.perform(draft);
    }
}

/// A chat through a group, in both tables that such rows are found in.
pub(super) fn temporary_chat(stage: &mut Stage<'_>) {
    let other = stage.beat.conversation;
    for table in [Table::Temporary, Table::Private] {
        let mut body = stage.body();
        body.temporary(&stage.cast.party(stage.cast.stars.project).digits);
        let mut draft = Draft::tip(15, body);
        draft.table = Some(table);
        stage.perform(draft);
        for (sender, words) in [(other, "你好，我在群里看到你出相机"), (0, "还在的，九成新")]
        {
            let mut body = stage.body();
            body.text(words);
            let mut draft = Draft::spoken(sender, body);
            draft.table = Some(table);
            stage.perform(draft);
        }
    }
}
