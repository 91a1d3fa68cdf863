//! What kind of file some bytes are, from their first bytes alone.

/// This many first bytes are enough for [`sniff`]; fewer may do.
pub const HEAD_BYTES: usize = 64;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Picture.
    Image,
    /// Sound.
    Audio,
    /// Film.
    Video,
    /// Anything else.
    Other,
}

macro_rules! media_types {
    ($($(#[$meta:meta])* $name:ident = $media_type:literal, $extension:literal, $family:ident, $plays:literal;)*) => {
        /// A kind of file that [`sniff`] knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum MediaType { $($(#[$meta])* $name,)* }

        impl MediaType {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The media type, as in `image/png`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $media_type,)* }
            }

            /// The usual file extension, without the dot.
            #[must_use]
            pub const fn extension(self) -> &'static str {
                match self { $(Self::$name => $extension,)* }
            }

            /// What it is for.
            #[must_use]
            pub const fn family(self) -> Family {
                match self { $(Self::$name => Family::$family,)* }
            }

            /// Whether today's browsers show or play it without help.
            #[must_use]
            pub const fn plays_in_browsers(self) -> bool {
                match self { $(Self::$name => $plays,)* }
            }
        }
    };
}

media_types! {
    /// JPEG.
    Jpeg = "image/jpeg", "jpg", Image, true;
    /// PNG.
    Png = "image/png", "png", Image, true;
    /// GIF.
    Gif = "image/gif", "gif", Image, true;
    /// WebP.
    Webp = "image/webp", "webp", Image, true;
    /// Windows bitmap.
    Bmp = "image/bmp", "bmp", Image, true;
    /// AVIF.
    Avif = "image/avif", "avif", Image, true;
    /// HEIF and HEIC.
    Heic = "image/heic", "heic", Image, false;
    /// TIFF.
    Tiff = "image/tiff", "tiff", Image, false;
    /// WeChat's own image container around HEVC.
    Wxgf = "image/x-wxgf", "wxgf", Image, false;
    /// MPEG-4 film.
    Mp4 = "video/mp4", "mp4", Video, true;
    /// WebM.
    Webm = "video/webm", "webm", Video, true;
    /// QuickTime.
    Mov = "video/quicktime", "mov", Video, false;
    /// AVI.
    Avi = "video/x-msvideo", "avi", Video, false;
    /// Matroska.
    Mkv = "video/x-matroska", "mkv", Video, false;
    /// MPEG program stream.
    Mpeg = "video/mpeg", "mpg", Video, false;
    /// Windows Media, film or sound.
    Asf = "video/x-ms-asf", "asf", Video, false;
    /// Flash video.
    Flv = "video/x-flv", "flv", Video, false;
    /// 3GPP.
    ThreeGp = "video/3gpp", "3gp", Video, false;
    /// SILK v3, with or without Tencent's leading byte.
    Silk = "audio/x-silk", "silk", Audio, false;
    /// AMR, the narrow band.
    Amr = "audio/amr", "amr", Audio, false;
    /// AMR, the wide band.
    AmrWb = "audio/amr-wb", "awb", Audio, false;
    /// MIDI.
    Midi = "audio/midi", "mid", Audio, false;
    /// Ogg (Vorbis, Opus).
    Ogg = "audio/ogg", "ogg", Audio, true;
    /// WAV.
    Wav = "audio/wav", "wav", Audio, true;
    /// MP3.
    Mp3 = "audio/mpeg", "mp3", Audio, true;
    /// MPEG-4 sound.
    M4a = "audio/mp4", "m4a", Audio, true;
    /// AAC in ADTS frames.
    Aac = "audio/aac", "aac", Audio, true;
    /// FLAC.
    Flac = "audio/flac", "flac", Audio, true;
    /// PDF.
    Pdf = "application/pdf", "pdf", Other, false;
    /// ZIP, and everything built on it (docx, xlsx, apk, …).
    Zip = "application/zip", "zip", Other, false;
    /// 7z.
    SevenZip = "application/x-7z-compressed", "7z", Other, false;
    /// RAR.
    Rar = "application/vnd.rar", "rar", Other, false;
    /// Gzip.
    Gzip = "application/gzip", "gz", Other, false;
    /// Bzip2.
    Bzip2 = "application/x-bzip2", "bz2", Other, false;
    /// XZ.
    Xz = "application/x-xz", "xz", Other, false;
    /// Rich text.
    Rtf = "application/rtf", "rtf", Other, false;
    /// A SQLite database.
    Sqlite = "application/vnd.sqlite3", "db", Other, false;
    /// Office files before 2007 (doc, xls, ppt).
    OldOffice = "application/x-ole-storage", "ole", Other, false;
}

/// The kind of file that begins with these bytes; `None` when it is none of [`MediaType::ALL`].
#[must_use]
pub fn sniff(bytes: &[u8]) -> Option<MediaType> {
    use MediaType as M;
    const PREFIXES: &[(&[u8], MediaType)] = &[
        (b"\xff\xd8\xff", M::Jpeg),
        (b"\x89PNG\r\n\x1a\n", M::Png),
        (b"GIF87a", M::Gif),
        (b"GIF89a", M::Gif),
        (b"wxgf", M::Wxgf),
        (b"II*\0", M::Tiff),
        (b"MM\0*", M::Tiff),
        (b"\x02#!SILK_V3", M::Silk),
        (b"#!SILK_V3", M::Silk),
        (b"#!AMR\n", M::Amr),
        (b"#!AMR-WB\n", M::AmrWb),
        (b"OggS", M::Ogg),
        (b"fLaC", M::Flac),
        (b"ID3", M::Mp3),
        (b"MThd\0\0\0\x06", M::Midi),
        (b"\0\0\x01\xba", M::Mpeg),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", M::Asf),
        (b"BZh91AY&SY", M::Bzip2),
        (b"\xfd7zXZ\0", M::Xz),
        (b"{\\rtf1", M::Rtf),
        (b"SQLite format 3\0", M::Sqlite),
        (b"FLV\x01", M::Flv),
        (b"%PDF-", M::Pdf),
        (b"PK\x03\x04", M::Zip),
        (b"PK\x05\x06", M::Zip),
        (b"7z\xbc\xaf\x27\x1c", M::SevenZip),
        (b"Rar!\x1a\x07", M::Rar),
        (b"\x1f\x8b\x08", M::Gzip),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", M::OldOffice),
    ];
    if let Some((_, found)) = PREFIXES
        .iter()
        .find(|(prefix, _)| bytes.starts_with(prefix))
    {
        return Some(*found);
    }
    riff(bytes)
        .or_else(|| iso_media(bytes))
        .or_else(|| matroska(bytes))
        .or_else(|| bitmap(bytes))
        .or_else(|| mpeg_audio(bytes))
}

fn riff(bytes: &[u8]) -> Option<MediaType> {
    if !bytes.starts_with(b"RIFF") {
        return None;
    }
    match bytes.get(8..12)? {
        b"WEBP" => Some(MediaType::Webp),
        b"WAVE" => Some(MediaType::Wav),
        b"AVI " => Some(MediaType::Avi),
        _ => None,
    }
}

/// Matroska and WebM are one container; its header names the one it is.
fn matroska(bytes: &[u8]) -> Option<MediaType> {
    if !bytes.starts_with(b"\x1a\x45\xdf\xa3") {
        return None;
    }
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let is_matroska = head.windows(8).any(|name| name == b"matroska");
    Some(if is_matroska {
        MediaType::Mkv
    } else {
        MediaType::Webm
    })
}

/// Files that begin with an `ftyp` box: MPEG-4, QuickTime, HEIF.
fn iso_media(bytes: &[u8]) -> Option<MediaType> {
    if bytes.get(4..8)? != b"ftyp" {
        return None;
    }
    match bytes.get(8..12)? {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
            Some(MediaType::Heic)
        }
        b"avif" | b"avis" => Some(MediaType::Avif),
        b"qt  " => Some(MediaType::Mov),
        b"M4A " | b"M4B " => Some(MediaType::M4a),
        brand if brand.starts_with(b"3gp") || brand.starts_with(b"3g2") => Some(MediaType::ThreeGp),
        _ => Some(MediaType::Mp4),
    }
}

/// A bitmap's two letters alone prove little, so the header's own sizes must make sense too.
fn bitmap(bytes: &[u8]) -> Option<MediaType> {
    let number = |at: usize| -> Option<u32> {
        Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    };
    let (file_size, reserved, pixels_at, header_size) =
        (number(2)?, number(6)?, number(10)?, number(14)?);
    let makes_sense = bytes.starts_with(b"BM")
        && reserved == 0
        && matches!(header_size, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124)
        && pixels_at >= 14 + header_size
        && pixels_at <= 14 + header_size + 1024 + 12
        && (file_size == 0 || file_size >= pixels_at);
    makes_sense.then_some(MediaType::Bmp)
}

/// A frame header without a tag before it; reserved values rule out most accidents.
fn mpeg_audio(bytes: &[u8]) -> Option<MediaType> {
    let &[first, second, third, ..] = bytes else {
        return None;
    };
    if first != 0xff || second & 0xe0 != 0xe0 {
        return None;
    }
    if second & 0xf6 == 0xf0 {
        return (third >> 2 & 15 < 13).then_some(MediaType::Aac);
    }
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    let (rate, sampling) = (third >> 4, third >> 2 & 3);
    (version != 1 && layer != 0 && (1..15).contains(&rate) && sampling != 3)
        .then_some(MediaType::Mp3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn well_known_beginnings_are_recognised() {
        let mut bitmap = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
        bitmap.extend_from_slice(&[0; 40]);
        for (bytes, expected) in [
            (b"\xff\xd8\xff\xe0\0\x10JFIF".as_slice(), MediaType::Jpeg),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", MediaType::Png),
            (b"GIF89a\x01\0\x01\0", MediaType::Gif),
            (b"RIFF\x10\0\0\0WEBPVP8 ", MediaType::Webp),
            (b"RIFF\x10\0\0\0WAVEfmt ", MediaType::Wav),
            (b"\0\0\0\x18ftypheic\0\0\0\0", MediaType::Heic),
            (b"\0\0\0\x18ftypisom\0\0\0\0", MediaType::Mp4),
            (b"\0\0\0\x14ftypqt  \0\0\0\0", MediaType::Mov),
            (b"wxgf\x20", MediaType::Wxgf),
            (b"\x02#!SILK_V3\x0c", MediaType::Silk),
            (b"#!AMR\n\x3c", MediaType::Amr),
            (b"#!AMR-WB\n\x14", MediaType::AmrWb),
            (b"\x1a\x45\xdf\xa3\x9fB\x82\x84webm", MediaType::Webm),
            (b"\x1a\x45\xdf\xa3\xa3B\x82\x88matroska", MediaType::Mkv),
            (b"SQLite format 3\0\x10\0", MediaType::Sqlite),
            (b"\xff\xfb\x90\x64", MediaType::Mp3),
            (b"\xff\xf1\x50\x80", MediaType::Aac),
            (b"%PDF-1.7", MediaType::Pdf),
            (b"PK\x03\x04\x14", MediaType::Zip),
            (&bitmap, MediaType::Bmp),
        ] {
            assert_eq!(sniff(bytes), Some(expected), "{expected:?}");
        }
    }

    #[test]
    fn text_and_two_lucky_letters_are_nothing() {
        assert_eq!(sniff(b""), None);
        assert_eq!(sniff("BMW 的新车很好看，大家都说喜欢".as_bytes()), None);
        assert_eq!(sniff(b"<html>"), None);
        assert_eq!(sniff(b"\xff\xff\xff\xff"), None);
    }

    proptest! {
        #[test]
        fn the_first_bytes_decide(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(sniff(&bytes), sniff(&bytes[..bytes.len().min(HEAD_BYTES)]));
        }
    }
}
