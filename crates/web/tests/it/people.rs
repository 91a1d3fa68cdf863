//! People, joined accounts, and linked chats.

use axum::http::{StatusCode, header};

use crate::chats::percent;
use crate::search::hits;
use crate::support::{Browser, World};

fn accounts(page: &str) -> Vec<String> {
    page.split("data-found")
        .nth(1)
        .unwrap()
        .split("href=\"/p/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

async fn sent(browser: &Browser, account: &str) -> usize {
    let page = browser
        .get(&format!("/search?count=all&q=from:{account}"))
        .await
        .text();
    let said = page.split("data-count").nth(1).unwrap();
    let said = said.split('>').nth(1).unwrap();
    said.split(' ')
        .next()
        .unwrap()
        .replace(',', "")
        .parse()
        .unwrap()
}

#[tokio::test]
async fn people_are_listed_and_each_has_a_page() {
    let world = World::with_messages(600);
    let browser = world.browser().await;
    let page = browser.get("/people").await.text();
    let all = accounts(&page);
    assert!(all.len() > 10);
    for odd in [
        "/people?page=99999999999999999999",
        "/people?sort=x",
        "/people?who=x",
    ] {
        assert_eq!(browser.get(odd).await.status, StatusCode::OK, "{odd}");
    }
    for sort in ["name", "latest"] {
        let sorted = accounts(&browser.get(&format!("/people?sort={sort}")).await.text());
        assert_eq!(sorted.len(), all.len());
        assert_ne!(sorted, all);
    }
    let qq = browser.get("/people?platform=qq").await.text();
    assert!(!accounts(&qq).is_empty() && !qq.contains("badge wechat"));
    let none = browser.get("/people?q=%3Cb%3Enobodyatall").await.text();
    assert!(accounts(&none).is_empty() && none.contains("Nobody fits"));

    let person = browser.get(&format!("/p/{}", all[0])).await;
    assert_eq!(person.status, StatusCode::OK);
    let person = person.text();
    for said in [
        "Messages sent",
        "Chats with this person",
        "Private messages",
        "/stats?person=",
    ] {
        assert!(person.contains(said), "{said}");
    }
    // The timeline goes on where its first page ends.
    let first = hits(&person);
    let next = person
        .split("rel=\"next\" href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let second = hits(&browser.get(next).await.text());
    assert!(!second.is_empty() && second.iter().all(|hit| !first.contains(hit)));

    for nobody in [
        "/p/00",
        "/p/x",
        "/p/%00",
        &format!("/p/{}", "ab".repeat(16)),
    ] {
        assert_eq!(
            browser.get(nobody).await.status,
            StatusCode::NOT_FOUND,
            "{nobody}"
        );
    }
    let bad = browser.get(&format!("/p/{}?before=x", all[0])).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    let find = browser.get(&format!("/p/{}?join=a", all[0])).await.text();
    assert!(find.contains("Same person") || find.contains("No such account"));
}

#[tokio::test]
async fn accounts_are_joined_across_messengers_and_taken_apart() {
    let world = World::with_messages(600);
    let browser = world.browser().await;
    let wechat = accounts(&browser.get("/people?platform=wechat").await.text())[0].clone();
    let qq = accounts(&browser.get("/people?platform=qq").await.text())[0].clone();
    let (one, other) = (sent(&browser, &wechat).await, sent(&browser, &qq).await);
    assert!(one > 0 && other > 0);

    let pair = format!("account={wechat}&other={qq}");
    let joined = browser.post("/people/join", &pair).await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER);
    let place = joined.headers[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned();
    let page = browser.get(&place).await.text();
    assert!(page.contains("Joined as one person") && page.contains("Undo"));
    assert!(page.contains("badge wechat") && page.contains("badge qq"));
    assert_eq!(sent(&browser, &wechat).await, one + other);
    assert_eq!(sent(&browser, &qq).await, one + other);
    let list = browser.get("/people/joined").await.text();
    assert!(list.contains(&wechat) && list.contains(&qq));

    let moved = page
        .split("name=\"accounts\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let apart = browser
        .post(
            "/people/separate",
            &format!("accounts={}&back={wechat}", percent(moved)),
        )
        .await;
    assert_eq!(apart.headers[header::LOCATION], format!("/p/{wechat}"));
    assert_eq!(sent(&browser, &wechat).await, one);
    // The same address says nothing any more, for it is no longer so.
    assert!(
        !browser
            .get(&place)
            .await
            .text()
            .contains("Joined as one person")
    );

    for bad in [
        "account=x&other=y",
        "",
        &format!("account={wechat}&other={}", "ab".repeat(16)),
    ] {
        assert_eq!(
            browser.post("/people/join", bad).await.status,
            StatusCode::NOT_FOUND,
            "{bad}"
        );
    }
    let without = browser.post_as_is("/people/join", pair).await;
    assert_eq!(without.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn chats_are_linked_and_taken_apart_again() {
    let world = World::with_messages(600);
    let browser = world.browser().await;
    let listed = |page: &str| -> Vec<String> {
        page.split("href=\"/c/")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    let groups = listed(&browser.get("/?platform=wechat&kind=group").await.text());
    let other = listed(&browser.get("/?platform=qq&kind=group").await.text());
    let pair = format!("chat={}&into={}", groups[0], groups[1]);
    let linked = browser.post("/links/link", &pair).await;
    assert_eq!(linked.status, StatusCode::SEE_OTHER, "{}", linked.text());
    let page = browser
        .get(linked.headers[header::LOCATION].to_str().unwrap())
        .await
        .text();
    assert!(page.contains("Undo") && page.contains("linked by you"));
    assert!(
        !listed(&browser.get("/?platform=wechat&kind=group").await.text()).contains(&groups[0])
    );

    // Its old addresses lead to where its messages are now.
    let (from, to) = (&groups[0], &groups[1]);
    for (old, new) in [
        (format!("/c/{from}"), format!("/c/{to}")),
        (
            format!("/c/{from}?date=2022-05-01"),
            format!("/c/{to}?date=2022-05-01"),
        ),
        (format!("/c/{from}/gallery"), format!("/c/{to}/gallery")),
        (format!("/c/{from}/files"), format!("/c/{to}/files")),
        (format!("/stats?chat={from}"), format!("/stats?chat={to}")),
    ] {
        let answer = browser.get(&old).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{old}");
        assert_eq!(answer.headers[header::LOCATION].to_str().unwrap(), new);
        let there = browser.get(&new).await;
        assert!(there.status.is_success(), "{new}: {}", there.status);
    }
    let chat = browser.get(&format!("/api/v1/chats/{from}")).await;
    assert_eq!(chat.status, StatusCode::OK);
    assert!(chat.text().contains(to.as_str()));
    let messages = browser
        .get(&format!("/api/v1/chats/{from}/messages?limit=1"))
        .await;
    assert_eq!(messages.status, StatusCode::OK);

    let apart = browser
        .post("/links/unlink", &format!("chat={}", groups[0]))
        .await;
    let page = browser
        .get(apart.headers[header::LOCATION].to_str().unwrap())
        .await
        .text();
    assert!(page.contains("Undo") && !page.contains("linked by you"));
    assert!(listed(&browser.get("/?platform=wechat&kind=group").await.text()).contains(&groups[0]));

    let across = browser
        .post(
            "/links/link",
            &format!("chat={}&into={}", groups[0], other[0]),
        )
        .await;
    assert_eq!(across.status, StatusCode::BAD_REQUEST);
    assert!(across.text().contains("different messengers"));
    let same = browser
        .post("/links/link", &format!("chat={0}&into={0}", groups[0]))
        .await;
    assert_eq!(same.status, StatusCode::BAD_REQUEST);
    for bad in ["chat=x", "", &format!("chat={}", "ab".repeat(16))] {
        assert_eq!(
            browser.post("/links/unlink", bad).await.status,
            StatusCode::NOT_FOUND,
            "{bad}"
        );
    }
    let find = browser.get("/links?chat=a&into=%3Cscript%3E").await;
    assert_eq!(find.status, StatusCode::OK);
    assert!(!find.text().contains("<script>"));
}
