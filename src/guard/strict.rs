//! What the tables are too generous about for a proof: they say what a line does as a rule, and the guard must know
//! that it does nothing else in any case.

use crate::commands::{HOLE, Tables, matches_words};
use crate::facts::SecretNames;

/// Commands that print a secret: each word globs one word, `**` any rest. The tables' own printers come on top.
const PRINTERS: [&str; 20] = [
    "gh auth token **",
    "gh auth status ** --show-token **",
    "gh auth status ** -t **",
    "vault token lookup **",
    "vault print **",
    "ceph auth **",
    "maas apikey **",
    "maas list **",
    "terraform output ** -raw **",
    "terraform output ** -json **",
    "terraform state pull **",
    "openstack ** secret get ** --payload **",
    "openstack ** credential show **",
    "openstack ** credential list **",
    "kubeadm token **",
    "etcdctl ** get **",
    "git credential **",
    "systemctl show-environment **",
    "juju ** show-secret ** --reveal **",
    "ps ** e **",
];

/// Programs that print the files which they are given, or a part of them.
const SHOWS_FILES: [&str; 34] = [
    "cat", "tac", "head", "tail", "less", "more", "nl", "base64", "base32", "basenc", "xxd", "od", "strings",
    "hexdump", "bat", "batcat", "sed", "awk", "gawk", "mawk", "cut", "jq", "yq", "grep", "egrep", "fgrep",
    "rg", "rev", "sort", "uniq", "paste", "diff", "openssl", "zcat",
];

/// Files that hold credentials whatever folder they are in.
const SECRET_FILES: [&str; 20] = [
    "shadow",
    "gshadow",
    ".netrc",
    ".pgpass",
    ".my.cnf",
    ".vault-token",
    ".git-credentials",
    "clouds.yaml",
    "clouds.yml",
    "secure.yaml",
    ".env",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    "id_dsa",
    "environ",
    "credentials",
    "accounts.yaml",
    "admin.conf",
    "kubeconfig",
];

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

/// Whether a file holds credentials, whatever is read of it.
pub(super) fn is_secret_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    SECRET_FILES.contains(&name) || name.rsplit('.').next() == Some("key") && name.contains('.')
}

/// Ends of names that are documents or code, whatever words are in them.
const PLAIN_ENDS: [&str; 22] = [
    ".md", ".rs", ".sh", ".py", ".go", ".js", ".ts", ".c", ".h", ".rst", ".html", ".css", ".bats", ".rb",
    ".toml", ".jsonl", ".tf", ".sql", ".proto", ".lock", ".java", ".adoc",
];

/// Tools whose `--help` behind plain words shows the help of that verb.
const HELPFUL: [&str; 24] = [
    "git",
    "kubectl",
    "openstack",
    "juju",
    "helm",
    "docker",
    "podman",
    "systemctl",
    "cargo",
    "gh",
    "terraform",
    "tofu",
    "lxc",
    "vault",
    "ceph",
    "snap",
    "apt",
    "apt-get",
    "pip",
    "pip3",
    "npm",
    "go",
    "aws",
    "az",
];

/// Programs without tables that know `--version` and `--help`.
const KNOWN: [&str; 46] = [
    "node",
    "npm",
    "npx",
    "yarn",
    "pnpm",
    "python",
    "python3",
    "perl",
    "ruby",
    "gem",
    "bundle",
    "rustc",
    "rustup",
    "cargo",
    "go",
    "java",
    "javac",
    "gcc",
    "g++",
    "cc",
    "clang",
    "make",
    "cmake",
    "ninja",
    "bash",
    "sh",
    "zsh",
    "fish",
    "php",
    "lua",
    "ansible",
    "ansible-playbook",
    "packer",
    "vim",
    "nano",
    "tmux",
    "screen",
    "shfmt",
    "psql",
    "mysql",
    "redis-cli",
    "sqlite3",
    "ssh",
    "less",
    "claude",
    "docker-compose",
];

/// Whether the line only shows a help text or a version.
pub(super) fn asks_help(words: &[String]) -> bool {
    let Some((program, args)) = words.split_first() else { return false };
    let plain = |word: &String| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let known = Tables::builtin().tool(program).is_some() || KNOWN.contains(&program.as_str());
    match (program.as_str(), args) {
        ("bash" | "sh" | "dash" | "ksh", [option, files @ ..]) if option == "-n" => {
            return !files.is_empty() && files.iter().all(|file| !file.starts_with(['-', '+', HOLE]));
        }
        ("python" | "python3", [option, module, rest @ ..]) if option == "-m" && module == "json.tool" => {
            let options =
                ["--sort-keys", "--no-ensure-ascii", "--compact", "--json-lines", "--tab", "--no-indent"];
            let files = rest.iter().filter(|word| !options.contains(&word.as_str()));
            return files.clone().all(|word| !word.starts_with(['-', HOLE])) && files.count() < 2;
        }
        ("python" | "python3" | "perl" | "ssh" | "tmux" | "ruby" | "screen", [only]) if only == "-V" => {
            return program != "perl";
        }
        ("node" | "npm" | "nginx" | "ruby" | "perl" | "tmux", [only]) if only == "-v" => {
            return !["ruby", "tmux"].contains(&program.as_str());
        }
        ("java" | "javac", [only]) if only == "-version" => return true,
        ("cargo" | "terraform" | "tofu" | "docker-compose" | "minikube" | "kind" | "k3s", [only])
            if only == "version" =>
        {
            return true;
        }
        ("npm", [verb, ..]) if ["ls", "list", "outdated", "view"].contains(&verb.as_str()) => {
            return args.iter().all(|word| !word.contains(HOLE) && !word.starts_with("--script-shell"));
        }
        ("cargo", [verb, ..])
            if ["tree", "metadata", "pkgid", "locate-project", "search"].contains(&verb.as_str()) =>
        {
            return args
                .iter()
                .all(|word| !word.contains(HOLE) && !word.starts_with("--config") && !word.starts_with('+'));
        }
        _ => {}
    }
    match args {
        [only] => known && ["--help", "--version"].contains(&only.as_str()),
        [front @ .., last] => {
            HELPFUL.contains(&program.as_str())
                && last == "--help"
                && front.iter().all(plain)
                && front.len() < 5
        }
        [] => false,
    }
}

/// Why a line that reads by the tables is still not let through; `None` where nothing speaks against it. `written`: the
/// tables name files that it writes.
pub(super) fn why_not(words: &[String], written: bool, names: &SecretNames) -> Option<String> {
    prints_secret(words, names).or_else(|| side_door(words, written))
}

fn prints_secret(words: &[String], names: &SecretNames) -> Option<String> {
    let program = base(words);
    let mut shown: Vec<&str> = words.iter().map(String::as_str).collect();
    shown[0] = program;
    let printers = Tables::builtin().secrets().printers.iter().map(String::as_str).chain(PRINTERS);
    if printers.into_iter().any(|printer| matches_words(printer, &shown)) {
        return Some("it prints a secret".to_owned());
    }
    let args = &words[1..];
    if ["kubectl", "oc"].contains(&program)
        && args.iter().any(|word| {
            let kind = word.split(['/', ',']).next().unwrap_or_default();
            ["secret", "secrets"].contains(&kind)
                || word.split(',').any(|kind| ["secret", "secrets"].contains(&kind))
        })
        && args.iter().any(|word| {
            word.starts_with("-o") || word.starts_with("--output") || word.starts_with("--template")
        })
    {
        return Some("it prints a secret".to_owned());
    }
    if ["env", "printenv"].contains(&program) {
        let asked = args.iter().filter(|word| !word.starts_with('-'));
        let (count, secret) = asked.fold((0, false), |(count, secret), name| {
            (count + 1, secret || names.matches(name) || name.contains(HOLE))
        });
        if count == 0 || secret || program == "env" {
            return Some("it prints the environment, secrets too".to_owned());
        }
    }
    let file = |word: &&String| {
        let word = word.rsplit('=').next().unwrap_or(word);
        let name = word.rsplit('/').next().unwrap_or(word);
        let looks_like_a_file = word.contains('/') || word.starts_with('.') || SECRET_FILES.contains(&name);
        looks_like_a_file
            && !word.contains(char::is_whitespace)
            && !PLAIN_ENDS.iter().any(|end| name.ends_with(end))
            && (SECRET_FILES.contains(&name)
                || name.rsplit('.').next() == Some("key")
                || names.path_matches(word))
    };
    if SHOWS_FILES.contains(&program)
        && let Some(file) = args.iter().find(file)
    {
        return Some(format!("`{file}` holds a secret by its name"));
    }
    None
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
    let door = match program {
        "git" => return git(args),
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
        "psql" | "mysql" | "sqlite3" => {
            starts(&["-o", "--output", "-L", "--log", "-f", "--file", "-e", "--tee"])
        }
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

fn base(words: &[String]) -> &str {
    words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word))
}
