//! The codes that Android writes into `type`.

use crate::phone::PhoneRow;

/// Cards that have a code of their own, by appmsg type.
const CARDS: &[(i64, i64)] = &[
    (1, 0x0100_0031),
    (3, 0x3E00_0031),
    (6, 0x4100_0031),
    (17, -0x6FFF_FFFA),
    (51, 0x2D00_0031),
    (53, 0x3000_0031),
    (57, 0x3100_0031),
    (62, 0x3700_0031),
    (63, 0x3A00_0031),
    (74, 0x4100_0031),
    (76, 0x3E00_0031),
    (87, 0x4200_0031),
    (92, 0x4040_0031),
    (2000, 0x1900_0031),
    (2001, 0x1A00_0031),
    (2003, 0x1C00_0031),
];

/// The code of a row.
pub(super) fn code_of(row: &PhoneRow) -> i64 {
    let is_even = row.number().is_multiple_of(2);
    match row.base {
        49 if row.talker.starts_with("gh_") && row.sub == 5 => 0x1100_0031,
        49 => CARDS
            .iter()
            .find(|(card, _)| *card == row.sub)
            .map_or(49, |(_, code)| *code),
        47 if is_even => 0x0010_0031,
        10_002
            if is_even
                && row
                    .body
                    .as_ref()
                    .is_some_and(|body| body.contains("revokemsg")) =>
        {
            0x1000_2710
        }
        base => base,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_places_have_the_one_negative_code() {
        assert!(CARDS.contains(&(17, -1_879_048_186)));
        assert!(CARDS.contains(&(57, 822_083_633)) && CARDS.contains(&(6, 1_090_519_089)));
    }
}
