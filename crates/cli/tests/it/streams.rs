//! Results on the standard output, also when nobody reads to the end.

use std::io::Read;
use std::process::Stdio;

use crate::program::{Place, Said};

#[test]
fn the_standard_output_can_be_the_export() {
    let place = Place::new();
    let forged = place.qq(300);
    place.import(&forged);
    for format in ["jsonl", "txt", "csv", "md"] {
        let said = place
            .run(&["--archive", "a.hutong", "export", "--to", format, "-o", "-"])
            .expect(0);
        assert!(said.out.lines().count() > 100, "{format}");
        if format == "jsonl" {
            assert_eq!(said.json().len() as u64, forged.messages);
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::new();
    let forged = place.qq(3_000);
    place.import(&forged);
    for args in [
        &["export", "--to", "jsonl", "-o", "-"][..],
        &["search", "的", "-n", "100000"],
        &["stats"],
        &["people"],
    ] {
        let mut all = vec!["--archive", "a.hutong"];
        all.extend_from_slice(args);
        let mut child = place
            .command(&all)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut first = [0; 16];
        stdout.read_exact(&mut first).unwrap();
        drop(stdout);
        let said = Said::of(&child.wait_with_output().unwrap()).expect(0);
        assert!(
            !said.err.contains("panicked") && !said.err.contains("error"),
            "{args:?}: {}",
            said.err
        );
    }
}
