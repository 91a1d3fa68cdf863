//! Random bytes where keys, wrappers and sealed blobs are expected.

use hutong_crypto::{Family, Key, KeyRing, SealedReader, Wrapper};
use proptest::prelude::*;

use crate::support::open;

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_as_a_key_or_key_file_is_survived(text in "\\PC{0,120}", quoted in "[{}\\[\\]\":=,'a-f0-9x/.\n ]{0,200}") {
        for text in [text, quoted] {
            let _ = Key::parse(&text);
            if let Ok(ring) = KeyRing::from_text(&text) {
                let _ = ring.candidates_for("a/b.db", &[0; 16]);
            }
        }
    }

    #[test]
    fn any_bytes_as_a_file_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..6000), is_wrapped: bool) {
        let mut bytes = bytes;
        if is_wrapped && bytes.len() > 40 {
            bytes[32..40].copy_from_slice(b"QQ_NT DB");
        }
        let _ = Wrapper::parse(&bytes);
        let keys = KeyRing::from_key("0123456").unwrap();
        prop_assert!(open(bytes.clone(), bytes.clone(), &keys, Family::WeChatAndroid).is_err());
        prop_assert!(open(bytes.clone(), bytes.clone(), &KeyRing::new(), Family::Any).is_err());
        prop_assert!(SealedReader::new(std::io::Cursor::new(&bytes), &[0; 32]).is_err());
    }

    #[test]
    fn whatever_is_sealed_can_be_opened(content in proptest::collection::vec(any::<u8>(), 0..3000), copies in 1usize..60) {
        let content = content.repeat(copies);
        let mut sealed = Vec::new();
        hutong_crypto::seal(content.as_slice(), &mut sealed, &[5; 32]).unwrap();
        let mut opened = Vec::new();
        hutong_crypto::open(sealed.as_slice(), &mut opened, &[5; 32]).unwrap();
        prop_assert_eq!(opened, content);
    }
}
