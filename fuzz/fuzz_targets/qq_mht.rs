//! A web archive of QQ's message manager, and the pictures in it.
#![no_main]

use std::io::Read;

use hutong_model::{Collected, Record};
use hutong_sources::{Input, ReadOptions, Source, qq_mht::QqMht};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("hutong-fuzz-mht-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written");
    let input = Input::open(&path).expect("the file was just written");
    let _ = QqMht.recognize(&input);
    let options = ReadOptions {
        locate_attachments: true,
        ..ReadOptions::default()
    };
    let mut given = Collected::default();
    let _ = QqMht.read(&input, &options, &mut given);
    for record in &given.records {
        let Record::Message(message) = record else {
            continue;
        };
        for part in &message.parts {
            part.for_each_attachment(&mut |attachment| {
                if let Some(Ok(mut reader)) = attachment.content.as_ref().map(|c| c.0.open()) {
                    let _ = reader.read_to_end(&mut Vec::new());
                }
            });
        }
    }
});
