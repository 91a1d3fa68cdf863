//! A chart with its numbers on a page.

use hutong::stats::Language;
use hutong::stats::chart::{Figure, Table};
use maud::{Markup, PreEscaped, html};

use crate::visitor::Visitor;

/// Rows of a table on a page; a calendar of many years has thousands, which the command line gives in full.
const ROWS: usize = 400;

/// The visitor's language, for texts made by the statistics.
pub(crate) const fn stats_language(visitor: &Visitor) -> Language {
    match visitor.language {
        hutong::sinks::Language::Zh => Language::Chinese,
        hutong::sinks::Language::En => Language::English,
    }
}

/// A chart with its numbers folded below.
pub(crate) fn figure(figure: &Figure, title: &str, visitor: &Visitor) -> Markup {
    html! {
        figure.chart-box {
            // Wide drawings are scrolled on narrow screens, so the keyboard must reach them.
            div.scroll tabindex="0" role="group" aria-label=(title) { (PreEscaped(&figure.svg)) }
            details.numbers {
                summary { (visitor.pick("数字", "Numbers")) }
                (table(&figure.table, title, visitor))
            }
        }
    }
}

/// A table; the first cell of a row is its heading.
pub(crate) fn table(table: &Table, title: &str, visitor: &Visitor) -> Markup {
    let left_out = table.rows.len().saturating_sub(ROWS);
    html! {
        div.scroll tabindex="0" role="group" aria-label=(title) {
            table.numbers {
                caption { (title) }
                thead { tr { @for cell in &table.head { th scope="col" { (cell) } } } }
                tbody {
                    @for row in table.rows.iter().take(ROWS) {
                        tr {
                            @for (index, cell) in row.iter().enumerate() {
                                @if index == 0 { th scope="row" { bdi { (cell) } } } @else { td { bdi { (cell) } } }
                            }
                        }
                    }
                }
            }
        }
        @if left_out > 0 {
            p.soft {
                (visitor.pick("其余的请用命令 hutong --json stats 取得。", "The rest is given by the command hutong --json stats."))
            }
        }
    }
}
