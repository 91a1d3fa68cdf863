//! Usernames, each kept once and numbered.

use std::sync::Arc;

use hutong_model::AccountId;
use rustc_hash::FxHashMap;

use crate::wechat::map;

/// Numbers every username that any database names.
#[derive(Debug, Default)]
pub(crate) struct Usernames {
    numbers: FxHashMap<Arc<str>, u32>,
    names: Vec<(Arc<str>, AccountId)>,
}

impl Usernames {
    /// The number of a username, new or known.
    pub(crate) fn number(&mut self, username: &str) -> u32 {
        if let Some(number) = self.numbers.get(username) {
            return *number;
        }
        // More than four thousand million usernames do not fit into any database that can be read.
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let shared: Arc<str> = username.into();
        self.names
            .push((Arc::clone(&shared), map::account(username)));
        self.numbers.insert(shared, number);
        number
    }

    pub(crate) fn get(&self, number: u32) -> Option<(&Arc<str>, AccountId)> {
        self.names
            .get(usize::try_from(number).ok()?)
            .map(|(name, id)| (name, *id))
    }

    pub(crate) fn name(&self, number: u32) -> Option<&str> {
        self.get(number).map(|(name, _)| name.as_ref())
    }

    pub(crate) fn contains(&self, username: &str) -> bool {
        self.numbers.contains_key(username)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &str)> {
        (0_u32..).zip(self.names.iter().map(|(name, _)| name.as_ref()))
    }
}
