//! Sequences of headers, and which of them begin messages.

use super::*;
use proptest::prelude::*;

/// Header times in hours, with a sender each.
fn judge(headers: &[(i64, &str)]) -> Vec<bool> {
    let mut arbiter = Arbiter::default();
    let mut kept = vec![false; headers.len()];
    let take = |arbiter: &mut Arbiter, kept: &mut Vec<bool>| {
        while let Some(judged) = arbiter.take() {
            if let Judged::Message(candidate) = judged {
                kept[usize::try_from(candidate.line).unwrap()] = true;
            }
        }
    };
    for (line, (hour, sender)) in headers.iter().enumerate() {
        arbiter.push(Box::new(Candidate {
            text: format!("{sender}\n{line}\n"),
            head: sender.len() + 1,
            sender: 0..sender.len(),
            wall: WallTime(hour * 3600),
            line: line as u64,
            ..Candidate::default()
        }));
        take(&mut arbiter, &mut kept);
    }
    arbiter.finish();
    take(&mut arbiter, &mut kept);
    kept
}

fn by_two(hours: &[i64]) -> Vec<bool> {
    let headers: Vec<(i64, &str)> = hours
        .iter()
        .enumerate()
        .map(|(at, hour)| (*hour, if at % 2 == 0 { "a(10001)" } else { "b(10002)" }))
        .collect();
    judge(&headers)
}

#[test]
fn old_headers_were_pasted() {
    assert_eq!(
        by_two(&[1000, 5, 6, 1001, 1002]),
        [true, false, false, true, true]
    );
    // At the end of a file nothing comes after.
    assert_eq!(by_two(&[1000, 1001, 5]), [true, true, false]);
}

#[test]
fn a_few_hours_back_is_no_sign() {
    assert_eq!(by_two(&[1000, 990, 1001]), [true, true, true]);
}

#[test]
fn a_header_from_the_future_costs_only_itself() {
    assert_eq!(
        by_two(&[1000, 900_000, 1001, 1002, 1003]),
        [true, false, true, true, true]
    );
    // The first of a section is a message whatever it says.
    assert!(by_two(&[900_000, 1, 2])[0]);
}

#[test]
fn merged_histories_jump_back_for_good() {
    let hours: Vec<i64> = (1000..1400).chain(0..400).collect();
    assert!(by_two(&hours).into_iter().all(|kept| kept));
}

#[test]
fn copies_of_earlier_headers_were_pasted_even_on_the_same_day() {
    let headers = [
        (10, "a(10001)"),
        (11, "b(10002)"),
        (10, "a(10001)"),
        (12, "b(10002)"),
    ];
    assert_eq!(judge(&headers), [true, true, false, true]);
    // The same twice in a row is the same second, not a copy.
    assert_eq!(
        judge(&[(10, "a(10001)"), (10, "a(10001)"), (11, "a(10001)")]),
        [true; 3]
    );
}

#[test]
fn one_who_pastes_twice_in_a_second_writes_two_messages() {
    let (a, b) = ("a(10001)", "b(10002)");
    let mut headers: Vec<(i64, &str)> = (0..20)
        .map(|at| (1000 + at, if at % 2 == 0 { a } else { b }))
        .collect();
    // Both messages hold old headers, those of the second later than those of the first.
    headers.extend([(1030, a), (5, b), (6, a), (1030, a), (700, b), (701, b)]);
    headers.extend((1040..1060).map(|hour| (hour, b)));
    let kept = judge(&headers);
    let pasted: Vec<usize> = (0..kept.len()).filter(|at| !kept[*at]).collect();
    assert_eq!(pasted, [21, 22, 24, 25]);
}

#[test]
fn two_who_write_at_once_are_no_copies() {
    let mut arbiter = Arbiter::default();
    let seconds = [
        (100, "a(10001)"),
        (101, "b(10002)"),
        (100, "a(10001)"),
        (90, "b(10002)"),
    ];
    for (line, (second, sender)) in seconds.into_iter().enumerate() {
        arbiter.push(Box::new(Candidate {
            text: format!("{sender}\n{line}\n"),
            head: sender.len() + 1,
            sender: 0..sender.len(),
            wall: WallTime(second),
            line: line as u64,
            ..Candidate::default()
        }));
    }
    arbiter.finish();
    let mut messages = 0;
    while let Some(judged) = arbiter.take() {
        messages += usize::from(matches!(judged, Judged::Message(_)));
    }
    assert_eq!(messages, 4);
}

#[test]
fn words_behind_a_date_are_no_member_of_a_group() {
    let mut headers: Vec<(i64, &str)> = (0..20).map(|hour| (hour, "a(10001)")).collect();
    headers.insert(10, (500, "开会"));
    let kept = judge(&headers);
    assert!(!kept[10]);
    assert_eq!(kept.iter().filter(|kept| **kept).count(), 20);
}

proptest! {
    #[test]
    fn a_history_in_order_is_never_touched(steps in prop::collection::vec(0_i64..50, 1..700)) {
        let mut hour = 0;
        let hours: Vec<i64> = steps.iter().map(|step| { hour += step; hour }).collect();
        prop_assert!(by_two(&hours).into_iter().all(|kept| kept));
    }

    #[test]
    fn pasted_histories_stay_in_their_messages(
        pasted in prop::collection::vec((0_usize..300, 1_i64..8), 0..12),
    ) {
        // 300 messages an hour apart from hour 10,000 on; blocks of old headers behind some of them.
        let mut headers = Vec::new();
        let mut truth = Vec::new();
        for message in 0..300_usize {
            headers.push((10_000 + i64::try_from(message).unwrap(), "a(10001)"));
            truth.push(true);
            if let Some((_, length)) = pasted.iter().find(|(at, _)| *at == message) {
                for hour in 0..*length {
                    headers.push((5_000 + hour, "b(10002)"));
                    truth.push(false);
                }
            }
        }
        prop_assert_eq!(judge(&headers), truth);
    }
}
