//! Bars over time.

use std::fmt::Write;

use super::{Caption, Figure, Table, clean, escape, open, scaled, thousands, to_f64};

const WIDTH: u32 = 720;
const HEIGHT: u32 = 220;
const LEFT: f64 = 52.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 26.0;
/// A label below the axis needs so much.
const LABEL: f64 = 58.0;

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Its height.
    pub count: u64,
    /// A part of it that is drawn in another colour.
    pub part: u64,
}

/// Bars side by side. `head` names label, count and part, for the table.
#[must_use]
pub fn bars(caption: Caption<'_>, head: [&str; 3], bars: &[Bar]) -> Figure {
    let mut svg = open(caption, WIDTH, HEIGHT, "c-bars");
    let most = round_up(bars.iter().map(|bar| bar.count).max().unwrap_or(0));
    let full = f64::from(HEIGHT) - TOP - BOTTOM;
    let ground = TOP + full;
    for step in 0..=4_u64 {
        let value = most * step / 4;
        let y = ground - scaled(value, most, full);
        let _ = write!(
            svg,
            "<path class=\"c-grid\" d=\"M{LEFT} {y:.1}H{WIDTH}\"/>\
             <text class=\"c-label\" x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            y + 4.0,
            thousands(value)
        );
    }
    let slot = (f64::from(WIDTH) - LEFT) / to_f64(bars.len().max(1) as u64);
    let gap = if slot > 6.0 { slot * 0.18 } else { 0.0 };
    let every = (LABEL / slot).ceil().max(1.0);
    let mut next_label = 0.0;
    for (index, bar) in bars.iter().enumerate() {
        let index = to_f64(index as u64);
        let (x, width) = (LEFT + index * slot + gap / 2.0, (slot - gap).max(0.3));
        let height = scaled(bar.count, most, full);
        let label = escape(&clean(&bar.label, 24));
        let count = thousands(bar.count);
        let _ = write!(
            svg,
            "<g><title>{label}: {count}</title>\
             <rect class=\"c-bar\" x=\"{x:.2}\" y=\"{:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"/>",
            ground - height
        );
        if bar.part > 0 {
            let part = scaled(bar.part.min(bar.count), most, full);
            let _ = write!(
                svg,
                "<rect class=\"c-part\" x=\"{x:.2}\" y=\"{:.2}\" width=\"{width:.2}\" height=\"{part:.2}\"/>",
                ground - part
            );
        }
        svg.push_str("</g>");
        if index >= next_label {
            next_label = index + every;
            let _ = write!(
                svg,
                "<text class=\"c-label\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                (x + width / 2.0).min(f64::from(WIDTH) - LABEL / 2.0),
                ground + 17.0
            );
        }
    }
    svg.push_str("</svg>");
    let has_part = bars.iter().any(|bar| bar.part > 0);
    let columns = if has_part { 3 } else { 2 };
    let rows = bars
        .iter()
        .map(|bar| {
            let row = [
                clean(&bar.label, 80),
                thousands(bar.count),
                thousands(bar.part),
            ];
            row.into_iter().take(columns).collect()
        })
        .collect();
    Figure {
        svg,
        table: Table {
            head: head.into_iter().take(columns).map(str::to_owned).collect(),
            rows,
        },
    }
}

/// The next number that four steps divide into round ones.
fn round_up(value: u64) -> u64 {
    let mut unit = 4_u64;
    loop {
        for factor in [1, 2, 3, 5] {
            let candidate = unit.saturating_mul(factor);
            if candidate >= value || candidate == u64::MAX {
                return candidate;
            }
        }
        unit = unit.saturating_mul(10);
    }
}
