//! What a command in hand does: what the tables say, less what a script does to files and processes of its own.

use std::rc::Rc;

use crate::commands::{Effect, HOLE, Judged, Written, is_no_file};

use super::calls::Line;
use super::observe::Run;
use super::state::State;
use super::value::{CHILD, Content, Source, Sym, Value};
use super::walk::{Out, Stdin, Walk};

impl Walk<'_> {
    /// The effect of a command on one path.
    pub(super) fn effect(&self, argv: &[Value], words: &[&str], state: &State) -> Effect {
        let stdin = match self.stdins.last() {
            Some(Stdin::Other(value)) => Some(value.text.as_str()),
            _ => None,
        };
        let judged = self.tables.judge(words, stdin);
        let effect = self.less_own_files(argv, &judged, state);
        if effect != Effect::Mutate {
            return effect;
        }
        // Unknown words that are options by their name stand in front of the verb: `kubectl $KUBECTL_OPTS get pods`.
        let last_known =
            argv.iter().rposition(|value| value.constant().is_some_and(|text| !text.starts_with('-')));
        let is_option =
            |at: usize| at > 0 && Some(at) < last_known && argv[at].is_hole() && named_options(&argv[at]);
        if !(0..argv.len()).any(is_option) {
            return effect;
        }
        let kept: Vec<usize> = (0..argv.len()).filter(|at| !is_option(*at)).collect();
        let argv: Vec<Value> = kept.iter().map(|at| argv[*at].clone()).collect();
        let words: Vec<&str> = kept.iter().map(|at| words[*at]).collect();
        self.less_own_files(&argv, &self.tables.judge(&words, stdin), state)
    }

    fn less_own_files(&self, argv: &[Value], judged: &Judged, state: &State) -> Effect {
        // Without a folder `find` searches the one where it is.
        let searches = argv.first().is_some_and(|program| program.text.rsplit('/').next() == Some("find"));
        let vanishes = |value: &Value| searches && value.splits && value.maybe_empty();
        let own = |file: &Written| match file {
            Written::Word { index, from } => {
                argv.get(*index).is_some_and(|value| !vanishes(value) && self.writes_own(value, *from, state))
            }
            Written::Here => works_in_own(state),
        };
        if judged.files.iter().all(own) { judged.effect } else { Effect::Mutate }
    }

    /// Whether a file that is written, named by a value from that byte on, is nobody's but the script's.
    pub(super) fn writes_own(&self, value: &Value, from: usize, state: &State) -> bool {
        let name = value.text.get(from..).unwrap_or_default();
        let climbs = name.split('/').any(|part| part == "..");
        let relative = !name.starts_with(['/', '~', HOLE]) && !name.contains(':');
        is_no_file(name)
            || (self.own_files)(name)
            || !climbs && (value.own_file || self.begins_own(value, from) || relative && works_in_own(state))
    }

    /// The folder below which all is that a line prints: that of a `find`, or of a list that is only sorted or cut.
    pub(super) fn searched(&self, line: &Line) -> Option<Value> {
        const OTHER: [&str; 8] = ["-printf", "-fprintf", "-ls", "-fls", "-exec", "-execdir", "-ok", "-okdir"];
        let program = line.name()?.rsplit('/').next()?;
        if self.tables.keeps_lines(&line.texts()) {
            let Some(Stdin::Other(list)) = self.stdins.last() else { return None };
            return self.found_below.get(&list.symbol()?).cloned();
        }
        let args = line.args();
        if program != "find" || args.iter().any(|value| OTHER.contains(&value.text.as_str())) {
            return None;
        }
        let mut operands = args.iter().skip_while(|value| ["-H", "-L", "-P"].contains(&value.text.as_str()));
        let folder =
            operands.next().filter(|value| !value.text.starts_with(['-', '(', '!']) && !value.splits)?;
        let more = operands.next().is_some_and(|value| !value.text.starts_with(['-', '(', '!']));
        (!more).then(|| folder.clone())
    }

    /// The folder below which that was found what a value stands for.
    pub(super) fn found_below(&self, value: &Value) -> Option<&Value> {
        let sym = *value.syms.first()?;
        match self.symbols.source(sym) {
            Source::Element(of) | Source::At(of, _) => self.found_below.get(of),
            _ => self.found_below.get(&sym),
        }
    }

    /// Whether what stands in a value from that byte on (`of=$tmp/x`) begins with a name that the script's `mktemp` made.
    fn begins_own(&self, value: &Value, from: usize) -> bool {
        let Some((before, name)) = value.text.split_at_checked(from) else { return false };
        let sym = value.syms.get(before.matches(HOLE).count());
        name.starts_with(HOLE) && sym.is_some_and(|sym| self.own_symbols.contains(sym))
    }

    /// `kill`, the builtin: it changes something unless it only asks, or only meets the script's own children.
    pub(super) fn kill(&mut self, line: &Line, state: State) -> Out {
        let argv = line.argv();
        let own = |value: &Value| {
            value.text.starts_with('%')
                || value.syms.contains(&Sym::VOLATILE)
                || value.about.iter().any(|about| about.as_ref() == CHILD)
                || value.names.iter().any(|name| ["$", "BASHPID"].contains(&name.as_ref()))
        };
        let words: Vec<&str> = argv.iter().map(|value| value.text.as_str()).collect();
        let operands: Vec<&Value> = argv
            .iter()
            .skip(1)
            .filter(|value| !value.text.starts_with('-') || !value.syms.is_empty())
            .collect();
        let spares = operands.last().is_none_or(|last| own(last));
        if !spares && self.tables.effect(&words) == Effect::Mutate {
            let run = Run {
                place: line.place,
                argv,
                exec: &[],
                spans: &[],
                from_params: line.from_params,
                given: &[],
                led: false,
            };
            self.observe_run(&run, &state);
        }
        Out::either(state)
    }

    /// `cd`: the folder that the script works in from here on, where that is known, and whether it is its own.
    pub(super) fn entered(line: &Line, state: State) -> Out {
        let mut inside = state.clone();
        match line.args().iter().find(|value| !value.text.starts_with('-')) {
            Some(folder) if folder.surely_own() => inside.set("PWD", Content::Scalar(folder.clone())),
            Some(folder) if works_in_own(&state) && folder.constant().is_some_and(is_below) => {}
            Some(folder) if !folder.own_file && !folder.text.starts_with('+') => {
                match from_here(folder, &state) {
                    Some(folder) => inside.set("PWD", Content::Scalar(folder)),
                    None => inside.vars.remove("PWD"),
                }
            }
            _ => inside.vars.remove("PWD"),
        }
        inside.vars.remove("OLDPWD");
        Out { ok: vec![inside], fail: vec![state] }
    }

    /// `pwd`
    pub(super) fn print_folder(&mut self, state: State) -> Out {
        self.note_read("PWD", &state);
        if let Some(output) = self.outputs.last_mut() {
            match state.vars.get("PWD") {
                Some(folder) => output.values.push(folder.scalar()),
                None => output.opaque = true,
            }
        }
        Out::success(state)
    }
}

/// The whole path of what is named from the folder that the script works in; `None` where that is not known.
pub(super) fn from_here(path: &Value, state: &State) -> Option<Value> {
    if path.text.starts_with(['/', HOLE]) {
        return Some(path.clone());
    }
    let mut whole = state.vars.get("PWD")?.scalar();
    whole.append(&Value::known("/"));
    whole.append(path);
    Some(whole)
}

/// Whether the working directory is one that the script's own `mktemp` made.
fn works_in_own(state: &State) -> bool {
    state.vars.get("PWD").is_some_and(|content| content.scalar().own_file)
}

fn is_below(folder: &str) -> bool {
    !folder.starts_with(['/', '~', '-']) && !folder.split('/').any(|part| part == "..")
}

/// Whether a value's name says that it holds options.
fn named_options(value: &Value) -> bool {
    const WORDS: [&str; 9] = ["opt", "opts", "option", "options", "args", "arg", "flags", "flag", "params"];
    value.names.iter().any(|name: &Rc<str>| {
        let name = name.to_ascii_lowercase();
        let last = name.rsplit('_').next().unwrap_or_default();
        WORDS.contains(&last) || ["opts", "args", "flags"].iter().any(|end| name.ends_with(end))
    })
}
