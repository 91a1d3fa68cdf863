//! What is special about tables; the rest is in the conformance suite.

use hutong_model::{Part, Timestamp};
use hutong_testkit::{cast, message};

use super::partition_value;
use crate::{Context, Format, NoBlobs, Output};

#[test]
fn names_of_partitions_are_harmless() {
    assert_eq!(partition_value("wechat"), "wechat");
    assert_eq!(partition_value("../a=b"), "%2E%2E%2Fa%3Db");
    assert_eq!(partition_value(""), "__HIVE_DEFAULT_PARTITION__");
    assert_eq!(partition_value(&"x".repeat(500)).len(), 60);
}

#[test]
fn every_month_has_its_folder_however_many_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let cast = cast();
    let context = Context::new(&cast.names, &NoBlobs);
    let mut export = super::Parquet
        .start(Output::Folder(path.clone()), &context)
        .unwrap();
    // More months than there may be open files, twice, and in between rows enough to be written.
    for round in 0..2 {
        export.conversation(&cast.group, 0).unwrap();
        for month in 0..100_u32 {
            let mut message = message(
                &cast.group,
                cast.people[0],
                month,
                vec![Part::text("x".repeat(700_000))],
            );
            message.sent_at =
                Timestamp::from_seconds(1_000_000_000 + i64::from(month) * 31 * 86_400 + round);
            export.message(&message).unwrap();
        }
    }
    export.conversation(&cast.direct, 0).unwrap();
    for at in [i64::MIN, i64::MAX] {
        let mut message = message(
            &cast.direct,
            cast.people[0],
            7,
            vec![Part::text("far away")],
        );
        message.sent_at = Timestamp(at);
        export.message(&message).unwrap();
    }
    let written = export.finish().unwrap();
    assert_eq!(written.messages, 202);
    let mut rows = 0;
    let mut months = 0;
    for month in std::fs::read_dir(path.join("platform=wechat")).unwrap() {
        months += 1;
        for file in std::fs::read_dir(month.unwrap().path()).unwrap() {
            let file = std::fs::File::open(file.unwrap().path()).unwrap();
            let reader = ::parquet::file::reader::SerializedFileReader::new(file).unwrap();
            let reader: &dyn ::parquet::file::reader::FileReader = &reader;
            rows += reader.metadata().file_metadata().num_rows();
        }
    }
    assert_eq!(rows, 202);
    // No step of 31 days stays within its month.
    assert_eq!(months, 102);
}
