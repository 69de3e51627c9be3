//! What the tables are too generous about for a proof: they say what a line does as a rule, and the guard must know
//! that it does nothing else in any case.

use crate::commands::HOLE;
use crate::facts::SecretNames;

use super::shows::prints_secret;

/// Programs that send their words to other machines.
const NETWORK: [&str; 16] = [
    "curl",
    "wget",
    "http",
    "https",
    "xh",
    "xhs",
    "dig",
    "host",
    "nslookup",
    "drill",
    "whois",
    "ping",
    "ping6",
    "traceroute",
    "tracepath",
    "mtr",
];

/// Why a line that reads by the tables is still not let through; `None` where nothing speaks against it. `written`: the
/// tables name files that it writes.
pub(super) fn why_not(words: &[String], written: bool, names: &SecretNames) -> Option<String> {
    prints_secret(words, names).or_else(|| side_door(words, written))
}

/// Options by which a program that reads runs another one or writes a file.
fn side_door(words: &[String], written: bool) -> Option<String> {
    let program = base(words);
    let args = &words[1..];
    let starts =
        |starts: &[&str]| args.iter().find(|word| starts.iter().any(|start| word.starts_with(start)));
    if NETWORK.contains(&program) && args.iter().any(|word| word.contains(HOLE)) {
        return Some("what is sent is not known".to_owned());
    }
    // An option that simulates and is given twice may be switched off by the second.
    let simulates = |word: &&String| {
        word.starts_with("--dry") || word.starts_with("--no-dry") || word.starts_with("--sim")
    };
    if args.iter().filter(simulates).count() > 1 {
        return Some("an option that simulates is given twice".to_owned());
    }
    if let Some(why) = reaches_out(program, args) {
        return Some(why.to_owned());
    }
    let door = match program {
        "git" => return git(args),
        "az" => return az(args),
        "virsh" => {
            args.iter().find(|word| word.contains('+') && word.contains("://") || word.contains("command="))
        }
        "mysql" | "mariadb" => starts(&["--tee", "--pager", "--plugin", "--init"]),
        "awk" | "gawk" | "mawk" | "nawk" => starts(&[
            "-f",
            "--file",
            "-l",
            "--load",
            "-i",
            "--include",
            "-E",
            "--exec",
            "-o",
            "--pretty",
            "-p",
            "--prof",
            "-d",
            "--dump",
            "-D",
            "--debug",
        ]),
        "sed" => starts(&["-f", "--fi", "-i", "--i"]).or_else(|| sed_in_place(args)),
        "sort" => starts(&["--co", "-o", "--o"]),
        "ag" | "ack" => starts(&["--pager", "--ackrc", "--output"]),
        "yamllint" | "hadolint" => starts(&["-c", "--config"]),
        "rg" => args
            .iter()
            .find(|word| *word == "--pre" || word.starts_with("--pre=") || word.starts_with("--host")),
        "ip" => args.iter().find(|word| *word == "-b" || word.trim_start_matches('-').starts_with("ba")),
        "ss" => starts(&["-K", "--ki", "-D", "--di"]),
        "tar" | "bsdtar" => starts(&[
            "--checkpoint-a",
            "--to-c",
            "-I",
            "--use-c",
            "-F",
            "--info",
            "--new-v",
            "--rsh",
            "--rmt",
        ]),
        "journalctl" => starts(&["--cursor-f"]),
        "curl" => args.iter().find(|word| {
            word.starts_with("--config")
                || word.starts_with('-') && !word.starts_with("--") && word.contains('K')
        }),
        "helm" => starts(&["--post-r", "--kubeconfig", "--kube-ap"]),
        "terraform" | "tofu" => starts(&["-out", "--out", "-generate-config-out", "-plugin-dir"]),
        "kubectl" | "oc" => starts(&["--kubeconfig", "--profile", "--cache-dir"]),
        "openssl" => return openssl(args),
        _ if always_writes(program) => {
            // Where the tables find no file that is written, they have misread the line.
            return (!args.is_empty() && !written).then(|| format!("`{program}` changes files"));
        }
        "psql" | "sqlite3" => starts(&["-o", "--output", "-L", "--log", "-f", "--file"]),
        "yq" => starts(&["-i", "--in", "-s", "--split"]),
        "tree" => starts(&["-o", "-R"]),
        "date" => starts(&["-s", "--s"]),
        "xxd" => starts(&["-r"]),
        "iconv" | "pv" | "ss-local" => starts(&["-o", "--o"]),
        "dmidecode" => starts(&["--dump-bin"]),
        "lshw" => starts(&["-dump"]),
        "less" | "more" | "man" | "dc" | "crm_mon" | "watch" | "htop" => {
            return Some(format!("`{program}` can run other programs"));
        }
        "ping" | "ping6" => starts(&["-f"]),
        "docker" | "podman" => starts(&["--config", "-H", "--host"]),
        _ => None,
    };
    door.map(|word| format!("`{program} {word}` does more than read"))
}

/// Why a line that only reads reaches further than this machine's tables.
fn reaches_out(program: &str, args: &[String]) -> Option<&'static str> {
    let any = |test: &dyn Fn(&str) -> bool| args.iter().any(|word| test(word));
    match program {
        "curl" | "wget" if any(&other_scheme) => {
            Some("it reads files, or speaks to a service that is no web server")
        }
        "systemctl" | "loginctl" | "hostnamectl" | "timedatectl" | "busctl" | "systemd-analyze"
            if any(&|word| ["--ho", "--ma", "-H", "-M"].iter().any(|option| word.starts_with(option))) =>
        {
            Some("it asks another machine")
        }
        "psql" | "mysql" | "mariadb" | "sqlite3" if any(&super::sql::calls_unknown) => {
            Some("a function in its text may change something")
        }
        _ => None,
    }
}

/// Whether a word is an address of another scheme than a web server's or an FTP server's.
fn other_scheme(word: &str) -> bool {
    let word = word.rsplit('=').next().unwrap_or(word);
    let Some((scheme, rest)) = word.split_once(':') else { return false };
    let known = ["http", "https", "ftp", "ftps"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) && !scheme.is_empty();
    rest.starts_with('/') && is_scheme && !known || scheme.contains(['{', '[']) && rest.starts_with("//")
}

/// Whether a program has no other use than to change files.
pub(super) fn always_writes(program: &str) -> bool {
    const WRITERS: [&str; 22] = [
        "rm",
        "rmdir",
        "unlink",
        "mkdir",
        "mkfifo",
        "shred",
        "truncate",
        "fallocate",
        "touch",
        "mknod",
        "chmod",
        "chown",
        "chgrp",
        "chattr",
        "setfacl",
        "mv",
        "rename",
        "prename",
        "cp",
        "ln",
        "install",
        "scp",
    ];
    WRITERS.contains(&program)
}

/// `openssl`: what many of its commands write or show is a key.
fn openssl(args: &[String]) -> Option<String> {
    const READ: [&str; 14] = [
        "x509",
        "verify",
        "version",
        "ciphers",
        "crl",
        "dgst",
        "s_client",
        "asn1parse",
        "pkcs7",
        "list",
        "errstr",
        "sha256",
        "base64",
        "ocsp",
    ];
    let verb = args.first().map_or("", String::as_str);
    let request =
        verb == "req" && args.iter().any(|word| word == "-in") && args.iter().any(|word| word == "-noout");
    let door =
        ["-engine", "-provider", "-out", "-config", "-new", "-key", "-CAcreate", "-signkey", "-nocert"];
    let bad = args.iter().any(|word| door.iter().any(|start| word.starts_with(start)));
    (bad || !request && !READ.contains(&verb))
        .then(|| format!("what `openssl {verb}` writes or shows may be a key"))
}

/// `az`: an option takes as many words as follow, so the verb is known only by the words in front of the first option.
fn az(args: &[String]) -> Option<String> {
    const READ: [&str; 16] = [
        "list",
        "show",
        "exists",
        "wait",
        "validate",
        "what-if",
        "query",
        "logs",
        "tail",
        "summarize",
        "url",
        "get",
        "version",
        "find",
        "get-access-token",
        "check-health",
    ];
    let front = args.iter().take_while(|word| !word.starts_with('-'));
    let verb = front.last().map_or("", String::as_str);
    let reads = READ.contains(&verb)
        || ["list-", "show-", "get-", "check-"].iter().any(|start| verb.starts_with(start))
        || args.len() < 2;
    (!reads).then(|| format!("`az ... {verb}` may change something"))
}

/// Whether `gh api graphql` only asks: its query is known, and names no change.
pub(super) fn reads_graphql(words: &[String]) -> bool {
    let [program, api, path, rest @ ..] = words else { return false };
    if program != "gh" || api != "api" || path != "graphql" {
        return false;
    }
    let mut queries = 0;
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        let known = ["-f", "--raw-field", "-F", "--field"].contains(&word.as_str());
        let value = rest.get(at + 1).map_or("", String::as_str);
        match word.as_str() {
            _ if known => {
                if let Some(query) = value.strip_prefix("query=") {
                    let text = query.trim_start();
                    let asks = text.starts_with('{') || text.starts_with("query");
                    if !asks || query.contains(HOLE) || query.contains("mutation") {
                        return false;
                    }
                    queries += 1;
                } else if value.starts_with(HOLE) || value.contains("=@") {
                    return false;
                }
                at += 2;
            }
            "-q" | "--jq" | "-t" | "--template" => at += 2,
            "--paginate" | "--slurp" | "-i" | "--include" | "--silent" => at += 1,
            _ => return false,
        }
    }
    queries == 1
}

fn sed_in_place(args: &[String]) -> Option<&String> {
    args.iter().find(|word| {
        word.starts_with('-') && !word.starts_with("--") && word.contains('i') && !word.contains('e')
    })
}

/// `git`: settings on its line can name programs, as can some options of verbs that read.
fn git(args: &[String]) -> Option<String> {
    const HARMLESS: [&str; 9] = [
        "color.",
        "core.quotepath=",
        "core.quotePath=",
        "log.",
        "advice.",
        "core.pager=cat",
        "pager.",
        "column.",
        "blame.",
    ];
    let door = |word: &str| Some(format!("`git {word}` can run other programs"));
    let mut at = 0;
    while let Some(word) = args.get(at) {
        if !word.starts_with('-') {
            break;
        }
        match word.as_str() {
            "-c" => {
                let value = args.get(at + 1).map_or("", String::as_str);
                let pager = value
                    .strip_prefix("pager.")
                    .is_some_and(|rest| !rest.ends_with("=false") && !rest.ends_with("=cat"));
                if !HARMLESS.iter().any(|known| value.starts_with(known))
                    || pager
                    || value.starts_with("core.pager=") && value != "core.pager=cat"
                {
                    return door(&format!("-c {value}"));
                }
                at += 2;
            }
            "-C" => at += 2,
            "--no-pager" | "-P" | "--no-optional-locks" | "--literal-pathspecs" | "--no-replace-objects" => {
                at += 1;
            }
            "--version" | "--help" | "-v" | "-h" => at += 1,
            _ => return door(word),
        }
    }
    let verb = args.get(at).map_or("", String::as_str);
    let rest = args.get(at + 1..).unwrap_or_default();
    if ["help", "web--browse", "instaweb", "difftool", "mergetool", "column", "credential"].contains(&verb) {
        return door(verb);
    }
    let bad = rest.iter().find(|word| {
        let option = word.split('=').next().unwrap_or(word);
        let long = |name: &str, least: usize| option.len() >= least && name.starts_with(option);
        word.starts_with("ext::")
            || word.starts_with("-O") && verb == "grep"
            || long("--upload-pack", 5)
            || long("--exec", 5)
            || long("--ext-diff", 5)
            || long("--textconv", 5)
            || long("--filters", 6)
            || long("--output", 4) && *word != "--oneline"
            || long("--open-files-in-pager", 6)
            || long("--in-place", 5)
            || long("--receive-pack", 5)
    });
    bad.and_then(|word| door(word))
}

/// The program, without folders.
pub(super) fn base(words: &[String]) -> &str {
    words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word))
}
