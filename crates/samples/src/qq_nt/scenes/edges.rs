//! Scenes of old rows, empty rows, and bytes that do not fit.

use crate::qq_nt::draft::{Content, Draft, Plain};
use crate::qq_nt::rows::Names;
use crate::qq_nt::stage::Stage;
use crate::truth::{Kind, State};

/// Rows that came from an old client: no sequence, no uid, a midnight where the kind of sending belongs.
pub(super) fn migrated_rows(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    let midnight = (stage.now() + 28_800).div_euclid(86_400) * 86_400 - 28_800;
    for (sender, has_uin, words) in [
        (sender, true, "从旧电脑迁移来的消息"),
        (sender, false, "连号码也只剩名片里的"),
        (0, true, "自己的旧消息"),
        (sender, true, "第一行\0第二行"),
    ] {
        let party = stage.cast.party(sender);
        let mut body = stage.body();
        body.text(words);
        let mut draft = Draft::spoken(sender, body);
        draft.names = Names::Migrated {
            card: format!("{}({})", party.nick, party.digits),
            has_uin,
        };
        draft.send_type = Some(midnight);
        draft.sequence = Some(0);
        if words.contains('\0') {
            draft.text = Plain::None;
        }
        stage.perform(draft);
    }
}

/// Deleted rows with and without body, damaged rows, a row whose body was never loaded.
pub(super) fn deleted_and_empty_rows(stage: &mut Stage<'_>) {
    let mate = stage.beat.conversation;
    for (msg_type, sub_type, has_body, state) in [
        (1, 1, true, State::Deleted),
        (1, 0, false, State::Deleted),
        (1, 2, true, State::Deleted),
        (0, 0, false, State::Normal),
        (2, 1, false, State::Normal),
    ] {
        let mut body = stage.body();
        body.text("已删除，但字节还在");
        let mut draft = Draft::new(Kind::Unknown, msg_type, sub_type, Some(mate), body);
        draft.state = state;
        if !has_body {
            draft.content = Content::Null;
        }
        stage.perform(draft);
    }
}

/// A tag of the wrong wire type, text that is not UTF-8, elements as numbers, a body that ends early.
pub(super) fn bytes_that_do_not_fit(stage: &mut Stage<'_>) {
    let friend = stage.beat.conversation;
    let mut body = stage.body();
    let mut element = body.element(1);
    element
        .text(45003, "这里应该是数字")
        .text(45101, "标签类型不对，文字还在")
        .varint(45102, 0);
    body.words.push_str("标签类型不对，文字还在");
    body.add(&element);
    stage.perform(Draft::spoken(friend, body));

    let mut body = stage.body();
    let mut element = body.element(1);
    element
        .bytes(45101, b"\xE4\xBD\xA0\xFF\xFE\xE5\xA5\xBD")
        .varint(45102, 0);
    body.add(&element);
    let mut draft = Draft::spoken(friend, body);
    draft.text = Plain::None;
    stage.perform(draft);

    let mut column = crate::protobuf::Message::new();
    column.varint(40800, 1);
    let mut body = stage.body();
    body.text("前面有一个不是元素的元素");
    let mut bytes = column.into_bytes();
    bytes.extend(body.as_bytes());
    let mut draft = Draft::spoken(friend, body);
    draft.content = Content::Raw(bytes);
    draft.text = Plain::None;
    stage.perform(draft);

    let mut body = stage.body();
    body.text("后半截丢了");
    let whole = body.into_bytes();
    let mut draft = Draft::spoken(friend, stage.body());
    draft.kind = Kind::Unknown;
    draft.text = Plain::None;
    draft.content = Content::Raw(whole.get(..whole.len() / 2).unwrap_or_default().to_vec());
    stage.perform(draft);
}

/// Elements and message types without a meaning that is known.
pub(super) fn unknown_kinds(stage: &mut Stage<'_>) {
    let mate = stage.beat.conversation;
    for (msg_type, kind) in [(2, 99), (29, 31), (13, 15), (14, 12), (12, 13)] {
        let mut body = stage.body();
        let mut element = body.element(kind);
        element.text(59_999, "谁也不知道这是什么").varint(59_998, 7);
        body.add(&element);
        stage.perform(Draft::new(Kind::Unknown, msg_type, 0, Some(mate), body));
    }
}
