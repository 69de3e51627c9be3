//! What the processes of a world say to each other: frames on pipes and on the trial's socket.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::brief::{self, Call, Hears, Says};
use super::failing;
use crate::trial::world::{GARBAGE, Record, half};

/// Longer frames are not believed.
const LONGEST: usize = 1 << 30;

/// Writes one frame: its length, its bytes.
pub(super) fn send(to: &mut impl Write, body: &[u8]) -> io::Result<()> {
    to.write_all(&frame(body)?)?;
    to.flush()
}

/// The bytes of one frame.
pub(super) fn frame(body: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(body.len()).map_err(|_| io::Error::other("the message is too long"))?;
    let mut bytes = Vec::with_capacity(body.len() + 4);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(body);
    Ok(bytes)
}

/// Takes the first whole frame out of `buffer`, where there is one.
pub(super) fn take(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = u32::from_le_bytes(buffer.get(..4)?.try_into().ok()?) as usize;
    let body = buffer.get(4..4 + length)?.to_vec();
    buffer.drain(..4 + length);
    Some(body)
}

/// Reads one frame; `None` at the end of the stream.
pub(super) fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST {
        return Err(io::Error::other("the message is too long"));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Some(body))
}

/// Writes a value as a frame.
pub(super) fn send_value(to: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    send(to, &serde_json::to_vec(value)?)
}

/// Reads a value from a frame; `None` at the end of the stream.
pub(super) fn receive_value<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    Ok(match receive(from)? {
        Some(body) => Some(serde_json::from_slice(&body)?),
        None => None,
    })
}

/// What comes back from the sandbox's processes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The world stands.
    Ready,
    /// A trial was run.
    Ran(Box<Record>),
    /// It could not be done; why.
    Failed(String),
}

/// What a stub tells the supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Tell {
    /// A call begins. It is said as a brief.
    #[serde(skip)]
    Call(Box<Call>),
    /// The whole program is the process of the call of that number now.
    TakeOver(usize),
    /// All of its stdin, as asked for. It is said as a brief.
    #[serde(skip)]
    Stdin(Vec<u8>),
    /// It is done.
    Done(Deed),
}

impl Tell {
    /// Reads what a stub says, as a brief or as JSON.
    pub fn read(frame: &[u8]) -> Option<Self> {
        if frame.first() != Some(&brief::MARK) {
            return serde_json::from_slice(frame).ok();
        }
        Some(match Says::read(frame)? {
            Says::Call(call) => Self::Call(Box::new(call)),
            Says::Stdin(read) => Self::Stdin(read),
            Says::Done { exit, broken_pipe } => {
                Self::Done(Deed { exit: exit.into(), broken_pipe, stdout: None })
            }
        })
    }
}

/// What a stub did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Deed {
    /// Its exit code; 128 + n for a signal.
    pub exit: i32,
    /// What it printed, up to 64 KiB, where the supervisor does not know.
    pub stdout: Option<String>,
    /// Whether its consumer was gone before all was written.
    pub broken_pipe: bool,
}

/// What a stub shall do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Order {
    /// Read stdin to its end and send it; another order follows.
    ReadStdin,
    /// This was read of your stdin before you took over; another order follows.
    Fed(Vec<u8>),
    /// Print this and exit.
    Reply(Words),
    /// Run this text with bash.
    Handler {
        /// The text.
        text: String,
        /// Whether it gets the stdin that was read (else none).
        feed: bool,
        /// Files to write first.
        writes: Vec<(String, String)>,
        /// What becomes of its output.
        shape: Shape,
        /// Whether its calls are placed where this call stands.
        #[serde(default)]
        placed: bool,
        /// How many lines behind its own number each of its lines stands in the script, and what tells a shell to say its
        /// lines.
        #[serde(default)]
        behind: Option<(i64, String)>,
    },
    /// Run the real tool.
    Real {
        /// What becomes of its output.
        shape: Shape,
        /// How many calls of it came before.
        before: usize,
    },
    /// Kill yourself.
    Die,
    /// The script is interrupted: whoever is of its process group gets the signal too. What outlives it goes on.
    Interrupted {
        /// The signal's number, where calls get it.
        signal: Option<i32>,
        /// The script's process group.
        group: i32,
        /// What to do then.
        then: Box<Order>,
    },
    /// Wait until somebody kills you.
    Hang,
    /// `timeout`: run the command under the limit of this number, until [`Order::Expired`].
    Limit(usize),
    /// The limit has passed.
    Expired,
    /// Exit, without a word on stdout: nothing of it is recorded.
    Exit {
        /// Exit code.
        exit: u8,
        /// On stderr.
        stderr: String,
    },
    /// Do what this name does in every world (`date`, a `timeout` that nobody understands).
    Special {
        /// The world's time, in seconds of the epoch.
        now: u64,
    },
    /// Become the real shell of this name.
    Shell {
        /// What bash shall read first.
        bash_env: String,
    },
}

impl Order {
    /// The order in the words of a brief, where they can say it. `waits`: whoever feeds the call must have begun before it
    /// prints.
    pub fn brief(&self, waits: bool) -> Option<Hears> {
        let reply = |waits: bool, stdout: &str, stderr: &str, exit: u8| Hears::Reply {
            waits,
            stdout: stdout.into(),
            stderr: stderr.into(),
            exit,
        };
        match self {
            Self::ReadStdin => Some(Hears::ReadStdin),
            Self::Reply(words) if words.writes.is_empty() => {
                Some(reply(waits, &words.stdout, &words.stderr, words.exit))
            }
            Self::Exit { exit, stderr } => Some(reply(false, "", stderr, *exit)),
            Self::Shell { bash_env } => Some(Hears::Shell { bash_env: bash_env.clone() }),
            _ => None,
        }
    }
}

/// What becomes of an output on its way to the script.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) enum Shape {
    /// Nothing.
    #[default]
    Whole,
    /// It is padded past a pipe's capacity.
    Padded,
    /// It breaks off.
    Half,
    /// It is another's.
    Garbage,
    /// Half of it is written; then the disk is full.
    Full {
        /// Exit code.
        exit: u8,
        /// On stderr.
        stderr: String,
    },
}

impl Shape {
    /// The output as the script finds it.
    pub fn of(&self, text: &str) -> String {
        match self {
            Self::Whole => text.to_owned(),
            Self::Padded => failing::padded(text),
            Self::Half | Self::Full { .. } => half(text).to_owned(),
            Self::Garbage => GARBAGE.to_owned(),
        }
    }
}

/// A fixed answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Words {
    /// On stdout.
    pub stdout: String,
    /// On stderr.
    pub stderr: String,
    /// Exit code.
    pub exit: u8,
    /// Files to write: path, content.
    pub writes: Vec<(String, String)>,
    /// Whether a file may turn out to be a folder: nobody said that it is a file, and the tool puts something into it.
    #[serde(default)]
    pub guessed: bool,
}

/// A file that every trial finds fresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seed {
    /// Its path in the world.
    pub path: String,
    /// Whether it is executable.
    pub executable: bool,
    /// Whether it is a link, its content being where it leads.
    pub link: bool,
    /// Its content.
    pub content: Vec<u8>,
}

/// Packs files into one frame's body.
pub(super) fn pack(seeds: &[Seed]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |part: &[u8]| brief::put(&mut bytes, part);
    for seed in seeds {
        put(seed.path.as_bytes());
        put(&[u8::from(seed.executable), u8::from(seed.link)]);
        put(&seed.content);
    }
    bytes
}

/// Unpacks what [`pack`] packed; `None` where it is damaged.
pub(super) fn unpack(mut bytes: &[u8]) -> Option<Vec<Seed>> {
    let mut seeds = Vec::new();
    while !bytes.is_empty() {
        let path = String::from_utf8(brief::part(&mut bytes)?.to_vec()).ok()?;
        let [executable, link] = *brief::part(&mut bytes)? else { return None };
        let content = brief::part(&mut bytes)?.to_vec();
        seeds.push(Seed { path, executable: executable == 1, link: link == 1, content });
    }
    Some(seeds)
}
