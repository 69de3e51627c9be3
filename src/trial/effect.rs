//! Whether a recorded call changes the world.
//!
//! A call that carries another command (`sudo`, `ssh`, `bash -s`) does what that command does: it is read as the
//! shell text that it is, with what it was given on stdin.

use crate::bash::syntax::Script;
use crate::bash::{self, Dialect};
use crate::commands::{Effect, Tables};
use crate::facts::{Context, Ending, Gates, NoLibrary, SecretNames, invocations, observe};
use crate::source::RepoPath;
use crate::trial::calls::typed;
use crate::trial::harness::Harness;
use crate::trial::world::Call;

/// Whether a call changes the world: by the tables, or because the harness says so.
pub fn mutates(harness: &Harness, call: &Call) -> bool {
    let tables = Tables::builtin();
    harness.mutates.iter().any(|pattern| pattern.matches(&call.argv))
        || if tables.wrappers(call.program()).is_empty() {
            tables.effect_given(&call.argv, call.stdin.as_deref()) == Effect::Mutate
        } else {
            carried_mutates(tables, call)
        }
}

fn carried_mutates(tables: &Tables, call: &Call) -> bool {
    let context = Context {
        library: &NoLibrary,
        secret_names: &SecretNames::new(tables, &[]),
        gates: Gates::usual(),
        own_files: &|_| false,
        traced: false,
        dialect: Dialect::Bash,
    };
    let seen = observe(&RepoPath::new("call"), &carried(call), &context);
    seen.list.iter().any(|observation| observation.effect == Effect::Mutate)
}

/// What a call does, without what it does that to ([`Tables::deed`]): of each command that it carries, where it carries any.
pub fn deeds(call: &Call) -> Vec<Vec<String>> {
    let tables = Tables::builtin();
    let deed = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        tables.deed(&words).into_iter().map(str::to_owned).collect()
    };
    commands(call).iter().map(|words| deed(words)).collect()
}

/// The words of the commands that a call is: its own, or of each command that it carries.
pub fn commands(call: &Call) -> Vec<Vec<String>> {
    if Tables::builtin().wrappers(call.program()).is_empty() {
        return vec![call.argv.clone()];
    }
    let programs = invocations(&carried(call)).into_iter().filter_map(|invocation| match invocation.ending {
        Ending::Program(words) => Some(words),
        _ => None,
    });
    programs.collect()
}

/// The text that a call is.
fn carried(call: &Call) -> Script {
    let text = match &call.stdin {
        Some(stdin) => format!("{} <<'{MARK}'\n{stdin}\n{MARK}\n", typed(&call.argv)),
        None => format!("{} </dev/null\n", typed(&call.argv)),
    };
    bash::parse(&text).script
}

/// Ends the heredoc in which a carried command's stdin stands.
const MARK: &str = "END-OF-WHAT-WAS-ON-STDIN";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::world::Site;

    fn is_mutation(words: &[&str], stdin: Option<&str>) -> bool {
        let text = "version = 1\nscript = \"x.sh\"\nmutates = [\"frob set **\"]\n[[case]]\nname = \"a\"\n";
        let harness = Harness::parse(&RepoPath::new("harnesses/x.toml"), text).expect("it is valid");
        let argv: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let call = Call {
            site: Site { argv: argv.clone(), at: None },
            argv,
            occurrence: 1,
            stdin: stdin.map(str::to_owned),
            ..Call::default()
        };
        mutates(&harness, &call)
    }

    #[test]
    fn what_a_call_does_is_told_without_what_it_does_that_to() {
        let of = |line: &str| {
            let argv = shlex::split(line).expect("it splits");
            deeds(&Call { site: Site { argv: argv.clone(), at: None }, argv, ..Call::default() })
        };
        for (one, other, same) in [
            ("openstack volume delete a", "openstack volume delete b", true),
            ("openstack volume snapshot create --volume a x", "openstack volume delete a", false),
            ("ssh db1 pg_dump -f /a legacy", "ssh db2 pg_dump -f /b legacy", true),
            ("ssh db1 pg_dump -f /a legacy", "ssh db1 dropdb legacy", false),
            ("curl -X POST https://h/a", "curl -X POST https://h/b", true),
            ("curl -X POST https://h/a", "curl -X DELETE https://h/a", false),
            ("psql -c 'DROP TABLE a'", "psql -c 'DROP TABLE b'", true),
            ("psql -c 'CREATE TABLE a'", "psql -c 'DROP TABLE a'", false),
            ("unheard-of a", "unheard-of b", true),
        ] {
            assert_eq!(of(one) == of(other), same, "{one} / {other}");
        }
    }

    #[test]
    fn a_call_does_what_the_command_that_it_carries_does() {
        assert!(is_mutation(&["openstack", "server", "delete", "a"], None));
        assert!(!is_mutation(&["openstack", "server", "list"], None));
        assert!(is_mutation(&["frob", "set", "x"], None) && !is_mutation(&["frob", "get", "x"], None));
        assert!(is_mutation(&["sudo", "systemctl", "restart", "x"], None));
        assert!(is_mutation(&["psql", "app"], Some("DELETE FROM t;\n")));
        assert!(
            !is_mutation(&["psql", "app"], Some("SELECT 1;\n")) && !is_mutation(&["psql", "app"], Some(""))
        );
        assert!(is_mutation(
            &["docker", "exec", "-i", "db", "mysql", "app"],
            Some("INSERT INTO t VALUES (1);\n")
        ));
        assert!(!is_mutation(&["sudo", "systemctl", "status", "x"], None));
        assert!(is_mutation(&["ssh", "host", "openstack server delete a"], None));
        assert!(!is_mutation(&["ssh", "host", "openstack server list"], None));
        assert!(is_mutation(&["juju", "ssh", "vault/0", "bash -s"], Some("set -e\nsystemctl stop vault\n")));
        assert!(!is_mutation(&["juju", "ssh", "vault/0", "bash -s"], Some("systemctl status vault\n")));
    }
}
