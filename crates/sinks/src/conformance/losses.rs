//! Every format does with every kind of content what its table says.

use hutong_model::{
    Announcement, Attachment, Call, Card, ChannelPost, Contact, Conversation, File, Forward,
    ForwardedMessage, Image, Link, Mention, Message, MiniApp, NativeId, NativeIdName, Nudge, Part,
    PartKind, Payment, Place, Poll, Quote, Reaction, Revision, State, Sticker, System, Text,
    Timestamp, Unknown, Video, Voice,
};
use hutong_testkit::{Cast, cast, message};

use super::{Files, context};
use crate::{Context, FORMATS, Fact, Fate, Feature, Format, Language};

/// Each of these must be found; of the words of one mark, any will do.
type Marks = Vec<Vec<String>>;

fn marks<const N: usize>(words: [&str; N]) -> Marks {
    words.iter().map(|word| vec![(*word).to_owned()]).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn named(name: &str) -> Attachment {
    Attachment {
        name: some(name),
        size_bytes: Some(4_321_000),
        ..Attachment::default()
    }
}

/// A part of this kind, with a mark in every field that people see.
fn part(kind: PartKind) -> (Part, Marks) {
    match kind {
        PartKind::Text => (Part::text("zmarktext"), marks(["zmarktext"])),
        PartKind::Image => (
            Part::Image(Box::new(Image {
                attachment: named("zmarkimage.png"),
                ..Image::default()
            })),
            marks(["zmarkimage"]),
        ),
        PartKind::Voice => (
            Part::Voice(Box::new(Voice {
                attachment: named("zmarkvoice.amr"),
                duration_ms: Some(754_000),
                transcript: some("zmarktranscript"),
            })),
            vec![
                vec!["zmarktranscript".to_owned()],
                vec!["12:34".to_owned(), "754".to_owned()],
            ],
        ),
        PartKind::Video => (
            Part::Video(Box::new(Video {
                attachment: named("zmarkvideo.mp4"),
                ..Video::default()
            })),
            marks(["zmarkvideo"]),
        ),
        PartKind::File => (
            Part::File(Box::new(File {
                attachment: named("zmarkfile.xlsx"),
            })),
            marks(["zmarkfile"]),
        ),
        PartKind::Sticker => (
            Part::Sticker(Box::new(Sticker {
                meaning: some("zmarkmeaning"),
                ..Sticker::default()
            })),
            marks(["zmarkmeaning"]),
        ),
        PartKind::Place => (
            Part::Place(Box::new(Place {
                latitude: some("31.2397"),
                longitude: some("121.4998"),
                name: some("zmarkplace"),
                address: some("zmarkaddress"),
            })),
            marks(["zmarkplace", "zmarkaddress", "31.2397"]),
        ),
        PartKind::Contact => (
            Part::Contact(Box::new(Contact {
                native_id: some("zmarkcontactid"),
                name: some("zmarkcontact"),
                ..Contact::default()
            })),
            marks(["zmarkcontact", "zmarkcontactid"]),
        ),
        PartKind::Link => (
            Part::Link(Box::new(Link {
                url: some("https://example.com/zmarkurl"),
                title: some("zmarktitle"),
                description: some("zmarkdescription"),
                source: None,
            })),
            marks(["zmarkurl", "zmarktitle", "zmarkdescription"]),
        ),
        PartKind::MiniApp => (
            Part::MiniApp(Box::new(MiniApp {
                app: some("zmarkapp"),
                title: some("zmarktitle"),
                ..MiniApp::default()
            })),
            marks(["zmarkapp", "zmarktitle"]),
        ),
        PartKind::ChannelPost => (
            Part::ChannelPost(Box::new(ChannelPost {
                author: some("zmarkauthor"),
                description: some("zmarkdescription"),
                form: "post".to_owned(),
                ..ChannelPost::default()
            })),
            marks(["zmarkauthor", "zmarkdescription"]),
        ),
        PartKind::Quote => (
            Part::Quote(Box::new(Quote {
                author_name: some("zmarkauthor"),
                parts: vec![Part::text("zmarkquoted")],
                ..Quote::default()
            })),
            marks(["zmarkauthor", "zmarkquoted"]),
        ),
        PartKind::Forward => (Part::Forward(Box::new(bundle())), {
            marks([
                "zmarktitle",
                "zmarkouter",
                "zmarkouterperson",
                "zmarkinnermost",
            ])
        }),
        PartKind::Payment => (
            Part::Payment(Box::new(Payment {
                amount: some("7654.32"),
                currency: some("CNY"),
                note: some("zmarknote"),
                ..Payment::default()
            })),
            vec![
                vec!["7654.32".to_owned(), "7,654.32".to_owned()],
                vec!["zmarknote".to_owned()],
            ],
        ),
        PartKind::Call => (
            Part::Call(Box::new(Call {
                duration_ms: Some(754_000),
                ..Call::default()
            })),
            vec![vec!["12:34".to_owned(), "754".to_owned()]],
        ),
        PartKind::Nudge => (
            Part::Nudge(Box::new(Nudge {
                text: "zmarknudge".to_owned(),
                ..Nudge::default()
            })),
            marks(["zmarknudge"]),
        ),
        PartKind::Announcement => (
            Part::Announcement(Box::new(Announcement {
                title: some("zmarktitle"),
                text: "zmarkannounced".to_owned(),
            })),
            marks(["zmarktitle", "zmarkannounced"]),
        ),
        PartKind::Poll => (
            Part::Poll(Box::new(Poll {
                title: some("zmarktitle"),
                text: String::new(),
                options: vec!["zmarkoption".to_owned(), "zmarkother".to_owned()],
            })),
            marks(["zmarktitle", "zmarkoption", "zmarkother"]),
        ),
        PartKind::System => (
            Part::System(Box::new(System {
                text: "zmarksystem".to_owned(),
                ..System::default()
            })),
            marks(["zmarksystem"]),
        ),
        PartKind::Card => (
            Part::Card(Box::new(Card {
                title: some("zmarktitle"),
                text: some("zmarkcard"),
                fields: vec![("zmarklabel".to_owned(), "zmarkvalue".to_owned())],
                ..Card::default()
            })),
            marks(["zmarktitle", "zmarkcard", "zmarkvalue"]),
        ),
        PartKind::Unknown => (
            Part::Unknown(Box::new(Unknown {
                kind: "zmarkkind".to_owned(),
                text: some("zmarkunknown"),
                raw: b"{}".to_vec(),
            })),
            marks(["zmarkunknown"]),
        ),
    }
}

fn bundle() -> Forward {
    let inner = Forward {
        messages: vec![ForwardedMessage {
            parts: vec![Part::text("zmarkinnermost")],
            ..ForwardedMessage::default()
        }],
        ..Forward::default()
    };
    Forward {
        title: some("zmarktitle"),
        messages: vec![ForwardedMessage {
            sender_name: some("zmarkouterperson"),
            parts: vec![Part::text("zmarkouter"), Part::Forward(Box::new(inner))],
            ..ForwardedMessage::default()
        }],
        ..Forward::default()
    }
}

/// The scene for this feature: one message of the group, with marks.
fn marked(cast: &mut Cast, feature: Feature) -> (Message, Marks) {
    let sender = cast.people[1];
    let text = |text: &str| vec![Part::text(text)];
    let fact = match feature {
        Feature::Part(kind) => {
            let (part, marks) = part(kind);
            return (message(&cast.group, sender, 7, vec![part]), marks);
        }
        Feature::Fact(fact) => fact,
    };
    let mut message = message(&cast.group, sender, 7, text("zsaid"));
    let marks = match fact {
        Fact::AttachmentBytes => {
            message.parts = vec![Part::File(Box::new(File {
                attachment: Attachment {
                    state: hutong_model::AttachmentState::Stored,
                    sha256: Some(hutong_model::Digest::of(b"zmarkbyteszname.txt")),
                    ..named("zname.txt")
                },
            }))];
            marks(["zmarkbytes"])
        }
        Fact::Mentions => {
            message.parts = vec![Part::Text(Text {
                text: "@somebody".to_owned(),
                mentions: vec![Mention {
                    native_id: some("zmarkmentioned"),
                    name: "@somebody".to_owned(),
                    ..Mention::default()
                }],
            })];
            marks(["zmarkmentioned"])
        }
        Fact::Reply => {
            message.reply_to = vec![target(cast).id];
            Marks::new()
        }
        Fact::Recall => {
            message.state = State::Recalled { by: None, at: None };
            vec![["撤回", "recalled", "Recalled"].map(str::to_owned).to_vec()]
        }
        Fact::Revisions => {
            message.revisions = vec![Revision {
                at: Some(Timestamp::from_seconds(1_714_560_000)),
                parts: text("zmarkrevision"),
            }];
            marks(["zmarkrevision"])
        }
        Fact::Reactions => {
            message.reactions = vec![Reaction {
                emoji: "🥟".to_owned(),
                count: 1,
                accounts: vec![cast.people[0]],
            }];
            marks(["🥟"])
        }
        Fact::SenderId => {
            let account = cast.names.accounts.get_mut(&sender).unwrap();
            account.native_id = "zmarksenderid".to_owned();
            marks(["zmarksenderid"])
        }
        Fact::GroupName => {
            let key = (cast.group.id, sender);
            let account = cast.names.accounts.get_mut(&sender).unwrap();
            account.remark = None;
            let member = cast.names.members.entry(key).or_default();
            (member.conversation, member.account) = key;
            member.name = some("zmarkgroupname");
            marks(["zmarkgroupname"])
        }
        Fact::Milliseconds => {
            message.sent_at = Timestamp(1_714_560_123_987);
            message.precision = hutong_model::Precision::Millisecond;
            marks([".987"])
        }
        Fact::MessageId => vec![vec![message.id.to_string()]],
        Fact::NativeIds => {
            message.native_ids = vec![NativeId::integer(NativeIdName::ServerId, 7_777_000_111_222)];
            marks(["7777000111222"])
        }
        Fact::Origin => {
            message.origin.place = std::sync::Arc::new(hutong_model::OriginPlace {
                input: "zmarkorigin.db".into(),
                ..(*message.origin.place).clone()
            });
            marks(["zmarkorigin"])
        }
        Fact::Hidden => {
            message.is_hidden = true;
            message.parts = text("zmarkhidden");
            marks(["zmarkhidden"])
        }
        Fact::Members => {
            let silent = cast.people[0];
            let account = cast.names.accounts.get_mut(&silent).unwrap();
            account.nickname = some("zmarksilent");
            account.remark = None;
            marks(["zmarksilent"])
        }
    };
    (message, marks)
}

/// The message that the marked one answers.
fn target(cast: &Cast) -> Message {
    message(&cast.group, cast.people[2], 3, vec![Part::text("ztarget")])
}

/// The words of an export, as a reader of the format gets them.
fn words(format: &dyn Format, files: &Files) -> String {
    super::words::read(format.about().id, files)
}

#[test]
fn every_format_does_what_its_table_says() {
    let mut wrong = Vec::new();
    for format in FORMATS {
        let about = format.about();
        for feature in Feature::all() {
            let mut cast = cast();
            let (message, marks) = marked(&mut cast, feature);
            let members = |id| {
                if id == cast.group.id {
                    cast.people.clone()
                } else {
                    Vec::new()
                }
            };
            let mut context: Context<'_> = context(&cast, Language::En);
            context.members = Some(&members);
            context.options.show_hidden = true;
            let messages = [target(&cast), message];
            let words = words(
                *format,
                &push_all(*format, &context, &cast.group, &messages),
            );
            let mut found = marks
                .iter()
                .filter(|any| any.iter().any(|mark| words.contains(mark.as_str())))
                .count();
            let mut expected = marks.len();
            if feature == Feature::Fact(Fact::Reply) {
                // Every format points in its own way: without the answer's target it writes something else.
                let [first, mut second] = messages;
                second.reply_to.clear();
                let files = push_all(*format, &context, &cast.group, &[first, second]);
                found = usize::from(self::words(*format, &files) != words);
                expected = 1;
            }
            let fate = (about.losses)(feature).fate;
            let fits = match fate {
                Fate::Kept => found == expected,
                Fate::Reduced => true,
                Fate::Dropped => found == 0,
            };
            let measured = if found == expected {
                "all marks are there"
            } else if found == 0 {
                "no mark is there"
            } else {
                "some marks are there"
            };
            // What is said to be reduced is not there whole.
            if !fits || (fate == Fate::Reduced && found == expected) {
                wrong.push(format!(
                    "{} {}: {} but {measured}",
                    about.id,
                    feature.id(),
                    fate.id()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn push_all(
    format: &dyn Format,
    context: &Context<'_>,
    conversation: &Conversation,
    messages: &[Message],
) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let output = if format.about().output.takes_folder() {
        crate::Output::Folder(path)
    } else {
        crate::Output::File(path)
    };
    let mut export = format.start(output, context).unwrap();
    export
        .conversation(conversation, messages.len() as u64)
        .unwrap();
    for message in messages {
        export.message(message).unwrap();
    }
    let written = export.finish().unwrap();
    assert_eq!(
        written.messages,
        messages.len() as u64,
        "{}",
        format.about().id
    );
    super::files(folder.path())
}

/// Whatever is lost is lost in words that people read.
#[test]
fn every_loss_says_why() {
    for format in FORMATS {
        for feature in Feature::all() {
            let treatment = (format.about().losses)(feature);
            for language in [Language::Zh, Language::En] {
                assert!(!feature.name(language).is_empty());
                assert!(
                    treatment.fate == Fate::Kept || !treatment.remark(language).is_empty(),
                    "{} {}",
                    format.about().id,
                    feature.id()
                );
            }
        }
    }
}
