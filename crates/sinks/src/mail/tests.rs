//! Mails read back: what was said and sent is there again.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex};

use hutong_model::{Attachment, AttachmentState, Digest, File, Message, Part};
use hutong_testkit::{cast, message};
use mail_parser::{MessageParser, MimeHeaders};

use crate::conformance::mail::mails;
use crate::{Blobs, Context, MailUnit, Output, format};

/// Holds files by their names.
#[derive(Default)]
struct Held(BTreeMap<String, Vec<u8>>);

impl Blobs for Held {
    fn open(&self, attachment: &Attachment) -> std::io::Result<Option<Box<dyn Read>>> {
        let name = attachment.name.as_deref().unwrap_or_default();
        Ok(self
            .0
            .get(name)
            .map(|bytes| Box::new(Cursor::new(bytes.clone())) as Box<dyn Read>))
    }
}

fn file(name: &str) -> Part {
    Part::File(Box::new(File {
        attachment: Attachment {
            name: Some(name.to_owned()),
            state: AttachmentState::Stored,
            sha256: Some(Digest::of(name.as_bytes())),
            ..Attachment::default()
        },
    }))
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The mailbox of these messages of the group.
fn mailbox(
    unit: MailUnit,
    blobs: &dyn Blobs,
    make: impl FnOnce(&hutong_testkit::Cast) -> Vec<Message>,
) -> String {
    let cast = cast();
    let mut context = Context::new(&cast.names, blobs);
    context.zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    context.options.one_mail_per = Some(unit);
    let shared = Shared::default();
    let output = Output::Stream(Box::new(shared.clone()));
    let mut export = format("mbox").unwrap().start(output, &context).unwrap();
    export.conversation(&cast.group, 0).unwrap();
    for message in make(&cast) {
        export.message(&message).unwrap();
    }
    export.finish().unwrap();
    let bytes = shared.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_was_said_comes_back_word_for_word() {
    let texts = [
        "From here on\n>From there\n--\n.\n",
        "好的，我带一点水果过去",
        "mostly ASCII with é, a = sign and a very long line that goes on and on until it cannot stand in one line any more",
        "From 2024 on, é\n  two blanks at the end  \n\nlast",
        "=?UTF-8?B?5ZGo5pyr?=",
    ];
    let mailbox = mailbox(MailUnit::Message, &Held::default(), |cast| {
        let say = |(number, text): (u32, &&str)| {
            message(&cast.group, cast.people[1], number, vec![Part::text(*text)])
        };
        (0..).zip(&texts).map(say).collect()
    });
    let mails = mails(&mailbox);
    assert_eq!(mails.len(), texts.len());
    for (mail, text) in mails.into_iter().zip(texts) {
        let parsed = MessageParser::new().parse(mail).unwrap();
        let body = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        assert_eq!(body.trim_end_matches('\n'), text.trim_end_matches('\n'));
        assert_eq!(parsed.from().unwrap().first().unwrap().name(), Some("林海"));
        assert_eq!(
            parsed.from().unwrap().first().unwrap().address(),
            Some("wxid_lin_hai@wechat.invalid")
        );
        assert!(
            parsed.subject().unwrap().starts_with("[微信] 周末一起吃饭"),
            "{:?}",
            parsed.subject()
        );
    }
}

#[test]
fn files_come_back_byte_for_byte() {
    let mut held = Held::default();
    let long: Vec<u8> = (0..200_000_u32)
        .map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()[2])
        .collect();
    held.0
        .insert("账目 2024, \"最终\".bin".to_owned(), long.clone());
    held.0.insert("empty.txt".to_owned(), Vec::new());
    for unit in [MailUnit::Message, MailUnit::Day] {
        let mailbox = mailbox(unit, &held, |cast| {
            let parts = vec![
                Part::text("看"),
                file("账目 2024, \"最终\".bin"),
                file("empty.txt"),
                file("gone.txt"),
            ];
            vec![message(&cast.group, cast.people[1], 0, parts)]
        });
        let parsed = MessageParser::new().parse(mails(&mailbox)[0]).unwrap();
        let parts: Vec<_> = parsed.attachments().collect();
        let number = if unit == MailUnit::Day { "001 " } else { "" };
        let name = format!("{number}账目 2024, _最终_.bin");
        assert_eq!(parts[0].attachment_name(), Some(name.as_str()));
        assert_eq!(parts[0].contents(), long);
        assert_eq!(parts[1].contents(), b"");
        // What cannot be had is said where it would stand.
        assert!(mailbox.contains(&base64_of("[缺失: gone.txt]")) || unit == MailUnit::Day);
        assert!(parsed.body_text(0).unwrap().contains('看'));
    }
}

fn base64_of(text: &str) -> String {
    let mut out = Vec::new();
    crate::paint::base64::write(text.as_bytes(), &mut out);
    // The last digits depend on what follows.
    out.truncate(text.len() / 3 * 4);
    String::from_utf8(out).unwrap()
}

#[test]
fn an_answer_names_what_it_answers() {
    let mailbox = mailbox(MailUnit::Message, &Held::default(), |cast| {
        let first = message(&cast.group, cast.people[1], 0, vec![Part::text("吃什么？")]);
        let mut second = message(&cast.group, cast.people[2], 1, vec![Part::text("面")]);
        second.reply_to = vec![first.id];
        vec![first, second]
    });
    let mails = mails(&mailbox);
    let [first, second] =
        [mails[0], mails[1]].map(|mail| MessageParser::new().parse(mail).unwrap());
    assert_eq!(second.in_reply_to().as_text(), first.message_id());
    assert_eq!(second.references().as_text(), first.message_id());
    assert!(first.in_reply_to().as_text().is_none());
}

#[test]
fn a_day_is_a_mail_and_a_long_day_several() {
    let mailbox = mailbox(MailUnit::Day, &Held::default(), |cast| {
        // 08:00 UTC is 16:00 in Shanghai: 480 minutes later a new day begins there.
        (0..2500)
            .map(|number| {
                message(
                    &cast.group,
                    cast.people[1],
                    number * 5,
                    vec![Part::text("喂")],
                )
            })
            .collect()
    });
    let mails = mails(&mailbox);
    let mut messages = 0;
    let mut subjects = std::collections::BTreeSet::new();
    for mail in &mails {
        let parsed = MessageParser::new().parse(*mail).unwrap();
        assert!(subjects.insert(parsed.subject().unwrap().to_owned()));
        messages += parsed.body_text(0).unwrap().matches("林海: 喂").count();
    }
    assert_eq!(messages, 2500);
    // 96 messages before midnight, then 288 a day.
    assert_eq!(mails.len(), 1 + (2500 - 96_usize).div_ceil(288));
    assert!(subjects.contains("[微信] 周末一起吃饭 · 2024-05-02"));

    let mailbox = self::mailbox(MailUnit::Day, &Held::default(), |cast| {
        let at = |number| {
            let mut one = message(&cast.group, cast.people[1], number, vec![Part::text("喂")]);
            one.sent_at = hutong_model::Timestamp::from_seconds(1_714_550_400 + i64::from(number));
            one
        };
        (0..2500).map(at).collect()
    });
    assert_eq!(crate::conformance::mail::mails(&mailbox).len(), 3);
    assert!(mailbox.contains("Message-ID: <day-2024-05-01-3@"));
}
