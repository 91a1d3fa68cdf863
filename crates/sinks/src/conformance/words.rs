//! The words of an export, read back as other programs read them.

use super::Files;

/// All words of an export in one string, names of files included. Formats that are not plain text have their reader here.
pub(super) fn read(format: &str, files: &Files) -> String {
    let mut words = String::new();
    for (name, bytes) in files {
        words.push_str(name);
        words.push('\n');
        match format {
            "html" | "md" | "txt" | "csv" | "jsonl" => {
                words.push_str(&String::from_utf8_lossy(bytes));
            }
            "eml" | "mbox" => {
                words.push_str(&super::mail::words(format, &String::from_utf8_lossy(bytes)));
            }
            other => panic!("say in this suite how the words of the format {other} are read"),
        }
        words.push('\n');
    }
    words
}
