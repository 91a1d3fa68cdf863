//! Measures copies without common ids: chats of a database, then text exports of the same chats on top of it.
//!
//! `cargo run --release -p hutong-archive --example join_bench -- [MESSAGES]`
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a bench program"
)]

use std::sync::Arc;
use std::time::Instant;

use hutong_archive::{Archive, ImportReport, Progress, Protection, WriteOptions};
use hutong_model::{
    AccountId, At, Conversation, ConversationId, ConversationKind, Direction, Message, MessageId,
    NativeId, NativeIdName, Origin, OriginPlace, Part, Platform, Precision, Record, Sink,
    Timestamp, comparable_text,
};

const WORDS: &str = "今天明天开会合同项目客户老板同事晚上吃饭周末孩子学校作业老师家长通知收到谢谢好的没问题马上到了路上堵车下雨天气真好照片发给我看看文件已经上传请查收价格多少钱便宜一点快递到了取件码电话微信转账红包生日快乐新年健康医院医生检查结果出来没事放心";
const CHATS: u64 = 100;

/// Seconds of processor time that this process has used, all threads together.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .filter_map(|field| field.parse().ok())
        .collect();
    fields.iter().skip(10).take(2).sum::<f64>() / 100.0
}

fn title(chat: u64) -> String {
    format!("第 {chat} 群")
}

/// The same invented messages each time, as a database has them or as a text export.
fn pour(count: u64, is_text: bool, out: &mut dyn Sink) {
    let words: Vec<char> = WORDS.chars().collect();
    let mut state = 1_u64;
    let mut random = move |limit: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    for chat in 0..CHATS {
        let native_id = if is_text {
            title(chat)
        } else {
            format!("{}", 100_000 + chat)
        };
        let id = match is_text {
            true => ConversationId::named(&Platform::Qq, ConversationKind::Group, &native_id),
            false => ConversationId::group(&Platform::Qq, &native_id),
        };
        out.record(Record::Conversation(Conversation {
            id,
            platform: Some(Platform::Qq),
            kind: ConversationKind::Group,
            native_id,
            name: Some(title(chat)),
            ..Conversation::default()
        }))
        .unwrap();
        let place = Arc::new(OriginPlace::default());
        for row in 0..count / CHATS {
            let text: String = (0..4 + random(20))
                .map(|_| words[random(words.len() as u64) as usize])
                .collect();
            let server = (random(1 << 30) << 32 | row) as i64;
            let who = (10_000 + random(200)).to_string();
            let parts = vec![Part::text(text)];
            // Twenty messages a minute.
            let sent_at = Timestamp::from_seconds(1_600_000_000 + row as i64 * 3);
            let message_id = if is_text {
                let text = comparable_text(&parts);
                MessageId::from_text(id, &who, sent_at, Precision::Second, &text, 0)
            } else {
                MessageId::new(id, "message", &[&server.to_le_bytes()])
            };
            let origin = Origin {
                place: Arc::clone(&place),
                at: At::Row(row as i64),
            };
            let mut message = Box::new(Message::new(Platform::Qq, message_id, id, sent_at, origin));
            message.sender = Some(AccountId::new(&Platform::Qq, &who));
            message.direction = Direction::In;
            message.order = row as i64;
            if !is_text {
                message.native_ids = vec![
                    NativeId::integer(NativeIdName::MessageId, server),
                    NativeId::integer(NativeIdName::Sequence, row as i64),
                    NativeId::integer(NativeIdName::Random, server >> 32),
                ];
            }
            message.parts = parts;
            out.record(Record::Message(message)).unwrap();
        }
    }
}

fn main() {
    let count: u64 = std::env::args()
        .nth(1)
        .map_or(300_000, |text| text.parse().unwrap());
    let folder = std::env::temp_dir().join(format!("hutong-join-bench-{}", std::process::id()));
    let mut archive = Archive::create(&folder, &Protection::Device, 0).unwrap();
    for (source, is_text) in [("qq_nt", false), ("qq_txt", true)] {
        let (start, processor) = (Instant::now(), processor_seconds());
        let mut report = ImportReport {
            source: source.to_owned(),
            ..ImportReport::default()
        };
        let mut import = archive
            .begin_import(
                &mut report,
                WriteOptions::default(),
                Arc::new(Progress::default()),
            )
            .unwrap();
        pour(count, is_text, &mut import.writer);
        archive.finish_import(import, &mut report, None).unwrap();
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{source}: {count} messages, {} added, {} known; {seconds:.2} s, {:.2} s of processor",
            report.added,
            report.known,
            processor_seconds() - processor,
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
