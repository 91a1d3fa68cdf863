//! One history from clients of several versions: a chat of one meets that of another.

use std::collections::BTreeMap;
use std::path::Path;

use hutong_samples::{ForgeError, Forged, Plan, WechatKeys, wechat_mac3, wechat3, wechat4};
use serde_json::Value;

use crate::set::{Home, plan};

type Forge = fn(&Plan, &Path, &mut dyn FnMut(u64)) -> Result<Forged, ForgeError>;

/// Conversation of every message that a server numbered.
fn numbered(home: &Home) -> BTreeMap<String, String> {
    let field = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let export = home.export();
    let lines = export
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|line| line.to_string().contains("server_id"))
        .map(|line| (field(&line, "id"), line["conversation"].to_string()))
        .collect()
}

#[test]
fn old_and_new_copies_of_one_history_are_one_archive() {
    let mut plan = plan(400);
    plan.wechat.keys = WechatKeys::Decrypted;
    let forges: [(&str, Forge); 3] = [
        ("wechat_pc4", wechat4),
        ("wechat_pc3", wechat3),
        ("wechat_mac3", wechat_mac3),
    ];
    let mut home = Home::new();
    let mut first: Option<BTreeMap<String, String>> = None;
    for (source, forge) in forges {
        let folder = tempfile::tempdir().unwrap();
        let set = forge(&plan, folder.path(), &mut |_| {}).unwrap();
        let report = home.try_import(&set.root, source, "", &|_| {}).unwrap();
        let now = numbered(&home);
        match &first {
            None => {
                assert_eq!(report.added, set.messages);
                first = Some(now);
            }
            Some(first) => {
                // Only the conversation that version 4 knows by a digest alone is told by its name now, and rows that
                // no server numbered may stand beside each other.
                let more = now.len() - first.len();
                assert!(
                    more * 50 < first.len(),
                    "{source}: {more} of {}",
                    first.len()
                );
                assert!(
                    report.added * 20 < set.messages,
                    "{source}: {} of {} were added",
                    report.added,
                    set.messages
                );
                assert!(first.iter().all(|(id, chat)| now.get(id) == Some(chat)));
            }
        }
    }
}
