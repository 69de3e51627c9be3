//! Readers of an answer: the later stages of a pipeline, here-strings, loops that read lines.

use super::{Fact, Flow, Source};
use crate::bash::syntax::{
    Command, CommandKind, Part, PartKind, Pipeline, Redirect, RedirectOp, Sequence, Target, Word,
};
use crate::bash::visit::{Visitor, walk_command};

/// Whether a stage of a pipeline may feed the next one without an end.
fn feeds_without_end(stage: &Command) -> bool {
    struct Endless(bool);
    impl<'s> Visitor<'s> for Endless {
        fn command(&mut self, command: &'s Command) {
            let words = |command: &'s Command| match &command.kind {
                CommandKind::Simple(simple) => simple.words.iter().map(Word::plain).collect(),
                _ => Vec::new(),
            };
            let own: Vec<Option<String>> = words(command);
            let follows = |word: &Option<String>| {
                word.as_ref().is_some_and(|word| {
                    word.starts_with("-f") || word.starts_with("-F") || word.starts_with("--follow")
                })
            };
            self.0 |= match own.first().and_then(Option::as_deref) {
                Some("yes" | "watch") => true,
                Some("tail" | "journalctl") => own.iter().any(follows),
                _ => false,
            };
            if let CommandKind::While(whilst) = &command.kind {
                let stages = whilst.condition.statements.iter().flat_map(|statement| &statement.first.stages);
                self.0 |= stages
                    .filter_map(|stage| words(stage).into_iter().next().flatten())
                    .any(|word: String| matches!(word.as_str(), "true" | ":" | "false" | "sleep"));
            }
            self.0 |= matches!(command.kind, CommandKind::ArithmeticFor(_));
            walk_command(self, command);
        }
    }
    let mut endless = Endless(false);
    endless.command(stage);
    endless.0
}

/// Stands before the names of files among those of variables.
pub(super) const FILE: &str = "file:";

impl Flow<'_> {
    /// What the later stages of a pipeline want of the earlier ones.
    pub(super) fn stages(&mut self, pipeline: &Pipeline) {
        for (index, stage) in pipeline.stages.iter().enumerate().skip(1) {
            let endless = pipeline.stages[..index].iter().any(feeds_without_end);
            let here = self.reader_of(stage);
            if !endless && stage.redirects.iter().all(|redirect| redirect.op != RedirectOp::Input) {
                self.fact(&here, &Fact::Fed);
            }
        }
        for index in 0..pipeline.stages.len().saturating_sub(1) {
            let sources = self.sources_of_command(&pipeline.stages[index]);
            if sources.is_empty() {
                continue;
            }
            if !pipeline.stages[index + 1..].iter().all(|stage| self.only_shows(stage)) {
                self.fact(&sources, &Fact::Captured);
            }
            for stage in &pipeline.stages[index + 1..] {
                if self.reads(&sources, stage) {
                    break;
                }
            }
        }
    }

    /// The command that reads what a stage is fed: itself, or the only one of the function that it calls.
    fn reader_of(&self, stage: &Command) -> Vec<Source> {
        let called = self.program(stage);
        let function = self.functions.iter().find(|(name, _)| Some(name) == called.as_ref());
        let mut hints = match function {
            Some((_, body)) => self.by_span.range(body.start..body.end),
            None => self.by_span.range(stage.span.start..=stage.span.start),
        };
        match (hints.next(), hints.next()) {
            (Some((_, hint)), None) => vec![Source::Command(*hint)],
            _ => Vec::new(),
        }
    }

    /// What is written to `>(CMD)`, CMD reads.
    pub(super) fn fed_by_the_script(&mut self, body: &Sequence) {
        let first = body.statements.first().and_then(|statement| statement.first.stages.first());
        if let Some(stage) = first.filter(|_| body.statements.len() == 1) {
            let here = self.reader_of(stage);
            self.fact(&here, &Fact::Fed);
        }
    }

    /// Whether a stage hands on what it reads for somebody to look at, and nothing depends on it.
    fn only_shows(&self, stage: &Command) -> bool {
        let shows = [
            "tee",
            "logger",
            "cat",
            "ts",
            "column",
            "less",
            "more",
            "systemd-cat",
            "nl",
            "fold",
            "fmt",
            "indent",
        ];
        let last_edit = self.program(stage).as_deref() == Some("sed") && stage.redirects.is_empty();
        last_edit || self.program(stage).is_some_and(|program| shows.contains(&program.as_str()))
    }

    /// Here-strings and process substitutions on a command, and words that loop over an answer.
    pub(super) fn redirected(&mut self, command: &Command) {
        let saved = command.redirects.iter().any(|redirect| {
            let Target::Word(word) = &redirect.target else { return false };
            let name = self.constant(word).unwrap_or_default().to_ascii_lowercase();
            let shown =
                word.parts.iter().any(|part| self.open_text(part).to_ascii_lowercase().contains("log"));
            let output = matches!(redirect.op, RedirectOp::Output | RedirectOp::Clobber)
                && matches!(redirect.fd, None | Some(crate::bash::syntax::Fd::Number(1)));
            output && !shown && !name.contains("log") && !name.starts_with("/dev/")
        });
        if saved {
            let sources = self.sources_of_command(command);
            self.fact(&sources, &Fact::Captured);
        }
        self.files(command);
        for redirect in &command.redirects {
            let Some(sources) = self.sources_of_redirect(redirect) else { continue };
            self.fact(&sources, &Fact::Captured);
            self.reads(&sources, command);
        }
        let given = |op: RedirectOp| matches!(op, RedirectOp::HereDocument | RedirectOp::HereString);
        if command.redirects.iter().any(|redirect| given(redirect.op))
            && let Some(hint) = self.by_span.get(&command.span.start)
        {
            self.facts.push((Source::Command(*hint), Fact::Fed));
        }
        if let CommandKind::For(each) = &command.kind {
            let sources: Vec<Source> =
                each.words.iter().flatten().flat_map(|word| self.sources(word)).collect();
            if !sources.is_empty() {
                self.fact(&sources, &Fact::Captured);
                self.variables.push((each.variable.name.clone(), sources, None));
            }
        }
        if let CommandKind::Simple(simple) = &command.kind {
            let reads_commands = matches!(self.program(command).as_deref(), Some("eval" | "source" | "."));
            if let ([_, word], true) = (simple.words.as_slice(), reads_commands)
                && is_one_thing(&word.parts)
            {
                let sources = self.sources(word);
                self.fact(&sources, &Fact::Evaluated);
            }
            // `f "$(cmd)"`: somebody takes the output.
            for word in &simple.words {
                let sources = self.sources(word);
                let ran: Vec<Source> =
                    sources.into_iter().filter(|source| !matches!(source, Source::Variable(_))).collect();
                self.fact(&ran, &Fact::Captured);
            }
        }
    }

    /// Files that hold an answer: who writes them, who reads them.
    fn files(&mut self, command: &Command) {
        for redirect in &command.redirects {
            let Target::Word(word) = &redirect.target else { continue };
            match redirect.op {
                RedirectOp::Output | RedirectOp::Clobber | RedirectOp::Append => {
                    let sources = self.sources_of_command(command);
                    self.variables.push((self.file_name(word), sources, None));
                }
                RedirectOp::Input => {
                    let file = [Source::Variable(self.file_name(word))];
                    self.reads(&file, command);
                }
                _ => {}
            }
        }
        let CommandKind::Simple(simple) = &command.kind else { return };
        match self.program(command).as_deref() {
            Some("curl" | "wget") => {
                let takes = |word: &Word| {
                    matches!(
                        word.plain().as_deref(),
                        Some(
                            "-o" | "--output"
                                | "-O"
                                | "--output-document"
                                | "-sSo"
                                | "-so"
                                | "-fsSLo"
                                | "-fsSo"
                                | "-Lo"
                        )
                    )
                };
                let at = simple.words.iter().position(takes);
                let here = self.by_span.get(&command.span.start).copied();
                if let (Some(word), Some(hint)) = (at.and_then(|at| simple.words.get(at + 1)), here) {
                    self.variables.push((self.file_name(word), vec![Source::Command(hint)], None));
                }
            }
            Some("jq" | "grep" | "egrep" | "awk" | "sed" | "cut") if simple.words.len() > 2 => {
                if let Some(word) = simple.words.last() {
                    let file = [Source::Variable(self.file_name(word))];
                    self.reads(&file, command);
                }
            }
            _ => {}
        }
    }

    /// A file by the text that names it, which is no variable's name.
    pub(super) fn file_name(&self, word: &Word) -> String {
        let text = word.span.slice(self.source.text());
        format!("{FILE}{}", text.replace(['"', '\'', '{', '}'], ""))
    }

    fn sources_of_redirect(&self, redirect: &Redirect) -> Option<Vec<Source>> {
        let mut sources = Vec::new();
        match (&redirect.target, redirect.op) {
            (Target::Word(word), RedirectOp::HereString | RedirectOp::Input) => {
                self.sources_of_parts(&word.parts, &mut sources);
            }
            (Target::HereDocument(document), _) => self.sources_of_parts(document.body(), &mut sources),
            _ => return None,
        }
        // `<"$file"` reads a file, not the variable.
        if redirect.op == RedirectOp::Input {
            sources.retain(|source| !matches!(source, Source::Variable(_)));
        }
        (!sources.is_empty()).then_some(sources)
    }

    /// What one reader wants. Whether nothing behind it sees the text itself.
    fn reads(&mut self, sources: &[Source], reader: &Command) -> bool {
        match &reader.kind {
            CommandKind::While(whilst) => {
                let first = whilst.condition.statements.first();
                if let Some(stage) = first.and_then(|statement| statement.first.stages.first()) {
                    self.read(sources, stage);
                }
                true
            }
            CommandKind::Group(body) | CommandKind::Subshell(body) => {
                if let Some(stage) =
                    body.statements.first().and_then(|statement| statement.first.stages.first())
                {
                    self.reads(sources, stage);
                }
                true
            }
            CommandKind::Simple(simple) => {
                let program = self.program(reader).unwrap_or_default();
                let words: Vec<Word> = simple.words.iter().skip(1).cloned().collect();
                match program.as_str() {
                    "read" | "mapfile" | "readarray" => {
                        self.read(sources, reader);
                        true
                    }
                    "jq" => {
                        if let Some(filter) = self.filter(&words) {
                            self.fact(sources, &Fact::Filter(filter));
                        }
                        true
                    }
                    "grep" | "egrep" | "fgrep" => {
                        self.grep(sources, reader, program == "fgrep");
                        false
                    }
                    "awk" | "gawk" | "mawk" => {
                        self.awk(sources, &words);
                        true
                    }
                    "cut" => {
                        self.cut(sources, &words);
                        true
                    }
                    "sed" => {
                        self.sed(sources, &words);
                        true
                    }
                    "wc" => true,
                    _ => false,
                }
            }
            _ => true,
        }
    }

    /// `IFS=: read -r a b c`
    fn read(&mut self, sources: &[Source], command: &Command) {
        let CommandKind::Simple(simple) = &command.kind else { return };
        let separator = simple
            .assignments
            .iter()
            .find(|assignment| assignment.target.name == "IFS")
            .and_then(|assignment| match &assignment.value {
                crate::bash::syntax::Value::Scalar(word) => word.plain(),
                crate::bash::syntax::Value::Array(_) => None,
            })
            .and_then(|text| text.chars().find(|c| !c.is_whitespace()));
        let is_read = self.program(command).as_deref() == Some("read");
        let mut names = Vec::new();
        let mut skip = false;
        for word in self.arguments(command).into_iter().flatten() {
            if std::mem::take(&mut skip) {
                continue;
            }
            if let Some(bundle) = word.strip_prefix('-') {
                let last = bundle.chars().last().unwrap_or(' ');
                skip = "apdntuNicsOC".contains(last)
                    && !(last == 's' || last == 't' && !is_read || last == 'a' && is_read);
            } else {
                names.push(word);
            }
        }
        if names.len() > 1 {
            self.fact(sources, &Fact::Columns(names.len(), separator));
        }
        let several = names.len() > 1;
        for (index, name) in names.into_iter().enumerate() {
            self.variables.push((name, sources.to_vec(), several.then_some(index + 1)));
        }
    }

    /// The program of a `jq` call, with the texts of `--arg` in it.
    fn filter(&self, words: &[Word]) -> Option<String> {
        let texts: Vec<Option<String>> = words.iter().map(|word| self.constant(word)).collect();
        let mut filter: Option<String> = None;
        let mut arguments: Vec<(String, String)> = Vec::new();
        let mut index = 0;
        while index < texts.len() {
            match texts[index].as_deref() {
                Some("--arg" | "--argjson") => {
                    if let (Some(Some(name)), Some(value)) = (texts.get(index + 1), texts.get(index + 2)) {
                        let value = value.clone().unwrap_or_default();
                        arguments.push((name.clone(), value));
                    }
                    index += 3;
                }
                Some("--slurpfile" | "--rawfile") => index += 3,
                Some("--indent" | "-f" | "--from-file" | "-L") => index += 2,
                Some(word) if word.starts_with('-') => index += 1,
                Some(word) => {
                    filter.get_or_insert_with(|| word.to_owned());
                    index += 1;
                }
                None => {
                    let open = |part: &crate::bash::syntax::Part| self.open_text(part);
                    filter.get_or_insert_with(|| words[index].parts.iter().map(open).collect());
                    index += 1;
                }
            }
        }
        let mut filter = filter?;
        for (name, value) in arguments.iter().filter(|(_, value)| !value.is_empty()) {
            filter = filter.replace(&format!("${name}"), &format!("\"{value}\""));
        }
        Some(filter)
    }

    /// A part's text, where something in it is not known.
    fn open_text(&self, part: &crate::bash::syntax::Part) -> String {
        use crate::bash::syntax::PartKind;
        match &part.kind {
            PartKind::Literal(text) | PartKind::Quoted(text) => text.clone(),
            PartKind::DoubleQuoted(inner) => inner.iter().map(|part| self.open_text(part)).collect(),
            PartKind::Parameter(_) => {
                let word = Word { parts: vec![part.clone()], braces: false, span: part.span };
                self.constant(&word).unwrap_or_else(|| "web-1".to_owned())
            }
            _ => String::new(),
        }
    }

    fn grep(&mut self, sources: &[Source], command: &Command, fixed: bool) {
        let refused = self.unwanted.contains(&command.span.start);
        let mut pattern: Option<String> = None;
        let (mut fixed, mut inverted, mut basic, mut whole, mut next) = (fixed, false, true, false, false);
        for word in self.arguments(command) {
            let Some(word) = word else {
                if pattern.is_none() {
                    return;
                }
                continue;
            };
            if std::mem::take(&mut next) {
                pattern.get_or_insert(word);
            } else if word == "-e" || word == "--regexp" {
                next = true;
            } else if let Some(bundle) =
                word.strip_prefix('-').filter(|bundle| !bundle.is_empty() && pattern.is_none())
            {
                fixed |= bundle.contains('F') || bundle == "-fixed-strings";
                inverted |= !bundle.starts_with('-') && bundle.contains('v') || bundle == "-invert-match";
                basic &= !(bundle.contains('E') || bundle.contains('P'));
                whole |= !bundle.starts_with('-') && bundle.contains('x');
            } else {
                pattern.get_or_insert(word);
            }
        }
        let Some(pattern) = pattern.filter(|pattern| !inverted && !pattern.is_empty()) else { return };
        let pattern = if fixed {
            regex::escape(&pattern)
        } else if basic {
            pattern.replace("\\|", "|").replace("\\+", "+").replace("\\(", "(").replace("\\)", ")")
        } else {
            pattern
        };
        let pattern = if whole { format!("^{pattern}$") } else { pattern };
        self.fact(sources, &if refused { Fact::Unwanted(pattern) } else { Fact::Wanted(pattern) });
    }

    fn cut(&mut self, sources: &[Source], words: &[Word]) {
        let mut separator = Some('\t');
        let mut fields = String::new();
        let texts: Vec<String> = words.iter().map(|word| self.constant(word).unwrap_or_default()).collect();
        for (index, text) in texts.iter().enumerate() {
            let next = || texts.get(index + 1).cloned().unwrap_or_default();
            if text == "-d" || text == "--delimiter" {
                separator = next().chars().next();
            } else if let Some(rest) = text.strip_prefix("-d") {
                separator = rest.chars().next();
            } else if text == "-f" {
                fields = next();
            } else if let Some(rest) = text.strip_prefix("-f") {
                rest.clone_into(&mut fields);
            }
        }
        let numbers: Vec<usize> = fields.split([',', '-']).filter_map(|text| text.parse().ok()).collect();
        let blank = separator == Some(' ');
        if let Some(most) = numbers.iter().max() {
            self.fact(sources, &Fact::Columns((*most).max(2), separator.filter(|_| !blank)));
            self.fact(sources, &Fact::Column(numbers[0]));
        }
    }

    fn sed(&mut self, sources: &[Source], words: &[Word]) {
        let texts: Vec<String> = words.iter().filter_map(|word| self.constant(word)).collect();
        if !texts.iter().any(|text| text.starts_with("-n") || text == "--quiet") {
            return;
        }
        for script in texts.iter().filter(|text| text.ends_with('p')) {
            let body = script.strip_prefix("s").unwrap_or(script);
            let Some(separator) = body.chars().next().filter(|c| !c.is_alphanumeric()) else { continue };
            if let Some(pattern) =
                body[separator.len_utf8()..].split(separator).next().filter(|text| !text.is_empty())
            {
                let pattern = pattern.replace("\\(", "(").replace("\\)", ")").replace("\\|", "|");
                self.fact(sources, &Fact::Wanted(pattern));
            }
        }
    }
}

/// Whether there is one expansion, and nothing beside it.
fn is_one_thing(parts: &[Part]) -> bool {
    match parts {
        [Part { kind: PartKind::DoubleQuoted(inner), .. }] => is_one_thing(inner),
        [Part { kind: PartKind::Literal(_) | PartKind::Quoted(_), .. }] => false,
        parts => parts.len() == 1,
    }
}
