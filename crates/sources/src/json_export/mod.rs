//! What the readers of JSON exports share: finding the files, counting for `inspect`, pictures inside texts, written times.

mod count;
#[cfg(test)]
pub(crate) mod damage;
mod embedded;
mod files;
#[cfg(test)]
pub(crate) mod golden;
#[cfg(feature = "qq")]
mod locate;
#[cfg(feature = "qq")]
mod people;
mod time;
mod words;

pub(crate) use count::inspect;
pub(crate) use embedded::picture;
#[cfg(feature = "qq")]
pub(crate) use embedded::picture_in_file;
pub(crate) use files::{Changes, find, not_ours, open, report_others};
#[cfg(feature = "qq")]
pub(crate) use locate::Files;
#[cfg(feature = "qq")]
pub(crate) use people::{QqPeople, is_number};
pub(crate) use time::{moment, zone};
#[cfg(feature = "qq")]
pub(crate) use words::is_poke;
pub(crate) use words::{clock, event_of};

use std::sync::Arc;

use hutong_model::{At, Origin, OriginPlace, Problem, ProblemKind};

/// A place in a file.
pub(crate) fn origin(place: &Arc<OriginPlace>, at: At) -> Origin {
    Origin {
        place: Arc::clone(place),
        at,
    }
}

/// A problem at a place.
pub(crate) fn problem(
    place: &Arc<OriginPlace>,
    at: At,
    kind: ProblemKind,
    reason: impl Into<String>,
) -> Problem {
    Problem {
        origin: origin(place, at),
        kind,
        reason: reason.into(),
    }
}

/// A whole file as a place.
pub(crate) fn place(path: &str) -> Arc<OriginPlace> {
    Arc::new(OriginPlace {
        input: path.to_owned(),
        table: String::new(),
    })
}
