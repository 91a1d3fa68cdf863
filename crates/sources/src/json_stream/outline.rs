//! What the first few kilobytes of a file hold.

use std::sync::Arc;

use super::found::{Choice, Found, Shape};
use super::node::Node;
use super::repair::parse;
use super::stream::JsonStream;

/// Levels that are looked into.
const LEVELS: usize = 6;
/// Values that are listed.
const MOST: usize = 4096;

/// The values that stand in the beginning of a file, by path.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    entries: Vec<(String, Shape, String)>,
    /// Whether something that is no JSON stands before the end of the bytes.
    pub is_broken: bool,
    /// Values begun at the outermost level: more than one in JSON Lines.
    pub roots: u64,
    /// What the outermost value begins like.
    pub shape: Option<Shape>,
}

impl Outline {
    /// Lists what these bytes hold; they may end anywhere.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        let mut outline = Self::default();
        let first = head
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(head)
            .trim_ascii_start();
        if !matches!(first.first(), Some(b'{' | b'[')) {
            return outline;
        }
        let Ok(mut stream) = JsonStream::new(Arc::new(head.to_vec())) else {
            return outline;
        };
        let mut entries = Vec::new();
        let mut root = None;
        let mut is_broken = false;
        loop {
            let found = stream.next(|path, shape| {
                if path.is_empty() && root.is_none() {
                    root = Some(shape);
                }
                if !path.is_empty() && entries.len() < MOST {
                    entries.push((path.to_owned(), shape, String::new()));
                }
                let levels = path.matches('.').count() + path.matches("[]").count();
                if matches!(shape, Shape::Object | Shape::List) {
                    if levels < LEVELS && entries.len() < MOST {
                        Choice::Enter
                    } else {
                        Choice::Skip
                    }
                } else {
                    Choice::Take
                }
            });
            match found {
                Ok(Some(Found::Value(value))) => {
                    let mut spare = Vec::new();
                    if let (Some((_, _, text)), Ok((node, _))) = (
                        entries.last_mut(),
                        parse::<Node<'_>>(value.bytes, &mut spare),
                    ) {
                        *text = match &node {
                            Node::Bool(value) => value.to_string(),
                            _ => node.text().unwrap_or_default().into_owned(),
                        };
                    }
                }
                Ok(Some(Found::Trouble(trouble))) => {
                    // The end of the bytes is no damage.
                    is_broken |= trouble.start + trouble.length < head.len() as u64;
                }
                Ok(None) | Err(_) => break,
            }
        }
        outline.entries = entries;
        outline.shape = root;
        outline.roots = stream.roots();
        outline.is_broken = is_broken;
        outline
    }

    /// Whether a value with this path stands there.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.entries.iter().any(|(known, _, _)| known == path)
    }

    /// Whether a value with one of these paths stands there.
    #[must_use]
    pub fn has_any(&self, paths: &[&str]) -> bool {
        paths.iter().any(|path| self.has(path))
    }

    /// The first text or number with this path.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.entries
            .iter()
            .find(|(known, _, _)| known == path)
            .map(|(_, _, text)| text.as_str())
    }

    /// What the first value with this path begins like.
    #[must_use]
    pub fn shape_of(&self, path: &str) -> Option<Shape> {
        self.entries
            .iter()
            .find(|(known, _, _)| known == path)
            .map(|(_, shape, _)| *shape)
    }
}
