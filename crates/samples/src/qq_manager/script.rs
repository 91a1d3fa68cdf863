//! What is said in the chats of an export, before any format writes it down.

use crate::Plan;
use crate::people::{card, nickname, uin};
use crate::rng::Rng;
use crate::sentences::Topic;
use crate::text::Composer;
use crate::timeline::{Beat, Timeline};
use crate::truth::Kind;

/// Seconds by which the exporting computer's clock is ahead.
pub(super) const OFFSET: i64 = 8 * 3600;

/// Somebody who writes.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Name without brackets.
    pub(super) name: String,
    /// Number or mail address.
    pub(super) id: String,
}

impl Person {
    /// As a header shows them.
    pub(super) fn shown(&self, chat: &Chat) -> String {
        if !chat.is_group() {
            self.name.clone()
        } else if self.id.contains('@') {
            format!("{}<{}>", self.name, self.id)
        } else {
            format!("{}({})", self.name, self.id)
        }
    }

    /// As the truth list names them.
    pub(super) fn truth(&self, chat: &Chat) -> &str {
        if chat.is_group() {
            &self.id
        } else {
            &self.name
        }
    }
}

/// A chat.
#[derive(Clone, Debug)]
pub(super) struct Chat {
    number: u32,
    pub(super) title: String,
    pub(super) list: &'static str,
    /// Everybody; the owner of the copy is the first.
    people: Vec<Person>,
    topic: Topic,
}

impl Chat {
    pub(super) fn is_group(&self) -> bool {
        self.people.len() > 2
    }
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bit {
    Words(String),
    /// A picture; some have no file in a web archive.
    Picture {
        number: u64,
        is_missing: bool,
    },
}

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// Unix seconds.
    pub(super) time: i64,
    /// Absent for the messenger itself.
    pub(super) sender: Option<Person>,
    pub(super) bits: Vec<Bit>,
    kind: Kind,
}

impl Said {
    /// The words of texts and notices.
    pub(super) fn text(&self) -> Option<String> {
        match self.bits.as_slice() {
            [Bit::Words(words)] if matches!(self.kind, Kind::Text | Kind::System) => {
                Some(words.clone())
            }
            _ => None,
        }
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }
}

/// Placeholders, and what a message is that is nothing else.
const PLACEHOLDERS: &[(&str, Kind)] = &[
    ("[图片]", Kind::Image),
    ("[表情]", Kind::Sticker),
    ("[语音]", Kind::Voice),
    ("[视频]", Kind::Video),
    ("[文件]", Kind::File),
    ("[QQ红包]", Kind::Payment),
    ("[转账]", Kind::Payment),
    ("[链接]", Kind::Link),
    ("[位置]", Kind::Place),
    ("[窗口抖动]", Kind::Nudge),
    ("[闪照]", Kind::Image),
];

/// Bodies that try a reader, with `{old}` for a header from long ago.
const HARD: &[&str] = &[
    "看这段：\n\n{old}\n那时候就说好了\n\n{old}\n是的",
    "{old}",
    "2021-12-31 23:59:59",
    "2021-12-31 23:59:59\n\n跨年的时间是这个",
    "================================================================\n消息对象:别人",
    "第一段\n\n第二段\n\n\n第三段",
    "<b>不是标签</b> & &amp; &lt;也不是&gt; \"引号\" '单引号'",
    "这里有[图片]和[表情]，还有/微笑",
    "",
    "  前后有空格  ",
    "消息分组:我的好友",
    "(12345678)",
    "{fill}",
];

/// What the messenger says itself.
const NOTICES: &[&str] = &[
    "{name}加入本群。",
    "{name}撤回了一条消息",
    "{name}被管理员移出本群。",
    "[图片]群主已开启全员禁言",
];

/// A whole history.
#[derive(Debug)]
pub(super) struct Script {
    seed: u64,
    plan: Plan,
    chats: Vec<Chat>,
    composer: Composer,
}

impl Script {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut rng = Rng::new(plan.seed, 0x7E71);
        let person = |rng: &mut Rng| Person {
            name: nickname(rng),
            id: uin(rng).to_string(),
        };
        let owner = person(&mut rng);
        let mut chats = Vec::new();
        let count = if plan.export.is_one_chat { 1 } else { 6 };
        for number in 0..count {
            let topic = *rng.pick(Topic::ALL);
            let is_group = number % 2 == 0;
            let mut people = vec![owner.clone()];
            if is_group {
                people.extend((1..24).map(|member| Person {
                    name: match member {
                        1 => "(A".to_owned(),
                        2 => "(B)".to_owned(),
                        3 => "（*´▽｀)ノ)".to_owned(),
                        4 => String::new(),
                        5 => format!("【管理员】{}", card(&mut rng, member)),
                        _ => card(&mut rng, member),
                    },
                    id: match member {
                        3 => format!("kaomoji{number}@example.com"),
                        6 => "80000000".to_owned(),
                        _ => uin(&mut rng).to_string(),
                    },
                }));
            } else {
                let mut other = person(&mut rng);
                if number == 3 {
                    other.name.push_str("(5201314)");
                }
                people.push(other);
            }
            let title = match people.get(1) {
                Some(other) if !is_group => other.name.clone(),
                _ => format!("{}（{number}）", rng.pick(topic.titles())),
            };
            chats.push(Chat {
                number,
                title,
                list: if is_group {
                    "我的群聊"
                } else {
                    "我的好友"
                },
                people,
                topic,
            });
        }
        Self {
            seed: plan.seed,
            plan: plan.clone(),
            chats,
            composer: Composer::new(),
        }
    }

    pub(super) fn chats(&self) -> &[Chat] {
        &self.chats
    }

    pub(super) fn owner_number(&self) -> String {
        self.chats
            .first()
            .and_then(|chat| chat.people.first())
            .map(|owner| owner.id.clone())
            .unwrap_or_default()
    }

    pub(super) fn needle(&self) -> String {
        format!(
            "藏在导出里的一句话{:016x}",
            Rng::new(self.seed, 0xEED1E).draw()
        )
    }

    /// The messages of one chat that this piece of the history holds, in order.
    pub(super) fn messages<'a>(&'a self, chat: &'a Chat) -> impl Iterator<Item = Said> + 'a {
        let scenes = HARD.len() + PLACEHOLDERS.len() + NOTICES.len() + 3;
        let (total, held) = self.plan.stretch(scenes * 2);
        let count = u32::try_from(self.chats.len()).unwrap_or(1);
        // Every scene is played in a group and in a chat between two, where there is one.
        let places = (0..scenes * 2)
            .map(|scene| u32::try_from(scene / scenes).unwrap_or(0).min(count - 1))
            .collect();
        Timeline::new(self.seed ^ 0x7E, total, count, places)
            .filter(move |beat| beat.conversation == chat.number && held.contains(&beat.index))
            .flat_map(move |beat| self.play(chat, &beat, scenes))
    }

    fn play(&self, chat: &Chat, beat: &Beat, scenes: usize) -> Vec<Said> {
        let mut rng = Rng::new(self.seed, beat.index ^ 0x7E00_0000_0000);
        let sender = rng.pick(&chat.people).clone();
        let said = |bits: Vec<Bit>, kind| Said {
            time: beat.time,
            sender: Some(sender.clone()),
            bits,
            kind,
        };
        let words = |text: String| vec![Bit::Words(text)];
        let Some(scene) = beat.scene.map(|scene| scene % scenes) else {
            if rng.chance(self.plan.export.pictures_per_mille) {
                return vec![said(vec![picture(&mut rng, beat.index)], Kind::Image)];
            }
            let mut text = String::new();
            self.composer.say(&mut rng, chat.topic, &mut text);
            return vec![said(words(tidy(&text)), Kind::Text)];
        };
        if let Some(hard) = HARD.get(scene) {
            let mut text = String::new();
            for (number, piece) in hard.split("{old}").enumerate() {
                if number > 0 {
                    let old = rng.pick(&chat.people).shown(chat);
                    text.push_str(&format!("2016-0{number}-1{number} 8:0{number}:07 {old}"));
                }
                text.push_str(piece);
            }
            if text == "{fill}" {
                text = self.needle_once(beat, scenes);
            }
            return vec![said(words(text), Kind::Text)];
        }
        let scene = scene - HARD.len();
        if let Some((word, kind)) = PLACEHOLDERS.get(scene) {
            return vec![said(words((*word).to_owned()), *kind)];
        }
        let scene = scene - PLACEHOLDERS.len();
        if let Some(notice) = NOTICES.get(scene) {
            return vec![Said {
                time: beat.time,
                sender: None,
                bits: words(notice.replace("{name}", &sender.name)),
                kind: Kind::System,
            }];
        }
        match scene - NOTICES.len() {
            // The same twice in one second.
            0 => vec![said(words("好的".to_owned()), Kind::Text); 2],
            1 => {
                let mut bits = words("看 ".to_owned());
                bits.push(picture(&mut rng, beat.index));
                bits.push(Bit::Words("这张".to_owned()));
                vec![said(bits, Kind::Text)]
            }
            _ => {
                let pictures = [beat.index, beat.index | 1 << 40];
                let bits = pictures.map(|number| Bit::Picture {
                    number,
                    is_missing: false,
                });
                vec![said(bits.to_vec(), Kind::Image)]
            }
        }
    }

    /// The needle for the first chat, something else for the others.
    fn needle_once(&self, beat: &Beat, scenes: usize) -> String {
        if beat.scene.is_some_and(|scene| scene < scenes) {
            self.needle()
        } else {
            "没有什么".to_owned()
        }
    }
}

fn picture(rng: &mut Rng, number: u64) -> Bit {
    Bit::Picture {
        number,
        is_missing: rng.chance(100),
    }
}

/// Without blank lines at its ends, which an export does not tell.
fn tidy(text: &str) -> String {
    text.trim_matches('\n').to_owned()
}

/// Year, month, day and seconds of the day on the exporting computer.
pub(super) fn wall(time: i64) -> (String, i64) {
    let local = time + OFFSET;
    let days = local.div_euclid(86_400);
    // Days to a date; the usual arithmetic over 400-year cycles that begin in March.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let index = (5 * of_year + 2) / 153;
    let day = of_year - (153 * index + 2) / 5 + 1;
    let month = if index < 10 { index + 3 } else { index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (
        format!("{year:04}-{month:02}-{day:02}"),
        local.rem_euclid(86_400),
    )
}

/// A time of day as the exporting computer writes it, with `gap` before the half of the day.
pub(super) fn clock(second: i64, has_halves: bool, gap: &str) -> String {
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    if has_halves {
        let half = if hour < 12 { "AM" } else { "PM" };
        let hour = (hour + 11) % 12 + 1;
        format!("{hour}:{minute:02}:{second:02}{gap}{half}")
    } else {
        format!("{hour}:{minute:02}:{second:02}")
    }
}
