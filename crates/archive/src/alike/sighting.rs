//! What a sighting says that copies of other sources say too, and whether two of them say the same.

use std::cmp::{Ordering, Reverse};

use hutong_model::{
    AccountId, ConversationId, Direction, IdSpace, Message, MessageId, NativeIdName, NativeValue,
    Part, PartKind, Precision, comparable_text,
};

use crate::run::Document;

/// Characters that an export may write for one part that is no text (`/微笑`, `[动画表情]`).
const LABEL_CHARACTERS: usize = 12;

/// What a sighting says that other copies say too.
#[derive(Debug)]
pub(crate) struct Sighting {
    pub(crate) document: Document,
    /// Its id in the conversation that it is shown in.
    pub(crate) id: MessageId,
    /// Kind of file that it stands in: rows of one chat in one file are never compared with each other.
    pub(crate) family: u8,
    /// The conversation that it was read in.
    pub(super) conversation: ConversationId,
    /// Where it stands, seen from the minute that is compared.
    pub(super) standing: Standing,
    pub(super) space: Space,
    pub(super) sent_at: i64,
    pub(super) precision: Precision,
    pub(super) order: i64,
    pub(super) sender: Option<AccountId>,
    pub(super) direction: Direction,
    pub(super) is_system: bool,
    pub(super) kind: PartKind,
    pub(super) text: String,
    /// The text runs between parts of another kind.
    pub(super) runs: Vec<String>,
    /// Parts that are no text.
    pub(super) others: usize,
    /// Server sequence and its random companion, which together name a message of QQ in every copy.
    pub(super) pair: Option<(i64, i64)>,
}

impl Sighting {
    /// A document of this family, whose message is shown in a conversation.
    pub(crate) fn new(
        document: Document,
        family: u8,
        message: &Message,
        shown_in: ConversationId,
    ) -> Self {
        let text_parts = message
            .parts
            .iter()
            .filter(|part| matches!(part, Part::Text(_) | Part::System(_) | Part::Nudge(_)));
        let runs: Vec<String> = text_parts
            .map(|part| comparable_text(std::slice::from_ref(part)))
            .filter(|run| !run.is_empty())
            .collect();
        let others = message
            .parts
            .iter()
            .filter(|part| {
                !matches!(
                    part,
                    Part::Text(_) | Part::System(_) | Part::Nudge(_) | Part::Quote(_)
                )
            })
            .count();
        let space = match message.id.space() {
            IdSpace::PLATFORM => (IdSpace::PLATFORM, 0, ConversationId::default()),
            IdSpace::TEXT => (IdSpace::TEXT, 0, message.conversation),
            space => (space, family, message.conversation),
        };
        Self {
            document,
            id: id_in(message, shown_in),
            family,
            conversation: message.conversation,
            standing: Standing::Here,
            space,
            sent_at: message.sent_at.0,
            precision: message.precision,
            order: message.order,
            sender: message.sender,
            direction: message.direction,
            is_system: matches!(
                message.parts.first(),
                Some(Part::System(_) | Part::Nudge(_))
            ),
            kind: message.kind(),
            text: comparable_text(&message.parts),
            runs,
            others,
            pair: pair(message),
        }
    }

    /// The same sighting in another minute, where it belongs to the message with this id.
    pub(crate) fn elsewhere(self, id: MessageId) -> Self {
        let standing = if self.id == id {
            Standing::Elsewhere
        } else {
            Standing::Follows
        };
        Self {
            id,
            standing,
            ..self
        }
    }

    pub(super) fn family(&self) -> (u8, ConversationId) {
        (self.family, self.conversation)
    }

    /// The order in which sightings of one message are asked; a sender and words beat none. It does not depend on when they
    /// came.
    pub(super) fn by_rank(&self, other: &Self) -> Ordering {
        let strength = |one: &Self| (one.standing, one.id.space(), one.id);
        let said = |one: &Self| {
            (
                one.sender.is_none_or(|sender| sender.is_name()),
                Reverse(one.others + one.runs.len()),
                (one.sent_at, one.order, one.sender, one.direction),
                (one.pair.is_none(), one.pair, one.family, one.conversation),
            )
        };
        strength(self)
            .cmp(&strength(other))
            .then_with(|| said(self).cmp(&said(other)))
            .then_with(|| self.text.cmp(&other.text))
            .then_with(|| self.document.cmp(&other.document))
    }

    pub(super) fn second(&self) -> i64 {
        self.sent_at.div_euclid(1_000)
    }

    pub(super) fn minute(&self) -> i64 {
        self.sent_at.div_euclid(60_000)
    }

    /// Whether whatever is alike to this is alike to the other.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        let key = |one: &Self| (one.second(), one.precision, one.sender, one.direction);
        let said = |one: &Self| (one.is_system, one.kind, one.others);
        key(self) == key(other)
            && said(self) == said(other)
            && self.text == other.text
            && self.runs == other.runs
    }
}

/// Where a sighting stands, seen from the minute that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// In it.
    Here,
    /// In another one, with the id of a message of this one: copies of its family are told apart by their ids.
    Elsewhere,
    /// In another one, where it was found to be that message by its words.
    Follows,
}

/// The id of a message in the conversation that it is shown in.
pub(crate) fn id_in(message: &Message, shown_in: ConversationId) -> MessageId {
    if message.conversation == shown_in {
        return message.id;
    }
    message.id_in(shown_in).unwrap_or(message.id)
}

/// Server sequence and random number, where a copy has both.
pub(crate) fn pair(message: &Message) -> Option<(i64, i64)> {
    let number = |name: &NativeIdName| {
        message.native_ids.iter().find_map(|id| match id.value {
            NativeValue::Integer(number) if id.name == *name && number != 0 => Some(number),
            _ => None,
        })
    };
    Some((
        number(&NativeIdName::Sequence)?,
        number(&NativeIdName::Random)?,
    ))
}

/// A space of ids, with the source and the conversation where it belongs to one.
pub(super) type Space = (IdSpace, u8, ConversationId);

pub(super) fn are_alike(one: &Sighting, other: &Sighting, is_exact: bool) -> bool {
    if one.is_system != other.is_system && !one.text.is_empty() {
        return false;
    }
    let is_known = |sender: Option<AccountId>| sender.filter(|sender| !sender.is_name());
    match (is_known(one.sender), is_known(other.sender)) {
        (Some(one), Some(other)) if one != other => return false,
        (Some(_), Some(_)) => {}
        // Where one of them knows only a name, or nobody, the direction must not contradict.
        _ => {
            let is_contradiction = one.direction != other.direction
                && one.direction != Direction::None
                && other.direction != Direction::None;
            if is_contradiction || (one.sender.is_some() != other.sender.is_some() && !is_exact) {
                return false;
            }
        }
    }
    if one.text == other.text {
        return !one.text.is_empty() || are_like_kinds(one, other);
    }
    !is_exact && (is_shown_as(one, other) || is_shown_as(other, one))
}

/// Whether two messages without words may be the same.
fn are_like_kinds(one: &Sighting, other: &Sighting) -> bool {
    let is_vague = |kind| matches!(kind, PartKind::Text | PartKind::Unknown | PartKind::Sticker);
    one.kind == other.kind || is_vague(one.kind) || is_vague(other.kind)
}

/// Whether an export may have written the rich message as the words of the poor one: its texts in their order, with at
/// most a label for each other part between them.
fn is_shown_as(rich: &Sighting, poor: &Sighting) -> bool {
    if rich.others == 0 {
        return false;
    }
    let mut rest = poor.text.as_str();
    let mut extra = 0;
    for run in &rich.runs {
        let Some(at) = rest.find(run.as_str()) else {
            return false;
        };
        extra += rest.get(..at).map_or(0, |skipped| skipped.chars().count());
        rest = rest.get(at + run.len()..).unwrap_or_default();
    }
    extra += rest.chars().count();
    // Without any words of its own only a short label can be meant.
    extra <= rich.others * LABEL_CHARACTERS
        && (!rich.runs.is_empty() || matches!(rich.kind, PartKind::Sticker))
}
