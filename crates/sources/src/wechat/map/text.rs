//! 文字 and 提及.

use hutong_model::{Mention, Part, Text};

use crate::wechat::decode::mention_tokens;

use super::{People, account};

/// The username that stands for everybody.
const EVERYONE: &str = "notify@all";

/// A text with the people named in it.
pub(crate) fn text_part(text: String, mentions: Vec<Mention>) -> Part {
    Part::Text(Text { text, mentions })
}

/// Finds for every username of the list the words of the text that name it.
///
/// Names are looked for first; what then remains is matched in order, because the client writes the list in the order
/// of the text and people rename themselves.
pub(crate) fn mentioned(people: &People, list: Vec<String>, text: &str) -> Vec<Mention> {
    let mut tokens: Vec<Option<&str>> = mention_tokens(text).into_iter().map(Some).collect();
    let mut mentions: Vec<Mention> = list
        .into_iter()
        .map(|username| {
            let is_everyone = username == EVERYONE;
            let name = if is_everyone {
                ["@所有人", "@All", "@all", "@everyone"]
                    .into_iter()
                    .find(|name| text.contains(name))
                    .map(str::to_owned)
            } else {
                people
                    .names(&username)
                    .map(|name| format!("@{name}"))
                    .find(|name| text.contains(name.as_str()))
            };
            if let Some(name) = &name {
                let token = tokens
                    .iter_mut()
                    .find(|token| token.is_some_and(|token| token == name));
                if let Some(token) = token {
                    *token = None;
                }
            }
            Mention {
                account: (!is_everyone).then(|| account(&username)),
                native_id: (!is_everyone).then_some(username),
                name: name.unwrap_or_default(),
                is_everyone,
            }
        })
        .collect();
    let mut left = tokens.into_iter().flatten();
    for mention in mentions
        .iter_mut()
        .filter(|mention| mention.name.is_empty())
    {
        mention.name = match (left.next(), &mention.native_id) {
            (Some(token), _) => token.to_owned(),
            (None, Some(username)) => format!("@{}", people.shown(username)),
            (None, None) => "@所有人".to_owned(),
        };
    }
    mentions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::map::Person;

    #[test]
    fn mentions_are_matched_by_name_and_then_by_order() {
        let mut people = People::default();
        people.by_username.insert(
            "wxid_b".into(),
            Person {
                nickname: Some("李四".into()),
                ..Person::default()
            },
        );
        let list = vec![
            "wxid_a".to_owned(),
            "wxid_b".to_owned(),
            "notify@all".to_owned(),
        ];
        let mentions = mentioned(
            &people,
            list,
            "@旧名字\u{2005}@李四\u{2005}@所有人\u{2005}看",
        );
        assert_eq!(
            mentions
                .iter()
                .map(|mention| mention.name.as_str())
                .collect::<Vec<_>>(),
            ["@旧名字", "@李四", "@所有人"]
        );
        assert!(mentions[2].is_everyone && mentions[2].account.is_none());
        assert_eq!(mentions[0].account, Some(account("wxid_a")));
    }

    #[test]
    fn somebody_who_is_not_named_in_the_text_is_still_mentioned() {
        let mentions = mentioned(&People::default(), vec!["wxid_a".to_owned()], "看");
        assert_eq!(mentions[0].name, "@wxid_a");
    }
}
