//! Measures what a page asks of an archive: pages, density, last messages, copies, hits and their counts.
//!
//! `cargo run --release -p hutong-archive --example page_bench -- [MESSAGES] [FOLDER]`
//!
//! One chat holds a tenth of all messages, 199 others the rest, each over the same ten years; one message in ten is a picture, one
//! in fourteen an answer; a second import brings other copies of one in twenty messages of the large chat. An archive in FOLDER is
//! used again.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bench program"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use hutong_archive::{
    Archive, ArchiveError, ImportReport, Place, Progress, Protection, Reader, SearchOrder,
    Selection, Unlock, WriteOptions,
};
use hutong_model::{
    AccountId, At, Conversation, ConversationId, ConversationKind, Direction, Image, Message,
    MessageId, NativeId, NativeIdName, Origin, OriginPlace, Part, Platform, Record, Sink,
    Timestamp,
};
use hutong_search::Query;
use jiff::tz::TimeZone;

const WORDS: &str = "今天明天开会合同项目客户老板同事晚上吃饭周末孩子学校作业老师家长通知收到谢谢好的没问题马上到了路上堵车下雨天气真好照片发给我看看文件已经上传请查收价格多少钱便宜一点快递到了取件码电话微信转账红包生日快乐新年健康医院医生检查结果出来没事放心";
const CHATS: u64 = 200;
const START_MS: i64 = 1_420_070_400_000;
const YEARS_MS: i64 = 10 * 365 * 86_400_000;
const PAGE: usize = 60;

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn chat(number: u64) -> ConversationId {
    ConversationId::group(&Platform::WeChat, &format!("{number}@chatroom"))
}

fn id_of(chat_number: u64, row: u64) -> MessageId {
    MessageId::new(chat(chat_number), "server", &[&row.to_le_bytes()])
}

fn share_of(chat_number: u64, count: u64) -> u64 {
    if chat_number == 0 {
        count / 10
    } else {
        (count - count / 10) / (CHATS - 1)
    }
}

fn message(
    (chat_number, row, share): (u64, u64, u64),
    place: &Arc<OriginPlace>,
    words: &[char],
    random: &mut Random,
) -> Message {
    let text: String = (0..4 + random.below(20))
        .map(|_| words[random.below(words.len() as u64) as usize])
        .collect();
    let origin = Origin {
        place: place.clone(),
        at: At::Row(row as i64),
    };
    let at = START_MS + (YEARS_MS / share as i64) * row as i64;
    let id = id_of(chat_number, row);
    let mut message = Message::new(
        Platform::WeChat,
        id,
        chat(chat_number),
        Timestamp(at / 1000 * 1000),
        origin,
    );
    let sender = random.below(500) * (chat_number + 1) % 5_000;
    message.sender = Some(AccountId::new(&Platform::WeChat, &format!("wxid_{sender}")));
    message.direction = if random.below(5) == 0 {
        Direction::Out
    } else {
        Direction::In
    };
    message.order = row as i64;
    message.native_ids = vec![NativeId::integer(NativeIdName::ServerId, row as i64)];
    message.parts = if random.below(10) == 0 {
        vec![Part::Image(Box::<Image>::default())]
    } else {
        vec![Part::text(text)]
    };
    if row > 50 && random.below(14) == 0 {
        message.reply_to = vec![id_of(chat_number, row - 1 - random.below(50))];
    }
    message
}

/// Imports the messages of these chats, one row in `step`.
fn import(archive: &mut Archive, count: u64, chats: std::ops::Range<u64>, input: &str, step: u64) {
    let words: Vec<char> = WORDS.chars().collect();
    let mut report = ImportReport {
        source: "bench".to_owned(),
        input: input.to_owned(),
        ..ImportReport::default()
    };
    let mut import = archive
        .begin_import(
            &mut report,
            WriteOptions::default(),
            Arc::new(Progress::default()),
        )
        .unwrap();
    for number in chats {
        let record = Conversation {
            id: chat(number),
            platform: Some(Platform::WeChat),
            kind: ConversationKind::Group,
            native_id: format!("{number}@chatroom"),
            ..Conversation::default()
        };
        import.writer.record(Record::Conversation(record)).unwrap();
        let place = Arc::new(OriginPlace {
            input: input.into(),
            table: format!("Msg_{number}"),
        });
        let mut random = Random(number + 1);
        let share = share_of(number, count);
        for row in 0..share {
            let message = message((number, row, share), &place, &words, &mut random);
            if row % step == 0 {
                import
                    .writer
                    .record(Record::Message(Box::new(message)))
                    .unwrap();
            }
        }
    }
    archive.finish_import(import, &mut report, None).unwrap();
}

fn open(folder: &Path, count: u64) -> Archive {
    let key_file = folder.with_extension("key");
    if Archive::exists(folder) {
        let key = std::fs::read(&key_file).unwrap().try_into().ok();
        let unlock = Unlock {
            passphrase: None,
            device_key: key,
        };
        return Archive::open(folder, &unlock).unwrap();
    }
    let start = Instant::now();
    let mut archive = Archive::create(folder, &Protection::Device, 0).unwrap();
    std::fs::write(&key_file, archive.expose_key().unwrap()).unwrap();
    import(&mut archive, count, 0..CHATS, "message_0.db", 1);
    import(&mut archive, count, 0..1, "old.db", 20);
    println!("made in {:.0} s", start.elapsed().as_secs_f64());
    archive
}

/// Does something so many times and says how long it took.
fn measure(what: &str, times: usize, mut work: impl FnMut(usize)) {
    let mut taken: Vec<f64> = (0..times)
        .map(|number| {
            let start = Instant::now();
            work(number);
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    let at = |share: f64| taken[((times - 1) as f64 * share).round() as usize];
    println!(
        "{what}: p50 {:.2} ms, p99 {:.2} ms, at most {:.2} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn instants(random: &mut Random) -> i64 {
    START_MS + random.below(YEARS_MS as u64 / 1000) as i64 * 1000
}

fn pages(reader: &mut Reader, random: &mut Random, count: u64) {
    let large = chat(0);
    measure("first page of the large chat, reader fresh", 1, |_| {
        assert_eq!(
            reader.page(large, Place::End, PAGE).unwrap().messages.len(),
            PAGE
        );
    });
    let cursors: Vec<_> = (0..2_000)
        .map(|_| {
            let page = reader
                .page(large, Place::From(instants(random)), 1)
                .unwrap();
            page.first
        })
        .collect();
    for is_before in [true, false] {
        let name = if is_before { "before" } else { "after" };
        measure(
            &format!("page {name} a cursor, large chat"),
            2_000,
            |number| {
                let Some(cursor) = cursors[number] else {
                    return;
                };
                let place = if is_before {
                    Place::Before(cursor)
                } else {
                    Place::After(cursor)
                };
                reader.page(large, place, PAGE).unwrap();
            },
        );
    }
    measure("page from an instant, large chat", 2_000, |_| {
        reader
            .page(large, Place::From(instants(random)), PAGE)
            .unwrap();
    });
    measure("page around a message, large chat", 2_000, |_| {
        let id = id_of(0, random.below(share_of(0, count)));
        assert!(
            !reader
                .page(large, Place::Around(id), PAGE / 2)
                .unwrap()
                .messages
                .is_empty()
        );
    });
    measure("last page of a chat, each of 200", 200, |number| {
        reader.page(chat(number as u64), Place::End, PAGE).unwrap();
    });
    let mut cursor = None;
    measure(
        "leafing back through the large chat, 500 pages",
        500,
        |_| {
            let place = cursor.map_or(Place::End, Place::Before);
            cursor = reader.page(large, place, PAGE).unwrap().first.or(cursor);
        },
    );
}

fn lists(reader: &mut Reader, random: &mut Random, count: u64) {
    let bounds = |number: i64| -> Vec<i64> {
        (0..=number)
            .map(|step| START_MS + YEARS_MS / number * step)
            .collect()
    };
    let (months, days) = (bounds(120), bounds(3_650));
    measure("density of the large chat by months", 50, |_| {
        reader.density(chat(0), &months).unwrap();
    });
    measure("density of the large chat by days", 20, |_| {
        reader.density(chat(0), &days).unwrap();
    });
    measure("density of a chat by days, each of 200", 200, |number| {
        reader.density(chat(number as u64), &days).unwrap();
    });
    measure("last message, each of 200 chats", 200, |number| {
        assert!(reader.last_message(chat(number as u64)).unwrap().is_some());
    });
    measure("copies of a message", 2_000, |_| {
        let row = random.below(share_of(0, count)) / 20 * 20;
        assert_eq!(reader.sightings(id_of(0, row)).unwrap().len(), 2);
    });
}

fn counts(archive: &Archive, reader: &mut Reader) {
    let names = archive.names().unwrap();
    let select = |query: &str| -> Selection {
        archive
            .select(Query::parse(query, &TimeZone::UTC).unwrap(), &names)
            .unwrap()
    };
    for query in [
        "",
        "in:0@chatroom",
        "in:7@chatroom",
        "kind:image",
        "kind:image in:0@chatroom",
        "is:mine during:2020",
        "合同",
        "快递到了",
        "开会 in:0@chatroom",
    ] {
        let selection = select(query);
        let (mut messages, mut is_complete) = (0, false);
        measure(
            &format!("facets of “{query}”, 200,000 candidates at most"),
            3,
            |_| {
                let facets = reader
                    .facets(&selection, &TimeZone::UTC, &mut |looked_at| {
                        looked_at < 200_000
                    })
                    .unwrap();
                (messages, is_complete) = (facets.messages, facets.is_complete);
            },
        );
        println!("    {messages} messages, complete: {is_complete}");
    }
    let selection = select("");
    let start = Instant::now();
    let facets = reader
        .facets(&selection, &TimeZone::UTC, &mut |_| true)
        .unwrap();
    println!(
        "facets of everything without a limit: {} messages in {:.2} s",
        facets.messages,
        start.elapsed().as_secs_f64()
    );
    for query in ["kind:image", "kind:image in:0@chatroom", "合同"] {
        for order in [SearchOrder::NewestFirst, SearchOrder::OldestFirst] {
            let selection = select(query);
            let mut after = None;
            measure(
                &format!("next 60 hits of “{query}”, {order:?}, 200 times"),
                200,
                |_| {
                    let mut given = 0;
                    reader
                        .hits::<ArchiveError>(&selection, order, after, &mut |hit| {
                            after = Some(hit.cursor);
                            given += 1;
                            Ok(given < PAGE)
                        })
                        .unwrap();
                },
            );
        }
    }
}

fn together(archive: &Archive, count: u64) {
    let pool = archive.reader_pool(8);
    let threads = 32;
    let start = Instant::now();
    let mut taken: Vec<f64> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|number| {
                let pool = &pool;
                scope.spawn(move || {
                    let mut random = Random(number + 77);
                    (0..200)
                        .map(|_| {
                            let start = Instant::now();
                            let mut reader = pool.get().unwrap();
                            let id = id_of(0, random.below(share_of(0, count)));
                            reader.page(chat(0), Place::Around(id), PAGE / 2).unwrap();
                            drop(reader);
                            start.elapsed().as_secs_f64() * 1000.0
                        })
                        .collect::<Vec<f64>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    let seconds = start.elapsed().as_secs_f64();
    taken.sort_by(f64::total_cmp);
    println!(
        "{threads} threads, 8 readers, pages around messages: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms with waiting",
        taken.len() as f64 / seconds,
        taken[taken.len() / 2],
        taken[taken.len() * 99 / 100]
    );
}

fn memory(when: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines() {
        if let Some(size) = line.strip_prefix("VmRSS:") {
            println!("memory {when}: {}", size.trim());
        }
    }
}

fn main() {
    let count: u64 = std::env::args()
        .nth(1)
        .map_or(1_000_000, |text| text.parse().unwrap());
    let given = std::env::args().nth(2).map(PathBuf::from);
    let folder = given.clone().unwrap_or_else(|| {
        std::env::temp_dir().join(format!("hutong-page-bench-{}", std::process::id()))
    });
    drop(open(&folder, count));
    let start = Instant::now();
    let archive = open(&folder, count);
    println!("opened in {:.0} ms", start.elapsed().as_secs_f64() * 1000.0);
    memory("after opening");
    let mut random = Random(5);
    let mut reader = archive.reader().unwrap();
    pages(&mut reader, &mut random, count);
    memory("after pages");
    lists(&mut reader, &mut random, count);
    counts(&archive, &mut reader);
    memory("after all of one reader");
    drop(reader);
    together(&archive, count);
    memory("after eight readers");
    if given.is_none() {
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::remove_file(folder.with_extension("key")).unwrap();
    }
}
