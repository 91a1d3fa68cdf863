//! Accounts: from `rcontact`, and from `userinfo` for the owner.

use hutong_model::{Account, Stop};

use super::Reader;
use crate::wechat::map::{Person, account_kind, is_room};
use crate::wechat_android::tables::{OwnerRow, avatar_addresses, contacts, labels};

impl Reader<'_> {
    /// Pushes everybody who is listed, and the owner.
    pub(super) fn people(&mut self, owner_row: &OwnerRow) -> Result<(), Stop> {
        let (file, media, by_row) = (self.file, &self.media, &mut self.by_row);
        let desk = &mut self.desk;
        let mut problems = Vec::new();
        let mut keep = |problem| {
            problems.push(problem);
            Ok(())
        };
        let labels = labels(file, &mut keep)?;
        let addresses = avatar_addresses(file, &mut keep)?;
        contacts(file, &mut keep, |row| {
            by_row.insert(row.row, row.username.as_str().into());
            let person = Person {
                nickname: row.nickname.as_deref().map(Into::into),
                remark: row.remark.as_deref().map(Into::into),
                alias: row.alias.as_deref().map(Into::into),
                is_official: row.verify_flag != 0,
            };
            desk.people
                .by_username
                .insert(row.username.as_str().into(), person);
            if is_room(&row.username) {
                return Ok(());
            }
            let own_labels = row.labels.as_deref().unwrap_or_default();
            let own_labels = own_labels
                .split([',', ';'])
                .filter_map(|number| labels.get(&number.trim().parse().ok()?))
                .cloned()
                .collect();
            let is_owner = row.username == *desk.owner;
            let or_of_owner = |own: &Option<String>| own.clone().filter(|_| is_owner);
            desk.contact(Account {
                kind: account_kind(&row.username, row.verify_flag),
                is_contact: row.is_contact(),
                avatar: media.avatar(&row.username, addresses.get(&row.username)),
                labels: own_labels,
                nickname: row.nickname.or_else(|| or_of_owner(&owner_row.nickname)),
                alias: row.alias.or_else(|| or_of_owner(&owner_row.alias)),
                remark: row.remark,
                native_id: row.username,
                ..Account::default()
            })
        })?;
        for problem in problems {
            desk.out.problem(problem)?;
        }
        let owner = desk.owner.to_string();
        desk.contact(Account {
            kind: account_kind(&owner, 0),
            avatar: media.avatar(&owner, addresses.get(&owner)),
            nickname: owner_row.nickname.clone(),
            alias: owner_row.alias.clone(),
            native_id: owner,
            ..Account::default()
        })
    }
}
