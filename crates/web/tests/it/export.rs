//! Taking chats out through the page.

use std::io::Read;

use axum::http::{StatusCode, header};

use crate::support::World;

#[tokio::test]
async fn what_is_downloaded_is_what_the_preview_said() {
    let world = World::with_messages(400);
    let browser = world.browser().await;
    let form = browser.get("/export").await.text();
    assert!(form.contains("name=\"format\"") && form.contains("not encrypted"));

    let wanted = "q=is%3Amine&format=jsonl";
    let look = browser.get(&format!("/export?{wanted}&look=1")).await;
    assert_eq!(look.status, StatusCode::OK);
    let look = look.text();
    let count: usize = look
        .split("<strong>")
        .find_map(|piece| piece.split("</strong> messages").next()?.parse().ok())
        .unwrap_or_else(|| panic!("{look}"));
    assert!(look.contains("/export/download?"));

    let got = browser.get(&format!("/export/download?{wanted}")).await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(
        got.headers[header::CONTENT_DISPOSITION]
            .to_str()
            .unwrap()
            .starts_with("attachment; filename=\"hutong.jsonl\"; filename*=UTF-8''")
    );
    let text = got.text();
    let messages = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["type"] == "message" || line.get("direction").is_some())
        .count();
    assert_eq!(messages, count);
}

#[tokio::test]
async fn pages_come_as_one_zip_and_leave_nothing_behind() {
    let world = World::with_messages(400);
    let browser = world.browser().await;
    let got = browser.get("/export/download?format=html&files=on").await;
    assert_eq!(got.headers[header::CONTENT_TYPE], "application/zip");
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(got.body)).unwrap();
    let names: Vec<String> = zip
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    assert!(names.iter().any(|name| name == "hutong/index.html"));
    assert!(names.iter().any(|name| name.starts_with("hutong/media/")));
    for index in 0..zip.len() {
        let mut content = Vec::new();
        // Reading to the end checks the checksum.
        zip.by_index(index)
            .unwrap()
            .read_to_end(&mut content)
            .unwrap();
    }
    let left = std::fs::read_dir(&world.site.settings().upload_folder).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_wish_that_cannot_be_met_says_why() {
    let world = World::with_messages(100);
    let browser = world.browser().await;
    for (path, words) in [
        ("/export?format=docx9", "no format called docx9"),
        ("/export?look=1&chat=nobody-at-all", "no chat called"),
        ("/export?look=1&from=yesterday", "no date"),
        ("/export/download?chat=nobody-at-all", "no chat called"),
        ("/export/download?q=%22open", "not closed"),
        ("/export/download?format=..%2F..%2Fx", "no format called"),
    ] {
        let answer = browser.get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(answer.text().contains(words), "{path}: {}", answer.text());
    }
    let none = browser
        .get("/export?look=1&q=no-such-words-anywhere-at-all")
        .await;
    assert!(none.text().contains("No message fits"));
}
