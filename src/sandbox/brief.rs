//! What a call says first and what it is told, in a form that takes no time to write or to read.
//!
//! Also compiled alone, as a part of the program in `stub/`: nothing here may need more than `alloc`.

use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

/// What a brief begins with. Every other frame is JSON, which cannot begin so.
pub const MARK: u8 = 1;

/// A call, as its process sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// Its words.
    pub argv: Vec<String>,
    /// The name under which the stub was executed, without folders.
    pub program: String,
    /// The folder in which it is made.
    pub folder: String,
    /// The caller.
    pub at: Option<(String, u32)>,
    /// Where its stdout leads.
    pub output: Option<Leads>,
    /// Where its stdin comes from.
    pub input: Option<Leads>,
    /// The time limit under which it runs: the number that `timeout` was given.
    pub limit: Option<usize>,
    /// Whether it can do whatever it is told; else no more than [`Hears`] says.
    pub whole: bool,
}

/// What a descriptor leads to: device, inode, and whether that is a pipe, the null device or anything else.
pub type Leads = (u64, u64, Kind);

/// Kinds of files that matter to the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A pipe or a socket.
    Pipe,
    /// `/dev/null`.
    Null,
    /// Anything else.
    File,
}

/// What a call says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// It begins.
    Call(Call),
    /// All of its stdin, as asked for.
    Stdin(Vec<u8>),
    /// It is done.
    Done {
        /// Its exit code.
        exit: u8,
        /// Whether its consumer was gone before all was written.
        broken_pipe: bool,
    },
}

/// What a call is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hears {
    /// Read stdin to its end and send it; more follows.
    ReadStdin,
    /// Print this and exit.
    Reply {
        /// Whether stdin must have something in it before.
        waits: bool,
        /// On stdout.
        stdout: Vec<u8>,
        /// On stderr.
        stderr: Vec<u8>,
        /// The exit code.
        exit: u8,
    },
    /// Become the real shell of this name, which reads that first.
    Shell {
        /// The value of `BASH_ENV`.
        bash_env: String,
    },
    /// Become the whole program, which takes the call over under this number.
    TakenOver(usize),
}

/// Adds a part to a message.
pub fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
    bytes.extend_from_slice(part);
}

/// Takes the next part of a message; `None` where there is no whole one.
pub fn part<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let (part, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    *bytes = rest;
    Some(part)
}

fn text(bytes: &mut &[u8]) -> Option<String> {
    Some(String::from_utf8_lossy(part(bytes)?).into_owned())
}

fn number<N: std::str::FromStr>(bytes: &mut &[u8]) -> Option<N> {
    std::str::from_utf8(part(bytes)?).ok()?.parse().ok()
}

impl Says {
    /// The message.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![MARK];
        match self {
            Self::Call(call) => {
                bytes.extend([b'C', u8::from(call.whole)]);
                put(&mut bytes, call.program.as_bytes());
                put(&mut bytes, call.folder.as_bytes());
                let (file, line) = call.at.as_ref().map_or(("", 0), |(file, line)| (file.as_str(), *line));
                put(&mut bytes, file.as_bytes());
                put(&mut bytes, line.to_string().as_bytes());
                for leads in [call.output, call.input] {
                    let (dev, ino, kind) = leads.unwrap_or((0, 0, Kind::Null));
                    let kind = if leads.is_some() { kind as u8 } else { u8::MAX };
                    put(&mut bytes, &[dev.to_le_bytes(), ino.to_le_bytes(), [kind; 8]].concat());
                }
                put(&mut bytes, call.limit.map(|limit| limit.to_string()).unwrap_or_default().as_bytes());
                call.argv.iter().for_each(|word| put(&mut bytes, word.as_bytes()));
            }
            Self::Stdin(read) => {
                bytes.push(b'I');
                bytes.extend_from_slice(read);
            }
            Self::Done { exit, broken_pipe } => bytes.extend([b'D', *exit, u8::from(*broken_pipe)]),
        }
        bytes
    }

    /// Reads a message; `None` for one that is damaged.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<2>()?;
        match head {
            [MARK, b'C'] => {
                let (whole, mut rest) = rest.split_first()?;
                let rest = &mut rest;
                let (program, folder) = (text(rest)?, text(rest)?);
                let (file, line) = (text(rest)?, number(rest)?);
                let (output, input) = (leads(rest), leads(rest));
                let limit = text(rest)?.parse().ok();
                let mut argv = Vec::new();
                while !rest.is_empty() {
                    argv.push(text(rest)?);
                }
                let at = (!file.is_empty()).then_some((file, line));
                Some(Self::Call(Call { argv, program, folder, at, output, input, limit, whole: *whole == 1 }))
            }
            [MARK, b'I'] => Some(Self::Stdin(rest.to_vec())),
            [MARK, b'D'] => match rest {
                [exit, broken_pipe] => Some(Self::Done { exit: *exit, broken_pipe: *broken_pipe == 1 }),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Takes the part that says where a descriptor leads, where it was known.
fn leads(bytes: &mut &[u8]) -> Option<Leads> {
    let (dev, rest) = part(bytes)?.split_first_chunk::<8>()?;
    let (ino, rest) = rest.split_first_chunk::<8>()?;
    let kinds = [Kind::Pipe, Kind::Null, Kind::File];
    let kind = kinds.into_iter().find(|kind| rest.first() == Some(&(*kind as u8)))?;
    Some((u64::from_le_bytes(*dev), u64::from_le_bytes(*ino), kind))
}

impl Hears {
    /// The message.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![MARK];
        match self {
            Self::ReadStdin => bytes.push(b'I'),
            Self::Reply { waits, stdout, stderr, exit } => {
                bytes.extend([b'R', u8::from(*waits), *exit]);
                put(&mut bytes, stdout);
                put(&mut bytes, stderr);
            }
            Self::Shell { bash_env } => {
                bytes.push(b'S');
                bytes.extend_from_slice(bash_env.as_bytes());
            }
            Self::TakenOver(number) => {
                bytes.push(b'T');
                bytes.extend_from_slice(number.to_string().as_bytes());
            }
        }
        bytes
    }

    /// Reads a message; `None` for one that is damaged.
    #[cfg_attr(not(test), expect(dead_code, reason = "the program in `stub/` reads it"))]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<2>()?;
        match head {
            [MARK, b'I'] => Some(Self::ReadStdin),
            [MARK, b'R'] => {
                let ([waits, exit], mut rest) = rest.split_first_chunk::<2>()?;
                let (stdout, stderr) = (part(&mut rest)?.to_vec(), part(&mut rest)?.to_vec());
                Some(Self::Reply { waits: *waits == 1, stdout, stderr, exit: *exit })
            }
            [MARK, b'S'] => Some(Self::Shell { bash_env: String::from_utf8(rest.to_vec()).ok()? }),
            [MARK, b'T'] => {
                let number = std::str::from_utf8(rest).ok()?.parse().ok()?;
                Some(Self::TakenOver(number))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_is_heard() {
        let call = Call {
            argv: ["curl", "", "two words", "\u{1}"].map(str::to_owned).to_vec(),
            program: "curl".to_owned(),
            folder: "/var/backups".to_owned(),
            at: Some(("/repo/x.sh".to_owned(), 7)),
            output: Some((1, 2, Kind::Pipe)),
            input: None,
            limit: Some(3),
            whole: false,
        };
        for said in [
            Says::Call(call.clone()),
            Says::Call(Call { at: None, limit: None, whole: true, ..call }),
            Says::Stdin(vec![0, 255]),
            Says::Done { exit: 141, broken_pipe: true },
        ] {
            let bytes = said.bytes();
            assert_eq!(Says::read(&bytes), Some(said));
            assert_eq!(Says::read(&bytes[..1]), None);
        }
        for told in [
            Hears::ReadStdin,
            Hears::Reply { waits: true, stdout: b"a".to_vec(), stderr: Vec::new(), exit: 7 },
            Hears::Shell { bash_env: "/env".to_owned() },
            Hears::TakenOver(12),
        ] {
            assert_eq!(Hears::read(&told.bytes()), Some(told));
        }
    }
}
