//! Steps through the records of a conversation in either direction, by their heads alone.
//!
//! The order is that of [`super::merging::Merge`]: time, order, id, then stretch and record. A stretch is opened only when
//! its turn comes, so that a page costs what lies near it and not what the conversation holds.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use hutong_model::MessageId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Cursor, Reader};
use crate::ArchiveError;
use crate::codec::Head;
use crate::lookup::block_of;
use crate::merge;
use crate::run::{BLOCK_RECORDS, Document, Run, Span};

/// A point between two messages of the reading order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edge {
    /// Before everything.
    Start,
    /// After everything.
    End,
    /// Before the message at a place.
    Before(Cursor),
    /// After the message at a place.
    After(Cursor),
    /// Before whatever was sent at an instant or later.
    Instant(i64),
}

impl Edge {
    /// Whether a record lies before it.
    fn is_after(self, head: &Head) -> bool {
        let place = cursor_of(head);
        match self {
            Self::Start => false,
            Self::End => true,
            Self::Before(edge) => place < edge,
            Self::After(edge) => place <= edge,
            Self::Instant(edge) => head.sent_at < edge,
        }
    }

    /// Whether all records of a stretch lie before it (`Less`) or after it (`Greater`), as far as their times say.
    fn side_of(self, span: &Span) -> Option<Ordering> {
        let (at, has_ties) = match self {
            Self::Start => return Some(Ordering::Greater),
            Self::End => return Some(Ordering::Less),
            Self::Before(edge) | Self::After(edge) => (edge.sent_at_ms, true),
            Self::Instant(edge) => (edge, false),
        };
        if span.max_time < at {
            Some(Ordering::Less)
        } else if span.min_time > at || (span.min_time == at && !has_ties) {
            Some(Ordering::Greater)
        } else {
            None
        }
    }
}

/// Which way to go from an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Toward {
    Earlier,
    Later,
}

/// Where a record stands among all of its conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    cursor: Cursor,
    stretch: usize,
    record: u32,
}

/// A record on the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) cursor: Cursor,
    pub(super) document: Document,
}

/// A stretch whose next record, or a bound for it, is known.
struct Waiting {
    position: Position,
    /// Whether the position is that of a record, rather than one that no record of the stretch comes before.
    is_open: bool,
    toward: Toward,
}

impl Ord for Waiting {
    /// Greatest is what comes next.
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.position.cmp(&other.position);
        match self.toward {
            Toward::Earlier => order,
            Toward::Later => order.reverse(),
        }
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting {}

/// One run's part of one of the conversations that are shown together.
struct Stretch {
    run: Arc<Run>,
    span: Span,
    /// Records not yet stepped over; known once the stretch is open.
    rest: Range<u32>,
}

/// A walk from an edge.
pub(super) struct Walk {
    edge: Edge,
    toward: Toward,
    stretches: Vec<Stretch>,
    queue: BinaryHeap<Waiting>,
    /// Blocks whose further sightings are known, with the documents that belong to messages with several.
    several: FxHashMap<Document, FxHashSet<Document>>,
}

impl Walk {
    /// Prepares a walk through a conversation and those linked with it; nothing is read yet.
    pub(super) fn start(reader: &Reader, linked: &[u32], edge: Edge, toward: Toward) -> Self {
        let mut walk = Self {
            edge,
            toward,
            stretches: Vec::new(),
            queue: BinaryHeap::new(),
            several: FxHashMap::default(),
        };
        let spans = reader.index.runs.iter().flat_map(|run| {
            linked
                .iter()
                .filter_map(move |number| Some((run, *run.span(*number)?)))
        });
        for (run, span) in spans {
            let side = edge.side_of(&span);
            let is_behind = match toward {
                Toward::Earlier => side == Some(Ordering::Greater),
                Toward::Later => side == Some(Ordering::Less),
            };
            let stretch = walk.stretches.len();
            walk.stretches.push(Stretch {
                run: run.clone(),
                span,
                rest: span.first..span.first + span.count,
            });
            if !is_behind {
                walk.queue.push(Waiting {
                    position: bound(&span, toward, stretch),
                    is_open: false,
                    toward,
                });
            }
        }
        walk
    }

    /// The next record, whether or not it is where its message stands.
    fn next_record(&mut self, reader: &mut Reader) -> Result<Option<Step>, ArchiveError> {
        while let Some(waiting) = self.queue.pop() {
            let number = waiting.position.stretch;
            let Some(stretch) = self.stretches.get_mut(number) else {
                continue;
            };
            if !waiting.is_open {
                stretch.open(reader, self.edge, self.toward)?;
                self.requeue(reader, number)?;
                continue;
            }
            let document = stretch.run.first_document + waiting.position.record;
            match self.toward {
                Toward::Later => stretch.rest.start += 1,
                Toward::Earlier => stretch.rest.end -= 1,
            }
            self.requeue(reader, number)?;
            return Ok(Some(Step {
                cursor: waiting.position.cursor,
                document,
            }));
        }
        Ok(None)
    }

    /// The next place where a message stands.
    pub(super) fn next(&mut self, reader: &mut Reader) -> Result<Option<Step>, ArchiveError> {
        while let Some(step) = self.next_record(reader)? {
            if !self.has_several(reader, step.document)?
                || reader.place_of(step.document)?.map(|step| step.document) == Some(step.document)
            {
                return Ok(Some(step));
            }
        }
        Ok(None)
    }

    /// Whether a document belongs to a message with several sightings; asked for whole blocks.
    fn has_several(&mut self, reader: &Reader, document: Document) -> Result<bool, ArchiveError> {
        if !reader.has_sightings {
            return Ok(false);
        }
        let run = reader.run_of(document)?;
        let (block, _) = block_of(document - run.first_document);
        let first = run.first_document + block * BLOCK_RECORDS;
        if let Some(several) = self.several.get(&first) {
            return Ok(several.contains(&document));
        }
        let mut several = FxHashSet::default();
        for question in [
            "SELECT document FROM sighting WHERE document BETWEEN ?1 AND ?2",
            "SELECT DISTINCT first_document FROM sighting WHERE first_document BETWEEN ?1 AND ?2",
        ] {
            let mut statement = reader.connection.prepare_cached(question)?;
            for found in
                statement.query_map([first, first + BLOCK_RECORDS - 1], |row| row.get(0))?
            {
                several.insert(found?);
            }
        }
        let is_among = several.contains(&document);
        self.several.insert(first, several);
        Ok(is_among)
    }

    /// Puts the next record of an open stretch into the queue.
    fn requeue(&mut self, reader: &mut Reader, number: usize) -> Result<(), ArchiveError> {
        let Some(stretch) = self.stretches.get(number) else {
            return Ok(());
        };
        let next = match self.toward {
            Toward::Later => stretch.rest.clone().next(),
            Toward::Earlier => stretch.rest.clone().next_back(),
        };
        if let Some(record) = next {
            let head = reader
                .lookup
                .head(&reader.connection, &stretch.run, record)?;
            self.queue.push(Waiting {
                position: Position {
                    cursor: cursor_of(&head),
                    stretch: number,
                    record,
                },
                is_open: true,
                toward: self.toward,
            });
        }
        Ok(())
    }
}

impl Stretch {
    /// Finds where the edge lies in it.
    fn open(
        &mut self,
        reader: &mut Reader,
        edge: Edge,
        toward: Toward,
    ) -> Result<(), ArchiveError> {
        let all = self.rest.clone();
        let at = match edge.side_of(&self.span) {
            Some(Ordering::Less) => all.end,
            Some(_) => all.start,
            None => {
                reader
                    .lookup
                    .partition(&reader.connection, &self.run, all.clone(), &|head| {
                        edge.is_after(head)
                    })?
            }
        };
        self.rest = match toward {
            Toward::Later => at..all.end,
            Toward::Earlier => all.start..at,
        };
        Ok(())
    }
}

/// A position that no record of a stretch comes before, on the way.
const fn bound(span: &Span, toward: Toward, stretch: usize) -> Position {
    let (sent_at_ms, order, id, record) = match toward {
        Toward::Later => (span.min_time, i64::MIN, [0; 16], 0),
        Toward::Earlier => (span.max_time, i64::MAX, [0xFF; 16], u32::MAX),
    };
    Position {
        cursor: Cursor {
            sent_at_ms,
            order,
            id: MessageId(id),
        },
        stretch,
        record,
    }
}

const fn cursor_of(head: &Head) -> Cursor {
    Cursor {
        sent_at_ms: head.sent_at,
        order: head.order,
        id: head.id,
    }
}

impl Reader {
    /// Where the message of a document stands in the reading order: at one of its sightings.
    pub(super) fn place_of(&mut self, document: Document) -> Result<Option<Step>, ArchiveError> {
        let sightings = self.heads_of(document)?;
        let heads: Vec<Head> = sightings.iter().map(|(_, head)| *head).collect();
        let place = match merge::place_by_heads(&heads) {
            Some(place) => place,
            // Copies that disagree about the time: which one counts depends on what they say.
            None => {
                let merged = self.merged(document)?;
                (merged.sent_at.0, merged.order)
            }
        };
        Ok(self
            .standing_at(&sightings, place)?
            .map(|(document, head)| Step {
                cursor: cursor_of(&head),
                document,
            }))
    }

    /// The sightings of a document's message with their heads.
    pub(super) fn heads_of(
        &mut self,
        document: Document,
    ) -> Result<Vec<(Document, Head)>, ArchiveError> {
        let mut heads = Vec::new();
        for document in self.sightings_of(document)? {
            let run = self.run_of(document)?;
            let head = self
                .lookup
                .head(&self.connection, &run, document - run.first_document)?;
            heads.push((document, head));
        }
        Ok(heads)
    }

    /// Which of these sightings their message stands at, by its time and order: the one with the strongest id.
    pub(super) fn standing_at(
        &self,
        sightings: &[(Document, Head)],
        place: (i64, i64),
    ) -> Result<Option<(Document, Head)>, ArchiveError> {
        let mut best = None;
        for (document, head) in sightings {
            if (head.sent_at, head.order) != place {
                continue;
            }
            let rank = (self.strength(*document, head.id)?, *document);
            if best.is_none_or(|(known, _)| rank < known) {
                best = Some((rank, *head));
            }
        }
        Ok(best.map(|((_, document), head)| (document, head)))
    }
}
