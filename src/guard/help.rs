//! Lines that only show a help text, a version, or what a tool knows of itself.

use crate::commands::{HOLE, Tables, beyond, glob};
use crate::facts::SecretNames;

use super::secret_files::names_secret;

/// Whether the line only shows a help text or a version.
pub(super) fn asks_help(words: &[String], names: &SecretNames) -> bool {
    let Some((program, args)) = words.split_first() else { return false };
    let plain = |word: &String| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let known = Tables::builtin().tool(program).is_some() || beyond::VERSIONED.contains(&program.as_str());
    match (program.as_str(), args) {
        // Without `-I` a `json` in the folder at hand is taken for python's own.
        ("python" | "python3", [isolated, option, module, rest @ ..])
            if isolated == "-I" && option == "-m" && module == "json.tool" =>
        {
            let options =
                ["--sort-keys", "--no-ensure-ascii", "--compact", "--json-lines", "--tab", "--no-indent"];
            let files = rest.iter().filter(|word| !options.contains(&word.as_str()));
            let plain = |word: &&String| !word.starts_with(['-', HOLE]) && !names_secret(word, names);
            return files.clone().all(|word| plain(&word)) && files.count() < 2;
        }
        ("python" | "python3" | "perl" | "ssh" | "tmux" | "ruby" | "screen", [only]) if only == "-V" => {
            return program != "perl";
        }
        ("node" | "npm" | "nginx" | "perl" | "php" | "mvn", [only]) if only == "-v" => return true,
        ("cargo", [verb, only]) if ["clippy", "fmt"].contains(&verb.as_str()) && only == "--version" => {
            return true;
        }
        // What stands behind `--` is told to the formatter itself.
        ("cargo", [verb, rest @ ..]) if verb == "fmt" => {
            let behind = rest.iter().position(|word| word == "--");
            let known = |word: &String| {
                ["--all", "--check", "--quiet", "-q", "--verbose", "-v"].contains(&word.as_str())
            };
            let checks = |words: &[String]| words.iter().any(|word| word == "--check");
            return rest.iter().filter(|word| *word != "--").all(known)
                && behind.is_some_and(|at| checks(&rest[at..]));
        }
        ("ruby", [only]) if only == "-v" => return true,
        ("strace" | "ltrace", [only]) => return only == "-V" || only == "--version" || only == "--help",
        ("ffmpeg" | "ffprobe", [only]) if only == "-version" => return true,
        (
            "ldd" | "env" | "sudo" | "su" | "nohup" | "timeout" | "xargs" | "nice" | "setsid" | "stdbuf",
            [only],
        ) if ["--version", "--help"].contains(&only.as_str()) => {
            return true;
        }
        ("sudo", [only]) if only == "-V" => return true,
        ("nice" | "prlimit", []) => return true,
        ("cargo", [first, second]) if first == "--version" && second == "--verbose" => return true,
        ("stty", [only]) if only == "-a" => return true,
        ("mktemp", [only]) if only == "-u" => return true,
        // It starts the loader that a program names: that of one which may run anyway.
        ("ldd", files) if !files.is_empty() => {
            return files.iter().all(|file| {
                ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/lib/", "/usr/lib/"]
                    .iter()
                    .any(|folder| file.starts_with(folder))
                    && !file.contains(['*', '?', '[', HOLE])
                    && !file.contains("..")
            });
        }
        ("java" | "javac", [only]) if only == "-version" => return true,
        ("sudo" | "ssh-add", [only]) if only == "-l" => return true,
        ("ssh-add", [only]) if only == "-L" => return true,
        ("terraform" | "tofu" | "docker-compose" | "minikube" | "kind" | "k3s", [only])
            if only == "version" =>
        {
            return true;
        }
        _ => {}
    }
    match args {
        [only] if only == "-V" => beyond::VERSION_LETTER.contains(&program.as_str()),
        [only] => known && ["--help", "--version"].contains(&only.as_str()),
        [front @ .., last] => {
            let among = |programs: &[&str]| programs.contains(&program.as_str());
            let verb = front.first().map_or("", String::as_str);
            // These take it for an option of their own only where it stands right behind the verb.
            let words = if program == "go" && ["mod", "work"].contains(&verb) { 2 } else { 1 };
            if ["git", "go"].contains(&program.as_str()) && front.len() > words {
                return false;
            }
            // Behind these stand another program's words.
            let briefly = !["exec", "run", "debug", "attach"].contains(&verb);
            let asks = match last.as_str() {
                "--help" => among(beyond::HELPFUL),
                "-h" => briefly && among(beyond::BRIEFLY_HELPFUL),
                "-help" => among(beyond::GO_HELPFUL),
                _ => false,
            };
            asks && front.iter().all(plain) && front.len() < 5 && is_own(program, front)
        }
        [] => false,
    }
}

/// Whether the words behind a program's name are its own: no alias or plugin, and none that it hands over.
fn is_own(program: &str, words: &[String]) -> bool {
    let of_program = |line: &&str| line.split_once(' ').is_some_and(|(name, _)| name == program);
    let verbs = |line: &str| line.split_once(' ').map_or("", |(_, verbs)| verbs).to_owned();
    let knows =
        |line: &str| verbs(line).split('|').any(|verb| words.first().is_some_and(|word| glob(verb, word)));
    let mut own = beyond::OWN_VERBS.iter().copied().filter(of_program).peekable();
    let is_known = own.peek().is_none() || own.any(knows);
    let hands = |line: &str| {
        let verbs = verbs(line);
        let count = verbs.split(' ').count();
        words.len() > count && verbs.split(' ').eq(words.iter().take(count).map(String::as_str))
    };
    is_known && !beyond::HAND_OVER.iter().copied().filter(of_program).any(hands)
}
