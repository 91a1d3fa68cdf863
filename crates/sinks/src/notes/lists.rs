//! Pages with one line for each link, file or decision, written as they come.

use crate::output::{FileTarget, FolderTarget};
use crate::{Language, WriteError};

/// A longer list goes on on another page: programs for notes are slow with large ones.
const LINES: u64 = 4000;

/// A list.
pub(super) struct List {
    title: &'static str,
    home: &'static str,
    language: Language,
    page: u64,
    lines_on_page: u64,
    file: Option<FileTarget>,
    chat: Option<usize>,
    pub(super) lines: u64,
    pub(super) bytes: u64,
}

impl List {
    pub(super) const fn new(title: &'static str, home: &'static str, language: Language) -> Self {
        Self {
            title,
            home,
            language,
            page: 0,
            lines_on_page: 0,
            file: None,
            chat: None,
            lines: 0,
            bytes: 0,
        }
    }

    /// Files of the list so far.
    pub(super) const fn pages(&self) -> u64 {
        self.page
    }

    fn name(&self, page: u64) -> String {
        if page == 1 {
            format!("{}.md", self.title)
        } else {
            format!("{} {page}.md", self.title)
        }
    }

    /// Adds a line; `heading` is written where the chat is another one than before.
    pub(super) fn add(
        &mut self,
        folder: &FolderTarget,
        chat: usize,
        heading: &str,
        line: &str,
    ) -> Result<(), WriteError> {
        if self.lines_on_page >= LINES {
            self.turn_page()?;
        }
        let is_new_page = self.file.is_none();
        if is_new_page {
            self.page += 1;
            self.lines_on_page = 0;
            let mut file = folder.file(&self.name(self.page))?;
            let number = if self.page > 1 {
                format!(" {}", self.page)
            } else {
                String::new()
            };
            let mut text = format!(
                "# {}{number}\n\n[{}](<{}.md>)",
                self.title, self.home, self.home
            );
            if self.page > 1 {
                let back = self.language.pick("上一页", "previous page");
                text.push_str(&format!(" · [{back}](<{}>)", self.name(self.page - 1)));
            }
            text.push('\n');
            file.buffer.extend_from_slice(text.as_bytes());
            self.file = Some(file);
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        if is_new_page || self.chat != Some(chat) {
            self.chat = Some(chat);
            file.buffer
                .extend_from_slice(format!("\n## {heading}\n\n").as_bytes());
        }
        file.buffer.extend_from_slice(b"- ");
        file.buffer.extend_from_slice(line.as_bytes());
        file.buffer.push(b'\n');
        self.lines += 1;
        self.lines_on_page += 1;
        file.flush_if_full()
    }

    fn turn_page(&mut self) -> Result<(), WriteError> {
        let next = self.name(self.page + 1);
        if let Some(mut file) = self.file.take() {
            let on = self.language.pick("下一页", "next page");
            file.buffer
                .extend_from_slice(format!("\n[{on}](<{next}>)\n").as_bytes());
            self.bytes += file.finish()?;
        }
        Ok(())
    }

    /// Completes the last page.
    pub(super) fn finish(&mut self) -> Result<(), WriteError> {
        if let Some(file) = self.file.take() {
            self.bytes += file.finish()?;
        }
        Ok(())
    }
}
