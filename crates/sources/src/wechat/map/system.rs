//! 系统事件: plain words, words with markup, and the many forms of `<sysmsg>`.

use hutong_model::{Part, System, SystemEvent};

use crate::wechat::decode::{Document, Element, percent_decoded, visible_text};

use super::{Body, Scope, Sender, Withdrawal, account, nudge, seconds, template};

fn event(event: SystemEvent, text: String, people: Vec<(String, Option<String>)>) -> Body {
    let accounts = people
        .iter()
        .map(|(username, _)| account(username))
        .collect();
    let part = Part::System(Box::new(System {
        event,
        text,
        accounts,
    }));
    Body {
        sender: Sender::Nobody,
        people,
        ..Body::of(part)
    }
}

/// Words whose event follows from them.
fn told(text: &str, people: Vec<(String, Option<String>)>) -> Body {
    event(event_of(text), text.trim().to_owned(), people)
}

/// A row of the client itself (51, functionmsg): kept, counted, not shown.
pub(super) fn hidden(content: &str) -> Body {
    let words = visible_text(content).trim().to_owned();
    Body {
        is_hidden: true,
        ..event(SystemEvent::Notice, words, Vec::new())
    }
}

/// A notice (9999): JSON or text.
pub(super) fn notice(content: &str) -> Body {
    let json = serde_json::from_str::<serde_json::Value>(content.trim()).ok();
    let words = json.as_ref().and_then(|json| {
        let fields = ["text", "content", "msgContent", "msg", "title", "desc"];
        fields.iter().find_map(|field| {
            json.get(field)?
                .as_str()
                .filter(|words| !words.trim().is_empty())
        })
    });
    told(
        &words.map_or_else(|| visible_text(content), Into::into),
        Vec::new(),
    )
}

/// A system row (10000, 10002), in any of its forms whatever its type says.
pub(super) fn body(scope: &Scope<'_>, content: &str) -> Body {
    if !content.contains('<') {
        return told(&visible_text(content), Vec::new());
    }
    let document = Document::parse(content);
    let root = document.root();
    if let Some(message) = root.find("sysmsg") {
        return sysmsg(scope, message);
    }
    if let Some(template) = root.find("content_template") {
        return templated(scope, template);
    }
    if let Some(revoked) = root.find("revokemsg") {
        return recalled(revoked);
    }
    if let Some(pinned) = root
        .find("mmchatroomtopmsg")
        .filter(|pinned| pinned.has_children())
    {
        return top_message(pinned);
    }
    told(&root.deep_text(), Vec::new())
}

fn sysmsg(scope: &Scope<'_>, message: Element<'_>) -> Body {
    let kind = message.attribute("type").unwrap_or_default();
    // The block is named like the type; some clients leave it out or spell it otherwise.
    let block = message
        .child(&kind)
        .or_else(|| message.children().next())
        .unwrap_or(message);
    match kind.to_ascii_lowercase().as_str() {
        "revokemsg" => recalled(block),
        "sysmsgtemplate" => match block.find("content_template") {
            Some(template) => templated(scope, template),
            None => told(&words_of(block), Vec::new()),
        },
        "delchatroommember" => members_changed(block),
        "pat" | "patmsg" => pat(scope, block),
        "mmchatroomtopmsg" => top_message(block),
        "editrevokecontent" => {
            let text = block.text_of("text").unwrap_or_else(|| words_of(block));
            event(SystemEvent::Recalled, text, Vec::new())
        }
        "paymsg" => payment(block),
        "functionmsg" => hidden(&message.deep_text()),
        _ => told(&words_of(block), Vec::new()),
    }
}

/// The words of a block of any shape: its text elements, else all text in it.
fn words_of(block: Element<'_>) -> String {
    let named = block.text_of_any(&[
        "text", "plain", "wording", "content", "title", "tips", "msg",
    ]);
    let words = named.unwrap_or_else(|| block.deep_text());
    visible_text(&words).trim().to_owned()
}

/// A recall names the message and says what is shown in its place.
fn recalled(block: Element<'_>) -> Body {
    let replacement = block
        .text_of("replacemsg")
        .or_else(|| block.text_of("content"));
    let text = replacement.unwrap_or_else(|| block.text().trim().to_owned());
    let mut at = seconds(block.number_of("revoketime"));
    let text = if text.contains("<content>") {
        let inner = Document::parse(&text);
        at = at.or_else(|| seconds(inner.root().number_of("revoketime")));
        inner.root().text_of("content").unwrap_or_default()
    } else {
        text
    };
    let withdrawal = Withdrawal {
        server_id: block.number_of("newmsgid").filter(|id| *id != 0),
        at,
    };
    Body {
        withdrawal: Some(withdrawal),
        ..event(SystemEvent::Recalled, text, Vec::new())
    }
}

fn templated(scope: &Scope<'_>, block: Element<'_>) -> Body {
    let filled = template::filled(scope, block);
    told(&filled.text, filled.people)
}

fn members_changed(block: Element<'_>) -> Body {
    let text = block.text_of_any(&["plain", "text"]).unwrap_or_default();
    let list = block.find("memberlist");
    let members = list
        .into_iter()
        .flat_map(Element::children)
        .filter_map(|member| {
            let username = if member.is("username") {
                Some(member.text().trim().to_owned())
            } else {
                member.text_of("username")
            };
            username.filter(|username| !username.is_empty())
        });
    told(
        &visible_text(&text),
        members.map(|username| (username, None)).collect(),
    )
}

fn pat(scope: &Scope<'_>, block: Element<'_>) -> Body {
    let records = block
        .find("records")
        .into_iter()
        .flat_map(Element::children);
    if records.into_iter().any(|record| record.is("record")) {
        nudge::records(scope, block)
    } else {
        nudge::single(scope, block, None)
    }
}

fn top_message(block: Element<'_>) -> Body {
    let username = block.text_of("username");
    let who = block
        .text_of("nickname")
        .or_else(|| username.clone())
        .unwrap_or_default();
    let did = if block.number_of("op") == Some(2) {
        "移除了一条置顶消息"
    } else {
        "置顶了一条消息"
    };
    let text = block
        .text_of("plain")
        .unwrap_or_else(|| format!("{who}{did}"));
    let people = username
        .map(|username| (username, block.text_of("nickname")))
        .into_iter()
        .collect();
    event(SystemEvent::Pinned, text, people)
}

/// A payment notice, written as in an address.
fn payment(block: Element<'_>) -> Body {
    let content = block
        .text_of("appmsgcontent")
        .map(|content| percent_decoded(&content));
    let words = match content {
        Some(content) if content.contains('<') => {
            let document = Document::parse(&content);
            let root = document.root();
            ["title", "des", "text", "content"]
                .iter()
                .find_map(|name| {
                    root.find(name)
                        .map(|found| found.text().trim().to_owned())
                        .filter(|text| !text.is_empty())
                })
                .unwrap_or_else(|| root.deep_text())
        }
        Some(content) => content,
        None => words_of(block),
    };
    event(SystemEvent::Payment, words.trim().to_owned(), Vec::new())
}

/// What system words say, from the sentences that the client writes.
fn event_of(text: &str) -> SystemEvent {
    const WORDS: &[(&str, SystemEvent)] = &[
        ("撤回了", SystemEvent::Recalled),
        ("recalled a message", SystemEvent::Recalled),
        ("解散", SystemEvent::Disbanded),
        ("移出了群聊", SystemEvent::Left),
        ("移出群聊", SystemEvent::Left),
        ("退出了群聊", SystemEvent::Left),
        ("退出群聊", SystemEvent::Left),
        ("removed", SystemEvent::Left),
        ("left the group", SystemEvent::Left),
        ("加入了群聊", SystemEvent::Joined),
        ("加入群聊", SystemEvent::Joined),
        ("进入群聊", SystemEvent::Joined),
        ("joined the group", SystemEvent::Joined),
        ("to the group chat", SystemEvent::Joined),
        ("修改群名为", SystemEvent::Renamed),
        ("changed the group name", SystemEvent::Renamed),
        ("置顶", SystemEvent::Pinned),
        ("禁言", SystemEvent::Muted),
        ("创建了群聊", SystemEvent::Created),
        ("发起了群聊", SystemEvent::Created),
        ("领取了", SystemEvent::Payment),
        ("红包", SystemEvent::Payment),
        ("转账", SystemEvent::Payment),
        ("已退还", SystemEvent::Payment),
    ];
    WORDS
        .iter()
        .find(|(word, _)| text.contains(word))
        .map_or(SystemEvent::Notice, |(_, event)| *event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::map::tests::body_of;

    fn parsed(content: &str) -> (System, Body) {
        let body = body_of(10_000, content);
        match &body.parts[..] {
            [Part::System(system)] => ((**system).clone(), body),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn plain_words_say_what_happened() {
        let event = |text: &str| parsed(text).0.event;
        assert_eq!(event("\"甲\"邀请\"乙\"加入了群聊"), SystemEvent::Joined);
        assert_eq!(event("你将\"乙\"移出了群聊"), SystemEvent::Left);
        assert_eq!(event("甲修改群名为“新”"), SystemEvent::Renamed);
        assert_eq!(event("\"甲\" 撤回了一条消息"), SystemEvent::Recalled);
        assert_eq!(
            event("<img src=\"x\"/>甲领取了你的<a href=\"y\">红包</a>"),
            SystemEvent::Payment
        );
        assert_eq!(event("以上是打招呼的内容"), SystemEvent::Notice);
        assert_eq!(parsed("a<b>c</b>").1.sender, Sender::Nobody);
    }

    #[test]
    fn a_recall_names_its_message_in_every_form() {
        let (system, body) = parsed(
            "<sysmsg type=\"revokemsg\"><revokemsg><session>s</session><newmsgid>77</newmsgid><replacemsg><![CDATA[\"甲\" 撤回了一条消息]]></replacemsg></revokemsg></sysmsg>",
        );
        assert_eq!(
            (system.event, system.text.as_str()),
            (SystemEvent::Recalled, "\"甲\" 撤回了一条消息")
        );
        assert_eq!(body.withdrawal.unwrap().server_id, Some(77));
        let (system, body) = parsed(
            "1@chatroom:\n<sysmsg type=\"revokemsg\"><revokemsg><newmsgid>8</newmsgid><replacemsg><![CDATA[<content>撤了</content><revoketime>1700000000</revoketime>]]></replacemsg></revokemsg></sysmsg>",
        );
        assert_eq!(system.text, "撤了");
        assert_eq!(body.withdrawal.unwrap().at, seconds(Some(1_700_000_000)));
        let (system, body) = parsed("<revokemsg>你撤回了一条消息</revokemsg>");
        assert_eq!(system.text, "你撤回了一条消息");
        assert_eq!(body.withdrawal, Some(Withdrawal::default()));
    }

    #[test]
    fn members_are_kept_as_accounts() {
        let (system, body) = parsed(
            "<sysmsg type=\"delchatroommember\"><delchatroommember><plain><![CDATA[你将\"乙\"移出了群聊]]></plain><text>x</text><link><memberlist><username>wxid_b</username></memberlist></link></delchatroommember></sysmsg>",
        );
        assert_eq!(
            (system.event, system.accounts),
            (SystemEvent::Left, vec![account("wxid_b")])
        );
        assert_eq!(body.people, [("wxid_b".to_owned(), None)]);
    }

    #[test]
    fn the_other_forms_have_words_too() {
        let words = |content: &str| parsed(content).0.text;
        assert_eq!(
            words(
                "<sysmsg type=\"mmchatroomtopmsg\"><mmchatroomtopmsg><op>2</op><username>a</username><nickname>甲</nickname></mmchatroomtopmsg></sysmsg>"
            ),
            "甲移除了一条置顶消息"
        );
        assert_eq!(
            words(
                "<sysmsg type=\"editrevokecontent\"><editrevokecontent><text>你撤回了一条消息</text><link><text>重新编辑</text></link></editrevokecontent></sysmsg>"
            ),
            "你撤回了一条消息"
        );
        assert_eq!(
            words(
                "<sysmsg type=\"paymsg\"><paymsg><appmsgcontent>%E6%94%B6%E6%AC%BE</appmsgcontent></paymsg></sysmsg>"
            ),
            "收款"
        );
        assert_eq!(
            words(
                "<sysmsg type=\"NewXmlChatRoomAccessVerifyApplication\"><NewXmlChatRoomAccessVerifyApplication><text><![CDATA[甲想邀请]]></text></NewXmlChatRoomAccessVerifyApplication></sysmsg>"
            ),
            "甲想邀请"
        );
        assert!(
            parsed(
                "<sysmsg type=\"functionmsg\"><functionmsg><cgi>/x</cgi></functionmsg></sysmsg>"
            )
            .1
            .is_hidden
        );
        assert!(body_of(51, "<msg><op id=\"2\"/></msg>").is_hidden);
        let notice = body_of(9999, "{\"type\":\"n\",\"text\":\"系统通知\"}");
        assert!(matches!(&notice.parts[..], [Part::System(system)] if system.text == "系统通知"));
    }

    #[test]
    fn a_nudge_as_a_system_row_has_its_sender() {
        let body = body_of(
            10_000,
            "<sysmsg type=\"pat\"><pat><fromusername>a</fromusername><chatusername>r</chatusername><pattedusername>b</pattedusername><template><![CDATA[\"${a}\" 拍了拍 \"${b}\"]]></template></pat></sysmsg>",
        );
        assert_eq!(body.sender, Sender::Stated("a".to_owned()));
        assert!(
            matches!(&body.parts[..], [Part::Nudge(nudge)] if nudge.text == "\"a\" 拍了拍 \"b\"")
        );
    }
}
