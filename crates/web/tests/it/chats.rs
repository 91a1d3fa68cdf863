//! The list of chats.

use axum::http::StatusCode;

use crate::support::World;

fn titles(page: &str) -> Vec<String> {
    page.split("href=\"/c/")
        .skip(1)
        .filter_map(|rest| {
            Some(
                rest.split_once("<bdi>")?
                    .1
                    .split_once("</bdi>")?
                    .0
                    .to_owned(),
            )
        })
        .collect()
}

/// How many chats the page says there are.
fn count(page: &str) -> usize {
    let said = page.split("data-count>").nth(1).unwrap();
    said.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn chats_are_listed_filtered_and_sorted() {
    let world = World::with_messages(600);
    let browser = world.browser().await;
    let page = browser.get("/").await.text();
    let all = titles(&page);
    assert!(all.len() > 3, "{all:?}");
    for said in [
        "class=\"badge wechat\"",
        "class=\"badge qq\"",
        "<time datetime=",
        "class=\"last\"",
    ] {
        assert!(page.contains(said), "{said}");
    }
    // Names answer to any of their characters; words are joined by and.
    let name = all.iter().find(|title| title.chars().count() > 1).unwrap();
    let first: String = name.chars().take(1).collect();
    let narrowed = titles(
        &browser
            .get(&format!("/?q={}", percent(&first)))
            .await
            .text(),
    );
    assert!(narrowed.contains(name) && narrowed.len() <= all.len());
    let none = browser
        .get(&format!("/?q={}+nobodyatall", percent(&first)))
        .await;
    assert!(titles(&none.text()).is_empty());
    assert!(none.text().contains("No chat fits"));
    for (field, other) in [
        ("platform=qq", "badge wechat"),
        ("platform=wechat", "badge qq"),
    ] {
        let page = browser.get(&format!("/?{field}")).await.text();
        assert!(
            !titles(&page).is_empty() && !page.contains(other),
            "{field}"
        );
    }
    let groups = count(&browser.get("/?kind=group").await.text());
    let direct = count(&browser.get("/?kind=direct").await.text());
    assert!(groups > 0 && direct > 0 && groups + direct <= count(&page));

    let by_name = titles(&browser.get("/?sort=name").await.text());
    let mut sorted = by_name.clone();
    sorted.sort_by_cached_key(|title| hutong::name_order(title));
    assert_eq!(by_name, sorted);
    assert_eq!(
        count(&browser.get("/?sort=most").await.text()),
        count(&page)
    );

    // What does not fit on the first page stands on the next.
    assert!(count(&page) > all.len());
    assert!(page.contains("href=\"/?page=2\""));
    let next = titles(&browser.get("/?page=2").await.text());
    assert_eq!(all.len() + next.len(), count(&page));
}

#[tokio::test]
async fn odd_wishes_are_answered_calmly() {
    let world = World::with_messages(600);
    let browser = world.browser().await;
    let all = titles(&browser.get("/").await.text());
    for odd in [
        "/?page=0",
        "/?page=-1",
        "/?page=%F0%9F%98%80",
        "/?sort=nothing",
        "/?q=%20%20",
        "/?unknown=1",
    ] {
        let answer = browser.get(odd).await;
        assert_eq!(answer.status, StatusCode::OK, "{odd}");
        assert_eq!(titles(&answer.text()), all, "{odd}");
    }
    for none in [
        "/?platform=icq",
        "/?kind=%3Cscript%3E",
        "/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    ] {
        let answer = browser.get(none).await;
        assert_eq!(answer.status, StatusCode::OK, "{none}");
        assert!(titles(&answer.text()).is_empty());
        assert!(!answer.text().contains("<script>alert"));
    }
    let long = format!("/?q={}", "%E5%BC%A0+".repeat(2_000));
    assert_eq!(browser.get(&long).await.status, StatusCode::OK);
    let twice = browser.get("/?q=a&q=b").await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST);
    assert!(twice.text().contains("cannot be read"));
}

pub(crate) fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
