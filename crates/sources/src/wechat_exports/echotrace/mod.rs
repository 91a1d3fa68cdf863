//! echotrace writes the shape that WeFlow took over: `{session, messages, avatars, exportTime}`.

pub(super) use super::weflow::json::{read, survey};
