//! What a command shows that is a secret, by the command.

use crate::commands::{HOLE, Tables, beyond};
use crate::facts::SecretNames;

use super::environ;
use super::secret_files;

/// Whether a line reads what vault tells of itself, or how somebody may log in, which is no secret.
pub(super) fn reads_of_itself(words: &[String]) -> bool {
    let Some(rest) = words.get(2..) else { return false };
    let paths = rest.iter().filter(|word| !word.starts_with('-')).collect::<Vec<_>>();
    let of_itself = |path: &&String| {
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            ["sys", part, ..] => beyond::VAULT_ITSELF.contains(part),
            ["auth", _, "role", role] => !role.is_empty(),
            _ => false,
        }
    };
    super::strict::base(words) == "vault"
        && words[1] == "read"
        && !paths.is_empty()
        && paths.iter().all(of_itself)
}

/// Why what it prints is a secret, where it is one.
pub(super) fn prints_secret(words: &[String], names: &SecretNames) -> Option<String> {
    if reads_of_itself(words) {
        return None;
    }
    let program = super::strict::base(words);
    let args = &words[1..];
    if is_printer(words) || Tables::builtin().prints_secret(words) {
        return Some("it prints a secret".to_owned());
    }
    if ["kubectl", "oc"].contains(&program) && prints_object(words) {
        return Some("it prints a secret".to_owned());
    }
    if ["terraform", "tofu"].contains(&program) && prints_output(args, names) {
        return Some("it prints a value that the tool keeps to itself otherwise".to_owned());
    }
    if environ::is_printed(words, names) {
        return Some("it prints the environment, secrets too".to_owned());
    }
    let file = secret_files::shown(words, names)?;
    Some(format!("`{file}` holds a secret by its name"))
}

fn is_printer(words: &[String]) -> bool {
    let tables = Tables::builtin();
    let built_in = tables.secrets().printers.iter().map(String::as_str);
    tables.is_of(words, built_in.chain(beyond::PRINTERS.iter().copied()))
        && !tables.is_of(words, beyond::NO_PRINTERS.iter().copied())
}

/// Whether `kubectl` prints an object that is, or may be, a secret, and not only its name.
fn prints_object(words: &[String]) -> bool {
    let tables = Tables::builtin();
    let given = |names: &[&str]| tables.values_of(words, names);
    let args = || words.iter().skip(1);
    let secret = args().any(|word| word.split(',').any(is_secret_kind));
    // What a file names is not known.
    let from_file = tables.operands(words).first() == Some(&"get")
        && !given(&["-f", "-k", "--filename", "--kustomize"]).is_empty();
    // `jsonpath={.metadata.name}`
    let of_itself = |form: &str| {
        let field = form.strip_prefix("jsonpath={").and_then(|rest| rest.strip_suffix('}'));
        let columns = form.strip_prefix("custom-columns=").map(|columns| columns.split(','));
        field.is_some_and(|path| PLAIN_FIELDS.contains(&path))
            || columns.is_some_and(|mut columns| {
                columns.all(|column| {
                    column.split_once(':').is_some_and(|(_, path)| PLAIN_FIELDS.contains(&path))
                })
            })
    };
    let whole = |form: &str| !["name", "wide"].contains(&form) && !of_itself(form);
    let prints = given(&["-o", "--output"]).into_iter().any(whole) || !given(&["--template"]).is_empty();
    let verbose = |level: &str| level.parse::<u32>().map_or(true, |level| level > MOST_VERBOSE);
    let traces = given(&["-v", "--v"]).into_iter().any(verbose);
    let applied = args().any(|word| word == "view-last-applied");
    secret && (prints || traces || applied)
        || from_file && prints
        || args().any(|word| word.contains("/secrets"))
        // The server decodes the path.
        || given(&["--raw"]).into_iter().any(|path| path.contains('%') || path.contains(HOLE))
}

/// Fields of any object that hold no secret.
const PLAIN_FIELDS: [&str; 5] =
    [".metadata.name", ".metadata.namespace", ".metadata.creationTimestamp", ".metadata.uid", ".type"];

/// Up to here `kubectl` prints no bodies of requests.
const MOST_VERBOSE: u32 = 7;

/// `secret`, `secrets.v1.`, `Secret/x`.
fn is_secret_kind(word: &str) -> bool {
    let kind = word.split(['/', '.']).next().unwrap_or_default();
    ["secret", "secrets"].iter().any(|known| kind.eq_ignore_ascii_case(known))
}

/// Whether `terraform output` prints a single value whose name tells of a secret, or may.
fn prints_output(args: &[String], names: &SecretNames) -> bool {
    let mut operands = args.iter().filter(|word| !word.starts_with('-'));
    match operands.next().map(String::as_str) {
        // One by its name is shown as it is, though it be sensitive.
        Some("output") => operands.any(|name| {
            names.matches(name)
                || name.contains(HOLE)
                || beyond::TELLING_OUTPUTS.iter().any(|text| name.contains(text))
                || !beyond::PLAIN_OUTPUTS.iter().any(|end| name.ends_with(end))
        }),
        // A plan or a state in JSON holds every value.
        Some("show") => args.iter().any(|word| word.trim_start_matches('-').starts_with("json")),
        _ => false,
    }
}
