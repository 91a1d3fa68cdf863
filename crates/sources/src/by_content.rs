//! Message databases under any name: what their tables say they are.
//!
//! Messengers name their databases, and sources look for these names. A copy that was renamed, and is perhaps encrypted besides, is
//! opened with the keys at hand; its tables then tell what it is.

use hutong_crypto::{Container, Family, KeyRing, OpenError};
use hutong_sqlite::{Database, MAGIC};

use crate::Input;

/// Smallest page of any messenger's database.
const PAGE: u64 = 1_024;
/// Bytes that are looked at to tell random ones from others.
const SAMPLE: u64 = 1_024;
/// Different bytes among a thousand random ones; text and most formats have far fewer.
const MANY: usize = 200;

/// The name that a messenger gives such a database.
fn usual_name(tables: &[String]) -> Option<&'static str> {
    let has = |name: &str| tables.iter().any(|table| table.eq_ignore_ascii_case(name));
    let hashed = |prefix: &str| {
        tables.iter().any(|table| {
            table
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
                && table.get(prefix.len()..).is_some_and(|rest| {
                    rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
                })
        })
    };
    if hashed("Msg_") && has("Name2Id") {
        Some("message_0.db")
    } else if has("MSG") && has("Name2ID") {
        Some("MSG0.db")
    } else if has("message") && has("rcontact") {
        Some("EnMicroMsg.db")
    } else if has("c2c_msg_table") || has("group_msg_table") {
        Some("nt_msg.db")
    } else {
        None
    }
}

/// The one file of an input under its usual name, when its tables tell what it is.
///
/// # Errors
/// When the file looks like an encrypted database and no key opens it.
pub fn by_content(input: &Input, keys: &KeyRing) -> Result<Option<Input>, OpenError> {
    let Some(file) = input.only_file() else {
        return Ok(None);
    };
    let head = input.first_bytes(file, SAMPLE)?;
    let size = input.size_bytes(file).unwrap_or(0);
    let is_plain = head.starts_with(MAGIC);
    if size < PAGE || !(is_plain || (size.is_multiple_of(PAGE) && is_random(&head))) {
        return Ok(None);
    }
    let log = input.open_file(&format!("{file}-wal")).ok();
    let container = Container::open(input.open_file(file)?, log, file, keys, Family::Any)?;
    let Ok(database) = Database::open(container) else {
        return Ok(None);
    };
    let tables: Vec<String> = database
        .tables()
        .iter()
        .map(|table| table.name.to_string())
        .collect();
    Ok(usual_name(&tables).and_then(|name| input.renamed(name)))
}

/// Whether these bytes look encrypted.
fn is_random(head: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in head {
        if let Some(slot) = seen.get_mut(usize::from(*byte)) {
            *slot = true;
        }
    }
    head.len() as u64 == SAMPLE && seen.iter().filter(|seen| **seen).count() >= MANY
}
