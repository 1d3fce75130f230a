//! The password and group files: entries good and bad, and bytes of every kind against a plain model.

use proptest::prelude::*;

#[path = "../../src/chpst/database.rs"]
mod database;

use database::{group, number, user};

#[test]
fn an_entry_gives_its_numbers() {
    let file = b"root:x:0:0:root:/root:/bin/sh\nweb:x:33:44::/:\nlast:x:77:88";
    assert_eq!(
        [user(file, b"root"), user(file, b"web"), user(file, b"last")],
        [Some((0, 0)), Some((33, 44)), Some((77, 88))]
    );
    let file = b"root:x:0:\nstaff:x:99:a,b\nlast:x:7";
    assert_eq!([group(file, b"root"), group(file, b"staff"), group(file, b"last")], [Some(0), Some(99), Some(7)]);
}

#[test]
fn what_is_no_entry_is_passed_over() {
    let file = b"web\nweb:x\nweb:x:\nweb:x::5:\nweb:x:5::\nweb:x:-1:5:\nweb:x:4294967295:5:\n+web:x:1:1:\nweb:x:33:44:";
    assert_eq!(user(file, b"web"), Some((33, 44)));
    for name in [&b""[..], b"we", b"web:x", b"x", b"WEB"] {
        assert_eq!(user(file, name), None);
    }
    assert_eq!(user(b":x:0:0:", b""), None);
}

#[test]
fn numbers_are_digits_below_the_largest() {
    for (text, value) in
        [("0", Some(0)), ("4294967294", Some(4_294_967_294)), ("4294967295", None), ("4294967296", None)]
    {
        assert_eq!(number(text.as_bytes()), value);
    }
    for text in ["", " 1", "+1", "-1", "1x", "0x1", "\u{660}"] {
        assert_eq!(number(text.as_bytes()), None, "{text:?}");
    }
}

/// The same, in the words of passwd(5).
fn model(file: &[u8], name: &[u8]) -> Option<(u32, u32)> {
    let text = String::from_utf8_lossy(file).into_owned();
    for line in text.split('\n') {
        let fields: Vec<&str> = line.split(':').collect();
        if fields.len() < 4 || fields[0].is_empty() || fields[0].as_bytes() != name {
            continue;
        }
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if let (Ok(uid), Ok(gid)) = (fields[2].parse::<u32>(), fields[3].parse::<u32>())
            && all_digits(fields[2])
            && all_digits(fields[3])
            && uid != u32::MAX
            && gid != u32::MAX
        {
            return Some((uid, gid));
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_file_gives_what_the_model_says(file in "([ab]{0,2}(:([ab0-9+-]{0,3})){0,5}\n?){0,6}", name in "[ab]{0,2}") {
        prop_assert_eq!(user(file.as_bytes(), name.as_bytes()), model(file.as_bytes(), name.as_bytes()));
    }

    #[test]
    fn any_bytes_are_a_file(file in prop::collection::vec(any::<u8>(), 0..200), name in prop::collection::vec(any::<u8>(), 0..4)) {
        let _ = (user(&file, &name), group(&file, &name));
    }
}
