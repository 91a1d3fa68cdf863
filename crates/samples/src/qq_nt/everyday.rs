//! The everyday mixture: mostly text, some of everything else.

use crate::protobuf::Message;
use crate::truth::Kind;
use crate::words::LINKS;

use super::attach::{Keeping, Look};
use super::cast::Role;
use super::draft::Draft;
use super::stage::Stage;

/// Faces that stand inside text.
pub(super) const FACES: &[(u64, &str)] = &[
    (14, "/微笑"),
    (13, "/呲牙"),
    (264, "/捂脸"),
    (277, "/汪汪"),
    (178, "/斜眼笑"),
    (66, "/爱心"),
    (76, "/赞"),
    (5, "/流泪"),
    (311, "/打call"),
];

impl Stage<'_> {
    /// Performs one everyday message in the conversation of the beat.
    pub(super) fn everyday(&mut self) {
        let is_group = self.here().is_group();
        let is_device = self.here().role == Role::Device;
        let sender = self.somebody();
        let draft = match self.rng.below(1000) {
            0..720 => self.line(sender, is_group),
            720..800 => {
                let keeping = self.keeping();
                self.picture(sender, Look::Photo, keeping)
            }
            800..820 => {
                let keeping = self.keeping();
                self.picture(sender, Look::Sticker, keeping)
            }
            820..845 => self.shop_sticker(sender),
            845..900 => self.everyday_answer(sender),
            900..915 => {
                let (title, _) = *self.rng.pick(LINKS);
                let url = format!("https://mp.example.com/s?id={}", self.rng.draw32());
                self.share(sender, title, &url)
            }
            915..935 => {
                let is_stored = self.may_store();
                let words = self.rng.chance(200).then(|| self.words());
                self.voice(sender, words.as_deref(), is_stored)
            }
            935..945 => {
                let is_stored = self.may_store();
                self.film(sender, is_stored)
            }
            945..952 => {
                let is_stored = self.may_store();
                self.file(sender, 3, is_stored)
            }
            952..958 => {
                let mut body = self.body();
                body.super_face(319, "/比心", None);
                Draft::new(Kind::Sticker, 2, 16, Some(sender), body)
            }
            958..961 => {
                let is_loaded = self.rng.chance(500);
                self.forward(sender, 1, is_loaded)
            }
            961..964 => {
                let mut body = self.body();
                body.wallet(3, "恭喜发财", None);
                Draft::new(Kind::Payment, 10, 0, Some(sender), body)
            }
            964..970 if !is_group && !is_device => self.everyday_call(sender),
            970..985 if is_group => self.event(),
            985..990 if !is_device => self.nudge(sender),
            _ => self.line(sender, is_group),
        };
        self.perform(draft);
    }

    fn keeping(&mut self) -> Keeping {
        match (self.may_store(), self.rng.below(5)) {
            (false, _) => Keeping::Gone,
            (true, 0) => Keeping::ThumbnailOnly,
            (true, _) => Keeping::Both,
        }
    }

    /// Words, now and then with a face or somebody's name.
    pub(super) fn line(&mut self, sender: u32, is_group: bool) -> Draft {
        let words = self.words();
        let mut body = self.body();
        let mut at_flag = 0;
        let mut sub = 1;
        if is_group && self.rng.chance(30) {
            let whom = self.somebody();
            let party = self.cast.party(whom);
            body.at(&party.nick, party.uin, &party.uid);
            at_flag = if whom == 0 { 6 } else { 2 };
        }
        body.text(&words);
        if self.rng.chance(60) {
            let (id, name) = *self.rng.pick(FACES);
            body.face(id, name);
            sub |= 0x10;
        }
        let mut draft = Draft::spoken(sender, body);
        draft.at_flag = at_flag;
        draft.sub_type = sub;
        if is_group && self.rng.chance(10) {
            draft.reactions = Some(reactions(&[("76", 1, 3), ("128516", 2, 1)]));
        }
        draft
    }

    fn shop_sticker(&mut self, sender: u32) -> Draft {
        let mut id = [0; 16];
        for part in id.chunks_exact_mut(8) {
            part.copy_from_slice(&self.rng.draw().to_le_bytes());
        }
        let name = *self.rng.pick(&["[贴贴]", "[晚安]", "[加油鸭]", "[已阅]"]);
        let mut body = self.body();
        body.market_face(name, 231_182, &id);
        Draft::new(Kind::Sticker, 17, 8, Some(sender), body)
    }

    fn everyday_answer(&mut self, sender: u32) -> Draft {
        let words = self.words();
        let by_id = self.rng.chance(600);
        match self.recall_recent() {
            Some(target) => self.answer(sender, &target, &words, true, by_id),
            None => {
                let mut body = self.body();
                body.text(&words);
                Draft::spoken(sender, body)
            }
        }
    }

    fn everyday_call(&mut self, sender: u32) -> Draft {
        let seconds = self.rng.range(3, 4_000);
        let words = format!("通话时长 {:02}:{:02}", seconds / 60, seconds % 60);
        let mut body = self.body();
        body.call(7, 1, &words, seconds.unsigned_abs() * 1000, false);
        Draft::new(Kind::Call, 19, 7, Some(sender), body)
    }

    /// Something that happened in a group.
    fn event(&mut self) -> Draft {
        let (guest, host) = (self.somebody_else(), self.somebody_else());
        let (guest, host) = (self.cast.party(guest), self.cast.party(host));
        let (group, time) = (&self.here().nick, self.now());
        let mut body = self.body();
        match self.rng.below(4) {
            0 => {
                body.group_event(1, guest, Some(host), group);
            }
            1 => {
                body.mute(host, guest, 600, time);
            }
            2 => {
                body.xml_tip(host, "邀请", guest);
                return Draft::tip(12, body);
            }
            _ => {
                body.group_event(3, guest, None, group);
            }
        }
        Draft::tip(8, body)
    }

    /// 戳一戳.
    pub(super) fn nudge(&mut self, sender: u32) -> Draft {
        let whom = if sender == 0 { self.somebody_else() } else { 0 };
        let mut body = self.body();
        body.poke(self.cast.party(sender), self.cast.party(whom));
        Draft::new(Kind::Nudge, 5, 12, Some(sender), body)
    }
}

/// Column 40062 and its total: emoji, kind, count.
pub(super) fn reactions(entries: &[(&str, u64, u64)]) -> (Vec<u8>, i64) {
    let mut column = Message::new();
    let mut total = 0;
    for (emoji, kind, count) in entries {
        let mut entry = Message::new();
        entry
            .text(48301, emoji)
            .varint(48302, *kind)
            .varint(48303, *count)
            .varint(48304, 0);
        column.nest(40062, &entry);
        total += i64::try_from(*count).unwrap_or(0);
    }
    (column.into_bytes(), total)
}
