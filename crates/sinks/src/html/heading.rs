//! What stands above the messages of a chat.

use hutong_model::Conversation;

use crate::paint::escape::write_plain;
use crate::paint::{Painter, Shelf};
use crate::{Context, words};

/// So many participants are listed openly; longer lists are folded.
const MEMBERS_IN_VIEW: usize = 20;

/// The title of a chat; never empty.
pub(crate) fn title<'a>(context: &Context<'a>, conversation: &'a Conversation) -> &'a str {
    let title = context
        .names
        .conversation_title(conversation.id)
        .unwrap_or(&conversation.native_id);
    if title.trim().is_empty() {
        context.language.pick("会话", "Chat")
    } else {
        title
    }
}

/// Title, kind, counts and people of a chat.
pub(crate) fn write<S: Shelf>(
    context: &Context<'_>,
    painter: &mut Painter<'_, S>,
    conversation: &Conversation,
    title: &str,
    message_count: u64,
) -> Vec<u8> {
    let language = context.language;
    let mut out = Vec::new();
    out.extend_from_slice(b"<header>\n<h1><bdi>");
    write_plain(title, &mut out);
    out.extend_from_slice(b"</bdi></h1>\n<p>");
    if let Some(platform) = &conversation.platform {
        write_plain(words::platform(language, platform), &mut out);
        out.extend_from_slice(" · ".as_bytes());
    }
    write_plain(words::conversation(language, conversation.kind), &mut out);
    if message_count > 0 {
        out.extend_from_slice(" · ".as_bytes());
        write_plain(&words::messages(language, message_count), &mut out);
    }
    out.extend_from_slice(b"</p>\n");
    let members = context.members_of(conversation);
    if !members.is_empty() {
        let is_many = members.len() > MEMBERS_IN_VIEW;
        let label = language.pick("成员", "Participants");
        if is_many {
            out.extend_from_slice(b"<details><summary>");
            write_plain(
                &format!("{label} ({})", words::grouped(members.len() as u64)),
                &mut out,
            );
            out.extend_from_slice(b"</summary>");
        }
        out.extend_from_slice(b"<p>");
        if !is_many {
            write_plain(label, &mut out);
            write_plain(language.pick("：", ": "), &mut out);
        }
        for (index, id) in members.iter().enumerate() {
            if index > 0 {
                write_plain(language.pick("、", ", "), &mut out);
            }
            let person = painter.person(*id);
            out.extend_from_slice(b"<bdi>");
            write_plain(person.name.or(person.native_id).unwrap_or("?"), &mut out);
            out.extend_from_slice(b"</bdi>");
        }
        out.extend_from_slice(if is_many {
            b"</p></details>\n"
        } else {
            b"</p>\n"
        });
    }
    out.extend_from_slice(b"</header>\n");
    out
}

/// When the export was made, in its zone.
pub(crate) fn made_at<S: Shelf>(
    context: &Context<'_>,
    painter: &mut Painter<'_, S>,
) -> Option<String> {
    let time = context.generated_at?;
    let mut out = Vec::with_capacity(20);
    painter
        .clock()
        .local(time)
        .write(hutong_model::Precision::Minute, &mut out);
    Some(out.into_iter().map(char::from).collect())
}
