//! Hides what must lie on a disk for a while, under a key that is never written anywhere.

use aes::Aes256;
use aes::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use zeroize::Zeroizing;

/// A random key for one temporary file; when it is dropped, nobody can read the file any more.
///
/// AES-256 in counter mode: any stretch can be read without its neighbours. There is no authentication, because the file
/// belongs to the process that wrote it and goes with it.
pub struct ScratchKey(Zeroizing<[u8; 32]>);

impl ScratchKey {
    /// A fresh key from the operating system.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn random() -> std::io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut())
            .map_err(|_| std::io::Error::other("the system gives no random bytes"))?;
        Ok(Self(key))
    }

    /// Hides or shows the bytes that stand at `offset`.
    ///
    /// # Errors
    /// When the offset is beyond what the counter can reach.
    pub fn apply(&self, offset: u64, bytes: &mut [u8]) -> std::io::Result<()> {
        let mut cipher = ctr::Ctr128BE::<Aes256>::new((&*self.0).into(), &[0; 16].into());
        cipher
            .try_seek(offset)
            .and_then(|()| cipher.try_apply_keystream(bytes))
            .map_err(|_| std::io::Error::other("the temporary file is too long"))
    }
}

impl std::fmt::Debug for ScratchKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ScratchKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_stretch_is_shown_without_its_neighbours() {
        let key = ScratchKey::random().unwrap();
        let clear: Vec<u8> = (0..1000_u32)
            .map(|number| number.to_le_bytes()[0])
            .collect();
        let mut hidden = clear.clone();
        key.apply(5, &mut hidden[..400]).unwrap();
        key.apply(405, &mut hidden[400..]).unwrap();
        assert_ne!(hidden, clear);
        let mut part = hidden[333..777].to_vec();
        key.apply(5 + 333, &mut part).unwrap();
        assert_eq!(part, clear[333..777]);
    }
}
