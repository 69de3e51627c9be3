//! Bodies that a command enters: functions, texts that this shell runs.

use crate::bash::syntax::Command;
use crate::source::Span;

use super::super::value::Place;
use super::around::Around;
use super::{Pass, Use, UseKind};

impl<'s> Pass<'s> {
    /// Enters a function's body, once for each way of being called.
    pub(super) fn enter(&mut self, body: &'s Command, around: Around) {
        let key = std::ptr::from_ref(body);
        self.called.insert(key);
        if self.entered.insert((key, around)) {
            self.enter_first(body, around);
        }
        self.answer_for(body);
    }

    pub(super) fn enter_first(&mut self, body: &'s Command, around: Around) {
        let open = std::mem::take(&mut self.open);
        let later = std::mem::take(&mut self.later);
        let sinks = std::mem::take(&mut self.sinks);
        let regime = self.regime;
        let text = (self.file.replace(self.file_of(body)), self.host.take());
        self.entering += 1;
        self.command(body, around);
        self.entering -= 1;
        self.file.set(text.0);
        self.host = text.1;
        self.regime = regime;
        self.sinks = sinks;
        self.later = later;
        let open = std::mem::replace(&mut self.open, open);
        self.left(body, open);
    }

    /// Functions that nothing calls by name: a trap may, or another script.
    pub(super) fn uncalled(&mut self) {
        let mut all: Vec<&'s Command> = self.functions.values().flatten().copied().collect();
        all.sort_by_key(|body| body.span);
        for body in all {
            if !self.called.contains(&std::ptr::from_ref(body)) && !self.is_sourced(body) {
                let caller = Some(Use { kind: UseKind::Caller, negated: false });
                let around = Around { used: caller, returns: caller, ..Around::top() };
                self.enter(body, around);
            }
        }
    }

    /// `trap TEXT`, `eval TEXT`: this shell runs the text.
    pub(super) fn carried(&mut self, command: Span, around: Around) {
        const MOST_TEXTS: usize = 8;
        let place = Place { file: self.file.get(), span: command };
        let Some(texts) = self.texts.get(&place).cloned() else { return };
        for (file, script) in texts.into_iter().take(MOST_TEXTS) {
            let host = self.reported(command);
            let text = (self.file.replace(file), self.host.replace(host));
            let regime = self.regime;
            self.sequence(&script.body, around);
            self.regime = regime;
            self.file.set(text.0);
            self.host = text.1;
        }
    }
}
