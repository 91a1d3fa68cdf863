//! Search: folding, tokens, posting lists, the query language and snippets.
//!
//! The index answers *which messages may hold this text*; each candidate is then checked against its own words, so
//! nothing false is ever shown and nothing that is there is missed. The same token function serves the writing and
//! the asking side. This crate knows no storage: posting lists are bytes.

mod fold;
mod name;
mod name_book;
mod posting;
mod query;
mod snippet;
mod token;

pub use fold::{fold, fold_into};
pub use name::{NamePattern, name_order, pinyin_initials};
pub use name_book::NameBook;
pub use posting::{
    FieldClass, PostingBuilder, PostingChunk, decode_list, find_ranges, intersect, subtract_sorted,
    union_sorted,
};
pub use query::{Filter, Query, QueryError, Term};
pub use snippet::{Snippet, snippet};
pub use token::{TokenRange, query_tokens, text_tokens};
