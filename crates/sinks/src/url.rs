//! Addresses in what people write: which ones may be clicked.

use crate::text::is_direction_control;

/// Longest address that is made clickable.
const MAX_URL_BYTES: usize = 2048;

/// Length of the address at the beginning of `bytes`, punctuation after it not counted.
pub(crate) fn url_length(bytes: &[u8]) -> Option<usize> {
    let scheme = [b"https://".as_slice(), b"http://"]
        .into_iter()
        .find(|scheme| bytes.starts_with(scheme))?;
    let is_part = |byte: &u8| {
        matches!(byte, b'!'..=b'~')
            && !matches!(
                byte,
                b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
            )
    };
    let mut length = bytes
        .iter()
        .take(MAX_URL_BYTES + 1)
        .take_while(|byte| is_part(byte))
        .count();
    if length > MAX_URL_BYTES {
        return None;
    }
    while bytes
        .get(length.checked_sub(1)?)
        .is_some_and(|last| b".,;:!?'\")]".contains(last))
    {
        length -= 1;
    }
    let host = bytes.get(scheme.len())?;
    (length > scheme.len() && (host.is_ascii_alphanumeric() || *host == b'[')).then_some(length)
}

/// The address when it is one that may be clicked: http or https, without white space or controls.
pub(crate) fn safe_url(url: &str) -> Option<&str> {
    let url = url.trim();
    let scheme = url.split_once("://").map(|(scheme, _)| scheme)?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let is_plain = |character: char| {
        !character.is_control()
            && !character.is_whitespace()
            && !is_direction_control(character)
            && character != '\\'
    };
    (is_web && url.len() <= 2 * MAX_URL_BYTES && url.chars().all(is_plain)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_safe() {
        for bad in [
            "javascript:alert(1)",
            " data:text/html,x",
            "file:///etc/passwd",
            "https:x",
            "http://a b",
            "java\nscript://x",
        ] {
            assert_eq!(safe_url(bad), None, "{bad}");
        }
        assert_eq!(safe_url(" HTTPS://a.cn/x "), Some("HTTPS://a.cn/x"));
    }
}
