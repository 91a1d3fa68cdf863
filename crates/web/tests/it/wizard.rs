//! The whole road: from files to chats that can be read.

use std::path::{Path, PathBuf};

use axum::http::{StatusCode, header};

use crate::support::{Answer, Browser, World};
use crate::uploads::{pack, upload};

const WRONG_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// An invented, really encrypted WeChat account and the text of its key file.
pub(crate) fn forge(folder: &Path, messages: u64) -> (PathBuf, String, u64) {
    let sets = hutong::forge_samples(folder, messages, 11).unwrap();
    let set = sets
        .into_iter()
        .find(|set| set.source == "wechat_pc4")
        .unwrap();
    let key = std::fs::read_to_string(&set.key_file).unwrap();
    (set.folder, key, set.messages)
}

/// Percent-encodes a form's value.
pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn goes_to(answer: &Answer) -> String {
    assert!(
        answer.status.is_redirection(),
        "{} {}",
        answer.status,
        answer.text()
    );
    answer.headers[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned()
}

/// From the path to the question for the key; gives the draft's address.
async fn to_the_key(browser: &Browser, field: &str) -> String {
    let draft = goes_to(&browser.post("/welcome/look", field).await);
    let page = browser.get(&draft).await.text();
    assert!(page.contains("WeChat 4"), "{page}");
    assert!(page.contains("encrypted, takes a key"));
    let next = goes_to(&browser.post(&draft, "choose=0").await);
    assert_eq!(next, format!("{draft}/key"));
    let page = browser.get(&next).await.text();
    assert!(page.contains("never") && page.contains("textarea"));
    draft
}

/// Gives the key and a protection; the address of the job.
async fn to_the_job(browser: &Browser, draft: &str, key: &str) -> String {
    let key = format!("input=0&text={}", encode(key));
    let next = goes_to(&browser.post(&format!("{draft}/key"), &key).await);
    assert_eq!(next, format!("{draft}/protect"));
    assert_eq!(browser.get(&next).await.status, StatusCode::OK);
    let fields = "protection=passphrase&passphrase=correct+horse&again=correct+horse";
    goes_to(&browser.post(&format!("{draft}/start"), fields).await)
}

/// Waits until a job has ended; gives its last event.
pub(crate) async fn ended(browser: &Browser, job: &str) -> serde_json::Value {
    let events = browser.get(&format!("{job}/events")).await;
    assert_eq!(events.headers[header::CONTENT_TYPE], "text/event-stream");
    let text = events.text();
    assert!(text.contains("event: end"), "{text}");
    let last = text
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("data: "));
    serde_json::from_str(last.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_becomes_chats() {
    let world = World::empty();
    let samples = tempfile::tempdir().unwrap();
    let (folder, key, messages) = forge(samples.path(), 400);
    let browser = world.browser().await;
    let start = browser.get("/welcome").await.text();
    assert!(start.contains("Welcome") && start.contains("name=\"path\""));

    let draft = to_the_key(
        &browser,
        &format!("path={}", encode(&folder.display().to_string())),
    )
    .await;

    // A wrong key says so at once, and nothing is lost.
    let wrong = format!("input=0&text={WRONG_KEY}");
    let answer = browser.post(&format!("{draft}/key"), &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    assert!(page.contains("does not open it"), "{page}");
    assert!(!page.contains(WRONG_KEY) && !world.archive().exists());
    let empty = browser.post(&format!("{draft}/key"), "input=0&text=").await;
    assert!(empty.text().contains("No key was given"));
    // A key cannot be skipped.
    assert_eq!(
        goes_to(&browser.post(&draft, "choose=0").await),
        format!("{draft}/key")
    );
    let skipped = browser
        .post(&format!("{draft}/start"), "protection=device")
        .await;
    assert_eq!(goes_to(&skipped), format!("{draft}/key"));

    // Passphrases that differ or are short are asked for again.
    let key_form = format!("input=0&text={}", encode(&key));
    goes_to(&browser.post(&format!("{draft}/key"), &key_form).await);
    for bad in [
        "passphrase=correct+horse&again=correct+hors",
        "passphrase=short&again=short",
    ] {
        let answer = browser
            .post(
                &format!("{draft}/start"),
                &format!("protection=passphrase&{bad}"),
            )
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!answer.text().contains("correct hors"));
    }
    let job = to_the_job(&browser, &draft, &key).await;
    let end = ended(&browser, &job).await;
    assert_eq!(end["stage"], "done");

    let page = browser.get(&job).await.text();
    assert!(page.contains("Read your chats"), "{page}");
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    let imports = browser.get("/imports").await.text();
    assert!(imports.contains("complete") && imports.contains("/imports/1"));
    let report = browser.get("/imports/1").await.text();
    assert!(report.contains("BLAKE3") && report.contains("message_0.db"));
    assert!(report.contains(&format!("<strong>{messages}</strong>")));
    assert!(!report.contains(key.trim()));
    // The draft and its keys are gone.
    assert_eq!(browser.get(&draft).await.status, StatusCode::BAD_REQUEST);
    // The passphrase is the one that was typed.
    browser.post("/lock", "").await;
    assert_eq!(goes_to(&browser.get("/").await), "/unlock");
    goes_to(&browser.post("/unlock", "passphrase=correct+horse").await);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_uploaded_folder_becomes_chats_and_the_upload_goes() {
    let world = World::empty();
    let samples = tempfile::tempdir().unwrap();
    let (folder, key, messages) = forge(samples.path(), 300);
    let browser = world.browser().await;
    let batch = "00000000000000000000000000000abc";
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for (path, content) in files(&folder) {
        let path = format!("{name}/{path}");
        if content.len() < 100_000 {
            small.push((path, content));
        } else {
            large.push((path, content));
        }
    }
    assert!(!small.is_empty() && !large.is_empty());
    let parts: Vec<_> = small
        .iter()
        .map(|(path, content)| (path.as_str(), content.as_slice()))
        .collect();
    upload(&browser, batch, "pack-1", &pack(&parts), true).await;
    for (path, content) in &large {
        upload(&browser, batch, path, content, false).await;
    }
    // Another browser sees that something waits.
    let other = world.browser().await;
    assert!(other.get("/welcome").await.text().contains(batch));

    let draft = to_the_key(&browser, &format!("batch={batch}")).await;
    let page = browser.get(&draft).await.text();
    assert!(
        !page.contains(&world.uploads().display().to_string()),
        "{page}"
    );
    // What is being prepared is not offered to others, and they cannot remove it.
    assert!(!other.get("/welcome").await.text().contains(batch));
    let refused = other
        .post(&format!("/welcome/uploads/{batch}/discard"), "")
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);

    let job = to_the_job(&browser, &draft, &key).await;
    let end = ended(&browser, &job).await;
    assert_eq!(end["stage"], "done");
    assert!(end["rows"].as_u64().unwrap() >= messages);
    assert!(!world.uploads().join(batch).exists());
    assert_eq!(other.get("/").await.status, StatusCode::OK);
    assert_eq!(other.get(&job).await.status, StatusCode::OK);
}

/// Every file below a folder with its relative path.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    fn walk(root: &Path, folder: &Path, out: &mut Vec<(String, Vec<u8>)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, out);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_string_lossy()
                    .replace('\\', "/");
                out.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    let mut out = Vec::new();
    walk(folder, folder, &mut out);
    out
}

#[tokio::test]
async fn what_is_no_chat_history_is_said_to_be_none() {
    let world = World::empty();
    let browser = world.browser().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.md"), "shopping").unwrap();
    let path = format!("path={}", encode(&folder.path().display().to_string()));
    let answer = browser.post("/welcome/look", &path).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    assert!(
        page.contains("nothing in") && !page.contains("hutong sources"),
        "{page}"
    );
    let answer = browser
        .post("/welcome/look", "path=%2Fnowhere%2Fat+all")
        .await;
    assert!(
        answer
            .text()
            .contains("there is nothing at /nowhere/at all")
    );
    let answer = browser
        .post("/welcome/look", "batch=00000000000000000000000000000000")
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // In Chinese as well.
    let mut chinese = browser.clone();
    chinese.cookies.push_str("; hutong_language=zh-CN");
    let answer = chinese.post("/welcome/look", &path).await;
    assert!(answer.text().contains("没有互通能读的聊天记录"));
}
