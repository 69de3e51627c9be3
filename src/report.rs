//! Reports: folds over events, one file a format. They write where they are told to and never run anything.

use std::io::{self, Write};

use crate::event::{Event, Status};

pub mod checkstyle;
pub mod github;
pub mod html;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod kept;
pub mod markdown;
pub mod place;
pub mod plain;
pub mod progress;
pub mod replay;
pub mod results;
pub mod sarif;
pub mod statistics;
pub mod sweep;
pub mod text;
mod xml;

/// One form of output.
pub trait Report {
    /// Takes in one event; may write at once.
    fn event(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()>;
    /// Writes what is left, after the last event.
    fn finish(&mut self, status: &Status, out: &mut dyn Write) -> io::Result<()>;
}
