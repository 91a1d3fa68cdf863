use std::collections::{BTreeMap, BTreeSet};

use hutong_model::{Message, Part};
use hutong_testkit::{cast, hostile_texts, message};
use serde_json::Value;

use super::*;
use crate::conformance::{context, export, files, scene};
use crate::{Language, NoBlobs};

type Files = BTreeMap<String, Vec<u8>>;

/// The value that a data module exports.
fn module(text: &str) -> Value {
    let json = text
        .strip_prefix("module.exports = ")
        .unwrap()
        .trim_end()
        .strip_suffix(';')
        .unwrap();
    assert!(!json.contains(['\u{2028}', '\u{2029}']));
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// What WeChat's tools want of a project; gives the messages in order.
pub(crate) fn check(files: &Files, project: &str) -> Vec<Value> {
    let text = |name: &str| {
        let bytes = files
            .get(&format!("{project}/{name}"))
            .unwrap_or_else(|| panic!("{name}"));
        String::from_utf8(bytes.clone()).unwrap()
    };
    let json = |name: &str| serde_json::from_str::<Value>(&text(name)).unwrap();
    for fixed in ["app.js", "app.wxss", "sitemap.json", "project.config.json"] {
        assert!(!text(fixed).is_empty());
    }
    let app = json("app.json");
    let mut pages: Vec<String> = app["pages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page.as_str().unwrap().to_owned())
        .collect();
    let mut sizes = BTreeMap::new();
    let mut all = Vec::new();
    for package in app["subPackages"].as_array().unwrap() {
        let root = package["root"].as_str().unwrap();
        pages.push(format!("{root}/chat"));
        sizes.insert(root.to_owned(), 0);
        // Every page module is named one by one.
        for required in text(&format!("{root}/data.js"))
            .split("require('./")
            .skip(1)
        {
            let name = required.split_once('\'').unwrap().0;
            let page = module(&text(&format!("{root}/{name}")));
            all.extend(page.as_array().unwrap().iter().cloned());
        }
    }
    for page in pages {
        for ending in ["js", "wxml", "json"] {
            text(&format!("{page}.{ending}"));
        }
        for component in json(&format!("{page}.json"))["usingComponents"]
            .as_object()
            .unwrap()
            .values()
        {
            let path = component.as_str().unwrap().trim_start_matches('/');
            assert_eq!(json(&format!("{path}.json"))["component"], true);
            text(&format!("{path}.wxml"));
        }
    }
    let mut main = 0;
    for (name, bytes) in files
        .iter()
        .filter_map(|(name, bytes)| Some((name.strip_prefix(&format!("{project}/"))?, bytes)))
    {
        let size = sizes
            .iter_mut()
            .find(|(root, _)| name.starts_with(&format!("{root}/")))
            .map_or(&mut main, |(_, size)| size);
        *size += bytes.len() as u64;
        if name.ends_with(".wxml") {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(
                text.is_ascii(),
                "what people wrote never stands in the markup: {name}"
            );
        }
    }
    assert!(
        sizes.values().chain([&main]).all(|size| *size <= 2_000_000),
        "{sizes:?} {main}"
    );
    assert!(sizes.values().sum::<u64>() + main <= 20_000_000);
    for message in &all {
        for picture in message["p"].as_array().into_iter().flatten() {
            assert!(
                files.contains_key(&format!("{project}{}", picture.as_str().unwrap())),
                "{picture}"
            );
        }
    }
    for chat in module(&text("lib/chats.js")).as_array().unwrap() {
        let page = chat["url"]
            .as_str()
            .unwrap()
            .split('?')
            .next()
            .unwrap()
            .trim_start_matches('/');
        text(&format!("{page}.wxml"));
    }
    all
}

#[test]
fn the_whole_scene_is_a_project() {
    let (cast, messages) = scene();
    let context = context(&cast, Language::Zh);
    let (written, files) = export(&MiniProgram, &context, &cast, &messages, true);
    let shown = check(&files, "out/miniprogram");
    assert_eq!(shown.len(), messages.len() + 1);
    assert!(written.attachments >= 2 && written.attachments_missing == 0);
    let ids: BTreeSet<&str> = shown
        .iter()
        .map(|message| message["i"].as_str().unwrap())
        .collect();
    assert!(
        messages
            .iter()
            .all(|message| ids.contains(message.id.to_hex().as_str()))
    );
}

#[test]
fn a_large_chat_goes_on_in_further_packages_and_projects() {
    let cast = cast();
    let context = Context::new(&cast.names, &NoBlobs);
    let folder = tempfile::tempdir().unwrap();
    let mut export = MiniProgram
        .start(Output::Folder(folder.path().join("out")), &context)
        .unwrap();
    export.conversation(&cast.group, 1).unwrap();
    let text = "一句很长的话".repeat(60);
    for number in 0..25_000 {
        let said = message(
            &cast.group,
            cast.people[0],
            number,
            vec![Part::text(text.as_str())],
        );
        export.message(&said).unwrap();
    }
    export.finish().unwrap();
    let files = files(folder.path());
    let first = check(&files, "out/miniprogram");
    let second = check(&files, "out/miniprogram 2");
    assert_eq!(first.len() + second.len(), 25_000);
    assert!(!files.contains_key("out/miniprogram 3/app.json"));
    let on = String::from_utf8(files["out/miniprogram/chats/p001/data.js"].clone()).unwrap();
    assert!(on.contains("\"next\":\"/chats/p002/chat?chat=0\""));
}

#[test]
fn hostile_words_are_data() {
    let cast = cast();
    let texts = hostile_texts();
    let all: Vec<Message> = texts
        .iter()
        .zip(0..)
        .map(|(text, number)| {
            message(
                &cast.group,
                cast.people[1],
                number,
                vec![Part::text(text.as_str())],
            )
        })
        .collect();
    let context = Context::new(&cast.names, &NoBlobs);
    let folder = tempfile::tempdir().unwrap();
    let mut export = MiniProgram
        .start(Output::Folder(folder.path().join("out")), &context)
        .unwrap();
    export.conversation(&cast.group, 1).unwrap();
    for message in &all {
        export.message(message).unwrap();
    }
    export.finish().unwrap();
    let shown = check(&files(folder.path()), "out/miniprogram");
    assert_eq!(shown.len(), texts.len());
    assert_eq!(shown[0]["x"], "<script>alert(1)</script>");
    assert!(shown.iter().all(
        |message| message["x"].as_str().unwrap_or_default().chars().count() < view::LONGEST + 100
    ));
}
