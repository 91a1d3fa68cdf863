//! The pages of one chat: its own, one for each month, and tables of its sessions.

use std::io::Read;

use hutong_model::{Conversation, Timestamp};
use rustc_hash::FxHashMap;

use super::people::Register;
use super::rhythm::Rhythm;
use super::session::Session;
use super::title::Known;
use super::vault::{Places, Properties, link, plain, tag};
use crate::output::{FileTarget, FolderTarget};
use crate::{Context, WriteError, words};

/// A month with more text goes on on another page: programs for notes are slow with large ones.
const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// With more sessions, the table of a chat's sessions is cut into pages by year.
const MAX_ROWS: u64 = 1500;

/// Staged table of sessions, which is not part of the vault.
const ROWS: &str = ".rows";

/// A chat while its messages come.
pub(super) struct Chat {
    pub(super) index: usize,
    pub(super) title: String,
    /// Name of its folder and page.
    pub(super) file: String,
    platform: String,
    kind: &'static str,
    native_id: String,
    pub(super) rhythm: Rhythm,
    pub(super) session: Option<Session>,
    month: Option<Month>,
    months: Vec<MonthEntry>,
    rows: Option<FileTarget>,
    /// Rows by year, in order.
    years: Vec<(i64, u64)>,
    sessions: u64,
    pub(super) messages: u64,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    first_date: String,
    last_date: String,
}

/// The page of a month as it grows.
struct Month {
    label: String,
    file: String,
    body: String,
    rows: String,
    messages: u64,
    sessions: u64,
    people: FxHashMap<usize, u64>,
    first_date: String,
    last_date: String,
}

/// A finished page of a month.
struct MonthEntry {
    label: String,
    file: String,
    messages: u64,
    sessions: u64,
}

/// What pages are written with.
pub(super) struct Desk<'d, 'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) folder: &'d FolderTarget,
    pub(super) people: &'d Register,
    pub(super) known: &'d mut Known,
    pub(super) places: &'d Places,
    /// Files and bytes written.
    pub(super) files: &'d mut u64,
    pub(super) bytes: &'d mut u64,
}

impl Desk<'_, '_> {
    fn write(&mut self, path: &str, text: &[&str]) -> Result<(), WriteError> {
        let mut file = self.folder.file(path)?;
        for text in text {
            file.buffer.extend_from_slice(text.as_bytes());
        }
        *self.bytes += file.finish()?;
        *self.files += 1;
        Ok(())
    }

    /// The wiki link of a person, for properties.
    fn person(&self, person: usize) -> String {
        let file = self
            .people
            .people
            .get(person)
            .map_or("", |person| &person.file);
        format!("[[{}/{file}]]", self.places.people)
    }

    fn name(&self, person: usize) -> String {
        self.people
            .people
            .get(person)
            .map_or_else(String::new, |person| person.name.clone())
    }
}

impl Chat {
    pub(super) fn new(
        index: usize,
        file: String,
        title: &str,
        conversation: &Conversation,
        context: &Context<'_>,
    ) -> Self {
        let platform = conversation.platform.as_ref();
        Self {
            index,
            title: title.to_owned(),
            file,
            platform: platform
                .map(|platform| words::platform(context.language, platform).to_owned())
                .unwrap_or_default(),
            kind: words::conversation(context.language, conversation.kind),
            native_id: conversation.native_id.clone(),
            rhythm: Rhythm::default(),
            session: None,
            month: None,
            months: Vec::new(),
            rows: None,
            years: Vec::new(),
            sessions: 0,
            messages: 0,
            first: None,
            last: None,
            first_date: String::new(),
            last_date: String::new(),
        }
    }

    /// Folder of its pages, seen from the root.
    pub(super) fn folder(&self, places: &Places) -> String {
        format!("{}/{}", places.chats, self.file)
    }

    /// The number of the next session.
    pub(super) const fn next_session(&self) -> u64 {
        self.sessions + 1
    }

    /// Takes a session that has ended into the page of its month. Gives it back with what lists want to know: where it is.
    pub(super) fn end_session(
        &mut self,
        desk: &mut Desk<'_, '_>,
    ) -> Result<Option<(Session, String, String)>, WriteError> {
        let Some(session) = self.session.take() else {
            return Ok(None);
        };
        let language = desk.context.language;
        let date = session.first.to_date();
        let label = date
            .rsplit_once('-')
            .map_or(date.as_str(), |(month, _)| month)
            .to_owned();
        let is_full = self.month.as_ref().is_some_and(|month| {
            month.label != label || month.body.len() + session.body.len() > MAX_PAGE_BYTES
        });
        if is_full {
            self.end_month(Some(&label), desk)?;
        }
        if self.month.is_none() {
            self.month = Some(Month::new(&label, self.page_name(&label), &date));
        }
        self.sessions = session.number;
        self.messages += session.messages;
        let topic = session.topic(desk.known, language);
        desk.known.note(&session.counts);
        let who = session.who(&|person| desk.name(person), language);
        let (start, end) = (clock_time(session.first), clock_time(session.last));
        let end = if session.first.day == session.last.day {
            end
        } else {
            format!("{} {end}", session.last.to_date())
        };
        let span = if start == end {
            start.clone()
        } else {
            format!("{start}–{end}")
        };
        let Some(month) = &mut self.month else {
            return Ok(None);
        };
        let anchor = format!("^s{}", session.number);

        let body = &mut month.body;
        body.push_str(&format!("<a id=\"{anchor}\"></a>\n\n## {date} {start} "));
        plain(&topic, body);
        if !who.is_empty() {
            body.push_str(language.pick("（", " ("));
            plain(&who, body);
            body.push_str(language.pick("）", ")"));
        }
        body.push_str(&format!(
            "\n\n{span} · {} ",
            words::messages(language, session.messages)
        ));
        for (person, count) in session.speakers().into_iter().take(12) {
            if let Some(person) = desk.people.people.get(person) {
                body.push_str("· ");
                link(
                    &person.name,
                    &format!("../../{}/{}.md", desk.places.people, person.file),
                    body,
                );
                body.push_str(&format!(" {count} "));
            }
        }
        body.push_str(&format!("{anchor}\n\n"));
        session.callout(language, "../../", body);
        body.push_str(session.body.trim_end());
        body.push_str("\n\n");

        let mut row = format!("| {date} {span} | ");
        let mut topic_plain = String::new();
        plain(&topic, &mut topic_plain);
        let mut rest = " | ".to_owned();
        plain(&who, &mut rest);
        rest.push_str(&format!(
            " | {} | {} |\n",
            words::grouped(session.messages),
            points(&session, language)
        ));
        row.push_str(&format!("[{topic_plain}](<#{anchor}>){rest}"));
        month.rows.push_str(&row);
        month.messages += session.messages;
        month.sessions += 1;
        for (person, count) in session.speakers() {
            *month.people.entry(person).or_default() += count;
        }
        month.last_date = session.last.to_date();
        if self.first_date.is_empty() {
            self.first_date.clone_from(&date);
        }
        self.last_date.clone_from(&month.last_date);

        let place = format!("{}.md#{anchor}", month.file);
        self.add_row(
            &format!("| {date} {span} | [{topic_plain}](<{place}>){rest}"),
            session.first.date().0,
            desk,
        )?;
        let place = format!("{}/{place}", self.folder(desk.places));
        Ok(Some((session, topic, place)))
    }

    /// One more row of the table of all sessions, which waits in a file of its own.
    fn add_row(&mut self, row: &str, year: i64, desk: &Desk<'_, '_>) -> Result<(), WriteError> {
        match self.years.last_mut().filter(|(last, _)| *last == year) {
            Some((_, rows)) => *rows += 1,
            None => self.years.push((year, 1)),
        }
        let rows = match &mut self.rows {
            Some(rows) => rows,
            None => self.rows.insert(desk.folder.file(ROWS)?),
        };
        rows.buffer.extend_from_slice(row.as_bytes());
        rows.flush_if_full()
    }

    /// Name of the next page of a month.
    fn page_name(&self, label: &str) -> String {
        let before = self
            .months
            .iter()
            .rev()
            .take_while(|month| month.label == label)
            .count();
        if before == 0 {
            format!("{} {label}", self.file)
        } else {
            format!("{} {label} ({})", self.file, before + 1)
        }
    }

    fn end_month(&mut self, next: Option<&str>, desk: &mut Desk<'_, '_>) -> Result<(), WriteError> {
        let Some(month) = self.month.take() else {
            return Ok(());
        };
        let language = desk.context.language;
        let previous = self
            .months
            .last()
            .map(|month| (month.file.clone(), month.label.clone()));
        self.months.push(MonthEntry {
            label: month.label.clone(),
            file: month.file.clone(),
            messages: month.messages,
            sessions: month.sessions,
        });
        let mut people: Vec<(usize, u64)> = month.people.into_iter().collect();
        people.sort_by_key(|(person, count)| (std::cmp::Reverse(*count), *person));
        let people: Vec<String> = people
            .iter()
            .take(100)
            .map(|(person, _)| desk.person(*person))
            .collect();

        let mut head = Properties::new();
        head.text("title", &format!("{} {}", self.title, month.label));
        head.page(
            language.pick("会话", "chat"),
            &format!("{}/{}", self.folder(desk.places), self.file),
        );
        head.text(language.pick("平台", "platform"), &self.platform);
        head.plain(language.pick("开始", "from"), &month.first_date);
        head.plain(language.pick("结束", "until"), &month.last_date);
        head.plain(language.pick("消息数", "messages"), &month.messages);
        head.plain(language.pick("段数", "sessions"), &month.sessions);
        head.list(
            language.pick("人物", "people"),
            people.iter().map(String::as_str),
        );
        let tags = [
            tag(language.pick("聊天记录", "chat history")),
            tag(&self.platform),
        ];
        head.list(
            "tags",
            tags.iter()
                .map(String::as_str)
                .filter(|tag| !tag.is_empty()),
        );
        let mut head = head.finish();
        head.push_str("# ");
        plain(&self.title, &mut head);
        head.push_str(&format!(" · {}\n\n", month.label));
        link(&self.title, &format!("{}.md", self.file), &mut head);
        if let Some((file, label)) = previous {
            head.push_str(" · ");
            link(&format!("‹ {label}"), &format!("{file}.md"), &mut head);
        }
        if let Some(next) = next {
            head.push_str(" · ");
            link(
                &format!("{next} ›"),
                &format!("{}.md", self.page_name(next)),
                &mut head,
            );
        }
        head.push_str("\n\n");
        head.push_str(table_head(language));
        let path = format!("{}/{}.md", self.folder(desk.places), month.file);
        desk.write(&path, &[&head, &month.rows, "\n", &month.body])
    }

    /// Writes what is left: the last month, the tables, the chat's own page.
    pub(super) fn finish(&mut self, desk: &mut Desk<'_, '_>) -> Result<(), WriteError> {
        self.end_month(None, desk)?;
        let language = desk.context.language;
        let mut out = Properties::new();
        out.text("title", &self.title);
        out.text(language.pick("平台", "platform"), &self.platform);
        out.text(language.pick("类型", "kind"), self.kind);
        out.text(language.pick("编号", "id"), &self.native_id);
        if !self.first_date.is_empty() {
            out.plain(language.pick("开始", "from"), &self.first_date);
            out.plain(language.pick("结束", "until"), &self.last_date);
        }
        out.plain(language.pick("消息数", "messages"), &self.messages);
        out.plain(language.pick("段数", "sessions"), &self.sessions);
        let tags = [
            tag(language.pick("聊天记录", "chat history")),
            tag(&self.platform),
        ];
        out.list(
            "tags",
            tags.iter()
                .map(String::as_str)
                .filter(|tag| !tag.is_empty()),
        );
        let mut out = out.finish();
        out.push_str("# ");
        plain(&self.title, &mut out);
        out.push_str("\n\n");
        link(
            desk.places.home,
            &format!("../../{}.md", desk.places.home),
            &mut out,
        );
        out.push_str(&format!(
            " · {} · {} · {}\n",
            self.platform,
            self.kind,
            words::messages(language, self.messages)
        ));
        self.people_table(desk, &mut out);
        out.push_str(language.pick(
            "\n## 月份\n\n| 月份 | 消息 | 段 |\n|---|---:|---:|\n",
            "\n## Months\n\n| Month | Messages | Sessions |\n|---|---:|---:|\n",
        ));
        for month in &self.months {
            out.push_str("| ");
            let shown = month
                .file
                .strip_prefix(&self.file)
                .unwrap_or(&month.label)
                .trim();
            link(shown, &format!("{}.md", month.file), &mut out);
            out.push_str(&format!(
                " | {} | {} |\n",
                words::grouped(month.messages),
                words::grouped(month.sessions)
            ));
        }
        out.push_str(language.pick("\n## 谈了什么\n\n", "\n## What was talked about\n\n"));
        let path = format!("{}/{}.md", self.folder(desk.places), self.file);
        let mut page = desk.folder.file(&path)?;
        let rows: u64 = self.years.iter().map(|(_, rows)| rows).sum();
        if rows <= MAX_ROWS {
            out.push_str(table_head(language));
            page.buffer.extend_from_slice(out.as_bytes());
            self.copy_rows(rows, &mut page, desk, &mut 0)?;
        } else {
            for (year, rows) in &self.years {
                out.push_str("- ");
                link(
                    &year.to_string(),
                    &format!("{} {year}.md", self.file),
                    &mut out,
                );
                out.push_str(&match language {
                    crate::Language::Zh => format!("：{} 段\n", words::grouped(*rows)),
                    crate::Language::En => format!(": {} sessions\n", words::grouped(*rows)),
                });
            }
            page.buffer.extend_from_slice(out.as_bytes());
            let mut from = 0;
            for (year, rows) in self.years.clone() {
                let mut head = format!("# {year} · ");
                plain(&self.title, &mut head);
                head.push_str("\n\n");
                link(&self.title, &format!("{}.md", self.file), &mut head);
                head.push_str("\n\n");
                head.push_str(table_head(language));
                let mut of_year = desk.folder.file(&format!(
                    "{}/{} {year}.md",
                    self.folder(desk.places),
                    self.file
                ))?;
                of_year.buffer.extend_from_slice(head.as_bytes());
                self.copy_rows(rows, &mut of_year, desk, &mut from)?;
                *desk.bytes += of_year.finish()?;
                *desk.files += 1;
            }
        }
        *desk.bytes += page.finish()?;
        *desk.files += 1;
        if self.rows.take().is_some() {
            let path = desk.folder.staged(ROWS);
            std::fs::remove_file(&path).map_err(WriteError::at(&path))?;
        }
        Ok(())
    }

    /// Appends so many of the waiting rows, from a byte on.
    fn copy_rows(
        &mut self,
        rows: u64,
        to: &mut FileTarget,
        desk: &Desk<'_, '_>,
        from: &mut u64,
    ) -> Result<(), WriteError> {
        let Some(waiting) = &mut self.rows else {
            return Ok(());
        };
        waiting.write_out()?;
        let path = desk.folder.staged(ROWS);
        let at = || WriteError::at(&path);
        let mut file = std::fs::File::open(&path).map_err(at())?;
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(*from)).map_err(at())?;
        let mut reader = std::io::BufReader::new(file);
        let mut line = Vec::new();
        for _ in 0..rows {
            line.clear();
            let read = std::io::BufRead::read_until(&mut reader.by_ref(), b'\n', &mut line);
            *from += read.map_err(at())? as u64;
            to.buffer.extend_from_slice(&line);
            to.flush_if_full()?;
        }
        Ok(())
    }

    fn people_table(&self, desk: &Desk<'_, '_>, out: &mut String) {
        let language = desk.context.language;
        let mut here: Vec<_> = desk
            .people
            .people
            .iter()
            .filter_map(|person| {
                let presence = person.chats.last().filter(|last| last.chat == self.index)?;
                Some((presence.messages, person))
            })
            .collect();
        here.sort_by_key(|(messages, _)| std::cmp::Reverse(*messages));
        if here.is_empty() {
            return;
        }
        out.push_str(language.pick(
            "\n## 人物\n\n| 谁 | 消息 |\n|---|---:|\n",
            "\n## People\n\n| Who | Messages |\n|---|---:|\n",
        ));
        for (messages, person) in here {
            out.push_str("| ");
            link(
                &person.name,
                &format!("../../{}/{}.md", desk.places.people, person.file),
                out,
            );
            out.push_str(&format!(" | {} |\n", words::grouped(messages)));
        }
    }
}

impl Month {
    fn new(label: &str, file: String, date: &str) -> Self {
        Self {
            label: label.to_owned(),
            file,
            body: String::new(),
            rows: String::new(),
            messages: 0,
            sessions: 0,
            people: FxHashMap::default(),
            first_date: date.to_owned(),
            last_date: date.to_owned(),
        }
    }
}

fn table_head(language: crate::Language) -> &'static str {
    language.pick(
        "| 时间 | 话题 | 谁 | 消息 | 要点 |\n|---|---|---|---:|---|\n",
        "| When | What | Who | Messages | Points |\n|---|---|---|---:|---|\n",
    )
}

/// `决定 2 · 问题 3`.
fn points(session: &Session, language: crate::Language) -> String {
    let mut out = Vec::new();
    for kind in super::findings::Kind::ALL {
        let count = session
            .findings
            .iter()
            .filter(|finding| finding.kind == kind)
            .count();
        if count > 0 {
            out.push(format!("{} {count}", kind.name(language)));
        }
    }
    out.join(" · ")
}

/// `14:02`.
fn clock_time(local: crate::clock::Local) -> String {
    let mut out = Vec::new();
    local.write_minute(hutong_model::Precision::Minute, &mut out);
    out.into_iter().map(char::from).collect()
}
