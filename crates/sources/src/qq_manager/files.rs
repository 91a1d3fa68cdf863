//! Which files of an input are exports of one kind.

use std::path::Path;

use crate::Input;

/// Bytes looked at to tell an export.
pub(crate) const HEAD: u64 = 16 * 1024;
/// Files looked at to tell whether a folder holds exports at all.
const GLANCE: usize = 512;

/// How sure a look at the first bytes makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Likeness {
    /// Something else.
    None,
    /// Perhaps.
    Some,
    /// Surely.
    Sure,
}

/// Paths of the exports of an input: the file that the user named, or all files of the folder that surely are some.
pub(crate) fn find(input: &Input, look: &dyn Fn(&[u8]) -> Likeness) -> Vec<String> {
    if let Some(file) = input.only_file() {
        return input.real_path(file).into_iter().collect();
    }
    input
        .file_names("")
        .into_iter()
        .filter(|file| likeness(input, file, look) == Likeness::Sure)
        .collect()
}

/// What the input is: how sure, and how many exports were seen at a glance.
pub(crate) fn glance(input: &Input, look: &dyn Fn(&[u8]) -> Likeness) -> (Likeness, usize) {
    if let Some(file) = input.only_file() {
        return (likeness(input, file, look), 1);
    }
    let count = input
        .file_names("")
        .into_iter()
        .take(GLANCE)
        .filter(|file| likeness(input, file, look) == Likeness::Sure)
        .count();
    let likeness = if count > 0 {
        Likeness::Sure
    } else {
        Likeness::None
    };
    (likeness, count)
}

fn likeness(input: &Input, file: &str, look: &dyn Fn(&[u8]) -> Likeness) -> Likeness {
    input
        .first_bytes(file, HEAD)
        .map_or(Likeness::None, |head| look(&head))
}

/// A file's name without its extension.
pub(crate) fn stem(path: &str) -> String {
    Path::new(path)
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .filter(|stem| !stem.is_empty())
        .unwrap_or_else(|| "QQ".to_owned())
}
