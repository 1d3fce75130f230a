//! A host on the router's network: a TCP/IP stack (smoltcp) at the other end of the wire of the router's second card.
//!
//! Its one law: it knows nothing of the router but what it is told over the wire; and a wait has a deadline and names what did not
//! come.

use std::collections::VecDeque;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{self, Duration};

use anyhow::{Context, Result, bail};
use pilotlight_qemu_tests::guest::PATIENCE;
use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{self, DeviceCapabilities, Medium};
use smoltcp::socket::dns::GetQueryResultError;
use smoltcp::socket::{dhcpv4, dns, tcp};
use smoltcp::time::Instant;
use smoltcp::wire::{DnsQueryType, EthernetAddress, IpAddress, IpCidr, Ipv4Address, Ipv4Cidr};

/// The address of the host's card.
const CARD: EthernetAddress = EthernetAddress([0x02, 0, 0, 0, 0, 1]);

/// The bytes of an Ethernet frame without its checksum, at most.
const FRAME: usize = 1514;

/// The bytes that a connection may hold in each direction.
const WINDOW: usize = 4096;

/// A port from which the host connects.
const PORT: u16 = 49152;

/// How long the wire is listened to at once.
const MOMENT: Duration = Duration::from_millis(50);

/// What the router has granted.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) address: Ipv4Cidr,
    pub(super) router: Option<Ipv4Address>,
    pub(super) names: Vec<Ipv4Address>,
}

/// A host.
pub(super) struct Host {
    wire: Wire,
    interface: Interface,
    sockets: SocketSet<'static>,
}

impl Host {
    /// Plugs a host in: its end of the wire is the socket `own`, the router's `other`.
    pub(super) fn new(own: &Path, other: &Path) -> Result<Self> {
        let socket = UnixDatagram::bind(own).with_context(|| format!("unable to make {}", own.display()))?;
        socket.set_read_timeout(Some(MOMENT)).context("unable to limit a wait")?;
        let mut wire = Wire { socket, other: other.to_owned(), arrived: VecDeque::new() };
        let interface = Interface::new(Config::new(CARD.into()), &mut wire, Instant::now());
        Ok(Self { wire, interface, sockets: SocketSet::new(Vec::new()) })
    }

    /// Asks for an address, and takes it.
    pub(super) fn lease(&mut self) -> Result<Lease> {
        let handle = self.sockets.add(dhcpv4::Socket::new());
        let lease = self.wait_for("a lease", |sockets| {
            let Some(dhcpv4::Event::Configured(config)) = sockets.get_mut::<dhcpv4::Socket>(handle).poll() else {
                return Ok(None);
            };
            let names = config.dns_servers.iter().copied().collect();
            Ok(Some(Lease { address: config.address, router: config.router, names }))
        })?;
        let mut is_taken = false;
        self.interface.update_ip_addrs(|addresses| is_taken = addresses.push(IpCidr::Ipv4(lease.address)).is_ok());
        if !is_taken {
            bail!("the host has no room for the address {}", lease.address);
        }
        Ok(lease)
    }

    /// The addresses of a name, from `server`.
    pub(super) fn resolve(&mut self, name: &str, server: Ipv4Address) -> Result<Vec<IpAddress>> {
        let handle = self.sockets.add(dns::Socket::new(&[server.into()], Vec::new()));
        let socket = self.sockets.get_mut::<dns::Socket>(handle);
        let query = socket.start_query(self.interface.context(), name, DnsQueryType::A).context("unable to ask")?;
        self.wait_for("an answer about a name", |sockets| {
            match sockets.get_mut::<dns::Socket>(handle).get_query_result(query) {
                Ok(addresses) => Ok(Some(addresses.to_vec())),
                Err(GetQueryResultError::Pending) => Ok(None),
                Err(GetQueryResultError::Failed) => bail!("{server} does not know {name}"),
            }
        })
    }

    /// Connects, says `request`, and hands back what it hears until the other side closes or `enough` is in it.
    pub(super) fn ask(&mut self, to: (Ipv4Address, u16), request: &str, enough: &str) -> Result<String> {
        let [receive, send] = [(); 2].map(|()| tcp::SocketBuffer::new(vec![0; WINDOW]));
        let handle = self.sockets.add(tcp::Socket::new(receive, send));
        // Each connection of a host is from another port.
        let port = PORT + u16::try_from(self.sockets.iter().count())?;
        let socket = self.sockets.get_mut::<tcp::Socket>(handle);
        socket.connect(self.interface.context(), to, port).context("unable to connect")?;
        let (mut said, mut heard) = (0, Vec::new());
        let answer = self.wait_for(&format!("an answer of {to:?}"), |sockets| {
            let socket = sockets.get_mut::<tcp::Socket>(handle);
            if socket.can_send() && said < request.len() {
                said += socket.send_slice(&request.as_bytes()[said..]).context("unable to send")?;
            }
            if socket.can_recv() {
                socket.recv(|bytes| (bytes.len(), heard.extend_from_slice(bytes))).context("unable to receive")?;
            }
            let text = String::from_utf8_lossy(&heard);
            let is_over = said == request.len() && !socket.may_recv() && socket.state() != tcp::State::SynSent;
            Ok((is_over || text.contains(enough)).then(|| text.into_owned()))
        })?;
        self.sockets.get_mut::<tcp::Socket>(handle).abort();
        Ok(answer)
    }

    /// Lives on the wire until `look` has found something.
    fn wait_for<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&mut SocketSet<'static>) -> Result<Option<T>>,
    ) -> Result<T> {
        let deadline = time::Instant::now() + PATIENCE;
        while time::Instant::now() < deadline {
            self.interface.poll(Instant::now(), &mut self.wire, &mut self.sockets);
            if let Some(found) = look(&mut self.sockets)? {
                return Ok(found);
            }
            self.interface.poll(Instant::now(), &mut self.wire, &mut self.sockets);
            self.wire.listen();
        }
        bail!("{what} did not come within {PATIENCE:?}")
    }
}

/// A wire: each datagram is a frame. As on any wire, one may be lost.
struct Wire {
    socket: UnixDatagram,
    other: PathBuf,
    arrived: VecDeque<Vec<u8>>,
}

impl Wire {
    /// Waits for a frame, but not for long.
    fn listen(&mut self) {
        let mut frame = vec![0; FRAME];
        if let Ok(length) = self.socket.recv(&mut frame) {
            frame.truncate(length);
            self.arrived.push_back(frame);
        }
    }
}

impl phy::Device for Wire {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sender<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(Received, Sender<'_>)> {
        let frame = self.arrived.pop_front()?;
        Some((Received(frame), Sender(self)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Sender<'_>> {
        Some(Sender(self))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = FRAME;
        capabilities
    }
}

/// A frame that has arrived.
struct Received(Vec<u8>);

impl phy::RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

/// Room for a frame on the wire.
struct Sender<'a>(&'a Wire);

impl phy::TxToken for Sender<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let result = write(&mut frame);
        // Where nobody is at the other end, it is lost.
        let _ = self.0.socket.send_to(&frame, &self.0.other);
        result
    }
}
