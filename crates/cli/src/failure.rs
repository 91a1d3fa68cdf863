//! Errors for people: what failed, why, and what to try.

use hutong::Surface;

use crate::language::Language;

/// Prints an error on the standard error, or as one JSON line on the standard output.
#[expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "the one place that prints errors"
)]
pub(crate) fn report(error: &anyhow::Error, language: Language, is_json: bool) {
    let words = hutong::explain(error.as_ref(), language.for_sinks(), Surface::CommandLine);
    let labels = language.pick("错误：|  原因：|  建议：", "error: |  why: |  try: ");
    let mut labels = labels.split('|');
    let mut label = || labels.next().unwrap_or_default();
    eprintln!("{}{}", label(), words.what);
    let why = label();
    for reason in &words.why {
        eprintln!("{why}{reason}");
    }
    if let Some(hint) = &words.hint {
        eprintln!("{}{hint}", label());
    }
    if is_json {
        println!(
            "{}",
            serde_json::json!({"type": "error", "error": words.what, "why": words.why, "try": words.hint})
        );
    }
}
