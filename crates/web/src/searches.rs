//! What searching keeps at hand of one state of the archive: searches that the user saved, and what was counted of queries.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use hutong::{Archive, ArchiveError, Facets, SavedSearch};

use crate::site::lock;

/// Entries of all counts together: some 5 MB. A query that finds messages of everybody has one for each account.
const KEPT_ENTRIES: usize = 200_000;
/// Queries whose counts are kept.
const KEPT_QUERIES: usize = 256;

/// What was asked: the query, the one chat to look in, and the zone of months.
pub(crate) type Asked = (String, String, String);

/// Kept at hand while a state of the archive is shown.
#[derive(Debug, Default)]
pub(crate) struct Searches {
    /// Read when somebody asks first; nothing after it was changed.
    saved: Mutex<Option<Arc<[SavedSearch]>>>,
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    /// What was asked for last stands last.
    queries: VecDeque<(Asked, Arc<Facets>)>,
    entries: usize,
}

impl Searches {
    /// The searches that the user saved, by name.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub(crate) fn saved(&self, archive: &Archive) -> Result<Arc<[SavedSearch]>, ArchiveError> {
        let mut saved = lock(&self.saved);
        if let Some(saved) = &*saved {
            return Ok(saved.clone());
        }
        let read: Arc<[SavedSearch]> = archive.saved_searches()?.into();
        Ok(saved.insert(read).clone())
    }

    /// Changes what is saved, and reads it anew when somebody asks next.
    ///
    /// # Errors
    /// Those of the change.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce() -> Result<T, ArchiveError>,
    ) -> Result<T, ArchiveError> {
        // Held over the change: nobody reads the state before and keeps it after.
        let mut saved = lock(&self.saved);
        *saved = None;
        change()
    }

    /// What was counted of a query.
    pub(crate) fn counted(&self, asked: &Asked) -> Option<Arc<Facets>> {
        let mut counted = lock(&self.counted);
        let at = counted
            .queries
            .iter()
            .position(|(known, _)| known == asked)?;
        let found = counted.queries.remove(at)?;
        let facets = found.1.clone();
        counted.queries.push_back(found);
        Some(facets)
    }

    /// Keeps what was counted of a query, unless more of it was counted before.
    pub(crate) fn keep(&self, asked: Asked, facets: &Arc<Facets>) {
        let mut counted = lock(&self.counted);
        if let Some(at) = counted
            .queries
            .iter()
            .position(|(known, _)| *known == asked)
        {
            let knows_more = counted
                .queries
                .get(at)
                .is_some_and(|(_, known)| known.is_complete || known.messages >= facets.messages);
            if knows_more && !facets.is_complete {
                return;
            }
            if let Some((_, before)) = counted.queries.remove(at) {
                counted.entries -= entries(&before);
            }
        }
        counted.entries += entries(facets);
        counted.queries.push_back((asked, facets.clone()));
        while counted.entries > KEPT_ENTRIES || counted.queries.len() > KEPT_QUERIES {
            let Some((_, oldest)) = counted.queries.pop_front() else {
                break;
            };
            counted.entries -= entries(&oldest);
        }
    }
}

/// Memory that counts take, in entries.
fn entries(facets: &Facets) -> usize {
    facets.conversations.len() + facets.senders.len() + facets.kinds.len() + facets.months.len() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong::model::AccountId;

    fn asked(query: usize) -> Asked {
        (query.to_string(), String::new(), "UTC".to_owned())
    }

    fn facets(messages: u64, senders: usize, is_complete: bool) -> Arc<Facets> {
        Arc::new(Facets {
            messages,
            senders: vec![(AccountId([0; 16]), 1); senders],
            is_complete,
            ..Facets::default()
        })
    }

    #[test]
    fn what_was_counted_last_is_kept_within_a_limit() {
        let searches = Searches::default();
        for query in 0..1_000 {
            searches.keep(asked(query), &facets(1, 3, true));
            assert!(searches.counted(&asked(0)).is_some(), "asked for each time");
        }
        assert!(searches.counted(&asked(900)).is_some());
        assert!(searches.counted(&asked(500)).is_none());
        for query in 0..20 {
            searches.keep(asked(query), &facets(1, 50_000, true));
            assert!(lock(&searches.counted).entries <= KEPT_ENTRIES);
        }
        assert!(searches.counted(&asked(19)).is_some());
        searches.keep(asked(30), &facets(1, KEPT_ENTRIES, true));
        assert!(lock(&searches.counted).queries.is_empty());
        assert_eq!(lock(&searches.counted).entries, 0);
    }

    #[test]
    fn a_shorter_count_does_not_take_the_place_of_a_longer_one() {
        let searches = Searches::default();
        for (counted, kept) in [
            (facets(50, 0, false), 50),
            (facets(30, 0, false), 50),
            (facets(80, 0, false), 80),
            (facets(70, 0, true), 70),
            (facets(90, 0, false), 70),
        ] {
            searches.keep(asked(1), &counted);
            assert_eq!(searches.counted(&asked(1)).unwrap().messages, kept);
        }
    }
}
