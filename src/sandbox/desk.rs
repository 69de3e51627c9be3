//! The stubs' connections to the supervisor: bytes in, bytes out, nobody waits for anybody.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

use nix::poll::PollFlags;

use super::places;
use super::wire::{self, Hello, Order, Tell};

/// Where stubs connect.
pub(super) fn address() -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(places::SOCKET)
}

/// Everybody who is connected.
pub(super) struct Desk {
    listener: UnixListener,
    visitors: Vec<Visitor>,
}

/// One stub.
pub(super) struct Visitor {
    stream: UnixStream,
    heard: Vec<u8>,
    unsaid: Vec<u8>,
    gone: bool,
    /// Its call, while its stdin is awaited.
    pub pending: Option<Hello>,
    /// Its place in the journal, until it says that it is done.
    pub call: Option<usize>,
    /// The time limit that it keeps.
    pub limit: Option<usize>,
}

impl Desk {
    pub fn open() -> io::Result<Self> {
        let listener = UnixListener::bind_addr(&address()?)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, visitors: Vec::new() })
    }

    /// Descriptors to wait on, and for what.
    pub fn waiting(&self) -> impl Iterator<Item = (BorrowedFd<'_>, PollFlags)> {
        let visitors = self.visitors.iter().map(|visitor| {
            let writes = if visitor.unsaid.is_empty() { PollFlags::empty() } else { PollFlags::POLLOUT };
            (visitor.stream.as_fd(), PollFlags::POLLIN | writes)
        });
        std::iter::once((self.listener.as_fd(), PollFlags::POLLIN)).chain(visitors)
    }

    /// Lets in who waits, hears what was said, and hands each message to `hear`. Whoever has gone is handed to
    /// `leave`. Returns whether anything happened.
    pub fn serve(
        &mut self,
        mut hear: impl FnMut(&mut Visitor, Tell),
        mut leave: impl FnMut(&Visitor),
    ) -> bool {
        let mut busy = false;
        while let Ok((stream, _)) = self.listener.accept() {
            busy = true;
            if stream.set_nonblocking(true).is_ok() {
                self.visitors.push(Visitor {
                    stream,
                    heard: Vec::new(),
                    unsaid: Vec::new(),
                    gone: false,
                    pending: None,
                    call: None,
                    limit: None,
                });
            }
        }
        for visitor in &mut self.visitors {
            busy |= visitor.listen();
            while let Some(frame) = wire::take(&mut visitor.heard) {
                match serde_json::from_slice(&frame) {
                    Ok(told) => hear(visitor, told),
                    Err(_) => visitor.gone = true,
                }
            }
            visitor.speak();
            if visitor.gone {
                leave(visitor);
            }
        }
        self.visitors.retain(|visitor| !visitor.gone);
        busy
    }
}

impl Desk {
    /// Tells whoever keeps one of these time limits that it has passed.
    pub fn expire(&mut self, limits: &[usize]) {
        let keeps = |visitor: &&mut Visitor| visitor.limit.is_some_and(|limit| limits.contains(&limit));
        for visitor in self.visitors.iter_mut().filter(keeps) {
            visitor.order(&Order::Expired);
        }
    }
}

impl Visitor {
    /// Gives an order.
    pub fn order(&mut self, order: &Order) {
        match serde_json::to_vec(order).map_err(io::Error::from).and_then(|body| wire::frame(&body)) {
            Ok(frame) => self.unsaid.extend(frame),
            Err(_) => self.gone = true,
        }
        self.speak();
    }

    fn listen(&mut self) -> bool {
        let mut chunk = [0; 16 * 1024];
        let mut busy = false;
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => {
                    self.gone = true;
                    return busy;
                }
                Ok(read) => {
                    busy = true;
                    self.heard.extend_from_slice(&chunk[..read]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.gone |= error.kind() != io::ErrorKind::WouldBlock;
                    return busy;
                }
            }
        }
    }

    fn speak(&mut self) {
        while !self.unsaid.is_empty() {
            match self.stream.write(&self.unsaid) {
                Ok(written) => drop(self.unsaid.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.gone |= error.kind() != io::ErrorKind::WouldBlock;
                    return;
                }
            }
        }
    }
}
