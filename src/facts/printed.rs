//! What `printf` and `echo` make of texts.

use std::str::Chars;

use super::value::Value;

/// What a format of `printf` gives with these values, less its last line end; `None` where it has anything but `%s`, `%q`
/// and `%b`, each with its value, or escapes of other kinds. It is used again for what is left of them.
/// `whole`: lines of several values are told, too, and so are escapes of characters (`\x6d`).
pub(super) fn filled(format: &str, values: &[Value], whole: bool) -> Option<Value> {
    const MOST_WORDS: usize = 64;
    let takes = format.replace("%%", "").matches('%').count();
    let again = values.len() > takes;
    // Lines are a list, and each is looked at by itself.
    let is_list =
        !whole && (format.contains(['\n', '\0']) || format.contains("\\n") || format.contains("\\0"));
    if again
        && (takes == 0 || is_list || values.len() > MOST_WORDS || values.iter().any(|value| value.splits))
    {
        return None;
    }
    let ended = format.strip_suffix("\\n").or(format.strip_suffix("\\0")).unwrap_or(format);
    let mut text = Value::default();
    let mut left = values.iter();
    loop {
        let is_end = left.len() <= takes;
        fill(if is_end { ended } else { format }, &mut left, &mut text, whole)?;
        if is_end {
            return Some(text);
        }
    }
}

/// Who reads escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// The format of `printf`.
    Format,
    /// `%b`.
    Value,
    /// `echo -e`.
    Echo,
}

/// The text that `echo -e` writes; `None` where it has escapes of more than one character in ASCII.
pub(super) fn with_escapes(text: &str) -> Option<String> {
    unescaped(text, Reader::Echo)
}

/// Puts one round of a format behind the text.
fn fill<'v>(
    format: &str,
    values: &mut impl Iterator<Item = &'v Value>,
    text: &mut Value,
    whole: bool,
) -> Option<()> {
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' if whole => text.text.push(escaped(&mut rest, Reader::Format)?),
            '\\' => text.text.push(match rest.next()? {
                'n' => '\n',
                't' => '\t',
                '\\' => '\\',
                _ => return None,
            }),
            '%' => match rest.next()? {
                '%' => text.text.push('%'),
                'b' if whole => {
                    let value = values.next()?;
                    if value.text.contains('\\') {
                        text.text.push_str(&unescaped(value.constant()?, Reader::Value)?);
                    } else {
                        text.append(value);
                    }
                }
                's' | 'b' => text.append(values.next()?),
                'q' => text.append(&quoted(values.next()?)),
                _ => return None,
            },
            c => text.text.push(c),
        }
    }
    Some(())
}

fn unescaped(text: &str, reader: Reader) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        out.push(if c == '\\' { escaped(&mut rest, reader)? } else { c });
    }
    Some(out)
}

/// The character of the escape behind a backslash; `None` where it is none of ASCII's.
fn escaped(rest: &mut Chars<'_>, reader: Reader) -> Option<char> {
    const HEX: u32 = 16;
    const OCTAL: u32 = 8;
    let first = rest.next()?;
    let mut number = |radix: u32, most: usize, from: u32| {
        let mut value = from;
        for _ in 0..most {
            let Some(digit) = rest.as_str().chars().next().and_then(|c| c.to_digit(radix)) else { break };
            rest.next();
            value = value * radix + digit;
        }
        u8::try_from(value).ok().filter(|byte| byte.is_ascii() && *byte != 0).map(char::from)
    };
    match first {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        '\\' => Some(first),
        '\'' | '"' if reader == Reader::Format => Some(first),
        'x' => number(HEX, 2, 0),
        'u' => number(HEX, 4, 0),
        '0' if reader != Reader::Format => number(OCTAL, 3, 0),
        '0'..='7' if reader != Reader::Echo => number(OCTAL, 2, first.to_digit(OCTAL)?),
        _ => None,
    }
}

/// A value as `%q` writes it: one word for the shell. What is not known of it is one word there anyway.
fn quoted(value: &Value) -> Value {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    match value.constant() {
        Some(text) if text.is_empty() || !text.chars().all(plain) => {
            let text = format!("'{}'", text.replace('\'', "'\\''"));
            value.clone().with(|value| value.text = text)
        }
        _ => value.clone(),
    }
}
