//! Lines sent over the network, a datagram each.
//!
//! Its one law: sending never waits; a datagram that cannot be sent is told to the log. Source: svlogd(8), `u` and `U`.

use std::net::SocketAddrV4;
use sys::{OwnedFd, datagram};

/// The socket, opened with the first line that is sent.
#[derive(Default)]
pub(crate) struct Sender(Option<OwnedFd>);

impl Sender {
    /// Sends one line; whether the kernel took it.
    pub(crate) fn send(&mut self, address: SocketAddrV4, line: &[u8]) -> bool {
        self.0 = self.0.take().or_else(|| datagram::open().ok());
        self.0.as_ref().is_some_and(|socket| datagram::send(socket, address, line).is_ok())
    }
}
