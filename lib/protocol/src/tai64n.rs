//! TAI64N stamps: wall time in the 12 bytes and the `@hex` text that runit's files carry.
//!
//! Its one law: a stamp is made from a clock reading that somebody else took. Source: runit-facts "Common"; the format is
//! that of the TAI64 labels: seconds since 1970 in TAI plus 2^62, big endian, then nanoseconds, big endian. Like every
//! runit, the leap seconds are taken to be the ten of 1972.

/// Bytes of a packed stamp.
pub const PACKED: usize = 12;
/// Bytes of a stamp as text: `@` and two hexadecimal digits a byte.
pub const TEXT: usize = 1 + 2 * PACKED;

/// The label of 1970-01-01 00:00:00 UTC: 2^62 and ten leap seconds.
const UNIX_EPOCH: u64 = (1 << 62) + 10;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A moment of wall time, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tai64n {
    /// TAI64 label, in seconds.
    seconds: u64,
    /// Nanoseconds within the second, below 1,000,000,000 in a stamp of ours.
    nanoseconds: u32,
}

impl Tai64n {
    /// The stamp of a unix time, as clock_gettime(2) gives it; times before 1970 are negative seconds.
    pub const fn from_unix(seconds: i64, nanoseconds: u32) -> Tai64n {
        Tai64n { seconds: UNIX_EPOCH.wrapping_add_signed(seconds), nanoseconds }
    }

    /// Unix seconds of the stamp.
    pub const fn unix_seconds(self) -> i64 {
        self.seconds.wrapping_sub(UNIX_EPOCH).cast_signed()
    }

    /// Nanoseconds within the second.
    pub const fn nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// The 12 bytes of `supervise/status`.
    pub const fn pack(self) -> [u8; PACKED] {
        let [a, b, c, d, e, f, g, h] = self.seconds.to_be_bytes();
        let [i, j, k, l] = self.nanoseconds.to_be_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }

    /// Reads 12 bytes back; every pattern is a stamp.
    pub const fn unpack(bytes: [u8; PACKED]) -> Tai64n {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = bytes;
        Tai64n { seconds: u64::from_be_bytes([a, b, c, d, e, f, g, h]), nanoseconds: u32::from_be_bytes([i, j, k, l]) }
    }

    /// The text `@` and 24 lower-case hexadecimal digits.
    pub fn to_text(self) -> [u8; TEXT] {
        let mut text = [b'@'; TEXT];
        let digits = self.pack().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
        for (place, digit) in text.iter_mut().skip(1).zip(digits) {
            *place = HEX[usize::from(digit & 15)];
        }
        text
    }

    /// Reads the text form back; `None` unless it is `@` and exactly 24 lower-case hexadecimal digits.
    pub fn from_text(text: &[u8]) -> Option<Tai64n> {
        let digits = text.strip_prefix(b"@")?;
        let mut packed = [0; PACKED];
        if digits.len() != 2 * PACKED {
            return None;
        }
        for (byte, pair) in packed.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = match *pair {
                [high, low] => nibble(high)? << 4 | nibble(low)?,
                _ => return None,
            };
        }
        Some(Tai64n::unpack(packed))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    HEX.iter().zip(0..).find_map(|(hex, value)| (*hex == digit).then_some(value))
}
