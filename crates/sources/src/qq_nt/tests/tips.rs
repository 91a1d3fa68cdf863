//! Gray tips.

use hutong_model::{
    Change, Direction, Part, PartKind, Record, State, SystemEvent, Timestamp, plain_text,
};

use super::built::{message, parts, read};
use super::encode::{FRIEND, OWNER, Proto, START, cell, tip, words};

#[test]
fn a_withdrawn_message_is_named_by_its_tip_wherever_it_stands() {
    let recall = || {
        tip(1)
            .text(47703, OWNER)
            .text(47704, FRIEND)
            .text(47705, "管理员")
            .text(47714, "小李")
            .text(47713, "，请注意言辞")
    };
    let given = read(|database| {
        let tip_row = |sequence: i64| {
            vec![
                cell(40003, sequence),
                cell(40011, 5),
                cell(40012, 4),
                cell(40020, ""),
                cell(40033, 0),
                cell(40013, 3),
            ]
        };
        database.know_owner();
        database.group(0, &[words("前面的")], vec![cell(40003, 70)]);
        database.group(1, &[recall()], tip_row(70));
        database.group(2, &[recall()], tip_row(71));
        database.group(3, &[words("后面的")], vec![cell(40003, 71)]);
        database.group(4, &[recall()], tip_row(72));
    });
    let changes: Vec<_> = given
        .collected
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Change(change) => Some((change.message, change.change.clone())),
            _ => None,
        })
        .collect();
    let owner = given
        .accounts
        .values()
        .find(|account| account.is_owner)
        .unwrap()
        .id;
    let expected = |host: i64, tip: i64| {
        let at = Some(Timestamp::from_seconds(START + tip));
        (
            message(&given, host).id,
            Change::Recall {
                by: Some(owner),
                at,
            },
        )
    };
    assert_eq!(changes, [expected(0, 1), expected(3, 2)]);
    let tip = message(&given, 4);
    assert_eq!((tip.sender, tip.direction), (None, Direction::None));
    assert!(matches!(tip.state, State::Recalled { by: Some(by), .. } if by == owner));
    let Part::System(system) = &tip.parts[0] else {
        panic!()
    };
    assert_eq!(system.event, SystemEvent::Recalled);
    assert_eq!(system.text, "管理员撤回了小李的一条消息，请注意言辞");
    assert_eq!(system.accounts.len(), 2);
}

#[test]
fn a_recall_of_ones_own_keeps_the_words() {
    let original = words("本来想说的");
    let tip = tip(1)
        .text(47703, FRIEND)
        .text(47704, FRIEND)
        .text(47705, "小李")
        .nest(47710, &original);
    let found = parts(&[tip]);
    let Part::System(system) = &found[0] else {
        panic!()
    };
    assert_eq!(system.text, "小李撤回了一条消息");
    let Part::Quote(quote) = &found[1] else {
        panic!()
    };
    assert_eq!(quote.parts, [Part::text("本来想说的")]);
}

#[test]
fn what_happens_to_groups_is_told() {
    let event = |kind: u64| {
        tip(4)
            .number(48501, kind)
            .text(48503, FRIEND)
            .text(48504, "小李")
            .text(48506, OWNER)
            .text(48507, "我")
            .text(48509, "新名字")
    };
    for (kind, expected, text) in [
        (1, SystemEvent::Joined, "我邀请小李加入了群聊"),
        (2, SystemEvent::Disbanded, "小李解散了群聊"),
        (3, SystemEvent::Left, "小李被我移出群聊"),
        (4, SystemEvent::Created, "小李创建了群聊"),
        (5, SystemEvent::Renamed, "小李将群名修改为“新名字”"),
        (6, SystemEvent::Notice, "群聊被封禁"),
    ] {
        let Part::System(system) = &parts(&[event(kind)])[0] else {
            panic!()
        };
        assert_eq!((system.event, system.text.as_str()), (expected, text));
        assert_eq!(system.accounts.len(), 2);
    }
    for (seconds, text) in [(600, "小李被管理员禁言10分钟"), (0, "小李被管理员解除禁言")]
    {
        let operator = Proto::default().text(1000, OWNER).text(20002, "管理员");
        let member = Proto::default().text(1000, FRIEND).text(20002, "小李");
        let mute = Proto::default()
            .nest(48521, &operator)
            .nest(48522, &member)
            .number(48532, seconds);
        let Part::System(system) = &parts(&[tip(4).number(48501, 8).nest(48541, &mute)])[0] else {
            panic!()
        };
        assert_eq!(
            (system.event, system.text.as_str()),
            (SystemEvent::Muted, text)
        );
    }
    let unknown = parts(&[tip(4).number(48501, 77)]);
    assert_eq!(unknown[0].kind(), PartKind::Unknown);
}

#[test]
fn tips_of_xml_and_json_are_read_out() {
    let given = read(|database| {
        database.know_owner();
        database
            .0
            .execute(
                "INSERT INTO nt_uid_mapping_table VALUES(1, ?1, NULL, 20002)",
                [FRIEND],
            )
            .unwrap();
        database.private(0, false, &[words("x")], vec![cell(40093, "小李")]);
        let xml = format!(
            "<gtip align=\"center\"><qq uin=\"{FRIEND}\" nm=\"\" col=\"3\" jp=\"\"/><nor txt=\"邀请\"/><qq uin=\"u_x\" nm=\"小王\"/><nor txt=\"加入了群聊。\"/><img src=\"\"/></gtip>"
        );
        database.private(
            1,
            false,
            &[tip(12).text(48214, &xml)],
            vec![cell(40011, 5), cell(40013, 3)],
        );
        let person = |uid: &str| Proto::default().text(1005, uid).text(1006, "名");
        let json = format!(
            r#"{{"items":[{{"type":"qq","uid":"{FRIEND}","nm":""}},{{"type":"img","src":"x"}},{{"type":"nor","txt":"戳了戳"}},{{"type":"qq","uid":"{OWNER}","nm":"我"}},{{"type":"url","txt":"的脸","jp":"x"}}]}}"#
        );
        let poke = tip(17)
            .text(48271, &json)
            .nest(48210, &person(FRIEND))
            .nest(43210, &person(OWNER))
            .number(48211, 12)
            .number(48212, 1061);
        database.private(2, false, &[poke], vec![cell(40011, 5), cell(40012, 12)]);
        database.private(
            3,
            false,
            &[tip(17).text(48274, "友谊升级")],
            vec![cell(40011, 5), cell(40013, 3)],
        );
        database.private(
            4,
            false,
            &[tip(9).text(59_000, "好友通知")],
            vec![cell(40011, 5), cell(40013, 3)],
        );
        database.private(
            5,
            false,
            &[tip(9).number(59_000, 1)],
            vec![cell(40011, 5), cell(40013, 3)],
        );
        let file = tip(10).text(45402, "a.docx").number(45405, 1);
        database.private(6, false, &[file], vec![cell(40011, 5), cell(40013, 3)]);
    });
    let shown = |number| plain_text(&message(&given, number).parts);
    assert_eq!(shown(1), "小李邀请小王加入了群聊。");
    let Part::System(system) = &message(&given, 1).parts[0] else {
        panic!()
    };
    assert_eq!(
        (system.event, system.accounts.len()),
        (SystemEvent::Joined, 2)
    );
    let Part::Nudge(nudge) = &message(&given, 2).parts[0] else {
        panic!()
    };
    assert_eq!(nudge.text, "小李戳了戳我的脸");
    assert_eq!(nudge.actor, message(&given, 0).sender);
    assert_eq!(given.accounts[&nudge.target.unwrap()].native_id, "10001");
    assert_eq!(shown(3), "友谊升级");
    assert_eq!(shown(4), "好友通知");
    assert_eq!(message(&given, 5).kind(), PartKind::Unknown);
    let Part::System(system) = &message(&given, 6).parts[0] else {
        panic!()
    };
    assert_eq!(system.event, SystemEvent::FileReceived);
}
