//! One file of the format: a conversation's day, or a part of it.

use std::fs::{self, OpenOptions};
use std::io::Read;
use std::path::PathBuf;

use hutong_media::MediaType;
use hutong_model::{AccountId, Attachment, Message, MessageId, Part, PartKind, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};
use zip::ZipWriter;

use super::bundle::{Zip, zip_error};
use super::event::{Place, words};
use super::head::HeadFacts;
use super::manifest::{
    conversation, custom, date_time, named_participant, participant, set_custom,
};
use super::parents::{Parent, Parents};
use crate::carried::{Carried, Wanted};
use crate::clock::Local;
use crate::file_name::FileNames;
use crate::mail::body::{write_file, write_text};
use crate::mail::header::{Head, LineEnd, one_line};
use crate::output::FileTarget;
use crate::scribe::Scribe;
use crate::text::{write_clean, write_name};
use crate::{Context, WriteError};

/// Reviewers' programs want files of at most so many events …
const MAX_EVENTS: usize = 10_000;

/// … and a modest number of files in them.
const MAX_FILES: u64 = 500;

/// The manifest's events are held in memory until the day ends, up to so many bytes.
const MAX_EVENT_BYTES: usize = 12 * 1024 * 1024;

/// So are the words for the search index.
const MAX_TEXT_BYTES: usize = 8 * 1024 * 1024;

/// Of larger groups only those are listed who take part in a file.
const MAX_MEMBERS: usize = 500;

/// Larger pictures of people are left out.
const MAX_AVATAR_BYTES: u64 = 512 * 1024;

/// A file as it gathers.
pub(super) struct Slice {
    first: Local,
    first_sent_at: Timestamp,
    last_sent_at: Timestamp,
    zip: Zip,
    events: Vec<u8>,
    event_count: usize,
    told: FxHashSet<MessageId>,
    /// Participants in the order of their first appearance.
    participants: Vec<Map<String, Value>>,
    known: FxHashMap<String, usize>,
    text: Vec<u8>,
}

/// A file in the zip.
pub(super) struct Copied {
    pub(super) id: String,
    pub(super) display: String,
    pub(super) bytes: u64,
}

impl Slice {
    pub(super) fn begin(zip: PathBuf, message: &Message, first: Local) -> Result<Self, WriteError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&zip)
            .map_err(WriteError::at(&zip))?;
        let mut names = FileNames::default();
        // The manifest's own name is taken.
        names.give("rsmf_manifest", "json");
        Ok(Self {
            first,
            first_sent_at: message.sent_at,
            last_sent_at: message.sent_at,
            zip: Zip {
                path: zip,
                writer: ZipWriter::new(file),
                names,
                files: 0,
            },
            events: Vec::new(),
            event_count: 0,
            told: FxHashSet::default(),
            participants: Vec::new(),
            known: FxHashMap::default(),
            text: Vec::new(),
        })
    }

    pub(super) const fn day(&self) -> i64 {
        self.first.day
    }

    pub(super) const fn first(&self) -> Local {
        self.first
    }

    /// Whether a message still fits, with the message that it answers.
    pub(super) fn has_room(&self, message: &Message) -> bool {
        let mut files = Vec::new();
        crate::carried::wanted(&message.parts, 0, &mut files);
        self.event_count + 2 <= MAX_EVENTS
            && self.events.len() < MAX_EVENT_BYTES
            && self.text.len() < MAX_TEXT_BYTES
            && (self.zip.files == 0 || self.zip.files + files.len() as u64 <= MAX_FILES)
    }

    /// The id of an account, which becomes a participant.
    pub(super) fn account(
        &mut self,
        id: AccountId,
        scribe: &mut Scribe<'_>,
        context: &Context<'_>,
    ) -> Result<String, WriteError> {
        let hex = id.to_hex();
        if !self.known.contains_key(&hex) {
            let avatar = context
                .names
                .account(id)
                .and_then(|account| account.avatar.as_ref())
                .filter(|avatar| context.options.copy_attachments && avatar.is_present());
            let avatar = match avatar {
                Some(avatar) => self.copy_avatar(avatar, &hex, context)?,
                None => None,
            };
            let person = scribe.people.get(id);
            let object = participant(id, person, context.names, avatar.as_deref());
            self.known.insert(hex.clone(), self.participants.len());
            self.participants.push(object);
        }
        Ok(hex)
    }

    /// The id of a message's sender, where anything is known of one.
    pub(super) fn sender(
        &mut self,
        message: &Message,
        scribe: &mut Scribe<'_>,
        context: &Context<'_>,
    ) -> Result<Option<String>, WriteError> {
        match (message.sender, message.sender_name.as_deref()) {
            (Some(id), _) => self.account(id, scribe, context).map(Some),
            (None, Some(name)) => Ok(Some(self.named(name))),
            (None, None) => Ok(None),
        }
    }

    /// The id of somebody of whom only the name is known.
    fn named(&mut self, name: &str) -> String {
        let id = format!("name:{}", one_line(name));
        if !self.known.contains_key(&id) {
            self.known.insert(id.clone(), self.participants.len());
            self.participants.push(named_participant(&id, name));
        }
        id
    }

    /// Copies an attachment into the zip; `None` when its bytes are not to be had.
    pub(super) fn copy_file(
        &mut self,
        wanted: Wanted<'_>,
        context: &Context<'_>,
    ) -> Result<Option<Copied>, WriteError> {
        let Some(mut carried) = Carried::open(wanted, context.blobs, context.language) else {
            return Ok(None);
        };
        let (stem, extension) = carried
            .name
            .rsplit_once('.')
            .unwrap_or((&carried.name, "bin"));
        let id = self.zip.names.give(stem, extension);
        // The size that is stated need not be the true one.
        let is_large = wanted
            .attachment
            .size_bytes
            .is_none_or(|bytes| bytes >= 1 << 31);
        let display = carried.name.clone();
        let bytes = self.zip.add(&id, is_large, &mut carried)?;
        Ok(Some(Copied { id, display, bytes }))
    }

    fn copy_avatar(
        &mut self,
        avatar: &Attachment,
        hex: &str,
        context: &Context<'_>,
    ) -> Result<Option<String>, WriteError> {
        let wanted = Wanted {
            attachment: avatar,
            kind: PartKind::Image,
        };
        let Some(carried) = Carried::open(wanted, context.blobs, context.language) else {
            return Ok(None);
        };
        let extension = match carried.media_type {
            Some(found @ (MediaType::Png | MediaType::Jpeg | MediaType::Gif)) => found.extension(),
            _ => return Ok(None),
        };
        let mut bytes = Vec::new();
        let read = carried.take(MAX_AVATAR_BYTES + 1).read_to_end(&mut bytes);
        if read.is_err() || bytes.len() as u64 > MAX_AVATAR_BYTES {
            return Ok(None);
        }
        let short = hex.get(..12).unwrap_or(hex);
        let name = self.zip.names.give(&format!("avatar-{short}"), extension);
        self.zip.add(&name, false, &mut bytes.as_slice())?;
        self.zip.files -= 1;
        Ok(Some(name))
    }

    /// Adds an event.
    pub(super) fn add(
        &mut self,
        event: Map<String, Value>,
        id: Option<MessageId>,
    ) -> Result<(), WriteError> {
        if self.event_count > 0 {
            self.events.extend_from_slice(b",\n");
        }
        serde_json::to_writer(&mut self.events, &event)
            .map_err(|error| WriteError::at(&self.zip.path)(error.into()))?;
        self.event_count += 1;
        self.told.extend(id);
        Ok(())
    }

    /// Makes sure that the message which is answered stands in this file too: as a `history` event, from memory, else from the
    /// quote in the answer.
    pub(super) fn bring_in(
        &mut self,
        parent: MessageId,
        answer: &Message,
        parents: &Parents,
        place: &Place,
        scribe: &mut Scribe<'_>,
        context: &Context<'_>,
    ) -> Result<(), WriteError> {
        if self.told.contains(&parent) || parent == answer.id {
            return Ok(());
        }
        let mut event = Map::new();
        event.insert("type".to_owned(), "history".into());
        event.insert("id".to_owned(), parent.to_hex().into());
        event.insert("conversation".to_owned(), place.id.as_str().into());
        let mut values = Vec::new();
        let quote = answer.parts.iter().find_map(|part| match part {
            Part::Quote(quote) => Some(quote),
            _ => None,
        });
        let known = match (parents.get(parent), quote) {
            (
                Some(Parent {
                    sender,
                    sender_name,
                    sent_at,
                    body,
                }),
                _,
            ) => Some((*sender, sender_name.clone(), Some(*sent_at), body.clone())),
            (None, Some(quote)) => {
                custom("known_from", "quote", &mut values);
                let body = words(&quote.parts, scribe);
                Some((quote.author, quote.author_name.clone(), quote.sent_at, body))
            }
            (None, None) => None,
        };
        let body = match known {
            Some((sender, name, sent_at, body)) => {
                let participant = match (sender, name) {
                    (Some(id), _) => Some(self.account(id, scribe, context)?),
                    (None, Some(name)) => Some(self.named(&name)),
                    (None, None) => None,
                };
                if let Some(participant) = participant {
                    event.insert("participant".to_owned(), participant.into());
                }
                if let Some(at) = sent_at.and_then(date_time) {
                    event.insert("timestamp".to_owned(), at.into());
                }
                body
            }
            None => {
                custom("known_from", "id", &mut values);
                context
                    .language
                    .pick(
                        "[被回复的消息不在这次导出里]",
                        "[the message that is answered is not in this export]",
                    )
                    .to_owned()
            }
        };
        if !body.is_empty() {
            event.insert("body".to_owned(), body.into());
        }
        set_custom(values, &mut event);
        self.add(event, Some(parent))
    }

    /// Adds a message to the words for the search index.
    pub(super) fn tell(
        &mut self,
        message: &Message,
        local: Local,
        body: &str,
        scribe: &mut Scribe<'_>,
    ) {
        self.last_sent_at = message.sent_at;
        local.write(message.precision, &mut self.text);
        self.text.push(b' ');
        if message.sender.is_some() || message.sender_name.is_some() {
            write_name(scribe.sender(message).1, &mut self.text);
            self.text.extend_from_slice(b": ");
        }
        write_clean(body, "    ", &mut self.text);
        self.text.push(b'\n');
    }

    /// Writes the file.
    pub(super) fn finish(
        mut self,
        place: &Place,
        number: u32,
        target: &mut FileTarget,
        scribe: &mut Scribe<'_>,
        context: &Context<'_>,
    ) -> Result<(), WriteError> {
        let members = context.members_of(&place.conversation);
        let members = if members.len() > MAX_MEMBERS {
            Vec::new()
        } else {
            members
        };
        let sides = [place.conversation.owner, place.conversation.peer];
        for id in sides.into_iter().flatten().chain(members) {
            self.account(id, scribe, context)?;
        }
        let ids: Vec<String> = self
            .participants
            .iter()
            .filter_map(|one| one.get("id")?.as_str().map(str::to_owned))
            .collect();
        let displays: Vec<&str> = self
            .participants
            .iter()
            .filter_map(|one| one.get("display").or_else(|| one.get("id"))?.as_str())
            .collect();
        let object = conversation(&place.conversation, &place.title, &ids, context);
        let path = self.zip.path.clone();
        self.zip
            .manifest(&place.id, &self.participants, &object, &self.events)?;
        let mut zip = self.zip.writer.finish().map_err(zip_error(&path))?;
        std::io::Seek::rewind(&mut zip).map_err(WriteError::at(&path))?;

        let head = HeadFacts {
            place,
            number,
            displays: &displays,
            first: self.first,
            first_sent_at: self.first_sent_at,
            last_sent_at: self.last_sent_at,
            events: self.event_count,
            files: self.zip.files,
        };
        let boundary = head.write(&mut target.buffer, scribe, context);
        let mut text = context
            .language
            .pick("参与者: ", "Participants: ")
            .to_owned();
        text.push_str(&displays.join(context.language.pick("、", ", ")));
        text.push_str("\n\n");
        text.push_str(&String::from_utf8_lossy(&self.text));
        write_text(&text, LineEnd::CrLf, &mut target.buffer);
        target.flush_if_full()?;
        let mut head = Head::new(&mut target.buffer, LineEnd::CrLf);
        head.raw(&format!("--{boundary}"));
        head.ours("Content-Type", "application/zip; name=\"rsmf.zip\"");
        head.ours("Content-Transfer-Encoding", "base64");
        head.ours("Content-Disposition", "attachment; filename=\"rsmf.zip\"");
        head.raw("");
        let (_, is_broken) = write_file(&mut zip, LineEnd::CrLf, target)?;
        if is_broken {
            return Err(WriteError::at(&path)(
                std::io::ErrorKind::UnexpectedEof.into(),
            ));
        }
        Head::new(&mut target.buffer, LineEnd::CrLf).raw(&format!("--{boundary}--"));
        drop(zip);
        fs::remove_file(&path).map_err(WriteError::at(&path))
    }
}
