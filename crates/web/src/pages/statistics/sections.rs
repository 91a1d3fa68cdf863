//! The parts of the statistics page.

use hutong::model::Names;
use hutong::stats::chart::{
    Bar, Caption, RankedRow, Table, bars, calendar, clean, ranked, thousands, week_hours,
    word_cloud,
};
use hutong::stats::{Statistics, date_of, duration, months, week_days};
use hutong::{StatisticsReport, model};
use maud::{Markup, html};

use super::figures::{figure, stats_language, table};
use super::{account_name, query};
use crate::counts::Whose;
use crate::site::OpenArchive;
use crate::visitor::Visitor;

/// Bars of a list.
const BARS: usize = 12;
/// Words drawn.
const WORDS: usize = 80;

/// What every part needs.
struct View<'a> {
    it: &'a Statistics,
    open: &'a OpenArchive,
    visitor: &'a Visitor,
}

/// All parts that have something to say.
pub(super) fn all(
    report: &StatisticsReport,
    open: &OpenArchive,
    whose: Whose,
    year: Option<i32>,
    visitor: &Visitor,
) -> Markup {
    let view = View {
        it: &report.statistics,
        open,
        visitor,
    };
    if view.it.messages == 0 && report.in_groups.is_empty() {
        return html! { p { (visitor.pick("这里没有消息。", "There are no messages here.")) } };
    }
    html! {
        (view.totals(report))
        (view.over_time(year))
        (view.rhythm())
        (view.days())
        @if !matches!(whose, Whose::Everything) { (view.senders()) }
        @if report.conversations > 1 && whose == Whose::Everything { (view.chats()) (view.senders()) }
        (view.in_groups(report))
        (view.talk())
        (view.words())
        (view.meanings())
        (view.kinds())
        (view.files())
        (view.mentions())
        (view.answered())
    }
}

impl View<'_> {
    fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        self.visitor.pick(zh, en)
    }

    fn part(&self, id: &str, title: &str, content: &Markup) -> Markup {
        html! {
            section.card id=(id) aria-labelledby={ (id) "-h" } {
                h2 id={ (id) "-h" } { (title) }
                (content)
            }
        }
    }

    fn ranked(&self, id: &str, title: &str, what: &str, rows: &[RankedRow]) -> Markup {
        if rows.is_empty() {
            return html! {};
        }
        let figure_id = format!("{id}-figure");
        let caption = Caption {
            id: &figure_id,
            title,
            description: self.pick("名称和数目，从多到少。", "Names and numbers, most first."),
        };
        let head = [what, self.pick("数目", "Count")];
        let drawn = ranked(caption, head, rows, BARS);
        self.part(id, title, &figure(&drawn, title, self.visitor))
    }

    fn totals(&self, report: &StatisticsReport) -> Markup {
        let it = self.it;
        let mut tiles: Vec<(String, &str)> = vec![
            (thousands(it.messages), self.pick("消息", "messages")),
            (thousands(it.sent), self.pick("发出", "sent")),
            (thousands(it.received), self.pick("收到", "received")),
            (thousands(it.characters), self.pick("字符", "characters")),
            (
                thousands(it.active_days()),
                self.pick("有消息的天数", "days with messages"),
            ),
            (thousands(it.sender_count), self.pick("个发送者", "senders")),
        ];
        if report.conversations > 1 {
            tiles.push((thousands(report.conversations), self.pick("会话", "chats")));
        }
        for (count, zh, en) in [
            (it.recalled, "已撤回", "recalled"),
            (it.edited, "改过", "edited"),
            (it.replies, "回复", "replies"),
            (it.late, "深夜（0–5 点）", "late (0–5 h)"),
        ] {
            if count > 0 {
                tiles.push((thousands(count), self.pick(zh, en)));
            }
        }
        let mut facts: Vec<(&str, String)> = Vec::new();
        if let Some((first, last)) = it.span {
            facts.push((
                self.pick("从 – 到", "from – to"),
                format!("{} – {}", self.time(first), self.time(last)),
            ));
        }
        if let Some((day, count)) = it.busiest_day {
            facts.push((
                self.pick("最忙的一天", "busiest day"),
                format!("{} · {}", date_of(day), thousands(count)),
            ));
        }
        if let Some(streak) = it.longest_streak {
            let days = self.pick("天", "days");
            facts.push((
                self.pick("最长连续", "longest streak"),
                format!(
                    "{} {days} · {}",
                    thousands(streak.days.into()),
                    date_of(streak.first_day)
                ),
            ));
        }
        if let Some(gap) = it.longest_silence {
            let seconds = gap.to_ms.saturating_sub(gap.from_ms).max(0).unsigned_abs() / 1000;
            facts.push((
                self.pick("最长沉默", "longest silence"),
                format!(
                    "{} · {} – {}",
                    duration(seconds, stats_language(self.visitor)),
                    self.time(gap.from_ms),
                    self.time(gap.to_ms)
                ),
            ));
        }
        html! {
            ul.tiles { @for (number, label) in &tiles { li { strong { (number) } " " span { (label) } } } }
            dl.facts { @for (name, value) in &facts { div { dt { (name) } dd { (value) } } } }
        }
    }

    fn time(&self, at_ms: i64) -> String {
        jiff::Timestamp::from_millisecond(at_ms)
            .map(|at| {
                let local = self.visitor.zone.to_datetime(at);
                local.strftime("%Y-%m-%d %H:%M").to_string()
            })
            .unwrap_or_default()
    }

    fn over_time(&self, year: Option<i32>) -> Markup {
        let title = self.pick("消息的多少", "Messages over time");
        let caption = Caption {
            id: "months-figure",
            title,
            description: self.pick(
                "每个月的消息数，深色部分由本人发出。",
                "Messages of each month; the darker part was sent by you.",
            ),
        };
        let head = [
            self.pick("月份", "Month"),
            self.pick("消息", "Messages"),
            self.pick("其中发出", "Sent by you"),
        ];
        let mut all: Vec<Bar> = Vec::new();
        let first = self.it.months.first().map(|(month, ..)| *month);
        let last = self.it.months.last().map(|(month, ..)| *month);
        // Months without a message are gaps that should be seen.
        let (Some(mut month), Some(last)) = (first, last) else {
            return html! {};
        };
        let mut found = self.it.months.iter().peekable();
        if let Some(year) = year {
            month = (year, 1);
        }
        let last = year.map_or(last, |year| (year, 12));
        while month <= last && all.len() < 1200 {
            let counts = found.next_if(|(it, ..)| *it == month);
            all.push(Bar {
                label: format!("{}-{:02}", month.0, month.1),
                count: counts.map_or(0, |(_, count, _)| *count),
                part: counts.map_or(0, |(_, _, sent)| *sent),
            });
            month = if month.1 == 12 {
                (month.0 + 1, 1)
            } else {
                (month.0, month.1 + 1)
            };
        }
        let drawn = bars(caption, head, &all);
        self.part("months", title, &figure(&drawn, title, self.visitor))
    }

    fn rhythm(&self) -> Markup {
        let language = stats_language(self.visitor);
        let title = self.pick("一周里的钟点", "Hours of the week");
        let caption = Caption {
            id: "hours-figure",
            title,
            description: self.pick(
                "横向是钟点，纵向是星期，颜色越深消息越多。",
                "Hours across, days of the week down; the darker, the more messages.",
            ),
        };
        let drawn = week_hours(
            caption,
            week_days(language),
            self.pick("钟点", "Hour"),
            &self.it.week_hours,
        );
        let content = html! {
            (figure(&drawn, title, self.visitor))
            @if self.it.without_hour > 0 {
                p.soft {
                    (thousands(self.it.without_hour)) " "
                    (self.pick("条消息只知道日期，没有算在钟点里。", "messages are known by their day only and are in no hour."))
                }
            }
        };
        self.part("hours", title, &content)
    }

    fn days(&self) -> Markup {
        let title = self.pick("日历", "Calendar");
        let caption = Caption {
            id: "days-figure",
            title,
            description: self.pick(
                "每一天一个格子，颜色越深消息越多。",
                "A square for each day; the darker, the more messages.",
            ),
        };
        let days: Vec<(i32, u64)> = self
            .it
            .days
            .iter()
            .map(|(day, it)| (*day, it.messages))
            .collect();
        if days.is_empty() {
            return html! {};
        }
        let head = [self.pick("日期", "Day"), self.pick("消息", "Messages")];
        let drawn = calendar(caption, months(stats_language(self.visitor)), head, &days);
        self.part("days", title, &figure(&drawn, title, self.visitor))
    }

    fn senders(&self) -> Markup {
        let it = self.it;
        let title = self.pick("谁写了多少", "Who wrote how much");
        let rows: Vec<RankedRow> = it
            .senders
            .iter()
            .map(|(id, sender)| RankedRow {
                name: account_name(self.open, *id),
                count: sender.messages,
            })
            .collect();
        if rows.is_empty() {
            return html! {};
        }
        let caption = Caption {
            id: "senders-figure",
            title,
            description: self.pick(
                "名称和消息数，从多到少。",
                "Names and messages, most first.",
            ),
        };
        let head = [self.pick("名称", "Name"), self.pick("消息", "Messages")];
        let mut drawn = ranked(caption, head, &rows, BARS);
        drawn.table = Table {
            head: [
                ("名称", "Name"),
                ("消息", "Messages"),
                ("字符", "Characters"),
                ("字数", "Words"),
                ("撤回", "Recalled"),
                ("先开口", "Began"),
                ("深夜", "Late"),
            ]
            .map(|(zh, en)| self.pick(zh, en).to_owned())
            .to_vec(),
            rows: it
                .senders
                .iter()
                .map(|(id, sender)| {
                    let numbers = [
                        sender.messages,
                        sender.characters,
                        sender.words,
                        sender.recalled,
                        sender.starts,
                        sender.late,
                    ];
                    let name = clean(&account_name(self.open, *id), 80);
                    std::iter::once(name)
                        .chain(numbers.map(thousands))
                        .collect()
                })
                .collect(),
        };
        self.part("senders", title, &figure(&drawn, title, self.visitor))
    }

    fn chats(&self) -> Markup {
        let title = self.pick("聊得最多的会话", "Chats with most messages");
        let name = |id| self.open.names.conversation_title(id).unwrap_or("?");
        let rows: Vec<RankedRow> = self
            .it
            .chats
            .iter()
            .map(|(id, count, ..)| RankedRow {
                name: name(*id).to_owned(),
                count: *count,
            })
            .collect();
        let caption = Caption {
            id: "chats-figure",
            title,
            description: self.pick(
                "会话和消息数，从多到少。",
                "Chats and messages, most first.",
            ),
        };
        let head = [self.pick("会话", "Chat"), self.pick("消息", "Messages")];
        let drawn = ranked(caption, head, &rows, BARS);
        let content = html! {
            (figure(&drawn, title, self.visitor))
            ul.ways {
                @for (id, ..) in self.it.chats.iter().take(BARS) {
                    li { a href={ "/stats" (query(Whose::Chat(*id), '?')) } { bdi { (clean(name(*id), 40)) } } }
                }
            }
        };
        self.part("chats", title, &content)
    }

    fn in_groups(&self, report: &StatisticsReport) -> Markup {
        let rows: Vec<RankedRow> = report
            .in_groups
            .iter()
            .map(|(id, sender)| RankedRow {
                name: self
                    .open
                    .names
                    .conversation_title(*id)
                    .unwrap_or("?")
                    .to_owned(),
                count: sender.messages,
            })
            .collect();
        self.ranked(
            "groups",
            self.pick("在群里写的", "Written in groups"),
            self.pick("群", "Group"),
            &rows,
        )
    }

    fn talk(&self) -> Markup {
        let it = self.it;
        if it.sessions == 0 {
            return html! {};
        }
        let language = stats_language(self.visitor);
        let mut starters: Vec<_> = it
            .senders
            .iter()
            .filter(|(_, sender)| sender.starts > 0)
            .collect();
        starters.sort_by_key(|(id, sender)| (std::cmp::Reverse(sender.starts), *id));
        let replies: Vec<_> = [
            (self.pick("本人回复", "You answer"), it.owner_replies),
            (self.pick("对方回复", "They answer"), it.other_replies),
        ]
        .into_iter()
        .filter_map(|(who, time)| Some((who, time?)))
        .collect();
        let reply_table = Table {
            head: [
                ("方向", "Direction"),
                ("一半不超过", "Half within"),
                ("九成不超过", "Nine of ten within"),
                ("次数", "Answers"),
            ]
            .map(|(zh, en)| self.pick(zh, en).to_owned())
            .to_vec(),
            rows: replies
                .iter()
                .map(|(who, time)| {
                    vec![
                        (*who).to_owned(),
                        duration(time.median.into(), language),
                        duration(time.p90.into(), language),
                        thousands(time.count),
                    ]
                })
                .collect(),
        };
        let start_table = Table {
            head: vec![
                self.pick("名称", "Name").to_owned(),
                self.pick("先开口", "Began").to_owned(),
            ],
            rows: starters
                .iter()
                .take(BARS)
                .map(|(id, sender)| {
                    vec![
                        clean(&account_name(self.open, *id), 80),
                        thousands(sender.starts),
                    ]
                })
                .collect(),
        };
        let title = self.pick("谁先开口，多久回复", "Who begins, how soon come answers");
        let content = html! {
            p {
                (thousands(it.sessions)) " " (self.pick("次交谈：沉默满", "talks: after")) " " (hutong::stats::SESSION_HOURS) " "
                (self.pick("小时后的第一条消息开始新的一次。", "hours of silence a message begins a new one."))
            }
            (table(&start_table, self.pick("先开口的次数", "Talks begun"), self.visitor))
            @if !reply_table.rows.is_empty() {
                (table(&reply_table, self.pick("回复时间，只算私聊", "Reply times, direct chats only"), self.visitor))
            }
        };
        self.part("talk", title, &content)
    }

    fn words(&self) -> Markup {
        let Some(words) = self.it.words.as_deref().filter(|words| !words.is_empty()) else {
            return html! {};
        };
        let title = self.pick("常用词", "Words");
        let caption = Caption {
            id: "words-figure",
            title,
            description: self.pick(
                "出现得越多，字越大。",
                "The more often a word occurs, the larger it is.",
            ),
        };
        let head = [self.pick("词", "Word"), self.pick("次数", "Times")];
        let drawn = word_cloud(caption, head, words, WORDS);
        let content = html! {
            (figure(&drawn, title, self.visitor))
            p.soft {
                (self.pick("不同的词：", "Different words: ")) (thousands(self.it.distinct_words))
                @if self.it.words_error > 0 {
                    (self.pick("；词太多，少见的没有全记，每个词最多少算 ", "; so many that rare ones were let go, each count is too small by at most "))
                    (thousands(self.it.words_error))
                }
            }
        };
        self.part("words", title, &content)
    }

    fn meanings(&self) -> Markup {
        let rows = |all: &[(String, u64)]| -> Vec<RankedRow> {
            all.iter()
                .map(|(name, count)| RankedRow {
                    name: name.clone(),
                    count: *count,
                })
                .collect()
        };
        html! {
            (self.ranked("emoji", self.pick("表情符号", "Emoji"), self.pick("表情", "Emoji"), &rows(&self.it.emoji)))
            (self.ranked("stickers", self.pick("表情包的含义", "What stickers say"), self.pick("含义", "Meaning"), &rows(&self.it.stickers)))
        }
    }

    fn kinds(&self) -> Markup {
        let rows: Vec<RankedRow> = self
            .it
            .kinds
            .iter()
            .map(|(kind, count)| RankedRow {
                name: self.kind(*kind).to_owned(),
                count: *count,
            })
            .collect();
        self.ranked(
            "kinds",
            self.pick("消息类型", "Kinds of message"),
            self.pick("类型", "Kind"),
            &rows,
        )
    }

    fn kind(&self, kind: model::PartKind) -> &'static str {
        use model::PartKind as Kind;
        let (zh, en) = match kind {
            Kind::Text => ("文字", "text"),
            Kind::Image => ("图片", "picture"),
            Kind::Voice => ("语音", "voice"),
            Kind::Video => ("视频", "video"),
            Kind::File => ("文件", "file"),
            Kind::Sticker => ("表情包", "sticker"),
            Kind::Place => ("位置", "place"),
            Kind::Contact => ("名片", "contact"),
            Kind::Link => ("链接", "link"),
            Kind::MiniApp => ("小程序", "mini app"),
            Kind::ChannelPost => ("视频号", "channel post"),
            Kind::Quote => ("引用", "quote"),
            Kind::Forward => ("聊天记录", "forwarded chat"),
            Kind::Payment => ("红包、转账", "payment"),
            Kind::Call => ("通话", "call"),
            Kind::Nudge => ("拍一拍", "nudge"),
            Kind::Announcement => ("公告", "announcement"),
            Kind::Poll => ("接龙、投票", "poll"),
            Kind::System => ("系统消息", "system"),
            Kind::Card => ("卡片", "card"),
            Kind::Unknown => ("未知", "unknown"),
        };
        self.visitor.pick(zh, en)
    }

    fn files(&self) -> Markup {
        let it = self.it;
        let language = stats_language(self.visitor);
        let media = Table {
            head: [
                ("类型", "Kind"),
                ("数目", "Count"),
                ("内容在手", "Content at hand"),
                ("大小", "Size"),
                ("时长", "Length"),
            ]
            .map(|(zh, en)| self.pick(zh, en).to_owned())
            .to_vec(),
            rows: it
                .media
                .iter()
                .map(|(kind, media)| {
                    let length = match media.duration_ms {
                        0 => String::new(),
                        length => duration(length / 1000, language),
                    };
                    vec![
                        self.kind(*kind).to_owned(),
                        thousands(media.count),
                        thousands(media.present),
                        format!("{} KB", thousands(media.bytes.div_ceil(1024))),
                        length,
                    ]
                })
                .collect(),
        };
        let money = self.money();
        html! {
            @if !media.rows.is_empty() {
                (self.part("files", self.pick("图片、语音、文件", "Pictures, voices, files"), &table(&media, self.pick("文件", "Files"), self.visitor)))
            }
            @if it.calls.count > 0 {
                (self.part("calls", self.pick("通话", "Calls"), &html! {
                    p {
                        (thousands(it.calls.count)) " " (self.pick("次，共", "calls,")) " "
                        (duration(it.calls.duration_ms / 1000, language)) " " (self.pick("，最长", "in all, the longest")) " "
                        (duration(it.calls.longest_ms / 1000, language))
                    }
                }))
            }
            @if !money.rows.is_empty() {
                (self.part("money", self.pick("红包、转账", "Payments"), &html! {
                    (table(&money, self.pick("按状态相加；没有写明金额的只算次数", "Added up by state; payments without an amount are only counted"), self.visitor))
                }))
            }
        }
    }

    fn money(&self) -> Table {
        use model::{Direction, PaymentKind, PaymentState};
        let rows = self.it.money.iter().map(|(key, money)| {
            let kind = match key.kind {
                PaymentKind::Transfer => self.pick("转账", "transfer"),
                PaymentKind::RedPacket => self.pick("红包", "red packet"),
                PaymentKind::Other => self.pick("其他", "other"),
            };
            let direction = match key.direction {
                Direction::In => self.pick("收到", "received"),
                Direction::Out => self.pick("发出", "sent"),
                Direction::None => "",
            };
            let state = match key.state {
                PaymentState::Unknown => self.pick("未说明", "not stated"),
                PaymentState::Sent => self.pick("已发出", "sent"),
                PaymentState::Received => self.pick("已收", "taken"),
                PaymentState::Refunded => self.pick("已退回", "given back"),
                PaymentState::Expired => self.pick("过期", "expired"),
            };
            let sum = match money.stated {
                0 => String::new(),
                _ => hutong::stats::decimal(money.ten_thousandths),
            };
            vec![
                format!("{kind} · {direction} · {state}"),
                thousands(money.count),
                format!("{sum} {}", key.currency),
            ]
        });
        Table {
            head: [("种类", "Kind"), ("次数", "Count"), ("合计", "Sum")]
                .map(|(zh, en)| self.pick(zh, en).to_owned())
                .to_vec(),
            rows: rows.collect(),
        }
    }

    fn mentions(&self) -> Markup {
        let rows = |all: &[(model::AccountId, u64)]| -> Vec<RankedRow> {
            all.iter()
                .map(|(id, count)| RankedRow {
                    name: account_name(self.open, *id),
                    count: *count,
                })
                .collect()
        };
        let name = self.pick("名称", "Name");
        html! {
            (self.ranked("mentions", self.pick("被 @ 得最多", "Mentioned most"), name, &rows(&self.it.mentions)))
            (self.ranked("quoted", self.pick("被引用得最多", "Quoted most"), name, &rows(&self.it.quoted)))
        }
    }

    fn answered(&self) -> Markup {
        let several: Vec<_> = self
            .it
            .answered
            .iter()
            .filter(|(_, count)| *count > 1)
            .take(10)
            .collect();
        if several.is_empty() {
            return html! {};
        }
        let title = self.pick("回复最多的消息", "Messages with most answers");
        let content = html! {
            ol {
                @for (id, count) in several {
                    li {
                        a href={ "/m/" (id.to_hex()) } { (self.pick("打开消息", "Open the message")) }
                        " · " (thousands(*count)) " " (self.pick("次回复", "answers"))
                    }
                }
            }
        };
        self.part("answered", title, &content)
    }
}
