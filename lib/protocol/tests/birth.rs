//! The record of a process: its bytes, round trips, and what is no record.

use proptest::prelude::*;
use protocol::birth::{BOOT, Birth, LENGTH};

const BOOT_ID: [u8; BOOT] = *b"0f6d1b1e-4c1d-4b6f-9b0a-3f1f3f6f0d11";

fn birth() -> Birth {
    Birth { is_finish: false, boot: BOOT_ID, pid: 0x0102, start: 0x0304, pipe: 0x0506, moment: 0x0708 }
}

#[test]
fn the_record_is_laid_out_as_documented() {
    let record = birth().encode();
    assert_eq!(record[..4], *b"run1");
    assert_eq!(record[4..40], BOOT_ID);
    assert_eq!(record[40..44], [2, 1, 0, 0]);
    assert_eq!(record[44..52], [4, 3, 0, 0, 0, 0, 0, 0]);
    assert_eq!(record[52..60], [6, 5, 0, 0, 0, 0, 0, 0]);
    assert_eq!(record[60..], [8, 7, 0, 0]);
    assert_eq!(Birth { is_finish: true, ..birth() }.encode()[..4], *b"fin1");
}

#[test]
fn what_is_no_record_is_not_read() {
    let record = birth().encode();
    for length in 0..LENGTH {
        assert_eq!(Birth::decode(&record[..length]), None, "{length}");
    }
    assert_eq!(Birth::decode(&[record.as_slice(), &[0]].concat()), None, "a longer one");
    assert_eq!(Birth::decode(&[0; LENGTH]), None, "room for a record");
    assert_eq!(Birth::decode(&Birth { pid: 0, ..birth() }.encode()), None, "no process");
    let mut other = record;
    other[3] = b'2';
    assert_eq!(Birth::decode(&other), None, "another version");
}

proptest! {
    #[test]
    fn what_is_written_is_read(is_finish: bool, pid in 1_u32.., start: u64, pipe: u64, moment: u32) {
        let birth = Birth { is_finish, boot: BOOT_ID, pid, start, pipe, moment };
        prop_assert_eq!(Birth::decode(&birth.encode()), Some(birth));
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..2 * LENGTH)) {
        if let Some(birth) = Birth::decode(&bytes) {
            prop_assert_eq!(birth.encode().to_vec(), bytes);
        }
    }
}
