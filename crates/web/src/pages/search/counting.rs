//! Counting the hits of a query: on the way to a page as far as nobody has to wait for it, and more of them when asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutong::{FacetCounter, Facets, Reader, SearchCursor, Selection};
use jiff::tz::TimeZone;

use crate::pages::hits::HitList;
use crate::searches::Asked;
use crate::site::OpenArchive;
use crate::{Failure, Site};

/// On the way to a page so many are counted, and as many more as this time allows; only while nobody else reads.
const COUNTED_AT_LEAST: u64 = 256;
const ON_THE_WAY: Duration = Duration::from_millis(4);
/// Time for counting on the way to a page that is mostly counts.
const BRIEFLY: Duration = Duration::from_millis(60);
/// Time for counting when a page's script asks for more, and when somebody asks for all.
const MORE: Duration = Duration::from_millis(600);
const ALL: Duration = Duration::from_secs(10);
/// Counting pauses so long, again and again, while others read; at most for as long as it may count itself.
const PAUSE: Duration = Duration::from_millis(40);

/// How much work counting is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// None that anybody has to wait for.
    OnTheWay,
    /// A little: the counts are what the page is for.
    Briefly,
    /// Some: the page is there already.
    More,
    /// Whatever it takes.
    All,
}

impl Effort {
    /// What an address asks for; `otherwise` when it says nothing of it.
    pub(crate) fn asked_for(word: &str, otherwise: Self) -> Self {
        match word {
            "all" => Self::All,
            "more" => Self::More,
            _ => otherwise,
        }
    }

    /// Whether a page that asks for it waits for others that do the same.
    pub(crate) const fn is_long(self) -> bool {
        matches!(self, Self::More | Self::All)
    }

    const fn limit(self) -> Duration {
        match self {
            Self::OnTheWay => ON_THE_WAY,
            Self::Briefly => BRIEFLY,
            Self::More => MORE,
            Self::All => ALL,
        }
    }
}

/// A search whose hits are shown and counted.
pub(crate) struct Search<'a> {
    pub(crate) site: &'a Site,
    pub(crate) open: &'a OpenArchive,
    pub(crate) selection: &'a Selection,
    pub(crate) zone: &'a TimeZone,
    /// The query as it was typed, and the one chat to look in: what was counted is kept under these.
    pub(crate) query: &'a str,
    pub(crate) chat: &'a str,
}

impl Search<'_> {
    /// What the counts are kept under.
    fn asked(&self) -> Asked {
        let zone = self.zone.iana_name();
        let zone = zone.map_or_else(|| format!("{:?}", self.zone), str::to_owned);
        (self.query.to_owned(), self.chat.to_owned(), zone)
    }

    /// A page of hits, with counts.
    pub(crate) fn page(
        &self,
        reader: &mut Reader,
        after: Option<SearchCursor>,
        shown: usize,
        effort: Effort,
    ) -> Result<(HitList, Arc<Facets>), Failure> {
        let known = self.open.searches.counted(&self.asked());
        if effort.is_long() {
            let list = HitList::read(reader, self.selection, after, shown)?;
            return Ok((list, self.count(reader, effort)?));
        }
        let mut counter = FacetCounter::new(self.zone);
        let begun = Instant::now();
        // What fields decide is counted faster by lists than hit by hit.
        let by_lists = self.selection.is_decided_by_fields();
        let goes_on = known.is_none() && after.is_none() && !by_lists;
        let (list, is_complete) = HitList::read_counting(
            reader,
            self.selection,
            after,
            shown,
            &mut counter,
            &mut |counted| {
                goes_on
                    && !self.site.others_read()
                    && (counted < COUNTED_AT_LEAST || begun.elapsed() < ON_THE_WAY)
            },
        )?;
        if let Some(known) = known {
            return Ok((list, known));
        }
        let is_complete = is_complete && after.is_none();
        if by_lists && !is_complete && !self.site.others_read() {
            return Ok((list, self.count(reader, effort)?));
        }
        let counts = Arc::new(counter.finish(is_complete));
        if is_complete {
            self.open.searches.keep(self.asked(), &counts);
        }
        Ok((list, counts))
    }

    /// Counts hits; gives way to others who read. What was counted before is not counted again.
    pub(crate) fn count(
        &self,
        reader: &mut Reader,
        effort: Effort,
    ) -> Result<Arc<Facets>, Failure> {
        if let Some(known) = self.open.searches.counted(&self.asked())
            && (known.is_complete || effort != Effort::All)
        {
            return Ok(known);
        }
        let begun = Instant::now();
        let mut paused = Duration::ZERO;
        let counts = reader.facets(self.selection, self.zone, &mut |_| {
            let limit = effort.limit();
            if effort.is_long() && paused < limit && self.site.others_read() {
                std::thread::sleep(PAUSE);
                paused += PAUSE;
            }
            begun.elapsed().saturating_sub(paused) < limit
        })?;
        let counts = Arc::new(counts);
        if effort.is_long() || counts.is_complete {
            self.open.searches.keep(self.asked(), &counts);
        }
        Ok(counts)
    }
}
