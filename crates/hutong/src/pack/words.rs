//! The first thing that whoever gets a pack reads.

use std::fmt::Write as _;

use hutong_sinks::Language;

use super::pieces::{Cut, Sum};
use super::{PackForm, PackReport, PackRequest};

/// How large something is, as people say it.
pub(super) fn size(bytes: u64) -> String {
    hutong_sinks::words::size(bytes)
}

/// A limit, in the decimal units in which the table states it.
fn limit(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} KB", bytes / 1000),
        1_000_000.. if bytes.is_multiple_of(1_000_000) => format!("{} MB", bytes / 1_000_000),
        _ => size(bytes),
    }
}

/// The text file at the top of a pack, with the line ends that every editor shows.
pub(super) fn read_me(
    request: &PackRequest<'_>,
    report: &PackReport,
    cut: &[Cut],
    sums: &[Sum],
) -> String {
    let language = request.language;
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push_str("\r\n");
    };
    let target = &request.target;
    match language {
        Language::Zh => {
            line(format!("发给{}的聊天记录", target.name_zh));
            line(String::new());
            line(format!(
                "共 {} 条消息，{} 个会话。每个文件都不超过 {}，可以逐个发送。",
                report.messages,
                report.conversations,
                limit(target.file_bytes)
            ));
            line(target.note_zh.clone());
        }
        Language::En => {
            line(format!("Chat history for {}", target.name_en));
            line(String::new());
            line(format!(
                "{} messages in {} conversations. No file is larger than {}, so each can be sent.",
                report.messages,
                report.conversations,
                limit(target.file_bytes)
            ));
            line(target.note_en.clone());
        }
    }
    line(String::new());
    for form in &request.forms {
        let (zh, en) = match form {
            PackForm::Page => (
                "聊天记录/ 里是网页，手机和电脑点开就能看，不需要联网。",
                "chats/ holds web pages: tap one to read it, no network needed.",
            ),
            PackForm::Pictures => (
                "长图/ 里是长截图，按编号顺序看。",
                "pictures/ holds long pictures, in the order of their numbers.",
            ),
            PackForm::Pdf => ("PDF/ 里是可以打印的文档。", "pdf/ holds books to print."),
            PackForm::Files => (
                "附件/ 里是原来的文件，名称前面是发送日期。",
                "files/ holds the original files, each after the day on which it was sent.",
            ),
        };
        line(language.pick(zh, en).to_owned());
    }
    if !cut.is_empty() {
        line(String::new());
        line(
            language
                .pick(
                    "下面的文件太大，分成了几个部分。合并的办法：用浏览器打开“合并.html”，选中各部分；或者用一条命令：",
                    "These files were too large and were cut. To join one, open join.html in a browser and choose its pieces; or use one command:",
                )
                .to_owned(),
        );
        for cut in cut {
            let name = cut.whole.name.rsplit('/').next().unwrap_or_default();
            let pieces: Vec<_> = cut
                .pieces
                .iter()
                .map(|piece| format!("\"{}\"", piece.name.rsplit('/').next().unwrap_or_default()))
                .collect();
            // A shell finds nothing to run between single quotes.
            let quoted = format!("'{}'", name.replace('\'', "'\\''"));
            line(String::new());
            line(format!(
                "  {name}  {}  SHA-256 {}",
                size(cut.whole.bytes),
                cut.whole.sha256
            ));
            line(format!(
                "    Windows: copy /b {} \"{name}\"",
                pieces.join("+")
            ));
            line(format!("    macOS, Linux: cat {quoted}.[0-9]* > {quoted}"));
        }
    }
    if !report.losses.is_empty() || report.attachments_missing > 0 {
        line(String::new());
        line(
            language
                .pick("这里没有、或不完整的：", "Not here, or not whole:")
                .to_owned(),
        );
        if report.attachments_missing > 0 {
            line(match language {
                Language::Zh => {
                    format!("  {} 个附件原来就没有保存下来", report.attachments_missing)
                }
                Language::En => format!(
                    "  {} attachments were not in the archive",
                    report.attachments_missing
                ),
            });
        }
        for loss in &report.losses {
            let mut text = String::new();
            let _ = write!(
                text,
                "  {}: {} ({}) {}",
                loss.form.folder(language),
                loss.feature.name(language),
                loss.messages,
                loss.treatment.remark(language)
            );
            line(text);
        }
    }
    line(String::new());
    line(
        language
            .pick(
                "核对：SHA256SUMS.txt 里是每个文件的 SHA-256（sha256sum -c SHA256SUMS.txt）。文件：",
                "To check: SHA256SUMS.txt has the SHA-256 of each file (sha256sum -c SHA256SUMS.txt). Files:",
            )
            .to_owned(),
    );
    for file in sums {
        line(format!("  {}  {}", file.name, size(file.bytes)));
    }
    out
}
