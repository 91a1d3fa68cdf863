//! `hutong imports`.

use anyhow::Context;
use serde_json::json;

use crate::archive_access::open;
use crate::args::{ImportsArgs, ImportsCommand, Shared};
use crate::language::Language;
use crate::output::{Output, Status, local_time, number};

pub(crate) fn run(args: &ImportsArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let zone = super::zone(shared)?;
    let archive = open(shared, output)?;
    let only = args
        .command
        .as_ref()
        .map(|ImportsCommand::Show { number }| *number);
    let reports: Vec<_> = archive
        .imports()?
        .into_iter()
        .filter(|report| only.is_none_or(|number| report.number == number))
        .collect();
    if let Some(number) = only {
        reports
            .first()
            .with_context(|| format!("there is no import {number}"))?;
    }
    for report in &reports {
        let state = if report.is_unchanged {
            output.pick("没有变化", "unchanged")
        } else if report.is_complete {
            output.pick("完成", "complete")
        } else {
            output.pick("中断，可再次导入继续", "cut off; import again to go on")
        };
        output.line(&format!(
            "{:>4}  {}  {}  {}  {} = {} + {} + {}  {}",
            report.number,
            local_time(report.started_at_ms, &zone),
            report.source,
            report.input,
            number(report.rows_read),
            number(report.added),
            number(report.known),
            number(report.rejected),
            state
        ))?;
        let mut value = serde_json::to_value(report)?;
        if let Some(object) = value.as_object_mut() {
            object.insert("type".to_owned(), json!("import"));
        }
        output.json(&value)?;
        if only.is_some() {
            for (earlier, count) in &report.known_from {
                output.line(&match output.language() {
                    Language::Zh => {
                        format!("      {} 条已知，来自第 {earlier} 次导入", number(*count))
                    }
                    Language::En => {
                        format!("      {} known from import {earlier}", number(*count))
                    }
                })?;
            }
            if report.blobs_missing > 0 {
                output.line(&match output.language() {
                    Language::Zh => format!(
                        "      {} 个附件找到，{} 个缺失（以后可用 hutong media probe 补上）",
                        number(report.blobs),
                        number(report.blobs_missing)
                    ),
                    Language::En => format!(
                        "      {} attachments found, {} missing (fill in later: hutong media probe)",
                        number(report.blobs),
                        number(report.blobs_missing)
                    ),
                })?;
            }
            for file in &report.files {
                output.line(&format!(
                    "      {}  {}  blake3:{}",
                    file.path,
                    number(file.size_bytes),
                    file.blake3
                ))?;
            }
            for problem in archive.problems(report.number)? {
                output.line(&format!(
                    "      [{}] {}  {} {} {}",
                    problem.kind, problem.reason, problem.input, problem.table, problem.position
                ))?;
                let mut value = serde_json::to_value(&problem)?;
                if let Some(object) = value.as_object_mut() {
                    object.insert("type".to_owned(), json!("problem"));
                }
                output.json(&value)?;
            }
        }
    }
    Ok(Status::Done)
}
