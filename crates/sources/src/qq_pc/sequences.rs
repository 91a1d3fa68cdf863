//! Sequence numbers, which stand in a companion table in nearly the same order as the messages.

use std::collections::VecDeque;

use hutong_crypto::Container;
use hutong_sqlite::{Cursor, Table};
use rustc_hash::FxHashMap;

use crate::qq::database::{self, Db};

/// Rows read ahead while one message is looked for.
const AHEAD: usize = 4096;
/// Rows remembered.
const REMEMBERED: usize = 65_536;

/// Gives the sequence number of one message after the other, in constant memory.
#[derive(Debug)]
pub(super) struct Sequences<'db> {
    cursor: Option<Cursor<'db, Container>>,
    known: FxHashMap<(i64, i64), i64>,
    order: VecDeque<(i64, i64)>,
}

impl<'db> Sequences<'db> {
    /// The companion of a message table; without one, nothing is known.
    pub(super) fn new(db: &'db Db, messages: &Table) -> Self {
        let prefix = format!("{}$", messages.name).to_ascii_lowercase();
        let table = db.tables().iter().find(|table| {
            let name = table.name.to_ascii_lowercase();
            name.starts_with(&prefix)
                && name.contains("seq")
                && ["Time", "Rand", "Seq"]
                    .iter()
                    .all(|column| table.has_column(column))
        });
        Self {
            cursor: table.and_then(|table| db.scan(table, &["Time", "Rand", "Seq"]).ok()),
            known: FxHashMap::default(),
            order: VecDeque::new(),
        }
    }

    /// The sequence number of the message with this time and random number.
    pub(super) fn find(&mut self, time: i64, random: i64) -> Option<i64> {
        let key = (time, random);
        if let Some(known) = self.known.remove(&key) {
            return Some(known);
        }
        for _ in 0..AHEAD {
            let row = match self.cursor.as_mut()?.next() {
                None => {
                    self.cursor = None;
                    return None;
                }
                // Lost sequence numbers are lost reply targets at worst.
                Some(Err(_)) => continue,
                Some(Ok(row)) => row,
            };
            let found = (
                database::number(&row, 0),
                database::number(&row, 1) & 0xFFFF_FFFF,
            );
            let sequence = database::number(&row, 2);
            if found == key {
                return Some(sequence);
            }
            self.known.insert(found, sequence);
            self.order.push_back(found);
            if self.order.len() > REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
        None
    }
}
