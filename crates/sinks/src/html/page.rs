//! The frame of a page: head, navigation, foot.

use crate::paint::escape::{write_path, write_plain};
use crate::{Context, words};

/// Style of what stands around the messages.
const STYLE: &str = include_str!("page.css");

const POLICY: &str =
    "default-src 'none'; img-src 'self' data:; media-src 'self' data:; style-src 'unsafe-inline'";

/// Opens a page up to `<body>`.
pub(crate) fn open(context: &Context<'_>, title: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<!doctype html>\n<html lang=\"");
    out.extend_from_slice(context.language.tag().as_bytes());
    out.extend_from_slice(
        b"\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"",
    );
    out.extend_from_slice(POLICY.as_bytes());
    out.extend_from_slice(
        b"\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n<meta \
          name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
    );
    write_plain(title, out);
    out.extend_from_slice(b"</title>\n<style>\n");
    out.extend_from_slice(crate::paint::COLOURS.as_bytes());
    out.extend_from_slice(crate::paint::STYLE.as_bytes());
    out.extend_from_slice(STYLE.as_bytes());
    out.extend_from_slice(b"</style>\n</head>\n<body>\n");
}

/// Closes a page.
pub(crate) fn close(context: &Context<'_>, made_at: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<footer>\n<p>");
    let zone = context.zone_name();
    let times = match context.language {
        crate::Language::Zh => format!("时间按 {zone} 显示。"),
        crate::Language::En => format!("Times are shown in {zone}. "),
    };
    write_plain(&times, out);
    if let Some(made_at) = made_at {
        write_plain(context.language.pick("导出于 ", "Exported "), out);
        write_plain(made_at, out);
        write_plain(context.language.pick("。", ". "), out);
    }
    write_plain(context.language.pick("由 ", "Made by "), out);
    write_plain(context.generated_by, out);
    write_plain(
        context
            .language
            .pick(" 生成，只读，不连接网络。", "; connects to nothing."),
        out,
    );
    out.extend_from_slice(b"</p>\n</footer>\n</body>\n</html>\n");
}

/// Where a page stands among the pages of its chat.
pub(super) struct Position<'p> {
    /// File name of the chat's pages, without page number and extension.
    pub(super) stem: &'p str,
    /// Counted from 1.
    pub(super) number: u64,
    pub(super) has_next: bool,
    /// First and last day on the page.
    pub(super) span: &'p str,
    /// Anchor of the chat in the table of contents.
    pub(super) anchor: &'p str,
}

/// File name of a page.
pub(super) fn file_name(stem: &str, number: u64) -> String {
    if number == 1 {
        format!("{stem}.html")
    } else {
        format!("{stem}.p{number}.html")
    }
}

/// Earlier page, list of pages, later page.
pub(super) fn navigation(
    context: &Context<'_>,
    position: &Position<'_>,
    is_top: bool,
    out: &mut Vec<u8>,
) {
    let language = context.language;
    // Two of them on a page need two names.
    out.extend_from_slice(b"<nav aria-label=\"");
    write_plain(
        if is_top {
            language.pick("翻页", "Pages")
        } else {
            language.pick("翻页（页末）", "Pages, at the end")
        },
        out,
    );
    out.extend_from_slice(b"\">");
    if position.number > 1 {
        link(
            &file_name(position.stem, position.number - 1),
            language.pick("← 更早", "← Earlier"),
            "prev",
            out,
        );
    }
    out.extend_from_slice(b"<span class=\"g\">");
    out.extend_from_slice(b"<a href=\"../index.html#");
    out.extend_from_slice(position.anchor.as_bytes());
    out.extend_from_slice(b"\">");
    write_plain(language.pick("目录", "Contents"), out);
    out.extend_from_slice(b"</a>");
    if position.number > 1 || position.has_next {
        let page = match language {
            crate::Language::Zh => format!(" · 第 {} 页", words::grouped(position.number)),
            crate::Language::En => format!(" · Page {}", words::grouped(position.number)),
        };
        write_plain(&page, out);
        if !position.span.is_empty() {
            write_plain(" · ", out);
            write_plain(position.span, out);
        }
    }
    out.extend_from_slice(b"</span>");
    if position.has_next {
        link(
            &file_name(position.stem, position.number + 1),
            language.pick("更晚 →", "Later →"),
            "next",
            out,
        );
    }
    out.extend_from_slice(b"</nav>\n");
}

fn link(name: &str, text: &str, relation: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<a rel=\"");
    out.extend_from_slice(relation.as_bytes());
    out.extend_from_slice(b"\" href=\"");
    write_path(name, out);
    out.extend_from_slice(b"\">");
    write_plain(text, out);
    out.extend_from_slice(b"</a>");
}
