//! Our own syntax of bash: the only form in which a script leaves `bash/`.
//!
//! Every node carries its span in the original bytes. A [`Script`] is a value even for broken input; what was not
//! understood is in the reading's unread regions, never silently left out.

mod words;

use std::sync::{Arc, OnceLock};

use crate::source::Span;

pub use words::{Parameter, ParameterOp, Part, PartKind, ProcessSubstitution, Substitution, Word};

/// A script, a runbook fence, or the text that a command hands to another shell.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// The statements at top level.
    pub body: Sequence,
    /// Every comment, in order, from its `#` to the end of its line (the line feed not included).
    pub comments: Vec<Span>,
}

/// Statements one after another.
#[derive(Debug, Clone, Default)]
pub struct Sequence {
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// From the first statement's start to the last one's end.
    pub span: Span,
}

/// Pipelines joined by `&&` and `||`, ended by `;`, a line feed or `&`.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The first pipeline.
    pub first: Pipeline,
    /// The others, each with the operator before it, left to right.
    pub rest: Vec<(ListOp, Pipeline)>,
    /// Whether `&` ends it.
    pub background: bool,
    /// Its bytes, without the terminator.
    pub span: Span,
}

impl Statement {
    /// All of its pipelines, left to right.
    pub fn pipelines(&self) -> impl Iterator<Item = &Pipeline> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|(_, pipeline)| pipeline))
    }
}

/// `&&` or `||`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOp {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|`; a single command is a pipeline of one.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Whether an odd number of `!` stands before it.
    pub negated: bool,
    /// Whether `time` stands before it.
    pub timed: bool,
    /// The commands. Empty only for a lone `time` or `!`.
    pub stages: Vec<Command>,
    /// Its bytes, `!` and `time` included.
    pub span: Span,
}

/// One command with the redirections that stand on it.
#[derive(Debug, Clone)]
pub struct Command {
    /// What it is.
    pub kind: CommandKind,
    /// Its redirections in order; `|&` adds `2>&1` (an empty span) to the stage before it.
    pub redirects: Vec<Redirect>,
    /// Its bytes, redirections included (heredoc bodies not).
    pub span: Span,
}

/// The kinds of commands.
#[derive(Debug, Clone)]
pub enum CommandKind {
    /// Assignments and words; either may be empty, and both where only redirections stand.
    Simple(Simple),
    /// `declare`, `typeset`, `local`, `export`, `readonly` with parsed operands.
    Declare(Declare),
    /// `{ ...; }`
    Group(Sequence),
    /// `( ... )`
    Subshell(Sequence),
    /// `if`
    If(If),
    /// `while` and `until`
    While(While),
    /// `for NAME in ...`
    For(For),
    /// `for (( ; ; ))`
    ArithmeticFor(ArithmeticFor),
    /// `select`: the same shape as `for`.
    Select(For),
    /// `case`
    Case(Case),
    /// `[[ ... ]]`
    Test(Test),
    /// `(( ... ))`
    Arithmetic(Arithmetic),
    /// A function definition.
    Function(Function),
    /// `coproc`
    Coproc(Coproc),
}

/// Assignments, then words.
#[derive(Debug, Clone, Default)]
pub struct Simple {
    /// `NAME=value` before the first word.
    pub assignments: Vec<Assignment>,
    /// Command name and arguments.
    pub words: Vec<Word>,
}

/// A declaration builtin.
#[derive(Debug, Clone)]
pub struct Declare {
    /// Assignments before the builtin's name.
    pub assignments: Vec<Assignment>,
    /// The builtin's name.
    pub keyword: Word,
    /// What follows, in order.
    pub operands: Vec<Operand>,
}

/// An operand of a declaration builtin.
#[derive(Debug, Clone)]
pub enum Operand {
    /// `-r`, `+x`
    Flag(Word),
    /// `name` or `name[subscript]`
    Name(Name),
    /// `name=value`
    Assignment(Assignment),
    /// A word whose expansion may be any of these.
    Dynamic(Word),
}

/// A variable's name with an optional subscript.
#[derive(Debug, Clone)]
pub struct Name {
    /// The name.
    pub name: String,
    /// The subscript.
    pub subscript: Option<Box<Subscript>>,
    /// Its bytes.
    pub span: Span,
}

/// `[...]` after a variable's name.
#[derive(Debug, Clone)]
pub enum Subscript {
    /// `[@]`
    All,
    /// `[*]`
    Star,
    /// An index or key, as the word that it is read as.
    Index(Word),
}

/// `NAME=value`, `NAME+=value`, `NAME=(...)`.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The variable.
    pub target: Name,
    /// Whether it is `+=`.
    pub append: bool,
    /// What is assigned.
    pub value: Value,
    /// Its bytes.
    pub span: Span,
}

/// The right side of an assignment.
#[derive(Debug, Clone)]
pub enum Value {
    /// A word; one without parts for `NAME=`.
    Scalar(Word),
    /// `( ... )`
    Array(Vec<Element>),
}

/// An element of an array literal.
#[derive(Debug, Clone)]
pub struct Element {
    /// The key of `[key]=value`.
    pub key: Option<Word>,
    /// The value.
    pub value: Word,
}

/// `if`, with every `elif` as a further branch.
#[derive(Debug, Clone)]
pub struct If {
    /// Condition and body, in order.
    pub branches: Vec<(Sequence, Sequence)>,
    /// The body after `else`.
    pub otherwise: Option<Sequence>,
}

/// `while` or `until`.
#[derive(Debug, Clone)]
pub struct While {
    /// Whether it is `until`.
    pub until: bool,
    /// The condition.
    pub condition: Sequence,
    /// The body.
    pub body: Sequence,
}

/// `for` or `select` over words.
#[derive(Debug, Clone)]
pub struct For {
    /// The loop's variable.
    pub variable: Name,
    /// The words; `None` where `in` is missing, which means `"$@"`.
    pub words: Option<Vec<Word>>,
    /// The body.
    pub body: Sequence,
}

/// `for ((init; condition; step))`.
#[derive(Debug, Clone)]
pub struct ArithmeticFor {
    /// The three expressions, where they are not empty.
    pub header: [Option<Arithmetic>; 3],
    /// The body.
    pub body: Sequence,
}

/// `case`.
#[derive(Debug, Clone)]
pub struct Case {
    /// What is matched.
    pub word: Word,
    /// The arms, in order.
    pub arms: Vec<Arm>,
}

/// One arm of a `case`.
#[derive(Debug, Clone)]
pub struct Arm {
    /// Its patterns.
    pub patterns: Vec<Word>,
    /// Its body.
    pub body: Sequence,
    /// How it ends.
    pub end: ArmEnd,
}

/// How an arm of a `case` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArmEnd {
    /// `;;`, or nothing before `esac`.
    Break,
    /// `;&`
    FallThrough,
    /// `;;&`
    Continue,
}

/// `[[ ... ]]`.
#[derive(Debug, Clone)]
pub enum Test {
    /// A word alone: true where it is not empty.
    Word(Word),
    /// `-z x` and the like; the operator with its dash.
    Unary(String, Word),
    /// `a == b` and the like; the right side is a pattern or an expression for some operators.
    Binary(Word, String, Word),
    /// `! x`
    Not(Box<Test>),
    /// `a && b`
    And(Box<Test>, Box<Test>),
    /// `a || b`
    Or(Box<Test>, Box<Test>),
}

/// An arithmetic text: its shape where it could be read, and every expansion in it.
#[derive(Debug, Clone)]
pub struct Arithmetic {
    /// The shape; `None` where it could not be read (then only `parts` is known).
    pub expression: Option<Box<Expression>>,
    /// The text as word parts: literals and the expansions among them.
    pub parts: Vec<Part>,
    /// Its bytes, without the parentheses.
    pub span: Span,
}

/// An arithmetic expression.
#[derive(Debug, Clone)]
pub enum Expression {
    /// A number as written.
    Number(String),
    /// A variable, with a subscript's expression where it has one.
    Variable(String, Option<Box<Expression>>),
    /// An expansion or quoted text. The bodies of substitutions in it are empty here: `Arithmetic::parts` has them.
    Word(Word),
    /// `! x`, `- x`, `++x` ... (the operator as written; increments assign).
    Unary(String, Box<Expression>),
    /// `x++`, `x--`
    Postfix(Box<Expression>, String),
    /// `a == b`, `a && b`, `a , b` ...
    Binary(Box<Expression>, String, Box<Expression>),
    /// `a ? b : c`
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// `a = b`, `a += b` ... (the operator as written).
    Assign(Box<Expression>, String, Box<Expression>),
}

/// A function definition.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name as written.
    pub name: String,
    /// The name's bytes.
    pub name_span: Span,
    /// Its body, most often a group.
    pub body: Box<Command>,
}

/// `coproc [NAME] command`.
#[derive(Debug, Clone)]
pub struct Coproc {
    /// The name, where one is written.
    pub name: Option<String>,
    /// The command.
    pub body: Box<Pipeline>,
}

/// A redirection.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// The descriptor before the operator.
    pub fd: Option<Fd>,
    /// The operator.
    pub op: RedirectOp,
    /// What it leads to.
    pub target: Target,
    /// Its bytes.
    pub span: Span,
}

/// The left side of a redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fd {
    /// `2>`
    Number(i32),
    /// `{name}>`
    Variable(String),
}

/// The operators of redirections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RedirectOp {
    /// `<`
    Input,
    /// `>`
    Output,
    /// `>|`
    Clobber,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&`
    DuplicateInput,
    /// `>&`
    DuplicateOutput,
    /// `&>`
    OutputBoth,
    /// `&>>`
    AppendBoth,
    /// `<<<`
    HereString,
    /// `<<` and `<<-`
    HereDocument,
}

/// The right side of a redirection.
#[derive(Debug, Clone)]
pub enum Target {
    /// A file, a descriptor, a here-string's text.
    Word(Word),
    /// A heredoc.
    HereDocument(HereDocument),
}

/// A heredoc.
#[derive(Debug, Clone)]
pub struct HereDocument {
    /// The delimiter as written.
    pub delimiter: Word,
    /// Whether the delimiter is quoted: the body is then plain text.
    pub quoted: bool,
    /// Whether leading tabs go (`<<-`).
    pub strip_tabs: bool,
    /// The body, set once the line feed before it is reached.
    pub(super) content: Arc<OnceLock<HereBody>>,
}

/// The body of a heredoc.
#[derive(Debug, Default)]
pub(super) struct HereBody {
    pub(super) parts: Vec<Part>,
    pub(super) span: Span,
}

impl HereDocument {
    /// The body: literals and, where the delimiter is not quoted, expansions.
    pub fn body(&self) -> &[Part] {
        self.content.get().map_or(&[], |body| &body.parts)
    }

    /// The body's bytes.
    pub fn body_span(&self) -> Span {
        self.content.get().map_or_else(Span::default, |body| body.span)
    }
}
