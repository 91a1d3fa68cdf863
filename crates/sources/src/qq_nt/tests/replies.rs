//! Messages that point to messages or hold them.

use hutong_model::{Part, PartKind, Timestamp, plain_text};

use super::built::{message, read};
use super::encode::{FRIEND, OWNER_UIN, Proto, START, cached, cell, element, id, words};

#[test]
fn a_reply_in_a_group_points_to_the_sequence() {
    let given = read(|database| {
        database.group(0, &[words("问题")], Vec::new());
        let snapshot = words("问题");
        let reply = element(7)
            .number(47402, 5000)
            .number(47403, 20_002)
            .number(47404, START.cast_unsigned())
            .text(47413, "问题")
            .text(47421, "小李")
            .nest(47423, &snapshot);
        database.group(
            1,
            &[reply, words("回答")],
            vec![cell(40011, 9), cell(40012, 33)],
        );
        database.group(
            2,
            &[words("column only")],
            vec![cell(40011, 9), cell(40850, 5000)],
        );
    });
    let reply = message(&given, 1);
    assert_eq!(reply.reply_to[0], message(&given, 0).lookup_keys[0]);
    assert_eq!(message(&given, 2).reply_to, message(&given, 0).lookup_keys);
    let Part::Quote(quote) = &reply.parts[0] else {
        panic!()
    };
    assert_eq!(quote.author_name.as_deref(), Some("小李"));
    assert_eq!(quote.author_native_id.as_deref(), Some("20002"));
    assert_eq!(quote.sent_at, Some(Timestamp::from_seconds(START)));
    assert_eq!(quote.parts, [Part::text("问题")]);
    assert_eq!(plain_text(&reply.parts), "回答");
}

#[test]
fn a_private_reply_is_tied_by_the_strongest_that_it_says() {
    let given = read(|database| {
        for (number, sequence) in [(0, 7), (1, 8), (2, 7), (3, 9), (8, 7)] {
            database.private(
                number,
                true,
                &[words("target")],
                vec![cell(40005, sequence)],
            );
        }
        let reply = |head: Proto| vec![head, words("answer")];
        let row = |over: Vec<_>| {
            let mut cells = vec![cell(40011, 9), cell(40005, 0)];
            cells.extend(over);
            cells
        };
        let by_id = element(7).number(47416, id(1).cast_unsigned());
        database.private(4, false, &reply(by_id), row(Vec::new()));
        let by_time = element(7)
            .number(47404, (START + 3).cast_unsigned())
            .number(47403, OWNER_UIN.cast_unsigned());
        database.private(5, false, &reply(by_time.clone()), row(vec![cell(40850, 9)]));
        database.private(6, false, &reply(by_time), row(Vec::new()));
        // Only the sequence, which began anew in between: the nearest earlier row is meant.
        database.private(7, false, &reply(element(7)), row(vec![cell(40850, 7)]));
    });
    let points_to = |from: i64, to: i64| {
        let target = message(&given, to);
        let keys = &message(&given, from).reply_to;
        let hit = keys.iter().find(|key| {
            given
                .messages()
                .any(|message| message.id == **key || message.lookup_keys.contains(key))
        });
        hit.is_some_and(|key| target.id == *key || target.lookup_keys.contains(key))
    };
    assert!(points_to(4, 1));
    assert!(points_to(5, 3));
    assert!(points_to(6, 3));
    assert!(points_to(7, 2));
}

#[test]
fn a_quote_without_snapshot_takes_the_cached_message() {
    let given = read(|database| {
        let head = Proto::default()
            .number(40001, 5)
            .text(40020, FRIEND)
            .number(40033, 20_002)
            .text(40093, "小李");
        let column = Proto::default()
            .nest(40900, &cached(head, &[words("缓存")], &[]))
            .0;
        let reply = element(7).number(47402, 1).text(47413, "摘要");
        database.group(
            0,
            &[reply.clone(), words("好")],
            vec![cell(40011, 9), cell(40900, column)],
        );
        let placeholder = vec![0xA2, 0xFC, 0x13, 0x00];
        database.group(
            1,
            &[reply, words("好")],
            vec![cell(40011, 9), cell(40900, placeholder)],
        );
    });
    let quoted = |number| match &message(&given, number).parts[0] {
        Part::Quote(quote) => plain_text(&quote.parts),
        _ => panic!(),
    };
    assert_eq!(quoted(0), "缓存");
    assert_eq!(quoted(1), "摘要");
}

#[test]
fn bundles_hold_their_messages_to_any_sensible_depth() {
    let forward = || {
        element(16).text(48601, "resid").text(
            48602,
            "<msg serviceID=\"35\" m_resid=\"r\" tSum=\"2\"><item><title>聊天记录</title><title>小李: 好</title>\
             <summary>查看2条转发消息</summary></item></msg>",
        )
    };
    let head = |number: u64| {
        Proto::default()
            .number(40001, number)
            .number(40033, 20_002)
            .number(40050, START.cast_unsigned())
            .text(40093, "小李")
    };
    let given = read(|database| {
        let mut column = Proto::default()
            .nest(40900, &cached(head(1), &[words("最里面")], &[]))
            .0;
        for number in 0..20 {
            column = Proto::default()
                .nest(40900, &cached(head(number), &[forward()], &column))
                .0;
        }
        database.group(0, &[forward()], vec![cell(40011, 8), cell(40900, column)]);
        let two = Proto::default()
            .nest(40900, &cached(head(1), &[words("一")], &[]))
            .nest(
                40900,
                &cached(head(2), &[element(2).text(45402, "a.jpg")], &[]),
            )
            .0;
        database.group(1, &[forward()], vec![cell(40011, 8), cell(40900, two)]);
        database.group(2, &[forward()], vec![cell(40011, 8)]);
    });
    let bundle = |number| match &message(&given, number).parts[0] {
        Part::Forward(forward) => forward.clone(),
        other => panic!("{other:?}"),
    };
    let two = bundle(1);
    assert_eq!(
        (two.title.as_deref(), two.stated_count),
        (Some("聊天记录"), Some(2))
    );
    assert_eq!(two.summary, ["小李: 好"]);
    assert_eq!(two.native_id.as_deref(), Some("resid"));
    assert_eq!(two.messages.len(), 2);
    assert_eq!(two.messages[0].sender_native_id.as_deref(), Some("20002"));
    assert_eq!(two.messages[0].parts, [Part::text("一")]);
    assert_eq!(two.messages[1].parts[0].kind(), PartKind::Image);
    assert!(bundle(2).messages.is_empty() && bundle(2).raw.is_some());
    let mut depth = 0;
    let mut inner = *bundle(0);
    while let Some(Part::Forward(deeper)) = inner
        .messages
        .into_iter()
        .flat_map(|message| message.parts)
        .next()
    {
        inner = *deeper;
        depth += 1;
    }
    assert_eq!(depth, 16);
    assert!(
        given
            .collected
            .problems
            .iter()
            .any(|problem| problem.reason.contains("nested"))
    );
}
