//! What is special about workbooks; the rest is in the conformance suite.

use std::io::{Cursor, Read};

use hutong_model::Part;
use hutong_testkit::{cast, message};

use super::XlsxExport;
use crate::{Context, Export, Language, NoBlobs, Output};

/// The parts of a workbook of these texts, written with room for so many rows.
fn parts(texts: &[&str], limit: u32) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xlsx");
    let cast = cast();
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.language = Language::En;
    let mut export =
        Box::new(XlsxExport::begin(Output::File(path.clone()), &context, limit).unwrap());
    export.conversation(&cast.group, 0).unwrap();
    for (number, text) in (0..).zip(texts) {
        let message = message(&cast.group, cast.people[0], number, vec![Part::text(*text)]);
        export.message(&message).unwrap();
    }
    let export: Box<dyn Export + '_> = export;
    export.finish().unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(std::fs::read(path).unwrap())).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut part = zip.by_index(index).unwrap();
            let mut text = String::new();
            part.read_to_string(&mut text).unwrap();
            (part.name().unwrap().into_owned(), text)
        })
        .collect()
}

fn part<'p>(parts: &'p [(String, String)], name: &str) -> &'p str {
    &parts.iter().find(|(found, _)| found == name).unwrap().1
}

#[test]
fn a_full_sheet_is_followed_by_another() {
    let parts = parts(&["a", "b", "c", "d", "e"], 3);
    let workbook = part(&parts, "xl/workbook.xml");
    for name in [
        "\"Messages\"",
        "\"Messages (2)\"",
        "\"Messages (3)\"",
        "\"Chats\"",
        "\"People\"",
        "\"About\"",
    ] {
        assert!(workbook.contains(name), "{name} in {workbook}");
    }
    assert!(!workbook.contains("Messages (4)"));
    for (number, rows) in [(1, 3), (2, 3), (3, 2)] {
        let sheet = part(&parts, &format!("xl/worksheets/sheet{number}.xml"));
        assert_eq!(sheet.matches("<row ").count(), rows);
    }
}

#[test]
fn a_text_too_long_for_a_cell_goes_on_below() {
    let long = "字".repeat(70_000);
    let parts = parts(&[&long, "after"], super::MAX_ROWS);
    let sheet = part(&parts, "xl/worksheets/sheet1.xml");
    assert_eq!(sheet.matches("<row ").count(), 1 + 3 + 1);
    assert_eq!(sheet.matches('字').count(), 70_000);
    assert!(sheet.contains("continued 2/3") && sheet.contains("continued 3/3"));
    // The rows of one message bear its number.
    assert_eq!(sheet.matches("<c r=\"A2\" s=\"9\"><v>1</v>").count(), 1);
    assert_eq!(sheet.matches("<c r=\"A4\" s=\"9\"><v>1</v>").count(), 1);
    assert_eq!(sheet.matches("<c r=\"A5\" s=\"9\"><v>2</v>").count(), 1);
}

#[test]
fn what_looks_like_a_formula_is_text() {
    let parts = parts(
        &["=cmd|' /C calc'!A0", "+1", "\t=1", "@x", "＝1", "1+1"],
        super::MAX_ROWS,
    );
    let sheet = part(&parts, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f"));
    assert_eq!(sheet.matches("s=\"8\" t=\"inlineStr\"").count(), 5);
    assert!(sheet.contains(">=cmd|' /C calc'!A0</t>"));
}
