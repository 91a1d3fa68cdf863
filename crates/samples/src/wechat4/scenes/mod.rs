//! Prepared scenes: every kind of message and every known oddity, at least once.

mod cards;
mod edges;
mod events;
mod media;
mod quotes;
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
    scene(|stars| stars.project, speech::prefixes),
    scene(|stars| stars.friend, edges::stored_in_every_way),
    scene(|stars| stars.project, edges::rows_in_both_shards),
    scene(|stars| stars.family, quotes::chain),
    scene(|stars| stars.friend, quotes::of_other_kinds),
    scene(|stars| stars.project, quotes::targets_missing),
    scene(|stars| stars.friend, media::pictures),
    scene(|stars| stars.family, media::album),
    scene(|stars| stars.mate, media::voices),
    scene(|stars| stars.friend, media::films),
    scene(|stars| stars.project, media::files),
    scene(|stars| stars.mate, media::stickers),
    scene(|stars| stars.project, cards::forward_of_forwards),
    scene(|stars| stars.friend, cards::transfers),
    scene(|stars| stars.family, cards::red_packets),
    scene(|stars| stars.friend, cards::links_and_music),
    scene(|stars| stars.project, cards::programs_and_channels),
    scene(|stars| stars.property, cards::notices),
    scene(|stars| stars.mate, cards::every_other_code),
    scene(|stars| stars.mate, cards::people),
    scene(|stars| stars.friend, cards::places),
    scene(|stars| stars.mate, events::calls),
    scene(|stars| stars.family, events::nudges),
    scene(|stars| stars.project, events::recalls),
    scene(|stars| stars.friend, events::own_recall),
    scene(|stars| stars.school, events::templates),
    scene(|stars| stars.property, events::without_server_id),
    scene(|stars| stars.school, events::other_system_rows),
    scene(|stars| stars.friend, edges::broken_xml),
    scene(|stars| stars.mate, edges::unknown_kinds),
    scene(|stars| stars.property, speech::needle),
    scene(|stars| stars.helper, speech::notes_to_self),
    scene(|stars| stars.wecom, speech::small_talk),
    scene(|stars| stars.deleted, speech::small_talk),
    scene(|stars| stars.stranger, speech::small_talk),
    scene(|stars| stars.orphan, speech::small_talk),
    scene(|stars| stars.official, speech::small_talk),
    scene(|stars| stars.friend, edges::wrong_clock),
    scene(|stars| stars.school, speech::from_those_who_left),
    scene(|stars| stars.project, speech::everybody_is_meant),
    scene(|stars| stars.late, speech::new_friend),
];
