//! SQL: which functions a text calls.

use crate::commands::PRAGMAS;

/// Whether an SQL text calls a function that is not known to only compute or tell.
pub(super) fn calls_unknown(text: &str) -> bool {
    const PURE: [&str; 74] = [
        "count",
        "sum",
        "avg",
        "min",
        "max",
        "coalesce",
        "now",
        "version",
        "current_database",
        "current_user",
        "current_schema",
        "lower",
        "upper",
        "length",
        "char_length",
        "substr",
        "substring",
        "trim",
        "ltrim",
        "rtrim",
        "round",
        "date",
        "time",
        "datetime",
        "strftime",
        "julianday",
        "date_trunc",
        "date_part",
        "to_char",
        "to_timestamp",
        "extract",
        "age",
        "concat",
        "concat_ws",
        "string_agg",
        "group_concat",
        "array_agg",
        "json_agg",
        "row_to_json",
        "nullif",
        "ifnull",
        "if",
        "cast",
        "abs",
        "ceil",
        "floor",
        "distinct",
        "in",
        "exists",
        "values",
        "and",
        "or",
        "not",
        "any",
        "all",
        "over",
        "filter",
        "when",
        "from",
        "select",
        "where",
        "on",
        "as",
        "using",
        "interval",
        "pg_size_pretty",
        "pg_database_size",
        "pg_total_relation_size",
        "pg_relation_size",
        "pg_is_in_recovery",
        "random",
        "md5",
        "database",
        "explain",
    ];
    let mut at = 0;
    while let Some(found) = text[at..].find('(') {
        let before = text[..at + found].trim_end();
        let start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '"' || c == '`' || c == '.'))
            .map_or(0, |start| start + before[start..].chars().next().map_or(1, char::len_utf8));
        let name = before[start..].trim_matches(['"', '`']).to_ascii_lowercase();
        // A pragma may have a database in front of it: `main.table_info(t)`.
        let pragma = name.rsplit('.').next().filter(|_| follows_pragma(&before[..start]));
        let known = PURE.contains(&name.as_str()) || pragma.is_some_and(|pragma| PRAGMAS.contains(&pragma));
        if !name.is_empty() && !known {
            return true;
        }
        at += found + 1;
    }
    false
}

fn follows_pragma(before: &str) -> bool {
    let last = before.split_ascii_whitespace().next_back();
    before.ends_with(char::is_whitespace) && last.is_some_and(|word| word.eq_ignore_ascii_case("pragma"))
}
