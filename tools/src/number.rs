//! Numbers as texts.
//!
//! Its one law: no formatting of the standard library's, which would be a tenth of the programs.

/// A number in decimal digits.
pub fn decimal(number: u64) -> String {
    const DIGITS: [char; 10] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
    let mut digits: Vec<char> = Vec::new();
    let mut rest = number;
    loop {
        digits.extend(DIGITS.get((rest % 10) as usize));
        rest /= 10;
        if rest == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}
