//! Addresses of messages and attachments on a live page. Pages and routes ask here, so that they agree.

use hutong_model::{Digest, MessageId};

use super::{BundlePath, Form, Small};

/// Where attachments are served.
pub const MEDIA: &str = "/media/";

/// Where messages are found by their ids.
pub const MESSAGES: &str = "/m/";

/// Name of a message on a page that it is on. It begins with a letter because old readers want that.
#[must_use]
pub fn anchor(id: MessageId) -> String {
    let mut out = String::with_capacity(33);
    out.push('m');
    id.write_hex(&mut out);
    out
}

/// The permanent address of a message, which leads to its place in its chat: `/m/<id>`.
#[must_use]
pub fn message(id: MessageId) -> String {
    let mut out = String::with_capacity(MESSAGES.len() + 32);
    out.push_str(MESSAGES);
    id.write_hex(&mut out);
    out
}

/// Everything about one message, uncut: `/m/<id>/details`.
#[must_use]
pub fn details(id: MessageId) -> String {
    message(id) + "/details"
}

/// A forward bundle inside a message, from its message number `from` on: `/m/<id>/bundle?path=0.3.1&from=200`.
#[must_use]
pub fn bundle(id: MessageId, path: &BundlePath, from: usize) -> String {
    let mut out = message(id) + "/bundle?path=" + &path.to_string();
    if from > 0 {
        out.push_str("&from=");
        out.push_str(&from.to_string());
    }
    out
}

/// Name of an attachment below [`MEDIA`]: `<sha256>` as it is, `<sha256>.wav` a decoded voice,
/// `<sha256>.picture` a decoded picture.
#[must_use]
pub fn media_name(digest: Digest, form: Form) -> String {
    digest.to_string() + form.suffix()
}

/// Address of an attachment: [`MEDIA`] and [`media_name`].
#[must_use]
pub fn media(digest: Digest, form: Form) -> String {
    format!("{MEDIA}{}", media_name(digest, form))
}

/// Address of a small copy of a picture: that of [`media`] with the copy's suffix, `<sha256>.picture.tile`.
#[must_use]
pub fn small(digest: Digest, form: Form, small: Small) -> String {
    media(digest, form) + small.suffix()
}

/// What a name below [`MEDIA`] asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MediaName {
    /// Which attachment.
    pub digest: Digest,
    /// In which form.
    pub form: Form,
    /// A small copy of it.
    pub small: Option<Small>,
}

/// Reads what [`media_name`] and [`small`] write.
#[must_use]
pub fn parse_media_name(name: &str) -> Option<MediaName> {
    let (digest, suffix) = name.split_at_checked(64)?;
    let copy = Small::ALL
        .into_iter()
        .find_map(|small| Some((suffix.strip_suffix(small.suffix())?, small)));
    let (suffix, small) = copy.map_or((suffix, None), |(rest, small)| (rest, Some(small)));
    let form = Form::ALL
        .into_iter()
        .find(|form| form.suffix() == suffix)
        .filter(|form| small.is_none() || *form != Form::Voice)?;
    Some(MediaName {
        digest: Digest::from_hex(digest)?,
        form,
        small,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let digest = Digest([0xab; 32]);
        for form in Form::ALL {
            let name = media_name(digest, form);
            let whole = MediaName {
                digest,
                form,
                small: None,
            };
            assert_eq!(parse_media_name(&name), Some(whole));
            assert_eq!(media(digest, form), format!("/media/{name}"));
            for copy in Small::ALL {
                let address = small(digest, form, copy);
                let expected = (form != Form::Voice).then_some(MediaName {
                    small: Some(copy),
                    ..whole
                });
                let name = address.strip_prefix("/media/").unwrap();
                assert_eq!(parse_media_name(name), expected);
            }
        }
        let plain = digest.to_string();
        for wrong in [
            "",
            "ab",
            &plain[..63],
            &format!("{plain}.svg"),
            &format!("{plain}.tile.small"),
            &format!("{plain}/../x"),
            &"好".repeat(22),
        ] {
            assert_eq!(parse_media_name(wrong), None, "{wrong}");
        }
    }
}
