//! The guard against bash: texts are put together around a command that must not run unasked; whatever the guard lets
//! through is run by bash with a shim in the command's place, and the shim says whether it ran. Ran and let through: a
//! hole.
//!
//! `cargo bench --bench guard_fuzz`. `GAUNTLET_FUZZ_SECONDS` (10) and `GAUNTLET_FUZZ_SEED` (the time) steer it; what it
//! finds is printed with its seed, one a line, and makes it fail.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program of its own: it starts others, and prints what came of it"
)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gauntlet::bash::InProcess;
use gauntlet::guard::{Decision, Policy, decide};
use gauntlet::settings::Settings;

/// Tools that the texts use; nothing else is on the shell's `PATH`.
const TOOLS: [&str; 34] = [
    "bash", "sh", "dash", "env", "nice", "nohup", "timeout", "stdbuf", "setsid", "xargs", "find", "cat",
    "tr", "rev", "sed", "awk", "sort", "head", "tail", "tee", "ls", "seq", "wc", "cut", "grep", "base64",
    "true", "false", "mktemp", "uniq", "ionice", "chrt", "flock", "basename",
];

const STRUCTURES: [&str; 78] = [
    "@",
    "@; ls",
    "ls; @",
    "ls && @",
    "false || @",
    "@ | cat",
    "ls | @",
    "@ &\nwait",
    "(@)",
    "{ @; }",
    "! @",
    "time @",
    "if @; then :; fi",
    "if true; then @; fi",
    "if false; then :; else @; fi",
    "while @; do break; done",
    "until @; do break; done",
    "for i in 1; do @; done",
    "for i in $(@); do :; done",
    "case x in x) @;; esac",
    "case $(@) in *) :;; esac",
    "f() { @; }; f",
    "function f { @; }\nf",
    "f() (@); f",
    "echo \"$(@)\"",
    "echo `@`",
    "x=$(@)",
    "x=$(@) true",
    "export x=$(@)",
    "declare x=$(@)",
    "local_() { local x=$(@); }; local_",
    "a=($(@))",
    "a[$(@)0]=1",
    "cat <(@)",
    "cat < <(@)",
    "ls > >(@)",
    "cat <<< \"$(@)\"",
    "cat <<E\n$(@)\nE",
    "cat <<E\n`@`\nE",
    "cat <<-E\n\t$(@)\n\tE",
    "cat <<'E'\nx\nE\n@",
    "echo ${x:-$(@)}",
    "echo ${x:=$(@)}",
    "echo \"${x:+a}${x:-`@`}\"",
    "x=1; echo ${x/1/$(@)}",
    "x=1; echo ${x#$(@)}",
    "x=1; echo ${x:$(@)0}",
    "x=1; echo ${x:+$(@)}",
    "echo $(( $(@) + 1 ))",
    "echo $[ $(@) + 1 ]",
    "(( x = $(@) + 1 ))",
    "let \"x=$(@)+1\"",
    "[[ -n $(@) ]]",
    "[[ x == $(@) ]]",
    "[[ a =~ $(@) ]]",
    "[ -n \"$(@)\" ]",
    "test -n \"$(@)\"",
    "for ((i=$(@)0; i<1; i++)); do :; done",
    "select x in $(@); do break; done < /dev/null",
    "trap @q EXIT",
    "trap @q DEBUG\ntrue",
    "eval @q",
    "eval @",
    "bash -c @q",
    "sh -c @q",
    "bash -lc @q",
    "bash -ec @q x",
    "printf '%s\\n' @q | bash",
    "echo @q | sh",
    "bash <<< @q",
    "bash <<'E'\n@\nE",
    "coproc @\nwait",
    "coproc X { @; }\nwait",
    "{ ls; @; } 2>&1 | cat",
    "x=@q; eval \"$x\"",
    "x=@q; bash -c \"$x\"",
    ". <(echo @q)",
    "printf @q | bash -s",
];

const WRAPPERS: [&str; 29] = [
    "@",
    "command @",
    "command -p @",
    "exec @",
    "env @",
    "env -i @",
    "env A=b @",
    "env -u X @",
    "nice @",
    "nice -n 5 @",
    "nohup @",
    "timeout 5 @",
    "timeout -s KILL 5 @",
    "stdbuf -oL @",
    "setsid -w @",
    "ionice -c 3 @",
    "flock l @",
    "xargs @ < /dev/null",
    "find . -maxdepth 0 -exec @ ;q",
    "X=1 @",
    "> /dev/null @",
    "@ > /dev/null",
    "2>&1 @",
    "< /dev/null @",
    "builtin command @",
    "env -S @q",
    "xargs -I{} @ <<< x",
    "set -- @\n\"$@\"",
    "a=(@)\n\"${a[@]}\"",
];

const SPELLINGS: [&str; 30] = [
    "zap go",
    "'zap' go",
    "\"zap\" go",
    "z''ap go",
    "z\"\"ap go",
    "\\zap go",
    "$'zap' go",
    "$'\\x7aap' go",
    "$'\\172ap' go",
    "$\"zap\" go",
    "za\\\np go",
    "{zap,go}",
    "z{a,}p go",
    "c=zap; $c go",
    "c=zap\n\"$c\" go",
    "c=xzap; ${c:1} go",
    "c=ZAP; ${c,,} go",
    "${c:-zap} go",
    "$(echo zap) go",
    "`echo zap` go",
    "$(printf %s zap) go",
    "c=zapx; ${c%x} go",
    "c=xzap; ${c#x} go",
    "c=(zap); ${c[0]} go",
    "set zap go; $1 $2",
    "c=c; declare $c=zap; $c go",
    "printf -v c zap; $c go",
    "read c <<< zap; $c go",
    "c=d; d=zap; ${!c} go",
    "IFS=, c=zap,go; $c",
];

/// What is put into a text at random places.
const BITS: [&str; 66] = [
    "\"",
    "'",
    "\\",
    "$(",
    ")",
    "`",
    "{",
    "}",
    ";",
    "\n",
    "#",
    " # ",
    "<<E\n",
    "\nE\n",
    "|",
    "||",
    "&",
    "&&",
    "((",
    "))",
    "[[ ",
    " ]]",
    "case x in ",
    " esac",
    " in ",
    ";;",
    " do ",
    " done",
    "if ",
    " then ",
    " fi",
    "function f ",
    "!",
    "time ",
    "=",
    "+=",
    "[",
    "]",
    "*",
    "?",
    "~",
    "{a,b}",
    "$'",
    "$\"",
    "<(",
    ">(",
    "${",
    ":-",
    "@P}",
    "\t",
    " ",
    "zap go",
    "$x",
    "$@",
    "x=1 ",
    "<<<",
    "<",
    "2>&1 ",
    "\\\n",
    "f() ",
    "; }",
    "$((",
    "}\"",
    "else ",
    "coproc ",
    "\u{200b}",
];

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap_or(1)).unwrap_or_default()
    }

    fn of<'l>(&mut self, list: &[&'l str]) -> &'l str {
        list[self.below(list.len())]
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn put(around: &str, text: &str) -> String {
    around.replace(";q", "\\;").replace("@q", &quoted(text)).replace('@', text)
}

fn text(random: &mut Random) -> String {
    let mut text = random.of(&SPELLINGS).to_owned();
    if !text.contains([';', '\n']) || random.below(4) == 0 {
        text = put(random.of(&WRAPPERS), &text);
    }
    for _ in 0..random.below(4) {
        text = put(random.of(&STRUCTURES), &text);
        if random.below(5) == 0 && !text.contains(['\n', ';']) {
            text = put(random.of(&WRAPPERS), &text);
        }
    }
    let damage = [0, 0, 1, 1, 2, 3, 5][random.below(7)];
    for _ in 0..damage {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let at = places[random.below(places.len())];
        match random.below(4) {
            0 if at < text.len() => {
                text.remove(at);
            }
            _ => text.insert_str(at, random.of(&BITS)),
        }
    }
    text
}

/// Whether bash runs the target.
fn runs(text: &str, world: &Path) -> bool {
    let hit = world.join("hit");
    let work = world.join("work");
    let _ = fs::remove_file(&hit);
    let _ = fs::remove_dir_all(&work);
    let made = fs::create_dir(&work);
    if made.is_err() {
        return false;
    }
    let child = Command::new("timeout")
        .args(["-s", "KILL", "5", "/bin/bash", "-c", text])
        .env_clear()
        .env("PATH", world.join("bin"))
        .env("HIT", &hit)
        .current_dir(&work)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    child.is_ok() && hit.exists()
}

fn main() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("GAUNTLET_FUZZ_SECONDS").unwrap_or(10);
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_secs());
    let seed = number("GAUNTLET_FUZZ_SEED").unwrap_or(clock);
    let world = tempfile::tempdir().expect("a folder can be made");
    let bin = world.path().join("bin");
    fs::create_dir(&bin).expect("it can be made");
    for tool in TOOLS {
        let place =
            ["/usr/bin", "/bin"].iter().map(|folder| Path::new(folder).join(tool)).find(|path| path.exists());
        if let Some(place) = place {
            symlink(place, bin.join(tool)).expect("it can be made");
        }
    }
    let shim = bin.join("zap");
    fs::write(&shim, format!("#!/bin/bash\n: > {}\n", world.path().join("hit").display()))
        .expect("it can be written");
    fs::set_permissions(&shim, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let policy = Policy::new(&Settings::default().guard, |_, _| false).expect("the built-in policy is sound");
    let policy = policy.at("/nowhere", "/nowhere");
    let witness = InProcess::new();
    let mut random = Random(seed.max(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (mut tried, mut allowed, mut sampled, mut ran, mut holes) = (0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        let text = text(&mut random);
        tried += 1;
        let decision = decide(&text, &policy, &witness).decision;
        if decision == Decision::Allow {
            allowed += 1;
            // What an earlier text left in the background may come late: a find is one that can be repeated.
            let again = || {
                std::thread::sleep(Duration::from_millis(300));
                runs(&text, world.path())
            };
            if runs(&text, world.path()) && again() {
                holes += 1;
                println!("HOLE {}", serde_json::json!({ "command": text, "decision": "ask" }));
            }
        } else if tried % 200 == 0 {
            // How much of what is refused would have run tells whether the texts are worth anything.
            sampled += 1;
            ran += u64::from(runs(&text, world.path()));
        }
    }
    println!(
        "seed {seed}: {tried} texts in {seconds} s, {allowed} let through and run, {holes} of them ran the target; of {sampled} that were not let through, {ran} would have run it"
    );
    assert_eq!(holes, 0, "what was found is above: make it a case");
}
