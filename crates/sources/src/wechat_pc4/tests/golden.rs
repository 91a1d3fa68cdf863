//! Every line of the forge's list of what a correct importer gives.

use std::io::Read as _;

use hutong_model::{Account, Digest, Part, Record};
use hutong_samples::WechatKeys;

use super::{forged, messages, options, plan, read};
use crate::wechat::golden;

#[test]
fn every_line_of_the_forge_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(4_000, WechatKeys::PerFile), folder.path());
    let (collected, summary) = read(&set.root, &options(&set));
    golden::check(&set, &collected, summary, &["sender"]);
}

#[test]
fn voices_are_there_and_begin_as_voices_do() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(400, WechatKeys::Decrypted), folder.path());
    let (collected, _) = read(&set.root, &options(&set));
    let mut found = 0;
    for part in messages(&collected).flat_map(|message| &message.parts) {
        let Part::Voice(voice) = part else { continue };
        let Some(content) = &voice.attachment.content else {
            continue;
        };
        let mut bytes = Vec::new();
        content.0.open().unwrap().read_to_end(&mut bytes).unwrap();
        assert!(
            bytes.starts_with(b"\x02#!SILK_V3"),
            "{:?}",
            voice.attachment.path
        );
        found += 1;
    }
    assert!(found > 8, "{found}");
}

#[test]
fn files_on_disk_have_the_bytes_that_the_forge_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(400, WechatKeys::Decrypted), folder.path());
    let (collected, _) = read(&set.root, &options(&set));
    let mut digests = 0;
    for part in messages(&collected).flat_map(|message| &message.parts) {
        part.for_each_attachment(&mut |attachment| {
            let (Some(path), Some(content)) = (&attachment.path, &attachment.content) else {
                return;
            };
            if path.contains('#') {
                return;
            }
            let mut bytes = Vec::new();
            content.0.open().unwrap().read_to_end(&mut bytes).unwrap();
            assert_eq!(
                Digest::of(&bytes),
                Digest::of(&std::fs::read(set.root.join(path)).unwrap())
            );
            assert_eq!(attachment.size_bytes, Some(bytes.len() as u64));
            assert_eq!(
                attachment.media_type.as_deref() == Some("image/x-wechat-dat"),
                path.ends_with(".dat")
            );
            digests += 1;
        });
    }
    assert!(digests > 20, "{digests}");
}

#[test]
fn everybody_in_the_contact_tables_is_given_with_all_names() {
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
    assert_eq!(
        accounts.iter().filter(|account| account.is_owner).count(),
        1
    );
    assert!(
        accounts
            .iter()
            .any(|account| account.remark.is_some() && account.nickname.is_some())
    );
    assert!(accounts.iter().any(|account| {
        account
            .avatar
            .as_ref()
            .is_some_and(|avatar| avatar.content.is_some())
    }));
    assert!(accounts.iter().all(|account| account.as_of.is_some()));
    let members = collected.records.iter().filter(
        |record| matches!(record, Record::Membership(membership) if membership.name.is_some()),
    );
    assert!(members.count() > 0);
    let rooms = collected.records.iter().filter(|record| {
        matches!(record, Record::Conversation(conversation) if conversation.announcement.is_some() && conversation.group_owner.is_some())
    });
    assert!(rooms.count() > 0);
}
