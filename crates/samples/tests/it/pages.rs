//! Page 1 by hand: key derivation, HMAC and decryption without SQLCipher.

use aes::Aes256;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::NoPadding};
use hmac::{Hmac, KeyInit, Mac};
use hutong_samples::QqHmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

const PAGE: usize = 4096;

/// Key from a passphrase.
pub(crate) fn derive(passphrase: &[u8], salt: &[u8], rounds: u32) -> [u8; 32] {
    let mut key = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha512>(passphrase, salt, rounds, &mut key);
    key
}

fn tag(hmac: QqHmac, key: &[u8], message: &[u8]) -> Vec<u8> {
    match hmac {
        QqHmac::Sha1 => Hmac::<Sha1>::new_from_slice(key)
            .unwrap()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec(),
        QqHmac::Sha256 => Hmac::<Sha256>::new_from_slice(key)
            .unwrap()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec(),
        QqHmac::Sha512 => Hmac::<Sha512>::new_from_slice(key)
            .unwrap()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec(),
    }
}

/// Checks the HMAC of page 1 and gives the plain page without its first 16 bytes.
pub(crate) fn first_page(file: &[u8], key: &[u8; 32], hmac: QqHmac) -> Vec<u8> {
    let reserve = if hmac == QqHmac::Sha512 { 80 } else { 48 };
    let page = &file[..PAGE];
    let salt: Vec<u8> = page[..16].iter().map(|byte| byte ^ 0x3A).collect();
    let hmac_key = derive(key, &salt, 2);
    let end = PAGE - reserve;
    let mut message = page[16..end + 16].to_vec();
    message.extend(1_u32.to_le_bytes());
    let tag = tag(hmac, &hmac_key, &message);
    assert_eq!(tag, page[end + 16..end + 16 + tag.len()], "HMAC of page 1");
    let iv: [u8; 16] = page[end..end + 16].try_into().unwrap();
    let mut plain = page[16..end].to_vec();
    cbc::Decryptor::<Aes256>::new(&(*key).into(), &iv.into())
        .decrypt_padded::<NoPadding>(&mut plain)
        .unwrap();
    plain
}

/// Checks what page 1 says about its pages: size, log, reserved space.
pub(crate) fn check_header(plain: &[u8], reserve: u8) {
    assert_eq!(plain[0..2], [0x10, 0x00], "page size");
    assert_eq!(plain[2..4], [2, 2], "written through a log");
    assert_eq!(plain[4], reserve, "reserved space");
    assert_eq!(plain[5..8], [64, 32, 32]);
}
