//! What is special about documents; the rest is in the conformance suite.

use std::io::{Cursor, Read};

use hutong_model::Part;
use hutong_testkit::{cast, message};

use super::{DocxExport, Limits};
use crate::{Context, Export, Language, NoBlobs, Output};

fn document(bytes: Vec<u8>) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut xml = String::new();
    zip.by_name("word/document.xml")
        .unwrap()
        .read_to_string(&mut xml)
        .unwrap();
    xml
}

#[test]
fn a_long_chat_is_split_into_volumes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let cast = cast();
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.language = Language::En;
    let limits = Limits {
        messages: 2,
        ..super::VOLUME
    };
    let mut export =
        Box::new(DocxExport::begin(Output::Folder(path.clone()), &context, limits).unwrap());
    export.conversation(&cast.group, 5).unwrap();
    for number in 0..5 {
        let parts = vec![Part::text(format!("text {number}."))];
        export
            .message(&message(&cast.group, cast.people[0], number, parts))
            .unwrap();
    }
    export.conversation(&cast.direct, 1).unwrap();
    let mut last = message(&cast.direct, cast.people[1], 9, vec![Part::text("direct")]);
    last.conversation = cast.direct.id;
    export.message(&last).unwrap();
    let export: Box<dyn Export + '_> = export;
    let written = export.finish().unwrap();
    assert_eq!((written.files, written.messages), (4, 6));
    for (name, texts, volume) in [
        ("周末一起吃饭.docx", &["text 0.", "text 1."][..], None),
        (
            "周末一起吃饭 - 2.docx",
            &["text 2.", "text 3."],
            Some("volume 2"),
        ),
        ("周末一起吃饭 - 3.docx", &["text 4."], Some("volume 3")),
        ("林海.docx", &["direct"], None),
    ] {
        let xml = document(std::fs::read(path.join(name)).unwrap());
        assert!(texts.iter().all(|text| xml.contains(text)), "{name}");
        assert_eq!(
            xml.matches("w:val=\"Sender\"").count(),
            texts.len(),
            "{name}"
        );
        assert_eq!(xml.matches("w:val=\"Heading1\"").count(), 1, "{name}");
        assert_eq!(xml.matches("w:val=\"Heading2\"").count(), 1, "{name}");
        assert_eq!(xml.contains("volume "), volume.is_some(), "{name}");
        assert!(volume.is_none_or(|volume| xml.contains(volume)), "{name}");
    }
}

#[test]
fn paragraphs_that_never_end_are_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.docx");
    let cast = cast();
    let context = Context::new(&cast.names, &NoBlobs);
    let mut export =
        Box::new(DocxExport::begin(Output::File(path.clone()), &context, super::VOLUME).unwrap());
    export.conversation(&cast.group, 1).unwrap();
    let parts = vec![Part::text("字".repeat(350_000))];
    export
        .message(&message(&cast.group, cast.people[0], 0, parts))
        .unwrap();
    let export: Box<dyn Export + '_> = export;
    export.finish().unwrap();
    let xml = document(std::fs::read(path).unwrap());
    assert_eq!(xml.matches('字').count(), 350_000);
    assert!(
        xml.split("</w:p>")
            .all(|paragraph| paragraph.len() < 70_000)
    );
}
