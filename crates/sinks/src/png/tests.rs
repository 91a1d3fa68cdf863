//! Long pictures: sizes, digests, square codes.

use hutong_model::Part;
use hutong_testkit::{cast, message};
use sha2::Digest as _;

use crate::conformance::png::{check, words};
use crate::{Context, NoBlobs, Output, format};

/// Writes a chat as pictures and as lines.
fn strips(count: u32, text: &str) -> (Vec<Vec<u8>>, Vec<u8>) {
    let cast = cast();
    let context = Context::new(&cast.names, &NoBlobs);
    let home = tempfile::tempdir().unwrap();
    for (id, file) in [("png", "chat.png"), ("jsonl", "chat.jsonl")] {
        let path = home.path().join(file);
        let mut export = format(id)
            .unwrap()
            .start(Output::File(path), &context)
            .unwrap();
        export.conversation(&cast.group, u64::from(count)).unwrap();
        for number in 0..count {
            let sender = cast.people[usize::try_from(number).unwrap() % cast.people.len()];
            export
                .message(&message(
                    &cast.group,
                    sender,
                    number,
                    vec![Part::text(format!("{text} {number}"))],
                ))
                .unwrap();
        }
        export.finish().unwrap();
    }
    let lines = std::fs::read(home.path().join("chat.jsonl")).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|name| name.extension().unwrap() == "png")
        .collect();
    names.sort();
    let pictures = names.iter().map(|name| std::fs::read(name).unwrap());
    (pictures.collect(), lines)
}

/// What the square code in a picture says, read with another reader.
fn code(picture: &image::RgbImage) -> String {
    let foot = picture.height() - u32::try_from(super::foot::HEIGHT).unwrap();
    let grey = |x: usize, y: usize| {
        let pixel = picture.get_pixel(u32::try_from(x).unwrap(), foot + u32::try_from(y).unwrap());
        pixel.0[1]
    };
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(300, super::foot::HEIGHT, grey);
    let grids = prepared.detect_grids();
    grids[0].decode().unwrap().1
}

#[test]
fn every_picture_carries_the_digest_of_its_lines() {
    let (pictures, lines) = strips(700, "周六中午见");
    assert!(pictures.len() > 2);
    let lines: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').collect();
    let mut next = 0;
    for file in &pictures {
        let said = code(&check(file));
        let range = said.rsplit_once('=').unwrap().1;
        let (first, last) = range.split_once('-').unwrap();
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        assert_eq!(first, next + 1);
        let digest = sha2::Sha256::digest(lines[first - 1..last].concat());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            said,
            format!("hutong-png-1 sha256={hex} jsonl-lines={first}-{last}")
        );
        next = last;
    }
    assert_eq!(next, 700);
}

#[test]
fn every_message_has_its_time() {
    let (pictures, _) = strips(30, "好");
    let words = words(&pictures[0]);
    let times = words.lines().filter(|line| line.contains("08:")).count();
    assert_eq!(times, 30, "{words}");
}

#[test]
fn a_message_higher_than_a_picture_goes_on_in_the_next() {
    let (pictures, _) = strips(1, &"很长的话".repeat(6_000));
    assert!(pictures.len() > 1);
    let all: String = pictures.iter().map(|file| words(file)).collect();
    pictures.iter().for_each(|file| {
        check(file);
    });
    assert_eq!(all.matches('长').count(), 6_000);
}
