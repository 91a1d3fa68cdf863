//! A site over an invented archive, and a browser that is let in.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use hutong::sinks::Language;
use hutong::{
    Archive, ArchiveAccess, ArchiveError, AttachmentMode, ImportRequest, KeyRing, Progress,
    Protection, Unlock,
};
use hutong_web::{Keeper, Settings, Site, router};
use jiff::tz::TimeZone;
use tower::ServiceExt;

/// Passphrase of archives in tests.
pub(crate) const PASSPHRASE: &str = "open sesame";

/// 2026-01-02; tests that need time to pass move it.
static NOW_MS: AtomicI64 = AtomicI64::new(1_767_312_000_000);

/// The clock of tests.
pub(crate) fn now_ms() -> i64 {
    NOW_MS.load(Ordering::Relaxed)
}

/// Lets time pass.
pub(crate) fn pass(minutes: i64) {
    NOW_MS.fetch_add(minutes * 60_000, Ordering::Relaxed);
}

struct TestKeeper {
    folder: PathBuf,
    given: Option<&'static str>,
}

impl Keeper for TestKeeper {
    fn open(&self, passphrase: Option<&str>) -> Result<Archive, ArchiveError> {
        let unlock = Unlock {
            passphrase: passphrase.or(self.given).map(str::to_owned),
            device_key: None,
        };
        Archive::open(&self.folder, &unlock)
    }

    fn has_passphrase(&self) -> bool {
        self.given.is_some()
    }

    fn create(&self, protection: &Protection) -> Result<Archive, ArchiveError> {
        Archive::create(&self.folder, protection, now_ms())
    }
}

/// A site and the folder that it lives in.
pub(crate) struct World {
    /// Gone with the world.
    folder: tempfile::TempDir,
    pub(crate) site: Site,
    pub(crate) router: Router,
}

impl World {
    /// Without an archive.
    pub(crate) fn empty() -> Self {
        Self::at(tempfile::tempdir().unwrap(), None)
    }

    /// With the demo's invented WeChat and QQ accounts, so many messages of each; the archive opens by itself.
    pub(crate) fn with_messages(messages: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), messages);
        Self::at(folder, Some(PASSPHRASE))
    }

    /// As [`Self::with_messages`], and closed after an hour in which nobody asks for anything.
    pub(crate) fn that_locks() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), 200);
        Self::set_up(
            folder,
            Some(PASSPHRASE),
            Some(std::time::Duration::from_secs(3600)),
        )
    }

    /// As [`Self::locked`], but the program was given the passphrase of another archive.
    pub(crate) fn with_wrong_passphrase() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), 200);
        Self::at(folder, Some("of another archive"))
    }

    /// As [`Self::with_messages`], but nobody gave the passphrase yet.
    pub(crate) fn locked() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), 200);
        Self::at(folder, None)
    }

    fn at(folder: tempfile::TempDir, given: Option<&'static str>) -> Self {
        Self::set_up(folder, given, None)
    }

    fn set_up(
        folder: tempfile::TempDir,
        given: Option<&'static str>,
        idle_lock: Option<std::time::Duration>,
    ) -> Self {
        let settings = Settings {
            archive_folder: folder.path().join("my.hutong"),
            language: Language::En,
            zone: TimeZone::get("Asia/Shanghai").unwrap(),
            idle_lock,
            upload_folder: folder.path().join("uploads"),
            program: "Hutong test".to_owned(),
            now_ms,
        };
        let keeper = TestKeeper {
            folder: settings.archive_folder.clone(),
            given,
        };
        let site = Site::new(settings, Box::new(keeper));
        Self {
            router: router(site.clone()),
            site,
            folder,
        }
    }

    /// Another program on the same folders.
    pub(crate) fn restarted(self) -> Self {
        Self::at(self.folder, None)
    }

    /// Where uploads wait.
    pub(crate) fn uploads(&self) -> PathBuf {
        self.folder.path().join("uploads")
    }

    /// Where the archive is or will be.
    pub(crate) fn archive(&self) -> PathBuf {
        self.folder.path().join("my.hutong")
    }

    /// A browser with a session.
    pub(crate) async fn browser(&self) -> Browser {
        let mut browser = self.stranger();
        let link = self.site.invite().unwrap();
        let answer = browser.get(&link).await;
        assert_eq!(answer.status, StatusCode::OK);
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        browser.cookies = cookie.split(';').next().unwrap().to_owned();
        let page = browser.get("/settings").await;
        browser.form_token = page
            .text()
            .split("name=\"form-token\" content=\"")
            .nth(1)
            .expect("the page bears a form token")
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        browser
    }

    /// A browser without a session.
    pub(crate) fn stranger(&self) -> Browser {
        Browser {
            router: self.router.clone(),
            cookies: String::new(),
            form_token: String::new(),
        }
    }
}

/// Puts an archive with invented chats into a folder. It is made once for a run of the tests and copied for each.
fn fill(folder: &Path, messages: u64) {
    let run = std::env::var("NEXTEST_RUN_ID").unwrap_or_else(|_| std::process::id().to_string());
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("web-{run}-{messages}"));
    std::fs::create_dir_all(&made).unwrap();
    let guard = std::fs::File::create(made.join("lock")).unwrap();
    guard.lock().unwrap();
    if !made.join("done").exists() {
        make(&made, messages);
        std::fs::write(made.join("done"), "").unwrap();
    }
    copy(&made.join("my.hutong"), &folder.join("my.hutong"));
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn make(folder: &Path, messages: u64) {
    let sets = hutong::forge_samples(&folder.join("samples"), messages, 7).unwrap();
    let archive = Archive::create(
        &folder.join("my.hutong"),
        &Protection::Passphrase(PASSPHRASE.to_owned()),
        now_ms(),
    )
    .unwrap();
    let mut access = ArchiveAccess::Open(archive);
    for set in &sets {
        let key_text = std::fs::read_to_string(&set.key_file).unwrap();
        for found in &hutong::find_inputs(&set.folder, Some(set.source)).unwrap() {
            let request = ImportRequest {
                found,
                keys: KeyRing::from_text(&key_text).unwrap(),
                key_text: &key_text,
                account: None,
                keep_raw: false,
                attachments: AttachmentMode::Copy,
                zone: None,
                again: false,
                dry_run: false,
                now_ms: &now_ms,
                progress: Arc::new(Progress::default()),
            };
            hutong::import(&mut access, &request).unwrap();
        }
    }
}

/// What a browser sends and gets.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookies: String,
    pub(crate) form_token: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

impl Browser {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path).body(Body::empty()).unwrap())
            .await
    }

    /// Sends a form with its token.
    pub(crate) async fn post(&self, path: &str, fields: &str) -> Answer {
        let body = format!("{fields}&form_token={}", self.form_token);
        self.post_as_is(path, body).await
    }

    /// Sends a form as it is.
    pub(crate) async fn post_as_is(&self, path: &str, body: String) -> Answer {
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, "http://127.0.0.1:8765");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A request with host and cookies.
    pub(crate) fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "127.0.0.1:8765")
            .header(header::COOKIE, &self.cookies)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
        }
    }
}
