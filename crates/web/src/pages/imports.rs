//! Imports of earlier and their reports.

use std::collections::BTreeMap;
use std::path::PathBuf;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use hutong::sinks::words;
use hutong::{ImportReport, StoredProblem};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::frame::{Frame, Page, Section, token_field};
use crate::jobs::Order;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// Problems of one reason on a page.
const PROBLEMS_ON_PAGE: usize = 100;
/// Files of an input that are listed.
const LISTED_FILES: usize = 2000;

/// The source's name; fillings-in of attachments are imports without one.
fn source_name<'v>(visitor: &'v Visitor, report: &'v ImportReport) -> &'v str {
    match hutong::sources::source(&report.source) {
        Some(source) => visitor.pick(source.about().name_zh, source.about().name_en),
        None if report.source == "media_probe" => {
            visitor.pick("补上缺失的附件", "Missing attachments filled in")
        }
        None => &report.source,
    }
}

fn local(instant_ms: i64, zone: &TimeZone) -> String {
    jiff::Timestamp::from_millisecond(instant_ms)
        .map(|instant| {
            instant
                .to_zoned(zone.clone())
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        })
        .unwrap_or_default()
}

fn took(report: &ImportReport) -> Option<String> {
    let milliseconds = report.finished_at_ms? - report.started_at_ms;
    Some(words::duration(u64::try_from(milliseconds).ok()?))
}

fn state(visitor: &Visitor, report: &ImportReport) -> Markup {
    html! {
        @if report.is_unchanged {
            span.tag { (visitor.pick("没有变化", "unchanged")) }
        } @else if report.is_complete {
            span.tag.good { (visitor.pick("完整", "complete")) }
        } @else {
            span.tag.warn { (visitor.pick("没有读完", "not read to the end")) }
        }
    }
}

/// `rows read = added + known + rejected`, with attachments.
pub(crate) fn counts(visitor: &Visitor, report: &ImportReport) -> Markup {
    let figure = |number: u64, name: &str, is_odd: bool| {
        html! {
            div.figure.warn[is_odd] { strong { (words::grouped(number)) } span { (name) } }
        }
    };
    html! {
        div.sum {
            (figure(report.rows_read, visitor.pick("读取", "read"), false))
            span aria-hidden="true" { "=" }
            (figure(report.added, visitor.pick("新增", "added"), false))
            span aria-hidden="true" { "+" }
            (figure(report.known, visitor.pick("已有", "known"), false))
            span aria-hidden="true" { "+" }
            (figure(report.rejected, visitor.pick("读不出", "rejected"), report.rejected > 0))
        }
        p.soft {
            (words::grouped(report.conversations)) " " (visitor.pick("个会话", "chats")) " · "
            (words::grouped(report.accounts)) " " (visitor.pick("个账号", "accounts"))
            @if report.blobs + report.blobs_missing > 0 {
                " · " (visitor.pick("附件：", "attachments: ")) (words::grouped(report.blobs)) " (" (words::size(report.blob_bytes)) ")"
                @if report.blobs_missing > 0 {
                    ", " (words::grouped(report.blobs_missing)) " " (visitor.pick("个缺失", "missing"))
                }
            }
            @if report.is_unchanged { " · " (visitor.pick("自上次导入以来没有变化", "nothing has changed since the last import")) }
        }
    }
}

/// All imports, the latest first.
pub(crate) async fn list(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    site.touch();
    let mut reports = site.read(|open, _| Ok(open.archive.imports()?)).await?;
    reports.reverse();
    let running: Vec<_> = site
        .jobs()
        .all()
        .into_iter()
        .filter(|job| !job.state().stage.is_over() || job.can_resume())
        .collect();
    let missing: u64 = reports.iter().map(|report| report.blobs_missing).sum();
    let title = visitor.pick("导入", "Imports");
    let content = html! {
        div.wizard {
            div.between {
                h1 { (title) }
                a.button href="/welcome" { (visitor.pick("再导入一些", "Bring in more")) }
            }
            @for job in &running {
                p.card {
                    a href={ "/jobs/" (job.number) } {
                        @if job.can_resume() { (visitor.pick("有一个没有做完的导入", "There is an import that was not finished")) }
                        @else { (visitor.pick("正在导入，看进度", "An import is running: see how far it is")) }
                    }
                }
            }
            @if reports.is_empty() {
                p { (visitor.pick("还没有导入过。", "Nothing was brought in yet.")) }
            }
            @for report in &reports { (row(&visitor, report)) }
            (probe_form(&visitor, missing))
        }
    };
    Ok(frame(&visitor, &site, title, content))
}

fn row(visitor: &Visitor, report: &ImportReport) -> Markup {
    html! {
        section.card.import {
            div.between {
                h2 { a href={ "/imports/" (report.number) } { (report.number) " · " (source_name(visitor, report)) } }
                (state(visitor, report))
            }
            p.soft {
                time { (local(report.started_at_ms, &visitor.zone)) }
                @if let Some(took) = took(report) { " · " (visitor.pick("用时", "took")) " " (took) }
                " · " bdi { (report.input) }
            }
            (counts(visitor, report))
            @if !report.known_from.is_empty() { (known_from(visitor, report)) }
            @if report.problems > 0 {
                p.soft { a href={ "/imports/" (report.number) "#problems" } { (words::grouped(report.problems)) " " (visitor.pick("处问题", "problems")) } }
            }
        }
    }
}

fn known_from(visitor: &Visitor, report: &ImportReport) -> Markup {
    html! {
        p.soft {
            (visitor.pick("已有的来自：", "Known from: "))
            @for (index, (import, count)) in report.known_from.iter().enumerate() {
                @if index > 0 { ", " }
                a href={ "/imports/" (import) } { (visitor.pick("第", "import ")) (import) (visitor.pick("次导入", "")) }
                " (" (words::grouped(*count)) ")"
            }
        }
    }
}

fn probe_form(visitor: &Visitor, missing: u64) -> Markup {
    html! {
        @if missing > 0 {
            section.card {
                h2 { (visitor.pick("缺失的附件", "Missing attachments")) }
                p {
                    (visitor.pick(
                        "图片或文件在另一个文件夹里？写出它在这台机器上的位置，互通按摘要、名字和大小认出它们并补上。",
                        "Are pictures or files in another folder? Say where it is on this machine; Hutong recognises them by digest, \
                         name and size and fills them in.",
                    ))
                }
                form.path method="post" action="/imports/probe" {
                    (token_field(visitor))
                    label for="folder" { (visitor.pick("文件夹的路径", "Path of the folder")) }
                    div.row {
                        input #folder name="folder" required autocomplete="off" spellcheck="false";
                        button.quiet type="submit" { (visitor.pick("找一找", "Look")) }
                    }
                }
            }
        }
    }
}

fn frame(visitor: &Visitor, site: &Site, title: &str, content: Markup) -> Response {
    Page::new(
        Frame::new(Section::Imports, title).style("wizard.css"),
        content,
    )
    .show(visitor, site)
}

/// Which problems to show.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// Number of the group, counted from 0.
    group: Option<usize>,
    /// Page of the group, counted from 0.
    #[serde(default)]
    page: usize,
}

/// Problems with the same cause.
struct Group {
    kind: &'static str,
    reason: String,
    problems: Vec<StoredProblem>,
}

/// Equal causes together, the most frequent first.
fn groups(problems: Vec<StoredProblem>) -> Vec<Group> {
    let mut by_cause: BTreeMap<(&'static str, String), Vec<StoredProblem>> = BTreeMap::new();
    for problem in problems {
        by_cause
            .entry((problem.kind, problem.reason.clone()))
            .or_default()
            .push(problem);
    }
    let mut groups: Vec<_> = by_cause
        .into_iter()
        .map(|((kind, reason), problems)| Group {
            kind,
            reason,
            problems,
        })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.problems.len()));
    groups
}

/// The report of one import.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(number): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    site.touch();
    let (report, problems, missing) = site
        .read(move |open, _| {
            let mut reports = open.archive.imports()?;
            let at = reports.iter().position(|report| report.number == number);
            let report = reports.swap_remove(at.ok_or(Failure::NotFound)?);
            let problems = groups(open.archive.problems(number)?);
            let missing: Vec<_> = hutong::missing_files(&open.archive)?
                .into_iter()
                .filter(|file| file.import == number)
                .collect();
            Ok((report, problems, missing))
        })
        .await?;
    let title = format!("{} {number}", visitor.pick("导入", "Import"));
    let content = html! {
        div.wizard {
            p { a href="/imports" { "← " (visitor.pick("全部导入", "All imports")) } }
            div.between { h1 { (title) " · " (source_name(&visitor, &report)) } (state(&visitor, &report)) }
            section.card {
                dl.facts {
                    dt { (visitor.pick("位置", "Where")) } dd { bdi { (report.input) } }
                    dt { (visitor.pick("时间", "When")) } dd { (local(report.started_at_ms, &visitor.zone)) }
                    @if let Some(took) = took(&report) { dt { (visitor.pick("用时", "Took")) } dd { (took) } }
                }
                (counts(&visitor, &report))
                @if !report.known_from.is_empty() { (known_from(&visitor, &report)) }
                @if report.sightings > 0 {
                    p.soft { (words::grouped(report.sightings)) " " (visitor.pick("条已有的消息在这里有不同的版本，都保留了", "known messages look different here; both versions were kept")) }
                }
            }
            @if !missing.is_empty() {
                section.card {
                    h2 { (visitor.pick("可能缺少的文件", "Files that may be missing")) }
                    p.soft { (visitor.pick("按其他文件的编号看，这些也应该有：", "By the numbers of the other files these should be there, too:")) }
                    ul.files { @for file in &missing { li { bdi { (file.path) } } } }
                }
            }
            (problems_card(&visitor, number, &problems, &asked))
            (files_card(&visitor, &report))
        }
    };
    Ok(frame(&visitor, &site, &title, content))
}

fn kind_name<'v>(visitor: &'v Visitor, kind: &str) -> &'v str {
    match kind {
        "rejected" => visitor.pick("读不出的行", "row not read"),
        "damage" => visitor.pick("损坏", "damage"),
        _ => visitor.pick("说明", "note"),
    }
}

fn problems_card(visitor: &Visitor, number: i64, groups: &[Group], asked: &Asked) -> Markup {
    html! {
        section.card #problems {
            h2 { (visitor.pick("问题", "Problems")) }
            @if groups.is_empty() { p { (visitor.pick("没有。每一行都读出来了。", "None. Every row was read.")) } }
            @for (index, group) in groups.iter().enumerate() {
                details open[asked.group == Some(index)] {
                    summary {
                        span.tag.warn[group.kind != "note"] { (kind_name(visitor, group.kind)) } " "
                        (words::grouped(group.problems.len() as u64)) " × " bdi { (hutong::reason_words(&group.reason, visitor.language)) }
                    }
                    @let page = if asked.group == Some(index) { asked.page } else { 0 };
                    ul.files {
                        @for problem in group.problems.iter().skip(page.saturating_mul(PROBLEMS_ON_PAGE)).take(PROBLEMS_ON_PAGE) {
                            li { bdi { (problem.input) } " " bdi { (problem.table) } " " span.soft { (problem.position) } }
                        }
                    }
                    @let pages = group.problems.len().div_ceil(PROBLEMS_ON_PAGE);
                    @if pages > 1 {
                        p {
                            @if page > 0 { a href={ "/imports/" (number) "?group=" (index) "&page=" (page - 1) "#problems" } { (visitor.pick("上一页", "Previous")) } " " }
                            (page + 1) "/" (pages)
                            @if page + 1 < pages { " " a href={ "/imports/" (number) "?group=" (index) "&page=" (page + 1) "#problems" } { (visitor.pick("下一页", "Next")) } }
                        }
                    }
                }
            }
        }
    }
}

fn files_card(visitor: &Visitor, report: &ImportReport) -> Markup {
    html! {
        section.card {
            h2 { (visitor.pick("读过的文件", "Files that were read")) }
            @if report.files.is_empty() {
                p.soft { (visitor.pick("没有记录。", "None recorded.")) }
            } @else {
                div.scroll tabindex="0" role="region" aria-label=(visitor.pick("文件和摘要", "Files and digests")) {
                    table {
                        thead { tr {
                            th scope="col" { (visitor.pick("文件", "File")) }
                            th scope="col" { (visitor.pick("大小", "Size")) }
                            th scope="col" { "BLAKE3" }
                        } }
                        tbody {
                            @for file in report.files.iter().take(LISTED_FILES) {
                                tr { td { bdi { (file.path) } } td.number { (words::size(file.size_bytes)) } td { code { (file.blake3) } } }
                            }
                        }
                    }
                }
                @if report.files.len() > LISTED_FILES { p { "… " (report.files.len()) } }
            }
        }
    }
}

/// The form.
#[derive(Debug, Deserialize)]
pub(crate) struct Folder {
    #[serde(default)]
    folder: String,
}

/// Looks for missing attachments in a folder.
pub(crate) async fn probe(
    State(site): State<Site>,
    Form(Folder { folder }): Form<Folder>,
) -> Result<Response, Failure> {
    site.touch();
    let folder = PathBuf::from(folder.trim());
    let job = site
        .blocking(move |site| {
            if !folder.exists() {
                return Err(hutong::Error::NoSuchPath {
                    nearest: hutong::nearest_existing(&folder),
                    path: folder,
                }
                .into());
            }
            site.jobs().add(site, Order::Probe { folder })
        })
        .await?;
    Ok(Redirect::to(&format!("/jobs/{}", job.number)).into_response())
}
