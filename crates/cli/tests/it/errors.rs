//! What goes wrong is said in words that help: what, why, what to try; in both languages and as JSON.

use crate::program::{Place, Said, import_args, text};

/// Runs it in both languages and as JSON; gives what was said in each.
fn failing(place: &Place, args: &[&str]) -> [Said; 3] {
    [&["--lang", "en"][..], &["--lang", "zh"], &["--json"]].map(|before| {
        let mut all = before.to_vec();
        all.extend_from_slice(args);
        let said = place.run(&all).expect(1);
        assert!(!said.err.contains("panicked"), "{}", said.err);
        said
    })
}

/// The three ways of saying it, with words that must be in them.
fn expect(place: &Place, args: &[&str], english: &[&str], chinese: &[&str]) {
    let [en, zh, json] = failing(place, args);
    for word in english {
        assert!(en.err.contains(word), "“{word}” is not in: {}", en.err);
    }
    for word in chinese {
        assert!(zh.err.contains(word), "“{word}” is not in: {}", zh.err);
    }
    assert!(
        en.err.starts_with("error: ") || en.err.contains("\nerror: "),
        "{}",
        en.err
    );
    assert!(zh.err.contains("错误："), "{}", zh.err);
    let last = json.json().pop().unwrap();
    assert_eq!(last["type"], "error");
    assert!(last["error"].is_string());
}

#[test]
fn a_missing_path_names_the_nearest_folder() {
    let place = Place::new();
    let missing = place.path("no/such/folder");
    let nearest = text(place.path("").as_path());
    let nearest = nearest.trim_end_matches('/');
    expect(
        &place,
        &["import", &text(&missing)],
        &["there is nothing at", nearest],
        &["不存在", nearest],
    );
    expect(
        &place,
        &["inspect", &text(&missing)],
        &["there is nothing at"],
        &["不存在"],
    );
}

#[test]
fn what_is_no_chat_history_is_said_to_be_none() {
    let place = Place::new();
    std::fs::write(place.path("cat.jpg"), b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01").unwrap();
    expect(
        &place,
        &["import", "cat.jpg"],
        &["chat history that Hutong can read", "jp"],
        &["没有互通能读的聊天记录"],
    );
    expect(
        &place,
        &["import", "home"],
        &["chat history that Hutong can read", "try: "],
        &["建议"],
    );
    assert!(
        !place.path("home/data").exists(),
        "no archive is left behind"
    );
}

#[test]
fn files_that_nobody_can_open_come_with_a_way_out() {
    let place = Place::new();
    let folder = place.path("Tencent Files/10001");
    std::fs::create_dir_all(&folder).unwrap();
    let mut bytes = b"SQLite header 3\0".to_vec();
    bytes.extend((0..8192_u32).flat_map(|number| number.wrapping_mul(0x9E37_79B1).to_be_bytes()));
    std::fs::write(folder.join("Msg3.0.db"), bytes).unwrap();
    expect(
        &place,
        &["import", &text(&folder)],
        &["Msg3.0.db", "comes from the server", "try: ", "mht"],
        &[
            "Msg3.0.db",
            "无法离线打开",
            "服务器下发",
            "建议：",
            "消息管理器",
        ],
    );
    let said = place.run(&["inspect", &text(&folder)]).expect(0);
    assert!(said.out.contains("qq_pc"), "{}", said.out);
}

#[test]
fn missing_and_wrong_keys_are_told_apart() {
    let place = Place::new();
    for forged in [place.qq(300), place.wechat(300)] {
        let root = text(&forged.root);
        expect(
            &place,
            &["--archive", "a.hutong", "import", &root],
            &["no key was given", "--key"],
            &["没有给出密钥", "--key"],
        );
        let wrong = "ab".repeat(32);
        expect(
            &place,
            &["--archive", "a.hutong", "import", &root, "--key", &wrong],
            &["cannot open"],
            &["打不开"],
        );
        expect(
            &place,
            &[
                "--archive",
                "a.hutong",
                "import",
                &root,
                "--key-file",
                "nowhere.json",
            ],
            &["nowhere.json"],
            &["nowhere.json"],
        );
        std::fs::write(place.path("bad.json"), "{\"key\": ").unwrap();
        expect(
            &place,
            &[
                "--archive",
                "a.hutong",
                "import",
                &root,
                "--key-file",
                "bad.json",
            ],
            &["key"],
            &["密钥"],
        );
        assert!(!place.path("a.hutong").exists());
    }
}

#[test]
fn an_archive_that_does_not_open_says_why() {
    let place = Place::new();
    expect(
        &place,
        &["--archive", "none.hutong", "chats"],
        &["no archive in none.hutong"],
        &["没有存档"],
    );
    std::fs::write(place.path("right"), "right\n").unwrap();
    std::fs::write(place.path("wrong"), "wrong\n").unwrap();
    place
        .run(&[
            "--archive",
            "a.hutong",
            "--passphrase-file",
            "right",
            "archive",
            "create",
        ])
        .expect(0);
    let open = |passphrase: &'static str| {
        [
            "--archive",
            "a.hutong",
            "--passphrase-file",
            passphrase,
            "chats",
        ]
    };
    expect(
        &place,
        &open("wrong"),
        &["the passphrase does not open"],
        &["口令打不开"],
    );
    expect(
        &place,
        &["--archive", "a.hutong", "chats"],
        &["needs its passphrase", "HUTONG_PASSPHRASE"],
        &["需要口令"],
    );
    place.run(&open("right")).expect(0);
    expect(
        &place,
        &[
            "--archive",
            "a.hutong",
            "--passphrase-file",
            "right",
            "archive",
            "create",
        ],
        &["already"],
        &["已经有存档"],
    );
    expect(
        &place,
        &[
            "--archive",
            "home",
            "--passphrase-file",
            "nowhere",
            "archive",
            "create",
        ],
        &["nowhere"],
        &["nowhere"],
    );
    // Another version's archive.
    let toml = std::fs::read_to_string(place.path("a.hutong/archive.toml")).unwrap();
    std::fs::write(
        place.path("a.hutong/archive.toml"),
        toml.replacen("format = 1", "format = 9", 1),
    )
    .unwrap();
    expect(&place, &open("right"), &["format 9"], &["9"]);
    std::fs::write(place.path("a.hutong/archive.toml"), "no toml at all {").unwrap();
    expect(&place, &open("right"), &["archive.toml"], &["archive.toml"]);
}

#[test]
fn a_damaged_archive_fails_its_check() {
    let place = Place::new();
    let forged = place.qq(300);
    place.import(&forged);
    let path = place.path("a.hutong/archive.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() * 3 / 4;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let said = place
        .run(&["--archive", "a.hutong", "archive", "check"])
        .expect(1);
    assert!(!said.all().contains("panicked"), "{}", said.all());
    std::fs::write(&path, b"").unwrap();
    expect(
        &place,
        &["--archive", "a.hutong", "chats"],
        &["damaged"],
        &["损坏"],
    );
}

#[test]
fn what_was_skipped_gives_status_3_and_is_listed() {
    let place = Place::new();
    let forged = place.qq(2_000);
    let mut bytes = std::fs::read(&forged.main_db).unwrap();
    for part in 2..5 {
        let place = bytes.len() * part / 6;
        bytes[place] ^= 1;
    }
    std::fs::write(&forged.main_db, bytes).unwrap();
    let said = place.run(&import_args(&forged)).expect(3);
    let summary = said.json().pop().unwrap();
    let field = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(
        field("rows_read"),
        field("added") + field("known") + field("rejected")
    );
    assert!(field("problems") + field("rejected") > 0, "{summary}");
    assert!(said.err.contains("hutong imports show 1"), "{}", said.err);
    let listed = place
        .run(&["--archive", "a.hutong", "--json", "imports", "show", "1"])
        .expect(0)
        .json();
    assert!(
        listed
            .iter()
            .any(|line| line["type"] == "problem" && line["kind"] == "damage"),
        "{listed:?}"
    );
}

#[test]
fn an_output_that_exists_is_not_written_over() {
    let place = Place::new();
    let forged = place.qq(300);
    place.import(&forged);
    std::fs::write(place.path("out.jsonl"), "mine").unwrap();
    let export = [
        "--archive",
        "a.hutong",
        "export",
        "--to",
        "jsonl",
        "-o",
        "out.jsonl",
    ];
    expect(
        &place,
        &export,
        &["out.jsonl", "--overwrite"],
        &["--overwrite"],
    );
    assert_eq!(
        std::fs::read_to_string(place.path("out.jsonl")).unwrap(),
        "mine"
    );
    place
        .run(&[&export[..], &["--overwrite"]].concat())
        .expect(0);
    assert!(std::fs::metadata(place.path("out.jsonl")).unwrap().len() > 1000);
    expect(
        &place,
        &[
            "--archive",
            "a.hutong",
            "export",
            "--to",
            "papyrus",
            "-o",
            "x",
        ],
        &["no format called papyrus"],
        &["没有叫 papyrus 的格式"],
    );
    expect(
        &place,
        &[
            "--archive",
            "a.hutong",
            "export",
            "--to",
            "txt",
            "--chat",
            "没有这个群",
            "-o",
            "x",
        ],
        &["没有这个群"],
        &["没有这个群"],
    );
    expect(
        &place,
        &["--archive", "a.hutong", "search", "before:soon"],
        &["soon"],
        &["soon"],
    );
    expect(
        &place,
        &["--archive", "a.hutong", "search", "kind:nothing"],
        &["nothing"],
        &["nothing"],
    );
    expect(
        &place,
        &["--archive", "a.hutong", "--zone", "Mars/Olympus", "chats"],
        &["Mars/Olympus"],
        &["Mars/Olympus"],
    );
    assert!(!place.path("x").exists());
}

#[test]
fn a_dry_run_leaves_nothing_behind() {
    let place = Place::new();
    let forged = place.qq(300);
    let mut args = import_args(&forged);
    args.push("--dry-run".to_owned());
    let dry = place.run(&args).expect(0).json().pop().unwrap();
    assert_eq!(dry["added"], forged.messages);
    assert!(!place.path("a.hutong").exists());
    place.import(&forged);
    let dry = place.run(&args).expect(0).json().pop().unwrap();
    assert_eq!(
        (dry["added"].as_u64(), dry["known"].as_u64()),
        (Some(0), dry["rows_read"].as_u64())
    );
    let imports = place
        .run(&["--archive", "a.hutong", "--json", "imports"])
        .expect(0)
        .json();
    assert_eq!(imports.len(), 1, "a dry run is no import");
}
