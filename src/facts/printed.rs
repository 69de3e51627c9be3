//! What `printf` and `echo` make of texts.

use super::value::Value;

/// What a format of `printf` gives with these values, less its last line end; `None` where it has anything but `%s`, `%q`
/// and `%b`, each with its value, or escapes of other kinds. It is used again for what is left of them.
/// `whole`: lines of several values are told, too.
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
        fill(if is_end { ended } else { format }, &mut left, &mut text)?;
        if is_end {
            return Some(text);
        }
    }
}

/// The text that `echo -e` writes; `None` where it has escapes of another kind than line ends, tabs and backslashes.
pub(super) fn with_escapes(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        out.push(match c {
            '\\' => match rest.next()? {
                'n' => '\n',
                't' => '\t',
                '\\' => '\\',
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

/// Puts one round of a format behind the text.
fn fill<'v>(format: &str, values: &mut impl Iterator<Item = &'v Value>, text: &mut Value) -> Option<()> {
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => text.text.push(match rest.next()? {
                'n' => '\n',
                't' => '\t',
                '\\' => '\\',
                _ => return None,
            }),
            '%' => match rest.next()? {
                '%' => text.text.push('%'),
                's' | 'b' => text.append(values.next()?),
                'q' => text.append(&quoted(values.next()?)),
                _ => return None,
            },
            c => text.text.push(c),
        }
    }
    Some(())
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
