//! What a call's words ask for: which command runs in the end, which form of output, which fields.

use super::basename;

/// The command behind `sudo`, `timeout`, `ssh` and the like: the words of what answers in the end.
pub(super) fn inner(argv: &[String]) -> Vec<String> {
    let mut words = argv.to_vec();
    for _ in 0..4 {
        let Some(next) = step(&words) else { break };
        words = next;
    }
    words
}

fn step(argv: &[String]) -> Option<Vec<String>> {
    let program = basename(argv.first()?);
    let behind = |with_value: &[&str], skip: usize| -> Option<Vec<String>> {
        let mut rest = argv[1..].iter().peekable();
        let mut left = skip;
        while let Some(word) = rest.peek() {
            if word.as_str() == "--" {
                rest.next();
                break;
            }
            if word.starts_with('-') || word.contains('=') && !word.contains('/') {
                let takes = with_value.contains(&word.as_str());
                rest.next();
                if takes {
                    rest.next();
                }
            } else if left > 0 {
                left -= 1;
                rest.next();
            } else {
                break;
            }
        }
        let rest: Vec<String> = rest.cloned().collect();
        (!rest.is_empty()).then_some(rest)
    };
    match program {
        "sudo" | "doas" => behind(&["-u", "-g", "-h", "-p", "-C", "-T", "-D", "--user", "--group"], 0),
        "timeout" | "chrt" | "taskset" | "flock" => {
            behind(&["-s", "-k", "--signal", "--kill-after", "-w", "-E"], 1)
        }
        "nohup" | "nice" | "ionice" | "setsid" | "stdbuf" | "unbuffer" | "time" | "chronic" | "retry"
        | "env" => behind(&["-n", "-c", "-i", "-o", "-e"], 0),
        "ssh" | "sshpass" | "autossh" => {
            let rest = behind(
                &[
                    "-i", "-p", "-l", "-o", "-F", "-J", "-L", "-R", "-D", "-W", "-b", "-c", "-E", "-e", "-m",
                    "-O", "-Q", "-S", "-w",
                ],
                1,
            )?;
            words_of(&rest.join(" "))
        }
        "kubectl" | "docker" | "podman" | "lxc" | "juju" | "incus" | "docker-compose" | "oc" | "microk8s" => {
            let verbs = ["exec", "run", "ssh"];
            argv.iter().take(4).find(|word| verbs.contains(&word.as_str()))?;
            let at = argv.iter().position(|word| word == "--")?;
            let rest = &argv[at + 1..];
            match rest {
                [] => None,
                [one] => words_of(one),
                [shell, flag, text, ..]
                    if shell.ends_with("sh") && flag.starts_with('-') && flag.ends_with('c') =>
                {
                    words_of(text)
                }
                _ => Some(rest.to_vec()),
            }
        }
        _ => None,
    }
}

fn words_of(text: &str) -> Option<Vec<String>> {
    let words = shlex::split(text)?;
    // Of a list, the last command's output is what is left to read.
    let last = words.rsplit(|word| word == "&&" || word == ";" || word == "||").next()?;
    (!last.is_empty()).then(|| last.to_vec())
}

/// The form of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// JSON.
    Json,
    /// YAML, read by few.
    Yaml,
    /// The bare values of these fields.
    Values(Vec<String>),
    /// These fields, with text of the template between them: `{{.Names}}:{{.Status}}`.
    Template(Vec<Piece>),
    /// `kind/name`
    Name,
    /// Whatever the tool prints by itself.
    Plain,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// What is printed as it is.
    Text(String),
    /// The value of this field.
    Field(String),
}

/// The pieces of a template (`jsonpath={.a}-{.b}`, `{{.A}}:{{.B}}`), where text stands between its fields and each is printed
/// once.
fn pieces(template: &str) -> Option<Vec<Piece>> {
    const GROUPS: [&str; 6] = ["range", "end", "if", "else", "with", "define"];
    let start = template.find('{')?;
    let mut rest = template.strip_prefix("table ").unwrap_or(&template[start..]);
    let mut pieces = Vec::new();
    while let Some(at) = rest.find('{') {
        if at > 0 {
            pieces.push(Piece::Text(rest[..at].to_owned()));
        }
        let (open, close) = if rest[at..].starts_with("{{") { (2, "}}") } else { (1, "}") };
        let (inside, behind) = rest[at + open..].split_once(close)?;
        let inside = inside.trim();
        if GROUPS.iter().any(|word| inside.starts_with(word)) || inside.contains('*') {
            return None;
        }
        match inside.strip_prefix(['"', '\'']).and_then(|text| text.strip_suffix(['"', '\''])) {
            Some(text) => pieces.push(Piece::Text(text.replace("\\n", "\n").replace("\\t", "\t"))),
            None => pieces.push(Piece::Field(last_name(inside.split('|').next().unwrap_or(inside)))),
        }
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    let is_text = |piece: &Piece| matches!(piece, Piece::Text(text) if !text.trim().is_empty());
    (pieces.iter().any(is_text)
        && pieces.iter().any(|piece| matches!(piece, Piece::Field(name) if !name.is_empty())))
    .then_some(pieces)
}

/// The form that the words ask for.
pub(super) fn form(argv: &[String]) -> Form {
    let words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    let options = ["-f", "--format", "-o", "--output", "-format", "--output-format", "-O", "--out", "-F"];
    let mut asked: Option<String> = None;
    for (index, word) in words.iter().enumerate() {
        if options.contains(word) {
            asked = words.get(index + 1).map(|next| (*next).to_owned());
        } else if let Some((name, value)) = word.split_once('=')
            && options.contains(&name)
        {
            asked = Some(value.to_owned());
        } else if let Some(value) = word.strip_prefix("-o").or_else(|| word.strip_prefix("-f"))
            && ["json", "yaml", "name", "wide", "value"]
                .iter()
                .any(|known| value.trim_start_matches('=').starts_with(known))
        {
            asked = Some(value.trim_start_matches('=').to_owned());
        } else if matches!(*word, "--json" | "-json" | "-j") && *word != "-j" {
            asked = Some("json".to_owned());
        }
        if matches!(asked.as_deref(), Some("json" | "value" | "yaml")) {
            break;
        }
    }
    let columns = match argv.first().map_or("", |name| basename(name)) {
        "vgs" | "lvs" | "pvs" => reported(&words),
        _ => columns(&words),
    };
    let Some(asked) = asked.filter(|asked| !columns.iter().any(|column| asked.starts_with(column.as_str())))
    else {
        if let Some(field) = field(&words) {
            return Form::Values(vec![field]);
        }
        return if columns.is_empty() { Form::Plain } else { Form::Values(columns) };
    };
    if asked.starts_with("json") && !asked.contains("path") {
        return Form::Json;
    }
    if asked.starts_with("yaml") {
        return Form::Yaml;
    }
    if asked == "name" {
        return Form::Name;
    }
    if asked.starts_with("value") && asked.contains('(') {
        return Form::Values(fields_of(&asked));
    }
    if asked == "value" || asked == "csv" || asked == "text" || asked == "tsv" || asked == "shell" {
        let columns = if columns.is_empty() { field(&words).into_iter().collect() } else { columns };
        return Form::Values(columns);
    }
    if asked.contains('{')
        || asked.starts_with("jsonpath")
        || asked.starts_with("go-template")
        || asked.starts_with("custom-columns")
    {
        if asked.contains("json .") || asked.contains("toJson") {
            return Form::Json;
        }
        return pieces(&asked).map_or_else(|| Form::Values(fields_of(&asked)), Form::Template);
    }
    if columns.is_empty() { Form::Plain } else { Form::Values(columns) }
}

/// `-c id -c name`, `-c=id`, `--column id`.
fn columns(words: &[&str]) -> Vec<String> {
    let mut columns = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if matches!(*word, "-c" | "--column") {
            columns.extend(words.get(index + 1).map(|next| (*next).to_owned()));
        } else if let Some(value) = word.strip_prefix("--column=") {
            columns.push(value.to_owned());
        }
    }
    columns.retain(|column| {
        !column.starts_with('-') && !column.contains(['/', '$', ' '])
            || column.chars().next().is_some_and(char::is_uppercase)
    });
    columns
}

/// The fields of `-o vg_free,vg_size`.
fn reported(words: &[&str]) -> Vec<String> {
    let given = |pair: &[&str]| {
        let is_option = |word: &str| word == "--options" || word.starts_with('-') && word.ends_with('o');
        is_option(pair[0]).then(|| pair[1].trim_start_matches('+').to_owned())
    };
    let attached = || words.iter().find_map(|word| word.strip_prefix("--options=").map(str::to_owned));
    let fields = words.windows(2).find_map(given).or_else(attached).unwrap_or_default();
    fields.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect()
}

/// `-field=x`, `--query x`, `output -raw x`, `-o field`.
fn field(words: &[&str]) -> Option<String> {
    for (index, word) in words.iter().enumerate() {
        if let Some(value) = word.strip_prefix("-field=").or_else(|| word.strip_prefix("--field=")) {
            return Some(value.to_owned());
        }
        if matches!(*word, "-field" | "--query" | "-raw" | "--property" | "-p")
            && let Some(next) = words.get(index + 1)
            && (*word != "-p" || words.contains(&"show"))
        {
            return Some(last_name(next));
        }
        if let Some(value) = word.strip_prefix("--query=").or_else(|| word.strip_prefix("--property=")) {
            return Some(last_name(value));
        }
    }
    None
}

/// The names of the fields in a template: `{.status.phase}`, `{{.State.Status}}`, `value(name,status)`, `ID:.id`.
fn fields_of(template: &str) -> Vec<String> {
    let inside = template
        .replace("jsonpath", " ")
        .replace("go-template", " ")
        .replace("custom-columns", " ")
        .replace("value(", " ");
    let names: Vec<String> = inside
        .split(|c: char| !(c.is_alphanumeric() || "._-\\[]*@\"'=?()".contains(c)))
        .filter(|part| part.contains('.') || template.starts_with("value"))
        .map(last_name)
        .filter(|name| {
            !name.is_empty() && !matches!(name.as_str(), "range" | "end" | "items" | "if" | "index")
        })
        .collect();
    names
}

/// The last name of a path.
pub(super) fn last_name(path: &str) -> String {
    path.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .rfind(|part| !part.is_empty() && !part.bytes().all(|b| b.is_ascii_digit()))
        .unwrap_or_default()
        .to_owned()
}

/// Whether the call asks for several things.
pub(super) fn is_list(argv: &[String]) -> bool {
    let program = argv.first().map_or("", |name| basename(name));
    let operands: Vec<&str> =
        argv[1..].iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let list = |word: &str| {
        matches!(word, "list" | "ls" | "ps" | "images" | "volumes" | "machines" | "read" | "repos")
    };
    let first = operands.iter().take(5).any(|word| list(word) && *word != "read")
        || argv
            .iter()
            .any(|word| word.starts_with("list-") || word == "--list" || word.starts_with("describe-"));
    match program {
        // `kubectl get pods`: several; `kubectl get pod x`, `kubectl get pod/x`: one.
        "kubectl" | "oc" | "k" | "microk8s.kubectl" => {
            let after: Vec<&&str> = operands.iter().skip_while(|word| **word != "get").skip(1).collect();
            let noun = after.first().copied().copied().unwrap_or_default();
            let selects = argv.iter().any(|word| {
                matches!(word.as_str(), "-l" | "--selector" | "-A" | "--all-namespaces")
                    || word.starts_with("--selector=")
            });
            let named = named_operands(argv, "get").len() > 1 || noun.contains('/');
            operands.contains(&"get") && (selects || !named)
        }
        "maas" => {
            argv.last().is_some_and(|word| word == "read")
                && argv.get(2).is_some_and(|noun| noun.ends_with('s'))
        }
        _ => first,
    }
}

/// The operands behind a verb; the values of options are none.
fn named_operands<'a>(argv: &'a [String], verb: &str) -> Vec<&'a str> {
    let mut operands = Vec::new();
    let mut words = argv.iter().skip_while(|word| *word != verb).skip(1);
    while let Some(word) = words.next() {
        if matches!(
            word.as_str(),
            "-n" | "--namespace"
                | "-o"
                | "--output"
                | "-l"
                | "--selector"
                | "--context"
                | "--sort-by"
                | "--field-selector"
        ) {
            words.next();
        } else if !word.starts_with('-') {
            operands.push(word.as_str());
        }
    }
    operands
}

/// `-f='${Version}'`, `--qf '%{VERSION}'`, and nothing of a state.
pub(super) fn asks_for_version(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.contains("{version") && !word.contains("status")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_between_the_fields_of_a_template_is_kept() {
        let of = |words: &[&str]| form(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let field = |name: &str| Piece::Field(name.to_owned());
        let text = |text: &str| Piece::Text(text.to_owned());
        for (asked, wanted) in [
            (
                "jsonpath={.metadata.name}.{.metadata.namespace}.svc",
                vec![field("name"), text("."), field("namespace"), text(".svc")],
            ),
            ("{{.Names}}:{{ .Status | lower }}", vec![field("Names"), text(":"), field("Status")]),
            ("jsonpath={.spec.host}{\"/\"}{.spec.path}", vec![field("host"), text("/"), field("path")]),
        ] {
            assert_eq!(of(&["kubectl", "get", "svc", "x", "-o", asked]), Form::Template(wanted), "{asked}");
        }
        for plain in ["jsonpath={.spec.a}", "jsonpath={range .items[*]}{.a}:{.b}{end}", "{{.A}} {{.B}}"] {
            assert!(matches!(of(&["kubectl", "get", "x", "-o", plain]), Form::Values(_)), "{plain}");
        }
    }
}
