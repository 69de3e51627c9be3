//! What is said of suppressions, and the words in which a secret's way is told.

use gauntlet::bash::InProcess;
use gauntlet::event::FileKind;
use gauntlet::facts::NoLibrary;
use gauntlet::finding::Finding;
use gauntlet::lint::stale::{Claim, Stale, Written};
use gauntlet::lint::{Checked, Linter};
use gauntlet::settings::Settings;
use gauntlet::source::{RepoPath, SourceText};

fn checked(path: &str, text: &str, select: &[&str]) -> Checked {
    let select: Vec<String> = select.iter().map(|&rule| rule.to_owned()).collect();
    let linter =
        Linter::new(Settings::default(), &select, &[], true, "2026-01-01".to_owned()).expect("rules");
    let markdown = std::path::Path::new(path).extension().is_some_and(|end| end == "md");
    let kind = if markdown { FileKind::Runbook } else { FileKind::Script };
    let source = SourceText::new(RepoPath::new(path), text.to_owned());
    linter.check(&source, kind, &NoLibrary, &InProcess::new())
}

fn rules(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|finding| finding.rule).collect()
}

const EXPOSES: &str = "curl -u \"ops:$PASSWORD\" https://api.example/\n";

#[test]
fn a_suppression_of_a_rule_that_did_not_run_is_not_stale() {
    let text = format!("# gauntlet: allow(secret-on-argv) reason=\"x\"\n{EXPOSES}");
    let others = checked("x.sh", &text, &["unchecked-id", "stale-suppression"]);
    assert_eq!(rules(&others.findings), [""; 0]);
    let all = checked("x.sh", &text, &["secret-on-argv", "stale-suppression"]);
    assert_eq!((rules(&all.findings), all.suppressed.len()), (vec![], 1));
    let idle = "# gauntlet: allow(secret-on-argv) reason=\"x\"\nls\n";
    let found = checked("x.sh", idle, &["secret-on-argv", "stale-suppression"]).findings;
    assert_eq!(rules(&found), ["stale-suppression"]);
    // Who does not ask for the rule does not hear of it.
    assert_eq!(rules(&checked("x.sh", idle, &["secret-on-argv"]).findings), [""; 0]);
}

#[test]
fn a_suppression_at_the_wrong_line_says_where_the_finding_is() {
    let text = format!("# gauntlet: allow(secret-on-argv) reason=\"x\"\nls\n{EXPOSES}");
    let found = checked("x.sh", &text, &["secret-on-argv", "stale-suppression"]).findings;
    assert_eq!(rules(&found), ["stale-suppression", "secret-on-argv"]);
    assert!(found[0].advice.instead.contains("line 3"), "{}", found[0].advice.instead);
}

#[test]
fn a_suppression_above_a_command_covers_its_redirection_on_a_later_line() {
    let text =
        "# gauntlet: allow(ungated-mutation) reason=\"x\"\nprintf '%s\\n' \\\n  one \\\n  >/etc/motd\n";
    let found = checked("x.sh", text, &["ungated-mutation", "stale-suppression"]);
    assert_eq!((rules(&found.findings), found.suppressed.len()), (vec![], 1));
}

#[test]
fn an_unknown_rule_gets_the_nearest_name_and_a_code_its_slug() {
    for (written, wanted) in
        [("secret-on-args", "secret-on-argv"), ("L2", "secret-on-argv"), ("l4", "unchecked-id")]
    {
        let text = format!("# gauntlet: allow({written}) reason=\"x\"\nls\n");
        let found = checked("x.sh", &text, &["stale-suppression"]).findings;
        assert_eq!(rules(&found), ["stale-suppression"], "{written}");
        assert!(found[0].advice.instead.contains(wanted), "{written}: {}", found[0].advice.instead);
    }
}

#[test]
fn what_cannot_be_read_cannot_be_suppressed_in_a_script_or_a_fence() {
    let text = "# gauntlet: allow(unparsed) reason=\"x\"\nif true; then\n";
    let found = checked("x.sh", text, &["stale-suppression"]);
    assert_eq!((rules(&found.findings), found.suppressed.len()), (vec!["stale-suppression", "unparsed"], 0));
    let fence = "```bash\nls\nif true; then\n```\n";
    assert_eq!(rules(&checked("x.md", fence, &["runbook-check"]).findings), ["runbook-check"]);
    // Without the rule for runbooks a fence that was not understood is still no clean one.
    assert_eq!(rules(&checked("x.md", fence, &["secret-on-argv"]).findings), ["unparsed"]);
}

#[test]
fn a_claim_of_the_settings_is_judged_like_one_in_the_text() {
    let claim = |rule: &str, reason: Option<&str>, until: Option<&str>| Claim {
        rules: vec![rule.to_owned()],
        reason: reason.map(str::to_owned),
        until: until.map(str::to_owned),
        unknown: None,
    };
    let today = "2026-01-01";
    let good = claim("secret-on-argv", Some("a lab"), Some("2026-01-01"));
    assert!(good.counts(today) && good.faults(today).is_empty());
    assert_eq!(claim("secret-on-argv", None, None).faults(today), [Stale::NoReason]);
    let old = claim("secret-on-argv", Some("a lab"), Some("2025-12-31"));
    assert_eq!(old.faults(today), [Stale::Expired("2025-12-31".to_owned())]);
    assert!(!old.counts(today));
    let wrong = claim("secret-on-argv", Some("a lab"), Some("2025-02-29"));
    assert_eq!(wrong.faults(today), [Stale::NoDate("2025-02-29".to_owned())]);
    assert_eq!(claim("unparsed", Some("a lab"), None).faults(today), [Stale::Beyond]);
    let advice = Stale::NoReason.advice(Written::Settings);
    assert!(advice.instead.contains("`files`"), "{}", advice.instead);
}

#[test]
fn the_message_tells_the_way_of_a_secret_and_marks_each_step() {
    let text = "login() {\n  local body=$1\n  curl --data \"$body\" https://vault.example/\n}\nlogin \"{\\\"id\\\":\\\"$SECRET_ID\\\"}\"\n";
    let found = checked("x.sh", text, &["secret-on-argv"]).findings;
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        finding.advice.message,
        "`$SECRET_ID` from line 5 through `login()`, `body` reaches the argv of `curl` at line 3"
    );
    let steps: Vec<(u32, &str)> =
        finding.secondary.iter().map(|label| (label.start.line, label.text.as_str())).collect();
    assert_eq!(
        steps,
        [
            (5, "`$SECRET_ID` holds a secret by its name"),
            (5, "it is passed to `login`"),
            (2, "it is put into `body`"),
            (3, "the secret stands in this word"),
        ]
    );
}

#[test]
fn no_message_repeats_a_literal_secret() {
    let text = "DB_PASSWORD='tr0ub4dor&3'\nmysql -p\"$DB_PASSWORD\" app\necho \"$DB_PASSWORD\"\napp --password hunter2\nlogger \"token=$DB_PASSWORD\"\n";
    let found = checked("x.sh", text, &["secret-on-argv", "secret-in-trace"]).findings;
    assert!(found.len() >= 5, "{found:?}");
    for finding in &found {
        let labels: String = finding.secondary.iter().map(|label| label.text.as_str()).collect();
        let said =
            format!("{} {} {} {labels}", finding.advice.message, finding.advice.why, finding.advice.instead);
        assert!(!said.contains("tr0ub4dor") && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn an_open_gate_names_the_last_text_that_may_have_set_what_it_tests() {
    let text = "MODE=show
[[ ${1:-} != --apply ]] || MODE=apply
source \"$HOME/.ops.sh\"
source ./more.sh
COLOUR=0
eval \"$(colours)\"
MODE_SEEN=0
[[ ${1:-} != --apply ]] || docker rm a
[[ $MODE == apply ]] || exit 0
docker rm b
";
    let found = |text: &str| {
        let found = checked("x.sh", text, &["ungated-mutation"]).findings;
        found.last().map(|finding| finding.advice.why.clone()).unwrap_or_default()
    };
    assert!(found(text).contains("line 6 runs text"), "{}", found(text));
    let own = text.replace("COLOUR=0", "LS_COLORS=").replace("colours", "dircolors");
    assert!(found(&own).contains("line 4 runs text"), "{}", found(&own));
}
