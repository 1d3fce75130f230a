//! The time stamps in front of lines: TAI64N and the two forms that people read.
//!
//! Its one law: a stamp is written once for all lines of one moment. Source: svlogd(8), -t, -tt and -ttt.

use protocol::tai64n::Tai64n;

/// Bytes of the longest stamp, `YYYY-MM-DD_HH:MM:SS.xxxxx` and a blank, with room for years of more than four digits.
const LONGEST: usize = 40;
const DAY: i64 = 24 * 60 * 60;

/// Which stamp lines get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// None.
    None,
    /// `@` and 24 hexadecimal digits.
    Tai64n,
    /// Date and time in UTC, with this byte between them.
    Utc(u8),
}

impl Form {
    /// The form that as many `-t` ask for.
    pub(crate) const fn from_count(count: usize) -> Form {
        match count {
            0 => Form::None,
            1 => Form::Tai64n,
            2 => Form::Utc(b'_'),
            _ => Form::Utc(b'T'),
        }
    }
}

/// A stamp as it stands in front of a line, with the blank behind it.
#[derive(Clone, Copy)]
pub(crate) struct Stamp {
    text: [u8; LONGEST],
    length: usize,
}

impl Stamp {
    /// The stamp of a moment, in unix time.
    pub(crate) fn new(form: Form, (seconds, nanoseconds): (i64, u32)) -> Stamp {
        let mut stamp = Stamp { text: [0; LONGEST], length: 0 };
        match form {
            Form::None => return stamp,
            Form::Tai64n => stamp.push(&Tai64n::from_unix(seconds, nanoseconds).to_text()),
            Form::Utc(between) => stamp.push_utc(between, seconds, nanoseconds),
        }
        stamp.push(b" ");
        stamp
    }

    /// Its bytes; none for [`Form::None`].
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.length).unwrap_or_default()
    }

    fn push_utc(&mut self, between: u8, seconds: i64, nanoseconds: u32) {
        let (year, month, day) = date(seconds.div_euclid(DAY));
        let second = seconds.rem_euclid(DAY).unsigned_abs();
        self.push_digits(year, 4);
        for (before, value) in [(b'-', month), (b'-', day), (between, second / 3600)] {
            self.push(&[before]);
            self.push_digits(value, 2);
        }
        for value in [second / 60 % 60, second % 60] {
            self.push(b":");
            self.push_digits(value, 2);
        }
        self.push(b".");
        self.push_digits(u64::from(nanoseconds / 10_000), 5);
    }

    fn push_digits(&mut self, value: u64, width: u32) {
        let width = width.max(value.checked_ilog10().unwrap_or(0) + 1);
        for place in (0..width).rev() {
            self.push(&[b'0' + (value / 10u64.pow(place) % 10) as u8]);
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        for (place, byte) in self.text.iter_mut().skip(self.length).zip(bytes) {
            *place = *byte;
            self.length += 1;
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar; years before 0 read as 0.
///
/// The year is taken to begin in March, so that the leap day is its last, in eras of 400 years, which all have as many days.
fn date(day: i64) -> (u64, u64, u64) {
    const ERA: i64 = 146_097;
    const FROM_MARCH_OF_YEAR_0: i64 = 719_468;
    let shifted = day + FROM_MARCH_OF_YEAR_0;
    let (era, in_era) = (shifted.div_euclid(ERA), shifted.rem_euclid(ERA));
    let year = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let march_month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    (year.max(0).unsigned_abs(), month.unsigned_abs(), day.unsigned_abs())
}
