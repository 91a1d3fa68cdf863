//! Chats that are one: listed, linked, taken apart, and back again.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hutong::LinkReason;
use hutong::model::{ConversationId, Names};
use hutong::sinks::words;
use maud::{Markup, html};
use serde::Deserialize;

use crate::asked::Asked;
use crate::frame::{Frame, Page, Section, token_field};
use crate::listing::address;
use crate::pages::pieces::badge;
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// Chats that are offered for a name.
const OFFERED: usize = 20;

/// What is wanted of the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Words that name the chat whose messages move.
    chat: String,
    /// Words that name the chat that they are shown in.
    into: String,
    /// A chat that was linked or taken apart just now, and the one it was about.
    linked: String,
    apart: String,
    from: String,
}

/// The page.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    site.touch();
    let asker = visitor.clone();
    let content = site
        .read(move |open, _| {
            let links = open.archive.conversation_links()?;
            Ok(html! {
                h1 { (asker.pick("合并显示的会话", "Linked chats")) }
                (undo(&asker, &wanted))
                p {
                    (asker.pick(
                        "同一个会话的几份拷贝（例如文字导出和数据库）可以显示在一起，相同的消息只显示一次。随时可以分开。",
                        "Several copies of one chat, for example a text export and a database, can be shown as one, each message once. \
                         You can take them apart any time.",
                    ))
                }
                section.card aria-labelledby="links" {
                    h2 #links { (asker.pick("已合并", "Linked")) }
                    @if links.is_empty() { p.soft { (asker.pick("没有合并显示的会话。", "No chats are linked.")) } }
                    ul.offers {
                        @for link in &links {
                            li {
                                div.what {
                                    p.top {
                                        bdi { (link.title) } " → "
                                        a href={ "/c/" (link.into.to_hex()) } {
                                            bdi { (open.names.conversation_title(link.into).unwrap_or_default()) }
                                        }
                                    }
                                    p.last {
                                        (match link.reason {
                                            LinkReason::User => asker.pick("由你合并", "linked by you"),
                                            LinkReason::Content => asker.pick(
                                                "标题和消息相同，导入时合并",
                                                "same title and messages; linked when it was imported",
                                            ),
                                            LinkReason::Digest => asker.pick(
                                                "一个会话的编号是另一个的摘要，导入时合并",
                                                "the id of one is the digest of the other's; linked when it was imported",
                                            ),
                                        })
                                    }
                                }
                                form method="post" action="/links/unlink" {
                                    (token_field(&asker))
                                    input type="hidden" name="chat" value=(link.conversation.to_hex());
                                    button.quiet type="submit" { (asker.pick("分开", "Take apart")) }
                                }
                            }
                        }
                    }
                }
                (choosing(&asker, open, &wanted))
            })
        })
        .await?;
    let frame = Frame::new(
        Section::Chats,
        visitor.pick("合并显示的会话", "Linked chats"),
    )
    .style("lists.css")
    .style("people.css");
    Ok(Page::new(frame, content).show(&visitor, &site))
}

/// Two chats are named, then chosen among those that answer to the names.
fn choosing(visitor: &Visitor, open: &OpenArchive, wanted: &Wanted) -> Markup {
    let find = |typed: &str| -> Vec<ConversationId> {
        let mut found = if typed.trim().is_empty() {
            Vec::new()
        } else {
            open.find_chats(typed).into_iter().collect()
        };
        found.sort_unstable();
        found
    };
    let (from, into) = (find(&wanted.chat), find(&wanted.into));
    html! {
        section.card aria-labelledby="new" {
            h2 #new { (visitor.pick("合并两个会话", "Link two chats")) }
            form.sieve action="/links" {
                input type="search" name="chat" value=(wanted.chat) maxlength="200" autocomplete="off"
                    aria-label=(visitor.pick("要并过去的会话", "Chat whose messages move"))
                    placeholder=(visitor.pick("要并过去的会话", "Chat whose messages move"));
                input type="search" name="into" value=(wanted.into) maxlength="200" autocomplete="off"
                    aria-label=(visitor.pick("在哪个会话里显示", "Chat in which they are shown"))
                    placeholder=(visitor.pick("在哪个会话里显示", "Chat in which they are shown"));
                button.quiet type="submit" { (visitor.pick("查找", "Find")) }
            }
            @if !wanted.chat.trim().is_empty() || !wanted.into.trim().is_empty() {
                @if from.is_empty() || into.is_empty() {
                    p role="status" { (visitor.pick("两边都要写一个存在的会话名。", "Both sides need the name of a chat that exists.")) }
                } @else {
                    form method="post" action="/links/link" {
                        (token_field(visitor))
                        div.pair {
                            (offers(visitor, open, "chat", visitor.pick("要并过去的会话", "Chat whose messages move"), &from))
                            (offers(visitor, open, "into", visitor.pick("在哪个会话里显示", "Chat in which they are shown"), &into))
                        }
                        p { button type="submit" { (visitor.pick("合并显示", "Link")) } }
                    }
                }
            }
        }
    }
}

fn offers(
    visitor: &Visitor,
    open: &OpenArchive,
    field: &str,
    title: &str,
    chats: &[ConversationId],
) -> Markup {
    let rest = chats.len().saturating_sub(OFFERED);
    html! {
        fieldset {
            legend { (title) }
            @for (place, chat) in chats.iter().take(OFFERED).enumerate() {
                @let conversation = open.names.conversation(*chat);
                label {
                    input type="radio" name=(field) value=(chat.to_hex()) checked[place == 0] required;
                    span {
                        bdi { (open.names.conversation_title(*chat).unwrap_or_default()) } " "
                        (badge(visitor, conversation.and_then(|known| known.platform.as_ref())))
                        span.soft {
                            " " (words::messages(visitor.language, open.stats.get(chat).map_or(0, |stats| stats.messages)))
                        }
                    }
                }
            }
            @if rest > 0 {
                p.soft { (visitor.pick("还有更多，请写得更具体。", "There are more; be more specific.")) }
            }
        }
    }
}

/// Says what was done just now, with the way back.
fn undo(visitor: &Visitor, wanted: &Wanted) -> Markup {
    let known = |text: &str| ConversationId::from_hex(text).is_some();
    html! {
        @if known(&wanted.linked) {
            form.done method="post" action="/links/unlink" role="status" {
                (token_field(visitor))
                input type="hidden" name="chat" value=(wanted.linked);
                span { (visitor.pick("已合并显示。", "Linked.")) }
                button.quiet type="submit" { (visitor.pick("撤销", "Undo")) }
            }
        } @else if known(&wanted.apart) && known(&wanted.from) {
            form.done method="post" action="/links/link" role="status" {
                (token_field(visitor))
                input type="hidden" name="chat" value=(wanted.apart);
                input type="hidden" name="into" value=(wanted.from);
                span { (visitor.pick("已分开。", "Taken apart.")) }
                button.quiet type="submit" { (visitor.pick("撤销", "Undo")) }
            }
        }
    }
}

/// Two chats.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Pair {
    chat: String,
    into: String,
}

/// Shows the messages of one chat in another one.
pub(crate) async fn link(
    State(site): State<Site>,
    Form(pair): Form<Pair>,
) -> Result<Response, Failure> {
    site.touch();
    let named = ConversationId::from_hex(&pair.chat).zip(ConversationId::from_hex(&pair.into));
    let (chat, into) = named.ok_or(Failure::NotFound)?;
    if chat == into {
        return Err(Failure::bad(
            "两边是同一个会话。",
            "Both sides are the same chat.",
        ));
    }
    site.change(move |archive, now_ms| {
        let names = archive.names()?;
        // A chat that was taken apart just now is among the names again.
        let platform = |id| {
            names
                .conversation(id)
                .map(|conversation| conversation.platform.clone())
                .ok_or(Failure::NotFound)
        };
        if platform(chat)? != platform(into)? {
            return Err(Failure::bad(
                "这是两个平台的会话；只有同一个会话的拷贝才能合并。同一个人的账号可以在“人物”里合并。",
                "These are chats of different messengers; only copies of one chat can be linked. Accounts of one person are joined under “People”.",
            ));
        }
        if archive.link_conversations(chat, into, now_ms)? {
            Ok(())
        } else {
            Err(Failure::bad(
                "它们已经显示在一起，或不在存档中。",
                "They are shown together already, or are not in the archive.",
            ))
        }
    })
    .await?;
    let done = address("/links", &[("linked", &chat.to_hex())]);
    Ok(Redirect::to(&done).into_response())
}

/// Takes a linked chat out again.
pub(crate) async fn unlink(
    State(site): State<Site>,
    Form(pair): Form<Pair>,
) -> Result<Response, Failure> {
    site.touch();
    let chat = ConversationId::from_hex(&pair.chat).ok_or(Failure::NotFound)?;
    let from = site
        .change(move |archive, _| {
            let links = archive.conversation_links()?;
            let link = links.into_iter().find(|link| link.conversation == chat);
            let link = link.ok_or(Failure::NotFound)?;
            archive.unlink_conversation(chat)?;
            Ok(link.into)
        })
        .await?;
    let done = address(
        "/links",
        &[("apart", &chat.to_hex()), ("from", &from.to_hex())],
    );
    Ok(Redirect::to(&done).into_response())
}
