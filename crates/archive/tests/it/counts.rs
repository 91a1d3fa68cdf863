//! Promise 1: rows read = added + known + rejected, and what was rejected is listed.

use std::sync::Arc;

use hutong_archive::{ImportReport, Progress, WriteOptions};
use hutong_model::{ProblemKind, Sink};
use proptest::prelude::*;

use crate::world::{Home, records, rejected, text};

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promise_1_every_row_is_added_known_or_rejected(
        first in prop::collection::vec((0_usize..3, 0_i64..40), 0..80),
        second in prop::collection::vec((0_usize..3, 0_i64..40), 0..80),
        bad in 0_i64..5,
    ) {
        let mut home = Home::new();
        for rows in [&first, &second] {
            let mut report = ImportReport::default();
            let mut import =
                home.archive.begin_import(&mut report, WriteOptions::default(), Arc::new(Progress::default())).unwrap();
            for (chat, id) in rows {
                for record in records([text(*chat, *id, *id, 1, "你好")]) {
                    import.writer.record(record).unwrap();
                }
            }
            for row in 0..bad {
                import.writer.problem(rejected(row)).unwrap();
            }
            let mut note = rejected(99);
            note.kind = ProblemKind::Note;
            import.writer.problem(note).unwrap();
            home.archive.finish_import(import, &mut report, None).unwrap();
            prop_assert_eq!(report.added + report.known, rows.len() as u64);
            prop_assert_eq!((report.rejected, report.problems), (bad as u64, 1));
            let problems = home.archive.problems(report.number).unwrap();
            prop_assert_eq!(problems.iter().filter(|problem| problem.kind == "rejected").count() as i64, bad);
            prop_assert!(problems.iter().all(|problem| !problem.reason.is_empty() && problem.input == "message_0.db"));
        }
    }
}

#[test]
fn reports_of_imports_are_kept() {
    let mut home = Home::new();
    home.import(&records([text(0, 1, 0, 1, "一")]));
    home.import(&records([text(0, 1, 0, 1, "一"), text(0, 2, 1, 1, "二")]));
    let reports = home.archive.imports().unwrap();
    let counts: Vec<_> = reports
        .iter()
        .map(|report| (report.number, report.rows_read, report.added, report.known))
        .collect();
    assert_eq!(counts, [(1, 1, 1, 0), (2, 2, 1, 1)]);
    assert!(
        reports
            .iter()
            .all(|report| report.is_complete && report.source == "test")
    );
}
