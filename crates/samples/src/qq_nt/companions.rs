//! The databases that say who everybody is and where files lie.

use std::path::Path;

use rusqlite::params;

use crate::ForgeError;
use crate::protobuf::Message;
use crate::store::Store;

use super::cast::{Cast, Role};
use super::container::Wrapper;
use super::schema;
use super::stage::FileRow;

/// Writes and wraps all of them.
pub(super) fn write(
    cast: &Cast,
    files: &[FileRow],
    folder: &Path,
    wrapper: &Wrapper,
) -> Result<(), ForgeError> {
    let make = |name: &str, tables: &str, fill: &dyn Fn(&Store) -> Result<(), ForgeError>| {
        let store = wrapper.create(folder, name)?;
        store.run(tables)?;
        store.run("BEGIN")?;
        fill(&store)?;
        store.run("COMMIT")?;
        store.enter_wal()?;
        store.close()?;
        wrapper.wrap(folder, name)
    };
    make("profile_info.db", schema::PROFILE, &|store| {
        profiles(cast, store)
    })?;
    make("group_info.db", schema::GROUP, &|store| groups(cast, store))?;
    make("files_in_chat.db", schema::FILES, &|store| {
        files_in_chat(cast, files, store)
    })?;
    make("rich_media.db", schema::RICH_MEDIA, &|store| {
        rich_media(cast, files, store)
    })
}

fn profiles(cast: &Cast, store: &Store) -> Result<(), ForgeError> {
    for (number, party) in (0_u32..).zip(&cast.parties) {
        if party.is_group() || party.role == Role::Device {
            continue;
        }
        store.put(
            "INSERT INTO profile_info_v6([1000],[1001],[1002],[20002],[20009],[20011],[20004],[20006],[20014]) VALUES(?1,'',?2,?3,?4,?5,?6,?7,?8)",
            params![
                party.uid,
                party.uin as i64,
                party.nick,
                party.remark,
                "慢慢走，比较快",
                format!("http://heads.example/{number}/"),
                1980 + number % 30,
                number % 3,
            ],
        )?;
        if party.role == Role::Friend {
            let category = (number % 3 != 0).then_some(number % 3);
            store.put(
                "INSERT INTO buddy_list VALUES(?1, '', ?2, ?3)",
                params![party.uid, party.uin as i64, category],
            )?;
        }
        if party.role == Role::Bot {
            store.put(
                "INSERT INTO profile_info_adelie VALUES(?1, ?2, '天气机器人')",
                params![party.uid, party.uin as i64],
            )?;
        }
    }
    let mut categories = Message::new();
    for (id, name) in [(1_u64, "同学"), (2, "同事")] {
        let mut category = Message::new();
        category
            .varint(25007, id)
            .text(25008, name)
            .varint(25009, id)
            .varint(25010, 10);
        categories.nest(25011, &category);
    }
    store.put(
        "INSERT INTO category_list_v2 VALUES(?1, ?2)",
        params![cast.owner().uid, categories.as_bytes()],
    )?;
    store.run("INSERT INTO buddy_req_list_5 VALUES(1650000000, 'u_invented_applicant_0000', '路人', '我是楼下的', 'QQ号查找', 0)")
}

fn groups(cast: &Cast, store: &Store) -> Result<(), ForgeError> {
    for (number, group) in cast.with_role(Role::Group) {
        let owner = group.members.get(1).copied().unwrap_or(0);
        let code = group.uin as i64;
        // One group was left behind.
        let is_gone = i64::from(number % 9 == 8);
        let count = group.members.len() as i64;
        let remark = if number % 5 == 0 {
            format!("备注·{}", group.nick)
        } else {
            String::new()
        };
        let founder = &cast.party(owner).uid;
        store.put(
            "INSERT INTO group_list VALUES(?1, ?2, ?3, ?4, 1600000000, 500, ?5, ?6)",
            params![code, group.nick, remark, founder, count, is_gone],
        )?;
        store.put(
            "INSERT INTO group_detail_info_ver1 VALUES(?1, ?2, ?3, ?4, 1600000000, 500, ?5, '闲聊请移步隔壁', '本周六停水', ?6)",
            params![code, group.nick, remark, founder, count, is_gone],
        )?;
        let members = group
            .members
            .iter()
            .map(|member| (*member, 0))
            .chain(group.left.iter().map(|member| (*member, 1)));
        for (member, is_gone) in members {
            let party = cast.party(member);
            store.put(
                "INSERT OR IGNORE INTO group_member3 VALUES(?1, ?2, '', ?3, ?4, ?5, 1610000000, 1650000000, 0, ?6, ?7, ?8, ?9)",
                params![
                    code,
                    party.uid,
                    party.uin as i64,
                    cast.card(number, member).unwrap_or_default(),
                    party.nick,
                    i64::from(member % 20 == 1),
                    is_gone,
                    if member % 15 == 2 { "守塔人" } else { "" },
                    1 + member % 100,
                ],
            )?;
        }
        let mut levels = Message::new();
        for (level, words) in [(1_u64, "潜水"), (2, "冒泡"), (3, "活跃")] {
            let mut entry = Message::new();
            entry.varint(67200, level).text(67201, words);
            levels.nest(67103, &entry);
        }
        store.put(
            "INSERT INTO group_member_level_info VALUES(?1, 0, ?2)",
            params![code, levels.as_bytes()],
        )?;
        let (mut words, mut content, mut notice, mut bulletin) = (
            Message::new(),
            Message::new(),
            Message::new(),
            Message::new(),
        );
        words.text(64452, "周六上午九点停水，请提前蓄水。");
        content.nest(64242, &words);
        notice
            .text(64221, founder)
            .text(64223, "fid")
            .varint(64225, 1_650_000_000)
            .nest(64227, &content);
        bulletin.nest(64202, &notice);
        store.put(
            "INSERT INTO group_bulletin VALUES(?1, ?2)",
            params![code, bulletin.as_bytes()],
        )?;
    }
    let project = cast.party(cast.stars.project);
    store.put(
        "INSERT INTO group_essence VALUES(?1, 1001, 1, ?2, ?3, 1, ?2, ?3, 1650000000)",
        params![
            project.uin as i64,
            cast.owner().uid,
            cast.owner().uin as i64
        ],
    )?;
    store.put(
        "INSERT INTO group_notify_list([61001],[61002],[61003],[61010],[60001]) VALUES(1650000000000, 1, 1, '想加入', ?1)",
        [project.uin as i64],
    )
}

fn files_in_chat(cast: &Cast, files: &[FileRow], store: &Store) -> Result<(), ForgeError> {
    for file in files {
        let peer = cast.party(file.conversation);
        store.put(
            "INSERT OR IGNORE INTO files_in_chat_table VALUES(?1,?2,?3,?4,'',?5,?6,?7,0,?8,0,?9,?10,?11,1)",
            params![
                file.element,
                file.random,
                file.msg_id,
                file.path,
                cast.party(file.sender).uid,
                peer.uid,
                if peer.is_group() { 2 } else { 1 },
                file.kind,
                file.name,
                file.size as i64,
                file.time,
            ],
        )?;
    }
    Ok(())
}

fn rich_media(cast: &Cast, files: &[FileRow], store: &Store) -> Result<(), ForgeError> {
    for (number, file) in (1_i64..).zip(files) {
        store.put(
            "INSERT INTO file_table VALUES(?1,?2,?3,?4,?5,?6,0,'',?7,0)",
            params![
                number,
                file.msg_id,
                file.element,
                file.name,
                file.path,
                file.size as i64,
                cast.party(file.conversation).uid
            ],
        )?;
    }
    Ok(())
}
