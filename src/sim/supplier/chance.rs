//! Numbers that a seed decides.

/// A well-mixed number from a seed and a place.
pub(crate) fn mix(seed: u64, place: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(place).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// A number below the bound.
pub(crate) fn below(random: u64, bound: u32) -> u32 {
    u32::try_from(random % u64::from(bound)).unwrap_or(0)
}
