//! Messages as lines of JSON, with the names that the archive knows.

use hutong_model::{Message, NameTable, Names, hcx};

/// Appends a message as the `jsonl` export writes it, without a line end.
pub fn write_message_line(out: &mut Vec<u8>, message: &Message, names: &NameTable) {
    let conversation = names.conversation(message.conversation);
    let sender = message.sender.and_then(|sender| names.account(sender));
    let line = hcx::MessageLine {
        conversation_native_id: conversation.map(|conversation| conversation.native_id.as_str()),
        conversation_kind: conversation.map(|conversation| conversation.kind),
        conversation_name: names.conversation_title(message.conversation),
        sender_native_id: sender.map(|sender| sender.native_id.as_str()),
        sender_second_id: sender.and_then(|sender| sender.second_id.as_deref()),
        sender_name: message
            .sender
            .and_then(|sender| names.display_name(message.conversation, sender)),
        reply_to: message.reply_to.first().copied(),
    };
    hcx::write_message_line(out, message, &line, &mut String::new());
}
