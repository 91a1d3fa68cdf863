//! Lists of people and rooms beside the messages: they give names, no messages.

use super::compose::{Composer, ContactFacts};
use super::csv::{Columns, CsvRecord};
use super::files::Export;
use super::json::words;
use super::{json, rows};
use crate::json_stream::Node;
use crate::{Input, ReadError};

/// Largest list that is read.
const MAX_BYTES: u64 = 256 << 20;

/// Teaches the composer what a list says.
pub(super) fn learn(
    input: &Input,
    export: &Export,
    composer: &mut Composer<'_>,
) -> Result<(), ReadError> {
    if export.delimiter != 0 {
        return rows::survey(input, export, |columns, record| {
            composer.learn_all(of_record(columns, record));
            false
        });
    }
    json::whole(input, &export.path, MAX_BYTES, |node| {
        let items = node.get("items").list();
        for item in items {
            composer.learn_all(of_item(item));
            for user in item.get("users").list() {
                composer.learn_all(ContactFacts {
                    username: words(user.get("userName")).unwrap_or_default(),
                    nickname: words(user.get("displayName")),
                    ..ContactFacts::default()
                });
            }
        }
        for (username, person) in node
            .members()
            .iter()
            .filter(|(_, person)| person.is_object())
        {
            composer.learn_all(of_user(username, person));
        }
    });
    Ok(())
}

/// chatlog's contacts, rooms and sessions.
fn of_item(item: &Node<'_>) -> ContactFacts {
    ContactFacts {
        username: words(item.first(&["userName", "name"])).unwrap_or_default(),
        nickname: words(item.get("nickName")),
        remark: words(item.get("remark")),
        alias: words(item.get("alias")),
        description: None,
        is_contact: item.get("isFriend").is_true(),
    }
}

/// PyWxDump's people.
fn of_user(username: &str, person: &Node<'_>) -> ContactFacts {
    ContactFacts {
        username: words(person.get("wxid")).unwrap_or_else(|| username.to_owned()),
        nickname: words(person.get("nickname")),
        remark: words(person.get("remark")),
        alias: words(person.get("account")),
        description: words(person.get("describe")),
        is_contact: false,
    }
}

/// A row of MemoTrace's or WeFlow's table.
fn of_record(columns: &Columns, record: &CsvRecord<'_>) -> ContactFacts {
    let get = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| record.text(columns.find(name)?))
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    ContactFacts {
        username: get(&["UserName", "用户名"]).unwrap_or_default(),
        nickname: get(&["NickName", "昵称"]),
        remark: get(&["Remark", "备注"]),
        alias: get(&["Alias", "微信号"]),
        description: get(&["signature", "个性签名", "描述"]),
        is_contact: true,
    }
}
