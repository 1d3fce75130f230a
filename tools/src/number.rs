//! Numbers as texts, and texts as numbers.
//!
//! Its one law: no formatting of the standard library's, which would be a tenth of the programs.

/// A number in decimal digits.
pub fn decimal(number: u64) -> Vec<u8> {
    let mut digits = Vec::new();
    push_decimal(&mut digits, number, 1);
    digits
}

/// Appends a number in decimal digits, with zeros in front if it has fewer digits than `width`.
pub fn push_decimal(out: &mut Vec<u8>, number: u64, width: u32) {
    if number > 9 || width > 1 {
        push_decimal(out, number / 10, width.saturating_sub(1));
    }
    out.push(b'0' + (number % 10) as u8);
}

/// The number that a text begins with, and what stands behind its digits. None is 0; one too large is the largest there is.
pub fn leading(text: &[u8]) -> (u64, &[u8]) {
    let mut number: u64 = 0;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        number = number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
        rest = behind;
    }
    (number, rest)
}

/// The number that is the whole of a text: digits and nothing else. One too large is the largest there is.
pub fn whole(text: &[u8]) -> Option<u64> {
    let (number, rest) = leading(text);
    (!text.is_empty() && rest.is_empty()).then_some(number)
}
