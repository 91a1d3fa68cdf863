//! Sticker files, whose first kilobyte is encrypted.

use std::io::{Chain, Cursor, Read};

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, KeyInit};
use hutong_model::Content;

use super::decode::STICKER_FRONT;
use crate::FileContent;

/// A sticker's bytes, decrypted when they are read.
#[derive(Clone, Debug)]
pub(super) struct StickerContent {
    pub(super) file: FileContent,
    pub(super) key: Option<[u8; 16]>,
}

impl Content for StickerContent {
    fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        let mut file = self.file.open()?;
        let mut front = Vec::with_capacity(STICKER_FRONT.end);
        let limit = u64::try_from(STICKER_FRONT.end).unwrap_or(0);
        file.by_ref().take(limit).read_to_end(&mut front)?;
        if let Some(key) = self.key.filter(|_| !is_picture(&front)) {
            let clear = decrypted(&front, key);
            // A key that gives no picture is none of this file's; then the bytes stay as they are.
            if is_picture(&clear) {
                front = clear;
            }
        }
        let whole: Chain<_, _> = Cursor::new(front).chain(file);
        Ok(Box::new(whole))
    }
}

fn decrypted(front: &[u8], key: [u8; 16]) -> Vec<u8> {
    let cipher = Aes128::new(&key.into());
    let mut clear = front.to_vec();
    let (blocks, _) = clear.as_chunks_mut::<16>();
    for block in blocks {
        let mut cell = (*block).into();
        cipher.decrypt_block(&mut cell);
        *block = cell.into();
    }
    clear
}

/// Whether bytes begin as a picture does; `wxgf` is the client's own kind.
fn is_picture(front: &[u8]) -> bool {
    const MARKS: &[&[u8]] = &[
        b"GIF8",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"RIFF",
        b"wxgf",
        b"wxam",
    ];
    MARKS.iter().any(|mark| front.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Input;
    use aes::cipher::BlockCipherEncrypt;

    fn read(name: &str, bytes: &[u8], key: Option<[u8; 16]>) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let file = Input::open(folder.path()).unwrap().content(name).unwrap();
        let mut read = Vec::new();
        StickerContent { file, key }
            .open()
            .unwrap()
            .read_to_end(&mut read)
            .unwrap();
        read
    }

    #[test]
    fn only_the_first_kilobyte_is_decrypted_and_only_when_that_gives_a_picture() {
        let key = *b"0123456789abcdef";
        let mut picture = b"GIF89a".to_vec();
        picture.extend((0..2_000_u32).map(|number| number.to_le_bytes()[0]));
        let mut stored = picture.clone();
        let cipher = Aes128::new(&key.into());
        for block in stored[..1024].as_chunks_mut::<16>().0 {
            let mut cell = (*block).into();
            cipher.encrypt_block(&mut cell);
            *block = cell.into();
        }
        assert_eq!(read("a", &stored, Some(key)), picture);
        assert_eq!(read("a", &stored, Some([7; 16])), stored);
        assert_eq!(read("a", &stored, None), stored);
        assert_eq!(read("a", &picture, Some(key)), picture);
        assert_eq!(read("a", b"GIF", Some(key)), b"GIF");
    }
}
