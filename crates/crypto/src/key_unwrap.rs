//! AES key unwrapping as RFC 3394 describes it, with keys of 256 bits.

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, KeyInit};
use zeroize::Zeroizing;

/// What the first eight bytes must be when the key was the right one.
const CHECK: [u8; 8] = [0xa6; 8];

/// Longest wrapped key that is looked at, in bytes.
const MAX_WRAPPED_BYTES: usize = 1024;

/// The key inside `wrapped`, or nothing when `wrapping_key` is not the one it was wrapped with.
#[must_use]
pub fn unwrap_key(wrapping_key: &[u8; 32], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if !wrapped.len().is_multiple_of(8) || !(24..=MAX_WRAPPED_BYTES).contains(&wrapped.len()) {
        return None;
    }
    let cipher = Aes256::new(wrapping_key.into());
    let (first, rest) = wrapped.split_first_chunk::<8>()?;
    let mut check = u64::from_be_bytes(*first);
    let mut key = Zeroizing::new(rest.to_vec());
    let count = rest.len() / 8;
    for round in (0..6).rev() {
        for (index, half) in key.chunks_exact_mut(8).enumerate().rev() {
            let step = (count * round + index + 1) as u64;
            let mut block = [0; 16];
            let (left, right) = block.split_at_mut(8);
            left.copy_from_slice(&(check ^ step).to_be_bytes());
            right.copy_from_slice(half);
            let mut block = block.into();
            cipher.decrypt_block(&mut block);
            let (left, right) = block.split_first_chunk::<8>()?;
            check = u64::from_be_bytes(*left);
            half.copy_from_slice(right);
        }
    }
    (check == u64::from_be_bytes(CHECK)).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kek() -> [u8; 32] {
        std::array::from_fn(|index| u8::try_from(index).unwrap())
    }

    #[test]
    fn the_vectors_of_the_rfc() {
        // RFC 3394, 4.3 and 4.6.
        let cases = [
            (
                "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7",
                "00112233445566778899aabbccddeeff",
            ),
            (
                "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
                "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
            ),
        ];
        for (wrapped, key) in cases {
            let wrapped = hex::decode(wrapped).unwrap();
            assert_eq!(hex::encode(&*unwrap_key(&kek(), &wrapped).unwrap()), key);
            let mut other = kek();
            other[31] ^= 1;
            assert!(unwrap_key(&other, &wrapped).is_none());
        }
        assert!(unwrap_key(&kek(), &[0; 16]).is_none());
        assert!(unwrap_key(&kek(), &[0; 27]).is_none());
    }
}
