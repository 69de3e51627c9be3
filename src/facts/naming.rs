//! What the typed text named: the variables that held the target when it was compared, those that have become something
//! else since, and the words of a command that a known phrase tells of.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::bash::syntax::{
    Assignment, Command, CommandKind, Parameter, ParameterOp, Sequence, Simple, While, Word,
};
use crate::bash::visit::{Visitor, walk_assignment, walk_command, walk_parameter, walk_sequence};

use super::calls::Line;
use super::state::{Confirmation, State, Stdin};
use super::value::{Content, Place, Source, Sym, Symbols, Value};
use super::walk::Walk;

/// The variables that the typed text named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// Those that still hold it, each with what it holds.
    held: BTreeMap<Rc<str>, Vec<Sym>>,
    /// Those that were given something else since.
    stale: Vec<Rc<str>>,
    /// All that was in what was typed, by way of a variable or not.
    typed: BTreeSet<Sym>,
}

/// Under that name the positional parameters are stale.
const WORDS: &str = "@";

/// What the operator had named when a loop began.
pub(super) struct Before {
    named: Vec<Sym>,
    confirmed: bool,
}

impl Named {
    /// What is known after two paths have met that both were confirmed. Where each typed something else, it is a word that no
    /// command names.
    pub fn join(&mut self, other: &Self, symbols: &mut Symbols) {
        let both: BTreeSet<Sym> = self.typed.intersection(&other.typed).copied().collect();
        if both.is_empty() && !self.typed.is_empty() && !other.typed.is_empty() {
            self.typed = BTreeSet::from([symbols.of(Source::Argument(u32::MAX))]);
        } else {
            self.typed = both;
        }
        self.held.retain(|name, syms| other.held.get(name) == Some(syms));
        for name in &other.stale {
            if !self.stale.contains(name) {
                self.stale.push(Rc::clone(name));
            }
        }
        self.stale.sort();
    }

    /// A symbol is about to stand for a new value, and the other one for what it stood for.
    pub fn renew(&mut self, sym: Sym, older: Sym) {
        let syms = self.held.values_mut().flatten();
        syms.filter(|held| **held == sym).for_each(|held| *held = older);
        if self.typed.remove(&sym) {
            self.typed.insert(older);
        }
    }

    /// Whether a variable that was named holds the symbol, or it was typed itself.
    pub fn holds(&self, sym: Sym) -> bool {
        self.typed.contains(&sym) || self.held.values().flatten().any(|held| *held == sym)
    }

    /// Whether the same variables were given something else on both paths.
    pub fn same_left(&self, other: &Self) -> bool {
        self.stale == other.stale
    }

    fn knows(&self, name: &str) -> bool {
        self.held.contains_key(name) || self.stale.iter().any(|known| known.as_ref() == name)
    }
}

impl State {
    /// Notes that the operator typed the phrase: which variables hold what it names.
    pub(super) fn names_typed(&mut self, phrase: &Value) {
        let shared = |content: &Content| -> Vec<Sym> {
            let held = content.values().iter().flat_map(|value| value.syms.iter().copied());
            // One element names its list.
            let named =
                |held: &Sym| phrase.syms.iter().any(|sym| sym == held || self.list_of(*sym) == Some(*held));
            held.filter(|sym| *sym != Sym::VOLATILE && named(sym)).collect()
        };
        let held: BTreeMap<Rc<str>, Vec<Sym>> = phrase
            .names
            .iter()
            .filter_map(|name| {
                let syms = match self.vars.get(name) {
                    Some(content) => shared(content),
                    None => phrase.syms.iter().copied().filter(|sym| *sym != Sym::VOLATILE).collect(),
                };
                (!syms.is_empty()).then(|| (Rc::clone(name), syms))
            })
            .collect();
        let named = &mut self.rare_mut().named;
        named.stale.clear();
        named.held.extend(held);
        named.typed.extend(phrase.syms.iter().filter(|sym| **sym != Sym::VOLATILE));
    }

    /// A variable is given a value, which is made of its old one or not.
    pub(super) fn given(&mut self, name: &str, content: &Content, made_of_old: bool) {
        if !self.rare.named.held.contains_key(name) {
            return;
        }
        let syms: Vec<Sym> = content.values().iter().flat_map(|value| value.syms.iter().copied()).collect();
        let named = &mut self.rare_mut().named;
        let Some(held) = named.held.get_mut(name) else { return };
        if made_of_old {
            *held = syms;
        } else if !syms.iter().any(|sym| held.contains(sym)) {
            named.held.remove(name);
            named.stale.push(Rc::from(name));
            named.stale.sort();
        }
    }

    /// The positional parameters are other words now (`set --`): those that were typed have gone.
    pub(super) fn words_given(&mut self) {
        let named = &self.rare.named;
        if !named.typed.is_empty() && !named.stale.iter().any(|name| name.as_ref() == WORDS) {
            let named = &mut self.rare_mut().named;
            named.stale.push(Rc::from(WORDS));
            named.stale.sort();
        }
    }

    /// What the operator was seen to name by now.
    pub(super) fn named_so_far(&self) -> Before {
        Before {
            named: self.rare.named.held.values().flatten().copied().collect(),
            confirmed: self.rare.confirmed.contains(&Confirmation::Named),
        }
    }

    /// A variable is about to hold the next item of a list, under the symbol that all items have: a phrase that named the
    /// last one does not name this one, and where it named nothing else, nothing is confirmed any more. One that was `before`
    /// the loop named them all.
    pub(super) fn next_item(&mut self, name: &str, before: &Before) {
        let Some(content) = self.vars.get(name) else { return };
        let items: Vec<Sym> = content.values().iter().flat_map(|value| value.syms.iter().copied()).collect();
        // By its list an item may be named as well.
        let of_item = |sym: &Sym| items.iter().any(|item| item == sym || self.list_of(*item) == Some(*sym));
        let of_last = |sym: &Sym| of_item(sym) && !before.named.contains(sym);
        let last = |syms: &Vec<Sym>| syms.iter().any(of_last);
        let named = &self.rare.named;
        let gone: Vec<Rc<str>> =
            named.held.iter().filter(|(_, syms)| last(syms)).map(|(name, _)| Rc::clone(name)).collect();
        let untyped: Vec<Sym> = named.typed.iter().filter(|sym| of_last(sym)).copied().collect();
        if !untyped.is_empty() {
            self.rare_mut().named.typed.retain(|sym| !untyped.contains(sym));
        }
        let named = &self.rare.named;
        if gone.is_empty() && !named.stale.iter().any(|known| known.as_ref() == name) {
            return;
        }
        let rare = self.rare_mut();
        let named = &mut rare.named;
        named.held.retain(|name, _| !gone.contains(name));
        if named.held.is_empty() && !before.confirmed {
            rare.confirmed.remove(&Confirmation::Named);
        }
        if rare.confirmed.is_empty() {
            *named = Named::default();
        } else {
            named.stale.extend(gone);
            named.stale.sort();
            named.stale.dedup();
        }
    }

    /// Of a variable of that name that a function has for itself nothing is known.
    pub(super) fn forget_named(&mut self, name: &str) {
        if self.rare.named.knows(name) {
            let named = &mut self.rare_mut().named;
            named.held.remove(name);
            named.stale.retain(|known| known.as_ref() != name);
        }
    }

    /// Whether a command names its target by a variable that was given something else since it was typed, and by none
    /// that still holds what was typed.
    pub(super) fn names_another<'v>(&self, words: &(impl Iterator<Item = &'v Value> + Clone)) -> bool {
        let named = &self.rare.named;
        let given = |word: &Value| {
            let text = word.constant().filter(|text| !text.is_empty());
            text.is_some() && self.params.list.iter().any(|now| now.constant() == text)
        };
        let stale = |word: &Value| {
            named.stale.iter().any(|name| match name.as_ref() {
                WORDS => given(word),
                name_of => self.vars.get(name_of).is_some_and(|now| self.is_now(word, name, now)),
            })
        };
        let still = |word: &Value| {
            let held = || named.held.values().flatten();
            word.syms.iter().any(|sym| held().any(|known| known == sym || self.list_of(*sym) == Some(*known)))
        };
        !named.stale.is_empty() && words.clone().any(stale) && !words.clone().any(still)
    }

    /// Whether a command names its target by a variable that holds what was typed.
    pub(super) fn names_held<'v>(&self, words: &(impl Iterator<Item = &'v Value> + Clone)) -> bool {
        let held = || self.rare.named.held.values().flatten();
        words.clone().any(|word| word.syms.iter().any(|sym| held().any(|known| known == sym)))
    }

    /// Whether a command names its target by a word of the script's own that is another one than what was typed: the
    /// operator typed `$1`, and it changes `$2`, or each of `"$@"`.
    pub(super) fn names_other_word<'v>(
        &self,
        words: &(impl Iterator<Item = &'v Value> + Clone),
        symbols: &Symbols,
    ) -> bool {
        let named = &self.rare.named;
        let is_word =
            |sym: &Sym| symbols.is_of_words(*sym) || matches!(symbols.root(*sym), Source::Joined(_));
        let own = |value: &Value| value.from_args && !value.syms.is_empty() && value.syms.iter().all(is_word);
        let held_word =
            |name: &Rc<str>| self.vars.get(name).is_some_and(|content| content.values().iter().all(own));
        let typed_words = named.typed.iter().any(|sym| symbols.is_of_words(*sym));
        let held_words = !named.held.is_empty() && named.held.keys().all(held_word);
        if !typed_words && !held_words {
            return false;
        }
        let typed = |word: &Value| {
            let met = |sym: &Sym| matches!(symbols.source(*sym), Source::Joined(_));
            word.names.iter().any(|name| named.held.contains_key(name)) && word.syms.iter().any(met)
                || word.syms.iter().any(|sym| self.was_typed(*sym, symbols))
        };
        let unknown = || words.clone().filter(|word| !word.syms.is_empty());
        unknown().any(own) && !unknown().any(typed) && unknown().all(own)
    }

    /// Whether what the symbol stands for was typed: by itself, with all of its list, as the only one of it, or each of it.
    fn was_typed(&self, sym: Sym, symbols: &Symbols) -> bool {
        let named = &self.rare.named;
        let typed = |sym: Sym| named.typed.contains(&sym);
        let element = |list: Sym| symbols.known(&Source::Element(list)).is_some_and(typed);
        let all = symbols.known(&Source::Argument(0));
        match symbols.source(sym) {
            Source::Element(list) | Source::At(list, _) if typed(*list) => return true,
            Source::At(list, _) if element(*list) => return true,
            Source::Argument(number) if *number > 0 && all.is_some_and(|all| typed(all) || element(all)) => {
                return true;
            }
            _ => {}
        }
        let is_all = |sym: Sym| all == Some(sym);
        let of_all = is_all(sym) || matches!(symbols.source(sym), Source::Element(list) if is_all(*list));
        let first = || symbols.known(&Source::Argument(self.params.shifted + 1)).is_some_and(typed);
        // One element that was typed stands for its list by the variable's name only.
        let held =
            |held: &Sym| *held == sym && !named.typed.iter().any(|one| self.list_of(*one) == Some(sym));
        typed(sym)
            || element(sym)
            || of_all && self.is_one_word(symbols) && first()
            || named.held.values().flatten().any(held)
    }

    /// Whether the script was seen to have one word, and no more.
    fn is_one_word(&self, symbols: &Symbols) -> bool {
        let Some(count) = symbols.known_environment("#").map(super::state::symbol_mark) else { return false };
        let holds = |test: String, outcome| self.outcomes.get(test.as_str()) == Some(&outcome);
        holds(format!("number ({count} == 1)"), true)
            || holds(format!("number ({count} != 1)"), false)
            || holds(format!("{count} is 1"), true)
            || holds(format!("{count} -eq 1"), true)
    }

    /// Whether a word is, or holds, what the variable holds now.
    fn is_now(&self, word: &Value, name: &Rc<str>, now: &Content) -> bool {
        let holds = |sym: &Sym| word.syms.iter().any(|held| held == sym || self.list_of(*held) == Some(*sym));
        now.values().iter().any(|value| match value.constant() {
            Some(text) => !text.is_empty() && word.constant() == Some(text),
            None => word.names.contains(name) && value.syms.iter().any(holds),
        })
    }
}

/// Whether the right side of an assignment is made of what the variable holds: it is a text, a part of it, or the answer
/// to a question about it. That another variable has it for a default is not enough.
pub(super) fn made_of_old(assignment: &Assignment) -> bool {
    struct Search<'n> {
        name: &'n str,
        found: bool,
    }
    impl<'s> Visitor<'s> for Search<'_> {
        fn parameter(&mut self, parameter: &'s Parameter, _: crate::source::Span) {
            if parameter.name == self.name {
                self.found = true;
            } else if !matches!(parameter.op, ParameterOp::Default { .. } | ParameterOp::Assign { .. }) {
                walk_parameter(self, parameter);
            }
        }
    }
    let mut search = Search { name: &assignment.target.name, found: assignment.append };
    walk_assignment(&mut search, assignment);
    search.found
}

/// Whether a phrase tells of what a command changes: as it is, by its last part (`NAMESPACE/NAME`, `HOST:NAME`), or by
/// all of its parts (`NAMESPACE-NAME`). `said` asks whether a word of the command says a text.
pub(super) fn tells(phrase: &str, said: &mut dyn FnMut(&str) -> bool) -> bool {
    said(phrase) || phrase.split_whitespace().any(|word| parts_tell(word, said))
}

fn parts_tell(word: &str, said: &mut dyn FnMut(&str) -> bool) -> bool {
    if said(word) {
        return true;
    }
    let is_path = word.starts_with(['/', '~', '.']) || word.contains("//");
    // The first label of a host's whole name.
    if let Some((label, _)) =
        word.split_once('.').filter(|(label, _)| !is_path && !label.contains(['/', ':']))
        && said(label)
    {
        return true;
    }
    let last = word.rsplit_once(['/', ':']).filter(|_| !is_path);
    if let Some((_, last)) = last {
        return parts_tell(last, said);
    }
    word.match_indices('-').any(|(at, _)| said(&word[..at]) && parts_tell(&word[at + 1..], said))
}

impl<'a> Walk<'a> {
    /// Notes what a program is asked about, by way of variables or as an object: where it prints an id, it is that of the object
    /// of this name.
    pub(super) fn asked_about(&mut self, line: &Line) {
        const MOST: usize = 8;
        if self.outputs.is_empty() {
            return;
        }
        let spans = line.spans.get(line.at + 1..).unwrap_or_default();
        let objects = self.tables.object_words(&line.texts());
        for (index, (word, span)) in line.args().iter().zip(spans).enumerate() {
            // What stands there in so many words is a verb, or a kind of object, where the tables do not tell.
            let behind_option = index > 0 && line.args()[index - 1].text.starts_with('-');
            let is_object = !behind_option && objects.contains(&(index + 1));
            let is_here = |written: Place| written.file == line.place.file && span.contains(written.span);
            let text = word.constant().filter(|text| !text.is_empty() && !text.starts_with('-'));
            let Some(text) = text.filter(|_| is_object || !word.written.is_some_and(is_here)) else {
                continue;
            };
            for output in &mut self.outputs {
                if output.about.len() < MOST && !output.about.iter().any(|known| known.as_ref() == text) {
                    output.about.push(Rc::from(text));
                }
            }
        }
    }

    /// `typed=; until [[ $typed == "$name" ]]; do read ... typed; done`: a variable that the loop's condition compares and
    /// its body reads, and that is empty so far, is what the operator has typed so far: nothing.
    pub(super) fn nothing_typed(repeat: &'a While, state: &mut State) {
        let mut reads = Reads::default();
        walk_sequence(&mut reads, &repeat.body);
        if reads.names.is_empty() {
            return;
        }
        let mut asked = Asked::default();
        walk_sequence(&mut asked, &repeat.condition);
        for name in reads.names.into_iter().filter(|name| asked.names.contains(name)) {
            let empty = match state.vars.get(name) {
                Some(content) => content.scalar().constant() == Some(""),
                None => state.rare.unset.contains(name),
            };
            if empty {
                let nothing = Value::default().with(|value| value.typed = true);
                state.set(name, Content::Scalar(nothing));
            }
        }
    }

    /// The variables that a loop's condition reads: what comes round has the next line in them.
    pub(super) fn read_by(condition: &'a Sequence) -> Vec<&'a str> {
        let mut reads = Reads::default();
        walk_sequence(&mut reads, condition);
        reads.names
    }

    /// Notes which variables are read from the terminal itself.
    pub(super) fn note_terminal(&mut self, stdin: Option<&Stdin>, names: &[String]) {
        if matches!(stdin, Some(Stdin::Terminal)) {
            let reply = names.is_empty().then_some("REPLY");
            self.terminal.extend(names.iter().map(String::as_str).chain(reply).map(Rc::from));
        }
    }

    /// Of two values that were read where the operator may type, the one that was read from the terminal itself was typed,
    /// and the other is an item of a list that was led into the script.
    pub(super) fn told_apart(&self, left: &Value, right: &Value) -> (Value, Value) {
        let mut sides = (left.clone(), right.clone());
        if left.typed && right.typed {
            match (self.is_from_terminal(left), self.is_from_terminal(right)) {
                (true, false) => sides.1.typed = false,
                (false, true) => sides.0.typed = false,
                _ => {}
            }
        }
        sides
    }

    /// The words of a test, each pair that is compared told apart.
    pub(super) fn each_told_apart(&self, words: &[Value]) -> Vec<Value> {
        let mut words = words.to_vec();
        for at in 2..words.len() {
            if ["=", "==", "!="].iter().any(|op| words[at - 1].constant() == Some(op)) {
                (words[at - 2], words[at]) = self.told_apart(&words[at - 2], &words[at]);
            }
        }
        words
    }

    fn is_from_terminal(&self, value: &Value) -> bool {
        value.names.iter().any(|name| self.terminal.contains(name))
    }
}

/// The variables that something reads.
#[derive(Default)]
struct Reads<'s> {
    names: Vec<&'s str>,
}

impl<'s> Reads<'s> {
    fn simple(&mut self, simple: &'s Simple) {
        let mut words = simple.words.iter().filter_map(plain);
        let is_read = words.next() == Some("read");
        // `-t` and `-i` bring a default: nobody typed that.
        let given = |word: &&str| word.starts_with('-') && word.contains(['t', 'i']);
        if is_read && !words.clone().any(|word| given(&word)) {
            self.names.extend(words.filter(|word| !word.starts_with('-')));
        }
    }
}

impl<'s> Visitor<'s> for Reads<'s> {
    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(simple) = &command.kind {
            self.simple(simple);
        }
        walk_command(self, command);
    }
}

/// The variables that a text expands.
#[derive(Default)]
struct Asked<'s> {
    names: Vec<&'s str>,
}

impl<'s> Visitor<'s> for Asked<'s> {
    fn parameter(&mut self, parameter: &'s Parameter, _: crate::source::Span) {
        self.names.push(&parameter.name);
        walk_parameter(self, parameter);
    }
}

fn plain(word: &Word) -> Option<&str> {
    use crate::bash::syntax::{Part, PartKind};
    match word.parts.as_slice() {
        [Part { kind: PartKind::Literal(text), .. }] => Some(text),
        _ => None,
    }
}

impl Symbols {
    /// Whether each value of the list that the symbol stands for has passed a check, or there is none; of one element,
    /// whether all of its list have.
    pub(super) fn each_checked(&self, list: Sym, state: &State) -> bool {
        if let Source::At(of, _) = self.source(list) {
            return state.checked.contains(of) || self.each_checked(*of, state);
        }
        let Some(element) = self.known(&Source::Element(list)) else { return false };
        let some = format!("some {}", super::state::symbol_mark(element));
        state.checked.contains(&element) || state.outcomes.get(some.as_str()) == Some(&false)
    }
}
