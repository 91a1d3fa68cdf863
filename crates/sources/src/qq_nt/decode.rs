//! Message bodies as bytes → plain structs. No input or output, no names, no judgement.
//!
//! Columns and protobuf fields share one number space; see `FORMAT.md`.

mod element;
mod snapshot;
mod tip;

pub(super) use crate::qq::wire::{length_delimited, repeated};
pub(super) use element::{
    Ark, Bubble, Call, Element, Elements, Face, FlashTransfer, Forward, Keyboard, Markdown,
    MarketFace, Media, Qzone, QzoneText, Reply, SharedPlace, Text, Wallet, WalletDetail, kind,
};
pub(super) use snapshot::{Bulletin, Category, ReactionCount, Snapshot};
pub(super) use tip::{
    Event, FileTip, MarkupTip, Mute, Person, Recall, TempTip, TipKind, tip_kind, words,
};
