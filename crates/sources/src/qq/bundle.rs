//! What the XML of a forward bundle shows before it is opened.

use hutong_model::Forward;

use super::markup::{self, Token};

/// Title, preview lines and count of a bundle's XML.
pub(crate) fn preview(xml: &str) -> Forward {
    let mut forward = Forward::default();
    let mut inside = String::new();
    let mut tip_count = None;
    markup::walk(xml, &mut |token| match token {
        Token::Open(name, attributes) => {
            name.clone_into(&mut inside);
            if name == "msg" {
                forward.native_id = attributes.get("m_resid").map(str::to_owned);
                tip_count = attributes
                    .get("tSum")
                    .and_then(|count| count.trim().parse().ok());
            }
            if matches!(name, "title" | "summary") {
                forward.summary.push(format!("{name}:"));
            }
        }
        Token::Text(text) => {
            if matches!(inside.as_str(), "title" | "summary")
                && let Some(line) = forward.summary.last_mut()
            {
                line.push_str(text);
            }
        }
        Token::Close => inside.clear(),
    });
    let mut lines = Vec::new();
    for line in std::mem::take(&mut forward.summary) {
        if let Some(text) = line.strip_prefix("summary:") {
            forward.stated_count = forward.stated_count.or_else(|| first_number(text));
        } else if let Some(text) = line.strip_prefix("title:").map(str::trim) {
            if forward.title.is_none() {
                forward.title = Some(text.to_owned()).filter(|title| !title.is_empty());
            } else {
                lines.push(text.to_owned());
            }
        }
    }
    forward.summary = lines;
    forward.stated_count = forward.stated_count.or(tip_count);
    forward
}

/// The number in `查看3条转发消息`.
pub(crate) fn first_number(text: &str) -> Option<u64> {
    let digits = text
        .split(|letter: char| !letter.is_ascii_digit())
        .find(|digits| !digits.is_empty())?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preview_of_a_bundle_is_read_from_its_xml() {
        let forward = preview(
            "<?xml version='1.0'?><msg serviceID=\"35\" m_resid=\"R1\" tSum=\"2\"><item layout=\"1\">\
             <title color=\"#000\">群聊的聊天记录</title><title>张三: 1 &lt; 2</title><title>李四: 好</title>\
             <hr/><summary>查看12条转发消息</summary></item><source name=\"聊天记录\"/></msg>",
        );
        assert_eq!(forward.title.as_deref(), Some("群聊的聊天记录"));
        assert_eq!(forward.summary, ["张三: 1 < 2", "李四: 好"]);
        assert_eq!(forward.stated_count, Some(12));
        assert_eq!(forward.native_id.as_deref(), Some("R1"));
    }
}
