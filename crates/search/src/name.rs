//! Names answer to their characters, to pinyin and to its initials (`zs` → 张三).

use pinyin::ToPinyin;

use crate::fold;

/// What somebody typed for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    folded: String,
    is_latin: bool,
}

impl NamePattern {
    /// A pattern from typed words.
    #[must_use]
    pub fn new(typed: &str) -> Self {
        let folded = fold(typed.trim());
        let is_latin = !folded.is_empty() && folded.bytes().all(|byte| byte.is_ascii_lowercase());
        Self { folded, is_latin }
    }

    /// The words as they are compared.
    pub(crate) fn folded(&self) -> &str {
        &self.folded
    }

    /// Whether pinyin and initials answer to it.
    pub(crate) const fn is_latin(&self) -> bool {
        self.is_latin
    }

    /// Whether a name answers to it: by a part of the name, or by the beginning of its pinyin or initials.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        !self.folded.is_empty()
            && (fold(name).contains(&self.folded)
                || (self.is_latin
                    && (pinyin_initials(name).starts_with(&self.folded)
                        || pinyin(name).starts_with(&self.folded))))
    }

    /// Whether an id is exactly it.
    #[must_use]
    pub fn is(&self, id: &str) -> bool {
        fold(id) == self.folded
    }
}

/// First letters of the pinyin of each character; other characters as they are folded.
#[must_use]
pub fn pinyin_initials(name: &str) -> String {
    spell(name, |syllable, out| out.extend(syllable.chars().next()))
}

/// What a list of names is sorted by: names in Chinese stand among the others by their pinyin.
#[must_use]
pub fn name_order(name: &str) -> String {
    pinyin(name.trim())
}

/// The pinyin of each character; other characters as they are folded.
pub(crate) fn pinyin(name: &str) -> String {
    spell(name, |syllable, out| out.push_str(syllable))
}

fn spell(name: &str, write: impl Fn(&str, &mut String)) -> String {
    let mut out = String::new();
    for character in fold(name).chars() {
        match character.to_pinyin() {
            Some(pinyin) => write(pinyin.plain(), &mut out),
            None => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_scripts_stand_in_one_order() {
        let mut names = ["张三", "Bob", "安娜", " 李四", "zoe", "陈"];
        names.sort_by_cached_key(|name| name_order(name));
        assert_eq!(names, ["安娜", "Bob", "陈", " 李四", "张三", "zoe"]);
    }

    #[test]
    fn names_answer_to_pinyin_and_initials() {
        for typed in ["张", "三", "zs", "zhang", "zhangsan", "Z", "張三"] {
            assert!(NamePattern::new(typed).matches("张三"), "{typed}");
        }
        for typed in ["", "san", "李", "zl"] {
            assert!(!NamePattern::new(typed).matches("张三"), "{typed}");
        }
        assert!(NamePattern::new("wxid_A").is("wxid_a"));
    }
}
