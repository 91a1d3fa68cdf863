//! 拍一拍, in its two card forms and as a system row.

use hutong_model::{Nudge, Part};

use crate::wechat::decode::Element;

use super::{Body, Scope, Sender, account, template};

/// The most nudges that one row is read for.
const MAX_RECORDS: usize = 1_000;

/// An appmsg of type 62.
pub(super) fn card(scope: &Scope<'_>, app: Element<'_>) -> Body {
    let title = app.text_of("title").filter(|title| !title.contains("${"));
    if let Some(info) = app.child("patinfo") {
        return single(scope, info, title);
    }
    let mut body = records(scope, app.child("patMsg").unwrap_or(app));
    if let ([Part::Nudge(only)], Some(title)) = (body.parts.as_mut_slice(), title)
        && only.text.is_empty()
    {
        only.text = title;
    }
    body
}

/// The nudges of a list of records.
pub(super) fn records(scope: &Scope<'_>, block: Element<'_>) -> Body {
    let mut body = Body {
        sender: Sender::Nobody,
        ..Body::default()
    };
    let records = block
        .find("records")
        .into_iter()
        .flat_map(Element::children);
    for record in records.filter(|child| child.is("record")).take(MAX_RECORDS) {
        let words = record.text_of_any(&["templete", "template"]);
        nudge(
            scope,
            &mut body,
            [record.text_of("fromUser"), record.text_of("pattedUser")],
            words,
        );
    }
    if body.parts.is_empty() {
        nudge(scope, &mut body, [None, None], None);
    }
    body
}

/// One nudge as `patinfo` and as `<sysmsg type="pat">` state it; `words` are those that the client showed.
pub(super) fn single(scope: &Scope<'_>, info: Element<'_>, words: Option<String>) -> Body {
    let mut body = Body {
        sender: Sender::Nobody,
        ..Body::default()
    };
    let words = words.or_else(|| info.text_of_any(&["template", "templete"]));
    nudge(
        scope,
        &mut body,
        [info.text_of("fromusername"), info.text_of("pattedusername")],
        words,
    );
    body
}

fn nudge(
    scope: &Scope<'_>,
    body: &mut Body,
    [actor, target]: [Option<String>; 2],
    words: Option<String>,
) {
    let text = words
        .map(|words| template::names_filled_in(scope, &words))
        .unwrap_or_default();
    body.parts.push(Part::Nudge(Box::new(Nudge {
        actor: actor.as_deref().map(account),
        target: target.as_deref().map(account),
        text,
    })));
    if let (Some(actor), Sender::Nobody) = (&actor, &body.sender) {
        body.sender = Sender::Stated(actor.clone());
    }
    body.people.extend(
        [actor, target]
            .into_iter()
            .flatten()
            .map(|username| (username, None)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::map::tests::body_of;

    fn parsed(inner: &str) -> (Sender, Vec<Nudge>) {
        let body = body_of(
            49,
            &format!(
                "<msg><appmsg><title>{}</title><type>62</type>{inner}</appmsg></msg>",
                ""
            ),
        );
        let nudges = body.parts.into_iter().map(|part| match part {
            Part::Nudge(nudge) => *nudge,
            other => panic!("{other:?}"),
        });
        (body.sender, nudges.collect())
    }

    #[test]
    fn both_card_forms_name_their_people() {
        let (sender, nudges) = parsed(
            "<patMsg><chatUser>1@chatroom</chatUser><records><recordNum>1</recordNum><record><fromUser>a</fromUser><pattedUser>b</pattedUser><templete><![CDATA[${a} 拍了拍 ${b}]]></templete></record></records></patMsg>",
        );
        assert_eq!(sender, Sender::Stated("a".into()));
        assert_eq!(
            (nudges[0].text.as_str(), nudges[0].target),
            ("a 拍了拍 b", Some(account("b")))
        );
        let (sender, nudges) = parsed(
            "<patinfo><fromusername>a</fromusername><pattedusername>b</pattedusername><template><![CDATA[\"${a}\" 拍了拍 \"${b}\" 的头]]></template></patinfo>",
        );
        assert_eq!(sender, Sender::Stated("a".into()));
        assert_eq!(nudges[0].text, "\"a\" 拍了拍 \"b\" 的头");
    }

    #[test]
    fn a_nudge_without_people_is_still_one() {
        let (sender, nudges) = parsed("");
        assert_eq!((sender, nudges.len()), (Sender::Nobody, 1));
    }
}
