//! What a process is allowed and who it is: ids, limits, root directory, priority, and the descriptors that it hands on.
//!
//! Serves chpst, and utmpset with the lock. Its one law: each change is made for this process, which has one thread, and is
//! inherited by what it becomes.

use crate::errno::Errno;
use crate::raw;
use crate::raw::AsFd;
use rustix::fd::BorrowedFd as Fd;
use rustix::fs::{self, FlockOperation};
use rustix::io::{self, FdFlags};
use rustix::process::{self, Gid, Rlimit, Uid};
use rustix::thread;

pub use rustix::process::Resource;

/// The most supplementary groups that one process is given here.
pub const GROUPS_MAX: usize = 60;

/// The number that the kernel keeps for "no id": it cannot be a user's or a group's.
const NO_ID: u32 = u32::MAX;

/// Takes on the group ids: the first is the group, and all are the supplementary groups. Then the user id.
pub fn become_user(user: u32, groups: &[u32]) -> Result<(), Errno> {
    let mut ids = heapless::Vec::<Gid, GROUPS_MAX>::new();
    for group in groups {
        ids.push(id(*group).map(Gid::from_raw)?).map_err(|_| Errno::INVAL)?;
    }
    let user = id(user).map(Uid::from_raw)?;
    thread::set_thread_groups(&ids)?;
    if let Some(first) = ids.first() {
        thread::set_thread_gid(*first)?;
    }
    Ok(thread::set_thread_uid(user)?)
}

fn id(number: u32) -> Result<u32, Errno> {
    if number == NO_ID { Err(Errno::INVAL) } else { Ok(number) }
}

/// Sets the soft limit of a resource, as far as the hard limit allows; `None` asks for the hard limit itself.
pub fn limit(resource: Resource, soft: Option<u64>) -> Result<(), Errno> {
    let Rlimit { maximum, .. } = process::getrlimit(resource);
    let current = match (soft, maximum) {
        (Some(soft), Some(hard)) => Some(soft.min(hard)),
        (Some(soft), None) => Some(soft),
        (None, hard) => hard,
    };
    Ok(process::setrlimit(resource, Rlimit { current, maximum })?)
}

/// Makes the working directory the root.
pub fn enter_root() -> Result<(), Errno> {
    Ok(process::chroot(c".")?)
}

/// Adds to the nice value.
pub fn add_nice(increment: i32) -> Result<(), Errno> {
    process::nice(increment)?;
    Ok(())
}

/// Takes the exclusive lock of an open file, and waits for it as long as it takes.
pub fn lock(fd: impl AsFd) -> Result<(), Errno> {
    loop {
        match fs::flock(Fd::from(fd.as_fd()), FlockOperation::LockExclusive) {
            Err(io::Errno::INTR) => {}
            answer => return Ok(answer?),
        }
    }
}

/// Leaves a descriptor open for the program that this process becomes.
pub fn hand_on(fd: impl AsFd) -> Result<(), Errno> {
    Ok(io::fcntl_setfd(Fd::from(fd.as_fd()), FdFlags::empty())?)
}

/// Closes a standard descriptor at the moment when this process becomes a program: until then errors can be told.
pub fn close_standard_on_exec(number: u8) -> Result<(), Errno> {
    Ok(io::fcntl_setfd(Fd::from(raw::standard(number)), FdFlags::CLOEXEC)?)
}
