//! Being told of changes in directories instead of looking for them: inotify(7), and one descriptor to wait on for many.
//!
//! For sv, which waits for runsv to publish a status, and for runsvdir, which waits for service directories to come and
//! go. Its one law: a change only says «look again»; what is true is always read from the directory itself, so a lost or
//! merged change costs nothing but a later look. No allocation.

use crate::errno::Errno;
use crate::raw::{self, OwnedFd};
use crate::raw::{AsFd, BorrowedFd};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use linux_raw_sys::general as bits;

/// Bytes of one read of changes: at least one of the longest, and a read that was too short is followed by another.
const BUFFER: usize = 512;
/// Bytes of the kernel's `struct inotify_event` before the name: watch, mask, cookie, length of the name.
const HEADER: usize = 16;
/// How many ready descriptors one call hands over; the rest come with the next.
const READY: usize = 16;
/// Bit of a change that tells that the kernel's queue was full, and so anything may have changed.
const OVERFLOW: u32 = 0x4000;
/// Bit of a name that was made in the directory. One that was moved there may have taken the place of another.
const CAME: u32 = bits::IN_CREATE;

/// Which changes of a directory matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// A file was renamed into it, which is how runsv publishes; or the directory itself went.
    Published,
    /// Any name came or went; or the directory itself went.
    Names,
    /// The directory or symbolic link itself went: another may have its place now. A link is not followed.
    Itself,
    /// Somebody who had the file open for writing closed it, or it went: its lock may be free. Not for directories.
    Closed,
}

/// One watched directory or file. Two paths to one directory give one watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch(i32);

impl Watch {
    /// Of nothing.
    pub const NONE: Watch = Watch(-1);
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A name came into this directory.
    New(Watch),
    /// Something else in this directory, or the directory itself.
    In(Watch),
    /// More than the kernel could keep: look at everything.
    Anywhere,
}

/// The watched directories of a program.
pub struct Watches(OwnedFd);

impl Watches {
    /// None, and no means to have any.
    pub const NONE: Watches = Watches(OwnedFd::NONE);

    /// Begins without any; fails where the kernel has no inotify or the user has too many.
    pub fn new() -> Result<Watches, Errno> {
        raw::inotify().map(Watches)
    }

    /// Watches a directory or file, whatever its path leads to now; fails where the user has too many watches.
    pub fn add(&self, path: &CStr, interest: Interest) -> Result<Watch, Errno> {
        let kind = match interest {
            Interest::Itself => bits::IN_DONT_FOLLOW,
            Interest::Closed => bits::IN_CLOSE_WRITE,
            Interest::Published | Interest::Names => bits::IN_ONLYDIR,
        };
        let gone = bits::IN_DELETE_SELF | bits::IN_MOVE_SELF;
        // A path that leads to a watched directory for another reason adds to what is known of it.
        let gone = gone | kind | bits::IN_MASK_ADD;
        let what = match interest {
            Interest::Published => bits::IN_MOVED_TO,
            Interest::Names => bits::IN_CREATE | bits::IN_DELETE | bits::IN_MOVED_FROM | bits::IN_MOVED_TO,
            Interest::Itself | Interest::Closed => 0,
        };
        raw::add_watch(self.0.as_fd(), path, gone | what).map(Watch)
    }

    /// Ends a watch; one that has ended by itself is as well.
    pub fn remove(&self, watch: Watch) {
        raw::remove_watch(self.0.as_fd(), watch.0);
    }

    /// Takes every pending change, without blocking, and calls `each` with it.
    pub fn drain(&self, mut each: impl FnMut(Change)) {
        let mut buffer = [0; BUFFER];
        while let Ok(length @ 1..) = raw::read(self.0.as_fd(), &mut buffer) {
            let mut rest = buffer.get(..length).unwrap_or_default();
            while let Some((change, behind)) = take_change(rest) {
                each(change);
                rest = behind;
            }
        }
    }
}

impl AsFd for Watches {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Reads one change, as the kernel lays it out, from the front of the bytes.
fn take_change(bytes: &[u8]) -> Option<(Change, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
    let &[a, b, c, d, e, f, g, h, _, _, _, _, i, j, k, l] = header;
    let watch = Watch(i32::from_ne_bytes([a, b, c, d]));
    let mask = u32::from_ne_bytes([e, f, g, h]);
    let name = usize::try_from(u32::from_ne_bytes([i, j, k, l])).ok()?;
    let change = match mask {
        _ if mask & OVERFLOW != 0 => Change::Anywhere,
        _ if mask & CAME != 0 => Change::New(watch),
        _ => Change::In(watch),
    };
    Some((change, rest.get(name..)?))
}

/// One descriptor that is readable while any of its members is ready, for a program that waits for a changing number.
/// A member leaves when its last descriptor is closed.
pub struct Gathering(OwnedFd);

impl Gathering {
    /// Begins without members.
    pub fn new() -> Result<Gathering, Errno> {
        raw::epoll().map(Gathering)
    }

    /// Adds a descriptor that is ready when it can be read; `token` is what [`Gathering::each_ready`] calls it.
    pub fn add_readable(&self, member: impl AsFd, token: u64) -> Result<(), Errno> {
        raw::gather(self.0.as_fd(), member.as_fd(), bits::EPOLLIN, token)
    }

    /// Adds the writing end of a fifo, which is ready when nobody has it open for reading any more.
    pub fn add_reader_gone(&self, member: impl AsFd, token: u64) -> Result<(), Errno> {
        // The kernel reports an error on a descriptor whether one asks or not.
        raw::gather(self.0.as_fd(), member.as_fd(), bits::EPOLLERR, token)
    }

    /// Calls `each` with the token of members that are ready now, without blocking.
    pub fn each_ready(&self, mut each: impl FnMut(u64)) {
        let mut events = [MaybeUninit::uninit(); READY];
        for event in raw::ready_now(self.0.as_fd(), &mut events) {
            each(event.data);
        }
    }
}

impl AsFd for Gathering {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
