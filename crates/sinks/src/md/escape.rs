//! From text to Markdown: what a person wrote is shown as it stands and never becomes markup.

use crate::text::{MAX_MARKS, control_picture, is_direction_control, is_mark};
use crate::url::url_length;

/// Which program reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Any reader of Markdown.
    Common,
    /// Obsidian and its extensions too: tags, comments, properties in the text, block names, formulas, templates.
    Vault,
}

impl Dialect {
    /// Whether this character, with what follows it, means something in this dialect alone.
    fn is_special(self, character: char, rest: &str) -> bool {
        self == Self::Vault
            && match character {
                '#' | '^' | '%' | '=' | '{' | '}' => true,
                ':' => rest.starts_with(':'),
                _ => false,
            }
    }

    /// An address as it stands between `<` and `>`.
    pub(crate) fn address(self, url: &str) -> String {
        let url = url.replace('<', "%3C").replace('>', "%3E");
        if self.takes_address(&url) {
            url
        } else {
            url.replace("%%", "%25%25")
                .replace("::", ":%3A")
                .replace("==", "=%3D")
                .replace('{', "%7B")
                .replace('}', "%7D")
        }
    }

    /// Whether an address can stand as it is, between its brackets.
    fn takes_address(self, url: &str) -> bool {
        self == Self::Common
            || !["%%", "::", "{{", "}}", "=="]
                .iter()
                .any(|sign| url.contains(sign))
    }
}

/// Appends text of any number of lines for any reader of Markdown; addresses become links.
pub(crate) fn write_text(text: &str, out: &mut String) {
    write_text_in(text, Dialect::Common, out);
}

/// Appends a name or a title for any reader of Markdown.
pub(crate) fn write_plain(text: &str, out: &mut String) {
    write_plain_in(text, Dialect::Common, out);
}

/// Appends text of any number of lines; addresses become links.
pub(crate) fn write_text_in(text: &str, dialect: Dialect, out: &mut String) {
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            // Two spaces keep the line end.
            out.push_str("  \n");
        }
        write_line(line.strip_suffix('\r').unwrap_or(line), dialect, out);
    }
}

/// Appends a name or a title: one line, without anything that turns the writing direction.
pub(crate) fn write_plain_in(text: &str, dialect: Dialect, out: &mut String) {
    let plain: String = text
        .chars()
        .filter(|character| !is_direction_control(*character))
        .map(|character| {
            if character.is_whitespace() {
                ' '
            } else {
                character
            }
        })
        .collect();
    write_escaped(&plain, dialect, out);
}

fn write_line(line: &str, dialect: Dialect, out: &mut String) {
    // White space at the beginning would make a block of code, a digit or a dash a list.
    let trimmed = line.trim_start_matches([' ', '\t']);
    out.extend(std::iter::repeat_n(
        "&nbsp;",
        (line.len() - trimmed.len()).min(16),
    ));
    let turns = trimmed.contains(is_direction_control);
    if turns {
        out.push('\u{2068}');
    }
    write_list_start(trimmed, dialect, out);
    if turns {
        out.push('\u{2069}');
    }
}

fn write_list_start(line: &str, dialect: Dialect, out: &mut String) {
    let number = line.bytes().take_while(u8::is_ascii_digit).count();
    let (start, rest) = line.split_at_checked(number).unwrap_or((line, ""));
    out.push_str(start);
    let is_list = number > 0 && rest.starts_with(['.', ')']);
    let is_markup = number == 0 && rest.starts_with(['-', '+', '=', '#']);
    let is_escaped_anyway = rest
        .chars()
        .next()
        .is_some_and(|first| dialect.is_special(first, ""));
    if is_list || (is_markup && !is_escaped_anyway) {
        out.push('\\');
    }
    write_escaped(rest, dialect, out);
}

fn write_escaped(text: &str, dialect: Dialect, out: &mut String) {
    let mut rest = text;
    let mut marks = 0;
    while let Some(character) = rest.chars().next() {
        if character == 'h'
            && let Some(length) = url_length(rest.as_bytes())
            && let Some((url, after)) = rest.split_at_checked(length)
            && dialect.takes_address(url)
        {
            out.push('<');
            out.push_str(url);
            out.push('>');
            rest = after;
            continue;
        }
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        marks = if is_mark(character) { marks + 1 } else { 0 };
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(character);
            }
            _ if dialect.is_special(character, rest) => {
                out.push('\\');
                out.push(character);
            }
            _ if marks > MAX_MARKS => {}
            _ => out.push(control_picture(character).unwrap_or(character)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let mut out = String::new();
        write_text(text, &mut out);
        out
    }

    #[test]
    fn markup_becomes_words() {
        assert_eq!(text("# a\n- b"), "\\# a  \n\\- b");
        assert_eq!(text("1. a"), "1\\. a");
        assert_eq!(text("    code"), "&nbsp;&nbsp;&nbsp;&nbsp;code");
        assert_eq!(text("<script>"), "&lt;script&gt;");
        assert_eq!(
            text("![x](http://a.cn/y.png)"),
            "!\\[x\\](<http://a.cn/y.png>)"
        );
        assert_eq!(text("看 https://a.cn/b_c 吧"), "看 <https://a.cn/b_c> 吧");
    }

    #[test]
    fn what_programs_for_notes_would_run_becomes_words() {
        for (text, expected) in [
            ("#tag", "\\#tag"),
            ("a %%hidden%%", "a \\%\\%hidden\\%\\%"),
            ("due:: today", "due\\:: today"),
            ("[[link]] ^block", "\\[\\[link\\]\\] \\^block"),
            ("==x== {{title}}", "\\=\\=x\\=\\= \\{\\{title\\}\\}"),
            ("<% tp.file %>", "&lt;\\% tp.file \\%&gt;"),
            ("`= this.x` `$= dv`", "\\`\\= this.x\\` \\`\\$\\= dv\\`"),
            ("---", "\\---"),
            ("- [ ] x", "\\- \\[ \\] x"),
        ] {
            let mut out = String::new();
            write_text_in(text, Dialect::Vault, &mut out);
            assert_eq!(out, expected);
        }
    }
}
