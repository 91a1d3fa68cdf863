//! How fast encrypted databases are read, beside SQLCipher and the bare primitives.
//!
//! `cargo run --release -p hutong-crypto --example container_bench [megabytes]` makes one database for each of WeChat 4,
//! WeChat 3 and QQ NT (256 MB unless told otherwise) in the temporary folder and prints MB/s of file size, best of
//! three, warm. At the end come the rates for a
//! plain table of small rows.

#![expect(clippy::print_stdout, reason = "the output is the result")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use aes::cipher::{BlockModeDecrypt, InnerIvInit, KeyInit};
use hmac::{Hmac, Mac};
use hutong_crypto::{Container, Family, KeyRing, Profile};
use hutong_sqlite::{Database, Pages, PlainPages, open_shared};
use rusqlite::Connection;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const RAW_KEY: &str = "0f0e0d0c0b0a09080706050403020100f0e0d0c0b0a090807060504030201000";
const PASSPHRASE: &str = "abcdefghijklmnop";
const ROUNDS: usize = 3;

struct Case {
    name: &'static str,
    family: Family,
    defaults: &'static str,
    key_sql: String,
    key: &'static str,
}

fn main() -> Outcome<()> {
    let megabytes: i64 = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(256);
    let folder = tempfile::tempdir()?;
    primitives();
    blobs();
    for case in cases() {
        run(&case, folder.path(), megabytes)?;
    }
    small_rows(folder.path())
}

fn cases() -> [Case; 3] {
    [
        Case {
            name: "WeChat 4",
            family: Family::WeChat4,
            defaults: "PRAGMA cipher_default_compatibility = 4;",
            key_sql: format!("x''{RAW_KEY}''"),
            key: RAW_KEY,
        },
        Case {
            name: "WeChat 3",
            family: Family::WeChat3,
            defaults: "PRAGMA cipher_default_compatibility = 3; PRAGMA cipher_default_page_size = 4096;",
            key_sql: format!("x''{RAW_KEY}''"),
            key: RAW_KEY,
        },
        Case {
            name: "QQ NT",
            family: Family::QqNt,
            defaults:
                "PRAGMA cipher_default_compatibility = 4; PRAGMA cipher_default_kdf_iter = 4000;
                       PRAGMA cipher_default_hmac_algorithm = HMAC_SHA1;",
            key_sql: PASSPHRASE.to_owned(),
            key: PASSPHRASE,
        },
    ]
}

/// Megabytes per second of `work`, which goes over `bytes` bytes; the best of several rounds.
fn rate(bytes: u64, mut work: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        work();
        best = best.min(started.elapsed().as_secs_f64());
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
    let megabytes = bytes as f64 / 1e6;
    megabytes / best
}

fn primitives() {
    let mut page = vec![0x5a; 4032];
    let count = 50_000u64;
    let bytes = count * page.len() as u64;
    let cipher = aes::Aes256Dec::new(&[7; 32].into());
    let aes = rate(bytes, || {
        for _ in 0..count {
            let blocks = aes::cipher::Array::cast_slice_from_core_mut(page.as_chunks_mut::<16>().0);
            cbc::Decryptor::inner_iv_init(&cipher, &[1; 16].into()).decrypt_blocks(blocks);
        }
    });
    println!("primitive AES-256-CBC, pages of 4 KiB   {aes:8.0} MB/s");
    mac_rate::<Hmac<sha2::Sha512>>("HMAC-SHA512", &page, count);
    mac_rate::<Hmac<sha2::Sha256>>("HMAC-SHA256", &page, count);
    mac_rate::<Hmac<sha1::Sha1>>("HMAC-SHA1", &page, count);
    let started = Instant::now();
    hutong_crypto::Hash::Sha512.pbkdf2(&[1; 32], &[2; 16], 256_000);
    println!(
        "WeChat 4 key derivation                 {:8.0} ms",
        started.elapsed().as_secs_f64() * 1e3
    );
}

fn mac_rate<M: Mac + KeyInit + Clone>(name: &str, page: &[u8], count: u64) {
    let keyed = <M as KeyInit>::new_from_slice(&[9; 32]).expect("HMAC takes keys of any length");
    let found = rate(count * page.len() as u64, || {
        for _ in 0..count {
            let mut mac = keyed.clone();
            mac.update(page);
            std::hint::black_box(mac.finalize());
        }
    });
    println!("primitive {name:11}, pages of 4 KiB   {found:8.0} MB/s");
}

/// Sealing and opening of attachments.
fn blobs() {
    let content = vec![0x33; 64 << 20];
    let bytes = content.len() as u64;
    let mut sealed = Vec::with_capacity(content.len() + 65_536);
    let seal = rate(bytes, || {
        sealed.clear();
        hutong_crypto::seal(content.as_slice(), &mut sealed, &[1; 32])
            .expect("memory can be written");
    });
    let open = rate(bytes, || {
        hutong_crypto::open(sealed.as_slice(), std::io::sink(), &[1; 32])
            .expect("the blob is intact");
    });
    println!("sealing a blob                          {seal:8.0} MB/s");
    println!("opening a blob                          {open:8.0} MB/s");
}

fn build(case: &Case, folder: &Path, megabytes: i64) -> Outcome<(PathBuf, PathBuf)> {
    let path = folder.join(format!("{}.db", case.name));
    let defaults = Connection::open_in_memory()?;
    defaults.execute_batch(case.defaults)?;
    let connection = Connection::open(&path)?;
    connection.execute_batch(&format!(
        "PRAGMA key = '{}'; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         CREATE TABLE message(local_id INTEGER PRIMARY KEY, server_id INTEGER, local_type INTEGER, sort_seq INTEGER,
             real_sender_id INTEGER, create_time INTEGER, status INTEGER, source BLOB, message_content TEXT, packed BLOB);
         BEGIN;",
        case.key_sql
    ))?;
    // About 260 bytes a row: short texts, now and then a long one that overflows.
    let mut statement = connection.prepare(
        "INSERT INTO message VALUES (NULL, ?1 * 7919 + 6000000000000000000, 1, ?1 * 1000, ?1 % 500, 1700000000 + ?1, 3,
             zeroblob(60), ?2, zeroblob(20))",
    )?;
    let text = "今天晚上一起吃饭吗？".repeat(200);
    for id in 0..megabytes * 3800 {
        let characters: usize = if id % 200 == 0 {
            1900
        } else {
            10 + usize::try_from(id % 60)?
        };
        statement.execute((id, text.get(..characters * 3).unwrap_or(&text)))?;
    }
    drop(statement);
    connection.execute_batch("COMMIT")?;
    let plain = folder.join(format!("{} plain.db", case.name));
    connection.execute_batch(&format!(
        "ATTACH DATABASE '{}' AS plain KEY ''; SELECT sqlcipher_export('plain'); DETACH DATABASE plain;",
        plain.display()
    )).or_else(|error| match error {
        rusqlite::Error::ExecuteReturnedResults => Ok(()),
        other => Err(other),
    })?;
    defaults.execute_batch(
        "PRAGMA cipher_default_compatibility = 4; PRAGMA cipher_default_kdf_iter = 256000;",
    )?;
    Ok((path, plain))
}

fn run(case: &Case, folder: &Path, megabytes: i64) -> Outcome<()> {
    let (path, plain) = build(case, folder, megabytes)?;
    let bytes = std::fs::metadata(&path)?.len();
    let keys = KeyRing::from_key(case.key)?;
    let open = || -> Outcome<Container> {
        let file = Arc::new(open_shared(&path)?);
        Ok(Container::open(
            file,
            None,
            "message.db",
            &keys,
            case.family,
        )?)
    };
    let container = open()?;
    println!(
        "\n{} ({} MB, {})",
        case.name,
        bytes / 1_000_000,
        container
            .profile()
            .map_or("plain", |profile: &Profile| profile.name)
    );
    let sqlcipher = rate(bytes, || {
        let sql = format!("PRAGMA key = '{}';{}", case.key_sql, settings(case));
        std::hint::black_box(scan_sqlite(&path, &sql).expect("SQLCipher reads its own file"));
    });
    println!("  SQLCipher through rusqlite, all columns {sqlcipher:8.0} MB/s");
    let only = rate(bytes, || {
        let mut page = vec![0; 4096];
        for number in container.stored_pages() {
            container
                .read(number, &mut page)
                .expect("the page is intact");
        }
    });
    println!("  decrypt and verify only                 {only:8.0} MB/s");
    let database = Database::open(container)?;
    assert_eq!(
        scan_ours(&database, true),
        scan_sqlite(&plain, "")?,
        "both readers agree"
    );
    let alone = rate(bytes, || {
        std::hint::black_box(scan_ours(&database, false));
    });
    println!("  our scan, all columns, one thread       {alone:8.0} MB/s");
    let ours = rate(bytes, || {
        std::hint::black_box(scan_ours(&database, true));
    });
    println!("  our scan, all columns, decrypting ahead {ours:8.0} MB/s");
    let upper = rate(bytes, || {
        std::hint::black_box(scan_sqlite(&plain, "").expect("SQLite reads the copy"));
    });
    println!("  SQLite on a decrypted copy              {upper:8.0} MB/s");
    let file = Arc::new(open_shared(&plain)?);
    let copy = Database::open(PlainPages::open(file, None)?)?;
    let ours_plain = rate(bytes, || {
        std::hint::black_box(scan_ours(&copy, true));
    });
    println!("  our scan of the decrypted copy          {ours_plain:8.0} MB/s");
    std::fs::remove_file(path)?;
    std::fs::remove_file(plain)?;
    Ok(())
}

fn settings(case: &Case) -> &'static str {
    match case.family {
        Family::WeChat3 => "PRAGMA cipher_compatibility = 3; PRAGMA cipher_page_size = 4096;",
        Family::QqNt => "PRAGMA kdf_iter = 4000; PRAGMA cipher_hmac_algorithm = HMAC_SHA1;",
        _ => "",
    }
}

const COLUMNS: [&str; 10] = [
    "local_id",
    "server_id",
    "local_type",
    "sort_seq",
    "real_sender_id",
    "create_time",
    "status",
    "source",
    "message_content",
    "packed",
];

fn scan_sqlite(path: &Path, setup: &str) -> Outcome<(u64, u64)> {
    let connection = Connection::open(path)?;
    connection.execute_batch(setup)?;
    let sql = format!("SELECT {} FROM message", COLUMNS.join(","));
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let (mut count, mut sum) = (0, 0u64);
    while let Some(row) = rows.next()? {
        for index in 0..COLUMNS.len() {
            sum = sum.wrapping_add(match row.get_ref(index)? {
                rusqlite::types::ValueRef::Integer(number) => number.cast_unsigned(),
                rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
                    bytes.len() as u64
                }
                _ => 0,
            });
        }
        count += 1;
    }
    Ok((count, sum))
}

fn scan_ours<P: Pages>(database: &Database<P>, may_use_thread: bool) -> (u64, u64) {
    let table = database.table("message").expect("the table is there");
    let mut cursor = database
        .scan(table, &COLUMNS)
        .expect("the table can be scanned");
    if !may_use_thread {
        cursor = cursor.without_thread();
    }
    let (mut count, mut sum) = (0, 0u64);
    while let Some(row) = cursor.next() {
        let row = row.expect("nothing is damaged");
        for index in 0..COLUMNS.len() {
            sum = sum.wrapping_add(match row.value(index) {
                hutong_sqlite::Value::Integer(number) => number.cast_unsigned(),
                hutong_sqlite::Value::Text(bytes) | hutong_sqlite::Value::Blob(bytes) => {
                    bytes.len() as u64
                }
                _ => 0,
            });
        }
        count += 1;
    }
    (count, sum)
}

/// Rows of about 40 bytes in a plain database.
fn small_rows(folder: &Path) -> Outcome<()> {
    let path = folder.join("small.db");
    let connection = Connection::open(&path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; CREATE TABLE small(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c TEXT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)
         INSERT INTO small SELECT i, i * 1000, i % 7, 'message ' || i FROM n;",
    )?;
    drop(connection);
    let memory: Arc<Vec<u8>> = Arc::new(std::fs::read(&path)?);
    let file = Arc::new(open_shared(&path)?);
    for (name, pages) in [
        ("file", PlainPages::open(file, None)?),
        ("memory", PlainPages::open(memory, None)?),
    ] {
        let database = Database::open(pages)?;
        let table = database.table("small").ok_or("no table")?;
        let million_rows = rate(3_000_000, || {
            let mut cursor = database
                .scan(table, &["id", "a", "b", "c"])
                .expect("the table can be scanned");
            let mut sum = 0u64;
            while let Some(Ok(row)) = cursor.next() {
                sum = sum.wrapping_add(row.integer(1).unwrap_or(0).cast_unsigned());
                sum = sum.wrapping_add(row.integer(2).unwrap_or(0).cast_unsigned());
                sum = sum.wrapping_add(row.bytes(3).map_or(0, <[u8]>::len) as u64);
            }
            std::hint::black_box(sum);
        });
        println!("\nsmall rows from {name}: {million_rows:.1} million rows a second");
    }
    Ok(())
}
