//! Books and pictures that come in numbered parts when they are long.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::folder::Staging;
use super::{FolderTarget, Output};
use crate::file_name::FileNames;
use crate::{About, WriteError};

/// Where a format writes whose files have a largest size: `chat.pdf`, or `chat-001-of-003.pdf` and so on.
///
/// Parts are whole files. They get their names at the end, when it is known how many there are.
pub(crate) struct PartsTarget {
    to: To,
    about: &'static About,
    /// Number of parts of every title begun so far.
    titles: Vec<u64>,
    bytes: u64,
}

enum To {
    /// One file, or several beside each other.
    File {
        path: PathBuf,
        staging: Staging,
        overwrite: bool,
    },
    /// A file, or several, for every title.
    Folder {
        folder: FolderTarget,
        names: FileNames,
        stems: Vec<String>,
    },
    /// The one part goes out when everything is complete.
    Stream {
        stream: Box<dyn Write + Send>,
        part: Option<Vec<u8>>,
    },
}

impl PartsTarget {
    pub(crate) fn open(
        output: Output,
        overwrite: bool,
        about: &'static About,
    ) -> Result<Self, WriteError> {
        let mut titles = Vec::new();
        let to = match output {
            Output::File(path) => {
                refuse_existing(&path, overwrite)?;
                titles.push(0);
                To::File {
                    staging: Staging::beside(&path).map_err(WriteError::at(&path))?,
                    path,
                    overwrite,
                }
            }
            Output::Folder(path) => To::Folder {
                folder: FolderTarget::create(&path, overwrite)?,
                names: FileNames::default(),
                stems: Vec::new(),
            },
            Output::Stream(stream) => {
                titles.push(0);
                To::Stream { stream, part: None }
            }
        };
        Ok(Self {
            to,
            about,
            titles,
            bytes: 0,
        })
    }

    /// Whether every conversation gets files of its own.
    pub(crate) const fn is_folder(&self) -> bool {
        matches!(self.to, To::Folder { .. })
    }

    /// Begins the files of a title; only folders have more than one.
    pub(crate) fn begin(&mut self, title: &str) {
        if let To::Folder { names, stems, .. } = &mut self.to {
            let name = names.give(title, self.about.extension);
            let ending = self.about.extension.len() + 1;
            let stem = name
                .get(..name.len().saturating_sub(ending))
                .unwrap_or(&name);
            stems.push(stem.to_owned());
            self.titles.push(0);
        }
    }

    /// Writes the next part of the title begun last.
    pub(crate) fn part(&mut self, bytes: Vec<u8>) -> Result<(), WriteError> {
        let title = self.titles.len().saturating_sub(1);
        let Some(parts) = self.titles.last_mut() else {
            return Err(WriteError::NoConversation);
        };
        *parts += 1;
        let number = *parts;
        self.bytes += bytes.len() as u64;
        let path = match &mut self.to {
            To::Stream { part, .. } => {
                if number > 1 {
                    return Err(WriteError::TooMuchForStream(self.about.id));
                }
                *part = Some(bytes);
                return Ok(());
            }
            To::File { staging, .. } => staged(staging.path(), title, number),
            To::Folder { folder, .. } => folder.staged(&staged_name(title, number)),
        };
        fs::write(&path, bytes).map_err(WriteError::at(&path))
    }

    /// Number of the title begun last.
    #[cfg(feature = "png")]
    pub(crate) fn title(&self) -> usize {
        self.titles.len().saturating_sub(1)
    }

    /// Parts of the title begun last.
    #[cfg(feature = "png")]
    pub(crate) fn parts(&self) -> u64 {
        self.parts_of(self.title())
    }

    /// Parts of a title.
    #[cfg(feature = "png")]
    pub(crate) fn parts_of(&self, title: usize) -> u64 {
        self.titles.get(title).copied().unwrap_or(0)
    }

    /// Adds to the end of a part that was written.
    #[cfg(feature = "png")]
    pub(crate) fn append(
        &mut self,
        title: usize,
        number: u64,
        bytes: &[u8],
    ) -> Result<(), WriteError> {
        self.bytes += bytes.len() as u64;
        let path = match &mut self.to {
            To::Stream { part, .. } => {
                part.get_or_insert_default().extend_from_slice(bytes);
                return Ok(());
            }
            To::File { staging, .. } => staged(staging.path(), title, number),
            To::Folder { folder, .. } => folder.staged(&staged_name(title, number)),
        };
        fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(WriteError::at(&path))
    }

    /// Gives the parts their names and puts them in their place; tells how many files and bytes there are.
    pub(crate) fn finish(self) -> Result<(u64, u64), WriteError> {
        let files: u64 = self.titles.iter().sum();
        match self.to {
            To::Stream { mut stream, part } => {
                stream
                    .write_all(&part.unwrap_or_default())
                    .and_then(|()| stream.flush())
                    .map_err(WriteError::Stream)?;
            }
            To::File {
                path,
                staging,
                overwrite,
            } => {
                let parts = self.titles.first().copied().unwrap_or(0);
                let stem = path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let extension = path.extension().map_or_else(
                    || self.about.extension.into(),
                    |extension| extension.to_string_lossy().into_owned(),
                );
                let place = |number: u64| match parts {
                    1 => path.clone(),
                    _ => path.with_file_name(part_name(&stem, number, parts, &extension)),
                };
                for number in 1..=parts {
                    refuse_existing(&place(number), overwrite)?;
                }
                for number in 1..=parts {
                    let (from, to) = (staged(staging.path(), 0, number), place(number));
                    fs::rename(&from, &to).map_err(WriteError::at(&to))?;
                }
            }
            To::Folder { folder, stems, .. } => {
                for (title, (stem, parts)) in stems.iter().zip(&self.titles).enumerate() {
                    for number in 1..=*parts {
                        let name = match parts {
                            1 => format!("{stem}.{}", self.about.extension),
                            _ => part_name(stem, number, *parts, self.about.extension),
                        };
                        let from = folder.staged(&staged_name(title, number));
                        let to = folder.staged(&name);
                        fs::rename(&from, &to).map_err(WriteError::at(&to))?;
                    }
                }
                folder.finish()?;
            }
        }
        Ok((files, self.bytes))
    }
}

/// `chat-002-of-013.pdf`: names that sort as they are read.
fn part_name(stem: &str, number: u64, parts: u64, extension: &str) -> String {
    let digits = parts.to_string().len().max(3);
    format!("{stem}-{number:0digits$}-of-{parts:0digits$}.{extension}")
}

/// A name that no title can have.
fn staged_name(title: usize, number: u64) -> String {
    format!(".part-{title}-{number}")
}

fn staged(folder: &Path, title: usize, number: u64) -> PathBuf {
    folder.join(staged_name(title, number))
}

fn refuse_existing(path: &Path, overwrite: bool) -> Result<(), WriteError> {
    match fs::symlink_metadata(path) {
        Ok(found) if !overwrite || found.is_dir() => Err(WriteError::Exists(path.to_owned())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OutputKind;

    static ABOUT: About = About {
        id: "book",
        name_zh: "",
        name_en: "",
        keeps_zh: "",
        keeps_en: "",
        loses_zh: "",
        loses_en: "",
        output: OutputKind::Either,
        extension: "book",
        losses: |_| crate::Treatment::KEPT,
    };

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn one_part_has_the_name_and_several_are_numbered() {
        let home = tempfile::tempdir().unwrap();
        for (parts, expected) in [
            (1, vec!["a.pdf"]),
            (2, vec!["a-001-of-002.pdf", "a-002-of-002.pdf", "a.pdf"]),
        ] {
            let path = home.path().join("a.pdf");
            let mut target = PartsTarget::open(Output::File(path), true, &ABOUT).unwrap();
            for _ in 0..parts {
                target.part(b"x".to_vec()).unwrap();
            }
            assert_eq!(target.finish().unwrap(), (parts, parts));
            assert_eq!(names(home.path()), expected);
        }
    }

    #[test]
    fn every_title_has_its_own_numbers() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("out");
        let mut target = PartsTarget::open(Output::Folder(path.clone()), false, &ABOUT).unwrap();
        for (title, parts) in [("一", 1), ("二/", 2), ("一", 1)] {
            target.begin(title);
            (0..parts).for_each(|_| target.part(b"x".to_vec()).unwrap());
        }
        target.finish().unwrap();
        assert_eq!(
            names(&path),
            [
                "一 (2).book",
                "一.book",
                "二_-001-of-002.book",
                "二_-002-of-002.book"
            ]
        );
    }

    #[test]
    fn a_stream_takes_one_part() {
        let mut target =
            PartsTarget::open(Output::Stream(Box::new(std::io::sink())), false, &ABOUT).unwrap();
        target.part(Vec::new()).unwrap();
        assert!(matches!(
            target.part(Vec::new()),
            Err(WriteError::TooMuchForStream("book"))
        ));
    }

    #[test]
    fn what_is_dropped_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let mut target =
            PartsTarget::open(Output::File(home.path().join("a.pdf")), false, &ABOUT).unwrap();
        target.part(b"x".to_vec()).unwrap();
        drop(target);
        assert!(names(home.path()).is_empty());
    }
}
