//! Answers find what they answer, whichever comes first and however it is named.

use hutong_model::Message;

use crate::world::{Home, id_of, messages, records, sequence_key, text};

fn target() -> Message {
    let mut message = text(0, 1, 0, 1, "几点见？");
    message.lookup_keys = vec![sequence_key(0, 41)];
    message
}

fn answer(keys: Vec<hutong_model::MessageId>) -> Message {
    let mut message = text(0, 2, 60, 2, "三点");
    message.reply_to = keys;
    message
}

fn found(home: &Home) -> Option<hutong_model::MessageId> {
    messages(&home.archive)
        .iter()
        .find(|message| message.id == id_of(0, 2))
        .unwrap()
        .reply_to
        .first()
        .copied()
}

#[test]
fn a_reply_key_resolves_in_whatever_order_the_two_come() {
    for keys in [
        vec![id_of(0, 1)],
        vec![sequence_key(0, 41)],
        vec![id_of(0, 77), sequence_key(0, 41)],
    ] {
        let (one, other) = (records([target()]), records([answer(keys.clone())]));
        let together = Home::with(&[records([answer(keys.clone()), target()])]);
        let before = Home::with(&[one.clone(), other.clone()]);
        let after = Home::with(&[other, one]);
        for home in [&together, &before, &after] {
            assert_eq!(found(home), Some(id_of(0, 1)));
        }
        assert_eq!(before.lines(), after.lines());
        let mut reader = after.archive.reader().unwrap();
        assert_eq!(
            reader.message(id_of(0, 2)).unwrap().unwrap().reply_to,
            [id_of(0, 1)]
        );
    }
}

#[test]
fn a_reply_to_something_that_was_never_imported_points_nowhere() {
    let home = Home::with(&[records([target(), answer(vec![sequence_key(0, 99)])])]);
    assert_eq!(found(&home), None);
    // A key of the same number in another conversation is another key.
    let mut elsewhere = text(1, 5, 0, 1, "别处");
    elsewhere.lookup_keys = vec![sequence_key(1, 99)];
    let home = Home::with(&[records([elsewhere, answer(vec![sequence_key(0, 99)])])]);
    assert_eq!(found(&home), None);
}
