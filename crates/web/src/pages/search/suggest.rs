//! What could stand where one types: operators, and what may follow them.

use axum::Json;
use axum::extract::State;
use hutong::model::{Names, PartKind};
use hutong::sinks::words;
use serde::{Deserialize, Serialize};

use crate::asked::Asked;
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// Suggestions in one list.
const SHOWN: usize = 8;
/// Only so much of a query is looked at.
const MAX_QUERY_CHARACTERS: usize = 1_000;

/// Every operator: its name, its Chinese name, and what it does in both languages.
const OPERATORS: &[(&str, &str, &str, &str)] = &[
    ("from:", "来自：", "谁发的", "who sent it"),
    ("in:", "会话：", "在哪个会话", "in which chat"),
    ("on:", "平台：", "在哪个平台", "on which messenger"),
    ("kind:", "类型：", "什么内容", "what kind of content"),
    ("has:", "含：", "带有什么", "what is with it"),
    ("is:", "状态：", "什么状态", "what became of it"),
    ("after:", "之后：", "从这天起", "from a day on"),
    ("before:", "之前：", "在这天之前", "before a day"),
    ("during:", "日期：", "在这段时间", "in a year, month or day"),
];

/// The query, and how far one has typed in it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    /// The query up to where the cursor stands.
    q: String,
}

/// A suggestion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Suggestion {
    /// What takes the place of the word that is being typed.
    insert: String,
    /// What it is called.
    label: String,
    /// What it is.
    note: String,
}

/// Suggestions for the last word of a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Suggestions {
    /// Where the word begins, in UTF-16 units as scripts count.
    from: usize,
    items: Vec<Suggestion>,
}

/// Answers with suggestions.
pub(crate) async fn suggest(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(typed): Asked<Typed>,
) -> Result<Json<Suggestions>, Failure> {
    site.touch();
    site.read(move |open, _| Ok(Json(suggestions(open, &visitor, &typed.q))))
        .await
}

fn suggestions(open: &OpenArchive, visitor: &Visitor, query: &str) -> Suggestions {
    let nothing = Suggestions {
        from: 0,
        items: Vec::new(),
    };
    if query.chars().nth(MAX_QUERY_CHARACTERS).is_some() {
        return nothing;
    }
    let (start, word) = last_word(query);
    let from = query
        .get(..start)
        .unwrap_or_default()
        .encode_utf16()
        .count();
    let (minus, word) = match word.strip_prefix(['-', '−', '－']) {
        Some(rest) => ("-", rest),
        None => ("", word),
    };
    let mut items = match split_operator(word) {
        Some((operator, typed)) => values(open, visitor, operator, typed),
        None => operators(visitor, word),
    };
    items.truncate(SHOWN);
    for item in &mut items {
        item.insert.insert_str(0, minus);
    }
    Suggestions { from, items }
}

/// Where the word that is being typed begins, and the word; a quotation mark that is open keeps spaces together.
fn last_word(query: &str) -> (usize, &str) {
    let mut start = 0;
    let mut closing = None;
    for (at, character) in query.char_indices() {
        match closing {
            Some(end) if character == end => closing = None,
            Some(_) => {}
            None => match character {
                '"' => closing = Some('"'),
                '“' | '”' => closing = Some('”'),
                '「' => closing = Some('」'),
                '『' => closing = Some('』'),
                space if space.is_whitespace() => start = at + space.len_utf8(),
                _ => {}
            },
        }
    }
    (start, query.get(start..).unwrap_or_default())
}

/// The operator of a word by its English name, and what stands behind its colon (of several values the last).
fn split_operator(word: &str) -> Option<(&'static str, &str)> {
    let at = word.find([':', '：'])?;
    let name = word.get(..at)?.to_lowercase();
    let rest = word.get(at..)?;
    let rest = rest.strip_prefix([':', '：'])?;
    let operator = OPERATORS.iter().find(|(english, chinese, _, _)| {
        english.trim_end_matches(':') == name || chinese.trim_end_matches('：') == name
    })?;
    Some((operator.0, rest))
}

fn operators(visitor: &Visitor, typed: &str) -> Vec<Suggestion> {
    let folded = typed.to_lowercase();
    OPERATORS
        .iter()
        .filter(|(english, chinese, _, _)| {
            english.starts_with(&folded) || chinese.starts_with(&folded)
        })
        .map(|(english, _, zh, en)| Suggestion {
            insert: (*english).to_owned(),
            label: (*english).to_owned(),
            note: visitor.pick(zh, en).to_owned(),
        })
        .collect()
}

/// What may stand behind an operator. Earlier values of a list stay as they are.
fn values(open: &OpenArchive, visitor: &Visitor, operator: &str, typed: &str) -> Vec<Suggestion> {
    let cut = typed.rfind([',', '，']).map_or(0, |at| {
        at + typed
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(1, char::len_utf8)
    });
    let (before, last) = typed.split_at_checked(cut).unwrap_or(("", typed));
    let last = last.trim_start_matches(['"', '“', '”', '「', '『']);
    let made = |value: &str, label: String, note: String| Suggestion {
        insert: format!("{operator}{before}{value} "),
        label,
        note,
    };
    match operator {
        "from:" => people(open, visitor, last)
            .into_iter()
            .map(|(name, note)| made(&quoted(&name), name, note))
            .collect(),
        "in:" => chats(open, visitor, last)
            .into_iter()
            .map(|(name, note)| made(&quoted(&name), name, note))
            .collect(),
        _ => {
            let folded = last.to_lowercase();
            fixed(open, visitor, operator)
                .into_iter()
                .filter(|(value, words)| {
                    value.starts_with(&folded) || words.to_lowercase().contains(&folded)
                })
                .map(|(value, words)| made(&value, value.clone(), words))
                .collect()
        }
    }
}

/// Values of which there are only a few.
fn fixed(open: &OpenArchive, visitor: &Visitor, operator: &str) -> Vec<(String, String)> {
    let pair =
        |value: &str, zh: &str, en: &str| (value.to_owned(), visitor.pick(zh, en).to_owned());
    let kinds = || {
        PartKind::ALL.iter().map(|kind| {
            (
                kind.as_str().to_owned(),
                words::part(visitor.language, *kind).to_owned(),
            )
        })
    };
    match operator {
        "kind:" => kinds().collect(),
        "has:" => [
            pair("attachment", "附件", "an attachment"),
            pair("reply", "回复", "an answer"),
        ]
        .into_iter()
        .chain(kinds())
        .collect(),
        "is:" => vec![
            pair("mine", "我发的", "sent by me"),
            pair("recalled", "已撤回", "recalled"),
            pair("deleted", "已删除", "deleted"),
        ],
        "on:" => {
            let mut found: Vec<_> = open
                .names
                .conversations
                .values()
                .filter_map(|conversation| conversation.platform.as_ref())
                .map(|platform| {
                    (
                        platform.as_str().to_owned(),
                        words::platform(visitor.language, platform).to_owned(),
                    )
                })
                .collect();
            found.sort_unstable();
            found.dedup();
            found
        }
        _ => Vec::new(),
    }
}

/// People whose names answer, those that one talks with most first.
fn people(open: &OpenArchive, visitor: &Visitor, typed: &str) -> Vec<(String, String)> {
    let named = (!typed.trim().is_empty()).then(|| open.find_accounts(typed));
    let found = open
        .tally()
        .ranked()
        .iter()
        .filter(|id| named.as_ref().is_none_or(|named| named.contains(id)))
        .filter_map(|id| open.names.account(*id));
    let mut listed: Vec<(String, String)> = Vec::new();
    if "me".starts_with(&typed.to_lowercase()) || "我".starts_with(typed) {
        listed.push((
            "me".to_owned(),
            visitor.pick("我自己", "yourself").to_owned(),
        ));
    }
    for account in found {
        if listed.len() == SHOWN {
            break;
        }
        let name = account.display_name();
        let platform = account
            .platform
            .as_ref()
            .map_or("", |platform| words::platform(visitor.language, platform));
        if !listed.iter().any(|(known, _)| known == name) {
            listed.push((name.to_owned(), format!("{platform} {}", account.native_id)));
        }
    }
    listed
}

/// Chats whose names answer, the latest first.
fn chats(open: &OpenArchive, visitor: &Visitor, typed: &str) -> Vec<(String, String)> {
    let named: Vec<_> = if typed.trim().is_empty() {
        open.stats.keys().copied().collect()
    } else {
        open.find_chats(typed).into_iter().collect()
    };
    let mut found: Vec<_> = named
        .into_iter()
        .filter_map(|chat| Some((std::cmp::Reverse(open.stats.get(&chat)?.last_ms), chat)))
        .collect();
    found.sort_unstable();
    let mut listed: Vec<(String, String)> = Vec::new();
    for (_, chat) in found {
        if listed.len() == SHOWN {
            break;
        }
        let title = open.names.conversation_title(chat).unwrap_or_default();
        let kind = open
            .names
            .conversation(chat)
            .map_or_else(Default::default, |known| known.kind);
        if !title.trim().is_empty() && !listed.iter().any(|(known, _)| known == title) {
            listed.push((
                title.to_owned(),
                words::conversation(visitor.language, kind).to_owned(),
            ));
        }
    }
    listed
}

/// A name as a value: in quotes where it holds what would end it.
fn quoted(name: &str) -> String {
    let is_bare = name.chars().all(|character| {
        !character.is_whitespace()
            && !matches!(character, ',' | '，' | '"' | '“' | '”' | '「' | '『')
    });
    if is_bare {
        name.to_owned()
    } else if name.contains('"') {
        // Another pair of quotation marks holds the plain one.
        format!("「{}」", name.replace('」', " "))
    } else {
        format!("\"{name}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_hand_is_found_also_inside_quotes() {
        assert_eq!(last_word("合同 fro"), (7, "fro"));
        assert_eq!(last_word("合同 "), (7, ""));
        assert_eq!(last_word("from:\"王 五"), (0, "from:\"王 五"));
        assert_eq!(last_word("\"a b\" in:x"), (6, "in:x"));
        assert_eq!(split_operator("来自：张"), Some(("from:", "张")));
        assert_eq!(split_operator("FROM:zs"), Some(("from:", "zs")));
        assert_eq!(split_operator("http://x"), None);
    }

    #[test]
    fn names_are_quoted_so_that_they_are_read_back_whole() {
        for name in ["张三", "王 五", "a,b", "他说\"好\"", "Anna“x”", "「群」 一"] {
            let text = format!("in:{}", quoted(name));
            let query = hutong::Query::parse(&text, &jiff::tz::TimeZone::UTC).unwrap();
            let value = &query.conversation[0].values[0];
            assert!(
                name.contains(value.trim()) || value == name,
                "{name}: {value}"
            );
        }
    }
}
