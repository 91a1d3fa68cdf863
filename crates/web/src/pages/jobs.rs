//! An import at work: a page that renews itself, and events for the script.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use hutong::ImportReport;
use hutong::sinks::words;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::imports::counts;
use super::welcome::{page, told};
use crate::frame::token_field;
use crate::jobs::{Job, Stage, State as JobState};
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// How often the script hears how far an import is.
const EVENT_EACH: Duration = Duration::from_millis(300);
/// The page without scripts asks again after so many seconds.
const REFRESH_SECONDS: u32 = 3;

fn find(site: &Site, number: u64) -> Result<Arc<Job>, Failure> {
    site.jobs().get(number).ok_or(Failure::NotFound)
}

/// The page.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(number): Path<u64>,
) -> Result<Response, Failure> {
    let job = find(&site, number)?;
    let state = job.state();
    let title = title(&visitor, &state);
    let content = html! {
        h1 data-title { (title) }
        @if state.stage.is_over() { (ended(&visitor, &job, &state)) } @else { (running(&visitor, &site, &job, &state)) }
    };
    Ok(page(&visitor, &site, 4, title, &content))
}

fn title<'v>(visitor: &'v Visitor, state: &JobState) -> &'v str {
    match state.stage {
        Stage::Waiting => visitor.pick("等前一个导入完成", "Waiting for another import"),
        Stage::Running => visitor.pick("正在导入", "Reading"),
        Stage::Done => visitor.pick("导入完成", "Done"),
        Stage::Stopped => visitor.pick("已停止", "Stopped"),
        Stage::Failed => visitor.pick("导入没有成功", "This did not work"),
    }
}

fn running(visitor: &Visitor, site: &Site, job: &Job, state: &JobState) -> Markup {
    let figures = job.figures(site.now_ms());
    let words = line(visitor, &figures);
    html! {
        // Where scripts run, they hear events instead.
        noscript { meta http-equiv="refresh" content=(REFRESH_SECONDS); }
        section.card.job data-job={ "/jobs/" (job.number) "/events" } {
            p.now aria-live="polite" data-now { (now(visitor, state)) }
            @match figures.expected {
                Some(expected) => progress max=(expected.max(1)) value=(figures.rows.min(expected)) aria-label=(visitor.pick("导入进度", "Progress of the import")) data-progress { },
                None => progress aria-label=(visitor.pick("导入进度", "Progress of the import")) data-progress { },
            }
            p.figures data-line { (words) }
            form method="post" action={ "/jobs/" (job.number) "/stop" } {
                (token_field(visitor))
                button.quiet type="submit" { (visitor.pick("停止", "Stop")) }
            }
            p.soft {
                (visitor.pick(
                    "可以离开这个页面，导入会继续。停止后，已写入的内容保留，以后可以接着导入。",
                    "You can leave this page; reading goes on. When you stop, what is written stays, and you can go on later.",
                ))
            }
        }
    }
}

/// Which input is read.
fn now(visitor: &Visitor, state: &JobState) -> String {
    let Some(step) = state.steps.get(state.current) else {
        return String::new();
    };
    if state.steps.len() == 1 {
        return step.label.clone();
    }
    format!(
        "{} {}/{}: {}",
        visitor.pick("第", "Input"),
        state.current + 1,
        state.steps.len(),
        step.label
    )
}

/// How far it is, in one line.
fn line(visitor: &Visitor, figures: &crate::jobs::Figures) -> String {
    if figures.rows == 0 {
        // Keys are derived and databases opened; rows follow.
        return visitor.pick("准备中…", "Getting ready…").to_owned();
    }
    let mut parts = Vec::new();
    let messages = visitor.pick("条消息", "messages");
    parts.push(match figures.expected {
        Some(expected) => format!(
            "{} / {} {messages}",
            words::grouped(figures.rows),
            words::grouped(expected)
        ),
        None => format!("{} {messages}", words::grouped(figures.rows)),
    });
    if let Some(rate) = figures.rate {
        parts.push(format!(
            "{} {}",
            words::grouped(rate),
            visitor.pick("条/秒", "per second")
        ));
    }
    if let Some(seconds) = figures.seconds_left {
        parts.push(format!(
            "{} {}",
            visitor.pick("还需", "left:"),
            words::duration(seconds.saturating_mul(1000))
        ));
    }
    if figures.attachments > 0 {
        parts.push(format!(
            "{} {} ({})",
            visitor.pick("附件", "attachments:"),
            words::grouped(figures.attachments),
            words::size(figures.attachment_bytes)
        ));
    }
    parts.join(" · ")
}

fn ended(visitor: &Visitor, job: &Job, state: &JobState) -> Markup {
    let added: u64 = reports(state).map(|report| report.added).sum();
    html! {
        @if let Some(trouble) = &state.trouble { (told(visitor, trouble)) }
        @if state.stage == Stage::Done && state.probe.is_none() {
            p.lead {
                @if added > 0 {
                    (words::grouped(added)) " " (visitor.pick("条新消息进了存档。", "new messages are in the archive."))
                } @else {
                    (visitor.pick("没有新消息：这些内容存档里都有了。", "Nothing new: all of it was in the archive already."))
                }
            }
        }
        @if let Some(probe) = &state.probe {
            p.lead {
                (visitor.pick("缺失的附件", "Missing attachments:")) " " (words::grouped(probe.missing)) " · "
                (visitor.pick("找到并补上", "found and filled in:")) " " (words::grouped(probe.found)) " · "
                (visitor.pick("看过的文件", "files looked at:")) " " (words::grouped(probe.files))
            }
        }
        @if state.stage == Stage::Stopped {
            p.lead { (visitor.pick("已写入的内容保留着，接着导入会从断开的地方继续。", "What was written stays; going on continues from there.")) }
        }
        @if state.probe.is_none() {
            @for step in &state.steps {
                section.card {
                    h2 { bdi { (step.label) } }
                    @if let Some(trouble) = &step.trouble { (told(visitor, trouble)) }
                    @if let Some(report) = &step.report {
                        (counts(visitor, report))
                        p { a href={ "/imports/" (report.number) } { (visitor.pick("完整的报告", "Full report")) } }
                    }
                    @if step.report.is_none() && step.trouble.is_none() {
                        p.soft { (visitor.pick("还没有读完。", "Not read to the end.")) }
                    }
                }
            }
        }
        p.go {
            @if job.can_resume() {
                form method="post" action={ "/jobs/" (job.number) "/resume" } {
                    (token_field(visitor))
                    button type="submit" { (visitor.pick("接着导入", "Go on")) }
                }
                form method="post" action={ "/jobs/" (job.number) "/discard" } {
                    (token_field(visitor))
                    button.quiet type="submit" {
                        @if job.batch().is_some() {
                            (visitor.pick("不导入了，删除上传的文件", "Give up and remove the uploaded files"))
                        } @else {
                            (visitor.pick("不导入了", "Give up"))
                        }
                    }
                }
            }
            @if state.stage == Stage::Done {
                a.button href="/" { (visitor.pick("去看聊天记录", "Read your chats")) }
            }
            a.button.quiet href="/welcome" { (visitor.pick("再导入一些", "Bring in more")) }
        }
    }
}

fn reports(state: &JobState) -> impl Iterator<Item = &ImportReport> {
    state.steps.iter().filter_map(|step| step.report.as_ref())
}

/// How far a job is, for the script.
fn event(site: &Site, visitor: &Visitor, job: &Job) -> (Value, bool) {
    let state = job.state();
    let figures = job.figures(site.now_ms());
    let value = json!({
        "stage": state.stage.name(),
        "title": title(visitor, &state),
        "now": now(visitor, &state),
        "line": line(visitor, &figures),
        "rows": figures.rows,
        "expected": figures.expected,
        "rate": figures.rate,
        "seconds_left": figures.seconds_left,
        "attachments": figures.attachments,
        "attachment_bytes": figures.attachment_bytes,
        "input": state.current + 1,
        "inputs": state.steps.len(),
    });
    (value, state.stage.is_over())
}

/// Server-sent events until the job has ended. They do not keep the archive unlocked.
pub(crate) async fn events(
    State(site): State<Site>,
    visitor: Visitor,
    Path(number): Path<u64>,
) -> Result<Response, Failure> {
    let job = find(&site, number)?;
    let steps = futures_util::stream::unfold((None::<Value>, false), move |(last, is_over)| {
        let (site, visitor, job) = (site.clone(), visitor.clone(), job.clone());
        async move {
            if is_over {
                return None;
            }
            loop {
                let (value, is_over) = event(&site, &visitor, &job);
                if last.as_ref() != Some(&value) {
                    let event = Event::default()
                        .event(if is_over { "end" } else { "progress" })
                        .data(value.to_string());
                    return Some((Ok::<_, Infallible>(event), (Some(value), is_over)));
                }
                tokio::time::sleep(EVENT_EACH).await;
            }
        }
    });
    let mut response = Sse::new(steps)
        .keep_alive(KeepAlive::default())
        .into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Asks a job to stop.
pub(crate) async fn stop(
    State(site): State<Site>,
    Path(number): Path<u64>,
) -> Result<Redirect, Failure> {
    site.touch();
    find(&site, number)?.stop();
    Ok(Redirect::to(&format!("/jobs/{number}")))
}

/// Does an unfinished job once more.
pub(crate) async fn resume(
    State(site): State<Site>,
    Path(number): Path<u64>,
) -> Result<Redirect, Failure> {
    site.touch();
    let job = find(&site, number)?;
    let next = site
        .blocking(move |site| site.jobs().resume(site, &job))
        .await?;
    Ok(Redirect::to(&format!("/jobs/{}", next.number)))
}

/// Forgets an unfinished job and what was uploaded for it.
pub(crate) async fn discard(
    State(site): State<Site>,
    Path(number): Path<u64>,
) -> Result<Redirect, Failure> {
    site.touch();
    let job = find(&site, number)?;
    site.blocking(move |site| site.jobs().discard(site, &job))
        .await?;
    Ok(Redirect::to("/welcome"))
}
