//! Promise 8: memory does not grow with the input. Measured in a process of its own, where Linux tells its peak.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use hutong_samples::Plan;

use crate::set::{Home, KINDS, Kind, Set, plan};

const LIMIT_KIB: u64 = 400 * 1024;
const MESSAGES: u64 = 200_000;
const ROOT: &str = "HUTONG_TEST_ROOT";
const KEYS: &str = "HUTONG_TEST_KEYS";

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// What the child does; alone it does nothing.
#[test]
#[ignore = "the child of promise_8"]
fn child() {
    let Some(root) = std::env::var_os(ROOT) else {
        return;
    };
    let source = if KINDS[0] == Kind::WeChat && Path::new(&root).join("db_storage").exists() {
        "wechat_pc4"
    } else {
        "qq_nt"
    };
    let keys = std::fs::read_to_string(std::env::var_os(KEYS).unwrap()).unwrap();
    let mut home = Home::new();
    let report = home
        .try_import(Path::new(&root), source, &keys, &|_| {})
        .unwrap();
    assert!(report.added >= MESSAGES, "{report:?}");
    println!("peak={}", peak_kib());
}

#[test]
fn promise_8_an_import_stays_below_400_mib() {
    let set = Set::new(
        Kind::Qq,
        &Plan {
            attachments: false,
            truth: false,
            ..plan(MESSAGES)
        },
    );
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "memory::child", "--ignored", "--nocapture"])
        .env(ROOT, &set.forged.root)
        .env(KEYS, &set.forged.key_file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let peak: u64 = said
        .split("peak=")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(peak < LIMIT_KIB, "{} MiB", peak / 1024);
}
