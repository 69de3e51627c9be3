//! What an awk program wants of the lines that it reads.

use super::super::values;
use super::{Fact, Flow, Source};
use crate::bash::syntax::Word;

impl Flow<'_> {
    pub(super) fn awk(&mut self, sources: &[Source], words: &[Word]) {
        let texts: Vec<String> = words.iter().map(|word| self.constant(word).unwrap_or_default()).collect();
        let mut separator = None;
        let mut program = None;
        let mut index = 0;
        while index < texts.len() {
            match texts[index].as_str() {
                "-F" => {
                    separator =
                        texts.get(index + 1).and_then(|text| text.chars().find(|c| !c.is_whitespace()));
                    index += 2;
                }
                "-v" => index += 2,
                word if word.starts_with("-F") => {
                    separator = word.chars().nth(2).filter(|c| !c.is_whitespace() && *c != '[');
                    index += 1;
                }
                word if word.starts_with('-') => index += 1,
                word => {
                    program.get_or_insert_with(|| word.to_owned());
                    index += 1;
                }
            }
        }
        let Some(program) = program else { return };
        let dense: String = program.chars().filter(|c| !c.is_whitespace()).collect();
        if ["NR>1", "NR!=1", "NR==2", "NR>=2"].iter().any(|test| dense.contains(test)) {
            self.fact(sources, &Fact::Header);
        }
        let numbers: Vec<usize> = program
            .match_indices('$')
            .filter_map(|(at, _)| {
                let digits: String = program[at + 1..].chars().take_while(char::is_ascii_digit).collect();
                digits.parse().ok()
            })
            .filter(|number| (1..=40).contains(number))
            .collect();
        if let Some(most) = numbers.iter().max() {
            self.fact(sources, &Fact::Columns((*most).max(2), separator));
        }
        if let Some(rest) = program.split("print").nth(1) {
            let digits: String = rest
                .trim_start()
                .strip_prefix('$')
                .unwrap_or_default()
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            if let Ok(column) = digits.parse() {
                self.fact(sources, &Fact::Column(column));
            }
        }
        if let Some(open) = program.find('/').filter(|at| !program[..*at].contains('{'))
            && let Some(length) = program[open + 1..].find('/')
            && length > 0
        {
            self.fact(sources, &Fact::Wanted(program[open + 1..open + 1 + length].to_owned()));
        }
        for (column, text) in cells(&program) {
            self.fact(sources, &Fact::Cell(column, text));
        }
        let fields = dense.match_indices("NF").filter_map(|(at, _)| {
            let rest = dense[at + 2..].strip_prefix("!=").or_else(|| dense[at + 2..].strip_prefix("=="))?;
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
        });
        if let Some(count) = fields.max() {
            self.fact(sources, &Fact::Columns(count, separator));
        }
    }
}

/// The columns that a program holds against a text, in its order, with a text that they should hold: `$2 == "ACTIVE"`,
/// `$2 != "Ready"` (which is what it complains of), `$2 !~ /^(True|False)$/`.
fn cells(program: &str) -> Vec<(usize, String)> {
    program
        .match_indices('$')
        .filter_map(|(at, _)| {
            let rest = &program[at + 1..];
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let column = digits.parse().ok().filter(|column| (1..=40).contains(column))?;
            let rest = rest[digits.len()..].trim_start();
            let text = |rest: &str, mark: char| {
                let inside = rest.trim_start().strip_prefix(mark)?;
                Some(inside[..inside.find(mark)?].to_owned())
            };
            let whole = ["==", "!="].iter().find_map(|op| text(rest.strip_prefix(op)?, '"'));
            let shape = || {
                let shape = ["!~", "~"].iter().find_map(|op| text(rest.strip_prefix(op)?, '/'))?;
                values::sample(&shape)
            };
            Some((column, whole.or_else(shape)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_wanted_to_hold_what_it_is_held_against() {
        for (program, wanted) in [
            (r#"$2 == "ACTIVE" { print $1 }"#, vec![(2, "ACTIVE")]),
            (r#"$2 != "Ready" || NF != 5 || $5 != "v1""#, vec![(2, "Ready"), (5, "v1")]),
            (r"$3 !~ /^(True|False)$/ { bad = 1 }", vec![(3, "True")]),
            ("{ print $2 }", vec![]),
        ] {
            let found = cells(program);
            let found: Vec<(usize, &str)> = found.iter().map(|(at, text)| (*at, text.as_str())).collect();
            assert_eq!(found, wanted, "{program}");
        }
    }
}
