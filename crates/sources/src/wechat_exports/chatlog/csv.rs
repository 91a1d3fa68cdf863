//! chatlog's table: rendered text with names and ids.

use std::borrow::Cow;

use hutong_model::At;

use crate::wechat::map::Sender;
use crate::wechat_exports::compose::{Composer, Draft, ME};
use crate::wechat_exports::csv::{Columns, CsvRecord};
use crate::wechat_exports::facts::{Facts, is_stated_username, is_username};
use crate::wechat_exports::files::Export;
use crate::wechat_exports::rows;
use crate::{Input, ReadError};

use super::text::rendered;

fn field<'r>(record: &CsvRecord<'r>, columns: &Columns, name: &str) -> Cow<'r, str> {
    columns
        .find(name)
        .and_then(|place| record.text(place))
        .unwrap_or_default()
}

/// Whose copy it is: the name `我`, or in a chat between two whoever is not the other side.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Facts, ReadError> {
    let mut facts = Facts::default();
    rows::survey(input, export, |columns, record| {
        let sender = field(record, columns, "Sender");
        let talker = field(record, columns, "Talker");
        let name = field(record, columns, "SenderName");
        let is_between_two = is_username(&talker) && !crate::wechat::map::is_room(&talker);
        if name == ME || (is_between_two && sender != talker) {
            facts.meet_owner(&sender);
        }
        facts.owner.is_some()
    })?;
    Ok(facts)
}

/// Reads a table.
pub(in crate::wechat_exports) fn read(
    input: &Input,
    export: &Export,
    facts: &Facts,
    composer: &mut Composer<'_>,
) -> Result<(), ReadError> {
    let title = export.title();
    rows::each(input, export, composer, |composer, columns, record| {
        let at = At::Line(record.line);
        if columns
            .find("Content")
            .is_some_and(|place| place >= record.count())
        {
            return composer.reject(at, "the row has fewer fields than the header");
        }
        let Some((sent_at, precision)) = composer.clock.read(&field(record, columns, "Time"))
        else {
            return composer.reject(at, "the row has no time that can be read");
        };
        let talker = field(record, columns, "Talker");
        let talker_name = field(record, columns, "TalkerName");
        let chat = if is_stated_username(&talker) {
            composer.chat(&talker, Some(&talker_name))?
        } else {
            let mut named = facts.clone();
            named.title = Some(if talker_name.is_empty() {
                talker.into_owned()
            } else {
                talker_name.into_owned()
            });
            named.only_chat(composer, &title)?
        };
        let text = field(record, columns, "Content");
        let (sender, name) = (
            field(record, columns, "Sender"),
            field(record, columns, "SenderName"),
        );
        let mut body = rendered(composer, chat, &text);
        if sender == super::SYSTEM && body.sender != Sender::Nobody {
            body.sender = Sender::Nobody;
            body.parts = vec![crate::wechat_exports::labels::part_of(
                crate::wechat_exports::labels::Kind::System,
                &text,
            )];
        }
        let is_self = name == ME || composer.owner().is_some_and(|owner| *owner == *sender);
        let author = super::author(is_self, &sender, &name, &body);
        composer.push(Draft {
            at,
            chat,
            author,
            author_name: Some(&name).filter(|name| ***name != *ME).map(AsRef::as_ref),
            sent_at,
            precision,
            server_id: 0,
            native_ids: Vec::new(),
            body,
            raw: record.raw,
        })
    })
}
