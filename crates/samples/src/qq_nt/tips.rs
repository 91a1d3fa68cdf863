//! Gray tips: elements of type 8.

use crate::protobuf::Message;

use super::cast::Party;
use super::elements::Body;

/// Begins a tip.
fn tip(body: &mut Body, sub: u64) -> Message {
    let mut element = body.element(8);
    element.varint(45003, sub);
    element
}

impl Body {
    /// A recall; `wording` is the operator's own ending.
    pub(super) fn recall(&mut self, operator: &Party, author: &Party, wording: &str) -> &mut Self {
        let mut element = tip(self, 1);
        element
            .varint(47702, u64::from(operator.uid != author.uid))
            .text(47703, &operator.uid)
            .text(47704, &author.uid)
            .text(47705, &operator.nick)
            .text(47706, &operator.remark)
            .text(47707, "")
            .text(47713, wording)
            .text(47714, &author.nick)
            .text(47715, &author.remark)
            .text(47716, "");
        self.add(&element)
    }

    /// Something that happened in a group.
    pub(super) fn group_event(
        &mut self,
        code: u64,
        one: &Party,
        other: Option<&Party>,
        group: &str,
    ) -> &mut Self {
        let mut element = tip(self, 4);
        element
            .varint(48501, code)
            .text(48503, &one.uid)
            .text(48504, &one.nick)
            .text(48505, "");
        if let Some(other) = other {
            element
                .text(48506, &other.uid)
                .text(48507, &other.nick)
                .text(48508, "");
        }
        element.text(48509, group);
        self.add(&element)
    }

    /// Somebody was muted for so many seconds; 0 lifts it.
    pub(super) fn mute(
        &mut self,
        operator: &Party,
        target: &Party,
        seconds: u64,
        time: i64,
    ) -> &mut Self {
        let (mut from, mut to, mut detail) = (Message::new(), Message::new(), Message::new());
        from.text(1000, &operator.uid);
        to.text(1000, &target.uid).text(20002, &target.nick);
        detail
            .nest(48521, &from)
            .nest(48522, &to)
            .varint(48531, time.unsigned_abs())
            .varint(48532, seconds);
        let mut element = tip(self, 4);
        element
            .varint(48501, 8)
            .nest(48541, &detail)
            .varint(48542, time.unsigned_abs());
        self.add(&element)
    }

    /// A file has arrived.
    pub(super) fn file_done(&mut self, name: &str, size: u64) -> &mut Self {
        let mut element = tip(self, 10);
        element.text(45402, name).varint(45405, size);
        self.add(&element)
    }

    /// A tip of XML: one person, some words, another person.
    pub(super) fn xml_tip(&mut self, one: &Party, words: &str, other: &Party) -> &mut Self {
        let xml = format!(
            "<gtip align=\"center\"><qq uin=\"{}\" nm=\"\" col=\"3\" jp=\"\"/><nor txt=\"{words}\"/><qq uin=\"{}\" nm=\"{}\" col=\"3\" jp=\"\"/><img src=\"\"/></gtip>",
            one.uid, other.uid, other.nick
        );
        let mut element = tip(self, 12);
        element.text(48214, &xml);
        self.add(&element)
    }

    /// A temporary chat through a group begins.
    pub(super) fn temporary(&mut self, group: &str) -> &mut Self {
        let mut element = tip(self, 15);
        element.text(47502, group);
        self.add(&element)
    }

    /// A tip of JSON.
    pub(super) fn json_tip(&mut self, json: &str, plain: &str) -> &mut Self {
        let mut element = tip(self, 17);
        element
            .text(48271, json)
            .text(48274, plain)
            .varint(48215, 1);
        self.add(&element)
    }

    /// 戳一戳.
    pub(super) fn poke(&mut self, actor: &Party, target: &Party) -> &mut Self {
        let json = format!(
            "{{\"align\":\"center\",\"items\":[{{\"type\":\"qq\",\"uid\":\"{}\",\"nm\":\"\",\"col\":\"1\"}},{{\"type\":\"img\",\"src\":\"http://icons.example/poke.png\",\"alt\":\"戳了戳\"}},{{\"type\":\"nor\",\"txt\":\"戳了戳\"}},{{\"type\":\"qq\",\"uid\":\"{}\",\"nm\":\"\",\"col\":\"1\"}},{{\"type\":\"nor\",\"txt\":\"的脑袋\"}}]}}",
            actor.uid, target.uid
        );
        let person = |party: &Party| {
            let mut message = Message::new();
            message.text(1005, &party.uid).text(1006, &party.nick);
            message
        };
        let mut element = tip(self, 17);
        element
            .nest(48210, &person(actor))
            .varint(48211, 12)
            .varint(48212, 1061)
            .text(48214, &format!("<gtip align=\"center\"><qq uin=\"{}\"/><nor txt=\"戳了戳\"/><qq uin=\"{}\"/></gtip>", actor.uid, target.uid))
            .varint(48215, 1061);
        for (name, value) in [("uin_str1", &actor.uid), ("uin_str2", &target.uid)] {
            let mut parameter = Message::new();
            parameter.text(1005, name).text(1006, value);
            element.nest(48217, &parameter);
        }
        element.text(48271, &json).nest(43210, &person(target));
        self.add(&element)
    }

    /// A tip of a kind that is rarely seen, with some words in it.
    pub(super) fn rare_tip(&mut self, sub: u64, words: &str) -> &mut Self {
        let mut element = tip(self, sub);
        element.text(48274, words);
        self.add(&element)
    }
}
