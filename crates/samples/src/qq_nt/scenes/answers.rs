//! Scenes of replies.

use super::speech::say;
use crate::qq_nt::attach::{Keeping, Look};
use crate::qq_nt::stage::{Recent, Stage};

/// A reply, a reply to the reply, a reply to a picture.
pub(super) fn in_a_group(stage: &mut Stage<'_>) {
    let (one, two) = (stage.somebody_else(), stage.somebody_else());
    say(stage, one, "国庆回不回来，几号到？");
    for (sender, words) in [
        (0, "三号晚上到"),
        (two, "那我也三号"),
        (one, "三号一起吃饭"),
    ] {
        let target = stage.just_said();
        let draft = stage.answer(sender, &target, words, true, false);
        stage.perform(draft);
    }
    let draft = stage.picture(one, Look::Photo, Keeping::Both);
    stage.perform(draft);
    let target = stage.just_said();
    let draft = stage.answer(0, &target, "这张拍得好", true, false);
    stage.perform(draft);
}

/// The target is not in the set; only its snapshot is.
pub(super) fn without_target(stage: &mut Stage<'_>) {
    let (one, two) = (stage.somebody_else(), stage.somebody_else());
    let target = Recent {
        msg_id: (stage.now() - 90_000) << 32 | 7,
        sequence: 999_999,
        sender: one,
        time: stage.now() - 90_000,
        summary: "这句话只在引用里还看得到".to_owned(),
        ..Recent::default()
    };
    let draft = stage.answer(two, &target, "说得对", false, false);
    stage.perform(draft);
}

/// By row id (47416), and by the sender's sequence (40850) across the point where it begins anew.
pub(super) fn in_private(stage: &mut Stage<'_>) {
    let friend = stage.beat.conversation;
    for number in 0..6 {
        say(
            stage,
            if number % 2 == 0 { 0 } else { friend },
            &format!("第 {number} 个问题"),
        );
        let target = stage.just_said();
        let sender = if number % 2 == 0 { friend } else { 0 };
        let draft = stage.answer(
            sender,
            &target,
            &format!("第 {number} 个回答"),
            true,
            number % 3 != 2,
        );
        stage.perform(draft);
    }
}
