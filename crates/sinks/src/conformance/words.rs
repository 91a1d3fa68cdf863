//! The words of an export, read back as other programs read them.

use std::io::{Cursor, Read};

use super::Files;

/// What a zip holds, in the order of its directory.
pub(crate) fn unzip(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut entry = zip.by_index(index).unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (entry.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

/// All words of an export in one string, names of files included. Formats that are not plain text have their reader here.
pub(crate) fn read(format: &str, files: &Files) -> String {
    let mut words = String::new();
    for (name, bytes) in files {
        words.push_str(name);
        words.push('\n');
        match format {
            "html" | "page" | "md" | "notes" | "txt" | "csv" | "jsonl" => {
                words.push_str(&String::from_utf8_lossy(bytes));
            }
            "eml" | "mbox" => {
                words.push_str(&super::mail::words(format, &String::from_utf8_lossy(bytes)));
            }
            "chatlab" | "miniprogram" | "onebot-nodes" | "whatsapp-txt" => {
                words.push_str(&String::from_utf8_lossy(bytes));
            }
            "telegram-import" | "slack-import" | "mattermost" => {
                for (name, bytes) in unzip(bytes) {
                    words.push_str(&name);
                    words.push('\n');
                    words.push_str(&String::from_utf8_lossy(&bytes));
                    words.push('\n');
                }
            }
            #[cfg(feature = "png")]
            "png" => words.push_str(&super::png::words(bytes)),
            #[cfg(feature = "pdf")]
            "pdf" => words.push_str(&super::pdf::words(bytes)),
            "rsmf" => words.push_str(&super::rsmf::words(&String::from_utf8_lossy(bytes))),
            "hcx" => {
                for (name, bytes) in super::hcx::members(bytes) {
                    words.push_str(&format!("{name}\n{}\n", String::from_utf8_lossy(&bytes)));
                }
            }
            #[cfg(any(feature = "docx", feature = "xlsx"))]
            "docx" | "xlsx" if name.contains("/media/") => {
                words.push_str(&String::from_utf8_lossy(bytes));
            }
            #[cfg(feature = "docx")]
            "docx" => words.push_str(&super::office::document(bytes)),
            #[cfg(feature = "xlsx")]
            "xlsx" => words.push_str(&super::office::workbook(bytes)),
            #[cfg(feature = "parquet")]
            "parquet" => words.push_str(&super::table::read(bytes)),
            other => panic!("say in this suite how the words of the format {other} are read"),
        }
        words.push('\n');
    }
    words
}
