//! Names that a message says beside its sender's, replaced by made-up ones: mentions, quotes, bundles, recalls.
//!
//! What people wrote themselves stays as they wrote it.

use hutong_model::{AccountId, Message, Part, State};

use super::people::Numbers;

/// The message as it may be shown.
pub(super) fn message(message: &Message, numbers: &mut Numbers<'_>) -> Message {
    let mut masked = message.clone();
    parts(&mut masked.parts, numbers);
    for revision in &mut masked.revisions {
        parts(&mut revision.parts, numbers);
    }
    if let State::Recalled { by, .. } = &mut masked.state {
        *by = None;
    }
    masked
}

/// Puts the made-up name in place of all that leads to somebody.
fn hide(
    numbers: &mut Numbers<'_>,
    account: &mut Option<AccountId>,
    native_id: &mut Option<String>,
    name: &mut Option<String>,
) {
    let shown = name.as_deref().or(native_id.as_deref()).unwrap_or_default();
    let face = numbers.face(*account, native_id.as_deref(), shown);
    (*account, *native_id, *name) = (None, None, Some(face.name));
}

fn parts(list: &mut [Part], numbers: &mut Numbers<'_>) {
    for part in list {
        match part {
            Part::Text(text) => {
                for mention in text.mentions.iter().filter(|mention| !mention.is_everyone) {
                    if mention.name.is_empty() {
                        continue;
                    }
                    let name = mention.name.trim_start_matches('@');
                    let face = numbers.face(mention.account, mention.native_id.as_deref(), name);
                    text.text = text.text.replace(&mention.name, &format!("@{}", face.name));
                }
                text.mentions.clear();
            }
            Part::Quote(quote) => {
                hide(
                    numbers,
                    &mut quote.author,
                    &mut quote.author_native_id,
                    &mut quote.author_name,
                );
                parts(&mut quote.parts, numbers);
            }
            Part::Forward(forward) => {
                // Lines of a summary begin with names.
                forward.summary.clear();
                for message in &mut forward.messages {
                    hide(
                        numbers,
                        &mut message.sender,
                        &mut message.sender_native_id,
                        &mut message.sender_name,
                    );
                    parts(&mut message.parts, numbers);
                }
            }
            _ => {}
        }
    }
}
