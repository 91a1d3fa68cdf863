//! Overlapping copies of one history, imported in any order, give one archive.

use std::collections::BTreeSet;

use hutong_samples::{Piece, Plan};
use serde_json::Value;

use crate::set::{Home, KINDS, Set, assert_adds_up, plan};

const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

fn ids(lines: &[String]) -> BTreeSet<String> {
    lines
        .iter()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[test]
fn pieces_in_every_order_give_equal_lines() {
    for kind in KINDS {
        let pieces = [Piece::First, Piece::Last, Piece::Whole]
            .map(|piece| Set::new(kind, &Plan { piece, ..plan(400) }));
        let mut whole = Home::new();
        whole.import(&pieces[2]);
        let expected_ids = ids(&whole.sorted_lines());
        let mut expected: Option<Vec<String>> = None;
        for order in ORDERS {
            let mut home = Home::new();
            for piece in order {
                let report = home.import(&pieces[piece]);
                assert_adds_up(&report);
                if order[0] == 2 && piece != 2 {
                    assert_eq!(report.added, 0, "{kind:?}: the whole holds every piece");
                }
            }
            let lines = home.sorted_lines();
            assert_eq!(
                lines.len() as u64,
                pieces[2].forged.messages,
                "{kind:?} {order:?}"
            );
            assert_eq!(ids(&lines), expected_ids, "{kind:?} {order:?}");
            match &expected {
                None => expected = Some(lines),
                Some(expected) => {
                    let difference = expected
                        .iter()
                        .zip(&lines)
                        .find(|(one, other)| one != other);
                    assert_eq!(difference, None, "{kind:?} {order:?}");
                }
            }
        }
    }
}

#[test]
fn two_backups_together_are_the_whole() {
    for kind in KINDS {
        let [first, last, whole] = [Piece::First, Piece::Last, Piece::Whole]
            .map(|piece| Set::new(kind, &Plan { piece, ..plan(400) }));
        let mut expected = Home::new();
        expected.import(&whole);
        for order in [[&first, &last], [&last, &first]] {
            let mut home = Home::new();
            let added: u64 = order.iter().map(|set| home.import(set).added).sum();
            assert_eq!(added, whole.forged.messages, "{kind:?}");
            assert_eq!(
                ids(&home.sorted_lines()),
                ids(&expected.sorted_lines()),
                "{kind:?}"
            );
        }
    }
}
