//! Every command once, in words and as JSON.

use hutong_testkit::differences_from_truth;
use serde_json::Value;

use crate::program::{Place, import_args, text};

/// `rows read N = A added + K known + R rejected`, as four numbers.
fn sums(line: &str) -> Option<[u64; 4]> {
    let rest = line.split("rows read ").nth(1)?;
    let numbers: Vec<u64> = rest
        .split_whitespace()
        .filter_map(|word| word.replace(',', "").parse().ok())
        .collect();
    numbers.try_into().ok()
}

#[test]
fn demo_goes_the_whole_road() {
    let place = Place::new();
    let said = place
        .run(&["demo", "--dir", "d", "--no-serve", "--messages", "300"])
        .expect(0);
    let sums: Vec<[u64; 4]> = said.out.lines().filter_map(sums).collect();
    assert_eq!(sums.len(), 2, "{}", said.out);
    for [rows, added, known, rejected] in sums {
        assert_eq!(rows, added + known + rejected, "{}", said.out);
        assert!(added > 300 && rejected == 0);
    }
    let index = std::fs::read_to_string(place.path("d/pages/index.html")).unwrap();
    assert!(index.contains("<html"));
    let found = place
        .command(&["--archive", "d/my.hutong", "--json", "search", "的"])
        .env("HUTONG_PASSPHRASE", "demo")
        .output()
        .unwrap();
    assert!(found.status.success() && !found.stdout.is_empty());
    // A second demo does not write over the first one.
    let again = place.run(&["demo", "--dir", "d", "--no-serve"]).expect(1);
    assert!(again.err.contains("already"), "{}", again.err);
    let names: Vec<_> = std::fs::read_dir(place.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "only d and home: {names:?}");
}

#[test]
fn demo_speaks_chinese_and_json() {
    let place = Place::new();
    let zh = place
        .run(&[
            "--lang",
            "zh",
            "demo",
            "--dir",
            "d",
            "--no-serve",
            "--messages",
            "300",
        ])
        .expect(0);
    assert!(
        zh.out.contains("完成。") && zh.err.contains("虚构"),
        "{}{}",
        zh.out,
        zh.err
    );
    let json = place
        .run(&[
            "--json",
            "demo",
            "--dir",
            "e",
            "--no-serve",
            "--messages",
            "300",
        ])
        .expect(0)
        .json();
    assert_eq!(
        json.iter()
            .map(|line| line["type"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["import", "import", "demo"]
    );
}

#[test]
fn every_command_speaks_json_lines() {
    let place = Place::new();
    let forged = place.qq(400);
    let summary = place.import(&forged).json().pop().unwrap();
    assert_eq!(summary["type"], "summary");
    for field in [
        "rows_read",
        "added",
        "known",
        "rejected",
        "conversations",
        "accounts",
        "blobs",
        "blobs_missing",
    ] {
        assert!(summary[field].is_u64(), "{field} in {summary}");
    }
    assert!(
        summary["seconds"].is_number() && summary["source"] == "qq_nt",
        "{summary}"
    );
    assert_eq!(summary["added"], forged.messages);
    let export = place
        .run(&[
            "--archive",
            "a.hutong",
            "--json",
            "export",
            "--to",
            "jsonl",
            "-o",
            "out.jsonl",
        ])
        .expect(0);
    assert_eq!(export.json()[0]["messages"], forged.messages);
    let truth = std::fs::read_to_string(&forged.truth).unwrap();
    let lines = std::fs::read_to_string(place.path("out.jsonl")).unwrap();
    let differences = differences_from_truth(&truth, &lines);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    for field in [
        "id",
        "platform",
        "conversation",
        "conversation_native_id",
        "conversation_kind",
        "direction",
        "sent_at",
        "time_precision",
        "kind",
        "parts",
        "state",
        "native_ids",
        "origin",
    ] {
        assert!(!first[field].is_null(), "{field} in {first}");
    }
    std::fs::write(place.path("queries"), "的\nkind:image\n").unwrap();
    let chat = first["conversation"].as_str().unwrap();
    let id = first["id"].as_str().unwrap();
    let (root, keys) = (text(&forged.root), text(&forged.key_file));
    let commands: &[(&[&str], &str)] = &[
        (&["sources"], "source"),
        (&["formats"], "format"),
        (&["formats", "html"], "treatment"),
        (&["inspect", &root, "--key-file", &keys], "input"),
        (&["imports"], "import"),
        (&["imports", "show", "1"], "import"),
        (&["chats"], "conversation"),
        (&["people"], ""),
        (&["show", chat], "message"),
        (&["show", chat, "--around", id, "-n", "3"], "message"),
        (&["search", "的", "-n", "5"], "message"),
        (&["search", "--batch", "queries"], "query"),
        (&["stats"], "stats"),
        (&["stats", chat], "stats"),
        (&["archive", "info"], "archive"),
        (&["archive", "check"], "summary"),
    ];
    for (command, kind) in commands {
        let mut args = vec!["--archive", "a.hutong", "--json"];
        args.extend_from_slice(command);
        let said = place.run(&args).expect(0);
        let json = said.json();
        assert!(!json.is_empty(), "{command:?} said nothing");
        assert!(
            kind.is_empty() || json[0]["type"] == *kind,
            "{command:?}: {}",
            json[0]
        );
        // The same for people, in both languages.
        for language in ["zh", "en"] {
            let mut args = vec!["--archive", "a.hutong", "--lang", language];
            args.extend_from_slice(command);
            assert!(!place.run(&args).expect(0).out.is_empty(), "{command:?}");
        }
    }
    let unchanged = place
        .run(&import_args(&forged))
        .expect(0)
        .json()
        .pop()
        .unwrap();
    assert_eq!(
        (&unchanged["unchanged"], &unchanged["added"]),
        (&Value::Bool(true), &Value::from(0))
    );
}

#[test]
fn inspect_tells_whether_the_key_fits() {
    let place = Place::new();
    let forged = place.wechat(300);
    let (root, keys) = (text(&forged.root), text(&forged.key_file));
    let with = place
        .run(&["--json", "inspect", &root, "--key-file", &keys])
        .expect(0)
        .json();
    assert_eq!(
        (&with[0]["key_fits"], &with[0]["encrypted"]),
        (&Value::Bool(true), &Value::Bool(true))
    );
    assert_eq!(with[0]["messages"], forged.rows);
    let without = place.run(&["--json", "inspect", &root]).expect(0).json();
    assert!(without[0]["messages"].is_null());
    assert_ne!(without[0]["key_fits"], Value::Bool(true));
    assert_eq!(
        place.run(&["inspect"]).expect(0).out,
        "",
        "the home of this test is empty"
    );
}

#[test]
fn every_format_can_be_written() {
    let place = Place::new();
    let forged = place.qq(300);
    place.import(&forged);
    for format in place.run(&["--json", "formats"]).expect(0).json() {
        let id = format["id"].as_str().unwrap();
        let args = [
            "--archive",
            "a.hutong",
            "--json",
            "export",
            "--to",
            id,
            "-o",
        ];
        let mut folder = args.to_vec();
        let name = format!("out-{id}");
        folder.push(&name);
        let summary = place.run(&folder).expect(0).json().pop().unwrap();
        assert_eq!(summary["messages"], forged.messages, "{id}");
        assert!(place.path(&name).exists(), "{id}");
    }
}

#[test]
fn a_conversion_is_an_import_and_an_export_and_leaves_nothing_else() {
    let place = Place::new();
    let forged = place.qq(300);
    place.import(&forged);
    let (root, keys) = (text(&forged.root), text(&forged.key_file));
    let args = [
        "--archive",
        "a.hutong",
        "export",
        "--to",
        "jsonl",
        "-o",
        "one.jsonl",
    ];
    place.run(&args).expect(0);
    std::fs::create_dir(place.path("out")).unwrap();
    let to = ["--key-file", &keys, "--to", "jsonl", "-o", "out/two.jsonl"];
    place
        .run(&[&["convert", &root][..], &to].concat())
        .expect(0);
    let sorted = |name: &str| {
        let read = std::fs::read_to_string(place.path(name)).unwrap();
        let mut lines: Vec<_> = read.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert!(sorted("one.jsonl") == sorted("out/two.jsonl"));
    assert_eq!(std::fs::read_dir(place.path("out")).unwrap().count(), 1);
    // A wrong key leaves nothing at all.
    let wrong = [
        "convert",
        &root,
        "--key",
        "0000000000000000",
        "--to",
        "jsonl",
        "-o",
        "out/three.jsonl",
    ];
    place.run(&wrong).expect(1);
    assert_eq!(std::fs::read_dir(place.path("out")).unwrap().count(), 1);
}

#[test]
fn a_pack_says_what_is_lost_and_refuses_what_it_does_not_know() {
    let place = Place::new();
    let forged = place.qq(300);
    place.import(&forged);
    let pack = |more: &[&str]| {
        let args = ["--archive", "a.hutong", "--json", "pack", "-o", "pack"];
        place.run(&[&args[..], more].concat())
    };
    let lines = pack(&["--for", "wechat", "--dry-run"]).expect(0).json();
    assert_eq!(lines[0]["type"], "pack");
    assert_eq!(lines[0]["file_bytes"], 100_000_000);
    assert!(lines.iter().any(|line| line["type"] == "loss"));
    assert!(!place.path("pack").exists());
    for wrong in [
        &["--for", "icq"][..],
        &["--for", "wechat", "--as", "fax"],
        &["--for", "wechat", "--chat", "nobody is called this"],
    ] {
        pack(wrong).expect(1);
        assert!(!place.path("pack").exists(), "{wrong:?}");
    }
    pack(&["--for", "wechat", "--limit", "12"]).expect(2);
    let summary = pack(&["--for", "wechat"]).expect(0).json().pop().unwrap();
    assert_eq!(summary["messages"], forged.messages);
    pack(&["--for", "wechat"]).expect(1);
}

#[test]
fn words_that_must_not_stand_there_need_no_quotes() {
    let place = Place::new();
    let forged = place.qq(400);
    place.import(&forged);
    let count = |query: &[&str]| {
        let mut args = vec!["--archive", "a.hutong", "--json", "search"];
        args.extend_from_slice(query);
        place.run(&args).expect(0).json().len()
    };
    let all = count(&["的", "-n", "100000"]);
    let without = count(&["的", "-是", "-n", "100000"]);
    let with = count(&["的", "是", "-n", "100000"]);
    assert_eq!(all, with + without);
    assert!(with > 0 && without > 0);
    assert_eq!(
        count(&["-kind:text", "-n100000"]),
        count(&["-n", "100000", "--", "-kind:text"])
    );
}

#[test]
fn the_archive_is_the_one_of_the_environment() {
    let place = Place::new();
    let forged = place.qq(300);
    let args = import_args(&forged);
    let said = place
        .command(&args[2..])
        .env("HUTONG_ARCHIVE", place.path("b.hutong"))
        .output()
        .unwrap();
    assert!(said.status.success());
    assert!(place.path("b.hutong/archive.toml").is_file());
    place
        .run(&["--archive", "b.hutong", "archive", "info"])
        .expect(0);
    // Without either it stands in the data folder of the platform.
    place.run(&args[2..]).expect(0);
    assert_eq!(
        place.run(&["--json", "archive", "info"]).expect(0).json()[0]["messages"],
        forged.messages
    );
    assert!(!place.path("my.hutong").exists());
}

#[cfg(unix)]
#[test]
fn the_key_on_this_machine_is_for_this_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place
        .run(&["--archive", "a.hutong", "archive", "create"])
        .expect(0);
    let mut open = vec![place.path("home")];
    let mut keys = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "key") {
                keys.push(path);
            }
        }
    }
    assert_eq!(keys.len(), 1);
    assert_eq!(
        std::fs::metadata(&keys[0]).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // Without the key it does not open; with the passphrase it does, anywhere.
    let rekey = place
        .command(&["--archive", "a.hutong", "archive", "rekey"])
        .env("HUTONG_NEW_PASSPHRASE", "新口令")
        .output()
        .unwrap();
    assert!(
        rekey.status.success(),
        "{}",
        String::from_utf8_lossy(&rekey.stderr)
    );
    assert!(
        !keys[0].exists(),
        "the passphrase takes the place of the key"
    );
    place
        .run(&["--archive", "a.hutong", "archive", "info"])
        .expect(1);
    let opened = place
        .command(&["--archive", "a.hutong", "archive", "info"])
        .env("HUTONG_PASSPHRASE", "新口令")
        .output();
    assert!(opened.unwrap().status.success());
}

#[test]
fn completions_and_manual_pages_come_out() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let said = place.run(&["completions", shell]).expect(0);
        assert!(
            said.out.contains("hutong") && said.out.contains("import"),
            "{shell}"
        );
    }
    for language in ["en", "zh"] {
        place.run(&["--lang", language, "man", language]).expect(0);
        let page = std::fs::read_to_string(place.path(language).join("hutong.1")).unwrap();
        assert!(page.starts_with(".ie") || page.contains(".TH"), "{page}");
    }
}

#[test]
fn help_and_version_are_no_failure_and_mistakes_are() {
    let place = Place::new();
    for args in [
        &["--help"][..],
        &["--version"],
        &["help", "import"],
        &["search", "--help"],
        &["--lang", "zh", "--help"],
    ] {
        assert!(!place.run(args).expect(0).out.is_empty(), "{args:?}");
    }
    for args in [
        &["fly"][..],
        &["import"],
        &["import", "--fly", "x"],
        &["export", "-o", "x"],
        &["--lang", "fr", "chats"],
    ] {
        let said = place.run(args).expect(2);
        assert!(!said.err.is_empty() && said.out.is_empty(), "{args:?}");
    }
    assert!(
        place
            .run(&["--lang", "zh", "import", "--help"])
            .expect(0)
            .out
            .contains("聊天")
    );
}

#[test]
fn the_page_is_served_on_this_machine_only_and_its_link_works_once() {
    use std::io::{BufRead, Read, Write};
    let place = Place::new();
    let said = place
        .run(&["serve", "--address", "0.0.0.0", "--no-open"])
        .expect(1);
    assert!(said.err.contains("accounts and TLS"), "{}", said.err);
    for args in [
        &["--json"][..],
        &["--json", "serve", "--port", "0", "--no-open"],
    ] {
        let mut child = place
            .command(args)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        let link = said["link"].as_str().unwrap().to_owned();
        let (host, path) = link
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once('/'))
            .unwrap();
        let ask = || {
            let mut socket = std::net::TcpStream::connect(host).unwrap();
            write!(
                socket,
                "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
            )
            .unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).unwrap();
            answer
        };
        let (first, second) = (ask(), ask());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(first.starts_with("HTTP/1.1 200"), "{first}");
        assert!(second.starts_with("HTTP/1.1 401"), "{second}");
    }
    assert!(!place.path("home").join("my.hutong").exists());
}

#[test]
fn single_files_are_decoded_for_other_programs() {
    let place = Place::new();
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../media/fixtures/voice");
    let voice = std::fs::read(format!("{fixtures}/silk-24khz-tencent.silk")).unwrap();
    std::fs::write(place.path("voice"), voice).unwrap();
    let picture = [
        &[0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n'][..],
        &[7; 64],
    ]
    .concat();
    let hidden: Vec<u8> = picture.iter().map(|byte| byte ^ 0xA7).collect();
    std::fs::write(place.path("picture.dat"), hidden).unwrap();
    let said = place
        .run(&["--json", "media", "decode", "voice", "picture.dat"])
        .expect(0)
        .json();
    assert_eq!(said[0]["media_type"], "audio/wav");
    assert_eq!(said[0]["duration_ms"], 1500);
    assert!(
        std::fs::read(place.path("voice.wav"))
            .unwrap()
            .starts_with(b"RIFF")
    );
    assert_eq!(std::fs::read(place.path("picture.png")).unwrap(), picture);
    // Nothing is written over unasked, and what is no picture or voice is refused.
    let again = place.run(&["media", "decode", "voice"]).expect(1);
    assert!(again.err.contains("exists already"), "{}", again.err);
    std::fs::write(place.path("words"), "just words").unwrap();
    place.run(&["media", "decode", "words"]).expect(1);
}
