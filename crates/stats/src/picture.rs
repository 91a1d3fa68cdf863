//! A year as one picture: an SVG that needs nothing else.
//!
//! Colours are attributes, not a style sheet, so that every program that shows SVG shows it alike, and no font, picture
//! or address from elsewhere is named.

use std::fmt::Write;

use crate::calendar::date_of;
use crate::chart::{clean, escape, thousands, width_em};
use crate::review::{YearReview, duration, months};
use crate::statistics::Language;

const WIDTH: f64 = 1080.0;
const MARGIN: f64 = 80.0;
const INNER: f64 = WIDTH - 2.0 * MARGIN;

const PAPER: &str = "#f4f1ea";
const INK: &str = "#24221e";
const SOFT: &str = "#665f55";
const GREEN: &str = "#356047";
const PALE: &str = "#cfdcd0";
const LINE: &str = "#e2dccf";
const WARM: &str = "#9c4714";

/// Fonts by the names that systems give theirs.
const FONTS: &str = "system-ui, 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";

/// Draws the year. With `hide_names` people and groups keep only the first character of their names.
#[must_use]
pub fn picture(review: &YearReview, language: Language, hide_names: bool) -> String {
    let mut drawing = Drawing {
        body: String::new(),
        y: 150.0,
    };
    drawing.head(review, language, hide_names);
    drawing.numbers(review, language);
    drawing.months(review, language);
    drawing.names(review, language, hide_names);
    drawing.words(review, language);
    drawing.moments(review, language);
    let height = drawing.y + 90.0;
    let title = escape(&title(review, language, hide_names));
    let fonts = escape(FONTS);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
         height=\"{height:.0}\" role=\"img\" aria-label=\"{title}\" font-family=\"{fonts}\"><title>{title}</title>\
         <rect width=\"{WIDTH}\" height=\"{height:.0}\" fill=\"{PAPER}\"/>"
    );
    svg.push_str(&drawing.body);
    let _ = write!(
        svg,
        "<text x=\"{:.0}\" y=\"{:.0}\" font-size=\"24\" fill=\"{SOFT}\" text-anchor=\"middle\">{}</text></svg>",
        WIDTH / 2.0,
        height - 40.0,
        language.pick(
            "互通 · 数字只在本机算出",
            "Hutong · counted on this machine only"
        )
    );
    svg
}

fn title(review: &YearReview, language: Language, hide_names: bool) -> String {
    if !hide_names || review.chat.is_none() {
        return review.title(language);
    }
    let hidden = YearReview {
        chat: review.chat.as_deref().map(masked),
        ..review.clone()
    };
    hidden.title(language)
}

/// The first character of a name and nothing else of it.
fn masked(name: &str) -> String {
    let mut masked = clean(name, 1).replace('…', "");
    masked.push_str("＊＊");
    masked
}

struct Drawing {
    body: String,
    y: f64,
}

impl Drawing {
    fn text(&mut self, x: f64, size: f64, colour: &str, anchor: &str, text: &str) {
        let _ = write!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"{size:.1}\" fill=\"{colour}\" text-anchor=\"{anchor}\">{}</text>",
            self.y,
            escape(text)
        );
    }

    fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str) {
        let _ = write!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"4\" fill=\"{colour}\"/>"
        );
    }

    fn heading(&mut self, text: &str) {
        self.y += 40.0;
        self.rect((MARGIN, self.y), (INNER, 2.0), LINE);
        self.y += 60.0;
        self.text(MARGIN, 32.0, GREEN, "start", text);
        self.y += 24.0;
    }

    fn head(&mut self, review: &YearReview, language: Language, hide_names: bool) {
        let title = title(review, language, hide_names);
        let size = (INNER / width_em(&title).max(1.0)).min(76.0);
        self.text(MARGIN, size, INK, "start", &title);
        self.y += 130.0;
        let it = &review.statistics;
        self.text(MARGIN, 120.0, GREEN, "start", &thousands(it.messages));
        self.y += 50.0;
        self.text(
            MARGIN,
            34.0,
            SOFT,
            "start",
            language.pick("条消息", "messages"),
        );
        self.y += 20.0;
    }

    fn numbers(&mut self, review: &YearReview, language: Language) {
        let it = &review.statistics;
        let numbers = [
            (it.sent, language.pick("发出", "sent")),
            (it.received, language.pick("收到", "received")),
            (it.active_days(), language.pick("天", "days")),
            (it.characters, language.pick("个字", "characters")),
        ];
        self.y += 70.0;
        for (number, column) in numbers.iter().zip(0_u8..) {
            let x = MARGIN + f64::from(column) * INNER / 4.0;
            self.text(x, 46.0, INK, "start", &thousands(number.0));
        }
        self.y += 42.0;
        for (number, column) in numbers.iter().zip(0_u8..) {
            let x = MARGIN + f64::from(column) * INNER / 4.0;
            self.text(x, 28.0, SOFT, "start", number.1);
        }
    }

    fn months(&mut self, review: &YearReview, language: Language) {
        let it = &review.statistics;
        let most = it.months.iter().map(|(_, count, _)| *count).max();
        let Some(most) = most.filter(|most| *most > 0) else {
            return;
        };
        self.heading(language.pick("十二个月", "Twelve months"));
        let (full, slot) = (200.0, INNER / 12.0);
        let ground = self.y + full + 20.0;
        self.y = ground + 38.0;
        for (month, name) in (1_u8..).zip(months(language)) {
            let count = it
                .months
                .iter()
                .find(|((_, it), _, _)| *it == month)
                .map_or(0, |(_, count, _)| *count);
            let x = MARGIN + f64::from(month - 1) * slot;
            let height = crate::chart::share(count, most) * full;
            let colour = if count == most { WARM } else { GREEN };
            self.rect(
                (x + 10.0, ground - height),
                (slot - 20.0, height.max(2.0)),
                colour,
            );
            self.text(x + slot / 2.0, 22.0, SOFT, "middle", name);
        }
    }

    fn names(&mut self, review: &YearReview, language: Language, hide_names: bool) {
        let lists = [
            (
                language.pick("聊得最多的人", "People you talked with most"),
                &review.people,
            ),
            (language.pick("谁说得多", "Who wrote most"), &review.senders),
            (
                language.pick("最热闹的群", "Busiest groups"),
                &review.groups,
            ),
        ];
        for (heading, rows) in lists {
            let Some(most) = rows.first().map(|row| row.count) else {
                continue;
            };
            self.heading(heading);
            for row in rows.iter().take(5) {
                self.y += 52.0;
                let name = if hide_names {
                    masked(&row.name)
                } else {
                    clean(&row.name, 14)
                };
                let width = crate::chart::share(row.count, most) * (INNER - 460.0);
                self.rect(
                    (MARGIN + 330.0, self.y - 26.0),
                    (width.max(4.0), 30.0),
                    PALE,
                );
                self.text(MARGIN, 30.0, INK, "start", &name);
                self.text(
                    MARGIN + 330.0 + width + 16.0,
                    26.0,
                    SOFT,
                    "start",
                    &thousands(row.count),
                );
            }
        }
    }

    fn words(&mut self, review: &YearReview, language: Language) {
        let it = &review.statistics;
        let words: Vec<String> = it
            .words
            .iter()
            .flatten()
            .take(12)
            .map(|(word, _)| clean(word, 12))
            .collect();
        if words.is_empty() {
            return;
        }
        self.heading(language.pick("年度词语", "Words of the year"));
        self.y += 60.0;
        let mut x = MARGIN;
        for (index, word) in words.iter().enumerate() {
            let size = if index < 3 { 56.0 } else { 38.0 };
            let width = width_em(word) * size + 34.0;
            if x + width > MARGIN + INNER {
                x = MARGIN;
                self.y += 66.0;
            }
            let colour = [GREEN, INK, WARM].get(index % 3).copied().unwrap_or(INK);
            self.text(x, size, colour, "start", word);
            x += width;
        }
        let emoji: Vec<String> = it
            .emoji
            .iter()
            .take(8)
            .map(|(emoji, _)| clean(emoji, 12))
            .collect();
        if !emoji.is_empty() {
            self.y += 76.0;
            self.text(MARGIN, 48.0, INK, "start", &emoji.join("  "));
        }
    }

    fn moments(&mut self, review: &YearReview, language: Language) {
        let it = &review.statistics;
        let mut moments = Vec::new();
        if let Some((day, count)) = it.busiest_day {
            let label = language.pick("最忙的一天", "Busiest day");
            moments.push((label, format!("{} · {}", date_of(day), thousands(count))));
        }
        if let Some(streak) = it.longest_streak {
            let label = language.pick("最长连续", "Longest streak");
            let days = language.pick("天", "days");
            moments.push((label, format!("{} {days}", thousands(streak.days.into()))));
        }
        if it.late_nights > 0 {
            let label = language.pick("深夜", "Late nights");
            moments.push((label, thousands(it.late_nights)));
        }
        if let Some(reply) = it.owner_replies {
            let label = language.pick("回复（中位）", "Your replies (median)");
            moments.push((label, duration(reply.median.into(), language)));
        }
        if it.calls.duration_ms > 0 {
            let label = language.pick("通话", "Calls");
            moments.push((label, duration(it.calls.duration_ms / 1000, language)));
        }
        if review.new_chat_count > 0 {
            let label = language.pick("新的会话", "New chats");
            moments.push((label, thousands(review.new_chat_count)));
        }
        if moments.is_empty() {
            return;
        }
        self.heading(language.pick("还有", "And also"));
        for (label, value) in moments {
            self.y += 50.0;
            self.text(MARGIN, 30.0, SOFT, "start", label);
            self.text(MARGIN + INNER, 30.0, INK, "end", &value);
        }
    }
}
