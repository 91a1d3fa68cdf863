//! A bar with rate and time left on a terminal, a plain line now and then elsewhere; Ctrl-C stops gently.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hutong::Progress;
use indicatif::{ProgressBar, ProgressStyle};

use crate::language::Language;
use crate::output::{Output, number};

/// Between two plain lines.
const QUIET_SECONDS: u64 = 10;

/// Shows how a job goes until it is dropped.
pub(crate) struct Watch {
    is_over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    /// Watches a job. `what` names what is counted.
    pub(crate) fn start(progress: Arc<Progress>, output: &Output, what: &'static str) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let language = output.language();
        let thread = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || show(&progress, &over, language, what))
            .ok();
        Self { is_over, thread }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic while drawing must not hide the result.
            let _ = thread.join();
        }
    }
}

fn show(progress: &Progress, over: &AtomicBool, language: Language, what: &str) {
    let is_terminal = std::io::stderr().is_terminal();
    let bar = if is_terminal {
        ProgressBar::new_spinner()
    } else {
        ProgressBar::hidden()
    };
    let known = language.pick(
        "{bar:32} {human_pos}/{human_len} {msg}  {per_sec}  剩余 {eta}",
        "{bar:32} {human_pos}/{human_len} {msg}  {per_sec}  {eta} left",
    );
    let unknown = "{spinner} {human_pos} {msg}  {per_sec}";
    bar.set_message(what.to_owned());
    let start = Instant::now();
    let mut next_line = QUIET_SECONDS;
    while !over.load(Ordering::Relaxed) {
        let (done, expected) = (
            progress.rows_read.load(Ordering::Relaxed),
            progress.rows_expected.load(Ordering::Relaxed),
        );
        if is_terminal {
            if expected >= done && expected > 0 && bar.length() != Some(expected) {
                bar.set_length(expected);
            }
            let template = if bar.length().is_some() {
                known
            } else {
                unknown
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_position(done);
        } else if start.elapsed().as_secs() >= next_line {
            next_line = start.elapsed().as_secs() + QUIET_SECONDS;
            let rate = done / start.elapsed().as_secs().max(1);
            let of = if expected > 0 {
                format!("/{}", number(expected))
            } else {
                String::new()
            };
            let line = format!("{}{of} {what} ({}/s)", number(done), number(rate));
            // Nobody listening is no reason to stop.
            let _ = std::io::Write::write_all(
                &mut std::io::stderr().lock(),
                format!("{line}\n").as_bytes(),
            );
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    bar.finish_and_clear();
}

/// Lets Ctrl-C ask the job to stop; a second one ends the program at once.
pub(crate) fn stop_on_interrupt(progress: &Arc<Progress>, language: Language) {
    let progress = progress.clone();
    // A second handler cannot be set: then Ctrl-C ends the program, which loses nothing either.
    let _ = ctrlc::set_handler(move || {
        if progress.stop.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        let text = language.pick(
            "正在停止；再按一次 Ctrl-C 立即退出\n",
            "stopping; press Ctrl-C again to quit at once\n",
        );
        let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), text.as_bytes());
    });
}
