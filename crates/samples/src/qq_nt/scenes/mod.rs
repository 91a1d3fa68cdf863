//! Prepared scenes: every element and every known oddity, at least once.

mod answers;
mod cards;
mod edges;
mod events;
mod media;
mod speech;

pub(super) use speech::needle_of;

use super::cast::Stars;
use super::stage::Stage;

/// A prepared scene: where it plays, and how.
pub(super) struct Scene {
    pub(super) place: fn(&Stars) -> u32,
    pub(super) play: fn(&mut Stage<'_>),
}

const fn scene(place: fn(&Stars) -> u32, play: fn(&mut Stage<'_>)) -> Scene {
    Scene { place, play }
}

/// All scenes; they are spread over the history in this order, the last one at its end.
pub(super) const SCENES: &[Scene] = &[
    scene(|stars| stars.friend, speech::plain_lines_that_look_odd),
    scene(|stars| stars.project, speech::twins),
    scene(|stars| stars.project, speech::mentions),
    scene(|stars| stars.mate, speech::faces),
    scene(|stars| stars.family, media::pictures),
    scene(|stars| stars.friend, media::pictures),
    scene(|stars| stars.mate, media::voices_and_films),
    scene(|stars| stars.project, media::files),
    scene(|stars| stars.mate, media::stickers),
    scene(|stars| stars.project, answers::in_a_group),
    scene(|stars| stars.project, answers::without_target),
    scene(|stars| stars.friend, answers::in_private),
    scene(|stars| stars.family, cards::forwards),
    scene(|stars| stars.friend, cards::arks),
    scene(|stars| stars.family, cards::wallets),
    scene(|stars| stars.bot, cards::markdown),
    scene(|stars| stars.mate, cards::rest_of_the_elements),
    scene(|stars| stars.mate, events::private_calls),
    scene(|stars| stars.project, events::group_calls),
    scene(|stars| stars.project, events::recalls),
    scene(|stars| stars.property, events::group_events),
    scene(|stars| stars.school, events::rare_tips),
    scene(|stars| stars.friend, events::private_tips),
    scene(|stars| stars.school, events::reactions),
    scene(|stars| stars.property, edges::migrated_rows),
    scene(|stars| stars.mate, edges::deleted_and_empty_rows),
    scene(|stars| stars.friend, edges::bytes_that_do_not_fit),
    scene(|stars| stars.mate, edges::unknown_kinds),
    scene(|stars| stars.school, speech::from_those_who_left),
    scene(|stars| stars.property, speech::needle),
    scene(|stars| stars.phone, speech::to_the_phone),
    scene(|stars| stars.discussion, speech::small_talk),
    scene(|stars| stars.nameless, speech::small_talk),
    scene(|stars| stars.temporary, events::temporary_chat),
    scene(|stars| stars.late, speech::small_talk),
];
