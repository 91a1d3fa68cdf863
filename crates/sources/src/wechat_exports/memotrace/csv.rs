//! MemoTrace's table: the rows of one chat, or of all chats with names instead of ids.

use hutong_model::{At, ConversationKind, NativeId, NativeIdName};

use crate::wechat::map::{Sender, is_room};
use crate::wechat_exports::clock;
use crate::wechat_exports::compose::{Author, Composer, Draft};
use crate::wechat_exports::content::{self, Stated};
use crate::wechat_exports::csv::{Columns, CsvRecord};
use crate::wechat_exports::facts::{Facts, is_username};
use crate::wechat_exports::files::Export;
use crate::wechat_exports::rows;
use crate::{Input, ReadError};

/// Conversations of one file whose titles are remembered.
const MOST_TITLES: usize = 100_000;

/// Places of the columns that are used.
struct Places {
    local_id: Option<usize>,
    talker: Option<usize>,
    kind: Option<usize>,
    sub: Option<usize>,
    is_sender: Option<usize>,
    create_time: Option<usize>,
    content: Option<usize>,
    time: Option<usize>,
    remark: Option<usize>,
    nickname: Option<usize>,
    sender: Option<usize>,
    server_id: Option<usize>,
    count: usize,
}

impl Places {
    fn new(columns: &Columns) -> Self {
        let find = |name| columns.find(name);
        Self {
            local_id: find("localId"),
            talker: find("TalkerId"),
            kind: find("Type"),
            sub: find("SubType"),
            is_sender: find("IsSender"),
            create_time: find("CreateTime"),
            content: find("StrContent"),
            time: find("StrTime"),
            remark: find("Remark"),
            nickname: find("NickName"),
            sender: find("Sender"),
            server_id: find("MsgSvrID"),
            count: find("StrContent").map_or(0, |content| content + 1),
        }
    }
}

/// A field as text; empty where the record does not have it.
fn field<'r>(record: &CsvRecord<'r>, place: Option<usize>) -> std::borrow::Cow<'r, str> {
    place
        .and_then(|place| record.text(place))
        .unwrap_or_default()
}

/// Whose copy it is, and whether conversations are told by ids, by titles, or are only one.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Facts, ReadError> {
    let mut facts = Facts::default();
    let (mut ids, mut names) = (0_u64, 0_u64);
    let mut talkers: Vec<String> = Vec::new();
    let mut places = None;
    rows::survey(input, export, |columns, record| {
        let places = places.get_or_insert_with(|| Places::new(columns));
        let talker = field(record, places.talker);
        if talkers.len() < 2 && !talkers.iter().any(|known| *known == talker) {
            talkers.push(talker.into_owned());
        }
        let sender = field(record, places.sender);
        let sender = sender.trim();
        let (remark, nickname) = (field(record, places.remark), field(record, places.nickname));
        let is_out = is_true(&field(record, places.is_sender));
        if is_username(sender) && *sender != *remark && *sender != *nickname {
            ids += 1;
        } else if !sender.is_empty() {
            names += 1;
        }
        if is_room(sender) {
            facts.talker = Some(sender.to_owned());
        } else if is_out {
            facts.meet_owner(sender);
        } else if field(record, places.kind).trim() != "10000" {
            facts.meet(sender);
        }
        let title = if remark.trim().is_empty() {
            nickname
        } else {
            remark
        };
        if !title.trim().is_empty() && facts.titles.len() < MOST_TITLES {
            let is_other = !is_out && !sender.is_empty() && *sender != *title;
            *facts.titles.entry(title.as_ref().into()).or_default() |= is_other;
        }
        false
    })?;
    // In the table of all chats Sender is a name, and Remark and NickName are those of the conversation.
    facts.has_titles =
        names > ids && !facts.titles.is_empty() && (talkers.len() > 1 || facts.titles.len() == 1);
    if names > ids {
        facts.owner = None;
    }
    // In the table of one chat the other side may stand in every row, the owner's included.
    if facts.owner.is_some() && facts.others.first() == facts.owner.as_ref() {
        facts.owner = None;
    }
    Ok(facts)
}

fn is_true(text: &str) -> bool {
    matches!(text.trim(), "1" | "1.0" | "True" | "true" | "TRUE" | "是")
}

/// Reads a table.
pub(in crate::wechat_exports) fn read(
    input: &Input,
    export: &Export,
    facts: &Facts,
    composer: &mut Composer<'_>,
) -> Result<(), ReadError> {
    let mut places = None;
    let title = export.title();
    let mut only = None;
    rows::each(input, export, composer, |composer, columns, record| {
        let places = places.get_or_insert_with(|| Places::new(columns));
        let at = At::Line(record.line);
        if record.count() < places.count {
            return composer.reject(at, "the row has fewer fields than the header");
        }
        let number: Option<i64> = field(record, places.create_time).trim().parse().ok();
        let moment = number
            .and_then(clock::of_number)
            .or_else(|| composer.clock.read(&field(record, places.time)))
            .or_else(|| composer.clock.read(&field(record, places.create_time)));
        let Some((sent_at, precision)) = moment else {
            return composer.reject(at, "the row has no time that can be read");
        };
        let (remark, nickname) = (field(record, places.remark), field(record, places.nickname));
        let shown = if remark.trim().is_empty() {
            &nickname
        } else {
            &remark
        };
        let chat = if facts.has_titles && !shown.trim().is_empty() {
            let is_group = facts.titles.get(shown.as_ref()).copied().unwrap_or(false);
            let kind = if is_group {
                ConversationKind::Group
            } else {
                ConversationKind::Direct
            };
            composer.named_chat(kind, shown)?
        } else if let Some(only) = only {
            only
        } else {
            let chat = facts.only_chat(composer, &title)?;
            only = Some(chat);
            chat
        };
        let kind = field(record, places.kind);
        let base = kind.trim().parse::<u32>().ok();
        let stated = Stated {
            word: base.is_none().then_some(kind.trim()),
            base: base.unwrap_or(0),
            sub: field(record, places.sub).trim().parse().unwrap_or(0),
        };
        let text = field(record, places.content);
        let body = content::body(composer, chat, stated, &text);
        let sender = field(record, places.sender);
        let sender = sender.trim();
        let is_system = body.sender == Sender::Nobody;
        let (author, name) = if is_system {
            (Author::Nobody, None)
        } else if is_true(&field(record, places.is_sender)) {
            (Author::Owner, None)
        } else if is_username(sender) && !is_room(sender) && !facts.has_titles {
            (Author::Username(sender), Some(shown.as_ref()))
        } else if sender.is_empty() || is_room(sender) {
            match facts.has_titles || shown.trim().is_empty() {
                true => (Author::Other, None),
                false => (Author::Named(shown), None),
            }
        } else {
            (Author::Named(sender), None)
        };
        learn(composer, author, &remark, &nickname);
        let local_id = field(record, places.local_id).trim().parse().ok();
        composer.push(Draft {
            at,
            chat,
            author,
            author_name: name,
            sent_at,
            precision,
            server_id: facts.server_id(&field(record, places.server_id)),
            native_ids: local_id
                .map(|id| NativeId::integer(NativeIdName::LocalId, id))
                .into_iter()
                .collect(),
            body,
            raw: record.raw,
        })
    })
}

/// Keeps remark and nickname apart where both are given for somebody.
fn learn(composer: &mut Composer<'_>, author: Author<'_>, remark: &str, nickname: &str) {
    if let Author::Username(username) = author
        && !remark.trim().is_empty()
        && !nickname.trim().is_empty()
        && remark != nickname
    {
        composer.learn_once(username, Some(nickname), Some(remark));
    }
}
