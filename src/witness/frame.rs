//! What goes over the pipes: a greeting once, then messages, each behind its length.

use std::io::{self, Read};

/// The first bytes that a worker says, so that nothing else is taken for one.
pub(super) const GREETING: [u8; 8] = *b"gauntl\x01\n";

/// Bytes of the length.
pub(super) const HEAD: usize = 4;

/// A message behind its length.
pub(super) fn framed(message: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(message.len()).map_err(|_| io::Error::other("longer than 4 GiB"))?;
    let mut framed = Vec::with_capacity(message.len() + HEAD);
    framed.extend_from_slice(&length.to_le_bytes());
    framed.extend_from_slice(message);
    Ok(framed)
}

/// The next message; `None` where there is none any more.
pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; HEAD];
    match from.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(head) as usize;
    // Whatever the length says, only what arrives takes memory.
    let mut message = Vec::with_capacity(length.min(1 << 20));
    from.take(length as u64).read_to_end(&mut message)?;
    Ok((message.len() == length).then_some(message))
}
