//! A source of choices for tests: the same seed, the same choices.

/// Choices.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// Choices from a seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below an end that is not zero (SplitMix64).
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).expect("below a usize")
    }

    /// One of several.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// One of the disk's operations, from 1.
    pub(super) fn operation(&mut self, count: u64) -> u64 {
        1 + self.below(usize::try_from(count).expect("few operations")) as u64
    }
}
