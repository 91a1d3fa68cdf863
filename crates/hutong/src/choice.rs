//! Which messages to take out: a query, chats, and a span of days.

use hutong_archive::{Archive, SelectError, Selection};
use hutong_model::NameTable;
use hutong_search::{Query, QueryError};
use jiff::tz::TimeZone;

/// Which messages, in the user's words. Empty means everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// A query of the search language.
    pub query: String,
    /// Chats by id, title, or the other side's name; any of them.
    pub chats: Vec<String>,
    /// First day, month or year.
    pub from: Option<String>,
    /// Last day, month or year.
    pub until: Option<String>,
}

/// Why a choice cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The query or a date cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The query names something that does not exist.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// No chat has this name.
    #[error("no chat answers to “{0}”; see `hutong chats`")]
    NoSuchChat(String),
}

/// Turns a choice into a selection; days are those of the zone.
///
/// # Errors
/// [`ChoiceError`] with the words to show.
pub fn choose_messages(
    archive: &Archive,
    names: &NameTable,
    choice: &Choice,
    zone: &TimeZone,
) -> Result<Selection, ChoiceError> {
    let mut selection = archive.select(Query::parse(&choice.query, zone)?, names)?;
    if !choice.chats.is_empty() {
        for word in &choice.chats {
            if archive
                .find_chats(std::slice::from_ref(word), names)
                .is_empty()
            {
                return Err(ChoiceError::NoSuchChat(word.clone()));
            }
        }
        archive.restrict_to_chats(&mut selection, &choice.chats, names);
    }
    let bound = |operator: &str, date: &Option<String>| {
        date.as_ref()
            .map(|date| Query::parse(&format!("{operator}:{date}"), zone))
            .transpose()
    };
    let since = bound("after", &choice.from)?;
    let until = bound("during", &choice.until)?;
    selection.restrict_time(
        since.and_then(|query| query.since_ms),
        until.and_then(|query| query.before_ms),
    );
    Ok(selection)
}
