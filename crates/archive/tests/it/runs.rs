//! More than one run: what does not fit a batch is committed before the import ends.

use hutong_archive::{ArchiveError, TimeWindow};
use hutong_model::Message;
use hutong_search::Query;
use jiff::tz::TimeZone;

use crate::world::{Home, chat, id_of, records, text};

/// A batch holds 98,304 records.
const MESSAGES: i64 = 140_000;

fn message(number: i64) -> Message {
    // Every second group message is older than the one before it, so that runs overlap in time.
    let second = if number % 2 == 0 {
        number
    } else {
        MESSAGES * 2 - number
    };
    text(
        usize::from(number % 3 == 0),
        number,
        second,
        (number % 4) as usize,
        &format!("{number}"),
    )
}

fn count(home: &Home, window: TimeWindow) -> (usize, bool) {
    let mut reader = home.archive.reader().unwrap();
    let (mut count, mut is_sorted) = (0, true);
    for number in 0..2 {
        let mut before = i64::MIN;
        reader
            .conversation::<ArchiveError>(chat(number), window, &mut |message| {
                is_sorted &= before <= message.sent_at.0;
                before = message.sent_at.0;
                count += 1;
                Ok(true)
            })
            .unwrap();
    }
    (count, is_sorted)
}

#[test]
fn several_runs_read_and_search_like_one() {
    let all = records((0..MESSAGES).map(message));
    let mut home = Home::with(std::slice::from_ref(&all));
    let whole = TimeWindow::default();
    assert_eq!(count(&home, whole), (MESSAGES as usize, true));
    assert_eq!(home.archive.totals().unwrap().messages, MESSAGES as u64);
    let report = home.import(&all);
    assert_eq!(
        (report.added, report.known, report.sightings),
        (0, MESSAGES as u64, 0)
    );
    assert_eq!(count(&home, whole), (MESSAGES as usize, true));

    let names = home.archive.names().unwrap();
    let mut reader = home.archive.reader().unwrap();
    for wanted in ["13999", "99", "140", "77777"] {
        let query = Query::parse(wanted, &TimeZone::UTC).unwrap();
        let selection = home.archive.select(query, &names).unwrap();
        let mut times = Vec::new();
        let mut ids = std::collections::BTreeSet::new();
        reader
            .search::<ArchiveError>(&selection, &mut |message| {
                times.push(message.sent_at);
                ids.insert(message.id);
                Ok(true)
            })
            .unwrap();
        let expected: std::collections::BTreeSet<_> = (0..MESSAGES)
            .filter(|number| number.to_string().contains(wanted))
            .map(|number| id_of(usize::from(number % 3 == 0), number))
            .collect();
        assert_eq!(times.len(), ids.len(), "nothing twice");
        assert_eq!(ids, expected, "{wanted}");
        assert!(
            times.is_sorted_by(|one, other| one >= other),
            "newest first"
        );
    }
    let some = id_of(1, 139_998);
    assert_eq!(reader.message(some).unwrap().unwrap().id, some);
}
