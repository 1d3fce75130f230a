//! The record of a place: its bytes.

use protocol::place::encode;

#[test]
fn the_record_is_laid_out_as_documented() {
    assert_eq!(encode(0x0102, 0x0304), [2, 1, 0, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 0, 0]);
    assert_eq!(encode(u64::MAX, 1), [255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0]);
}
