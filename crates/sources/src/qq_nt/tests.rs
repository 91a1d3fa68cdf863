//! Tests against the sheet and the forge.
