//! Scenes of pictures, voices, films, files and stickers.

use crate::protobuf::Message;
use crate::truth::Kind;
use crate::wechat4::appmsg::App;
use crate::wechat4::attach::{Keeping, Stem};
use crate::wechat4::bodies;
use crate::wechat4::draft::{Draft, Server, local_type};
use crate::wechat4::media::Coat;
use crate::wechat4::stage::{Stage, packed_info};

/// Each container, each place for the file stem, each kind of loss.
pub(super) fn pictures(stage: &mut Stage<'_>) {
    let friend = stage.conversation();
    for (keeping, stem) in [
        (Keeping::Both(Coat::V2), Stem::Packed),
        (Keeping::Both(Coat::V1), Stem::Packed),
        (Keeping::Both(Coat::Xor), Stem::Packed),
        (Keeping::Both(Coat::V2), Stem::Bare),
        (Keeping::Both(Coat::V2), Stem::Resource),
        (Keeping::Both(Coat::V2), Stem::HardlinkOnly),
        (Keeping::ThumbnailOnly, Stem::Packed),
        (Keeping::Gone, Stem::Packed),
    ] {
        let draft = stage.picture(friend, keeping, stem);
        stage.perform(draft);
        let draft = stage.picture(0, keeping, stem);
        stage.perform(draft);
    }
    // Pasted from the clipboard: the XML says nothing.
    let mut draft = stage.picture(0, Keeping::Both(Coat::V2), Stem::Packed);
    draft.body = "<msg><img /></msg>".to_owned();
    stage.perform(draft);
}

/// Pictures that were sent together.
pub(super) fn album(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    let group = format!(
        "{:08X}-0000-4000-8000-{:012X}",
        stage.rng.draw32(),
        stage.rng.draw() >> 16
    );
    for _ in 0..3 {
        let mut draft = stage.picture(sender, Keeping::Gone, Stem::Packed);
        let md5 = stage.rng.hex32();
        draft.body = bodies::album_image(&mut stage.rng, &md5, &group, 3);
        draft.wait = 0;
        stage.perform(draft);
    }
}

/// With and without transcript, without server id, and one whose bytes are gone.
pub(super) fn voices(stage: &mut Stage<'_>) {
    let mate = stage.conversation();
    for words in [None, Some("晚上一起吃饭吗"), Some("好的 ok")] {
        let draft = stage.voice(mate, words);
        stage.perform(draft);
        let draft = stage.voice(0, words);
        stage.perform(draft);
    }
    let mut draft = stage.voice(0, None);
    draft.server = Server::Zero;
    stage.perform(draft);
    let mut draft = stage.voice(mate, None);
    draft.voice = None;
    stage.perform(draft);
}

/// Kept and lost films, and the old short video.
pub(super) fn films(stage: &mut Stage<'_>) {
    let friend = stage.conversation();
    for (sender, base, is_stored) in [
        (friend, 43, true),
        (0, 43, true),
        (friend, 62, true),
        (friend, 43, false),
    ] {
        let draft = stage.film(sender, base, is_stored);
        stage.perform(draft);
    }
}

/// A file on its way and then there; the same again with a new server id; a file that is gone.
pub(super) fn files(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    for (attach_id, is_same_id) in [("@cdn_first", true), ("@cdn_second", false)] {
        // Both rows must name one file, so the second is made from the first.
        let mut there = stage.file(sender, 6, attach_id, true);
        let mut on_its_way = there.clone();
        on_its_way.body = on_its_way.body.replace("<type>6</type>", "<type>74</type>");
        on_its_way.local_type = local_type(49, 74);
        on_its_way.is_told = false;
        on_its_way.file = None;
        let id = stage.perform(on_its_way);
        if is_same_id {
            there.server = Server::Again(id);
        }
        stage.perform(there);
    }
    let draft = stage.file(0, 6, "@cdn_gone", false);
    stage.perform(draft);
}

/// Stickers with odd digests, games, and a sticker file.
pub(super) fn stickers(stage: &mut Stage<'_>) {
    let mate = stage.conversation();
    let (from, to) = (
        stage.here().username.clone(),
        stage.cast.owner().username.clone(),
    );
    for (md5, product) in [
        ("not-a-digest-77", ""),
        ("", "com.tencent.xin.emoticon.lighthouse"),
        ("0a1b2c3d4e5f60718293a4b5c6d7e8f9", ""),
    ] {
        let body = bodies::sticker(&mut stage.rng, &from, &to, md5, product);
        stage.perform(Draft::new(Kind::Sticker, 47, Some(mate), body));
    }
    for (game, outcome) in [(1, 2), (2, 6)] {
        let body = bodies::game(&mut stage.rng, &from, game, outcome);
        stage.perform(Draft::new(Kind::Sticker, 47, Some(mate), body));
    }
    let draft = stage.app(mate, App { code: 8, title: "动画.gif", inner: "<appattach><totallen>2048</totallen><emoticonmd5>0a1b2c3d4e5f60718293a4b5c6d7e8f9</emoticonmd5><fileext>gif</fileext></appattach>", ..App::default() });
    stage.perform(draft);
    // A transcript of a service, on a row that is no voice message: must do no harm.
    let mut inner = Message::new();
    inner.varint(1, 1);
    let mut draft = Draft::text(mate, "[让我看看]");
    draft.packed = Some(packed_info(5, &inner));
    stage.perform(draft);
}
