//! What a book must be, and its words as another program reads them.

use std::io::Write;
use std::process::{Command, Stdio};

/// Whether a program is installed. The tests of the words need `pdftotext`, which `scripts/setup` installs.
fn run(program: &str, arguments: &[&str], file: &[u8]) -> Option<(bool, Vec<u8>)> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take().unwrap();
    let file = file.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&file));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    Some((output.status.success(), output.stdout))
}

/// A file that begins and ends as one, says that it follows PDF/A-2b, and holds nothing that acts or fetches.
pub(super) fn check(file: &[u8]) {
    assert!(file.starts_with(b"%PDF-1.7\n"));
    assert!(file.ends_with(b"%%EOF"));
    let has = |wanted: &[u8]| file.windows(wanted.len()).any(|window| window == wanted);
    assert!(
        has(b"<pdfaid:part>2</pdfaid:part>") && has(b"<pdfaid:conformance>B</pdfaid:conformance>")
    );
    for active in [
        &b"/JavaScript"[..],
        b"/Launch",
        b"/EmbeddedFile",
        b"/OpenAction",
        b"/GoToR",
    ] {
        assert!(!has(active), "{}", String::from_utf8_lossy(active));
    }
}

/// The words in the order in which they are read.
pub(crate) fn words(file: &[u8]) -> String {
    let (is_read, words) = run("pdftotext", &["-enc", "UTF-8", "-", "-"], file)
        .expect("pdftotext is installed (Debian: poppler-utils)");
    assert!(is_read, "pdftotext cannot read the file");
    String::from_utf8(words).unwrap()
}

/// The words without what hangs on the fonts of a system and the version of the reader: spaces, ends of lines and
/// pages. Every time begins a line, so that a person can review it.
pub(super) fn reviewed(file: &[u8]) -> String {
    let mut out = String::new();
    for line in words(file).lines() {
        let is_number = line.chars().all(|character| character.is_ascii_digit());
        let is_about_fonts = line.starts_with("字体 ") || line.starts_with("Fonts ");
        if is_number || is_about_fonts {
            continue;
        }
        for word in line.split_whitespace() {
            let is_time = word.len() == 8 && word.as_bytes().get(2) == Some(&b':');
            if is_time {
                out.push('\n');
            }
            out.extend(word.chars().filter(|character| !matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')));
            if is_time {
                out.push(' ');
            }
        }
    }
    out.push('\n');
    out
}
