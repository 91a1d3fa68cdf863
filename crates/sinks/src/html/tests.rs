use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use hutong_model::{Attachment, AttachmentState, Digest, File, Image, Message, Part, Voice};
use hutong_testkit::{Cast, cast, message};

use crate::{Blobs, Context, NoBlobs, Output, Written};

const SILK: &[u8] = include_bytes!("../../../media/fixtures/voice/silk-24khz-tencent.silk");
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x40\0\0\0\xf0";

/// Gives every stored attachment the same small picture, except one that cannot be read.
struct Pictures;

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("the disk is damaged"))
    }
}

impl Blobs for Pictures {
    fn open(&self, attachment: &Attachment) -> std::io::Result<Option<Box<dyn Read>>> {
        match attachment.name.as_deref() {
            Some("broken.png") => Ok(Some(Box::new(PNG.chain(Broken)))),
            Some("locked.png") => Err(std::io::Error::from(std::io::ErrorKind::PermissionDenied)),
            Some("voice.amr") => Ok(Some(Box::new(SILK))),
            Some("page.html") => Ok(Some(Box::new(Cursor::new("<script>alert(1)</script>")))),
            _ => Ok(Some(Box::new(PNG))),
        }
    }
}

fn picture(name: &str) -> Part {
    let attachment = Attachment {
        name: Some(name.to_owned()),
        state: AttachmentState::Stored,
        ..Attachment::default()
    };
    Part::Image(Box::new(Image {
        attachment,
        ..Image::default()
    }))
}

/// Exports one chat; gives the folder, the page of the chat, and the report.
fn write(
    cast: &Cast,
    context: &Context<'_>,
    messages: &[Message],
) -> (tempfile::TempDir, PathBuf, Written) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut export = crate::format("html")
        .unwrap()
        .start(Output::Folder(path.clone()), context)
        .unwrap();
    export
        .conversation(&cast.group, messages.len() as u64)
        .unwrap();
    messages
        .iter()
        .for_each(|message| export.message(message).unwrap());
    let written = export.finish().unwrap();
    (folder, path, written)
}

fn page(path: &Path, name: &str) -> String {
    fs::read_to_string(path.join("chats").join(name)).unwrap()
}

fn texts(cast: &Cast, count: u32) -> Vec<Message> {
    (0..count)
        .map(|number| message(&cast.group, cast.people[0], number, vec![Part::text("好")]))
        .collect()
}

#[test]
fn a_long_chat_becomes_linked_pages() {
    let cast = cast();
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.options.messages_per_page = 10;
    let mut messages = texts(&cast, 25);
    messages[24].reply_to = vec![messages[23].id];
    messages[22].reply_to = vec![messages[1].id];
    let (_folder, path, written) = write(&cast, &context, &messages);
    assert_eq!((written.files, written.messages), (4, 25));
    let [first, second, third] = [
        "周末一起吃饭.html",
        "周末一起吃饭.p2.html",
        "周末一起吃饭.p3.html",
    ]
    .map(|name| page(&path, name));
    assert!(first.contains("rel=\"next\"") && !first.contains("rel=\"prev\""));
    assert!(second.contains("rel=\"next\"") && second.contains("rel=\"prev\""));
    assert!(!third.contains("rel=\"next\"") && third.contains("rel=\"prev\""));
    for (page, count) in [(&first, 10), (&second, 10), (&third, 5)] {
        assert_eq!(page.matches("id=\"m").count(), count);
    }
    // A link leads only to what is on the same page.
    assert!(third.contains(&format!("href=\"#m{}\"", messages[23].id)));
    assert!(!third.contains(&format!("href=\"#m{}\"", messages[1].id)));
    let contents = fs::read_to_string(path.join("index.html")).unwrap();
    assert!(contents.contains(".p3.html") && contents.contains("25 条消息"));
}

#[test]
fn a_picture_lies_beside_the_page_under_its_digest() {
    let cast = cast();
    let context = Context::new(&cast.names, &Pictures);
    let parts = vec![picture("a.png"), picture("b.png")];
    let (_folder, path, written) = write(
        &cast,
        &context,
        &[message(&cast.group, cast.people[1], 1, parts)],
    );
    let name = format!("{}.png", Digest::of(PNG));
    assert_eq!(fs::read(path.join("media").join(&name)).unwrap(), PNG);
    assert_eq!(written.attachments, 1, "equal content is written once");
    let page = page(&path, "周末一起吃饭.html");
    assert_eq!(page.matches(&format!("src=\"../media/{name}\"")).count(), 2);
    assert!(page.contains("width=\"320\" height=\"240\""));
}

#[test]
fn a_small_picture_can_be_set_into_the_page() {
    let cast = cast();
    let mut context = Context::new(&cast.names, &Pictures);
    for (limit, inside) in [(PNG.len() as u64, true), (PNG.len() as u64 - 1, false)] {
        context.options.inline_images_up_to_bytes = Some(limit);
        let message = message(&cast.group, cast.people[1], 1, vec![picture("a.png")]);
        let (_folder, path, written) = write(&cast, &context, &[message]);
        assert_eq!(
            page(&path, "周末一起吃饭.html").contains("src=\"data:image/png;base64,iVBORw0K"),
            inside
        );
        assert_eq!(path.join("media").exists(), !inside);
        assert_eq!(written.attachments, 1);
    }
}

#[test]
fn what_cannot_be_read_is_shown_as_missing() {
    let cast = cast();
    let context = Context::new(&cast.names, &Pictures);
    let parts = vec![picture("broken.png"), picture("locked.png")];
    let (_folder, path, written) = write(
        &cast,
        &context,
        &[message(&cast.group, cast.people[1], 1, parts)],
    );
    let page = page(&path, "周末一起吃饭.html");
    assert!(page.contains("broken.png") && page.contains("locked.png"));
    assert_eq!(page.matches("图片缺失").count(), 2);
    assert_eq!((written.attachments, written.attachments_missing), (0, 2));
    let left = fs::read_dir(path.join("media"))
        .map(Iterator::count)
        .unwrap_or(0);
    assert_eq!(left, 0, "nothing half-copied is left");
}

#[test]
fn a_received_page_cannot_run() {
    let cast = cast();
    let context = Context::new(&cast.names, &Pictures);
    let attachment = Attachment {
        name: Some("page.html".to_owned()),
        state: AttachmentState::Stored,
        ..Attachment::default()
    };
    let part = Part::File(Box::new(File { attachment }));
    let (_folder, path, _) = write(
        &cast,
        &context,
        &[message(&cast.group, cast.people[1], 1, vec![part])],
    );
    let names: Vec<_> = fs::read_dir(path.join("media"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(names.len(), 1);
    assert!(names[0].to_str().unwrap().ends_with(".html.txt"));
}

#[test]
fn unwanted_attachments_are_said_to_be_left_out() {
    let cast = cast();
    let mut context = Context::new(&cast.names, &Pictures);
    context.options.copy_attachments = false;
    let message = message(&cast.group, cast.people[1], 1, vec![picture("a.png")]);
    let (_folder, path, written) = write(&cast, &context, &[message]);
    assert!(page(&path, "周末一起吃饭.html").contains("图片未导出"));
    assert_eq!((written.attachments, written.attachments_missing), (0, 0));
}

#[test]
fn service_rows_are_counted_and_shown_only_when_asked_for() {
    let cast = cast();
    let mut context = Context::new(&cast.names, &NoBlobs);
    let mut messages = texts(&cast, 3);
    messages[1].is_hidden = true;
    for shown in [false, true] {
        context.options.show_hidden = shown;
        let (_folder, path, written) = write(&cast, &context, &messages);
        assert_eq!((written.messages, written.hidden), (3, u64::from(!shown)));
        let anchor = format!("id=\"m{}\"", messages[1].id);
        assert_eq!(page(&path, "周末一起吃饭.html").contains(&anchor), shown);
    }
}

#[test]
fn chats_whose_titles_look_like_pages_do_not_collide() {
    let mut cast = cast();
    cast.group.name = Some("a".to_owned());
    cast.names
        .conversations
        .insert(cast.group.id, cast.group.clone());
    let lin = cast.names.accounts.get_mut(&cast.people[1]).unwrap();
    lin.nickname = Some("a.p2".to_owned());
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.options.messages_per_page = 2;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut export = crate::format("html")
        .unwrap()
        .start(Output::Folder(path.clone()), &context)
        .unwrap();
    export.conversation(&cast.direct, 1).unwrap();
    export
        .message(&message(
            &cast.direct,
            cast.people[1],
            1,
            vec![Part::text("好")],
        ))
        .unwrap();
    export.conversation(&cast.group, 3).unwrap();
    texts(&cast, 3)
        .iter()
        .for_each(|message| export.message(message).unwrap());
    assert_eq!(export.finish().unwrap().files, 4);
}

#[test]
fn a_long_list_of_participants_is_folded() {
    let cast = cast();
    let members = |_| vec![cast.people[0]; 30];
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.members = Some(&members);
    let (_folder, path, _) = write(&cast, &context, &texts(&cast, 1));
    assert!(page(&path, "周末一起吃饭.html").contains("<summary>成员 (30)</summary>"));
}

#[test]
fn a_voice_becomes_a_sound_that_browsers_play() {
    let cast = cast();
    let context = Context::new(&cast.names, &Pictures);
    let attachment = Attachment {
        name: Some("voice.amr".to_owned()),
        state: AttachmentState::Stored,
        sha256: Some(Digest([7; 32])),
        ..Attachment::default()
    };
    // The same bytes sent as a file stay what they are.
    let file = Part::File(Box::new(File {
        attachment: attachment.clone(),
    }));
    let voice = Part::Voice(Box::new(Voice {
        attachment,
        ..Voice::default()
    }));
    let messages = [
        message(&cast.group, cast.people[1], 1, vec![voice.clone()]),
        message(&cast.group, cast.people[1], 2, vec![file]),
        message(&cast.group, cast.people[1], 3, vec![voice]),
    ];
    let (_folder, path, written) = write(&cast, &context, &messages);
    assert_eq!(written.attachments, 2);
    let html = page(&path, "周末一起吃饭.html");
    assert_eq!(html.matches("<audio controls").count(), 2);
    let mut copies: Vec<Vec<u8>> = fs::read_dir(path.join("media"))
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    copies.sort_by_key(Vec::len);
    assert_eq!(copies[0], SILK);
    assert_eq!(&copies[1][..4], b"RIFF");
    assert_eq!(copies[1].len(), 44 + 72_000);
    assert!(html.contains(".wav\""), "{html}");
}
