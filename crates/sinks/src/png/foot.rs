//! The foot of a picture: which of how many it is, the digest of its messages, and how to check it.

use qrcodegen::{QrCode, QrCodeEcc};

use super::canvas::{Area, Canvas};
use super::glyphs::Glyphs;
use super::strip::{BACKGROUND, SCALE, WIDTH};
use crate::Language;
use crate::typeset::content::Piece;
use crate::typeset::{Fonts, Frame, Row, Rows, Theme, Tone};

/// Height of a foot.
pub(super) const HEIGHT: usize = 236;

/// White around the foot's contents.
const MARGIN: f32 = 14.0 * SCALE;

/// What a foot says.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// SHA-256 of the lines of an export as JSON lines.
    pub(super) digest: [u8; 32],
    /// First and last of these lines, counted from one.
    pub(super) lines: (u64, u64),
    /// Number of the picture among those of its title.
    pub(super) number: u64,
}

impl Facts {
    /// What the square code says.
    pub(super) fn code(&self) -> String {
        let (first, last) = self.lines;
        format!(
            "hutong-png-1 sha256={} jsonl-lines={first}-{last}",
            hex(&self.digest)
        )
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Paints a foot; gives its pixels.
pub(super) fn paint(
    facts: &Facts,
    total: u64,
    language: Language,
    generated_by: &str,
    (fonts, glyphs, theme): (&mut Fonts, &mut Glyphs, &Theme),
) -> Vec<u8> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT, [0xff, 0xff, 0xff]);
    #[expect(clippy::cast_precision_loss, reason = "a few hundred pixels")]
    let (width, height) = (WIDTH as f32, HEIGHT as f32);
    let line = Area {
        left: 0.0,
        top: 0.0,
        right: width,
        bottom: SCALE,
    };
    canvas.fill(line, 0.0, BACKGROUND);
    let mut text_from = MARGIN;
    if let Ok(code) = QrCode::encode_text(&facts.code(), QrCodeEcc::Medium) {
        let modules = code.size();
        let side = 4.0_f32;
        #[expect(clippy::cast_precision_loss, reason = "at most 177 modules")]
        let box_side = modules as f32 * side;
        let top = (height - box_side) / 2.0;
        for y in 0..modules {
            for x in 0..modules {
                if code.get_module(x, y) {
                    #[expect(clippy::cast_precision_loss, reason = "at most 177 modules")]
                    let (left, top) = (MARGIN + x as f32 * side, top + y as f32 * side);
                    let module = Area {
                        left,
                        top,
                        right: left + side,
                        bottom: top + side,
                    };
                    canvas.fill(module, 0.0, [0, 0, 0]);
                }
            }
        }
        text_from += box_side + 10.0 * SCALE;
    }
    let mut rows: Vec<Row> = Vec::new();
    let frame = Frame::new(text_from, width - text_from - MARGIN);
    let mut key = 0;
    let mut layout = Rows {
        fonts,
        theme,
        key: &mut key,
    };
    for (words, tone) in words(facts, total, language, generated_by) {
        layout.pieces(&[Piece::new(words, tone)], &frame, &mut |row| {
            rows.push(row);
        });
    }
    let total: f32 = rows.iter().map(|row| row.height).sum();
    let mut y = ((height - total) / 2.0).max(2.0);
    for row in rows {
        for (base, run) in &row.runs {
            glyphs.draw(run, y + base, fonts, &mut canvas);
        }
        y += row.height;
    }
    canvas.pixels
}

/// The lines beside the square code.
pub(super) fn words(
    facts: &Facts,
    total: u64,
    language: Language,
    generated_by: &str,
) -> Vec<(String, Tone)> {
    let (first, last) = facts.lines;
    let number = facts.number;
    let digest = hex(&facts.digest);
    let (place, check) = match language {
        Language::Zh => (
            format!("第 {number} 张，共 {total} 张"),
            format!(
                "核对：同样的内容用 hutong export --to jsonl 导出，第 {first} 至 {last} 行（含行尾换行）的 SHA-256 就是上面的摘要"
            ),
        ),
        Language::En => (
            format!("Picture {number} of {total}"),
            format!(
                "To check: export the same with hutong export --to jsonl; the SHA-256 of lines {first} to {last} (line ends included) is the digest above"
            ),
        ),
    };
    vec![
        (format!("{place} · {generated_by}"), Tone::Label),
        (format!("SHA-256 {digest}"), Tone::Quiet),
        (check, Tone::Quiet),
    ]
}
