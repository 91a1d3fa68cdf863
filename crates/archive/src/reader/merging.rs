//! One conversation in order: its stretches in all runs, merged.

use std::collections::{BinaryHeap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use hutong_model::hcx::MessageCopy;
use hutong_model::{Message, MessageId};
use rustc_hash::FxHashMap;

use super::{Reader, TimeWindow};
use crate::ArchiveError;
use crate::codec::Head;
use crate::lookup::block_of;
use crate::run::{BLOCK_RECORDS, Document, Run};
use crate::store::chunk;
use crate::unpack::{Packed, Unpacked};

/// Blocks of one stretch that are unpacked ahead.
const BLOCKS_AHEAD: usize = 4;

/// Merges a conversation's stretches in all runs.
pub(super) struct Merge {
    /// The conversations whose messages are shown together.
    linked: Vec<u32>,
    window: TimeWindow,
    streams: Vec<Stream>,
    heap: BinaryHeap<std::cmp::Reverse<(i64, i64, MessageId, usize)>>,
    /// The copies of the message that came last, where they are asked for.
    copies: Option<Vec<MessageCopy>>,
}

/// One run's stretch of the conversation.
struct Stream {
    run: Arc<Run>,
    rest: Range<u32>,
    block: Option<(u32, Unpacked)>,
    /// Blocks that are being unpacked, in order.
    ahead: VecDeque<(u32, Receiver<Result<Unpacked, ArchiveError>>)>,
    /// Further sightings in this block, by document: the first sighting.
    extra: FxHashMap<Document, Document>,
    /// First sightings in this block that have further ones.
    has_more: FxHashMap<Document, ()>,
}

impl Merge {
    pub(super) fn start(
        reader: &mut Reader,
        conversation: u32,
        window: TimeWindow,
    ) -> Result<Self, ArchiveError> {
        let index = reader.index.clone();
        let mut merge = Self {
            linked: index.linked(conversation),
            window,
            streams: Vec::new(),
            heap: BinaryHeap::new(),
            copies: None,
        };
        let linked = merge.linked.clone();
        let spans = index.runs.iter().flat_map(|run| {
            linked
                .iter()
                .filter_map(move |number| Some((run, run.span(*number)?)))
        });
        for (run, span) in spans {
            if span.max_time < window.since_ms || span.min_time >= window.before_ms {
                continue;
            }
            let first = reader.lookup.first_at_or_after(
                &reader.connection,
                run,
                span.first,
                span.count,
                window.since_ms,
            )?;
            merge.streams.push(Stream {
                run: run.clone(),
                rest: first..span.first + span.count,
                block: None,
                ahead: VecDeque::new(),
                extra: FxHashMap::default(),
                has_more: FxHashMap::default(),
            });
            merge.queue(reader, merge.streams.len() - 1)?;
        }
        Ok(merge)
    }

    /// Has every message come with its copies from now on.
    pub(super) fn with_copies(mut self) -> Self {
        self.copies = Some(Vec::new());
        self
    }

    /// The copies of the message that came last.
    pub(super) fn take_copies(&mut self) -> Vec<MessageCopy> {
        self.copies.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Puts the next record of a stream into the heap.
    fn queue(&mut self, reader: &mut Reader, stream_number: usize) -> Result<(), ArchiveError> {
        let Some(stream) = self.streams.get_mut(stream_number) else {
            return Ok(());
        };
        if stream.rest.is_empty() {
            return Ok(());
        }
        let head = stream.head(reader)?;
        if head.sent_at < self.window.before_ms {
            self.heap.push(std::cmp::Reverse((
                head.sent_at,
                head.order,
                head.id,
                stream_number,
            )));
        }
        Ok(())
    }

    pub(super) fn next(&mut self, reader: &mut Reader) -> Result<Option<Message>, ArchiveError> {
        while let Some(std::cmp::Reverse((sent_at, order, _, stream_number))) = self.heap.pop() {
            let Some(stream) = self.streams.get_mut(stream_number) else {
                continue;
            };
            let document = stream.run.first_document + stream.rest.start;
            let first = stream.extra.get(&document).copied();
            let message = if first.is_some() || stream.has_more.contains_key(&document) {
                // Several sightings: the message comes where the merged one stands, and only there.
                let merged = reader.merged(document)?;
                let stands_here = (merged.sent_at.0, merged.order) == (sent_at, order)
                    && reader.is_first_at(document, sent_at, order)?;
                if let Some(copies) = self.copies.as_mut().filter(|_| stands_here) {
                    *copies = reader.copies_of(document)?;
                }
                stands_here.then_some(merged)
            } else {
                let message = stream.message(reader)?;
                if let Some(copies) = &mut self.copies {
                    copies.clear();
                    copies.push(MessageCopy {
                        source: reader.source_of(&stream.run)?,
                        message: message.clone(),
                    });
                }
                Some(reader.shown_alone(message, &self.linked)?)
            };
            if let Some(stream) = self.streams.get_mut(stream_number) {
                stream.rest.start += 1;
            }
            self.queue(reader, stream_number)?;
            if message.is_some() {
                return Ok(message);
            }
        }
        Ok(None)
    }
}

impl Stream {
    fn load(&mut self, reader: &mut Reader) -> Result<(), ArchiveError> {
        let (block, _) = block_of(self.rest.start);
        if self
            .block
            .as_ref()
            .is_some_and(|(loaded, _)| *loaded == block)
        {
            return Ok(());
        }
        let waiting = self
            .ahead
            .pop_front()
            .filter(|(number, _)| *number == block);
        let unpacked = match waiting {
            Some((_, answer)) => answer.recv().unwrap_or_else(|_| {
                Err(ArchiveError::WriterStopped(
                    "an unpacking thread ended".to_owned(),
                ))
            })?,
            None => {
                self.ahead.clear();
                self.packed(reader, block)?.unpack(&reader.index)?
            }
        };
        self.look_ahead(reader, block)?;
        let first = self.run.first_document + block * BLOCK_RECORDS;
        let last = first + BLOCK_RECORDS - 1;
        self.extra.clear();
        self.has_more.clear();
        let mut statement = reader.connection.prepare_cached(
            "SELECT document, first_document FROM sighting WHERE document BETWEEN ?1 AND ?2",
        )?;
        for row in statement.query_map([first, last], |row| Ok((row.get(0)?, row.get(1)?)))? {
            let (document, first) = row?;
            self.extra.insert(document, first);
        }
        let mut statement = reader.connection.prepare_cached(
            "SELECT DISTINCT first_document FROM sighting WHERE first_document BETWEEN ?1 AND ?2",
        )?;
        for row in statement.query_map([first, last], |row| row.get(0))? {
            self.has_more.insert(row?, ());
        }
        self.block = Some((block, unpacked));
        Ok(())
    }

    /// A block as it is stored, with the records of it that are still wanted.
    fn packed(&self, reader: &Reader, block: u32) -> Result<Packed, ArchiveError> {
        let (heads, bodies) = self.run.block_chunks(block);
        let first = block * BLOCK_RECORDS;
        let within = |record: u32| record.clamp(first, first + BLOCK_RECORDS) - first;
        Ok(Packed {
            heads: chunk(&reader.connection, heads)?,
            bodies: chunk(&reader.connection, bodies)?,
            wanted: within(self.rest.start) as usize..within(self.rest.end) as usize,
        })
    }

    /// Has the blocks after this one unpacked by other threads.
    fn look_ahead(&mut self, reader: &Reader, block: u32) -> Result<(), ArchiveError> {
        let Some(unpackers) = &reader.unpackers else {
            return Ok(());
        };
        let (last, _) = block_of(self.rest.end.saturating_sub(1));
        let mut next = self.ahead.back().map_or(block, |(number, _)| *number) + 1;
        while self.ahead.len() < BLOCKS_AHEAD && next <= last {
            let packed = self.packed(reader, next)?;
            self.ahead.push_back((next, unpackers.submit(packed)));
            next += 1;
        }
        Ok(())
    }

    fn head(&mut self, reader: &mut Reader) -> Result<Head, ArchiveError> {
        self.load(reader)?;
        let (_, within) = block_of(self.rest.start);
        self.block
            .as_ref()
            .and_then(|(_, unpacked)| unpacked.heads.get(within).copied())
            .ok_or_else(|| {
                ArchiveError::damaged("a block is shorter than its directory says".to_owned())
            })
    }

    fn message(&mut self, reader: &mut Reader) -> Result<Message, ArchiveError> {
        self.load(reader)?;
        let (_, within) = block_of(self.rest.start);
        self.block
            .as_mut()
            .and_then(|(_, unpacked)| unpacked.messages.get_mut(within)?.take())
            .ok_or_else(|| {
                ArchiveError::damaged("a block is shorter than its directory says".to_owned())
            })
    }
}
