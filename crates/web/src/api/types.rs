//! What answers hold.

use hutong::model::{Account, Conversation, ConversationId, Names, Timestamp};
use hutong::{ConversationStats, ImportReport};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::Failure;
use crate::site::OpenArchive;

/// Entries on a page of a list unless asked otherwise, and the most that one may ask for.
pub(crate) const USUAL: usize = 50;
pub(crate) const MOST: usize = 500;

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    error: ProblemWords,
}

/// A word for programs and a sentence for people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemWords {
    /// Stays the same in every language: `not_found`, `bad_request`, `locked`, `no_session`, …
    code: String,
    /// In the language that the request asks for.
    message: String,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Slice {
    /// So many entries at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u16>,
    /// So many entries are passed over first.
    #[serde(default)]
    // Without a bound the description would say that 32 bits with a sign are read.
    #[param(value_type = i64, minimum = 0, maximum = 4_294_967_295_u32, default = 0)]
    offset: Option<u32>,
}

/// How many entries may be given.
pub(crate) fn limit(asked: Option<u16>) -> Result<usize, Failure> {
    let limit = asked.map_or(USUAL, usize::from);
    if (1..=MOST).contains(&limit) {
        Ok(limit)
    } else {
        Err(Failure::bad(
            format!("limit 要在 1 到 {MOST} 之间"),
            format!("limit must be between 1 and {MOST}"),
        ))
    }
}

impl Slice {
    /// Cuts the part out of a list.
    pub(crate) fn cut<T>(self, list: Vec<T>) -> Result<Vec<T>, Failure> {
        let limit = limit(self.limit)?;
        let offset = usize::try_from(self.offset.unwrap_or(0)).unwrap_or(usize::MAX);
        Ok(list.into_iter().skip(offset).take(limit).collect())
    }
}

/// A chat.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Chat {
    /// Id of the conversation.
    pub(crate) id: String,
    /// Title as the page shows it.
    pub(crate) title: String,
    /// `wechat`, `qq`, …; absent where it is not known.
    pub(crate) platform: Option<String>,
    /// `direct`, `group`, …
    pub(crate) kind: String,
    /// The platform's own id.
    pub(crate) native_id: String,
    /// Messages, each counted once however many copies there are.
    pub(crate) messages: u64,
    /// Oldest message, RFC 3339.
    pub(crate) first: String,
    /// Newest message, RFC 3339.
    pub(crate) last: String,
}

impl Chat {
    pub(crate) fn new(open: &OpenArchive, id: ConversationId, stats: &ConversationStats) -> Self {
        let conversation = open.names.conversation(id);
        let text =
            |pick: fn(&Conversation) -> &str| conversation.map(pick).unwrap_or_default().to_owned();
        Self {
            id: id.to_hex(),
            title: open
                .names
                .conversation_title(id)
                .unwrap_or_default()
                .to_owned(),
            platform: conversation
                .and_then(|conversation| conversation.platform.as_ref())
                .map(|platform| platform.as_str().to_owned()),
            kind: text(|conversation| conversation.kind.as_str()),
            native_id: text(|conversation| &conversation.native_id),
            messages: stats.messages,
            first: time(stats.first_ms),
            last: time(stats.last_ms),
        }
    }
}

/// A part of the list of chats.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Chats {
    /// Chats in all that the request asks for.
    pub(crate) total: u64,
    /// The latest first.
    pub(crate) chats: Vec<Chat>,
}

/// A message, as a line of the `jsonl` export has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(value_type = Object)]
pub(crate) struct MessageJson(pub(crate) Box<RawValue>);

/// Messages of a chat that follow each other.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Messages {
    /// Oldest first.
    pub(crate) messages: Vec<MessageJson>,
    /// Give it as `before` to get what comes before; absent at the start.
    pub(crate) earlier: Option<String>,
    /// Give it as `after` to get what comes after; absent at the end.
    pub(crate) later: Option<String>,
}

/// One copy of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Copy {
    /// Number of the import that brought it.
    pub(crate) import: i64,
    /// Source of that import.
    pub(crate) source: String,
    /// What that import read.
    pub(crate) input: String,
    /// When that import began, RFC 3339.
    pub(crate) imported_at: String,
    /// SHA-256 of the record, hexadecimal.
    pub(crate) sha256: String,
    /// Whether it says something else than the message that is shown.
    pub(crate) is_other_wording: bool,
    /// The copy itself, with its origin: file, table, row.
    pub(crate) message: MessageJson,
}

/// Every copy of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Copies {
    /// In the order in which they came.
    pub(crate) sightings: Vec<Copy>,
}

/// Somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    /// Id of the account.
    pub(crate) id: String,
    /// Name as the page shows it.
    pub(crate) name: String,
    /// `wechat`, `qq`, …; absent where it is not known.
    pub(crate) platform: Option<String>,
    /// The platform's own id.
    pub(crate) native_id: String,
    /// A second id of the platform.
    pub(crate) second_id: Option<String>,
    /// The account's own name.
    pub(crate) nickname: Option<String>,
    /// The owner's private name for it.
    pub(crate) remark: Option<String>,
    /// Its display id.
    pub(crate) alias: Option<String>,
    /// Whether a copy that was read belongs to it.
    pub(crate) is_owner: bool,
    /// Whether it stands in the owner's contact list.
    pub(crate) is_contact: bool,
    /// Labels that the owner gave it.
    pub(crate) labels: Vec<String>,
}

impl Person {
    pub(crate) fn new(account: &Account) -> Self {
        Self {
            id: account.id.to_hex(),
            name: account.display_name().to_owned(),
            platform: account
                .platform
                .as_ref()
                .map(|platform| platform.as_str().to_owned()),
            native_id: account.native_id.clone(),
            second_id: account.second_id.clone(),
            nickname: account.nickname.clone(),
            remark: account.remark.clone(),
            alias: account.alias.clone(),
            is_owner: account.is_owner,
            is_contact: account.is_contact,
            labels: account.labels.clone(),
        }
    }
}

/// A part of the list of people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct People {
    /// People in all that the request asks for.
    pub(crate) total: u64,
    /// Owners first, then contacts, then others, by name.
    pub(crate) people: Vec<Person>,
}

/// Somebody and their chats.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonWithChats {
    /// Who.
    pub(crate) person: Person,
    /// Chats that they take part in, the latest first.
    pub(crate) chats: Vec<Chat>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hits {
    /// Newest first.
    pub(crate) messages: Vec<MessageJson>,
    /// Whether there are more.
    pub(crate) has_more: bool,
}

/// The archive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ArchiveInfo {
    /// Random id of the archive.
    pub(crate) id: String,
    /// When it was made, RFC 3339.
    pub(crate) created: String,
    /// Whether its content is encrypted.
    pub(crate) is_encrypted: bool,
    /// Messages, each counted once.
    pub(crate) messages: u64,
    /// Records: messages and their further copies.
    pub(crate) records: u64,
    /// Chats with at least one message.
    pub(crate) chats: u64,
    /// Accounts.
    pub(crate) accounts: u64,
    /// The program.
    pub(crate) program: String,
}

/// An import.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Import {
    /// Number, counted from 1.
    pub(crate) number: i64,
    /// Id of the source.
    pub(crate) source: String,
    /// What was read.
    pub(crate) input: String,
    /// When it began, RFC 3339.
    pub(crate) started: String,
    /// When it ended; absent while it runs or when it was cut off.
    pub(crate) finished: Option<String>,
    /// Whether everything was read.
    pub(crate) is_complete: bool,
    /// Whether nothing had changed since an earlier import.
    pub(crate) is_unchanged: bool,
    /// Message rows read: `added + known + rejected`.
    pub(crate) rows_read: u64,
    /// New messages.
    pub(crate) added: u64,
    /// Messages known already.
    pub(crate) known: u64,
    /// Rows that could not be read.
    pub(crate) rejected: u64,
    /// Other problems.
    pub(crate) problems: u64,
    /// Attachments found.
    pub(crate) attachments: u64,
    /// Attachments not found.
    pub(crate) attachments_missing: u64,
}

impl Import {
    pub(crate) fn new(report: &ImportReport) -> Self {
        Self {
            number: report.number,
            source: report.source.clone(),
            input: report.input.clone(),
            started: time(report.started_at_ms),
            finished: report.finished_at_ms.map(time),
            is_complete: report.is_complete,
            is_unchanged: report.is_unchanged,
            rows_read: report.rows_read,
            added: report.added,
            known: report.known,
            rejected: report.rejected,
            problems: report.problems,
            attachments: report.blobs,
            attachments_missing: report.blobs_missing,
        }
    }
}

/// Every import.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Imports {
    /// Oldest first.
    pub(crate) imports: Vec<Import>,
}

/// An import and what was wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportWithProblems {
    /// The report.
    pub(crate) import: Import,
    /// What could not be read, where.
    pub(crate) problems: Vec<ImportProblem>,
}

/// Something that could not be read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportProblem {
    /// `rejected`, `damage` or `note`.
    pub(crate) kind: String,
    /// What is wrong.
    pub(crate) reason: String,
    /// File.
    pub(crate) input: String,
    /// Table or section.
    pub(crate) table: String,
    /// Place in it.
    pub(crate) position: String,
}

/// Something that can be read or written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Kind {
    /// Short id.
    pub(crate) id: String,
    /// Name in the language that the request asks for.
    pub(crate) name: String,
}

/// What can be read or written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Kinds {
    /// In the order of the help texts.
    pub(crate) kinds: Vec<Kind>,
}

/// An instant as RFC 3339.
pub(crate) fn time(ms: i64) -> String {
    Timestamp(ms).to_rfc3339()
}
