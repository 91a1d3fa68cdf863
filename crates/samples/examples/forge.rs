//! Forges a data set: `forge -- KIND --messages N --out DIR [--seed S] [--piece first|last]
//! [--wal N] [--no-truth] [--no-files] [--keys account|per-file|decrypted] [--mobile|--ios] [--pictures PER_MILLE]
//! [--picture-kb N]`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to its user"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use hutong_samples::{ForgeError, Forged, Piece, Plan, QqPlatform, WechatKeys};

/// What can be forged, by its word on the command line.
const FORGES: &[(&str, Forge)] = &[
    ("wechat4", hutong_samples::wechat4),
    ("wechat3", hutong_samples::wechat3),
    ("wechat-mac3", hutong_samples::wechat_mac3),
    ("wechat-android", hutong_samples::wechat_android),
    ("wechat-ios", |plan, out, progress| {
        hutong_samples::wechat_ios(plan, out, progress).map(|copies| copies.forged)
    }),
    ("wechat-backup", hutong_samples::wechat_backup),
    ("qq", hutong_samples::qq_nt),
    ("qq-android", hutong_samples::qq_android),
    ("qq-ios", hutong_samples::qq_ios),
    ("qq-pc", hutong_samples::qq_pc),
    ("chatlab", hutong_samples::chatlab),
    ("qq_txt", hutong_samples::qq_txt),
    ("qq_mht", hutong_samples::qq_mht),
    ("tool-exports", hutong_samples::tool_exports),
    ("qce", hutong_samples::qce),
    ("onebot", hutong_samples::onebot),
    ("qce_chunked", hutong_samples::qce_chunked),
];

type Forge = fn(&Plan, &Path, &mut dyn FnMut(u64)) -> Result<Forged, ForgeError>;

const USAGE: &str = "forge KIND --messages N --out DIR [--seed S] [--piece first|last] [--wal N] \
                     [--no-truth] [--no-files] [--keys account|per-file|decrypted] [--mobile|--ios] \
                     [--pictures PER_MILLE] [--picture-kb N]";

struct Order {
    forge: Forge,
    plan: Plan,
    out: PathBuf,
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Order> {
    let kind = words.next()?;
    let (_, forge) = FORGES.iter().find(|(name, _)| *name == kind)?;
    let mut order = Order {
        forge: *forge,
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
            "--pictures" => order.plan.export.pictures_per_mille = words.next()?.parse().ok()?,
            "--picture-kb" => {
                order.plan.export.picture_kilobytes = Some(words.next()?.parse().ok()?);
            }
            "--ios" => order.plan.qq.platform = QqPlatform::Ios,
            "--no-truth" => order.plan.truth = false,
            "--no-files" => order.plan.attachments = false,
            _ => return None,
        }
    }
    (!order.out.as_os_str().is_empty()).then_some(order)
}

fn main() -> ExitCode {
    let Some(order) = parse(std::env::args().skip(1)) else {
        let kinds: Vec<&str> = FORGES.iter().map(|(name, _)| *name).collect();
        eprintln!("usage: {USAGE}\nKIND: {}", kinds.join(", "));
        return ExitCode::from(2);
    };
    let begin = Instant::now();
    let mut progress = |messages: u64| eprint!("\r{messages} messages");
    let made = (order.forge)(&order.plan, &order.out, &mut progress);
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
