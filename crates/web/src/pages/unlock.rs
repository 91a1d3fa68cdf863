//! Opening and closing the archive.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hutong::ArchiveError;
use maud::html;
use serde::Deserialize;

use crate::frame::{Frame, Page, token_field};
use crate::site::Door;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Given {
    #[serde(default)]
    passphrase: String,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given(…)")
    }
}

/// Asks for the passphrase, or for a click where the key lies on this machine.
pub(crate) async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    match site.blocking(Site::door).await? {
        Door::Missing => Err(Failure::NoArchive),
        Door::Open(_) => Ok(Redirect::to("/").into_response()),
        Door::Locked { needs_passphrase } => Ok(ask(&visitor, &site, needs_passphrase, false)),
    }
}

fn ask(visitor: &Visitor, site: &Site, needs_passphrase: bool, was_wrong: bool) -> Response {
    let title = visitor.pick("存档已锁上", "The archive is locked");
    Page::new(
        Frame::bare(title),
        html! {
            section.notice {
                h1 { (title) }
                @if was_wrong {
                    p.warn role="alert" { (visitor.pick("口令不对，请再试一次。", "That passphrase is wrong. Try again.")) }
                }
                @else if needs_passphrase && site.is_given_wrong_passphrase() {
                    p.warn role="status" {
                        (visitor.pick(
                            "启动时给的口令（HUTONG_PASSPHRASE 或 --passphrase-file）打不开这个存档。请输入这个存档的口令。",
                            "The passphrase given at the start (HUTONG_PASSPHRASE or --passphrase-file) does not open this \
                             archive. Type the archive's own passphrase.",
                        ))
                    }
                }
                form method="post" action="/unlock" {
                    (token_field(visitor))
                    @if needs_passphrase {
                        label for="passphrase" { (visitor.pick("存档口令", "Passphrase of the archive")) }
                        input #passphrase type="password" name="passphrase" required autocomplete="off" autofocus;
                    }
                    button type="submit" { (visitor.pick("打开", "Open")) }
                }
                p.soft {
                    (visitor.pick(
                        "口令只用来打开这台机器上的存档，页面不保存它。",
                        "The passphrase only opens the archive on this machine; the page does not keep it.",
                    ))
                }
            }
        },
    )
    .show(visitor, site)
}

/// Opens the archive.
pub(crate) async fn unlock(
    State(site): State<Site>,
    visitor: Visitor,
    Form(given): Form<Given>,
) -> Result<Response, Failure> {
    let opened = site
        .blocking(move |site| {
            let passphrase = Some(given.passphrase.as_str()).filter(|text| !text.is_empty());
            site.unlock(passphrase)
        })
        .await;
    match opened {
        Ok(_) => Ok(Redirect::to("/").into_response()),
        Err(Failure::Archive(ArchiveError::WrongPassphrase | ArchiveError::NeedsPassphrase)) => {
            Ok(ask(&visitor, &site, true, true))
        }
        Err(other) => Err(other),
    }
}

/// Closes the archive.
pub(crate) async fn lock(State(site): State<Site>) -> Redirect {
    site.shut();
    Redirect::to("/unlock")
}
