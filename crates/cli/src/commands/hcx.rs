//! `hutong hcx`.

use std::path::Path;

use serde_json::json;

use crate::args::{HcxArgs, HcxCommand};
use crate::output::{Output, Status, number, size};

pub(crate) fn run(args: &HcxArgs, output: &Output) -> anyhow::Result<Status> {
    match &args.command {
        HcxCommand::Check { file } => check(file, output),
    }
}

fn check(file: &Path, output: &Output) -> anyhow::Result<Status> {
    match hutong::check_hcx(file)? {
        Ok(checked) => {
            let counts = &checked.counts;
            output.line(&format!(
                "{} (HCX {}): {} {}, {} {}, {} {}, {} {}, {}",
                output.pick("完好", "whole"),
                checked.version,
                number(counts.messages),
                output.pick("条消息", "messages"),
                number(counts.accounts),
                output.pick("个账号说法", "statements about accounts"),
                number(counts.conversations),
                output.pick("个会话说法", "statements about chats"),
                number(counts.blobs),
                output.pick("个附件内容", "contents of attachments"),
                size(checked.payload_bytes)
            ))?;
            output.json(&json!({
                "type": "hcx_check", "file": file.to_string_lossy(), "ok": true, "version": checked.version,
                "messages": counts.messages, "copies": counts.copies, "accounts": counts.accounts,
                "conversations": counts.conversations, "memberships": counts.memberships, "changes": counts.changes,
                "blobs": counts.blobs, "payload_bytes": checked.payload_bytes,
            }))?;
            Ok(Status::Done)
        }
        Err(flaw) => {
            let place = match flaw.line {
                Some(line) => format!("{}, {} {line}", flaw.file, output.pick("第", "line")),
                None if flaw.file.is_empty() => file.display().to_string(),
                None => flaw.file.clone(),
            };
            output.line(&format!(
                "{} [{}] {place}: {}",
                output.pick("有问题", "not whole"),
                flaw.code.as_str(),
                flaw.what
            ))?;
            output.json(&json!({
                "type": "hcx_check", "file": file.to_string_lossy(), "ok": false, "code": flaw.code.as_str(),
                "member": flaw.file, "line": flaw.line, "what": flaw.what,
            }))?;
            Ok(Status::Failed)
        }
    }
}
