//! Which messages of different copies are one message, where no id says so.
//!
//! Ids of one space (see [`hutong_model::IdSpace`]) tell messages apart; ids of different spaces say nothing about each
//! other, and ids that only one generation of a client knows (any space but the platform's and that of texts) mean the
//! same only in one source. So messages of different copies are one when conversation, second, sender and text agree,
//! each counted once: two equal messages of one copy stay two. What counts as the same text, see
//! [`hutong_model::comparable_text`]: a picture is alike to its label.
//!
//! Conversations that were linked are compared in the same way. What a server numbered bears one id in all of them (see
//! [`hutong_model::Message::id_in`]); all other ids mean something in their own conversation only, so that even two
//! copies of one source can meet by their words.
//!
//! Everything here is a function of a set of sightings, never of the order in which they came.

mod sighting;

use hutong_model::{ConversationId, MessageId, Precision};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use self::sighting::{Sighting, id_in, pair};
use self::sighting::{Space, Standing, are_alike};

/// Groups that are looked at for one message before it is taken for a message of its own.
const MAX_TRIED: usize = 64;

/// Sightings with one id, or named alike by the server.
struct Entry {
    members: Vec<usize>,
    /// The strongest member.
    first: usize,
    /// The members of this minute that other copies are compared with: one for each time and wording that its copies
    /// state, the strongest first.
    faces: Vec<usize>,
    spaces: FxHashSet<Space>,
    families: FxHashSet<(u8, ConversationId)>,
}

/// Groups the sightings of one conversation and minute into messages; each group lists indexes, sorted.
pub(crate) fn groups(sightings: &[Sighting]) -> Vec<Vec<usize>> {
    let mut entries = entries(sightings);
    entries.sort_by_key(|entry| {
        sightings
            .get(entry.first)
            .map(|first| (first.space, first.sent_at, first.order, first.id))
    });
    let mut messages: Vec<Entry> = Vec::new();
    let mut by_text: FxHashMap<(i64, &str), Vec<usize>> = FxHashMap::default();
    let mut by_second: FxHashMap<i64, Vec<usize>> = FxHashMap::default();
    let mut by_minute: FxHashMap<i64, Vec<usize>> = FxHashMap::default();
    let mut rest = entries.into_iter().peekable();
    while let Some(entry) = rest.next() {
        // All entries of one space together: exact matches are made before loose ones.
        let space = space_of(sightings, &entry);
        let mut same = vec![entry];
        while let Some(next) = rest.next_if(|next| space_of(sightings, next) == space) {
            same.push(next);
        }
        let mut left = Vec::new();
        for entry in same {
            let found = faces(sightings, &entry).find_map(|face| {
                let candidates = by_text.get(&(face.second(), face.text.as_str()))?;
                find(sightings, &messages, candidates, &entry, face, true)
            });
            match found {
                Some(message) => add(&mut messages, message, entry),
                None => left.push(entry),
            }
        }
        for entry in left {
            let found = faces(sightings, &entry).find_map(|face| {
                let candidates = if face.precision == Precision::Minute {
                    by_minute.get(&face.minute())
                } else {
                    by_second.get(&face.second())
                };
                find(sightings, &messages, candidates?, &entry, face, false)
            });
            if let Some(message) = found {
                add(&mut messages, message, entry);
                continue;
            }
            let number = messages.len();
            for face in faces(sightings, &entry) {
                let lists = [
                    by_text
                        .entry((face.second(), face.text.as_str()))
                        .or_default(),
                    by_second.entry(face.second()).or_default(),
                    by_minute.entry(face.minute()).or_default(),
                ];
                for list in lists {
                    if list.last() != Some(&number) {
                        list.push(number);
                    }
                }
            }
            messages.push(entry);
        }
    }
    let mut groups: Vec<Vec<usize>> = messages
        .into_iter()
        .map(|mut message| {
            message.members.sort_unstable();
            message.members
        })
        .collect();
    groups.sort();
    groups
}

/// What of an entry other copies are compared with.
fn faces<'a>(sightings: &'a [Sighting], entry: &Entry) -> impl Iterator<Item = &'a Sighting> {
    entry
        .faces
        .iter()
        .filter_map(move |face| sightings.get(*face))
}

fn space_of(sightings: &[Sighting], entry: &Entry) -> Option<Space> {
    sightings.get(entry.first).map(|first| first.space)
}

/// Unites sightings with one id, and those that the server names alike.
fn entries(sightings: &[Sighting]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut by_id: FxHashMap<MessageId, usize> = FxHashMap::default();
    let mut by_pair: FxHashMap<(i64, i64, bool, i64), usize> = FxHashMap::default();
    let mut order: Vec<usize> = (0..sightings.len()).collect();
    order.sort_unstable_by(
        |one, other| match (sightings.get(*one), sightings.get(*other)) {
            (Some(one), Some(other)) => one.by_rank(other),
            _ => one.cmp(other),
        },
    );
    for index in order {
        let Some(sighting) = sightings.get(index) else {
            continue;
        };
        let pair_key = sighting
            .pair
            .map(|(one, other)| (one, other, sighting.is_system, sighting.second()));
        let known = by_id
            .get(&sighting.id)
            .copied()
            .or_else(|| pair_key.and_then(|key| by_pair.get(&key).copied()));
        let number = known.unwrap_or(entries.len());
        by_id.insert(sighting.id, number);
        if let Some(key) = pair_key {
            by_pair.entry(key).or_insert(number);
        }
        match entries.get_mut(number) {
            Some(entry) => {
                // The first of them is the strongest: they come by rank.
                entry.members.push(index);
                let is_new_face = sighting.standing == Standing::Here
                    && faces(sightings, entry).all(|face| !face.looks_like(sighting));
                if is_new_face {
                    entry.faces.push(index);
                }
                if sighting.standing != Standing::Follows {
                    entry.spaces.insert(sighting.space);
                    entry.families.insert(sighting.family());
                }
            }
            None => entries.push(Entry {
                members: vec![index],
                first: index,
                faces: vec![index],
                spaces: FxHashSet::from_iter([sighting.space]),
                families: FxHashSet::from_iter([sighting.family()]),
            }),
        }
    }
    entries
}

fn add(messages: &mut [Entry], message: usize, entry: Entry) {
    if let Some(message) = messages.get_mut(message) {
        message.members.extend(entry.members);
        message.spaces.extend(entry.spaces);
        message.families.extend(entry.families);
    }
}

/// The first message that an entry may be a sighting of, by this one of its faces.
fn find(
    sightings: &[Sighting],
    messages: &[Entry],
    candidates: &[usize],
    entry: &Entry,
    face: &Sighting,
    is_exact: bool,
) -> Option<usize> {
    candidates
        .iter()
        .copied()
        .filter(|candidate| {
            messages.get(*candidate).is_some_and(|message| {
                message.spaces.is_disjoint(&entry.spaces)
                    && message.families.is_disjoint(&entry.families)
            })
        })
        .take(MAX_TRIED)
        .find(|candidate| {
            messages.get(*candidate).is_some_and(|message| {
                faces(sightings, message).any(|other| {
                    let is_when =
                        face.precision == Precision::Minute || other.second() == face.second();
                    is_when && are_alike(other, face, is_exact)
                })
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong_model::{
        AccountId, Direction, Message, NativeId, NativeIdName, Origin, Part, Platform, Timestamp,
    };
    use proptest::prelude::*;

    fn chat() -> ConversationId {
        ConversationId::group(&Platform::Qq, "1")
    }

    fn message(kind: &str, number: i64, second: i64, sender: &str, parts: Vec<Part>) -> Message {
        let id = MessageId::new(chat(), kind, &[&number.to_le_bytes()]);
        let mut message = Message::new(
            Platform::Qq,
            id,
            chat(),
            Timestamp::from_seconds(second),
            Origin::new("a", "", hutong_model::At::Whole),
        );
        message.sender = Some(AccountId::new(&Platform::Qq, sender));
        message.direction = Direction::In;
        message.order = number;
        message.parts = parts;
        message
    }

    fn said(kind: &str, number: i64, second: i64, text: &str) -> Message {
        message(kind, number, second, "10001", vec![Part::text(text)])
    }

    fn group_ids(all: &[(u8, Message)]) -> Vec<Vec<usize>> {
        let sightings: Vec<Sighting> = all
            .iter()
            .zip(0..)
            .map(|((family, message), document)| Sighting::new(document, *family, message, chat()))
            .collect();
        groups(&sightings)
    }

    #[test]
    fn a_copy_without_ids_meets_one_with_them_and_equal_messages_stay_apart() {
        let all = [
            (0, said("message", 1, 5, "好")),
            (0, said("message", 2, 5, "好")),
            (1, said("text", 1, 5, " 好")),
            (1, said("text", 2, 5, "好[图片]")),
            (1, said("text", 3, 5, "好")),
            (1, said("text", 4, 6, "好")),
        ];
        assert_eq!(
            group_ids(&all).len(),
            4,
            "two with both, one third and one of another second"
        );
    }

    #[test]
    fn rows_of_one_file_and_people_of_other_ids_are_never_one() {
        let other = message("text", 1, 5, "10002", vec![Part::text("好")]);
        let all = [
            (0, said("message", 1, 5, "好")),
            (0, said("row", 1, 5, "好")),
            (1, other),
        ];
        assert_eq!(group_ids(&all).len(), 3);
    }

    #[test]
    fn rows_without_a_servers_id_are_compared_between_generations() {
        let all = [
            (0, said("row", 1, 5, "以下为新消息")),
            (0, said("row", 2, 5, "以下为新消息")),
            (1, said("row", 3, 5, "以下为新消息")),
            (2, said("row", 4, 5, "以下为新消息")),
            (2, said("row", 5, 5, "以下为新消息")),
        ];
        assert_eq!(group_ids(&all).len(), 2);
    }

    #[test]
    fn a_face_in_the_text_is_found_under_its_name() {
        let face = Part::Sticker(Box::default());
        let rich = message(
            "message",
            1,
            5,
            "10001",
            vec![Part::text("早"), face, Part::text("啊")],
        );
        let all = [(0, rich), (1, said("text", 1, 5, "早/微笑啊"))];
        assert_eq!(group_ids(&all).len(), 1);
    }

    #[test]
    fn what_the_server_names_alike_is_one_whatever_the_device_calls_it() {
        let named = |number, sequence, random| {
            let mut message = said("message", number, 5, "嗯");
            message.native_ids = vec![
                NativeId::integer(NativeIdName::Sequence, sequence),
                NativeId::integer(NativeIdName::Random, random),
            ];
            message
        };
        let all = [
            (0, named(1, 7, 99)),
            (0, named(2, 7, 99)),
            (0, named(3, 8, 99)),
        ];
        assert_eq!(group_ids(&all), [vec![0, 1], vec![2]]);
    }

    proptest! {
        #[test]
        fn groups_depend_on_the_set_alone_and_lose_nothing(
            rows in proptest::collection::vec((0_u8..3, 0_i64..6, 0_i64..2, 0_usize..3), 0..24),
            seed in any::<u64>(),
        ) {
            let kinds = ["message", "text", "row"];
            let words = ["好", "不[图片]", "好/微笑"];
            let mut all: Vec<(u8, Message)> = rows
                .iter()
                .map(|(copy, number, second, word)| {
                    (*copy, said(kinds[usize::from(*copy)], *number, *second, words[*word]))
                })
                .collect();
            all.sort_by_key(|(_, message)| message.id);
            all.dedup_by_key(|(_, message)| message.id);
            let shape = |all: &[(u8, Message)]| {
                let mut shape: Vec<Vec<MessageId>> = group_ids(all)
                    .into_iter()
                    .map(|group| {
                        let mut ids: Vec<_> = group.iter().map(|index| all[*index].1.id).collect();
                        ids.sort();
                        ids
                    })
                    .collect();
                shape.sort();
                shape
            };
            let before = shape(&all);
            prop_assert_eq!(before.iter().map(Vec::len).sum::<usize>(), all.len());
            for group in &before {
                let spaces: FxHashSet<_> = group.iter().map(MessageId::space).collect();
                prop_assert_eq!(spaces.len(), group.len(), "one of each copy");
            }
            let mut state = seed | 1;
            for last in (1..all.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                all.swap(last, (state >> 33) as usize % (last + 1));
            }
            prop_assert_eq!(shape(&all), before);
        }
    }
}
