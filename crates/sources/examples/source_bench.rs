//! Measures how fast an account folder is read: `source_bench FOLDER KEY_FILE [locate]`, or `source_bench forge DIR COUNT`.

#![expect(clippy::print_stdout, reason = "results of a measurement")]

use std::path::Path;
use std::time::Instant;

use hutong_crypto::KeyRing;
use hutong_model::{Problem, Record, Sink, Stop};
use hutong_samples::{Plan, WechatKeys, WechatStyle, wechat4};
use hutong_sources::{Input, ReadOptions, SOURCES};

/// The allocator that the program uses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Default)]
struct Count {
    messages: u64,
    others: u64,
    problems: u64,
}

impl Sink for Count {
    fn record(&mut self, record: Record) -> Result<(), Stop> {
        match record {
            Record::Message(_) => self.messages += 1,
            _ => self.others += 1,
        }
        Ok(())
    }

    fn problem(&mut self, _: Problem) -> Result<(), Stop> {
        self.problems += 1;
        Ok(())
    }
}

/// Seconds of processor time that this process has used, all threads together.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|field| field.parse().ok())
        .collect();
    // After the name: state is no number, so user and system time are the 11th and 12th numbers.
    fields.iter().skip(10).take(2).sum::<f64>() / 100.0
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, second, rest @ ..] = arguments.as_slice() else {
        return Err("usage: source_bench FOLDER KEY_FILE [locate] | source_bench forge DIR COUNT [decrypted]".into());
    };
    if first == "forge" {
        let keys = if rest.len() > 1 {
            WechatKeys::Decrypted
        } else {
            WechatKeys::PerFile
        };
        let plan = Plan {
            messages: rest.first().map_or(Ok(300_000), |count| count.parse())?,
            truth: false,
            wechat: WechatStyle {
                keys,
                ..WechatStyle::default()
            },
            ..Plan::default()
        };
        let forged = wechat4(&plan, Path::new(second), &mut |_| {})?;
        println!("{}\n{}", forged.root.display(), forged.key_file.display());
        return Ok(());
    }
    let keys = std::fs::read_to_string(second).unwrap_or_default();
    let options = ReadOptions {
        keys: KeyRing::from_text(&keys).unwrap_or_default(),
        locate_attachments: rest.first().is_some_and(|word| word == "locate"),
        ..ReadOptions::default()
    };
    let input = Input::open(Path::new(first))?;
    let source = SOURCES
        .iter()
        .find(|source| {
            matches!(
                source.recognize(&input),
                hutong_sources::Recognition::Yes(_)
            )
        })
        .ok_or("nobody knows this folder")?;
    let mut count = Count::default();
    let (start, processor) = (Instant::now(), processor_seconds());
    source.read(&input, &options, &mut count)?;
    let (wall, processor) = (
        start.elapsed().as_secs_f64(),
        processor_seconds() - processor,
    );
    #[expect(clippy::cast_precision_loss, reason = "counts of messages are small")]
    let messages = count.messages as f64;
    println!(
        "{}: {} messages, {} other records, {} problems; {wall:.2} s, {processor:.2} s of processor; {:.0} ns each",
        source.about().id,
        count.messages,
        count.others,
        count.problems,
        processor / messages * 1e9,
    );
    Ok(())
}
