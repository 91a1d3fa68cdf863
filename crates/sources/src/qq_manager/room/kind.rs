//! Group or chat between two, and which of the two is the owner of the copy.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::qq_manager::sender::Sender;

/// What a section is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its senders carry numbers.
    Group,
    /// Its senders are names: the title's and the owner's.
    Direct {
        /// What is known of the owner's name.
        own_name: OwnName,
        /// Every name that the first entries show.
        names: Vec<String>,
    },
}

/// What is known of the owner's name in a chat between two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OwnName {
    /// The one that is not the title, which also occurs.
    Sure(String),
    /// The only name there is, and not the title, or one known from another section.
    Likely(String),
    /// Only the other side has written so far: whatever name comes next is the owner's.
    NotYet,
    /// Several names, none of them the title.
    Doubtful,
}

impl OwnName {
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Sure(name) | Self::Likely(name) => Some(name),
            Self::NotYet | Self::Doubtful => None,
        }
    }
}

impl Kind {
    /// How many names a chat between two shows.
    pub(super) const fn names(&self) -> usize {
        match self {
            Self::Direct { names, .. } => names.len(),
            Self::Group => 0,
        }
    }

    pub(super) const fn is_doubtful(&self) -> bool {
        matches!(
            self,
            Self::Direct {
                own_name: OwnName::Doubtful,
                ..
            }
        )
    }

    /// Whether a name in a chat between two is the owner's; `None` where nothing tells.
    pub(super) fn is_own(&self, name: &str, title: &str) -> Option<bool> {
        let Self::Direct { own_name, names } = self else {
            return None;
        };
        if name == title {
            return Some(false);
        }
        match own_name {
            OwnName::Sure(_) | OwnName::NotYet => Some(true),
            // Somebody whose name is not the title although the owner's is known: an earlier name of the other side.
            OwnName::Likely(own) => Some(name == own || !names.iter().any(|known| known == name)),
            OwnName::Doubtful => None,
        }
    }
}

/// Decides what a section with these first senders is.
pub(super) fn decide<'a>(
    senders: impl Iterator<Item = &'a str>,
    title: &str,
    own_names: &FxHashSet<String>,
) -> Kind {
    let mut ids: FxHashSet<&str> = FxHashSet::default();
    let mut names: FxHashMap<&str, usize> = FxHashMap::default();
    let (mut is_title, mut joins) = (false, false);
    for sender in senders.map(Sender::read) {
        if sender.is_system() {
            joins |= sender.id == Some("1000000");
            continue;
        }
        ids.extend(sender.id);
        is_title |= sender.whole == title;
        let order = names.len();
        names.entry(sender.whole).or_insert(order);
    }
    // In a chat between two a name may end in a number in brackets; then it is one name, and the title or beside one
    // without a number that is.
    let is_group = match ids.len() {
        0 => names.is_empty() && joins,
        1 => !is_title,
        _ => true,
    };
    if is_group {
        return Kind::Group;
    }
    let mut names: Vec<(&str, usize)> = names.into_iter().collect();
    names.sort_unstable_by_key(|(_, order)| *order);
    let names: Vec<String> = names.into_iter().map(|(name, _)| name.to_owned()).collect();
    let mut others = names.iter().filter(|name| *name != title);
    let known = names
        .iter()
        .find(|name| *name != title && own_names.contains(*name));
    let own_name = match (others.next(), others.next()) {
        (None, _) => OwnName::NotYet,
        (Some(_), _) if known.is_some() && !is_title => {
            OwnName::Likely(known.cloned().unwrap_or_default())
        }
        (Some(own), _) if is_title => OwnName::Sure(known.unwrap_or(own).clone()),
        (Some(own), None) => OwnName::Likely(own.clone()),
        (Some(_), Some(_)) => OwnName::Doubtful,
    };
    Kind::Direct { own_name, names }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(senders: &[&str], title: &str) -> Kind {
        decide(senders.iter().copied(), title, &FxHashSet::default())
    }

    fn own(senders: &[&str], title: &str) -> Option<OwnName> {
        match told(senders, title) {
            Kind::Direct { own_name, .. } => Some(own_name),
            Kind::Group => None,
        }
    }

    #[test]
    fn numbers_make_a_group() {
        assert_eq!(told(&["甲(10001)", "乙(10002)"], "灯塔"), Kind::Group);
        assert_eq!(told(&["甲(100010)", "匿名"], "灯塔"), Kind::Group);
        assert_eq!(told(&["系统消息(1000000)"], "灯塔"), Kind::Group);
        assert_eq!(told(&["(123456)"], "灯塔"), Kind::Group);
    }

    #[test]
    fn names_make_a_chat_between_two() {
        assert_eq!(
            own(&["甲", "乙", "系统消息(10000)"], "乙"),
            Some(OwnName::Sure("甲".to_owned()))
        );
        assert_eq!(own(&["甲"], "乙"), Some(OwnName::Likely("甲".to_owned())));
        assert_eq!(own(&["乙"], "乙"), Some(OwnName::NotYet));
        assert_eq!(own(&["甲", "丙"], "乙"), Some(OwnName::Doubtful));
        assert_eq!(own(&["系统消息(10000)"], "乙"), Some(OwnName::NotYet));
        // A nickname that ends like a member of a group.
        assert_eq!(
            own(&["甲", "乙(123456)"], "乙(123456)"),
            Some(OwnName::Sure("甲".to_owned()))
        );
    }

    #[test]
    fn a_name_known_from_another_section_is_the_owners() {
        let known = std::iter::once("甲".to_owned()).collect();
        let kind = decide(["丙", "甲"].into_iter(), "乙", &known);
        assert_eq!(kind.is_own("甲", "乙"), Some(true));
        assert_eq!(kind.is_own("丙", "乙"), Some(false));
    }
}
