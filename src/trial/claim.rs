//! Whether a text claims success.
//!
//! A claim is a match of the harness's patterns, or of the default ones, on a line that does not take it back.

use std::sync::LazyLock;

use regex::Regex;

use crate::commands::Tables;

/// What says "all is well" where the harness does not know better.
static DEFAULT_CLAIMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [r"(?i)\b(success|successful|successfully|succeeded|complete|completed|done|finished|passed|ok|healthy|all good)\b"]
        .iter()
        .map(|text| Regex::new(text).expect("the default claim compiles: a test uses it"))
        .collect()
});

/// Words that take a claim back.
static DENIAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix) \b(not|no|never|nothing|none|cannot|can't|couldn't|didn't|isn't|wasn't|won't|unable|without|
          fail(s|ed|ure|ures|ing)?|errors?|fatal|incomplete|unsuccessful(ly)?|unfinished|unhealthy|abort(s|ed|ing)?|
          refus(ed|ing)|invalid|malformed|unexpected|stopped|interrupted|skipp(ed|ing)|missing|would|killed|terminated)\b | n't\b | \b0\s+(ok|passed|done|succeeded|completed?|healthy)\b
          | \b(un|in)-?(success|complete|finished|healthy)",
    )
    .expect("the denials compile: a test uses them")
});

/// What looks like a denial and is none: "0 failed", "no errors".
static CLEAN_COUNT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(0|no|zero|without(\s+any)?|none)\s+(fail(ed|ures?)?|errors?|problems?|skipped|missing|warnings?)\b",
    )
    .expect("the clean counts compile: a test uses them")
});

/// Whether each line of the text belongs to one of bash's notices: it repeats the commands of a pipeline whole.
fn noticed(text: &str) -> Vec<bool> {
    let notices = Tables::builtin().notices();
    let lines: Vec<&str> = text.lines().collect();
    let (mut within, mut documents) = (false, 0);
    let mut told = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        if at < documents {
            told.push(true);
            continue;
        }
        if within {
            within = !notices.closes(line);
            told.push(true);
            continue;
        }
        let notice = notices.is_of_a_job(line);
        within = notice && notices.opens(line);
        if notice && line.contains("<<") {
            // The text of a document stands as it was, up to the next process of the pipeline.
            documents = (at + 1..lines.len()).find(|at| notices.is_of_a_job(lines[*at])).unwrap_or(at);
        }
        told.push(notice);
    }
    told
}

/// Whether a line is bash's own notice of a process that a signal ended.
pub fn is_end_notice(line: &str) -> bool {
    Tables::builtin().notices().is_of_an_end(line)
}

/// The first line of `text` that claims success.
pub fn claim<'t>(patterns: Option<&[Regex]>, text: &'t str) -> Option<&'t str> {
    let patterns = patterns.unwrap_or(&DEFAULT_CLAIMS);
    let noticed = noticed(text);
    let line_of = |at: usize| text[..at].matches('\n').count();
    let mut claims: Vec<(usize, &str)> = patterns
        .iter()
        .flat_map(|pattern| pattern.find_iter(text))
        .map(|found| (found.start(), lines_around(text, found.start(), found.end())))
        .filter(|(at, lines)| {
            let first = line_of(*at);
            let own = noticed.iter().skip(first).take(lines.lines().count().max(1));
            !own.clone().all(|noticed| *noticed) || own.count() == 0
        })
        .filter(|(_, lines)| !DENIAL.is_match(&CLEAN_COUNT.replace_all(lines, "")))
        .collect();
    claims.sort_unstable();
    claims.first().map(|(_, line)| line.trim())
}

/// Whether some line says that something went wrong.
pub fn denies(text: &str) -> bool {
    let own = text.lines().zip(noticed(text)).filter(|(_, noticed)| !noticed);
    own.map(|(line, _)| line).any(|line| DENIAL.is_match(&CLEAN_COUNT.replace_all(line, "")))
}

/// Whether a claim is about all that the script does, not about one thing among others.
pub fn claims_the_whole(line: &str) -> bool {
    const WHOLE: [&str; 5] = ["success", "complete", "finished", "all good", "all done"];
    let line = line.to_ascii_lowercase();
    WHOLE.iter().any(|word| line.contains(word)) || line.trim_end_matches(['.', '!']).trim() == "done"
}

/// The whole lines that hold the bytes from `start` to `end`.
fn lines_around(text: &str, start: usize, end: usize) -> &str {
    let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let end = end.max(start);
    // A match that ends with the line feed ends on its line.
    let last = if end > start && text[..end].ends_with('\n') { end - 1 } else { end };
    let to = text[last..].find('\n').map_or(text.len(), |at| last + at);
    &text[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_claims_are_seen() {
        for text in [
            "done",
            "x: OK\n",
            "Migration completed successfully",
            "3 passed, 0 failed",
            "finished with no errors",
        ] {
            assert!(claim(None, text).is_some(), "{text}");
        }
        assert_eq!(claim(None, "a\n  all done  \nb"), Some("all done"));
        let behind = "x.sh: line 6:  3 Killed   | while read -r pod; do\n    remove;\ndone\ncomplete\n";
        assert_eq!(claim(None, behind), Some("complete"));
        let within = "x.sh: line 9:  7 Killed    tool --install a $(slave b\nfor util in cat more;\ndo\n    slave lz$util;\ndone)\n";
        assert_eq!(claim(None, within), None);
    }

    #[test]
    fn denials_and_job_notices_are_no_claims() {
        for text in [
            "not complete",
            "0 ok, 3 failed",
            "incomplete",
            "ERROR: could not be finished, the delete failed",
            "unsuccessful",
            "x.sh: line 12:  4711 Killed                  openstack server delete done",
            "[1]+  Done                    sleep 10",
            "Terminated",
            "x.sh: line 6:     3 Broken pipe             list\n     4 Killed                  | jq .\n     5                       | while read -r pod; do\n    remove \"$pod\" && echo complete;\ndone\n",
            "x.sh: line 2:  6 Done    ( cat  <<EOF\ncommit x\nEOF\n ; for i in a b; do\n    echo \"$i\";\ndone; echo )\n     7 Killed                  | git fast-import\n",
            "would be done",
            "/repo/x.sh: line 3: done-tool: command not found",
            "token",
            "",
        ] {
            assert_eq!(claim(None, text), None, "{text}");
        }
    }

    #[test]
    fn what_bash_says_of_a_killed_process_is_known() {
        assert!(is_end_notice(
            "stderr| /repo/a.sh: line 1:     6 Hangup                  openstack server delete a"
        ));
        assert!(!is_end_notice("stderr| /repo/a.sh: line 6: openstack: command not found"));
    }

    #[test]
    fn the_harness_says_what_claims_success() {
        let patterns =
            [Regex::new("(?i)offboard complete").expect("valid"), Regex::new(r"shipped\n$").expect("valid")];
        assert_eq!(claim(Some(&patterns), "done\n"), None);
        assert_eq!(claim(Some(&patterns), "a\nOffboard complete: x\n"), Some("Offboard complete: x"));
        assert_eq!(claim(Some(&patterns), "was not shipped\n"), None);
        assert_eq!(claim(Some(&patterns), "error\nshipped\n"), Some("shipped"));
    }
}
