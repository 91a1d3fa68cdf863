//! Killing or stopping the program at any moment leaves a valid archive and an import that goes on.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hutong_samples::{Forged, Plan};

use crate::program::{Place, Said, import_args};

/// More than one batch (98,304 records), so that there is something between the commits.
const MESSAGES: u64 = 135_000;

fn forge(place: &Place, messages: u64) -> Forged {
    place.qq_with(&Plan {
        messages,
        attachments: false,
        truth: false,
        ..Plan::default()
    })
}

/// The import into an archive with a passphrase, so that no key has to be kept elsewhere.
fn import(place: &Place, archive: &str, forged: &Forged) -> Command {
    let mut args = import_args(forged);
    args[1] = archive.to_owned();
    let mut command = place.command(&args);
    command
        .env("HUTONG_PASSPHRASE", "马")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(place: &Place, args: &[&str]) -> Said {
    Said::of(
        &place
            .command(args)
            .env("HUTONG_PASSPHRASE", "马")
            .output()
            .unwrap(),
    )
}

fn export(place: &Place, archive: &str) -> String {
    run(
        place,
        &["--archive", archive, "export", "--to", "jsonl", "-o", "-"],
    )
    .expect(0)
    .out
}

/// When to kill.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// After this part of the time that a whole import takes.
    After(f64),
    /// When the database's log has this size: inside a commit.
    Log(u64),
}

fn wait(child: &mut Child, place: &Place, moment: Moment, whole: Duration) {
    let started = Instant::now();
    let log = place.path("b.hutong/archive.db-wal");
    while child.try_wait().unwrap().is_none() {
        let is_time = match moment {
            Moment::After(part) => started.elapsed() >= whole.mul_f64(part),
            Moment::Log(bytes) => {
                std::fs::metadata(&log).is_ok_and(|metadata| metadata.len() >= bytes)
            }
        };
        if is_time {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn killing_an_import_at_any_moment_loses_and_doubles_nothing() {
    let place = Place::new();
    let forged = forge(&place, MESSAGES);
    let started = Instant::now();
    Said::of(&import(&place, "a.hutong", &forged).output().unwrap()).expect(0);
    let whole = started.elapsed();
    let expected = export(&place, "a.hutong");
    let mut moments = vec![
        Moment::After(0.02),
        Moment::Log(1 << 20),
        Moment::After(0.3),
        Moment::Log(12 << 20),
        Moment::Log(25 << 20),
    ];
    if std::env::var_os("CI").is_some() {
        moments.extend([0.05, 0.1, 0.5, 0.8, 0.95].map(Moment::After));
    }
    for moment in moments {
        let mut child = import(&place, "b.hutong", &forged).spawn().unwrap();
        wait(&mut child, &place, moment, whole);
        // SIGKILL: nothing can be tidied up.
        child.kill().unwrap();
        child.wait().unwrap();
        let info = run(
            &place,
            &["--archive", "b.hutong", "--json", "archive", "info"],
        );
        let is_there = place.path("b.hutong/archive.toml").exists();
        assert_eq!(info.status == 0, is_there, "{moment:?}: {}", info.err);
        if is_there {
            run(
                &place,
                &["--archive", "b.hutong", "search", "的", "-n", "1"],
            )
            .expect(0);
        }
    }
    let said = Said::of(&import(&place, "b.hutong", &forged).output().unwrap()).expect(0);
    let summary = said.json().pop().unwrap();
    let field = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(
        field("rows_read"),
        field("added") + field("known") + field("rejected")
    );
    assert!(
        export(&place, "b.hutong") == expected,
        "the export differs from that of an undisturbed import"
    );
    run(&place, &["--archive", "b.hutong", "archive", "check"]).expect(0);
}

#[test]
fn ctrl_c_stops_gently_and_the_import_goes_on_later() {
    let place = Place::new();
    let forged = forge(&place, 60_000);
    let started = Instant::now();
    Said::of(&import(&place, "a.hutong", &forged).output().unwrap()).expect(0);
    let whole = started.elapsed();
    let mut child = import(&place, "b.hutong", &forged).spawn().unwrap();
    wait(&mut child, &place, Moment::After(0.4), whole);
    let signalled = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(signalled.success());
    let stopped = Said::of(&child.wait_with_output().unwrap()).expect(1);
    assert!(
        stopped.err.contains("stopped") && stopped.err.contains("run the same command again"),
        "{}",
        stopped.err
    );
    let imports = run(&place, &["--archive", "b.hutong", "imports"]).expect(0);
    assert!(imports.out.contains("cut off"), "{}", imports.out);
    let partly = run(
        &place,
        &["--archive", "b.hutong", "--json", "archive", "info"],
    )
    .expect(0)
    .json();
    let kept = partly[0]["messages"].as_u64().unwrap();
    assert!(kept < forged.messages, "{kept}");
    let resumed = Said::of(&import(&place, "b.hutong", &forged).output().unwrap()).expect(0);
    let summary = resumed.json().pop().unwrap();
    assert_eq!(
        summary["added"].as_u64().unwrap() + kept,
        forged.messages,
        "{summary}"
    );
    assert!(export(&place, "b.hutong") == export(&place, "a.hutong"));
}

#[test]
fn two_imports_at_once_do_not_disturb_each_other() {
    let place = Place::new();
    let forged = forge(&place, 30_000);
    let mut first = import(&place, "b.hutong", &forged).spawn().unwrap();
    let lock = place.path("b.hutong/archive.lock");
    let started = Instant::now();
    while !lock.exists()
        && first.try_wait().unwrap().is_none()
        && started.elapsed() < Duration::from_secs(60)
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = Said::of(&import(&place, "b.hutong", &forged).output().unwrap());
    let first = Said::of(&first.wait_with_output().unwrap()).expect(0);
    assert_eq!(first.json().pop().unwrap()["added"], forged.messages);
    // The second one was refused, or came late enough to find everything there.
    assert!(
        second.status == 0 || second.err.contains("another Hutong is writing"),
        "{}",
        second.err
    );
    assert_eq!(
        export(&place, "b.hutong").lines().count() as u64,
        forged.messages
    );
}
