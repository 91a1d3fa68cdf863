//! The arithmetic of the specification: 32-bit numbers that wrap, with the binary point where a name's `q` says.

/// `a · b / 2¹⁶`, of which `b` counts with its low 16 bits.
pub(super) fn mul_low(a: i32, b: i32) -> i32 {
    ((i64::from(a) * i64::from(b as i16)) >> 16) as i32
}

/// `a · b / 2¹⁶`.
pub(super) fn mul_q16(a: i32, b: i32) -> i32 {
    ((i64::from(a) * i64::from(b)) >> 16) as i32
}

/// `a · b / 2³²`.
pub(super) fn mul_high(a: i32, b: i32) -> i32 {
    ((i64::from(a) * i64::from(b)) >> 32) as i32
}

/// `a / 2^shift`, to the nearest.
pub(super) fn shift_round(a: i32, shift: u32) -> i32 {
    if shift == 1 {
        (a >> 1).wrapping_add(a & 1)
    } else {
        (a >> (shift - 1)).wrapping_add(1) >> 1
    }
}

/// `a / 2^shift`, to the nearest, for long products.
pub(super) fn shift_round_long(a: i64, shift: u32) -> i32 {
    (((a >> (shift - 1)) + 1) >> 1) as i32
}

/// The nearest 16-bit number.
pub(super) fn sample(a: i32) -> i16 {
    a.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

fn shift_left_saturating(a: i32, shift: u32) -> i32 {
    if shift >= 31 {
        return match a {
            0 => 0,
            ..0 => i32::MIN,
            _ => i32::MAX,
        };
    }
    a.clamp(i32::MIN >> shift, i32::MAX >> shift) << shift
}

/// Left shift that brings the leading bit below the sign.
fn headroom(a: i32) -> i32 {
    match a.unsigned_abs().leading_zeros() {
        0 => 0,
        zeros => i32::try_from(zeros - 1).unwrap_or_default(),
    }
}

fn from_exponent(value: i32, exponent: i32) -> i32 {
    match exponent {
        ..=0 => shift_left_saturating(value, exponent.unsigned_abs()),
        1..=31 => value >> exponent,
        _ => 0,
    }
}

/// About `a · 2^q / b`; a divisor of nought counts as one.
pub(super) fn divide(a: i32, b: i32, q: i32) -> i32 {
    let b = if b == 0 { 1 } else { b };
    let (a_room, b_room) = (headroom(a), headroom(b));
    let rest = a << a_room;
    let divisor = b << b_room;
    let inverse = (i32::MAX >> 2) / (divisor >> 16);
    let first = mul_low(rest, inverse);
    let rest = rest.wrapping_sub(mul_high(divisor, first).wrapping_shl(3));
    let result = first.wrapping_add(mul_low(rest, inverse));
    from_exponent(result, 29 + a_room - b_room - q)
}

/// About `2^q / b`; a divisor of nought counts as one.
pub(super) fn invert(b: i32, q: i32) -> i32 {
    let b = if b == 0 { 1 } else { b };
    let room = headroom(b);
    let divisor = b << room;
    let inverse = (i32::MAX >> 2) / (divisor >> 16);
    let first = inverse.wrapping_shl(16);
    let error = mul_low(divisor, inverse).wrapping_neg().wrapping_shl(3);
    let result = first.wrapping_add(mul_q16(error, inverse));
    from_exponent(result, 61 - room - q)
}

/// About `2^(a / 128)`.
pub(super) fn power_of_two(a_q7: i32) -> i32 {
    if a_q7 < 0 {
        return 0;
    }
    if a_q7 >= 31 << 7 {
        return i32::MAX;
    }
    let whole = 1_i32 << (a_q7 >> 7);
    let fraction = a_q7 & 127;
    let curve = fraction.wrapping_add(mul_low(fraction * (128 - fraction), -174));
    if a_q7 < 2048 {
        whole.wrapping_add(whole.wrapping_mul(curve) >> 7)
    } else {
        whole.wrapping_add((whole >> 7).wrapping_mul(curve))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn powers_and_quotients_are_near() {
        assert_eq!(power_of_two(0), 1);
        assert_eq!(power_of_two(20 * 128), 1 << 20);
        assert_eq!(power_of_two(-1), 0);
        assert!((divide(1 << 20, 3, 4) - ((1 << 24) / 3)).abs() < 32);
        assert!((invert(1 << 20, 32) - (1 << 12)).abs() <= 1);
    }

    proptest! {
        #[test]
        fn no_numbers_overflow(a in any::<i32>(), b in any::<i32>(), q in 1_i32..60) {
            let _ = (divide(a, b, q.min(29)), invert(b, q), power_of_two(a), shift_round(a, 10));
        }
    }
}
