//! Names and links inside a vault.

use crate::Language;
use crate::md::escape::{Dialect, write_plain_in};

/// Names of our own folders and pages.
pub(super) struct Places {
    pub(super) home: &'static str,
    pub(super) chats: &'static str,
    pub(super) people: &'static str,
    pub(super) links: &'static str,
    pub(super) files: &'static str,
    pub(super) decisions: &'static str,
}

impl Places {
    pub(super) const fn of(language: Language) -> Self {
        Self {
            home: language.pick("首页", "Home"),
            chats: language.pick("会话", "Chats"),
            people: language.pick("人物", "People"),
            links: language.pick("链接", "Links"),
            files: language.pick("文件", "Files"),
            decisions: language.pick("决定与待办", "Decisions and to-dos"),
        }
    }
}

/// A title without the signs that mean something in links of Markdown or of vaults.
pub(super) fn file_title(title: &str) -> String {
    title
        .chars()
        .map(|character| match character {
            '[' => '［',
            ']' => '］',
            '#' => '＃',
            '^' => '＾',
            '%' => '％',
            // `&amp;` in an address would be read as another name.
            '&' => '＆',
            other => other,
        })
        .collect()
}

/// Appends a link; the address is made of names that this module gave.
pub(super) fn link(words: &str, address: &str, out: &mut String) {
    out.push('[');
    plain(words, out);
    out.push_str("](<");
    out.push_str(address);
    out.push_str(">)");
}

/// Appends a name or title.
pub(super) fn plain(words: &str, out: &mut String) {
    // An address inside a link's words would end it.
    if words.contains("://") {
        write_plain_in(&words.replace("://", ":\u{200b}//"), Dialect::Vault, out);
    } else {
        write_plain_in(words, Dialect::Vault, out);
    }
}

/// The properties at the head of a page (YAML); every text is in quotes as JSON has them, which YAML reads alike.
pub(super) struct Properties(String);

impl Properties {
    pub(super) fn new() -> Self {
        Self("---\n".to_owned())
    }

    /// Text that others chose.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            // A text that looks like a link would be shown as one.
            let value = value.replace("[[", "[ [");
            self.0.push_str(&format!("{name}: {}\n", quoted(&value)));
        }
    }

    /// The page with this path, without its extension.
    pub(super) fn page(&mut self, name: &str, path: &str) {
        self.0
            .push_str(&format!("{name}: {}\n", quoted(&format!("[[{path}]]"))));
    }

    /// A number or date of our own.
    pub(super) fn plain(&mut self, name: &str, value: &dyn std::fmt::Display) {
        self.0.push_str(&format!("{name}: {value}\n"));
    }

    /// Several texts.
    pub(super) fn list<'t>(&mut self, name: &str, values: impl IntoIterator<Item = &'t str>) {
        let before = self.0.len();
        self.0.push_str(&format!("{name}:\n"));
        let head = self.0.len();
        for value in values {
            self.0.push_str(&format!("  - {}\n", quoted(value)));
        }
        if self.0.len() == head {
            self.0.truncate(before);
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push_str("---\n\n");
        self.0
    }
}

fn quoted(text: &str) -> String {
    let line = crate::mail::header::one_line(text);
    serde_json::Value::from(line.as_ref()).to_string()
}

/// A tag: letters and digits of any script.
pub(super) fn tag(words: &str) -> String {
    words
        .chars()
        .map(|character| {
            if character.is_alphanumeric() {
                character
            } else {
                '-'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_hold_whatever_is_said() {
        let mut properties = Properties::new();
        properties.text("title", "a\n---\nb: \"c\" #d \u{2028}");
        properties.list("people", ["[[x]]", "y: z"]);
        properties.list("none", []);
        let text = properties.finish();
        assert_eq!(
            text,
            "---\ntitle: \"a --- b: \\\"c\\\" #d\"\npeople:\n  - \"[[x]]\"\n  - \"y: z\"\n---\n\n"
        );
    }

    #[test]
    fn links_lead_where_they_should() {
        let mut out = String::new();
        link("a](http://x) [b", "人物/a b.md", &mut out);
        assert_eq!(out, "[a\\](http:\u{200b}//x) \\[b](<人物/a b.md>)");
        assert_eq!(file_title("a#b^c[d]%20&amp;"), "a＃b＾c［d］％20＆amp;");
    }
}
