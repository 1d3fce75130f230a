//! The memory of the programs with std: a heap of few instructions, for musl's is as large as two of our tools.
//!
//! Its one law: a block is a power of two, and goes to the next that asks for one of its size; what is larger than
//! [`LARGEST`] is a map of its own, and goes back to the kernel.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::hint::spin_loop;
use core::ptr::{self, null_mut};
use core::sync::atomic::{AtomicBool, Ordering};
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Bytes of the smallest block, and the alignment of all: no type of ours asks for more.
const SMALLEST: usize = 16;
/// Bytes of the largest block that is kept. The buffers of svlogd are larger, and their pages untouched till they are used.
const LARGEST: usize = 32_768;
/// How many sizes of blocks there are.
const SIZES: usize = (LARGEST / SMALLEST).ilog2() as usize + 1;
/// Bytes that are asked of the kernel at a time, for blocks to be cut from. Untouched pages cost nothing.
const PIECE: usize = 4 * LARGEST;

/// A heap, empty at first.
pub struct Heap {
    is_busy: AtomicBool,
    blocks: UnsafeCell<Blocks>,
}

struct Blocks {
    /// For each size, the first of the blocks given back; each begins with the address of the next.
    free: [*mut u8; SIZES],
    /// What was not cut yet, and how many bytes that is.
    uncut: *mut u8,
    left: usize,
}

// Safety: the blocks are reached through `Heap::with` alone, by one thread at a time.
unsafe impl Sync for Heap {}

impl Heap {
    /// Begins without any memory.
    #[expect(clippy::new_without_default, reason = "it is the value of a static, which a default cannot be")]
    pub const fn new() -> Heap {
        let blocks = Blocks { free: [null_mut(); SIZES], uncut: null_mut(), left: 0 };
        Heap { is_busy: AtomicBool::new(false), blocks: UnsafeCell::new(blocks) }
    }

    /// Does something with the blocks, alone. Our tools have one thread, so nobody ever waits.
    fn with<T>(&self, act: impl FnOnce(&mut Blocks) -> T) -> T {
        while self.is_busy.swap(true, Ordering::Acquire) {
            spin_loop();
        }
        // Safety: whoever set the mark is alone here until it clears it.
        let done = act(unsafe { &mut *self.blocks.get() });
        self.is_busy.store(false, Ordering::Release);
        done
    }
}

impl Blocks {
    fn take(&mut self, size: usize) -> *mut u8 {
        let Some(first) = self.free.get_mut(place(size)) else { return null_mut() };
        if !first.is_null() {
            let block = *first;
            // Safety: a block given back begins with the address of the next, and is aligned for it.
            *first = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        if self.left < size {
            self.uncut = map(PIECE);
            self.left = if self.uncut.is_null() { 0 } else { PIECE };
        }
        if self.left < size {
            return null_mut();
        }
        let block = self.uncut;
        self.uncut = block.wrapping_add(size);
        self.left -= size;
        block
    }

    fn give_back(&mut self, block: *mut u8, size: usize) {
        let Some(first) = self.free.get_mut(place(size)) else { return };
        // Safety: nobody has the block any more; it has room for an address, and is aligned for it.
        unsafe { block.cast::<*mut u8>().write(*first) };
        *first = block;
    }
}

/// The bytes of the block for a layout; `None` if that is a map of its own.
fn block(layout: Layout) -> Option<usize> {
    let size = layout.size().max(SMALLEST).next_power_of_two();
    (size <= LARGEST && layout.align() <= SMALLEST).then_some(size)
}

/// The place of a size in the lists.
fn place(size: usize) -> usize {
    (size / SMALLEST).trailing_zeros() as usize
}

/// New memory, all zero; null if there is none.
fn map(length: usize) -> *mut u8 {
    // Safety: a new private map at a place of the kernel's choice touches nothing that is there.
    let mapped = unsafe { mmap_anonymous(null_mut(), length, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) };
    mapped.map_or(null_mut(), |start| start.cast())
}

// Safety: a block is at least as large as its layout asks and aligned to 16 bytes, a map to a page; no two overlap, and
// nothing here panics. Which of the two it was, the layout tells again when it is given back.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match block(layout) {
            Some(size) => self.with(|blocks| blocks.take(size)),
            None => map(layout.size()),
        }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        match block(layout) {
            Some(size) => self.with(|blocks| blocks.give_back(start, size)),
            // Safety: it is the whole of a map of that length, which nobody uses any more. It cannot fail then.
            None => drop(unsafe { munmap(start.cast(), layout.size()) }),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // Safety: the layout is the caller's, as it is for `alloc`.
        let start = unsafe { self.alloc(layout) };
        // A map is zero already, and to write it would make its pages be there.
        if let (Some(_), false) = (block(layout), start.is_null()) {
            // Safety: the block is new, and has at least these bytes.
            unsafe { ptr::write_bytes(start, 0, layout.size()) };
        }
        start
    }
}

#[cfg(test)]
mod tests {
    use super::{Heap, LARGEST};
    use core::alloc::{GlobalAlloc, Layout};

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).expect("a layout")
    }

    #[test]
    fn a_block_given_back_is_taken_by_the_next_of_its_size() {
        let heap = Heap::new();
        // Safety: what is taken is given back with the same layout, once.
        unsafe {
            let (first, second) = (heap.alloc(layout(17)), heap.alloc(layout(32)));
            assert_eq!(second as usize - first as usize, 32);
            heap.dealloc(first, layout(17));
            assert_ne!(heap.alloc(layout(16)), first);
            assert_eq!(heap.alloc(layout(30)), first);
        }
    }

    #[test]
    fn memory_is_zero_where_that_is_asked_whatever_was_in_it() {
        let heap = Heap::new();
        for size in [24, LARGEST, LARGEST + 1] {
            // Safety: as above; each has `size` bytes.
            unsafe {
                let used = heap.alloc(layout(size));
                used.write_bytes(7, size);
                heap.dealloc(used, layout(size));
                let zeroed = heap.alloc_zeroed(layout(size));
                assert!(core::slice::from_raw_parts(zeroed, size).iter().all(|byte| *byte == 0));
                heap.dealloc(zeroed, layout(size));
            }
        }
    }

    #[test]
    fn blocks_do_not_overlap_when_a_piece_is_used_up() {
        let heap = Heap::new();
        // Safety: each is taken only, and has the bytes that are written.
        let starts: [*mut u8; 9] = core::array::from_fn(|_| unsafe { heap.alloc(layout(LARGEST)) });
        for (number, start) in starts.iter().enumerate() {
            // Safety: as above.
            unsafe { start.write_bytes(number as u8, LARGEST) };
        }
        for (number, start) in starts.iter().enumerate() {
            // Safety: as above.
            let bytes = unsafe { core::slice::from_raw_parts(*start, LARGEST) };
            assert!(bytes.iter().all(|byte| *byte == number as u8));
        }
    }
}
