//! Saying that accounts are one human being, taking it back, and what might be worth a look.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hutong::model::{AccountId, Names};
use maud::{Markup, html};
use serde::Deserialize;

use super::person::why;
use crate::frame::{Frame, Page, Section, token_field};
use crate::listing::address;
use crate::pages::pieces::{account_face, badge};
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// Suggestions on one page.
const SUGGESTED: usize = 50;
/// Accounts that one request may name.
const MAX_NAMED: usize = 1_000;

/// Accounts in a list of ids joined by commas; what is none is left out.
pub(super) fn ids(list: &str) -> Vec<AccountId> {
    list.split(',')
        .take(MAX_NAMED)
        .filter_map(|id| AccountId::from_hex(id.trim()))
        .collect()
}

/// Two accounts that are to be one person.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Pair {
    account: String,
    other: String,
}

/// Joins.
pub(crate) async fn join(
    State(site): State<Site>,
    Form(pair): Form<Pair>,
) -> Result<Response, Failure> {
    site.touch();
    let named = AccountId::from_hex(&pair.account).zip(AccountId::from_hex(&pair.other));
    let (account, other) = named.ok_or(Failure::NotFound)?;
    let moved = site
        .change(move |archive, now_ms| {
            archive
                .join_accounts(account, other, now_ms)?
                .ok_or(Failure::NotFound)
        })
        .await?;
    let moved: Vec<String> = moved.into_iter().map(|id| id.to_hex()).collect();
    let path = format!("/p/{}", account.to_hex());
    Ok(Redirect::to(&address(&path, &[("joined", &moved.join(","))])).into_response())
}

/// Accounts to take out of the persons they are in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Leaving {
    accounts: String,
    /// The account whose page is shown next; without one, the list of joined accounts.
    back: String,
}

/// Takes apart.
pub(crate) async fn separate(
    State(site): State<Site>,
    Form(leaving): Form<Leaving>,
) -> Result<Response, Failure> {
    site.touch();
    let accounts = ids(&leaving.accounts);
    site.change(move |archive, _| Ok(archive.separate_accounts(&accounts)?))
        .await?;
    let back = AccountId::from_hex(&leaving.back).map_or_else(
        || "/people/joined".to_owned(),
        |id| format!("/p/{}", id.to_hex()),
    );
    Ok(Redirect::to(&back).into_response())
}

/// Every person of several accounts, and accounts that look alike.
pub(crate) async fn joined(
    State(site): State<Site>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    site.touch();
    let asker = visitor.clone();
    let content = site
        .read(move |open, _| {
            let persons = open.archive.persons()?;
            let suggestions = open.archive.suggest_persons(&open.names, SUGGESTED);
            Ok(html! {
                h1 { (asker.pick("同一个人的账号", "Accounts of one person")) }
                p {
                    (asker.pick(
                        "你可以把一个人的几个账号（例如微信和 QQ）合为一人。互通从不自动合并。",
                        "You can join several accounts of one person, for example on WeChat and QQ. Hutong never does it by itself.",
                    ))
                }
                section.card aria-labelledby="persons" {
                    h2 #persons { (asker.pick("已合并", "Joined")) }
                    @if persons.is_empty() {
                        p.soft { (asker.pick("还没有。在一个人的页面上可以合并。", "None yet. Join accounts on the page of a person.")) }
                    }
                    @for person in &persons {
                        ul.offers { @for id in &person.accounts { (member(&asker, open, *id)) } }
                    }
                }
                section.card aria-labelledby="alike" {
                    h2 #alike { (asker.pick("可能是同一个人", "Perhaps one person")) }
                    p.soft {
                        (asker.pick(
                            "名字或号码相同，也可能只是巧合。是否合并由你决定。",
                            "The same name or number may well be chance. You decide.",
                        ))
                    }
                    @if suggestions.is_empty() {
                        p { (asker.pick("没有发现相似的账号。", "No accounts look alike.")) }
                    }
                    ul.offers {
                        @for suggestion in &suggestions {
                            @if let Some((one, other)) = open
                                .names
                                .account(suggestion.account)
                                .zip(open.names.account(suggestion.other))
                            {
                                li {
                                    (account_face(one))
                                    div.what {
                                        p.top {
                                            a href={ "/p/" (one.id.to_hex()) } { bdi { (one.display_name()) } }
                                            (badge(&asker, one.platform.as_ref()))
                                            " + "
                                            a href={ "/p/" (other.id.to_hex()) } { bdi { (other.display_name()) } }
                                            (badge(&asker, other.platform.as_ref()))
                                        }
                                        p.last { (why(&asker, &suggestion.reason)) }
                                    }
                                    form method="post" action="/people/join" {
                                        (token_field(&asker))
                                        input type="hidden" name="account" value=(one.id.to_hex());
                                        input type="hidden" name="other" value=(other.id.to_hex());
                                        button.quiet type="submit" { (asker.pick("是同一个人", "Same person")) }
                                    }
                                }
                            }
                        }
                    }
                }
            })
        })
        .await?;
    let frame = Frame::new(
        Section::People,
        visitor.pick("同一个人的账号", "Accounts of one person"),
    )
    .style("lists.css")
    .style("people.css");
    Ok(Page::new(frame, content).show(&visitor, &site))
}

/// An account of a person, with the way out.
fn member(visitor: &Visitor, open: &OpenArchive, id: AccountId) -> Markup {
    html! {
        @if let Some(account) = open.names.account(id) {
            li {
                (account_face(account))
                div.what {
                    p.top {
                        a href={ "/p/" (id.to_hex()) } { bdi { (account.display_name()) } }
                        (badge(visitor, account.platform.as_ref()))
                    }
                    p.last { bdi { (account.native_id) } }
                }
                form method="post" action="/people/separate" {
                    (token_field(visitor))
                    input type="hidden" name="accounts" value=(id.to_hex());
                    button.quiet type="submit" { (visitor.pick("分开", "Take out")) }
                }
            }
        }
    }
}
