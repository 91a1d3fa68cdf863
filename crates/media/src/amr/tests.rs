use md5::{Digest as _, Md5};
use proptest::prelude::*;

use super::*;

const NARROW: &[u8] = include_bytes!("../../fixtures/voice/amr-narrow-12.2.amr");
const PAUSES: &[u8] = include_bytes!("../../fixtures/voice/amr-narrow-4.75-pauses.amr");
const WIDE: &[u8] = include_bytes!("../../fixtures/voice/amr-wide-12.65.amr");
const BARE: &[u8] = include_bytes!("../../fixtures/voice/amr-without-header.aud");

fn digest(sound: &Sound) -> String {
    let bytes: Vec<u8> = sound
        .samples
        .iter()
        .flat_map(|one| one.to_le_bytes())
        .collect();
    hex::encode(Md5::digest(bytes))
}

#[test]
fn both_bands_decode() {
    for (bytes, rate, expected) in [
        (NARROW, 8000, "642c3e01d7da31a577f1a8c04538f841"),
        (PAUSES, 8000, "068c289280d6322979108f7a8ef5e8a3"),
        (WIDE, 16_000, "b88167212d7ef03de27c1c6a44dd4d50"),
    ] {
        let sound = decode(bytes).unwrap();
        assert_eq!((sound.sample_rate, sound.duration_ms()), (rate, 1500));
        assert_eq!((sound.damaged_frames, sound.is_truncated), (0, false));
        assert_eq!(duration_ms(bytes), Some(1500));
        assert_eq!(digest(&sound), expected);
    }
}

#[test]
fn frames_without_a_header_are_the_same_voice() {
    assert!(is_bare(BARE));
    assert_eq!(decode_bare(BARE).unwrap(), decode(NARROW).unwrap());
    assert_eq!(bare_duration_ms(BARE), Some(1500));
    assert_eq!(decode(BARE), Err(SoundError::Unrecognised));
    let cut = decode_bare(&BARE[..BARE.len() - 3]).unwrap();
    assert!(cut.is_truncated);
    assert_eq!(cut.duration_ms(), 1480);
}

#[test]
fn other_files_are_no_frames_without_a_header() {
    for bytes in [
        b"".as_slice(),
        &[0; 1000],
        &"你好，世界。".as_bytes().repeat(60),
        b"<msg><voicemsg/></msg><msg><voicemsg/></msg><msg><voicemsg/></msg>",
        NARROW,
        WIDE,
        &BARE[..9 * 32],
    ] {
        assert!(!is_bare(bytes));
        assert_eq!(decode_bare(bytes), Err(SoundError::Unrecognised));
    }
}

#[test]
fn what_is_cut_or_unknown_ends_the_voice() {
    let cut = decode(&NARROW[..NARROW.len() - 40]).unwrap();
    assert!(cut.is_truncated);
    assert_eq!(cut.duration_ms(), 1460);
    let mut strange = NARROW[..6 + 32 * 5].to_vec();
    strange.extend_from_slice(&[0x5c; 100]);
    let sound = decode(&strange).unwrap();
    assert!(sound.is_truncated);
    assert_eq!(sound.duration_ms(), 100);
    assert_eq!(decode(b"#!AMR\n"), Err(SoundError::NoSound));
    assert_eq!(decode(b"#!AMR_MC1.0\n1234"), Err(SoundError::Unrecognised));
}

#[test]
fn a_small_file_of_endless_silence_is_refused() {
    let mut bomb = b"#!AMR\n".to_vec();
    bomb.resize(200_000, 0x7c);
    assert_eq!(decode(&bomb), Err(SoundError::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn damaged_files_are_survived(
        which in 0_usize..3,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..60),
        cut in any::<proptest::sample::Index>(),
    ) {
        let mut bytes = [NARROW, PAUSES, WIDE][which].to_vec();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = decode(&bytes);
    }

    #[test]
    fn invented_frames_are_survived(
        is_wide in any::<bool>(),
        frames in proptest::collection::vec((0_u8..16, any::<bool>(), any::<[u8; 32]>()), 1..12),
    ) {
        let band = if is_wide { Band::Wide } else { Band::Narrow };
        let mut bytes: Vec<u8> = if is_wide { b"#!AMR-WB\n".to_vec() } else { b"#!AMR\n".to_vec() };
        for (kind, is_good, data) in frames {
            let Some(size) = band.frame_bytes(kind) else { continue };
            bytes.push(kind << 3 | u8::from(is_good) << 2);
            bytes.extend(data.iter().cycle().take(size));
        }
        if let Ok(sound) = decode(&bytes) {
            prop_assert_eq!(Some(sound.duration_ms()), duration_ms(&bytes));
            prop_assert_eq!(sound.damaged_frames, 0);
        }
    }
}
