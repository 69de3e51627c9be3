//! Values as the walk knows them: text with holes, and where each unknown part comes from.

mod symbols;

use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use crate::commands::HOLE;
use crate::source::Span;

use super::elements::Keyed;

pub use symbols::{Source, Sym, Symbols};

/// A place in one of the texts that the walk reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Which text (0 is the script itself).
    pub file: u16,
    /// Where in it.
    pub span: Span,
}

/// What happens to a secret in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// Here it comes from.
    Source,
    /// It is put into a variable.
    Stored {
        /// Whether the variable's name tells of a secret.
        secret_name: bool,
    },
    /// It is handed to a function.
    Passed,
    /// A program reads it, and what that prints goes on: an answer, not the secret's own text.
    Answered,
    /// A program reads it, and prints a part of it.
    Picked {
        /// Whether the part's name tells of a secret.
        secret_name: bool,
    },
    /// Anything else.
    Moved,
}

/// The way of a secret: a step, and the steps before it.
#[derive(Debug, PartialEq, Eq)]
pub struct Flow {
    /// What kind of step it is.
    pub kind: StepKind,
    /// What it is about: the source in words, else the variable, function or program.
    pub subject: Rc<str>,
    /// Where this step is.
    pub place: Place,
    /// What happens there, such as "`$token` is read from vault".
    pub what: String,
    /// The step before.
    pub before: Option<Rc<Flow>>,
}

impl Flow {
    /// The first step of a way.
    pub fn start(place: Place, subject: impl AsRef<str>, what: impl Into<String>) -> Rc<Self> {
        let subject = Rc::from(subject.as_ref());
        Rc::new(Self { kind: StepKind::Source, subject, place, what: what.into(), before: None })
    }

    /// One step further; the same step twice is one, and long ways keep their first steps.
    pub fn step(
        self: &Rc<Self>,
        kind: StepKind,
        place: Place,
        subject: &str,
        what: impl Into<String>,
    ) -> Rc<Self> {
        const MOST_STEPS: usize = 8;
        let what = what.into();
        let mut length = 0;
        let mut at = Some(self);
        while let Some(flow) = at {
            if flow.place == place && flow.what == what {
                return Rc::clone(self);
            }
            length += 1;
            at = flow.before.as_ref();
        }
        if length >= MOST_STEPS {
            return Rc::clone(self);
        }
        Rc::new(Self { kind, subject: Rc::from(subject), place, what, before: Some(Rc::clone(self)) })
    }

    /// The steps, first to last.
    pub fn steps(&self) -> Vec<&Self> {
        let mut steps = vec![self];
        let mut at = self.before.as_deref();
        while let Some(flow) = at {
            steps.push(flow);
            at = flow.before.as_deref();
        }
        steps.reverse();
        steps
    }
}

/// The most texts that a value is followed with, one by one.
pub const MOST_CHOICES: usize = 16;

/// The longest text that a value is followed with. Texts that are put behind themselves grow without bounds.
pub const MOST_BYTES: usize = 256 << 10;

/// The most elements that a list is followed with, one by one.
const MOST_LISTED: usize = 1024;

/// What stands for each element of a list that is too long to be followed; `None` where it is not.
pub fn too_many(list: &[Value]) -> Option<Value> {
    let any = || {
        let secret = list.iter().find_map(|value| value.secret.clone());
        Value::unknown(Sym::VOLATILE).with(|any| any.secret = secret)
    };
    (list.len() > MOST_LISTED).then(any)
}

/// What a value is about that is the number of a job which the script has started (`$!`).
pub const CHILD: &str = "!";

/// What is known of a value. A copy shares it until one of the two is changed.
#[derive(Debug, Clone, Default)]
pub struct Value(Rc<Known>);

impl Deref for Value {
    type Target = Known;

    fn deref(&self) -> &Known {
        &self.0
    }
}

impl DerefMut for Value {
    fn deref_mut(&mut self) -> &mut Known {
        Rc::make_mut(&mut self.0)
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Value {}

impl From<Known> for Value {
    fn from(known: Known) -> Self {
        Self(Rc::new(known))
    }
}

/// What is known of a value, field by field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The text; each unknown part is one [`HOLE`].
    pub text: String,
    /// The symbols of the holes, in order.
    pub syms: Vec<Sym>,
    /// How a secret got in, where one did.
    pub secret: Option<Rc<Flow>>,
    /// Whether it comes from the script's own arguments.
    pub from_args: bool,
    /// Whether the operator typed it.
    pub typed: bool,
    /// Constants that it may be instead (`${1:-default}`).
    pub fallbacks: Vec<String>,
    /// All the texts that it may be, where they are known (both branches of an `if`); none where they are not.
    pub choices: Vec<String>,
    /// The variables that evaluating it sets, where that is known.
    pub sets: Option<&'static [String]>,
    /// Whether a status (an HTTP code) stands behind its last line end.
    pub ends_in_status: bool,
    /// Whether it is a path that the script's own `mktemp` made, or one below it; where some path leaves it empty, `fallbacks`
    /// has that.
    pub own_file: bool,
    /// The variables that it was expanded from.
    pub names: Vec<Rc<str>>,
    /// The known texts that a program was asked about which printed it: an id by its object's name. [`CHILD`] for the number
    /// of a job of the script.
    pub about: Vec<Rc<str>>,
    /// Where its literal text was written.
    pub written: Option<Place>,
    /// Whether an unquoted expansion may split it into several words or none.
    pub splits: bool,
}

impl Value {
    /// A known text.
    pub fn known(text: impl Into<String>) -> Self {
        Known { text: text.into(), ..Known::default() }.into()
    }

    /// A wholly unknown value.
    pub fn unknown(sym: Sym) -> Self {
        Known { text: String::from(HOLE), syms: vec![sym], ..Known::default() }.into()
    }

    /// The same value, changed a little.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Known)) -> Self {
        change(&mut self);
        self
    }

    /// The text, where all of it is known.
    pub fn constant(&self) -> Option<&str> {
        (self.syms.is_empty() && !self.text.contains(HOLE)).then_some(self.text.as_str())
    }

    /// The symbol, where the value is one unknown and nothing else.
    pub fn symbol(&self) -> Option<Sym> {
        match self.syms.as_slice() {
            [sym] if self.is_hole() => Some(*sym),
            _ => None,
        }
    }

    /// Whether the text is one unknown part and nothing else.
    pub fn is_hole(&self) -> bool {
        self.text.len() == HOLE.len_utf8() && self.text.starts_with(HOLE)
    }

    /// Whether nothing has been put into it yet.
    fn is_blank(&self) -> bool {
        let known = &*self.0;
        let says_nothing = known.text.is_empty()
            && known.syms.is_empty()
            && known.names.is_empty()
            && known.fallbacks.is_empty()
            && known.secret.is_none()
            && known.written.is_none()
            && known.sets.is_none();
        let flags = [known.from_args, known.typed, known.ends_in_status, known.own_file, known.splits];
        says_nothing && flags == [false; 5]
    }

    /// Puts `other` behind this value.
    pub fn append(&mut self, other: &Self) {
        // A blank one has nothing of its own.
        if self.is_blank() {
            *self = other.clone();
            return;
        }
        self.deref_mut().append(other);
    }
}

impl Known {
    /// The constants that it may be, as far as they are known.
    fn alternatives(&self) -> &[String] {
        if self.syms.is_empty() { std::slice::from_ref(&self.text) } else { &self.fallbacks }
    }

    /// The constants that this value and `other` behind it may be: each end behind each start. An empty one says
    /// nothing of its own: that a variable may be empty is what tests of it are for.
    fn appended_fallbacks(&self, other: &Self) -> Vec<String> {
        if self.syms.is_empty() && other.syms.is_empty() {
            return Vec::new();
        }
        let ends = || other.alternatives().iter();
        let starts = self.alternatives().iter();
        let all = starts.flat_map(|start| ends().map(move |end| format!("{start}{end}")));
        all.filter(|text| !text.is_empty()).take(MOST_CHOICES).collect()
    }

    /// Whether some path leaves it empty.
    pub fn maybe_empty(&self) -> bool {
        self.fallbacks.iter().any(String::is_empty)
    }

    /// Whether it is a path that the script's own `mktemp` made, on every path: what stands behind it is below it.
    pub fn surely_own(&self) -> bool {
        self.own_file && !self.maybe_empty()
    }

    fn append(&mut self, other: &Self) {
        if self.text.len() + other.text.len() > MOST_BYTES {
            return self.outgrow(other);
        }
        if !other.text.is_empty() {
            self.own_file = self.surely_own();
        }
        self.fallbacks = self.appended_fallbacks(other);
        self.sets = None;
        if self.text.is_empty() && self.syms.is_empty() {
            self.own_file = other.surely_own();
            self.choices.clone_from(&other.choices);
        } else if !other.syms.is_empty() {
            let known = self.syms.is_empty();
            let ends = if known { other.choices.as_slice() } else { &[] };
            self.choices = ends.iter().map(|end| format!("{}{end}", self.text)).collect();
        } else if !other.text.is_empty() {
            self.choices.iter_mut().for_each(|choice| choice.push_str(&other.text));
        }
        if self.syms.is_empty() {
            self.typed = other.typed;
        }
        self.text.push_str(&other.text);
        self.syms.extend(&other.syms);
        if self.secret.is_none() {
            self.secret.clone_from(&other.secret);
        }
        self.from_args |= other.from_args;
        self.splits |= other.splits;
        self.ends_in_status = other.ends_in_status;
        if self.written.is_none() {
            self.written = other.written;
        }
        for name in &other.names {
            remember(&mut self.names, name);
        }
    }
}

impl Known {
    /// With `other` behind it the text is too long to be followed: of what is read only the history stays.
    fn outgrow(&mut self, other: &Self) {
        let secret = self.secret.take().or_else(|| other.secret.clone());
        let from_args = self.from_args || other.from_args;
        *self = Self {
            text: String::from(HOLE),
            syms: vec![Sym::VOLATILE],
            secret,
            from_args,
            ..Self::default()
        };
    }
}

/// Names that a value's history holds; beyond them only names of ids are kept, up to twice as many. A value that many
/// others went into would else carry every name of the script.
const MOST_NAMES: usize = 24;

/// Adds a name to a value's history.
fn remember(names: &mut Vec<Rc<str>>, name: &Rc<str>) {
    let full = names.len() >= MOST_NAMES;
    if full && (names.len() >= 2 * MOST_NAMES || !super::ids::id_name(name)) {
        return;
    }
    if !names.iter().any(|known| Rc::ptr_eq(known, name) || known == name) {
        names.push(Rc::clone(name));
    }
}

impl Value {
    /// All the texts of both sides, where both are known and few.
    fn joined_choices(&self, other: &Self) -> Vec<String> {
        let mut all = Vec::new();
        for side in [self, other] {
            match side.constant() {
                Some(text) => all.push(text.to_owned()),
                None if side.choices.is_empty() => return Vec::new(),
                None => all.extend(side.choices.iter().cloned()),
            }
        }
        all.sort();
        all.dedup();
        if all.len() > MOST_CHOICES { Vec::new() } else { all }
    }

    /// What both sides are about; of what is not there yet nobody was asked.
    fn joined_about(&self, other: &Self) -> Vec<Rc<str>> {
        match (self.constant(), other.constant()) {
            (Some(""), _) => other.about.clone(),
            (_, Some("")) => self.about.clone(),
            _ => self.about.iter().filter(|text| other.about.contains(text)).cloned().collect(),
        }
    }

    /// The value of `name` after two paths meet.
    pub fn join(&self, other: &Self, joined: Sym) -> Self {
        if Rc::ptr_eq(&self.0, &other.0) {
            return self.clone();
        }
        if self.text == other.text && self.syms == other.syms {
            let mut same = self.clone();
            if self.choices != other.choices {
                same.choices = self.joined_choices(other);
            }
            same.secret = self.secret.clone().or_else(|| other.secret.clone());
            same.own_file &= other.own_file;
            if same.own_file && other.maybe_empty() && !same.maybe_empty() {
                same.fallbacks.push(String::new());
            }
            same.sets = self.sets.filter(|sets| other.sets == Some(*sets));
            same.typed &= other.typed;
            same.from_args |= other.from_args;
            return same;
        }
        let mut value = Known { text: String::from(HOLE), syms: vec![joined], ..Known::default() };
        value.choices = self.joined_choices(other);
        value.secret = self.secret.clone().or_else(|| other.secret.clone());
        value.from_args = self.from_args || other.from_args;
        // A `read` that failed leaves an empty text: whatever the operator did not type equals no phrase.
        let typed_or_nothing = |side: &Self| side.typed || side.constant() == Some("");
        value.typed = (self.typed || other.typed) && typed_or_nothing(self) && typed_or_nothing(other);
        // A file that is not made yet is none: nothing of anybody's goes by an empty name.
        let own_or_nothing = |side: &Self| side.own_file || side.constant() == Some("");
        value.own_file = (self.own_file || other.own_file) && own_or_nothing(self) && own_or_nothing(other);
        value.ends_in_status = self.ends_in_status && other.ends_in_status;
        value.about = self.joined_about(other);
        for side in [self, other] {
            value.fallbacks.extend(side.constant().map(str::to_owned));
            value.fallbacks.extend(side.fallbacks.iter().cloned());
            for name in &side.names {
                remember(&mut value.names, name);
            }
        }
        value.fallbacks.sort();
        value.fallbacks.dedup();
        value.fallbacks.truncate(16);
        value.into()
    }
}

/// A variable's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// One value.
    Scalar(Value),
    /// The elements of an array, where their number is known.
    Array(Vec<Value>),
    /// The elements of an array, told apart by their keys.
    Keyed(Keyed),
    /// An array of which every element is like this one.
    Many(Value),
}

impl Content {
    /// The values in it.
    pub fn values(&self) -> &[Value] {
        match self {
            Self::Scalar(value) | Self::Many(value) => std::slice::from_ref(value),
            Self::Array(values) => values,
            Self::Keyed(keyed) => keyed.values(),
        }
    }

    /// The values in it, to be changed.
    pub fn values_mut(&mut self) -> &mut [Value] {
        match self {
            Self::Scalar(value) | Self::Many(value) => std::slice::from_mut(value),
            Self::Array(values) => values,
            Self::Keyed(keyed) => keyed.values_mut(),
        }
    }

    /// What `$name` gives.
    pub fn scalar(&self) -> Value {
        match self {
            Self::Scalar(value) | Self::Many(value) => value.clone(),
            Self::Array(values) => values.first().cloned().unwrap_or_default(),
            Self::Keyed(keyed) => keyed.get("0").cloned().unwrap_or_default(),
        }
    }
}
