//! Gates: what an operator must type, read from the trace of a run in which a mark was typed.

use super::values;

/// A text to type that nothing else says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentinel(pub usize);

impl Sentinel {
    /// The text.
    pub fn text(self) -> String {
        format!("typedline{}", self.0)
    }
}

/// What the script compares the typed text with, as its trace (`set -x`) tells.
pub fn typed_phrase(trace: &str, sentinel: Sentinel) -> Option<String> {
    let mark = sentinel.text();
    let is_mark = |text: &str| text.trim_matches(|c| c == '\'' || c == '"').eq_ignore_ascii_case(&mark);
    trace.lines().filter(|line| line.starts_with('+')).find_map(|line| {
        let line = line.trim_start_matches('+').trim();
        if !line.to_ascii_lowercase().contains(&mark) {
            return None;
        }
        if let Some(inside) = line.strip_prefix("[[ ").and_then(|rest| rest.strip_suffix(" ]]")) {
            let (left, op, right) = split(inside)?;
            if op == "=~" {
                return is_mark(left).then(|| values::sample(right))?;
            }
            let other = if is_mark(left) {
                right
            } else if is_mark(right) {
                left
            } else {
                return None;
            };
            return Some(unquoted(other)).filter(|text| !text.is_empty());
        }
        let words = shlex::split(line)?;
        let words = match words.split_first()? {
            (first, rest) if first == "[" || first == "test" => rest,
            _ => return None,
        };
        match words {
            [left, op, right, ..] if op == "=" || op == "==" || op == "!=" => {
                let other = if is_mark(left) { right } else { left };
                (is_mark(left) || is_mark(right)).then(|| other.clone()).filter(|text| !text.is_empty())
            }
            _ => None,
        }
    })
}

/// What texts a run held against each other, the last first, as its trace tells: both texts, unquoted. Of a pattern and of
/// an expression the other text is one that it matches; of a number it is one on each side.
pub(super) fn comparisons(trace: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in trace.lines().rev().filter(|line| line.starts_with('+')) {
        let line = line.trim_start_matches('+').trim();
        let words;
        let (left, op, right) =
            if let Some(inside) = line.strip_prefix("[[ ").and_then(|rest| rest.strip_suffix(" ]]")) {
                let Some((left, op, right)) = split(inside) else { continue };
                let right = if op == "=~" { right.to_owned() } else { unquoted(right.trim_matches('*')) };
                (unquoted(left), op, right)
            } else {
                words = shlex::split(line).unwrap_or_default();
                match words.as_slice() {
                    [test, left, op, right, ..] if test == "[" || test == "test" => {
                        (left.clone(), op.as_str(), right.clone())
                    }
                    _ => continue,
                }
            };
        match op {
            "==" | "=" | "!=" => found.push((left, right)),
            "=~" => found.extend(values::sample(&right).map(|right| (left, right))),
            "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                let number: Option<u64> = right.parse().ok();
                let near = number.map(|number| [number, number + 1, number.saturating_sub(1)]);
                found.extend(near.into_iter().flatten().map(|near| (left.clone(), near.to_string())));
            }
            _ => {}
        }
    }
    found
}

fn split(inside: &str) -> Option<(&str, &str, &str)> {
    const OPS: [&str; 10] =
        [" == ", " != ", " =~ ", " = ", " -eq ", " -ne ", " -lt ", " -le ", " -gt ", " -ge "];
    OPS.iter().find_map(|op| {
        let (left, right) = inside.split_once(op)?;
        Some((left, op.trim(), right))
    })
}

/// The trace quotes each character of a pattern that is meant as it is.
fn unquoted(text: &str) -> String {
    let text = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(text);
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_tells_what_must_be_typed() {
        let mark = Sentinel(1).text();
        for (line, phrase) in [
            (format!("++ [[ {mark} == \\d\\e\\l\\e\\t\\e\\ \\x ]]"), "delete x"),
            (format!("+ [[ {mark} != \\y\\e\\s ]]"), "yes"),
            (format!("+ [ {mark} = 'drop all' ]"), "drop all"),
            (format!("+ '[' {mark} '!=' YES ']'"), "YES"),
            (format!("+ [[ {mark} =~ ^[Yy]$ ]]"), "y"),
        ] {
            assert_eq!(typed_phrase(&line, Sentinel(1)).as_deref(), Some(phrase), "{line}");
        }
        assert_eq!(typed_phrase("+ echo typedline1\n", Sentinel(1)), None);
    }
}
