//! Hutong in a browser: the archive on a page, served on the loopback.
//!
//! A request passes, from outside in: the host check, the session, the form token, and a handler. A handler looks at the
//! archive through [`Site::read`], which runs on a thread of its own with a reader from the pool, and answers with a
//! page in its frame or a [`Failure`]; failures are put into words in one place. What a page shows of messages is painted by
//! the `html` sink's own code.
//!
//! Nothing here prints, reads the environment or finds the home folder: the shell passes a [`Settings`] and a [`Keeper`].

mod api;
mod asked;
mod assets;
mod counts;
mod failure;
mod frame;
mod jobs;
mod language;
mod listing;
mod media;
mod pages;
mod router;
mod safety;
mod searches;
mod sending;
mod server;
mod site;
mod uploads;
mod visitor;
mod wizard;

pub use failure::Failure;
pub use router::router;
pub use server::{ServeError, Server};
pub use site::{Keeper, Settings, Site};
pub use uploads::UploadLimits;
