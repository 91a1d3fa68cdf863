//! The whole source against forged account folders.

mod rows;

use std::io::Read as _;
use std::path::Path;

use hutong_crypto::KeyRing;
use hutong_model::{Account, Collected, Digest, Part, Record};
use hutong_samples::{Forged, Plan, WechatKeys, wechat3, wechat4};

use super::WeChatPc3;
use crate::wechat::golden::{self, messages};
use crate::wechat::trial::{self, ids, options, plan};
use crate::wechat_pc4::WeChatPc4;
use crate::{Input, ReadError, ReadOptions, Recognition, Source, Summary, conformance};

fn forged(plan: &Plan, folder: &Path) -> Forged {
    wechat3(plan, folder, &mut |_| {}).unwrap()
}

fn read(path: &Path, options: &ReadOptions) -> (Collected, Summary) {
    trial::read(&WeChatPc3, path, options)
}

#[test]
fn every_line_of_the_forge_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(4_000, WechatKeys::Account), folder.path());
    assert!(set.wal_rows > 0);
    let (collected, summary) = read(&set.root, &options(&set));
    golden::check(&set, &collected, summary, &[]);
}

#[test]
fn an_encrypted_account_behaves_like_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let plan = Plan {
        attachments: false,
        ..plan(200, WechatKeys::Account)
    };
    let set = forged(&plan, folder.path());
    conformance::check(&WeChatPc3, &set.root, scratch.path(), &options(&set));
}

#[test]
fn a_decrypted_account_behaves_like_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let plan = Plan {
        attachments: false,
        ..plan(200, WechatKeys::Decrypted)
    };
    let set = forged(&plan, folder.path());
    conformance::check(&WeChatPc3, &set.root, scratch.path(), &options(&set));
}

#[test]
fn an_account_is_read_alike_from_every_depth_and_key() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let locked = forged(&plan(300, WechatKeys::Account), folders[0].path());
    let open = forged(&plan(300, WechatKeys::Decrypted), folders[1].path());
    let expected = ids(&read(&locked.root, &options(&locked)).0);
    assert_eq!(ids(&read(&open.root, &options(&open)).0), expected);
    for below in [
        "Msg",
        "Msg/Multi",
        "msg/multi/MSG10.db",
        "FileStorage",
        "FileStorage/Video",
    ] {
        let below = if below == "msg/multi/MSG10.db" {
            "Msg/Multi/MSG10.db"
        } else {
            below
        };
        let (collected, _) = read(&open.root.join(below), &options(&open));
        assert_eq!(ids(&collected), expected, "{below}");
    }
    // The folder above holds one account only.
    assert_eq!(ids(&read(folders[0].path(), &options(&locked)).0), expected);
}

/// Copies databases side by side under other names.
fn side_by_side(set: &Forged, to: &Path, names: &[(&str, &str)]) {
    std::fs::create_dir_all(to).unwrap();
    for (from, name) in names {
        for end in ["", "-wal"] {
            let from = set.root.join("Msg").join(format!("{from}{end}"));
            if from.is_file() {
                std::fs::copy(from, to.join(format!("{name}{end}"))).unwrap();
            }
        }
    }
}

#[test]
fn decrypted_copies_are_read_whatever_they_are_called() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(600, WechatKeys::Decrypted), folder.path());
    let expected = ids(&read(&set.root, &options(&set)).0);
    let side = folder.path().join("side");
    side_by_side(
        &set,
        &side,
        &[
            ("Multi/MSG2.db", "de_MSG2.db"),
            ("Multi/MSG10.db", "第十个"),
            ("PublicMsg.db", "PublicMsg.db"),
            ("MicroMsg.db", "contacts.sqlite"),
        ],
    );
    let input = Input::open(&side).unwrap();
    assert!(matches!(WeChatPc3.recognize(&input), Recognition::Yes(_)));
    // Paths in rows name the account.
    let (collected, _) = read(&side, &ReadOptions::default());
    assert_eq!(ids(&collected), expected);
    assert!(
        collected
            .problems
            .iter()
            .any(|problem| problem.reason.contains("owner"))
    );
    // One of them alone.
    let (one, summary) = read(&side.join("第十个"), &ReadOptions::default());
    assert!(summary.rows_read > 100);
    assert!(messages(&one).all(|message| expected.contains(&message.id)));
}

#[test]
fn an_encrypted_shard_under_another_name_is_read_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(
        &Plan {
            wal_rows: 0,
            ..plan(300, WechatKeys::Account)
        },
        folder.path(),
    );
    let side = folder.path().join("side");
    side_by_side(&set, &side, &[("Multi/MSG2.db", "backup.bin")]);
    let file = side.join("backup.bin");
    let input = Input::open(&file).unwrap();
    assert!(matches!(WeChatPc3.recognize(&input), Recognition::Maybe(_)));
    let (collected, summary) = read(&file, &options(&set));
    assert!(summary.rows_read > 50);
    assert_eq!(
        messages(&collected).count() as u64,
        summary.rows_read,
        "{:?}",
        collected.problems
    );
}

#[test]
fn merged_leftovers_of_other_tools_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(
        &Plan {
            wal_rows: 0,
            ..plan(600, WechatKeys::Decrypted)
        },
        folder.path(),
    );
    let expected = ids(&read(&set.root, &options(&set)).0);
    // All tables in one file, without keys, defaults and types.
    let path = folder.path().join("merge_all.db");
    let merged = rusqlite::Connection::open(&path).unwrap();
    for name in [
        "Multi/MSG2.db",
        "Multi/MSG10.db",
        "PublicMsg.db",
        "MicroMsg.db",
        "Multi/MediaMSG2.db",
    ] {
        let from = set.root.join("Msg").join(name);
        merged
            .execute("ATTACH ?1 AS part", [from.to_str().unwrap()])
            .unwrap();
        let tables: Vec<String> = merged
            .prepare("SELECT name FROM part.sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for table in tables {
            let columns: Vec<String> = merged
                .prepare(&format!(
                    "SELECT name FROM part.pragma_table_info('{table}', 'part')"
                ))
                .or_else(|_| {
                    merged.prepare(&format!(
                        "SELECT name FROM pragma_table_info('{table}', 'part')"
                    ))
                })
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            let list = columns.join(", ");
            merged
                .execute_batch(&format!(
                    "CREATE TABLE IF NOT EXISTS {table}({list}); INSERT INTO {table}({list}) SELECT {list} FROM part.{table};"
                ))
                .unwrap();
        }
        merged.execute_batch("DETACH part").unwrap();
    }
    merged
        .execute_batch("CREATE TABLE sync_log(id INTEGER PRIMARY KEY, db_path TEXT)")
        .unwrap();
    drop(merged);
    let (collected, summary) = read(&path, &options(&set));
    let mut distinct = ids(&collected);
    distinct.dedup();
    let mut wanted = expected;
    wanted.dedup();
    assert_eq!(distinct, wanted);
    assert_eq!(summary.rows_read, set.rows);
    let voices = messages(&collected)
        .flat_map(|message| &message.parts)
        .filter(|part| matches!(part, Part::Voice(voice) if voice.attachment.content.is_some()));
    assert!(voices.count() > 8);
}

#[test]
fn a_wrong_key_pushes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(300, WechatKeys::Account), folder.path());
    for keys in [KeyRing::new(), KeyRing::from_key(&"ab".repeat(32)).unwrap()] {
        let mut collected = Collected::default();
        let options = ReadOptions {
            keys,
            ..ReadOptions::default()
        };
        let input = Input::open(&set.root).unwrap();
        let error = WeChatPc3
            .read(&input, &options, &mut collected)
            .unwrap_err();
        assert!(matches!(error, ReadError::Open { .. }), "{error}");
        assert!(collected.records.is_empty() && collected.problems.is_empty());
        let inspection = WeChatPc3.inspect(&input, &options).unwrap();
        assert!(inspection.files.iter().all(|file| file.is_encrypted));
        assert_eq!(inspection.account.unwrap().native_id, set.owner);
    }
}

#[test]
fn the_same_history_of_version_4_has_the_same_ids() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let plan = plan(600, WechatKeys::Decrypted);
    let old = forged(&plan, folders[0].path());
    let new = wechat4(&plan, folders[1].path(), &mut |_| {}).unwrap();
    assert_eq!(old.owner, new.owner);
    let (old, _) = read(&old.root, &options(&old));
    let mut collected = Collected::default();
    WeChatPc4
        .read(
            &Input::open(&new.root).unwrap(),
            &options(&new),
            &mut collected,
        )
        .unwrap();
    let by_server = |collected: &Collected| {
        let mut all: Vec<_> = messages(collected)
            .filter(|message| message.id.space() == hutong_model::IdSpace::PLATFORM)
            .map(|message| {
                (
                    message.id,
                    message.conversation,
                    message.sent_at,
                    message.direction,
                )
            })
            .collect();
        all.sort_by_key(|(id, ..)| *id);
        all.dedup();
        all
    };
    let (old, new) = (by_server(&old), by_server(&collected));
    // Version 4 does not know whose one table is.
    let missing = new.iter().filter(|one| !old.contains(one)).count();
    assert!(missing * 20 < new.len(), "{missing} of {}", new.len());
    assert_eq!(old.len(), new.len());
}

#[test]
fn voices_and_files_have_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(400, WechatKeys::Decrypted), folder.path());
    let (collected, _) = read(&set.root, &options(&set));
    let (mut voices, mut files) = (0, 0);
    for part in messages(&collected).flat_map(|message| &message.parts) {
        part.for_each_attachment(&mut |attachment| {
            let (Some(path), Some(content)) = (&attachment.path, &attachment.content) else {
                return;
            };
            let mut bytes = Vec::new();
            content.0.open().unwrap().read_to_end(&mut bytes).unwrap();
            if path.contains('#') {
                assert!(bytes.starts_with(b"\x02#!SILK_V3"), "{path}");
                voices += 1;
            } else {
                assert_eq!(
                    Digest::of(&bytes),
                    Digest::of(&std::fs::read(set.root.join(path)).unwrap())
                );
                assert_eq!(
                    attachment.media_type.as_deref() == Some("image/x-wechat-dat"),
                    path.ends_with(".dat")
                );
                files += 1;
            }
        });
    }
    assert!(voices > 8 && files > 20, "{voices} {files}");
}

#[test]
fn everybody_is_given_with_all_names() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(400, WechatKeys::Decrypted), folder.path());
    let (collected, _) = read(&set.root, &options(&set));
    let accounts: Vec<&Account> = collected
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Account(account) => Some(account),
            _ => None,
        })
        .collect();
    let any = |check: fn(&Account) -> bool| accounts.iter().any(|account| check(account));
    assert_eq!(
        accounts.iter().filter(|account| account.is_owner).count(),
        1
    );
    assert!(any(
        |account| account.remark.is_some() && account.nickname.is_some()
    ));
    assert!(any(|account| account.labels == ["同事", "邻居"]));
    assert!(any(
        |account| account.description.as_deref() == Some("慢慢来，比较快")
    ));
    assert!(any(|account| account.avatar.as_ref().is_some_and(
        |avatar| avatar.content.is_some() && avatar.url.is_some()
    )));
    assert!(accounts.iter().all(|account| account.as_of.is_some()));
    let rooms = collected.records.iter().filter(|record| {
        matches!(record, Record::Conversation(conversation) if conversation.announcement.is_some() && conversation.group_owner.is_some())
    });
    assert!(rooms.count() > 0);
    let named = collected.records.iter().filter(
        |record| matches!(record, Record::Membership(membership) if membership.name.is_some()),
    );
    assert!(named.count() > 0);
}

#[test]
fn other_folders_are_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("msg_0.db"), b"x").unwrap();
    let input = Input::open(folder.path()).unwrap();
    assert_eq!(WeChatPc3.recognize(&input), Recognition::No);
    assert!(WeChatPc3.files(&input).is_empty());
    let new = wechat4(
        &plan(300, WechatKeys::Decrypted),
        folder.path(),
        &mut |_| {},
    )
    .unwrap();
    for below in ["", "db_storage/message", "db_storage/message/message_0.db"] {
        let input = Input::open(&new.root.join(below)).unwrap();
        assert_eq!(WeChatPc3.recognize(&input), Recognition::No, "{below}");
    }
}
