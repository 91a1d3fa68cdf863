//! Merged forwards (聊天记录): records that hold messages, and further records.

use std::fmt::Write as _;

use crate::rng::Rng;
use crate::text::{escaped, wall_clock};

/// One `<dataitem>`.
#[derive(Clone, Debug)]
pub(super) struct Item {
    kind: u8,
    name: String,
    time: i64,
    children: String,
}

impl Item {
    /// An item of a data type; `children` are its type's own elements as XML.
    pub(super) fn new(kind: u8, name: &str, time: i64, children: String) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            time,
            children,
        }
    }

    /// Words.
    pub(super) fn words(name: &str, time: i64, words: &str) -> Self {
        Self::new(
            1,
            name,
            time,
            format!("<datadesc>{}</datadesc>", escaped(words)),
        )
    }

    /// A record inside the record.
    pub(super) fn nested(name: &str, time: i64, record: &str) -> Self {
        Self::new(
            17,
            name,
            time,
            format!("<datatitle>聊天记录</datatitle><recordxml>{record}</recordxml>"),
        )
    }
}

/// `<recordinfo>` with the items; `stated` is what it says their number is.
pub(super) fn record_info(rng: &mut Rng, title: &str, items: &[Item], stated: usize) -> String {
    let mut out = format!(
        "<recordinfo><fromscene>0</fromscene><title>{title}</title><desc>{title}</desc><info>{title}</info><isChatRoom>1</isChatRoom>\
         <favcreatetime>0</favcreatetime><edittime>0</edittime><datalist count=\"{stated}\">",
        title = escaped(title)
    );
    for (number, item) in items.iter().enumerate() {
        let _ = write!(
            out,
            "<dataitem datatype=\"{}\" dataid=\"{}\" htmlid=\"{number}\"><sourcename>{}</sourcename>\
             <sourceheadurl>http://heads.example/r</sourceheadurl><sourcetime>{}</sourcetime><srcMsgCreateTime>{}</srcMsgCreateTime>\
             <fromnewmsgid>{}</fromnewmsgid><dataitemsource><hashusername>{:x}</hashusername></dataitemsource>{}</dataitem>",
            item.kind,
            rng.hex32(),
            escaped(&item.name),
            wall_clock(item.time),
            item.time,
            rng.draw() >> 1,
            rng.draw(),
            item.children,
        );
    }
    out.push_str("</datalist></recordinfo>");
    out
}

/// `<recorditem>` around a record, in one of the two spellings.
pub(super) fn record_item(record: &str, is_cdata: bool) -> String {
    if is_cdata {
        format!("<recorditem><![CDATA[{record}]]></recorditem>")
    } else {
        format!("<recorditem>{}</recorditem>", escaped(record))
    }
}
