//! Probabilities of the short symbols: kind, gains, seed, and what belongs to them.

/// Rates at which the decoder works inside, in kHz.
pub(in crate::silk) static RATES_KHZ: [usize; 4] = [8, 12, 16, 24];

/// Which of [`RATES_KHZ`].
pub(in crate::silk) static RATE: [u16; 5] = [0, 16000, 32000, 48000, 65535];

/// Kind of the first frame in a packet.
pub(in crate::silk) static KIND: [u16; 5] = [0, 37522, 41030, 44212, 65535];

/// Kind of a further frame, by the kind before.
pub(in crate::silk) static KIND_AFTER: [[u16; 5]; 4] = [
    [0, 57686, 61230, 62358, 65535],
    [0, 18346, 40067, 43659, 65535],
    [0, 22694, 24279, 35507, 65535],
    [0, 6067, 7215, 13010, 65535],
];

/// First gain of a packet, by signal.
pub(in crate::silk) static GAIN: [[u16; 65]; 2] = [
    [
        0, 18, 45, 94, 181, 320, 519, 777, 1093, 1468, 1909, 2417, 2997, 3657, 4404, 5245, 6185,
        7228, 8384, 9664, 11069, 12596, 14244, 16022, 17937, 19979, 22121, 24345, 26646, 29021,
        31454, 33927, 36438, 38982, 41538, 44068, 46532, 48904, 51160, 53265, 55184, 56904, 58422,
        59739, 60858, 61793, 62568, 63210, 63738, 64165, 64504, 64769, 64976, 65133, 65249, 65330,
        65386, 65424, 65451, 65471, 65487, 65501, 65513, 65524, 65535,
    ],
    [
        0, 214, 581, 1261, 2376, 3920, 5742, 7632, 9449, 11157, 12780, 14352, 15897, 17427, 18949,
        20462, 21957, 23430, 24889, 26342, 27780, 29191, 30575, 31952, 33345, 34763, 36200, 37642,
        39083, 40519, 41930, 43291, 44602, 45885, 47154, 48402, 49619, 50805, 51959, 53069, 54127,
        55140, 56128, 57101, 58056, 58979, 59859, 60692, 61468, 62177, 62812, 63368, 63845, 64242,
        64563, 64818, 65023, 65184, 65306, 65391, 65447, 65482, 65505, 65521, 65535,
    ],
];

/// Step from one gain to the next.
pub(in crate::silk) static GAIN_STEP: [u16; 46] = [
    0, 2358, 3856, 7023, 15376, 53058, 59135, 61555, 62784, 63498, 63949, 64265, 64478, 64647,
    64783, 64894, 64986, 65052, 65113, 65169, 65213, 65252, 65284, 65314, 65338, 65359, 65377,
    65392, 65403, 65415, 65424, 65432, 65440, 65448, 65455, 65462, 65470, 65477, 65484, 65491,
    65499, 65506, 65513, 65521, 65528, 65535,
];

/// Weight of the new spectrum in the first half of a frame, in quarters.
pub(in crate::silk) static INTERPOLATION: [u16; 6] = [0, 3706, 8703, 19226, 30926, 65535];

/// Which of [`LONG_TERM_SCALES_Q14`].
pub(in crate::silk) static LONG_TERM_SCALE: [u16; 4] = [0, 32000, 48000, 65535];

/// How much of the past the first quarter of a frame takes over.
pub(in crate::silk) static LONG_TERM_SCALES_Q14: [i32; 3] = [15565, 11469, 8192];

/// Seed of the dither.
pub(in crate::silk) static SEED: [u16; 5] = [0, 16384, 32768, 49152, 65535];

/// Whether somebody speaks.
pub(in crate::silk) static VOICE_ACTIVITY: [u16; 3] = [0, 22000, 65535];

/// What follows a frame in its packet.
pub(in crate::silk) static WHAT_FOLLOWS: [u16; 5] = [0, 20000, 45000, 56000, 65535];

/// Distance of the levels from nought, by signal and kind of quantiser.
pub(in crate::silk) static OFFSETS_Q10: [[i32; 2]; 2] = [[32, 100], [100, 256]];

/// High-pass of the output, numerator, for all rates.
pub(in crate::silk) static HIGH_PASS_B_Q13: [i32; 3] = [8000, -16000, 8000];

/// High-pass of the output, denominator, by rate.
pub(in crate::silk) static HIGH_PASS_A_Q13: [[i32; 2]; 4] = [
    [-15885, 7710],
    [-16043, 7859],
    [-16127, 7940],
    [-16220, 8030],
];
