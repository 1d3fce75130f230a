//! The record of a process: its bytes, round trips, and what is no record.

use proptest::prelude::*;
use protocol::birth::{BOOT, Birth, LENGTH};

const BOOT_ID: [u8; BOOT] = *b"0f6d1b1e-4c1d-4b6f-9b0a-3f1f3f6f0d11";

fn birth(is_finish: bool, pid: u32) -> Birth {
    Birth::new(is_finish, &BOOT_ID, pid, 0x0304, 0x0506, 0x0708)
}

#[test]
fn the_record_is_laid_out_as_documented() {
    let Birth(record) = birth(false, 0x0102);
    assert_eq!(record[..4], *b"run1");
    assert_eq!(record[4..40], BOOT_ID);
    assert_eq!(record[40..44], [2, 1, 0, 0]);
    assert_eq!(record[44..52], [4, 3, 0, 0, 0, 0, 0, 0]);
    assert_eq!(record[52..60], [6, 5, 0, 0, 0, 0, 0, 0]);
    assert_eq!(record[60..], [8, 7, 0, 0]);
    assert_eq!(birth(true, 0x0102).0[..4], *b"fin1");
}

#[test]
fn what_is_no_record_is_of_no_process() {
    assert_eq!(Birth::NONE.0, [0; LENGTH], "room for a record");
    assert_eq!(Birth::NONE.pid(), 0);
    assert_eq!(birth(false, 0).pid(), 0, "no process");
    let record = birth(false, 0x0102);
    for place in 0..4 {
        let mut other = record;
        other.0[place] ^= 1;
        assert_eq!(other.pid(), 0, "another beginning or version");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(is_finish: bool, pid in 1_u32.., start: u64, pipe: u64, moment: u32) {
        let birth = Birth::new(is_finish, &BOOT_ID, pid, start, pipe, moment);
        prop_assert_eq!((birth.is_finish(), birth.boot(), birth.pid()), (is_finish, &BOOT_ID[..], pid));
        prop_assert_eq!((birth.start(), birth.pipe(), birth.moment()), (start, pipe, moment));
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes: [[u8; 32]; LENGTH / 32]) {
        let birth = Birth(bytes.concat().try_into().expect("so many"));
        if birth.pid() != 0 {
            let boot = birth.boot().try_into().expect("a boot");
            let again = Birth::new(birth.is_finish(), boot, birth.pid(), birth.start(), birth.pipe(), birth.moment());
            prop_assert_eq!(again, birth);
        }
    }
}
