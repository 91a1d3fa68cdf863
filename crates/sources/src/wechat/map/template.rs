//! Sentences with gaps: `${username}` of nudges, `$name$` of system events.

use crate::wechat::decode::{Element, visible_text};

use super::Scope;

/// The most links that a template is read for.
const MAX_LINKS: usize = 200;

/// A template's sentence and whom it names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) text: String,
    /// Usernames and the names that the template gives them.
    pub(super) people: Vec<(String, Option<String>)>,
}

/// Replaces every `${username}` by the name of whoever it is; no dollar sign of a gap is left.
pub(super) fn names_filled_in(scope: &Scope<'_>, words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, tail)) = rest.split_once("${") {
        out.push_str(before);
        match tail.split_once('}') {
            Some((username, after)) => {
                out.push_str(scope.people.shown(username.trim()));
                rest = after;
            }
            None => {
                out.push_str(tail);
                rest = "";
            }
        }
    }
    out.push_str(rest);
    out
}

/// Fills in a `content_template` from its list of links.
pub(super) fn filled(scope: &Scope<'_>, template: Element<'_>) -> Filled {
    let links: Vec<Link> = template
        .child("link_list")
        .into_iter()
        .flat_map(Element::children)
        .filter(|child| child.is("link"))
        .take(MAX_LINKS)
        .filter_map(|link| Link::parse(scope, link))
        .collect();
    let sentence = template
        .text_of("template")
        .map(|sentence| visible_text(&sentence).into_owned());
    let plain = template
        .text_of("plain")
        .map(|plain| visible_text(&plain).into_owned());
    let text = match sentence {
        Some(sentence) => replaced(&sentence, &links),
        None => plain.unwrap_or_default(),
    };
    let people = links.into_iter().flat_map(|link| link.people).collect();
    Filled {
        text: text.trim().to_owned(),
        people,
    }
}

/// What stands for one gap.
struct Link {
    name: String,
    words: String,
    people: Vec<(String, Option<String>)>,
}

impl Link {
    fn parse(scope: &Scope<'_>, link: Element<'_>) -> Option<Self> {
        let name = link.attribute("name")?.into_owned();
        let members = link
            .child("memberlist")
            .into_iter()
            .flat_map(Element::children)
            .filter(|child| child.is("member"));
        let people: Vec<(String, Option<String>)> = members
            .filter_map(|member| Some((member.text_of("username")?, member.text_of("nickname"))))
            .collect();
        let is_hidden = link
            .attribute("hidden")
            .is_some_and(|hidden| hidden == "1" || hidden == "true");
        let kind = link.attribute("type").unwrap_or_default();
        let words = if is_hidden {
            String::new()
        } else if kind == "link_profile" || !people.is_empty() {
            // A separator may be a blank, so it is not trimmed away like other texts.
            let separator = link
                .child("separator")
                .map(|separator| separator.text().into_owned());
            let separator = separator
                .filter(|separator| !separator.is_empty())
                .unwrap_or_else(|| "、".to_owned());
            let names: Vec<&str> = people
                .iter()
                .map(|(username, nickname)| {
                    nickname
                        .as_deref()
                        .unwrap_or_else(|| scope.people.shown(username))
                })
                .collect();
            names.join(&separator)
        } else {
            link.text_of_any(&["plain", "title"]).unwrap_or_default()
        };
        Some(Self {
            name,
            words,
            people,
        })
    }
}

/// Replaces every `$name$`; gaps that nothing is said about vanish.
fn replaced(sentence: &str, links: &[Link]) -> String {
    let mut out = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some(start) = rest.find('$') {
        let (before, tail) = rest.split_at(start);
        out.push_str(before);
        let tail = tail.get(1..).unwrap_or_default();
        let gap = tail.split_once('$').filter(|(name, _)| is_gap(name));
        match gap {
            Some((name, after)) => {
                let link = links.iter().find(|link| link.name == name);
                out.push_str(link.map_or("", |link| link.words.as_str()));
                rest = after;
            }
            None => {
                out.push('$');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_gap(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::decode::Document;
    use crate::wechat::map::tests::with_scope;

    fn fill(source: &str) -> Filled {
        let document = Document::parse(source);
        with_scope(|scope| filled(scope, document.root().find("content_template").unwrap()))
    }

    #[test]
    fn members_take_the_place_of_their_gap() {
        let text = fill(
            "<content_template type=\"tmpl_type_profile\"><plain/><template><![CDATA[\"$username$\"邀请\"$names$\"加入了群聊 $revoke$]]></template><link_list><link name=\"username\" type=\"link_profile\"><memberlist><member><username>a</username><nickname>张三</nickname></member></memberlist></link><link name=\"names\" type=\"link_profile\"><memberlist><member><username>b</username><nickname><![CDATA[李$x$四]]></nickname></member><member><username>c</username><nickname/></member></memberlist><separator><![CDATA[、]]></separator></link><link name=\"revoke\" type=\"link_revoke\" hidden=\"1\"><title>撤销</title></link></link_list></content_template>",
        );
        assert_eq!(text.text, "\"张三\"邀请\"李$x$四、c\"加入了群聊");
        assert_eq!(text.people.len(), 3);
        assert_eq!(text.people[2], ("c".to_owned(), None));
    }

    #[test]
    fn no_gap_is_left_over() {
        let text = fill(
            "<content_template><template>$username$ 花了 5$ 和 $amount$</template><link_list/></content_template>",
        );
        assert_eq!(text.text, "花了 5$ 和");
        let plain = fill("<content_template><plain>你好</plain><template/></content_template>");
        assert_eq!(plain.text, "你好");
    }
}
