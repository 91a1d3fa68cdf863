//! Pictures that stand inside a text.

use std::io::{Cursor, Read};
use std::sync::Arc;

use hutong_model::{Attachment, AttachmentState, Content, ContentHandle};
#[cfg(feature = "qq")]
use hutong_sqlite::ReadAt;

use crate::base64::base64;

/// Bytes that came with a record.
struct Bytes(Arc<[u8]>);

impl Content for Bytes {
    fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Cursor::new(Arc::clone(&self.0))))
    }
}

/// A picture given as data URL, as bare base64, or as an address.
pub(crate) fn picture(text: &str) -> Option<Attachment> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (media_type, encoded) = match text.strip_prefix("data:") {
        Some(rest) => {
            let (head, encoded) = rest.split_once(',')?;
            let media_type = head.split(';').next().unwrap_or_default();
            if !head.ends_with(";base64") {
                return None;
            }
            (Some(media_type).filter(|kind| !kind.is_empty()), encoded)
        }
        None if text.contains("://") || text.len() < 64 || text.contains(['.', '\\', ':']) => {
            return Some(Attachment {
                url: Some(text.to_owned()),
                ..Attachment::default()
            });
        }
        None => (None, text),
    };
    let bytes = base64(encoded)?;
    Some(Attachment {
        media_type: media_type.map(str::to_owned),
        size_bytes: Some(bytes.len() as u64),
        state: AttachmentState::Referenced,
        content: Some(ContentHandle(Arc::new(Bytes(bytes.into())))),
        ..Attachment::default()
    })
}

#[cfg(feature = "qq")]
/// A text of a JSON file that holds a picture; the file is read when somebody wants the picture.
struct InFile {
    source: Arc<dyn ReadAt>,
    start: u64,
    length: usize,
}

#[cfg(feature = "qq")]
impl Content for InFile {
    fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        let broken = || std::io::Error::from(std::io::ErrorKind::InvalidData);
        let mut bytes = vec![0; self.length];
        self.source.read_exact_at(&mut bytes, self.start)?;
        let text: String = serde_json::from_slice(&bytes).map_err(|_| broken())?;
        let found = picture(&text).and_then(|picture| picture.content);
        found.ok_or_else(broken)?.0.open()
    }
}

#[cfg(feature = "qq")]
/// As [`picture`] for a text that stands at `start` of a file, without keeping its bytes.
pub(crate) fn picture_in_file(
    source: &Arc<dyn ReadAt>,
    start: u64,
    raw: &[u8],
) -> Option<Attachment> {
    let mut spare = Vec::new();
    let (text, _) = crate::json_stream::parse::<String>(raw, &mut spare).ok()?;
    let mut found = picture(&text)?;
    if found.content.is_some() {
        found.content = Some(ContentHandle(Arc::new(InFile {
            source: Arc::clone(source),
            start,
            length: raw.len(),
        })));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_url_is_a_picture_and_an_address_is_not() {
        let mut bytes = Vec::new();
        let found = picture("data:image/png;base64,5L2g5aW9").unwrap();
        found
            .content
            .unwrap()
            .0
            .open()
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        assert_eq!(bytes, "你好".as_bytes());
        assert_eq!(found.media_type.as_deref(), Some("image/png"));
        let found = picture("https://example.com/a.png").unwrap();
        assert!(found.content.is_none() && found.url.is_some());
        assert!(picture(" ").is_none());
    }
}
