//! Promises that hold whatever is imported: files are only read, keys come from the user, nothing goes out.

use std::path::{Path, PathBuf};

use hutong::sources::{Input, ReadOptions};
use hutong::{KeyRing, find_inputs};

use crate::set::{Home, KINDS, Set, plan, state_of};

#[test]
fn promise_3_the_users_files_are_only_read() {
    for kind in KINDS {
        let set = Set::new(kind, &plan(300));
        let before = state_of(set.folder.path());
        for keys in [set.keys(), String::new()] {
            let keys = if keys.is_empty() {
                KeyRing::default()
            } else {
                KeyRing::from_text(&keys).unwrap()
            };
            for found in find_inputs(&set.forged.root, None).unwrap() {
                let options = ReadOptions {
                    keys: keys.clone(),
                    locate_attachments: true,
                    ..ReadOptions::default()
                };
                let input = Input::open(&found.path).unwrap();
                found.source.inspect(&input, &options).unwrap();
            }
        }
        let mut home = Home::new();
        home.import(&set);
        home.export();
        Home::new()
            .try_import(&set.forged.root, set.source(), "", &|_| {})
            .unwrap_err();
        let after = state_of(set.folder.path());
        let names = |state: &[(PathBuf, Vec<u8>, _)]| {
            state
                .iter()
                .map(|(path, ..)| path.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(&before),
            names(&after),
            "{kind:?}: files came or went"
        );
        for (one, other) in before.iter().zip(&after) {
            assert!(one == other, "{kind:?}: {} was changed", one.0.display());
        }
    }
}

/// An input that may not be written, as a copy on a read-only disk.
#[cfg(unix)]
#[test]
fn promise_3_a_folder_that_cannot_be_written_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let set = Set::new(KINDS[1], &plan(300));
    let mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let folder = set.forged.main_db.parent().unwrap();
    for (path, ..) in state_of(&set.forged.root) {
        mode(&path, 0o444);
    }
    mode(folder, 0o555);
    let report = Home::new().import(&set);
    mode(folder, 0o755);
    assert_eq!(report.added, set.forged.messages);
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every source file of our own crates.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for member in std::fs::read_dir(workspace().join("crates")).unwrap() {
        let source = member.unwrap().path().join("src");
        if source.is_dir() {
            found.extend(
                state_of(&source)
                    .into_iter()
                    .filter(|(path, ..)| path.extension().is_some_and(|end| end == "rs")),
            );
        }
    }
    assert!(found.len() > 100);
    found
        .into_iter()
        .map(|(path, bytes, _)| (path, String::from_utf8(bytes).unwrap()))
        .collect()
}

fn assert_absent(words: &[&str]) {
    for (path, text) in sources() {
        for word in words {
            assert!(!text.contains(word), "{} speaks of {word}", path.display());
        }
    }
}

#[test]
fn promise_4_no_other_programs_memory_is_read() {
    assert_absent(&[
        "ptrace",
        "process_vm_readv",
        "ReadProcessMemory",
        "OpenProcess",
        "VirtualQueryEx",
        "NtReadVirtualMemory",
        "MiniDumpWriteDump",
        "task_for_pid",
        "mach_vm_read",
        "/proc/self/mem",
        "SetWindowsHookEx",
        "CreateRemoteThread",
        "LD_PRELOAD",
        "DYLD_INSERT",
    ]);
}

#[test]
fn promise_5_it_speaks_to_no_network_and_listens_to_this_machine_only() {
    // Nothing calls anybody.
    assert_absent(&["TcpStream", "UdpSocket", "UnixStream"]);
    // One place listens, and it takes no address that others can reach; the shell only hands it one.
    for (path, text) in sources() {
        let listens = ["TcpListener", "std::net"]
            .iter()
            .any(|word| text.contains(word));
        let may = [
            "web/src/server.rs",
            "cli/src/commands/serve.rs",
            "cli/src/args.rs",
        ]
        .iter()
        .any(|place| path.ends_with(place));
        assert!(!listens || may, "{} speaks of sockets", path.display());
        assert!(
            !text.contains("TcpListener") || text.contains("is_loopback()"),
            "{} listens to others",
            path.display()
        );
    }
    let lock = std::fs::read_to_string(workspace().join("Cargo.lock")).unwrap();
    let clients = [
        "reqwest",
        "ureq",
        "isahc",
        "curl",
        "curl-sys",
        // What the page is served with brings these only when it can also call others.
        "want",
        "tower-http",
        "hyper-rustls",
        "hyper-tls",
        "attohttpc",
        "minreq",
        "surf",
        "h2",
        "rustls",
        "native-tls",
        "async-std",
        "smol",
        "quinn",
        "tungstenite",
        "sentry",
        "opentelemetry",
        "hickory-resolver",
        "trust-dns-resolver",
        "ssh2",
        "libssh2-sys",
        "git2",
        "libgit2-sys",
        "lettre",
    ];
    for client in clients {
        assert!(
            !lock.contains(&format!("name = \"{client}\"\n")),
            "{client} is in Cargo.lock"
        );
    }
    assert!(
        lock.contains("name = \"rusqlite\"\n"),
        "the lock file is the one that is meant"
    );
}
