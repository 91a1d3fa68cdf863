//! One history from clients of several versions: a chat of one meets that of another.

use std::path::Path;

use hutong::LinkReason;
use hutong_samples::{ForgeError, Forged, Plan, WechatKeys, wechat_mac3, wechat3, wechat4};

use crate::set::{Home, assert_adds_up, plan};

type Forge = fn(&Plan, &Path, &mut dyn FnMut(u64)) -> Result<Forged, ForgeError>;

const FORGES: [(&str, Forge); 3] = [
    ("wechat_pc4", wechat4),
    ("wechat_pc3", wechat3),
    ("wechat_mac3", wechat_mac3),
];

const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

#[test]
fn old_and_new_copies_of_one_history_are_one_archive_in_every_order() {
    let mut plan = plan(400);
    plan.wechat.keys = WechatKeys::Decrypted;
    let folders = FORGES.map(|_| tempfile::tempdir().unwrap());
    let sets: Vec<(&str, Forged)> = FORGES
        .iter()
        .zip(&folders)
        .map(|((source, forge), folder)| {
            let set = forge(&plan, folder.path(), &mut |_| {}).unwrap();
            (*source, set)
        })
        .collect();
    let mut expected: Option<Vec<String>> = None;
    for order in ORDERS {
        let mut home = Home::new();
        for (step, number) in order.into_iter().enumerate() {
            let (source, set) = &sets[number];
            let take_in = |home: &mut Home, dry_run| {
                home.try_import(&set.root, source, "", &|request| request.dry_run = dry_run)
            };
            let new = if step == 0 { set.messages } else { 0 };
            if step > 0 {
                let foreseen = take_in(&mut home, true).unwrap();
                assert_eq!(foreseen.added, new, "{order:?} {source}: foreseen");
            }
            let report = take_in(&mut home, false).unwrap();
            assert_eq!(report.added, new, "{order:?} {source}");
            assert_adds_up(&report);
        }
        // Version 4 knows one chat by a digest alone; it is shown in the chat that the others know by its name.
        let links = home.archive().conversation_links().unwrap();
        let reasons: Vec<LinkReason> = links.iter().map(|link| link.reason).collect();
        assert_eq!(reasons, [LinkReason::Digest], "{order:?}");
        let lines = home.sorted_lines();
        assert_eq!(lines.len() as u64, sets[0].1.messages, "{order:?}");
        match &expected {
            None => expected = Some(lines),
            Some(expected) => {
                let mut pairs = expected.iter().zip(&lines);
                assert_eq!(
                    pairs.find(|(one, other)| one != other),
                    None,
                    "{order:?}: one archive"
                );
            }
        }
    }
}
