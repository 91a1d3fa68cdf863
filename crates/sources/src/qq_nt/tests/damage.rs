//! Outside bytes never make the decoder panic, and what a small encoder writes is read back.

use proptest::prelude::*;

use super::encode::{Proto, body, element};
use crate::Input;
use crate::qq_nt::QqNt;
use crate::qq_nt::decode::{
    Ark, Elements, Event, Face, MarkupTip, Media, Recall, Reply, Snapshot, Text, Wallet,
    length_delimited, repeated, words as tip_words,
};
use crate::qq_nt::directory::Directory;
use crate::qq_nt::map::Mapper;
use crate::qq_nt::tables::{MessageRow, TableKind};

/// Maps a row with this body and cache as every kind of message.
fn map(content: &[u8], cached: &[u8]) {
    let mut mapper = Mapper::new(Directory::new(Box::new(|_| {})), None);
    for kind in [0, 1, 2, 5, 8, 9, 11, 19] {
        let row = MessageRow {
            id: 1,
            kind,
            sender_uid: b"u_a",
            peer_uid: b"u_b",
            body: content,
            cached,
            reactions: content,
            ..MessageRow::default()
        };
        let origin =
            hutong_model::Origin::new("nt_msg.db", "c2c_msg_table", hutong_model::At::Row(1));
        let mapped = mapper.message(&row, TableKind::Direct, origin).unwrap();
        assert!(!mapped.message.parts.is_empty());
    }
}

fn read_all(bytes: &[u8]) {
    let _ = Text::read(bytes);
    let _ = Media::read(bytes);
    let _ = Face::read(bytes);
    let _ = Reply::read(bytes);
    let _ = Wallet::read(bytes);
    let _ = Ark::read(bytes);
    let _ = Recall::read(bytes);
    let _ = Event::read(bytes);
    let _ = MarkupTip::read(bytes);
    let _ = Snapshot::read(bytes);
    let _ = tip_words(bytes);
    assert!(repeated(bytes, 40800).count() <= length_delimited(bytes).count());
    let mut elements = Elements::new(bytes);
    assert!(elements.by_ref().count() <= bytes.len());
    assert!(elements.unread().len() <= bytes.len());
}

/// An element of any kind with any fields, some of the wrong wire type.
fn any_element() -> impl Strategy<Value = Proto> {
    let tag = prop_oneof![
        45_000_u32..46_000,
        47_400_u32..47_720,
        48_100_u32..48_760,
        80_800_u32..80_940,
        Just(40_800_u32),
        Just(40_900_u32),
        1_u32..2_000,
    ];
    let value = prop_oneof![
        any::<u64>().prop_map(Ok),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Err),
        "[ -~你好，<>{}\"]{0,30}".prop_map(|text| Err(text.into_bytes())),
    ];
    let fields = prop::collection::vec((tag, value), 0..12);
    (0_u64..45, 0_u64..20, fields).prop_map(|(kind, sub, fields)| {
        fields
            .into_iter()
            .fold(
                element(kind).number(45003, sub),
                |element, (tag, value)| match value {
                    Ok(number) => element.number(tag, number),
                    Err(bytes) => element.bytes(tag, &bytes),
                },
            )
    })
}

proptest! {
    #[test]
    fn random_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
        map(&bytes, &bytes);
    }

    #[test]
    fn random_elements_are_survived(elements in prop::collection::vec(any_element(), 0..6), cut in 0_usize..60) {
        let mut bytes = body(&elements);
        map(&bytes, &Proto::default().bytes(40900, &bytes).0);
        bytes.truncate(bytes.len().saturating_sub(cut));
        read_all(&bytes);
        map(&bytes, &bytes);
    }

    #[test]
    fn what_is_written_is_read(text in "\\PC{1,40}", uin in 1_u64..u64::MAX, uid in "u_[a-z]{1,20}", kind in 0_u64..99) {
        let written = element(kind).text(45101, &text).number(45103, uin).text(45105, &uid);
        let bytes = body(&[written.clone(), written]);
        let elements: Vec<_> = Elements::new(&bytes).collect();
        prop_assert_eq!(elements.len(), 2);
        prop_assert_eq!(elements[1].kind, Some(kind));
        let read = Text::read(elements[1].raw);
        prop_assert_eq!(read.text, Some(text.as_bytes()));
        prop_assert_eq!(read.at_uin, Some(uin));
        prop_assert_eq!(read.at_uid, Some(uid.as_bytes()));
        prop_assert_eq!(Elements::new(&bytes).last().map(|element| element.kind), Some(Some(kind)));
    }
}

#[test]
fn deep_nesting_is_bounded() {
    let mut cached = Vec::new();
    for _ in 0..2_000 {
        cached = Proto::default().bytes(40900, &cached).0;
        if cached.len() > 60_000 {
            break;
        }
    }
    map(&cached, &cached);
    let mut nested = Vec::new();
    for _ in 0..2_000 {
        nested = Proto::default().number(45002, 7).bytes(47423, &nested).0;
    }
    map(&Proto::default().bytes(40800, &nested).0, &[]);
}

#[test]
fn this_source_behaves_like_every_source() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plan = hutong_samples::Plan {
        messages: 150,
        attachments: false,
        wal_rows: 10,
        ..Default::default()
    };
    let forged = hutong_samples::qq_nt(&plan, folder.path(), &mut |_| {}).unwrap();
    let options = super::with_keys(&forged.key_file);
    assert!(Input::open(&forged.root).is_ok());
    crate::conformance::check(&QqNt, &forged.root, scratch.path(), &options);
}
