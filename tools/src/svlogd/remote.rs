//! Lines sent over the network, a datagram each.
//!
//! Its one law: sending never waits; a datagram that cannot be sent is told to the log. Source: svlogd(8), `u` and `U`.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};

/// The socket, opened with the first line that is sent.
#[derive(Default)]
pub(crate) struct Sender(Option<UdpSocket>);

impl Sender {
    /// Sends one line; whether the kernel took it.
    pub(crate) fn send(&mut self, address: SocketAddrV4, line: &[u8]) -> bool {
        if self.0.is_none() {
            let opened = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0));
            self.0 = opened.ok().filter(|socket| socket.set_nonblocking(true).is_ok());
        }
        self.0.as_ref().is_some_and(|socket| socket.send_to(line, address).is_ok())
    }
}
