//! Values of which large members are not wanted.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::node::{Key, Node, NodeVisitor};

/// Says which members of an object are not wanted whole.
pub trait Prune {
    /// Of these members only what is neither an object nor a list is kept.
    const KEYS: &'static [&'static str];
}

/// A [`Node`] in which the objects and lists inside some members of the outermost object stand as `null`.
///
/// They are passed over while the value is read, which is much cheaper than building them.
pub struct Pruned<'a, P> {
    node: Node<'a>,
    rule: PhantomData<P>,
}

impl<'a, P> Deref for Pruned<'a, P> {
    type Target = Node<'a>;

    fn deref(&self) -> &Self::Target {
        &self.node
    }
}

impl<'de: 'a, 'a, P: Prune> Deserialize<'de> for Pruned<'a, P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rule = Trim {
            keys: P::KEYS,
            level: Level::Outermost,
        };
        let node = rule.deserialize(deserializer)?;
        Ok(Self {
            node,
            rule: PhantomData,
        })
    }
}

/// Members that an event has at most, mostly; room for more is a block that allocators are slow with.
const MEMBERS: usize = 18;

/// Which value is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// The whole.
    Outermost,
    /// A member of it that is pruned.
    Inside,
    /// A member of that one.
    Deeper,
}

/// Reads a value down to a level.
#[derive(Clone, Copy)]
struct Trim {
    keys: &'static [&'static str],
    level: Level,
}

impl Trim {
    const fn at(self, level: Level) -> Self {
        Self { level, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Trim {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Trim {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Node<'de>, E> {
        NodeVisitor.visit_u64(value)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Node<'de>, E> {
        NodeVisitor.visit_str(value)
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, value: &'de str) -> Result<Node<'de>, E> {
        NodeVisitor.visit_borrowed_str(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node<'de>, A::Error> {
        if self.level == Level::Outermost {
            return NodeVisitor.visit_seq(access);
        }
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node<'de>, A::Error> {
        if self.level == Level::Deeper {
            while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Node::Null);
        }
        let mut members = Vec::with_capacity(MEMBERS);
        while let Some(key) = access.next_key::<Key<'de>>()? {
            let value = match self.level {
                Level::Outermost if self.keys.contains(&&*key.0) => {
                    access.next_value_seed(self.at(Level::Inside))?
                }
                Level::Outermost => access.next_value()?,
                _ => access.next_value_seed(self.at(Level::Deeper))?,
            };
            members.push((key.0, value));
        }
        Ok(Node::Object(members))
    }
}
