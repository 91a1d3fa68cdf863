//! QQ NT.
use std::path::Path;
use crate::{ForgeError, Forged, Plan};
/// Forges.
///
/// # Errors
/// When a file or database cannot be written.
pub fn qq_nt(_plan: &Plan, _dir: &Path, _progress: &mut dyn FnMut(u64)) -> Result<Forged, ForgeError> {
    unimplemented!()
}
