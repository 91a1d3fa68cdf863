//! Who is let in, and what a browser may do on our behalf.

mod gate;
mod headers;
mod sessions;

pub(crate) use gate::{SESSION_COOKIE, TOKEN_FIELD, gate};
pub(crate) use headers::headers;
pub(crate) use sessions::Sessions;
