//! Gray tips: recalls, what happens to groups, pokes, notices.

use hutong_model::{AccountId, Nudge, Part, Quote, System, SystemEvent};
use serde_json::Value;

use super::super::decode::{
    Event, FileTip, MarkupTip, Mute, Person, Recall, TempTip, TipKind, tip_kind, words,
};
use super::super::directory::PersonIndex;
use super::{Mapper, RecallTip, Scope, unknown};
use crate::qq::markup::{self, Token};

/// Actions (48211) and businesses (48212, 48215) of JSON tips.
const POKE_ACTION: u64 = 12;
const POKE_BUSINESS: u64 = 1061;
const PACKET_ACTION: u64 = 16;
const PACKET_BUSINESS: u64 = 19357;
/// Longer JSON is not looked at.
const MOST_BYTES: usize = 1 << 20;

/// Somebody whom a tip names.
#[derive(Debug, Clone, Default)]
struct Named {
    person: Option<PersonIndex>,
    name: String,
}

/// Words of a tip, and the people among them in order.
#[derive(Debug, Default)]
struct Line {
    text: String,
    people: Vec<PersonIndex>,
}

impl Mapper<'_> {
    /// The parts of a gray tip: one, or more where it brings the withdrawn message with it.
    pub(super) fn gray_tip(&mut self, raw: &[u8], scope: Scope, parts: &mut Vec<Part>) {
        let sub = TipKind::read(raw).sub.unwrap_or(0);
        let part = match sub {
            tip_kind::RECALL => return self.recall(raw, scope, parts),
            tip_kind::GROUP_EVENT => self.group_event(raw),
            tip_kind::FILE => self.file_tip(raw),
            tip_kind::XML | tip_kind::JSON => self.markup_tip(raw, sub),
            tip_kind::TEMP_SESSION => self.temporary(raw, scope),
            _ => None,
        };
        parts.push(part.unwrap_or_else(|| worded(raw, sub)));
    }

    // ---- 撤回 --------------------------------------------------------------------------------------------------

    fn recall(&mut self, raw: &[u8], scope: Scope, parts: &mut Vec<Part>) {
        let tip = Recall::read(raw);
        let author = self.directory.person(tip.author_uid.unwrap_or_default(), 0);
        let operator = self
            .directory
            .person(tip.operator_uid.unwrap_or_default(), 0)
            .or(author);
        let first = [tip.first_card, tip.first_remark, tip.first_nick]
            .into_iter()
            .find_map(|name| self.field(name));
        let second = [tip.second_card, tip.second_remark, tip.second_nick]
            .into_iter()
            .find_map(|name| self.field(name));
        let is_own = author.is_none() || operator == author;
        let (operator_name, author_name) =
            if is_own || !self.is_swapped(operator, author, &first, &second) {
                (
                    first.clone().or_else(|| second.clone().filter(|_| is_own)),
                    second,
                )
            } else {
                (second, first)
            };
        let operator_name = operator_name
            .or_else(|| self.known_name(operator))
            .unwrap_or_default();
        let mut text = if is_own {
            format!("{operator_name}撤回了一条消息")
        } else {
            let author_name = author_name
                .or_else(|| self.known_name(author))
                .unwrap_or_default();
            format!("{operator_name}撤回了{author_name}的一条消息")
        };
        if let Some(suffix) = self.field(tip.suffix) {
            text.push_str(&suffix);
        }
        let by = operator.map(|operator| self.directory.account(operator));
        if scope.depth == 0 {
            self.found.recall = Some(RecallTip { by });
        }
        let mut accounts: Vec<AccountId> = by.into_iter().collect();
        if let Some(author) = author.filter(|_| !is_own) {
            accounts.push(self.directory.account(author));
        }
        parts.push(system(SystemEvent::Recalled, text, accounts));
        let original = self.snapshot_elements(raw, 47710, scope);
        if !original.is_empty() {
            parts.push(Part::Quote(Box::new(Quote {
                author: author.map(|author| self.directory.account(author)),
                author_native_id: author.map(|author| self.directory.native_id(author)),
                parts: original,
                ..Quote::default()
            })));
        }
    }

    /// Whether the first name is the author's. The sources disagree about the order; known names decide.
    fn is_swapped(
        &self,
        operator: Option<PersonIndex>,
        author: Option<PersonIndex>,
        first: &Option<String>,
        second: &Option<String>,
    ) -> bool {
        let is = |person: Option<PersonIndex>, name: &Option<String>| {
            let known = person.and_then(|person| self.directory.name(person));
            known.is_some() && known == name.as_deref()
        };
        let in_order = is(operator, first) || is(author, second);
        !in_order && (is(operator, second) || is(author, first))
    }

    // ---- Groups ------------------------------------------------------------------------------------------------

    fn group_event(&mut self, raw: &[u8]) -> Option<Part> {
        let event = Event::read(raw);
        let member = self.named(event.member_uid, event.member_card, event.member_nick);
        let other = self.named(event.other_uid, event.other_card, event.other_nick);
        let group = self.field(event.group_name).unwrap_or_default();
        let (who, by) = (&member.name, &other.name);
        let has_other = !by.is_empty();
        let (event, text) = match event.kind? {
            1 if has_other => (SystemEvent::Joined, format!("{by}邀请{who}加入了群聊")),
            1 => (SystemEvent::Joined, format!("{who}加入了群聊")),
            2 => (SystemEvent::Disbanded, format!("{who}解散了群聊")),
            3 if has_other => (SystemEvent::Left, format!("{who}被{by}移出群聊")),
            3 => (SystemEvent::Left, format!("{who}退出了群聊")),
            4 => (SystemEvent::Created, format!("{who}创建了群聊")),
            5 => (SystemEvent::Renamed, format!("{who}将群名修改为“{group}”")),
            6 => (SystemEvent::Notice, "群聊被封禁".to_owned()),
            7 => (SystemEvent::Notice, "群聊解除封禁".to_owned()),
            8 => return Some(self.mute(event.mute, member, other)),
            9 | 10 => (SystemEvent::Notice, "群聊被回收".to_owned()),
            _ => return None,
        };
        let people = [member, other].map(|named| named.person);
        Some(system(event, text, self.accounts(people)))
    }

    fn mute(&mut self, detail: Option<&[u8]>, member: Named, other: Named) -> Part {
        let mute = Mute::read(detail.unwrap_or_default());
        let operator = mute
            .operator
            .map(|raw| self.nested_person(raw))
            .unwrap_or(other);
        let muted = mute
            .member
            .map(|raw| self.nested_person(raw))
            .unwrap_or(member);
        let seconds = mute.seconds.unwrap_or(0);
        let whom = if muted.name.is_empty() {
            "全体成员"
        } else {
            &muted.name
        };
        let by = &operator.name;
        let text = if seconds == 0 {
            format!("{whom}被{by}解除禁言")
        } else {
            format!("{whom}被{by}禁言{}", span(seconds))
        };
        let people = [muted.person, operator.person];
        system(SystemEvent::Muted, text, self.accounts(people))
    }

    fn nested_person(&mut self, raw: &[u8]) -> Named {
        let person = Person::read(raw);
        self.named(person.uid.or(person.tip_uid), person.nick, person.tip_nick)
    }

    // ---- The rest ----------------------------------------------------------------------------------------------

    fn file_tip(&mut self, raw: &[u8]) -> Option<Part> {
        let name = self.field(FileTip::read(raw).name)?;
        Some(system(
            SystemEvent::FileReceived,
            format!("文件“{name}”传输完成"),
            Vec::new(),
        ))
    }

    fn temporary(&mut self, raw: &[u8], scope: Scope) -> Option<Part> {
        let group = self.field(TempTip::read(raw).group)?;
        let text = format!("来自群{group}的临时会话");
        if scope.depth == 0 {
            self.found.group = Some(group);
        }
        Some(system(SystemEvent::Notice, text, Vec::new()))
    }

    /// Tips of XML or JSON: pokes become nudges, the rest notices.
    fn markup_tip(&mut self, raw: &[u8], sub: u64) -> Option<Part> {
        let tip = MarkupTip::read(raw);
        let mut line = None;
        if sub == tip_kind::JSON {
            line = self.field(tip.json).and_then(|json| self.json_line(&json));
        }
        if line.as_ref().is_none_or(|line: &Line| line.text.is_empty()) {
            line = self
                .field(tip.xml)
                .map(|xml| self.xml_line(&xml))
                .filter(|line| !line.text.is_empty())
                .or(line);
        }
        let mut line = line.unwrap_or_default();
        if line.text.trim().is_empty() {
            line.text = self.field(tip.text)?;
        }
        let is_poke = tip.action == Some(POKE_ACTION)
            || [tip.business, tip.business_id].contains(&Some(POKE_BUSINESS))
            || (sub == tip_kind::JSON
                && ["戳了戳", "拍了拍"]
                    .iter()
                    .any(|word| line.text.contains(word)));
        if is_poke {
            let person = |mapper: &mut Self, raw: Option<&[u8]>, position: usize| {
                let stated = raw.and_then(|raw| mapper.nested_person(raw).person);
                let person = stated.or_else(|| line.people.get(position).copied());
                person.map(|person| mapper.directory.account(person))
            };
            let (actor, target) = (person(self, tip.actor, 0), person(self, tip.target, 1));
            return Some(Part::Nudge(Box::new(Nudge {
                actor,
                target,
                text: line.text,
            })));
        }
        let is_packet = tip.action == Some(PACKET_ACTION) || tip.business == Some(PACKET_BUSINESS);
        let event = if is_packet {
            SystemEvent::Payment
        } else {
            event_of(&line.text)
        };
        let people = std::mem::take(&mut line.people);
        Some(system(
            event,
            line.text,
            self.accounts(people.into_iter().map(Some)),
        ))
    }

    fn json_line(&mut self, json: &str) -> Option<Line> {
        if json.len() > MOST_BYTES {
            return None;
        }
        let value: Value = serde_json::from_str(json).ok()?;
        let mut line = Line::default();
        for item in value.get("items")?.as_array()? {
            let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
            match text("type") {
                "qq" => {
                    let uid = if text("uid").is_empty() {
                        text("uin")
                    } else {
                        text("uid")
                    };
                    self.add_person(uid, text("nm"), &mut line);
                }
                "img" => {}
                _ => line.text.push_str(text("txt")),
            }
        }
        Some(line)
    }

    fn xml_line(&mut self, xml: &str) -> Line {
        let mut line = Line::default();
        markup::walk(xml, &mut |token| {
            let Token::Open(name, attributes) = token else {
                return;
            };
            match name {
                "qq" => {
                    let uid = attributes
                        .get("uin")
                        .or(attributes.get("uid"))
                        .unwrap_or_default();
                    self.add_person(uid, attributes.get("nm").unwrap_or_default(), &mut line);
                }
                "nor" | "url" => line
                    .text
                    .push_str(attributes.get("txt").unwrap_or_default()),
                _ => {}
            }
        });
        line
    }

    /// A person in a line: the name that is written there, else the one that is known. `id` is a uid or a number.
    fn add_person(&mut self, id: &str, name: &str, line: &mut Line) {
        let person = match id.parse() {
            Ok(uin) => self.directory.person(&[], uin),
            Err(_) => self.directory.person(id.as_bytes(), 0),
        };
        line.people.extend(person);
        if name.trim().is_empty() {
            line.text
                .push_str(&self.known_name(person).unwrap_or_default());
        } else {
            line.text.push_str(name);
        }
    }

    fn named(&mut self, uid: Option<&[u8]>, card: Option<&[u8]>, nick: Option<&[u8]>) -> Named {
        let person = self.directory.person(uid.unwrap_or_default(), 0);
        let name = self
            .field(card)
            .or_else(|| self.field(nick))
            .or_else(|| self.known_name(person));
        Named {
            person,
            name: name.unwrap_or_default(),
        }
    }

    /// The name of a person, or the id where no name is known.
    fn known_name(&mut self, person: Option<PersonIndex>) -> Option<String> {
        let person = person?;
        // Names come with the account record.
        self.directory.account(person);
        let name = self.directory.name(person).map(str::to_owned);
        Some(name.unwrap_or_else(|| self.directory.native_id(person)))
    }

    fn accounts(
        &mut self,
        people: impl IntoIterator<Item = Option<PersonIndex>>,
    ) -> Vec<AccountId> {
        people
            .into_iter()
            .flatten()
            .map(|person| self.directory.account(person))
            .collect()
    }
}

fn system(event: SystemEvent, text: String, accounts: Vec<AccountId>) -> Part {
    Part::System(Box::new(System {
        event,
        text,
        accounts,
    }))
}

/// A tip whose layout is not known: its words if it has any.
fn worded(raw: &[u8], sub: u64) -> Part {
    let words = words(raw);
    if words.is_empty() {
        return unknown(format!("gray tip {sub}"), raw);
    }
    system(SystemEvent::Notice, words.join(" "), Vec::new())
}

/// What a line of plain words announces, where its ending leaves no doubt.
fn event_of(text: &str) -> SystemEvent {
    let text = text.trim_end_matches(['。', '！', '!', ' ']);
    let ends = |endings: &[&str]| endings.iter().any(|ending| text.ends_with(ending));
    if ends(&[
        "加入了群聊",
        "加入群聊",
        "加入本群",
        "加入了本群",
        "进入了群聊",
    ]) {
        SystemEvent::Joined
    } else if ends(&[
        "退出了群聊",
        "退出群聊",
        "退出了本群",
        "移出了群聊",
        "移出群聊",
    ]) {
        SystemEvent::Left
    } else {
        SystemEvent::Notice
    }
}

/// 1天2小时3分钟.
fn span(seconds: u64) -> String {
    let mut text = String::new();
    let mut rest = seconds;
    for (unit, name) in [(86_400, "天"), (3_600, "小时"), (60, "分钟"), (1, "秒")] {
        if rest >= unit {
            text.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_spelled_out() {
        assert_eq!(span(90_061), "1天1小时1分钟1秒");
        assert_eq!(span(600), "10分钟");
    }
}
