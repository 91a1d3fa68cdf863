//! Imports behind the page: one at a time, stopped and gone on with.

use axum::http::{StatusCode, header};

use crate::support::{Browser, World, pass};
use crate::wizard::{encode, ended, forge};

/// Brings a folder in through the wizard, into an archive that is there; the address of the job.
async fn begin(browser: &Browser, folder: &std::path::Path, key: &str) -> String {
    let path = format!("path={}", encode(&folder.display().to_string()));
    let to = |answer: crate::support::Answer| {
        answer.headers[header::LOCATION]
            .to_str()
            .unwrap()
            .to_owned()
    };
    let draft = to(browser.post("/welcome/look", &path).await);
    to(browser.post(&draft, "choose=0").await);
    let key = format!("input=0&text={}", encode(key));
    to(browser.post(&format!("{draft}/key"), &key).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_stops_when_told_and_goes_on_later() {
    let world = World::with_messages(200);
    let samples = tempfile::tempdir().unwrap();
    let (folder, key, messages) = forge(samples.path(), 20_000);
    let browser = world.browser().await;
    for job in ["/jobs/1", "/jobs/2"] {
        assert_eq!(begin(&browser, &folder, &key).await, job);
        // The page renews itself where no script runs.
        let page = browser.get(job).await.text();
        assert!(page.contains("http-equiv=\"refresh\""));
        let answer = browser.post(&format!("{job}/stop"), "").await;
        assert!(answer.status.is_redirection());
        assert_eq!(ended(&browser, job).await["stage"], "stopped");
        assert!(browser.get(job).await.text().contains("Go on"));
    }
    let imports = browser.get("/imports").await.text();
    assert!(imports.contains("was not finished"));

    for (job, next) in [("/jobs/1", "/jobs/3"), ("/jobs/2", "/jobs/4")] {
        let answer = browser.post(&format!("{job}/resume"), "").await;
        assert_eq!(answer.headers[header::LOCATION], next);
    }
    // The one that waits never begins; readers go on meanwhile.
    let waiting = browser.get("/jobs/4").await.text();
    assert!(waiting.contains("Waiting for another import"));
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    browser.post("/jobs/4/stop", "").await;
    let end = ended(&browser, "/jobs/3").await;
    assert_eq!(end["stage"], "done");
    assert!(end["rows"].as_u64().unwrap() >= messages);
    assert_eq!(ended(&browser, "/jobs/4").await["stage"], "stopped");

    // A job is gone on with once, and not after it was given up.
    let twice = browser.post("/jobs/1/resume", "").await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST);
    browser.post("/jobs/4/discard", "").await;
    let gone = browser.post("/jobs/4/resume", "").await;
    assert_eq!(gone.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get("/jobs/9").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_fails_says_why_and_locking_wipes_its_keys() {
    let world = World::with_messages(200);
    let samples = tempfile::tempdir().unwrap();
    let (folder, key, _) = forge(samples.path(), 100);
    let browser = world.browser().await;
    let blocker = world.archive().join("archive.lock");
    let held = std::fs::File::create(&blocker).unwrap();
    held.lock().unwrap();
    let job = begin(&browser, &folder, &key).await;
    assert_eq!(ended(&browser, &job).await["stage"], "failed");
    let page = browser.get(&job).await.text();
    assert!(page.contains("another Hutong is writing"), "{page}");
    assert!(page.contains("wait until it has finished"));
    held.unlock().unwrap();
    drop(held);
    let again = browser.post(&format!("{job}/resume"), "").await;
    let again = again.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert_eq!(ended(&browser, &again).await["stage"], "done");
    // The same once more: nothing has changed.
    let same = begin(&browser, &folder, &key).await;
    assert_eq!(ended(&browser, &same).await["stage"], "done");
    assert!(browser.get("/imports").await.text().contains("unchanged"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_archive_stays_open_while_an_import_runs_and_is_closed_an_hour_after() {
    let world = World::that_locks();
    let samples = tempfile::tempdir().unwrap();
    let (folder, key, _) = forge(samples.path(), 20_000);
    let browser = world.browser().await;
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    let job = begin(&browser, &folder, &key).await;
    pass(61);
    assert!(!world.site.shut_when_idle(), "an import runs");
    // Asking how far it is keeps nothing open, and so does not count as somebody being there.
    let page = browser.get(&job).await.text();
    assert!(page.contains("http-equiv=\"refresh\""), "it still runs");
    pass(61);
    assert!(!world.site.shut_when_idle(), "an import runs");
    browser.post(&format!("{job}/stop"), "").await;
    assert_eq!(ended(&browser, &job).await["stage"], "stopped");
    // The hour begins with its end.
    pass(59);
    assert!(!world.site.shut_when_idle());
    assert_eq!(browser.get("/people").await.status, StatusCode::OK);
    pass(61);
    // The thread that did the work may be on its last lines.
    let mut is_shut = world.site.shut_when_idle();
    for _ in 0..50 {
        if is_shut {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        pass(61);
        is_shut = world.site.shut_when_idle();
    }
    assert!(is_shut);
    let locked = browser.get("/").await;
    assert_eq!(locked.headers[header::LOCATION], "/unlock");
}
