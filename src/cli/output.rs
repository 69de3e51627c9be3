//! Where events go: the reports that were asked for, the progress on stderr, and the status that becomes the exit code.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, Args, ValueEnum};

use crate::cli::found::Found;
use crate::cli::pulse::Pulse;
use crate::cli::{COULD_NOT_CHECK, Failure};
use crate::event::{Event, Status, StoppedBy};
use crate::report::checkstyle::Checkstyle;
use crate::report::github::Github;
use crate::report::html::Html;
use crate::report::json::Json;
use crate::report::jsonl::Jsonl;
use crate::report::junit::Junit;
use crate::report::markdown::Markdown;
use crate::report::progress::Progress;
use crate::report::sarif::Sarif;
use crate::report::sweep::SweepText;
use crate::report::text::{Ending, Text};
use crate::report::{Report, plain};

/// How many things are named one by one when a run is stopped.
const NAMED: usize = 10;

/// Every form of output; which of them a command takes is in its own list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object, version 1.
    Json,
    /// A JSON object a line, as it happens.
    Jsonl,
    /// SARIF 2.1.0.
    Sarif,
    /// The XML of `JUnit`.
    Junit,
    /// GitHub's annotations.
    Github,
    /// Checkstyle's XML.
    Checkstyle,
    /// One page for a browser.
    Html,
    /// For a comment on a change.
    Markdown,
}

/// Forms of output of lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For people.
    Text,
    /// One JSON object, version 1.
    Json,
    /// A JSON object a line, as it happens.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// The XML of `JUnit`, for Jenkins: a case for each rule and file.
    Junit,
    /// Annotations of a GitHub workflow.
    Github,
    /// Checkstyle's XML.
    Checkstyle,
}

/// Forms of output of everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// For people.
    Text,
    /// One JSON object, version 1.
    Json,
    /// A JSON object a line, as it happens.
    Jsonl,
    /// The XML of `JUnit`, for Jenkins: a case for each trial, and for each rule and file.
    Junit,
    /// One page for a browser.
    Html,
}

/// Forms of output of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people.
    Text,
    /// One JSON object, version 1.
    Json,
    /// A JSON object a line.
    Jsonl,
    /// The XML of `JUnit`, for Jenkins: a case for each trial, and for each rule and file.
    Junit,
    /// One page for a browser.
    Html,
    /// For a comment on a change.
    Markdown,
}

impl From<StatusFormat> for Format {
    fn from(format: StatusFormat) -> Self {
        match format {
            StatusFormat::Text => Self::Text,
            StatusFormat::Json => Self::Json,
            StatusFormat::Jsonl => Self::Jsonl,
            StatusFormat::Junit => Self::Junit,
            StatusFormat::Html => Self::Html,
            StatusFormat::Markdown => Self::Markdown,
        }
    }
}

impl From<LintFormat> for Format {
    fn from(format: LintFormat) -> Self {
        match format {
            LintFormat::Text => Self::Text,
            LintFormat::Json => Self::Json,
            LintFormat::Jsonl => Self::Jsonl,
            LintFormat::Sarif => Self::Sarif,
            LintFormat::Junit => Self::Junit,
            LintFormat::Github => Self::Github,
            LintFormat::Checkstyle => Self::Checkstyle,
        }
    }
}

impl From<RunFormat> for Format {
    fn from(format: RunFormat) -> Self {
        match format {
            RunFormat::Text => Self::Text,
            RunFormat::Json => Self::Json,
            RunFormat::Jsonl => Self::Jsonl,
            RunFormat::Junit => Self::Junit,
            RunFormat::Html => Self::Html,
        }
    }
}

/// The options that say what is written where.
#[derive(Debug, Args)]
pub struct OutputArgs<F>
where
    F: ValueEnum + Clone + Send + Sync + 'static,
{
    /// The form of the output; may be repeated, each with a file of its own.
    #[arg(long, value_enum, value_name = "FORMAT")]
    output_format: Vec<F>,
    /// A file for the `--output-format` before it, instead of stdout.
    #[arg(long, value_name = "FILE")]
    output_file: Vec<PathBuf>,
}

/// What the reports need to know besides the events.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What stands at the end of the text.
    pub ending: Ending,
    /// The project's folder in its repository; empty where it is all of it.
    pub prefix: String,
    /// Whether rules are counted.
    pub statistics: bool,
}

impl Setting {
    /// A report of that format; `coloured`: whether whoever reads it sees colours.
    fn report(&self, format: Format, coloured: bool) -> Box<dyn Report> {
        match format {
            Format::Text if self.ending == Ending::Sweep => Box::new(SweepText::default()),
            Format::Text if self.statistics => {
                Box::new(Text::new(self.ending.clone(), coloured).with_statistics())
            }
            Format::Text => Box::new(Text::new(self.ending.clone(), coloured)),
            Format::Json if self.statistics => Box::new(Json::default().with_statistics()),
            Format::Json => Box::new(Json::default()),
            Format::Jsonl => Box::new(Jsonl),
            Format::Sarif => Box::new(Sarif::new(&self.prefix)),
            Format::Junit => Box::new(Junit::default()),
            Format::Github => Box::new(Github::new(&self.prefix)),
            Format::Checkstyle => Box::new(Checkstyle::default()),
            Format::Html => Box::new(Html::default()),
            Format::Markdown => Box::new(Markdown::default()),
        }
    }
}

impl<F> OutputArgs<F>
where
    F: ValueEnum + Clone + Send + Sync + Into<Format> + 'static,
{
    /// Each format with the file that follows it, in the order of the command line.
    fn pairs(&self, matches: &ArgMatches) -> Result<Vec<(Format, Option<PathBuf>)>, Failure> {
        let places = |id: &str| matches.indices_of(id).into_iter().flatten().collect::<Vec<usize>>();
        let formats: Vec<usize> = places("output_format");
        let mut pairs: Vec<(Format, Option<PathBuf>)> =
            self.output_format.iter().map(|format| (format.clone().into(), None)).collect();
        for (file, place) in self.output_file.iter().zip(places("output_file")) {
            let before = formats.iter().take_while(|format| **format < place).count();
            if before == 0 && pairs.is_empty() {
                pairs.push((Format::Text, Some(file.clone())));
                continue;
            }
            match before.checked_sub(1).and_then(|index| pairs.get_mut(index)) {
                Some((_, slot @ None)) => *slot = Some(file.clone()),
                _ => {
                    return Err(format!(
                        "failed to pair --output-file {} with a format: put it after the --output-format that it belongs to",
                        file.display()
                    )
                    .into());
                }
            }
        }
        if pairs.is_empty() {
            pairs.push((Format::Text, None));
        }
        if pairs.iter().filter(|(_, file)| file.is_none()).count() > 1 {
            return Err(
                "failed to choose what stdout gets: give all but one --output-format an --output-file".into(),
            );
        }
        let mut files: Vec<PathBuf> = pairs
            .iter()
            .filter_map(|(_, file)| Some(std::path::absolute(file.as_ref()?).unwrap_or_default()))
            .collect();
        files.sort();
        if let Some(twice) =
            files.windows(2).find(|pair| pair[0] == pair[1] && (pair[0].is_file() || !pair[0].exists()))
        {
            return Err(format!(
                "failed to write two reports to {}: give each --output-format a file of its own",
                twice[0].display()
            )
            .into());
        }
        Ok(pairs)
    }
}

/// A report and where it goes.
struct Channel {
    report: Box<dyn Report>,
    out: Box<dyn Write>,
    name: String,
    /// Whether it ended early: its reader went away, or it failed.
    closed: bool,
}

/// Everything that listens to a job.
pub struct Outputs {
    channels: Vec<Channel>,
    progress: Progress,
    /// Whether there is a bar, so that nobody need be told how far it is.
    terminal: bool,
    pulse: Pulse,
    found: Found,
    status: Status,
    failed: bool,
}

impl Outputs {
    /// Opens what the options ask for.
    pub fn open<F>(args: &OutputArgs<F>, matches: &ArgMatches, setting: &Setting) -> Result<Self, Failure>
    where
        F: ValueEnum + Clone + Send + Sync + Into<Format> + 'static,
    {
        let mut channels = Vec::new();
        for (format, file) in args.pairs(matches)? {
            let terminal = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
            let coloured = file.is_none() && terminal;
            let report = setting.report(format, coloured);
            // These hold no escape sequence, whatever stands in the text they speak of: nobody need look for one.
            let clean = match format {
                Format::Text => setting.ending != Ending::Sweep,
                Format::Json | Format::Jsonl | Format::Sarif => true,
                Format::Junit | Format::Github | Format::Checkstyle | Format::Html | Format::Markdown => {
                    false
                }
            };
            let name = file.as_ref().map_or("stdout".to_owned(), |file| file.display().to_string());
            let out: Box<dyn Write> = match file {
                Some(file) => {
                    let file = File::create(&file).map_err(|error| {
                        format!("failed to write {name}: {error}; give a file that can be written")
                    })?;
                    if clean {
                        Box::new(BufWriter::new(file))
                    } else {
                        Box::new(BufWriter::new(anstream::StripStream::new(file)))
                    }
                }
                None if clean && !coloured => Box::new(BufWriter::new(io::stdout())),
                None => Box::new(BufWriter::new(anstream::AutoStream::auto(io::stdout()))),
            };
            channels.push(Channel { report, out, name, closed: false });
        }
        let terminal = io::stderr().is_terminal();
        let (progress, pulse, found) = (Progress::new(terminal), Pulse::default(), Found::default());
        let status = Status::default();
        Ok(Self { channels, progress, terminal, pulse, found, status, failed: false })
    }

    /// Adds a report whose file is appended to, never cut.
    pub fn append(&mut self, report: Box<dyn Report>, path: &Path) -> Result<(), Failure> {
        let name = path.display().to_string();
        let file =
            File::options().create(true).append(true).open(path).map_err(|error| {
                format!("failed to write {name}: {error}; give a file that can be written")
            })?;
        self.channels.push(Channel { report, out: Box::new(BufWriter::new(file)), name, closed: false });
        Ok(())
    }

    /// Hands one event to all who listen.
    pub fn event(&mut self, event: &Event) {
        self.status.fold(event);
        let pulse = self.pulse.event(event, &self.status).filter(|_| !self.terminal);
        let mut lines = self.found.event(event);
        lines.extend(self.progress.event(event).or_else(|| notice(event)).or(pulse));
        if let Event::Interrupted { by: StoppedBy::Budget, .. } = event
            && let Some(whole) = self.pulse.whole(&self.status)
        {
            lines.push(format!("all of it takes about {whole} here: --budget {whole}"));
        }
        let Self { channels, progress, failed, .. } = self;
        progress.suspend(|| {
            for channel in channels {
                *failed |= channel.write(|report, out| report.event(event, out));
            }
            for line in lines {
                say(&line);
            }
        });
    }

    /// Writes what is left, and turns the status into the exit code.
    pub fn finish(mut self) -> ExitCode {
        self.progress.clear();
        let status = &self.status;
        for channel in &mut self.channels {
            self.failed |= channel.write(|report, out| {
                report.finish(status, out)?;
                out.flush()
            });
        }
        if self.failed {
            ExitCode::from(COULD_NOT_CHECK)
        } else {
            ExitCode::from(self.status.outcome().exit_code())
        }
    }
}

impl Channel {
    /// Writes, unless the channel is closed; answers whether it failed. A reader that went away is no failure: the
    /// exit code tells the outcome all the same.
    fn write(&mut self, write: impl FnOnce(&mut dyn Report, &mut dyn Write) -> io::Result<()>) -> bool {
        if self.closed {
            return false;
        }
        let Err(error) = write(self.report.as_mut(), &mut self.out) else { return false };
        self.closed = true;
        if error.kind() == io::ErrorKind::BrokenPipe {
            return false;
        }
        say(&format!("error: failed to write {}: {error}; the report is cut off", self.name));
        true
    }
}

/// Says one thing on stderr. Where nobody listens any more there is nobody to tell, and the exit code still does.
pub fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// What is said on stderr, whatever the format.
fn notice(event: &Event) -> Option<String> {
    match event {
        Event::NotChecked { what, reason } => {
            Some(format!("not checked: {} {}", plain::line(what), plain::block(reason)))
        }
        Event::Interrupted { by, not_run } => Some(match not_run.as_slice() {
            [] => format!("stopped {by}: nothing was left to do"),
            left if left.len() > NAMED => {
                let named = left[..NAMED].join(", ");
                format!("stopped {by}; not run: {} and {} more", plain::line(&named), left.len() - NAMED)
            }
            left => format!("stopped {by}; not run: {}", plain::line(&left.join(", "))),
        }),
        Event::GuardTested { failures, .. } if !failures.is_empty() => {
            let shown: Vec<String> =
                failures.iter().take(NAMED).map(|line| plain::line(line).into_owned()).collect();
            Some(format!(
                "cases of the guard that do not hold (`gauntlet guard test`):\n  {}",
                shown.join("\n  ")
            ))
        }
        Event::LintStarted { .. }
        | Event::FileChecked { .. }
        | Event::FileSkipped { .. }
        | Event::LintFinished
        | Event::GuardTested { .. }
        | Event::RunStarted { .. }
        | Event::GreenSought { .. }
        | Event::HarnessStarted { .. }
        | Event::TrialsPlanned { .. }
        | Event::TrialFinished(_)
        | Event::HarnessFinished { .. } => None,
    }
}
