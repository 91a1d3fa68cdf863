//! The list of people.

use std::cmp::Reverse;

use axum::extract::State;
use axum::response::Response;
use hutong::model::{Account, AccountKind, Platform};
use hutong::name_order;
use hutong::sinks::words;
use maud::{Markup, html};
use serde::Deserialize;

use super::tally::Count;
use super::{answers, patterns};
use crate::asked::Asked;
use crate::frame::{Frame, Page, Section};
use crate::listing::Stretch;
use crate::pages::pieces::{Moments, account_face, badge, choice, counted, pager};
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// People on one page.
const SHOWN: usize = 60;

/// What is wanted of the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    q: String,
    platform: String,
    who: String,
    sort: String,
    page: String,
}

/// Everybody, those that one talks with most first.
pub(crate) async fn list(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    site.touch();
    let now_ms = site.now_ms();
    let asker = visitor.clone();
    let content = site
        .read(move |open, _| {
            let found = chosen(open, &wanted);
            let stretch = Stretch::named(&wanted.page, found.len(), SHOWN);
            let count = counted(&asker, found.len() as u64, "个账号", "account", "accounts");
            let pairs = [
                ("q", wanted.q.as_str()),
                ("platform", &wanted.platform),
                ("who", &wanted.who),
                ("sort", &wanted.sort),
            ];
            let mut moments = Moments::new(&asker, now_ms);
            Ok(html! {
                div.head {
                    h1 { (asker.pick("人物", "People")) }
                    p.soft role="status" data-count { (count) }
                }
                (sieve(&asker, &wanted, &platforms(open)))
                div data-found {
                    @if found.is_empty() {
                        p.nothing { (asker.pick("没有符合条件的人。", "Nobody fits.")) }
                    } @else {
                        ul.chats {
                            @for (account, count) in stretch.of(&found) {
                                (row(&asker, &mut moments, open, account, *count))
                            }
                        }
                    }
                    (pager(&asker, "/people", &pairs, stretch))
                }
            })
        })
        .await?;
    let frame = Frame::new(Section::People, visitor.pick("人物", "People"))
        .style("lists.css")
        .script("sieve.js");
    Ok(Page::new(frame, content).show(&visitor, &site))
}

fn chosen<'a>(open: &'a OpenArchive, wanted: &Wanted) -> Vec<(&'a Account, Count)> {
    let words = patterns(&wanted.q);
    let tally = open.tally();
    // Names in groups answer too here; whoever goes by such a name only is left out below.
    let named = wanted
        .q
        .split_whitespace()
        .next()
        .map(|word| open.find_accounts(word));
    let mut found: Vec<(&Account, Count)> = open
        .names
        .accounts
        .values()
        .filter(|account| {
            named
                .as_ref()
                .is_none_or(|named| named.contains(&account.id))
                && (wanted.platform.is_empty()
                    || account
                        .platform
                        .as_ref()
                        .is_some_and(|platform| platform.as_str() == wanted.platform))
                && match wanted.who.as_str() {
                    "contacts" => account.is_contact,
                    "me" => account.is_owner,
                    "official" => account.kind == AccountKind::Official,
                    _ => true,
                }
                && answers(account, &words)
        })
        .map(|account| (account, tally.of(account.id)))
        .collect();
    match wanted.sort.as_str() {
        "name" => {
            found.sort_by_cached_key(|(account, _)| {
                (name_order(account.display_name()), account.id)
            });
        }
        "latest" => found.sort_by_key(|(account, count)| (Reverse(count.last_ms), account.id)),
        _ => found.sort_by_key(|(account, count)| {
            (Reverse(count.direct), Reverse(count.groups), account.id)
        }),
    }
    found
}

fn platforms(open: &OpenArchive) -> Vec<Platform> {
    let mut found: Vec<Platform> = open
        .names
        .accounts
        .values()
        .filter_map(|account| account.platform.as_ref())
        .collect::<std::collections::HashSet<_>>()
        .into_iter()
        .cloned()
        .collect();
    found.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    found
}

fn sieve(visitor: &Visitor, wanted: &Wanted, platforms: &[Platform]) -> Markup {
    let mut platform_options = vec![("", visitor.pick("所有平台", "All platforms"))];
    platform_options.extend(platforms.iter().map(|platform| {
        (
            platform.as_str(),
            words::platform(visitor.language, platform),
        )
    }));
    let who = [
        ("", visitor.pick("所有人", "Everybody")),
        ("contacts", visitor.pick("联系人", "Contacts")),
        ("official", visitor.pick("公众号", "Official accounts")),
        ("me", visitor.pick("我自己", "Myself")),
    ];
    let sorts = [
        ("", visitor.pick("聊得最多的在前", "Most messages first")),
        ("latest", visitor.pick("最近聊过的在前", "Latest first")),
        ("name", visitor.pick("按名字", "By name")),
    ];
    html! {
        form.sieve action="/people" data-sieve {
            input type="search" name="q" value=(wanted.q) maxlength="200" autocomplete="off" spellcheck="false"
                aria-label=(visitor.pick("按名字或编号筛选", "Filter by name or id"))
                placeholder=(visitor.pick("名字、拼音、首字母或编号", "Name, pinyin, initials or id"));
            (choice("platform", visitor.pick("平台", "Platform"), &platform_options, &wanted.platform))
            (choice("who", visitor.pick("哪些人", "Who"), &who, &wanted.who))
            (choice("sort", visitor.pick("顺序", "Order"), &sorts, &wanted.sort))
            button.quiet type="submit" { (visitor.pick("筛选", "Filter")) }
            a.aside href="/people/joined" { (visitor.pick("同一个人的账号", "Accounts of one person")) }
        }
    }
}

fn row(
    visitor: &Visitor,
    moments: &mut Moments,
    open: &OpenArchive,
    account: &Account,
    count: Count,
) -> Markup {
    let joined = open.archive.same_person(account.id).len();
    html! {
        li {
            (account_face(account))
            div.what {
                p.top {
                    a href={ "/p/" (account.id.to_hex()) } { bdi { (account.display_name()) } }
                    (badge(visitor, account.platform.as_ref()))
                    @if account.is_owner { span.tag { (visitor.pick("我", "me")) } }
                    @if joined > 1 {
                        span.tag { (counted(visitor, joined as u64, "个账号合为一人", "account", "accounts joined")) }
                    }
                }
                p.last {
                    bdi { (account.native_id) }
                    @if count.groups > 0 {
                        " · " (counted(visitor, u64::from(count.groups), "个群", "group", "groups"))
                    }
                }
            }
            p.side {
                @if let Some(last_ms) = count.last_ms {
                    (moments.short(last_ms))
                    span { (words::messages(visitor.language, count.direct)) }
                }
            }
        }
    }
}
