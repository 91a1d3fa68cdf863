//! Runs the program in a folder of its own; nothing of the user's is looked at or changed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use hutong_samples::{Forged, Plan, WechatKeys, WechatStyle, qq_nt, wechat4};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a home in it.
pub(crate) struct Place {
    folder: TempDir,
}

/// What a run said.
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The run ended with this status.
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(
            self.status, status,
            "out:\n{}\nerr:\n{}",
            self.out, self.err
        );
        self
    }

    /// Every line of the standard output as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }

    /// Everything that was said, out and err.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with these arguments, in English, in this folder.
    pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Command {
        let home = self.path("home");
        let mut command = Command::new(env!("CARGO_BIN_EXE_hutong"));
        for name in [
            "HUTONG_ARCHIVE",
            "HUTONG_PASSPHRASE",
            "HUTONG_NEW_PASSPHRASE",
            "LC_ALL",
            "LC_MESSAGES",
        ] {
            command.env_remove(name);
        }
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("HOME", &home)
            .env("USERPROFILE", &home)
            .env("APPDATA", home.join("appdata"))
            .env("LOCALAPPDATA", home.join("localappdata"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("LANG", "C")
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Said {
        Said::of(&self.command(args).output().unwrap())
    }

    /// A forged QQ account below `qq`.
    pub(crate) fn qq(&self, messages: u64) -> Forged {
        self.qq_with(&Plan {
            messages,
            ..Plan::default()
        })
    }

    pub(crate) fn qq_with(&self, plan: &Plan) -> Forged {
        qq_nt(plan, &self.path("qq"), &mut |_| {}).unwrap()
    }

    /// A forged WeChat account below `wechat`.
    pub(crate) fn wechat(&self, messages: u64) -> Forged {
        let wechat = WechatStyle {
            keys: WechatKeys::PerFile,
            ..WechatStyle::default()
        };
        wechat4(
            &Plan {
                messages,
                wechat,
                ..Plan::default()
            },
            &self.path("wechat"),
            &mut |_| {},
        )
        .unwrap()
    }

    /// Imports an account into `a.hutong`.
    pub(crate) fn import(&self, forged: &Forged) -> Said {
        self.run(&import_args(forged)).expect(0)
    }
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

pub(crate) fn import_args(forged: &Forged) -> Vec<String> {
    let mut args = ["--archive", "a.hutong", "--json", "import"]
        .map(str::to_owned)
        .to_vec();
    args.extend([
        text(&forged.root),
        "--key-file".to_owned(),
        text(&forged.key_file),
    ]);
    args
}
