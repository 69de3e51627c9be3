//! What `gauntlet sweep` and `gauntlet new harness` are told of a script without a harness.

use std::path::PathBuf;

use clap::Args;

use crate::run::gauntlet::Sweep;

/// The script, and what is known of it.
#[derive(Debug, Args)]
pub struct UnaidedArgs {
    /// The script: a bash or sh script anywhere on this machine (for a harness, in a project). Scripts and files beside it
    /// that it names come along.
    #[arg(value_name = "SCRIPT")]
    pub script: PathBuf,
    /// An answer: words that glob the call's words (`**` for any rest), then ` => `, then what it prints. May be
    /// repeated; the last that matches wins.
    #[arg(long, value_name = "PROGRAM ARG-PATTERN... => STDOUT")]
    pub stub: Vec<String>,
    /// What the script reads on its stdin; without it, the phrase that its gate compares with.
    #[arg(long, value_name = "TEXT")]
    pub stdin: Option<String>,
    /// The script's own arguments, behind `--`.
    #[arg(last = true, value_name = "ARG")]
    pub args: Vec<String>,
}

impl UnaidedArgs {
    /// The request that these make; whoever knows more adds it.
    pub fn request(&self) -> Sweep {
        let line = |text: &String| {
            if text.is_empty() || text.ends_with('\n') { text.clone() } else { format!("{text}\n") }
        };
        Sweep {
            script: self.script.clone(),
            args: self.args.clone(),
            stubs: self.stub.clone(),
            stdin: self.stdin.as_ref().map(line),
            ..Sweep::default()
        }
    }
}
