//! Files that are too large, cut into numbered pieces that anybody can join again.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use hutong_archive::Progress;
use hutong_sinks::Language;
use sha2::{Digest as _, Sha256};

use super::{check_stop, io_error};
use crate::Error;

/// A file and its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    /// Name inside the pack, with forward slashes.
    pub(super) name: String,
    pub(super) bytes: u64,
    /// Lower-case hexadecimal.
    pub(super) sha256: String,
}

/// A file that was cut, and its pieces in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) whole: Sum,
    pub(super) pieces: Vec<Sum>,
}

/// Cuts every file below `folder` that has more than `limit` bytes into `name.001`, `name.002`, …
pub(super) fn cut_large_files(
    folder: &Path,
    limit: u64,
    progress: &Progress,
) -> Result<Vec<Cut>, Error> {
    let mut cut = Vec::new();
    for (path, name) in files(folder)? {
        let bytes = fs::metadata(&path)
            .map_err(|error| io_error(&path, error))?
            .len();
        if bytes > limit {
            cut.push(cut_file(&path, &name, bytes, limit, progress)?);
            fs::remove_file(&path).map_err(|error| io_error(&path, error))?;
        }
    }
    Ok(cut)
}

fn cut_file(
    path: &Path,
    name: &str,
    bytes: u64,
    limit: u64,
    progress: &Progress,
) -> Result<Cut, Error> {
    let count = bytes.div_ceil(limit);
    // Programs that join by name sort by it.
    let digits = count.to_string().len().max(3);
    let mut file = File::open(path).map_err(|error| io_error(path, error))?;
    let mut whole = Sha256::new();
    let mut pieces = Vec::new();
    for number in 1..=count {
        let ending = format!(".{number:0digits$}");
        let mut place = path.as_os_str().to_owned();
        place.push(&ending);
        let place = Path::new(&place);
        let mut piece = File::create(place).map_err(|error| io_error(place, error))?;
        let mut hasher = Sha256::new();
        let written = pass(&mut (&mut file).take(limit), path, progress, &mut |bytes| {
            whole.update(bytes);
            hasher.update(bytes);
            piece
                .write_all(bytes)
                .map_err(|error| io_error(place, error))
        })?;
        pieces.push(Sum {
            name: format!("{name}{ending}"),
            bytes: written,
            sha256: hex::encode(hasher.finalize()),
        });
    }
    Ok(Cut {
        whole: Sum {
            name: name.to_owned(),
            bytes,
            sha256: hex::encode(whole.finalize()),
        },
        pieces,
    })
}

/// Digests of every file below `folder`, by name.
pub(super) fn sums(folder: &Path, progress: &Progress) -> Result<Vec<Sum>, Error> {
    let mut sums = Vec::new();
    for (path, name) in files(folder)? {
        let file = File::open(&path).map_err(|error| io_error(&path, error))?;
        let mut hasher = Sha256::new();
        let bytes = pass(&mut BufReader::new(file), &path, progress, &mut |bytes| {
            hasher.update(bytes);
            Ok(())
        })?;
        sums.push(Sum {
            name,
            bytes,
            sha256: hex::encode(hasher.finalize()),
        });
    }
    Ok(sums)
}

/// Hands all bytes on; gives their number.
fn pass(
    from: &mut dyn Read,
    path: &Path,
    progress: &Progress,
    take: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Result<u64, Error> {
    let mut buffer = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        check_stop(progress)?;
        match from.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(count) => {
                take(buffer.get(..count).unwrap_or_default())?;
                bytes += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io_error(path, error)),
        }
    }
}

/// Every file below `folder`, with its name inside, sorted by name.
fn files(folder: &Path) -> Result<Vec<(std::path::PathBuf, String)>, Error> {
    let mut found = Vec::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((next, prefix)) = waiting.pop() {
        for entry in fs::read_dir(&next).map_err(|error| io_error(&next, error))? {
            let entry = entry.map_err(|error| io_error(&next, error))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(|error| io_error(&next, error))?;
            if kind.is_dir() {
                waiting.push((entry.path(), format!("{name}/")));
            } else {
                found.push((entry.path(), name));
            }
        }
    }
    found.sort_by(|one, two| one.1.cmp(&two.1));
    Ok(found)
}

/// A page that joins the pieces without any program and without a network.
pub(super) fn join_page(cut: &[Cut], language: Language) -> String {
    let sum = |sum: &Sum| {
        let name = sum.name.rsplit('/').next().unwrap_or_default();
        serde_json::json!({"name": name, "bytes": sum.bytes, "sha256": sum.sha256})
    };
    let list: Vec<_> = cut
        .iter()
        .map(|cut| {
            serde_json::json!({
                "whole": sum(&cut.whole),
                "pieces": cut.pieces.iter().map(sum).collect::<Vec<_>>(),
            })
        })
        .collect();
    // Inside a script element: nothing may end it or begin a comment, and two line ends are none in JSON.
    let list = serde_json::Value::Array(list)
        .to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    include_str!("join.html")
        .replace("{{lang}}", language.tag())
        .replace("{{words}}", language.pick(WORDS_ZH, WORDS_EN))
        .replace("{{script}}", include_str!("join.js"))
        .replace("{{list}}", &list)
}

const WORDS_ZH: &str = r#"{"title":"合并分开的文件","how":"把收到的各部分（.001、.002 …）放在同一个文件夹里，点下面的按钮把它们全部选中。文件只在这台设备上读取，不会上传。","choose":"选择各部分","missing":"还缺：","wrong":"内容不对（传输中损坏，请重新接收）：","checking":"正在核对 ","good":"核对无误，可以保存：","save":"保存 ","foreign":"不属于这里的文件（未使用）："}"#;
const WORDS_EN: &str = r#"{"title":"Join the pieces of a file","how":"Put the pieces that you received (.001, .002 …) into one folder, then choose all of them with the button. They are read on this device only and sent nowhere.","choose":"Choose the pieces","missing":"Still missing: ","wrong":"Not as it was sent (damaged on the way, receive it again): ","checking":"Checking ","good":"Checked and whole, ready to save:","save":"Save ","foreign":"Files that do not belong here (not used): "}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_joined_are_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("files");
        fs::create_dir(&inner).unwrap();
        let content: Vec<u8> = (0..1_000_003_u32)
            .map(|i| u8::try_from(((i * 7) >> 3) & 0xff).unwrap())
            .collect();
        fs::write(inner.join("film.mp4"), &content).unwrap();
        fs::write(inner.join("small"), b"small").unwrap();
        let progress = Progress::default();
        let cut = cut_large_files(folder.path(), 300_000, &progress).unwrap();
        assert_eq!(cut.len(), 1);
        assert_eq!(cut[0].pieces.len(), 4);
        assert_eq!(cut[0].whole.name, "files/film.mp4");
        assert!(!inner.join("film.mp4").exists());
        let mut joined = Vec::new();
        for piece in &cut[0].pieces {
            let bytes = fs::read(folder.path().join(&piece.name)).unwrap();
            assert!(bytes.len() <= 300_000);
            assert_eq!(hex::encode(Sha256::digest(&bytes)), piece.sha256);
            joined.extend_from_slice(&bytes);
        }
        assert!(joined == content);
        assert_eq!(hex::encode(Sha256::digest(&joined)), cut[0].whole.sha256);
        let names: Vec<_> = sums(folder.path(), &progress)
            .unwrap()
            .into_iter()
            .map(|sum| sum.name)
            .collect();
        assert_eq!(names[0], "files/film.mp4.001");
        assert_eq!(names.len(), 5);
    }

    #[test]
    fn a_hostile_name_stays_a_name_in_the_page() {
        let hostile = Sum {
            name: "</script><script>alert(1)//\u{2028}{{list}}".to_owned(),
            bytes: 1,
            sha256: String::new(),
        };
        let cut = Cut {
            whole: hostile.clone(),
            pieces: vec![hostile],
        };
        let page = join_page(&[cut], Language::Zh);
        assert_eq!(
            page.matches("</script>").count(),
            page.matches("<script").count()
        );
        assert!(!page.contains("<script>alert"));
        assert!(!page.contains('\u{2028}'));
    }
}
