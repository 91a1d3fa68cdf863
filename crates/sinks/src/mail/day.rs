//! A day of a conversation as one mail: the transcript, with the files of that day.

use hutong_model::{Attachment, Message, PartKind, Timestamp};

use super::header::Mailbox;
use crate::carried::Wanted;
use crate::clock::Local;

/// A mail ends after so many messages …
const MAX_MESSAGES: u64 = 1000;

/// … or so many bytes of text …
const MAX_TEXT_BYTES: usize = 512 * 1024;

/// … or so many files …
const MAX_FILES: usize = 200;

/// … or so many bytes of files, as far as their sizes are known: many servers take mails of 25 MB at most, and files
/// grow by a third on their way.
const MAX_FILE_BYTES: u64 = 15 * 1024 * 1024;

/// What has gathered of one day.
pub(super) struct Day {
    pub(super) first: Local,
    pub(super) first_sent_at: Timestamp,
    pub(super) last_sent_at: Timestamp,
    /// Which mail of this day it is, from 1 on.
    pub(super) number: u32,
    pub(super) messages: u64,
    pub(super) text: String,
    pub(super) files: Vec<(Attachment, PartKind)>,
    file_bytes: u64,
    pub(super) speakers: Vec<Mailbox>,
}

impl Day {
    pub(super) fn new(message: &Message, local: Local, number: u32) -> Self {
        Self {
            first: local,
            first_sent_at: message.sent_at,
            last_sent_at: message.sent_at,
            number,
            messages: 0,
            text: String::new(),
            files: Vec::new(),
            file_bytes: 0,
            speakers: Vec::new(),
        }
    }

    /// Whether a message with these files still fits.
    pub(super) fn has_room(&self, files: &[Wanted<'_>]) -> bool {
        let bytes: u64 = files.iter().map(size).sum();
        self.messages == 0
            || (self.messages < MAX_MESSAGES
                && self.text.len() < MAX_TEXT_BYTES
                && self.files.len() + files.len() <= MAX_FILES
                && self.file_bytes.saturating_add(bytes) <= MAX_FILE_BYTES)
    }

    pub(super) fn add_file(&mut self, file: &Wanted<'_>) {
        self.file_bytes = self.file_bytes.saturating_add(size(file));
        self.files.push((file.attachment.clone(), file.kind));
    }

    pub(super) fn add_speaker(&mut self, speaker: Mailbox) {
        if !self.speakers.contains(&speaker) {
            self.speakers.push(speaker);
        }
    }
}

fn size(wanted: &Wanted<'_>) -> u64 {
    let is_here = wanted.attachment.is_present();
    wanted
        .attachment
        .size_bytes
        .filter(|_| is_here)
        .unwrap_or(0)
}
