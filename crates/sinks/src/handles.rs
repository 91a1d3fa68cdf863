//! Names as team chats want them for people and channels: lower case, short, without signs, each given once.

use rustc_hash::FxHashSet;

/// What a name may be.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    /// Longest name, in characters.
    pub(crate) longest: usize,
    /// Signs that may stand between letters.
    pub(crate) signs: &'static str,
    /// Whether letters of every script are allowed.
    pub(crate) all_scripts: bool,
    /// Names that the program keeps for itself.
    pub(crate) reserved: &'static [&'static str],
}

/// Names given out so far.
pub(crate) struct Handles {
    rule: Rule,
    taken: FxHashSet<String>,
}

impl Handles {
    pub(crate) fn new(rule: Rule) -> Self {
        Self {
            rule,
            taken: rule
                .reserved
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
        }
    }

    /// A name made of the first wish that leaves something to read, else of `kind` and the id.
    pub(crate) fn give(&mut self, wishes: &[&str], kind: &str, id: &[u8]) -> String {
        let tail: String = id
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let wished = wishes
            .iter()
            .map(|wish| self.clean(wish, kind))
            .find(|name| name.chars().count() >= 3);
        let base = wished.unwrap_or_else(|| format!("{kind}-{tail}"));
        if self.taken.insert(base.clone()) {
            return base;
        }
        for number in 1_u64.. {
            let ending = if number == 1 {
                format!("-{tail}")
            } else {
                format!("-{tail}-{number}")
            };
            let kept = self.rule.longest.saturating_sub(ending.len());
            let name: String = base.chars().take(kept).chain(ending.chars()).collect();
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
        unreachable!("a 64-bit number does not run out")
    }

    /// What is left of a wish: it begins with a letter and ends with a letter or digit.
    fn clean(&self, wish: &str, kind: &str) -> String {
        let is_letter = |character: char| {
            if self.rule.all_scripts {
                character.is_alphanumeric()
            } else {
                character.is_ascii_alphanumeric()
            }
        };
        let mut name = String::new();
        for character in wish.chars().flat_map(char::to_lowercase) {
            if is_letter(character) {
                name.push(character);
            } else if self.rule.signs.contains(character) {
                if !name.is_empty() {
                    name.push(character);
                }
            } else if !name.is_empty() && !name.ends_with('-') && self.rule.signs.contains('-') {
                name.push('-');
            }
        }
        if name.starts_with(|character: char| character.is_ascii_digit()) {
            name.insert_str(0, kind);
        }
        let cut: String = name.chars().take(self.rule.longest).collect();
        cut.trim_matches(|character: char| self.rule.signs.contains(character))
            .to_owned()
    }
}

/// Short names of emoji that both Slack and Mattermost know.
pub(crate) fn emoji_name(emoji: &str) -> Option<&'static str> {
    Some(match emoji.trim_end_matches('\u{fe0f}') {
        "👍" => "+1",
        "👎" => "-1",
        "❤" => "heart",
        "😂" => "joy",
        "😄" => "smile",
        "😊" => "blush",
        "😍" => "heart_eyes",
        "😘" => "kissing_heart",
        "😅" => "sweat_smile",
        "😁" => "grin",
        "😎" => "sunglasses",
        "😮" => "open_mouth",
        "😱" => "scream",
        "😢" => "cry",
        "😭" => "sob",
        "😡" => "rage",
        "😴" => "sleeping",
        "😳" => "flushed",
        "😉" => "wink",
        "🎉" => "tada",
        "🎂" => "birthday",
        "🎁" => "gift",
        "🙏" => "pray",
        "👏" => "clap",
        "👌" => "ok_hand",
        "💪" => "muscle",
        "👀" => "eyes",
        "🔥" => "fire",
        "💯" => "100",
        "✅" => "white_check_mark",
        "❌" => "x",
        "⭐" => "star",
        "🌹" => "rose",
        "☕" => "coffee",
        "🚀" => "rocket",
        "💔" => "broken_heart",
        "🙈" => "see_no_evil",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULE: Rule = Rule {
        longest: 22,
        signs: "._-",
        all_scripts: false,
        reserved: &["all"],
    };

    #[test]
    fn names_fit_the_rule_and_differ() {
        let mut handles = Handles::new(RULE);
        assert_eq!(
            handles.give(&["wxid_Chen Yu"], "user", &[1]),
            "wxid_chen-yu"
        );
        assert_eq!(
            handles.give(&["wxid_chen yu"], "user", &[1, 2]),
            "wxid_chen-yu-0102"
        );
        assert_eq!(handles.give(&["10001"], "user", &[3]), "user10001");
        assert_eq!(
            handles.give(&["外婆"], "user", &[0xab; 16]),
            "user-abababab"
        );
        assert_eq!(handles.give(&["All"], "user", &[4]), "all-04");
        assert_eq!(handles.give(&["../../etc"], "user", &[5]), "etc");
    }

    proptest! {
        #[test]
        fn every_name_is_allowed(wish in "\\PC{0,60}|[a-z._-]{0,40}", id in proptest::array::uniform16(0_u8..)) {
            let mut handles = Handles::new(RULE);
            let mut given = std::collections::BTreeSet::new();
            for _ in 0..5 {
                let name = handles.give(&[&wish], "user", &id);
                prop_assert!((3..=22).contains(&name.len()), "{}", name);
                prop_assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{}", name);
                prop_assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c)), "{}", name);
                prop_assert!(given.insert(name));
            }
        }
    }
}
