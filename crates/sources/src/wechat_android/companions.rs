//! Tables that say more about a message: what it quotes, its XML. They are looked up row by row.

use hutong_model::Stop;

use crate::wechat::cells::{number, row_of, text};
use crate::wechat::database::OpenDatabase;
use crate::wechat::row_index::{Damaged, RowIndex};

/// What stands beside `message` and is needed for its words.
#[derive(Debug, Default)]
pub(super) struct Companions {
    quotes: RowIndex,
    cards: RowIndex,
}

impl Companions {
    pub(super) fn read(file: &OpenDatabase, damaged: Damaged<'_>) -> Result<Self, Stop> {
        Ok(Self {
            quotes: RowIndex::by_number(file, "MsgQuote", "msgId", damaged)?,
            cards: RowIndex::by_number(file, "AppMessage", "msgId", damaged)?,
        })
    }

    /// Server id of the message that a row answers, and the chat that it stands in.
    pub(super) fn quoted(&self, file: &OpenDatabase, id: i64) -> Option<(i64, Option<String>)> {
        let row = self.quotes.rows(id).next()?;
        let found = row_of(
            file,
            "MsgQuote",
            &["quotedMsgSvrId", "quotedMsgTalker"],
            row,
        )?;
        let server_id = number(&found.row(), 0).filter(|id| *id != 0)?;
        Some((server_id, text(&found.row(), 1)))
    }

    /// The XML of a card whose row holds none.
    pub(super) fn card(&self, file: &OpenDatabase, id: i64) -> Option<String> {
        let row = self.cards.rows(id).next()?;
        let found = row_of(file, "AppMessage", &["xml"], row)?;
        text(&found.row(), 0).filter(|xml| xml.contains('<'))
    }
}
