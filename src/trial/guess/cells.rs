//! Texts by lines and columns.

/// Whether a grep for the pattern finds something in the text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    match regex::RegexBuilder::new(pattern).multi_line(true).build() {
        Ok(expression) => expression.is_match(text),
        Err(_) => text.contains(pattern),
    }
}

/// The lines with `text` in that column.
pub(super) fn with_cell(stdout: &str, column: usize, text: &str, separator: Option<char>) -> String {
    let line = |line: &str| {
        let mut columns: Vec<&str> = match separator {
            Some(separator) => line.split(separator).collect(),
            None => line.split_whitespace().collect(),
        };
        while columns.len() < column {
            columns.push("value-1");
        }
        columns[column - 1] = text;
        columns.join(&separator.map_or_else(|| " ".to_owned(), String::from))
    };
    stdout.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}
