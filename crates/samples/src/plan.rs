//! What to forge.

/// What to forge. Fill in what matters and take the rest from [`Plan::default`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Chooses all content.
    pub seed: u64,
    /// About how many messages; at least a few hundred are made so that every kind appears.
    pub messages: u64,
    /// Which stretch of the history.
    pub piece: Piece,
    /// Whether media files are written beside the databases.
    pub attachments: bool,
    /// About how many of the newest messages stand in the write-ahead log only.
    pub wal_rows: u64,
    /// Whether `truth.jsonl` is written; benches turn it off.
    pub truth: bool,
    /// Variants of WeChat sets.
    pub wechat: WechatStyle,
    /// Variants of QQ sets.
    pub qq: QqStyle,
    /// Variants of exports of QQ's message manager.
    pub export: ExportStyle,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            messages: 3_000,
            piece: Piece::Whole,
            attachments: true,
            wal_rows: 40,
            truth: true,
            wechat: WechatStyle::default(),
            qq: QqStyle::default(),
            export: ExportStyle::default(),
        }
    }
}

/// Which stretch of the same history a set holds, as two backups of one account would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Piece {
    /// All of it.
    #[default]
    Whole,
    /// The earlier 60 %.
    First,
    /// The later 60 %; a fifth of the history is in `First` too.
    Last,
}

/// Variants of WeChat sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct WechatStyle {
    /// What opens the databases.
    pub keys: WechatKeys,
    /// Which generation of `hardlink.db`.
    pub hardlinks: Hardlinks,
}

/// What opens the databases of a WeChat set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum WechatKeys {
    /// One account key, from which each file's key follows; key file `wechat-keys.json`.
    #[default]
    Account,
    /// A raw key for each file; key file `all_keys.json`.
    PerFile,
    /// The databases are not encrypted.
    Decrypted,
}

/// Names of the tables in `hardlink.db`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Hardlinks {
    /// `…_v3`, before 4.1.0.
    V3,
    /// `…_v4`.
    #[default]
    V4,
}

/// Variants of QQ sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QqStyle {
    /// Page HMAC.
    pub hmac: QqHmac,
    /// Whose folder layout and passphrase rule.
    pub platform: QqPlatform,
    /// Row ids (40001) as a second device would give them; sequence and random stay the same.
    pub is_second_device: bool,
}

/// Page HMAC of a QQ set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum QqHmac {
    /// `HMAC_SHA1`, the usual one.
    #[default]
    Sha1,
    /// `HMAC_SHA256`.
    Sha256,
    /// `HMAC_SHA512`.
    Sha512,
}

/// Whose folder layout and passphrase rule a QQ set follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum QqPlatform {
    /// Windows: a passphrase of 16 printable characters for all files.
    #[default]
    Desktop,
    /// Android: each passphrase follows from the uid and the file's header.
    Mobile,
    /// iOS: passphrases as on Android, another place.
    Ios,
}

/// Variants of exports of QQ's message manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportStyle {
    /// How the text is saved.
    pub encoding: TextEncoding,
    /// How lines of a text export end.
    pub line_ends: LineEnds,
    /// One chat instead of several.
    pub is_one_chat: bool,
    /// The computer's clock has 12 hours.
    pub has_halves: bool,
    /// How many of a thousand everyday messages are pictures.
    pub pictures_per_mille: usize,
    /// Size of each picture of a web archive; small ones by default.
    pub picture_kilobytes: Option<usize>,
}

impl Default for ExportStyle {
    fn default() -> Self {
        Self {
            encoding: TextEncoding::default(),
            line_ends: LineEnds::default(),
            is_one_chat: false,
            has_halves: false,
            pictures_per_mille: 60,
            picture_kilobytes: None,
        }
    }
}

/// How a text is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TextEncoding {
    /// UTF-8 with a byte order mark, as the message manager does.
    #[default]
    Utf8WithMark,
    /// UTF-8 without one.
    Utf8,
    /// UTF-16 with a mark, little end first.
    Utf16Le,
    /// UTF-16 with a mark, big end first.
    Utf16Be,
    /// GB18030, as Chinese Windows saves "ANSI".
    Gb18030,
}

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LineEnds {
    /// As on Windows.
    #[default]
    CrLf,
    /// As on Linux.
    Lf,
    /// As on old Macs.
    Cr,
    /// Some this way, some that.
    Mixed,
}

impl Plan {
    /// Number of beats on the timeline, and the stretch of them that this piece holds.
    pub(crate) fn stretch(&self, scenes: usize) -> (u64, std::ops::Range<u64>) {
        let total = self.messages.max(4 * scenes as u64);
        let held = match self.piece {
            Piece::Whole => 0..total,
            Piece::First => 0..total / 10 * 6,
            Piece::Last => total / 10 * 4..total,
        };
        (total, held)
    }
}
