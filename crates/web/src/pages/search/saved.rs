//! Searches that the user keeps. They lie in the archive, sealed like everything else.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hutong::SavedSearch;
use maud::{Markup, html};
use serde::Deserialize;

use crate::frame::token_field;
use crate::listing::address;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// A search to keep.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    name: String,
    q: String,
}

/// Keeps a search under a name; the query itself is the name when none is given.
pub(crate) async fn keep(
    State(site): State<Site>,
    Form(kept): Form<Kept>,
) -> Result<Response, Failure> {
    site.touch();
    let query = kept.q.trim().to_owned();
    let name = match kept.name.trim() {
        "" => query.clone(),
        name => name.to_owned(),
    };
    let back = address("/search", &[("q", &query)]);
    let now_ms = site.now_ms();
    let number = site
        .read(move |open, _| {
            let keep = || open.archive.keep_search(&name, &query, now_ms);
            Ok(open.searches.change(keep)?)
        })
        .await?;
    if number.is_none() {
        return Err(Failure::bad(
            "没有保存：名称或搜索词为空、太长，或保存的搜索已经太多。",
            "Not saved: the name or the query is empty or too long, or too many searches are saved already.",
        ));
    }
    Ok(Redirect::to(&back).into_response())
}

/// The search to forget.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Forgotten {
    number: i64,
}

/// Forgets a search.
pub(crate) async fn forget(
    State(site): State<Site>,
    Form(forgotten): Form<Forgotten>,
) -> Result<Response, Failure> {
    site.touch();
    let was_there = site
        .read(move |open, _| {
            let forget = || open.archive.forget_search(forgotten.number);
            Ok(open.searches.change(forget)?)
        })
        .await?;
    if was_there {
        Ok(Redirect::to("/search").into_response())
    } else {
        Err(Failure::NotFound)
    }
}

/// The searches that are kept.
pub(super) fn list(visitor: &Visitor, saved: &[SavedSearch]) -> Markup {
    html! {
        @if !saved.is_empty() {
            section.facet {
                h2 { (visitor.pick("保存的搜索", "Saved searches")) }
                ul {
                    @for search in saved {
                        li {
                            a href=(address("/search", &[("q", &search.query)])) title=(search.query) {
                                bdi { (search.name) }
                            }
                            form method="post" action="/search/forget" {
                                (token_field(visitor))
                                input type="hidden" name="number" value=(search.number);
                                button.quiet.small type="submit"
                                    aria-label={ (visitor.pick("删除保存的搜索 ", "Delete the saved search ")) (search.name) } {
                                    (visitor.pick("删除", "Delete"))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The form that keeps this search.
pub(super) fn keep_form(visitor: &Visitor, query: &str) -> Markup {
    html! {
        form.keep method="post" action="/search/keep" {
            (token_field(visitor))
            input type="hidden" name="q" value=(query);
            label for="keep-name" { (visitor.pick("保存这个搜索", "Save this search")) }
            div {
                input #keep-name name="name" maxlength="200" autocomplete="off"
                    placeholder=(visitor.pick("名称（可不填）", "Name (optional)"));
                button.quiet type="submit" { (visitor.pick("保存", "Save")) }
            }
        }
    }
}
