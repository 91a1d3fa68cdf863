//! Turns drafts into rows, side rows and truth lines.

use std::sync::Arc;

use zstd::bulk::Compressor;

use crate::ForgeError;
use crate::protobuf::Message;
use crate::rng::{Rng, mix};
use crate::text::Composer;
use crate::timeline::Beat;
use crate::truth::{Kind, Line, Quoted, Truth};

use super::Generation;
use super::cast::{Cast, Party, Role};
use super::draft::{Cell, Draft, Plain, Prefix, Server};
use super::media::Media;
use super::post::Posts;
use super::shard::{Row, Stored, Who};
use super::side::{Aside, Link};
use super::thread::{Recent, Thread};

/// A row of `message_revoke.db`.
#[derive(Clone, Debug)]
pub(super) struct Revoked {
    pub(super) to: u32,
    pub(super) server_id: i64,
    pub(super) time: i64,
    pub(super) content: String,
}

/// Where messages are performed.
pub(super) struct Stage<'a> {
    pub(super) cast: &'a Cast,
    pub(super) composer: &'a Composer,
    pub(super) seed: u64,
    pub(super) rng: Rng,
    pub(super) beat: Beat,
    /// Whether this piece holds the beat.
    pub(super) is_held: bool,
    /// Whether the first shard is still in use.
    pub(super) is_early: bool,
    pub(super) held_from: u64,
    /// Seconds since the beat began.
    pub(super) offset: i64,
    pub(super) threads: Vec<Thread>,
    pub(super) posts: Posts,
    pub(super) truth: Truth,
    pub(super) media: Media,
    pub(super) revoked: Vec<Revoked>,
    pub(super) failure: Option<ForgeError>,
    serial: u64,
    sources: Vec<[Stored; 2]>,
    packer: Compressor<'static>,
}

/// What a stage needs from outside.
pub(super) struct Props<'a> {
    pub(super) cast: &'a Cast,
    pub(super) composer: &'a Composer,
    pub(super) seed: u64,
    pub(super) held_from: u64,
    pub(super) posts: Posts,
    pub(super) truth: Truth,
    pub(super) media: Media,
}

impl<'a> Stage<'a> {
    pub(super) fn new(props: Props<'a>) -> Result<Self, ForgeError> {
        let Props {
            cast,
            composer,
            seed,
            held_from,
            posts,
            truth,
            media,
        } = props;
        let mut packer = Compressor::new(1).map_err(ForgeError::Compression)?;
        let mut sources = Vec::with_capacity(cast.parties.len());
        for party in &cast.parties {
            let count = party.members.len().max(2);
            let xml = format!(
                "<msgsource>\n\t<alnode>\n\t\t<fr>1</fr>\n\t</alnode>\n\t<silence>{}</silence>\n\t<membercount>{count}</membercount>\n\t\
                 <signature>V1_{}</signature>\n\t<tmp_node>\n\t\t<publisher-id />\n\t</tmp_node>\n\t<sec_msg_node>\n\t\t<alnode>\n\t\t\t<fr>1</fr>\n\t\t</alnode>\n\t</sec_msg_node>\n</msgsource>",
                u8::from(count > 40),
                party.hash.get(..8).unwrap_or_default(),
            );
            let packed = packer
                .compress(xml.as_bytes())
                .map_err(ForgeError::Compression)?;
            sources.push([
                Stored::SharedText(Arc::from(xml)),
                Stored::SharedBlob(Arc::from(packed)),
            ]);
        }
        let beat = Beat {
            index: 0,
            time: 0,
            conversation: 0,
            scene: None,
        };
        Ok(Self {
            cast,
            composer,
            seed,
            rng: Rng::new(seed, 0),
            beat,
            is_held: true,
            is_early: true,
            held_from,
            offset: 0,
            threads: vec![Thread::default(); cast.parties.len()],
            posts,
            truth,
            media,
            revoked: Vec::new(),
            failure: None,
            serial: 0,
            sources,
            packer,
        })
    }

    /// Number of the conversation on stage.
    pub(super) const fn conversation(&self) -> u32 {
        self.beat.conversation
    }

    /// The conversation on stage.
    pub(super) fn here(&self) -> &'a Party {
        self.cast.party(self.beat.conversation)
    }

    /// Time at which the next row would stand.
    pub(super) const fn now(&self) -> i64 {
        self.beat.time + self.offset
    }

    /// What the stage knows about a conversation.
    pub(super) fn thread(&mut self, conversation: u32) -> &mut Thread {
        self.threads
            .get_mut(conversation as usize)
            .expect("one thread for each party")
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

    /// A member of the conversation on stage: mostly the talkative ones, one time in eight the owner.
    pub(super) fn somebody(&mut self) -> u32 {
        let party = self.here();
        let own = match party.role {
            Role::Room => 120,
            Role::Helper => 1000,
            Role::Official => 0,
            _ => 450,
        };
        if self.rng.chance(own) {
            return 0;
        }
        if party.role != Role::Room {
            return self.conversation();
        }
        // Those who left wrote now and then.
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
                let members = &self.here().members;
                members.last().copied().unwrap_or(self.beat.conversation)
            })
    }

    /// An earlier message of the conversation on stage.
    pub(super) fn recall_recent(&mut self) -> Option<Recent> {
        let conversation = self.conversation();
        let filled = self.thread(conversation).filled();
        let choice = self.rng.below(filled);
        self.thread(conversation).recent(choice)
    }

    /// Adds a row to `hardlink.db`.
    pub(super) fn link(&mut self, link: Link) {
        if self.is_held {
            self.posts.side.put(Aside::Link(link));
        }
    }

    /// A server id that belongs to no row of the set.
    pub(super) fn foreign_id(&mut self) -> i64 {
        (self.rng.draw() >> 1) as i64
    }

    /// Performs a draft: row, side rows, truth. Returns the server id.
    pub(super) fn perform(&mut self, mut draft: Draft) -> i64 {
        self.serial += 1;
        let serial = self.serial;
        let mut dress = Rng::new(self.seed ^ 0xD2E5, serial);
        let conversation = self.conversation();
        let party = self.here();
        let server_id = match draft.server {
            Server::Fresh => (mix(self.seed ^ mix(serial)) >> 2 | 1 << 60) as i64,
            Server::Zero => 0,
            Server::Again(id) => id,
        };
        if self.offset > 0 || self.beat.scene.is_some() {
            self.offset += draft.wait;
        }
        let now = self.now();
        let (is_held, is_early, beat) = (self.is_held, self.is_early, self.beat.index);
        let thread = self.thread(conversation);
        let time = now.max(thread.last_time);
        thread.tick = if time == thread.last_time {
            thread.tick + 1
        } else {
            0
        };
        thread.last_time = time;
        let sort_seq = time * 1000 + thread.tick;
        thread.remember(&draft, server_id, beat, time);
        if !is_held {
            return server_id;
        }
        thread.rows += 1;
        let shard = usize::from(!is_early && party.role != Role::Official);
        let local_id = thread.take_id(shard);
        let copy_id = if draft.is_twice {
            thread.take_id(1 - shard)
        } else {
            0
        };
        thread.note(&draft, local_id);

        let create_time = time + draft.skew;
        if self.media.generation == Generation::Mac3 && !draft.body.contains("md5") {
            // Nothing but a digest leads to a file there.
            draft.file = None;
        }
        if draft.is_told {
            self.tell(&draft, party, server_id, sort_seq, create_time);
        }
        let sender = match draft.sender {
            None => Who::Nobody,
            Some(number) if self.cast.party(number).role == Role::Orphan => Who::Missing,
            Some(number) => Who::Party(number),
        };
        if let Some(data) = draft.voice.take() {
            self.posts.side.put(Aside::Voice {
                conversation,
                time: create_time,
                local_id,
                server_id,
                data,
            });
        }
        if let Some(stem) = draft.resource.take() {
            let sender = draft.sender.unwrap_or(0);
            let local_type = draft.local_type;
            self.posts.side.put(Aside::Resource {
                conversation,
                sender,
                local_type,
                time: create_time,
                local_id,
                server_id,
                stem,
            });
        }
        let source = self.source(&mut draft, party, &mut dress);
        let (cell, is_twice) = (draft.cell, draft.is_twice);
        let (local_type, packed) = (draft.local_type, draft.packed.take());
        let path = draft.path.take();
        let body = self.spoken(draft, party, &mut dress);
        let copy = is_twice.then(|| body.clone());
        let content = self.stored(body, cell, &mut dress);
        let status = match sender {
            Who::Party(0) => 2,
            Who::Nobody => 3,
            _ => 4,
        };
        let row = Row {
            conversation,
            local_id,
            server_id,
            local_type,
            sort_seq,
            sender,
            create_time,
            status,
            source,
            content,
            packed,
            path,
        };
        let posts = &mut self.posts;
        if let Some(body) = copy {
            // One copy is compressed, the other is not.
            let copy = Row {
                local_id: copy_id,
                content: Stored::Text(body, Some(0)),
                ..row.clone()
            };
            if is_early {
                posts.late.put(copy);
            } else {
                posts.early.put(copy);
            }
        }
        match (party.role, is_early) {
            (Role::Official, _) => posts.official.put(row),
            (_, true) => posts.early.put(row),
            (_, false) => posts.late.put(row),
        }
        server_id
    }

    fn tell(&mut self, draft: &Draft, party: &Party, server_id: i64, sort_seq: i64, time: i64) {
        let sender = match (draft.kind, draft.sender) {
            (Kind::System, _) | (_, None) => None,
            (_, Some(number)) => {
                Some(self.cast.party(number)).filter(|sender| sender.role != Role::Orphan)
            }
        };
        let line = Line {
            platform: "wechat",
            conversation: party.native_id(),
            conversation_kind: party.conversation_kind(),
            sender: sender.map(|sender| sender.username.as_str()),
            sent_at_ms: time * 1000,
            kind: draft.kind,
            text: match &draft.text {
                Plain::None => None,
                Plain::Body => Some(&draft.body),
                Plain::Words(words) => Some(words),
            },
            server_id: Some(Quoted(server_id)),
            msg_id: None,
            sort_seq: (server_id == 0).then_some(sort_seq),
            reply_to: draft
                .reply
                .filter(|(_, beat)| *beat >= self.held_from)
                .map(|(id, _)| Quoted(id)),
            state: draft.state,
            file: draft.file.as_ref(),
        };
        let written = self.truth.write(&line);
        self.keep(written);
    }

    /// The body with the sender in front, where received rows of rooms have it.
    fn spoken(&self, draft: Draft, party: &Party, dress: &mut Rng) -> String {
        let Draft {
            sender,
            mut body,
            prefix,
            ..
        } = draft;
        let Some(number) = sender.filter(|number| *number != 0 && party.role == Role::Room) else {
            return body;
        };
        let is_prefixed = match prefix {
            Prefix::Auto => dress.chance(900),
            Prefix::Always => true,
            Prefix::Never => false,
        };
        if is_prefixed {
            let username = &self.cast.party(number).username;
            body.insert_str(0, ":\n");
            body.insert_str(0, username);
        }
        body
    }

    fn stored(&mut self, body: String, cell: Cell, dress: &mut Rng) -> Stored {
        let cell = match cell {
            Cell::Auto if body.len() < 220 => {
                return if dress.chance(15) {
                    self.zstd(&body, Some(4))
                } else {
                    Stored::Text(body, dress.chance(500).then_some(0))
                };
            }
            Cell::Auto if dress.chance(150) => Cell::Plain,
            Cell::Auto => Cell::Packed,
            chosen => chosen,
        };
        match cell {
            Cell::Null => Stored::Null,
            Cell::Packed => self.zstd(&body, Some(4)),
            Cell::PackedUnmarked => self.zstd(&body, None),
            Cell::PlainBlob => Stored::Blob(body.into_bytes(), Some(0)),
            Cell::Plain | Cell::Auto => Stored::Text(body, Some(0)),
        }
    }

    fn zstd(&mut self, body: &str, marker: Option<i64>) -> Stored {
        let packed = self
            .packer
            .compress(body.as_bytes())
            .map_err(ForgeError::Compression);
        Stored::Blob(self.keep(packed).unwrap_or_default(), marker)
    }

    fn source(&mut self, draft: &mut Draft, party: &Party, dress: &mut Rng) -> Stored {
        if let Some(mentions) = draft.mentions.take() {
            let xml = format!(
                "<msgsource>\n\t<atuserlist><![CDATA[{mentions}]]></atuserlist>\n\t<silence>0</silence>\n\t<membercount>{}</membercount>\n</msgsource>",
                party.members.len()
            );
            return if dress.chance(300) {
                self.zstd(&xml, Some(4))
            } else {
                Stored::Text(xml, None)
            };
        }
        let (plain, packed) = match (draft.sender, party.role) {
            (None, _) => return Stored::Null,
            (_, Role::Room) => (350, 800),
            _ => (500, 600),
        };
        let roll = dress.below(1000);
        let [text, zstd] = self
            .sources
            .get(self.beat.conversation as usize)
            .expect("one pair for each party");
        if roll < plain {
            text.clone()
        } else if roll < packed {
            zstd.clone()
        } else {
            Stored::Null
        }
    }
}

/// `packed_info_data` with one further field.
pub(super) fn packed_info(tag: u32, inner: &Message) -> Vec<u8> {
    let mut out = Message::new();
    out.varint(1, 106).varint(2, 14).nest(tag, inner);
    out.into_bytes()
}
