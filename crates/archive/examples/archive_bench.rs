//! Measures the archive alone: generated messages in, messages out, queries.
//!
//! `cargo run --release -p hutong-archive --example archive_bench -- [MESSAGES]`
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a bench program"
)]

use std::sync::Arc;
use std::time::Instant;

use hutong_archive::{
    Archive, ArchiveError, ImportReport, Progress, Protection, TimeWindow, WriteOptions,
};
use hutong_model::{
    AccountId, At, Conversation, ConversationId, Direction, Message, MessageId, NativeId,
    NativeIdName, Origin, OriginPlace, Part, Platform, Record, Sink, Timestamp, hcx,
};
use hutong_search::Query;

const WORDS: &str = "今天明天开会合同项目客户老板同事晚上吃饭周末孩子学校作业老师家长通知收到谢谢好的没问题马上到了路上堵车下雨天气真好照片发给我看看文件已经上传请查收价格多少钱便宜一点快递到了取件码电话微信转账红包生日快乐新年健康医院医生检查结果出来没事放心";

fn main() {
    let count: u64 = std::env::args()
        .nth(1)
        .map_or(1_000_000, |text| text.parse().unwrap());
    let folder = std::env::temp_dir().join(format!("hutong-archive-bench-{}", std::process::id()));
    let mut archive = Archive::create(&folder, &Protection::Device, 0).unwrap();
    let words: Vec<char> = WORDS.chars().collect();
    let mut state = 1_u64;
    let mut random = move |limit: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let chats: Vec<ConversationId> = (0..200)
        .map(|chat| ConversationId::group(&Platform::WeChat, &format!("{chat}@chatroom")))
        .collect();
    let people: Vec<AccountId> = (0..2000)
        .map(|who| AccountId::new(&Platform::WeChat, &format!("wxid_{who}")))
        .collect();
    let start = Instant::now();
    let mut report = ImportReport::default();
    let mut import = archive
        .begin_import(
            &mut report,
            WriteOptions::default(),
            Arc::new(Progress::default()),
        )
        .unwrap();
    let mut made = 0;
    for (number, chat) in chats.iter().enumerate() {
        let share = if number == 0 {
            count / 2
        } else {
            (count / 2) / (chats.len() as u64 - 1)
        };
        let record = Conversation {
            id: *chat,
            platform: Some(Platform::WeChat),
            native_id: format!("{number}@chatroom"),
            ..Conversation::default()
        };
        import.writer.record(Record::Conversation(record)).unwrap();
        let place = Arc::new(OriginPlace {
            input: "message_0.db".into(),
            table: format!("Msg_{number}"),
        });
        for row in 0..share {
            let text: String = (0..4 + random(20))
                .map(|_| words[random(words.len() as u64) as usize])
                .collect();
            let server = (random(1 << 30) << 32 | row) as i64;
            let id = MessageId::new(*chat, "server", &[&server.to_le_bytes()]);
            let origin = Origin {
                place: place.clone(),
                at: At::Row(row as i64),
            };
            let mut message = Message::new(
                Platform::WeChat,
                id,
                *chat,
                Timestamp::from_seconds(1_600_000_000 + row as i64 * 60),
                origin,
            );
            message.sender = Some(people[random(2000) as usize]);
            message.direction = Direction::In;
            message.order = row as i64;
            message.native_ids = vec![
                NativeId::integer(NativeIdName::ServerId, server),
                NativeId::integer(NativeIdName::LocalId, row as i64),
            ];
            message.parts = vec![Part::text(text)];
            import
                .writer
                .record(Record::Message(Box::new(message)))
                .unwrap();
            made += 1;
        }
    }
    archive.finish_import(import, &mut report, None).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "in: {made} messages in {seconds:.2} s = {:.0}/s, added {}",
        made as f64 / seconds,
        report.added
    );
    println!(
        "archive.db: {} MB",
        std::fs::metadata(folder.join("archive.db")).unwrap().len() / 1_000_000
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .filter(|line| line.starts_with("VmHWM"))
        .for_each(|line| println!("{line}"));

    let start = Instant::now();
    let mut reader = archive.reader().unwrap();
    let (mut out, mut text, mut given) = (Vec::new(), String::new(), 0_u64);
    for chat in &chats {
        reader
            .conversation::<ArchiveError>(*chat, TimeWindow::default(), &mut |message| {
                out.clear();
                hcx::write_message_line(
                    &mut out,
                    &message,
                    &hcx::MessageLine::default(),
                    &mut text,
                );
                given += 1;
                Ok(true)
            })
            .unwrap();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "out: {given} messages as lines in {seconds:.2} s = {:.0}/s (one thread)",
        given as f64 / seconds
    );

    let names = archive.names().unwrap();
    let mut times = Vec::new();
    let mut hits = 0;
    for _ in 0..200 {
        let length = 2 + random(3);
        let from = random(words.len() as u64 - 4) as usize;
        let query: String = if random(2) == 0 {
            words[from..from + length as usize].iter().collect()
        } else {
            (0..length)
                .map(|_| words[random(words.len() as u64) as usize])
                .collect()
        };
        let start = Instant::now();
        let selection = archive
            .select(
                Query::parse(&query, &jiff::tz::TimeZone::UTC).unwrap(),
                &names,
            )
            .unwrap();
        let mut found = 0;
        reader
            .search::<ArchiveError>(&selection, &mut |_| {
                found += 1;
                Ok(found < 50)
            })
            .unwrap();
        hits += found;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "search: {hits} hits, p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
        times[100], times[197], times[199]
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
