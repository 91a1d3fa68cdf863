//! Names in the picture cache of Android QQ: a checksum of folder and MD5.

/// A reflected 64-bit polynomial; the shifts around it keep the sign, which ordinary checksums do not.
const POLYNOMIAL: i64 = 0x95AC_9329_AC4B_C9B5_u64.cast_signed();

const TABLE: [i64; 256] = table();

const fn table() -> [i64; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as i64;
        let mut turn = 0;
        while turn < 8 {
            value = if value & 1 == 0 {
                value >> 1
            } else {
                (value >> 1) ^ POLYNOMIAL
            };
            turn += 1;
        }
        #[expect(clippy::indexing_slicing, reason = "the index is below the length")]
        {
            table[index] = value;
        }
        index += 1;
    }
    table
}

fn checksum(bytes: &[u8]) -> i64 {
    bytes.iter().fold(-1, |value, byte| {
        let [low, ..] = value.to_le_bytes();
        let entry = TABLE.get(usize::from(low ^ byte)).copied().unwrap_or(0);
        entry ^ (value >> 8)
    })
}

/// Path of a picture below `chatpic`: folder, last three digits, name.
pub(crate) fn path(folder: &str, md5: &str) -> String {
    let name = name(folder, md5);
    let start = name.len().saturating_sub(3);
    let tail = name.get(start..).unwrap_or_default();
    format!("{folder}/{tail}/{name}")
}

/// File name of a picture, `Cache_…`: hexadecimal with a sign and without leading zeros.
pub(crate) fn name(folder: &str, md5: &str) -> String {
    let value = checksum(format!("{folder}:{}", md5.to_ascii_uppercase()).as_bytes());
    let sign = if value < 0 { "-" } else { "" };
    format!("Cache_{sign}{:x}", value.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_pairs_hold() {
        let md5 = "73C393EEE6BA2A917FADD8F675985B8C";
        for (folder, md5, wanted) in [
            ("chatraw", md5, "-325b99698541c6fa"),
            ("chatimg", md5, "79e215c8f13ee1e7"),
            ("chatthumb", md5, "6110f05603f21587"),
            (
                "chatimg",
                "d41d8cd98f00b204e9800998ecf8427e",
                "b63504102096145",
            ),
        ] {
            assert_eq!(name(folder, md5), format!("Cache_{wanted}"));
        }
        assert_eq!(
            path("chatimg", "D41D8CD98F00B204E9800998ECF8427E"),
            "chatimg/145/Cache_b63504102096145"
        );
    }
}
