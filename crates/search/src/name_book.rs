//! Many names, folded once, so that what somebody typed is looked for in all of them in one go.

use memchr::memmem::Finder;
use rustc_hash::FxHashSet;
use std::hash::Hash;

use crate::fold;
use crate::name::{NamePattern, pinyin, pinyin_initials};

/// Stands between two names; in what is typed and in names it is replaced, so that it cannot be found.
const BETWEEN: char = '\0';
const IN_ITS_PLACE: char = '\u{fffd}';

/// Names and ids of many owners (accounts, conversations). It answers as [`NamePattern`] does, but
/// folds no name twice.
#[derive(Clone, Debug)]
pub struct NameBook<K> {
    names: Column<K>,
    pinyin: Column<K>,
    initials: Column<K>,
    ids: Column<K>,
}

/// Words one after the other, each behind a separator, and whose they are.
#[derive(Clone, Debug)]
struct Column<K> {
    words: String,
    /// Where each word begins, and its owner.
    owners: Vec<(usize, K)>,
}

impl<K> Default for Column<K> {
    fn default() -> Self {
        Self {
            words: String::new(),
            owners: Vec::new(),
        }
    }
}

impl<K> Default for NameBook<K> {
    fn default() -> Self {
        Self {
            names: Column::default(),
            pinyin: Column::default(),
            initials: Column::default(),
            ids: Column::default(),
        }
    }
}

impl<K: Copy + Eq + Hash> NameBook<K> {
    /// A further name of an owner; it answers to its parts, to its pinyin and its initials.
    pub fn add_name(&mut self, owner: K, name: &str) {
        let folded = fold(name);
        if folded.is_empty() {
            return;
        }
        let spelled = pinyin(name);
        // What is spelled as it is written is found as it is written.
        if spelled != folded {
            self.initials.push(owner, &pinyin_initials(name));
            self.pinyin.push(owner, &spelled);
        }
        self.names.push(owner, &folded);
    }

    /// A further id of an owner; it answers to the whole of it only.
    pub fn add_id(&mut self, owner: K, id: &str) {
        self.ids.push(owner, &fold(id));
    }

    /// Owners of whom a name matches or an id is what was typed.
    #[must_use]
    pub fn find(&self, pattern: &NamePattern) -> FxHashSet<K> {
        let mut found = FxHashSet::default();
        let typed = without_separator(pattern.folded());
        if typed.is_empty() {
            // Nothing typed names nobody, but it is the whole of an empty id.
            self.ids.find(&format!("{BETWEEN}{BETWEEN}"), &mut found);
            return found;
        }
        self.names.find(&typed, &mut found);
        let beginning = format!("{BETWEEN}{typed}");
        if pattern.is_latin() {
            self.pinyin.find(&beginning, &mut found);
            self.initials.find(&beginning, &mut found);
        }
        self.ids.find(&format!("{beginning}{BETWEEN}"), &mut found);
        found
    }
}

impl<K: Copy + Eq + Hash> Column<K> {
    fn push(&mut self, owner: K, word: &str) {
        // The separator behind a word is the one before the next.
        if self.words.is_empty() {
            self.words.push(BETWEEN);
        }
        self.owners.push((self.words.len(), owner));
        self.words.push_str(&without_separator(word));
        self.words.push(BETWEEN);
    }

    /// Owners of the words in which this occurs. It may begin with a separator, which stands before a word.
    fn find(&self, piece: &str, found: &mut FxHashSet<K>) {
        let finder = Finder::new(piece.as_bytes());
        let text = self.words.as_bytes();
        let mut at = 0;
        while let Some(hit) = text.get(at..).and_then(|rest| finder.find(rest)) {
            let start = at + hit;
            // A separator belongs to the word behind it.
            let inside = start + usize::from(piece.starts_with(BETWEEN));
            let next = self.owners.partition_point(|(begin, _)| *begin <= inside);
            if let Some((_, owner)) = next.checked_sub(1).and_then(|word| self.owners.get(word)) {
                found.insert(*owner);
            }
            // One hit in a word is enough.
            let Some((begin, _)) = self.owners.get(next) else {
                break;
            };
            at = begin - 1;
        }
    }
}

fn without_separator(text: &str) -> String {
    text.replace(BETWEEN, &IN_ITS_PLACE.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_book_answers_as_each_name_does_alone(
            names in prop::collection::vec(("[a-c张三李zs Ａ\u{301}]{0,5}", "[ab1]{0,3}"), 0..12),
            typed in "[a-c张三李zhangsｂ ]{0,3}",
        ) {
            let mut book = NameBook::default();
            for (owner, (name, id)) in names.iter().enumerate() {
                book.add_name(owner, name);
                book.add_id(owner, id);
            }
            let pattern = NamePattern::new(&typed);
            let found = book.find(&pattern);
            for (owner, (name, id)) in names.iter().enumerate() {
                prop_assert_eq!(
                    found.contains(&owner),
                    pattern.matches(name) || pattern.is(id),
                    "{:?} {:?} {:?}", typed, name, id
                );
            }
        }
    }

    #[test]
    fn no_name_is_found_across_two_of_them() {
        let mut book = NameBook::default();
        book.add_name(1, "张三\0李四");
        book.add_name(2, "王五");
        book.add_name(2, "小五");
        book.add_id(1, "10001");
        assert_eq!(book.find(&NamePattern::new("四王")).len(), 0);
        assert_eq!(book.find(&NamePattern::new("\0")).len(), 1);
        assert_eq!(book.find(&NamePattern::new("五")).len(), 1);
        assert!(book.find(&NamePattern::new("ww")).contains(&2));
        assert!(book.find(&NamePattern::new("10001")).contains(&1));
        assert!(book.find(&NamePattern::new("1000")).is_empty());
    }
}
