//! What a fault makes of a call: which calls it hits, and what those say instead of their answers.

use super::brief::Call as Hello;
use super::wire::{Order, Shape, Words};
use crate::fault::{FaultKind, Persistence};
use crate::trial::world::{Answer, Fault, Site, Stub, TIMED_OUT};

/// So often a script is interrupted: what its handler calls is interrupted too, and would be for ever.
const INTERRUPTIONS: u32 = 10;

/// Whether the call that comes so often from there is one that fails.
pub(super) fn hits(fault: &Fault, site: &Site, occurrence: u32) -> bool {
    let lasts = fault.persistence == Persistence::Forever
        && occurrence > fault.occurrence
        && !(matches!(fault.kind, FaultKind::Interrupt(_)) && occurrence > fault.occurrence + INTERRUPTIONS);
    fault.site == *site && (occurrence == fault.occurrence || lasts)
}

/// Whether a call uses up one of the answers that a stub has.
pub(super) fn consumes(answer: Answer, fault: Option<&Fault>) -> bool {
    answer != Answer::Fault
        || fault.is_some_and(|fault| {
            matches!(
                fault.kind,
                FaultKind::Sigpipe | FaultKind::Truncated | FaultKind::Garbage | FaultKind::Interrupt(_)
            )
        })
}

/// What a failing call is told, which would have been told `order`.
pub(super) fn order(fault: &Fault, order: Order, hello: &Hello) -> Order {
    let failing = || {
        Order::Reply(Words {
            stdout: fault.stdout.clone(),
            stderr: lines(&fault.stderr),
            exit: fault.exit,
            ..Words::default()
        })
    };
    match fault.kind {
        FaultKind::Signal => Order::Die,
        FaultKind::Missing => Order::Reply(missing(hello)),
        FaultKind::Empty => Order::Reply(Words::default()),
        FaultKind::Hang if fault.exit == TIMED_OUT && hello.limit.is_some() => Order::Hang,
        FaultKind::Exit | FaultKind::Absent if fault.exit == 0 => instead(fault, order),
        FaultKind::Exit | FaultKind::Absent | FaultKind::Unreachable | FaultKind::Hang => failing(),
        // What makes a file of its own does not get so far; what fills one gets half way.
        FaultKind::DiskFull if matches!(order, Order::Real { .. }) && fault.stdout.is_empty() => failing(),
        FaultKind::DiskFull
        | FaultKind::Truncated
        | FaultKind::Garbage
        | FaultKind::Sigpipe
        | FaultKind::Interrupt(_) => order,
    }
}

/// A text in the place of the one that was asked for, in the file that takes it where there is one.
fn instead(fault: &Fault, order: Order) -> Order {
    let mut words = match order {
        Order::Reply(words) => words,
        _ => Words::default(),
    };
    if words.writes.is_empty() || !words.stdout.is_empty() {
        words.stdout.clone_from(&fault.stdout);
    }
    words.writes.iter_mut().for_each(|(_, content)| content.clone_from(&fault.stdout));
    Order::Reply(Words { stderr: lines(&fault.stderr), exit: 0, ..words })
}

/// What a fault makes of the answer that comes all the same; `reshapes`: whether it is a text that can be cut.
pub(super) fn shape(fault: &Fault, reshapes: bool) -> Shape {
    match fault.kind {
        FaultKind::Sigpipe => Shape::Padded,
        FaultKind::Truncated => Shape::Half,
        FaultKind::Garbage => Shape::Garbage,
        FaultKind::DiskFull if reshapes => Shape::Full { exit: fault.exit, stderr: lines(&fault.stderr) },
        _ => Shape::Whole,
    }
}

/// A fixed answer in the shape that a fault gives it.
pub(super) fn said(stub: &Stub, writes: Vec<(String, String)>, shape: &Shape, guessed: bool) -> Order {
    let (exit, stderr) = match shape {
        Shape::Full { exit, stderr } => (*exit, stderr.clone()),
        Shape::Garbage => (0, String::new()),
        _ => (stub.exit, stub.stderr.clone()),
    };
    Order::Reply(Words { stdout: shape.of(&stub.stdout), stderr, exit, writes, guessed })
}

/// As bash says it.
pub(super) fn missing(hello: &Hello) -> Words {
    let program = &hello.program;
    let stderr = match &hello.at {
        Some((path, line)) => format!("{path}: line {line}: {program}: command not found\n"),
        None => format!("{program}: command not found\n"),
    };
    Words { stderr, exit: 127, ..Words::default() }
}

fn lines(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// `text` with its last line repeated until no pipe and no consumer that closes early takes it all: a pipe's 64 KiB,
/// as much again that flows in while the consumer makes up its mind, and twice that to be sure.
pub(super) fn padded(text: &str) -> String {
    const PAST_A_PIPE: usize = 256 * 1024;
    let last = text.strip_suffix('\n').unwrap_or(text).rsplit('\n').next().unwrap_or_default();
    if text.is_empty() {
        return String::new();
    }
    let mut padded = lines(text);
    while padded.len() <= text.len() + PAST_A_PIPE {
        padded.push_str(last);
        padded.push('\n');
    }
    padded
}
