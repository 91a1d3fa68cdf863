//! The report of `hutong stats` for programs.

use hutong::StatisticsReport;
use hutong::model::{Account, AccountId, NameTable, Names, Timestamp};
use hutong::stats::{Gap, ReplyTime, SenderTally, date_of, decimal};
use serde_json::{Map, Value, json};

/// Everything that was counted, as one object.
pub(super) fn object(report: &StatisticsReport, names: &NameTable) -> Value {
    let it = &report.statistics;
    let name = |id: AccountId| names.account(id).map_or("?", Account::display_name);
    let time = |at_ms: i64| Timestamp(at_ms).to_rfc3339();
    let reply = |it: Option<ReplyTime>| {
        it.map(|it| json!({"count": it.count, "median_s": it.median, "p90_s": it.p90}))
    };
    let sender = |it: &SenderTally| {
        json!({
            "messages": it.messages, "characters": it.characters, "words": it.words, "recalled": it.recalled,
            "late": it.late, "sessions_started": it.starts, "first": time(it.first_ms), "last": time(it.last_ms),
        })
    };
    let with = |mut value: Value, more: Value| {
        if let (Value::Object(object), Value::Object(more)) = (&mut value, more) {
            object.extend(more);
        }
        value
    };
    let accounts = |ranked: &[(AccountId, u64)]| -> Vec<Value> {
        ranked
            .iter()
            .map(|(id, count)| json!({"id": id.to_hex(), "name": name(*id), "count": count}))
            .collect()
    };
    let counts = |ranked: &[(String, u64)], key: &str| -> Vec<Value> {
        ranked
            .iter()
            .map(|(text, count)| json!({key: text, "count": count}))
            .collect()
    };
    let object = |entries: Vec<(String, Value)>| Value::Object(Map::from_iter(entries));
    let first = json!({
        "type": "stats",
        "messages": it.messages,
        "sent": it.sent,
        "received": it.received,
        "characters": it.characters,
        "written_words": it.written_words,
        "recalled": it.recalled,
        "edited": it.edited,
        "without_hour": it.without_hour,
        "conversations": report.conversations,
        "first": it.span.map(|(first, _)| time(first)),
        "last": it.span.map(|(_, last)| time(last)),
        "sender_count": it.sender_count,
        "senders": it.senders.iter()
            .map(|(id, tally)| with(json!({"id": id.to_hex(), "name": name(*id)}), sender(tally)))
            .collect::<Vec<_>>(),
        "chats": it.chats.iter()
            .map(|(id, messages, sent, _)| json!({
                "id": id.to_hex(), "name": names.conversation_title(*id), "messages": messages, "sent": sent,
            }))
            .collect::<Vec<_>>(),
        "in_groups": report.in_groups.iter()
            .map(|(id, tally)| with(json!({"id": id.to_hex(), "name": names.conversation_title(*id)}), sender(tally)))
            .collect::<Vec<_>>(),
        "kinds": object(it.kinds.iter().map(|(kind, count)| (kind.as_str().to_owned(), json!(count))).collect()),
        "months": object(it.months.iter()
            .map(|((year, month), count, _)| (format!("{year}-{month:02}"), json!(count))).collect()),
        "days": object(it.days.iter().map(|(day, tally)| (date_of(*day).to_string(), json!(tally.messages))).collect()),
        "hours": it.hours(),
        "week_hours": it.week_hours,
    });
    let second = json!({
        "busiest_day": it.busiest_day.map(|(day, count)| json!({"day": date_of(day).to_string(), "messages": count})),
        "longest_streak": it.longest_streak
            .map(|streak| json!({"first": date_of(streak.first_day).to_string(), "days": streak.days})),
        "longest_silence": it.longest_silence
            .map(|Gap { from_ms, to_ms }| json!({"from": time(from_ms), "to": time(to_ms)})),
        "sessions": it.sessions,
        "session_hours": hutong::stats::SESSION_HOURS,
        "owner_replies": reply(it.owner_replies),
        "other_replies": reply(it.other_replies),
        "late": it.late,
        "late_nights": it.late_nights,
        "latest": it.latest.map(|latest| json!({
            "at": time(latest.at_ms), "id": latest.message.to_hex(), "chat": names.conversation_title(latest.conversation),
        })),
    });
    let third = json!({
        "words": it.words.as_deref().map(|words| counts(words, "word")),
        "words_error": it.words_error,
        "distinct_words": it.distinct_words,
        "emoji": counts(&it.emoji, "emoji"),
        "stickers": counts(&it.stickers, "meaning"),
        "reactions": it.reactions,
        "media": object(it.media.iter().map(|(kind, media)| (kind.as_str().to_owned(), json!({
            "count": media.count, "present": media.present, "bytes": media.bytes, "duration_ms": media.duration_ms,
        }))).collect()),
        "calls": {
            "count": it.calls.count, "timed": it.calls.timed, "duration_ms": it.calls.duration_ms,
            "longest_ms": it.calls.longest_ms,
        },
        "payments": it.money.iter().map(|(key, money)| json!({
            "kind": key.kind.as_str(), "direction": key.direction.as_str(), "state": key.state.as_str(),
            "currency": Some(&key.currency).filter(|code| !code.is_empty()), "count": money.count,
            "stated": money.stated, "sum": decimal(money.ten_thousandths),
        })).collect::<Vec<_>>(),
        "mentions": accounts(&it.mentions),
        "mentions_of_everyone": it.mentions_of_everyone,
        "mentions_unknown": it.mentions_unknown,
        "replies": it.replies,
        "quoted": accounts(&it.quoted),
        "answered": it.answered.iter().map(|(id, count)| json!({"id": id.to_hex(), "count": count})).collect::<Vec<_>>(),
    });
    with(with(first, second), third)
}
