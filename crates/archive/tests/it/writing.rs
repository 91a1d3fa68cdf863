//! One writer at a time, dry runs that write nothing, and imports that were cut off.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hutong_archive::{Archive, ArchiveError, ImportReport, Progress, WriteOptions};
use hutong_model::{File, Part, Record, Sink, Stop};

use crate::world::{
    Home, attachment, dry_run, files, import, lines, people, record, records, text, unlock,
};

fn with_attachment(id: i64) -> Record {
    let mut file = text(0, id, id, 2, "");
    let bytes: Vec<u8> = (0..100_000_u32)
        .map(|number| (number as u8).wrapping_mul(id as u8))
        .collect();
    file.parts = vec![Part::File(Box::new(File {
        attachment: attachment("合同.pdf", &bytes),
    }))];
    record(file)
}

#[test]
fn a_second_writer_is_refused_while_the_first_one_writes() {
    let mut home = Home::new();
    let key = home.archive.expose_key();
    let mut second = Archive::open(&home.path(), &unlock(key)).unwrap();
    let mut report = ImportReport::default();
    let writing = home
        .archive
        .begin_import(
            &mut report,
            WriteOptions::default(),
            Arc::new(Progress::default()),
        )
        .unwrap();
    let refused = import(
        &mut second,
        &records([text(0, 1, 0, 1, "一")]),
        WriteOptions::default(),
    );
    assert!(matches!(refused, Err(ArchiveError::Busy)), "{refused:?}");
    assert!(lines(&second).is_empty(), "reading goes on");
    home.archive
        .finish_import(writing, &mut report, None)
        .unwrap();
    import(
        &mut second,
        &records([text(0, 1, 0, 1, "一")]),
        WriteOptions::default(),
    )
    .unwrap();
    // Who opened it before looks again.
    assert!(home.lines().is_empty());
    home.archive.refresh().unwrap();
    assert_eq!(home.lines().len(), 1);
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let home = Home::with(&[records([text(0, 1, 0, 1, "一"), text(0, 2, 1, 1, "二")])]);
    let key = home.archive.expose_key();
    let Home { folder, archive } = home;
    drop(archive);
    let path = folder.path().join("my.hutong");
    let before = files(&path);
    let mut archive = Archive::open(&path, &unlock(key)).unwrap();
    let records = records([
        text(0, 2, 1, 1, "二"),
        text(0, 3, 2, 1, "三"),
        text(0, 3, 2, 1, "三"),
        text(2, 4, 3, 1, "四"),
    ]);
    let report = import(&mut archive, &records, dry_run()).unwrap();
    assert_eq!((report.added, report.known, report.rejected), (2, 2, 0));
    assert_eq!(lines(&archive).len(), 2);
    assert_eq!(archive.imports().unwrap().len(), 1);
    drop(archive);
    let after = files(&path);
    let names = |files: &[(String, Vec<u8>)]| {
        files
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&before), names(&after));
    assert!(before == after, "bytes have changed");
    let mut home = Home {
        archive: Archive::open(&path, &unlock(key)).unwrap(),
        folder,
    };
    assert_eq!(
        home.import(&records).added,
        2,
        "the real import does what the dry run said"
    );
}

#[test]
fn a_dry_run_keeps_no_attachment() {
    let mut home = Home::new();
    home.import(&people());
    let report = import(&mut home.archive, &[with_attachment(5)], dry_run()).unwrap();
    assert_eq!((report.added, report.blobs), (1, 1));
    assert!(
        !files(&home.path())
            .iter()
            .any(|(name, _)| name.starts_with("blobs/"))
    );
}

#[test]
fn an_import_that_was_cut_off_leaves_a_valid_archive_and_can_be_done_again() {
    let mut home = Home::new();
    let all = records((0..600).map(|id| text(0, id, id, 1, &format!("第{id}句"))));
    let mut report = ImportReport::default();
    let mut writing = home
        .archive
        .begin_import(
            &mut report,
            WriteOptions::default(),
            Arc::new(Progress::default()),
        )
        .unwrap();
    for record in all.iter().take(400) {
        writing.writer.record(record.clone()).unwrap();
    }
    drop(writing);
    home.archive.refresh().unwrap();
    assert!(home.archive.check(&mut |_| true).unwrap().faults.is_empty());
    let reports = home.archive.imports().unwrap();
    assert!(!reports[0].is_complete && reports[0].finished_at_ms.is_none());
    let report = home.import(&all);
    assert_eq!(report.added + report.known, 600);
    assert_eq!(home.lines(), Home::with(&[all]).lines());
}

#[test]
fn who_stops_an_import_keeps_what_came_before() {
    let mut home = Home::new();
    let progress = Arc::new(Progress::default());
    let mut report = ImportReport::default();
    let mut writing = home
        .archive
        .begin_import(&mut report, WriteOptions::default(), progress.clone())
        .unwrap();
    for record in people() {
        writing.writer.record(record).unwrap();
    }
    progress.stop.store(true, Ordering::Relaxed);
    let mut stopped = Ok(());
    let mut given = 0;
    for id in 0..2000 {
        stopped = writing.writer.record(record(text(0, id, id, 1, "话")));
        given += 1;
        if stopped.is_err() {
            break;
        }
    }
    assert!(matches!(stopped, Err(Stop::Cancelled)), "{stopped:?}");
    assert!(given <= 512, "{given}");
    home.archive
        .finish_import(writing, &mut report, None)
        .unwrap();
    assert!(home.archive.check(&mut |_| true).unwrap().faults.is_empty());
    assert_eq!(home.lines().len() as u64, report.added);
}

#[test]
fn equal_attachments_are_kept_once() {
    let one = with_attachment(1);
    let mut other = one.clone();
    if let Record::Message(message) = &mut other {
        message.id = crate::world::id_of(0, 2);
    }
    let mut home = Home::new();
    home.import(&people());
    let report = home.import(&[one, other]);
    assert_eq!((report.added, report.blobs), (2, 2));
    let blobs = files(&home.path())
        .into_iter()
        .filter(|(name, _)| name.starts_with("blobs/"))
        .count();
    assert_eq!(blobs, 1);
}
