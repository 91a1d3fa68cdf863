//! Turns drafts into rows and truth lines.

use std::sync::mpsc::SyncSender;

use crate::ForgeError;
use crate::rng::{Rng, mix};
use crate::text::{Composer, excerpt};
use crate::timeline::Beat;
use crate::truth::{Kind, Line, Quoted, Truth};

use super::attach::Files;
use super::cast::{Cast, Party, Role};
use super::draft::{Content, Draft, Plain};
use super::elements::Body;
use super::rows::{Job, Names, Row, Table};

/// A message that a later one may answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    pub(super) msg_id: i64,
    pub(super) random: u32,
    pub(super) sequence: i64,
    pub(super) client_sequence: i64,
    pub(super) beat: u64,
    pub(super) sender: u32,
    pub(super) time: i64,
    pub(super) summary: String,
}

const REMEMBERED: usize = 6;

/// What the stage knows about one conversation.
#[derive(Clone, Debug, Default)]
struct Thread {
    last_time: i64,
    sequence: i64,
    client_sequence: i64,
    recent: [Recent; REMEMBERED],
    remembered: usize,
}

/// A row for `files_in_chat.db` and `rich_media.db`.
#[derive(Clone, Debug)]
pub(super) struct FileRow {
    pub(super) element: i64,
    pub(super) msg_id: i64,
    pub(super) random: u32,
    pub(super) conversation: u32,
    pub(super) sender: u32,
    pub(super) time: i64,
    pub(super) kind: i64,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) size: usize,
}

/// So many media messages are listed in `files_in_chat.db`; memory stays bounded.
const LISTED: usize = 4_000;
const BATCH: usize = 1024;

/// Where messages are performed.
pub(super) struct Stage<'a> {
    pub(super) cast: &'a Cast,
    pub(super) composer: &'a Composer,
    pub(super) seed: u64,
    pub(super) rng: Rng,
    pub(super) beat: Beat,
    /// Whether this piece holds the beat.
    pub(super) is_held: bool,
    held_from: u64,
    /// Whether row ids are those of a second device.
    is_second_device: bool,
    /// Seconds since the beat began.
    pub(super) offset: i64,
    threads: Vec<Thread>,
    pub(super) truth: Truth,
    pub(super) files: Files,
    pub(super) listed: Vec<FileRow>,
    pub(super) failure: Option<ForgeError>,
    serial: u64,
    batch: Vec<Row>,
    rows: Option<SyncSender<Job>>,
}

/// What a stage needs from outside.
pub(super) struct Props<'a> {
    pub(super) cast: &'a Cast,
    pub(super) composer: &'a Composer,
    pub(super) seed: u64,
    pub(super) held_from: u64,
    pub(super) is_second_device: bool,
    pub(super) truth: Truth,
    pub(super) files: Files,
    pub(super) rows: SyncSender<Job>,
}

impl<'a> Stage<'a> {
    pub(super) fn new(props: Props<'a>) -> Self {
        let Props {
            cast,
            composer,
            seed,
            held_from,
            is_second_device,
            truth,
            files,
            rows,
        } = props;
        let mut threads = vec![Thread::default(); cast.parties.len()];
        for (number, thread) in threads.iter_mut().enumerate() {
            thread.sequence = 1_000 + (number as i64 * 977) % 50_000;
            // Close to the point where 16 bits begin anew.
            thread.client_sequence = 65_400 - (number as i64 * 31) % 3_000;
        }
        Self {
            cast,
            composer,
            seed,
            rng: Rng::new(seed, 0),
            beat: Beat {
                index: 0,
                time: 0,
                conversation: 0,
                scene: None,
            },
            is_held: true,
            held_from,
            is_second_device,
            offset: 0,
            threads,
            truth,
            files,
            listed: Vec::new(),
            failure: None,
            serial: 0,
            batch: Vec::new(),
            rows: Some(rows),
        }
    }

    /// The conversation on stage.
    pub(super) fn here(&self) -> &'a Party {
        self.cast.party(self.beat.conversation)
    }

    /// Time at which the next row would stand.
    pub(super) const fn now(&self) -> i64 {
        self.beat.time + self.offset
    }

    /// A body whose elements have ids of their own.
    pub(super) const fn body(&mut self) -> Body {
        Body::new(self.rng.draw() >> 2 | 1 << 60)
    }

    /// What somebody might write here.
    pub(super) fn words(&mut self) -> String {
        let mut out = String::with_capacity(96);
        let topic = self.here().topic;
        self.composer.say(&mut self.rng, topic, &mut out);
        out
    }

    /// A member of the conversation on stage: mostly the talkative ones, one time in eight the owner.
    pub(super) fn somebody(&mut self) -> u32 {
        let party = self.here();
        let own = match party.role {
            Role::Group | Role::Discussion => 120,
            Role::Device => 1000,
            _ => 450,
        };
        if self.rng.chance(own) {
            return 0;
        }
        if !party.is_group() {
            return self.beat.conversation;
        }
        if self.rng.chance(20) && !party.left.is_empty() {
            return *self.rng.pick(&party.left);
        }
        let reach = self.rng.below(party.members.len()) + 1;
        let number = self.rng.below(reach);
        party.members.get(number).copied().unwrap_or(0)
    }

    /// Somebody other than the owner.
    pub(super) fn somebody_else(&mut self) -> u32 {
        (0..32)
            .map(|_| self.somebody())
            .find(|party| *party != 0)
            .unwrap_or_else(|| {
                self.here()
                    .members
                    .last()
                    .copied()
                    .unwrap_or(self.beat.conversation)
            })
    }

    fn thread(&mut self) -> &mut Thread {
        self.threads
            .get_mut(self.beat.conversation as usize)
            .expect("one thread for each party")
    }

    /// An earlier message of the conversation on stage.
    pub(super) fn recall_recent(&mut self) -> Option<Recent> {
        let filled = self.thread().remembered.min(REMEMBERED);
        let choice = self.rng.below(filled);
        self.thread()
            .recent
            .get(choice)
            .filter(|_| filled > 0)
            .cloned()
    }

    /// The message that was performed last in the conversation on stage.
    pub(super) fn just_said(&mut self) -> Recent {
        let thread = self.thread();
        let last = thread.remembered.wrapping_sub(1) % REMEMBERED;
        thread.recent.get(last).cloned().unwrap_or_default()
    }

    /// Remembers the first failure; the main loop stops at it.
    pub(super) fn keep<T>(&mut self, result: Result<T, ForgeError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.failure.get_or_insert(error);
                None
            }
        }
    }

    /// Performs a draft: row and truth.
    pub(super) fn perform(&mut self, draft: Draft) {
        self.serial += 1;
        let serial = self.serial;
        if self.offset > 0 || self.beat.scene.is_some() {
            self.offset += draft.wait;
        }
        let (now, beat, is_held) = (self.now(), self.beat.index, self.is_held);
        let party = self.here();
        let is_own = draft.sender == Some(0);
        let mut chance = Rng::new(self.seed ^ 0x5E9, serial);
        // Different serials give different values: multiplication by an odd number loses nothing.
        let spread = |factor: u64| serial.wrapping_mul(factor) & 0xFFFF_FFFF;
        let random = spread(0x85EB_CA6B);
        let low = if self.is_second_device {
            spread(0xC2B2_AE35)
        } else {
            spread(0x9E37_79B1)
        };

        let thread = self.thread();
        let time = now.max(thread.last_time);
        thread.last_time = time;
        thread.sequence += 1;
        let is_unnumbered = !party.is_group() && chance.chance(100);
        let sequence = draft
            .sequence
            .unwrap_or(if is_unnumbered { 0 } else { thread.sequence });
        let mut client_sequence = 0;
        if is_own || !party.is_group() {
            thread.client_sequence = (thread.client_sequence + 1) & 0xFFFF;
            client_sequence = thread.client_sequence;
        }
        let msg_id = (time - i64::from(chance.chance(50))) << 32 | low as i64;
        let random = u32::try_from(random).expect("masked to 32 bits");
        if let (Some(sender), Content::Elements(body), Names::Full) =
            (draft.sender, &draft.content, &draft.names)
        {
            let place = thread.remembered % REMEMBERED;
            if let Some(recent) = thread.recent.get_mut(place) {
                recent.summary.clear();
                recent.summary.push_str(if body.words.is_empty() {
                    "[消息]"
                } else {
                    excerpt(&body.words, 60)
                });
                (recent.msg_id, recent.random, recent.sequence) = (msg_id, random, sequence);
                (
                    recent.client_sequence,
                    recent.beat,
                    recent.sender,
                    recent.time,
                ) = (client_sequence, beat, sender, time);
                thread.remembered += 1;
            }
        }
        if !is_held {
            return;
        }
        self.tell(&draft, party, msg_id, time);
        if let Some((kind, name, path, size)) =
            draft.media.as_ref().filter(|_| self.listed.len() < LISTED)
        {
            self.listed.push(FileRow {
                element: (mix(serial) >> 2) as i64,
                msg_id,
                random,
                conversation: self.beat.conversation,
                sender: draft.sender.unwrap_or(0),
                time,
                kind: *kind,
                name: name.clone(),
                path: path.clone(),
                size: *size,
            });
        }
        let (table, chat_type) = match (draft.table, party.role) {
            (Some(Table::Private), Role::Temporary) => (Table::Private, 100),
            (_, Role::Group) => (Table::Group, 2),
            (_, Role::Discussion) => (Table::Discussion, 3),
            (_, Role::Device) => (Table::Device, 8),
            (_, Role::Temporary) => (Table::Temporary, 100),
            _ => (Table::Private, 1),
        };
        let send_type = draft.send_type.unwrap_or(match draft.sender {
            None => 3,
            Some(0) if chance.chance(250) => 2,
            Some(0) => 1,
            Some(_) => 0,
        });
        let (reactions, reaction_total) = draft
            .reactions
            .map_or((None, 0), |(bytes, total)| (Some(bytes), total));
        let row = Row {
            table,
            conversation: self.beat.conversation,
            chat_type,
            msg_id,
            random,
            sequence,
            client_sequence,
            msg_type: draft.msg_type,
            sub_type: draft.sub_type,
            send_type,
            sender: draft.sender,
            is_legacy: matches!(draft.names, Names::Migrated { .. }),
            names: draft.names,
            time,
            body: match draft.content {
                Content::Elements(body) => Some(body.into_bytes()),
                Content::Raw(bytes) => Some(bytes),
                Content::Null => None,
            },
            cached: draft.cached,
            reactions,
            reaction_total,
            at_flag: draft.at_flag,
            reply_to: draft.reply_column,
            reply_time: if draft.reply_column == 0 { 0 } else { time },
        };
        self.batch.push(row);
        if self.batch.len() >= BATCH {
            self.flush();
        }
    }

    /// Sends waiting rows to the writer. One that failed has hung up; its error is read when it is joined.
    pub(super) fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            self.send(Job::Rows(batch));
        }
    }

    /// Tells the writer that the log begins.
    pub(super) fn begin_log(&mut self) {
        self.flush();
        self.send(Job::Log);
    }

    fn send(&mut self, job: Job) {
        if let Some(rows) = &self.rows
            && rows.send(job).is_err()
        {
            self.rows = None;
        }
    }

    /// Sends the rest and hangs up.
    pub(super) fn close(&mut self) {
        self.flush();
        self.rows = None;
    }

    fn tell(&mut self, draft: &Draft, party: &Party, msg_id: i64, time: i64) {
        let sender = match (draft.kind, draft.sender) {
            (Kind::System, _) | (_, None) => None,
            (_, Some(number)) => Some(self.cast.party(number).sender_id()),
        };
        let line = Line {
            platform: "qq",
            conversation: &party.conversation_id(),
            conversation_kind: party.conversation_kind(),
            sender,
            sent_at_ms: time * 1000,
            kind: draft.kind,
            text: match (&draft.text, &draft.content) {
                (Plain::Body, Content::Elements(body)) => Some(&body.words),
                _ => None,
            },
            server_id: None,
            msg_id: Some(Quoted(msg_id)),
            sort_seq: None,
            reply_to: draft
                .reply
                .filter(|reply| reply.beat >= self.held_from)
                .map(|reply| Quoted(reply.msg_id)),
            state: draft.state,
            file: draft.file.as_ref(),
        };
        let written = self.truth.write(&line);
        self.keep(written);
    }
}
