//! What the archive is, and whether it is whole.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::Response;
use hutong::sinks::clock::Clock;
use hutong::sinks::words;
use hutong::{CheckReport, Cipher, Totals};
use maud::{Markup, html};

use super::conversation::date_and_time;
use crate::frame::{Frame, Page, Section, token_field};
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// A check on the page takes no longer; the command line has all the time it needs.
const CHECKING: Duration = Duration::from_secs(60);

/// So many faults are listed.
const LISTED: usize = 50;

/// What the archive is.
pub(crate) async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    site.touch();
    let about = About::of(&site).await?;
    Ok(about.page(&visitor, &site, None))
}

/// Compares every record and attachment with its digest.
pub(crate) async fn check(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    site.touch();
    let about = About::of(&site).await?;
    let checked = site
        .read(|open, _| {
            let started = Instant::now();
            let mut is_whole = true;
            let report = open.archive.check(&mut |_| {
                is_whole = started.elapsed() < CHECKING;
                is_whole
            })?;
            Ok((report, is_whole))
        })
        .await?;
    Ok(about.page(&visitor, &site, Some(&checked)))
}

struct About {
    folder: String,
    id: String,
    created: String,
    is_encrypted: bool,
    has_passphrase: bool,
    has_device_key: bool,
    totals: Totals,
}

impl About {
    async fn of(site: &Site) -> Result<Self, Failure> {
        site.read(|open, _| {
            let header = open.archive.header();
            Ok(Self {
                folder: open.archive.folder().display().to_string(),
                id: header.id.clone(),
                created: header.created.clone(),
                is_encrypted: header.cipher != Cipher::None,
                has_passphrase: header.key.passphrase.is_some(),
                has_device_key: header.key.device,
                totals: open.archive.totals()?,
            })
        })
        .await
    }

    fn page(
        &self,
        visitor: &Visitor,
        site: &Site,
        checked: Option<&(CheckReport, bool)>,
    ) -> Response {
        let pick = |zh, en| visitor.pick(zh, en);
        let title = pick("存档", "The archive");
        let made = self.created.parse::<jiff::Timestamp>().map_or_else(
            |_| self.created.clone(),
            |made| date_and_time(&mut Clock::new(&visitor.zone), made.as_millisecond()),
        );
        let key = match (self.is_encrypted, self.has_passphrase, self.has_device_key) {
            (false, ..) => pick("不加密", "not encrypted"),
            (true, true, true) => pick(
                "加密；用口令，或用这台机器保存的钥匙打开",
                "encrypted; opened by a passphrase or by the key on this machine",
            ),
            (true, true, false) => pick("加密；用口令打开", "encrypted; opened by a passphrase"),
            (true, false, _) => pick(
                "加密；钥匙只在这台机器上",
                "encrypted; its key is on this machine only",
            ),
        };
        Page::new(
            Frame::new(Section::Settings, title),
            html! {
                h1 { (title) }
                section.card {
                    dl.facts {
                        dt { (pick("位置", "Where")) } dd { code { (self.folder) } }
                        dt { (pick("保护", "Protection")) } dd { (key) }
                        dt { (pick("消息", "Messages")) } dd { (words::grouped(self.totals.messages)) }
                        dt { (pick("记录（含同一消息的其他副本）", "Records (with further copies of a message)")) }
                        dd { (words::grouped(self.totals.records)) }
                        dt { (pick("会话", "Chats")) } dd { (words::grouped(self.totals.conversations)) }
                        dt { (pick("账号", "Accounts")) } dd { (words::grouped(self.totals.accounts)) }
                        dt { (pick("建立于", "Made")) } dd { (made) }
                        dt { (pick("编号", "Id")) } dd { code { (self.id) } }
                    }
                }
                form.card method="post" action="/archive/check" {
                    (token_field(visitor))
                    h2 { (pick("检查", "Check")) }
                    p { (pick(
                        "把每条记录、每个附件和进来时算下的摘要逐一比对。",
                        "Compares every record and every attachment with the digest that was made when it came in.",
                    )) }
                    @if let Some((report, is_whole)) = checked {
                        (outcome(report, *is_whole, visitor))
                    }
                    button type="submit" { (pick("开始检查", "Check now")) }
                }
            },
        )
        .show(visitor, site)
    }
}

fn outcome(report: &CheckReport, is_whole: bool, visitor: &Visitor) -> Markup {
    let pick = |zh, en| visitor.pick(zh, en);
    html! {
        div role="status" {
            p {
                @if report.faults.is_empty() {
                    strong { (pick("没有发现问题。", "Nothing is wrong.")) }
                } @else {
                    strong.warn { (words::grouped(report.faults.len() as u64)) " " (pick("处不对：", "faults:")) }
                }
                " " (words::grouped(report.records)) " " (pick("条记录，", "records, "))
                (words::grouped(report.blobs)) " " (pick("个附件", "attachments"))
                " (" (words::size(report.blob_bytes)) ")"
            }
            @if !is_whole {
                p.warn { (pick(
                    "存档很大，一分钟内没有查完；全部检查请运行 hutong archive check。",
                    "The archive is large and a minute was not enough; `hutong archive check` checks all of it.",
                )) }
            }
            @if !report.faults.is_empty() {
                ul {
                    @for fault in report.faults.iter().take(LISTED) { li { (fault) } }
                }
            }
        }
    }
}
