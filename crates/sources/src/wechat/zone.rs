//! The time zone that the user names.

use jiff::tz::TimeZone;

use crate::{Input, ReadError, ReadOptions};

/// The zone for times that are written without one; `place` is what is read, as an error names it.
pub(crate) fn zone_of(place: &Input, options: &ReadOptions) -> Result<Option<TimeZone>, ReadError> {
    let name = options.zone.as_deref();
    name.map(TimeZone::get)
        .transpose()
        .map_err(|_| ReadError::Layout {
            file: place.folder_name(),
            reason: format!(
                "{} is not the name of a time zone",
                name.unwrap_or_default()
            ),
        })
}
