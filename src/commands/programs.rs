//! Programs in other languages that stand among a command's words: SQL, sed, awk. Enough is read of each to tell
//! what surely only reads; the rest changes something, or nobody can tell.

use super::HOLE;
use super::awk;
use super::effect::{Effect, values};
use super::given::Given;
use super::sed;
use super::tool::{Language, OptionName, ProgramText};

impl ProgramText {
    /// What the program among the words does.
    pub(super) fn effect(&self, given: &Given<'_>, stdin: Option<&str>) -> Effect {
        let from_file = |name: &OptionName| given.options.iter().any(|option| name.may_be(option.name));
        if self.from_file.iter().any(from_file) {
            return self.language.of_unknown();
        }
        let mut texts = self.among(given);
        if texts.is_empty() && self.stdin {
            let Some(text) = stdin else { return Effect::Unknown };
            texts.push(text);
        }
        // What one expression opens, the next one may close.
        if self.language == Language::Sed && texts.len() > 1 {
            return self.language.effect(&texts.join("\n"));
        }
        texts.into_iter().map(|text| self.language.effect(text)).max().unwrap_or(Effect::Read)
    }

    /// The texts of the program that stand among the words.
    fn among<'w>(&self, given: &Given<'w>) -> Vec<&'w str> {
        let mut texts: Vec<&str> = values(&given.options, &self.options).map(|value| value.text).collect();
        let from = self.operand.map_or(usize::MAX, |number| number.saturating_sub(1));
        let most = if self.rest { usize::MAX } else { 1 };
        if texts.is_empty() || self.rest {
            texts.extend(given.operands.iter().skip(from).take(most).map(|operand| operand.text));
        }
        texts
    }

    /// The files that a program writes by itself, as far as they are known.
    pub(super) fn written<'w>(&self, given: &Given<'w>) -> Vec<&'w str> {
        self.among(given).into_iter().flat_map(|text| self.language.written(text)).collect()
    }

    /// The files that a program which only reads names in its own text.
    pub(super) fn files<'w>(&self, given: &Given<'w>) -> Vec<&'w str> {
        self.among(given).into_iter().flat_map(|text| self.language.files(text)).collect()
    }
}

impl Language {
    /// What a program does of which nothing is known.
    fn of_unknown(self) -> Effect {
        match self {
            Self::Sql => Effect::Mutate,
            Self::Sed | Self::Awk => Effect::Unknown,
        }
    }

    fn effect(self, text: &str) -> Effect {
        match self {
            Self::Sql => sql(text),
            Self::Sed | Self::Awk if text.contains(HOLE) => Effect::Unknown,
            Self::Sed if sed::Script::read(text).only_reads() => Effect::Read,
            Self::Sed => Effect::Unknown,
            Self::Awk => awk::files(text).map_or(Effect::Unknown, |_| Effect::Read),
        }
    }

    /// The files that a program reads by itself.
    fn files(self, text: &str) -> Vec<&str> {
        match self {
            Self::Sql => None,
            // One expression may close what another one opened.
            Self::Sed => Some(sed::Script::read(text.trim_start_matches([' ', '\t', '\n', ';', '}'])).reads),
            Self::Awk => awk::files(text),
        }
        .unwrap_or_default()
    }

    /// The files that a program writes by itself, as far as they are known.
    fn written(self, text: &str) -> Vec<&str> {
        match self {
            Self::Sed => sed::Script::read(text.trim_start_matches([' ', '\t', '\n', ';', '}'])).writes,
            Self::Sql | Self::Awk => Vec::new(),
        }
    }
}

/// Statements that only read, by their first word.
const READING: [&str; 16] = [
    "select", "show", "explain", "describe", "desc", "table", "values", "with", "use", "help", "begin",
    "commit", "rollback", "pragma", "check", "status",
];

/// Words that make a statement a changing one wherever they stand in it.
const CHANGING: [&str; 30] = [
    "insert",
    "update",
    "delete",
    "merge",
    "into",
    "truncate",
    "drop",
    "alter",
    "create",
    "grant",
    "revoke",
    "replace",
    "analyze",
    "outfile",
    "dumpfile",
    "nextval",
    "setval",
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_switch_wal",
    "pg_promote",
    "lo_import",
    "lo_export",
    "lo_unlink",
    "set_config",
    "dblink_exec",
    "pg_drop_replication_slot",
    "load_extension",
];

/// Words under which `set` sets more than what the client's own session goes by.
const LASTING: [&str; 7] =
    ["global", "persist", "persist_only", "password", "default", "resource", "trigger"];

/// Pragmas of sqlite that tell of what they are given.
pub const PRAGMAS: [&str; 10] = [
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "foreign_key_check",
    "integrity_check",
    "quick_check",
];

/// Those that tell where they are given nothing.
const PRAGMAS_WITHOUT_VALUE: [&str; 26] = [
    "application_id",
    "auto_vacuum",
    "busy_timeout",
    "cache_size",
    "collation_list",
    "compile_options",
    "data_version",
    "database_list",
    "encoding",
    "foreign_keys",
    "freelist_count",
    "function_list",
    "journal_mode",
    "journal_size_limit",
    "locking_mode",
    "max_page_count",
    "mmap_size",
    "module_list",
    "page_count",
    "page_size",
    "pragma_list",
    "schema_version",
    "synchronous",
    "temp_store",
    "user_version",
    "wal_autocheckpoint",
];

/// SQL, with psql's (`\d`) and sqlite's (`.tables`) own commands.
fn sql(text: &str) -> Effect {
    let text = &without_settings(&without_big_g(text));
    if hides_text(text) {
        return Effect::Mutate;
    }
    let plain = without_literals(text);
    let statements = plain.split(';').flat_map(own_lines).map(str::trim).filter(|part| !part.is_empty());
    // What is put in may end the statement, and begin another one.
    let mut effect = if text.contains(HOLE) { Effect::Unknown } else { Effect::Read };
    for statement in statements {
        effect = effect.max(one_sql(statement));
    }
    effect
}

/// mysql's `\G` ends a statement; elsewhere it is no command at all.
fn without_big_g(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\G") {
        let ends = after.is_empty() || after.starts_with(|c: char| c.is_whitespace() || c == ';');
        out.push_str(before);
        out.push_str(if ends && !before.ends_with('\\') { ";" } else { "\\G" });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The text without the lines by which a client is told how to work (`\set ON_ERROR_STOP on`), and which hold nothing that
/// another client could read as more.
fn without_settings(text: &str) -> String {
    const SETTINGS: [&str; 9] =
        ["set", "unset", "echo", "qecho", "warn", "pset", "timing", "encoding", "errverbose"];
    let sets = |line: &&str| {
        line.trim_start().strip_prefix('\\').is_some_and(|own| {
            let name = own.split(char::is_whitespace).next().unwrap_or_default();
            SETTINGS.contains(&name) && !own.contains(['\'', '"', '`', '\\', '$', '#', ';', '*', HOLE])
        })
    };
    if !text.contains('\\') {
        return text.to_owned();
    }
    text.split('\n').filter(|line| !sets(line)).collect::<Vec<_>>().join("\n")
}

/// `\copy SOURCE to stdout`: whether it only reads.
fn copies_out(behind: &str) -> bool {
    let behind = behind.to_ascii_lowercase();
    let Some((source, target)) = behind.rsplit_once(" to ") else { return false };
    let target = target.split_whitespace().next().unwrap_or_default();
    let source = source.trim();
    let reads = match source.strip_prefix('(') {
        Some(query) => query.strip_suffix(')').is_some_and(|query| one_sql(query.trim()) == Effect::Read),
        None => !source.contains(['(', '\\']),
    };
    ["stdout", "pstdout"].contains(&target) && reads
}

/// Whether dialects may disagree on what in it is a literal or a comment.
fn hides_text(text: &str) -> bool {
    let quotes = text.contains(['\'', '"', '`']);
    let tag = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut parts = text.split('$').skip(1);
    let dollars = text.contains('$') && parts.any(tag) && text.matches('$').count() > 1;
    quotes && (text.contains(['\\', '#']) || text.contains("/*") || dollars)
}

/// A client's own commands end with their line.
fn own_lines(part: &str) -> impl Iterator<Item = &str> {
    let own = part.lines().any(|line| line.trim_start().starts_with(['\\', '.']));
    let lines = own.then(|| part.lines());
    let whole = (!own).then_some(part);
    lines.into_iter().flatten().chain(whole)
}

fn one_sql(statement: &str) -> Effect {
    const PSQL: [&str; 12] =
        ["d", "l", "dt", "du", "dn", "di", "df", "dv", "x", "timing", "conninfo", "pset"];
    const SQLITE: [&str; 9] =
        ["tables", "schema", "mode", "headers", "dump", "databases", "indexes", "indices", "timeout"];
    if let Some(own) = statement.strip_prefix('\\') {
        let name: String = own.chars().take_while(char::is_ascii_alphabetic).collect();
        let reads = PSQL.contains(&name.as_str()) || name == "copy" && copies_out(&own[name.len()..]);
        return if reads { Effect::Read } else { Effect::Mutate };
    }
    if let Some(own) = statement.strip_prefix('.') {
        let name: String = own.chars().take_while(char::is_ascii_alphabetic).collect();
        return if SQLITE.contains(&name.as_str()) { Effect::Read } else { Effect::Mutate };
    }
    let words = || {
        statement
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == HOLE))
            .filter(|word| !word.is_empty())
    };
    let first = words().next().unwrap_or_default();
    let reads = READING.iter().any(|verb| first.eq_ignore_ascii_case(verb));
    let shows = ["show", "describe", "desc"].iter().any(|verb| first.eq_ignore_ascii_case(verb));
    let explains = first.eq_ignore_ascii_case("explain");
    let changes = |word: &str| CHANGING.iter().any(|verb| word.eq_ignore_ascii_case(verb));
    let runs = words().any(|word| word.eq_ignore_ascii_case("analyze"));
    let pragma = first.eq_ignore_ascii_case("pragma");
    if first.eq_ignore_ascii_case("set") && !statement.contains('\\') {
        let lasts = |word: &str| LASTING.iter().any(|known| word.eq_ignore_ascii_case(known));
        return if words().any(|word| lasts(word) || changes(word)) { Effect::Mutate } else { Effect::Read };
    }
    if !reads || statement.contains('\\') || pragma && !pragma_tells(&statement[first.len()..]) {
        Effect::Mutate
    } else if shows || explains && !runs || !words().any(changes) {
        Effect::Read
    } else {
        Effect::Mutate
    }
}

/// Whether a pragma of sqlite, behind that word, only tells something.
fn pragma_tells(behind: &str) -> bool {
    let end = behind.find(['(', '=']).unwrap_or(behind.len());
    let (name, value) = behind.split_at(end);
    let name = name.rsplit('.').next().unwrap_or(name).trim();
    let is_one = |known: &[&str]| known.iter().any(|known| name.eq_ignore_ascii_case(known));
    is_one(&PRAGMAS) && !value.starts_with('=') || is_one(&PRAGMAS_WITHOUT_VALUE) && value.is_empty()
}

/// The text with its string literals and comments emptied.
fn without_literals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' | '"' | '`' => {
                out.push_str("''");
                while let Some(inner) = rest.next() {
                    if inner == c && rest.next_if_eq(&c).is_none() {
                        break;
                    }
                }
            }
            '-' if rest.peek() == Some(&'-') => while rest.next_if(|c| *c != '\n').is_some() {},
            '/' if rest.peek() == Some(&'*') => {
                let behind: String = rest.clone().skip(1).collect();
                match plain_comment(&behind) {
                    Some(length) => {
                        out.push(' ');
                        rest.nth(length);
                    }
                    None => out.push(c),
                }
            }
            _ => out.push(c),
        }
    }
    out
}

/// The number of characters up to and with the end of a comment that every dialect skips: none that mysql runs (`/*!`),
/// none with another one in it.
fn plain_comment(behind: &str) -> Option<usize> {
    let (comment, _) = behind.split_once("*/")?;
    let runs = comment.starts_with(['!', '+']) || comment.starts_with("M!");
    (!runs && !comment.contains("/*")).then(|| comment.chars().count() + 2)
}
