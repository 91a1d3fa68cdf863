//! How much memory a reader may take for what it has read.

/// How much a reader keeps of what it has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReaderLimits {
    /// Pages of the database; `None` leaves what the connection came with.
    pub(super) page_bytes: Option<usize>,
    /// Heads and chunks of the id index.
    pub(super) lookup_bytes: usize,
    /// Posting and time chunks.
    pub(super) posting_bytes: usize,
    /// Unpacked blocks.
    pub(super) block_bytes: usize,
}

impl ReaderLimits {
    /// A reader that has the machine for itself.
    pub(crate) const ALONE: Self = Self {
        page_bytes: None,
        lookup_bytes: 4 << 20,
        posting_bytes: 32 << 20,
        block_bytes: 16 << 20,
    };
    /// One of several: 28 MiB together.
    pub(crate) const POOLED: Self = Self {
        page_bytes: Some(8 << 20),
        lookup_bytes: 4 << 20,
        posting_bytes: 8 << 20,
        block_bytes: 8 << 20,
    };
}
