//! People: who is in the archive, one page for each, and which accounts are one human being.

mod joins;
mod list;
mod person;
mod tally;
mod timeline;

pub(crate) use joins::{join, joined, separate};
pub(crate) use list::list;
pub(crate) use person::show;
pub(crate) use tally::Tally;

use hutong::NamePattern;
use hutong::model::Account;

/// Whether an account answers to every one of these words, by a name or an id.
fn answers(account: &Account, words: &[NamePattern]) -> bool {
    words.iter().all(|word| {
        word.is(&account.native_id)
            || account.second_id.as_deref().is_some_and(|id| word.is(id))
            || [&account.remark, &account.nickname, &account.alias]
                .into_iter()
                .flatten()
                .any(|name| word.matches(name))
    })
}

/// The words of a filter; further ones are not looked at.
fn patterns(typed: &str) -> Vec<NamePattern> {
    typed
        .split_whitespace()
        .take(8)
        .map(NamePattern::new)
        .collect()
}
