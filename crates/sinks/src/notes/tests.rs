//! Vaults read back: links lead somewhere, sessions are where a reader expects them, nothing runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hutong_model::{Message, Part, Timestamp};
use hutong_testkit::{Cast, cast, hostile_texts, message};

use crate::{Context, Language, NoBlobs, Output, Written, format};

/// The pages of a vault by their paths.
type Pages = BTreeMap<String, String>;

fn collect(root: &Path, folder: &Path, pages: &mut Pages) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, pages);
        } else {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            pages.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

fn vault(cast: &Cast, messages: &[Message]) -> (Written, Pages) {
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    context.language = Language::Zh;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("out");
    let mut export = format("notes")
        .unwrap()
        .start(Output::Folder(path.clone()), &context)
        .unwrap();
    export
        .conversation(&cast.group, messages.len() as u64)
        .unwrap();
    messages.iter().for_each(|one| export.message(one).unwrap());
    let written = export.finish().unwrap();
    let mut pages = Pages::new();
    collect(&path, &path, &mut pages);
    assert_eq!(written.files, pages.len() as u64, "{:?}", pages.keys());
    check_links(&pages);
    (written, pages)
}

/// Every link of ours leads to a page that is there, and to a place on it that is there.
fn check_links(pages: &Pages) {
    let mut links = 0;
    for (name, text) in pages {
        // What properties hold are words.
        let body = text
            .strip_prefix("---\n")
            .map_or(text.as_str(), |rest| rest.split_once("\n---\n").unwrap().1);
        for (at, _) in body.match_indices("](<") {
            let address = body[at + 3..].split_once(">)").unwrap().0;
            if address.starts_with("http") {
                continue;
            }
            links += 1;
            let (path, anchor) = address.split_once('#').unwrap_or((address, ""));
            let mut folders: Vec<&str> = name.split('/').collect();
            folders.pop();
            for piece in path.split('/').filter(|piece| !piece.is_empty()) {
                if piece == ".." {
                    folders.pop().expect("inside the vault");
                } else {
                    folders.push(piece);
                }
            }
            let target = if path.is_empty() {
                name.clone()
            } else {
                folders.join("/")
            };
            let page = pages
                .get(&target)
                .unwrap_or_else(|| panic!("{name}: {address} leads to {target}"));
            assert!(
                anchor.is_empty() || page.contains(&format!("<a id=\"{anchor}\"></a>")),
                "{name}: {address}"
            );
        }
        for (at, _) in text.match_indices("\"[[") {
            let target = text[at + 3..].split_once("]]\"").unwrap().0;
            assert!(
                pages.contains_key(&format!("{target}.md")),
                "{name}: {target}"
            );
        }
    }
    assert!(links > 3);
}

fn say(cast: &Cast, person: usize, at: i64, text: &str) -> Message {
    let number = u32::try_from(at).unwrap();
    let mut one = message(
        &cast.group,
        cast.people[person],
        number,
        vec![Part::text(text)],
    );
    one.sent_at = Timestamp::from_seconds(1_714_550_400 + at);
    one
}

#[test]
fn a_long_silence_begins_a_session() {
    let cast = cast();
    let mut messages = Vec::new();
    for session in 0..3_i64 {
        for number in 0..30 {
            let text = ["合同 什么时候签？", "预算 一共 300元", "结论：五月三日付款"]
                [usize::try_from(session).unwrap()];
            let person = usize::try_from(number % 2).unwrap();
            messages.push(say(&cast, person, session * 20_000 + number * 20, text));
        }
    }
    let (_, pages) = vault(&cast, &messages);
    let page = &pages["会话/周末一起吃饭/周末一起吃饭 2024-05.md"];
    assert_eq!(page.matches("\n## ").count(), 3, "{page}");
    assert!(
        page.contains("## 2024-05-01 16:00 什么时候签、合同（陈雨、林海）"),
        "{page}"
    );
    assert!(
        page.contains("**问题**\n>   - `16:00` 陈雨：合同 什么时候签？"),
        "{page}"
    );
    assert!(page.contains("**金额**：300元（陈雨 21:33）"), "{page}");
    assert!(
        page.contains("**决定与待办**\n>   - `03:06` 陈雨：结论：五月三日付款"),
        "{page}"
    );
    let list = &pages["决定与待办.md"];
    assert!(
        list.contains("- 2024-05-02 03:06 陈雨：结论：五月三日付款 · ["),
        "{list}"
    );
    let chat = &pages["会话/周末一起吃饭/周末一起吃饭.md"];
    assert!(
        chat.contains(
            "| 2024-05-01 21:33–21:43 | [300元、一共、预算](<周末一起吃饭 2024-05.md#^s2>) |"
        ),
        "{chat}"
    );
    assert!(
        pages["人物/陈雨.md"]
            .contains("| [周末一起吃饭](<../会话/周末一起吃饭/周末一起吃饭.md>) | 45 |")
    );
}

#[test]
fn months_follow_each_other_and_long_ones_are_cut() {
    let cast = cast();
    let long = "很长的一段话 ".repeat(100);
    let messages: Vec<_> = (0..3000)
        .map(|number| say(&cast, 0, number * 1200, &long))
        .collect();
    let (_, pages) = vault(&cast, &messages);
    let names: Vec<_> = pages
        .keys()
        .filter(|name| name.contains("2024-0"))
        .collect();
    assert!(
        names.iter().any(|name| name.ends_with("2024-06.md")),
        "{names:?}"
    );
    assert!(
        names.iter().any(|name| name.ends_with("2024-05 (2).md")),
        "{names:?}"
    );
    assert!(pages.values().all(|page| page.len() < 2_500_000));
    let said: usize = pages
        .values()
        .map(|page| page.matches("很长的一段话 很长的一段话").count())
        .sum();
    assert!(said >= 3000);
}

#[test]
fn many_sessions_are_tabled_by_year() {
    let cast = cast();
    let messages: Vec<_> = (0..1600)
        .map(|number| say(&cast, 0, number * 30_000, "喂，在吗"))
        .collect();
    let (_, pages) = vault(&cast, &messages);
    let chat = &pages["会话/周末一起吃饭/周末一起吃饭.md"];
    assert!(chat.contains("[2024](<周末一起吃饭 2024.md>)"), "{chat}");
    let rows: usize = ["2024", "2025"]
        .iter()
        .map(|year| {
            pages[&format!("会话/周末一起吃饭/周末一起吃饭 {year}.md")]
                .matches("](<周末一起吃饭 ")
                .count()
        })
        .sum();
    assert_eq!(rows, 1600);
}

#[test]
fn hostile_words_stay_words() {
    let mut cast = cast();
    let mut messages = Vec::new();
    let more = [
        "---\ntags: [x]\n---",
        "[[外链]] #标签 %%藏%% key:: value",
        "<% tp.system.prompt() %>",
        "`= this.file` `$= dv.pages()`",
        "```dataviewjs\nwhile(1){}\n```",
        "> [!danger] x",
        "![[x]]",
        "^s1",
        "- [ ] 做",
        "| a | b |",
        "a](<../../../etc/passwd>) [b",
        "</a><a id=\"^s1\">",
    ];
    for (number, text) in (0..).zip(hostile_texts().iter().map(String::as_str).chain(more)) {
        messages.push(say(&cast, 1, number * 60, text));
    }
    cast.names
        .accounts
        .get_mut(&cast.people[1])
        .unwrap()
        .nickname = Some("[[x]]|#^%%: \"a\"\n---\n../<b>&amp;".to_owned());
    cast.names
        .conversations
        .get_mut(&cast.group.id)
        .unwrap()
        .name = Some("a](<x>) [[b]] #c ^d %20 &lt; | `e`\n---".to_owned());
    let (_, pages) = vault(&cast, &messages);
    for (name, text) in &pages {
        let body = text
            .strip_prefix("---\n")
            .map_or(text.as_str(), |rest| rest.split_once("\n---\n").unwrap().1);
        for forbidden in [
            "<script", "<%", "%%", "<img", "\n```", "![[", "<b>", "\n---\n",
        ] {
            assert!(!body.contains(forbidden), "{name}: {forbidden}");
        }
        assert!(!body.contains("key::"), "{name}");
        assert!(!body.contains("[["), "{name}");
        // Anchors are ours alone.
        for (at, _) in body.match_indices("<a ") {
            let anchor = body[at..].split_once('>').unwrap().0;
            assert!(
                anchor
                    .strip_prefix("<a id=\"^s")
                    .unwrap()
                    .trim_end_matches('"')
                    .parse::<u32>()
                    .is_ok()
            );
        }
    }
}
