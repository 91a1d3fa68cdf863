//! Fourth step, when there is no archive yet: how it is protected.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use hutong::Protection;
use maud::html;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{draft, go_on, page};
use crate::frame::token_field;
use crate::site::Door;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// Shortest passphrase that is taken, in characters.
const MIN_PASSPHRASE: usize = 8;

/// The page.
pub(crate) async fn ask(
    State(site): State<Site>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    site.touch();
    draft(&site, &name)?;
    if !matches!(site.blocking(Site::door).await?, Door::Missing) {
        return go_on(&site, name, None).await;
    }
    Ok(paint(&site, &visitor, &name, None))
}

fn paint(site: &Site, visitor: &Visitor, name: &str, trouble: Option<&str>) -> Response {
    let title = visitor.pick("怎样保护你的存档", "How to protect your archive");
    let content = html! {
        h1 { (title) }
        p.lead {
            (visitor.pick(
                "聊天记录会放进一个加密的存档。它的钥匙由你决定放在哪里：",
                "Your chats go into an encrypted archive. You decide where its key is:",
            ))
        }
        @if let Some(trouble) = trouble { div.alert role="alert" { p { (trouble) } } }
        @if site.keeper().has_passphrase() {
            div.alert {
                p {
                    (visitor.pick(
                        "互通启动时已经得到一个口令（HUTONG_PASSPHRASE 或 --passphrase-file）。存档用的是你在下面选的口令；\
                         两者不同时，以后每次打开都会在页面上问你，直到启动时给的也是下面这一个。",
                        "Hutong was given a passphrase at its start (HUTONG_PASSPHRASE or --passphrase-file). The archive is \
                         protected with what you choose below; where the two differ, the page asks for the passphrase each \
                         time, until the start is given the one below, too.",
                    ))
                }
            }
        }
        form method="post" action={ "/welcome/" (name) "/start" } autocomplete="off" {
            (token_field(visitor))
            fieldset.card.choice {
                legend { (visitor.pick("钥匙", "Key")) }
                div.option {
                    input #with-passphrase type="radio" name="protection" value="passphrase" checked;
                    label for="with-passphrase" { (visitor.pick("用口令", "A passphrase")) }
                    p.soft {
                        (visitor.pick(
                            "每次打开都要输入。存档拷到哪里都能打开；口令忘了，谁也打不开，互通也没有后门。",
                            "Asked for whenever it is opened. The archive opens wherever you copy it; if you forget the \
                             passphrase nobody can open it, and there is no back door.",
                        ))
                    }
                    p {
                        label for="passphrase" { (visitor.pick("口令（至少 8 个字符，几个词连成一句最好记）", "Passphrase (at least 8 characters; a few words are easiest to remember)")) }
                        input #passphrase type="password" name="passphrase" autocomplete="new-password";
                    }
                    p {
                        label for="again" { (visitor.pick("再输一次", "Once more")) }
                        input #again type="password" name="again" autocomplete="new-password";
                    }
                }
                div.option {
                    input #on-device type="radio" name="protection" value="device";
                    label for="on-device" { (visitor.pick("钥匙留在这台机器上", "The key stays on this machine")) }
                    p.soft {
                        (visitor.pick(
                            "不用输入口令：钥匙保存在你的用户设置里，能登录你账户的人就能打开。存档拷到别处打不开，除非以后设一个口令。",
                            "Nothing to type: the key lies in your own settings folder, and whoever can log in as you can open it. \
                             Copied elsewhere the archive does not open, unless you set a passphrase later.",
                        ))
                    }
                }
            }
            p.soft {
                (visitor.pick("存档放在：", "The archive will be in: "))
                bdi { (site.settings().archive_folder.display()) }
            }
            p.go { button type="submit" { (visitor.pick("开始导入", "Start")) } }
        }
    };
    let mut response = page(visitor, site, 3, title, &content);
    if trouble.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// The form.
#[derive(Deserialize)]
pub(crate) struct Given {
    #[serde(default)]
    protection: String,
    #[serde(default)]
    passphrase: String,
    #[serde(default)]
    again: String,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given(…)")
    }
}

/// Starts the import, the new archive protected as told.
pub(crate) async fn start(
    State(site): State<Site>,
    visitor: Visitor,
    Path(name): Path<String>,
    Form(given): Form<Given>,
) -> Result<Response, Failure> {
    site.touch();
    draft(&site, &name)?;
    let (passphrase, again) = (
        Zeroizing::new(given.passphrase),
        Zeroizing::new(given.again),
    );
    let protection = match given.protection.as_str() {
        "device" => Protection::Device,
        "passphrase" => {
            let trouble = if passphrase.chars().count() < MIN_PASSPHRASE {
                Some(visitor.pick(
                    "口令太短：至少 8 个字符。",
                    "The passphrase is too short: 8 characters at least.",
                ))
            } else if passphrase != again {
                Some(visitor.pick(
                    "两次输入的口令不一样，请重来。",
                    "The two passphrases differ; type them again.",
                ))
            } else {
                None
            };
            if trouble.is_some() {
                return Ok(paint(&site, &visitor, &name, trouble));
            }
            Protection::Passphrase(passphrase.to_string())
        }
        _ => {
            return Ok(paint(
                &site,
                &visitor,
                &name,
                Some(visitor.pick("请选择一种。", "Choose one.")),
            ));
        }
    };
    go_on(&site, name, Some(protection)).await
}
