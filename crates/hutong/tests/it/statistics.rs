//! What is counted is what an export of the archive says, the first time and every later time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use hutong::model::{AccountId, ConversationId, ConversationKind};
use hutong::stats::{Statistics, date_of};
use hutong::{
    Archive, Error, Progress, StatisticsReport, StatisticsRequest, StatisticsScope, TimeWindow,
    statistics, years_window,
};
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::set::{Home, Kind, Set, export, plan};

fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

fn count(archive: &Archive, scope: StatisticsScope, window: TimeWindow) -> StatisticsReport {
    let request = StatisticsRequest {
        scope,
        window,
        zone: &zone(),
        with_words: true,
        progress: &Progress::default(),
    };
    statistics(archive, &archive.names().unwrap(), &request).unwrap()
}

/// A plain count over lines of an export.
#[derive(Debug, Default, PartialEq)]
struct Plain {
    messages: u64,
    sent: u64,
    recalled: u64,
    characters: u64,
    kinds: BTreeMap<String, u64>,
    days: BTreeMap<String, u64>,
    hours: BTreeMap<usize, u64>,
    senders: BTreeMap<String, u64>,
    chats: BTreeMap<String, u64>,
    call_ms: u64,
}

fn plain<'a>(lines: impl IntoIterator<Item = &'a Value>) -> Plain {
    let mut plain = Plain::default();
    for line in lines {
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        let at: jiff::Timestamp = text("sent_at").parse().unwrap();
        let local = zone().to_datetime(at);
        plain.messages += 1;
        plain.sent += u64::from(text("direction") == "out");
        plain.recalled += u64::from(text("state") == "recalled");
        *plain.kinds.entry(text("kind")).or_default() += 1;
        *plain.days.entry(local.date().to_string()).or_default() += 1;
        *plain
            .hours
            .entry(usize::try_from(local.hour()).unwrap())
            .or_default() += 1;
        *plain.chats.entry(text("conversation")).or_default() += 1;
        if let Some(sender) = line["sender"].as_str() {
            *plain.senders.entry(sender.to_owned()).or_default() += 1;
        }
        for part in line["parts"].as_array().into_iter().flatten() {
            if part["type"] == "text" {
                let text = part["text"].as_str().unwrap_or_default();
                plain.characters += text.chars().filter(|it| !it.is_whitespace()).count() as u64;
            }
            if part["type"] == "call" {
                plain.call_ms += part["duration_ms"].as_u64().unwrap_or(0);
            }
        }
    }
    plain
}

fn counted(it: &Statistics) -> Plain {
    Plain {
        messages: it.messages,
        sent: it.sent,
        recalled: it.recalled,
        characters: it.characters,
        kinds: it
            .kinds
            .iter()
            .map(|(kind, count)| (kind.as_str().to_owned(), *count))
            .collect(),
        days: it
            .days
            .iter()
            .map(|(day, it)| (date_of(*day).to_string(), it.messages))
            .collect(),
        hours: it
            .hours()
            .into_iter()
            .enumerate()
            .filter(|(_, count)| *count > 0)
            .collect(),
        senders: it
            .senders
            .iter()
            .map(|(id, it)| (id.to_hex(), it.messages))
            .collect(),
        chats: it
            .chats
            .iter()
            .map(|(id, messages, ..)| (id.to_hex(), *messages))
            .collect(),
        call_ms: it.calls.duration_ms,
    }
}

fn lines(archive: &Archive) -> Vec<Value> {
    export(archive, "jsonl", "")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["type"] == "message" && line["hidden"] != true)
        .collect()
}

fn instant(line: &Value) -> i64 {
    let at: jiff::Timestamp = line["sent_at"].as_str().unwrap().parse().unwrap();
    at.as_millisecond()
}

#[test]
fn numbers_are_those_of_a_plain_count_over_the_export() {
    let mut home = Home::new();
    home.import(&Set::new(Kind::WeChat, &plan(1_200)));
    let all = TimeWindow::default();
    // Counted before the second import, so that kept results meet changed chats.
    let before = count(home.archive(), StatisticsScope::Everything, all);
    home.import(&Set::new(Kind::Qq, &plan(1_200)));
    let archive = home.archive();
    let lines = lines(archive);
    let everything = count(archive, StatisticsScope::Everything, all);
    assert!(everything.statistics.messages > before.statistics.messages);
    assert_eq!(counted(&everything.statistics), plain(&lines));
    assert_eq!(
        count(archive, StatisticsScope::Everything, all),
        everything,
        "the kept answer is the same"
    );

    // A year, from kept tallies; and a window that begins and ends in the middle of a day.
    let (first, last) = everything.statistics.span.unwrap();
    let middle = first + (last - first) / 2;
    let year = jiff::Timestamp::from_millisecond(middle).unwrap();
    let year = i32::from(zone().to_datetime(year).year());
    let odd = TimeWindow {
        since_ms: first + (last - first) / 3 + 12_345,
        before_ms: last - (last - first) / 5,
    };
    for window in [years_window(&zone(), year, year), odd] {
        let inside = lines.iter().filter(|line| window.contains(instant(line)));
        let found = count(archive, StatisticsScope::Everything, window);
        assert_eq!(counted(&found.statistics), plain(inside), "{window:?}");
    }

    // Each chat by itself, and all of them again merged by another road.
    let chats: Vec<ConversationId> = archive.conversation_stats().unwrap().into_keys().collect();
    for chat in chats.iter().take(25) {
        let inside = lines
            .iter()
            .filter(|line| line["conversation"] == chat.to_hex());
        let found = count(archive, StatisticsScope::Chats(vec![*chat]), all);
        assert_eq!(counted(&found.statistics), plain(inside));
    }
    let merged = count(archive, StatisticsScope::Chats(chats), all);
    assert_eq!(merged, everything);
}

#[test]
fn a_person_is_the_chat_with_them_and_what_they_wrote_in_groups() {
    let mut home = Home::new();
    home.import(&Set::new(Kind::WeChat, &plan(2_000)));
    let archive = home.archive();
    let names = archive.names().unwrap();
    let lines = lines(archive);
    let is_group = |id: &str| {
        let id = ConversationId::from_hex(id).unwrap();
        names.conversations[&id].kind == ConversationKind::Group
    };
    // Whoever writes both in a group and alone.
    let person = names
        .conversations
        .values()
        .filter(|it| it.kind == ConversationKind::Direct)
        .filter_map(|it| it.peer)
        .find(|peer| {
            lines.iter().any(|line| {
                line["sender"] == peer.to_hex() && is_group(line["conversation"].as_str().unwrap())
            })
        })
        .unwrap();
    let found = count(
        archive,
        StatisticsScope::People(vec![person]),
        TimeWindow::default(),
    );
    let mut in_groups: BTreeMap<String, u64> = BTreeMap::new();
    let mut direct = Vec::new();
    for line in &lines {
        let chat = line["conversation"].as_str().unwrap();
        let id = ConversationId::from_hex(chat).unwrap();
        if names.conversations[&id].peer == Some(person) {
            direct.push(line);
        } else if is_group(chat) && line["sender"] == person.to_hex() {
            *in_groups.entry(chat.to_owned()).or_default() += 1;
        }
    }
    assert_eq!(counted(&found.statistics), plain(direct));
    let counted: BTreeMap<String, u64> = found
        .in_groups
        .iter()
        .map(|(id, it)| (id.to_hex(), it.messages))
        .collect();
    assert_eq!(counted, in_groups);
    let nobody = AccountId([7; 16]);
    let nothing = count(
        archive,
        StatisticsScope::People(vec![nobody]),
        TimeWindow::default(),
    );
    assert_eq!((nothing.statistics.messages, nothing.conversations), (0, 0));
}

#[test]
fn counting_can_be_stopped_and_goes_on_the_next_time() {
    let mut home = Home::new();
    home.import(&Set::new(Kind::Qq, &plan(1_500)));
    let archive = home.archive();
    let progress = Progress {
        stop: AtomicBool::new(true),
        ..Progress::default()
    };
    let zone = zone();
    let mut request = StatisticsRequest {
        scope: StatisticsScope::Everything,
        window: TimeWindow::default(),
        zone: &zone,
        with_words: false,
        progress: &progress,
    };
    let names = archive.names().unwrap();
    let stopped = statistics(archive, &names, &request);
    assert!(matches!(stopped, Err(Error::Cancelled)));
    progress.stop.store(false, Ordering::Relaxed);
    let counted = statistics(archive, &names, &request).unwrap();
    assert!(counted.statistics.words.is_none());
    let expected = progress.rows_expected.load(Ordering::Relaxed);
    assert!(expected > 0 && expected <= progress.rows_read.load(Ordering::Relaxed));
    // With words it is another answer, and nothing that was counted without them is taken for it.
    request.with_words = true;
    let with_words = statistics(archive, &names, &request).unwrap();
    assert!(!with_words.statistics.words.unwrap().is_empty());
    assert_eq!(with_words.statistics.messages, counted.statistics.messages);
}

#[test]
fn an_import_costs_only_the_chats_that_it_touched() {
    let mut home = Home::new();
    home.import(&Set::new(Kind::WeChat, &plan(1_500)));
    let zone = zone();
    let read = |archive: &Archive| {
        let progress = Progress::default();
        let request = StatisticsRequest {
            scope: StatisticsScope::Everything,
            window: TimeWindow::default(),
            zone: &zone,
            with_words: true,
            progress: &progress,
        };
        let report = statistics(archive, &archive.names().unwrap(), &request).unwrap();
        (
            progress.rows_read.load(Ordering::Relaxed),
            report.statistics.messages,
        )
    };
    let (first, messages) = read(home.archive());
    assert!(first >= messages);
    assert_eq!(read(home.archive()).0, 0);
    home.import(&Set::new(Kind::Qq, &plan(300)));
    let (second, all) = read(home.archive());
    assert!(all > messages);
    assert!(second < first && second >= all - messages, "{second}");
}
