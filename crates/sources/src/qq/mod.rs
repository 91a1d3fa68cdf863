//! What the generations of QQ share: cards, bundles, faces, protobuf without a schema, databases, people and
//! conversations by number, and where a phone keeps pictures.

pub(crate) mod book;
pub(crate) mod bundle;
pub(crate) mod card;
pub(crate) mod database;
pub(crate) mod faces;
#[cfg(test)]
pub(crate) mod golden;
pub(crate) mod markup;
pub(crate) mod mobile_files;
pub(crate) mod picture_cache;
pub(crate) mod raw_row;
pub(crate) mod wire;
