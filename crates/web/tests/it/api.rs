//! The JSON interface: what it gives, what it refuses, and that its description tells the truth.

use axum::http::StatusCode;
use serde_json::Value;

use crate::support::{Answer, Browser, World};

fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

async fn get(browser: &Browser, path: &str) -> Value {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    json(&answer)
}

#[tokio::test]
async fn a_chat_is_walked_from_its_end_to_its_start_and_back() {
    let world = World::with_messages(400);
    let browser = world.browser().await;
    let chats = get(&browser, "/api/v1/chats?limit=500").await;
    let chat = chats["chats"]
        .as_array()
        .unwrap()
        .iter()
        .max_by_key(|chat| chat["messages"].as_u64())
        .unwrap();
    let id = chat["id"].as_str().unwrap();
    let total = chat["messages"].as_u64().unwrap();
    assert_eq!(&get(&browser, &format!("/api/v1/chats/{id}")).await, chat);

    let mut seen: Vec<String> = Vec::new();
    let mut path = format!("/api/v1/chats/{id}/messages?limit=37");
    loop {
        let page = get(&browser, &path).await;
        let mut ids: Vec<String> = page["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["id"].as_str().unwrap().to_owned())
            .collect();
        ids.append(&mut seen);
        seen = ids;
        let Some(cursor) = page["earlier"].as_str() else {
            break;
        };
        path = format!("/api/v1/chats/{id}/messages?limit=37&before={cursor}");
    }
    assert_eq!(seen.len() as u64, total);

    let forward = format!("/api/v1/chats/{id}/messages?limit=500&from=1970-01-01T00:00:00Z");
    let page = get(&browser, &forward).await;
    let first: Vec<&str> = page["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["id"].as_str().unwrap())
        .collect();
    assert_eq!(first[..], seen[..first.len()]);

    let one = &seen[seen.len() / 2];
    let message = get(&browser, &format!("/api/v1/messages/{one}")).await;
    assert_eq!(message["id"], one.as_str());
    let copies = get(&browser, &format!("/api/v1/messages/{one}/sightings")).await;
    assert!(copies["sightings"][0]["message"]["origin"].is_object());
    let around = format!("/api/v1/chats/{id}/messages?limit=2&around={one}");
    let around = get(&browser, &around).await;
    assert_eq!(around["messages"][2]["id"], one.as_str());
}

#[tokio::test]
async fn search_and_people_and_imports_answer() {
    let world = World::with_messages(400);
    let browser = world.browser().await;
    let hits = get(&browser, "/api/v1/search?q=is%3Amine&limit=7").await;
    assert_eq!(hits["messages"].as_array().unwrap().len(), 7);
    assert_eq!(hits["has_more"], true);
    let people = get(&browser, "/api/v1/people?limit=3").await;
    assert_eq!(people["people"][0]["is_owner"], true);
    let id = people["people"][0]["id"].as_str().unwrap();
    let person = get(&browser, &format!("/api/v1/people/{id}")).await;
    assert!(!person["chats"].as_array().unwrap().is_empty());
    let imports = get(&browser, "/api/v1/imports").await;
    let import = &imports["imports"][0];
    let sum = ["added", "known", "rejected"].map(|name| import[name].as_u64().unwrap());
    assert_eq!(import["rows_read"], sum.iter().sum::<u64>());
    get(&browser, "/api/v1/imports/1").await;
    let archive = get(&browser, "/api/v1/archive").await;
    assert_eq!(archive["is_encrypted"], true);
    assert!(archive["messages"].as_u64().unwrap() > 700);
    for path in ["/api/v1/sources", "/api/v1/formats"] {
        assert!(
            !get(&browser, path).await["kinds"]
                .as_array()
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_answered_in_json_with_a_word_for_programs() {
    let world = World::with_messages(100);
    let browser = world.browser().await;
    let nobody = "0".repeat(32);
    for (path, status, code) in [
        ("/api/v1/nothing".to_owned(), 404, "not_found"),
        ("/api/v1/chats/xyz".to_owned(), 404, "not_found"),
        (format!("/api/v1/chats/{nobody}"), 404, "not_found"),
        (format!("/api/v1/chats/{nobody}/messages"), 404, "not_found"),
        (format!("/api/v1/messages/{nobody}"), 404, "not_found"),
        (
            format!("/api/v1/messages/{nobody}/sightings"),
            404,
            "not_found",
        ),
        (format!("/api/v1/people/{nobody}"), 404, "not_found"),
        ("/api/v1/imports/99".to_owned(), 404, "not_found"),
        (
            "/api/v1/imports/99999999999999999999".to_owned(),
            404,
            "not_found",
        ),
        ("/api/v1/chats?limit=0".to_owned(), 400, "bad_request"),
        ("/api/v1/chats?limit=-1".to_owned(), 400, "bad_request"),
        ("/api/v1/chats?offset=x".to_owned(), 400, "bad_request"),
        ("/api/v1/search?q=%22open".to_owned(), 400, "bad_request"),
        (
            "/api/v1/search?q=kind%3Anonsense".to_owned(),
            400,
            "bad_request",
        ),
        (
            "/api/v1/search?q=%ff%fe&limit=x".to_owned(),
            400,
            "bad_request",
        ),
    ] {
        let answer = browser.get(&path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        let said = json(&answer);
        assert_eq!(said["error"]["code"], code, "{path}");
        assert!(!said["error"]["message"].as_str().unwrap().is_empty());
    }
    let locked = World::locked();
    let answer = locked.browser().await.get("/api/v1/chats").await;
    assert_eq!(
        (answer.status.as_u16(), &json(&answer)["error"]["code"]),
        (423, &Value::from("locked"))
    );
    let stranger = world.stranger().get("/api/v1/chats").await;
    assert_eq!(json(&stranger)["error"]["code"], "no_session");
    let empty = World::empty();
    let answer = empty.browser().await.get("/api/v1/chats").await;
    assert_eq!(json(&answer)["error"]["code"], "no_archive");
}

#[tokio::test]
async fn the_description_names_every_address_and_nothing_else() {
    let world = World::with_messages(100);
    let browser = world.browser().await;
    let description = get(&browser, "/api/v1/openapi.json").await;
    assert!(description["openapi"].as_str().unwrap().starts_with("3."));
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() >= 13, "{:?}", paths.keys());
    for path in paths.keys() {
        let concrete = path
            .replace("{number}", "1")
            .replace("{id}", &"0".repeat(32));
        let answer = browser.get(&concrete).await;
        let is_routed = answer.status != StatusCode::NOT_FOUND || path.contains("{id}");
        assert!(is_routed, "{path}: {}", answer.status);
    }
}
