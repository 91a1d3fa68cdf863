//! A place in the reading order of a conversation that outlives the page it was given with.

use std::fmt;
use std::str::FromStr;

use hutong_model::MessageId;

/// Where a message stands in the reading order of its conversation: when it was sent, its order in that instant, an id.
///
/// It stays good when messages are added before or after it, and names a place even where the message is gone. Its text
/// (`1714550400000.12.0f…`) consists of digits, `a`–`f`, `-` and `.`, so it can stand in an address as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// When, milliseconds since 1970.
    pub sent_at_ms: i64,
    /// Order among messages of that instant.
    pub order: i64,
    /// The id under which the message stands there; with several copies it may be that of another copy than the one shown.
    pub id: MessageId,
}

/// A text that is no [`Cursor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no place in a conversation")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.sent_at_ms, self.order, self.id)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    /// Reads what [`fmt::Display`] writes, and nothing else: each place has one spelling.
    fn from_str(text: &str) -> Result<Self, CursorError> {
        let mut fields = text.split('.');
        let (Some(sent_at), Some(order), Some(id), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(CursorError);
        };
        let cursor = Self {
            sent_at_ms: sent_at.parse().map_err(|_| CursorError)?,
            order: order.parse().map_err(|_| CursorError)?,
            id: MessageId::from_hex(id).ok_or(CursorError)?,
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
        fn a_cursor_is_read_as_it_was_written(sent_at_ms: i64, order: i64, id: [u8; 16]) {
            let cursor = Cursor { sent_at_ms, order, id: MessageId(id) };
            let text = cursor.to_string();
            prop_assert_eq!(text.parse(), Ok(cursor));
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)));
        }

        #[test]
        fn what_is_read_is_written_the_same(text in "[-+0-9a-fA-F.]{0,60}|\\PC{0,20}") {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        let id = "0123456789abcdef0123456789abcdef";
        assert!(format!("-5.0.{id}").parse::<Cursor>().is_ok());
        for text in [
            String::new(),
            id.to_owned(),
            format!("5.{id}"),
            format!("+5.0.{id}"),
            format!("05.0.{id}"),
            format!("5.-0.{id}"),
            format!("5.0.{id}.0"),
            format!("5.0.{}", id.to_uppercase()),
            format!("99999999999999999999.0.{id}"),
            "5.0.0123456789abcdef+123456789abcdef".to_owned(),
            "5.0.页页页页页页页页页页页".to_owned(),
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
    }
}
