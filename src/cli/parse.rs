//! `gauntlet parse`.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::{COULD_NOT_CHECK, Failure, output, second_opinion};
use crate::report::plain;
use crate::run;

/// Options of `gauntlet parse`.
#[derive(Debug, Args)]
pub struct ParseArgs {
    /// The form of the output.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "jsonl")]
    output_format: ParseFormat,
    /// Shell scripts.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ParseFormat {
    /// A JSON object a line.
    Jsonl,
}

/// Runs it: 0 where every file was read whole, 1 where a region was not understood, 2 where a file could not be read.
pub fn parse(args: &ParseArgs) -> Result<ExitCode, Failure> {
    let mut out = BufWriter::new(io::stdout());
    let mut code = 0;
    let mut written = Ok(());
    let witness = second_opinion::witness();
    for file in &args.files {
        let parsed = match run::parse::parse(file, &witness) {
            Ok(parsed) => parsed,
            Err(problem) => {
                output::say(&format!(
                    "not read: {} {}",
                    plain::line(&problem.what),
                    plain::line(&problem.reason)
                ));
                code = COULD_NOT_CHECK;
                continue;
            }
        };
        for (at, reason) in &parsed.unread {
            let path = file.display().to_string();
            output::say(&format!(
                "{}:{}:{}: {}",
                plain::line(&path),
                at.line,
                at.column,
                plain::line(reason)
            ));
            code = code.max(1);
        }
        written = written.and_then(|()| lines(&file.display().to_string(), &parsed.commands, &mut out));
    }
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("failed to write stdout: {error}; the output is cut off").into())
        }
        _ => Ok(ExitCode::from(code)),
    }
}

fn lines(path: &str, commands: &[Vec<crate::source::Span>], out: &mut dyn Write) -> io::Result<()> {
    for words in commands {
        let words: Vec<[u32; 2]> = words.iter().map(|span| [span.start, span.end]).collect();
        writeln!(out, "{}", json!({ "path": path, "words": words }))?;
    }
    Ok(())
}
