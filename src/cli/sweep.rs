//! `gauntlet sweep`.

use std::io::Write;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgMatches, Args};

use crate::cli::output::{OutputArgs, Outputs, RunFormat, Setting};
use crate::cli::rung::MinimumRung;
use crate::cli::unaided::UnaidedArgs;
use crate::cli::{Failure, interrupt, pulse, second_opinion};
use crate::event::Rung;
use crate::report::replay;
use crate::report::text::Ending;
use crate::run::gauntlet::{self, Sweep};

/// So long a green run is looked for where nobody says how long all of it may take.
const SEEKING: Duration = Duration::from_mins(1);

/// Options of `gauntlet sweep`.
///
/// The script runs in a sealed world in which only bash and text tools are real. Whatever else it calls is a stub that
/// answers what its words suggest: `show -f value -c id` an id, `list` a row, `-o json` JSON, a change nothing. First it
/// must end with exit 0; then it runs again with each call failing in every way that applies, and what it does next is
/// judged.
///
/// Exit codes: 0 no trial is red, 1 some are, 2 there is no green run (stderr says which answer to give with --stub).
#[derive(Debug, Args)]
pub struct SweepArgs {
    #[command(flatten)]
    unaided: UnaidedArgs,
    /// Calls that change something although nothing says so, as words that glob. May be repeated.
    #[arg(long, value_name = "PROGRAM ARG-PATTERN...")]
    mutates: Vec<String>,
    /// Repeat this one trial, and show what the script did, call by call, beside the green run.
    #[arg(long, value_name = "TRIAL-ID", conflicts_with_all = ["output_format", "output_file"])]
    only: Option<String>,
    /// Stop after so long (`90s`, `5m`, `1h`): what was found until then is told, and the exit code is 2. Each call fails once
    /// before one fails in a second way.
    #[arg(long, value_name = "TIME", value_parser = pulse::budget, conflicts_with = "only")]
    budget: Option<Duration>,
    /// The weakest sandbox that will do.
    #[arg(long, value_enum, value_name = "RUNG")]
    minimum_rung: Option<MinimumRung>,
    /// How many trials run at the same time, 1 to 256 (default: one for each core).
    #[arg(long, value_name = "N", value_parser = crate::cli::crew::jobs)]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    output: OutputArgs<RunFormat>,
}

impl SweepArgs {
    fn request(&self) -> Sweep {
        let UnaidedArgs { script, stub, stdin, args: _ } = &self.unaided;
        let mut command = vec!["gauntlet".to_owned(), "sweep".to_owned(), script.display().to_string()];
        for (option, values) in [("--stub", stub), ("--mutates", &self.mutates)] {
            command.extend(values.iter().flat_map(|value| [option.to_owned(), value.clone()]));
        }
        if let Some(text) = stdin {
            command.extend(["--stdin".to_owned(), text.clone()]);
        }
        let minimum_rung = self.minimum_rung.map(Rung::from);
        if let Some(rung) = minimum_rung {
            command.extend(["--minimum-rung".to_owned(), rung.to_string()]);
        }
        Sweep {
            mutates: self.mutates.clone(),
            minimum_rung,
            jobs: self.jobs.map(NonZeroUsize::get),
            command,
            ..self.unaided.request()
        }
    }
}

/// Runs it.
pub fn sweep(args: &SweepArgs, matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let request = args.request();
    let worlds = gauntlet::sealed::worlds(None);
    let witness = second_opinion::witness();
    if let Some(id) = &args.only {
        let again = gauntlet::repeat_sweep(&request, id, &witness, &worlds)
            .map_err(|reason| format!("failed to repeat a trial: {} {reason}", request.script.display()))?;
        let shown = replay::Shown { trial: &again.trial, calls: &again.calls, record: &again.record };
        let mut out = anstream::AutoStream::auto(std::io::stdout());
        // A reader that went away does not change the outcome.
        let _ = replay::write(&shown, &mut out).and_then(|()| out.flush());
        return Ok(ExitCode::from(u8::from(again.trial.verdict.is_red())));
    }
    let setting = Setting { ending: Ending::Sweep, prefix: String::new(), statistics: false };
    let mut outputs = Outputs::open(&args.output, matches, &setting)?;
    let stop = interrupt::stop()?;
    match args.budget {
        Some(budget) => interrupt::after(&stop, budget),
        None => interrupt::hurry(&stop, SEEKING),
    }
    gauntlet::sweep(&request, &witness, &worlds, &stop, &mut |event| outputs.event(&event));
    Ok(outputs.finish())
}
