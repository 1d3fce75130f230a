//! runit-init(8)
#![no_std]
#![no_main]
rt::entry!(main);
fn main(start: rt::Start) -> u8 {
    for i in 0..start.count() {
        if let Some(a) = start.argument(i) { sys::message::complain(&[a.to_bytes(), b"\n"]); }
    }
    7
}
