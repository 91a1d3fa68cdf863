//! First step: drop files, or name a path.

use std::path::PathBuf;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hutong::sinks::words;
use maud::{Markup, html};
use serde::Deserialize;

use super::{page, told};
use crate::frame::token_field;
use crate::jobs::Told;
use crate::site::Door;
use crate::uploads::BatchId;
use crate::visitor::Visitor;
use crate::wizard::{Draft, Place};
use crate::{Failure, Site};

/// A batch whose upload had come to an end or was left.
struct Left {
    batch: BatchId,
    files: usize,
    bytes: u64,
    is_whole: bool,
}

/// What the page needs to know of the disk.
struct Seen {
    door: Door,
    places: Vec<PathBuf>,
    left: Vec<Left>,
    room: u64,
    /// The job at work.
    job: Option<u64>,
}

fn see(site: &Site) -> Result<Seen, Failure> {
    let left = site
        .uploads()
        .batches()
        .into_iter()
        .filter(|batch| !site.uploads().is_held(batch))
        .map(|batch| {
            let uploads = site.uploads().list(&batch);
            Left {
                files: uploads.len(),
                bytes: uploads.iter().map(|upload| upload.offset).sum(),
                is_whole: uploads.iter().all(|upload| upload.offset == upload.length),
                batch,
            }
        })
        .collect();
    Ok(Seen {
        door: site.door()?,
        places: site.keeper().usual_places(),
        left,
        room: site.uploads().room(),
        job: site
            .jobs()
            .all()
            .iter()
            .find(|job| !job.state().stage.is_over())
            .map(|job| job.number),
    })
}

/// The page.
pub(crate) async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    site.touch();
    paint(&site, &visitor, "", None).await
}

async fn paint(
    site: &Site,
    visitor: &Visitor,
    path: &str,
    trouble: Option<&Told>,
) -> Result<Response, Failure> {
    let seen = site.blocking(see).await?;
    if matches!(seen.door, Door::Locked { .. }) {
        return Err(Failure::Locked);
    }
    let is_first = matches!(seen.door, Door::Missing);
    let title = if is_first {
        visitor.pick("欢迎使用互通", "Welcome to Hutong")
    } else {
        visitor.pick("导入聊天记录", "Bring in chats")
    };
    let content = html! {
        h1 { (title) }
        p.lead {
            @if is_first {
                (visitor.pick(
                    "把你自己的 QQ、微信聊天记录放进一个加密的存档，在这里阅读、搜索、统计和导出。一切都在这台机器上。",
                    "Put your own QQ and WeChat history into one encrypted archive; read it, search it and take it out here. \
                     Everything stays on this machine.",
                ))
            } @else {
                (visitor.pick(
                    "同一份记录可以反复导入：已有的不会重复，只补上新的。",
                    "The same history can be brought in again and again: what is known stays single, what is new is added.",
                ))
            }
        }
        @if let Some(trouble) = trouble { (told(visitor, trouble)) }
        @if let Some(number) = seen.job {
            p.card { a href={ "/jobs/" (number) } { (visitor.pick("正在导入，看进度", "An import is running: see how far it is")) } }
        }
        (drop_zone(visitor, seen.room))
        (path_form(visitor, path, &seen.places))
        @if !seen.left.is_empty() { (left(visitor, &seen.left)) }
        (what_can_be_read(visitor))
    };
    let mut response = page(visitor, site, 0, title, &content);
    if trouble.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Where files are dropped. Nothing of it works without the script, so the script shows it.
fn drop_zone(visitor: &Visitor, room: u64) -> Markup {
    let words_for_script = [
        ("sending", "正在上传", "Uploading"),
        ("of", "/", "of"),
        ("files", "个文件", "files"),
        ("left", "还需", "left:"),
        (
            "waiting",
            "连接断开，等待后自动继续…",
            "Connection lost; going on as soon as it is back…",
        ),
        ("paused", "已暂停", "Paused"),
        ("pause", "暂停", "Pause"),
        ("resume", "继续", "Go on"),
        (
            "skipped",
            "这些文件名不能用，已跳过：",
            "Skipped, their names cannot be used:",
        ),
        ("failed", "上传没有成功：", "The upload did not succeed: "),
        (
            "room",
            "这台机器的磁盘放不下。",
            "There is not enough room on this machine's disk.",
        ),
        (
            "changed",
            "文件在上传时变了，或不能再读取：",
            "A file changed while it was read, or cannot be read any more: ",
        ),
        ("listing", "正在列出文件…", "Listing files…"),
        ("empty", "这里面没有文件。", "There are no files in it."),
        (
            "done",
            "上传完成，正在看看是什么…",
            "Uploaded. Looking what it is…",
        ),
    ];
    html! {
        section.card.drop hidden data-drop data-room=(room) {
            @for (name, zh, en) in words_for_script {
                span hidden data-word=(name) { (visitor.pick(zh, en)) }
            }
            div.target data-target {
                h2 { (visitor.pick("把文件或文件夹拖到这里", "Drop files or a folder here")) }
                p.soft { (visitor.pick("账号文件夹、手机备份、导出的文件、zip 都可以", "An account folder, a phone backup, exported files, a zip: all are fine")) }
                p.choosers {
                    input #pick-folder.behind type="file" webkitdirectory multiple;
                    label.button for="pick-folder" { (visitor.pick("选文件夹", "Choose a folder")) }
                    input #pick-files.behind type="file" multiple;
                    label.button.quiet for="pick-files" { (visitor.pick("选文件", "Choose files")) }
                }
            }
            div.sending hidden data-sending {
                h2 aria-live="polite" data-status { }
                progress max="1" value="0" aria-label=(visitor.pick("上传进度", "Upload progress")) data-total { }
                p.figures { span data-figures { } " " span.soft data-file { } }
                p {
                    button.quiet type="button" data-pause { (visitor.pick("暂停", "Pause")) }
                    " "
                    button.quiet type="button" data-cancel { (visitor.pick("取消并删除已上传的", "Cancel and remove what was uploaded")) }
                }
            }
            div data-messages role="status" { }
            p.soft {
                (visitor.pick(
                    "文件先复制到存档旁边的临时文件夹（互通不另外加密它们；聊天软件自己加密的仍是加密的），导入完成、取消或一天之后删除。文件很大时，直接写路径更快。",
                    "Files are first copied into a temporary folder beside the archive (Hutong does not encrypt them again there; \
                     what a messenger encrypted stays so). They are removed when they have been read, when you cancel, or after \
                     a day. For very large folders naming the path is faster.",
                ))
            }
            form method="post" action="/welcome/look" data-look {
                (token_field(visitor))
                input type="hidden" name="batch" value="";
            }
        }
    }
}

fn path_form(visitor: &Visitor, path: &str, places: &[PathBuf]) -> Markup {
    html! {
        section.card {
            h2 { (visitor.pick("或者：写出它在这台机器上的位置", "Or: say where it is on this machine")) }
            form.path method="post" action="/welcome/look" {
                (token_field(visitor))
                label for="path" { (visitor.pick("文件或文件夹的路径", "Path of a file or folder")) }
                div.row {
                    input #path name="path" value=(path) required autocomplete="off" spellcheck="false"
                        placeholder=(visitor.pick("例如 D:\\xwechat_files\\wxid_…", "such as /home/me/Documents/xwechat_files/wxid_…"));
                    button type="submit" { (visitor.pick("看看", "Look")) }
                }
            }
            @if !places.is_empty() {
                h3 { (visitor.pick("在常见位置找到的", "Found in the usual places")) }
                ul.places {
                    @for place in places {
                        li {
                            form method="post" action="/welcome/look" {
                                (token_field(visitor))
                                input type="hidden" name="path" value=(place.display());
                                button.quiet type="submit" { bdi { (place.display()) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Uploads of earlier that nothing became of.
fn left(visitor: &Visitor, left: &[Left]) -> Markup {
    html! {
        section.card {
            h2 { (visitor.pick("还没有导入的上传", "Uploads that were not read yet")) }
            ul.left {
                @for Left { batch, files, bytes, is_whole } in left {
                    li {
                        span {
                            (words::grouped(*files as u64)) " " (visitor.pick("次上传，", "uploads, ")) (words::size(*bytes))
                            @if !is_whole {
                                " · " (visitor.pick("没有传完：再拖入同样的文件就会接着传", "not complete: drop the same files again to go on"))
                            }
                        }
                        @if *is_whole {
                            form method="post" action="/welcome/look" {
                                (token_field(visitor))
                                input type="hidden" name="batch" value=(batch.as_str());
                                button.quiet type="submit" { (visitor.pick("接着导入", "Go on")) }
                            }
                        }
                        form method="post" action={ "/welcome/uploads/" (batch.as_str()) "/discard" } {
                            (token_field(visitor))
                            button.quiet type="submit" { (visitor.pick("删除", "Remove")) }
                        }
                    }
                }
            }
        }
    }
}

fn what_can_be_read(visitor: &Visitor) -> Markup {
    html! {
        details.card {
            summary { (visitor.pick("能读哪些？", "What can be read?")) }
            dl.sources {
                @for source in hutong::sources::SOURCES {
                    dt { (visitor.pick(source.about().name_zh, source.about().name_en)) }
                    dd { (visitor.pick(source.about().input_zh, source.about().input_en)) }
                }
            }
        }
    }
}

/// The form.
#[derive(Debug, Deserialize)]
pub(crate) struct Where {
    #[serde(default)]
    path: String,
    #[serde(default)]
    batch: String,
}

/// Looks what is there, and leads on.
pub(crate) async fn look(
    State(site): State<Site>,
    visitor: Visitor,
    Form(given): Form<Where>,
) -> Result<Response, Failure> {
    site.touch();
    let path = given.path.trim().trim_matches('"').to_owned();
    let place = match BatchId::parse(&given.batch) {
        Some(batch) if site.uploads().exists(&batch) => Place::Batch(batch),
        Some(_) => return Err(Failure::NotFound),
        None if path.is_empty() => return Ok(Redirect::to("/welcome").into_response()),
        None => Place::Path(PathBuf::from(&path)),
    };
    let looked = site
        .blocking(move |site| {
            let draft = Draft::begin(site, place)?;
            let name = site.drafts().add(site, draft)?;
            super::proceed(site, &name, None)
        })
        .await;
    match looked {
        Ok(next) => Ok(Redirect::to(&next).into_response()),
        Err(failure @ Failure::UseCase(_)) => {
            paint(&site, &visitor, &path, Some(&Told::of(&failure))).await
        }
        Err(other) => Err(other),
    }
}

/// Removes an upload that nothing became of.
pub(crate) async fn discard_batch(
    State(site): State<Site>,
    Path(batch): Path<String>,
) -> Result<Response, Failure> {
    site.touch();
    let batch = BatchId::parse(&batch).ok_or(Failure::NotFound)?;
    site.blocking(move |site| {
        if site.uploads().is_held(&batch) {
            return Err(Failure::bad(
                "这些文件正在导入，不能删除。",
                "These files are being read and cannot be removed.",
            ));
        }
        site.uploads().remove(&batch)
    })
    .await?;
    Ok(Redirect::to("/welcome").into_response())
}
