//! JSON of any size, an element at a time, and whatever can be saved of a damaged one.
//!
//! [`JsonStream`] walks through a file and asks for every value by its path what to do with it: go into it, give it whole,
//! or pass over it. Only what is given whole is in memory. [`JsonLines`] does the same for files with one value a line.
//! [`parse`] turns the bytes of a value into a [`Node`] (or any type of serde's) and repairs what writers get wrong.
//! [`Outline`] says what the first few kilobytes of a file hold, for recognition.
//!
//! Accepted beyond the standard: a byte order mark, zero bytes between values, commas too many or (between elements) too
//! few, several values one after the other, a missing end. A damaged element costs itself: reading goes on at the next
//! place that begins like its siblings. Everything that was passed over because of damage is told as a [`Trouble`].
//!
//! ```
//! use std::sync::Arc;
//! use hutong_sources::json_stream::{Choice, Found, JsonStream, Node, parse};
//!
//! let file = br#"{"messages":[{"id":"1"},{"id":"2"}],"owner":"10001"}"#.to_vec();
//! let mut stream = JsonStream::new(Arc::new(file))?;
//! let mut seen = Vec::new();
//! while let Some(found) = stream.next(|path, _shape| match path {
//!     "" | "messages" => Choice::Enter,
//!     "messages[]" | "owner" => Choice::Take,
//!     _ => Choice::Skip,
//! })? {
//!     match found {
//!         Found::Value(value) => {
//!             let mut spare = Vec::new();
//!             let (node, _was_repaired) = parse::<Node>(value.bytes, &mut spare)?;
//!             let id = node.get("id").text().unwrap_or_default().into_owned();
//!             seen.push((value.path.to_owned(), value.start, id));
//!         }
//!         Found::Trouble(trouble) => panic!("{}", trouble.reason),
//!     }
//! }
//! assert_eq!(seen[1], ("messages[]".to_owned(), 24, "2".to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod found;
mod lines;
mod node;
mod outline;
mod pruned;
mod recover;
mod repair;
mod scan;
mod stream;
#[cfg(test)]
mod tests;
mod window;

pub use found::{Choice, Found, Shape, Trouble, Value};
pub use lines::{JsonLines, Line};
pub use node::{Node, is_rounded};
pub use outline::Outline;
pub use pruned::{Prune, Pruned};
pub use repair::{first_value, parse, repair};
pub use stream::JsonStream;

/// Values larger than this are passed over and told as a problem.
pub const LARGEST_VALUE: usize = 64 << 20;
