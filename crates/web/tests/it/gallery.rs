//! Pictures, videos and files.

use axum::body::Body;
use axum::http::{StatusCode, header};

use crate::support::World;

fn next(page: &str) -> Option<String> {
    let link = page.split("rel=\"next\" href=\"").nth(1)?;
    Some(link.split('"').next()?.replace("&amp;", "&"))
}

#[tokio::test]
async fn pictures_are_shown_by_month() {
    let world = World::with_messages(3_000);
    let browser = world.browser().await;
    let page = browser.get("/gallery").await.text();
    assert!(page.contains("data-kind=\"image\"") && page.contains("<h2>"));
    assert!(
        page.contains("data-full=\"/media/"),
        "some pictures are in the archive"
    );
    let source = page
        .split("<img src=\"/media/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let picture = browser.get(&format!("/media/{source}")).await;
    assert_eq!(picture.status, StatusCode::OK);
    // Browsers keep no content of an encrypted archive on their disks, but may ask by its tag whether it has changed.
    assert_eq!(picture.headers[header::CACHE_CONTROL], "no-store");
    let tag = picture.headers[header::ETAG].clone();
    let again = browser
        .request("GET", &format!("/media/{source}"))
        .header(header::IF_NONE_MATCH, &tag)
        .body(Body::empty())
        .unwrap();
    let again = browser.send(again).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty() && again.headers[header::ETAG] == tag);
    // What cannot be made smaller comes as it is.
    let whole = source.split('.').next().unwrap();
    let whole = browser.get(&format!("/media/{whole}")).await;
    assert!(picture.body.len() <= whole.body.len());
    assert_ne!(whole.headers[header::ETAG], tag);
    for wrong in [
        format!("{}.tile", "ab".repeat(32)),
        format!("{source}.tile"),
        format!("{}.wav.tile", &source[..64]),
    ] {
        let answer = browser.get(&format!("/media/{wrong}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    // A month begins with itself.
    let link = page
        .split("?month=")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let month = browser.get(&format!("/gallery?month={link}")).await;
    assert_eq!(month.status, StatusCode::OK);
    assert!(month.text().contains("class=\"tiles\""));
    if let Some(link) = next(&page) {
        let older = browser.get(&link).await;
        assert!(older.text().contains("class=\"tiles\""));
    }
    for bad in ["2024-13", "x", "2024-05%20from:me", "99999999999"] {
        let answer = browser.get(&format!("/gallery?month={bad}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let bad = browser.get("/gallery?after=x").await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn files_are_a_table_that_can_be_filtered() {
    let world = World::with_messages(3_000);
    let browser = world.browser().await;
    let page = browser.get("/files").await.text();
    assert!(page.contains("<th scope=\"row\">"), "there are files");
    let name = page.split("<th scope=\"row\">").nth(1).unwrap();
    let name = name
        .split("<bdi>")
        .nth(1)
        .unwrap()
        .split("</bdi>")
        .next()
        .unwrap();
    let ending = name.rsplit('.').next().unwrap();
    let some = browser.get(&format!("/files?ending={ending}")).await.text();
    assert!(some.contains(name), "{name}");
    for row in some.split("<th scope=\"row\">").skip(1) {
        let other = row
            .split("<bdi>")
            .nth(1)
            .unwrap()
            .split("</bdi>")
            .next()
            .unwrap();
        assert!(other.ends_with(ending), "{other}");
    }
    assert!(
        browser
            .get("/files?q=nosuchfileatall")
            .await
            .text()
            .contains("no such files")
    );
    let links = browser.get("/files?kind=link").await;
    assert_eq!(links.status, StatusCode::OK);
    for odd in ["/files?after=x", "/files?after=1"] {
        assert_eq!(
            browser.get(odd).await.status,
            StatusCode::BAD_REQUEST,
            "{odd}"
        );
    }
    let odd = browser.get("/files?q=%3Cscript%3E&ending=%22%3E").await;
    assert_eq!(odd.status, StatusCode::OK);
    assert!(!odd.text().contains("<script>"));
}

#[tokio::test]
async fn one_chat_has_its_own_pictures_and_files() {
    let world = World::with_messages(3_000);
    let browser = world.browser().await;
    let chat = browser.get("/?sort=most").await.text();
    let chat = chat
        .split("href=\"/c/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    for list in ["gallery", "files"] {
        let answer = browser.get(&format!("/c/{chat}/{list}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text().contains(&format!("href=\"/c/{chat}\"")));
        for nowhere in ["00", "x", &"ab".repeat(16)] {
            let answer = browser.get(&format!("/c/{nowhere}/{list}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nowhere}");
        }
    }
}
