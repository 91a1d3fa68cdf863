//! `hutong stats`.

use std::sync::Arc;

use anyhow::bail;
use hutong::model::{Account, AccountId, ConversationId, NameTable, Names};
use hutong::stats::{Statistics, date_of};
use hutong::{
    Archive, NamePattern, Progress, Query, StatisticsReport, StatisticsRequest, StatisticsScope,
    TimeWindow,
};
use jiff::tz::TimeZone;

use crate::archive_access::open;
use crate::args::{Shared, StatsArgs};
use crate::output::{Output, Status, local_time, number, one_line, size};
use crate::progress::{Watch, stop_on_interrupt};

mod json;

/// Lines of a list.
const LISTED: usize = 20;

pub(crate) fn run(args: &StatsArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let zone = super::zone(shared)?;
    let archive = open(shared, output)?;
    let names = archive.names()?;
    let progress = Arc::new(Progress::default());
    let request = StatisticsRequest {
        scope: scope(args, &archive, &names)?,
        window: window(args, &zone)?,
        zone: &zone,
        with_words: !args.no_words,
        progress: &progress,
    };
    stop_on_interrupt(&progress, output.language());
    let watch = Watch::start(progress.clone(), output, output.pick("条", "messages"));
    let report = hutong::statistics(&archive, &names, &request);
    drop(watch);
    let report = report?;
    if output.is_json() {
        output.json(&json::object(&report, &names))?;
        return Ok(Status::Done);
    }
    Text {
        output,
        names: &names,
        zone: &zone,
    }
    .write(&report)?;
    Ok(Status::Done)
}

fn scope(
    args: &StatsArgs,
    archive: &Archive,
    names: &NameTable,
) -> anyhow::Result<StatisticsScope> {
    if let Some(word) = &args.person {
        let pattern = NamePattern::new(word);
        let is_named = |account: &&Account| {
            pattern.is(&account.native_id)
                || [&account.nickname, &account.remark, &account.alias]
                    .into_iter()
                    .flatten()
                    .any(|name| pattern.matches(name))
        };
        let found: Vec<AccountId> = names
            .accounts
            .values()
            .filter(is_named)
            .map(|account| account.id)
            .collect();
        if found.is_empty() {
            bail!("nobody answers to “{word}”; see `hutong people`");
        }
        return Ok(StatisticsScope::People(found));
    }
    Ok(match &args.chat {
        Some(word) => StatisticsScope::Chats(vec![super::show::one_chat(archive, names, word)?]),
        None => StatisticsScope::Everything,
    })
}

fn window(args: &StatsArgs, zone: &TimeZone) -> anyhow::Result<TimeWindow> {
    if let Some(year) = args.year {
        return Ok(hutong::years_window(zone, year, year));
    }
    let parse = |word: &str, date: &Option<String>| {
        date.as_ref()
            .map(|date| Query::parse(&format!("{word}:{date}"), zone))
            .transpose()
    };
    let (from, until) = (parse("after", &args.from)?, parse("during", &args.until)?);
    let all = TimeWindow::default();
    Ok(TimeWindow {
        since_ms: from
            .and_then(|query| query.since_ms)
            .unwrap_or(all.since_ms),
        before_ms: until
            .and_then(|query| query.before_ms)
            .unwrap_or(all.before_ms),
    })
}

/// The report for people.
struct Text<'a> {
    output: &'a Output,
    names: &'a NameTable,
    zone: &'a TimeZone,
}

impl Text<'_> {
    fn write(&self, report: &StatisticsReport) -> anyhow::Result<()> {
        let it = &report.statistics;
        self.totals(report)?;
        self.times(it)?;
        self.list(
            ("发送者", "senders"),
            it.senders.iter().map(|(id, sender)| {
                let characters = self.output.pick("字", "characters");
                let name = self.account(*id);
                let words = number(sender.characters);
                (sender.messages, format!("{name}  {words} {characters}"))
            }),
        )?;
        if report.conversations > 1 {
            let chats = it.chats.iter();
            self.list(
                ("会话", "chats"),
                chats.map(|(id, messages, ..)| (*messages, self.chat(*id))),
            )?;
        }
        let groups = report.in_groups.iter();
        self.list(
            ("在群里", "in groups"),
            groups.map(|(id, sender)| (sender.messages, self.chat(*id))),
        )?;
        let kinds = it.kinds.iter();
        self.list(
            ("类型", "kinds"),
            kinds.map(|(kind, count)| (*count, kind.as_str().to_owned())),
        )?;
        self.output.line(self.output.pick("\n月份", "\nmonths"))?;
        for ((year, month), count, _) in &it.months {
            self.output
                .line(&format!("{:>10}  {year}-{month:02}", number(*count)))?;
        }
        self.output.line(self.output.pick("\n钟点", "\nhours"))?;
        let hours = it.hours();
        let most = hours.iter().copied().max().unwrap_or(0).max(1);
        for (hour, count) in hours.iter().enumerate() {
            let bar = "█".repeat(usize::try_from(count * 40 / most).unwrap_or(0));
            self.output
                .line(&format!("{:>10}  {hour:02}  {bar}", number(*count)))?;
        }
        let words = it.words.iter().flatten();
        self.list(
            ("词", "words"),
            words.map(|(word, count)| (*count, word.clone())),
        )?;
        if it.words_error > 0 {
            self.output.line(&format!(
                "{} {}",
                self.output.pick(
                    "词很多，每个词的次数最多少算",
                    "so many words that each count may be too small by up to"
                ),
                number(it.words_error)
            ))?;
        }
        let emoji = it.emoji.iter();
        self.list(
            ("表情", "emoji"),
            emoji.map(|(emoji, count)| (*count, one_line(emoji))),
        )?;
        let stickers = it.stickers.iter();
        self.list(
            ("表情包", "stickers"),
            stickers.map(|(meaning, count)| (*count, one_line(meaning))),
        )?;
        self.list(
            ("被@", "mentioned"),
            it.mentions
                .iter()
                .map(|(id, count)| (*count, self.account(*id))),
        )?;
        let quoted = it.quoted.iter();
        self.list(
            ("被回复", "answered"),
            quoted.map(|(id, count)| (*count, self.account(*id))),
        )?;
        self.media(it)
    }

    fn totals(&self, report: &StatisticsReport) -> anyhow::Result<()> {
        let it = &report.statistics;
        self.output.line(&format!(
            "{} {}, {} {}",
            number(it.messages),
            self.output.pick("条消息", "messages"),
            number(report.conversations),
            self.output.pick("个会话", "conversations")
        ))?;
        if let Some((first, last)) = it.span {
            self.output.line(&format!(
                "{} – {}",
                local_time(first, self.zone),
                local_time(last, self.zone)
            ))?;
        }
        let lines = [
            (("发出", "sent"), it.sent),
            (("收到", "received"), it.received),
            (("字（不含空白）", "characters"), it.characters),
            (("撤回", "recalled"), it.recalled),
            (("有消息的天数", "days with messages"), it.active_days()),
            (
                (
                    "次交谈（沉默满 6 小时算新的一次）",
                    "sessions (6 hours of silence begin a new one)",
                ),
                it.sessions,
            ),
            (
                ("条深夜消息（0–5 点）", "late messages (midnight to 5)"),
                it.late,
            ),
        ];
        for ((zh, en), count) in lines {
            self.output.line(&format!(
                "{:>10}  {}",
                number(count),
                self.output.pick(zh, en)
            ))?;
        }
        Ok(())
    }

    fn times(&self, it: &Statistics) -> anyhow::Result<()> {
        if let Some((day, count)) = it.busiest_day {
            self.output.line(&format!(
                "{}: {} ({})",
                self.output.pick("最忙的一天", "busiest day"),
                date_of(day),
                number(count)
            ))?;
        }
        if let Some(streak) = it.longest_streak {
            self.output.line(&format!(
                "{}: {} {} {}",
                self.output.pick("最长连续", "longest streak"),
                number(streak.days.into()),
                self.output.pick("天，始于", "days from"),
                date_of(streak.first_day)
            ))?;
        }
        if let Some(gap) = it.longest_silence {
            self.output.line(&format!(
                "{}: {} – {}",
                self.output.pick("最长沉默", "longest silence"),
                local_time(gap.from_ms, self.zone),
                local_time(gap.to_ms, self.zone)
            ))?;
        }
        let replies = [
            (("本人回复", "your replies"), it.owner_replies),
            (("对方回复", "their replies"), it.other_replies),
        ];
        for ((zh, en), time) in replies {
            let Some(time) = time else { continue };
            self.output.line(&format!(
                "{}: {} {} s, 90% {} s ({})",
                self.output.pick(zh, en),
                self.output.pick("中位", "median"),
                number(time.median.into()),
                number(time.p90.into()),
                number(time.count)
            ))?;
        }
        Ok(())
    }

    fn media(&self, it: &Statistics) -> anyhow::Result<()> {
        if !it.media.is_empty() || it.calls.count > 0 {
            self.output.line(self.output.pick("\n文件", "\nfiles"))?;
        }
        for (kind, media) in &it.media {
            let bytes = if media.bytes > 0 {
                size(media.bytes)
            } else {
                String::new()
            };
            self.output.line(&format!(
                "{:>10}  {}  {bytes}",
                number(media.count),
                kind.as_str()
            ))?;
        }
        if it.calls.count > 0 {
            self.output.line(&format!(
                "{:>10}  {}  {} min",
                number(it.calls.count),
                self.output.pick("通话", "calls"),
                number(it.calls.duration_ms / 60_000)
            ))?;
        }
        for (key, money) in &it.money {
            self.output.line(&format!(
                "{:>10}  {} {} {}  {} {}",
                number(money.count),
                key.kind.as_str(),
                key.direction.as_str(),
                key.state.as_str(),
                hutong::stats::decimal(money.ten_thousandths),
                key.currency
            ))?;
        }
        Ok(())
    }

    /// A list with its heading, where it has anything.
    fn list(
        &self,
        (zh, en): (&str, &str),
        lines: impl Iterator<Item = (u64, String)>,
    ) -> anyhow::Result<()> {
        for (index, (count, text)) in lines.take(LISTED).enumerate() {
            if index == 0 {
                self.output.line("")?;
                self.output.line(self.output.pick(zh, en))?;
            }
            self.output
                .line(&format!("{:>10}  {text}", number(count)))?;
        }
        Ok(())
    }

    fn account(&self, id: AccountId) -> String {
        one_line(self.names.account(id).map_or("?", Account::display_name))
    }

    fn chat(&self, id: ConversationId) -> String {
        one_line(self.names.conversation_title(id).unwrap_or("?"))
    }
}
