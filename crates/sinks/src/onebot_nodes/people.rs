//! The number and the name that a node shows for its sender.
//!
//! QQ wants a number for everybody. Whoever is on QQ keeps theirs; everybody else gets a number from
//! [`FIRST_PLACEHOLDER`] on, which QQ has given to nobody, and the same one wherever they appear.

use hutong_model::{AccountId, Platform};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Context;

/// QQ numbers fit into 32 bits, and those from here on are not given out.
pub(super) const FIRST_PLACEHOLDER: u32 = 4_200_000_000;
const PLACEHOLDERS: u32 = u32::MAX - FIRST_PLACEHOLDER;

/// Somebody as a node says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) number: String,
    pub(super) name: String,
}

/// Who has which number.
pub(super) struct Numbers<'a> {
    context: &'a Context<'a>,
    known: FxHashMap<Key, Face>,
    taken: FxHashSet<u32>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(AccountId),
    Name(String),
}

impl<'a> Numbers<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            known: FxHashMap::default(),
            taken: FxHashSet::default(),
        }
    }

    /// Whether names and numbers are replaced.
    pub(super) fn hides(&self) -> bool {
        self.context.options.pseudonyms
    }

    /// The face of an account, or of a name where no account is known.
    pub(super) fn face(
        &mut self,
        account: Option<AccountId>,
        native_id: Option<&str>,
        name: &str,
    ) -> Face {
        let key = account.map_or_else(|| Key::Name(name.to_owned()), Key::Account);
        if let Some(known) = self.known.get(&key) {
            let mut face = known.clone();
            if !self.hides() {
                clean(name).clone_into(&mut face.name);
            }
            return face;
        }
        let face = if self.hides() {
            let ordinal = self.known.len() + 1;
            let number = FIRST_PLACEHOLDER + u32::try_from(ordinal).unwrap_or(0) % PLACEHOLDERS;
            let person = self.context.language.pick("人物", "Person");
            Face {
                number: number.to_string(),
                name: format!("{person} {ordinal}"),
            }
        } else {
            Face {
                number: self.number(&key, native_id),
                name: clean(name),
            }
        };
        self.known.insert(key, face.clone());
        face
    }

    fn number(&mut self, key: &Key, native_id: Option<&str>) -> String {
        let account = match key {
            Key::Account(id) => self.context.names.account(*id),
            Key::Name(_) => None,
        };
        let is_on_qq = account.is_none_or(|account| account.platform == Some(Platform::Qq));
        let native_id = account
            .map(|account| account.native_id.as_str())
            .or(native_id);
        if let Some(number) = native_id.filter(|id| is_on_qq && is_qq_number(id)) {
            return number.to_owned();
        }
        // The same person gets the same number in every export.
        let seed: &[u8] = match key {
            Key::Account(id) => &id.0,
            Key::Name(name) => name.as_bytes(),
        };
        let hash = seed.iter().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
        });
        let mut number = FIRST_PLACEHOLDER + hash % PLACEHOLDERS;
        while !self.taken.insert(number) {
            number = number.checked_add(1).unwrap_or(FIRST_PLACEHOLDER);
        }
        number.to_string()
    }
}

fn is_qq_number(id: &str) -> bool {
    (5..=10).contains(&id.len())
        && !id.starts_with('0')
        && id
            .parse::<u32>()
            .is_ok_and(|number| number < FIRST_PLACEHOLDER)
}

/// A name on one line, without what turns the direction of the text around it.
fn clean(name: &str) -> String {
    let mut bytes = Vec::new();
    crate::text::write_name(name, &mut bytes);
    String::from_utf8(bytes).unwrap_or_default()
}
