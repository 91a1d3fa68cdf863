//! A message as it stands in a chat window: a bubble on the left or on the right.

use hutong_model::{Direction, Message};

use super::strip::{INSIDE, SCALE, WIDTH};
use crate::typeset::content::{Block, Piece};
use crate::typeset::theme::{OWN_NAME, colour_of};
use crate::typeset::{Colour, Fonts, Frame, Row, Rows, Teller, Theme, Tone};

/// White at the sides.
pub(super) const SIDE: f32 = 12.0 * SCALE;

/// Side of an avatar.
pub(super) const AVATAR: f32 = 36.0 * SCALE;

/// Space between avatar and bubble.
const GAP: f32 = 8.0 * SCALE;

/// Space between the edge of a bubble and its words.
pub(super) const PADDING: f32 = 10.0 * SCALE;

/// A message as it stands in a chat window.
pub(super) struct Bubble {
    /// The line above: name and time.
    pub(super) head: Vec<Row>,
    /// What is in the bubble.
    pub(super) rows: Vec<Row>,
    /// Left and right end of the bubble; absent where there is none behind the rows.
    pub(super) sides: Option<(f32, f32)>,
    pub(super) colour: Colour,
    /// First letter, colour and left end of the avatar.
    pub(super) avatar: Option<(String, Colour, f32)>,
}

/// Lays a message out.
pub(super) fn lay_out(
    message: &Message,
    teller: &mut Teller<'_>,
    fonts: &mut Fonts,
    theme: &Theme,
    key: &mut u32,
) -> Bubble {
    let blocks = teller.message(message);
    let local = teller.scribe.clock.local(message.sent_at);
    let mut time = Vec::new();
    local.write_second(message.precision, &mut time);
    let time: String = time.into_iter().map(char::from).collect();
    let mut layout = Rows { fonts, theme, key };
    if message.sender.is_none() && message.sender_name.is_none() {
        return notice(&blocks, &time, &mut layout);
    }
    let (person, name) = teller.scribe.sender(message);
    let is_own = message.direction == Direction::Out;
    let colour = if is_own {
        OWN_NAME
    } else {
        colour_of(person.native_id.unwrap_or(name).as_bytes())
    };
    let letter = name
        .chars()
        .find(|character| character.is_alphanumeric())
        .map(|character| character.to_uppercase().collect())
        .unwrap_or_default();
    let shown: String = name
        .chars()
        .filter(|character| !crate::text::is_direction_control(*character))
        .map(|character| if character == '\n' { ' ' } else { character })
        .take(60)
        .collect();
    let (words_from, avatar_at) = if is_own {
        (SIDE + AVATAR + GAP + PADDING, WIDE - SIDE - AVATAR)
    } else {
        (SIDE + AVATAR + GAP + PADDING, SIDE)
    };
    let mut head = Vec::new();
    let pieces = [
        Piece::new(shown, Tone::Label),
        Piece::new(format!("  {time}"), Tone::Time),
    ];
    layout.pieces(
        &pieces,
        &Frame::new(words_from - PADDING, INSIDE + 2.0 * PADDING),
        &mut |row| head.push(row),
    );
    let mut rows = Vec::new();
    layout.blocks(&blocks, &Frame::new(words_from, INSIDE), &mut |row| {
        rows.push(row);
    });
    let (left, right) = reach(&rows).unwrap_or((words_from, words_from));
    let is_bare = blocks
        .iter()
        .all(|block| matches!(block, Block::Picture(..)));
    // The bubble is as wide as its words, on the side of who speaks.
    let far_right = WIDE - SIDE - AVATAR - GAP - PADDING;
    let shift = if is_own {
        far_right - right
    } else {
        words_from - left
    };
    rows.iter_mut().for_each(|row| row.shift(shift));
    if is_own && let Some((_, right)) = reach(&head) {
        let shift = far_right + PADDING - right;
        head.iter_mut().for_each(|row| row.shift(shift));
    }
    Bubble {
        head,
        rows,
        sides: (!is_bare).then_some((left + shift - PADDING, right + shift + PADDING)),
        colour: if is_own {
            [0x95, 0xec, 0x69]
        } else {
            [0xff, 0xff, 0xff]
        },
        avatar: Some((letter, colour, avatar_at)),
    }
}

/// What nobody said: in the middle, small.
fn notice(blocks: &[Block], time: &str, layout: &mut Rows<'_>) -> Bubble {
    let mut blocks = blocks.to_vec();
    if let Some(Block::Text(pieces)) = blocks.first_mut() {
        pieces.insert(0, Piece::new(format!("{time}  "), Tone::Time));
    } else {
        blocks.insert(0, Block::Text(vec![Piece::new(time, Tone::Time)]));
    }
    let mut rows = Vec::new();
    layout.blocks(
        &blocks,
        &Frame::new(SIDE + AVATAR, WIDE - 2.0 * (SIDE + AVATAR)),
        &mut |row| rows.push(row),
    );
    if let Some((left, right)) = reach(&rows) {
        let shift = (WIDE - (right - left)) / 2.0 - left;
        rows.iter_mut().for_each(|row| row.shift(shift));
    }
    Bubble {
        head: Vec::new(),
        rows,
        sides: None,
        colour: [0xff, 0xff, 0xff],
        avatar: None,
    }
}

/// Width of the picture.
#[expect(clippy::cast_precision_loss, reason = "below 2^24")]
pub(super) const WIDE: f32 = WIDTH as f32;

/// Leftmost and rightmost end of what is seen in rows.
fn reach(rows: &[Row]) -> Option<(f32, f32)> {
    let ends = rows.iter().flat_map(|row| {
        let runs = row.runs.iter().map(|(_, run)| (run.x, run.x + run.width));
        let picture = row
            .picture
            .iter()
            .map(|placed| (placed.x, placed.x + placed.width));
        let fills = row.fills.iter().map(|fill| (fill.x, fill.x + fill.width));
        runs.chain(picture).chain(fills).collect::<Vec<_>>()
    });
    ends.reduce(|(left, right), (from, to)| (left.min(from), right.max(to)))
}
