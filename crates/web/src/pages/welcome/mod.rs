//! The wizard: files → what they are → key → protection → reading.

mod choose;
mod key;
mod protect;
mod start;

use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use hutong::Protection;
use maud::{Markup, html};

use crate::frame::{Frame, Page, Section};
use crate::jobs::{Order, Told};
use crate::site::{Door, lock};
use crate::visitor::Visitor;
use crate::wizard::Draft;
use crate::{Failure, Site};

pub(crate) use choose::{choose, show as show_choice};
pub(crate) use key::{show as ask_key, try_key};
pub(crate) use protect::{ask as ask_protection, start as protect_and_start};
pub(crate) use start::{discard_batch, look, show};

/// The steps, in order.
const STEPS: [(&str, &str); 5] = [
    ("选文件", "Files"),
    ("看看是什么", "What it is"),
    ("密钥", "Key"),
    ("保护", "Protection"),
    ("导入", "Reading"),
];

/// A page of the wizard. `step` counts from 0.
pub(crate) fn page(
    visitor: &Visitor,
    site: &Site,
    step: usize,
    title: &str,
    content: &Markup,
) -> Response {
    Page::new(
        Frame::new(Section::Imports, title)
            .style("wizard.css")
            .script("wizard.js"),
        html! {
            div.wizard {
                ol.steps aria-label=(visitor.pick("步骤", "Steps")) {
                    @for (index, (zh, en)) in STEPS.iter().enumerate() {
                        li.done[index < step] aria-current=[(index == step).then_some("step")] {
                            span { (visitor.pick(zh, en)) }
                        }
                    }
                }
                (content)
            }
        },
    )
    .show(visitor, site)
}

/// An error in words: what, why, what to try.
pub(crate) fn told(visitor: &Visitor, told: &Told) -> Markup {
    let words = told.say(visitor.language);
    html! {
        div.alert role="alert" {
            p { strong { (words.what) } }
            @for why in &words.why { p { (why) } }
            @if let Some(hint) = &words.hint {
                p { (visitor.pick("建议：", "Try: ")) (hint) }
            }
        }
    }
}

/// The draft that an address names.
fn draft(site: &Site, name: &str) -> Result<Arc<Mutex<Draft>>, Failure> {
    site.drafts().get(site, name).ok_or_else(|| {
        Failure::bad(
            "这次导入的准备已过期（密钥不会久留在内存里）。请重新开始。",
            "This import was prepared too long ago (keys do not stay in memory). Begin again.",
        )
    })
}

/// The next step of a draft. Starts the import when nothing is left to ask. Blocks.
fn proceed(site: &Site, name: &str, protection: Option<Protection>) -> Result<String, Failure> {
    let shared = draft(site, name)?;
    let draft = lock(&shared);
    if draft.locked.is_some() || draft.is_settled && draft.first_locked().is_some() {
        return Ok(format!("/welcome/{name}/key"));
    }
    if !draft.is_settled {
        return Ok(format!("/welcome/{name}"));
    }
    match site.door()? {
        Door::Missing if protection.is_none() => return Ok(format!("/welcome/{name}/protect")),
        Door::Locked { .. } => return Err(Failure::Locked),
        Door::Missing | Door::Open(_) => {}
    }
    let order = Order::Import {
        inputs: draft.chosen(),
        options: draft.options.clone(),
        protection,
        batch: draft.batch().cloned(),
    };
    drop(draft);
    let job = site.jobs().add(site, order)?;
    site.drafts().remove(name);
    Ok(format!("/jobs/{}", job.number))
}

/// Leads on to the next step.
async fn go_on(
    site: &Site,
    name: String,
    protection: Option<Protection>,
) -> Result<Response, Failure> {
    let next = site
        .blocking(move |site| proceed(site, &name, protection))
        .await?;
    Ok(Redirect::to(&next).into_response())
}

/// Wipes a draft and what was uploaded for it.
pub(crate) async fn discard(
    State(site): State<Site>,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    site.touch();
    site.blocking(move |site| {
        if let Some(shared) = site.drafts().get(site, &name) {
            site.drafts().remove(&name);
            if let Some(batch) = lock(&shared).batch() {
                site.uploads().remove(batch)?;
            }
        }
        Ok(())
    })
    .await?;
    Ok(Redirect::to("/welcome").into_response())
}
