//! Phrases by number, laid one behind the other when the program is built.
//!
//! A `match` over many texts costs more than the texts: an address, a length and a jump for each. Its one law: a list is written
//! as pairs of number and words, and what is packed is made of it by the compiler.

/// Phrases that are looked up by number.
pub struct Phrases {
    /// The number and the length of each.
    index: &'static [(u8, u8)],
    /// Their words.
    text: &'static str,
}

impl Phrases {
    /// Puts together what [`index`] and [`join`] made of one list.
    pub const fn new(index: &'static [(u8, u8)], joined: &'static [u8]) -> Phrases {
        match core::str::from_utf8(joined) {
            Ok(text) => Phrases { index, text },
            Err(_) => panic!("words that are not UTF-8"),
        }
    }

    /// The words of a number.
    pub fn find(&self, number: u8) -> Option<&'static str> {
        let mut start: usize = 0;
        for (its, length) in self.index {
            let end = start.wrapping_add(usize::from(*length));
            if *its == number {
                return self.text.get(start..end);
            }
            start = end;
        }
        None
    }
}

/// The bytes of all words of a list.
pub const fn length(list: &[(u8, &str)]) -> usize {
    let (mut length, mut place) = (0, 0);
    while place < list.len() {
        length += list[place].1.len();
        place += 1;
    }
    length
}

/// The number and the length of each.
pub const fn index<const N: usize>(list: &[(u8, &str)]) -> [(u8, u8); N] {
    let (mut index, mut place) = ([(0, 0); N], 0);
    while place < N {
        let (number, words) = list[place];
        assert!(words.len() <= u8::MAX as usize, "words that are too long");
        index[place] = (number, words.len() as u8);
        place += 1;
    }
    index
}

/// All words, one behind the other.
pub const fn join<const N: usize>(list: &[(u8, &str)]) -> [u8; N] {
    let (mut joined, mut end, mut place) = ([0; N], 0, 0);
    while place < list.len() {
        let (words, mut next) = (list[place].1.as_bytes(), 0);
        while next < words.len() {
            joined[end] = words[next];
            end += 1;
            next += 1;
        }
        place += 1;
    }
    joined
}
