//! One pass over a wrapper's words by its grammar of options.

use crate::commands::{Assignments, HOLE, Opt, Order, Role, Style, Takes, Wrapper};

use super::super::value::Value;
use super::{Opaque, Part, Piece, added_piece, shown, split};
use crate::facts::programs::is_shell;

/// What the options said.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub nothing: bool,
    pub text: Option<Value>,
    pub besides: Vec<Part>,
    pub join: bool,
    pub unjoin: bool,
    pub replace: Option<String>,
    pub entry: Option<Piece>,
    /// Whether it was said, as nothing perhaps.
    pub entry_set: bool,
    pub elsewhere: bool,
    pub doubt: Option<String>,
    pub unreadable: Option<String>,
    pub seen: Vec<String>,
}

/// A pass over the words.
pub(super) struct Scan<'w> {
    pub wrapper: &'w Wrapper,
    grammar: &'w [Opt],
    pieces: Vec<Piece>,
    at: usize,
    /// Whether `--` was seen.
    only_operands: bool,
    /// Whether an unknown word that may be nothing, and is no option by its name, is read as an operand.
    maybe_empty: bool,
    pub operands: Vec<Piece>,
    /// Operands behind those that the wrapper takes, where options may stand among them.
    late: Vec<Piece>,
    pub found: Found,
}

impl<'w> Scan<'w> {
    pub fn new(wrapper: &'w Wrapper, pieces: Vec<Piece>, at: usize) -> Self {
        let grammar = wrapper.options.as_slice();
        Self {
            wrapper,
            grammar,
            pieces,
            at,
            only_operands: false,
            maybe_empty: false,
            operands: Vec::new(),
            late: Vec::new(),
            found: Found::default(),
        }
    }

    /// A pass that reads an unknown word as an operand that may be nothing.
    pub fn with_operands_maybe_empty(self) -> Self {
        Self { maybe_empty: true, ..self }
    }

    /// A pass over the options before the verb.
    pub fn globals(wrapper: &'w Wrapper, pieces: Vec<Piece>) -> Self {
        Self { grammar: wrapper.globals.as_slice(), ..Self::new(wrapper, pieces, 0) }
    }

    /// The words behind the options and operands.
    pub fn rest(&self) -> &[Piece] {
        if self.late.is_empty() { self.pieces.get(self.at..).unwrap_or_default() } else { &self.late }
    }

    pub fn position(&self) -> usize {
        self.at
    }

    pub fn advance(&mut self) {
        self.at += 1;
    }

    /// Whether an option was given, in any of its spellings.
    pub fn seen(&self, spelling: &str) -> bool {
        self.found.seen.iter().any(|seen| seen == spelling)
    }

    /// Takes the word that stopped the pass for options without a value; `false` where that is no guess at all.
    pub fn skip_unclear(&mut self, opaque: &Opaque) -> bool {
        let skips = opaque.guesses.is_empty()
            && self.pieces.get(self.at).is_some_and(|piece| {
                piece.value.text.starts_with('-') || (piece.value.splits && piece.value.constant().is_none())
            });
        self.at += usize::from(skips);
        skips
    }

    /// Reads up to the command; gives why it cannot.
    pub fn run(&mut self) -> Option<Opaque> {
        match self.wrapper.order {
            Order::Anywhere => self.anywhere(),
            Order::First | Order::Between => self.in_front(),
        }
    }

    fn in_front(&mut self) -> Option<Opaque> {
        loop {
            let between = self.operands.is_empty() || self.wrapper.order == Order::Between;
            if between && let Some(opaque) = self.options() {
                return Some(opaque);
            }
            if self.operands.len() >= self.wrapper.operands || self.at >= self.pieces.len() {
                break;
            }
            self.take_operand();
        }
        self.skip_lone_dash();
        if self.wrapper.assignments == Assignments::Behind {
            while self.pieces.get(self.at).is_some_and(|piece| piece.value.text.contains('=')) {
                self.at += 1;
            }
        }
        None
    }

    fn anywhere(&mut self) -> Option<Opaque> {
        self.skip_lone_dash();
        loop {
            if !self.only_operands
                && let Some(opaque) = self.options()
            {
                return Some(opaque);
            }
            if self.at >= self.pieces.len() {
                return None;
            }
            if self.operands.is_empty() && self.skip_lone_dash() {
                continue;
            }
            if self.operands.len() < self.wrapper.operands {
                self.take_operand();
            } else {
                self.late.push(self.pieces[self.at].clone());
                self.at += 1;
            }
        }
    }

    /// Skips a `-` that stands for an option, where one is there.
    fn skip_lone_dash(&mut self) -> bool {
        let is_dash = |piece: &Piece| piece.value.constant() == Some("-");
        let skips = self.wrapper.dash && self.pieces.get(self.at).is_some_and(is_dash);
        if skips {
            self.found.seen.push("-".to_owned());
            self.at += 1;
        }
        skips
    }

    fn take_operand(&mut self) {
        let piece = self.pieces[self.at].clone();
        self.note_split(&piece.value);
        self.operands.push(piece);
        self.at += 1;
    }

    /// A single word was expected; unquoted, it may be none or several.
    fn note_split(&mut self, value: &Value) {
        if value.splits && value.constant().is_none() {
            let name = value.names.last().map_or_else(|| shown(value), |name| format!("${name}"));
            self.found.doubt.get_or_insert_with(|| {
                format!("`{name}` is not quoted: it is read as one word, and may be none or several")
            });
        }
    }

    /// Skips options up to the next operand.
    pub fn options(&mut self) -> Option<Opaque> {
        while !self.only_operands
            && let Some(piece) = self.pieces.get(self.at)
        {
            let value = piece.value.clone();
            let text = value.text.as_str();
            if text == "--" {
                self.only_operands = true;
                self.at += 1;
            } else if text.starts_with('-') && text.len() > 1 {
                if let Err(opaque) = self.option(&value) {
                    return Some(opaque);
                }
            } else if holds_options(&value, self.maybe_empty) {
                return Some(Opaque {
                    reason: format!(
                        "`{}` may be any options, with values or without",
                        value.names.last().map_or_else(|| shown(&value), |name| format!("${name}"))
                    ),
                    word: piece.from,
                    guesses: Vec::new(),
                });
            } else if self.wrapper.assignments == Assignments::Among
                && text.find('=').is_some_and(|at| at > 0)
            {
                self.at += 1;
            } else {
                return None;
            }
        }
        None
    }

    fn opaque(&self, reason: String) -> Opaque {
        let word = self.pieces.get(self.at).filter(|piece| piece.value.constant().is_none());
        Opaque { reason, word: word.and_then(|piece| piece.from), guesses: Vec::new() }
    }

    fn option(&mut self, value: &Value) -> Result<(), Opaque> {
        if self.wrapper.numbers && is_adjustment(&value.text) {
            self.at += 1;
            return Ok(());
        }
        if value.text.starts_with("--") { self.long(value) } else { self.short(value) }
    }

    fn long(&mut self, value: &Value) -> Result<(), Opaque> {
        let equals = value.text.find('=');
        let spelling = &value.text[..equals.unwrap_or(value.text.len())];
        if spelling.contains(HOLE) {
            return Err(self.opaque(format!("which option `{}` is cannot be told", shown(value))));
        }
        let name = &self.wrapper.name;
        let option = self.wrapper.option(self.grammar, spelling).map_err(|candidates| {
            self.opaque(if candidates.is_empty() {
                format!("`{spelling}` is no option of `{name}` that is known here")
            } else {
                format!("`{spelling}` could be {} of `{name}`", candidates.join(" or "))
            })
        })?;
        let attached = equals.map(|at| tail(value, at + 1));
        match option.takes {
            Takes::Nothing if attached.is_some() && self.wrapper.style == Style::Gnu => {
                Err(self.opaque(format!("`{spelling}` of `{name}` takes no value")))
            }
            Takes::Nothing => {
                self.at += 1;
                let off = attached.is_some_and(|value| value.constant() == Some("false"));
                if off { Ok(()) } else { self.apply(option, None) }
            }
            Takes::Attached => {
                self.at += 1;
                self.apply(option, attached)
            }
            Takes::Value => self.with_value(option, attached, spelling),
        }
    }

    fn short(&mut self, value: &Value) -> Result<(), Opaque> {
        let text = value.text.as_str();
        for (at, letter) in text.char_indices().skip(1) {
            if letter == HOLE {
                return Err(self.opaque(format!("which options `{}` has cannot be told", shown(value))));
            }
            let spelling = format!("-{letter}");
            let Ok(option) = self.wrapper.option(self.grammar, &spelling) else {
                let name = &self.wrapper.name;
                return Err(self.opaque(format!("`{spelling}` is no option of `{name}` that is known here")));
            };
            let behind = at + letter.len_utf8();
            let go_value = self.wrapper.style == Style::Go && text[behind..].starts_with('=');
            let attached = (behind < text.len()).then(|| tail(value, behind + usize::from(go_value)));
            match option.takes {
                Takes::Nothing => {
                    self.apply(option, None)?;
                    if go_value {
                        break;
                    }
                }
                Takes::Attached => {
                    self.at += 1;
                    return self.apply(option, attached);
                }
                Takes::Value => return self.with_value(option, attached, &spelling),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn with_value(&mut self, option: &'w Opt, attached: Option<Value>, spelling: &str) -> Result<(), Opaque> {
        if attached.is_some() {
            self.at += 1;
            return self.apply(option, attached);
        }
        let Some(piece) = self.pieces.get(self.at + 1) else {
            return Err(self.opaque(format!("`{spelling}` of `{}` lacks its value", self.wrapper.name)));
        };
        let value = piece.value.clone();
        self.note_split(&value);
        self.at += 2;
        self.apply(option, Some(value))
    }

    /// Notes what an option means; the pass stands behind it.
    fn apply(&mut self, option: &'w Opt, value: Option<Value>) -> Result<(), Opaque> {
        self.found.seen.extend(option.names.iter().cloned());
        let remote = self.wrapper.remote;
        match option.role {
            Role::Plain => {}
            Role::Nothing => self.found.nothing = true,
            Role::Text => self.found.text = value,
            Role::Besides => self.found.besides.extend(value.map(|text| Part::Text {
                text,
                zero: None,
                params: Vec::new(),
                set: Vec::new(),
                remote,
            })),
            Role::Split => return self.split(value),
            Role::Join => self.found.join = true,
            Role::Unjoin => self.found.unjoin = true,
            Role::Replace => match value {
                None => self.found.replace = Some("{}".to_owned()),
                Some(value) => match value.constant() {
                    Some(mark) if !mark.is_empty() => self.found.replace = Some(mark.to_owned()),
                    _ => {
                        return Err(Opaque::because(format!(
                            "which text of its words `{}` replaces cannot be told",
                            self.wrapper.name
                        )));
                    }
                },
            },
            Role::Entry => {
                self.found.entry_set = true;
                self.found.entry = value.filter(|value| value.constant() != Some("")).map(added_piece);
            }
            Role::Elsewhere => self.found.elsewhere = true,
            Role::Shell => {
                let known = value
                    .as_ref()
                    .and_then(Value::constant)
                    .is_some_and(|path| is_shell(path.rsplit('/').next().unwrap_or(path)));
                if !known {
                    let value = value.map(|value| shown(&value)).unwrap_or_default();
                    self.found.unreadable = Some(format!("the language of the shell `{value}` is not read"));
                }
            }
            Role::Keyword => self.keyword(&value.unwrap_or_default()),
        }
        Ok(())
    }

    /// `-S 'cmd arg'`: its words take its place.
    fn split(&mut self, value: Option<Value>) -> Result<(), Opaque> {
        let words = split::words(&value.unwrap_or_default()).map_err(Opaque::because)?;
        let from = self.at.checked_sub(1).and_then(|before| self.pieces[before].from);
        let pieces = words.into_iter().map(|value| Piece { value, from, whole: false });
        self.pieces.splice(self.at..self.at, pieces);
        Ok(())
    }

    /// `ssh -o ProxyCommand=TEXT`, `ssh -o 'ProxyCommand TEXT'`
    fn keyword(&mut self, value: &Value) {
        let end = value.text.find(|c: char| c == '=' || c.is_whitespace());
        let name = value.text[..end.unwrap_or(value.text.len())].to_ascii_lowercase();
        if name.contains(HOLE) {
            let reason = format!("which keyword `{}` sets cannot be told; some run a command", shown(value));
            self.found.besides.push(Part::Unknown(reason));
            return;
        }
        let Some(keyword) = self.wrapper.keywords.iter().find(|keyword| keyword.name == name) else { return };
        let Some(end) = end else { return };
        let start = value.text[end..].find(|c: char| c != '=' && !c.is_whitespace());
        let text = tail(value, start.map_or(value.text.len(), |start| end + start));
        if text.constant().is_some_and(|text| text.is_empty() || text.eq_ignore_ascii_case("none")) {
            return;
        }
        if keyword.instead {
            self.found.text = Some(text);
        } else {
            let remote = keyword.remote;
            self.found.besides.push(Part::Text {
                text,
                zero: None,
                params: Vec::new(),
                set: Vec::new(),
                remote,
            });
        }
    }
}

/// Whether an unknown word may be an option rather than an operand: its name or what it may be says so. `spare`: that it may
/// be nothing does not.
fn holds_options(value: &Value, spare: bool) -> bool {
    if value.constant().is_some() || !value.text.starts_with(HOLE) {
        return false;
    }
    let bags: &[&str] =
        if value.splits { &["opt", "flag", "arg", "extra", "param"] } else { &["opt", "flag"] };
    let bag = |name: &str| {
        let name = name.to_ascii_lowercase();
        bags.iter().any(|part| name.contains(part)) || (value.splits && ["@", "*"].contains(&name.as_str()))
    };
    let option = |text: &String| text.starts_with('-') || (!spare && value.splits && text.is_empty());
    value.names.iter().any(|name| bag(name)) || value.fallbacks.iter().chain(&value.choices).any(option)
}

/// The value from a byte on.
fn tail(value: &Value, start: usize) -> Value {
    let text = value.text[start..].to_owned();
    let holes = text.matches(HOLE).count();
    let first = value.syms.len().saturating_sub(holes);
    value.clone().with(|tail| {
        tail.syms.drain(..first);
        tail.text = text;
    })
}

/// `-10`, `--10`, `-+10`: a niceness as it was once written.
fn is_adjustment(text: &str) -> bool {
    let digits = text[1..].strip_prefix(['-', '+']).unwrap_or(&text[1..]);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
