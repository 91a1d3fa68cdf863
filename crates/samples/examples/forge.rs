//! Forges a data set: `forge -- wechat4|qq --messages N --out DIR [--seed S] [--piece first|last]
//! [--wal N] [--no-truth] [--no-files] [--keys account|per-file|decrypted] [--mobile]`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to its user"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use hutong_samples::{Piece, Plan, QqPlatform, WechatKeys, qq_nt, wechat4};

const USAGE: &str = "forge wechat4|qq --messages N --out DIR [--seed S] [--piece first|last] [--wal N] \
                     [--no-truth] [--no-files] [--keys account|per-file|decrypted] [--mobile]";

struct Order {
    is_qq: bool,
    plan: Plan,
    out: PathBuf,
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Order> {
    let is_qq = match words.next()?.as_str() {
        "wechat4" => false,
        "qq" => true,
        _ => return None,
    };
    let mut order = Order {
        is_qq,
        plan: Plan::default(),
        out: PathBuf::new(),
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--messages" => order.plan.messages = words.next()?.replace('_', "").parse().ok()?,
            "--out" => order.out = words.next()?.into(),
            "--seed" => order.plan.seed = words.next()?.parse().ok()?,
            "--wal" => order.plan.wal_rows = words.next()?.parse().ok()?,
            "--piece" => {
                order.plan.piece = match words.next()?.as_str() {
                    "first" => Piece::First,
                    "last" => Piece::Last,
                    _ => Piece::Whole,
                }
            }
            "--keys" => {
                order.plan.wechat.keys = match words.next()?.as_str() {
                    "per-file" => WechatKeys::PerFile,
                    "decrypted" => WechatKeys::Decrypted,
                    _ => WechatKeys::Account,
                }
            }
            "--mobile" => order.plan.qq.platform = QqPlatform::Mobile,
            "--no-truth" => order.plan.truth = false,
            "--no-files" => order.plan.attachments = false,
            _ => return None,
        }
    }
    (!order.out.as_os_str().is_empty()).then_some(order)
}

fn main() -> ExitCode {
    let Some(order) = parse(std::env::args().skip(1)) else {
        eprintln!("usage: {USAGE}");
        return ExitCode::from(2);
    };
    let begin = Instant::now();
    let mut progress = |messages: u64| eprint!("\r{messages} messages");
    let made = if order.is_qq { qq_nt } else { wechat4 }(&order.plan, &order.out, &mut progress);
    eprintln!();
    match made {
        Ok(forged) => {
            let seconds = begin.elapsed().as_secs_f64();
            println!("account   {}", forged.root.display());
            println!("key file  {}", forged.key_file.display());
            println!(
                "messages  {} ({} rows, {} of them in the log, {} files)",
                forged.messages, forged.rows, forged.wal_rows, forged.files
            );
            println!(
                "rate      {:.0} rows/s ({seconds:.1} s)",
                forged.rows as f64 / seconds
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}: {:?}", std::error::Error::source(&error));
            ExitCode::FAILURE
        }
    }
}
