//! Heat maps: hours of the week, and days of years.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Caption, Figure, Table, clean, escape, open, shade, thousands};
use crate::calendar::{Date, date_of, day_of};

/// Years in one calendar; more would be a page of tiny squares.
const YEARS: usize = 20;

/// Hours across, days of the week down. `days` names them, Monday first; `hour` heads the table.
#[must_use]
pub fn week_hours(
    caption: Caption<'_>,
    days: [&str; 7],
    hour: &str,
    counts: &[[u64; 24]; 7],
) -> Figure {
    const CELL: u32 = 27;
    const LEFT: u32 = 56;
    const TOP: u32 = 8;
    let mut svg = open(caption, LEFT + 24 * CELL, TOP + 7 * CELL + 24, "c-heat");
    let most = counts.iter().flatten().copied().max().unwrap_or(0);
    for ((row, hours), day) in (0_u32..).zip(counts).zip(days) {
        let y = TOP + row * CELL;
        let day = escape(&clean(day, 12));
        let _ = write!(
            svg,
            "<text class=\"c-label\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{day}</text>",
            LEFT - 7,
            y + 18
        );
        for (column, count) in (0_u32..).zip(hours) {
            let _ = write!(
                svg,
                "<rect class=\"c-h{}\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"4\">\
                 <title>{day} {column}:00 – {}</title></rect>",
                shade(*count, most),
                LEFT + column * CELL,
                CELL - 3,
                CELL - 3,
                thousands(*count)
            );
        }
    }
    for column in (0..24).step_by(3) {
        let _ = write!(
            svg,
            "<text class=\"c-label\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{column}</text>",
            LEFT + column * CELL + CELL / 2,
            TOP + 7 * CELL + 16
        );
    }
    svg.push_str("</svg>");
    let mut head = vec![hour.to_owned()];
    head.extend(days.map(str::to_owned));
    let rows = (0..24)
        .map(|column| {
            let mut row = vec![format!("{column}:00")];
            row.extend(counts.iter().map(|hours| {
                let count = hours.get(column).copied().unwrap_or(0);
                thousands(count)
            }));
            row
        })
        .collect();
    Figure {
        svg,
        table: Table { head, rows },
    }
}

/// A square for each day, a block for each year, the newest first. `head` names day and count.
#[must_use]
pub fn calendar(
    caption: Caption<'_>,
    months: [&str; 12],
    head: [&str; 2],
    days: &[(i32, u64)],
) -> Figure {
    const CELL: i32 = 13;
    const LEFT: i32 = 4;
    const BLOCK: i32 = 7 * CELL + 44;
    let mut years: BTreeMap<i32, Vec<(i32, u64)>> = BTreeMap::new();
    for (day, count) in days {
        years
            .entry(date_of(*day).year)
            .or_default()
            .push((*day, *count));
    }
    let shown: Vec<_> = years.into_iter().rev().take(YEARS).collect();
    let most = days.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let height = u32::try_from(shown.len()).unwrap_or(0) * BLOCK.unsigned_abs();
    let width = (LEFT * 2 + 54 * CELL).unsigned_abs();
    let mut svg = open(caption, width, height.max(1), "c-calendar");
    for ((year, days), top) in shown
        .iter()
        .zip((0..).step_by(BLOCK.unsigned_abs() as usize))
    {
        let counts: BTreeMap<i32, u64> = days.iter().copied().collect();
        let _ = write!(
            svg,
            "<text class=\"c-year\" x=\"{LEFT}\" y=\"{}\">{year}</text>",
            top + 14
        );
        let date = |month, day| {
            day_of(Date {
                year: *year,
                month,
                day,
            })
        };
        let first = date(1, 1);
        let column = |day: i32| (day - first + weekday(first)) / 7;
        for (month, name) in (1_u8..).zip(months) {
            let _ = write!(
                svg,
                "<text class=\"c-label\" x=\"{}\" y=\"{}\">{}</text>",
                LEFT + column(date(month, 1)) * CELL,
                top + 30,
                escape(&clean(name, 6))
            );
        }
        for day in first..=date(12, 31) {
            let count = counts.get(&day).copied().unwrap_or(0);
            let _ = write!(
                svg,
                "<rect class=\"c-h{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\">",
                shade(count, most),
                LEFT + column(day) * CELL,
                top + 36 + weekday(day) * CELL,
                CELL - 2,
                CELL - 2
            );
            if count > 0 {
                let _ = write!(svg, "<title>{}: {}</title>", date_of(day), thousands(count));
            }
            svg.push_str("</rect>");
        }
    }
    svg.push_str("</svg>");
    let rows = days
        .iter()
        .rev()
        .map(|(day, count)| vec![date_of(*day).to_string(), thousands(*count)])
        .collect();
    Figure {
        svg,
        table: Table {
            head: head.map(str::to_owned).to_vec(),
            rows,
        },
    }
}

/// Monday is 0; 1970-01-01 was a Thursday.
const fn weekday(day: i32) -> i32 {
    (day.rem_euclid(7) + 3) % 7
}
