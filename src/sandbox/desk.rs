//! The stubs' connections to the supervisor: bytes in, bytes out, nobody waits for anybody.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use nix::poll::PollFlags;
use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;

use super::brief::{Call, Hears};
use super::wire::{self, Order, Tell};
use super::{call, root};

/// Everybody who is connected.
pub(super) struct Desk {
    listener: UnixListener,
    visitors: Vec<Visitor>,
    /// Who came so far.
    count: usize,
    /// Calls whose small program is becoming the whole one, by its number.
    passed_on: BTreeMap<usize, PassedOn>,
}

/// What the whole program is to be told when it comes.
struct PassedOn {
    orders: Vec<Order>,
    call: Option<usize>,
    limit: Option<usize>,
}

/// One stub.
pub(super) struct Visitor {
    number: usize,
    stream: UnixStream,
    /// What it cannot do: the whole program that it is about to become is told.
    kept: Vec<Order>,
    heard: Vec<u8>,
    unsaid: Vec<u8>,
    gone: bool,
    /// Its call, while its stdin is awaited.
    pub pending: Option<Call>,
    /// Its place in the journal, until it says that it is done.
    pub call: Option<usize>,
    /// The time limit that it keeps.
    pub limit: Option<usize>,
    /// How many calls had been answered when its own began.
    pub begun: usize,
    /// Whether it can do whatever it is told.
    pub whole: bool,
    /// Whether it must not print before its stdin has something in it.
    pub waits: bool,
    /// What it has read of its stdin.
    pub read: Option<Vec<u8>>,
}

impl Desk {
    pub fn open() -> io::Result<Self> {
        let listener = UnixListener::bind_addr(&call::address()?)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, visitors: Vec::new(), count: 0, passed_on: BTreeMap::new() })
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
            if stream.set_nonblocking(true).is_ok() && is_ours(&stream) {
                self.count += 1;
                self.visitors.push(Visitor {
                    number: self.count,
                    stream,
                    kept: Vec::new(),
                    heard: Vec::new(),
                    unsaid: Vec::new(),
                    gone: false,
                    pending: None,
                    call: None,
                    limit: None,
                    begun: 0,
                    whole: true,
                    waits: false,
                    read: None,
                });
            }
        }
        for visitor in &mut self.visitors {
            busy |= visitor.listen();
            while let Some(frame) = wire::take(&mut visitor.heard) {
                match Tell::read(&frame) {
                    Some(Tell::TakeOver(number)) => visitor.take_over(number, &mut self.passed_on),
                    Some(told) => {
                        // Its last word: whether it is gone already is nobody's business.
                        visitor.gone |= matches!(told, Tell::Done(_));
                        hear(visitor, told);
                    }
                    None => visitor.gone = true,
                }
            }
            visitor.speak();
            if visitor.gone && !visitor.kept.is_empty() {
                self.passed_on.insert(visitor.number, visitor.pass_on());
            } else if visitor.gone {
                leave(visitor);
            }
        }
        self.visitors.retain(|visitor| !visitor.gone);
        busy
    }
}

/// Whether a call comes from the world. Where the socket's name is in the host's network, anybody may have come.
fn is_ours(stream: &UnixStream) -> bool {
    let of_this_user = || {
        getsockopt(stream, PeerCredentials).is_ok_and(|peer| peer.uid() == nix::unistd::geteuid().as_raw())
    };
    root::root().is_empty() || of_this_user()
}

impl Desk {
    /// Calls that nobody took over: their programs were killed before they could.
    pub fn forsaken(&self) -> impl Iterator<Item = usize> + '_ {
        self.passed_on.values().filter_map(|passed_on| passed_on.call)
    }

    /// Tells whoever keeps one of these time limits that it has passed.
    pub fn expire(&mut self, limits: &[usize]) {
        let keeps = |visitor: &&mut Visitor| visitor.limit.is_some_and(|limit| limits.contains(&limit));
        for visitor in self.visitors.iter_mut().filter(keeps) {
            visitor.order(&Order::Expired);
        }
        for passed_on in self.passed_on.values_mut() {
            if passed_on.limit.is_some_and(|limit| limits.contains(&limit)) {
                passed_on.orders.push(Order::Expired);
            }
        }
    }
}

impl Visitor {
    /// Gives an order.
    pub fn order(&mut self, order: &Order) {
        let body = if self.whole {
            serde_json::to_vec(order).map_err(io::Error::from)
        } else {
            let brief = order.brief(self.waits).filter(|_| self.kept.is_empty());
            let is_first = self.kept.is_empty();
            if brief.is_none() {
                self.kept.push(order.clone());
                if !is_first {
                    return;
                }
            }
            Ok(brief.unwrap_or(Hears::TakenOver(self.number)).bytes())
        };
        match body.and_then(|body| wire::frame(&body)) {
            Ok(frame) => self.unsaid.extend(frame),
            Err(_) => self.gone = true,
        }
        self.speak();
    }

    /// What is left to do for the program that it has become.
    fn pass_on(&mut self) -> PassedOn {
        let orders =
            self.read.take().map(Order::Fed).into_iter().chain(std::mem::take(&mut self.kept)).collect();
        PassedOn { orders, call: self.call.take(), limit: self.limit.take() }
    }

    /// It is the whole program that goes on where that small one left off.
    fn take_over(&mut self, number: usize, passed_on: &mut BTreeMap<usize, PassedOn>) {
        let Some(PassedOn { orders, call, limit }) = passed_on.remove(&number) else {
            self.gone = true;
            return;
        };
        (self.call, self.limit) = (call, limit);
        for order in &orders {
            self.order(order);
        }
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
