//! Names with bars, the longest first.

use std::fmt::Write;

use super::{Caption, Figure, Table, clean, escape, open, scaled, thousands};

const WIDTH: u32 = 720;
const ROW: u32 = 30;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 90.0;

/// A name and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankedRow {
    /// The name.
    pub name: String,
    /// How much.
    pub count: u64,
}

/// The first `shown` rows as bars; the table has all. `head` names the columns.
#[must_use]
pub fn ranked(caption: Caption<'_>, head: [&str; 2], rows: &[RankedRow], shown: usize) -> Figure {
    let drawn = rows.get(..shown.min(rows.len())).unwrap_or_default();
    let height = u32::try_from(drawn.len()).unwrap_or(0).max(1) * ROW;
    let mut svg = open(caption, WIDTH, height, "c-ranked");
    let most = drawn.iter().map(|row| row.count).max().unwrap_or(0);
    for (row, top) in drawn.iter().zip((0..).step_by(ROW as usize)) {
        let width = scaled(row.count, most, f64::from(WIDTH) - LEFT - RIGHT);
        let _ = write!(
            svg,
            "<text class=\"c-name\" x=\"{:.0}\" y=\"{}\" text-anchor=\"end\" unicode-bidi=\"isolate\">{}</text>\
             <rect class=\"c-bar\" x=\"{LEFT}\" y=\"{}\" width=\"{width:.2}\" height=\"{}\" rx=\"3\"/>\
             <text class=\"c-label\" x=\"{:.2}\" y=\"{}\">{}</text>",
            LEFT - 10.0,
            top + 20,
            escape(&short(&row.name)),
            top + 5,
            ROW - 10,
            LEFT + width + 8.0,
            top + 20,
            thousands(row.count)
        );
    }
    svg.push_str("</svg>");
    Figure {
        svg,
        table: Table {
            head: head.map(str::to_owned).to_vec(),
            rows: rows
                .iter()
                .map(|row| vec![clean(&row.name, 80), thousands(row.count)])
                .collect(),
        },
    }
}

/// As much of a name as fits beside the bars.
fn short(name: &str) -> String {
    (1..=24)
        .rev()
        .map(|limit| clean(name, limit))
        .find(|name| super::width_em(name) <= 11.5)
        .unwrap_or_default()
}
