use std::collections::{BTreeMap, BTreeSet};

use hutong_model::{Message, Part, Reaction};
use hutong_testkit::{Cast, cast, hostile_texts, message};
use serde_json::Value;

use super::line::LONGEST;
use super::*;
use crate::conformance::words::unzip;
use crate::conformance::{context, export, scene};
use crate::{Language, NoBlobs};

type Entries = BTreeMap<String, Vec<u8>>;

fn exported(cast: &Cast, conversation: &Conversation, messages: &[Message]) -> Vec<Value> {
    let context = Context::new(&cast.names, &NoBlobs);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.zip");
    let mut export = Mattermost
        .start(Output::File(path.clone()), &context)
        .unwrap();
    export.conversation(conversation, 1).unwrap();
    for message in messages {
        export.message(message).unwrap();
    }
    export.finish().unwrap();
    let entries: Entries = unzip(&std::fs::read(path).unwrap()).into_iter().collect();
    check(&entries)
}

fn is_name(name: &str, signs: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || signs.contains(c))
}

/// What the server's importer wants; gives the posts of all kinds in order.
fn check(entries: &Entries) -> Vec<Value> {
    let text = std::str::from_utf8(&entries[LINES]).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let order = [
        "version",
        "team",
        "channel",
        "user",
        "post",
        "direct_channel",
        "direct_post",
    ];
    let rank = |line: &Value| order.iter().position(|kind| line["type"] == *kind).unwrap();
    assert!(lines.is_sorted_by_key(rank));
    assert_eq!(lines[0]["version"], 1);
    let of = |kind: &str| {
        lines
            .iter()
            .filter(|line| line["type"] == kind)
            .map(|line| line[kind].clone())
            .collect::<Vec<_>>()
    };
    let (teams, channels, users) = (of("team"), of("channel"), of("user"));
    assert_eq!(teams.len(), 1);
    let mut names = BTreeSet::new();
    for channel in &channels {
        let name = channel["name"].as_str().unwrap();
        assert!(
            names.insert(name) && is_name(name, "-_") && (2..=64).contains(&name.len()),
            "{name}"
        );
        assert!((1..=64).contains(&channel["display_name"].as_str().unwrap().chars().count()));
        assert!(["O", "P"].contains(&channel["type"].as_str().unwrap()));
        assert_eq!(channel["team"], teams[0]["name"]);
    }
    let mut members: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for user in &users {
        let name = user["username"].as_str().unwrap();
        assert!(
            is_name(name, "._-") && (3..=22).contains(&name.len()),
            "{name}"
        );
        assert!(
            user["email"]
                .as_str()
                .unwrap()
                .ends_with("@example.invalid")
        );
        let mine = members.entry(name).or_default();
        assert!(mine.is_empty());
        for channel in user["teams"][0]["channels"].as_array().unwrap() {
            assert!(names.contains(channel["name"].as_str().unwrap()));
            mine.insert(channel["name"].as_str().unwrap());
        }
    }
    assert_eq!(members.len(), users.len());
    let directs: BTreeSet<String> = of("direct_channel")
        .iter()
        .map(|direct| {
            let sides = direct["members"].as_array().unwrap();
            assert!(
                sides.len() == 2
                    && sides
                        .iter()
                        .all(|side| members.contains_key(side.as_str().unwrap()))
            );
            direct["members"].to_string()
        })
        .collect();
    let mut files: BTreeSet<String> = entries
        .keys()
        .filter(|name| *name != LINES)
        .cloned()
        .collect();
    assert!(files.iter().all(|name| name.starts_with("data/")));
    let mut seen = BTreeSet::new();
    let posts: Vec<Value> = of("post").into_iter().chain(of("direct_post")).collect();
    for post in &posts {
        let place = match post["channel"].as_str() {
            Some(channel) => channel.to_owned(),
            None => post["channel_members"].to_string(),
        };
        assert!(post["channel"].is_null() == directs.contains(&place));
        let replies = post["replies"].as_array().into_iter().flatten();
        for one in std::iter::once(post).chain(replies) {
            let user = one["user"].as_str().unwrap();
            match post["channel"].as_str() {
                Some(channel) => assert!(members[user].contains(channel), "{one}"),
                None => assert!(place.contains(&format!("\"{user}\""))),
            }
            let words = one["message"].as_str().unwrap();
            assert!(words.chars().count() <= LONGEST);
            assert!(!words.is_empty() || one["attachments"].is_array());
            assert!(
                !words.contains(|c: char| c.is_control() && c != '\n' && c != '\t'),
                "{words:?}"
            );
            assert!(
                !["@all", "@channel", "@here", "![x]", "<script"]
                    .iter()
                    .any(|bad| words.contains(bad)),
                "{words}"
            );
            let at = one["create_at"].as_i64().unwrap();
            assert!(at > 0 && at >= post["create_at"].as_i64().unwrap());
            assert!(seen.insert((place.clone(), at)), "two posts at {at}");
            assert!(one["replies"].is_null() || std::ptr::eq(one, post));
            let attachments = one["attachments"].as_array().into_iter().flatten();
            let mut count = 0;
            for file in attachments {
                assert!(
                    files.remove(&format!("data/{}", file["path"].as_str().unwrap())),
                    "{file}"
                );
                count += 1;
            }
            assert!(count <= 5);
            for reaction in one["reactions"].as_array().into_iter().flatten() {
                assert!(members.contains_key(reaction["user"].as_str().unwrap()));
                assert!(reaction["emoji_name"].as_str().unwrap().is_ascii());
                assert!(reaction["create_at"].as_i64().unwrap() >= at);
            }
        }
    }
    assert!(files.is_empty(), "{files:?}");
    posts
}

fn said(text: &str) -> Vec<Part> {
    vec![Part::text(text)]
}

#[test]
fn the_whole_scene_is_what_the_server_takes() {
    let (cast, messages) = scene();
    let context = context(&cast, Language::Zh);
    let (written, files) = export(&Mattermost, &context, &cast, &messages, false);
    let entries: Entries = unzip(&files["out"]).into_iter().collect();
    check(&entries);
    assert_eq!(entries.len() as u64, written.attachments + 1);
    assert!(written.attachments >= 8);
}

#[test]
fn answers_stand_inside_the_post_however_much_later_they_come() {
    let cast = cast();
    let mut all: Vec<Message> = (0..2_000)
        .map(|number| {
            message(
                &cast.group,
                cast.people[0],
                number,
                said(&format!("{number} {}", "x".repeat(1_000))),
            )
        })
        .collect();
    let first = all[0].id;
    for number in [1, 5, 1_999] {
        all[number].reply_to = vec![first];
    }
    let fifth = all[5].id;
    all[7].reply_to = vec![fifth];
    let posts = exported(&cast, &cast.group, &all);
    assert_eq!(posts.len(), 1_996);
    let replies: Vec<&str> = posts[0]["replies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reply| {
            reply["message"]
                .as_str()
                .unwrap()
                .split(' ')
                .next()
                .unwrap()
        })
        .collect();
    assert_eq!(replies, ["1", "5", "7", "1999"]);
    assert_eq!(posts[0]["props"]["hutong_id"], first.to_hex());
}

#[test]
fn long_words_are_cut_where_the_server_would_refuse_them() {
    let cast = cast();
    let line = "字".repeat(99) + "\n";
    let text = line.repeat(500);
    let posts = exported(
        &cast,
        &cast.group,
        &[message(&cast.group, cast.people[0], 0, said(&text))],
    );
    let replies = posts[0]["replies"].as_array().unwrap();
    let whole: String = std::iter::once(&posts[0])
        .chain(replies)
        .map(|one| one["message"].as_str().unwrap())
        .collect();
    assert_eq!(posts.len(), 1);
    assert_eq!(whole.chars().filter(|c| *c == '字').count(), 99 * 500);
    assert!(posts[0]["message"].as_str().unwrap().ends_with('\n'));
}

#[test]
fn hostile_words_stay_words_and_one_instant_stays_in_order() {
    let cast = cast();
    let mut texts = hostile_texts();
    texts.extend(["@all @channel @here ~town-square".to_owned()]);
    let all: Vec<Message> = texts
        .iter()
        .map(|text| {
            let mut one = message(&cast.group, cast.people[1], 0, said(text));
            one.parts = said(text);
            one
        })
        .collect();
    let posts = exported(&cast, &cast.group, &all);
    assert_eq!(posts.len(), texts.len());
}

#[test]
fn a_direct_chat_is_one_of_its_two_sides() {
    let cast = cast();
    let mut own = message(&cast.direct, cast.people[1], 1, said("在吗"));
    own.reactions = vec![Reaction {
        emoji: "👍".to_owned(),
        count: 1,
        accounts: vec![cast.people[0]],
    }];
    let stranger = message(&cast.direct, cast.people[3], 2, said("我也在"));
    let mut notice = message(
        &cast.direct,
        cast.people[0],
        3,
        vec![Part::System(Box::new(hutong_model::System {
            text: "消息已发出".to_owned(),
            ..hutong_model::System::default()
        }))],
    );
    notice.sender = None;
    let posts = exported(&cast, &cast.direct, &[own, stranger, notice]);
    assert_eq!(posts[0]["user"], "wxid_lin_hai");
    assert_eq!(posts[0]["reactions"][0]["emoji_name"], "+1");
    assert_eq!(posts[1]["message"], "**小北** 我也在");
    assert_eq!(posts[2]["type"], "system_generic");
}
