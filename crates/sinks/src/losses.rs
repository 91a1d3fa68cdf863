//! What every format does with every kind of content: one table, from code.
//!
//! A format answers for each [`Feature`] in an exhaustive `match`, so a new kind of part does not compile until every
//! format has said what becomes of it. The table is shown by `hutong formats NAME`, counted against a selection before a
//! pack is written, and held to by the conformance suite.

use hutong_model::PartKind;

use crate::{Language, words};

/// Something that a chat can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// A kind of part.
    Part(PartKind),
    /// Anything else about a message.
    Fact(Fact),
}

macro_rules! facts {
    ($($(#[$meta:meta])* $name:ident = $id:literal, $zh:literal, $en:literal;)*) => {
        /// What a message says about itself beside its parts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fact { $($(#[$meta])* $name,)* }

        impl Fact {
            /// Every fact, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Short name, for programs.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            const fn name(self, language: Language) -> &'static str {
                match self { $(Self::$name => language.pick($zh, $en),)* }
            }
        }
    };
}

facts! {
    /// The bytes of pictures, voices, films and files.
    AttachmentBytes = "attachment_bytes", "附件的内容", "contents of attachments";
    /// Who is named in a text, as a reference rather than as words.
    Mentions = "mentions", "@ 了谁（编号）", "who is mentioned (id)";
    /// Which message an answer answers.
    Reply = "reply", "回复的是哪一条", "which message is answered";
    /// That a message was withdrawn.
    Recall = "recall", "撤回标记", "that it was recalled";
    /// Other wordings.
    Revisions = "revisions", "修改前后的内容", "other wordings";
    /// Answers by emoji.
    Reactions = "reactions", "表情回应", "reactions";
    /// The sender's id on the platform.
    SenderId = "sender_id", "发送者的账号", "the sender's account id";
    /// The name that the sender bore in the group.
    GroupName = "group_name", "群名片", "names within the group";
    /// Thousandths of a second.
    Milliseconds = "milliseconds", "毫秒", "thousandths of a second";
    /// Hutong's id of the message.
    MessageId = "message_id", "消息编号", "message ids";
    /// The platform's own ids.
    NativeIds = "native_ids", "平台自己的编号", "the platform's own ids";
    /// File, table and row that the message was read from.
    Origin = "origin", "出处（文件、表、行）", "origin (file, table, row)";
    /// Service rows, when asked for.
    Hidden = "hidden", "平时不显示的系统行", "service rows";
    /// Members of a group who said nothing.
    Members = "members", "没有说话的成员", "members who said nothing";
}

impl Feature {
    /// Everything, parts first.
    pub fn all() -> impl Iterator<Item = Self> {
        PartKind::ALL
            .iter()
            .map(|kind| Self::Part(*kind))
            .chain(Fact::ALL.iter().map(|fact| Self::Fact(*fact)))
    }

    /// Short name, for programs.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Part(kind) => kind.as_str(),
            Self::Fact(fact) => fact.id(),
        }
    }

    /// Name, for people.
    #[must_use]
    pub const fn name(self, language: Language) -> &'static str {
        match self {
            Self::Part(kind) => words::part(language, kind),
            Self::Fact(fact) => fact.name(language),
        }
    }
}

/// What becomes of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// All that people see of it is there.
    Kept,
    /// It is there, with less.
    Reduced,
    /// It is not there.
    Dropped,
}

impl Fate {
    /// Name, for programs.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Reduced => "reduced",
            Self::Dropped => "dropped",
        }
    }

    /// Name, for people.
    #[must_use]
    pub const fn name(self, language: Language) -> &'static str {
        match self {
            Self::Kept => language.pick("保留", "kept"),
            Self::Reduced => language.pick("简化", "reduced"),
            Self::Dropped => language.pick("丢失", "dropped"),
        }
    }
}

/// What a format does with something, and in which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Treatment {
    /// What becomes of it.
    pub fate: Fate,
    zh: &'static str,
    en: &'static str,
}

impl Treatment {
    /// All that people see of it is there.
    pub const KEPT: Self = Self {
        fate: Fate::Kept,
        zh: "",
        en: "",
    };

    /// Its words stay.
    pub const WORDS: Self = Self::reduced("只留文字说明", "its words only");

    /// There is no place for it.
    pub const NO_PLACE: Self =
        Self::dropped("这种格式没有放它的地方", "the format has no place for it");

    /// Kept in a way that is worth a remark.
    #[must_use]
    pub const fn kept(zh: &'static str, en: &'static str) -> Self {
        Self {
            fate: Fate::Kept,
            zh,
            en,
        }
    }

    /// There with less: what stays.
    #[must_use]
    pub const fn reduced(zh: &'static str, en: &'static str) -> Self {
        Self {
            fate: Fate::Reduced,
            zh,
            en,
        }
    }

    /// Not there: why.
    #[must_use]
    pub const fn dropped(zh: &'static str, en: &'static str) -> Self {
        Self {
            fate: Fate::Dropped,
            zh,
            en,
        }
    }

    /// What stays, or why it is not there; empty where nothing needs to be said.
    #[must_use]
    pub const fn remark(&self, language: Language) -> &'static str {
        language.pick(self.zh, self.en)
    }
}
