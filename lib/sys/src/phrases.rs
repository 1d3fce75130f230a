//! Phrases by number, laid one behind the other when the program is built.
//!
//! A `match` over many texts costs more than the texts: an address, a length and a jump for each. Its one law: a list is written
//! as pairs of number and words, and what is packed is made of it by the compiler: before its words each number, with the bit
//! set that no byte of ASCII has.

use crate::raw;

/// The bit that no byte of ASCII has.
const MARK: u8 = 0x80;

/// Phrases that are looked up by number.
#[derive(Clone, Copy)]
pub struct Phrases(&'static [u8]);

impl Phrases {
    /// From what [`pack`] made of a list.
    pub const fn new(packed: &'static [u8]) -> Phrases {
        Phrases(packed)
    }

    /// The words of a number; empty if it has none.
    pub fn find(self, number: u32) -> &'static str {
        // Where no byte is the number's, none is left.
        let mut packed = self.0.iter();
        let _ = packed.any(|byte| u32::from(*byte) == number.wrapping_add(u32::from(MARK)));
        raw::ascii_at_start(packed.as_slice())
    }
}

/// The bytes that a list takes when it is packed.
pub const fn length(list: &[(u8, &str)]) -> usize {
    let (mut length, mut place) = (0, 0);
    while place < list.len() {
        length += 1 + list[place].1.len();
        place += 1;
    }
    length
}

/// All numbers and words, one behind the other.
pub const fn pack<const N: usize>(list: &[(u8, &str)]) -> [u8; N] {
    let (mut packed, mut end, mut place) = ([0; N], 0, 0);
    while place < list.len() {
        let (number, words) = list[place];
        assert!(number < MARK && words.is_ascii(), "a number above 127, or words that are not ASCII");
        packed[end] = number | MARK;
        let mut next = 0;
        while next < words.len() {
            packed[end + 1 + next] = words.as_bytes()[next];
            next += 1;
        }
        end += 1 + next;
        place += 1;
    }
    packed
}
