//! A web archive written by hand from the words of the fact sheet, §8.2 and decision 8.

use std::io::Read as _;

use hutong_model::{Direction, Part, PartKind, ProblemKind};

use super::tests::read;

const STYLE: &str =
    "style=\"font-size:9pt;font-family:'宋体','MS Sans Serif',sans-serif;\" color='000000'";

/// Header, table and pictures as the message manager writes them; `colon` is what stands behind names in headers.
fn archive(colon: &str, rows: &[String], pictures: &str) -> Vec<u8> {
    let table = rows.join("\r\n");
    let text = format!(
        "\u{feff}From{colon}<Save by Tencent MsgMgr>\r\nSubject{colon}Tencent IM Message\r\nMIME-Version{colon}1.0\r\n\
         Content-Type{colon}multipart/related;\r\n\tcharset=\"utf-8\"\r\n\ttype=\"text/html\";\r\n\tboundary=\"----=_NextPart_20190923\"\r\n\r\n\
         ------=_NextPart_20190923\r\nContent-Type{colon}text/html\r\nContent-Transfer-Encoding{colon}7bit\r\n\r\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" /><title>QQ Message</title>\
         <style type=\"text/css\">body{{font-size:12px;}}</style></head><body><table width=100% cellspacing=0>{table}</table></body></html>\r\n{pictures}"
    );
    text.into_bytes()
}

fn heading(object: &str) -> String {
    format!(
        "<tr><td><div style=padding-left:10px;><br><b>消息记录</b></div></td></tr><tr><td><div style=padding-left:10px;>消息分组:我的QQ群</div></td></tr>\
         <tr><td><div style=padding-left:10px;>消息对象:{object}</div></td></tr><tr><td><div style=padding-left:10px;>&nbsp;</div></td></tr>"
    )
}

fn date(day: &str) -> String {
    format!(
        "<tr><td style=border-bottom-width:1px;border-bottom-color:#8EC3EB;>日期: {day}</td></tr>"
    )
}

fn message(sender: &str, time: &str, body: &str) -> String {
    format!(
        "<tr><td><div style=color:#42B475;padding-left:10px;><div style=float:left;margin-right:6px;>{sender}</div>{time}</div><div style=padding-left:20px;>{body}</div></td></tr>"
    )
}

fn font(words: &str) -> String {
    format!("<font {STYLE}>{words}</font>")
}

#[test]
fn rows_of_the_fact_sheet() {
    let picture = "\r\n------=_NextPart_20190923\r\nContent-Type:image/jpeg\r\nContent-Transfer-Encoding:base64\r\n\
        Content-Location:{0A1B2C3D-4E5F-6a7b-8C9D-0E1F2A3B4C5D}.dat\r\n\r\niVBORw0KGgo=\r\n\r\n------=_NextPart_20190923--\r\n";
    let rows = [
        heading("灯塔 &amp; 友"),
        date("2019-09-23"),
        message(
            "【管理员】甲&nbsp;乙(10001)",
            "8:43:38&nbsp;PM",
            &font("你好&nbsp;&lt;b&get; a&gt;b &amp;lt;"),
        ),
        message(
            "(B)(456456)",
            "12:00:01&nbsp;AM",
            &format!(
                "{}<IMG src=\"{{0a1b2c3d-4e5f-6A7B-8c9d-0e1f2a3b4c5d}}.dat\">{}",
                font("看"),
                font("吧")
            ),
        ),
        message(
            "ノ)&lt;kao@mail.example&gt;",
            " 8:44:00 PM",
            "<IMG src={FFFFFFFF-0000-0000-0000-000000000000}.dat>",
        ),
        message("系统消息(10000)", "8:45:00 PM", &font("丙加入本群。")),
        message("甲(10001)", "8:46:00 PM", ""),
        date("2019-09-24"),
        message(
            "甲(10001)",
            "0:00:01 AM",
            &format!(
                "{}<br>{}<br><a href=\"http://a.example/?a=1&amp;b=2\">http://a.example/?a=1&amp;b=2</a>",
                font("转：乙(456456) 2018-01-01 8:00:00"),
                font("旧话")
            ),
        ),
        heading("小满"),
        date("2020-01-01"),
        message("小满", "8:00:00", &font("在吗")),
        message("我", "8:00:01", &font("在")),
    ];
    let whole = archive(": ", &rows, picture);
    for bytes in [whole.clone(), archive(":", &rows, picture)] {
        let (messages, collected) = read(&bytes);
        assert_eq!(messages.len(), 8, "{:?}", collected.problems);
        assert!(
            collected
                .problems
                .iter()
                .all(|problem| problem.kind == ProblemKind::Note)
        );
        let words: Vec<String> = messages
            .iter()
            .map(|message| {
                let words = message.parts.iter().map(|part| match part {
                    Part::Text(text) => text.text.clone(),
                    Part::System(system) => system.text.clone(),
                    other => format!("<{}>", other.kind().as_str()),
                });
                words.collect()
            })
            .collect();
        assert_eq!(
            words,
            [
                "你好 <b> a>b &lt;",
                "看<image>吧",
                "<image>",
                "丙加入本群。",
                "",
                "转：乙(456456) 2018-01-01 8:00:00\n旧话\nhttp://a.example/?a=1&b=2",
                "在吗",
                "在"
            ]
        );
        let times: Vec<String> = messages
            .iter()
            .map(|message| message.sent_at.to_rfc3339())
            .collect();
        assert_eq!(times[0], "2019-09-23T12:43:38.000Z");
        assert_eq!(times[1], "2019-09-22T16:00:01.000Z");
        assert_eq!(times[5], "2019-09-23T16:00:01.000Z");
        assert_eq!(messages[0].sender_name.as_deref(), Some("【管理员】甲 乙"));
        assert_eq!(messages[3].kind(), PartKind::System);
        assert_eq!(
            (messages[6].direction, messages[7].direction),
            (Direction::In, Direction::Out)
        );
        let contents: Vec<Option<Vec<u8>>> = messages
            .iter()
            .flat_map(|message| &message.parts)
            .filter_map(|part| match part {
                Part::Image(image) => Some(image.attachment.content.as_ref().map(|content| {
                    let mut bytes = Vec::new();
                    content.0.open().unwrap().read_to_end(&mut bytes).unwrap();
                    assert_eq!(image.attachment.media_type.as_deref(), Some("image/png"));
                    bytes
                })),
                _ => None,
            })
            .collect();
        assert_eq!(contents, [Some(b"\x89PNG\r\n\x1a\n".to_vec()), None]);
    }
    // A table that breaks off keeps the rows before it.
    let cut = whole.len() - picture.len() - 200;
    let (messages, collected) = read(&whole[..cut]);
    assert!(messages.len() >= 6);
    assert!(
        collected
            .problems
            .iter()
            .any(|problem| problem.kind == ProblemKind::Damage)
    );
}
