//! How the tests of every generation try a source: what is forged, with which keys it is read, what came of it.

use std::path::Path;

use hutong_crypto::KeyRing;
use hutong_model::{Collected, MessageId};
use hutong_samples::{Forged, Plan, WechatKeys, WechatStyle};

use super::golden::messages;
use crate::{Input, ReadOptions, Source, Summary};

/// So many messages in databases locked in this way.
pub(crate) fn plan(messages: u64, keys: WechatKeys) -> Plan {
    Plan {
        messages,
        wechat: WechatStyle {
            keys,
            ..WechatStyle::default()
        },
        ..Plan::default()
    }
}

/// The keys of a forged set, where it has any, and everything on disk looked for.
pub(crate) fn options(forged: &Forged) -> ReadOptions {
    let keys = std::fs::read_to_string(&forged.key_file).unwrap_or_default();
    ReadOptions {
        keys: KeyRing::from_text(&keys).unwrap_or_default(),
        locate_attachments: true,
        ..ReadOptions::default()
    }
}

/// What a source gives from a place that it must be able to read.
pub(crate) fn read(
    source: &dyn Source,
    path: &Path,
    options: &ReadOptions,
) -> (Collected, Summary) {
    let mut collected = Collected::default();
    let summary = source
        .read(&Input::open(path).unwrap(), options, &mut collected)
        .unwrap();
    (collected, summary)
}

/// Message ids without regard to order.
pub(crate) fn ids(collected: &Collected) -> Vec<MessageId> {
    let mut ids: Vec<_> = messages(collected).map(|message| message.id).collect();
    ids.sort();
    ids
}
