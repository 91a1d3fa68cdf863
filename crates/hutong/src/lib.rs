//! The use cases as functions: look, import, read, search, export, check.
//!
//! The shells (command line, web) translate arguments into these calls and results into text. Nothing here prints, reads the
//! environment or looks at the clock: whoever calls passes that in.

mod attachments;
mod choice;
mod error;
mod explain;
mod export;
mod export_records;
mod gaps;
mod hcx;
mod import;
mod inputs;
mod lines;
mod media_decode;
mod media_probe;
mod pack;
mod reasons;
mod samples;
mod statistics;

pub use attachments::{ArchiveBlobs, ServedAttachment};
pub use choice::{Choice, ChoiceError, choose_messages};
pub use error::Error;
pub use explain::{Explanation, Surface, explain};
pub use export::{ExportRequest, export};
pub use gaps::{Gap, MissingFile, chat_gaps, missing_files};
pub use hcx::check_hcx;
pub use hutong_archive::LinkReason;
pub use hutong_media::MediaError;
pub use import::{ArchiveAccess, ImportRequest, import};
pub use inputs::{
    FoundInput, choose_inputs, find_inputs, find_inputs_with, nearest_existing, usual_places,
};
pub use lines::write_message_line;
pub use media_decode::{DecodedMedia, WxgfDecoder, decode_media};
pub use media_probe::{ProbeReport, media_probe};
pub use pack::{
    PackForm, PackLoss, PackReport, PackRequest, PackTarget, Packed, TargetError, pack,
    pack_report, pack_target, pack_targets, parse_size,
};
pub use reasons::reason_words;
pub use samples::{SampleSet, forge_samples};
pub use statistics::{
    StatisticsReport, StatisticsRequest, StatisticsScope, YearRequest, statistics, year_review,
    years_window,
};

pub use hutong_archive::{
    Archive, ArchiveError, AttachmentMode, CheckReport, Cipher, ConversationLink,
    ConversationStats, Cursor, CursorError, FacetCounter, Facets, Header, Hit, ImportReport,
    Likeness, MAX_SAVED, MAX_SAVED_BYTES, NameBooks, PAGE_LIMIT, Page, Person, Place, PooledReader,
    Progress, Protection, ReadSeek, Reader, ReaderPool, ReportFile, SavedSearch, SearchCursor,
    SearchOrder, SelectError, Selection, Sighting, StoredProblem, Suggestion, TimeWindow, Totals,
    Unlock,
};
pub use hutong_crypto::{KeyRing, KeyRingError, OpenError};
pub use hutong_media as media;
pub use hutong_model as model;
pub use hutong_search::{
    Filter, NamePattern, Query, QueryError, Snippet, Term, fold, name_order, snippet,
};
pub use hutong_sinks as sinks;
pub use hutong_sources as sources;
pub use hutong_stats as stats;
