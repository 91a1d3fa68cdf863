//! A year as pages: what stands on each of them, in Chinese and English.

use hutong_model::{ConversationId, MessageId};

use crate::calendar::date_of;
use crate::chart::{
    Bar, Caption, Figure, RankedRow, bars, clean, ranked, thousands, week_hours, word_cloud,
};
use crate::statistics::{Language, Statistics};

/// Names in a list.
const LISTED: usize = 10;
/// Words drawn.
const WORDS: usize = 60;

/// A message that is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Title of the conversation.
    pub chat: String,
    /// Who wrote it.
    pub sender: String,
    /// Beginning of its text.
    pub text: String,
    /// Local date and time, as `2025-01-31 23:59`.
    pub when: String,
    /// Which conversation.
    pub conversation: ConversationId,
    /// Which message.
    pub message: MessageId,
}

/// A year: its numbers, and the names that they belong to.
#[derive(Clone, Debug, PartialEq)]
pub struct YearReview {
    /// Which year.
    pub year: i32,
    /// Title of the one conversation that it is about, if it is not about everything.
    pub chat: Option<String>,
    /// The numbers of the year.
    pub statistics: Statistics,
    /// Messages of the year before, where there were any.
    pub messages_before: Option<u64>,
    /// Chats between two with most messages: title and messages.
    pub people: Vec<RankedRow>,
    /// Groups with most messages.
    pub groups: Vec<RankedRow>,
    /// Who wrote most, when it is about one conversation.
    pub senders: Vec<RankedRow>,
    /// Conversations that began in this year, those with most messages first.
    pub new_chats: Vec<RankedRow>,
    /// How many began.
    pub new_chat_count: u64,
    /// The first message of the year.
    pub first: Option<Excerpt>,
    /// The last one.
    pub last: Option<Excerpt>,
    /// The one nearest to dawn.
    pub latest: Option<Excerpt>,
}

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Its name in addresses.
    pub id: &'static str,
    /// Its title.
    pub title: String,
    /// A number or word shown large, with what it counts.
    pub large: Option<(String, String)>,
    /// Sentences.
    pub lines: Vec<String>,
    /// Messages that are quoted.
    pub excerpts: Vec<Excerpt>,
    /// A chart.
    pub figure: Option<Figure>,
}

/// Names of the days of the week, Monday first.
#[must_use]
pub const fn week_days(language: Language) -> [&'static str; 7] {
    match language {
        Language::Chinese => ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
        Language::English => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    }
}

/// Names of the months.
#[must_use]
pub const fn months(language: Language) -> [&'static str; 12] {
    match language {
        Language::Chinese => [
            "1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月",
        ],
        Language::English => [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ],
    }
}

/// Seconds in words.
#[must_use]
pub fn duration(seconds: u64, language: Language) -> String {
    let zh = language == Language::Chinese;
    let (days, hours, minutes, rest) = (
        seconds / 86_400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    );
    let unit = |count: u64, zh_unit: &str, en_unit: &str| {
        if zh {
            format!("{} {zh_unit}", thousands(count))
        } else {
            format!("{} {en_unit}", thousands(count))
        }
    };
    let two = |one: String, second: u64, other: String| {
        if second == 0 {
            one
        } else {
            format!("{one} {other}")
        }
    };
    if days > 0 {
        two(unit(days, "天", "d"), hours, unit(hours, "小时", "h"))
    } else if hours > 0 {
        two(
            unit(hours, "小时", "h"),
            minutes,
            unit(minutes, "分", "min"),
        )
    } else if minutes > 0 {
        two(unit(minutes, "分", "min"), rest, unit(rest, "秒", "s"))
    } else {
        unit(rest, "秒", "s")
    }
}

impl YearReview {
    /// The pages; what a year has nothing of is left out.
    #[must_use]
    pub fn pages(&self, language: Language) -> Vec<Page> {
        let it = &self.statistics;
        let mut pages = vec![self.cover(language)];
        if it.messages == 0 {
            return pages;
        }
        pages.push(self.totals(language));
        pages.push(self.months(language));
        pages.extend(self.list(
            "people",
            ("聊得最多的人", "People you talked with most"),
            &self.people,
            language,
        ));
        pages.extend(self.list(
            "groups",
            ("最热闹的群", "Your busiest groups"),
            &self.groups,
            language,
        ));
        pages.extend(self.list(
            "senders",
            ("谁说得多", "Who wrote most"),
            &self.senders,
            language,
        ));
        pages.push(self.hours(language));
        pages.extend(self.late(language));
        pages.push(self.streak(language));
        pages.extend(self.replies(language));
        pages.extend(self.words(language));
        pages.extend(self.emoji(language));
        pages.extend(self.new_chats(language));
        pages.extend(self.calls(language));
        pages.push(self.ends(language));
        pages
    }

    /// What the year is called.
    #[must_use]
    pub fn title(&self, language: Language) -> String {
        let year = self.year;
        match (&self.chat, language) {
            (Some(chat), Language::Chinese) => format!("{year} 年，在“{}”", clean(chat, 40)),
            (Some(chat), Language::English) => format!("{year} in “{}”", clean(chat, 40)),
            (None, Language::Chinese) => format!("{year} 聊天年报"),
            (None, Language::English) => format!("Your {year} in chats"),
        }
    }

    fn cover(&self, language: Language) -> Page {
        let it = &self.statistics;
        let line = if it.messages == 0 {
            language.pick("这一年没有消息。", "There are no messages in this year.")
        } else {
            language.pick(
                "一页一页往下翻。所有数字都在这台电脑上算出，没有离开过它。",
                "Page through it. Every number was counted on this machine and never left it.",
            )
        };
        Page {
            lines: vec![line.to_owned()],
            large: Some((
                thousands(it.messages),
                language.pick("条消息", "messages").to_owned(),
            )),
            ..page("cover", self.title(language))
        }
    }

    fn totals(&self, language: Language) -> Page {
        let it = &self.statistics;
        let mut lines = vec![match language {
            Language::Chinese => format!(
                "你发出 {} 条，收到 {} 条，分布在 {} 个会话、{} 天里。",
                thousands(it.sent),
                thousands(it.received),
                thousands(it.chats.len() as u64),
                thousands(it.active_days())
            ),
            Language::English => format!(
                "You sent {} and received {}, in {} chats on {} days.",
                thousands(it.sent),
                thousands(it.received),
                thousands(it.chats.len() as u64),
                thousands(it.active_days())
            ),
        }];
        if let Some(before) = self.messages_before.filter(|before| *before > 0) {
            let per_cent = it.messages.abs_diff(before).saturating_mul(100) / before;
            let is_more = it.messages >= before;
            lines.push(match (language, is_more) {
                (Language::Chinese, true) => format!("比上一年多 {}%。", thousands(per_cent)),
                (Language::Chinese, false) => format!("比上一年少 {}%。", thousands(per_cent)),
                (Language::English, true) => {
                    format!(
                        "That is {}% more than the year before.",
                        thousands(per_cent)
                    )
                }
                (Language::English, false) => {
                    format!(
                        "That is {}% less than the year before.",
                        thousands(per_cent)
                    )
                }
            });
        }
        if it.recalled > 0 {
            lines.push(match language {
                Language::Chinese => format!("有 {} 条被撤回。", thousands(it.recalled)),
                Language::English => format!("{} were recalled.", thousands(it.recalled)),
            });
        }
        Page {
            large: Some((
                thousands(it.characters),
                language.pick("个字", "characters").to_owned(),
            )),
            lines,
            ..page(
                "totals",
                language.pick("这一年写了多少", "What was written"),
            )
        }
    }

    fn months(&self, language: Language) -> Page {
        let it = &self.statistics;
        let names = months(language);
        let bars_of_months: Vec<Bar> = (1_u8..)
            .zip(names)
            .map(|(month, name)| {
                let found = it.months.iter().find(|((_, it), _, _)| *it == month);
                Bar {
                    label: name.to_owned(),
                    count: found.map_or(0, |(_, count, _)| *count),
                    part: found.map_or(0, |(_, _, sent)| *sent),
                }
            })
            .collect();
        let title = language.pick("十二个月", "Twelve months");
        let figure = bars(
            Caption {
                id: "year-months",
                title,
                description: language.pick(
                    "每个月的消息数，深色部分是你发出的。",
                    "Messages of each month; the darker part is what you sent.",
                ),
            },
            [
                language.pick("月份", "Month"),
                language.pick("消息", "Messages"),
                language.pick("其中发出", "Sent by you"),
            ],
            &bars_of_months,
        );
        let lines = it.busiest_day.map(|(day, count)| match language {
            Language::Chinese => format!(
                "最忙的一天是 {}，有 {} 条消息。",
                date_of(day),
                thousands(count)
            ),
            Language::English => format!(
                "The busiest day was {} with {} messages.",
                date_of(day),
                thousands(count)
            ),
        });
        Page {
            lines: lines.into_iter().collect(),
            figure: Some(figure),
            ..page("months", title)
        }
    }

    fn list(
        &self,
        id: &'static str,
        (zh, en): (&str, &str),
        rows: &[RankedRow],
        language: Language,
    ) -> Option<Page> {
        let title = language.pick(zh, en);
        let figure_id = format!("year-{id}");
        let caption = Caption {
            id: &figure_id,
            title,
            description: language.pick(
                "名字和消息数，从多到少。",
                "Names and their messages, most first.",
            ),
        };
        let head = [
            language.pick("名称", "Name"),
            language.pick("消息", "Messages"),
        ];
        let first = rows.first()?;
        Some(Page {
            large: Some((clean(&first.name, 40), {
                let count = thousands(first.count);
                match language {
                    Language::Chinese => format!("{count} 条消息"),
                    Language::English => format!("{count} messages"),
                }
            })),
            figure: Some(ranked(caption, head, rows, LISTED)),
            ..page(id, title)
        })
    }

    fn hours(&self, language: Language) -> Page {
        let hours = self.statistics.hours();
        let (busiest, _) = (0_usize..)
            .zip(hours)
            .max_by_key(|(hour, count)| (*count, std::cmp::Reverse(*hour)))
            .unwrap_or_default();
        let title = language.pick("一周的节奏", "The rhythm of your week");
        let figure = week_hours(
            Caption {
                id: "year-hours",
                title,
                description: language.pick(
                    "横向是钟点，纵向是星期，颜色越深消息越多。",
                    "Hours across, days of the week down; the darker, the more messages.",
                ),
            },
            week_days(language),
            language.pick("钟点", "Hour"),
            &self.statistics.week_hours,
        );
        Page {
            large: Some((
                format!("{busiest}:00"),
                language
                    .pick("是最忙的钟点", "is the busiest hour")
                    .to_owned(),
            )),
            figure: Some(figure),
            ..page("hours", title)
        }
    }

    fn late(&self, language: Language) -> Option<Page> {
        let it = &self.statistics;
        if it.late == 0 {
            return None;
        }
        let line = match language {
            Language::Chinese => format!(
                "零点到五点之间有 {} 条消息。离天亮最近的是这一条：",
                thousands(it.late)
            ),
            Language::English => format!(
                "{} messages between midnight and five. The one nearest to dawn:",
                thousands(it.late)
            ),
        };
        Some(Page {
            large: Some((
                thousands(it.late_nights),
                language.pick("个夜晚没有早睡", "late nights").to_owned(),
            )),
            lines: vec![line],
            excerpts: self.latest.iter().cloned().collect(),
            ..page("late", language.pick("深夜", "Late at night"))
        })
    }

    fn streak(&self, language: Language) -> Page {
        let it = &self.statistics;
        let mut lines = Vec::new();
        if let Some(streak) = it.longest_streak {
            lines.push(match language {
                Language::Chinese => format!("从 {} 起，没有一天断过。", date_of(streak.first_day)),
                Language::English => format!(
                    "From {}, not one day without a message.",
                    date_of(streak.first_day)
                ),
            });
        }
        if let Some(gap) = it.longest_silence {
            let seconds = gap.to_ms.saturating_sub(gap.from_ms).max(0).unsigned_abs() / 1000;
            let length = duration(seconds, language);
            lines.push(match language {
                Language::Chinese => format!("最长的一次沉默是 {length}。"),
                Language::English => format!("The longest silence lasted {length}."),
            });
        }
        let days = it.longest_streak.map_or(0, |streak| u64::from(streak.days));
        Page {
            large: Some((
                thousands(days),
                language.pick("天连续有消息", "days in a row").to_owned(),
            )),
            lines,
            ..page("streak", language.pick("一天接一天", "Day after day"))
        }
    }

    fn replies(&self, language: Language) -> Option<Page> {
        let it = &self.statistics;
        let mine = it.owner_replies?;
        let mut lines = Vec::new();
        if let Some(other) = it.other_replies {
            let time = duration(other.median.into(), language);
            lines.push(match language {
                Language::Chinese => format!("对方回复你，一半在 {time}以内。"),
                Language::English => format!("Half of the answers to you came within {time}."),
            });
        }
        lines.push(match language {
            Language::Chinese => format!(
                "只算私聊；沉默满 {} 小时算新的一次交谈，不算回复。这一年有 {} 次交谈。",
                crate::SESSION_HOURS,
                thousands(it.sessions)
            ),
            Language::English => format!(
                "In direct chats only; after {} hours of silence a new talk begins, which is no reply. There were {} talks.",
                crate::SESSION_HOURS,
                thousands(it.sessions)
            ),
        });
        Some(Page {
            large: Some((
                duration(mine.median.into(), language),
                language
                    .pick(
                        "以内，你回复了一半的消息",
                        "or less for half of your replies",
                    )
                    .to_owned(),
            )),
            lines,
            ..page("replies", language.pick("回复", "Replies"))
        })
    }

    fn words(&self, language: Language) -> Option<Page> {
        let words = self.statistics.words.as_deref()?;
        let (first, count) = words.first()?;
        let title = language.pick("年度词语", "Words of the year");
        let figure = word_cloud(
            Caption {
                id: "year-words",
                title,
                description: language.pick(
                    "出现得越多，字越大。",
                    "The more often a word occurs, the larger it is.",
                ),
            },
            [language.pick("词", "Word"), language.pick("次数", "Times")],
            words,
            WORDS,
        );
        let times = match language {
            Language::Chinese => format!("出现了 {} 次", thousands(*count)),
            Language::English => format!("occurs {} times", thousands(*count)),
        };
        Some(Page {
            large: Some((clean(first, 20), times)),
            figure: Some(figure),
            ..page("words", title)
        })
    }

    fn emoji(&self, language: Language) -> Option<Page> {
        let it = &self.statistics;
        let top: Vec<RankedRow> = it
            .emoji
            .iter()
            .chain(&it.stickers)
            .map(|(name, count)| RankedRow {
                name: name.clone(),
                count: *count,
            })
            .collect();
        let mut top = top;
        top.sort_by(|one, other| {
            other
                .count
                .cmp(&one.count)
                .then_with(|| one.name.cmp(&other.name))
        });
        let first = top.first()?;
        let title = language.pick("年度表情", "Emoji of the year");
        let caption = Caption {
            id: "year-emoji",
            title,
            description: language.pick(
                "表情、表情包的含义和次数，从多到少。",
                "Emoji and meanings of stickers with their counts, most first.",
            ),
        };
        let head = [
            language.pick("表情", "Emoji"),
            language.pick("次数", "Times"),
        ];
        let times = thousands(first.count);
        Some(Page {
            large: Some((
                clean(&first.name, 16),
                match language {
                    Language::Chinese => format!("用了 {times} 次"),
                    Language::English => format!("used {times} times"),
                },
            )),
            figure: Some(ranked(caption, head, &top, LISTED)),
            ..page("emoji", title)
        })
    }

    fn new_chats(&self, language: Language) -> Option<Page> {
        if self.new_chat_count == 0 {
            return None;
        }
        let title = language.pick("新的会话", "New chats");
        let caption = Caption {
            id: "year-new",
            title,
            description: language.pick(
                "这一年开始的会话和消息数，从多到少。",
                "Chats that began in this year and their messages, most first.",
            ),
        };
        let head = [
            language.pick("名称", "Name"),
            language.pick("消息", "Messages"),
        ];
        Some(Page {
            large: Some((
                thousands(self.new_chat_count),
                language
                    .pick("个会话在这一年开始", "chats began in this year")
                    .to_owned(),
            )),
            figure: Some(ranked(caption, head, &self.new_chats, LISTED)),
            ..page("new", title)
        })
    }

    fn calls(&self, language: Language) -> Option<Page> {
        let it = &self.statistics;
        if it.calls.count == 0 {
            return None;
        }
        let longest = duration(it.calls.longest_ms / 1000, language);
        let line = match language {
            Language::Chinese => format!(
                "打了 {} 次电话，最长的一次 {longest}。",
                thousands(it.calls.count)
            ),
            Language::English => format!(
                "{} calls, the longest {longest}.",
                thousands(it.calls.count)
            ),
        };
        Some(Page {
            large: Some((
                duration(it.calls.duration_ms / 1000, language),
                language.pick("在通话", "on calls").to_owned(),
            )),
            lines: vec![line],
            ..page("calls", language.pick("通话", "Calls"))
        })
    }

    fn ends(&self, language: Language) -> Page {
        Page {
            lines: vec![
                language
                    .pick(
                        "这一年的第一条和最后一条消息：",
                        "The first and the last message of the year:",
                    )
                    .to_owned(),
            ],
            excerpts: self.first.iter().chain(&self.last).cloned().collect(),
            ..page(
                "ends",
                language.pick("从第一句到最后一句", "From first to last"),
            )
        }
    }
}

fn page(id: &'static str, title: impl Into<String>) -> Page {
    Page {
        id,
        title: title.into(),
        large: None,
        lines: Vec::new(),
        excerpts: Vec::new(),
        figure: None,
    }
}
