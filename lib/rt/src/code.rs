//! The code that only the start of a program needs, given back to the kernel.
//!
//! The kernel maps a small program whole at its first instruction. Its one law: it is the program's own code that is given back,
//! which nobody writes. Source: `program.ld`.

/// Bytes of the smallest page. Where pages are larger the kernel gives back whole ones, and maps again what is needed.
const PAGE: usize = 4096;

unsafe extern "C" {
    /// Where the program begins in memory, and where its functions that are not cold begin: places, by program.ld.
    static pilotlight_begin: u8;
    static pilotlight_cold_end: u8;
}

/// Gives the pages back that hold nothing but functions marked `#[cold]`. To be called once the start is over, from a function
/// that is not cold, and before a loop that calls none: the first call of one maps all of them again.
pub fn give_back_cold_code() {
    let begin = &raw const pilotlight_begin;
    let end = (&raw const pilotlight_cold_end).map_addr(|end| end & !(PAGE - 1));
    // Safety: the linker script begins the program with its segment of code, which is mapped from the file and cannot be written.
    unsafe { sys::give_back(begin..end) };
}
