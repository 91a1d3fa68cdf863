//! Texts inside a drawing.

/// A text for one line: control characters and those that turn the direction of writing are gone, piles of combining
/// marks too, and what is longer than `limit` characters ends with an ellipsis.
#[must_use]
pub fn clean(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let mut kept = 0;
    let mut marks = 0;
    for char in text.trim().chars() {
        let is_mark = is_combining(char);
        marks = if is_mark { marks + 1 } else { 0 };
        if is_unwanted(char) || marks > 2 {
            continue;
        }
        if kept == limit {
            out.push('…');
            break;
        }
        out.push(if char.is_whitespace() { ' ' } else { char });
        kept += 1;
    }
    out
}

/// Characters that have no place in XML or that change how the text around them stands.
const fn is_unwanted(char: char) -> bool {
    matches!(char,
        '\u{0}'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{200B}'
        | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}'
        | '\u{FFFE}' | '\u{FFFF}' | '\u{FFF9}'..='\u{FFFB}')
}

const fn is_combining(char: char) -> bool {
    matches!(char,
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5BD}' | '\u{610}'..='\u{61A}'
        | '\u{64B}'..='\u{65F}' | '\u{E31}' | '\u{E34}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}'
        | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// A text as XML content or attribute value.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ if is_unwanted(char) => {}
            _ => out.push(char),
        }
    }
    out
}

/// How wide a text is, roughly, in units of its size.
#[must_use]
pub fn width_em(text: &str) -> f64 {
    text.chars()
        .map(|char| match char {
            'i' | 'j' | 'l' | '.' | ',' | '\'' | ':' | ' ' => 0.32,
            'm' | 'w' | 'M' | 'W' => 0.9,
            '\u{0}'..='\u{2E7F}' if !is_combining(char) => 0.6,
            '\u{0}'..='\u{2E7F}' => 0.0,
            _ => 1.0,
        })
        .sum()
}

/// A number with separators.
#[must_use]
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
