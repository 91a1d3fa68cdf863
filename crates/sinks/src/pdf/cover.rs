//! What stands before the chats: title, times, who made it, and what is inside.

use super::book::{BOTTOM, Book, MARGIN, PAGE, WIDTH};
use super::volume::{Page, Volume};
use crate::typeset::content::Piece;
use crate::typeset::{Frame, Row, Tone};
use crate::{Language, words};

/// Height of a line in the table of contents.
const CONTENTS_LINE: f32 = 17.0;

impl Book<'_> {
    /// The pages before the first chat.
    pub(super) fn front_matter(
        &mut self,
        volume: &Volume,
        number: u64,
        pages_before: usize,
    ) -> Vec<Page> {
        let context = self.context();
        let language = context.language;
        let frame = Frame::new(MARGIN.0, WIDTH);
        let mut pages = vec![Page::default()];
        let mut y = PAGE.1 * 0.2;
        let put = |rows: Vec<Row>, y: &mut f32, pages: &mut Vec<Page>| {
            for row in rows {
                if *y + row.height > BOTTOM {
                    pages.push(Page::default());
                    *y = MARGIN.1;
                }
                let height = row.height;
                if let Some(page) = pages.last_mut() {
                    page.rows.push((*y, row));
                }
                *y += height;
            }
        };
        let title: String = self.title_of(volume).chars().take(300).collect();
        put(
            self.rows(&[Piece::new(title, Tone::Heading(1))], &frame),
            &mut y,
            &mut pages,
        );
        y += 18.0;
        let mut facts: Vec<(&str, String)> = Vec::new();
        if number > 1 || volume.pages.len() >= super::book::MAX_PAGES_SHOWN {
            facts.push((language.pick("卷", "Volume"), number.to_string()));
        }
        if let Some(span) = self.span(volume) {
            facts.push((language.pick("时间", "Time"), span));
        }
        facts.push((language.pick("时区", "Time zone"), context.zone_name()));
        let count = words::messages(language, volume.messages);
        let chats = words::grouped(volume.chats.len() as u64);
        let inside = match language {
            Language::Zh => format!("{chats} 个会话，{count}"),
            Language::En if volume.chats.len() == 1 => format!("1 chat, {count}"),
            Language::En => format!("{chats} chats, {count}"),
        };
        facts.push((language.pick("内容", "Contents"), inside));
        let mut maker = context.generated_by.to_owned();
        if let Some(at) = context.generated_at {
            let mut time = Vec::new();
            crate::clock::Clock::new(&context.zone)
                .local(at)
                .write(hutong_model::Precision::Second, &mut time);
            maker.push_str("  ");
            maker.extend(time.into_iter().map(char::from));
        }
        facts.push((language.pick("生成", "Made by"), maker));
        if self.fonts.missing > 0 {
            let count = words::grouped(std::mem::take(&mut self.fonts.missing));
            facts.push((language.pick("字体", "Fonts"), match language {
                Language::Zh => format!("有 {count} 个字符没有字体可以显示，以编码（如 U+12000）代替；复制出来仍是原字符"),
                Language::En => format!("no font here shows {count} of the characters; they stand as code points such as U+12000 and are copied as themselves"),
            }));
        }
        for (label, fact) in facts {
            let pieces = [
                Piece::new(format!("{label}  "), Tone::Label),
                Piece::new(fact, Tone::Quiet),
            ];
            put(self.rows(&pieces, &frame), &mut y, &mut pages);
            y += 2.0;
        }
        if volume.chats.len() > 1 {
            self.contents(volume, pages_before, y + 24.0, &mut pages);
        }
        pages
    }

    /// The chats with their pages.
    fn contents(&mut self, volume: &Volume, pages_before: usize, top: f32, pages: &mut Vec<Page>) {
        let quiet = self.theme.look(Tone::Quiet);
        let body = self.theme.look(Tone::Body);
        let mut y = top;
        // How many pages the contents take must be known before a number can be written.
        let room = |y: f32| {
            (0_u16..)
                .map(f32::from)
                .take_while(|line| y + (line + 1.0) * CONTENTS_LINE <= BOTTOM)
                .count()
        };
        let (first, later) = (room(y), room(MARGIN.1).max(1));
        let front = 1 + volume.chats.len().saturating_sub(first).div_ceil(later);
        for (title, page) in &volume.chats {
            if y + CONTENTS_LINE > BOTTOM {
                pages.push(Page::default());
                y = MARGIN.1;
            }
            let number = (pages_before + front + page + 1).to_string();
            let number = self.fonts.line(&number, &quiet);
            let x = MARGIN.0 + WIDTH - number.width;
            let mut row = Row::of_line(number, x, 0.0, 1.5, &[]);
            let title = self.fonts.clipped(title, &body, WIDTH - 60.0);
            let title = Row::of_line(title, MARGIN.0, 0.0, 1.5, &[]);
            row.runs.splice(0..0, title.runs);
            // Both stand on one line.
            let base = row.runs.iter().map(|(base, _)| *base).fold(0.0, f32::max);
            row.runs.iter_mut().for_each(|(at, _)| *at = base);
            row.height = CONTENTS_LINE;
            row.leads_to = Some(*page);
            if let Some(page) = pages.last_mut() {
                page.rows.push((y, row));
            }
            y += CONTENTS_LINE;
        }
    }
}
