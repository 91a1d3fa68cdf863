//! Which language a browser asks for.

use hutong::sinks::Language;

/// The language with this tag.
pub(crate) fn named(tag: &str) -> Option<Language> {
    let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
    if primary.eq_ignore_ascii_case("zh") {
        Some(Language::Zh)
    } else if primary.eq_ignore_ascii_case("en") {
        Some(Language::En)
    } else {
        None
    }
}

/// The best of an `Accept-Language` header that we have.
pub(crate) fn accepted(header: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for entry in header.split(',') {
        let (tag, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
        let weight = weight
            .trim()
            .strip_prefix("q=")
            .and_then(|text| text.parse().ok())
            .unwrap_or(1.0);
        if let Some(language) = named(tag)
            && weight > 0.0
            && best.is_none_or(|(known, _)| weight > known)
        {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_known_language_wins_and_unknown_ones_are_passed_over() {
        assert_eq!(accepted("fr,en;q=0.5,zh-TW;q=0.8"), Some(Language::Zh));
        assert_eq!(accepted("en-GB,zh;q=0.9"), Some(Language::En));
        assert_eq!(accepted("zh;q=0, en;q=0.1"), Some(Language::En));
        assert_eq!(accepted("fr, de"), None);
        assert_eq!(accepted(""), None);
    }
}
