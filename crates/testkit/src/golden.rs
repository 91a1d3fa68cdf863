//! Comparing with what was right before.

use std::fs;
use std::path::Path;

/// Compares bytes with a file; `UPDATE_GOLDEN=1` rewrites the file instead, and its difference is reviewed like code.
///
/// # Panics
/// When they differ, naming the first line that does.
pub fn check_golden(path: &Path, actual: &[u8]) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("the folder of golden files can be made");
        }
        fs::write(path, actual).expect("the golden file can be written");
        return;
    }
    let expected = fs::read(path).unwrap_or_default();
    if expected == actual {
        return;
    }
    let (expected, actual) = (
        String::from_utf8_lossy(&expected),
        String::from_utf8_lossy(actual),
    );
    let mut pairs = expected.lines().zip(actual.lines()).enumerate();
    let place = pairs.find(|(_, (expected, actual))| expected != actual);
    match place {
        Some((line, (expected, actual))) => {
            panic!(
                "{} differs in line {}\nexpected: {expected}\n  actual: {actual}",
                path.display(),
                line + 1
            )
        }
        None => panic!(
            "{} has {} lines where {} are written now",
            path.display(),
            expected.lines().count(),
            actual.lines().count()
        ),
    }
}
