//! Which archive, and what opens it.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use directories::ProjectDirs;
use hutong::{Archive, ArchiveError, Protection, Unlock};

use crate::args::Shared;
use crate::output::Output;

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "hutong")
}

/// The folder of the archive: `--archive`, `HUTONG_ARCHIVE`, or the platform's data folder.
pub(crate) fn folder(shared: &Shared) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &shared.archive {
        return Ok(folder.clone());
    }
    let project = project().context("there is no home folder; name an archive with --archive")?;
    Ok(project.data_dir().join("my.hutong"))
}

/// Opens the archive, asking for the passphrase when it must.
pub(crate) fn open(shared: &Shared, output: &Output) -> anyhow::Result<Archive> {
    open_at(&folder(shared)?, shared, output)
}

/// A passphrase together with the key that this machine keeps for the archive, if it does.
pub(crate) fn unlock_with(
    folder: &Path,
    passphrase: Option<String>,
) -> Result<Unlock, ArchiveError> {
    let header = Archive::header_of(folder)?;
    let mut unlock = Unlock {
        passphrase,
        device_key: None,
    };
    if header.key.device {
        unlock.device_key = read_device_key(&header.id);
    }
    Ok(unlock)
}

/// Opens the archive in a folder.
pub(crate) fn open_at(folder: &Path, shared: &Shared, output: &Output) -> anyhow::Result<Archive> {
    let mut unlock = unlock_with(folder, given_passphrase(shared)?)?;
    match Archive::open(folder, &unlock) {
        Err(ArchiveError::NeedsPassphrase) if std::io::stdin().is_terminal() => {
            unlock.passphrase = Some(rpassword::prompt_password(
                output.pick("存档口令：", "Passphrase: "),
            )?);
            Ok(Archive::open(folder, &unlock)?)
        }
        other => Ok(other?),
    }
}

/// Makes a new archive.
pub(crate) fn create(folder: &Path, shared: &Shared, output: &Output) -> anyhow::Result<Archive> {
    let protection = protection(shared, output)?;
    create_with(folder, &protection, output)
}

/// Makes a new archive, its key kept as told; says where the key lies when it lies on this machine.
pub(crate) fn create_quietly(
    folder: &Path,
    protection: &Protection,
) -> anyhow::Result<(Archive, Option<PathBuf>)> {
    let archive = Archive::create(folder, protection, now_ms())?;
    let mut kept_at = None;
    if let (Protection::Device, Some(key)) = (protection, archive.expose_key()) {
        let path = write_device_key(&archive.header().id, &key).inspect_err(|_| {
            // Without its key the new archive is of no use to anybody.
            let _ = std::fs::remove_dir_all(folder);
        })?;
        kept_at = Some(path);
    }
    Ok((archive, kept_at))
}

/// Makes a new archive, its key kept as told.
pub(crate) fn create_with(
    folder: &Path,
    protection: &Protection,
    output: &Output,
) -> anyhow::Result<Archive> {
    let (archive, kept_at) = create_quietly(folder, protection)?;
    if let Some(path) = kept_at {
        output.say(&format!(
            "{} {}\n{}",
            output.pick(
                "新存档已加密；密钥保存在本机：",
                "The new archive is encrypted; its key is kept on this machine:"
            ),
            path.display(),
            output.pick(
                "要在别处打开，请用 `hutong archive rekey` 设置口令。",
                "To open it elsewhere, set a passphrase with `hutong archive rekey`."
            )
        ));
    }
    Ok(archive)
}

fn protection(shared: &Shared, output: &Output) -> anyhow::Result<Protection> {
    if shared.no_encryption {
        return Ok(Protection::None);
    }
    if let Some(passphrase) = given_passphrase(shared)? {
        return Ok(Protection::Passphrase(passphrase));
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(Protection::Device);
    }
    output.say(output.pick(
        "将建立一个新的加密存档。请设一个口令（直接回车：密钥只保存在本机）。",
        "A new encrypted archive will be made. Choose a passphrase (or press Enter: the key is kept on this machine only).",
    ));
    Ok(match new_passphrase(output)? {
        Some(passphrase) => Protection::Passphrase(passphrase),
        None => Protection::Device,
    })
}

/// Asks twice for a new passphrase; nothing typed means none.
pub(crate) fn new_passphrase(output: &Output) -> anyhow::Result<Option<String>> {
    loop {
        let first = rpassword::prompt_password(output.pick("新口令：", "New passphrase: "))?;
        if first.is_empty() {
            return Ok(None);
        }
        if rpassword::prompt_password(output.pick("再输一次：", "Once more: "))? == first {
            return Ok(Some(first));
        }
        output.say(output.pick("两次不一样，请重来。", "They differ; try again."));
    }
}

/// The passphrase from `--passphrase-file` or `HUTONG_PASSPHRASE`.
pub(crate) fn given_passphrase(shared: &Shared) -> anyhow::Result<Option<String>> {
    if let Some(path) = &shared.passphrase_file {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let passphrase = text.trim_end_matches(['\r', '\n']);
        if passphrase.is_empty() {
            bail!("{} holds no passphrase", path.display());
        }
        return Ok(Some(passphrase.to_owned()));
    }
    Ok(std::env::var("HUTONG_PASSPHRASE")
        .ok()
        .filter(|passphrase| !passphrase.is_empty()))
}

fn device_key_path(id: &str) -> Option<PathBuf> {
    // The id comes from a file: only what we write ourselves may become a path.
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id
        .then(|| {
            Some(
                project()?
                    .config_dir()
                    .join("keys")
                    .join(format!("{id}.key")),
            )
        })
        .flatten()
}

fn read_device_key(id: &str) -> Option<[u8; 32]> {
    let text = std::fs::read_to_string(device_key_path(id)?).ok()?;
    let text = text.trim();
    let mut key = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (slot, pair) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(key)
}

/// Keeps an archive's key in the user's own settings folder, readable by this user only.
pub(crate) fn write_device_key(id: &str, key: &[u8; 32]) -> anyhow::Result<PathBuf> {
    let path = device_key_path(id)
        .context("there is no home folder for the key; set HUTONG_PASSPHRASE")?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    std::io::Write::write_all(&mut options.open(&path)?, format!("{text}\n").as_bytes())?;
    Ok(path)
}

/// Removes the key of an archive from the user's own settings folder, if it is there.
pub(crate) fn forget_device_key(id: &str) {
    if let Some(path) = device_key_path(id) {
        // A key that was never here needs no removing.
        let _ = std::fs::remove_file(path);
    }
}

/// The clock.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
