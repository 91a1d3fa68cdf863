//! The table beside the files: which of our messages each message of a file is, and what the format has no place for.

use hutong_model::{Attachment, Message, NativeValue};

use crate::WriteError;
use crate::csv::cell;
use crate::output::FileTarget;

/// The table being written, as RFC 4180.
pub(super) struct Map {
    file: FileTarget,
    /// Scratch space for one cell.
    scratch: String,
}

const COLUMNS: &str = "file,number,message_id,sent_at,platform_message_id,native_ids,attachments,attachment_sha256\r\n";

impl Map {
    pub(super) fn begin(mut file: FileTarget) -> Self {
        // Excel reads a file as UTF-8 only when it begins with this mark.
        file.buffer.extend_from_slice("\u{feff}".as_bytes());
        file.buffer.extend_from_slice(COLUMNS.as_bytes());
        Self {
            file,
            scratch: String::new(),
        }
    }

    /// Adds the message that stands in `file` as number `number`, counted from one.
    pub(super) fn add(
        &mut self,
        file: &str,
        number: u64,
        message: &Message,
        platform_id: &str,
    ) -> Result<(), WriteError> {
        let out = &mut self.file.buffer;
        let scratch = &mut self.scratch;
        cell(file, out);
        out.push(b',');
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        out.push(b',');
        scratch.clear();
        message.id.write_hex(scratch);
        out.extend_from_slice(scratch.as_bytes());
        out.push(b',');
        message.sent_at.write_rfc3339(out);
        out.push(b',');
        cell(platform_id, out);
        out.push(b',');
        scratch.clear();
        for native in &message.native_ids {
            if !scratch.is_empty() {
                scratch.push(' ');
            }
            scratch.push_str(native.name.as_str());
            scratch.push('=');
            match &native.value {
                NativeValue::Integer(number) => {
                    scratch.push_str(itoa::Buffer::new().format(*number));
                }
                NativeValue::Text(text) => scratch.push_str(text),
            }
        }
        cell(scratch, out);
        out.push(b',');
        let mut found: Vec<&Attachment> = Vec::new();
        for part in &message.parts {
            part.for_each_attachment(&mut |attachment| found.push(attachment));
        }
        found.retain(|attachment| attachment.name.is_some() || attachment.sha256.is_some());
        lines(&found, scratch, |attachment, line| {
            line.push_str(attachment.name.as_deref().unwrap_or_default());
        });
        cell(scratch, out);
        out.push(b',');
        lines(&found, scratch, |attachment, line| {
            if let Some(digest) = attachment.sha256 {
                line.push_str(&digest.to_string());
            }
        });
        cell(scratch, out);
        out.extend_from_slice(b"\r\n");
        self.file.flush_if_full()
    }

    pub(super) fn finish(self) -> Result<u64, WriteError> {
        self.file.finish()
    }
}

/// A line for each attachment.
fn lines(found: &[&Attachment], out: &mut String, write: impl Fn(&Attachment, &mut String)) {
    out.clear();
    for (index, attachment) in found.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        write(attachment, out);
    }
}
