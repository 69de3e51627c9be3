//! Scripts of sed: what they read, what they write, and whether they only read.

/// What a sed script does with files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Script<'t> {
    /// Files that it reads.
    pub reads: Vec<&'t str>,
    /// Files that it writes (`w`, `W` and the flag of `s`).
    pub writes: Vec<&'t str>,
    /// Whether it may do more, or is not understood from some command on.
    pub unclear: bool,
}

impl<'t> Script<'t> {
    /// Reads a script.
    pub fn read(script: &'t str) -> Self {
        let mut seen = Self::default();
        let mut rest = script.trim_start_matches([' ', '\t', '\n', ';']);
        while !rest.is_empty() {
            let Some(behind) = command(rest, &mut seen) else {
                seen.unclear = true;
                break;
            };
            rest = behind.trim_start_matches([' ', '\t', '\n', ';', '}']);
        }
        seen
    }

    /// Whether it only reads.
    pub fn only_reads(&self) -> bool {
        !self.unclear && self.writes.is_empty()
    }
}

/// What follows a command; `None` where it runs another program (`e`), or is not understood.
fn command<'t>(script: &'t str, seen: &mut Script<'t>) -> Option<&'t str> {
    let rest = addresses(script)?;
    let mut chars = rest.chars();
    let command = chars.next()?;
    let rest = chars.as_str();
    match command {
        '{' | '=' | 'd' | 'D' | 'g' | 'G' | 'h' | 'H' | 'n' | 'N' | 'p' | 'P' | 'x' | 'z' | 'F' => Some(rest),
        'q' | 'Q' | 'l' | 'L' => Some(rest.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit())),
        'b' | 't' | 'T' | ':' => behind_label(rest),
        'a' | 'i' | 'c' => Some(behind_text(rest)),
        'r' | 'R' | 'w' | 'W' => {
            let (name, rest) = rest.split_at(line_end(rest));
            if command.eq_ignore_ascii_case(&'r') { &mut seen.reads } else { &mut seen.writes }
                .push(name.trim());
            Some(rest)
        }
        '#' => Some(&rest[line_end(rest)..]),
        's' | 'y' => {
            let delimiter = rest.chars().next()?;
            let rest = section(&rest[delimiter.len_utf8()..], delimiter, command == 's')?;
            let rest = section(rest, delimiter, false)?;
            if command == 's' { behind_flags(rest, seen) } else { Some(rest) }
        }
        _ => None,
    }
}

fn line_end(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// What follows a label. It ends at a blank or at a `;`, and there are programs in which it is the whole line: what stands
/// behind it must be harmless in both readings.
fn behind_label(rest: &str) -> Option<&str> {
    if rest[..line_end(rest)].ends_with('\\') {
        return None;
    }
    let label = rest.trim_start_matches([' ', '\t']);
    let ends = |c: char| c.is_whitespace() || ";}".contains(c);
    let behind = &label[label.find(ends).unwrap_or(label.len())..];
    // Where a brace is a part of the label, a command begins elsewhere.
    let braces = behind.trim_start_matches('}');
    (braces.len() == behind.len() || braces.is_empty() || braces.starts_with(ends)).then_some(behind)
}

/// What follows the flags of `s`, between which blanks may stand; `None` where it runs what it has made, or where one is not
/// known.
fn behind_flags<'t>(rest: &'t str, seen: &mut Script<'t>) -> Option<&'t str> {
    for (at, c) in rest.char_indices() {
        match c {
            '\n' | ';' | '}' | '#' => return Some(&rest[at..]),
            'w' => {
                let (name, behind) = rest[at + 1..].split_at(line_end(&rest[at + 1..]));
                seen.writes.push(name.trim());
                return Some(behind);
            }
            'g' | 'p' | 'i' | 'I' | 'm' | 'M' => {}
            _ if c.is_whitespace() || c.is_ascii_digit() => {}
            _ => return None,
        }
    }
    Some("")
}

/// What follows the text of `a`, `i` or `c`: the text may begin in the next line, and goes on behind a backslash.
fn behind_text(rest: &str) -> &str {
    let blank = [' ', '\t'];
    let rest = rest.trim_start_matches(blank);
    let text = rest.strip_prefix('\\').map_or(rest, |rest| {
        let rest = rest.trim_start_matches(blank);
        rest.strip_prefix('\n').unwrap_or(rest)
    });
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '\n' => return &text[at..],
            _ => {}
        }
    }
    ""
}

fn addresses(script: &str) -> Option<&str> {
    let mut rest = script;
    loop {
        let first = rest.chars().next()?;
        rest = match first {
            '/' => {
                let behind = section(&rest[1..], '/', true)?;
                behind.trim_start_matches(['I', 'M'])
            }
            '\\' => {
                let delimiter = rest[1..].chars().next()?;
                section(&rest[1 + delimiter.len_utf8()..], delimiter, true)?
            }
            ',' | '$' | '!' | '~' | '+' | ' ' | '\t' => &rest[first.len_utf8()..],
            _ if first.is_ascii_digit() => &rest[1..],
            _ => return Some(rest),
        };
    }
}

/// What follows the next delimiter that is neither escaped nor, in an expression, in brackets; `None` where the line ends
/// first, or where it is not sure which delimiter that is.
fn section(text: &str, delimiter: char, expression: bool) -> Option<&str> {
    let mut chars = text.char_indices().peekable();
    let mut in_brackets = false;
    let mut unclear = false;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                let (_, next) = chars.next()?;
                if in_brackets && next == ']' || expression && next == '\n' {
                    return None;
                }
            }
            '\n' => return None,
            // Old ones end it here: what follows must then be harmless in both readings.
            _ if c == delimiter && in_brackets => unclear = true,
            _ if c == delimiter => {
                let rest = &text[at + c.len_utf8()..];
                return (!unclear || !rest.contains(['w', 'W', 'e'])).then_some(rest);
            }
            '[' if expression && !in_brackets => {
                in_brackets = true;
                chars.next_if(|(_, c)| *c == '^');
                chars.next_if(|(_, c)| *c == ']');
            }
            '[' if in_brackets && chars.peek().is_some_and(|(_, c)| [':', '.', '='].contains(c)) => {
                let end = at + 2 + text[at + 2..].find(']')?;
                if text[at..end].contains(['\n', '\\', delimiter]) {
                    return None;
                }
                while chars.next_if(|(next, _)| *next <= end).is_some() {}
            }
            ']' => in_brackets = false,
            _ => {}
        }
    }
    None
}
