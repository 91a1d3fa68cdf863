//! How a conversation's messages are spread over time, without reading any.

use std::sync::Arc;

use hutong_model::ConversationId;
use hutong_search::FieldClass;

use super::Reader;
use crate::ArchiveError;
use crate::run::{BLOCK_RECORDS, Run, Span, TIME_CHUNK};

impl Reader {
    /// Counts the records of a conversation, and those linked with it, in each interval from one bound to the next.
    ///
    /// `bounds` are instants in milliseconds since 1970, ascending; n bounds make n − 1 counts, and an interval holds its
    /// first instant, not its last. Further sightings count too, so where copies were brought together the counts are
    /// larger than the messages shown. An interval whose bounds descend counts nothing.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn density(
        &mut self,
        conversation: ConversationId,
        bounds: &[i64],
    ) -> Result<Vec<u64>, ArchiveError> {
        let mut counts = vec![0_u64; bounds.len().saturating_sub(1)];
        let Some(linked) = self.linked_with(conversation) else {
            return Ok(counts);
        };
        let index = self.index.clone();
        let spans = index.runs.iter().flat_map(|run| {
            linked
                .iter()
                .filter_map(move |number| Some((run, *run.span(*number)?)))
        });
        for (run, span) in spans {
            let before = if is_better_by_times(run, &span, bounds) {
                self.before_by_times(run, &span, bounds)?
            } else {
                self.before_by_heads(run, &span, bounds)?
            };
            let intervals = before.iter().zip(before.iter().skip(1));
            for (count, (start, end)) in counts.iter_mut().zip(intervals) {
                *count += u64::from(end.saturating_sub(*start));
            }
        }
        Ok(counts)
    }

    /// How many records of a stretch come before each bound, by the heads around it.
    fn before_by_heads(
        &mut self,
        run: &Run,
        span: &Span,
        bounds: &[i64],
    ) -> Result<Vec<u32>, ArchiveError> {
        let mut before = Vec::with_capacity(bounds.len());
        let mut earlier: Option<(i64, u32)> = None;
        for bound in bounds {
            let at = self.lookup.first_after_known(
                &self.connection,
                run,
                span,
                *bound,
                earlier.filter(|(known, _)| known <= bound),
            )?;
            before.push(at - span.first);
            earlier = Some((*bound, at));
        }
        Ok(before)
    }

    /// As [`Self::before_by_heads`], by the run's time index and the list of the conversation's messages in it.
    fn before_by_times(
        &mut self,
        run: &Arc<Run>,
        span: &Span,
        bounds: &[i64],
    ) -> Result<Vec<u32>, ArchiveError> {
        let ordinals = self.fields(run, &[(FieldClass::Conversation, span.conversation)])?;
        let mut before = Vec::with_capacity(bounds.len());
        for bound in bounds {
            let at = if span.min_time >= *bound {
                0
            } else if span.max_time < *bound {
                run.count
            } else {
                self.first_ordinal_at(run, *bound)?
            };
            let place = ordinals.partition_point(|ordinal| *ordinal < at);
            before.push(u32::try_from(place).unwrap_or(u32::MAX));
        }
        Ok(before)
    }
}

/// Whether the time index, which is denser than heads but holds all conversations of a run, is the shorter way.
fn is_better_by_times(run: &Run, span: &Span, bounds: &[i64]) -> bool {
    let within = bounds
        .iter()
        .filter(|bound| (span.min_time..=span.max_time).contains(*bound))
        .count();
    let by_heads = within.min((span.count / BLOCK_RECORDS) as usize + 1);
    let by_times = within.min(run.count as usize / TIME_CHUNK + 1);
    // The list of ordinals is another chunk for some 5,000 messages.
    by_times + span.count as usize / 5_000 + 2 < by_heads
}
