//! Rotation: where a file ends, what old files are called, which one goes; and the laws over any stream of lines.

use machine::rotation::{Bounds, Census, Kind, OldFile, Piece, Place};
use proptest::prelude::*;
use protocol::tai64n::Tai64n;

const LINE: u64 = 10;

fn piece(size: u64, data: &str, mid_line: bool) -> (usize, bool) {
    let Piece { take, rotate } = Bounds::new(30, LINE).piece(size, data.as_bytes(), mid_line);
    (take, rotate)
}

#[test]
fn a_file_takes_lines_until_one_ends_within_a_line_length_of_its_size() {
    assert_eq!(piece(0, "1234567\n1234567\n", false), (16, false));
    assert_eq!(piece(0, "1234567\n1234567\n123\nmore\n", false), (20, true));
    assert_eq!(piece(19, "\n", false), (1, true));
    assert_eq!(piece(18, "\n", false), (1, false));
}

#[test]
fn a_line_that_does_not_fit_begins_the_next_file_unless_it_fits_into_none() {
    let long = "x".repeat(50);
    assert_eq!(piece(15, &long, false), (0, true));
    assert_eq!(piece(0, &format!("first\n{long}"), false), (6, true));
    assert_eq!(piece(0, &long, false), (30, true));
    assert_eq!(piece(15, &long, true), (15, true));
}

#[test]
fn a_file_that_is_too_large_already_takes_nothing() {
    assert_eq!(piece(31, "abc\n", false), (0, true));
    assert_eq!(piece(31, "abc\n", true), (0, true));
}

#[test]
fn size_0_never_ends() {
    let Piece { take, rotate } = Bounds::new(0, LINE).piece(u64::MAX / 2, b"abc\ndef\n", false);
    assert_eq!((take, rotate), (8, false));
    assert_eq!(Bounds::new(0, LINE).place(u64::MAX / 2, 5, true), Place::Fits);
}

#[test]
fn a_size_below_a_line_ends_the_file_with_the_line_that_reaches_it() {
    let Piece { take, rotate } = Bounds::new(5, LINE).piece(0, b"1234567\n123\n", false);
    assert_eq!((take, rotate), (8, true));
}

#[test]
fn a_line_of_known_length_has_its_place() {
    let bounds = Bounds::new(30, LINE);
    for (size, length, ends, place) in [
        (0, 19, true, Place::Fits),
        (0, 20, true, Place::Last),
        (10, 20, true, Place::Last),
        (11, 20, true, Place::Next),
        (0, 31, true, Place::Cut),
        (0, 25, false, Place::Fits),
        (0, 30, false, Place::Cut),
        (1, 29, false, Place::Next),
    ] {
        assert_eq!(bounds.place(size, length, ends), place, "{size} {length} {ends}");
    }
}

#[test]
fn names_are_27_characters_and_only_such_names_count() {
    let file = OldFile { stamp: Tai64n::from_unix(1_700_000_000, 500), kind: Kind::Unprocessed };
    assert_eq!(&file.name(), b"@400000006553f10a000001f4.u");
    for kind in [Kind::Safe, Kind::Unprocessed, Kind::Temporary] {
        assert_eq!(OldFile::from_name(&file.with(kind).name()), Some(file.with(kind)));
    }
    for name in ["current", "@400000006553f10a000001f4", "@400000006553f10a000001f4.x", "@40000000.s", ".s", ""] {
        assert_eq!(OldFile::from_name(name.as_bytes()), None, "{name}");
    }
}

#[test]
fn the_oldest_goes_first_but_never_the_one_spared_and_output_of_processors_does_not_count() {
    let file = |seconds, kind| OldFile { stamp: Tai64n::from_unix(seconds, 0), kind };
    let spared = file(1, Kind::Unprocessed);
    let mut census = Census::default();
    for old in [file(3, Kind::Safe), spared, file(2, Kind::Safe), file(0, Kind::Temporary)] {
        census.see(&old.name(), Some(spared));
    }
    assert_eq!((census.count, census.oldest, census.unprocessed), (3, Some(file(2, Kind::Safe)), Some(spared)));
    assert_eq!((census.surplus(2), census.surplus(3), census.surplus(0)), (Some(file(2, Kind::Safe)), None, None));
}

#[test]
fn a_new_stamp_is_later_than_every_other_whatever_the_clock_says() {
    let mut census = Census::default();
    let now = Tai64n::from_unix(100, 0);
    assert_eq!(census.next_stamp(now), now);
    let future = OldFile { stamp: Tai64n::from_unix(200, 999_999_999), kind: Kind::Safe };
    census.see(&future.name(), None);
    assert_eq!(census.next_stamp(now), Tai64n::from_unix(201, 0));
    assert_eq!(census.next_stamp(Tai64n::from_unix(300, 0)), Tai64n::from_unix(300, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// However the stream is cut into reads: nothing is lost, and no file is larger than its bound.
    #[test]
    fn files_hold_the_stream(lines in prop::collection::vec(0usize..40, 0..60), size in 1u64..60, chunk in 1usize..50) {
        let stream: Vec<u8> = lines.iter().flat_map(|length| [vec![b'x'; *length], vec![b'\n']].concat()).collect();
        let bounds = Bounds::new(size, LINE);
        let hard = if size > LINE { size } else { size + LINE };
        let mut files = vec![Vec::new()];
        for mut data in stream.chunks(chunk) {
            while !data.is_empty() {
                let begun = mid_line(&files);
                let current = files.last_mut().unwrap();
                let Piece { take, rotate } = bounds.piece(current.len() as u64, data, begun);
                prop_assert!(take > 0 || (rotate && !current.is_empty()), "it goes on");
                current.extend_from_slice(&data[..take]);
                prop_assert!(current.len() as u64 <= hard);
                data = &data[take..];
                if rotate {
                    files.push(Vec::new());
                }
            }
        }
        prop_assert_eq!(files.concat(), stream);
    }
}

/// Does what is written so far end within a line?
fn mid_line(files: &[Vec<u8>]) -> bool {
    files.iter().rev().find_map(|file| file.last()).is_some_and(|byte| *byte != b'\n')
}
