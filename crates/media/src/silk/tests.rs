use md5::{Digest as _, Md5};
use proptest::prelude::*;

use super::*;

const TENCENT: &[u8] = include_bytes!("../../fixtures/voice/silk-24khz-tencent.silk");
const REDUNDANT: &[u8] = include_bytes!("../../fixtures/voice/silk-16khz-redundant.silk");
const EIGHT: &[u8] = include_bytes!("../../fixtures/voice/silk-8khz.silk");
const TWELVE: &[u8] = include_bytes!("../../fixtures/voice/silk-12khz.silk");
const CHANGING: &[u8] = include_bytes!("../../fixtures/voice/silk-rates-change.silk");
const LONG_PACKETS: &[u8] = include_bytes!("../../fixtures/voice/silk-24khz-packets-of-100ms.silk");

fn digest(sound: &Sound) -> String {
    let bytes: Vec<u8> = sound
        .samples
        .iter()
        .flat_map(|one| one.to_le_bytes())
        .collect();
    hex::encode(Md5::digest(bytes))
}

/// So many packets of the file, from its first again after its last.
fn packets(bytes: &[u8], count: usize) -> Vec<&[u8]> {
    let all: Vec<&[u8]> = Packets::of(bytes).unwrap().collect();
    all.iter().copied().cycle().take(count).collect()
}

/// Packets of a file, joined anew.
fn file(packets: &[&[u8]]) -> Vec<u8> {
    let mut out = b"\x02#!SILK_V3".to_vec();
    for packet in packets {
        out.extend_from_slice(&u16::try_from(packet.len()).unwrap().to_le_bytes());
        out.extend_from_slice(packet);
    }
    out
}

#[test]
fn every_rate_decodes_as_the_reference_decodes_it() {
    for (name, bytes, expected) in [
        ("8 kHz", EIGHT, "331ac2b87bf6195d3b505e300e1d9b3a"),
        ("12 kHz", TWELVE, "828ae1cc715fd378e6d8cc8e9644ff82"),
        ("16 kHz", REDUNDANT, "1cdcada1aa81466b86eee247b34a5caa"),
        ("24 kHz", TENCENT, "44ea4fdabdd36ff777a07fca8d0ead6f"),
        (
            "five frames in a packet",
            LONG_PACKETS,
            "951cd5d5e9e5b19d889d129226407e76",
        ),
        (
            "changing rates",
            CHANGING,
            "73f96545c9c0b7edbfce3a8308680c34",
        ),
    ] {
        let sound = decode(bytes).unwrap();
        assert_eq!(sound.samples.len(), 36_000, "{name}");
        assert_eq!(digest(&sound), expected, "{name}");
        assert_eq!((sound.sample_rate, sound.duration_ms()), (24_000, 1500));
        assert_eq!((sound.damaged_frames, sound.is_truncated), (0, false));
    }
}

#[test]
fn the_leading_byte_and_the_end_mark_make_no_difference() {
    let bare = &TENCENT[1..];
    let mut ended = bare.to_vec();
    ended.extend_from_slice(b"\xff\xff");
    let expected = decode(TENCENT).unwrap();
    assert_eq!(decode(bare).unwrap(), expected);
    assert_eq!(decode(&ended).unwrap(), expected);
    // What stands behind the end mark belongs to nobody.
    ended.extend_from_slice(b"garbage");
    assert_eq!(decode(&ended).unwrap(), expected);
}

#[test]
fn a_packet_is_twenty_milliseconds() {
    let clip = file(&packets(TENCENT, 1676));
    assert_eq!(duration_ms(&clip), Some(33_520));
    assert_eq!(decode(&clip).unwrap().duration_ms(), 33_520);
    assert_eq!(duration_ms(b"#!AMR\n"), None);
}

#[test]
fn a_cut_file_gives_what_is_there() {
    let cut = &TENCENT[..TENCENT.len() - 5];
    let sound = decode(cut).unwrap();
    assert!(sound.is_truncated);
    assert_eq!(sound.duration_ms(), 1480);
    let whole = decode(TENCENT).unwrap();
    assert_eq!(sound.samples, whole.samples[..sound.samples.len()]);
}

#[test]
fn a_damaged_or_empty_packet_costs_its_own_time_only() {
    let mut packets = packets(TENCENT, 75);
    let too_long = [0x55; 1100];
    packets[20] = &too_long;
    packets[21] = &[];
    let sound = decode(&file(&packets)).unwrap();
    assert_eq!((sound.damaged_frames, sound.duration_ms()), (1, 1500));
    let whole = decode(TENCENT).unwrap();
    assert_eq!(sound.samples[..20 * 480], whole.samples[..20 * 480]);
    let level = |samples: &[i16]| -> i64 {
        let squares = samples.iter().map(|one| i64::from(*one).pow(2));
        squares.sum::<i64>() / samples.len() as i64
    };
    assert!(level(&sound.samples[21 * 480..22 * 480]) < level(&sound.samples[19 * 480..20 * 480]));
    // Some frames later the two sound alike again.
    let rest: Vec<i16> = sound.samples[50 * 480..]
        .iter()
        .zip(&whole.samples[50 * 480..])
        .map(|(one, other)| one.saturating_sub(*other))
        .collect();
    assert!(level(&rest) * 100 < level(&whole.samples[50 * 480..]));
}

#[test]
fn what_is_no_voice_is_refused() {
    assert_eq!(decode(b""), Err(SoundError::Unrecognised));
    assert_eq!(decode(b"\x02\x02#!SILK_V3"), Err(SoundError::Unrecognised));
    assert_eq!(decode(b"#!SILK_V3"), Err(SoundError::NoSound));
    assert_eq!(decode(b"#!SILK_V3\xff\xff"), Err(SoundError::NoSound));
    assert_eq!(decode(b"#!SILK_V3\0\0\0\0"), Err(SoundError::NoSound));
}

#[test]
fn a_small_file_of_endless_silence_is_refused() {
    let mut bomb = TENCENT.to_vec();
    bomb.resize(TENCENT.len() + 400_000, 0);
    assert_eq!(decode(&bomb), Err(SoundError::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_files_are_survived(
        which in 0_usize..6,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..40),
        cut in any::<proptest::sample::Index>(),
    ) {
        let mut bytes = [TENCENT, REDUNDANT, EIGHT, TWELVE, CHANGING, LONG_PACKETS][which].to_vec();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = decode(&bytes);
    }

    #[test]
    fn invented_packets_are_survived(
        packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..8),
    ) {
        let packets: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
        let bytes = file(&packets);
        if let Ok(sound) = decode(&bytes) {
            prop_assert!(sound.duration_ms() >= 20 * packets.len() as u64);
        }
    }
}
