//! What is odd about some characters.

/// Combining marks that follow each other beyond this number are left out of renderings.
pub(crate) const MAX_MARKS: u32 = 20;

/// Whether a character is drawn onto the one before it.
pub(crate) const fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}'
            | '\u{730}'..='\u{74a}' | '\u{7eb}'..='\u{7f3}' | '\u{8d3}'..='\u{902}' | '\u{93c}' | '\u{941}'..='\u{948}'
            | '\u{94d}' | '\u{951}'..='\u{957}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'
            | '\u{eb1}' | '\u{eb4}'..='\u{ebc}' | '\u{ec8}'..='\u{ece}' | '\u{f35}' | '\u{f37}' | '\u{f39}'
            | '\u{f71}'..='\u{f84}' | '\u{135d}'..='\u{135f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{200d}' | '\u{20d0}'..='\u{20f0}' | '\u{302a}'..='\u{302f}' | '\u{3099}' | '\u{309a}'
            | '\u{a66f}'..='\u{a67d}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Whether a character changes the direction of the text around it.
pub(crate) const fn is_direction_control(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A control character as a visible picture; `None` for characters that need none.
pub(crate) const fn control_picture(character: char) -> Option<char> {
    match character {
        '\n' | '\t' => None,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + character as u32),
        '\u{7f}' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}' => Some('\u{fffd}'),
        _ => None,
    }
}

/// Whether these bytes of UTF-8 hold nothing that [`write_clean`] would change.
fn is_clean(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | 0x80..=0xbf | 0xc3..=0xcb | 0xce..=0xd1 | 0xe4..=0xe9))
}

/// Appends text for a plain text file: line ends become `\n` and `indent`, control characters become visible, long
/// runs of combining marks are cut, and a line that turns the writing direction is isolated from what follows it.
pub(crate) fn write_clean(text: &str, indent: &str, out: &mut Vec<u8>) {
    if is_clean(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push(b'\n');
            out.extend_from_slice(indent.as_bytes());
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        let turns = line.contains(is_direction_control);
        if turns {
            out.extend_from_slice("\u{2068}".as_bytes());
        }
        write_line(line, out);
        if turns {
            out.extend_from_slice("\u{2069}".as_bytes());
        }
    }
}

/// As [`write_clean`] on one line, for names: whatever turns the direction is left out.
pub(crate) fn write_name(name: &str, out: &mut Vec<u8>) {
    if is_clean(name.as_bytes()) {
        out.extend_from_slice(name.as_bytes());
    } else {
        let name: String = name
            .chars()
            .filter(|character| !is_direction_control(*character))
            .map(|character| {
                if character == '\n' || character == '\r' {
                    ' '
                } else {
                    character
                }
            })
            .collect();
        write_line(&name, out);
    }
}

fn write_line(line: &str, out: &mut Vec<u8>) {
    let mut marks = 0;
    let mut buffer = [0; 4];
    for character in line.chars() {
        marks = if is_mark(character) { marks + 1 } else { 0 };
        if marks <= MAX_MARKS {
            let shown = control_picture(character).unwrap_or(character);
            out.extend_from_slice(shown.encode_utf8(&mut buffer).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clean(text: &str) -> String {
        let mut out = Vec::new();
        write_clean(text, "  ", &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn odd_characters_are_tamed() {
        assert_eq!(clean("一\r\n二\0"), "一\n  二\u{2400}");
        assert_eq!(clean("a\u{202e}b\nc"), "\u{2068}a\u{202e}b\u{2069}\n  c");
        assert_eq!(
            clean(&format!("e{}x", "\u{301}".repeat(500))),
            format!("e{}x", "\u{301}".repeat(20))
        );
        assert_eq!(clean("“引号”……、。"), "“引号”……、。");
        let mut out = Vec::new();
        write_name("张\u{202e}三\n", &mut out);
        assert_eq!(out, "张三 ".as_bytes());
    }

    proptest! {
        #[test]
        fn the_short_cut_changes_nothing(text in ".{0,40}") {
            let mut slow = Vec::new();
            write_line(&text, &mut slow);
            if is_clean(text.as_bytes()) {
                prop_assert_eq!(slow, text.as_bytes());
            }
        }
    }
}
