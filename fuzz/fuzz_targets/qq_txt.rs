//! A text export of QQ's message manager.
#![no_main]

use hutong_model::Collected;
use hutong_sources::{Input, ReadOptions, Source, qq_txt::QqTxt};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("hutong-fuzz-txt-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written");
    let input = Input::open(&path).expect("the file was just written");
    let _ = QqTxt.recognize(&input);
    let _ = QqTxt.read(&input, &ReadOptions::default(), &mut Collected::default());
});
