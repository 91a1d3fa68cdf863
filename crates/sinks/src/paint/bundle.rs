//! Forward bundles: messages inside messages.

use std::fmt;
use std::str::FromStr;

use hutong_model::{Forward, ForwardedMessage, Message, MessageId, Part, PartKind};

use super::escape::write_plain;
use super::{Live, Painter, Shelf, address, limits::Allowance};
use crate::scribe::MAX_DEPTH;
use crate::{Language, WriteError, words};

/// Bundles of at most this many messages are open from the start.
const OPEN_UP_TO: usize = 5;

/// So many lines of the platform's own preview are shown.
const MAX_SUMMARY_LINES: usize = 20;

/// Longest path that is read.
const MAX_PATH: usize = 4001;

/// Where in a message a bundle is: number of the part, then in turn number of the message in that bundle and number of
/// the part in that message, as in `0.3.1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BundlePath(Vec<u32>);

impl fmt::Display for BundlePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write!(f, "{step}")?;
        }
        Ok(())
    }
}

/// A path is an odd number of numbers with points between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a path to a forward bundle")]
pub struct BadPath;

impl FromStr for BundlePath {
    type Err = BadPath;

    fn from_str(text: &str) -> Result<Self, BadPath> {
        let steps: Vec<u32> = text
            .split('.')
            .take(MAX_PATH + 1)
            .map(|step| step.parse().map_err(|_| BadPath))
            .collect::<Result<_, _>>()?;
        if steps.len() > MAX_PATH || steps.len().is_multiple_of(2) {
            return Err(BadPath);
        }
        Ok(Self(steps))
    }
}

/// The bundle at this place in these parts.
#[must_use]
pub fn bundle_at<'m>(parts: &'m [Part], path: &BundlePath) -> Option<&'m Forward> {
    let mut parts = parts;
    let mut steps = path.0.iter().map(|step| usize::try_from(*step).ok());
    loop {
        let Part::Forward(forward) = parts.get(steps.next()??)? else {
            return None;
        };
        match steps.next() {
            Some(number) => parts = &forward.messages.get(number?)?.parts,
            None => return Some(forward),
        }
    }
}

/// Remembers where in a message the painter is.
#[derive(Debug, Default)]
pub(super) struct Trail {
    message: Option<MessageId>,
    steps: Vec<u32>,
}

impl Trail {
    pub(super) fn begin(&mut self, message: MessageId) {
        self.message = Some(message);
        self.steps.clear();
    }

    pub(super) const fn end(&mut self) {
        self.message = None;
    }

    pub(super) fn push(&mut self, step: usize) {
        self.steps.push(u32::try_from(step).unwrap_or(u32::MAX));
    }

    pub(super) fn pop(&mut self) {
        self.steps.pop();
    }

    /// Address of the bundle at hand from its message number `from` on.
    fn address(&self, from: usize) -> Option<String> {
        let path = BundlePath(self.steps.clone());
        Some(address::bundle(self.message?, &path, from))
    }
}

impl<S: Shelf> Painter<'_, S> {
    /// Appends the messages of one bundle inside a message, beginning with number `from`, for a page of their own.
    /// Gives the number of the first message that was left for a further page.
    ///
    /// # Errors
    /// When the shelf cannot be written to.
    pub fn bundle(
        &mut self,
        message: &Message,
        path: &BundlePath,
        from: usize,
        out: &mut Vec<u8>,
    ) -> Result<Option<usize>, WriteError> {
        let Some(forward) = bundle_at(&message.parts, path) else {
            return Ok(None);
        };
        let live = self.live.get_or_insert_with(Live::default);
        self.allowance = Allowance::begin(Some(*live), out.len());
        self.trail = Trail {
            message: Some(message.id),
            steps: path.0.clone(),
        };
        let left = self.bundled(forward, from, 0, out)?;
        self.trail.end();
        self.allowance = Allowance::default();
        Ok(left)
    }

    pub(super) fn forward(
        &mut self,
        forward: &Forward,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let is_open = depth == 0 && (1..=OPEN_UP_TO).contains(&forward.messages.len());
        out.extend_from_slice(if is_open {
            b"<details class=\"fw\" open><summary><b><bdi>"
        } else {
            b"<details class=\"fw\"><summary><b><bdi>"
        });
        let title = forward
            .title
            .as_deref()
            .filter(|title| !title.trim().is_empty())
            .map(|title| self.allowance.clip(title));
        write_plain(
            title.unwrap_or(words::part(self.language, PartKind::Forward)),
            out,
        );
        out.extend_from_slice(b"</bdi></b> <small>");
        write_plain(&self.scribe.forward_count(forward), out);
        out.extend_from_slice(b"</small>");
        if !is_open && !forward.summary.is_empty() {
            out.extend_from_slice(b"<span class=\"pre\">");
            for line in forward.summary.iter().take(MAX_SUMMARY_LINES) {
                if !self.allowance.has_room(out) {
                    break;
                }
                out.extend_from_slice(b"<span><bdi>");
                write_plain(self.allowance.clip(line), out);
                out.extend_from_slice(b"</bdi></span>");
            }
            out.extend_from_slice(b"</span>");
        }
        out.extend_from_slice(b"</summary>");
        if depth >= MAX_DEPTH {
            self.too_deep(forward, out);
        } else if !forward.messages.is_empty() {
            self.bundled(forward, 0, depth, out)?;
        }
        out.extend_from_slice(b"</details>");
        Ok(())
    }

    /// The end of what is shown in place: a link to read on where there is one.
    fn too_deep(&self, forward: &Forward, out: &mut Vec<u8>) {
        if self.live.is_some()
            && !forward.messages.is_empty()
            && let Some(address) = self.trail.address(0)
        {
            self.read_on(&address, forward.messages.len(), out);
            return;
        }
        out.extend_from_slice(b"<p class=\"e\">");
        write_plain(
            self.language
                .pick("嵌套过深，未展开", "nested too deeply to be shown"),
            out,
        );
        out.extend_from_slice(b"</p>");
    }

    /// The messages from number `from` on, as many as there is room for; the number of the first that is left out.
    fn bundled(
        &mut self,
        forward: &Forward,
        from: usize,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<Option<usize>, WriteError> {
        // The outermost bundle sets the limit for everything in it.
        let outer_end = self.allowance.bundle_end;
        if let Some(live) = self.live
            && depth == 0
        {
            self.allowance.bundle_end = out.len().saturating_add(live.max_bundle_bytes);
        }
        let mut left = None;
        out.extend_from_slice(b"<ol>");
        for (index, message) in forward.messages.iter().enumerate().skip(from) {
            // At least one is shown, so that reading on comes to an end.
            if index > from && out.len() >= self.allowance.bundle_end {
                left = Some(index);
                break;
            }
            self.trail.push(index);
            let written = self.forwarded(message, depth, out);
            self.trail.pop();
            written?;
        }
        out.extend_from_slice(b"</ol>");
        if let Some(index) = left
            && let Some(address) = self.trail.address(index)
        {
            self.read_on(&address, forward.messages.len() - index, out);
        }
        self.allowance.bundle_end = outer_end;
        Ok(left)
    }

    /// A link to the messages that were left out; scripts replace it by what is behind it.
    fn read_on(&self, address: &str, count: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<p class=\"more\"><a data-more href=\"");
        write_plain(address, out);
        out.extend_from_slice(b"\">");
        let count = words::grouped(count as u64);
        let text = match self.language {
            Language::Zh => format!("接着看另外 {count} 条"),
            Language::En => format!("Read on: {count} more"),
        };
        write_plain(&text, out);
        out.extend_from_slice(b"</a></p>");
    }

    fn forwarded(
        &mut self,
        message: &ForwardedMessage,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let name = self.scribe.name_of(
            message.sender,
            message.sender_name.as_deref(),
            message.sender_native_id.as_deref(),
        );
        out.extend_from_slice(b"<li><div class=\"fn\"><bdi>");
        write_plain(self.allowance.clip(name), out);
        out.extend_from_slice(b"</bdi><time>");
        let time = self.scribe.forwarded_time(message);
        write_plain(self.allowance.clip(&time), out);
        out.extend_from_slice(b"</time></div>");
        self.parts(&message.parts, None, depth + 1, out)?;
        out.extend_from_slice(b"</li>");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_bundle() {
        let bundle = |title: &str, parts: Vec<Part>| {
            let message = ForwardedMessage {
                parts,
                ..ForwardedMessage::default()
            };
            Part::Forward(Box::new(Forward {
                title: Some(title.to_owned()),
                messages: vec![ForwardedMessage::default(), message],
                ..Forward::default()
            }))
        };
        let inner = bundle("inner", vec![Part::text("好")]);
        let parts = [Part::text("看"), bundle("outer", vec![inner])];
        let title = |path: &str| {
            let path = path.parse::<BundlePath>().ok()?;
            bundle_at(&parts, &path)?.title.clone()
        };
        assert_eq!(title("1").as_deref(), Some("outer"));
        assert_eq!(title("1.1.0").as_deref(), Some("inner"));
        for none in ["0", "2", "1.0.0", "1.1.0.1.0", "1.1", "", "x", "-1", "1..1"] {
            assert_eq!(title(none), None, "{none}");
        }
        let path: BundlePath = "1.1.0".parse().unwrap();
        assert_eq!(path.to_string(), "1.1.0");
        assert_eq!(
            vec!["0"; 5000].join(".").parse::<BundlePath>(),
            Err(BadPath)
        );
    }
}
