//! Addresses of messages and attachments on a live page. Pages and routes ask here, so that they agree.

use hutong_model::{Digest, MessageId};

use super::{BundlePath, Form};

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

/// Reads what [`media_name`] writes.
#[must_use]
pub fn parse_media_name(name: &str) -> Option<(Digest, Form)> {
    let (digest, suffix) = name.split_at_checked(64)?;
    let form = Form::ALL.into_iter().find(|form| form.suffix() == suffix)?;
    Some((Digest::from_hex(digest)?, form))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let digest = Digest([0xab; 32]);
        for form in Form::ALL {
            let name = media_name(digest, form);
            assert_eq!(parse_media_name(&name), Some((digest, form)));
            assert_eq!(media(digest, form), format!("/media/{name}"));
        }
        let plain = digest.to_string();
        for wrong in [
            "",
            "ab",
            &plain[..63],
            &format!("{plain}.svg"),
            &format!("{plain}/../x"),
            &"好".repeat(22),
        ] {
            assert_eq!(parse_media_name(wrong), None, "{wrong}");
        }
    }
}
