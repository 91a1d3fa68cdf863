//! Statistics and the year in review: their addresses, and that what they show is whole and inert.

use axum::http::{StatusCode, header};
use serde_json::Value;

use crate::support::{Answer, Browser, World};

/// The page, once it has been counted.
async fn counted(browser: &Browser, path: &str) -> Answer {
    for _ in 0..100 {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        let Some(refresh) = answer.headers.get("refresh") else {
            return answer;
        };
        // A page that waits asks again by itself, and offers to stop.
        assert_eq!(refresh, "2");
        assert!(answer.text().contains("action=\"/stats/stop\""));
    }
    panic!("{path} is never counted");
}

/// The chat with most messages and somebody who wrote in it.
async fn busiest(browser: &Browser) -> (String, u64) {
    let answer = browser.get("/api/v1/chats?limit=500").await;
    let chats: Value = serde_json::from_slice(&answer.body).unwrap();
    let busiest = chats["chats"]
        .as_array()
        .unwrap()
        .iter()
        .max_by_key(|chat| chat["messages"].as_u64())
        .unwrap();
    (
        busiest["id"].as_str().unwrap().to_owned(),
        busiest["messages"].as_u64().unwrap(),
    )
}

/// Every chart has its names and its numbers, and nothing that a strict policy refuses.
fn assert_whole(page: &str) {
    let charts = page.matches("<svg class=\"chart").count();
    assert!(charts > 0);
    assert_eq!(page.matches("role=\"img\"").count(), charts);
    assert_eq!(page.matches("<figure class=\"chart-box\"").count(), charts);
    assert!(page.matches("<table class=\"numbers\"").count() >= charts);
    assert!(!page.contains("style=\"") && !page.contains("<script>") && !page.contains(" onload="));
    let mut ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id stands twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_are_shown_of_everything_a_chat_a_person_and_a_year() {
    let world = World::with_messages(400);
    let browser = world.browser().await;
    let everything = counted(&browser, "/stats").await.text();
    assert_whole(&everything);
    let (chat, messages) = busiest(&browser).await;
    let of_chat = counted(&browser, &format!("/stats?chat={chat}"))
        .await
        .text();
    assert_whole(&of_chat);
    // Rows that views hide are in the list's count and not in this one.
    let shown: u64 = of_chat
        .split("<ul class=\"tiles\"><li><strong>")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .unwrap()
        .replace(',', "")
        .parse()
        .unwrap();
    assert!(shown > 0 && shown <= messages, "{shown} of {messages}");
    assert!(of_chat.contains(&format!("href=\"/c/{chat}\"")));
    let year = counted(&browser, "/stats?year=2022").await.text();
    assert_whole(&year);
    assert!(year.contains("href=\"/year/2022\""));
    let people: Value = serde_json::from_slice(&browser.get("/api/v1/people").await.body).unwrap();
    let person = people["people"][0]["id"].as_str().unwrap();
    counted(&browser, &format!("/stats?person={person}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_is_pages_and_a_picture_that_can_do_without_names() {
    let world = World::with_messages(400);
    let browser = world.browser().await;
    let page = counted(&browser, "/year/2022").await.text();
    assert_whole(&page);
    assert!(page.matches("<section class=\"leaf\"").count() > 8);
    let (chat, _) = busiest(&browser).await;
    assert_whole(
        &counted(&browser, &format!("/year/2022?chat={chat}"))
            .await
            .text(),
    );
    let picture = browser.get("/year/2022/picture.svg").await;
    assert_eq!(picture.headers[header::CONTENT_TYPE], "image/svg+xml");
    let picture = picture.text();
    assert!(picture.starts_with("<svg xmlns=") && picture.ends_with("</svg>"));
    for foreign in ["<script", "<style", "style=", "href", "url("] {
        assert!(!picture.contains(foreign), "{foreign}");
    }
    // The first name of the list of people.
    let name = page
        .split("id=\"people-h\"")
        .nth(1)
        .and_then(|rest| rest.split("<bdi>").nth(1))
        .and_then(|rest| rest.split("</bdi>").next())
        .unwrap();
    let hidden = browser
        .get("/year/2022/picture.svg?names=hide")
        .await
        .text();
    assert!(picture.contains(name) && !hidden.contains(name), "{name}");
    // A year without messages is a page that says so.
    let empty = counted(&browser, "/year/1999").await.text();
    assert!(empty.contains("There are no messages in this year."));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_not_found_and_nothing_is_stopped_without_a_token() {
    let world = World::with_messages(400);
    let browser = world.browser().await;
    for path in [
        "/stats?chat=00000000000000000000000000000000",
        "/stats?chat=x",
        "/stats?person=00000000000000000000000000000000",
        "/year/99999",
        "/year/x",
        "/year/2022?chat=00000000000000000000000000000000",
        "/year/x/picture.svg",
    ] {
        assert_eq!(
            browser.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(
        browser.get("/stats?year=many").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        browser
            .post_as_is("/stats/stop", String::new())
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        browser.post("/stats/stop", "").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        world.stranger().get("/stats").await.status,
        StatusCode::UNAUTHORIZED
    );
}
