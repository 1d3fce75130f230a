//! TAI64N stamps: values that others wrote, round trips, and order.

use proptest::prelude::*;
use protocol::tai64n::Tai64n;

#[test]
fn stamps_of_known_moments() {
    assert_eq!(&Tai64n::from_unix(0, 0).to_text(), b"@400000000000000a00000000");
    // Written by svlogd -t of Debian's runit 2.1.2-54; date +%s said 1795377409.739892174 just before.
    assert_eq!(&Tai64n::from_unix(1_795_377_409, 744_264_500).to_text(), b"@400000006b03490b2c5c9334");
    assert_eq!(&Tai64n::from_unix(-11, 0).to_text(), b"@3fffffffffffffff00000000");
}

#[test]
fn only_24_lower_case_digits_after_an_at_are_a_stamp() {
    let good = "@400000006553f10a000001f4";
    assert!(Tai64n::from_text(good.as_bytes()).is_some());
    let upper = good.to_uppercase();
    for bad in ["", "@", &good[1..], &good[..24], &format!("{good}0"), &upper, "@40000000 553f10a000001f4"] {
        assert_eq!(Tai64n::from_text(bad.as_bytes()), None, "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes and text come back, whatever they are.
    #[test]
    fn a_stamp_comes_back(packed in any::<[u8; 12]>()) {
        let stamp = Tai64n::unpack(packed);
        prop_assert_eq!(stamp.pack(), packed);
        prop_assert_eq!(Tai64n::from_text(&stamp.to_text()), Some(stamp));
    }

    /// A unix time comes back, be it before 1970.
    #[test]
    fn a_unix_time_comes_back(seconds in any::<i64>(), nanoseconds in 0..1_000_000_000_u32) {
        let stamp = Tai64n::from_unix(seconds, nanoseconds);
        prop_assert_eq!((stamp.unix_seconds(), stamp.nanoseconds()), (seconds, nanoseconds));
    }

    /// The later moment has the greater stamp, the greater bytes and the greater text: names sort by time.
    #[test]
    fn order_is_time(
        a in (-1_000_000_000_000..1_000_000_000_000_i64, 0..1_000_000_000_u32),
        b in (-1_000_000_000_000..1_000_000_000_000_i64, 0..1_000_000_000_u32),
    ) {
        let (one, other) = (Tai64n::from_unix(a.0, a.1), Tai64n::from_unix(b.0, b.1));
        prop_assert_eq!(one.cmp(&other), a.cmp(&b));
        prop_assert_eq!(one.pack().cmp(&other.pack()), a.cmp(&b));
        prop_assert_eq!(one.to_text().cmp(&other.to_text()), a.cmp(&b));
    }

    /// A stamp with one byte of its text changed is read as another stamp, or refused: what is taken is also given.
    #[test]
    fn a_damaged_text_is_refused_or_another_stamp(packed in any::<[u8; 12]>(), place in 0..25_usize, byte in any::<u8>()) {
        let mut text = Tai64n::unpack(packed).to_text();
        text[place] = byte;
        let is_good = if place == 0 { byte == b'@' } else { byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte) };
        let read = Tai64n::from_text(&text);
        prop_assert_eq!(read.is_some(), is_good);
        prop_assert!(read.is_none_or(|stamp| stamp.to_text() == text));
    }
}
