//! Writes the invented chat that the picture in the guide shows: `cargo run --example family_page -- FOLDER`.

mod picture;

use std::io::{Cursor, Read};

use hutong_model::{
    Attachment, AttachmentState, Call, CallKind, CallOutcome, Direction, File, Forward,
    ForwardedMessage, Image, Link, Mention, Message, Nudge, Part, Payment, PaymentKind,
    PaymentState, Place, Quote, Reaction, State, Sticker, System, Text, Timestamp, Voice,
};
use hutong_sinks::{Blobs, Context, Language, Output};
use hutong_testkit::{Cast, cast, every_part, message};

struct Drawn;

impl Blobs for Drawn {
    fn open(&self, attachment: &Attachment) -> std::io::Result<Option<Box<dyn Read>>> {
        Ok(match attachment.name.as_deref() {
            Some(name) if name.ends_with(".png") => Some(Box::new(Cursor::new(picture::river()))),
            Some(name) if name.ends_with(".wav") => Some(Box::new(Cursor::new(picture::tone()))),
            Some(name) if name.ends_with(".pdf") => {
                Some(Box::new(Cursor::new(vec![b' '; 184_320])))
            }
            _ => None,
        })
    }
}

fn stored(name: &str) -> Attachment {
    Attachment {
        name: Some(name.to_owned()),
        state: AttachmentState::Stored,
        ..Attachment::default()
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Appends a message some minutes after the one before.
struct Script<'a> {
    cast: &'a Cast,
    messages: Vec<Message>,
    minute: u32,
}

impl Script<'_> {
    fn say(&mut self, who: usize, minutes: u32, parts: Vec<Part>) -> &mut Message {
        self.minute += minutes;
        let sender = self.cast.people.get(who).copied().unwrap_or_default();
        let number = u32::try_from(self.messages.len()).unwrap_or(0);
        let mut said = message(&self.cast.group, sender, number, parts);
        said.sent_at = Timestamp::from_seconds(1_714_788_000 + i64::from(self.minute) * 60);
        self.messages.push(said);
        self.messages.last_mut().expect("one was pushed")
    }

    fn text(&mut self, who: usize, minutes: u32, text: &str) -> &mut Message {
        self.say(who, minutes, vec![Part::text(text)])
    }

    fn notice(&mut self, minutes: u32, part: Part) {
        let said = self.say(0, minutes, vec![part]);
        said.sender = None;
        said.direction = Direction::None;
    }
}

fn play(cast: &Cast) -> Vec<Message> {
    let mut script = Script {
        cast,
        messages: Vec::new(),
        minute: 0,
    };
    script.notice(
        0,
        Part::System(Box::new(System {
            text: "林海 邀请 小北 加入了群聊".to_owned(),
            ..System::default()
        })),
    );
    let question = script.text(1, 1, "明天的饭还是在江边那家吗？").id;
    script.text(1, 0, "我好久没去了，有点想那碗鱼汤。");
    script.text(2, 2, "就那家。我让他们把汤先炖上，小北爱喝。");
    script.say(
        3,
        1,
        vec![
            Part::text("谢谢外婆！"),
            Part::Sticker(Box::new(Sticker {
                meaning: some("爱心"),
                ..Sticker::default()
            })),
        ],
    );
    let place = script.say(
        2,
        2,
        vec![Part::Place(Box::new(Place {
            latitude: some("31.2397"),
            longitude: some("121.4998"),
            name: some("江边小馆"),
            address: some("临江路 18 号，渡口旁"),
        }))],
    );
    place.reactions = vec![Reaction {
        emoji: "👍".to_owned(),
        count: 3,
        accounts: Vec::new(),
    }];
    let answer = script.say(
        0,
        1,
        vec![
            Part::Quote(Box::new(Quote {
                author: cast.people.get(1).copied(),
                parts: vec![Part::text("明天的饭还是在江边那家吗？")],
                ..Quote::default()
            })),
            Part::Text(Text {
                text: "对，@林海 你六点从单位走就来得及。".to_owned(),
                mentions: vec![Mention {
                    name: "@林海".to_owned(),
                    ..Mention::default()
                }],
            }),
        ],
    );
    answer.reply_to = vec![question];
    script.text(0, 0, "我早点去占靠窗的位子。");
    script.say(
        2,
        3,
        vec![Part::Voice(Box::new(Voice {
            attachment: stored("voice.wav"),
            duration_ms: Some(11_000),
            transcript: some("你们路上慢一点，菜不急，人到了再炒。"),
        }))],
    );
    script.say(
        1,
        4,
        vec![Part::Payment(Box::new(Payment {
            kind: PaymentKind::Transfer,
            amount: some("200.00"),
            currency: some("CNY"),
            note: some("明天的饭，算我的"),
            state: PaymentState::Refunded,
            ..Payment::default()
        }))],
    );
    let withdrawn = script.text(2, 1, "谁要你的钱");
    withdrawn.state = State::Recalled {
        by: cast.people.get(2).copied(),
        at: None,
    };
    script.text(2, 1, "心意收到了，钱退你，人来就行。");
    script.minute += 24 * 60 + 290;
    script.say(
        0,
        0,
        vec![Part::Image(Box::new(Image {
            attachment: stored("river.png"),
            ..Image::default()
        }))],
    );
    script.text(0, 0, "靠窗的位子占到了，今天的晚霞给你们留着。");
    script.say(
        3,
        1,
        vec![Part::Call(Box::new(Call {
            kind: CallKind::Video,
            duration_ms: Some(95_000),
            outcome: CallOutcome::Finished,
            text: None,
        }))],
    );
    script.notice(
        2,
        Part::Nudge(Box::new(Nudge {
            text: "小北 拍了拍 林海".to_owned(),
            ..Nudge::default()
        })),
    );
    script.say(
        3,
        3,
        vec![Part::Forward(Box::new(Forward {
            title: some("外婆和店家的聊天记录"),
            messages: [
                ("外婆", "鱼要江里的，汤别放味精"),
                ("江边小馆", "放心，早上刚到的鱼，给您留了最大的一条"),
            ]
            .into_iter()
            .map(|(name, words)| ForwardedMessage {
                sender_name: some(name),
                sent_at: Some(Timestamp::from_seconds(1_714_875_000)),
                parts: vec![Part::text(words)],
                ..ForwardedMessage::default()
            })
            .collect(),
            ..Forward::default()
        }))],
    );
    script.say(
        0,
        2,
        vec![Part::File(Box::new(File {
            attachment: stored("江边小馆菜单.pdf"),
        }))],
    );
    script.say(
        1,
        1,
        vec![Part::Link(Box::new(Link {
            url: some("https://example.com/ferry"),
            title: some("末班渡船改到晚上九点半"),
            description: some("五月起，周末加开两班。"),
            source: some("江上消息"),
        }))],
    );
    script.say(
        2,
        0,
        vec![Part::Image(Box::new(Image {
            attachment: Attachment {
                name: some("全家福.jpg"),
                size_bytes: Some(3_250_000),
                ..Attachment::default()
            },
            ..Image::default()
        }))],
    );
    script.messages
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name a folder to write to")?;
    let cast = cast();
    let group = cast.group.id;
    let members = |chat| {
        if chat == group {
            cast.people.clone()
        } else {
            Vec::new()
        }
    };
    let mut context = Context::new(&cast.names, &Drawn);
    context.members = Some(&members);
    context.zone = jiff::tz::TimeZone::get("Asia/Shanghai")?;
    context.title = "我家的聊天".to_owned();
    context.generated_by = "互通 Hutong";
    context.options.overwrite = true;
    if arguments.next().is_some() {
        context.language = Language::En;
    }
    let format = hutong_sinks::format("html").ok_or("the format is listed")?;
    let mut export = format.start(Output::Folder(folder.into()), &context)?;
    let messages = play(&cast);
    export.conversation(&cast.group, messages.len() as u64)?;
    messages
        .iter()
        .try_for_each(|message| export.message(message))?;
    // The direct chat shows one of everything.
    let parts = every_part();
    export.conversation(&cast.direct, parts.len() as u64)?;
    for (number, part) in (0..).zip(parts) {
        let sender = cast
            .people
            .get(usize::from(number % 3 == 0))
            .copied()
            .unwrap_or_default();
        export.message(&message(&cast.direct, sender, number, vec![part]))?;
    }
    export.finish()?;
    Ok(())
}
