//! Checking files in the open interchange format.

use std::path::Path;
use std::sync::Arc;

use hutong_sources::Input;
use hutong_sources::hcx::{Checked, Flaw, check_file, check_folder};

use crate::Error;

/// Reads all of an HCX file, or of the folder that it was unpacked into, and says what it holds or what is wrong with it.
///
/// # Errors
/// When there is nothing at the path, or it cannot be opened.
pub fn check_hcx(path: &Path) -> Result<Result<Checked, Flaw>, Error> {
    let failed = |source| Error::Io {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(check_folder(&Input::open(path).map_err(failed)?));
    }
    let file = hutong_sources::open_shared(path).map_err(failed)?;
    Ok(check_file(Arc::new(file)))
}
