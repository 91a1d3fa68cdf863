//! Where a search stands, so that it can go on later.

use std::fmt;
use std::str::FromStr;

use hutong_model::MessageId;

use crate::CursorError;
use crate::run::Document;

/// In which order hits are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SearchOrder {
    /// The newest first.
    #[default]
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// The place of a hit among all hits, good for as long as the archive lives.
///
/// Its text (`1714550400000.52`) can stand in an address as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SearchCursor {
    /// When the copy that was found was sent.
    pub(super) sent_at_ms: i64,
    pub(super) place: HitPlace,
}

/// What was found, among the hits of one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum HitPlace {
    /// A record that the posting lists name.
    Candidate(Document),
    /// A message that matches by what was said of it later.
    Late(MessageId),
}

/// Among hits, greater comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) time: i64,
    is_candidate: bool,
    document: Document,
    id: MessageId,
}

impl SearchOrder {
    /// Greater for what comes first. The complement turns an order round without overflow.
    pub(super) const fn rank_of_time(self, sent_at_ms: i64) -> i64 {
        match self {
            Self::NewestFirst => sent_at_ms,
            Self::OldestFirst => !sent_at_ms,
        }
    }

    pub(super) fn rank(self, cursor: SearchCursor) -> Rank {
        let (is_candidate, document, id) = match cursor.place {
            HitPlace::Candidate(document) => (true, document, MessageId::default()),
            HitPlace::Late(id) => (false, 0, id),
        };
        Rank {
            time: self.rank_of_time(cursor.sent_at_ms),
            is_candidate,
            document: match self {
                Self::NewestFirst => document,
                Self::OldestFirst => !document,
            },
            id,
        }
    }

    /// A rank that nothing of an instant comes before.
    pub(super) fn first_of(self, sent_at_ms: i64) -> Rank {
        Rank {
            time: self.rank_of_time(sent_at_ms),
            is_candidate: true,
            document: Document::MAX,
            id: MessageId([0xFF; 16]),
        }
    }
}

impl fmt::Display for SearchCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            HitPlace::Candidate(document) => write!(f, "{}.{document}", self.sent_at_ms),
            HitPlace::Late(id) => write!(f, "{}.{id}", self.sent_at_ms),
        }
    }
}

impl FromStr for SearchCursor {
    type Err = CursorError;

    /// Reads what [`fmt::Display`] writes, and nothing else.
    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (sent_at, place) = text.split_once('.').ok_or(CursorError)?;
        let place = match MessageId::from_hex(place) {
            Some(id) => HitPlace::Late(id),
            None => HitPlace::Candidate(place.parse().map_err(|_| CursorError)?),
        };
        let cursor = Self {
            sent_at_ms: sent_at.parse().map_err(|_| CursorError)?,
            place,
        };
        if cursor.to_string() == text {
            Ok(cursor)
        } else {
            Err(CursorError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(sent_at_ms: i64, document: Option<u32>, id: [u8; 16]) {
            let place = document.map_or(HitPlace::Late(MessageId(id)), HitPlace::Candidate);
            let cursor = SearchCursor { sent_at_ms, place };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn what_is_read_is_written_the_same(text in "[-+0-9a-fA-F.]{0,50}|\\PC{0,20}") {
            if let Ok(cursor) = text.parse::<SearchCursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }
}
