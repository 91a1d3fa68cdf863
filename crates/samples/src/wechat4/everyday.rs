//! The everyday mixture: mostly text, some of everything else.

use crate::truth::Kind;
use crate::words::LINKS;

use super::appmsg::{self, App};
use super::attach::{Keeping, Stem};
use super::bodies;
use super::cast::Role;
use super::draft::{Draft, Plain, Server, local_type};
use super::media::Coat;
use super::record::{Item, record_info, record_item};
use super::stage::Stage;
use super::sysmsg;

impl Stage<'_> {
    /// Performs one everyday message in the conversation of the beat.
    pub(super) fn everyday(&mut self) {
        let role = self.here().role;
        if role == Role::Official && self.rng.chance(850) {
            let sender = self.conversation();
            let draft = self.article(sender);
            self.perform(draft);
            return;
        }
        let sender = self.somebody();
        let is_room = role == Role::Room;
        let draft = match self.rng.below(1000) {
            0..700 => self.line(sender, is_room),
            700..790 => self.everyday_picture(sender),
            790..840 => {
                let (md5, to) = (self.rng.hex32(), &self.here().username);
                let from = &self.cast.party(sender).username;
                let product = if self.rng.chance(300) {
                    "com.tencent.xin.emoticon.person.stiker_1"
                } else {
                    ""
                };
                let body = bodies::sticker(&mut self.rng, from, to, &md5, product);
                Draft::new(Kind::Sticker, 47, Some(sender), body)
            }
            840..875 => {
                let words = self.rng.chance(250).then(|| self.words());
                self.voice(sender, words.as_deref())
            }
            875..890 => {
                let is_stored = self.may_store();
                self.film(sender, 43, is_stored)
            }
            890..912 => self.article(sender),
            912..955 => self.everyday_answer(sender),
            955..963 => {
                let is_stored = self.may_store();
                let attach_id = format!("@cdn_{:x}", self.rng.draw());
                self.file(sender, 6, &attach_id, is_stored)
            }
            963..971 => {
                let inner = appmsg::mini_app(&mut self.rng, "pages/index?id=1&from=chat");
                let code = if self.rng.chance(300) { 36 } else { 33 };
                let title = self.words();
                let url = "https://mp.example.com/app";
                self.app(
                    sender,
                    App {
                        code,
                        title: &title,
                        source: "虚构小程序",
                        url,
                        inner: &inner,
                        ..App::default()
                    },
                )
            }
            971..978 => {
                let words = self.words();
                let inner = appmsg::feed(&mut self.rng, "灯塔纪录片", &words);
                self.app(
                    sender,
                    App {
                        code: 51,
                        title: "当前版本不支持展示该内容，请升级至最新版本。",
                        inner: &inner,
                        ..App::default()
                    },
                )
            }
            978..981 => self.everyday_forward(sender),
            981..986 => self.payment(sender),
            986..990 if !is_room => self.everyday_call(sender),
            986..995 if is_room => self.event(),
            995..997 => {
                let from = &self.cast.party(sender).username;
                let body = bodies::location(&mut self.rng, from);
                Draft::new(Kind::Place, 48, Some(sender), body)
            }
            997..998 => {
                let body = bodies::card(self.cast.party(self.cast.stars.mate), false, None);
                Draft::new(Kind::Contact, 42, Some(sender), body)
            }
            _ => self.nudge(sender),
        };
        self.perform(draft);
    }

    fn line(&mut self, sender: u32, is_room: bool) -> Draft {
        let words = self.words();
        if is_room && self.rng.chance(25) {
            let whom = self.somebody_else();
            return self.mention(sender, whom, &words);
        }
        Draft::text(sender, words)
    }

    fn everyday_picture(&mut self, sender: u32) -> Draft {
        let keeping = match (self.may_store(), self.rng.below(5)) {
            (false, _) => Keeping::Gone,
            (true, 0) => Keeping::ThumbnailOnly,
            (true, 1) => Keeping::Both(Coat::Xor),
            (true, _) => Keeping::Both(Coat::V2),
        };
        let stem = match self.rng.below(10) {
            0..7 => Stem::Packed,
            7 => Stem::Bare,
            8 => Stem::Resource,
            _ => Stem::HardlinkOnly,
        };
        self.picture(sender, keeping, stem)
    }

    /// A link to an article.
    pub(super) fn article(&mut self, sender: u32) -> Draft {
        let (title, des) = *self.rng.pick(LINKS);
        let url = format!(
            "https://mp.example.com/s?__biz=Mz{:x}&mid={}&idx=1&sn={}",
            self.rng.draw32(),
            self.rng.draw32(),
            self.rng.hex32()
        );
        self.app(
            sender,
            App {
                code: 5,
                title,
                des,
                url: &url,
                source: "灯塔日报",
                inner: "<patMsg><chatUser /><records><recordNum>0</recordNum></records></patMsg>",
                ..App::default()
            },
        )
    }

    fn everyday_answer(&mut self, sender: u32) -> Draft {
        let words = self.words();
        match self.recall_recent() {
            Some(target) => self.answer(sender, &target, &words, true),
            None => Draft::text(sender, words),
        }
    }

    fn everyday_forward(&mut self, sender: u32) -> Draft {
        let time = self.now() - 86_400;
        let count = self.rng.range(2, 6);
        let items: Vec<Item> = (0..count)
            .map(|number| {
                let name = self.somebody();
                let name = self.cast.party(name).nick.clone();
                let words = self.words();
                Item::words(&name, time + number * 30, &words)
            })
            .collect();
        let record = record_info(&mut self.rng, "群聊的聊天记录", &items, items.len());
        let inner = record_item(&record, true);
        self.app(
            sender,
            App {
                code: 19,
                title: "群聊的聊天记录",
                des: "小麦: 收到\n豆子: 好的",
                inner: &inner,
                ..App::default()
            },
        )
    }

    fn payment(&mut self, sender: u32) -> Draft {
        let is_room = self.here().role == Role::Room;
        if is_room || self.rng.chance(500) {
            let wish = *self
                .rng
                .pick(&["恭喜发财，大吉大利", "周末愉快", "生日快乐", "辛苦啦"]);
            let inner = appmsg::red_packet(&mut self.rng, wish);
            return self.app(
                sender,
                App {
                    code: 2001,
                    title: "微信红包",
                    des: "我给你发了一个红包，赶紧去拆!",
                    inner: &inner,
                    ..App::default()
                },
            );
        }
        let amount = format!("￥{}.{:02}", self.rng.range(1, 2000), self.rng.below(100));
        let payer = &self.cast.party(sender).username;
        let receiver = if sender == 0 {
            &self.here().username
        } else {
            &self.cast.owner().username
        };
        let (id, time) = (
            format!("1000050001{:018}", self.rng.draw() >> 8),
            self.now(),
        );
        let inner = appmsg::transfer(&mut self.rng, 1, &amount, &id, payer, receiver, time);
        let des = format!("收到转账{amount}元。如需收钱，请点此升级至最新版本");
        self.app(
            sender,
            App {
                code: 2000,
                title: "微信转账",
                des: &des,
                inner: &inner,
                ..App::default()
            },
        )
    }

    fn everyday_call(&mut self, sender: u32) -> Draft {
        let seconds = self.rng.range(5, 3_000);
        let ended = format!("通话时长 {:02}:{:02}", seconds / 60, seconds % 60);
        let words = match self.rng.below(5) {
            0 => "已取消",
            1 => "对方无应答",
            _ => &ended,
        };
        let (is_video, time) = (self.rng.chance(400), self.now());
        let body = bodies::call(&mut self.rng, is_video, words, seconds, time);
        Draft::new(Kind::Call, 50, Some(sender), body)
    }

    /// Something that happened in a room.
    fn event(&mut self) -> Draft {
        let (guest, host) = (self.somebody_else(), self.somebody_else());
        let (guest, host) = (self.cast.party(guest), self.cast.party(host));
        let mut draft = match self.rng.below(4) {
            0 => Draft::system(
                10_000,
                format!("\"{}\"邀请\"{}\"加入了群聊", host.nick, guest.nick),
            ),
            1 => Draft::system(
                10_000,
                format!("\"{}\"修改群名为“{}”", host.nick, self.here().nick),
            ),
            2 => Draft::system(10_000, sysmsg::removed(guest)),
            _ => Draft::system(
                10_000,
                sysmsg::template(
                    "tmpl_type_profile",
                    "\"$username$\"邀请\"$names$\"加入了群聊",
                    &[("username", &[host]), ("names", &[guest])],
                ),
            ),
        };
        if self.rng.chance(300) {
            draft.server = Server::Zero;
        }
        draft
    }

    /// 拍一拍.
    pub(super) fn nudge(&mut self, sender: u32) -> Draft {
        let whom = if sender == 0 { self.somebody_else() } else { 0 };
        let (from, to) = (self.cast.party(sender), self.cast.party(whom));
        let room = &self.here().username;
        let title = format!("\"{}\" 拍了拍 \"{}\"", from.nick, to.nick);
        let inner = sysmsg::pat_info(room, from, to, "的小脑袋");
        let mut draft = self.app(
            sender,
            App {
                code: 62,
                title: &title,
                inner: &inner,
                ..App::default()
            },
        );
        draft.local_type = local_type(49, 62);
        draft.text = Plain::None;
        draft
    }
}
