//! Layout of a tagged word: a number in the high bits, and a count in the low bits. A new number starts at zero without
//! being cleared, and a late writer can't add to the wrong number.
//!
//! The position of the split depends on the length of a slice. A slice can't hold more calls of one thread than its
//! nanoseconds allow; all other bits belong to the number, so that no number repeats within 146 years. The two highest
//! bits are the *epoch*, which changes with each new window. Its position doesn't depend on the split, so a word of
//! another window is always recognized.

/// A position of the split: see the module's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// Bits of the count.
    mask: u64,
}

/// A number at its position in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    bits: u64,
    split: Split,
}

/// What a word with another number holds, relative to a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Empty, or older: its count has left the window.
    Older,
    /// This many numbers ahead.
    Newer(u64),
    /// Belongs to another window, whose split may differ.
    OtherWindow,
}

const EPOCH: u32 = 62;

impl Split {
    /// For counts without slices: 28 bits of count, and a whole generation.
    pub(crate) const GENERATION: Self = Self::below(28);
    /// For a count-based window, whose number changes only at a restart.
    pub(crate) const COUNT_WINDOW: Self = Self::below(36);

    /// For slices of this scale (slices per nanosecond, times 2^64; see `Geometry`). 0 stands for the count-based
    /// window.
    pub(crate) fn of_scale(scale: u64) -> Self {
        if scale == 0 { Self::COUNT_WINDOW } else { Self::below((scale.leading_zeros() + 2).clamp(21, 48)) }
    }

    const fn below(bits: u32) -> Self {
        Self { mask: (1 << bits) - 1 }
    }

    /// Returns the split as one word, to be stored in an atomic.
    pub(crate) fn bits(self) -> u64 {
        self.mask
    }

    pub(crate) fn from_bits(mask: u64) -> Self {
        Self { mask }
    }

    /// Returns the highest count.
    pub(crate) const fn max(self) -> u64 {
        self.mask
    }

    /// Returns the first number of an epoch.
    pub(crate) fn first_of(self, epoch: u64) -> u64 {
        (epoch & 3) << (EPOCH - self.mask.count_ones())
    }

    #[inline]
    pub(crate) fn prefix(self, number: u64) -> Prefix {
        Prefix { bits: number.wrapping_mul(self.mask.wrapping_add(1)), split: self }
    }
}

impl Prefix {
    /// Returns the number at its position, as one word.
    pub(crate) fn bits(self) -> u64 {
        self.bits
    }

    /// Returns the word of this number and count; a count that is too high is stored as the highest.
    #[inline]
    pub(crate) fn with(self, count: u64) -> u64 {
        self.bits | count.min(self.split.mask)
    }

    /// Returns the count of a word if it has this number.
    #[inline]
    pub(crate) fn count(self, word: u64) -> Option<u64> {
        let count = word ^ self.bits;
        (count <= self.split.mask).then_some(count)
    }

    /// Classifies a word with another number. (A word that is behind by more than half of an epoch's numbers would be
    /// classified as newer.)
    #[inline]
    pub(crate) fn other(self, word: u64) -> Found {
        if word == 0 {
            return Found::Older;
        }
        if word >> EPOCH != self.bits >> EPOCH {
            return Found::OtherWindow;
        }
        let ahead = (word & !self.split.mask).wrapping_sub(self.bits);
        let is_newer = word & self.split.mask != 0 && (1..1 << (EPOCH - 1)).contains(&ahead);
        if is_newer { Found::Newer(ahead >> self.split.mask.count_ones()) } else { Found::Older }
    }

    /// Returns how far a word's number is ahead of this one, regardless of its count.
    pub(crate) fn ahead(self, word: u64) -> i64 {
        (word & !self.split.mask).wrapping_sub(self.bits).cast_signed() >> self.split.mask.count_ones()
    }

    /// Returns the number that is this far ahead.
    pub(crate) fn plus(self, numbers: u64) -> Self {
        let step = numbers.wrapping_mul(self.split.mask.wrapping_add(1));
        Self { bits: self.bits.wrapping_add(step), split: self.split }
    }

    /// Returns the highest count.
    pub(crate) const fn max(self) -> u64 {
        self.split.mask
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_that_of_its_number_alone() {
        for split in [Split::GENERATION, Split::of_scale(u64::MAX), Split::of_scale(1 << 44), Split::of_scale(1)] {
            for number in [1, 7, split.first_of(1), split.first_of(3) + 9] {
                let prefix = split.prefix(number);
                for count in [1, split.max()] {
                    assert_eq!(prefix.count(prefix.with(count)), Some(count));
                    assert_eq!(prefix.plus(1).count(prefix.with(count)), None);
                    assert_eq!(prefix.other(prefix.plus(3).with(count)), Found::Newer(3));
                    assert_eq!(prefix.plus(3).other(prefix.with(count)), Found::Older);
                }
                assert_eq!(prefix.other(prefix.plus(3).with(0)), Found::Older, "an empty count belongs to no number");
                assert_eq!(prefix.count(prefix.with(u64::MAX)), Some(split.max()), "a full count stays full");
            }
        }
    }

    #[test]
    fn a_word_of_another_window_is_known_whatever_its_split() {
        let splits = [Split::COUNT_WINDOW, Split::of_scale(u64::MAX), Split::of_scale(1 << 44), Split::of_scale(1)];
        for (one, other) in splits.into_iter().flat_map(|one| splits.map(|other| (one, other))) {
            for (epoch, later) in (0..4).flat_map(|epoch| (1..4).map(move |later| (epoch, later))) {
                let prefix = one.prefix(one.first_of(epoch) + 77);
                let word = other.prefix(other.first_of(epoch + later) + 1_234).with(5);
                assert_eq!((prefix.count(word), prefix.other(word)), (None, Found::OtherWindow));
            }
        }
    }
}
