//! Numbers about messages that can be added up, and pictures of them.
//!
//! [`Counting`] takes the messages of one conversation in order and gives a [`Tally`] and a [`WordTally`]: partial
//! results that can be kept and merged in any order. [`Statistics`] is what a merged tally says, ready to be
//! shown; [`YearReview`] is a year of it as pages, [`picture()`] as a picture; [`chart`] draws numbers as SVG. Nothing here reads files or knows an archive.

mod calendar;
pub mod chart;
mod count;
mod counter;
mod emoji;
mod flow;
mod picture;
mod review;
mod statistics;
mod tally;
mod words;

pub use calendar::{Calendar, Date, Moment, date_of, day_of};
pub use count::Counting;
pub use counter::Counter;
pub use flow::{ReplyTimes, SESSION_HOURS};
pub use picture::picture;
pub use review::{Excerpt, Page, YearReview, duration, months, week_days};
pub use statistics::{
    Gap, Language, Pointer, Ranked, RankedSender, ReplyTime, Statistics, Streak, TOP_MEANINGS,
    TOP_WORDS, decimal,
};
pub use tally::{
    CallTally, ChatTally, DayTally, LATE_HOURS, LatestNight, MediaTally, MoneyKey, MoneyTally,
    SenderTally, Tally, WordTally,
};
pub use words::Segmenter;

/// Raised whenever a stored tally means something else than before, so that older ones are counted again.
pub const VERSION: u32 = 1;
