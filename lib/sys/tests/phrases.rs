//! Phrases that are packed when the program is built: each is found whole, whatever stands beside it.

use sys::Errno;
use sys::message::reason;
use sys::phrases::{self, Phrases};

const WORDS: &[(u8, &str)] = &[(7, "seven"), (0, "none"), (127, "last"), (b'e', "a letter's own number"), (1, "one")];

const PACKED: Phrases = Phrases::new({
    static PACKED: [u8; phrases::length(WORDS)] = phrases::pack(WORDS);
    &PACKED
});

#[test]
fn each_number_has_the_words_of_its_list_and_no_other_has_any() {
    for number in (0..4096).chain([u32::MAX]) {
        let words = WORDS.iter().find(|(its, _)| u32::from(*its) == number).map_or("", |(_, words)| *words);
        assert_eq!(PACKED.find(number), words, "{number}");
    }
}

#[test]
fn an_error_number_has_its_words_or_is_called_unknown() {
    assert_eq!(reason(Errno::NOENT), "file does not exist");
    assert_eq!(reason(Errno::FAULT), "bad address");
    assert_eq!(reason(Errno::DQUOT), "disk quota exceeded");
    assert_eq!(reason(Errno::from_raw_os_error(99)), "unknown error");
    assert_eq!(reason(Errno::from_raw_os_error(256 + 2)), "unknown error");
}
