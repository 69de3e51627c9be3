//! What can be read from descriptors: each path knows what it has opened.

use crate::facts::value::{Sym, Value};

use super::State;

/// What a command reads on stdin, or from another descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stdin {
    /// What whoever starts the script gives it: their terminal, or a pipe.
    #[default]
    Operator,
    /// The terminal, by its name.
    Terminal,
    /// Something else.
    Other(Value),
}

/// A descriptor that a path has opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Descriptor {
    /// `exec 3<file`
    Number(i32),
    /// `exec {name}<file`: what the variable holds.
    Named(Sym),
}

impl State {
    /// A descriptor is opened or, without anything to read there, closed.
    pub fn open(&mut self, descriptor: Descriptor, reads: Option<Stdin>) {
        match reads {
            Some(reads) => drop(self.rare_mut().inputs.insert(descriptor, reads)),
            None if self.rare.inputs.contains_key(&descriptor) => {
                self.rare_mut().inputs.remove(&descriptor);
            }
            None => {}
        }
    }

    /// Of two files under one number the one that is no terminal counts.
    pub(super) fn join_inputs(&mut self, other: &Self) {
        for (descriptor, theirs) in &other.rare.inputs {
            let counts = match self.rare.inputs.get(descriptor) {
                Some(Stdin::Other(_)) => false,
                Some(mine) => theirs != mine,
                None => true,
            };
            if counts {
                self.open(*descriptor, Some(theirs.clone()));
            }
        }
    }
}
