//! Folder order is data order: no crate knows a later one.

use std::collections::BTreeMap;
use std::path::Path;

/// What each crate may know; dev-dependencies may know the builders of test data besides.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("sqlite", &[]),
    ("media", &[]),
    ("search", &[]),
    ("samples", &[]),
    ("crypto", &["sqlite"]),
    ("stats", &["model"]),
    ("testkit", &["model"]),
    ("sources", &["model", "sqlite", "crypto", "media"]),
    ("archive", &["model", "crypto", "media", "search"]),
    ("sinks", &["model", "media", "search"]),
    (
        "hutong",
        &[
            "model", "sqlite", "crypto", "media", "search", "sources", "archive", "sinks", "stats",
            "samples",
        ],
    ),
    ("web", &["hutong"]),
    ("cli", &["hutong", "web"]),
];

const BUILDERS: &[&str] = &["samples", "testkit"];

/// Our own crates that a manifest names, with the section in which it names them.
fn known(manifest: &str) -> Vec<(String, String)> {
    let mut section = String::new();
    let mut known = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_matches(['[', ']']).to_owned();
        } else if section.ends_with("dependencies")
            && let Some(name) = line.split(['.', '=', ' ']).next()
            && let Some(name) = name
                .strip_prefix("hutong-")
                .or_else(|| (name == "hutong").then_some("hutong"))
        {
            known.push((section.clone(), name.to_owned()));
        }
    }
    known
}

#[test]
fn no_arrow_points_back() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut seen = 0;
    for member in std::fs::read_dir(crates).unwrap() {
        let folder = member.unwrap().path();
        let Ok(manifest) = std::fs::read_to_string(folder.join("Cargo.toml")) else {
            continue;
        };
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let may_know = allowed
            .get(name.as_str())
            .unwrap_or_else(|| panic!("crates/{name} is new: say here what it may know"));
        for (section, other) in known(&manifest) {
            let is_builder =
                section.ends_with("dev-dependencies") && BUILDERS.contains(&other.as_str());
            assert!(
                may_know.contains(&other.as_str()) || is_builder,
                "crates/{name} must not know {other}"
            );
        }
        seen += 1;
    }
    assert!(seen >= ALLOWED.len(), "{seen} crates");
}
