//! Search: hits, marks, counts, mistakes, suggestions, saved searches.

use axum::http::{StatusCode, header};

use crate::chats::percent;
use crate::support::{Browser, World};

/// Ids of the messages on a page, in order.
pub(crate) fn hits(page: &str) -> Vec<String> {
    page.split("<ol class=\"hits\">")
        .nth(1)
        .unwrap_or_default()
        .split("href=\"/m/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

/// How many hits the page says there are.
fn count(page: &str) -> usize {
    let said = page.split("data-count").nth(1).unwrap();
    let said = said.split('>').nth(1).unwrap();
    said.split(' ')
        .next()
        .unwrap()
        .replace(',', "")
        .parse()
        .unwrap()
}

fn next(page: &str) -> Option<String> {
    let link = page.split("rel=\"next\" href=\"").nth(1)?;
    Some(link.split('"').next()?.replace("&amp;", "&"))
}

async fn find(browser: &Browser, query: &str) -> String {
    let answer = browser
        .get(&format!("/search?count=all&q={}", percent(query)))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{query}");
    answer.text()
}

#[tokio::test]
async fn hits_are_given_newest_first_page_by_page_and_counted() {
    let world = World::with_messages(600);
    let browser = world.browser().await;
    let first = find(&browser, "from:me").await;
    let all = count(&first);
    assert!(all > 60, "{all}");
    let mut seen = Vec::new();
    let mut page = first.clone();
    loop {
        let here = hits(&page);
        assert!(!here.is_empty() && here.len() <= 30);
        seen.extend(here);
        let Some(link) = next(&page) else { break };
        page = browser.get(&link).await.text();
    }
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((seen.len(), unique.len()), (all, all), "each hit once");

    // The counts beside the hits narrow to what they say.
    let facet = first.split("class=\"facet\"").nth(1).unwrap();
    let link = facet
        .split("href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let said: usize = facet
        .split("<span>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .replace(',', "")
        .parse()
        .unwrap();
    let narrowed = browser.get(&link.replace("&amp;", "&")).await.text();
    assert_eq!(count(&narrowed), said, "{link}");
    assert!(said < all);
}

#[tokio::test]
async fn what_was_found_is_marked_and_can_be_looked_for_in_one_chat() {
    let world = World::with_messages(600);
    let browser = world.browser().await;
    let page = find(&browser, "kind:text").await;
    let said = page.split("<p class=\"said\">").nth(1).unwrap();
    let said = said
        .split("<bdi>")
        .nth(1)
        .unwrap()
        .split("</bdi>")
        .next()
        .unwrap();
    let word: String = said
        .chars()
        .filter(|character| character.is_alphanumeric())
        .take(2)
        .collect();
    let found = find(&browser, &word).await;
    assert!(found.contains("<mark>"), "{word}");
    let chat = browser.get("/").await.text();
    let chat = chat
        .split("href=\"/c/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let within = browser
        .get(&format!("/search?count=all&q=is:mine&chat={chat}"))
        .await;
    assert_eq!(within.status, StatusCode::OK);
    assert!(count(&within.text()) < count(&find(&browser, "is:mine").await));
    assert!(within.text().contains("Search all chats"));
    for nowhere in ["00", &"ab".repeat(16), "%00", "../.."] {
        let answer = browser.get(&format!("/search?q=a&chat={nowhere}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nowhere}");
    }
}

#[tokio::test]
async fn mistakes_are_told_kindly_and_hostile_words_are_words() {
    let world = World::with_messages(600);
    let browser = world.browser().await;
    for (query, told) in [
        ("\"abc", "not closed"),
        ("kind:nothing", "There is no kind:nothing"),
        ("is:x", "recalled"),
        ("before:soon", "is no date"),
        ("from:", "Nothing stands behind"),
    ] {
        let page = find(&browser, query).await;
        assert!(
            page.contains("role=\"alert\"") && page.contains(told),
            "{query}"
        );
    }
    assert!(
        find(&browser, "from:nobodyatall")
            .await
            .contains("Nothing was found")
    );
    let hostile = "<script>alert(1)</script> \u{202e} \" onfocus=x '";
    let page = browser
        .get(&format!("/search?q={}", percent(hostile)))
        .await
        .text();
    assert!(!page.contains("<script>alert") && !page.contains("\" onfocus"));
    assert!(
        browser
            .get("/search")
            .await
            .text()
            .contains("How to search")
    );
    for place in ["x", "1", "1.2.3", "-", "99999999999999999999.1", "1.%00"] {
        let answer = browser
            .get(&format!("/search?q=is:mine&after={place}"))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{place}");
    }
    for place in ["9223372036854775807.4294967295", "-9223372036854775808.0"] {
        let answer = browser
            .get(&format!("/search?q=is:mine&after={place}"))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{place}");
    }
}

#[tokio::test]
async fn whatever_is_typed_is_answered_with_hits_or_an_explanation() {
    let world = World::with_messages(600);
    let browser = world.browser().await;
    let operators = [
        "from", "in", "on", "kind", "has", "is", "id", "before", "after", "during", "来自",
    ];
    let mut queries: Vec<String> = operators
        .iter()
        .flat_map(|name| {
            [
                format!("{name}:"),
                format!("-{name}:"),
                format!("{name}：\u{0}"),
                format!("{name}:,,,"),
                format!("{name}:\"\""),
                format!("{name}:\" \" -{name}:x"),
                format!("{name}:{}", "长".repeat(1000)),
                format!("{name}:9999-99-99T{name}:"),
            ]
        })
        .collect();
    queries.extend(
        [
            "\"",
            "\"\"",
            "“",
            "「",
            "\"a\"b\"",
            "-",
            "--",
            "−－-",
            "- -",
            "-\"\"",
            "-\"a b\"",
            ":",
            "：：",
            "\u{0}",
            "a\u{0}b",
            "\u{202e}abc\u{2066}",
            "\u{feff}",
            "\u{301}\u{301}",
            "\u{1f468}\u{200d}\u{1f469}",
            "%",
            "%25",
            "_",
            "' OR 1=1 --",
            "\\",
            "{{7*7}}",
            "</title><script>",
            "a\nb\tc",
            "\r\n",
            "\u{d7ff}\u{e000}\u{10ffff}",
            "before:0000",
            "before:-1",
            "after:99999",
            "during:2024-13",
            "before:2024-02-30",
            "after:2024-01-01T00:00:00+99:00",
            "id:zz",
            "kind:text,nothing",
            "on:nowhere",
        ]
        .map(str::to_owned),
    );
    queries.extend([
        "a".repeat(10_000),
        "长".repeat(7_000),
        "\"".repeat(10_001),
        "-".repeat(4_000),
        "- ".repeat(2_000),
        "a ".repeat(2_000),
        "from:".repeat(800),
        "\u{301}".repeat(2_000),
    ]);
    for query in &queries {
        let shown: String = query.chars().take(30).collect();
        for count in ["", "more", "all"] {
            let address = format!("/search?count={count}&q={}", percent(query));
            let answer = browser.get(&address).await;
            assert_eq!(answer.status, StatusCode::OK, "{shown:?} {count}");
            let page = answer.text();
            let is_told = page.contains("role=\"alert\"")
                || page.contains("role=\"status\"")
                || page.contains("How to search");
            assert!(is_told, "{shown:?} {count} is answered with neither");
            assert!(!page.contains("<script>") && !page.contains("' OR 1=1 --</title><"));
        }
        let suggested = browser
            .get(&format!("/search/suggest?q={}", percent(query)))
            .await;
        assert_eq!(suggested.status, StatusCode::OK, "{shown:?}");
    }
    let long = find(&browser, &"长".repeat(7_000)).await;
    assert!(long.contains("too long") && long.contains("role=\"alert\""));
    // What is no text at all is refused, and that is all.
    for broken in ["%ff", "%c3%28", "%", "%zz", "a&q=b", "&&&="] {
        let answer = browser.get(&format!("/search?q={broken}")).await;
        assert!(!answer.status.is_server_error(), "{broken}");
    }
}

#[tokio::test]
async fn more_is_counted_when_a_script_asks_and_then_known_to_the_page() {
    let world = World::with_messages(3_000);
    let browser = world.browser().await;
    let whole = find(&browser, "的").await;
    assert!(whole.contains("data-complete"));
    let all = count(&whole);
    assert!(all > 60, "{all}");

    let other = World::with_messages(3_000);
    let browser = other.browser().await;
    let query = percent("的");
    let page = browser.get(&format!("/search?q={query}")).await.text();
    assert!(
        page.contains("class=\"facet\""),
        "counts stand on the page at once"
    );
    let more = browser
        .get(&format!("/search?count=more&q={query}"))
        .await
        .text();
    assert!(
        !more.contains("<html") && !more.contains("class=\"hits\""),
        "only what the script puts in"
    );
    assert!(more.contains("data-facets") && more.contains("data-complete"));
    assert_eq!(count(&more), all);
    let again = browser.get(&format!("/search?q={query}")).await.text();
    assert_eq!(count(&again), all);
    assert!(again.contains("data-complete"));
    assert_eq!(hits(&again), hits(&page));
    // A later page shows the same counts.
    let second = browser.get(&next(&again).unwrap()).await.text();
    assert_eq!(count(&second), all);
    assert_ne!(hits(&second), hits(&again));
}

#[tokio::test]
async fn suggestions_follow_what_is_typed() {
    let world = World::with_messages(600);
    let browser = world.browser().await;
    let ask = async |query: &str| -> serde_json::Value {
        let answer = browser
            .get(&format!("/search/suggest?q={}", percent(query)))
            .await;
        assert_eq!(answer.status, StatusCode::OK);
        serde_json::from_slice(&answer.body).unwrap()
    };
    let inserts = |found: &serde_json::Value| -> Vec<String> {
        let items = found["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["insert"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(inserts(&ask("fro").await), ["from:"]);
    let kinds = ask("合同😀 -kind:im").await;
    assert_eq!(inserts(&kinds), ["-kind:image "]);
    assert_eq!(kinds["from"], 5, "counted as scripts count");
    assert!(inserts(&ask("on:").await).contains(&"on:wechat ".to_owned()));
    assert!(inserts(&ask("is:rec").await).contains(&"is:recalled ".to_owned()));
    // What is suggested for a name finds something when it is used.
    for operator in ["from:", "in:"] {
        let suggested = inserts(&ask(operator).await);
        assert!(suggested.len() > 3, "{operator}");
        let page = find(&browser, suggested[1].trim()).await;
        assert!(!hits(&page).is_empty(), "{}", suggested[1]);
    }
    assert_eq!(inserts(&ask("from:me").await)[0], "from:me ");
    assert!(inserts(&ask(&"长".repeat(3000)).await).is_empty());
    for odd in ["\"", "：", ":", "-", "from:\"", "from:,,,", "in:\u{0}"] {
        ask(odd).await;
    }
}

#[tokio::test]
async fn a_search_is_saved_in_the_archive_and_deleted() {
    let world = World::with_messages(600);
    let browser = world.browser().await;
    let kept = browser
        .post(
            "/search/keep",
            "name=%E6%88%91%E5%8F%91%E7%9A%84&q=is%3Amine",
        )
        .await;
    assert_eq!(kept.headers[header::LOCATION], "/search?q=is%3Amine");
    let page = browser.get("/search").await.text();
    assert!(page.contains("我发的") && page.contains("/search?q=is%3Amine"));
    let number = page
        .split("name=\"number\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let empty = browser.post("/search/keep", "name=&q=").await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    let without = browser
        .post_as_is("/search/forget", format!("number={number}"))
        .await;
    assert_eq!(without.status, StatusCode::FORBIDDEN);
    browser
        .post("/search/forget", &format!("number={number}"))
        .await;
    assert!(!browser.get("/search").await.text().contains("我发的"));
    let again = browser
        .post("/search/forget", &format!("number={number}"))
        .await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}
