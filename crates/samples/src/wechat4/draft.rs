//! A message before it becomes a row: what it is, and how its row is dressed.

use crate::truth::{Kind, OnDisk, State};

/// Words for the truth list.
#[derive(Clone, Debug, Default)]
pub(super) enum Plain {
    /// There are none.
    #[default]
    None,
    /// The body itself.
    Body,
    /// These.
    Words(String),
}

/// Which server id a row gets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Server {
    #[default]
    Fresh,
    /// 0, as local rows have.
    Zero,
    /// That of an earlier row.
    Again(i64),
}

/// How `message_content` is stored.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Cell {
    /// Short plain, long mostly compressed.
    #[default]
    Auto,
    /// Text, marker 0.
    Plain,
    /// zstd, marker 4.
    Packed,
    /// zstd, marker NULL.
    PackedUnmarked,
    /// A BLOB that holds plain text.
    PlainBlob,
    /// NULL.
    Null,
}

/// Whether a received row of a room begins with its sender.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Prefix {
    /// Mostly.
    #[default]
    Auto,
    Always,
    Never,
}

/// A message in the making.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) local_type: i64,
    pub(super) sender: Option<u32>,
    pub(super) body: String,
    pub(super) text: Plain,
    pub(super) state: State,
    pub(super) server: Server,
    /// Server id and beat of the message that this one answers.
    pub(super) reply: Option<(i64, u64)>,
    pub(super) packed: Option<Vec<u8>>,
    pub(super) cell: Cell,
    pub(super) prefix: Prefix,
    /// Usernames for `atuserlist`.
    pub(super) mentions: Option<String>,
    /// Seconds since the row before it in the same scene.
    pub(super) wait: i64,
    /// Whether the truth list names it.
    pub(super) is_told: bool,
    /// Whether the other shard holds the row too.
    pub(super) is_twice: bool,
    /// Seconds by which the sender's clock was wrong.
    pub(super) skew: i64,
    pub(super) file: Option<OnDisk>,
    /// Where the media file is or was, unless only its digest tells.
    pub(super) path: Option<String>,
    /// Bytes for `media_0.db`.
    pub(super) voice: Option<Vec<u8>>,
    /// File stem for `message_resource.db`.
    pub(super) resource: Option<String>,
}

/// `local_type` of a base type and a sub type.
pub(super) const fn local_type(base: i64, sub: i64) -> i64 {
    base | sub << 32
}

impl Draft {
    /// A draft with the given body and nothing special about it.
    pub(super) const fn new(kind: Kind, base: i64, sender: Option<u32>, body: String) -> Self {
        Self {
            kind,
            local_type: base,
            sender,
            body,
            text: Plain::None,
            state: State::Normal,
            server: Server::Fresh,
            reply: None,
            packed: None,
            cell: Cell::Auto,
            prefix: Prefix::Auto,
            mentions: None,
            wait: 1,
            is_told: true,
            is_twice: false,
            skew: 0,
            file: None,
            path: None,
            voice: None,
            resource: None,
        }
    }

    /// A text message.
    pub(super) fn text(sender: u32, body: impl Into<String>) -> Self {
        Self {
            text: Plain::Body,
            ..Self::new(Kind::Text, 1, Some(sender), body.into())
        }
    }

    /// A system row without sender.
    pub(super) fn system(base: i64, body: impl Into<String>) -> Self {
        Self::new(Kind::System, base, None, body.into())
    }

    /// Says how the cell is stored.
    pub(super) const fn stored(mut self, cell: Cell) -> Self {
        self.cell = cell;
        self
    }

    /// Says whether the sender stands in front.
    pub(super) const fn prefixed(mut self, prefix: Prefix) -> Self {
        self.prefix = prefix;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::local_type;

    #[test]
    fn sub_types_stand_in_the_upper_half() {
        for (base, sub, expected) in [
            (49, 3, 12_884_901_937),
            (49, 5, 21_474_836_529),
            (49, 6, 25_769_803_825),
            (49, 19, 81_604_378_673),
            (49, 57, 244_813_135_921),
            (49, 62, 266_287_972_401),
            (49, 2000, 8_589_934_592_049),
            (49, 2001, 8_594_229_559_345),
        ] {
            assert_eq!(local_type(base, sub), expected);
        }
    }
}
