//! The script's own descriptors, from the supervisor's end: what it printed, what it is fed.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::brief::Leads;
use super::call;

/// How much of an output is kept.
const KEPT: usize = 1024 * 1024;

/// Reads and writes on it return at once.
pub(super) fn without_waiting(descriptor: impl AsFd) -> io::Result<()> {
    fcntl(descriptor, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(())
}

/// One of the script's outputs.
pub(super) struct Capture<R> {
    from: Option<R>,
    target: Option<Leads>,
    kept: Vec<u8>,
    total: usize,
    /// Texts of our own that are no part of what is said.
    unsaid: Vec<Vec<u8>>,
}

impl<R: Read + AsFd> Capture<R> {
    pub fn new(from: R) -> io::Result<Self> {
        without_waiting(&from)?;
        let target = call::leads(&from);
        Ok(Self { from: Some(from), target, kept: Vec::new(), total: 0, unsaid: Vec::new() })
    }

    /// Leaves these texts out.
    pub fn leave_out(&mut self, texts: impl IntoIterator<Item = String>) {
        self.unsaid = texts.into_iter().map(String::into_bytes).filter(|text| !text.is_empty()).collect();
    }

    /// The descriptor to wait on, until the end was read.
    pub fn waiting(&self) -> Option<BorrowedFd<'_>> {
        self.from.as_ref().map(AsFd::as_fd)
    }

    pub fn is(&self, target: &Leads) -> bool {
        self.target.as_ref() == Some(target)
    }

    /// Bytes that have been printed.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Takes in what is there, without waiting.
    pub fn drain(&mut self) {
        let from = self.kept.len();
        self.take_in();
        // What begins before what is new may end in it.
        for text in &self.unsaid {
            let mut at = from.saturating_sub(text.len());
            while let Some(found) = find(self.kept.get(at..).unwrap_or_default(), text) {
                at += found;
                self.kept.drain(at..at + text.len());
                self.total -= text.len();
            }
        }
    }

    fn take_in(&mut self) {
        let mut chunk = [0; 16 * 1024];
        while let Some(from) = self.from.as_mut() {
            match from.read(&mut chunk) {
                Ok(0) => self.from = None,
                Ok(read) => {
                    self.total += read;
                    let room = KEPT.saturating_sub(self.kept.len()).min(read);
                    self.kept.extend_from_slice(&chunk[..room]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.from = None,
            }
        }
    }

    /// What was taken in since the last time; nothing of it is kept.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.kept)
    }

    pub fn into_text(self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// The script's stdin.
pub(super) struct Feed<W> {
    to: Option<W>,
    target: Option<Leads>,
    bytes: Vec<u8>,
    written: usize,
    /// Whether more may come.
    open: bool,
}

impl<W: Write + AsFd> Feed<W> {
    /// A feed that gets its bytes later, and never ends.
    pub fn open(to: W) -> io::Result<Self> {
        without_waiting(&to)?;
        let target = call::leads(&to);
        Ok(Self { to: Some(to), target, bytes: Vec::new(), written: 0, open: true })
    }

    /// Whether a descriptor is the other end of it.
    pub fn is(&self, target: &Leads) -> bool {
        self.target.as_ref() == Some(target)
    }

    /// More to write.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.written);
        self.written = 0;
        self.bytes.extend_from_slice(bytes);
        self.push();
    }

    pub fn new(to: W, text: String) -> io::Result<Self> {
        without_waiting(&to)?;
        let target = call::leads(&to);
        let mut feed = Self { to: Some(to), target, bytes: text.into_bytes(), written: 0, open: false };
        feed.push();
        Ok(feed)
    }

    /// The descriptor to wait on, until all is written.
    pub fn waiting(&self) -> Option<BorrowedFd<'_>> {
        self.to.as_ref().filter(|_| !self.open || self.written < self.bytes.len()).map(AsFd::as_fd)
    }

    /// Writes what fits; closes at the end.
    pub fn push(&mut self) {
        while let Some(to) = self.to.as_mut() {
            let rest = &self.bytes[self.written..];
            if rest.is_empty() {
                if !self.open {
                    self.to = None;
                }
                return;
            }
            match to.write(rest) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Nobody reads any more.
                Err(_) => self.to = None,
            }
        }
    }
}
