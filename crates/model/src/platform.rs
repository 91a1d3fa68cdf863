//! The messengers that accounts and conversations belong to.

use serde::{Deserialize, Serialize};

/// A messenger's identity space: accounts and conversations of one platform share their ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// 微信, every generation and device.
    WeChat,
    /// QQ and TIM.
    Qq,
    /// Any other messenger, by its lower-case name.
    Other(String),
}

impl Platform {
    /// The lower-case name used in files and ids.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::WeChat => "wechat",
            Self::Qq => "qq",
            Self::Other(name) => name,
        }
    }

    /// The platform with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "wechat" | "weixin" | "微信" => Self::WeChat,
            "qq" => Self::Qq,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Serialize for Platform {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Platform {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::from_name(&name))
    }
}
