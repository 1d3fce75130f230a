//! Datagrams over the network, for svlogd.
//!
//! Its one law: nothing here waits; what the kernel has no room for now is refused with AGAIN.

use crate::errno::Errno;
use crate::raw::AsFd;
use crate::raw::OwnedFd;
use core::net::SocketAddrV4;
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, sendto, socket_with};

/// Opens a socket that sends; the kernel gives it an address of its own with the first datagram.
pub fn open() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)?.into())
}

/// Sends one datagram.
pub fn send(socket: impl AsFd, address: SocketAddrV4, bytes: &[u8]) -> Result<(), Errno> {
    sendto(rustix::fd::BorrowedFd::from(socket.as_fd()), bytes, SendFlags::NOSIGNAL, &address)?;
    Ok(())
}
