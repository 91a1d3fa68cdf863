//! Who is let in, and what is refused.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::support::{PASSPHRASE, World};

#[tokio::test]
async fn without_a_session_nothing_is_shown_and_the_link_works_once() {
    let world = World::with_messages(100);
    let stranger = world.stranger();
    for path in ["/", "/settings", "/c/00", "/api/v1/chats", "/nothing"] {
        assert_eq!(stranger.get(path).await.status, StatusCode::UNAUTHORIZED);
    }
    let link = world.site.invite().unwrap();
    let answer = stranger.get(&link).await;
    assert_eq!(answer.status, StatusCode::OK);
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    assert_eq!(stranger.get(&link).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        stranger.get("/enter?key=guess").await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(world.browser().await.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_foreign_host_name_is_refused_even_with_a_session() {
    let world = World::with_messages(100);
    let browser = world.browser().await;
    for host in ["evil.example", "127.0.0.1.evil.example:8765", "10.0.0.1"] {
        let request = Request::builder()
            .uri("/")
            .header(header::HOST, host)
            .header(header::COOKIE, &browser.cookies);
        let answer = browser.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{host}");
        assert!(!answer.text().contains("/c/"));
    }
}

#[tokio::test]
async fn a_change_needs_the_form_token_and_our_own_origin() {
    let world = World::with_messages(100);
    let browser = world.browser().await;
    let fields = "theme=dark&language=zh-CN&zone=";
    let good = browser.post("/settings/view", fields).await;
    assert_eq!(good.status, StatusCode::SEE_OTHER);

    let without = browser
        .post_as_is("/settings/view", fields.to_owned())
        .await;
    assert_eq!(without.status, StatusCode::FORBIDDEN);
    let wrong = format!("{fields}&form_token={}", "0".repeat(64));
    let wrong = browser.post_as_is("/settings/view", wrong).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);

    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = browser
            .request("POST", "/settings/view")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(name, value);
        let body = format!("{fields}&form_token={}", browser.form_token);
        let answer = browser.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let json = browser
        .request("POST", "/settings/view")
        .header(header::CONTENT_TYPE, "application/json");
    let answer = browser.send(json.body(Body::from("{}")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_answer_keeps_to_itself() {
    let world = World::with_messages(100);
    let browser = world.browser().await;
    for path in ["/", "/settings", "/nothing"] {
        let answer = browser.get(path).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let text = answer.text();
        assert!(!text.contains("style=") && !text.contains("<style"));
        // What people wrote may name an address; the page itself takes nothing from one.
        assert!(!text.contains("onclick") && !text.contains("=\"http"));
    }
}

#[tokio::test]
async fn a_locked_archive_asks_and_opens_and_can_be_locked_again() {
    let world = World::locked();
    let browser = world.browser().await;
    let answer = browser.get("/").await;
    assert_eq!(answer.headers[header::LOCATION], "/unlock");
    assert_eq!(browser.get("/unlock").await.status, StatusCode::OK);

    let wrong = browser.post("/unlock", "passphrase=guess").await;
    assert!(wrong.text().contains("passphrase is wrong"));
    assert!(world.browser().await.get("/").await.status.is_redirection());

    let right = format!("passphrase={}", PASSPHRASE.replace(' ', "+"));
    let right = browser.post("/unlock", &right).await;
    assert_eq!(right.headers[header::LOCATION], "/");
    assert_eq!(browser.get("/").await.status, StatusCode::OK);

    browser.post("/lock", "").await;
    assert_eq!(browser.get("/").await.headers[header::LOCATION], "/unlock");
    let empty = browser.post("/unlock", "passphrase=").await;
    assert!(empty.text().contains("passphrase is wrong"));
}

#[tokio::test]
async fn without_an_archive_the_way_leads_to_the_wizard() {
    let world = World::empty();
    let browser = world.browser().await;
    assert_eq!(browser.get("/").await.headers[header::LOCATION], "/welcome");
}

#[tokio::test]
async fn pages_speak_the_language_that_the_browser_or_its_user_asks_for() {
    let world = World::with_messages(100);
    let mut browser = world.browser().await;
    let asked = browser
        .request("GET", "/")
        .header(header::ACCEPT_LANGUAGE, "zh-CN,zh;q=0.9,en;q=0.8");
    let answer = browser.send(asked.body(Body::empty()).unwrap()).await;
    assert!(answer.text().contains("<html lang=\"zh-CN\""));
    browser.cookies.push_str("; hutong_language=en");
    let chosen = browser
        .request("GET", "/")
        .header(header::ACCEPT_LANGUAGE, "zh-CN");
    let answer = browser.send(chosen.body(Body::empty()).unwrap()).await;
    assert!(answer.text().contains("<html lang=\"en\""));
}

#[tokio::test]
async fn the_archive_says_what_it_is_and_checks_itself() {
    let world = World::with_messages(100);
    let browser = world.browser().await;
    let about = browser.get("/archive").await.text();
    assert!(about.contains("opened by a passphrase") && about.contains("my.hutong"));
    let checked = browser.post("/archive/check", "").await;
    assert_eq!(checked.status, StatusCode::OK);
    assert!(checked.text().contains("Nothing is wrong"));
}

#[tokio::test]
async fn a_passphrase_given_at_the_start_that_does_not_fit_is_told_and_asked_for() {
    let world = World::with_wrong_passphrase();
    let browser = world.browser().await;
    let answer = browser.get("/").await;
    assert_eq!(answer.headers[header::LOCATION], "/unlock");
    let page = browser.get("/unlock").await.text();
    assert!(page.contains("given at the start") && page.contains("does not open"));
    let wrong = browser.post("/unlock", "passphrase=nonsense").await.text();
    assert!(wrong.contains("Try again") && !wrong.contains("given at the start"));
    let right = browser.post("/unlock", "passphrase=open+sesame").await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    // Closed by hand, it is asked for as ever.
    browser.post("/lock", "").await;
    let page = browser.get("/unlock").await.text();
    assert!(!page.contains("given at the start"));
}
