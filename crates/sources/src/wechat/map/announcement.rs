//! 群公告 (87) and 接龙 (53).

use hutong_model::{Announcement, Part, Poll};

use crate::wechat::decode::{Document, Element, nested};

pub(super) fn announcement(app: Element<'_>) -> Part {
    let title = app.text_of("title");
    let text = app
        .text_of("textannouncement")
        .or_else(|| {
            app.find("textannouncement")
                .map(|found| found.text().trim().to_owned())
        })
        .filter(|text| !text.is_empty())
        .or_else(|| recorded(app))
        .or_else(|| app.text_of("des"))
        .or_else(|| title.clone())
        .unwrap_or_default();
    Part::Announcement(Box::new(Announcement {
        title: title.filter(|title| *title != text),
        text,
    }))
}

/// The texts of an announcement that has the form of a record.
fn recorded(app: Element<'_>) -> Option<String> {
    let record = app
        .child("recorditem")
        .or_else(|| app.child("announcement"))?;
    let source = nested(record);
    let document = Document::parse(&source);
    let list = document.root().find("datalist")?;
    let texts: Vec<String> = list
        .children()
        .filter_map(|item| item.text_of("datadesc"))
        .take(100)
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

pub(super) fn poll(app: Element<'_>) -> Part {
    let text = app
        .text_of("title")
        .or_else(|| app.text_of("des"))
        .unwrap_or_default();
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let options = lines()
        .filter(|line| is_entry(line))
        .map(str::to_owned)
        .collect();
    let title = lines()
        .map(|line| line.trim_start_matches("#接龙").trim())
        .find(|line| !line.is_empty() && !is_entry(line))
        .map(str::to_owned);
    Part::Poll(Box::new(Poll {
        title,
        text: text.clone(),
        options,
    }))
}

/// `1. 张三`: a number, a dot, words.
fn is_entry(line: &str) -> bool {
    let rest = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
    rest.len() < line.len() && rest.starts_with(['.', '、', '．'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::map::tests::body_of;

    #[test]
    fn an_announcement_is_its_text() {
        let body = body_of(
            49,
            "<msg><appmsg><title>群公告</title><type>87</type><textannouncement><![CDATA[明天 <8 点> 集合]]></textannouncement></appmsg></msg>",
        );
        let [Part::Announcement(announcement)] = &body.parts[..] else {
            panic!("announcement")
        };
        assert_eq!(announcement.text, "明天 <8 点> 集合");
    }

    #[test]
    fn entries_of_a_list_are_told_apart() {
        let body = body_of(
            49,
            "<msg><appmsg><title>#接龙\n周六爬山\n\n1. 张三\n2. 李四 +1</title><type>53</type></appmsg></msg>",
        );
        let [Part::Poll(poll)] = &body.parts[..] else {
            panic!("poll")
        };
        assert_eq!(poll.title.as_deref(), Some("周六爬山"));
        assert_eq!(poll.options, ["1. 张三", "2. 李四 +1"]);
    }
}
