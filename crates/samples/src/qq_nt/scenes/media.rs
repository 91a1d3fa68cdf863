//! Scenes of pictures, voices, films, files and stickers.

use crate::qq_nt::attach::{Keeping, Look};
use crate::qq_nt::draft::Draft;
use crate::qq_nt::elements::Media;
use crate::qq_nt::stage::Stage;
use crate::truth::Kind;

/// Each look and each loss; words and a picture in one message.
pub(super) fn pictures(stage: &mut Stage<'_>) {
    let other = stage.somebody_else();
    for sender in [other, 0] {
        for (look, keeping) in [
            (Look::Photo, Keeping::Both),
            (Look::Photo, Keeping::ThumbnailOnly),
            (Look::Photo, Keeping::Gone),
            (Look::Flash, Keeping::Both),
            (Look::Sticker, Keeping::Both),
            (Look::Sticker, Keeping::Gone),
        ] {
            let draft = stage.picture(sender, look, keeping);
            stage.perform(draft);
        }
    }
    // Words lead, so a user would call it a text.
    let mut body = stage.body();
    body.text("看这张");
    let media = Media {
        name: "0123456789ABCDEF0123456789ABCDEF.jpg".to_owned(),
        size: 12_345,
        md5: [0x12; 16],
        ..Media::default()
    };
    body.picture(&media, 0, 1000, false);
    let mut draft = Draft::spoken(other, body);
    draft.sub_type = 3;
    stage.perform(draft);
}

/// Voice messages with and without transcript, films, kept and lost.
pub(super) fn voices_and_films(stage: &mut Stage<'_>) {
    let mate = stage.beat.conversation;
    for (sender, words, is_stored) in [
        (mate, None, true),
        (0, Some("晚上一起吃饭吗"), true),
        (mate, None, false),
    ] {
        let draft = stage.voice(sender, words, is_stored);
        stage.perform(draft);
        let draft = stage.film(sender, is_stored);
        stage.perform(draft);
    }
}

/// Files that are there, that are gone, and that were sent online.
pub(super) fn files(stage: &mut Stage<'_>) {
    let other = stage.somebody_else();
    for (sender, kind, is_stored) in [
        (other, 3, true),
        (0, 3, true),
        (other, 3, false),
        (other, 23, false),
        (0, 30, false),
    ] {
        let draft = stage.file(sender, kind, is_stored);
        stage.perform(draft);
    }
}

/// Moving faces, dice, rock-paper-scissors, shop stickers, face bubbles.
pub(super) fn stickers(stage: &mut Stage<'_>) {
    let mate = stage.beat.conversation;
    for (id, name, result) in [
        (319, "/比心", None),
        (358, "/骰子", Some("6")),
        (359, "/包剪锤", Some("2")),
    ] {
        let mut body = stage.body();
        body.super_face(id, name, result);
        stage.perform(Draft::new(Kind::Sticker, 2, 16, Some(mate), body));
    }
    let mut body = stage.body();
    body.market_face("[贴贴]", 231_182, &[0xA5; 16]);
    stage.perform(Draft::new(Kind::Sticker, 17, 8, Some(mate), body));
    let mut body = stage.body();
    body.poke_face();
    stage.perform(Draft::new(Kind::Nudge, 2, 16, Some(mate), body));
    let mut body = stage.body();
    let mut element = body.element(27);
    element
        .varint(52132, 1)
        .text(52134, "平底锅")
        .text(52138, "[平底锅]x10")
        .text(52139, "请使用新版查看");
    body.add(&element);
    stage.perform(Draft::new(Kind::Sticker, 24, 0, Some(mate), body));
}
