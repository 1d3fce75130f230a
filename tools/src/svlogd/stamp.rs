//! The time stamps in front of lines: TAI64N and the two forms that people read.
//!
//! Its one law: a stamp is written once for all lines of one moment. Source: svlogd(8), -t, -tt and -ttt.

use crate::number::push_decimal;
use protocol::tai64n::Tai64n;

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
pub(crate) struct Stamp(Vec<u8>);

impl Stamp {
    /// The stamp of a moment, in unix time.
    pub(crate) fn new(form: Form, (seconds, nanoseconds): (i64, u32)) -> Stamp {
        let mut text = Vec::new();
        match form {
            Form::None => return Stamp(text),
            Form::Tai64n => text.extend(Tai64n::from_unix(seconds, nanoseconds).to_text()),
            Form::Utc(between) => push_utc(&mut text, between, seconds, nanoseconds),
        }
        text.push(b' ');
        Stamp(text)
    }

    /// Its bytes; none for [`Form::None`].
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn push_utc(text: &mut Vec<u8>, between: u8, seconds: i64, nanoseconds: u32) {
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY).unsigned_abs();
    push_decimal(text, year, 4);
    let fraction = u64::from(nanoseconds / 10_000);
    let rest = [
        (b'-', month, 2),
        (b'-', day, 2),
        (between, second / 3600, 2),
        (b':', second / 60 % 60, 2),
        (b':', second % 60, 2),
        (b'.', fraction, 5),
    ];
    for (before, value, width) in rest {
        text.push(before);
        push_decimal(text, value, width);
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
