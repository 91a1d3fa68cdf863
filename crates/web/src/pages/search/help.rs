//! The query language in one table.

use maud::{Markup, html};

use crate::listing::address;
use crate::visitor::Visitor;

/// Examples, each with what it finds in both languages.
const ROWS: &[(&str, &str, &str)] = &[
    ("合同 付款", "两个词都出现", "both words"),
    (
        "\"完整短语\"",
        "连在一起的词",
        "words that follow each other",
    ),
    (
        "-草稿",
        "不含这个词；也可用于 from: in: kind: 等",
        "not this word; also before from: in: kind: and others",
    ),
    (
        "from:张三",
        "某人发的：名字、备注、群名片、编号、拼音或首字母",
        "sent by: any name, id, pinyin or initials",
    ),
    ("from:me", "自己发的", "sent by yourself"),
    ("in:项目群", "在某个会话里", "in a chat"),
    (
        "on:wechat",
        "在某个平台上：wechat、qq",
        "on a messenger: wechat, qq",
    ),
    (
        "kind:image",
        "某种内容：image video file voice link payment …",
        "a kind of content: image video file voice link payment …",
    ),
    (
        "has:attachment",
        "带附件；has:reply 是回复",
        "with an attachment; has:reply answers something",
    ),
    (
        "is:recalled",
        "已撤回；另有 is:deleted is:mine",
        "recalled; also is:deleted, is:mine",
    ),
    (
        "after:2024-06",
        "从这天起（年、月或日）",
        "from that day on (a year, month or day)",
    ),
    ("before:2024-06-15", "在这天之前", "before that day"),
    ("during:2024-05", "在这段时间里", "in that time"),
    ("from:张三,李四", "其中任何一个", "either of them"),
];

/// The table; examples are links that try them.
pub(super) fn table(visitor: &Visitor, is_open: bool) -> Markup {
    html! {
        details.help open[is_open] {
            summary { (visitor.pick("怎样搜索", "How to search")) }
            div.table tabindex="0" role="region" aria-label=(visitor.pick("怎样搜索", "How to search")) {
                table {
                    thead { tr {
                        th scope="col" { (visitor.pick("写法", "Write")) }
                        th scope="col" { (visitor.pick("找到的消息", "Finds")) }
                    } }
                    tbody {
                        @for (example, zh, en) in ROWS {
                            tr {
                                th scope="row" { a href=(address("/search", &[("q", example)])) { code { (example) } } }
                                td { (visitor.pick(zh, en)) }
                            }
                        }
                    }
                }
            }
            p.soft {
                (visitor.pick(
                    "条件之间是“并且”。繁简体、大小写、全角半角都算相同。条件也有中文写法：来自： 会话： 平台： 类型： 含： 状态： 之前： 之后： 日期：",
                    "Conditions are joined by “and”. Traditional and simplified characters, upper and lower case, full and half width are the same.",
                ))
            }
        }
    }
}
