//! Third step: the key, tried at once.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use hutong::{KeyRing, KeyRingError};
use maud::{Markup, html};
use zeroize::Zeroizing;

use super::choose::key_words;
use super::{draft, go_on, page, told};
use crate::frame::token_field;
use crate::jobs::Told;
use crate::site::lock;
use crate::visitor::Visitor;
use crate::wizard::key_help::{self, Help};
use crate::wizard::{Draft, KeyState, Typed, inspect};
use crate::{Failure, Site};

/// The page.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    site.touch();
    let shared = draft(&site, &name)?;
    let is_asked = {
        let draft = lock(&shared);
        draft.locked.is_some() || draft.first_locked().is_some()
    };
    if !is_asked {
        return go_on(&site, name, None).await;
    }
    let draft = lock(&shared);
    Ok(paint(&site, &visitor, &name, &draft, None))
}

fn paint(
    site: &Site,
    visitor: &Visitor,
    name: &str,
    draft: &Draft,
    trouble: Option<&Told>,
) -> Response {
    let title = visitor.pick("打开它需要密钥", "It takes a key to open");
    let index = draft.first_locked();
    let item = index.and_then(|index| draft.items.get(index));
    let help = item.map_or_else(key_help::of_anything, |item| {
        key_help::of(item.found.source.about().id)
    });
    let open = draft
        .items
        .iter()
        .filter(|item| item.is_chosen && item.key_state == KeyState::Fits);
    let content = html! {
        h1 { (title) }
        section.card.input {
            @if let Some(item) = item {
                div.head {
                    h2 { (visitor.pick(item.found.source.about().name_zh, item.found.source.about().name_en)) }
                    (key_words(visitor, item.key_state))
                }
                p { bdi { (item.label) } }
            }
            @if let Some(trouble) = trouble {
                (told(visitor, trouble))
            } @else if let Some(locked) = &draft.locked {
                (told(visitor, locked))
            }
            p { (visitor.pick(help.zh, help.en)) }
            (form(visitor, name, help, index))
        }
        @for item in open {
            p.soft { "✓ " bdi { (item.label) } " " (visitor.pick("已能打开", "opens")) }
        }
        section.card {
            h2 { (visitor.pick("互通不做的事", "What Hutong never does")) }
            ul { @for (zh, en) in key_help::NEVER { li { (visitor.pick(zh, en)) } } }
        }
        @if draft.items.len() > 1 {
            p { a href={ "/welcome/" (name) } { (visitor.pick("回去，少选一些", "Go back and choose fewer")) } }
        }
        form method="post" action={ "/welcome/" (name) "/discard" } {
            (token_field(visitor))
            button.link type="submit" { (visitor.pick("放弃，重新选择", "Give up and choose again")) }
        }
    };
    let mut response = page(visitor, site, 2, title, &content);
    if trouble.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

fn form(visitor: &Visitor, name: &str, help: &Help, index: Option<usize>) -> Markup {
    html! {
        form.key method="post" action={ "/welcome/" (name) "/key" } autocomplete="off" data-key-form {
            (token_field(visitor))
            @if let Some(index) = index {
                input type="hidden" name="input" value=(index);
            }
            @for field in help.fields {
                p {
                    label for=(field.name) { (visitor.pick(field.zh, field.en)) }
                    @if field.is_short {
                        input id=(field.name) type="password" name=(field.name) autocomplete="off" spellcheck="false";
                    } @else {
                        textarea id=(field.name) name=(field.name) rows="3" autocomplete="off" spellcheck="false" autocapitalize="off" { }
                    }
                }
            }
            p.from-file hidden data-key-file {
                label for="key-file" { (visitor.pick("或选一个密钥文件（只在这个页面里读取）", "Or choose a key file (read by this page only)")) }
                input #key-file type="file";
            }
            button type="submit" { (visitor.pick("试一试", "Try it")) }
        }
    }
}

/// The keys of a form, and what was typed.
fn ring(fields: Vec<(String, String)>) -> Result<(KeyRing, Typed), KeyRingError> {
    let mut ring = KeyRing::default();
    let mut typed = Typed::default();
    for (name, value) in fields {
        let value = Zeroizing::new(value);
        let known = ["text", "uid", "imei", "uin", "kc", "backup_password"];
        if value.trim().is_empty() || !known.contains(&name.as_str()) {
            continue;
        }
        if name == "text" {
            let given = match KeyRing::from_text(&value) {
                // A passphrase may begin with the sign that begins a comment in a key file.
                Err(KeyRingError::Empty) => KeyRing::from_key(&value)?,
                other => other?,
            };
            ring = ring.merged(given);
        } else {
            ring.set(&name, &value)?;
        }
        typed.set(&name, &value);
    }
    Ok((ring, typed))
}

/// Tries a key; leads on when it fits.
pub(crate) async fn try_key(
    State(site): State<Site>,
    visitor: Visitor,
    Path(name): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    site.touch();
    let shared = draft(&site, &name)?;
    let index = fields
        .iter()
        .find(|(name, _)| name == "input")
        .and_then(|(_, value)| value.parse::<usize>().ok());
    let trouble = {
        let shared = shared.clone();
        site.blocking(move |site| Ok(apply(site, &mut lock(&shared), index, fields)))
            .await?
    };
    if let Some(trouble) = trouble {
        return Ok(paint(
            &site,
            &visitor,
            &name,
            &lock(&shared),
            Some(&trouble),
        ));
    }
    go_on(&site, name, None).await
}

/// Tries the keys on the input they were given for, and on the others that still lack one. Gives what is wrong.
fn apply(
    site: &Site,
    draft: &mut Draft,
    index: Option<usize>,
    fields: Vec<(String, String)>,
) -> Option<Told> {
    let (keys, typed) = match ring(fields) {
        Ok((keys, _)) if keys.is_empty() => {
            return Some(Told::text("还没有填写密钥。", "No key was given."));
        }
        Ok(given) => given,
        Err(error) => return Some(Told::new(&error)),
    };
    if draft.locked.is_some() {
        if let Err(failure) = draft.look(site, &keys, &typed) {
            return Some(Told::of(&failure));
        }
        return draft.locked.clone();
    }
    let first = index.or_else(|| draft.first_locked())?;
    for (at, item) in draft.items.iter_mut().enumerate() {
        if at != first && (item.key_state.may_read() || !item.is_chosen) {
            continue;
        }
        let before = item.clone();
        item.give(&keys, &typed);
        // A phone backup takes its password as a whole.
        let unlocked = item.found.input.unlock(&item.keys);
        let result = inspect(&item.found, &item.keys, &item.account);
        item.take(result);
        if unlocked.is_err() && item.key_state.may_read() && item.inspection.files.is_empty() {
            item.key_state = KeyState::Wrong;
        }
        if at != first && !item.key_state.may_read() {
            *item = before;
        }
    }
    let item = draft.items.get(first)?;
    (!item.key_state.may_read()).then(|| {
        item.trouble.clone().unwrap_or_else(|| {
            Told::text(
                "这把密钥打不开它。请核对：是不是这个账号的、这个版本的，有没有少抄几位。什么也没有丢，再试一次就好。",
                "This key does not open it. Is it of this account and this version, and complete? Nothing is lost: try again.",
            )
        })
    })
}
