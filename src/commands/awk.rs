//! Awk programs: whether one does anything else than read and print, and which files it reads by itself.
//!
//! A program is cut into tokens. Where awks disagree on how, or where a slash may divide as well as begin a regular
//! expression, nothing is known of it: what is hidden in a text of one reading runs in the other.

/// A part of a program.
#[derive(Debug, PartialEq)]
enum Token<'t> {
    /// A name or a keyword.
    Word(&'t str),
    /// A string, where nothing in it is escaped.
    Text(&'t str),
    /// A number, a regular expression, or a string with escapes.
    Value,
    /// A sign, or several that belong together.
    Sign(&'static str),
    /// The end of a line.
    Line,
}

/// Signs of several characters, the longest first; all that begin with a `>` or a `|` are told apart.
const LONG_SIGNS: [&str; 17] =
    ["**=", "||", "|&", "&&", ">>", ">=", "<=", "==", "!=", "!~", "++", "--", "+=", "-=", "*=", "%=", "^="];

const SIGNS: [&str; 22] = [
    "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "%", "^", "!", ">", "<", "|", "?", ":", "~", "$",
    "=",
];

/// The files that a program reads besides its input; `None` where it may do more than read and print, or read what it does not
/// name.
pub(super) fn files(program: &str) -> Option<Vec<&str>> {
    let tokens = tokens(program)?;
    (are_harmless(&tokens) && !chooses_input(&tokens)).then(|| read_by(&tokens)).flatten()
}

/// The tokens of a program; `None` where they are not sure.
fn tokens(program: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    // For each parenthesis that is open: whether a statement follows the closing one.
    let mut heads: Vec<bool> = Vec::new();
    let mut behind_head = false;
    let mut rest = program;
    while let Some(first) = rest.chars().next() {
        let (token, behind) = match first {
            ' ' | '\t' => {
                rest = &rest[1..];
                continue;
            }
            '\\' => {
                rest = rest[1..].strip_prefix('\n')?;
                continue;
            }
            '#' => {
                let end = rest.find('\n').unwrap_or(rest.len());
                if rest[..end].ends_with('\\') {
                    return None;
                }
                rest = &rest[end..];
                continue;
            }
            '\n' => (Token::Line, &rest[1..]),
            '"' => text(&rest[1..])?,
            '/' if behind_head => (Token::Value, expression(&rest[1..])?),
            '/' => match slash(tokens.last()) {
                Slash::Divides if rest.starts_with("/=") => (Token::Sign("/="), &rest[2..]),
                Slash::Divides => (Token::Sign("/"), &rest[1..]),
                Slash::Begins => (Token::Value, expression(&rest[1..])?),
                Slash::Unclear => return None,
            },
            _ if first.is_ascii_digit()
                || first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()) =>
            {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
                (Token::Value, &rest[end..])
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Token::Word(&rest[..end]), &rest[end..])
            }
            _ => {
                let sign = LONG_SIGNS.iter().chain(&SIGNS).find(|sign| rest.starts_with(**sign))?;
                (Token::Sign(sign), &rest[sign.len()..])
            }
        };
        behind_head = false;
        match token {
            Token::Sign("(") => {
                heads.push(matches!(tokens.last(), Some(Token::Word(word)) if ["if", "while", "for", "switch"].contains(word)));
            }
            Token::Sign(")") => behind_head = heads.pop()?,
            _ => {}
        }
        tokens.push(token);
        rest = behind;
    }
    Some(tokens)
}

/// What a slash does.
enum Slash {
    Divides,
    Begins,
    Unclear,
}

/// What a slash does behind that token.
fn slash(before: Option<&Token<'_>>) -> Slash {
    const OPENS: [&str; 8] = ["print", "printf", "return", "in", "exit", "else", "do", "case"];
    const UNCLEAR: [&str; 11] = [
        "getline",
        "length",
        "next",
        "nextfile",
        "break",
        "continue",
        "delete",
        "BEGIN",
        "END",
        "BEGINFILE",
        "ENDFILE",
    ];
    match before {
        Some(Token::Word(word)) if OPENS.contains(word) => Slash::Begins,
        Some(Token::Word(word)) if UNCLEAR.contains(word) => Slash::Unclear,
        Some(Token::Word(_) | Token::Text(_) | Token::Value | Token::Sign(")" | "]")) => Slash::Divides,
        Some(Token::Sign("++" | "--" | "$")) => Slash::Unclear,
        Some(Token::Sign(_) | Token::Line) | None => Slash::Begins,
    }
}

/// A string, behind its first quote.
fn text(rest: &str) -> Option<(Token<'_>, &str)> {
    let mut is_quoted = false;
    let mut is_literal = true;
    for (at, c) in rest.char_indices() {
        match c {
            _ if is_quoted => is_quoted = false,
            '\\' => (is_quoted, is_literal) = (true, false),
            '\n' => return None,
            '"' => {
                let token = if is_literal { Token::Text(&rest[..at]) } else { Token::Value };
                return Some((token, &rest[at + 1..]));
            }
            _ => {}
        }
    }
    None
}

/// What follows a regular expression, behind its first slash. A slash in brackets ends it in some awks.
fn expression(rest: &str) -> Option<&str> {
    let mut chars = rest.char_indices().peekable();
    let mut in_brackets = false;
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' => return None,
            // In brackets some take a backslash for itself.
            '\\' if chars.next().is_none_or(|(_, next)| next == '\n' || in_brackets && next == ']') => {
                return None;
            }
            '/' if in_brackets => return None,
            '/' => return Some(&rest[at + 1..]),
            '[' if !in_brackets => {
                in_brackets = true;
                chars.next_if(|(_, c)| *c == '^');
                chars.next_if(|(_, c)| *c == ']');
            }
            '[' if chars.peek().is_some_and(|(_, c)| [':', '.', '='].contains(c)) => {
                let inner = &rest[at + 2..];
                let end = at + 2 + inner.find(']')?;
                if rest[at..end].contains(['/', '\n', '\\']) {
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

/// Whether nothing in the program runs a command or writes a file.
fn are_harmless(tokens: &[Token<'_>]) -> bool {
    let mut printing = false;
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        match token {
            Token::Word("print" | "printf") => (printing, depth) = (true, 0),
            Token::Sign("(" | "[") => depth += 1,
            Token::Sign(")" | "]") => depth = depth.saturating_sub(1),
            Token::Sign(";" | "}" | "{") => printing = false,
            Token::Line if depth == 0 && !goes_on(at.checked_sub(1).map(|before| &tokens[before])) => {
                printing = false;
            }
            Token::Sign("|") => {
                let reads = matches!(next, Some(Token::Word("getline")));
                let command = if reads { at.checked_sub(1).map(|before| &tokens[before]) } else { next };
                let alone = if reads {
                    at.checked_sub(2).is_none_or(|before| opens(&tokens[before]))
                } else {
                    tokens.get(at + 2).is_none_or(ends)
                };
                if !(alone && matches!(command, Some(Token::Text(text)) if is_filter(text))) {
                    return false;
                }
            }
            Token::Sign(">=") if printing && depth == 0 => return false,
            Token::Sign(">" | ">>") if printing && depth == 0 => {
                let shown = matches!(next, Some(Token::Text("/dev/stderr" | "/dev/stdout" | "/dev/null")));
                if !(shown && tokens.get(at + 2).is_none_or(ends)) {
                    return false;
                }
            }
            // Only the target of a `print` may stand behind `>>`.
            Token::Word("system") | Token::Sign("|&" | ">>") => return false,
            _ => {}
        }
    }
    true
}

/// The files that `getline < "FILE"` names; `None` where one of them is named otherwise than by a text.
fn read_by<'t>(tokens: &[Token<'t>]) -> Option<Vec<&'t str>> {
    let mut files = Vec::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at] == Token::Word("getline")) {
        let behind = behind_target(&tokens[at + 1..])?;
        let from = tokens.len() - behind.len();
        if behind.first() != Some(&Token::Sign("<")) {
            continue;
        }
        let alone = tokens.get(from + 2).is_none_or(|behind| {
            ends(behind)
                || matches!(behind, Token::Sign(")" | ">" | "<" | "==" | "!=" | ">=" | "<=" | "&&" | "||"))
        });
        match tokens.get(from + 1).filter(|_| alone)? {
            Token::Text(name) if !name.starts_with("/inet") => files.push(*name),
            _ => return None,
        }
    }
    Some(files)
}

/// What follows the variable or the field that a `getline` sets, where there is one: `name[i]`, `$1`. `None` where it is another
/// expression.
fn behind_target<'a, 't>(tokens: &'a [Token<'t>]) -> Option<&'a [Token<'t>]> {
    let behind = match tokens {
        [Token::Sign("$"), Token::Word(_) | Token::Value, rest @ ..] | [Token::Word(_), rest @ ..] => rest,
        [Token::Sign("$"), ..] => return None,
        _ => return Some(tokens),
    };
    let mut depth = 0_usize;
    for (at, token) in behind.iter().enumerate() {
        match token {
            Token::Sign("[") => depth += 1,
            Token::Sign("]") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(&behind[at + usize::from(*token == Token::Sign("]"))..]);
        }
    }
    Some(&[])
}

/// Whether a program may choose which files its input is: it names `ARGV` otherwise than to compare with it or to take from it.
fn chooses_input(tokens: &[Token<'_>]) -> bool {
    // gawk reaches every variable by its name.
    if tokens.contains(&Token::Word("SYMTAB")) {
        return true;
    }
    let compares = |sign: &str| ["==", "!=", "<", "<=", ">="].contains(&sign);
    let mut named = (0..tokens.len()).filter(|at| matches!(tokens[*at], Token::Word("ARGV" | "ARGC")));
    named.any(|at| {
        let is_read = match tokens[..at] {
            [.., Token::Word("delete")] => true,
            [.., Token::Sign(sign)] => compares(sign),
            _ => false,
        };
        let behind = behind_target(&tokens[at..]).and_then(<[Token<'_>]>::first);
        !is_read
            || behind.is_some_and(
                |next| matches!(next, Token::Sign(sign) if sign.ends_with('=') && !compares(sign)),
            )
    })
}

/// Whether a line that ends so goes on in the next one.
fn goes_on(before: Option<&Token<'_>>) -> bool {
    matches!(before, Some(Token::Sign("," | "&&" | "||")))
}

/// Whether an expression begins behind that token.
fn opens(token: &Token<'_>) -> bool {
    matches!(token, Token::Line | Token::Sign("{" | "}" | ";" | "(" | ")" | "!" | "&&" | "||"))
}

/// Whether a statement ends at that token.
fn ends(token: &Token<'_>) -> bool {
    matches!(token, Token::Line | Token::Sign("}" | ";"))
}

/// Whether a command that awk hands to a shell only passes on what it is given, or tells the time.
fn is_filter(command: &str) -> bool {
    let plain =
        |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+%:,._".contains(&byte));
    if !command.split(' ').all(plain) {
        return false;
    }
    let words: Vec<&str> = command.split_ascii_whitespace().collect();
    let Some((program, words)) = words.split_first() else { return false };
    let options = |letters: &str| {
        words.iter().all(|word| {
            let word = word.strip_prefix('-').unwrap_or_default();
            !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || letters.contains(c))
        })
    };
    match *program {
        "sort" => options("bdfghinMnrRsuVkt,."),
        "uniq" => options("cdiuD"),
        "head" | "tail" => options("nc"),
        "wc" => options("lwcm"),
        "column" => options("t"),
        "cat" | "tac" | "rev" | "nl" => words.is_empty(),
        "date" => words.iter().all(|word| *word == "-u" || word.starts_with('+')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only_reads(program: &str) -> bool {
        files(program).is_some()
    }

    #[test]
    fn the_files_that_a_program_reads_are_known() {
        let named: [(&str, &[&str]); 5] = [
            (r#"{getline l < "/etc/shadow"; print l}"#, &["/etc/shadow"]),
            (r#"BEGIN{while ((getline l < "a") > 0) n++; close("a"); print n}"#, &["a"]),
            (r#"{getline a[i + 1, "x"] < "a"; getline $2 < "b"; getline < "c"}"#, &["a", "b", "c"]),
            (r#"{if ((getline l) > 0 && $1 < "x") print}"#, &[]),
            ("FILENAME == ARGV[1] {n++}", &[]),
        ];
        for (program, read) in named {
            assert_eq!(files(program).as_deref(), Some(read), "{program}");
        }
        for program in [
            r#"{getline l < ("/etc/" "shadow")}"#,
            r#"{getline l < "/etc/" "shadow"}"#,
            r#"BEGIN{f = "/etc/shadow"; getline l < f}"#,
            r#"BEGIN{ARGV[1] = "/etc/shadow"; ARGC = 2} {print}"#,
            "{getline l < $1}",
            r#"0 == ARGV[1] = "/etc/shadow""#,
            r#"{getline $(NF + 1) < "/etc/shadow"}"#,
            r#"BEGIN{getline < "/inet/tcp/0/host/80"}"#,
            r#"BEGIN{SYMTAB["ARGV"][1] = "/etc/shadow"} {print}"#,
        ] {
            assert_eq!(files(program), None, "{program}");
        }
    }

    #[test]
    fn programs_that_read_are_told_from_those_that_hide_a_command() {
        let reads = [
            "/error|warn/",
            "{print ($3 > 10)}",
            r#"{print $1/1024 "MB", $2/3}"#,
            r#"{print | "sort -rn"}"#,
            r#"{ print > "/dev/stderr" }"#,
            r#"{"date +%s" | getline d; print d}"#,
            "/^---$/{c++;next} c==1",
            "{gsub(/\\//,\"-\"); print}",
            "{a=$1>$2?1:0; print a}",
            "$2 >= 90 || $3 == \"x\" {print}",
            "{sub(/[ \\t]+$/,\"\")}1",
            "function f(x){return x*2} {print f($1)}",
        ];
        for program in reads {
            assert!(only_reads(program), "{program}");
        }
        let runs = [
            r#"/"/{system("id")}"#,
            "# \"\nBEGIN{system(\"id\")}",
            "BEGIN{print \"a\" \\\n> \"out\"}",
            "{print a,\nb > \"f\"}",
            r#"{print x ~ /}/ > "f"}"#,
            r#"{print /;/ > "f"}"#,
            r#"/[/"]/{system("id")}#""#,
            r#"{ print "x" > "/dev/null" "y" }"#,
            r#"{print | "sort -o f"}"#,
            r#"{"date" "; id" | getline}"#,
            r#"{print | "sort" x}"#,
            "{print > $1}",
            "@load \"x\"",
            r#"{ getline /x/ + "a/;system("id") }"#,
            r#"{ if (1) /"/; system("id"); x="a" }"#,
            "{print a >= b}",
        ];
        for program in runs {
            assert!(!only_reads(program), "{program}");
        }
    }
}
