//! The sheets after the messages: chats, people, and what the workbook is.

use std::borrow::Cow;

use hutong_model::{AccountId, Conversation, Precision, Timestamp};
use rustc_hash::FxHashMap;

use super::book::Book;
use super::cell::{Style, serial};
use super::fields::Field;
use super::sheet::{Column, Sheet, Target};
use crate::scribe::Scribe;
use crate::{About, Context, Language, WriteError, Written, words};

/// What was counted while the messages went by.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) chats: Vec<ChatTally>,
    /// Messages of everybody who wrote or could have.
    pub(super) people: FxHashMap<AccountId, u64>,
    pub(super) messages: u64,
    /// Service rows among them or left out.
    pub(super) hidden: u64,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
}

/// One chat of the workbook.
pub(super) struct ChatTally {
    pub(super) conversation: Conversation,
    pub(super) title: String,
    pub(super) members: u64,
    pub(super) messages: u64,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    /// Where its messages begin: a sheet and a row.
    pub(super) place: Option<(String, u32)>,
}

impl Tally {
    /// Counts a message of the chat begun last.
    pub(super) fn count(&mut self, sender: Option<AccountId>, sent_at: Timestamp) {
        self.messages += 1;
        span(&mut self.first, &mut self.last, sent_at);
        if let Some(sender) = sender {
            *self.people.entry(sender).or_default() += 1;
        }
        if let Some(chat) = self.chats.last_mut() {
            chat.messages += 1;
            span(&mut chat.first, &mut chat.last, sent_at);
        }
    }
}

fn span(first: &mut Option<Timestamp>, last: &mut Option<Timestamp>, sent_at: Timestamp) {
    *first = Some(first.map_or(sent_at, |first| first.min(sent_at)));
    *last = Some(last.map_or(sent_at, |last| last.max(sent_at)));
}

const fn column(heading: &str, width: u8) -> Column<'_> {
    Column {
        heading: Cow::Borrowed(heading),
        width,
    }
}

/// Writes the sheet of chats; a click on a title leads to its first message.
pub(super) fn chats(
    book: &mut Book,
    tally: &Tally,
    scribe: &mut Scribe<'_>,
    zone: &str,
) -> Result<(), WriteError> {
    let language = scribe.language;
    let first = format!("{} ({zone})", language.pick("最早", "First"));
    let last = format!("{} ({zone})", language.pick("最晚", "Last"));
    let columns = [
        column(language.pick("会话", "Chat"), 30),
        column(language.pick("种类", "Kind"), 12),
        column(language.pick("平台", "Platform"), 10),
        column(language.pick("会话编号", "Chat id"), 26),
        column(language.pick("本人账号", "Owner's id"), 24),
        column(language.pick("成员数", "Members"), 10),
        column(language.pick("消息数", "Messages"), 12),
        column(&first, 22),
        column(&last, 22),
    ];
    let mut sheet = book.sheet(language.pick("会话", "Chats"), 1, &columns, &[])?;
    for chat in &tally.chats {
        let out = &mut book.package.buffer;
        sheet.begin_row(out);
        let mut style = Style::of_text(&chat.title);
        if let Some((name, row)) = &chat.place
            && sheet.takes_link()
        {
            style = Style::Link;
            sheet.link(0, Target::Cell(format!("'{name}'!A{row}")));
        }
        sheet.text(0, style, &chat.title, out);
        sheet.text(
            1,
            Style::Plain,
            words::conversation(language, chat.conversation.kind),
            out,
        );
        if let Some(platform) = &chat.conversation.platform {
            sheet.text(2, Style::Id, words::platform(language, platform), out);
        }
        sheet.text(3, Style::Id, &chat.conversation.native_id, out);
        let owner = chat
            .conversation
            .owner
            .and_then(|id| scribe.people.get(id).native_id);
        sheet.text(4, Style::Id, owner.unwrap_or_default(), out);
        if chat.members > 0 {
            sheet.integer(5, chat.members, out);
        }
        sheet.integer(6, chat.messages, out);
        for (index, instant) in [(7, chat.first), (8, chat.last)] {
            time(&sheet, index, instant, scribe, out);
        }
        sheet.end_row(out);
        book.package.flush_if_full()?;
    }
    book.end(sheet)
}

fn time(
    sheet: &Sheet,
    column: usize,
    instant: Option<Timestamp>,
    scribe: &mut Scribe<'_>,
    out: &mut Vec<u8>,
) {
    let serial = instant.and_then(|instant| serial(scribe.clock.local(instant)));
    if let Some(serial) = serial {
        sheet.number(column, Style::Second, &serial, out);
    }
}

/// Writes the sheet of people, who wrote most first.
pub(super) fn people(
    book: &mut Book,
    tally: &Tally,
    context: &Context<'_>,
) -> Result<(), WriteError> {
    let language = context.language;
    let columns = [
        column(language.pick("名字", "Name"), 24),
        column(language.pick("昵称", "Nickname"), 24),
        column(language.pick("备注", "Remark"), 24),
        column(language.pick("平台", "Platform"), 10),
        column(language.pick("账号", "Id"), 26),
        column(language.pick("第二账号", "Second id"), 26),
        column(language.pick("显示账号（微信号）", "Display id"), 20),
        column(language.pick("本人", "Owner"), 8),
        column(language.pick("消息数", "Messages"), 12),
    ];
    let mut sheet = book.sheet(language.pick("人物", "People"), 1, &columns, &[])?;
    let mut all: Vec<_> = tally.people.iter().collect();
    all.sort_by_key(|(id, count)| (std::cmp::Reverse(**count), **id));
    for (id, count) in all {
        let account = context.names.account(*id);
        let out = &mut book.package.buffer;
        sheet.begin_row(out);
        let text = |column, style, text: Option<&str>, out: &mut Vec<u8>| {
            sheet.text(column, style, text.unwrap_or_default(), out);
        };
        if let Some(account) = account {
            let name = account.display_name();
            text(0, Style::of_text(name), Some(name), out);
            for (index, name) in [(1, &account.nickname), (2, &account.remark)] {
                let style = Style::of_text(name.as_deref().unwrap_or_default());
                text(index, style, name.as_deref(), out);
            }
            let platform = account.platform.as_ref();
            text(
                3,
                Style::Id,
                platform.map(|platform| words::platform(language, platform)),
                out,
            );
            text(4, Style::Id, Some(&account.native_id), out);
            text(5, Style::Id, account.second_id.as_deref(), out);
            text(6, Style::Id, account.alias.as_deref(), out);
            let is_owner = account.is_owner.then(|| language.pick("是", "yes"));
            text(7, Style::Plain, is_owner, out);
        } else {
            text(4, Style::Id, Some(&id.to_hex()), out);
        }
        sheet.integer(8, *count, out);
        sheet.end_row(out);
        book.package.flush_if_full()?;
    }
    book.end(sheet)
}

/// Writes the sheet that says what the workbook is, what its columns mean and what is not in it.
pub(super) fn about(
    book: &mut Book,
    tally: &Tally,
    written: &Written,
    about: &About,
    context: &Context<'_>,
    scribe: &mut Scribe<'_>,
) -> Result<(), WriteError> {
    let language = context.language;
    let zone = context.zone_name();
    let mut when = |instant: Option<Timestamp>| {
        let mut out = Vec::new();
        if let Some(instant) = instant {
            scribe
                .clock
                .local(instant)
                .write(Precision::Second, &mut out);
        }
        out.into_iter().map(char::from).collect::<String>()
    };
    let span = format!("{} – {}", when(tally.first), when(tally.last));
    let mut lines: Vec<(&str, String)> = vec![
        (language.pick("标题", "Title"), context.title.clone()),
        (
            language.pick("生成程序", "Made by"),
            context.generated_by.to_owned(),
        ),
        (
            language.pick("生成时间", "Made at"),
            when(context.generated_at),
        ),
        (
            language.pick("时区", "Time zone"),
            format!(
                "{zone}{}",
                language.pick(
                    "（“时间”各栏按它换算；“UTC 时间”一栏不换算）",
                    " (of all times except the column UTC time)"
                )
            ),
        ),
        (language.pick("时间范围", "Range"), span),
        (
            language.pick("会话数", "Chats"),
            words::grouped(tally.chats.len() as u64),
        ),
        (
            language.pick("消息数", "Messages"),
            words::grouped(tally.messages),
        ),
        (
            language.pick("人数", "People"),
            words::grouped(tally.people.len() as u64),
        ),
    ];
    if tally.hidden > 0 && !context.options.show_hidden {
        lines.push((
            language.pick("未写入的系统行", "Service rows left out"),
            words::grouped(tally.hidden),
        ));
    }
    lines.push((
        language.pick("附件", "Attachments"),
        attachments(language, written),
    ));
    lines.push((
        language.pick("保留", "Kept"),
        language.pick(about.keeps_zh, about.keeps_en).to_owned(),
    ));
    lines.push((
        language.pick("丢失", "Lost"),
        language.pick(about.loses_zh, about.loses_en).to_owned(),
    ));
    lines.push(("", String::new()));
    lines.push((
        language.pick("各栏的意思", "What the columns mean"),
        String::new(),
    ));
    for field in Field::ALL {
        lines.push((field.name(language), field.says(language).to_owned()));
    }
    let mut sheet = book.sheet(language.pick("说明", "About"), 1, &[], &[24, 100])?;
    for (label, value) in lines {
        let out = &mut book.package.buffer;
        sheet.begin_row(out);
        sheet.text(0, Style::Heading, label, out);
        sheet.text(1, Style::of_text(&value), &value, out);
        sheet.end_row(out);
    }
    book.end(sheet)
}

fn attachments(language: Language, written: &Written) -> String {
    let copied = words::grouped(written.attachments);
    let missing = words::grouped(written.attachments_missing);
    match language {
        Language::Zh => format!("写出 {copied} 个文件，{missing} 个缺失"),
        Language::En => format!("{copied} files written, {missing} missing"),
    }
}
