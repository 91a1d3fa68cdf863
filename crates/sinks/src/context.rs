//! What an export needs to know besides the records.

use std::io::Read;
use std::path::PathBuf;

use hutong_model::{AccountId, Attachment, Conversation, ConversationId, Names, Timestamp};

/// Language of labels and headings; what people wrote is never translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// 中文.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// The word in this language.
    #[must_use]
    pub const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// Value of a `lang` attribute.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// Hands out the bytes of attachments.
pub trait Blobs: Sync {
    /// Opens the bytes as they can be shown (`.dat` images already decoded); `None` when they are not to be had.
    ///
    /// # Errors
    /// When the bytes should be there but cannot be read; the export goes on and shows the attachment as missing.
    fn open(&self, attachment: &Attachment) -> std::io::Result<Option<Box<dyn Read>>>;

    /// Opens the bytes as they were read, which are those that [`Attachment::sha256`] is the digest of.
    ///
    /// # Errors
    /// As [`Self::open`].
    fn original(&self, attachment: &Attachment) -> std::io::Result<Option<Box<dyn Read>>> {
        self.open(attachment)
    }
}

/// Holds nothing: every attachment is shown as missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBlobs;

impl Blobs for NoBlobs {
    fn open(&self, _: &Attachment) -> std::io::Result<Option<Box<dyn Read>>> {
        Ok(None)
    }
}

/// Lists the members of a conversation.
pub type Members<'a> = dyn Fn(ConversationId) -> Vec<AccountId> + 'a;

/// How much becomes one mail (eml, mbox).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailUnit {
    /// Each message: with its own sender and time, and what answers what.
    Message,
    /// Each day of a conversation: a transcript, as people read it and archives of companies take it.
    Day,
}

/// Whose WhatsApp a chat export looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Phone {
    /// An iPhone's: times to the second.
    #[default]
    Iphone,
    /// An Android phone's: times to the minute.
    Android,
}

/// Where fonts are looked for (pdf, png).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FontPlaces {
    /// Font files that come before all others.
    pub files: Vec<PathBuf>,
    /// Folders with font files, and folders in them.
    pub folders: Vec<PathBuf>,
}

impl Default for FontPlaces {
    /// The folders in which systems keep their fonts; those of a user are for the caller to add.
    fn default() -> Self {
        let folders: &[&str] = if cfg!(target_os = "macos") {
            &[
                "/System/Library/Fonts",
                "/Library/Fonts",
                "/Network/Library/Fonts",
            ]
        } else if cfg!(windows) {
            &["C:\\Windows\\Fonts"]
        } else {
            &["/usr/share/fonts", "/usr/local/share/fonts"]
        };
        Self {
            files: Vec::new(),
            folders: folders.iter().map(PathBuf::from).collect(),
        }
    }
}

/// What the user can choose; every format ignores what does not concern it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Replace files that stand in the way. Files that the export does not write are never touched.
    pub overwrite: bool,
    /// Copy attachments beside the pages (html, and md in a folder).
    pub copy_attachments: bool,
    /// Set images of at most this many bytes into the page itself (html); larger ones are copied beside it.
    pub inline_images_up_to_bytes: Option<u64>,
    /// Messages on one page (html).
    pub messages_per_page: usize,
    /// Files end before they grow beyond this (page, in a folder); what cannot be divided may be larger.
    pub part_bytes: Option<u64>,
    /// Show service rows too (html, txt, md, eml, mbox); jsonl and csv always write them.
    pub show_hidden: bool,
    /// How much becomes one mail; without it a message (eml) or a day (mbox).
    pub one_mail_per: Option<MailUnit>,
    /// Shape of the chat (whatsapp-txt).
    pub phone: Phone,
    /// Names and numbers of people are replaced by made-up ones (onebot-nodes).
    pub pseudonyms: bool,
    /// Where fonts are looked for (pdf, png).
    pub fonts: FontPlaces,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            overwrite: false,
            copy_attachments: true,
            inline_images_up_to_bytes: None,
            messages_per_page: 2000,
            part_bytes: None,
            show_hidden: false,
            one_mail_per: None,
            phone: Phone::Iphone,
            pseudonyms: false,
            fonts: FontPlaces::default(),
        }
    }
}

/// What an export needs to know besides the records.
pub struct Context<'a> {
    /// Who is who.
    pub names: &'a dyn Names,
    /// Bytes of attachments.
    pub blobs: &'a dyn Blobs,
    /// Members for the list of participants; without it only the two sides of a direct chat are listed.
    pub members: Option<&'a Members<'a>>,
    /// Cuts a text into words that say something, for titles of sessions (notes); without it, blanks and marks do.
    pub segment: Option<&'a crate::notes::Segment<'a>>,
    /// Language of labels.
    pub language: Language,
    /// Zone in which times are shown.
    pub zone: jiff::tz::TimeZone,
    /// Title of the whole export.
    pub title: String,
    /// Program and version, for footers.
    pub generated_by: &'a str,
    /// When the export is made, for footers; left out when absent.
    pub generated_at: Option<Timestamp>,
    /// What the user chose.
    pub options: Options,
}

impl<'a> Context<'a> {
    /// A context in Chinese and UTC, without a title and with default options.
    #[must_use]
    pub fn new(names: &'a dyn Names, blobs: &'a dyn Blobs) -> Self {
        Self {
            names,
            blobs,
            members: None,
            segment: None,
            language: Language::Zh,
            zone: jiff::tz::TimeZone::UTC,
            title: String::new(),
            generated_by: "Hutong",
            generated_at: None,
            options: Options::default(),
        }
    }

    /// Who takes part: the members where the caller knows them, else the sides of a direct chat.
    pub(crate) fn members_of(&self, conversation: &Conversation) -> Vec<AccountId> {
        let mut members = self
            .members
            .map(|members| members(conversation.id))
            .unwrap_or_default();
        if members.is_empty() && conversation.peer.is_some() {
            members.extend(
                [conversation.owner, conversation.peer]
                    .into_iter()
                    .flatten(),
            );
        }
        members
    }

    /// Name of the zone, as in `Asia/Shanghai`.
    pub(crate) fn zone_name(&self) -> String {
        self.zone.iana_name().map_or_else(
            || {
                self.zone
                    .to_fixed_offset()
                    .map_or_else(|_| "local".to_owned(), |offset| format!("UTC{offset}"))
            },
            str::to_owned,
        )
    }
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("language", &self.language)
            .field("zone", &self.zone)
            .field("title", &self.title)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
