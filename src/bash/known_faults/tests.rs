//! Every entry of the list is of use, and settles its own example.

use super::*;
use crate::bash::{Dialect, InProcess, outline, read, witness};

#[test]
fn every_known_fault_has_an_example_that_only_the_list_settles() {
    assert!(!KNOWN.is_empty());
    let mut wrong = Vec::new();
    for fault in KNOWN {
        let reading = read(fault.example, Dialect::Bash, &InProcess::new());
        let text = outline::masked(fault.example.as_bytes());
        if !reading.unread.is_empty() {
            wrong.push((fault.name, "is not settled"));
        }
        if edits_of(fault, &reading.script, &text).is_empty() {
            wrong.push((fault.name, "does not find its construct"));
        }
        if !witness::disputed_without_list(&reading.script, fault.example) {
            wrong.push((fault.name, "is of no use: the witness reads the example well"));
        }
        assert!(fault.issue.is_none_or(|issue| issue > 0));
    }
    assert_eq!(wrong, []);
}

fn edits_of(fault: &KnownFault, script: &crate::bash::syntax::Script, text: &[u8]) -> Vec<Edit> {
    struct One<'f> {
        fault: &'f KnownFault,
        text: &'f [u8],
        found: Vec<Edit>,
    }
    impl One<'_> {
        fn look(&mut self, site: Site<'_>) {
            self.found.extend((self.fault.edits)(site, self.text));
        }
    }
    impl<'s> Visitor<'s> for One<'_> {
        fn sequence(&mut self, it: &'s Sequence) {
            self.look(Site::Sequence(it));
            visit::walk_sequence(self, it);
        }
        fn statement(&mut self, it: &'s Statement) {
            self.look(Site::Statement(it));
            visit::walk_statement(self, it);
        }
        fn pipeline(&mut self, it: &'s Pipeline) {
            self.look(Site::Pipeline(it));
            visit::walk_pipeline(self, it);
        }
        fn command(&mut self, it: &'s Command) {
            self.look(Site::Command(it));
            visit::walk_command(self, it);
        }
        fn assignment(&mut self, it: &'s Assignment) {
            self.look(Site::Assignment(it));
            visit::walk_assignment(self, it);
        }
        fn word(&mut self, it: &'s Word) {
            self.look(Site::Word(it));
            visit::walk_parts(self, &it.parts);
        }
        fn part(&mut self, it: &'s Part) {
            self.look(Site::Part(it));
            visit::walk_part(self, it);
        }
        fn parameter(&mut self, it: &'s Parameter, span: Span) {
            self.look(Site::Parameter(it, span));
            visit::walk_parameter(self, it);
        }
        fn arithmetic(&mut self, it: &'s Arithmetic) {
            self.look(Site::Arithmetic(it));
            visit::walk_parts(self, &it.parts);
        }
    }
    let mut one = One { fault, text, found: Vec::new() };
    visit::walk_script(&mut one, script);
    one.found
}
