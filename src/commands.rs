//! What is known of other programs: verbs, wrappers, secrets, failure answers, text tools.
//!
//! The knowledge is data in `rules/commands/*.toml`, embedded at build; this module reads it once and answers
//! questions about one command line. It never looks at a script.

mod answers;
mod awk;
pub mod beyond;
mod effect;
mod given;
mod http;
mod inverses;
mod keeps;
mod notices;
mod objects;
mod one_liners;
mod outputs;
mod own;
mod pattern;
mod pipes;
mod programs;
mod safe;
mod sed;
mod shelf;
mod surely;
mod tables;
mod tool;
mod wrappers;

pub use answers::{Said, Trouble};
pub use effect::{Effect, Judged, Written, glob, is_no_file, matches_words};
pub use given::Spelling;
pub use inverses::Inverses;
pub use keeps::{shows_files, tells_nothing};
pub use notices::Notices;
pub use outputs::{Outputs, Plainly};
pub use own::OwnTool;
pub use pattern::{Pattern, WrongPattern};
pub use pipes::Reading;
pub use programs::PRAGMAS;
pub use safe::Safe;
pub use tables::{CredentialOptions, Secrets, Tables, read_tools};
pub use tool::{FileWords, Files, Http, Language, OptionName, ProgramText, Searches, Tool, WrongTool};
pub use wrappers::{
    Assignments, Empty, Expression, Keyword, Opt, Order, Payload, Role, Style, Takes, Wrapper, WrongWrapper,
    read_wrappers,
};

/// Stands in a word for a part whose value is not known (U+FFFC, which no shell word contains in practice).
pub const HOLE: char = '\u{fffc}';
