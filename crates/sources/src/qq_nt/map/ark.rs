//! Cards described by JSON (ark); what the JSON means is the same in every generation.

use hutong_model::{Card, Part};

use super::super::decode::Ark;
use super::{Mapper, Scope, unknown};
use crate::qq::card;

const BROKEN: &str = "the JSON of a card cannot be read; it is kept as it is";

impl Mapper<'_> {
    pub(super) fn ark(&mut self, raw: &[u8], cached: &[u8], scope: Scope) -> Part {
        let Some(json) = self.field(Ark::read(raw).json) else {
            return unknown("element 10", raw);
        };
        match card::part(json) {
            Ok(Part::Forward(mut forward)) => {
                forward.messages = self.cached_messages(cached, scope);
                Part::Forward(forward)
            }
            Ok(part) => part,
            Err(json) => {
                self.note(BROKEN);
                Part::Card(Box::new(Card {
                    raw: Some(json),
                    ..Card::default()
                }))
            }
        }
    }
}
