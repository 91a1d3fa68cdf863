//! `hutong serve`, and `hutong` alone: the page in a browser.

use std::io::{BufRead, IsTerminal};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hutong::{Archive, ArchiveError, Protection};
use hutong_web::{Keeper, ServeError, Server, Settings, Site};
use serde_json::json;

use crate::archive_access::{create_quietly, folder, given_passphrase, now_ms, unlock_with};
use crate::args::{ServeArgs, Shared};
use crate::output::{Output, Status};

/// Where the page is looked for first.
const USUAL_PORT: u16 = 8765;

/// Serves the user's archive.
pub(crate) fn run(args: &ServeArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    run_at(
        &folder(shared)?,
        given_passphrase(shared)?,
        args,
        shared,
        output,
    )
}

/// Serves the archive in a folder, whether there is one yet or not.
pub(crate) fn run_at(
    archive_folder: &Path,
    passphrase: Option<String>,
    args: &ServeArgs,
    shared: &Shared,
    output: &Output,
) -> anyhow::Result<Status> {
    let archive_folder = std::path::absolute(archive_folder)?;
    let settings = Settings {
        upload_folder: upload_folder(&archive_folder),
        archive_folder: archive_folder.clone(),
        language: output.language().for_sinks(),
        zone: super::zone(shared)?,
        idle_lock: (args.lock_after > 0)
            .then(|| Duration::from_secs(60 * u64::from(args.lock_after))),
        program: concat!("Hutong ", env!("CARGO_PKG_VERSION")).to_owned(),
        now_ms,
    };
    let keeper = ShellKeeper {
        folder: archive_folder,
        passphrase,
    };
    let site = Site::new(settings, Box::new(keeper));
    let server = bind(&site, args)?;
    let base = format!("http://{}", server.address());
    let link = format!("{base}{}", site.invite()?);
    output.line(&format!(
        "{}\n  {link}\n{}",
        output.pick(
            "在浏览器里打开（这个链接只能用一次）：",
            "Open in a browser (this link works once):"
        ),
        output.pick(
            "按回车得到新的链接，按 Ctrl-C 结束。",
            "Press Enter for another link, Ctrl-C to stop."
        )
    ))?;
    output.json(&json!({"type": "serve", "address": base, "link": link}))?;
    if !args.no_open {
        open_in_browser(&link, output);
    }
    if std::io::stdin().is_terminal() {
        let is_json = output.is_json();
        std::thread::spawn(move || print_links(&site, &base, is_json));
    }
    let (tell, told) = std::sync::mpsc::channel();
    ctrlc::set_handler(move || {
        // Nobody listens any more when the server has ended by itself.
        let _ = tell.send(());
    })?;
    server.run(move || {
        let _ = told.recv();
    })?;
    Ok(Status::Done)
}

/// Takes the port that was asked for, else the usual one, else any.
fn bind(site: &Site, args: &ServeArgs) -> Result<Server, ServeError> {
    let at = |port| SocketAddr::new(args.address, port);
    match args.port {
        Some(port) => Server::bind(site.clone(), at(port)),
        None => match Server::bind(site.clone(), at(USUAL_PORT)) {
            Err(ServeError::Listen { .. }) => Server::bind(site.clone(), at(0)),
            other => other,
        },
    }
}

/// Each Enter prints a fresh link.
#[expect(
    clippy::print_stdout,
    reason = "this thread outlives the borrow of the output"
)]
fn print_links(site: &Site, base: &str, is_json: bool) {
    for line in std::io::stdin().lock().lines() {
        let (Ok(_), Ok(path)) = (line, site.invite()) else {
            return;
        };
        if is_json {
            println!(
                "{}",
                json!({"type": "link", "link": format!("{base}{path}")})
            );
        } else {
            println!("  {base}{path}");
        }
    }
}

/// Uploads wait beside the archive: on the same disk, and found again after a restart.
fn upload_folder(archive: &Path) -> PathBuf {
    let mut name = archive
        .file_name()
        .map(std::ffi::OsStr::to_owned)
        .unwrap_or_default();
    name.push(".uploads");
    archive.with_file_name(name)
}

/// Asks the system to show a page; where it cannot, the link was printed already.
fn open_in_browser(link: &str, output: &Output) {
    let mut command = if cfg!(windows) {
        let mut command = std::process::Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else if cfg!(target_os = "macos") {
        std::process::Command::new("open")
    } else {
        std::process::Command::new("xdg-open")
    };
    let has_screen = cfg!(any(windows, target_os = "macos"))
        || std::env::var_os("DISPLAY").is_some()
        || std::env::var_os("WAYLAND_DISPLAY").is_some();
    if has_screen
        && command
            .arg(link)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .is_err()
    {
        output.say(output.pick("没能自动打开浏览器", "no browser could be opened"));
    }
}

/// Opens the archive with what the command line was given or this machine keeps.
struct ShellKeeper {
    folder: PathBuf,
    passphrase: Option<String>,
}

impl Keeper for ShellKeeper {
    fn open(&self, passphrase: Option<&str>) -> Result<Archive, ArchiveError> {
        let passphrase = passphrase
            .map(str::to_owned)
            .or_else(|| self.passphrase.clone());
        Archive::open(&self.folder, &unlock_with(&self.folder, passphrase)?)
    }

    fn has_passphrase(&self) -> bool {
        self.passphrase.is_some()
    }

    fn wxgf(&self) -> Option<hutong::WxgfDecoder> {
        crate::system_decoder::wxgf()
    }

    fn create(&self, protection: &Protection) -> Result<Archive, ArchiveError> {
        match create_quietly(&self.folder, protection) {
            Ok((archive, _)) => Ok(archive),
            Err(error) => Err(match error.downcast::<ArchiveError>() {
                Ok(error) => error,
                Err(other) => ArchiveError::Io(std::io::Error::other(format!("{other:#}"))),
            }),
        }
    }

    fn usual_places(&self) -> Vec<PathBuf> {
        super::inspect::places_on_this_machine().unwrap_or_default()
    }
}
