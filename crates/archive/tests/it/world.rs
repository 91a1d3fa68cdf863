//! Invented records, an archive in a temporary folder, and everything that is in it as lines.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use hutong_archive::{
    Archive, ArchiveError, AttachmentMode, ImportReport, Progress, Protection, TimeWindow, Unlock,
    WriteOptions,
};
use hutong_model::hcx::{MessageLine, write_message_line};
use hutong_model::{
    Account, AccountId, At, Attachment, Content, ContentHandle, Conversation, ConversationId,
    ConversationKind, Direction, Membership, Message, MessageId, Names, NativeId, NativeIdName,
    Origin, Part, Platform, Problem, ProblemKind, Record, Sink, Timestamp,
};
use tempfile::TempDir;

/// 2024-05-01T08:00:00Z.
pub(crate) const START: i64 = 1_714_550_400;

pub(crate) const PEOPLE: [(&str, &str); 4] = [
    ("wxid_chen_yu", "陈雨"),
    ("wxid_lin_hai", "林海"),
    ("wxid_grandma", "外婆"),
    ("wxid_xiao_bei", "小北"),
];

pub(crate) fn person(number: usize) -> AccountId {
    AccountId::new(&Platform::WeChat, PEOPLE[number].0)
}

/// The group (0), the direct chat of the first two (1), or a QQ group (2).
pub(crate) fn chat(number: usize) -> ConversationId {
    match number {
        0 => ConversationId::group(&Platform::WeChat, "10001@chatroom"),
        1 => ConversationId::direct(&Platform::WeChat, person(0), person(1)),
        _ => ConversationId::group(&Platform::Qq, "778899"),
    }
}

/// Everybody, every chat and who is in it.
pub(crate) fn people() -> Vec<Record> {
    let mut records: Vec<Record> = PEOPLE
        .iter()
        .enumerate()
        .map(|(number, (native_id, nickname))| {
            Record::Account(Account {
                id: person(number),
                platform: Some(Platform::WeChat),
                native_id: (*native_id).to_owned(),
                nickname: Some((*nickname).to_owned()),
                is_owner: number == 0,
                ..Account::default()
            })
        })
        .collect();
    let group = Conversation {
        id: chat(0),
        platform: Some(Platform::WeChat),
        kind: ConversationKind::Group,
        native_id: "10001@chatroom".to_owned(),
        name: Some("周末一起吃饭".to_owned()),
        owner: Some(person(0)),
        ..Conversation::default()
    };
    let direct = Conversation {
        id: chat(1),
        platform: Some(Platform::WeChat),
        native_id: PEOPLE[1].0.to_owned(),
        owner: Some(person(0)),
        peer: Some(person(1)),
        ..Conversation::default()
    };
    let other = Conversation {
        id: chat(2),
        platform: Some(Platform::Qq),
        kind: ConversationKind::Group,
        native_id: "778899".to_owned(),
        name: Some("项目群".to_owned()),
        owner: Some(person(0)),
        ..Conversation::default()
    };
    records.extend([group, direct, other].map(Record::Conversation));
    records.extend((0..PEOPLE.len()).map(|number| {
        Record::Membership(Membership {
            conversation: chat(0),
            account: person(number),
            ..Membership::default()
        })
    }));
    records
}

pub(crate) fn id_of(conversation: usize, server_id: i64) -> MessageId {
    MessageId::new(chat(conversation), "server", &[&server_id.to_le_bytes()])
}

/// A key by which replies that know only a sequence number point at a message.
pub(crate) fn sequence_key(conversation: usize, sequence: i64) -> MessageId {
    MessageId::new(chat(conversation), "sequence", &[&sequence.to_le_bytes()])
}

/// A text, `second` seconds after the start, received from this person.
pub(crate) fn text(
    conversation: usize,
    server_id: i64,
    second: i64,
    sender: usize,
    words: &str,
) -> Message {
    let platform = if conversation == 2 {
        Platform::Qq
    } else {
        Platform::WeChat
    };
    let origin = Origin::new("message_0.db", "Msg_1", At::Row(server_id));
    let mut message = Message::new(
        platform,
        id_of(conversation, server_id),
        chat(conversation),
        Timestamp::from_seconds(START + second),
        origin,
    );
    message.sender = Some(person(sender));
    message.direction = if sender == 0 {
        Direction::Out
    } else {
        Direction::In
    };
    message.native_ids = vec![NativeId::integer(NativeIdName::ServerId, server_id)];
    message.parts = vec![Part::text(words)];
    message
}

pub(crate) fn record(message: Message) -> Record {
    Record::Message(Box::new(message))
}

pub(crate) fn records(messages: impl IntoIterator<Item = Message>) -> Vec<Record> {
    people()
        .into_iter()
        .chain(messages.into_iter().map(record))
        .collect()
}

/// Bytes in memory as an attachment's content.
pub(crate) struct Bytes(pub(crate) Arc<[u8]>);

impl Content for Bytes {
    fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(std::io::Cursor::new(self.0.clone())))
    }
}

pub(crate) fn attachment(name: &str, bytes: &[u8]) -> Attachment {
    Attachment {
        name: Some(name.to_owned()),
        path: Some(format!("files/{name}")),
        content: Some(ContentHandle(Arc::new(Bytes(bytes.into())))),
        ..Attachment::default()
    }
}

/// An archive in a temporary folder. Its key is kept outside, so that no passphrase has to be stretched.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    pub(crate) archive: Archive,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::create(
            &folder.path().join("my.hutong"),
            &Protection::Device,
            START * 1000,
        )
        .unwrap();
        Self { folder, archive }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("my.hutong")
    }

    /// A new archive with these imports.
    pub(crate) fn with(imports: &[Vec<Record>]) -> Self {
        let mut home = Self::new();
        for records in imports {
            home.import(records);
        }
        home
    }

    pub(crate) fn import(&mut self, records: &[Record]) -> ImportReport {
        import(&mut self.archive, records, WriteOptions::default()).unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        lines(&self.archive)
    }
}

pub(crate) fn unlock(key: Option<[u8; 32]>) -> Unlock {
    Unlock {
        passphrase: None,
        device_key: key,
    }
}

pub(crate) fn import(
    archive: &mut Archive,
    records: &[Record],
    options: WriteOptions,
) -> Result<ImportReport, ArchiveError> {
    import_from("test", archive, records, options)
}

/// As [`import`], from this source.
pub(crate) fn import_from(
    source: &str,
    archive: &mut Archive,
    records: &[Record],
    options: WriteOptions,
) -> Result<ImportReport, ArchiveError> {
    let mut report = ImportReport {
        source: source.to_owned(),
        input: "nowhere".to_owned(),
        started_at_ms: START * 1000,
        finished_at_ms: Some(START * 1000),
        rows_read: records
            .iter()
            .filter(|record| matches!(record, Record::Message(_)))
            .count() as u64,
        is_complete: true,
        ..ImportReport::default()
    };
    let mut import = archive.begin_import(&mut report, options, Arc::new(Progress::default()))?;
    for record in records {
        import.writer.record(record.clone()).unwrap();
    }
    archive.finish_import(import, &mut report, None)?;
    Ok(report)
}

pub(crate) const fn dry_run() -> WriteOptions {
    WriteOptions {
        attachments: AttachmentMode::Copy,
        dry_run: true,
    }
}

pub(crate) fn rejected(row: i64) -> Problem {
    Problem {
        origin: Origin::new("message_0.db", "Msg_1", At::Row(row)),
        kind: ProblemKind::RejectedRow,
        reason: "the row is a riddle".to_owned(),
    }
}

/// Every message of every conversation, in reading order, as export lines.
pub(crate) fn lines(archive: &Archive) -> Vec<String> {
    let names = archive.names().unwrap();
    let mut lines = Vec::new();
    for message in messages(archive) {
        let conversation = names.conversation(message.conversation);
        let sender = message.sender.and_then(|sender| names.account(sender));
        let line = MessageLine {
            conversation_native_id: conversation
                .map(|conversation| conversation.native_id.as_str()),
            conversation_kind: conversation.map(|conversation| conversation.kind),
            conversation_name: names.conversation_title(message.conversation),
            sender_native_id: sender.map(|sender| sender.native_id.as_str()),
            sender_second_id: sender.and_then(|sender| sender.second_id.as_deref()),
            sender_name: message
                .sender
                .and_then(|sender| names.display_name(message.conversation, sender)),
            reply_to: message.reply_to.first().copied(),
        };
        let mut out = Vec::new();
        write_message_line(&mut out, &message, &line, &mut String::new());
        lines.push(String::from_utf8(out).unwrap());
    }
    lines
}

/// Every message, conversation by conversation, oldest first.
pub(crate) fn messages(archive: &Archive) -> Vec<Message> {
    let chats: BTreeSet<ConversationId> =
        archive.conversation_stats().unwrap().into_keys().collect();
    let mut reader = archive.reader().unwrap();
    let mut messages = Vec::new();
    for chat in chats {
        reader
            .conversation::<ArchiveError>(chat, TimeWindow::default(), &mut |message| {
                messages.push(message);
                Ok(true)
            })
            .unwrap();
    }
    messages
}

/// Every file below a folder with its bytes.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_string_lossy()
                    .replace('\\', "/");
                found.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}
