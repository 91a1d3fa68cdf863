//! One message out of its sightings.
//!
//! The result depends only on the set of sightings, never on the order in which they came: the richest is the base, ties are broken by
//! origin, facts that it lacks are filled from the others in the same order, and another wording becomes a revision.

use hutong_model::{
    AttachmentState, Change, ConversationId, IdSpace, Message, MessageChange, MessageId, Part,
    Precision, Revision, State, SystemEvent,
};

use crate::alike::{id_in, pair};
use crate::codec::Head;

/// How much a sighting says; greater is richer.
fn richness(
    message: &Message,
) -> (
    bool,
    usize,
    bool,
    usize,
    std::cmp::Reverse<Precision>,
    bool,
    usize,
) {
    let is_placeholder = is_recall_notice(message)
        || message
            .parts
            .iter()
            .all(|part| matches!(part, Part::Unknown(_)));
    let mut stored = 0;
    for part in &message.parts {
        part.for_each_attachment(&mut |attachment| {
            stored += usize::from(attachment.state != AttachmentState::Missing);
        });
    }
    (
        !is_placeholder,
        stored,
        message.sender.is_some(),
        message.parts.len(),
        std::cmp::Reverse(message.precision),
        !message.reply_to.is_empty(),
        message.native_ids.len(),
    )
}

/// Whether it says nothing but that a message was withdrawn.
pub(crate) fn is_recall_notice(message: &Message) -> bool {
    matches!(message.parts.first(), Some(Part::System(system)) if system.event == SystemEvent::Recalled)
}

/// Merges sightings of one message; each comes with the digest of its record. `shown_in` tells where a conversation's messages
/// are shown.
pub(crate) fn merge(
    mut sightings: Vec<(Message, [u8; 32])>,
    shown_in: &dyn Fn(ConversationId) -> ConversationId,
) -> Option<Message> {
    if sightings.len() > 1 {
        sightings.sort_by(|(one, one_digest), (other, other_digest)| {
            richness(other)
                .cmp(&richness(one))
                .then_with(|| one.origin.cmp(&other.origin))
                .then_with(|| one_digest.cmp(other_digest))
        });
    }
    let strength_of = |message: &Message| {
        let is_linked = shown_in(message.conversation) != message.conversation;
        strength(message.id, is_linked)
    };
    let mut strengths: Vec<Strength> = sightings
        .iter()
        .map(|(message, _)| strength_of(message))
        .collect();
    // A copy without ids may be the richest, but its place among its neighbours is that of the copy that has them.
    let place = sightings
        .iter()
        .min_by_key(|(message, _)| message.id.space())
        .map(|(message, _)| (message.sent_at, message.precision, message.order));
    let mut sightings = sightings.into_iter().map(|(message, _)| message);
    let mut base = sightings.next()?;
    let base_home = shown_in(base.conversation);
    for other in sightings {
        fill(&mut base, other, base_home);
    }
    if let Some(place) = place
        && strengths.iter().any(|(space, ..)| *space < base.id.space())
    {
        (base.sent_at, base.precision, base.order) = place;
    }
    // The strongest id is the message's; the others go on naming it.
    strengths.sort_unstable();
    for (at, (.., id)) in strengths.into_iter().enumerate() {
        if at == 0 {
            base.id = id;
        } else if id != base.id && !base.lookup_keys.contains(&id) {
            base.lookup_keys.push(id);
        }
    }
    Some(base)
}

/// Time and order of the message that sightings with these heads make, where the heads are enough to say.
///
/// [`merge`] takes them from a sighting whose id is of the strongest space; where all of those agree, it does not matter from which.
pub(crate) fn place_by_heads(heads: &[Head]) -> Option<(i64, i64)> {
    let strongest = heads.iter().map(|head| head.id.space()).min()?;
    let mut places = heads
        .iter()
        .filter(|head| head.id.space() == strongest)
        .map(|head| (head.sent_at, head.order));
    let place = places.next()?;
    places.all(|other| other == place).then_some(place)
}

/// How strong an id of a message is, the id itself last; smaller is stronger.
pub(crate) type Strength = (IdSpace, bool, MessageId);

/// The strength of an id; in a conversation that is shown in another one it gives way to that one's ids.
pub(crate) fn strength(id: MessageId, is_linked: bool) -> Strength {
    (id.space(), is_linked, id)
}

/// Whether two messages were found to be one by their words alone.
fn is_by_likeness(one: &Message, other: &Message, shown_in: ConversationId) -> bool {
    if one.id.space() != other.id.space() {
        return true;
    }
    one.conversation != other.conversation
        && id_in(one, shown_in) != id_in(other, shown_in)
        && (pair(one).is_none() || pair(one) != pair(other))
}

fn fill(base: &mut Message, other: Message, shown_in: ConversationId) {
    let is_by_likeness = is_by_likeness(base, &other, shown_in);
    let other_is_notice = is_recall_notice(&other);
    if other_is_notice && !is_recall_notice(base) && base.state == State::Normal {
        base.state = State::Recalled {
            by: other.sender,
            at: None,
        };
    }
    let is_named_better = match (base.sender, other.sender) {
        (None, Some(_)) => true,
        (Some(own), Some(other)) => own.is_name() && !other.is_name(),
        _ => false,
    };
    if is_named_better {
        base.sender = other.sender;
        base.direction = other.direction;
        if other.sender_name.is_some() {
            base.sender_name.clone_from(&other.sender_name);
        }
    }
    base.thread = base.thread.or(other.thread);
    if base.sender_name.is_none() {
        base.sender_name = other.sender_name;
    }
    if base.raw.is_none() {
        base.raw = other.raw;
    }
    for (list, more) in [
        (&mut base.reply_to, other.reply_to),
        (&mut base.lookup_keys, other.lookup_keys),
    ] {
        for key in more {
            if !list.contains(&key) {
                list.push(key);
            }
        }
    }
    for id in other.native_ids {
        if !base.native_ids.iter().any(|known| known.name == id.name) {
            base.native_ids.push(id);
        }
    }
    for reaction in other.reactions {
        match base
            .reactions
            .iter_mut()
            .find(|known| known.emoji == reaction.emoji)
        {
            Some(known) => known.count = known.count.max(reaction.count),
            None => base.reactions.push(reaction),
        }
    }
    base.reactions.sort();
    match (&base.state, other.state) {
        (State::Normal, state) => base.state = state,
        (State::Deleted, state @ State::Recalled { .. }) => base.state = state,
        _ => {}
    }
    let is_placeholder = other_is_notice
        || other
            .parts
            .iter()
            .all(|part| matches!(part, Part::Unknown(_)));
    // Messages that were found to be one by their words say the same: one of them only says it poorer.
    if !is_placeholder && !is_by_likeness && !same_wording(&base.parts, &other.parts) {
        add_revision(
            base,
            Revision {
                at: None,
                parts: other.parts,
            },
        );
    }
    for revision in other.revisions {
        add_revision(base, revision);
    }
}

fn add_revision(base: &mut Message, revision: Revision) {
    if !same_wording(&base.parts, &revision.parts)
        && !base
            .revisions
            .iter()
            .any(|known| same_wording(&known.parts, &revision.parts))
    {
        base.revisions.push(revision);
    }
}

/// Whether two contents say the same, whatever was found of their attachments.
pub(crate) fn same_wording(one: &[Part], other: &[Part]) -> bool {
    one == other || strip(one) == strip(other)
}

fn strip(parts: &[Part]) -> Vec<Part> {
    let mut parts = parts.to_vec();
    for part in &mut parts {
        let stripped: Result<(), std::convert::Infallible> =
            part.try_for_each_attachment_mut(&mut |attachment| {
                attachment.path = None;
                attachment.sha256 = None;
                attachment.size_bytes = None;
                attachment.media_type = None;
                attachment.state = AttachmentState::Missing;
                Ok(())
            });
        match stripped {
            Ok(()) => {}
        }
        match part {
            Part::Image(image) => image.thumbnail = None,
            Part::Video(video) => video.thumbnail = None,
            _ => {}
        }
    }
    parts
}

/// Applies what happened to a message later. The order of the changes does not matter.
pub(crate) fn apply(message: &mut Message, changes: &[MessageChange]) {
    let mut recall: Option<State> = None;
    for change in changes {
        match change.change.known() {
            Change::Recall { by, at } => {
                let state = State::Recalled { by: *by, at: *at };
                // Of several statements the one that says more stands, then the earlier, then the smaller id.
                let rank = |state: &State| match state {
                    State::Recalled { by, at } => (by.is_none(), at.is_none(), *at, *by),
                    _ => (true, true, None, None),
                };
                if recall
                    .as_ref()
                    .is_none_or(|known| rank(&state) < rank(known))
                {
                    recall = Some(state);
                }
            }
            Change::Revision(revision) => add_revision(message, revision.clone()),
            // What is known of a change is never foreign itself.
            Change::Foreign { .. } => {}
            Change::Reaction(reaction) => {
                if !message.reactions.contains(reaction) {
                    message.reactions.push(reaction.clone());
                    message.reactions.sort();
                }
            }
        }
    }
    if let Some(recall) = recall {
        message.state = recall;
    }
}
