//! What stands above a chat, and what opens over it.

use hutong::model::{Conversation, ConversationId, ConversationKind, Names, Platform};
use hutong::sinks::words;
use maud::{Markup, html};

use super::dates::Months;
use crate::site::OpenArchive;
use crate::visitor::Visitor;

/// What a chat is called and how large it is.
#[derive(Debug)]
pub(super) struct Head {
    id: ConversationId,
    title: String,
    platform: Option<Platform>,
    kind: ConversationKind,
    messages: u64,
}

impl Head {
    /// Looks it up.
    pub(super) fn new(open: &OpenArchive, conversation: &Conversation, visitor: &Visitor) -> Self {
        let title = open
            .names
            .conversation_title(conversation.id)
            .filter(|title| !title.trim().is_empty())
            .unwrap_or(visitor.pick("会话", "Chat"));
        Self {
            id: conversation.id,
            title: title.to_owned(),
            platform: conversation.platform.clone(),
            kind: conversation.kind,
            messages: open
                .stats
                .get(&conversation.id)
                .map_or(0, |stats| stats.messages),
        }
    }

    /// Title of the page.
    pub(super) fn title(&self) -> String {
        self.title.clone()
    }

    /// Title, figures, and the ways to a date.
    pub(super) fn show(&self, visitor: &Visitor, months: &Months) -> Markup {
        let address = format!("/c/{}", self.id.to_hex());
        html! {
            div.head {
                div {
                    h1 { bdi { (self.title) } }
                    p.soft {
                        @if let Some(platform) = &self.platform {
                            (words::platform(visitor.language, platform)) " · "
                        }
                        (words::conversation(visitor.language, self.kind)) " · "
                        (words::messages(visitor.language, self.messages))
                        @if let Some((first, last)) = months.days {
                            " · " (first) " – " (last)
                        }
                    }
                }
                div.tools {
                    a href={ (address) "?edge=start" } { (visitor.pick("最早", "Oldest")) }
                    a href=(address) { (visitor.pick("最新", "Newest")) }
                    a href={ "/search?chat=" (self.id.to_hex()) } { (visitor.pick("搜索", "Search")) }
                    a href={ (address) "/gallery" } { (visitor.pick("图库", "Gallery")) }
                    a href={ "/stats?chat=" (self.id.to_hex()) } { (visitor.pick("统计", "Statistics")) }
                    a href={ "/export?chat=" (self.id.to_hex()) } { (visitor.pick("导出", "Export")) }
                    a href={ (address) "/files" } { (visitor.pick("文件", "Files")) }
                    a.dates href="#dates" { (visitor.pick("日期", "Dates")) }
                    button.quiet type="button" data-choose hidden { (visitor.pick("选择", "Select")) }
                    button.quiet type="button" data-help hidden aria-label=(visitor.pick("快捷键", "Keyboard")) { "?" }
                    form action=(address) {
                        label for="jump" { (visitor.pick("跳到日期", "Jump to date")) }
                        @let days = months.days;
                        input #jump type="date" name="date" required
                            min=[days.map(|(first, _)| first)] max=[days.map(|(_, last)| last)];
                        button.quiet { (visitor.pick("跳转", "Go")) }
                    }
                }
            }
        }
    }
}

/// What the keys do.
pub(super) fn help(visitor: &Visitor) -> Markup {
    let keys = [
        ("j", visitor.pick("下一条消息", "next message")),
        ("k", visitor.pick("上一条消息", "previous message")),
        ("/", visitor.pick("搜索", "search")),
        ("g d", visitor.pick("跳到日期", "jump to a date")),
        ("g g", visitor.pick("最早的消息", "oldest messages")),
        ("G", visitor.pick("最新的消息", "newest messages")),
        ("o", visitor.pick("这条消息的出处", "origin of the message")),
        ("x", visitor.pick("选择这条消息", "select the message")),
        ("?", visitor.pick("这张表", "this list")),
        ("Esc", visitor.pick("关闭", "close")),
    ];
    html! {
        dialog #help aria-labelledby="help-title" {
            h2 #help-title { (visitor.pick("快捷键", "Keyboard")) }
            dl {
                @for (key, what) in keys {
                    dt { kbd { (key) } }
                    dd { (what) }
                }
            }
            form method="dialog" { button { (visitor.pick("关闭", "Close")) } }
        }
    }
}

/// Where a picture is shown large.
pub(super) fn lightbox(visitor: &Visitor) -> Markup {
    html! {
        dialog #lightbox aria-label=(visitor.pick("图片", "Picture")) {
            img alt="" hidden;
            form method="dialog" {
                button.quiet type="button" data-step="-1" { (visitor.pick("← 上一张", "← Previous")) }
                a.button.quiet href="#log" data-place { (visitor.pick("在会话中", "In the chat")) }
                a.button.quiet href="#log" data-file { (visitor.pick("原图", "Original")) }
                button.quiet type="button" data-step="1" { (visitor.pick("下一张 →", "Next →")) }
                button { (visitor.pick("关闭", "Close")) }
            }
        }
    }
}
