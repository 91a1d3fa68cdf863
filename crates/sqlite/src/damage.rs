//! What is said about rows that could not be read.

use std::sync::Arc;

use crate::pages::PageError;

/// A place in a table that could not be read. The scan goes on after it.
#[derive(Debug, thiserror::Error)]
#[error("table {table}, page {page}: {reason}")]
pub struct Damage {
    /// The table whose rows are concerned.
    pub table: Arc<str>,
    /// The page that is concerned.
    pub page: u32,
    /// The place on that page, counted from 0, when only one row is concerned.
    pub cell: Option<u16>,
    /// The row number, when it could be read.
    pub rowid: Option<i64>,
    /// How many rows are lost, when that is known.
    pub rows: Option<u64>,
    /// What is wrong.
    pub reason: DamageReason,
}

/// What is wrong with a page or a row.
#[derive(Debug, thiserror::Error)]
pub enum DamageReason {
    /// The page could not be had.
    #[error("{0}")]
    Page(PageError),
    /// The page is not a b-tree page of the expected kind.
    #[error("not a table page")]
    NotATablePage,
    /// The page is part of the tree a second time; following it would not end.
    #[error("the page is linked more than once")]
    Cycle,
    /// The tree is deeper than [`crate::MAX_DEPTH`].
    #[error("the tree is too deep")]
    Depth,
    /// A row lies outside its page or its header makes no sense.
    #[error("the row is malformed")]
    Cell,
    /// A row claims more than [`crate::MAX_PAYLOAD_BYTES`] or more than the database holds.
    #[error("the row claims an impossible size of {0} bytes")]
    PayloadSize(u64),
    /// The pages that continue a long row are lost, broken or end early.
    #[error("the continuation of a long row is broken")]
    Overflow,
    /// An intact page belongs to a damaged table, but to which one cannot be told.
    #[error("an intact page whose table cannot be told")]
    Orphan,
}

impl Damage {
    pub(crate) fn of_page(table: &Arc<str>, page: u32, reason: DamageReason) -> Self {
        Self {
            table: Arc::clone(table),
            page,
            cell: None,
            rowid: None,
            rows: None,
            reason,
        }
    }
}
