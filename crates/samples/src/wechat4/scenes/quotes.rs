//! Scenes of quotes.

use crate::wechat4::attach::{Keeping, Stem};
use crate::wechat4::draft::{Draft, Plain, local_type};
use crate::wechat4::media::Coat;
use crate::wechat4::stage::Stage;
use crate::wechat4::thread::Recent;

/// The row that was just performed, as a target.
fn just_said(stage: &mut Stage<'_>, draft: Draft) -> Recent {
    let (sender, local_type, content) = (
        draft.sender.unwrap_or(0),
        draft.local_type,
        draft.body.clone(),
    );
    let server_id = stage.perform(draft);
    Recent {
        server_id,
        beat: stage.beat.index,
        sender,
        local_type,
        content,
        time: stage.now(),
    }
}

/// A quote, a quote of the quote, and one more of that.
pub(super) fn chain(stage: &mut Stage<'_>) {
    let (one, two) = (stage.somebody_else(), stage.somebody_else());
    let mut target = just_said(stage, Draft::text(one, "国庆回不回来 & 几号到？"));
    for (sender, words) in [
        (0, "三号晚上到"),
        (two, "那我也三号"),
        (one, "<三号> 一起吃饭"),
    ] {
        let draft = stage.answer(sender, &target, words, true);
        target = just_said(stage, draft);
    }
}

/// Quotes of a picture, a voice message, a card; and a quote of a few words only.
pub(super) fn of_other_kinds(stage: &mut Stage<'_>) {
    let friend = stage.conversation();
    let draft = stage.picture(friend, Keeping::Both(Coat::V2), Stem::Packed);
    let target = just_said(stage, draft);
    let draft = stage.answer(0, &target, "这张拍得好", true);
    stage.perform(draft);
    let draft = stage.voice(friend, None);
    let target = just_said(stage, draft);
    let draft = stage.answer(0, &target, "在开会，晚点听", true);
    stage.perform(draft);
    let draft = stage.article(friend);
    let target = just_said(stage, draft);
    let draft = stage.answer(0, &target, "收藏了", true);
    stage.perform(draft);
    let target = just_said(stage, Draft::text(friend, "周六爬山，周日看展，你选哪个"));
    let mut draft = stage.answer(0, &target, "看展", true);
    draft.body = draft
        .body
        .replace("</refermsg>", "<start>6</start><end>10</end></refermsg>");
    stage.perform(draft);
    // The upper half of the type is missing, as it often is.
    let target = just_said(stage, Draft::text(0, "几点集合"));
    let mut draft = stage.answer(friend, &target, "九点", true);
    draft.local_type = local_type(49, 0);
    stage.perform(draft);
}

/// Quotes whose target is not in the set.
pub(super) fn targets_missing(stage: &mut Stage<'_>) {
    let (one, two) = (stage.somebody_else(), stage.somebody_else());
    let gone = Recent {
        server_id: stage.foreign_id(),
        beat: 0,
        sender: one,
        local_type: 1,
        content: "这句话只在引用里还看得到".to_owned(),
        time: stage.now() - 7_000,
    };
    let draft = stage.answer(two, &gone, "说得对", false);
    stage.perform(draft);
    // No id at all.
    let mut draft = stage.answer(
        0,
        &Recent {
            server_id: 0,
            ..gone
        },
        "同上",
        false,
    );
    draft.text = Plain::Words("同上".to_owned());
    stage.perform(draft);
}
