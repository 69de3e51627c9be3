//! What the tables say of a command line: it only reads, changes something, or nobody can tell.

use gauntlet::commands::{Effect, HOLE, Tables, read_tools};

const ROWS: &str = include_str!("../../fixtures/commands/effects.txt");

/// Splits a row's command into words; quotes keep blanks together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && (c == '\'' || c == '"') {
            quote = Some(c);
            word.get_or_insert_default();
        } else if quote.is_none() && c.is_whitespace() {
            words.extend(word.take());
        } else {
            word.get_or_insert_default().push(c);
        }
    }
    words.extend(word);
    words
}

fn name(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Session => "session",
        Effect::Unknown => "unknown",
        Effect::Mutate => "change",
    }
}

#[test]
fn every_row_says_what_its_command_does() {
    let tables = Tables::builtin();
    let rows: Vec<(&str, &str)> = ROWS
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').expect("a row is an effect and a command"))
        .collect();
    assert!(rows.len() > 400, "only {} rows were found", rows.len());
    let wrong: Vec<String> = rows
        .into_iter()
        .filter_map(|(expected, command)| {
            let seen = name(tables.effect(&words(command)));
            (seen != expected).then(|| format!("{command}: expected {expected}, seen {seen}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} rows are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_verb_that_is_unknown_to_a_known_tool_passes_for_a_reading_one() {
    let tables = Tables::builtin();
    for tool in
        ["openstack", "juju", "vault", "kubectl", "helm", "lxc", "systemctl", "git", "docker", "aws", "snap"]
    {
        assert_eq!(tables.effect(&[tool, "frobnicate", "x"]), Effect::Mutate, "{tool}");
        assert_eq!(
            tables.effect(&[tool, &HOLE.to_string(), "x"]),
            Effect::Mutate,
            "{tool} with a verb from a variable"
        );
    }
}

#[test]
fn what_is_read_on_stdin_counts_where_it_is_the_program() {
    let tables = Tables::builtin();
    let unknown = HOLE.to_string();
    let judge = |stdin| tables.judge(&["psql", "db"], stdin).effect;
    assert_eq!(judge(Some("select 1;\n")), Effect::Read);
    assert_eq!(judge(Some("select 1;\ndelete from t;\n")), Effect::Mutate);
    assert_eq!(judge(Some(&unknown)), Effect::Mutate);
    assert_eq!(judge(None), Effect::Unknown);
}

#[test]
fn a_table_of_tools_that_makes_no_sense_is_refused_with_the_place_to_mend() {
    let failure = "failure = { exit = 1, stderr = 'x' }\n";
    let wrong = [
        ("name = 'a'\nread = ['list $ more']", "the pattern `list $ more` has a `$` that is not its end"),
        ("name = 'a'\nread = ['list|-l']", "the pattern `list|-l` mixes options and operands in one word"),
        ("name = 'a'\nread = ['-l|list']", "the pattern `-l|list` mixes options and operands in one word"),
        ("name = 'a'\nread = ['list||ls']", "the pattern `list||ls` has an empty alternative"),
        ("name = 'a'\noptions_with_value = ['n']", "`n` is no option"),
        ("name = 'a'\nfile_options = ['--out=FILE']", "`--out=FILE` is no option"),
        ("name = 'a'\nfiles = [{ of = ['from 0'] }]", "`from 0` names no words"),
        ("name = 'a'\nfiles = [{ of = ['first'] }]", "`first` names no words"),
        ("name = 'a'\nfiles = [{ of = ['option o'] }]", "`o` is no option"),
        ("name = 'a'\nspelling = 'odd'", "unknown variant `odd`"),
        ("name = 'a'\nreads = ['list']", "unknown field `reads`"),
        ("aliases = ['a']", "missing field `name`"),
    ];
    for (table, message) in wrong {
        let error = read_tools(&format!("[[tool]]\n{table}\n{failure}")).expect_err(table);
        assert!(error.message().contains(message), "{table}: {}", error.message());
    }
    let sound = "[[tool]]\nname = 'a'\nread = ['list $', 'x --to=a|']\nfiles = [{ of = ['last', 'here'] }]\n";
    assert_eq!(read_tools(&format!("{sound}{failure}")).expect("it is sound").len(), 1);
}
