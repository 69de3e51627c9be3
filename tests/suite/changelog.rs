//! L6 over a whole project: which entries record a script, and which only look as if they did.

use crate::folder::{CLEAN, Folder};

const COMPLETE: &str = "## DOCFIX-001 Greets\n\n- What: `scripts/hello.sh` greets.\n- Why: nobody did.\n- Revert: `git rm scripts/hello.sh`\n";

/// A project with a script, a changelog, and nothing but L6 to judge it.
fn project(changelog: &str) -> Folder {
    let folder = Folder::new();
    folder.write("gauntlet.toml", "version = 1\n[lint]\nselect = [\"changelog-entry\"]\n");
    folder.write("scripts/hello.sh", CLEAN);
    folder.write("CHANGELOG.md", changelog);
    folder
}

/// The paths and messages of the findings.
fn findings(folder: &Folder) -> Vec<(String, String)> {
    let findings = folder.lint(&[]).json["findings"].as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    findings.iter().map(|finding| (text(&finding["path"]), text(&finding["message"]))).collect()
}

fn recorded(what: &str, changelog: &str) {
    let found = findings(&project(changelog));
    assert!(found.is_empty(), "{what}: {found:?}");
}

fn unrecorded(what: &str, changelog: &str, because: &str) {
    let found = findings(&project(changelog));
    assert!(
        matches!(found.as_slice(), [(path, message)] if path == "scripts/hello.sh" && message.contains(because)),
        "{what}: {found:?}"
    );
}

#[test]
fn a_complete_entry_records_a_script() {
    recorded("by its path", COMPLETE);
    recorded(
        "by a file name that is unique",
        &COMPLETE.replace("scripts/hello.sh` greets", "hello.sh` greets"),
    );
    recorded(
        "by a path that starts with ./",
        &COMPLETE.replace("`scripts/hello.sh` g", "`./scripts/hello.sh` g"),
    );
    recorded(
        "at the end of a sentence",
        &COMPLETE.replace("`scripts/hello.sh` greets", "it is scripts/hello.sh"),
    );
    recorded("with bold labels", &COMPLETE.replace("- What:", "- **What:**").replace("- Why:", "**Why:**"));
    recorded(
        "with headings as labels",
        "## DOCFIX-001 x\n### What\nscripts/hello.sh greets\n### Why\nso\n### Revert\ngit revert it\n",
    );
    recorded(
        "in a heading",
        "## DOCFIX-001 scripts/hello.sh\n\nWhat: greets\nWhy: nobody did\nRevert: remove it\n",
    );
    recorded("by the second entry", &format!("## DOCFIX-002 scripts/hello.sh\n\nWhat: TBD\n\n{COMPLETE}"));
    recorded(
        "what follows on further lines",
        "## DOCFIX-001 x\n\n- What:\n  `scripts/hello.sh`\n  greets.\n- Why:\n  nobody did.\n- Revert:\n  remove it.\n",
    );
    recorded(
        "a fence as revert",
        "## DOCFIX-001 x\n\n- What: `hello.sh` greets\n- Why: so\n- Revert:\n\n```bash\n# take it back\ngit rm scripts/hello.sh\n```\n",
    );
    recorded(
        "a table with a row each",
        "## DOCFIX-001 x\n\n| | |\n|---|---|\n| What | `scripts/hello.sh` greets |\n| Why | nobody did |\n| Revert | `git rm scripts/hello.sh` |\n",
    );
}

#[test]
fn every_part_must_say_something() {
    for label in ["What", "Why", "Revert"] {
        let kept: Vec<&str> =
            COMPLETE.lines().filter(|line| !line.contains(&format!("- {label}:"))).collect();
        let without = kept.join("\n");
        let named = format!("{without}\nIt is scripts/hello.sh.\n")
            .replace("## DOCFIX-001 Greets", "## DOCFIX-001 scripts/hello.sh");
        unrecorded(&format!("no {label}"), &named, label);
        for nothing in ["", "TBD", "n/a", "N/A.", "todo", "TODO", "-", "...", "*tbd*", "`n/a`", "none"] {
            let complete = COMPLETE.replace("Greets", "scripts/hello.sh");
            let said = |line: &str| {
                let label = format!("- {label}:");
                if line.starts_with(&label) { format!("{label} {nothing}") } else { line.to_owned() }
            };
            let lines: Vec<String> = complete.lines().map(said).collect();
            let empty = lines.join("\n");
            unrecorded(&format!("{label}: {nothing}"), &empty, label);
        }
    }
}

#[test]
fn words_that_begin_like_nothing_say_something() {
    recorded("none of", &COMPLETE.replace("nobody did", "none of the others did"));
    recorded("todo list", &COMPLETE.replace("nobody did", "the todo list of the team said so"));
}

#[test]
fn an_entry_is_a_heading_with_an_id() {
    unrecorded("no entry", "# Changelog\n", "no changelog entry");
    unrecorded("no id", &COMPLETE.replace("DOCFIX-001 ", ""), "no changelog entry");
    unrecorded("two digits", &COMPLETE.replace("DOCFIX-001", "DOCFIX-01"), "no changelog entry");
    unrecorded("four digits", &COMPLETE.replace("DOCFIX-001", "DOCFIX-0001"), "no changelog entry");
    unrecorded("an id that is no heading", &COMPLETE.replace("## ", ""), "no changelog entry");
    unrecorded("in a fence", &format!("```markdown\n{COMPLETE}```\n"), "no changelog entry");
    unrecorded(
        "in a longer fence",
        &format!("````markdown\n```\n{COMPLETE}```\n````\n"),
        "no changelog entry",
    );
    unrecorded("in a comment", &format!("<!--\n{COMPLETE}-->\n"), "no changelog entry");
    recorded("after a fence", &format!("```\n# x\n```\n{COMPLETE}"));
    recorded("after a fence of another kind in a fence", &format!("~~~\n```\n~~~\n{COMPLETE}"));
}

#[test]
fn a_name_is_a_whole_path() {
    for other in [
        "scripts/hello.sh.bak",
        "old/scripts/hello.sh",
        "scripts/hello.shx",
        "myhello.sh",
        "oh-hello.sh",
        "hello.sh/x",
    ] {
        unrecorded(
            other,
            &COMPLETE.replace("`scripts/hello.sh` greets", &format!("`{other}` greets")),
            "no changelog entry",
        );
    }
}

#[test]
fn the_revert_alone_records_nothing() {
    unrecorded(
        "named in the revert only",
        &COMPLETE.replace("`scripts/hello.sh` greets", "it greets"),
        "no changelog entry",
    );
}

#[test]
fn a_revert_command_must_parse() {
    for command in ["git rm 'scripts/hello.sh", "if true; then git rm x", "rm $(x", "git rm x &&"] {
        let entry = COMPLETE.replace("git rm scripts/hello.sh", command);
        unrecorded(command, &entry, "Revert");
    }
    unrecorded(
        "a fence that does not parse",
        "## DOCFIX-001 x\n\n- What: `hello.sh` greets\n- Why: so\n- Revert:\n\n```bash\nif true; then git rm x\n```\n",
        "Revert",
    );
    recorded("words", &COMPLETE.replace("`git rm scripts/hello.sh`", "remove it (it's one file)"));
}

#[test]
fn a_file_name_counts_where_it_is_unique() {
    let by_name = COMPLETE.replace("scripts/hello.sh` greets", "hello.sh` greets");
    let folder = project(&by_name);
    folder.write("other/hello.sh", CLEAN);
    let mut paths: Vec<String> = findings(&folder).into_iter().map(|(path, _)| path).collect();
    paths.sort();
    assert_eq!(paths, ["other/hello.sh", "scripts/hello.sh"]);
    let folder = project(COMPLETE);
    folder.write("other/hello.sh", CLEAN);
    let paths: Vec<String> = findings(&folder).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["other/hello.sh"]);
}

#[test]
fn a_ledger_counts_paths_from_its_own_tree() {
    let folder = project(COMPLETE);
    folder.write("team/docs/changelog-scripts.md", COMPLETE.replace("hello", "bye"));
    folder.write("team/scripts/bye.sh", CLEAN);
    folder.write("other/scripts/bye.sh", CLEAN);
    let paths: Vec<String> = findings(&folder).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["other/scripts/bye.sh"]);
}

#[test]
fn a_row_of_a_table_is_an_entry() {
    let head = "# Changelog\n\n| ID | Script | What | Why | Revert |\n|---|---|---|---|---|\n";
    recorded(
        "a whole row",
        &format!(
            "{head}| DOCFIX-001 | `scripts/hello.sh` | greets | nobody did | `git rm scripts/hello.sh` |\n"
        ),
    );
    unrecorded(
        "an empty cell",
        &format!("{head}| DOCFIX-001 | `scripts/hello.sh` | greets | TBD | remove it |\n"),
        "Why",
    );
    unrecorded(
        "no id",
        &format!("{head}| - | `scripts/hello.sh` | greets | nobody did | remove it |\n"),
        "no changelog entry",
    );
    unrecorded(
        "no such columns",
        "| ID | Script | Note |\n|---|---|---|\n| DOCFIX-001 | `scripts/hello.sh` | greets |\n",
        "no changelog entry",
    );
}

#[test]
fn an_entry_ends_with_the_next_heading() {
    unrecorded(
        "named in the next section",
        "## DOCFIX-001 x\n\n- What: a\n- Why: b\n- Revert: c\n\n## Notes\n\nscripts/hello.sh is new.\n",
        "no changelog entry",
    );
    unrecorded(
        "parts over two entries",
        "## DOCFIX-001 scripts/hello.sh\n\n- What: a\n\n## DOCFIX-002 scripts/hello.sh\n\n- Why: b\n- Revert: c\n",
        "DOCFIX-001",
    );
}
