//! What a reader keeps of what it has read: for itself, or shared with the other readers of a pool.

use std::sync::Arc;

use crate::cache::SharedCache;
use crate::codec::Bodies;

/// Parts of a cache that several readers share.
const PARTS: usize = 16;

/// What was read lately. Chunks never change, so readers of different states of an archive can share it.
#[derive(Clone, Debug)]
pub(crate) struct Caches {
    /// Bytes of database pages that each reader keeps itself; `None` leaves what its connection came with.
    pub(super) page_bytes: Option<usize>,
    /// Heads and chunks of the id index.
    pub(super) lookups: Arc<SharedCache<Vec<u8>>>,
    /// Posting and time chunks.
    pub(super) postings: Arc<SharedCache<Vec<u8>>>,
    /// Unpacked blocks.
    pub(super) blocks: Arc<SharedCache<Bodies>>,
}

impl Caches {
    /// For a reader that has the machine for itself.
    pub(crate) fn alone() -> Self {
        Self {
            page_bytes: None,
            lookups: SharedCache::new(4 << 20, 1),
            postings: SharedCache::new(32 << 20, 1),
            blocks: SharedCache::new(16 << 20, 1),
        }
    }

    /// For the readers of a pool: 128 MiB for all of them. What each keeps of pages is little more than the inner nodes of
    /// the table of chunks, because a chunk that was read is in here.
    pub(crate) fn pooled() -> Self {
        Self {
            page_bytes: Some(4 << 20),
            lookups: SharedCache::new(24 << 20, PARTS),
            postings: SharedCache::new(56 << 20, PARTS),
            blocks: SharedCache::new(48 << 20, PARTS),
        }
    }
}
