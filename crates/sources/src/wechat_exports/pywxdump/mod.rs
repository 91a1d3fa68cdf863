//! PyWxDump.

pub(super) mod csv;
pub(super) mod json;
pub(super) mod mini;

use super::compose::Author;
use crate::wechat::map::{Body, Sender};
use crate::wechat_exports::labels;

/// Who wrote a row; `talker` is a username, `我`, `系统` or `未知`.
fn author<'a>(is_out: bool, talker: &'a str, body: &Body) -> Author<'a> {
    if body.sender == Sender::Nobody {
        Author::Nobody
    } else if is_out || talker == super::compose::ME {
        Author::Owner
    } else if matches!(talker, "" | "未知" | "unknown") || crate::wechat::map::is_room(talker) {
        Author::Other
    } else if matches!(talker, "系统" | "系统消息") {
        Author::Nobody
    } else if super::facts::is_username(talker) {
        Author::Username(talker)
    } else {
        Author::Named(talker)
    }
}

/// The words or XML of a row: `msg`, unless only `src` holds the original.
fn content_of<'a>(word: &str, msg: &'a str, src: &'a str) -> &'a str {
    use super::content::is_markup;
    if !is_markup(msg) && is_markup(src) && labels::kind_of(word) != Some(labels::Kind::Text) {
        src
    } else {
        msg
    }
}

/// Whether the words of a picture, voice, film or sticker are only the place of its file.
fn is_file_place(word: &str, msg: &str) -> bool {
    use labels::Kind;
    let kind = labels::kind_of(word);
    matches!(kind, Some(Kind::Image | Kind::Video | Kind::Sticker))
        && !super::content::is_markup(msg)
        || (kind == Some(Kind::Voice) && msg.contains(['/', '\\']))
}
