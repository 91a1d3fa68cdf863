//! Fields of the protobuf bodies.

use crate::qq::wire::messages;

messages! {
    /// A picture.
    Picture {
        1 bytes path,
        2 number size,
        5 bytes uuid,
        6 bytes md5,
        8 bytes thumb_url,
        9 bytes big_url,
        10 bytes raw_url,
        22 number field_22,
        23 number field_23,
        24 number field_24,
        25 number field_25,
        26 number field_26,
    }
    /// A voice message.
    Voice {
        1 bytes path,
        2 number size,
        6 bytes md5,
        12 bytes transcript,
        19 number seconds,
        23 bytes full_path,
    }
    /// A short film.
    Film {
        3 bytes path,
        6 number size,
    }
    /// One piece of a text with pictures.
    Element {
        1 bytes text,
        2 bytes picture,
        3 bytes sticker,
        4 bytes source,
    }
    /// A gray tip.
    Tip {
        5 bytes text,
        9 bytes more,
    }
    /// What stands inside a gray tip.
    TipMore {
        8 bytes detail,
    }
}

/// Values of the image type; the fields before it are the size in pixels.
const fn is_type(number: Option<u64>) -> bool {
    matches!(number, Some(1000..=1005 | 2000 | 2001))
}

impl Picture<'_> {
    /// Width and height. Two numberings circulate; the type of the image that follows tells them apart.
    pub(super) fn pixels(&self) -> (Option<u32>, Option<u32>) {
        let pair = if !is_type(self.field_26) && is_type(self.field_25) && self.field_23.is_some() {
            (self.field_23, self.field_24)
        } else {
            (self.field_24, self.field_25)
        };
        let pixels = |number: Option<u64>| {
            number
                .and_then(|number| u32::try_from(number).ok())
                .filter(|number| (1..=100_000).contains(number))
        };
        (pixels(pair.0), pixels(pair.1))
    }

    /// Media type of the image type.
    pub(super) const fn media_type(&self) -> Option<&'static str> {
        let number = if is_type(self.field_26) {
            self.field_26
        } else if is_type(self.field_25) {
            self.field_25
        } else {
            None
        };
        Some(match number {
            Some(1000 | 1003) => "image/jpeg",
            Some(1001) => "image/png",
            Some(1002) => "image/webp",
            Some(1005) => "image/bmp",
            Some(2000) => "image/gif",
            Some(2001) => "image/apng",
            _ => return None,
        })
    }
}
