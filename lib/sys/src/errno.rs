//! The number of an error, as the kernel answers it.
//!
//! Its one law: it is kept negated and is never zero, so that an answer without a value, which is zero, and an error share one
//! register; [`crate::message::reason`] has its words.

use crate::message::reason;
use core::fmt;
use core::num::NonZeroI32;
use linux_raw_sys::errno;

/// The reason for which a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub(crate) NonZeroI32);

/// Declares a constant for each number that is asked for or has words: NAME is ENAME.
macro_rules! numbers {
    ($($name:ident = $number:ident,)*) => {
        #[allow(missing_docs, reason = "their words are those of the messages")]
        impl Errno {
            $(pub const $name: Errno = Errno::from_raw_os_error(errno::$number.cast_signed());)*
        }
    };
}

numbers! {
    ACCESS = EACCES,
    AGAIN = EAGAIN,
    BADF = EBADF,
    BUSY = EBUSY,
    CHILD = ECHILD,
    DQUOT = EDQUOT,
    EXIST = EEXIST,
    FAULT = EFAULT,
    FBIG = EFBIG,
    INTR = EINTR,
    INVAL = EINVAL,
    IO = EIO,
    ISDIR = EISDIR,
    LOOP = ELOOP,
    MFILE = EMFILE,
    MLINK = EMLINK,
    NAMETOOLONG = ENAMETOOLONG,
    NFILE = ENFILE,
    NODEV = ENODEV,
    NOENT = ENOENT,
    NOEXEC = ENOEXEC,
    NOMEM = ENOMEM,
    NOSPC = ENOSPC,
    NOSYS = ENOSYS,
    NOTDIR = ENOTDIR,
    NOTEMPTY = ENOTEMPTY,
    NXIO = ENXIO,
    OPNOTSUPP = EOPNOTSUPP,
    PERM = EPERM,
    PIPE = EPIPE,
    RANGE = ERANGE,
    ROFS = EROFS,
    SRCH = ESRCH,
    STALE = ESTALE,
    TOOBIG = E2BIG,
    TXTBSY = ETXTBSY,
    XDEV = EXDEV,
}

impl Errno {
    /// The error of a number that is above zero, as C knows it.
    pub const fn from_raw_os_error(number: i32) -> Errno {
        match NonZeroI32::new(number.wrapping_neg()) {
            Some(negated) => Errno(negated),
            None => Errno(NonZeroI32::MIN),
        }
    }

    /// The number as C knows it.
    pub const fn raw_os_error(self) -> i32 {
        self.0.get().wrapping_neg()
    }
}

/// Its words.
impl fmt::Display for Errno {
    fn fmt(&self, text: &mut fmt::Formatter) -> fmt::Result {
        text.write_str(reason(*self))
    }
}

impl From<rustix::io::Errno> for Errno {
    fn from(error: rustix::io::Errno) -> Errno {
        Errno::from_raw_os_error(error.raw_os_error())
    }
}
