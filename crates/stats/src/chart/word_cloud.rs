//! Words in sizes by how often they occur, in lines.

use std::fmt::Write;

use super::{Caption, Figure, Table, clean, escape, open, thousands, to_f64, width_em};

const WIDTH: f64 = 720.0;
const LARGEST: f64 = 46.0;
const SMALLEST: f64 = 14.0;

/// A word with its size, colour and count.
type Placed = (String, f64, usize, u64);

/// A line of words with its width and height.
#[derive(Default)]
struct Line {
    width: f64,
    height: f64,
    words: Vec<Placed>,
}

/// The first `shown` words drawn, the table has all. `head` names the columns.
#[must_use]
pub fn word_cloud(
    caption: Caption<'_>,
    head: [&str; 2],
    words: &[(String, u64)],
    shown: usize,
) -> Figure {
    let drawn = words.get(..shown.min(words.len())).unwrap_or_default();
    let most = drawn.first().map_or(1, |(_, count)| (*count).max(1));
    let least = drawn.last().map_or(1, |(_, count)| (*count).max(1));
    let span = (to_f64(most).ln() - to_f64(least).ln()).max(0.001);
    let mut lines: Vec<Line> = Vec::new();
    for (index, (word, count)) in drawn.iter().enumerate() {
        let share = (to_f64((*count).max(1)).ln() - to_f64(least).ln()) / span;
        let size = SMALLEST + share.clamp(0.0, 1.0) * (LARGEST - SMALLEST);
        let word = clean(word, 16);
        let width = width_em(&word) * size + 16.0;
        let fits = lines.last().is_some_and(|line| line.width + width <= WIDTH);
        if !fits {
            lines.push(Line::default());
        }
        if let Some(line) = lines.last_mut() {
            line.width += width;
            line.height = line.height.max(size * 1.3);
            line.words.push((word, size, index % 5, *count));
        }
    }
    let height: f64 = lines.iter().map(|line| line.height).sum::<f64>() + 12.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a hundred words of at most 60 pixels"
    )]
    let mut svg = open(caption, 720, height.ceil() as u32, "c-words");
    let mut top = 6.0;
    for line in lines {
        let mut x = (WIDTH - line.width) / 2.0 + 8.0;
        for (word, size, colour, count) in line.words {
            let _ = write!(
                svg,
                "<text class=\"c-w{colour}\" x=\"{x:.1}\" y=\"{:.1}\" font-size=\"{size:.1}\">{}<title>{}</title></text>",
                top + line.height * 0.75,
                escape(&word),
                thousands(count)
            );
            x += width_em(&word) * size + 16.0;
        }
        top += line.height;
    }
    svg.push_str("</svg>");
    Figure {
        svg,
        table: Table {
            head: head.map(str::to_owned).to_vec(),
            rows: words
                .iter()
                .map(|(word, count)| vec![clean(word, 80), thousands(*count)])
                .collect(),
        },
    }
}
