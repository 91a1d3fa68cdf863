//! What a request asks for, read with our own words for what cannot be read.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use hutong::model::{AccountId, ConversationId, Digest, MessageId};
use serde::de::DeserializeOwned;

use crate::Failure;

/// The fields of the query string.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(error) => {
                let why = std::error::Error::source(&error)
                    .map_or_else(|| error.to_string(), ToString::to_string);
                Err(Failure::bad(
                    format!("地址里的参数无法读懂：{why}"),
                    format!("a parameter in the address cannot be read: {why}"),
                ))
            }
        }
    }
}

/// What an address names by its hexadecimal id.
pub(crate) trait Named: Sized {
    /// The id that this text spells.
    fn spelled(text: &str) -> Option<Self>;
}

impl Named for ConversationId {
    fn spelled(text: &str) -> Option<Self> {
        Self::from_hex(text)
    }
}

impl Named for MessageId {
    fn spelled(text: &str) -> Option<Self> {
        Self::from_hex(text)
    }
}

impl Named for AccountId {
    fn spelled(text: &str) -> Option<Self> {
        Self::from_hex(text)
    }
}

impl Named for Digest {
    fn spelled(text: &str) -> Option<Self> {
        Self::from_hex(text)
    }
}

impl Named for i64 {
    fn spelled(text: &str) -> Option<Self> {
        Self::from_str(text).ok()
    }
}

/// The one id in an address. What is spelled wrong does not exist.
#[derive(Debug)]
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: Named> FromRequestParts<S> for Id<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Ok(Path(text)) = Path::<String>::from_request_parts(parts, state).await else {
            return Err(Failure::NotFound);
        };
        T::spelled(&text).map(Self).ok_or(Failure::NotFound)
    }
}
