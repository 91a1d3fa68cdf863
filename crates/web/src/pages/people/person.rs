//! The page of one person: every account that the user joined, what was said, and where.

use axum::extract::State;
use axum::response::Response;
use hutong::model::{Account, AccountId, ConversationId, ConversationKind, Names};
use hutong::sinks::words;
use hutong::{Facets, Likeness, Query, Reader, SearchOrder, Selection};
use maud::{Markup, html};
use serde::Deserialize;

use super::timeline::{direct_chats, timeline};
use super::{answers, patterns};
use crate::asked::{Asked, Id};
use crate::frame::{Frame, Page, Section, token_field};
use crate::listing::address;
use crate::pages::hits;
use crate::pages::pieces::{Moments, account_face, badge, counted};
use crate::pages::search::counting::{Effort, Search};
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// Groups that are listed; the rest is counted.
const GROUPS_SHOWN: usize = 100;
/// Accounts that are offered for joining.
const OFFERED: usize = 20;

/// What is wanted of the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Where the timeline goes on.
    before: String,
    /// Words that name an account to join.
    join: String,
    /// Accounts that were joined just now, so that it can be undone.
    joined: String,
    /// `more`: count for a while; `all`: count everything, however long it takes.
    count: String,
}

/// The page.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Id(id): Id<AccountId>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    site.touch();
    let now_ms = site.now_ms();
    let asker = visitor.clone();
    let before = hits::place(&wanted.before)?;
    let effort = Effort::asked_for(&wanted.count, Effort::Briefly);
    let counting_site = site.clone();
    let look = move |open: &OpenArchive, reader: &mut Reader| {
        let account = open.names.account(id).ok_or(Failure::NotFound)?;
        let ids = person_of(open, id);
        let accounts: Vec<&Account> = ids
            .iter()
            .filter_map(|id| open.names.account(*id))
            .collect();
        let path = format!("/p/{}", id.to_hex());
        let chats = direct_chats(open, &ids);
        let selection = by(open, &ids)?;
        let search = Search {
            site: &counting_site,
            open,
            selection: &selection,
            zone: &asker.zone,
            query: &from(&ids),
            chat: "",
        };
        let facets = search.count(reader, effort)?;
        let span = span(reader, &selection)?;
        let mut moments = Moments::new(&asker, now_ms);
        let content = html! {
            (undo(&asker, open, id, &wanted.joined))
            header.person {
                (account_face(account))
                div {
                    h1 { bdi { (account.display_name()) } }
                    p.soft {
                        @for account in &accounts { (badge(&asker, account.platform.as_ref())) " " }
                        @if account.is_owner { span.tag { (asker.pick("我", "me")) } }
                    }
                }
            }
            (figures(&asker, &mut moments, &facets, span, id))
            @if !facets.is_complete && effort != Effort::All {
                p {
                    a.soft data-count-all href={ (path) "?count=all" } { (asker.pick("数清全部", "Count all")) }
                }
            }
            section.card aria-labelledby="accounts" {
                h2 #accounts { (asker.pick("账号", "Accounts")) }
                @for one in &accounts { (known(&asker, one, accounts.len() > 1, id)) }
                (joining(&asker, open, id, &ids, &wanted.join))
            }
            (shared(&asker, open, &ids, &facets))
            (timeline(open, reader, &asker, now_ms, &path, &chats, before)?)
        };
        Ok((account.display_name().to_owned(), content))
    };
    let (name, content) = if effort.is_long() {
        site.read_in_turn(look).await?
    } else {
        site.read(look).await?
    };
    let frame = Frame::new(Section::People, name)
        .style("lists.css")
        .style("people.css")
        .script("counts.js");
    Ok(Page::new(frame, content).show(&visitor, &site))
}

/// The account and those that it is joined with, itself first.
fn person_of(open: &OpenArchive, id: AccountId) -> Vec<AccountId> {
    let mut ids = open.archive.same_person(id);
    ids.retain(|other| *other != id);
    ids.insert(0, id);
    ids
}

/// The query for what these accounts wrote.
fn from(ids: &[AccountId]) -> String {
    let mut ids: Vec<String> = ids.iter().map(AccountId::to_hex).collect();
    ids.sort_unstable();
    format!("from:{}", ids.join(","))
}

/// What these accounts wrote.
fn by(open: &OpenArchive, ids: &[AccountId]) -> Result<Selection, Failure> {
    let query = Query {
        from: vec![hutong::Filter {
            values: ids.iter().map(AccountId::to_hex).collect(),
            is_negated: false,
        }],
        ..Query::default()
    };
    open.select(query)
        .map_err(|error| Failure::Broken(error.to_string()))
}

/// First and last message.
fn span(reader: &mut Reader, selection: &Selection) -> Result<Option<(i64, i64)>, Failure> {
    let mut edge = |order| {
        let mut at = None;
        reader
            .hits::<Failure>(selection, order, None, &mut |hit| {
                at = Some(hit.message.sent_at.0);
                Ok(false)
            })
            .map(|()| at)
    };
    Ok(edge(SearchOrder::OldestFirst)?.zip(edge(SearchOrder::NewestFirst)?))
}

fn figures(
    visitor: &Visitor,
    moments: &mut Moments,
    facets: &Facets,
    span: Option<(i64, i64)>,
    id: AccountId,
) -> Markup {
    let from = format!("from:{}", id.to_hex());
    let media = format!("{from} kind:image,video");
    let more = if facets.is_complete {
        ""
    } else {
        visitor.pick("多于 ", "more than ")
    };
    html! {
        dl.figures data-figures data-complete[facets.is_complete] {
            div { dt { (visitor.pick("发过的消息", "Messages sent")) } dd { (more) (words::grouped(facets.messages)) } }
            @if let Some((first, last)) = span {
                div { dt { (visitor.pick("最早", "First")) } dd { (moments.day(first)) } }
                div { dt { (visitor.pick("最近", "Last")) } dd { (moments.day(last)) } }
            }
            @for (kind, count) in facets.kinds.iter().take(4) {
                div { dt { (words::part(visitor.language, *kind)) } dd { (words::grouped(*count)) } }
            }
        }
        p.links {
            a.button.quiet href=(address("/search", &[("q", &from)])) { (visitor.pick("全部消息", "All messages")) }
            a.button.quiet href=(address("/search", &[("q", &media)])) { (visitor.pick("图片和视频", "Pictures and videos")) }
            a.button.quiet href=(address("/stats", &[("person", &id.to_hex())])) { (visitor.pick("统计", "Statistics")) }
        }
    }
}

/// Everything that is known of one account.
fn known(visitor: &Visitor, account: &Account, is_joined: bool, page: AccountId) -> Markup {
    let rows = [
        (
            visitor.pick("备注", "Your name for it"),
            account.remark.as_deref(),
        ),
        (
            visitor.pick("昵称", "Nickname"),
            account.nickname.as_deref(),
        ),
        (visitor.pick("编号", "Id"), Some(account.native_id.as_str())),
        (
            visitor.pick("另一编号", "Other id"),
            account.second_id.as_deref(),
        ),
        (visitor.pick("别名", "Alias"), account.alias.as_deref()),
        (
            visitor.pick("签名", "About"),
            account.description.as_deref(),
        ),
    ];
    html! {
        div.account {
            p.top {
                (badge(visitor, account.platform.as_ref()))
                @if account.id == page {
                    b { bdi { (account.display_name()) } }
                } @else {
                    a href={ "/p/" (account.id.to_hex()) } { bdi { (account.display_name()) } }
                }
                @if is_joined {
                    form method="post" action="/people/separate" {
                        (token_field(visitor))
                        input type="hidden" name="accounts" value=(account.id.to_hex());
                        input type="hidden" name="back" value=(page.to_hex());
                        button.quiet type="submit" { (visitor.pick("分开", "Take out")) }
                    }
                }
            }
            dl {
                @for (label, value) in rows {
                    @if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
                        div { dt { (label) } dd { bdi { (value) } } }
                    }
                }
                @if !account.labels.is_empty() {
                    div { dt { (visitor.pick("标签", "Labels")) } dd { bdi { (account.labels.join(", ")) } } }
                }
            }
        }
    }
}

/// The way to say that another account is the same human being.
fn joining(
    visitor: &Visitor,
    open: &OpenArchive,
    id: AccountId,
    ids: &[AccountId],
    typed: &str,
) -> Markup {
    let words = patterns(typed);
    let mut found: Vec<&Account> = if words.is_empty() {
        Vec::new()
    } else {
        open.names
            .accounts
            .values()
            .filter(|other| !ids.contains(&other.id) && answers(other, &words))
            .collect()
    };
    found.sort_by_key(|other| (!other.is_contact, other.id));
    let count = found.len();
    found.truncate(OFFERED);
    html! {
        details open[!typed.is_empty()] {
            summary { (visitor.pick("这个人还有别的账号？", "Does this person have another account?")) }
            p.soft {
                (visitor.pick(
                    "合为一人后，时间线、from: 搜索和统计把这些账号看作一个人。只有你能合并，随时可以分开；存档里的消息不变。",
                    "Joined accounts are one person in the timeline, in from: searches and in statistics. Only you join, \
                     you can take them apart any time, and no message in the archive changes.",
                ))
            }
            form.sieve action={ "/p/" (id.to_hex()) "#accounts" } {
                input type="search" name="join" value=(typed) maxlength="200" autocomplete="off"
                    aria-label=(visitor.pick("另一账号的名字或编号", "Name or id of the other account"))
                    placeholder=(visitor.pick("名字、拼音或编号", "Name, pinyin or id"));
                button.quiet type="submit" { (visitor.pick("查找", "Find")) }
            }
            @if !typed.is_empty() && found.is_empty() {
                p { (visitor.pick("没有找到这样的账号。", "No such account was found.")) }
            }
            ul.offers {
                @for other in found { (offer(visitor, id, other, None)) }
            }
            @if count > OFFERED {
                p.soft { (counted(visitor, (count - OFFERED) as u64, "个未列出，请写得更具体", "more; be more specific", "more; be more specific")) }
            }
        }
    }
}

/// An account that could be joined, with why one might think so.
fn offer(visitor: &Visitor, id: AccountId, other: &Account, reason: Option<&Likeness>) -> Markup {
    html! {
        li {
            (account_face(other))
            div.what {
                p.top {
                    a href={ "/p/" (other.id.to_hex()) } { bdi { (other.display_name()) } }
                    (badge(visitor, other.platform.as_ref()))
                }
                p.last {
                    bdi { (other.native_id) }
                    @if let Some(reason) = reason { " · " (why(visitor, reason)) }
                }
            }
            form method="post" action="/people/join" {
                (token_field(visitor))
                input type="hidden" name="account" value=(id.to_hex());
                input type="hidden" name="other" value=(other.id.to_hex());
                button.quiet type="submit" { (visitor.pick("是同一个人", "Same person")) }
            }
        }
    }
}

/// What two accounts have in common, in words.
pub(super) fn why(visitor: &Visitor, reason: &Likeness) -> Markup {
    let (zh, en, word) = match reason {
        Likeness::Number(number) => ("号码相同：", "same number: ", number),
        Likeness::Remark(name) => ("备注相同：", "you call both ", name),
        Likeness::Name(name) => ("名字相同：", "same name: ", name),
    };
    html! { (visitor.pick(zh, en)) bdi { (word) } }
}

/// Says what was joined just now, with the way back.
fn undo(visitor: &Visitor, open: &OpenArchive, id: AccountId, joined: &str) -> Markup {
    let moved: Vec<AccountId> = super::joins::ids(joined);
    let is_so = !moved.is_empty()
        && open.archive.same_person(id).len() > 1
        && moved
            .iter()
            .all(|one| open.archive.same_person(id).contains(one));
    html! {
        @if is_so {
            form.done method="post" action="/people/separate" role="status" {
                (token_field(visitor))
                input type="hidden" name="accounts" value=(joined);
                input type="hidden" name="back" value=(id.to_hex());
                span { (visitor.pick("已合为一人。", "Joined as one person.")) }
                button.quiet type="submit" { (visitor.pick("撤销", "Undo")) }
            }
        }
    }
}

/// Chats that this person is in, with the name there and how much was said.
fn shared(visitor: &Visitor, open: &OpenArchive, ids: &[AccountId], facets: &Facets) -> Markup {
    let said: std::collections::HashMap<ConversationId, u64> =
        facets.conversations.iter().copied().collect();
    let mut chats: Vec<(ConversationId, u64)> = direct_chats(open, ids)
        .into_iter()
        .chain(
            open.names
                .members
                .keys()
                .filter(|(_, account)| ids.contains(account))
                .map(|(conversation, _)| *conversation),
        )
        .chain(said.keys().copied())
        .map(|chat| (chat, said.get(&chat).copied().unwrap_or(0)))
        .collect();
    chats.sort_unstable_by_key(|(chat, count)| (std::cmp::Reverse(*count), *chat));
    chats.dedup();
    let rest = chats.len().saturating_sub(GROUPS_SHOWN);
    chats.truncate(GROUPS_SHOWN);
    html! {
        @if !chats.is_empty() {
            section data-shared {
                h2 #shared { (visitor.pick("共同的会话", "Chats with this person")) }
                div.table tabindex="0" role="group" aria-labelledby="shared" {
                    table {
                        thead { tr {
                            th scope="col" { (visitor.pick("会话", "Chat")) }
                            th scope="col" { (visitor.pick("类型", "Kind")) }
                            th scope="col" { (visitor.pick("在这里的名字", "Name there")) }
                            th.number scope="col" { (visitor.pick("发言", "Messages")) }
                        } }
                        tbody {
                            @for (chat, count) in chats {
                                (chat_row(visitor, open, ids, chat, count))
                            }
                        }
                    }
                }
                @if rest > 0 {
                    p.soft { (counted(visitor, rest as u64, "个会话未列出", "more chat", "more chats")) }
                }
            }
        }
    }
}

fn chat_row(
    visitor: &Visitor,
    open: &OpenArchive,
    ids: &[AccountId],
    chat: ConversationId,
    count: u64,
) -> Markup {
    let conversation = open.names.conversation(chat);
    let kind = conversation.map_or_else(ConversationKind::default, |known| known.kind);
    let own_name = ids
        .iter()
        .find_map(|id| open.names.member_name(chat, *id))
        .unwrap_or_default();
    html! {
        tr {
            th scope="row" {
                a href={ "/c/" (chat.to_hex()) } {
                    bdi { (open.names.conversation_title(chat).unwrap_or_default()) }
                }
                " " (badge(visitor, conversation.and_then(|known| known.platform.as_ref())))
            }
            td { (words::conversation(visitor.language, kind)) }
            td { bdi { (own_name) } }
            td.number { (words::grouped(count)) }
        }
    }
}
