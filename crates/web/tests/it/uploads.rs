//! tus 1.0: what the protocol asks for, and what hostile senders try.

use axum::body::Body;
use axum::http::{StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hutong_web::UploadLimits;
use sha1::Digest as _;

use crate::support::{Answer, Browser, World};

const BATCH: &str = "0123456789abcdef0123456789abcdef";

/// `Upload-Metadata` of these fields.
pub(crate) fn metadata(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name} {}", BASE64.encode(value)))
        .collect();
    pairs.join(",")
}

/// A request of tus.
pub(crate) async fn tus(
    browser: &Browser,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut request = browser
        .request(method, path)
        .header("tus-resumable", "1.0.0")
        .header("x-form-token", &browser.form_token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser
        .send(request.body(Body::from(body.to_vec())).unwrap())
        .await
}

/// Makes an upload; gives its address.
async fn create(browser: &Browser, length: usize, path: &str) -> String {
    let made = tus(
        browser,
        "POST",
        "/uploads",
        &[
            ("upload-length", &length.to_string()),
            (
                "upload-metadata",
                &metadata(&[("batch", BATCH), ("path", path)]),
            ),
        ],
        b"",
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED);
    made.headers[header::LOCATION].to_str().unwrap().to_owned()
}

async fn patch(browser: &Browser, address: &str, offset: usize, body: &[u8]) -> Answer {
    patch_with(browser, address, offset, body, &[]).await
}

async fn patch_with(
    browser: &Browser,
    address: &str,
    offset: usize,
    body: &[u8],
    more: &[(&str, &str)],
) -> Answer {
    let offset = offset.to_string();
    let mut headers = vec![
        ("content-type", "application/offset+octet-stream"),
        ("upload-offset", offset.as_str()),
    ];
    headers.extend(more);
    tus(browser, "PATCH", address, &headers, body).await
}

async fn offset(browser: &Browser, address: &str) -> String {
    let head = tus(browser, "HEAD", address, &[], b"").await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.headers[header::CACHE_CONTROL], "no-store");
    head.headers["upload-offset"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_even_after_a_new_start() {
    let world = World::empty();
    let browser = world.browser().await;
    let address = create(&browser, 11, "folder/file.txt").await;
    let first = patch(&browser, &address, 0, b"hello ").await;
    assert_eq!(first.status, StatusCode::NO_CONTENT);
    assert_eq!(first.headers["upload-offset"], "6");
    assert_eq!(first.headers["tus-resumable"], "1.0.0");
    assert!(first.headers.contains_key("upload-expires"));

    // Another program on the same folder knows of it.
    let again = world.restarted();
    let browser = again.browser().await;
    assert_eq!(offset(&browser, &address).await, "6");
    let conflict = patch(&browser, &address, 3, b"lo").await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    let last = patch(&browser, &address, 6, b"world").await;
    assert_eq!(last.headers["upload-offset"], "11");
    assert_eq!(offset(&browser, &address).await, "11");
    let whole = again.uploads().join(BATCH).join("files/folder/file.txt");
    assert_eq!(std::fs::read(whole).unwrap(), b"hello world");

    let listed = browser.get(&format!("/welcome/uploads/{BATCH}")).await;
    let listed: serde_json::Value = serde_json::from_slice(&listed.body).unwrap();
    assert_eq!(listed["uploads"][0]["path"], "folder/file.txt");
    assert_eq!(listed["uploads"][0]["offset"], 11);
}

#[tokio::test]
async fn the_server_says_what_it_can_and_refuses_other_versions() {
    let world = World::empty();
    let browser = world.browser().await;
    let options = browser
        .send(
            browser
                .request("OPTIONS", "/uploads")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(options.status, StatusCode::NO_CONTENT);
    assert_eq!(options.headers["tus-version"], "1.0.0");
    assert_eq!(options.headers["tus-checksum-algorithm"], "sha1,sha256");
    let extensions = options.headers["tus-extension"].to_str().unwrap();
    for extension in [
        "creation",
        "creation-with-upload",
        "termination",
        "checksum",
        "expiration",
    ] {
        assert!(extensions.split(',').any(|known| known == extension));
    }
    assert!(options.headers.contains_key("tus-max-size"));

    let without = browser
        .request("POST", "/uploads")
        .header("x-form-token", &browser.form_token)
        .header("upload-length", "1");
    let without = browser.send(without.body(Body::empty()).unwrap()).await;
    assert_eq!(without.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(without.headers["tus-version"], "1.0.0");

    for length in ["", "-1", "1e3", "99999999999999999999999"] {
        let answer = tus(
            &browser,
            "POST",
            "/uploads",
            &[("upload-length", length)],
            b"",
        )
        .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{length}");
    }
    let unknown = format!("/uploads/{BATCH}-{BATCH}");
    for method in ["HEAD", "DELETE", "PATCH"] {
        let kind = [
            ("content-type", "application/offset+octet-stream"),
            ("upload-offset", "0"),
        ];
        let answer = tus(&browser, method, &unknown, &kind, b"").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method}");
    }
    let address = create(&browser, 3, "a").await;
    let kind = [("content-type", "text/plain"), ("upload-offset", "0")];
    let answer = tus(&browser, "PATCH", &address, &kind, b"abc").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(
        patch(&browser, &address, 0, b"abcd").await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(offset(&browser, &address).await, "0");
    // Where a proxy knows no PATCH.
    let answer = tus(
        &browser,
        "POST",
        &address,
        &[
            ("x-http-method-override", "PATCH"),
            ("content-type", "application/offset+octet-stream"),
            ("upload-offset", "0"),
        ],
        b"abc",
    )
    .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn bytes_with_a_wrong_checksum_are_thrown_away() {
    let world = World::empty();
    let browser = world.browser().await;
    let address = create(&browser, 6, "a").await;
    let sha1 = BASE64.encode(sha1::Sha1::digest(b"abc"));
    let sha256 = BASE64.encode(sha2::Sha256::digest(b"def"));
    let wrong = [("upload-checksum", format!("sha1 {sha1}"))];
    let wrong = [(wrong[0].0, wrong[0].1.as_str())];
    let answer = patch_with(&browser, &address, 0, b"abX", &wrong).await;
    assert_eq!(answer.status.as_u16(), 460);
    assert_eq!(offset(&browser, &address).await, "0");
    let answer = patch_with(&browser, &address, 0, b"abc", &wrong).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let unknown = [("upload-checksum", "crc32 AAAA")];
    let answer = patch_with(&browser, &address, 3, b"def", &unknown).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let right = format!("sha256 {sha256}");
    let right = [("upload-checksum", right.as_str())];
    let answer = patch_with(&browser, &address, 3, b"def", &right).await;
    assert_eq!(answer.headers["upload-offset"], "6");
}

#[tokio::test]
async fn bytes_that_no_checksum_confirmed_before_a_crash_do_not_count() {
    let world = World::empty();
    let browser = world.browser().await;
    let address = create(&browser, 6, "a").await;
    patch(&browser, &address, 0, b"ab").await;
    let own = address.rsplit('-').next().unwrap();
    let part = world.uploads().join(BATCH).join("parts").join(own);
    std::fs::write(&part, b"ab?").unwrap();
    std::fs::write(part.with_extension("unconfirmed"), "2").unwrap();
    let world = world.restarted();
    let browser = world.browser().await;
    assert_eq!(offset(&browser, &address).await, "2");
}

#[tokio::test]
async fn an_upload_can_come_with_its_bytes_and_be_given_up() {
    let world = World::empty();
    let browser = world.browser().await;
    let whole = tus(
        &browser,
        "POST",
        "/uploads",
        &[
            ("upload-length", "3"),
            (
                "upload-metadata",
                &metadata(&[("batch", BATCH), ("filename", "b.bin")]),
            ),
            ("content-type", "application/offset+octet-stream"),
        ],
        b"abc",
    )
    .await;
    assert_eq!(whole.status, StatusCode::CREATED);
    assert_eq!(whole.headers["upload-offset"], "3");
    assert_eq!(whole.headers["upload-batch"], BATCH);
    let file = world.uploads().join(BATCH).join("files/b.bin");
    assert!(file.exists());
    let address = whole.headers[header::LOCATION].to_str().unwrap();
    let gone = tus(&browser, "DELETE", address, &[], b"").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert!(!file.exists());
    let head = tus(&browser, "HEAD", address, &[], b"").await;
    assert_eq!(head.status, StatusCode::NOT_FOUND);
    // Empty files are there at once.
    create(&browser, 0, "empty").await;
    assert!(world.uploads().join(BATCH).join("files/empty").exists());
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_refused() {
    let world = World::empty();
    let browser = world.browser().await;
    for path in [
        "../evil",
        "/etc/evil",
        "a/../../evil",
        "a\\..\\evil",
        "C:/evil",
        "a\0b",
        "NUL",
        "x/com1.txt",
        &"n".repeat(300),
    ] {
        let fields = metadata(&[("batch", BATCH), ("path", path)]);
        let headers = [("upload-length", "1"), ("upload-metadata", fields.as_str())];
        let answer = tus(&browser, "POST", "/uploads", &headers, b"").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path:?}");
    }
    for batch in ["../../etc", "0123", &"z".repeat(32)] {
        let fields = metadata(&[("batch", batch), ("path", "a")]);
        let headers = [("upload-length", "1"), ("upload-metadata", fields.as_str())];
        let answer = tus(&browser, "POST", "/uploads", &headers, b"").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{batch:?}");
    }
    let answer = browser.get("/uploads/..%2F..%2Fetc").await;
    assert!(answer.status.is_client_error());
    for bad in ["path !!!", "path YQ==,path YQ==", "path /w=="] {
        let headers = [("upload-length", "1"), ("upload-metadata", bad)];
        let answer = tus(&browser, "POST", "/uploads", &headers, b"").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn more_than_the_disk_has_room_for_is_refused() {
    let world = World::empty();
    world.site.limit_uploads(UploadLimits {
        max_bytes: 1000,
        max_open: 2,
        ..UploadLimits::default()
    });
    let browser = world.browser().await;
    let ask = |length: &'static str| {
        let browser = browser.clone();
        async move {
            let fields = metadata(&[("batch", BATCH), ("path", "a")]);
            let headers = [
                ("upload-length", length),
                ("upload-metadata", fields.as_str()),
            ];
            tus(&browser, "POST", "/uploads", &headers, b"")
                .await
                .status
        }
    };
    assert_eq!(ask("1001").await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(ask("600").await, StatusCode::CREATED);
    // What was promised to the first is not there for the second.
    assert_eq!(ask("600").await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(ask("300").await, StatusCode::CREATED);
    assert_eq!(ask("1").await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn uploads_need_a_session_and_its_token() {
    let world = World::empty();
    let browser = world.browser().await;
    let request = |browser: &Browser, token: &str| {
        browser
            .request("POST", "/uploads")
            .header("tus-resumable", "1.0.0")
            .header("upload-length", "1")
            .header("x-form-token", token)
            .body(Body::empty())
            .unwrap()
    };
    let stranger = world.stranger();
    let answer = stranger.send(request(&stranger, "")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let answer = browser.send(request(&browser, "00")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(!world.uploads().exists());
}

#[tokio::test]
async fn forgotten_uploads_are_removed_and_others_stay() {
    let world = World::empty();
    let browser = world.browser().await;
    create(&browser, 5, "old").await;
    world.site.sweep();
    assert!(world.uploads().join(BATCH).exists());
    world.site.limit_uploads(UploadLimits {
        expires_ms: 0,
        ..UploadLimits::default()
    });
    // A removal that was cut off is gone on with.
    let left = world.uploads().join(format!("{BATCH}.going/files"));
    std::fs::create_dir_all(&left).unwrap();
    world.site.sweep();
    assert_eq!(std::fs::read_dir(world.uploads()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_pack_becomes_its_files() {
    let world = World::empty();
    let browser = world.browser().await;
    let pack = pack(&[("a/one.txt", b"1"), ("../two", b"2"), ("a/three", b"")]);
    upload(&browser, BATCH, "pack-1", &pack, true).await;
    let files = world.uploads().join(BATCH).join("files");
    assert_eq!(std::fs::read(files.join("a/one.txt")).unwrap(), b"1");
    assert!(files.join("a/three").exists());
    assert!(!world.uploads().join(BATCH).join("two").exists());
    // What is no pack is said to be none.
    let fields = metadata(&[("batch", BATCH), ("path", "p"), ("kind", "pack")]);
    let headers = [
        ("upload-length", "4"),
        ("upload-metadata", fields.as_str()),
        ("content-type", "application/offset+octet-stream"),
    ];
    let answer = tus(&browser, "POST", "/uploads", &headers, b"\xff\xff\xff\xff").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// A pack of files.
pub(crate) fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, content) in files {
        out.extend(u32::try_from(path.len()).unwrap().to_le_bytes());
        out.extend(path.as_bytes());
        out.extend((content.len() as u64).to_le_bytes());
        out.extend(*content);
    }
    out
}

/// Sends a whole upload.
pub(crate) async fn upload(
    browser: &Browser,
    batch: &str,
    path: &str,
    content: &[u8],
    is_pack: bool,
) {
    let kind = if is_pack { "pack" } else { "file" };
    let fields = metadata(&[("batch", batch), ("path", path), ("kind", kind)]);
    let length = content.len().to_string();
    let headers = [
        ("upload-length", length.as_str()),
        ("upload-metadata", fields.as_str()),
        ("content-type", "application/offset+octet-stream"),
    ];
    let answer = tus(browser, "POST", "/uploads", &headers, content).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
}
