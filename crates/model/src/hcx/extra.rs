//! Members that a later version writes: kept beside the record and put back in their places.

use super::value::Value;

/// Puts unknown members back into the object that begins at `start`. `extra` is a JSON object from pointer to value.
///
/// A place that is no longer there takes nothing: the part that it belonged to is gone.
pub(super) fn put_back(out: &mut Vec<u8>, start: usize, extra: &str) {
    let Ok(Value::Object(members)) = Value::parse(extra.as_bytes()) else {
        return;
    };
    let written = out.split_off(start);
    match Value::parse(&written).map(Value::into_owned) {
        Ok(mut value) => {
            for (pointer, member) in members {
                // What has no place any more is left out.
                let _ = value.insert(&pointer, member.into_owned());
            }
            value.write(out);
        }
        // A number beyond what canonical JSON can say stands in it: nothing can be put there.
        Err(_) => out.extend_from_slice(&written),
    }
}
