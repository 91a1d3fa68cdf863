//! Reading a chat: its page, its pieces, its messages and their attachments.

use std::collections::HashSet;

use axum::http::{StatusCode, header};
use hutong::Place;
use hutong::model::{ConversationId, MessageId};

use crate::support::{Browser, World};

/// The chat with the most messages, and how many there are.
async fn largest(world: &World) -> (ConversationId, u64) {
    world
        .site
        .read(|open, _| {
            let (id, stats) = open
                .stats
                .iter()
                .max_by_key(|(id, stats)| (stats.messages, **id))
                .unwrap();
            Ok((*id, stats.messages))
        })
        .await
        .unwrap()
}

/// Ids of the messages on a page, in order.
fn ids(text: &str) -> Vec<MessageId> {
    text.split(" id=\"m")
        .skip(1)
        .filter_map(|rest| MessageId::from_hex(rest.get(..32)?))
        .collect()
}

/// The value of an attribute, where it occurs first.
fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}

async fn open() -> (World, Browser, ConversationId, u64) {
    let world = World::with_messages(3000);
    let browser = world.browser().await;
    let (id, messages) = largest(&world).await;
    (world, browser, id, messages)
}

#[tokio::test]
async fn a_chat_opens_at_its_end_and_is_readable_without_scripts() {
    let (_world, browser, id, messages) = open().await;
    let page = browser.get(&format!("/c/{id}")).await;
    assert_eq!(page.status, StatusCode::OK);
    let text = page.text();
    let shown = ids(&text);
    assert!(shown.len() > 20 && messages > 100, "{}", shown.len());
    assert!(text.contains("rel=\"prev\"") && text.contains("data-open=\"end\""));
    // Links lead all the way to the beginning.
    let mut address = format!("/c/{id}");
    let mut seen = 0;
    let mut pages = 0;
    loop {
        let text = browser.get(&address).await.text();
        seen += ids(&text).len() as u64;
        pages += 1;
        let (_, rest) = text.split_once("data-side=\"earlier\"").unwrap();
        if rest.starts_with(" hidden") {
            break;
        }
        address = value(rest, "href").unwrap().replace("&amp;", "&");
        assert!(pages < 200);
    }
    assert!(
        seen <= messages && seen * 10 > messages * 9,
        "{seen} of {messages}"
    );
    assert!(text.len() < 150 * 1024, "{}", text.len());
}

#[tokio::test]
async fn pieces_follow_each_other_without_gap_or_repetition() {
    let (_world, browser, id, messages) = open().await;
    for (edge, cursor, far, parameter) in [
        ("start", "data-last", "data-later", "after"),
        ("end", "data-first", "data-earlier", "before"),
    ] {
        let mut seen = HashSet::new();
        let mut piece = browser
            .get(&format!("/c/{id}/messages?edge={edge}"))
            .await
            .text();
        loop {
            assert!(piece.starts_with("<div class=\"chunk\""), "{piece}");
            for id in ids(&piece) {
                assert!(seen.insert(id), "a message comes twice");
            }
            let head = piece.split_once('>').unwrap().0;
            if !head.contains(far) {
                break;
            }
            let at = value(head, cursor).unwrap();
            piece = browser
                .get(&format!("/c/{id}/messages?{parameter}={at}"))
                .await
                .text();
        }
        assert!(
            seen.len() as u64 <= messages && seen.len() as u64 * 10 > messages * 9,
            "{} of {messages}",
            seen.len()
        );
    }
}

#[tokio::test]
async fn a_permanent_address_leads_to_the_message_in_its_chat() {
    let (world, browser, id, _) = open().await;
    let middle = world
        .site
        .read(move |_, reader| Ok(reader.page(id, Place::Start, 400)?.messages[350].clone()))
        .await
        .unwrap();
    let answer = browser.get(&format!("/m/{}", middle.id)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let place = answer.headers[header::LOCATION].to_str().unwrap();
    assert_eq!(place, format!("/c/{id}?at={0}#m{0}", middle.id));
    let text = browser.get(place.split('#').next().unwrap()).await.text();
    let shown = ids(&text);
    let at = shown.iter().position(|shown| *shown == middle.id);
    assert!(at.is_some_and(|at| (15..=30).contains(&at)), "{at:?}");
    assert!(text.contains("rel=\"prev\"") && text.contains("rel=\"next\""));
    assert!(!text.contains("data-open=\"end\""));
}

#[tokio::test]
async fn a_date_leads_to_its_first_message() {
    let (world, browser, id, _) = open().await;
    let (first, last) = world
        .site
        .read(move |open, _| {
            let stats = open.stats[&id];
            Ok((stats.first_ms, stats.last_ms))
        })
        .await
        .unwrap();
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let day = |instant: i64| {
        let instant = jiff::Timestamp::from_millisecond(instant).unwrap();
        zone.to_datetime(instant).date()
    };
    let middle = day(first + (last - first) / 2);
    let text = browser.get(&format!("/c/{id}?date={middle}")).await.text();
    let (_, rest) = text.split_once("data-time=\"").unwrap();
    let sent: i64 = rest.split_once('"').unwrap().0.parse().unwrap();
    assert!(day(sent) >= middle && sent - first < (last - first) * 3 / 4);
    assert!(text.contains("rel=\"prev\""));
    // Before the beginning is the beginning, beyond the end is the end.
    let text = browser.get(&format!("/c/{id}?date=1990")).await.text();
    assert!(text.contains("data-side=\"earlier\" hidden"));
    let text = browser
        .get(&format!("/c/{id}?date=2100-01-01"))
        .await
        .text();
    assert!(text.contains("data-side=\"later\" hidden") && !ids(&text).is_empty());
    // An empty field of the form is no error.
    assert_eq!(
        browser.get(&format!("/c/{id}?date=")).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_rail_shows_every_month_with_messages() {
    let (_world, browser, id, messages) = open().await;
    let text = browser.get(&format!("/c/{id}")).await.text();
    let (_, rail) = text.split_once("id=\"dates\"").unwrap();
    let rail = rail.split_once("</nav>").unwrap().0;
    let counted: u64 = rail
        .split("<title>")
        .skip(1)
        .map(|rest| {
            let label = rest.split_once("</title>").unwrap().0;
            let count = label.rsplit_once(": ").unwrap().1.replace(',', "");
            count.parse::<u64>().unwrap()
        })
        .sum();
    assert!(counted >= messages, "{counted} of {messages}");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_and_nonsense_is_told() {
    let (world, browser, id, _) = open().await;
    let nobody = "0".repeat(32);
    let other = world
        .site
        .read(move |open, reader| {
            let other = *open.stats.keys().find(|other| **other != id).unwrap();
            Ok(reader.page(other, Place::End, 1)?.messages[0].id)
        })
        .await
        .unwrap();
    for (address, status) in [
        (format!("/c/{nobody}"), StatusCode::NOT_FOUND),
        ("/c/x".to_owned(), StatusCode::NOT_FOUND),
        ("/c/%00".to_owned(), StatusCode::NOT_FOUND),
        (format!("/c/{nobody}/messages"), StatusCode::NOT_FOUND),
        (format!("/c/{id}?at={nobody}"), StatusCode::NOT_FOUND),
        (format!("/c/{id}?at={other}"), StatusCode::NOT_FOUND),
        (format!("/c/{id}?at=x"), StatusCode::NOT_FOUND),
        (format!("/c/{id}?before=x"), StatusCode::BAD_REQUEST),
        (format!("/c/{id}?after=1.2"), StatusCode::BAD_REQUEST),
        (
            format!("/c/{id}/messages?before=%27%20OR%201=1"),
            StatusCode::BAD_REQUEST,
        ),
        (format!("/c/{id}?date=yesterday"), StatusCode::BAD_REQUEST),
        (format!("/c/{id}?date=99999999999"), StatusCode::BAD_REQUEST),
        (format!("/m/{nobody}"), StatusCode::NOT_FOUND),
        (format!("/m/{nobody}/details"), StatusCode::NOT_FOUND),
        (
            format!("/m/{other}/bundle?path=0.0.0"),
            StatusCode::NOT_FOUND,
        ),
        (format!("/m/{other}/bundle?path=x"), StatusCode::NOT_FOUND),
        (format!("/m/{other}/bundle"), StatusCode::BAD_REQUEST),
        (
            format!("/m/{other}/bundle?path=0&from=-1"),
            StatusCode::BAD_REQUEST,
        ),
        ("/media/x".to_owned(), StatusCode::NOT_FOUND),
        (
            "/media/..%2f..%2fetc%2fpasswd".to_owned(),
            StatusCode::NOT_FOUND,
        ),
        (format!("/media/{}", "0".repeat(64)), StatusCode::NOT_FOUND),
    ] {
        let answer = browser.get(&address).await;
        assert_eq!(answer.status, status, "{address}");
    }
    // A cursor outlives its message.
    let far = format!("/c/{id}/messages?before=9000000000000000000.0.{nobody}");
    let answer = browser.get(&far).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(ids(&answer.text()).len() > 20);
}

#[tokio::test]
async fn details_name_the_file_and_the_row() {
    let (world, browser, id, _) = open().await;
    let message = world
        .site
        .read(move |_, reader| Ok(reader.page(id, Place::End, 1)?.messages[0].clone()))
        .await
        .unwrap();
    let page = browser.get(&format!("/m/{}/details", message.id)).await;
    assert_eq!(page.status, StatusCode::OK);
    let text = page.text();
    assert_eq!(ids(&text), [message.id]);
    for expected in [
        message.origin.place.table.as_str(),
        &message.row().unwrap().to_string(),
        &message.id.to_hex(),
        &format!("/c/{id}?at="),
    ] {
        assert!(text.contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn a_choice_becomes_a_file() {
    let (world, browser, id, _) = open().await;
    let (chosen, other) = world
        .site
        .read(move |open, reader| {
            let messages = reader.page(id, Place::End, 5)?.messages;
            let other = *open.stats.keys().find(|other| **other != id).unwrap();
            let other = reader.page(other, Place::End, 1)?.messages[0].id;
            Ok((messages, other))
        })
        .await
        .unwrap();
    let list = |messages: &[hutong::model::Message]| -> String {
        let ids: Vec<_> = messages
            .iter()
            .rev()
            .map(|message| message.id.to_hex())
            .collect();
        ids.join("+")
    };
    let address = format!("/c/{id}/chosen");
    let answer = browser
        .post(&address, &format!("format=jsonl&ids={}", list(&chosen)))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let name = answer.headers[header::CONTENT_DISPOSITION]
        .to_str()
        .unwrap();
    assert!(name.starts_with("attachment") && name.contains(".jsonl"));
    let text = answer.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), chosen.len());
    for (line, message) in lines.iter().zip(&chosen) {
        assert!(
            line.contains(&message.id.to_hex()),
            "in the order of the chat"
        );
    }
    for (fields, status) in [
        ("format=txt&ids=".to_owned(), StatusCode::BAD_REQUEST),
        ("format=txt&ids=x".to_owned(), StatusCode::NOT_FOUND),
        (format!("format=txt&ids={other}"), StatusCode::NOT_FOUND),
        (
            format!("format=exe&ids={}", list(&chosen)),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        assert_eq!(
            browser.post(&address, &fields).await.status,
            status,
            "{fields}"
        );
    }
    let fields = format!("format=txt&ids={}", list(&chosen));
    let without_token = browser.post_as_is(&address, fields).await;
    assert_eq!(without_token.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn attachments_are_served_whole_and_in_pieces_and_cannot_run() {
    let (world, browser, _, _) = open().await;
    // Every attachment that any page shows.
    let chats: Vec<ConversationId> = world
        .site
        .read(|open, _| Ok(open.stats.keys().copied().collect()))
        .await
        .unwrap();
    let mut names = HashSet::new();
    for chat in chats {
        let text = browser.get(&format!("/c/{chat}")).await.text();
        for rest in text.split("\"/media/").skip(1) {
            names.insert(rest.split_once('"').unwrap().0.to_owned());
        }
    }
    assert!(names.len() > 3, "{}", names.len());
    let mut types = HashSet::new();
    for name in &names {
        let whole = browser.get(&format!("/media/{name}")).await;
        assert_eq!(whole.status, StatusCode::OK, "{name}");
        let kind = whole.headers[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            ["image/", "audio/", "video/"]
                .iter()
                .any(|start| kind.starts_with(start))
                || (kind == "application/octet-stream"
                    && whole.headers[header::CONTENT_DISPOSITION] == "attachment"),
            "{kind}"
        );
        assert!(!kind.contains("svg"));
        let policy = whole.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"));
        assert_eq!(
            whole.headers[header::CONTENT_LENGTH].to_str().unwrap(),
            whole.body.len().to_string()
        );
        if name.ends_with(".wav") {
            assert_eq!(&whole.body[..4], b"RIFF", "{name}");
        }
        types.insert(kind);
        // Small copies come whole.
        if name.ends_with(".tile") || name.ends_with(".small") {
            continue;
        }
        let request = browser
            .request("GET", &format!("/media/{name}"))
            .header(header::RANGE, "bytes=3-9");
        let piece = browser
            .send(request.body(axum::body::Body::empty()).unwrap())
            .await;
        assert_eq!(piece.status, StatusCode::PARTIAL_CONTENT);
        assert_eq!(piece.body, &whole.body[3..10]);
        assert_eq!(
            piece.headers[header::CONTENT_RANGE].to_str().unwrap(),
            format!("bytes 3-9/{}", whole.body.len())
        );
        let request = browser
            .request("GET", &format!("/media/{name}"))
            .header(header::RANGE, "bytes=999999999-");
        let beyond = browser
            .send(request.body(axum::body::Body::empty()).unwrap())
            .await;
        assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    }
    assert!(types.len() > 1, "{types:?}");
    let stranger = world.stranger();
    let name = names.iter().next().unwrap();
    assert_eq!(
        stranger.get(&format!("/media/{name}")).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_chat_leads_to_everything_about_it() {
    let (_world, browser, id, _) = open().await;
    let text = browser.get(&format!("/c/{id}")).await.text();
    for address in [
        format!("/search?chat={id}"),
        format!("/c/{id}/gallery"),
        format!("/stats?chat={id}"),
        format!("/export?chat={id}"),
    ] {
        assert!(text.contains(&format!("href=\"{address}\"")), "{address}");
        assert_eq!(
            browser.get(&address).await.status,
            StatusCode::OK,
            "{address}"
        );
    }
}

#[tokio::test]
async fn scripts_stay_small() {
    let (_world, browser, id, _) = open().await;
    let text = browser.get(&format!("/c/{id}")).await.text();
    let mut waiting: Vec<String> = text
        .split(['"', '\''])
        .filter(|piece| piece.starts_with("/static/"))
        .map(str::to_owned)
        .collect();
    let mut sizes = std::collections::BTreeMap::new();
    while let Some(address) = waiting.pop() {
        if sizes.contains_key(&address) {
            continue;
        }
        let file = browser.get(&address).await;
        assert_eq!(file.status, StatusCode::OK, "{address}");
        if address.ends_with(".js") {
            let folder = address.rsplit_once('/').unwrap().0;
            for rest in file.text().split("from \"./").skip(1) {
                waiting.push(format!("{folder}/{}", rest.split_once('"').unwrap().0));
            }
        }
        sizes.insert(address, file.body.len());
    }
    let scripts: usize = sizes
        .iter()
        .filter(|(name, _)| name.ends_with(".js"))
        .map(|(_, size)| size)
        .sum();
    let all: usize = sizes.values().sum::<usize>() + text.len();
    assert!(scripts < 30 * 1024, "{scripts}");
    assert!(all < 150 * 1024, "{all}");
    assert!(sizes.len() >= 8, "{sizes:?}");
}
