//! A page of a conversation: some messages around a place, whatever its length.

use hutong_model::{ConversationId, Message, MessageId};

use super::walk::{Edge, Step, Toward, Walk};
use super::{Cursor, Reader, Targets};
use crate::ArchiveError;

/// The most messages that one page gives on one side of its place.
pub const PAGE_LIMIT: usize = 1_000;

/// Newest messages that are looked at for one that is not hidden.
const HIDDEN_LIMIT: usize = 64;

/// Which messages of a conversation a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The oldest.
    Start,
    /// The newest.
    End,
    /// The last ones before a place; usually [`Page::first`] of the page that follows.
    Before(Cursor),
    /// The first ones after a place; usually [`Page::last`] of the page before.
    After(Cursor),
    /// A message (by the id of any of its copies) with so many on either side.
    Around(MessageId),
    /// The first ones sent at an instant or later, milliseconds since 1970.
    From(i64),
    /// The last ones sent before an instant.
    Until(i64),
}

/// Messages of a conversation that follow each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Oldest first, replies resolved, as [`Reader::conversation`] gives them.
    pub messages: Vec<Message>,
    /// Where the first of them stands.
    pub first: Option<Cursor>,
    /// Where the last of them stands.
    pub last: Option<Cursor>,
    /// Whether there are messages before the first one. Without any message: before the place asked for.
    pub has_earlier: bool,
    /// Whether there are messages after the last one. Without any message: after the place asked for.
    pub has_later: bool,
}

impl Reader {
    /// Reads a page of a conversation and those linked with it.
    ///
    /// At most `count` messages (and no more than [`PAGE_LIMIT`]), around a message as many on either side. The page is
    /// empty, with nothing on either side, where there is no such conversation or the message is not in it. The price does
    /// not depend on the conversation's length: heads near the place are read, and the bodies of what is shown.
    ///
    /// Messages of the same time, order and id, which copies that contradict each other can bring about, come on one page:
    /// it may be longer by them.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn page(
        &mut self,
        conversation: ConversationId,
        place: Place,
        count: usize,
    ) -> Result<Page, ArchiveError> {
        let Some(linked) = self.linked_with(conversation) else {
            return Ok(Page::default());
        };
        let count = count.min(PAGE_LIMIT);
        let (edge, earlier, later) = match place {
            Place::Start => (Edge::Start, 0, count),
            Place::End => (Edge::End, count, 0),
            Place::Before(cursor) => (Edge::Before(cursor), count, 0),
            Place::After(cursor) => (Edge::After(cursor), 0, count),
            Place::From(instant) => (Edge::Instant(instant), 0, count),
            Place::Until(instant) => (Edge::Instant(instant), count, 0),
            Place::Around(id) => match self.place_in(&linked, id)? {
                Some(step) => (Edge::Before(step.cursor), count, count + 1),
                None => return Ok(Page::default()),
            },
        };
        let (mut steps, has_earlier) = self.steps(&linked, edge, Toward::Earlier, earlier)?;
        steps.reverse();
        let (after, has_later) = self.steps(&linked, edge, Toward::Later, later)?;
        steps.extend(after);
        let mut page = Page {
            messages: Vec::with_capacity(steps.len()),
            first: steps.first().map(|step| step.cursor),
            last: steps.last().map(|step| step.cursor),
            has_earlier,
            has_later,
        };
        let mut targets = Targets::default();
        for step in steps {
            let mut message = self.shown(step.document, &linked)?;
            targets.remember_id(&message);
            if !message.reply_to.is_empty() {
                targets.resolve(self, &mut message)?;
            }
            page.messages.push(message);
        }
        Ok(page)
    }

    /// The newest message of a conversation and those linked with it, for lists; its reply is not resolved.
    ///
    /// Hidden service rows are passed over, as long as there are not too many of them (64); then the newest is given as it is.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn last_message(
        &mut self,
        conversation: ConversationId,
    ) -> Result<Option<Message>, ArchiveError> {
        let Some(linked) = self.linked_with(conversation) else {
            return Ok(None);
        };
        let mut walk = Walk::start(self, &linked, Edge::End, Toward::Earlier);
        let mut newest = None;
        for _ in 0..HIDDEN_LIMIT {
            let Some(step) = walk.next(self)? else {
                break;
            };
            let message = self.shown(step.document, &linked)?;
            if !message.is_hidden {
                return Ok(Some(message));
            }
            newest = newest.or(Some(message));
        }
        Ok(newest)
    }

    /// Numbers of a conversation and those shown together with it.
    pub(super) fn linked_with(&self, conversation: ConversationId) -> Option<Vec<u32>> {
        let number = self.index.conversation_numbers.get(&conversation)?;
        Some(self.index.linked(*number))
    }

    /// Up to `count` places of messages from an edge on, and whether there are more.
    fn steps(
        &mut self,
        linked: &[u32],
        edge: Edge,
        toward: Toward,
        count: usize,
    ) -> Result<(Vec<Step>, bool), ArchiveError> {
        let mut walk = Walk::start(self, linked, edge, toward);
        let mut steps: Vec<Step> = Vec::with_capacity(count);
        while let Some(step) = walk.next(self)? {
            let is_twin = steps.last().is_some_and(|last| last.cursor == step.cursor);
            if steps.len() >= count && !is_twin {
                return Ok((steps, true));
            }
            steps.push(step);
        }
        Ok((steps, false))
    }

    /// Where a message stands, if it is in one of these conversations.
    fn place_in(&mut self, linked: &[u32], id: MessageId) -> Result<Option<Step>, ArchiveError> {
        let Some(document) = self.document(linked.first().copied(), id, false)? else {
            return Ok(None);
        };
        let Some(step) = self.place_of(document)? else {
            return Ok(None);
        };
        let is_here = linked.contains(&self.conversation_of(step.document)?);
        Ok(is_here.then_some(step))
    }
}
