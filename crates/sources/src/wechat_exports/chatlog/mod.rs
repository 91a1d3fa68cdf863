//! chatlog.

mod contents;
pub(super) mod csv;
pub(super) mod json;
pub(super) mod text;

use super::compose::{Author, ME};
use super::facts::is_username;
use crate::wechat::map::{Body, Sender, is_room};

/// The sender of system events.
const SYSTEM: &str = "系统消息";

/// Who wrote a row.
fn author<'a>(is_self: bool, sender: &'a str, name: &'a str, body: &Body) -> Author<'a> {
    if body.sender == Sender::Nobody || sender == SYSTEM || name == SYSTEM {
        Author::Nobody
    } else if is_self || sender == ME {
        Author::Owner
    } else if is_username(sender) && !is_room(sender) {
        Author::Username(sender)
    } else if sender.is_empty() && name.is_empty() || is_room(sender) {
        Author::Other
    } else {
        Author::Named(if sender.is_empty() { name } else { sender })
    }
}
