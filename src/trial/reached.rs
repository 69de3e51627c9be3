//! Which calls that a script writes down no run made.

use crate::bash::syntax::Script;
use crate::commands::HOLE;
use crate::event::NotReached;
use crate::facts::{Ending, Invocation, invocations};
use crate::source::{RepoPath, SourceText, Span};
use crate::trial::guess::escaped;
use crate::trial::outline::in_world;
use crate::trial::pattern::argv_matches;
use crate::trial::world::Site;

/// So much of a call's text is told.
const TOLD_CHARS: usize = 100;

/// A call as it is written in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    path: RepoPath,
    /// The file, as the world names it.
    file: String,
    /// The command that makes it.
    at: Span,
    /// Its lines.
    lines: (u32, u32),
    /// Its words, in each form that it may have; what is not known globs.
    forms: Vec<Vec<String>>,
    /// Its program.
    program: String,
    /// The programs that it is made through, and its own.
    names: Vec<String>,
    /// Those of them that no other command on its lines has: a place tells by them which it was.
    own_names: Vec<String>,
    /// How its first line reads.
    text: String,
    /// Whether its file is only named, or came along by a pattern: it may be no part of what runs.
    beside: bool,
}

impl Written {
    /// Whether it is made at that site: by its words, also where another command carries it, or by its place.
    fn is_made(&self, site: &Site) -> bool {
        let here = site
            .at
            .as_ref()
            .is_some_and(|(file, line)| *file == self.file && (self.lines.0..=self.lines.1).contains(line));
        let said =
            |words: &Vec<String>| (0..site.argv.len()).any(|from| argv_matches(words, &site.argv[from..]));
        here && site.argv.first().is_some_and(|name| self.own_names.contains(name))
            || self.forms.iter().any(said)
    }

    fn shares_a_line(&self, other: &Self) -> bool {
        let overlaps = self.lines.0 <= other.lines.1 && other.lines.0 <= self.lines.1;
        self.at != other.at && overlaps
    }

    /// The same, of a file of which nothing says that it is run: it counts where a run comes to that file.
    #[must_use]
    pub fn beside(self) -> Self {
        Self { beside: true, ..self }
    }

    /// How it is told.
    pub fn told(&self) -> NotReached {
        NotReached { path: self.path.clone(), line: self.lines.0, call: self.text.clone() }
    }
}

/// The calls of a script that may fail: not those of the shell, nor of tools that are `real`, nor of functions that nothing
/// calls.
pub fn written(source: &SourceText, script: &Script, real: &dyn Fn(&str) -> bool) -> Vec<Written> {
    let mut found: Vec<Written> = Vec::new();
    for invocation in
        invocations(script).iter().filter(|invocation| !invocation.dead && !invocation.elsewhere)
    {
        let Ending::Program(words) = &invocation.ending else { continue };
        let program = words.first().map_or("", |name| basename(name));
        if program.is_empty() || program.contains(HOLE) || real(program) {
            continue;
        }
        let form = form(invocation, words);
        match found.iter_mut().find(|known| known.at == invocation.at && known.program == program) {
            Some(known) => known.forms.push(form),
            None => found.push(of(source, invocation, program, form)),
        }
    }
    found.sort_by_key(|written| written.lines);
    let own_names = |one: &Written| -> Vec<String> {
        let beside = || found.iter().filter(|other| one.shares_a_line(other));
        let is_own = |name: &&String| !beside().any(|other| other.names.contains(name));
        one.names.iter().filter(is_own).cloned().collect()
    };
    let own: Vec<Vec<String>> = found.iter().map(own_names).collect();
    for (written, own) in found.iter_mut().zip(own) {
        written.own_names = own;
    }
    found
}

/// The words as a pattern.
fn form(invocation: &Invocation, words: &[String]) -> Vec<String> {
    let glob = |word: &String| {
        let may_be_several = invocation.loose && !word.is_empty() && word.chars().all(|c| c == HOLE);
        if may_be_several { "**".to_owned() } else { escaped(word).replace(HOLE, "*") }
    };
    let program = words.first().map_or("", |name| basename(name));
    std::iter::once(escaped(program)).chain(words.iter().skip(1).map(glob)).collect()
}

fn of(source: &SourceText, invocation: &Invocation, program: &str, form: Vec<String>) -> Written {
    let names = invocation.chain.iter().map(|link| basename(&link.name)).chain([program]);
    let text = source.text()[invocation.at.start as usize..invocation.at.end as usize]
        .lines()
        .next()
        .unwrap_or_default()
        .trim();
    Written {
        path: source.path().clone(),
        file: in_world(source),
        at: invocation.at,
        lines: source.lines(invocation.at),
        forms: vec![form],
        program: program.to_owned(),
        names: names.map(str::to_owned).collect(),
        own_names: Vec::new(),
        text: text.chars().take(TOLD_CHARS).collect(),
        beside: false,
    }
}

/// Those of them that are made at none of these sites.
pub fn not_reached<'a>(written: &'a [Written], sites: &[&Site]) -> Vec<&'a Written> {
    let comes_to = |file: &str| sites.iter().any(|site| site.at.as_ref().is_some_and(|(own, _)| own == file));
    let counts = |written: &&Written| !written.beside || comes_to(&written.file);
    written.iter().filter(counts).filter(|written| !sites.iter().any(|site| written.is_made(site))).collect()
}

fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bash::{self, Dialect, InProcess};

    #[test]
    fn a_call_is_reached_by_its_place_or_by_its_words() {
        let text = "run() { \"$@\"; }\nrun vault kv put a \"b=$1\"\nvault status |\n  grep -q x\nsudo nomad job stop \"$2\"\nunused() { consul leave; }\nfor n in $(lxc list -c n); do\n  lxc stop \"$n\"\ndone\n";
        let source = SourceText::new(RepoPath::new("x.sh"), text.to_owned());
        let script = bash::read(text, Dialect::Bash, &InProcess::new()).script;
        let written = super::written(&source, &script, &|name| name == "grep");
        let site = |words: &str, line: u32| Site {
            argv: words.split(' ').map(str::to_owned).collect(),
            at: Some(("/repo/x.sh".to_owned(), line)),
        };
        let told = |sites: &[Site]| -> Vec<(u32, String)> {
            let sites: Vec<&Site> = sites.iter().collect();
            let told = not_reached(&written, &sites).into_iter().map(Written::told);
            told.map(|told| (told.line, told.call.chars().take(8).collect())).collect()
        };
        let all = [(2, "run vaul"), (3, "vault st"), (5, "sudo nom"), (7, "lxc list"), (8, "lxc stop")];
        assert_eq!(told(&[]), all.map(|(line, text)| (line, text.to_owned())));
        let sites = [
            site("vault kv put a b=1", 1),
            site("vault status", 3),
            site("sudo nomad job stop x", 5),
            site("lxc list -c n", 7),
        ];
        assert_eq!(told(&sites), [(8, "lxc stop".to_owned())]);
        let text = "tar -cf - a | ssh \"$1\" 'tar -xf -'\n";
        let source = SourceText::new(RepoPath::new("z.sh"), text.to_owned());
        let script = bash::read(text, Dialect::Bash, &InProcess::new()).script;
        let written = super::written(&source, &script, &|_| false);
        let at = Some(("/repo/z.sh".to_owned(), 1));
        let pack = Site { at: at.clone(), ..site("tar -cf - a", 1) };
        let carrier = Site { argv: ["ssh", "h", "tar -xf -"].map(str::to_owned).into(), at };
        assert_eq!(not_reached(&written, &[&pack]).len(), 1);
        assert_eq!(not_reached(&written, &[&carrier]).len(), 1);
        assert!(not_reached(&written, &[&pack, &carrier]).is_empty());
        let text = "for n in $(lxc list -c n); do lxc stop \"$n\"; done\n";
        let source = SourceText::new(RepoPath::new("y.sh"), text.to_owned());
        let script = bash::read(text, Dialect::Bash, &InProcess::new()).script;
        let written = super::written(&source, &script, &|_| false);
        let list = Site { at: Some(("/repo/y.sh".to_owned(), 1)), ..site("lxc list -c n", 1) };
        let left: Vec<NotReached> = not_reached(&written, &[&list]).into_iter().map(Written::told).collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(left[0].call.starts_with("lxc stop"), "{left:?}");
    }
}
