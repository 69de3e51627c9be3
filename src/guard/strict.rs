//! What the tables are too generous about for a proof: they say what a line does as a rule, and the guard must know
//! that it does nothing else in any case.

use crate::commands::{HOLE, Tables, beyond};
use crate::facts::SecretNames;

use super::shows::prints_secret;

/// Why a line that reads by the tables is still not let through; `None` where nothing speaks against it. `written`: the
/// tables name files that it writes.
pub(super) fn why_not(words: &[String], written: bool, names: &SecretNames) -> Option<String> {
    prints_secret(words, names)
        .or_else(|| side_door(words, written))
        .or_else(|| telling_option(words))
        .or_else(|| unknown_letter(words))
}

/// A short option that neither the table nor the documentation of any verb of the tool has.
fn unknown_letter(words: &[String]) -> Option<String> {
    let program = base(words);
    let of_it = |line: &&str| line.split(' ').next() == Some(program);
    let (_, letters) = beyond::KNOWN_LETTERS.iter().copied().find(of_it)?.split_once(' ')?;
    let mut unknown = Tables::builtin().unknown_letters(words).into_iter();
    // A sign is a part of a value (`-M90%`).
    let letter = unknown.find(|c| !letters.contains(*c) && c.is_ascii_alphanumeric())?;
    Some(format!("what its option `-{letter}` does is not known"))
}

/// An option that no table knows, and whose name tells of more than reading.
fn telling_option(words: &[String]) -> Option<String> {
    // What names a thing shows nothing of it.
    let names = |name: &str| ["-id", "-ids", "-arn", "-name"].iter().any(|end| name.ends_with(end));
    let tells =
        |name: &&str| !names(name) && name.split('-').any(|part| beyond::TELLING_OPTIONS.contains(&part));
    let option = Tables::builtin().unknown_options(words).into_iter().find(tells)?;
    Some(format!("what its option `{option}` does is not known"))
}

/// Options by which a program that reads runs another one or writes a file.
fn side_door(words: &[String], written: bool) -> Option<String> {
    let program = base(words);
    let args = &words[1..];
    if beyond::NETWORK.contains(&program) && args.iter().any(|word| word.contains(HOLE)) {
        return Some("what is sent is not known".to_owned());
    }
    if let Some(why) = reaches_out(program, args) {
        return Some(why.to_owned());
    }
    let door = match program {
        // From stdin to stdout.
        "xxd" if args.iter().all(|word| word.starts_with('-')) => None,
        "git" => return git(args),
        "az" => return az(args),
        "openssl" => return openssl(args),
        "man" | "less" | "more" => return pages(program, args),
        "dc" | "watch" | "htop" => return Some(format!("`{program}` can run other programs")),
        "virsh" => {
            let starts =
                |word: &&str| word.contains('+') && word.contains("://") || word.contains("command=");
            args.iter().map(String::as_str).find(starts)
        }
        "curl" => beyond::door(words).or_else(|| named_file(words)),
        _ if always_writes(program) => {
            // Where the tables find no file that is written, they have misread the line.
            return (!args.is_empty() && !written).then(|| format!("`{program}` changes files"));
        }
        _ => beyond::door(words),
    };
    door.map(|word| format!("`{program} {word}` does more than read"))
}

/// The file whose content `curl` sends, or takes for a variable: `name@FILE`.
fn named_file(words: &[String]) -> Option<&str> {
    let values = Tables::builtin().values_of(words, &["--data-urlencode", "--url-query", "--variable"]);
    values.into_iter().find(|value| value.split('=').next().is_some_and(|front| front.contains('@')))
}

/// Whether `tar` reads or writes an archive on another machine.
fn archive_elsewhere(args: &[String]) -> bool {
    let letters = |index: usize| {
        let word = args[index].as_str();
        word.strip_prefix('-').filter(|rest| !rest.starts_with('-')).or_else(|| (index == 0).then_some(word))
    };
    (0..args.len()).any(|index| {
        let next = || args.get(index + 1).is_some_and(|word| is_elsewhere(word));
        match letters(index).and_then(|letters| letters.split_once('f')) {
            Some((_, "")) => next(),
            // Without a dash the values follow in the order of their letters.
            Some((_, name)) => is_elsewhere(name) || index == 0 && next(),
            None => args[index].starts_with("--fi") && (is_elsewhere(&args[index]) || next()),
        }
    })
}

/// `host:file`, `rsync://host/file`, as itself or behind an option's `=`; what is not known may be one.
fn is_elsewhere(word: &str) -> bool {
    let name =
        word.split_once('=').filter(|(option, _)| option.starts_with('-')).map_or(word, |(_, value)| value);
    !name.starts_with('-') && name.split('/').next().is_some_and(|front| front.contains([':', HOLE]))
}

/// `man`, `less`: a pager shows what it is given, and runs what a key or an option says. Without a terminal, and with
/// nothing but names and options that only change what is shown, it prints.
fn pages(program: &str, args: &[String]) -> Option<String> {
    let options = if program == "man" { "kfawK" } else { "RSNFXiIMmsnEeGq" };
    let shows = |word: &String| {
        let letters = word.strip_prefix('-').unwrap_or_default();
        !letters.is_empty() && letters.chars().all(|letter| options.contains(letter))
    };
    let names = |word: &String| {
        let topic = |c: char| c.is_ascii_alphanumeric() || "_.-:@".contains(c);
        !word.starts_with(['-', '+', HOLE]) && (program != "man" || word.chars().all(topic))
    };
    let fine = !args.is_empty() && args.iter().all(|word| shows(word) || names(word))
        || program != "man" && args.is_empty();
    (!fine).then(|| format!("`{program}` can run other programs"))
}

/// Why a line that only reads reaches further than this machine's tables.
fn reaches_out(program: &str, args: &[String]) -> Option<&'static str> {
    let any = |test: &dyn Fn(&str) -> bool| args.iter().any(|word| test(word));
    match program {
        "curl" | "wget" if any(&other_scheme) => {
            Some("it reads files, or speaks to a service that is no web server")
        }
        "helm" if any(&|word| word.contains("://") && !is_of_scheme(word, &["http", "https", "oci"])) => {
            Some("a plugin fetches it")
        }
        "gh" | "glab" if any(&other_forge) => Some("it sends its token to another host"),
        "tar" | "bsdtar" if archive_elsewhere(args) && !any(&|word| word == "--force-local") => {
            Some("it reads from another machine")
        }
        "rsync" if any(&is_elsewhere) => Some("it reads from another machine"),
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

/// Whether a word is an address of one of these schemes, as itself or behind an option's `=`.
fn is_of_scheme(word: &str, known: &[&str]) -> bool {
    let option = word.split_once('=').filter(|(option, _)| option.starts_with("--"));
    let address = option.map_or(word, |(_, value)| value);
    address.split_once("://").is_some_and(|(scheme, rest)| known.contains(&scheme) && !rest.contains("://"))
}

/// Whether a word is an address on another host than those that the tools are for.
fn other_forge(word: &str) -> bool {
    let Some((scheme, rest)) = word.split_once("://") else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    let known = ["github.com", "api.github.com", "gist.github.com", "gitlab.com"].contains(&host);
    scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) && !known
}

/// Whether a program has no other use than to change files.
pub(super) fn always_writes(program: &str) -> bool {
    beyond::WRITERS.contains(&program)
}

/// `openssl`: what many of its commands write or show is a key.
fn openssl(args: &[String]) -> Option<String> {
    let verb = args.first().map_or("", String::as_str);
    let request =
        verb == "req" && args.iter().any(|word| word == "-in") && args.iter().any(|word| word == "-noout");
    let door = ["-out", "-new", "-sign", "-key", "-CAcreate", "-signkey", "-nocert"];
    let bad = args.iter().any(|word| door.iter().any(|start| word.starts_with(start)));
    let has = |wanted: &str| args.iter().any(|word| word == wanted);
    let shows_key = args.iter().any(|word| word.starts_with("-text") && word != "-text_pub");
    let checks = match verb {
        "rsa" | "ec" | "pkey" | "dsa" => has("-pubin") || (has("-noout") || has("-pubout")) && !shows_key,
        "crl2pkcs7" => has("-nocrl") && has("-certfile"),
        "storeutl" => has("-certs") || has("-crls"),
        _ => false,
    };
    (bad || !request && !checks && !beyond::OPENSSL_READS.contains(&verb))
        .then(|| format!("what `openssl {verb}` writes or shows may be a key"))
}

/// `az`: an option takes as many words as follow, so the verb is known only by the words in front of the first option.
fn az(args: &[String]) -> Option<String> {
    let front = args.iter().take_while(|word| !word.starts_with('-'));
    let verb = front.last().map_or("", String::as_str);
    let reads = beyond::AZ_READS.contains(&verb)
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

/// `git`: settings on its line can name programs, as can some options of verbs that read.
fn git(args: &[String]) -> Option<String> {
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
                if !beyond::GIT_SETTINGS.iter().any(|known| value.starts_with(known))
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
            "--exec-path" | "--html-path" | "--man-path" | "--info-path" if args.len() == 1 => at += 1,
            _ => return door(word),
        }
    }
    let verb = args.get(at).map_or("", String::as_str);
    let rest = args.get(at + 1..).unwrap_or_default();
    // The last of both holds; `--ver` may be `--verbose` too.
    let said = rest.iter().rev().find(|word| *word == "--no-verify" || word.starts_with("--veri"));
    if verb == "push" && said.is_none_or(|word| word != "--no-verify") {
        return Some("the hook `pre-push` runs in a simulation too".to_owned());
    }
    // The manual's page, unless it is to be shown elsewhere.
    if verb == "help"
        && rest.iter().all(|word| {
            ["-a", "--all", "-g", "--guides"].contains(&word.as_str())
                || word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
                    && !word.starts_with('-')
        })
    {
        return None;
    }
    if ["help", "web--browse", "instaweb", "difftool", "mergetool", "column", "credential"].contains(&verb) {
        return door(verb);
    }
    let bad = rest.iter().find(|word| {
        let option = word.split('=').next().unwrap_or(word);
        let long = |name: &str, least: usize| option.len() >= least && name.starts_with(option);
        word.starts_with("ext::")
            || word.starts_with("-O") && verb == "grep"
            // Short for `--upload-pack`.
            || word.starts_with("-u") && verb == "ls-remote"
            // Such a file is called so: it is not stdout.
            || ["-o-", "-"].contains(&word.as_str()) && verb == "archive"
            || long("--upload-pack", 3)
            || long("--exec", 3)
            || long("--ext-diff", 3)
            || long("--textconv", 3)
            || long("--filters", 3)
            || long("--output", 3) && *word != "--oneline"
            || long("--open-files-in-pager", 3)
            || long("--in-place", 3)
            || long("--receive-pack", 3)
    });
    bad.and_then(|word| door(word))
}

/// The program, without folders.
pub(super) fn base(words: &[String]) -> &str {
    words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word))
}
