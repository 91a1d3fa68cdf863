//! Conversations, which one table holds all mixed up: each begins with its first row and is come back to.

use hutong_model::Stop;
use rustc_hash::FxHashMap;

use crate::wechat::database::OpenDatabase;
use crate::wechat::desk::{Bookmark, Desk, Here};
use crate::wechat::map::is_room;
use crate::wechat_android::tables::room;

/// One conversation, and what is remembered of it while another one is read.
struct Chat {
    here: Here,
    bookmark: Bookmark,
}

/// All conversations that rows were met of.
pub(super) struct Chats {
    /// Rows of `chatroom`.
    rooms: FxHashMap<String, i64>,
    by_talker: FxHashMap<Box<str>, usize>,
    chats: Vec<Chat>,
    current: Option<usize>,
}

impl Chats {
    pub(super) fn new(rooms: FxHashMap<String, i64>) -> Self {
        Self {
            rooms,
            by_talker: FxHashMap::default(),
            chats: Vec::new(),
            current: None,
        }
    }

    /// Goes to the conversation with this username.
    pub(super) fn enter(
        &mut self,
        desk: &mut Desk<'_>,
        file: &OpenDatabase,
        talker: &str,
    ) -> Result<Here, Stop> {
        let known = self.by_talker.get(talker).copied();
        if known.is_none() || known != self.current {
            self.leave(desk);
        }
        if let Some(number) = known
            && let Some(chat) = self.chats.get_mut(number)
        {
            if self.current != known {
                desk.resume(std::mem::take(&mut chat.bookmark));
                self.current = known;
            }
            return Ok(chat.here.clone());
        }
        let here = if is_room(talker) {
            self.begin_room(desk, file, talker)?
        } else {
            desk.begin_direct(talker)?
        };
        let number = self.chats.len();
        self.chats.push(Chat {
            here: here.clone(),
            bookmark: Bookmark::default(),
        });
        self.by_talker.insert(talker.into(), number);
        self.current = Some(number);
        Ok(here)
    }

    fn leave(&mut self, desk: &mut Desk<'_>) {
        let current = self.current.take();
        if let Some(chat) = current.and_then(|number| self.chats.get_mut(number)) {
            chat.bookmark = desk.leave();
        }
    }

    /// Pushes what still waits in any conversation.
    pub(super) fn end(&mut self, desk: &mut Desk<'_>) -> Result<(), Stop> {
        self.leave(desk);
        for chat in &mut self.chats {
            desk.resume(std::mem::take(&mut chat.bookmark));
            desk.end_conversation()?;
        }
        Ok(())
    }

    fn begin_room(
        &self,
        desk: &mut Desk<'_>,
        file: &OpenDatabase,
        talker: &str,
    ) -> Result<Here, Stop> {
        let row = self.rooms.get(talker).copied();
        let mut facts = row
            .map(|row| room(file, row, &desk.owner))
            .unwrap_or_default();
        if let Some(contact) = desk.people.by_username.get(talker) {
            facts.title = contact
                .nickname
                .as_deref()
                .map(str::to_owned)
                .or(facts.title);
            facts.remark = contact.remark.as_deref().map(str::to_owned);
        }
        desk.begin_room(talker, facts)
    }
}
