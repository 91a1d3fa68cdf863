//! The list of chats: filtered, sorted, a page at a time; only what is shown is read.

mod choice;
mod rows;

use axum::extract::State;
use axum::response::Response;
use hutong::model::ConversationKind;
use hutong::sinks::words;
use maud::{Markup, html};
use serde::Deserialize;

use crate::asked::Asked;
use crate::frame::{Frame, Page, Section};
use crate::listing::Stretch;
use crate::pages::pieces::{choice, counted, pager};
use crate::visitor::Visitor;
use crate::{Failure, Site};

pub(crate) use rows::side_list;

use choice::{KINDS, chosen, kinds, platforms};

/// Chats on one page.
const SHOWN: usize = 50;

/// What is wanted of the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Words that the names answer to.
    q: String,
    platform: String,
    kind: String,
    sort: String,
    page: String,
}

/// Chats, the latest first unless something else is wanted.
pub(crate) async fn list(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    site.touch();
    let now_ms = site.now_ms();
    let asker = visitor.clone();
    let content = site
        .read(move |open, reader| {
            let found = chosen(open, &wanted);
            let stretch = Stretch::named(&wanted.page, found.len(), SHOWN);
            let rows = rows::read(open, reader, &asker, now_ms, stretch.of(&found))?;
            let messages: u64 = found.iter().map(|chat| chat.stats.messages).sum();
            let count = format!(
                "{} · {}",
                counted(&asker, found.len() as u64, "个会话", "chat", "chats"),
                words::messages(asker.language, messages)
            );
            let pairs = [
                ("q", wanted.q.as_str()),
                ("platform", &wanted.platform),
                ("kind", &wanted.kind),
                ("sort", &wanted.sort),
            ];
            Ok(html! {
                div.head {
                    h1 { (asker.pick("会话", "Chats")) }
                    p.soft role="status" data-count { (count) }
                }
                (sieve(&asker, &wanted, &platforms(open, &asker), &kinds(open)))
                div data-found {
                    @if rows.is_empty() {
                        p.nothing { (nothing(&asker, open.stats.is_empty())) }
                    } @else {
                        ul.chats { (rows::full(&asker, &rows)) }
                    }
                    (pager(&asker, "/", &pairs, stretch))
                }
            })
        })
        .await?;
    let frame = Frame::new(Section::Chats, visitor.pick("会话", "Chats"))
        .style("lists.css")
        .script("sieve.js");
    Ok(Page::new(frame, content).show(&visitor, &site))
}

const fn nothing(visitor: &Visitor, is_empty: bool) -> &'static str {
    if is_empty {
        visitor.pick(
            "存档里还没有会话。先在“导入”里读入聊天记录。",
            "There are no chats in the archive yet. Bring some in under “Import”.",
        )
    } else {
        visitor.pick(
            "没有符合条件的会话。名字可以用汉字、拼音或首字母。",
            "No chat fits. Names answer to their characters, to pinyin and to its initials.",
        )
    }
}

/// The form above the list; a script sends it while one types.
fn sieve(
    visitor: &Visitor,
    wanted: &Wanted,
    platforms: &[(String, String)],
    kinds: &[ConversationKind],
) -> Markup {
    let mut platform_options = vec![("", visitor.pick("所有平台", "All platforms"))];
    platform_options.extend(
        platforms
            .iter()
            .map(|(id, name)| (id.as_str(), name.as_str())),
    );
    let mut kind_options = vec![("", visitor.pick("所有类型", "All kinds"))];
    kind_options.extend(
        KINDS
            .into_iter()
            .filter(|kind| kinds.contains(kind))
            .map(|kind| (kind.as_str(), words::conversation(visitor.language, kind))),
    );
    let sorts = [
        ("", visitor.pick("最近的在前", "Latest first")),
        (
            "most",
            visitor.pick("消息最多的在前", "Most messages first"),
        ),
        ("name", visitor.pick("按名称", "By name")),
    ];
    html! {
        form.sieve action="/" data-sieve {
            input type="search" name="q" value=(wanted.q) maxlength="200" autocomplete="off" spellcheck="false"
                aria-label=(visitor.pick("按名称筛选会话", "Filter chats by name"))
                placeholder=(visitor.pick("名称、拼音或首字母", "Name, pinyin or initials"));
            (choice("platform", visitor.pick("平台", "Platform"), &platform_options, &wanted.platform))
            (choice("kind", visitor.pick("类型", "Kind"), &kind_options, &wanted.kind))
            (choice("sort", visitor.pick("顺序", "Order"), &sorts, &wanted.sort))
            button.quiet type="submit" { (visitor.pick("筛选", "Filter")) }
            a.aside href="/links" { (visitor.pick("合并的会话", "Linked chats")) }
        }
    }
}
